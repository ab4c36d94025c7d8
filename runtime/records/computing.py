"""Computed fields of the side table, worked out for sets of records; only what differs is written.

By one statement where SQL can express them, else by closures over streamed rows, else record by record.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.errors import TierloomError
from runtime.formulas import CannotCompute, Formula, evaluate
from runtime.formulas.closures import NotStreamed
from runtime.formulas.sql_pieces import SQL_LIMIT
from runtime.formulas.to_sql import NotAsSql, to_sql_scaled
from runtime.formulas.types import NUMERIC
from runtime.records.changes import Changes
from runtime.records.fitting import stored as fitted
from runtime.records.rows import read_records
from runtime.records.sources import Rows
from runtime.records.streaming import Streamed, attempted, attempted_statement, may_pass_limits, share_rows, without_jit
from runtime.records.tables import FormTables
from runtime.records.values import RecordValues
from runtime.system.prepared import Prepared
from runtime.system.sets import among
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

log = logging.getLogger("tierloom.formulas")
SYSTEM = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")


@dataclass
class Computing:
    """Computed fields of a form, none of which reads another of them, as a step of records/derived.py."""

    built: FormTables
    formulas: dict[str, Formula]
    heeded: Collection[str] = ()
    """Those of the fields that something else reads; nobody needs to be told of the others."""
    _kept: tuple[int, Fields] | None = None

    def __call__(self, act: Act, changes: Changes, ids: set[int]) -> None:
        """Works the fields out for these records and touches those that changed."""
        kept = self._kept
        if kept is None or kept[0] != act.day:  # windows of days are written into statements
            kept = self._kept = act.day, Fields(self.built, self.formulas, self.heeded)
        kept[1].settle(act, changes, ids)


@dataclass
class Fields:
    """Computed fields of one form on one day, with the statements made for them."""

    built: FormTables
    formulas: dict[str, Formula]
    heeded: Collection[str]
    _ways: dict[Any, Any] = field(default_factory=dict)
    _by_sql: dict[str, Formula] = field(init=False)
    """Those that SQL can work out, as far as is known; those whose numbers have passed its limits today are taken out."""

    def __post_init__(self) -> None:
        self._by_sql = {key: each for key, each in self.formulas.items() if each.sql}
        self._guarded = any(map(may_pass_limits, self._by_sql.values()))
        self._statements: list[Prepared | bool | None] = [None, None]  # of many records and of one; False: SQL cannot tell after all

    def settle(self, act: Act, changes: Changes, ids: set[int]) -> None:
        by_sql = self._by_sql
        done = self._by_set(act, changes, ids, by_sql) if by_sql else False
        if done and len(by_sql) == len(self.formulas):
            return
        rest = {key: each for key, each in self.formulas.items() if not done or key not in by_sql}
        self._by_rows(act, changes, ids, rest)

    @property
    def form(self) -> str:
        return self.built.form.key

    def _touch(self, changes: Changes, keys: Collection[str], changed: Collection[int]) -> None:
        if changed:
            for key in self.heeded:
                if key in keys:
                    changes.touch(self.form, key, changed)

    # -- by one statement ----------------------------------------------------------------------------------------------------
    def _by_set(self, act: Act, changes: Changes, ids: set[int], formulas: dict[str, Formula]) -> bool:
        """False where SQL cannot work them out: then nothing is written."""
        one = len(ids) == 1
        if self._statements[one] is None:
            self._statements[one] = self._upsert(act, formulas, one) or False
        statement = self._statements[one]
        if not isinstance(statement, Prepared):
            return False
        given: dict[str, Any] = {"today": act.day, "now": act.micros}
        if one:
            (given["id"],) = ids
        else:
            given["ids"] = sorted(ids)
            without_jit(act)
        cursor = attempted_statement(act, self._guarded, statement, given)
        if cursor is None:
            self._by_sql = {key: each for key, each in formulas.items() if not may_pass_limits(each)}
            self._statements = [None, None]
            return False
        if self.heeded:
            self._touch(changes, formulas, (ids if cursor.rowcount else ()) if one else [row[0] for row in cursor.fetchall()])
        return True

    def _upsert(self, act: Act, formulas: dict[str, Formula], one: bool) -> Prepared | None:
        """One statement that works the fields out for a set of records and writes those that differ; it gives their ids where somebody needs
        to be told, of `one` record only whether it wrote."""
        rows, calc = Rows(act, self.form, of="id" if one else "ids", together=share_rows(formulas.values())), self._calc
        columns = [self.built.columns[key] for key in formulas]
        try:
            values = [self._stored(rows, key, each) for key, each in formulas.items()]
        except NotAsSql:
            return None
        query = rows.select(rows.id, *[value.label(column.name) for value, column in zip(values, columns, strict=True)])
        insert = _insert(act)(calc).from_select(["record", *[column.name for column in columns]], query.where(rows.asked(rows.id)))
        differs = sa.or_(*[column.is_distinct_from(insert.excluded[column.name]) for column in columns])
        upsert = insert.on_conflict_do_update(
            index_elements=[calc.c.record], set_={column.name: insert.excluded[column.name] for column in columns}, where=differs
        )
        return Prepared(upsert if one or not self.heeded else upsert.returning(calc.c.record), act.connection.dialect)

    def _stored(self, rows: Rows, key: str, wanted: Formula) -> Any:
        if wanted.type.kind in NUMERIC:
            return to_sql_scaled(wanted, rows.source, self._scale(key))
        return rows.stored(wanted)

    def _scale(self, key: str) -> int:
        return self.built.by_path[key].formula_type().scale

    @property
    def _calc(self) -> sa.Table:
        assert self.built.calc is not None
        return self.built.calc

    # -- row by row ----------------------------------------------------------------------------------------------------------
    def _by_rows(self, act: Act, changes: Changes, ids: set[int], formulas: dict[str, Formula]) -> None:
        names = [self.built.columns[key].name for key in formulas]
        different = self._different(act, changes, ids, formulas)
        if different:
            if ("write", *names) not in self._ways:
                self._ways["write", *names] = Writing(act, self._calc, names)
            self._ways["write", *names].write(act, different)
            self._touch(changes, formulas, [each[0] for each in different])

    def _different(self, act: Act, changes: Changes, ids: set[int], formulas: dict[str, Formula]) -> list[tuple[Any, ...]]:
        """(record, what is to be stored) of each living record for which something else is stored."""
        for exact in (False, True):
            name = "rows", exact, *formulas
            if name not in self._ways:
                self._ways[name] = self._streamed(act, formulas, exact)
            streamed = self._ways[name]
            if streamed is None:
                break
            if not exact and any(each.sql and key not in self._by_sql for key, each in formulas.items()):
                continue  # its numbers have passed the limits of the database today
            guarded = any(map(may_pass_limits, formulas.values()))
            found = attempted(act, guarded and not exact, lambda streamed=streamed: streamed.rows(act, ids))
            if found is not None:
                return self._computed(act, changes, streamed, found, formulas)
        return self._one_by_one(act, changes, ids, formulas)

    def _streamed(self, act: Act, formulas: dict[str, Formula], exact: bool) -> Streamed | None:
        scales = {key: self._scale(key) for key, each in formulas.items() if each.type.kind in NUMERIC}
        beside = ["record", *(self.built.columns[key].name for key in formulas)]
        try:
            return Streamed(act, self.form, formulas, scales, exact=exact, beside=beside, table=self._calc)
        except (NotStreamed, NotAsSql):
            return None

    def _computed(
        self, act: Act, changes: Changes, streamed: Streamed, found: list[tuple[Any, ...]], formulas: dict[str, Formula]
    ) -> list[tuple[Any, ...]]:
        functions = streamed.functions(act)
        keeps = [self._keeper(changes, key, functions[key], each.type.kind) for key, each in formulas.items()]
        if len(keeps) == 1:
            keep = keeps[0]
            return [(row[0], new) for row in found if (new := keep(*row)) != row[2] or row[1] is None]
        last, different = 2 + len(keeps), []
        for row in found:
            new = (row[0], *[keep(*row) for keep in keeps])
            if new != row[1:last]:
                different.append(new)
        return different

    def _keeper(self, changes: Changes, key: str, function: Callable[..., Any], kind: str) -> Callable[..., Any]:
        """From a row to what the column of a field is to hold."""
        number = kind in NUMERIC

        def keep(*row: Any) -> Any:
            try:
                value = function(*row)
            except CannotCompute as error:
                return self._refused(changes, key, error)
            if value is None or (number and -SQL_LIMIT < value < SQL_LIMIT):
                return value
            return self._fitting(changes, key, kind, value)

        return keep

    def _fitting(self, changes: Changes, key: str, kind: str, value: Any) -> Any:
        if kind == "boolean":
            return int(value)
        if kind not in NUMERIC or -SQL_LIMIT < value < SQL_LIMIT:
            return value
        return self._refused(changes, key, CannotCompute(_("The result is too large to be stored.")))

    def _refused(self, changes: Changes, key: str, error: TierloomError) -> None:
        """Refuses the write behind it; what is worked off later, with nobody to be told, becomes blank."""
        label = self.built.form.by_key[key].label
        message = _("“{field}” cannot be worked out: {reason}", field=label, reason=error.message)
        if not changes.late:
            raise CannotCompute(message)
        log.warning("%s.%s: %s", self.form, key, error.message)

    # -- record by record ----------------------------------------------------------------------------------------------------
    def _one_by_one(self, act: Act, changes: Changes, ids: set[int], formulas: dict[str, Formula]) -> list[tuple[Any, ...]]:
        """The same for formulas that need the record itself."""
        calc, columns = self._calc, [self.built.columns[key] for key in formulas]
        query = sa.select(calc.c.record, *columns).where(among(calc.c.record, ids))
        stored = {row[0]: tuple(row) for row in act.connection.execute(query)}
        different = []
        for found in read_records(act, self.form, sorted(ids)):
            if found.deleted_at is None:
                source = RecordValues(act, found.form, found.values, found.id, {name: getattr(found, name) for name in SYSTEM})
                row = (found.id, *[self._evaluated(changes, key, each, source) for key, each in formulas.items()])
                if row != stored.get(found.id):
                    different.append(row)
        return different

    def _evaluated(self, changes: Changes, key: str, wanted: Formula, source: RecordValues) -> Any:
        field_type = self.built.by_path[key]
        try:
            value = fitted(field_type, evaluate(wanted, source))
        except CannotCompute as error:
            return self._refused(changes, key, error)
        return None if value is None else self._fitting(changes, key, wanted.type.kind, field_type.to_column(value))


def _insert(act: Act) -> Any:
    return sqlite.insert if act.connection.dialect.name == "sqlite" else postgresql.insert


class Writing:
    """Writes rows of some columns of a side table, many at once."""

    def __init__(self, act: Act, calc: sa.Table, names: list[str]):
        self.names, columns = names, [calc.c.record, *[calc.c[name] for name in names]]
        self.arrays = act.connection.dialect.name == "postgresql"
        if self.arrays:
            given = [sa.func.unnest(sa.bindparam(each.name, type_=postgresql.ARRAY(each.type))) for each in columns]
            insert = postgresql.insert(calc).from_select([each.name for each in columns], sa.select(*given))
        else:
            insert = sqlite.insert(calc).values({each.name: sa.bindparam(each.name) for each in columns})
        replaced = {name: insert.excluded[name] for name in names}
        self.statement = Prepared(insert.on_conflict_do_update(index_elements=[calc.c.record], set_=replaced), act.connection.dialect)

    def write(self, act: Act, rows: list[tuple[Any, ...]]) -> None:
        """Each row begins with its record."""
        names = ("record", *self.names)
        if self.arrays:
            self.statement.run(act.connection, dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
        else:
            self.statement.many(act.connection, [dict(zip(names, row, strict=True)) for row in rows])
