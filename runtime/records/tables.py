"""From a published form to its tables. Names are numbers: labels and keys never reach the database's schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, Integer, SmallInteger, Table, Text

from runtime.definitions.catalogue import Catalogue, StoredColumn
from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form

LISTS = ("many", "links")
"""Places of fields with several values: texts, and the numbers of people and records."""
SYSTEM_COLUMNS = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at", "search")


@dataclass
class FormTables:
    """`main`: one row a record. `calc`: what depends on other records or the day. `many`: fields with several values.
    `links`: fields with several people or records. `rows`: one table a sub-form."""

    form: Form
    id: int
    main: Table
    calc: Table | None
    many: Table | None
    links: Table | None
    rows: dict[str, Table]
    search: Table
    columns: dict[str, Column[Any]]
    numbers: dict[str, int]
    places: dict[str, str]
    by_path: dict[str, FieldType] = field(default_factory=dict)

    def column(self, path: str) -> Column[Any]:
        """The column of a field (`amount`) or of a sub-form's field (`items.price`)."""
        return self.columns[path]

    def several(self, key: str) -> Table:
        """The table in which a field with several values keeps them, and which has a row for each."""
        found = self.links if self.places[key] == "links" else self.many
        assert found is not None
        return found

    @property
    def lists(self) -> list[Table]:
        """The tables of fields with several values, as far as the form has any."""
        return [each for each in (self.many, self.links) if each is not None]


def tables_of(catalogue: Catalogue) -> dict[str, FormTables]:
    """The tables of every form of a catalogue, built once per revision."""
    if "tables" not in catalogue.memo:
        metadata = sa.MetaData()
        catalogue.memo["tables"] = {
            key: build(form, catalogue, metadata) for key, form in catalogue.forms.items() if (key, "") in catalogue.columns
        }
    return catalogue.memo["tables"]


def build(form: Form, catalogue: Catalogue, metadata: sa.MetaData) -> FormTables:
    places = {path: stored for (key, path), stored in catalogue.columns.items() if key == form.key}
    base = f"r_{places[''].id}"
    columns: dict[str, Column[Any]] = {}
    by_path: dict[str, FieldType] = {}
    main, calc, rows, places_of_lists = list(system_columns()), [], {}, set()
    for each in form.fields:
        stored = places.get(each.key)
        by_path[each.key] = each
        if stored is None:
            continue
        if stored.place == "rows":
            rows[each.key] = _rows_table(each, stored, places, columns, by_path, metadata)
        elif stored.place in LISTS:
            places_of_lists.add(stored.place)
        else:
            columns[each.key] = made = Column(f"f_{stored.id}", each.column_type())
            (calc if stored.place == "calc" else main).append(made)
    return FormTables(
        form,
        places[""].id,
        Table(base, metadata, *main),
        calc_table(base, metadata, calc) if calc else None,
        many_table(base, metadata) if "many" in places_of_lists else None,
        links_table(base, metadata) if "links" in places_of_lists else None,
        rows,
        Table(f"{base}_search", metadata, Column("record", BigInteger, primary_key=True, autoincrement=False), Column("grams", Text)),
        columns,
        {path: stored.id for path, stored in places.items()},
        {path: stored.place for path, stored in places.items()},
        by_path,
    )


def system_columns() -> list[Column[Any]]:
    return [
        Column("id", BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
        Column("version", Integer, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("created_by", BigInteger, nullable=False),
        Column("updated_at", BigInteger, nullable=False),
        Column("updated_by", BigInteger, nullable=False),
        Column("deleted_at", BigInteger),
        Column("search", Text, nullable=False),
    ]


def calc_table(base: str, metadata: sa.MetaData, columns: list[Column[Any]]) -> Table:
    return Table(
        f"{base}_calc",
        metadata,
        Column("record", BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
        *columns,
    )


def many_table(base: str, metadata: sa.MetaData) -> Table:
    return Table(
        f"{base}_many",
        metadata,
        Column("field", BigInteger, primary_key=True, autoincrement=False),
        Column("record", BigInteger, primary_key=True, autoincrement=False),
        Column("value", Text, primary_key=True),
        Column("position", SmallInteger, nullable=False),
    )


def links_table(base: str, metadata: sa.MetaData) -> Table:
    """People and records are numbers, and are also asked for from the other side: which records name this one?"""
    name = f"{base}_links"
    return Table(
        name,
        metadata,
        Column("field", BigInteger, primary_key=True, autoincrement=False),
        Column("record", BigInteger, primary_key=True, autoincrement=False),
        Column("value", BigInteger, primary_key=True, autoincrement=False),
        Column("position", SmallInteger, nullable=False),
        sa.Index(f"ix_{name}_value", "field", "value", "record"),
    )


def row_columns() -> list[Column[Any]]:
    return [
        Column("id", BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
        Column("record", BigInteger, nullable=False),
        Column("position", Integer, nullable=False),
    ]


def _rows_table(
    subform: FieldType,
    stored: StoredColumn,
    places: dict[str, StoredColumn],
    columns: dict[str, Column[Any]],
    by_path: dict[str, FieldType],
    metadata: sa.MetaData,
) -> Table:
    made = row_columns()
    for line in subform.lines().values():
        path = f"{subform.key}.{line.key}"
        by_path[path] = line
        if path in places:
            columns[path] = column = Column(f"f_{places[path].id}", line.column_type())
            made.append(column)
    return Table(f"r_{stored.id}", metadata, *made)
