"""What a merge does to the tables of forms: the record that stays gets its values, the other goes into the trash, and whatever pointed at
the other points at the one that stays. References and rows are moved by sets. What follows from it all is left to `derive_all`."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import Problem, Stale
from runtime.people.may import may
from runtime.records import gateway, outbox
from runtime.records.changes import EVERYTHING, Changes
from runtime.records.entries import Entry, prepare
from runtime.records.lookup import NoLookup
from runtime.records.plan import Plan, plan_of
from runtime.records.pointing import names_one_of, points_at
from runtime.records.query import visible_rows
from runtime.records.rows import Record, read_records
from runtime.records.tables import FormTables, tables_of
from runtime.system.sets import among
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

CHUNK = 5_000


@dataclass(frozen=True)
class Place:
    """A reference field: `field` of `form` itself, or of the rows of its sub-form `subform`."""

    form: str
    field: str
    subform: str | None = None
    several: bool = False
    """A field that names several records."""

    @property
    def path(self) -> str:
        return self.field if self.subform is None else f"{self.subform}.{self.field}"

    @property
    def name(self) -> str:
        return f"{self.form}.{self.path}"

    @property
    def key(self) -> str:
        """The field of the form that a change of it changes."""
        return self.subform or self.field


def places(act: Act, form: str) -> list[Place]:
    """Every reference to a form, its own among them."""
    found = []
    for key, built in tables_of(act.catalogue).items():
        for field in act.catalogue.forms[key].fields:
            if field.type == "reference" and getattr(field, "form") == form and field.key in built.columns:
                found.append(Place(key, field.key))
            elif field.type == "multi_reference" and points_at(built, field, form):
                found.append(Place(key, field.key, several=True))
            found += [
                Place(key, line.key, field.key)
                for line in field.lines().values()
                if line.type == "reference" and getattr(line, "form") == form and f"{field.key}.{line.key}" in built.columns
            ]
    return found


# -- who points at a record ---------------------------------------------------------------------------------------------------------
def pointing(act: Act, place: Place, record: int, beside: Collection[int] = ()) -> list[int]:
    """The records, of a sub-form the rows, that point at a record, those in the trash too, without `beside`."""
    built = tables_of(act.catalogue)[place.form]
    table = _table(built, place)
    here = names_one_of(built, place.field, [record]) if place.several else built.column(place.path) == record
    query = sa.select(table.c.id).where(here)
    if beside:
        query = query.where(_owner(table, place).not_in(list(beside)))
    return list(act.connection.execute(query.order_by(table.c.id)).scalars())


def counted(act: Act, place: Place, record: int, beside: Collection[int] = ()) -> tuple[int, int]:
    """How many living records point at a record, and how many of them the person sees."""
    built = tables_of(act.catalogue)[place.form]
    if place.several:
        ids = sa.select(built.main.c.id).where(names_one_of(built, place.field, [record]))
    else:
        column = built.column(place.path)
        ids = sa.select(_owner(column.table, place)).where(column == record)
    every = sa.select(sa.func.count()).select_from(built.main)
    outside = [built.main.c.id.not_in(list(beside))] if beside else []
    total = act.connection.execute(every.where(built.main.c.id.in_(ids), built.main.c.deleted_at.is_(None), *outside)).scalar() or 0
    if act.person.rights is None or not total:
        return total, total
    if not may(act.person, "view", place.form, None, place.key):
        return total, 0
    rows = visible_rows(act, place.form)
    seen = rows.select(rows.id).where(rows.id.in_(ids), *([rows.id.not_in(list(beside))] if beside else []))
    given = {"today": act.day, "now": act.micros}
    return total, act.connection.execute(sa.select(sa.func.count()).select_from(seen.subquery()), given).scalar() or 0


def naming_too(act: Act, place: Place, rows: Sequence[int], record: int) -> list[int]:
    """Those of these records whose field names this one as well."""
    if not place.several or not rows:
        return []
    built = tables_of(act.catalogue)[place.form]
    query = sa.select(built.main.c.id).where(among(built.main.c.id, list(rows)), names_one_of(built, place.field, [record]))
    return list(act.connection.execute(query.order_by(built.main.c.id)).scalars())


def name_again(act: Act, place: Place, rows: Sequence[int], beside: int, record: int, changes: Changes) -> list[int]:
    """Lets these records name a record again beside the one with which they still name; gives those that do."""
    plan = plan_of(act.catalogue, place.form, act.connection.dialect)
    named = {each.id: (each, each.values[place.field]) for each in read_records(act, place.form, list(rows), lock=True)}
    wanted = {id: (each, {place.field: [*now, record]}) for id, (each, now) in named.items() if beside in now and record not in now}
    _write_one_by_one(act, plan, wanted, changes)
    return sorted(wanted)


def taken_twice(act: Act, place: Place, keep: int, other: int) -> bool:
    """Whether a reference that may stand in one record only stands in one for each of the two."""
    if place.subform is not None or place.several or not act.catalogue.forms[place.form].by_key[place.field].distinct:
        return False
    built = tables_of(act.catalogue)[place.form]
    here = among(built.column(place.field), [keep, other]), built.main.c.deleted_at.is_(None)
    return (act.connection.execute(sa.select(sa.func.count()).select_from(built.main).where(*here)).scalar() or 0) > 1


def _table(built: FormTables, place: Place) -> sa.Table:
    return built.main if place.subform is None else built.rows[place.subform]


def _owner(table: Any, place: Place) -> Any:
    return table.c.id if place.subform is None else table.c.record


# -- the two records ----------------------------------------------------------------------------------------------------------------
def bury(act: Act, plan: Plan, record: Record, into: int, changes: Changes) -> None:
    """Puts a record into the trash as one that was merged into another."""
    _set_deleted(act, plan, record, act.micros)
    values = {
        key: plan.form.by_key[key].to_json(value) for key, value in record.values.items() if key in plan.writable and value is not None
    }
    told = {"values": values, "merged_into": str(into)}
    _follow(act, plan, record, changes, "delete", outbox.append(act, "record_deleted", plan.form.key, record.id, told))


def unbury(act: Act, plan: Plan, record: Record, changes: Changes) -> list[Problem]:
    """Brings it back; gives what stands in the way instead."""
    entry = Entry(record.id, record, record.values, {each.key: (None, record.values.get(each.key)) for each in plan.distinct})
    gateway.check_distinct(act, plan, [entry])
    if not entry.problems:
        _set_deleted(act, plan, record, None)
        _follow(act, plan, record, changes, "restore", outbox.append(act, "record_restored", plan.form.key, record.id, {"values": {}}))
    return entry.problems


def _set_deleted(act: Act, plan: Plan, record: Record, at: int | None) -> None:
    given = {"the_id": record.id, "the_version": record.version, "version": record.version + 1, "deleted_at": at}
    done = plan.deletion.run(act.connection, {**given, "updated_at": act.micros, "updated_by": act.person.id})
    if done.rowcount != 1:
        raise Stale(_("Somebody changed this record in the meantime. Look again."))


def _follow(act: Act, plan: Plan, record: Record, changes: Changes, action: str, event: int) -> None:
    gateway.insert_history(act, [(record.id, record.version + 1, {})], plan.form.key, action, event)
    changes.touch(plan.form.key, EVERYTHING, [record.id])
    gateway.touch_pointed(act, changes, plan, [record])


def rewrite(act: Act, plan: Plan, before: Record, values: Mapping[str, Any], trusted: Container[str], changes: Changes) -> Entry:
    """Writes values into the record that stays, a new version even where nothing differs; or nothing, and the entry has its problems.

    The rules of the form apply. What the values point at stood in one of the two records already, so it is not looked for.
    """
    given = {key: _as_given(plan, key, value) for key, value in values.items()}
    entry = prepare(act, plan, given, before, NoLookup(act.zone), trusted=trusted)
    if not entry.problems:
        gateway.check_distinct(act, plan, [entry])
    if not entry.problems:
        _take_over(changes, gateway.write_entries(act, plan, [entry]))
    return entry


def _as_given(plan: Plan, key: str, value: Any) -> Any:
    """Rows of a sub-form without what they work out by themselves."""
    lines = plan.form.by_key[key].lines()
    return value if not lines else [{name: row.get(name) for name, line in lines.items() if line.writable} for row in value or ()]


def _take_over(changes: Changes, more: Changes) -> None:
    changes.event = changes.event or more.event
    for form, names in more.touched.items():
        for name, ids in names.items():
            changes.touch(form, name, ids)


# -- moving what points at a record ---------------------------------------------------------------------------------------------------
def repoint(act: Act, place: Place, rows: Sequence[int], old: int, new: int, changes: Changes) -> list[int]:
    """Lets these records, of a sub-form these rows, point at `new` where they point at `old`; gives those that did. Rules of their form
    are not asked: it is the same thing that they point at, under another number."""
    moved: list[int] = []
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        move = _move_lines if place.subform is not None else _move_links if place.several else _move
        moved += move(act, place, chunk, old, new, changes)
    return moved


def _move(act: Act, place: Place, rows: Sequence[int], old: int, new: int, changes: Changes) -> list[int]:
    plan = plan_of(act.catalogue, place.form, act.connection.dialect)
    main, column = plan.built.main, plan.built.column(place.field)
    query = sa.select(main.c.id, main.c.version, main.c.deleted_at).where(among(main.c.id, rows), column == old).order_by(main.c.id)
    found = act.connection.execute(query.with_for_update()).all()
    ids, living = [row.id for row in found], [row.id for row in found if row.deleted_at is None]
    if not ids:
        return []
    if _is_read(plan, place):
        _write_one_by_one(act, plan, {each.id: (each, {place.field: new}) for each in read_records(act, place.form, ids)}, changes)
    else:
        act.connection.execute(main.update().where(among(main.c.id, ids)).values({column.name: new, **_stamp(act, main)}))
        _tell(act, place, [(row.id, row.version, {place.field: [str(old), str(new)]}) for row in found], living)
    changes.touch(place.form, place.field, living)
    if living:
        gateway.touch_target(act, changes, plan.form.by_key[place.field], {old, new}, {EVERYTHING})
    return ids


def _move_links(act: Act, place: Place, rows: Sequence[int], old: int, new: int, changes: Changes) -> list[int]:
    plan = plan_of(act.catalogue, place.form, act.connection.dialect)
    found = [each for each in read_records(act, place.form, list(rows), lock=True) if old in each.values[place.field]]
    wanted = {
        each.id: (each, {place.field: list(dict.fromkeys(new if one == old else one for one in each.values[place.field]))}) for each in found
    }
    _write_one_by_one(act, plan, wanted, changes)
    return sorted(wanted)


def _move_lines(act: Act, place: Place, rows: Sequence[int], old: int, new: int, changes: Changes) -> list[int]:
    plan, subform = plan_of(act.catalogue, place.form, act.connection.dialect), str(place.subform)
    table, column, main = plan.built.rows[subform], plan.built.column(place.path), plan.built.main
    query = sa.select(table.c.id, table.c.record).where(among(table.c.id, rows), column == old)
    found = act.connection.execute(query).all()
    ids = {row.id for row in found}
    if not ids:
        return []
    records = read_records(act, place.form, sorted({row.record for row in found}), lock=True)
    after = {each.id: _with_lines(each, place, ids, new) for each in records}
    living = [each.id for each in records if each.deleted_at is None]
    if _is_read(plan, place):
        _write_one_by_one(act, plan, {each.id: (each, {subform: _as_given(plan, subform, after[each.id])}) for each in records}, changes)
    else:
        act.connection.execute(table.update().where(among(table.c.id, sorted(ids))).values({column.name: new}))
        act.connection.execute(main.update().where(among(main.c.id, list(after))).values(_stamp(act, main)))
        json = plan.form.by_key[subform].to_json
        _tell(
            act, place, [(each.id, each.version, {subform: [json(each.values[subform]), json(after[each.id])]}) for each in records], living
        )
    changes.touch(place.form, subform, living)
    return sorted(ids)


def _with_lines(record: Record, place: Place, ids: Container[int], new: int) -> tuple[dict[str, Any], ...]:
    """The rows of a record's sub-form, those with these ids pointing at `new`."""
    subform = str(place.subform)
    pairs = zip(record.row_ids.get(subform, ()), record.values[subform], strict=True)
    return tuple({**row, place.field: new} if number in ids else row for number, row in pairs)


