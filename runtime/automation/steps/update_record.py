"""Update record: writes fields of the record, of one it points at, or of one that a step before gave a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.steps._base import value_formulas, value_problems
from runtime.automation.steps._target import OnRecord
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
class UpdateRecord(OnRecord):
    """The formulas read the record that fired, whichever record is written."""

    type: Literal["update_record"] = "update_record"
    values: dict[Annotated[str, Names("target")], FormulaText] = Field(min_length=1, title="Values")

    def about(self, target: str, names: dict[str, Type], catalogue: Catalogue) -> Iterator[Problem]:
        yield from value_problems("values", target, self.values, catalogue)

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from value_formulas("values", self.target_form(form, names, catalogue), self.values, form, names, catalogue)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        fields = quoted([field_label(self.known_form(form, catalogue), key, catalogue) for key in self.values], language)
        if self.target is None:
            return _("set {fields}", fields=fields).in_language(language)
        return _(
            "set {fields} of {reference}", fields=fields, reference=quoted([field_label(form, self.target, catalogue)], language)
        ).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        aim = self.aimed(doing)
        if aim is None:
            return None
        values = {key: doing.value(text) for key, text in self.values.items()}
        saved = gateway.update(doing.act, aim.form, aim.record, values)
        return {"form": aim.form, "record": aim.record, "changed": sorted(saved.changes), "version": saved.written}
