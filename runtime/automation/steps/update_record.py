"""Update record: writes fields of the record, or of one it points at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.steps._base import Inside, needs_record, value_formulas, value_problems
from runtime.automation.words import field_label, quoted
from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.naming import Names
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.records import gateway
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class UpdateRecord(Inside):
    """`target`: a reference field whose record is written instead; when it is blank nothing is."""

    type: Literal["update_record"] = "update_record"
    target: Annotated[str, Names()] | None = Field(None, title="The record this field points at")
    values: dict[Annotated[str, Names("target")], FormulaText] = Field(min_length=1, title="Values")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from needs_record(form)
        if self.target is not None and form in catalogue.forms and self._form(form, catalogue) is None:
            yield Problem("target", _("The field {key} points at no record.", key=self.target))
        yield from value_problems("values", self._form(form, catalogue), self.values, catalogue)

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from value_formulas("values", self._form(form, catalogue), self.values, form, names, catalogue)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        fields = quoted([field_label(self._form(form, catalogue), key, catalogue) for key in self.values], language)
        if self.target is None:
            return _("set {fields}", fields=fields).in_language(language)
        return _(
            "set {fields} of {reference}", fields=fields, reference=quoted([field_label(form, self.target, catalogue)], language)
        ).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        form = self._form(doing.form, doing.act.catalogue)
        record = doing.record_id if self.target is None else doing.values.field(self.target)
        if record is None or form is None:
            return doing.skip(_("The record has nothing in {field}, so there is nothing to write.", field=self.target or ""))
        values = {key: doing.value(text) for key, text in self.values.items()}
        saved = gateway.update(doing.act, form, record, values)
        return {"form": form, "record": record, "changed": sorted(saved.changes)}

    def _form(self, form: str | None, catalogue: Catalogue) -> str | None:
        """The form that is written."""
        if self.target is None or form not in catalogue.forms:
            return form
        field = catalogue.forms[form].field(self.target)
        return getattr(field, "form", None) if field is not None and field.type == "reference" else None
