"""What fields share that point at records of another form: how a record is found, and what the definition must say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Lookup
from runtime.definitions.model import FieldKey, Model
from runtime.definitions.naming import Names
from runtime.errors import FieldError, Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

SCHEMA: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 255}


class Points(Model):
    """The settings of a reference, to one record or to several."""

    form: str = Field(title="Form")
    many_name: FieldKey | None = Field(None, title="Name of these records over there")
    """How formulas of the other form see the records that point at theirs."""
    match: Annotated[str, Names("form")] | None = Field(None, title="Matched by")
    """The unique field by which imports and the API may point at the other record."""
    on_delete: Literal["restrict", "clear", "cascade"] = Field("restrict", title="When the other record is deleted")

    def record_found(self, text: str, lookup: Lookup) -> int:
        found = lookup.record(self.form, self.match, text)
        if found is None:
            raise FieldError(_("There is no record “{text}”. Check the spelling, or add that record first.", text=text))
        return found

    def pointing_problems(self, key: str, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        other = form if self.form == form.key else catalogue.forms.get(self.form)
        if other is None:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        yield from self._match_problems(other)
        yield from self._name_problems(key, form, other, catalogue)

    def _match_problems(self, other: Form) -> Iterator[Problem]:
        if self.match is None:
            return
        field = other.field(self.match)
        if field is None:
            yield Problem("match", _("The form {form} has no field with the key {key}.", form=other.label, key=self.match))
        elif not field.unique:
            yield Problem("match", _("The field {key} of the form {form} may repeat. Match by a field that is unique.",
                                     form=other.label, key=self.match))

    def _name_problems(self, key: str, form: Form, other: Form, catalogue: Catalogue) -> Iterator[Problem]:
        if self.many_name is None:
            return
        if self.many_name in other.by_key:
            yield Problem("many_name", _("The form {form} has a field {name} already. Choose another name.",
                                         form=other.label, name=self.many_name))
        every = [*(each for each in catalogue.forms.values() if each.key != form.key), form]
        users = [(each.key, field.key) for each in every for field in each.fields
                 if isinstance(field, Points) and (field.form, field.many_name) == (self.form, self.many_name)]
        others = [user for user in users if user != (form.key, key)]
        if others:
            yield Problem("many_name", _("The name {name} is taken by the field {field} of the form {form}. Choose another name.",
                                         name=self.many_name, field=others[0][1], form=others[0][0]))
