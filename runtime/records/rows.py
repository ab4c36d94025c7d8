"""Between stored rows and values: reading one record as a dictionary of values, and what a write needs to know of its form."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.records.tables import LISTS, SYSTEM_COLUMNS, FormTables, tables_of
from runtime.system import clock
from runtime.system.prepared import prepared
from runtime.system.sets import among
from runtime.system.tables import tag_assignment, tier_state

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@dataclass
class Record:
    """A record as it stands: its values by field key, tags and tier among them."""

    form: Form
    id: int
    version: int
    created_micros: int
    created_by: int
    updated_micros: int
    updated_by: int
    deleted_micros: int | None
    values: dict[str, Any] = field(default_factory=dict)
    search: str = ""
    score: Any = None
    provisional: bool = False
    grace_until: Any = None
    row_ids: dict[str, list[int]] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    """The reader's permission sets that hold for it, as far as the statement that read it asked."""
    mark: int | None = None
    """The number of the first condition that holds for it, of those a page of records was asked to tell."""
    masked: dict[str, str] = field(default_factory=dict)
    """The masks of values that the reader may not see whole; they are not among the values."""

    @property
    def created_at(self) -> datetime:
        return _instant(self.created_micros)

    @property
    def updated_at(self) -> datetime:
        return _instant(self.updated_micros)

    @property
    def deleted_at(self) -> datetime | None:
        return clock.from_micros(self.deleted_micros)


def read_record(act: Act, form_key: str, record_id: int, lock: bool = False) -> Record | None:
    """One record with everything that belongs to it; None when there is none. `lock` keeps other writers off it on PostgreSQL."""
    found = read_records(act, form_key, [record_id], lock)
    return found[0] if found else None


def read_records(act: Act, form_key: str, ids: list[int], lock: bool = False) -> list[Record]:
    """The records with these ids that exist, in the order of the ids; one statement a table, whatever their number."""
    built = tables_of(act.catalogue)[form_key]
    memo, connection = act.catalogue.memo, act.connection
    lock = lock and connection.dialect.name == "postgresql"
    rows = prepared(memo, ("read", form_key, lock), connection.dialect, lambda: _main_select(built, lock)).all(connection, {"ids": ids})
    keys = [key for key, place in built.places.items() if place == "main"]
    width = len(SYSTEM_COLUMNS)
    found: dict[int, Record] = {}
    for row in rows:
        record = Record(built.form, *row[:7], search=row[7])
        for key, stored in zip(keys, row[width:], strict=True):
            record.values[key] = None if stored is None else built.by_path[key].from_column(stored)
        found[row[0]] = record
    if found:
        _add_the_rest(act, built, found)
    return [found[each] for each in ids if each in found]


def _instant(stored: int) -> datetime:
    instant = clock.from_micros(stored)
    assert instant is not None
    return instant


def _main_select(built: FormTables, lock: bool) -> Any:
    columns = [built.main.c[name] for name in SYSTEM_COLUMNS] + [
        built.columns[key] for key, place in built.places.items() if place == "main"
    ]
    query = sa.select(*columns).where(among(built.main.c.id))
    return query.with_for_update() if lock else query


def _add_the_rest(act: Act, built: FormTables, found: dict[int, Record]) -> None:
    memo, connection, form, given = act.catalogue.memo, act.connection, built.form, {"ids": list(found)}
    if built.calc is not None:
        keys = [key for key, place in built.places.items() if place == "calc"]
        calc = built.calc
        statement = prepared(
            memo,
            ("read calc", form.key),
            connection.dialect,
            lambda: sa.select(calc.c.record, *[built.columns[key] for key in keys]).where(among(calc.c.record)),
        )
        for row in statement.all(connection, given):
            for key, stored in zip(keys, row[1:], strict=True):
                found[row[0]].values[key] = None if stored is None else built.by_path[key].from_column(stored)
        for record in found.values():
            for key in keys:
                record.values.setdefault(key, None)
    if built.lists:
        _add_many(act, built, found)
    for key in built.rows:
        _add_rows(act, built, key, found)
    for field_type in form.fields:
        if field_type.stores == "assigned":
            _add_tags(act, field_type, found)
        elif field_type.stores == "rated":
            _add_tier(act, field_type, found)


