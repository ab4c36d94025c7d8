"""What a step says: a subject and a text written in the step, or a wording of the library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from runtime.automation.places import formulas_in
from runtime.definitions.model import FormulaUse
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


def message_problems(step: Any, form: str | None, catalogue: Catalogue, needs: str) -> Iterator[Problem]:
    """That it says something, and that its wording is one about records of the form. `needs`: what is needed, subject or body."""
    if step.wording is None:
        if getattr(step, needs) is None:
            yield Problem(needs, _("Write something, or choose words from the library."))
        return
    wording = catalogue.wordings.get(step.wording)
    if wording is None:
        yield Problem("wording", _("There is no wording with the key {key}.", key=step.wording))
    elif wording.form != form:
        yield Problem("wording", _("This wording is about records of another form."))
    elif needs == "subject" and step.subject is None and wording.subject is None:
        yield Problem("subject", _("This wording has no subject. Write one here."))


def words_of(step: Any, catalogue: Catalogue) -> tuple[Any, Any]:
    """(subject, text): what is written in the step, else what the wording says."""
    wording = catalogue.wordings.get(step.wording) if step.wording is not None else None
    if wording is None:
        return step.subject, step.body
    return step.subject or wording.subject, step.body or wording.text


def message_formulas(step: Any, form: str | None, names: dict[str, Type]) -> Iterator[FormulaUse]:
    yield from formulas_in("subject", step.subject, form, names)
    yield from formulas_in("body", step.body, form, names)
