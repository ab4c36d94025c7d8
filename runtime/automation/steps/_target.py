"""Steps about one record: the one that fired, one that a field points at, or one that a step before gave a name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from runtime.automation.given import named_record
from runtime.automation.steps._base import Inside, needs_record
from runtime.automation.words import field_label, quoted
from runtime.definitions.naming import Names
from runtime.definitions.step import Names as Known
from runtime.errors import Problem
from runtime.records.rows import Record
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@dataclass(frozen=True)
class Aim:
    """The record a step is about."""

    form: str
    record: int


def form_of_target(target: str | None, form: str | None, names: Known, catalogue: Catalogue) -> str | None:
    """The form of the record a `target` names: none of its own, a name that a step before gave, or a reference field. None where there is no such record."""
    if target is None:
        return form
    if target in names:
        return names[target].form if names[target].kind == "record" else None
    field = catalogue.forms[form].field(target) if form in catalogue.forms else None
    return getattr(field, "form", None) if field is not None and field.type == "reference" else None


class OnRecord(Inside):
    target: Annotated[str, Names()] | None = Field(None, title="Which record")
    """Left out: the record that fired. Else a field that points at one, or the name that a step before gave it. Where it is blank nothing is done."""

    def target_form(self, form: str | None, names: Known, catalogue: Catalogue) -> str | None:
        """The form of that record; None where there is no such record."""
        return form_of_target(self.target, form, names, catalogue)

    def name_problems(self, form: str | None, names: Known, catalogue: Catalogue) -> Iterator[Problem]:
        target = self.target_form(form, names, catalogue)
        if self.target is None:
            yield from needs_record(form)
        elif target is None and (form is None or form in catalogue.forms):
            yield Problem("target", _("The field {key} points at no record.", key=self.target))
        if target in catalogue.forms:
            yield from self.about(str(target), names, catalogue)

    def about(self, target: str, names: Known, catalogue: Catalogue) -> Iterator[Problem]:
        """What is wrong with doing it to a record of this form."""
        yield from ()

    def aimed(self, doing: Doing) -> Aim | None:
        """The record; None where the field or the name is blank, which the run log tells."""
        form, names = doing.form, doing.names
        target = self.target_form(form, names, doing.act.catalogue)
        if self.target is None:
            return Aim(str(form), doing.needed_record())
        record = doing.given[self.target] if self.target in names else doing.values.field(self.target)
        if record is None or target is None:
            return doing.skip(_("“{field}” is blank, so there is no record for this step.", field=self.target))
        return Aim(target, int(record))

    def of_target(self, language: str, catalogue: Catalogue, form: str | None, message: Message) -> str:
        """The sentence, with whose record it is about where that is another."""
        if self.target is None:
            return message.in_language(language)
        whose = quoted([field_label(form, self.target, catalogue)], language)
        return _("{does} (of {reference})", does=message, reference=whose).in_language(language)

    def known_form(self, form: str | None, catalogue: Catalogue) -> str | None:
        """The form as far as it can be told without the names of the steps before, for sentences."""
        return self.target_form(form, {}, catalogue)


def record_of(doing: Doing, aim: Aim, name: str) -> Record:
    """The record as it is now. Raises NotFound when it is gone, or when the owner may not see it."""
    return named_record(doing, name, aim.form, aim.record)