def _add_many(act: Act, built: FormTables, found: dict[int, Record]) -> None:
    keys = {built.numbers[key]: key for key, place in built.places.items() if place in LISTS}
    lists: dict[tuple[int, str], list[Any]] = {}
    for table in built.lists:
        statement = prepared(
            act.catalogue.memo,
            ("read many", table.name),
            act.connection.dialect,
            lambda many=table: (
                sa.select(many.c.field, many.c.record, many.c.value)
                .where(among(many.c.record))
                .order_by(many.c.field, many.c.record, many.c.position)
            ),
        )
        for number, record, value in statement.all(act.connection, {"ids": list(found)}):
            if number in keys:
                lists.setdefault((record, keys[number]), []).append(value)
    for record in found.values():
        for key in keys.values():
            record.values[key] = tuple(lists.get((record.id, key), ()))


def _add_rows(act: Act, built: FormTables, subform: str, found: dict[int, Record]) -> None:
    table, lines = built.rows[subform], built.by_path[subform].lines()
    keys = [key for key in lines if f"{subform}.{key}" in built.columns]
    statement = prepared(
        act.catalogue.memo,
        ("read rows", built.form.key, subform),
        act.connection.dialect,
        lambda: (
            sa.select(table.c.record, table.c.id, *[built.columns[f"{subform}.{key}"] for key in keys])
            .where(among(table.c.record))
            .order_by(table.c.record, table.c.position)
        ),
    )
    rows: dict[int, list[dict[str, Any]]] = {each: [] for each in found}
    for record, number, *stored in statement.all(act.connection, {"ids": list(found)}):
        rows[record].append(
            {key: None if value is None else lines[key].from_column(value) for key, value in zip(keys, stored, strict=True)}
        )
        found[record].row_ids.setdefault(subform, []).append(number)
    for record, values in rows.items():
        found[record].values[subform] = tuple(values)


def _add_tags(act: Act, field_type: FieldType, found: dict[int, Record]) -> None:
    statement = prepared(
        act.catalogue.memo,
        "read tags",
        act.connection.dialect,
        lambda: (
            sa.select(tag_assignment.c.record, tag_assignment.c.tag)
            .where(
                tag_assignment.c.tag_set == sa.bindparam("tag_set"),
                tag_assignment.c.form == sa.bindparam("form"),
                among(tag_assignment.c.record),
                tag_assignment.c.removed_at.is_(None),
            )
            .order_by(tag_assignment.c.record, tag_assignment.c.id)
        ),
    )
    tags: dict[int, list[str]] = {}
    form = next(iter(found.values())).form.key
    for record, tag in statement.all(act.connection, {"tag_set": getattr(field_type, "tag_set"), "form": form, "ids": list(found)}):
        tags.setdefault(record, []).append(tag)
    for record in found.values():
        record.values[field_type.key] = tuple(tags.get(record.id, ()))


def _add_tier(act: Act, field_type: FieldType, found: dict[int, Record]) -> None:
    number = act.catalogue.ids.get(("tier_model", getattr(field_type, "tier_model")))
    for record in found.values():
        record.values[field_type.key] = None
    if number is None:
        return
    statement = prepared(
        act.catalogue.memo,
        "read tier",
        act.connection.dialect,
        lambda: sa.select(
            tier_state.c.record, tier_state.c.tier, tier_state.c.score, tier_state.c.provisional, tier_state.c.grace_until
        ).where(tier_state.c.model == sa.bindparam("model"), among(tier_state.c.record)),
    )
    for record, tier, score, provisional, grace in statement.all(act.connection, {"model": number, "ids": list(found)}):
        found[record].values[field_type.key] = tier
        found[record].score, found[record].provisional, found[record].grace_until = score, bool(provisional), clock.from_day(grace)
