"""Publishing a form: tables and columns are added, never dropped or rewritten. The only home of Alembic's operations.

A field that goes keeps its column, hidden; when a version with it is restored, its values are there again. A changed type gets a new
column, filled from the old one as far as the values convert; what does not convert is counted in the audit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from runtime.definitions.catalogue import Catalogue, StoredColumn
from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.definitions.model import Definition
from runtime.definitions.renames import Renames, renames
from runtime.formulas.definitions import computed, is_computed, lives_in_calc
from runtime.records import converting, tables
from runtime.records.tables import FormTables, tables_of
from runtime.system import audit
from runtime.system.tables import derived_dirty, stored_column

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def apply_schema(act: Act, before: Catalogue, changed: list[Definition]) -> None:
    """Brings the tables of all forms to what the definitions in force need, in the publishing transaction."""
    operations = operations_on(act.connection)
    if act.connection.dialect.name == "postgresql":
        act.connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
    converted: list[Converted] = []
    stored = known_columns(act.connection)
    for form in act.catalogue.forms.values():
        renamed = renames(before.forms.get(form.key), form)
        _move(act, stored[form.key], renamed)
        converted += _Publishing(act, operations, before).form(form, moved(stored[form.key], renamed), renamed)
    columns = _live_columns(act)
    if columns != act.catalogue.columns:  # where it was prepared they are as foreseen, and what is compiled stays
        act.catalogue = replace(act.catalogue, columns=columns, memo={})
    act.workspace.adopt(act.catalogue)
    for each in converted:
        _convert(act, each)
    _make_indexes(act, operations)
    for form in act.catalogue.forms.values():
        if _computes_differently(form, before, act.catalogue):
            mark_all(act, form.key)


def operations_on(connection: sa.Connection) -> Operations:
    return Operations(MigrationContext.configure(connection))


def mark_all(act: Act, form: str) -> None:
    """Leaves a note that every record's derived values are to be worked out anew."""
    main = tables_of(act.catalogue)[form].main
    act.connection.execute(derived_dirty.delete().where(derived_dirty.c.form == form, derived_dirty.c.what == "all"))
    act.connection.execute(
        derived_dirty.insert().from_select(
            ["form", "record", "what", "source"],
            sa.select(sa.literal(form), main.c.id, sa.literal("all"), sa.literal(act.source)).where(main.c.deleted_at.is_(None)),
        )
    )


def _computes_differently(form: Form, before: Catalogue, now: Catalogue) -> bool:
    if form.key not in before.forms:
        return False
    paths = renames(before.forms[form.key], form)
    key_then = {now_at: was_at for was_at, now_at in paths.items()}
    was = {each.key: getattr(each, "formula") for each in before.forms[form.key].fields if is_computed(each)}
    return any(
        was.get(key_then.get(key, key)) != getattr(form.by_key[key], "formula")
        or before.columns.get((form.key, key_then.get(key, key))) != now.columns.get((form.key, key))
        for key in computed(now, form)
    )


@dataclass(frozen=True)
class Column:
    """A column that was ever made; one that is not live is hidden."""

    id: int
    path: str
    signature: str
    place: str
    live: bool

    @property
    def stored(self) -> StoredColumn:
        return StoredColumn(self.id, self.signature, self.place)


@dataclass(frozen=True)
class Converted:
    """A field whose values go from one column to another: `path` is that of the new one."""

    form: Form
    path: str
    old: FieldType
    source: int
    target: int


def known_columns(connection: sa.Connection) -> dict[str, list[Column]]:
    """By form every column that was ever made, also those that are hidden."""
    found: dict[str, list[Column]] = defaultdict(list)
    for row in connection.execute(sa.select(stored_column).order_by(stored_column.c.id)):
        found[row.form].append(Column(row.id, row.path, row.signature, row.place, bool(row.live)))
    return found


def moved(columns: list[Column], renamed: Renames) -> list[Column]:
    """The columns as they are called once fields have other keys. What is hidden stays under the key that it had; a live column whose key
    another field takes over is hidden."""
    if not renamed:
        return columns
    targets = set(renamed.values())
    found = []
    for each in columns:
        path = path_now(each.path, renamed)
        taken = path == each.path and not targets.isdisjoint((path, path.partition(".")[0]))
        found.append(each if not each.live else replace(each, live=False) if taken else replace(each, path=path))
    return found


def path_now(path: str, renamed: Renames) -> str:
    """`items.price` as `lines.cost`, or as `lines.price` where only the sub-form has another key."""
    head, dot, tail = path.partition(".")
    return renamed.get(path) or (f"{renamed[head]}.{tail}" if dot and head in renamed else path)


def _move(act: Act, columns: list[Column], renamed: Renames) -> None:
    for was, now in zip(columns, moved(columns, renamed), strict=True):
        if was != now:
            act.connection.execute(stored_column.update().where(stored_column.c.id == was.id).values(path=now.path, live=int(now.live)))


