"""What follows from a change: computed fields first, then whatever else is registered (tags by rule, tiers), in a fixed order.

Up to 200 affected records are brought up to date inside the writing transaction. More leave rows in `derived_dirty`, in the same
transaction, and are worked off by sets right after; until then such a record shows “being updated”.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue
from runtime.formulas import Formula
from runtime.formulas.definitions import computed, formula
from runtime.formulas.evaluate import evaluate
from runtime.formulas.to_sql import to_sql_scaled
from runtime.people.person import SYSTEM
from runtime.records.changes import EVERYTHING, Changes
from runtime.records.sources import Rows
from runtime.records.tables import FormTables, tables_of
from runtime.records.values import RecordValues
from runtime.system.database import to_json
from runtime.system.prepared import Prepared, prepared
from runtime.system.sets import among
from runtime.system.tables import derived_dirty
from runtime.system.workspace import Cause

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

AT_ONCE = 200
CHUNK = 5_000
DERIVERS: list[Callable[[Act, Changes], None]] = []


def derive_all(act: Act, changes: Changes) -> None:
    """Brings everything derived from the changes up to date, now or (when many records are affected) by a note for right after."""
    propagate(act, changes)
    postponed = {form: ids for form, names in changes.touched.items() if len(ids := set().union(*names.values())) > AT_ONCE}
    for form, ids in postponed.items():
        if _has_derived(act.catalogue, form):
            leave_note(act, form, ids, changes)
        del changes.touched[form]
    if changes.touched:
        for derive in DERIVERS:
            derive(act, changes)


def leave_note(act: Act, form: str, ids: Iterable[int], changes: Changes) -> None:
    """Rows in `derived_dirty` for these records; one that is there stays as it is."""
    cause = to_json(
        {
            "quiet": not act.fires,
            "event": act.cause.event if act.cause else None,
            "automations": list(act.cause.automations) if act.cause else [],
        }
    )
    statement = prepared(act.catalogue.memo, "dirty", act.connection.dialect, lambda: _upsert_nothing(act.connection.dialect))
    statement.many(
        act.connection,
        [
            {"form": form, "record": record, "what": "all", "source": changes.source, "event": changes.event, "cause": cause}
            for record in sorted(ids)
        ],
    )


def _upsert_nothing(dialect: sa.Dialect) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    insert = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    names = ("form", "record", "what", "source", "event", "cause")
    return insert(derived_dirty).values({name: sa.bindparam(name) for name in names}).on_conflict_do_nothing()


def work_off(workspace: Workspace, stop: Callable[[], bool] = lambda: False) -> int:
    """Works off the notes by sets; gives how many records it brought up to date."""
    done = 0
    while not stop():
        with workspace.engine.connect() as connection:
            waiting = connection.execute(sa.select(derived_dirty.c.form, derived_dirty.c.source, derived_dirty.c.cause).limit(1)).first()
        if waiting is None:
            return done
        done += _work_off_some(workspace, waiting.form, waiting.source, waiting.cause)
    return done


def _work_off_some(workspace: Workspace, form: str, source: str, cause: str | None) -> int:
    told = json.loads(cause) if cause else {}
    chain = Cause(told.get("event"), tuple(told.get("automations", ()))) if told.get("event") else None
    with workspace.writing(SYSTEM, source, chain) as act:
        act.fires = not told.get("quiet", False)
        same = (
            derived_dirty.c.form == form,
            derived_dirty.c.source == source,
            derived_dirty.c.cause == cause if cause is not None else derived_dirty.c.cause.is_(None),
        )
        rows = act.connection.execute(
            sa.select(derived_dirty.c.record, derived_dirty.c.event).where(*same).order_by(derived_dirty.c.record).limit(CHUNK)
        ).all()
        ids = [row.record for row in rows]
        act.connection.execute(derived_dirty.delete().where(*same, among(derived_dirty.c.record, ids)))
        if form in act.catalogue.forms and ids:
            changes = Changes(source, rows[-1].event)
            changes.touch(form, EVERYTHING, ids)
            for derive in DERIVERS:
                derive(act, changes)
    return len(ids)


def is_waiting(act: Act, form: str, record: int) -> bool:
    """Whether a record's derived values are still to be worked off."""
    return (
        act.connection.execute(
            sa.select(derived_dirty.c.record).where(derived_dirty.c.form == form, derived_dirty.c.record == record)
        ).first()
        is not None
    )


