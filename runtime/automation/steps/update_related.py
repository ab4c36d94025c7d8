"""Update related: writes fields of the records that point at this one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.automation.finding import about, names_about
from runtime.automation.steps._base import STEP_FORMULAS, value_problems
from runtime.automation.steps._related import Related
from runtime.automation.steps._target import Aim, record_of
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
class UpdateRelated(Related):
    """Each formula reads the related record itself; `this.FIELD` is the record that fired."""

    type: Literal["update_related"] = "update_related"
    values: dict[Annotated[str, Names("relation")], FormulaText] = Field(min_length=1, title="Values")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        related = self.related(form, catalogue)
        if related is not None:
            yield from value_problems("values", related[0], self.values, catalogue)

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from super().formulas(form, names, catalogue)
        related = self.related(form, catalogue)
        if related is None:
            return
        known = names_about(form, names, catalogue)
        for key, text in self.values.items():
            field = catalogue.forms[related[0]].field(key)
            expect = field.formula_type() if field is not None else None
            yield FormulaUse(f"values/{key}", text, related[0], None, expect, known, STEP_FORMULAS)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        related = self.related(form, catalogue)
        fields = quoted([field_label(related[0] if related else None, key, catalogue) for key in self.values], language)
        label = self.label(language, catalogue, form)
        if self.where is None:
            return _("set {fields} of all its {form}", fields=fields, form=label).in_language(language)
        return _("set {fields} of its {form} with {condition}", fields=fields, form=label, condition=self.where).in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        form, records = self.records(doing)
        if not records:
            return self.nothing(doing)
        changed = []
        for record in records:
            source = record_of(doing, Aim(form, record), self.relation)
            values = {key: about(doing, text, source) for key, text in self.values.items()}
            if gateway.update(doing.act, form, record, values).changes:
                changed.append(record)
        return {"form": form, "records": records, "changed": changed}
