"""Formulas worked out row by row in Python, for many records at once: what SQL cannot express, or cannot express for these records.

One statement brings the columns and aggregates of a chunk, one more each aggregate that is gathered from its rows; the formulas are
closures over them (formulas/closures.py).
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.formulas import Formula, Uses, tree
from runtime.formulas.bounds import plan
from runtime.formulas.closures import Closures, NotStreamed
from runtime.formulas.gathering import Gathered
from runtime.formulas.to_sql import NotAsSql, to_sql
from runtime.records.sources import RelatedRows, Rows
from runtime.records.values import RecordValues
from runtime.system import clock
from runtime.system.prepared import Prepared
from runtime.system.sets import among

if TYPE_CHECKING:
    from runtime.system.workspace import Act

EXACT_FUNCTIONS = ("COUNT", "DISTINCT", "MIN", "MAX", "FIRST", "LAST")
"""Aggregates whose result never passes the limits of the database."""
NUMERIC_VALUE_OUT_OF_RANGE = "22003"
"""PostgreSQL's word for it; its driver is not installed where SQLite is used."""


class Moment(RecordValues):
    """What a run is told beside the rows: the day, the zone, who asks."""

    def __init__(self, act: Act, form: str, day: int | None = None):
        super().__init__(act, act.catalogue.forms[form], {})
        self.day = act.day if day is None else day
        self.as_of = self.day != act.day

    @property
    def today(self) -> date:
        found = clock.from_day(self.day)
        assert found is not None
        return found


class Streamed:
    """Formulas of a form as of a day. `exact`: sums are made of their rows here, since they pass what the database can hold."""

    def __init__(
        self, act: Act, form: str, formulas: Mapping[str, Formula], scales: Mapping[str, int] | None = None, day: int | None = None,
        exact: bool = False, beside: Sequence[str] = (), table: sa.Table | None = None,
    ):  # fmt: skip
        """`beside`: columns of a `table` by record that each row brings too. Raises NotStreamed or NotAsSql where only evaluation can help."""
        self.form, self.day, self.width = form, day, 1 + len(beside)
        self.closures = Closures({key: each.tree for key, each in formulas.items()}, scales, before=self.width)
        rows = Rows(act, form, None if day is None or day == act.day else clock.from_day(day), together=share_rows(formulas.values()))
        self.gathered: dict[int, tuple[Gathered, Prepared]] = {}
        columns: list[Any] = []
        for number, node in enumerate(self.closures.inputs):
            if isinstance(node, tree.Aggregate) and (plan(node) is None or (exact and node.function not in EXACT_FUNCTIONS)):
                self.gathered[number] = self._gathered(act, node, rows)
            columns.append(sa.null() if number in self.gathered else column(node, rows))
        more: list[Any] = []
        if table is not None:
            stored = table.alias()
            on = stored.c.record == rows.id
            if act.connection.dialect.name == "postgresql":
                on = sa.and_(on, among(stored.c.record))  # else it reads the whole table for every chunk
            rows.source.joined["stored"] = stored, on
            more = [stored.c[name] for name in beside]
        query = rows.select(rows.id, *more, *columns).where(among(rows.id))
        self.statement = Prepared(query, act.connection.dialect)

    def _gathered(self, act: Act, node: tree.Aggregate, rows: Rows) -> tuple[Gathered, Prepared]:
        gathered, own = Gathered(node), Rows(act, self.form, rows.today if rows.other_day else None)
        related = own.source.related(node.relation)
        assert isinstance(related, RelatedRows)
        return gathered, Prepared(related.beside(gathered.inputs).where(among(own.id)), act.connection.dialect)

    def rows(self, act: Act, ids: Iterable[int]) -> list[tuple[Any, ...]]:
        """For each living one of the records its id, what stands beside it, and the inputs: as the functions take them."""
        given = {"ids": sorted(ids), "today": act.day if self.day is None else self.day, "now": act.micros}
        without_jit(act)
        found = self.statement.all(act.connection, given)
        if not self.gathered:
            return found
        values = {number: self._values(act, number, given) for number in self.gathered}
        rows = []
        for row in found:
            whole = list(row)
            for number, of in values.items():
                whole[self.width + number] = of(row[0])
            rows.append(tuple(whole))
        return rows

    def _values(self, act: Act, number: int, given: dict[str, Any]) -> Callable[[int], Any]:
        gathered, statement = self.gathered[number]
        found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
        for row in statement.all(act.connection, given):
            found[row[0]].append(row[1:])
        over = gathered.bound(Moment(act, self.form, self.day))
        return lambda record: over(found.get(record, ()))

    def functions(self, act: Act) -> dict[str, Callable[..., Any]]:
        return self.closures.bound(Moment(act, self.form, self.day))


def without_jit(act: Act) -> None:
    """Keeps PostgreSQL from compiling the statements of this transaction: for a few thousand records that takes longer than it saves."""
    if act.connection.dialect.name == "postgresql":
        act.connection.connection.cursor().execute("SET LOCAL jit = off")


