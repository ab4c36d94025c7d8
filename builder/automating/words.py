"""A draft in words, however incomplete: each card by itself, and the whole in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from builder.automating.names import GIVEN
from builder.words import choice
from runtime.automation.words import joined
from runtime.definitions.automation import Automation
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.loading import load
from runtime.definitions.step import Step, in_definition, in_order
from runtime.errors import DefinitionProblems
from runtime.formulas.types import described
from runtime.texts import Message, _

Say = Callable[[Any], str]
STANDS_IN = {"type": "schedule", "cron": "0 9 * * *"}
STEP = {"type": "notify", "to": ["role:builder"], "subject": "…"}


def draft_in_words(body: dict[str, Any], catalogue: Catalogue, say: Say, language: str) -> dict[str, Any]:
    """{sentence, trigger, form, steps: {path: words|null}, names: {path: [{key, type, label}]}}. A card that is not complete yet has no words."""
    trigger = _trigger(body)
    form = trigger.form_key(catalogue) if trigger is not None else None
    given = body.get("steps")
    steps = {path: _said(raw, language, catalogue, form) for path, raw in _every(given, "steps")}
    first = trigger.sentence(language, catalogue) if trigger is not None else None
    return {
        "sentence": _sentence(body, first, _line(given, "steps", steps, say, language), say),
        "trigger": _capital(first) if first else None,
        "form": form,
        "steps": steps,
        "names": _names(body, trigger, form, catalogue, say),
    }


def _sentence(body: dict[str, Any], trigger: str | None, steps: str, say: Say) -> str:
    when = body.get("when")
    first = _capital(trigger) if trigger else "…"
    if isinstance(when, str) and when.strip():
        return say(_("{trigger}, only if {condition}: {steps}.", trigger=first, condition=when, steps=steps or "…"))
    return say(_("{trigger}: {steps}.", trigger=first, steps=steps or "…"))


def _line(given: Any, prefix: str, words: dict[str, str | None], say: Say, language: str) -> str:
    """The steps of the first level; one that is not complete is said by its kind."""
    found = []
    for number, raw in enumerate(given if isinstance(given, list) else ()):
        kind = raw.get("type") if isinstance(raw, dict) else None
        text = words.get(f"{prefix}/{number}") or (f"{_shown(choice(str(kind)), say)} …" if kind else "…")
        found.append(text)
    return joined([each[:1].lower() + each[1:] for each in found], language)


def _shown(value: Any, say: Say) -> str:
    return say(value) if isinstance(value, Message) else str(value)


def _trigger(body: dict[str, Any]) -> Any:
    found = _loaded({**_shell(body), "trigger": body.get("trigger"), "steps": [STEP]})
    return found.trigger if found is not None else None


def _said(raw: Any, language: str, catalogue: Catalogue, form: str | None) -> str | None:
    found = _loaded({"kind": "automation", "key": "x", "label": "x", "trigger": STANDS_IN, "steps": [raw]})
    return _capital(found.steps[0].sentence(language, catalogue, form)) if found is not None else None


def _shell(body: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "automation", "key": "x", "label": "x"}


def _loaded(body: dict[str, Any]) -> Automation | None:
    try:
        found = load(body)
    except DefinitionProblems:
        return None
    return found if isinstance(found, Automation) else None


def _every(given: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """Every step of a draft with its path, found by what it looks like: an object with a type in a list."""
    for number, raw in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(raw, dict):
            continue
        path = f"{prefix}/{number}"
        if isinstance(raw.get("type"), str):
            yield path, raw
        for name, inside in raw.items():
            if isinstance(inside, list):
                yield from _every(inside, f"{path}/{name}")


# -- what may be named at a card --------------------------------------------------------------------------------------------------
def _names(body: dict[str, Any], trigger: Any, form: str | None, catalogue: Catalogue, say: Say) -> dict[str, list[dict[str, str]]]:
    """By the path of a step what it may use beside the fields; of a draft that cannot be read as a whole only what the trigger gives."""
    if trigger is None:
        return {}
    first = trigger.names(catalogue)
    found: dict[str, Any] = {"when": first}
    whole = _loaded(body)
    for path, names in _reach(whole.steps, "steps", form, first, catalogue) if whole is not None else ():
        found[path] = names
    return {
        path: [{"key": key, "type": say(described(kind)), "label": say(GIVEN[key]) if key in GIVEN else key} for key, kind in names.items() if key.count(".") < 2]
        for path, names in found.items()
    }


def _reach(steps: tuple[Step, ...], prefix: str, form: str | None, names: Any, catalogue: Catalogue) -> Iterator[tuple[str, Any]]:
    for number, step, known in in_order(steps, form, names, catalogue):
        path = f"{prefix}/{number}"
        yield path, known
        for arm, inside in step.arms().items():
            yield from _reach(
                inside, f"{path}/{in_definition(arm)}", form, {**known, **step.names_inside(arm, form, known, catalogue)}, catalogue
            )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
