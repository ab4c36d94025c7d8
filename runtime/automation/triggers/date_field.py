"""Date field: on the day that a record's date names, or some days or hours before or after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.triggers._base import no_form
from runtime.automation.triggers._dated import Dated
from runtime.automation.words import field_label, form_label, quoted
from runtime.definitions.naming import Names
from runtime.definitions.shelf import TRIGGERS
from runtime.errors import Problem
from runtime.records.sources import Rows
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act


@TRIGGERS.register
class DateField(Dated):
    """`days` and `hours` are negative for before the date. `every` year: on 28 February in common years for a 29th.

    With `hours` a date that has a time is counted from that very moment, so each record has its own; one without is counted from `at`.
    With `catch_up` a record whose moment had passed already when its date was entered fires at once, else never.
    """

    type: Literal["date_field"] = "date_field"
    field: Annotated[str, Names("form")] = Field(title="Date")
    days: int = Field(0, ge=-3660, le=3660, title="Days after the date (negative: before)")
    hours: int | None = Field(None, ge=-8784, le=8784, title="Hours after the time (negative: before)")
    every: Literal["once", "year"] = Field("once", title="How often")

    def after_days(self) -> int:
        return self.days

    def after_hours(self) -> int:
        return self.hours or 0

    def exactly(self, catalogue: Catalogue) -> bool:
        return self.hours is not None and self._kind(catalogue) == "datetime"

    def every_year(self) -> bool:
        return self.every == "year"

    def in_order(self) -> Iterator[tuple[str, str]]:
        yield self.form, self.field

    def stored(self, act: Act) -> tuple[Rows, Any, bool]:
        rows = Rows(act, self.form)
        return rows, rows.source.field(self.field), self._kind(act.catalogue) == "datetime"

    def _kind(self, catalogue: Catalogue) -> str:
        form = catalogue.forms.get(self.form)
        field = form.field(self.field) if form is not None else None
        return field.formula_type().kind if field is not None else ""

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from no_form(self.form, catalogue)
        form = catalogue.forms.get(self.form)
        if form is None:
            return
        field = form.field(self.field)
        if field is None:
            yield Problem("field", _("This form has no field with the key {key}.", key=self.field))
        elif field.formula_type().kind not in ("date", "datetime"):
            yield Problem("field", _("The field {key} is not a date.", key=self.field))
        elif self.every == "year" and field.formula_type().kind != "date":
            yield Problem("every", _("A date with a time comes once; choose a date without a time for every year."))
        elif self.exactly(catalogue) and self.days:
            yield Problem("days", _("Hours are counted from the moment itself. Give either days or hours; a day has 24."))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        named = {
            "field": quoted([field_label(self.form, self.field, catalogue)], language),
            "form": quoted([form_label(self.form, catalogue)], language),
            "at": self.at,
            "n": abs(self.days),
        }
        if self.exactly(catalogue):
            return self._in_hours(named).in_language(language)
        if self.days == 0:
            message = _("on the day of {field} of {form} at {at}", **named)
        elif self.days < 0:
            message = _("{n} days before {field} of {form} at {at}", **named)
        else:
            message = _("{n} days after {field} of {form} at {at}", **named)
        if self.hours:
            later = self.hours > 0
            told = {"hours": abs(self.hours), "when": message}
            message = _("{hours} hours later than {when}", **told) if later else _("{hours} hours earlier than {when}", **told)
        return (_("every year {when}", when=message) if self.every == "year" else message).in_language(language)

    def _in_hours(self, named: dict[str, Any]) -> Any:
        told = {**named, "n": abs(self.hours or 0)}
        if not self.hours:
            return _("at the moment of {field} of {form}", **told)
        if self.hours < 0:
            return _("{n} hours before {field} of {form}", **told)
        return _("{n} hours after {field} of {form}", **told)