def _is_read(plan: Plan, place: Place) -> bool:
    """Whether something that is kept in the record itself is worked out from the reference."""
    read: set[str] = set()
    for key, each in plan.computed.items():
        of_lines = any(relation.subform == place.subform and place.field in relation.fields for relation in each.uses.relations)
        if each.uses.fields & read or (of_lines if place.subform is not None else place.field in each.uses.fields):
            read.add(key)
    return bool(read)


def _write_one_by_one(act: Act, plan: Plan, wanted: Mapping[int, tuple[Record, dict[str, Any]]], changes: Changes) -> None:
    lookup, every = NoLookup(act.zone), set(plan.writable)
    entries = [prepare(act, plan, given, record, lookup, trusted=every) for record, given in wanted.values()]
    _take_over(changes, gateway.write_entries(act, plan, entries))


def _stamp(act: Act, main: sa.Table) -> dict[str, Any]:
    return {"version": main.c.version + 1, "updated_at": act.micros, "updated_by": act.person.id}


def _tell(act: Act, place: Place, rows: list[tuple[int, int, dict[str, Any]]], living: list[int]) -> None:
    """History of all, one event of the living ones."""
    there = set(living)
    items = [[record, {"changes": change}] for record, _version, change in rows if record in there]
    event = outbox.append(act, "record_updated", place.form, None, {"items": items}, records=living) if items else None
    gateway.insert_history(act, [(record, version + 1, change) for record, version, change in rows], place.form, "update", event)