def _live_columns(act: Act) -> dict[tuple[str, str], StoredColumn]:
    return {
        (row.form, row.path): StoredColumn(row.id, row.signature, row.place)
        for row in act.connection.execute(sa.select(stored_column).where(stored_column.c.live == 1).order_by(stored_column.c.id))
    }


class _Publishing:
    """The columns of one form."""

    def __init__(self, act: Act, operations: Operations, before: Catalogue):
        self.act, self.operations, self.before = act, operations, before

    def form(self, form: Form, rows: list[Column], renamed: Renames) -> list[Converted]:
        stored = by_meaning(rows)
        live = {row.path: row for row in stored.values() if row.live}
        path_then = {now: was for was, now in renamed.items()}
        converted: list[Converted] = []
        for path, signature, place, field in wanted_columns(form, self.act.catalogue):
            present = live.pop(path, None)
            if present is not None and (present.signature, present.place) == (signature, place):
                continue
            kept = stored.get((path, signature, place))
            if kept is not None:
                self._live(kept.id, 1)
            number = kept.id if kept is not None else self._add(form, path, signature, place, field)
            if present is not None:
                self._live(present.id, 0)
                old = field_at(self.before.forms.get(form.key), path_then.get(path, path))
                if old is not None and is_converted(old, field, present.place, place):
                    converted.append(Converted(form, path, old, present.id, number))
        for gone in live.values():
            self._live(gone.id, 0)
        return converted

    def _live(self, number: int, live: int) -> None:
        self.act.connection.execute(stored_column.update().where(stored_column.c.id == number).values(live=live))

    def _add(self, form: Form, path: str, signature: str, place: str, field: FieldType | None) -> int:
        number = self.act.take_ids("stored_column")
        self.act.connection.execute(
            stored_column.insert().values(id=number, form=form.key, path=path, signature=signature, place=place, live=1)
        )
        if place == "form":
            self._create_form(f"r_{number}")
        elif place == "rows":
            self._create(f"r_{number}", tables.row_columns())
            self.operations.create_index(f"ix_r_{number}_record", f"r_{number}", ["record", "position"])
        elif place == "many":
            self._once(f"{self._table(form, '')}_many", lambda name: tables.many_table(name.removesuffix("_many"), sa.MetaData()))
        elif place == "links":
            self._once(f"{self._table(form, '')}_links", lambda name: tables.links_table(name.removesuffix("_links"), sa.MetaData()))
        elif place == "calc":
            table = f"{self._table(form, '')}_calc"
            self._once(table, lambda name: tables.calc_table(name.removesuffix("_calc"), sa.MetaData(), []))
            self._column(table, number, field)
        else:
            self._column(self._table(form, path.rpartition(".")[0]), number, field)
        return number

    def _column(self, table: str, number: int, field: FieldType | None) -> None:
        assert field is not None
        add_column(self.operations, table, number, field)

    def _table(self, form: Form, path: str) -> str:
        number = self.act.connection.execute(
            sa.select(stored_column.c.id).where(
                stored_column.c.form == form.key,
                stored_column.c.path == path,
                stored_column.c.place.in_(("form", "rows")),
                stored_column.c.live == 1,
            )
        ).scalar()
        return f"r_{number}"

    def _once(self, name: str, table: Any) -> None:
        if not sa.inspect(self.act.connection).has_table(name):
            table(name).create(self.act.connection)

    def _create(self, name: str, columns: list[sa.Column[Any]]) -> None:
        table = sa.Table(name, sa.MetaData(), *[column._copy() for column in columns])
        table.create(self.act.connection)

    def _create_form(self, name: str) -> None:
        self._create(name, tables.system_columns())
        if self.act.connection.dialect.name == "sqlite":
            self.operations.execute(f"CREATE VIRTUAL TABLE {name}_search USING fts5(grams, content='', detail=none)")
        else:
            self.operations.execute(f"CREATE TABLE {name}_search (record BIGINT PRIMARY KEY, grams TEXT[] NOT NULL)")
            self.operations.execute(f"CREATE INDEX ix_{name}_search ON {name}_search USING gin (grams)")


def add_column(operations: Operations, table: str, number: int, field: FieldType) -> None:
    """Never with a default: the table is not rewritten, and its records are not read."""
    operations.add_column(table, sa.Column(f"f_{number}", field.column_type(), nullable=True))


def wanted_columns(form: Form, catalogue: Catalogue) -> Iterator[tuple[str, str, str, FieldType | None]]:
    """(path, signature, place, field) of everything a form keeps."""
    yield "", "form", "form", None
    for field in form.fields:
        if field.stores in ("assigned", "rated", "nothing"):
            continue
        several = "many" if isinstance(field.column_type(), sa.Text) else "links"
        place = {"column": "main", "many": several, "rows": "rows"}.get(field.stores)
        if place is None:
            place = "calc" if lives_in_calc(catalogue, form, field.key) else "main"
        yield field.key, field.signature(), place, field
        for line in field.lines().values():
            yield f"{field.key}.{line.key}", line.signature(), "row", line


