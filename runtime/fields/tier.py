"""Tier: the place of a record by a tier model. The model owns it; the field only shows it."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import FieldType, Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import CHOICE, Type
from runtime.errors import Problem
from runtime.fields._entries import ReadOnlyField, control
from runtime.fields._texts import text_of
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class Tier(FieldType):
    type: Literal["tier"] = "tier"
    tier_model: str = Field(title="Tier model")

    family, icon = "computed", "trophy"
    title, about = _("Tier"), _("The record’s place by a tier model.")
    stores = "rated"
    widget = "readonly"
    operators = ("is", "is_not", "any_of", "none_of", "blank", "not_blank")
    writable = False
    importable = False
    without = ("required", "unique", "default", "mask")

    def formula_type(self) -> Type:
        return CHOICE()

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        return text_of(raw)

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, ReadOnlyField, [], reader)

    def to_entry(self, value: str | None, reader: Reader) -> str:
        return self.display(value, reader)

    def display(self, value: str | None, reader: Reader) -> str:
        named = getattr(reader, "tier_label", lambda tier_model, tier: tier)  # a reader without a catalogue shows keys
        return "" if value is None else named(self.tier_model, value)

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "null"], "readOnly": True}

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        model = catalogue.tier_models.get(self.tier_model)
        if model is None:
            yield Problem("tier_model", _("There is no tier model with the key {key}.", key=self.tier_model))
        elif model.form != form.key:
            yield Problem("tier_model", _("The tier model {key} is for the form {form}.", key=self.tier_model, form=model.form))
