"""An automation said in one sentence, and the words its triggers and steps say theirs with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from runtime.texts import Message, _, shown

if TYPE_CHECKING:
    from runtime.definitions.automation import Automation
    from runtime.definitions.catalogue import Catalogue


def sentence(automation: Automation, language: str, catalogue: Catalogue) -> str:
    """The whole automation in words: when what happens, only if, then what."""
    form = automation.trigger.form_key(catalogue)
    trigger = automation.trigger.sentence(language, catalogue)
    steps = joined([_said(step, language, catalogue, form) for step in automation.steps], language)
    if automation.when is None:
        message = _("{trigger}: {steps}.", trigger=_capital(trigger), steps=steps)
    else:
        message = _("{trigger}, only if {condition}: {steps}.", trigger=_capital(trigger), condition=automation.when, steps=steps)
    return message.in_language(language)


def said(steps: Iterable[Any], language: str, catalogue: Catalogue, form: str | None) -> str:
    """Several steps in words."""
    return joined([_said(step, language, catalogue, form) for step in steps], language)


def _said(step: Any, language: str, catalogue: Catalogue, form: str | None) -> str:
    return step.sentence(language, catalogue, form)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def arm_words(result: dict[str, Any]) -> Message:
    """Which way a step with arms went."""
    if "times" in result:
        return _("{n} times", n=result["times"])
    return _("the condition did not hold") if result["arm"] == "otherwise" else _("the condition held")


def joined(parts: list[str], language: str) -> str:
    return ("；" if language == "zh" else "; ").join(parts)


def form_label(form: str | None, catalogue: Catalogue) -> Any:
    return catalogue.forms[form].label if form in catalogue.forms else form or ""


def field_label(form: str | None, key: str, catalogue: Catalogue) -> Any:
    field = catalogue.forms[form].field(key) if form in catalogue.forms else None
    return field.label if field is not None else key


def quoted(labels: list[Any], language: str) -> str:
    """Names of things on screen, one after the other."""
    marks = "「{}」" if language == "zh" else "“{}”"
    return ("、" if language == "zh" else ", ").join(marks.format(shown(each, language)) for each in labels)
