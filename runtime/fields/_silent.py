"""What fields without a value share: they stand on a page and do something there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from runtime.definitions.field_type import FieldType, Lookup
from runtime.definitions.types import BLANK, Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


class Silent(FieldType):
    family = "layout"
    stores = "nothing"
    operators = ("blank", "not_blank")
    writable = False
    importable = False
    sortable = False
    without = ("required", "unique", "default", "mask")

    def formula_type(self) -> Type:
        return BLANK

    def parse(self, raw: Any, lookup: Lookup) -> None:
        """Whatever is given, there is no place to keep it."""
        return None

    def schema(self) -> dict[str, Any]:
        return {"type": "null", "readOnly": True}

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        if form.title == self.key:
            yield Problem("key", _("This field holds no value and cannot name a record."))
