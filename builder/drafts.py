"""Drafts as the pages see them: where each kind lives, opening one, reading hostile JSON, and what is wrong with a draft."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from runtime.definitions import versions
from runtime.definitions.companions import companions, problems_together
from runtime.definitions.kinds import KINDS
from runtime.definitions.loading import load
from runtime.definitions.model import KEY, Definition
from runtime.errors import DefinitionProblems, NotFound, Problem, Refused
from runtime.records import authoring
from runtime.system.workspace import Act
from runtime.texts import _

FOLDERS = {
    "apps": "app",
    "forms": "form",
    "tags": "tag_set",
    "tiers": "tier_model",
    "segments": "segment",
    "potential": "potential",
    "automations": "automation",
    "workflows": "workflow",
    "views": "view",
    "dashboards": "dashboard",
    "access": "permission_set",
    "wordings": "wording",
}
"""The word in the address → the kind."""
FOLDER_OF = {kind: folder for folder, kind in FOLDERS.items()}
ANY_FOLDER = "any(" + ",".join(FOLDERS) + ")"
WORKSPACE = "-"
"""Stands in an address where there is no app; no app can be called so."""
LARGEST = 1_000_000
DEEPEST = 60


@dataclass(frozen=True)
class Opened:
    """One definition at its draft, or at its live version where there is none. `edit` counts the savings of the draft, 0 for none."""

    kind: str
    key: str
    body: dict[str, Any]
    live: versions.Version | None
    draft: versions.Draft | None

    @property
    def edit(self) -> int:
        return self.draft.edit if self.draft else 0

    @property
    def next_version(self) -> int:
        return (self.live.version if self.live else 0) + 1


def open_draft(act: Act, kind: str, key: str) -> Opened:
    """Raises NotFound where nothing of this name was ever begun, NotAllowed where it belongs to an app that the person does not design."""
    authoring.require_saving(act, kind, key)
    draft = versions.find_draft(act.connection, kind, key)
    try:
        live = versions.find_version(act.connection, kind, key)
    except NotFound:
        live = None
    if draft is None and live is None:
        raise NotFound(_("There is nothing of this kind with the key {key}. Make a new one in the design hub.", key=key))
    body = draft.body if draft is not None else live.body if live is not None else {}
    return Opened(kind, key, body, live, draft)


def read_body(text: bytes) -> Any:
    """JSON that somebody sent. Raises Refused with a sentence for what no definition can be."""
    if len(text) > LARGEST:
        raise _refused(_("This is too large: a definition has at most {size} KB.", size=LARGEST // 1000))
    try:
        found = json.loads(text, parse_constant=_no_constant)
        _walk(found, 0)
    except RecursionError:
        raise _refused(_("This is nested too deeply; {most} levels at most.", most=DEEPEST)) from None
    except ValueError as error:
        raise _refused(_("This is no JSON: {reason}.", reason=str(error)[:200])) from error
    return found


def _refused(message: Any) -> Refused:
    return Refused([Problem("", message)])


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _walk(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, dict):
        for key, each in value.items():
            _walk(key, depth)
            _walk(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            _walk(each, depth + 1)
    elif isinstance(value, str):
        value.encode()  # half a surrogate pair can be stored nowhere; its error is a ValueError
    elif isinstance(value, float) and value in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")


def problems_of(act: Act, body: Any) -> list[Problem]:
    """What keeps a draft from being published, with paths inside it; what it names and was never published is published together with it."""
    try:
        return problems_together(act, load(body), companions(act, body))
    except DefinitionProblems as error:
        return error.problems


def loaded(body: Any) -> Definition | None:
    """The definition of a draft, if its shape is right."""
    try:
        return load(body)
    except DefinitionProblems:
        return None


def check_key(kind: str, key: str) -> None:
    """Raises Refused for a key that a new definition cannot have."""
    if kind not in KINDS:
        raise Refused([Problem("kind", _("Choose what is to be made."))])
    if not re.fullmatch(KEY, key):
        raise Refused(
            [
                Problem(
                    "key",
                    _("A key begins with a small letter and holds small letters, digits and _, at most 41. Chinese characters are fine."),
                )
            ]
        )


def key_from(label: str) -> str:
    """A key made of a label: small letters, digits, Chinese characters and _."""
    key = re.sub(r"[^a-z0-9\u3400-\u9fff]+", "_", label.lower()).strip("_")[:41].strip("_")
    return key if re.match(r"[a-z\u3400-\u9fff]", key) else f"n_{key}"[:41].strip("_")


def free_key(act: Act, kind: str, label: str) -> str:
    """A key made of a label that no definition and no draft of the kind has. Raises Refused where none can be made of it."""
    taken = set(act.catalogue.of_kind(kind)) | {each.key for each in versions.drafts(act.connection) if each.kind == kind}
    base = key_from(label)
    key = next(each for each in (base, *(f"{base[:36]}_{number}" for number in range(2, 1000))) if each not in taken)
    check_key(kind, key)
    return key


def new_body(act: Act, kind: str, key: str, label: str, app: str | None) -> dict[str, Any]:
    """What a new definition begins with; it may still lack what only a person can say."""
    forms = [form.key for form in act.catalogue.forms.values() if form.app in (app, None)] or list(act.catalogue.forms)
    forms = [each for each in _in_menu(act, app) if each in forms] or forms
    body: dict[str, Any] = {"kind": kind, "key": key, "label": label}
    if app is not None and kind != "app":
        body["app"] = app
    return {**body, **_beginning(kind, forms[0] if forms else "")}


def _in_menu(act: Act, app: str | None) -> list[str]:
    """The forms that the app shows, in its order: what it is about comes first."""
    menu = act.catalogue.apps[app].menu if app in act.catalogue.apps else ()
    return [item.removeprefix("form:") for section in menu for item in section.items if item.startswith("form:")]


def _beginning(kind: str, form: str) -> dict[str, Any]:
    if kind == "app":
        return {"menu": []}
    if kind == "form":
        return {"title": "name", "fields": [{"type": "text", "key": "name", "label": {"zh": "名称", "en": "Name"}, "required": True}]}
    if kind == "automation":
        return {"enabled": False, "trigger": {"type": "record_created", "form": form}, "steps": []}
    if kind == "dashboard":
        return {"parts": []}
    beginnings: dict[str, dict[str, Any]] = {
        "workflow": {
            "nodes": [{"key": "start", "type": "start"}, {"key": "end", "type": "end"}],
            "lines": [{"from": "start", "to": "end"}],
        },
        "tag_set": {"tags": []},
        "segment": {"where": ""},
        "potential": {"learn": {"by": "purchases"}},
        "view": {},
        "permission_set": {"actions": ["view"]},
        "wording": {"channel": "talk", "text": ""},
        "tier_model": {
            "dimensions": [],
            "tiers": [
                {"key": "high", "label": {"zh": "高", "en": "High"}, "color": "purple", "from": 67},
                {"key": "middle", "label": {"zh": "中", "en": "Middle"}, "color": "yellow", "from": 34},
                {"key": "low", "label": {"zh": "低", "en": "Low"}, "color": "gray", "from": 0},
            ],
        },
    }
    return {"form": form, **beginnings[kind]}