# -- who is affected ----------------------------------------------------------------------------------------------------------
@dataclass
class Dependencies:
    """For each form: which names its stored formulas read of its relations, and through which references."""

    relations: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    """form → relation → the fields read of the related rows ("" where only their number counts)."""
    references: dict[str, dict[str, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    """form → its reference field → the fields read of the record it points at."""
    derived: set[str] = field(default_factory=set)


def dependencies(catalogue: Catalogue) -> Dependencies:
    """What the stored formulas (computed fields, tag rules, tier models) of a catalogue depend on outside their own record."""
    if "dependencies" in catalogue.memo:
        return catalogue.memo["dependencies"]
    found = Dependencies()
    for definition in catalogue.all():
        if definition.kind not in ("form", "tag_set", "tier_model", "segment"):
            continue
        for use in definition.formulas(catalogue):
            if use.form is None or use.form not in catalogue.forms or (definition.kind == "form" and not use.path.endswith("/formula")):
                continue
            found.derived.add(use.form)
            uses = formula(catalogue, use.form, use.text, use.names, use.allow, use.subform, use.expect, use.own_rows).uses
            for each in uses.relations:
                _note_relation(catalogue, found, use.form, each.path, set(each.fields))
            for reference, key in uses.paths:
                _note_reference(catalogue, found, use.form, reference, key)
    catalogue.memo["dependencies"] = found
    return found


def _note_relation(catalogue: Catalogue, found: Dependencies, form: str, path: tuple[str, ...], fields: set[str]) -> None:
    if catalogue.forms[form].field(path[0]) is not None:
        return  # rows of its own sub-form change with the record itself
    other, _reference = catalogue.relations_to(form)[path[0]]
    if len(path) == 1:
        found.relations[form][path[0]] |= fields | {""}
    else:
        found.relations[form][path[0]] |= {path[1], "", *fields}
        _note_relation(catalogue, found, other, path[1:], fields)


def _note_reference(catalogue: Catalogue, found: Dependencies, form: str, reference: str, key: str) -> None:
    first, _dot, rest = reference.partition(".")
    target = getattr(catalogue.forms[form].by_key.get(first), "form", None)
    if target is None:
        return
    found.references[form][first].add(rest or key)
    if rest:
        _note_reference(catalogue, found, target, rest, key)


def relation_matters(catalogue: Catalogue, form: str, relation: str, names: set[str]) -> bool:
    """Whether any stored formula of `form` reads one of these names of its related rows."""
    read = dependencies(catalogue).relations.get(form, {}).get(relation)
    return read is not None and bool(read) and (EVERYTHING in names or bool(read & names))


def _has_derived(catalogue: Catalogue, form: str) -> bool:
    return form in dependencies(catalogue).derived


def propagate(act: Act, changes: Changes, passed: set[tuple[str, str]] | None = None) -> None:
    """Adds the records of other forms that read what was touched: through their reference, or through a relation's relation."""
    known = dependencies(act.catalogue)
    waiting = [(form, name) for form, names in changes.touched.items() for name in names]
    done = passed if passed is not None else set()
    while waiting:
        form, name = waiting.pop()
        if (form, name) in done:
            continue
        done.add((form, name))
        for other, references in known.references.items():
            for reference, read in references.items():
                if (
                    getattr(act.catalogue.forms[other].by_key[reference], "form") == form
                    and (name == EVERYTHING or name in read)
                    and (other, reference) not in done
                ):
                    _touch(changes, waiting, other, reference, _pointing(act, other, reference, changes.touched[form][name]))
        if name != EVERYTHING:
            _through_own_references(act, changes, waiting, form, name)


def _through_own_references(act: Act, changes: Changes, waiting: list[tuple[str, str]], form: str, name: str) -> None:
    """A computed name or a relation of these records changed: whoever reads it of them as related rows is affected."""
    field_type = act.catalogue.forms[form].field(name)
    if field_type is not None and field_type.writable and field_type.stores in ("column", "many", "rows"):
        return  # the gateway has touched the targets of what was written itself
    for each in act.catalogue.forms[form].fields:
        many_name = getattr(each, "many_name", None)
        if each.type == "reference" and many_name and relation_matters(act.catalogue, getattr(each, "form"), many_name, {name}):
            main = tables_of(act.catalogue)[form].main
            column = tables_of(act.catalogue)[form].column(each.key)
            targets = act.connection.execute(
                sa.select(column).distinct().where(among(main.c.id, changes.touched[form][name]), column.is_not(None))
            ).scalars()
            _touch(changes, waiting, getattr(each, "form"), many_name, targets)


def _touch(changes: Changes, waiting: list[tuple[str, str]], form: str, name: str, ids: Iterable[int]) -> None:
    found = set(ids)
    if found:
        changes.touch(form, name, found)
        waiting.append((form, name))


def _pointing(act: Act, form: str, reference: str, ids: set[int]) -> Iterable[int]:
    built = tables_of(act.catalogue)[form]
    return act.connection.execute(
        sa.select(built.main.c.id).where(among(built.column(reference), ids), built.main.c.deleted_at.is_(None))
    ).scalars()


# -- computed fields of the side table ------------------------------------------------------------------------------------------
@dataclass
class Level:
    """Computed fields that can be worked out together, since none reads another of them."""

    keys: list[str]
    reads: set[str]
    statement: Prepared | None


def derive_fields(act: Act, changes: Changes) -> None:
    """Works out the computed fields that depend on more than their own record; writes only what differs."""
    passed: set[tuple[str, str]] = {(form, name) for form, names in changes.touched.items() for name in names}
    for form in list(changes.touched):
        built = tables_of(act.catalogue).get(form)
        if built is None or built.calc is None:
            continue
        for level in _levels(act, form, built):
            ids = changes.ids(form, level.reads)
            if not ids:
                continue
            changed = _by_set(act, level, ids) if level.statement is not None else _one_by_one(act, form, built, level, ids)
            for key in level.keys if changed else ():
                changes.touch(form, key, changed)
    propagate(act, changes, passed)


def _levels(act: Act, form: str, built: FormTables) -> list[Level]:
    key = ("levels", form, act.day)
    if key in act.catalogue.memo:
        return act.catalogue.memo[key]
    for old in [each for each in act.catalogue.memo if isinstance(each, tuple) and each[:2] == ("levels", form)]:
        del act.catalogue.memo[old]
    formulas = {name: each for name, each in computed(act.catalogue, built.form).items() if built.places.get(name) == "calc"}
    levels: list[Level] = []
    placed: dict[str, int] = {}
    for name, each in formulas.items():
        depth = 1 + max((placed[read] for read in each.uses.fields if read in placed), default=-1)
        placed[name] = depth
    for depth in range(max(placed.values(), default=-1) + 1):
        for sql in (True, False):
            keys = [name for name, each in formulas.items() if placed[name] == depth and each.sql is sql]
            if keys:
                reads = set().union(*(names_read(formulas[name]) for name in keys))
                levels.append(Level(keys, reads, _upsert(act, form, built, {name: formulas[name] for name in keys}) if sql else None))
    act.catalogue.memo[key] = levels
    return levels


def names_read(wanted: Formula) -> set[str]:
    """The names whose change can change a formula's value: fields, relations, references."""
    return (
        set(wanted.uses.fields)
        | {each.path[0] for each in wanted.uses.relations}
        | {reference.partition(".")[0] for reference, _key in wanted.uses.paths}
    )


def _upsert(act: Act, form: str, built: FormTables, formulas: dict[str, Formula]) -> Prepared:
    """One statement that works the fields out for a set of records, writes those that differ and gives their ids."""
    from sqlalchemy.dialects import postgresql, sqlite

    calc = built.calc
    assert calc is not None
    rows = Rows(act, form)
    columns = [built.columns[key] for key in formulas]
    values = [
        to_sql_scaled(each, rows.source, built.by_path[key].formula_type().scale)
        if each.type.kind in ("number", "money")
        else rows.stored(each)
        for key, each in formulas.items()
    ]
    query = rows.select(rows.id, *[value.label(column.name) for value, column in zip(values, columns, strict=True)]).where(among(rows.id))
    insert = (sqlite.insert if act.connection.dialect.name == "sqlite" else postgresql.insert)(calc).from_select(
        ["record", *[column.name for column in columns]], query
    )
    differs = sa.or_(*[column.is_distinct_from(insert.excluded[column.name]) for column in columns])
    return Prepared(
        insert.on_conflict_do_update(
            index_elements=[calc.c.record], set_={column.name: insert.excluded[column.name] for column in columns}, where=differs
        ).returning(calc.c.record),
        act.connection.dialect,
    )


def _by_set(act: Act, level: Level, ids: set[int]) -> list[int]:
    assert level.statement is not None
    return [row[0] for row in level.statement.all(act.connection, {"ids": sorted(ids), "today": act.day, "now": act.micros})]


def _one_by_one(act: Act, form: str, built: FormTables, level: Level, ids: set[int]) -> list[int]:
    """The same for formulas that SQL cannot express exactly."""
    from runtime.records.entries import _stored as fitted

    calc, formulas = built.calc, computed(act.catalogue, built.form)
    assert calc is not None
    changed = []
    for record in sorted(ids):
        source = RecordValues.of(act, form, record)
        if source is None:
            continue
        new = {}
        for key in level.keys:
            value = fitted(built.by_path[key], evaluate(formulas[key], source))
            new[built.columns[key].name] = None if value is None else built.by_path[key].to_column(value)
        old = act.connection.execute(sa.select(*[built.columns[key] for key in level.keys]).where(calc.c.record == record)).first()
        if old is None:
            act.connection.execute(calc.insert().values(record=record, **new))
        elif tuple(old) != tuple(new.values()):
            act.connection.execute(calc.update().where(calc.c.record == record).values(**new))
        else:
            continue
        changed.append(record)
    return changed


def refresh_day(workspace: Workspace, form: str) -> int:
    """Works out anew, by sets, the computed fields of a form that change with the day; gives how many records were looked at. Only what differs is written."""
    done, last = 0, 0
    while True:
        with workspace.writing(SYSTEM, "schedule") as act:
            if form not in act.catalogue.forms or not day_fields(act.catalogue, form):
                return done
            main = tables_of(act.catalogue)[form].main
            ids = (
                act.connection.execute(
                    sa.select(main.c.id).where(main.c.id > last, main.c.deleted_at.is_(None)).order_by(main.c.id).limit(CHUNK)
                )
                .scalars()
                .all()
            )
            if not ids:
                return done
            changes = Changes(act.source)
            changes.touch(form, EVERYTHING, ids)
            derive_fields(act, changes)
            done, last = done + len(ids), ids[-1]


def day_fields(catalogue: Catalogue, form: str) -> list[str]:
    """The computed fields of a form whose value changes with the day."""
    found: dict[str, Any] = {}
    for key, each in computed(catalogue, catalogue.forms[form]).items():
        if each.uses.day or any(name in found for name in each.uses.fields):
            found[key] = each
    return list(found)
