"""No activity: nothing has happened with a record for some days."""

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

CHANGED = "updated_at"


@TRIGGERS.register
class NoActivity(Dated):
    """Once for each silence: it begins anew when the date moves. Without `field` a change of the record itself counts, one by an automation too.

    With `catch_up` records that had been silent for longer already when their date was entered fire at once.
    """

    type: Literal["no_activity"] = "no_activity"
    days: int = Field(30, ge=1, le=3660, title="Days without anything")
    field: Annotated[str, Names("form")] | None = Field(None, title="Date of the last contact, if not of the last change")

    def after_days(self) -> int:
        return self.days

    def in_order(self) -> Iterator[tuple[str, str]]:
        yield self.form, self.field or CHANGED

    def stored(self, act: Act) -> tuple[Rows, Any, bool]:
        rows = Rows(act, self.form)
        if self.field is None:
            return rows, rows.table.c.updated_at, True
        return rows, rows.source.field(self.field), act.catalogue.forms[self.form].by_key[self.field].formula_type().kind == "datetime"

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from no_form(self.form, catalogue)
        form = catalogue.forms.get(self.form)
        if form is None or self.field is None:
            return
        field = form.field(self.field)
        if field is None:
            yield Problem("field", _("This form has no field with the key {key}.", key=self.field))
        elif field.formula_type().kind not in ("date", "datetime"):
            yield Problem("field", _("The field {key} is not a date.", key=self.field))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        named = {"form": quoted([form_label(self.form, catalogue)], language), "n": self.days, "at": self.at}
        if self.field is None:
            return _("when a record of {form} has not changed for {n} days, at {at}", **named).in_language(language)
        field = quoted([field_label(self.form, self.field, catalogue)], language)
        return _("when {field} of {form} is {n} days ago, at {at}", field=field, **named).in_language(language)