def by_meaning(columns: list[Column]) -> dict[tuple[str, str, str], Column]:
    """By path, signature and place; of several the live one, else the newest."""
    return {(each.path, each.signature, each.place): each for each in sorted(columns, key=lambda each: (each.live, each.id))}


def is_converted(old: FieldType, new: FieldType | None, place: str, new_place: str) -> bool:
    """Whether values are taken over into a field's new column; those of other places begin anew, and so do lists of another type."""
    if new is None or not (old.writable and new.writable and place == new_place):
        return False
    return place in ("main", "row") or (place == "many" and old.type == new.type)


def field_at(form: Form | None, path: str) -> FieldType | None:
    if form is None:
        return None
    head, _dot, tail = path.partition(".")
    field = form.field(head)
    return field if not tail or field is None else field.lines().get(tail)


def _convert(act: Act, converted: Converted) -> None:
    """Fills the new column of a changed type from the old one, as far as that was not done before (records/converting.py)."""
    numbers = tables_of(act.catalogue)[converted.form.key].numbers
    head, dot, _tail = converted.path.partition(".")
    work = converting.work_of(act.catalogue, numbers[""], numbers[head] if dot else None, converted)
    done, lost, samples = converting.finish(act, work)
    audit.note(
        act,
        "convert",
        f"form:{converted.form.key}/{converted.path}",
        **{"from": work.old.type, "to": work.new.type},
        converted=done,
        not_converted=lost,
        **({"samples": samples} if samples else {}),
    )


def _make_indexes(act: Act, operations: Operations) -> None:
    """An index for every reference, one for every unique field, one for every aggregate that a published formula uses, and one for every date
    by which the clock looks for records."""
    known = _known_indexes(act.connection)
    for form in act.catalogue.forms.values():
        built = tables_of(act.catalogue)[form.key]
        there = known[built.main.name]
        wanted_here = list(wanted_indexes(act.catalogue, form, built))
        for name, columns, unique in wanted_here:
            if name in there:
                continue
            condition = sa.text("deleted_at IS NULL") if unique else None
            operations.create_index(name, built.main.name, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
            there.add(name)
        for name in there:
            if name and name.startswith("uq_f_") and name not in {wanted for wanted, _columns, unique in wanted_here if unique}:
                operations.drop_index(name, built.main.name)


INDEXES = {
    "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = current_schema()",
}


def _known_indexes(connection: sa.Connection) -> dict[str, set[str]]:
    """The names of the indexes of every table, by one question."""
    found: dict[str, set[str]] = defaultdict(set)
    for table, name in connection.exec_driver_sql(INDEXES[connection.dialect.name]):
        found[table].add(name)
    return found


def wanted_indexes(catalogue: Catalogue, form: Form, built: FormTables) -> Iterator[tuple[str, list[str], bool]]:
    for field in form.fields:
        if field.distinct and built.places.get(field.key) == "main":
            yield f"uq_f_{built.numbers[field.key]}", [built.column(field.key).name], True
        if field.type == "reference" and field.key in built.columns:
            aggregates = _aggregated_columns(catalogue, form, field, built)
            yield (
                f"ix_f_{built.numbers[field.key]}_" + "_".join(name.removeprefix("f_") for name in aggregates),
                [built.column(field.key).name, *aggregates],
                False,
            )
    for key in sorted({key for each in catalogue.automations.values() for owner, key in each.trigger.in_order() if owner == form.key}):
        if key in built.main.c:
            yield f"ix_{built.main.name}_{key}", [key, "id"], False
        elif built.places.get(key) == "main":
            yield f"ix_f_{built.numbers[key]}_due", [built.column(key).name, "id"], False


def _aggregated_columns(catalogue: Catalogue, form: Form, reference: FieldType, built: FormTables) -> list[str]:
    """The columns that formulas of the referenced form read of the related rows: with them in the index the rows themselves are never touched."""
    target, name = getattr(reference, "form"), getattr(reference, "many_name", None)
    wanted: set[str] = set()
    for use in relation_uses(catalogue, target):
        if use.path[0] == name and len(use.path) == 1:
            wanted |= {key for key in use.fields if built.places.get(key) == "main"}
    order = {key: number for number, key in enumerate(form.by_key)}
    dates_first = sorted(wanted, key=lambda key: (built.by_path[key].formula_type().kind != "date", order[key]))
    return [built.column(key).name for key in dates_first[:6]] + (["deleted_at"] if wanted else [])


def relation_uses(catalogue: Catalogue, form: str) -> list[Any]:
    """Every use of a relation by a stored formula about this form's records: computed fields, tag rules, tier models, segments."""
    from runtime.formulas.definitions import of_use

    memo = catalogue.memo.setdefault("relation_uses", {})
    if form not in memo:
        found: list[Any] = []
        for definition in catalogue.all():
            for use in definition.formulas(catalogue):
                if use.form == form and use.subform is None and definition.kind in ("form", "tag_set", "tier_model", "segment"):
                    found += of_use(catalogue, use).uses.relations
        memo[form] = found
    return memo[form]
