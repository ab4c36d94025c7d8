"""Multi reference: several records of another form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Literal

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import RECORD, Type
from runtime.errors import Problem
from runtime.fields._records import SCHEMA, Points
from runtime.fields._several import Pointing
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class MultiReference(Points, Pointing):
    type: Literal["multi_reference"] = "multi_reference"

    family, icon = "related", "link"
    title, about = _("Several records"), _("Several records of another form.")

    def signature(self) -> str:
        return f"multi_reference:{self.form}"

    @property
    def one_type(self) -> Type:
        return RECORD(self.form)

    def one_found(self, text: Any, lookup: Lookup) -> int:
        return self.record_found(text, lookup)

    def one_shown(self, value: int, reader: Reader) -> str:
        return reader.record_title(self.form, value)

    def one_schema(self) -> dict[str, Any]:
        return SCHEMA

    def search_at(self, app: str, form: str) -> str:
        return f"/apps/{app}/{self.form}/find"

    def records(self, value: tuple[int, ...]) -> Iterable[tuple[str, int]]:
        return [(self.form, each) for each in value or ()]

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        yield from self.pointing_problems(self.key, form, catalogue)
