"""Reference: a record of another form."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa
from pydantic import Field

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.model import FieldKey
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import RECORD, Type
from runtime.errors import FieldError, Problem
from runtime.fields._columns import ColumnField, is_id
from runtime.fields._entries import SearchedField, control
from runtime.fields._texts import text_of
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Reference(ColumnField):
    type: Literal["reference"] = "reference"
    form: str = Field(title="Form")
    many_name: FieldKey | None = Field(None, title="Name of these records over there")
    """How formulas of the other form see the records that point at theirs."""
    match: str | None = Field(None, title="Matched by")
    """The unique field by which imports and the API may point at the other record."""
    on_delete: Literal["restrict", "clear", "cascade"] = Field("restrict", title="When the other record is deleted")

    family, icon = "related", "link-plus"
    title, about = _("Reference"), _("A record of another form.")
    widget = "reference"
    operators = ("is", "is_not", "any_of", "blank", "not_blank")
    without = ("mask",)

    def signature(self) -> str:
        return f"reference:{self.form}"

    def column_type(self) -> sa.types.TypeEngine[Any]:
        return sa.BigInteger()

    def formula_type(self) -> Type:
        return RECORD(self.form)

    def parse(self, raw: Any, lookup: Lookup) -> int | None:
        """A number is an id already; a text is an id or the value of the match field."""
        if is_id(raw):
            return raw
        text = text_of(raw)
        if text is None:
            return None
        found = lookup.record(self.form, self.match, text)
        if found is None:
            raise FieldError(_("There is no record “{text}”. Check the spelling, or add that record first.", text=text))
        return found

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, SearchedField, validators, reader)

    def to_entry(self, value: int | None, reader: Reader) -> str | None:
        return None if value is None else str(value)

    def display(self, value: int | None, reader: Reader) -> str:
        return "" if value is None else reader.record_title(self.form, value)

    def to_json(self, value: int | None) -> str | None:
        return None if value is None else str(value)

    def schema(self) -> dict[str, Any]:
        return self.or_blank({"type": "string", "minLength": 1, "maxLength": 255})

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if self.required and self.on_delete == "clear":
            yield Problem("on_delete", _("A required reference cannot be cleared. Choose restrict or cascade."))
        other = form if self.form == form.key else catalogue.forms.get(self.form)
        if other is None:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        yield from self._match_problems(other)
        yield from self._name_problems(form, other, catalogue)

    def _match_problems(self, other: Form) -> Iterator[Problem]:
        if self.match is None:
            return
        field = other.field(self.match)
        if field is None:
            yield Problem("match", _("The form {form} has no field with the key {key}.", form=other.label, key=self.match))
        elif not field.unique:
            yield Problem("match", _("The field {key} of the form {form} may repeat. Match by a field that is unique.",
                                     form=other.label, key=self.match))

    def _name_problems(self, form: Form, other: Form, catalogue: Catalogue) -> Iterator[Problem]:
        if self.many_name is None:
            return
        if self.many_name in other.by_key:
            yield Problem("many_name", _("The form {form} has a field {name} already. Choose another name.",
                                         form=other.label, name=self.many_name))
        every = [*(each for each in catalogue.forms.values() if each.key != form.key), form]
        users = [(each.key, field.key) for each in every for field in each.fields
                 if isinstance(field, Reference) and (field.form, field.many_name) == (self.form, self.many_name)]
        others = [user for user in users if user != (form.key, self.key)]
        if others:
            yield Problem("many_name", _("The name {name} is taken by the field {field} of the form {form}. Choose another name.",
                                         name=self.many_name, field=others[0][1], form=others[0][0]))
