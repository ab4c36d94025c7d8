"""Sub-form: rows of their own fields within the record."""
from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field
from wtforms import Form as RowForm
from wtforms import FormField

from runtime.definitions.field_type import FieldType, Lookup, Reader
from runtime.definitions.model import FormulaUse, repeated
from runtime.definitions.renames import former_problems, not_there
from runtime.definitions.shelf import FIELD_TYPES, OneOf
from runtime.definitions.types import LIST, RECORD, Type
from runtime.errors import FieldError, Problem
from runtime.fields._entries import Flags, RowsField, control
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

NOT_INSIDE = ("subform", "tags", "tier", "serial", "section_text", "query_panel", "button", "approval_state", "approval_node", "approval_handlers")
NEEDED = _("This is needed.")
Row = dict[str, Any]


@FIELD_TYPES.register
class Subform(FieldType):
    type: Literal["subform"] = "subform"
    fields: tuple[Annotated[FieldType, OneOf(FIELD_TYPES, without=NOT_INSIDE)], ...] = Field(min_length=1, max_length=50, title="Fields")
    min_rows: int | None = Field(None, ge=1, le=1000, title="Least number of rows")
    max_rows: int = Field(200, ge=1, le=1000, title="Greatest number of rows")

    family, icon = "related", "table"
    title, about = _("Sub-form"), _("Rows within the record, such as the items of an order.")
    stores = "rows"
    widget = "subform"
    operators = ("blank", "not_blank")
    sortable = False
    without = ("unique", "default", "mask")

    @cached_property
    def by_key(self) -> dict[str, FieldType]:
        return {field.key: field for field in self.fields}

    def lines(self) -> Mapping[str, FieldType]:
        return self.by_key

    def formula_type(self) -> Type:
        return LIST(RECORD(self.key))

    def to_column(self, value: tuple[Row, ...]) -> list[Row]:
        return [{key: self.by_key[key].to_column(each) for key, each in row.items()} for row in value or ()]

    def from_column(self, stored: Any) -> tuple[Row, ...]:
        return tuple({key: self.by_key[key].from_column(each) for key, each in row.items()} for row in stored or ())

    # -- reading ------------------------------------------------------------------------------------------------------------
    def parse(self, raw: Any, lookup: Lookup) -> tuple[Row, ...]:
        """Rows, each checked in full. Rows without any value are left out, and so are computed values: they are worked out anew.

        A key that a row does not give stays out of it, so that its default can be worked out.
        """
        if raw is None or raw == "":
            return ()
        if not isinstance(raw, (list, tuple)) or not all(isinstance(row, Mapping) for row in raw):
            raise FieldError(_("Give a list of rows, each with the keys of its fields."))
        if len(raw) > self.max_rows:
            raise FieldError(self._too_many(len(raw)))
        problems: list[Problem] = []
        rows = [self._row(row, f"{self.key}/{number}", lookup, problems) for number, row in enumerate(raw)]
        if problems:
            raise FieldError(problems[0].message, problems)
        return tuple(row for row in rows if any(not self.by_key[key].is_blank(value) for key, value in row.items()))

    def _row(self, raw: Mapping[str, Any], path: str, lookup: Lookup, problems: list[Problem]) -> Row:
        row: Row = {}
        before = len(problems)
        for key, given in raw.items():
            field = self.by_key.get(key)
            if field is None:
                problems.append(Problem(f"{path}/{key}", not_there(key, self.fields, _("The rows have no field with this key."))))
            elif field.writable:
                try:
                    row[key] = field.parse(given, lookup)
                except FieldError as error:
                    problems.append(Problem(f"{path}/{key}", error.message))
        if len(problems) > before or any(not self.by_key[key].is_blank(value) for key, value in row.items()):
            problems += self._wrong(row, raw, path)
        return row

    def _wrong(self, row: Row, raw: Mapping[str, Any], path: str) -> Iterator[Problem]:
        for field in self.fields:
            value = row.get(field.key)
            if not field.is_blank(value):
                yield from (Problem(f"{path}/{field.key}", message) for message in field.check(value))
            elif field.required and (field.key in row or field.key not in raw and field.default is None):
                yield Problem(f"{path}/{field.key}", NEEDED)

    def check(self, value: tuple[Row, ...]) -> list[Message]:
        if self.min_rows is not None and len(value) < self.min_rows:
            return [_("Give at least {least} rows; these are {count}.", least=self.min_rows, count=len(value))]
        return [self._too_many(len(value))] if len(value) > self.max_rows else []

    def _too_many(self, count: int) -> Message:
        return _("Give at most {most} rows; these are {count}.", most=self.max_rows, count=count)

    # -- showing ------------------------------------------------------------------------------------------------------------
    def entry(self, validators: list[Any], reader: Reader) -> Any:
        row = type("Row", (RowForm,), {f"f_{field.key}": field.entry([Flags(required=True)] if field.required else [], reader)
                                       for field in self.fields})
        return control(self, RowsField, [], reader, unbound_field=FormField(row))

    def to_entry(self, value: tuple[Row, ...], reader: Reader) -> list[Row]:
        return [{f"f_{key}": self.by_key[key].to_entry(each, reader) for key, each in row.items() if key in self.by_key}
                for row in value or ()]

    def display(self, value: tuple[Row, ...], reader: Reader) -> str:
        if not value:
            return ""
        return reader.say(_("1 row") if len(value) == 1 else _("{count} rows", count=len(value)))

    def to_json(self, value: tuple[Row, ...]) -> list[Row]:
        return [{key: self.by_key[key].to_json(each) for key, each in row.items() if key in self.by_key} for row in value or ()]

    def schema(self) -> dict[str, Any]:
        needed = [field.key for field in self.fields if field.required and field.writable and field.default is None]
        cells = {field.key: field.schema() for field in self.fields}
        row = {"type": "object", "properties": cells, "additionalProperties": False, "required": needed}
        schema: dict[str, Any] = {"type": "array", "items": row, "maxItems": self.max_rows}
        if self.required:
            schema["minItems"] = self.min_rows or 1
        elif (self.min_rows or 1) > 1:
            schema["anyOf"] = [{"maxItems": 0}, {"minItems": self.min_rows}]
        return schema

    def search_text(self, value: tuple[Row, ...]) -> str:
        found = (self.by_key[key].search_text(each) for row in value or () for key, each in row.items() if key in self.by_key)
        return " ".join(text for text in found if text)

    # -- checking the definition ----------------------------------------------------------------------------------------------
    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        for key in sorted(repeated([field.key for field in self.fields])):
            yield Problem("fields", _("The key {key} stands there twice.", key=key))
        yield from former_problems("fields", self.fields)
        if self.min_rows is not None and self.min_rows > self.max_rows:
            yield Problem("min_rows", _("The least value is more than the most."))
        for number, field in enumerate(self.fields):
            yield from (each.under(f"fields/{number}") for each in field.problems(form, catalogue))
            if field.unique:
                yield Problem(f"fields/{number}/unique", _("Values of rows may repeat. Leave this out."))
            if not field.in_rows:
                yield Problem(f"fields/{number}/type", _("A row holds no field with several values. Use a choice instead."))
            if getattr(field, "many_name", None) is not None:
                yield Problem(f"fields/{number}/many_name", _(
                    "The other form does not see single rows. Leave this out, or put the reference into the form itself."))

    def formulas(self, form: Form, catalogue: Catalogue, subform: str | None = None) -> Iterator[FormulaUse]:
        for number, field in enumerate(self.fields):
            yield from (use.under(f"fields/{number}") for use in field.formulas(form, catalogue, subform=self.key))
