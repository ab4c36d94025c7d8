"""Linked choice: one of the values that stand in a field of another form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.model import FormulaText, FormulaUse
from runtime.definitions.naming import Names
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import FieldError, Problem
from runtime.fields._columns import ColumnField
from runtime.fields._entries import SearchedField, control
from runtime.fields._pairs import Pair, pair_problems
from runtime.fields._texts import text_of
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

LONGEST = 255
PERSON = frozenset({"person"})


@FIELD_TYPES.register
class LinkedChoice(ColumnField):
    type: Literal["linked_choice"] = "linked_choice"
    form: str = Field(title="Form")
    field: Annotated[str, Names("form")] = Field(title="Field of that form")
    where: FormulaText | None = Field(None, title="Only records where")
    """A condition on the records of that form."""
    pairs: tuple[Annotated[Pair, Names("form", at="theirs")], ...] = Field((), max_length=5, title="Only where fields equal")
    """Which of those records fit what is being filled in: a field there equals a field here."""
    other: bool = Field(False, title="Another answer may be written")

    family, icon = "related", "list-search"
    title, about = _("Linked choice"), _("One of the values that stand in a field of another form.")
    widget = "reference"
    operators = ("is", "is_not", "contains", "starts_with", "blank", "not_blank")
    without = ("mask",)

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        """The value as it stands there, whatever the width and case in which it was written. What a record has already may stay."""
        text = text_of(raw)
        if text is None:
            return None
        written = " ".join(text.split())
        found = lookup.linked(self, written)
        if found is not None:
            return found
        if not self.other:
            raise FieldError(_("“{text}” does not stand in the form it is chosen from. Choose from the list, or add it there first.", text=text))
        return written

    def check(self, value: str) -> list[Message]:
        return [] if len(value) <= LONGEST else [_("Give at most {most} characters; these are {count}.", most=LONGEST, count=len(value))]

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, SearchedField, validators, reader)

    def search_at(self, app: str, form: str) -> str:
        return f"/apps/{app}/{form}/linked/{self.key}"

    @property
    def asks(self) -> tuple[str, ...]:
        return tuple(pair.ours for pair in self.pairs)

    def schema(self) -> dict[str, Any]:
        return self.or_blank({"type": "string", "minLength": 1, "maxLength": LONGEST})

    def search_text(self, value: str | None) -> str:
        return value or ""

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        other = form if self.form == form.key else catalogue.forms.get(self.form)
        source = None if other is None else other.field(self.field)
        if other is None:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
        elif source is None:
            yield Problem("field", _("The form {form} has no field with the key {key}.", form=other.label, key=self.field))
        elif source.stores not in ("column", "computed") or source.formula_type().kind != "text" or source.mask:
            yield Problem("field", _("The field {field} holds no text to choose from. Choose a field with a single line of text.",
                                     field=source.label))
        if other is not None:
            yield from pair_problems(self.pairs, self, form, other)

    def formulas(self, form: Form, catalogue: Catalogue, subform: str | None = None) -> Iterator[FormulaUse]:
        yield from super().formulas(form, catalogue, subform)
        if self.where is not None and (self.form == form.key or self.form in catalogue.forms):
            yield FormulaUse("where", self.where, self.form, None, ("boolean",), allow=PERSON, kept=False)
