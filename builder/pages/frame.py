"""What the design pages share: the app of an address, links to definitions, and how problems and moments are written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from flask import Response, request
from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from builder.drafts import FOLDER_OF, FOLDERS, WORKSPACE
from builder.words import KIND_ICONS, KIND_NAMES
from runtime.errors import NotFound, Problem
from runtime.pages.web import reader
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import _


def check_app(act: Act, app: str) -> str | None:
    """The key of the app in an address, None for the workspace. Raises NotFound for one that was never published."""
    if app == WORKSPACE:
        return None
    if app not in act.catalogue.apps and ("app", app) not in act.catalogue.broken:
        raise NotFound(_("There is no app with the key {key}.", key=app))
    return app


def kind_of(folder: str) -> str:
    return FOLDERS[folder]


def address(app: str, kind: str, key: str, *more: str) -> str:
    """Where a definition is edited."""
    return "/".join(("/build", app, FOLDER_OF[kind], key, *more))


def link(act: Act, app: str, kind: str, key: str) -> dict[str, str]:
    """A definition as a link: its kind in a word, its name, its address."""
    found = act.catalogue.of_kind(kind).get(key)
    return {
        "kind": reader().say(KIND_NAMES[kind]),
        "icon": KIND_ICONS[kind],
        "label": reader().shown(found.label) if found else key,
        "href": address(app, kind, key),
    }


def written(problems: Iterable[Problem]) -> list[dict[str, str]]:
    return [{"path": each.path, "message": reader().say(each.message)} for each in problems]


def moment(micros: int) -> str:
    """14:32 today, else with the day."""
    instant = clock.EPOCH + micros * clock.MICROSECOND
    here = instant.astimezone(reader().zone)
    return f"{here:%H:%M}" if here.date() == reader().today else reader().datetime(instant)


def asked_bytes(most: int) -> bytes:
    """What was sent, read no further than one byte beyond `most`."""
    return request.stream.read(most + 1)


def as_text(value: Any) -> str:
    """A label that may be a text of two languages, or nonsense in a draft."""
    if isinstance(value, str) or (
        isinstance(value, dict)
        and value
        and value.keys() <= {"zh", "en"}
        and all(each is None or isinstance(each, str) for each in value.values())
    ):
        return reader().shown(value)
    return ""


def plain_json(value: Any, status: int = 200) -> Response:
    """An answer that keeps the order of names: a definition is read by people."""
    return Response(json.dumps(value, ensure_ascii=False), status, mimetype="application/json")


def json_block(value: Any) -> Markup:
    """The same for a block inside a page."""
    return htmlsafe_json_dumps(value, dumps=json.dumps, ensure_ascii=False)
