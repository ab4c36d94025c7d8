"""Lookup: a field of the record that a reference points at, always up to date."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.model import FormulaUse
from runtime.definitions.naming import Names
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import Problem
from runtime.fields._computed import Computed, result_problems
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.field_type import FieldType
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Lookup(Computed):
    type: Literal["lookup"] = "lookup"
    reference: Annotated[str, Names()] = Field(title="Reference")
    """The field of this form that points at the other record."""
    field: Annotated[str, Names("reference")] = Field(title="Field of that record")

    icon = "search"
    title, about = _("Lookup"), _("Shows a field of the record that is referred to.")

    @property
    def formula(self) -> str:
        return f"{self.reference}.{self.field}"

    @property
    def looks_at(self) -> tuple[str, str]:
        """(reference, field over there): who may not see that field sees nothing of it here either."""
        return self.reference, self.field

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        yield from self._wrong(form, catalogue)

    def _wrong(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        pointer = form.field(self.reference)
        if pointer is None and any(self.reference in rows.lines() and self.key in rows.lines() for rows in form.fields):
            yield Problem(
                "reference",
                _("A row keeps what it shows. Take a formula instead, {reference}.{field}; it is worked out whenever the record is saved.",
                  reference=self.reference, field=self.field),
            )  # fmt: skip
            return
        if pointer is None or pointer.type != "reference":
            yield Problem("reference", _("This form has no reference with the key {key}.", key=self.reference))
            return
        other = self._other(form, pointer, catalogue)
        found = None if other is None else other.field(self.field)
        if other is None or found is None:
            yield Problem("field", _("The form {form} has no field with the key {key}.", form=getattr(pointer, "form"), key=self.field))
        elif found.stores not in ("column", "computed", "rated"):
            yield Problem("field", _("The field {field} holds several values. Choose one that holds a single value.", field=found.label))
        else:
            yield from result_problems(self, found.formula_type(), found.label)

    def _other(self, form: Form, pointer: FieldType, catalogue: Catalogue) -> Form | None:
        key: Any = getattr(pointer, "form")
        return form if key == form.key else catalogue.forms.get(key)

    def formulas(self, form: Form, catalogue: Catalogue, subform: str | None = None) -> Iterator[FormulaUse]:
        if not any(True for _problem in self._wrong(form, catalogue)):  # said already, in the words of this field
            yield FormulaUse("formula", self.formula, form.key, subform, self.formula_type())
