"""Create record: adds a record to a form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.given import record_names
from runtime.automation.steps._base import Inside, has_errors, needed_values, of_each, saved_or_refused, value_formulas, value_problems
from runtime.automation.words import form_label, quoted
from runtime.definitions.model import FormulaText, FormulaUse, Key
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
class CreateRecord(Inside):
    type: Literal["create_record"] = "create_record"
    form: Key = Field(title="Form")
    values: dict[Annotated[str, Names("form")], FormulaText] = Field({}, title="Values")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        yield from value_problems("values", self.form, self.values, catalogue)
        yield from needed_values("values", self.form, self.values, catalogue)

    def gives(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> dict[str, Type]:
        return record_names(self.key, self.form, catalogue) if self.key is not None and self.form in catalogue.forms else {}

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from value_formulas("values", self.form, self.values, form, names, catalogue)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        return _("add a record to {form}", form=quoted([form_label(self.form, catalogue)], language)).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        return self._said(gateway.create(doing.act, self.form, self._values(doing)))

    def _values(self, doing: Doing) -> dict[str, Any]:
        return {key: doing.value(text) for key, text in self.values.items()}

    def _said(self, saved: gateway.Saved) -> dict[str, Any]:
        return {
            "form": self.form,
            "record": saved.id,
            "version": saved.written,
            **({"gives": {self.key: saved.id}} if self.key is not None else {}),
        }

    def writes(self, form: str | None) -> frozenset[str] | None:
        return frozenset((self.form,))

    def run_all(self, doings: Sequence[Doing]) -> list[Any]:
        values = of_each(doings, self._values)
        if has_errors(values):
            return values
        saved = saved_or_refused(gateway.write_batch(doings[0].act, self.form, [gateway.BatchRow(each) for each in values]))
        return [self._said(each) if isinstance(each, gateway.Saved) else each for each in saved]