def over_everything(act: Act) -> None:
    """The same for a transaction that works something out for all records of a form: there PostgreSQL should rather walk along the index that
    holds an aggregate's rows by record than put a whole table into a hash that its memory does not hold, which takes several times as long."""
    if act.connection.dialect.name == "postgresql":
        act.connection.connection.cursor().execute("SET LOCAL jit = off; SET LOCAL random_page_cost = 1.5")


def room_to_join(act: Act) -> None:
    """Lets the statements that follow in this transaction sort and join what is worked out of everybody without going to the disk: 64 MB hold
    a million records. With it the statement before would prefer the hash after all, whose rows take more."""
    if act.connection.dialect.name == "postgresql":
        more = "SELECT set_config('work_mem', '64MB', true) WHERE pg_size_bytes(current_setting('work_mem')) < pg_size_bytes('64MB')"
        act.connection.connection.cursor().execute(more)


def share_rows(formulas: Iterable[Formula]) -> bool:
    """Whether several aggregates go over the same rows."""
    paths = [each.relation for wanted in formulas for each in tree.walk(wanted.tree) if isinstance(each, tree.Aggregate)]
    return len(set(paths)) < len(paths)


def column(node: tree.Node, rows: Rows) -> Any:
    """A part of a formula as a column of its own."""
    return to_sql(Formula("", node, node.type, Uses()), rows.source)


def passes_limits(error: Exception) -> bool:
    """Whether a statement failed because a number in it became too large for the database."""
    if isinstance(error, sqlite3.OperationalError):
        return "integer overflow" in str(error)
    return getattr(error, "sqlstate", None) == NUMERIC_VALUE_OUT_OF_RANGE


def may_pass_limits(wanted: Formula) -> bool:
    """Whether a formula's statement counts on sums or numbers staying below a limit: it fails where one does not."""
    return (wanted.plan is not None and wanted.plan.limit_fields) or any(
        (isinstance(each, tree.Aggregate) and each.function not in EXACT_FUNCTIONS)
        or (isinstance(each, tree.Operation) and each.operator == "/")
        or (isinstance(each, tree.Operation | tree.Call) and each.type.kind in ("date", "datetime"))
        or (isinstance(each, tree.Call) and any(argument.type.kind == "datetime" for argument in each.arguments))
        for each in tree.walk(wanted.tree)
    )


def attempted(act: Act, guarded: bool, work: Callable[[], Any]) -> Any:
    """What `work` gives; None where a number passes the limits of the database, and nothing of it is left then.

    On PostgreSQL a failed statement ends the transaction, so one that may fail (`guarded`) is done behind a savepoint.
    """
    if guarded and act.connection.dialect.name == "postgresql":
        return _behind_savepoint(act, work)
    try:
        return work()
    except sqlite3.OperationalError as error:
        if not passes_limits(error):
            raise
        return None


def attempted_statement(act: Act, guarded: bool, statement: Prepared, given: Mapping[str, Any]) -> Any:
    """The same for a single statement; gives its cursor."""
    if guarded and act.connection.dialect.name == "postgresql":
        return _behind_savepoint(act, lambda: statement.run(act.connection, given))
    try:
        return statement.run(act.connection, given)
    except sqlite3.OperationalError as error:
        if not passes_limits(error):
            raise
        return None


def _behind_savepoint(act: Act, work: Callable[[], Any]) -> Any:
    cursor = act.connection.connection.cursor()
    cursor.execute("SAVEPOINT attempt")
    try:
        found = work()
    except act.connection.dialect.loaded_dbapi.Error as error:
        if not passes_limits(error):
            raise
        cursor.execute("ROLLBACK TO SAVEPOINT attempt")
        return None
    cursor.execute("RELEASE SAVEPOINT attempt")
    return found


def by_rows(
    act: Act, name: Any, form: str, formulas: Mapping[str, Formula], ids: Iterable[int], day: int | None = None, exact: bool = False
) -> list[tuple[int, dict[str, Any]]] | None:
    """(record, stored values) of the living ones of the records, under the formulas' keys; None where only evaluation can help.

    What is made for it is kept under `name` for the day. Raises CannotCompute.
    """
    memo, key = act.catalogue.memo, ("by rows", name, exact)
    as_of = (act.day, act.day if day is None else day)
    kept = memo.get(key)
    if kept is None or kept[0] != as_of:
        kept = memo[key] = (as_of, _made(act, form, formulas, day, exact))
    streamed = kept[1]
    if streamed is None:
        return None
    wanted = list(ids)
    found = attempted(act, not exact and any(map(may_pass_limits, formulas.values())), lambda: streamed.rows(act, wanted))
    if found is None:
        return None if exact else by_rows(act, name, form, formulas, wanted, day, exact=True)
    functions = streamed.functions(act)
    return [(row[0], {key: function(*row) for key, function in functions.items()}) for row in found]


def _made(act: Act, form: str, formulas: Mapping[str, Formula], day: int | None, exact: bool) -> Streamed | None:
    try:
        return Streamed(act, form, formulas, day=day, exact=exact)
    except (NotStreamed, NotAsSql):
        return None
