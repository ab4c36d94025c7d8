"""Rollup: a figure over the records that point at this one, or over the rows of a sub-form; always up to date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.model import FieldKey, FormulaUse
from runtime.definitions.naming import Names
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import NUMBER
from runtime.errors import Problem
from runtime.fields._computed import Computed, result_problems
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.field_type import FieldType
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Rollup(Computed):
    type: Literal["rollup"] = "rollup"
    relation: Annotated[FieldKey, Names()] = Field(title="Related records or rows")
    """The name by which a reference calls these records over here, or a sub-form."""
    figure: Literal["sum", "count", "average", "least", "greatest"] = Field("sum", title="Figure")
    field: Annotated[FieldKey, Names("relation")] | None = Field(None, title="Field of those records")
    where: str | None = Field(None, min_length=1, max_length=1000, title="Only those", json_schema_extra={"format": "formula"})
    """A condition over them, such as orders.status == 'done'."""
    on: Annotated[FieldKey, Names("relation")] | None = Field(None, title="By date")
    days: int | None = Field(None, ge=1, le=36_500, title="Of the last days")

    icon = "sum"
    title, about = _("Rollup"), _("Counts or adds up related records.")

    @property
    def formula(self) -> str:
        name = {"sum": "SUM", "count": "COUNT", "average": "AVG", "least": "MIN", "greatest": "MAX"}[self.figure]
        given = [f"{self.relation}.{self.field}" if self.field else self.relation]
        given += [f"where={self.where}"] if self.where else []
        given += [f"on={self.relation}.{self.on}"] if self.on else []
        given += [f"days={self.days}"] if self.days else []
        return f"{name}({', '.join(given)})"

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        yield from self._wrong(form, catalogue)

    def _wrong(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        fields = self._fields(form, catalogue)
        if fields is None:
            yield Problem("relation", _("There are no related records or rows with the name {name}.", name=self.relation))
            return
        for name in ("field", "on"):
            key = getattr(self, name)
            if key is not None and key not in fields:
                yield Problem(name, _("The related records have no field with the key {key}.", key=key))
                return
        if self.figure == "count":
            yield from result_problems(self, NUMBER(0), _("the number of records"))
        elif self.field is None:
            yield Problem("field", _("Choose the field whose values are taken."))
        elif self.figure in ("least", "greatest"):
            yield from result_problems(self, fields[self.field].formula_type(), fields[self.field].label)
        if (self.on is None) != (self.days is None):
            yield Problem("days" if self.days is None else "on", _("A date and a number of days belong together. Give both, or neither."))

    def _fields(self, form: Form, catalogue: Catalogue) -> dict[str, FieldType] | None:
        own = form.field(self.relation)
        if own is not None:
            return dict(own.lines()) or None
        for other in (form, *(each for each in catalogue.forms.values() if each.key != form.key)):
            for each in other.fields:
                if each.type in ("reference", "multi_reference") and (getattr(each, "form"), getattr(each, "many_name")) == (form.key, self.relation):
                    return dict(other.by_key)
        return None

    def formulas(self, form: Form, catalogue: Catalogue, subform: str | None = None) -> Iterator[FormulaUse]:
        if not any(True for _problem in self._wrong(form, catalogue)):  # said already, in the words of this field
            yield FormulaUse("formula", self.formula, form.key, subform, self.formula_type())
