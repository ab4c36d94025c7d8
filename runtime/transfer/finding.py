"""Resolving what the texts of a chunk point at by sets: one statement a chunk for each kind of thing that is looked for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from runtime.definitions.field_type import FieldType
from runtime.errors import FieldError
from runtime.fields._texts import text_of
from runtime.records.lookup import ActLookup
from runtime.records.tables import FormTables, tables_of
from runtime.system.prepared import prepared
from runtime.system.sets import Among
from runtime.system.tables import person

if TYPE_CHECKING:
    from runtime.system.workspace import Act


class _Values(sa.types.TypeDecorator[Any]):
    """A list of a column's values as one parameter."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, item: Any = None):
        super().__init__()
        self.item = item or sa.Text()

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(ARRAY(self.item) if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


def records_with(act: Act, built: FormTables, key: str, values: Iterable[Any]) -> dict[Any, int]:
    """stored value → id of the living record that has it, for a field whose values do not repeat."""
    column, main = built.column(key), built.main
    item = sa.Text() if isinstance(column.type, sa.Text) else sa.BigInteger()
    compared = column if isinstance(column.type, sa.Text) else sa.cast(column, sa.BigInteger)
    statement = prepared(
        act.catalogue.memo,
        ("records with", built.form.key, key),
        act.connection.dialect,
        lambda: sa.select(column, main.c.id).where(
            Among(compared, sa.bindparam("values", type_=_Values(item))), main.c.deleted_at.is_(None)
        ),
    )
    wanted = list(values)
    return dict(statement.all(act.connection, {"values": wanted})) if wanted else {}  # type: ignore[arg-type]


def _text(cell: Any) -> str | None:
    try:
        return text_of(cell)
    except FieldError:
        return None


class BatchLookup(ActLookup):
    """Finds people, tags and records for many rows; `prime` asks for all texts of a column at once."""

    def __init__(self, act: Act):
        super().__init__(act, by_id=False)
        self._people: dict[str, int | None] | None = None
        self._tags: dict[tuple[str, str], str | None] = {}

    def prime(self, reference: Any, cells: Iterable[Any]) -> None:
        """Looks up what the cells of a reference's column point at."""
        built = tables_of(self.act.catalogue).get(reference.form)
        match = reference.match
        if built is None or match is None or built.places.get(match) != "main":
            return
        texts = {text for cell in set(cells) if (text := _text(cell)) is not None and (reference.form, match, text) not in self.known}
        stored = {text: self.stored(built.by_path[match], text) for text in texts}
        found = records_with(self.act, built, match, {value for value in stored.values() if value is not None})
        if self.act.person.rights is not None:
            self.act.person.rights.know(reference.form, found.values())
            found = {value: record for value, record in found.items() if self.may_find(reference.form, record, match)}
        for text, value in stored.items():
            self.known[reference.form, match, text] = found.get(value)

    def stored(self, field_type: FieldType, raw: Any) -> Any:
        """A raw value as its column keeps it; None where it is none of the field's."""
        try:
            return field_type.to_column(field_type.parse(raw, self))
        except FieldError:
            return None

    def person(self, text: str) -> int | None:
        if self._people is None:
            self._people = {}
            for number, email, name in self.act.connection.execute(
                sa.select(person.c.id, person.c.email, person.c.name).where(person.c.active == 1)
            ):
                for word in {email.casefold(), name.casefold()}:
                    self._people[word] = None if word in self._people else number
        found = self._people.get(text.strip().casefold())
        return found if found is not None or not text.isdecimal() else self._person_by_number(text)

    def tag(self, tag_set: str, text: str) -> str | None:
        if (tag_set, text) not in self._tags:
            self._tags[tag_set, text] = super().tag(tag_set, text)
        return self._tags[tag_set, text]
