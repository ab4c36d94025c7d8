"""Which records point at one: through a column of their own, or through the rows of a field that names several."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from runtime.definitions.field_type import FieldType
from runtime.records.tables import FormTables
from runtime.system.sets import among

POINTERS = ("reference", "multi_reference")


def points_at(built: FormTables, field: FieldType, form: str) -> bool:
    """Whether a field refers to records of a form, and has its place in the database already."""
    return field.type in POINTERS and getattr(field, "form") == form and built.places.get(field.key) in ("main", "links")


def names_one_of(built: FormTables, key: str, records: Collection[int]) -> sa.ColumnElement[bool]:
    """The condition on the records of a form that their field names one of these."""
    if built.places[key] == "links":
        links = built.several(key).alias()
        query = sa.select(links.c.record).where(links.c.field == built.numbers[key], among(links.c.value, list(records)))
        return built.main.c.id.in_(query)
    column = built.column(key)
    return column == next(iter(records)) if len(records) == 1 else among(column, list(records))


def named_among(built: FormTables, key: str, records: Collection[int]) -> sa.Select[Any]:
    """Those of these records that a living record's field names."""
    main = built.main
    if built.places[key] == "links":
        links = built.several(key)
        return (
            sa.select(links.c.value)
            .distinct()
            .join(main, main.c.id == links.c.record)
            .where(links.c.field == built.numbers[key], among(links.c.value, list(records)), main.c.deleted_at.is_(None))
        )
    column = built.column(key)
    return sa.select(column).distinct().where(among(column, list(records)), main.c.deleted_at.is_(None))
