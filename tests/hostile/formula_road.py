"""The whole road of a formula, as a process of its own walks it: read, check, store, evaluate, write as SQL for both databases, run on
SQLite.

What goes in may be anything; what comes out is a refusal with places and sentences, “cannot be computed”, or a value that is right: of the
type that was stated, and the same in Python and in the database. Everything else is a fault. Time and memory of each input are measured.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from dataclasses import field as given
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from runtime.errors import FormulaProblems
from runtime.formulas import CannotCompute, Formula, check, evaluate, from_json, to_condition, to_json, to_sql
from runtime.formulas.arithmetic import LARGEST, LONGEST_RESULT
from runtime.formulas.functions.base import SHELF, shown_value
from runtime.formulas.tree import Call, Field, Path, walk
from tests.formulas.world import ITEMS, METADATA, ORDERS, SAMPLES, Row, TableSource, an_order, example, fill, read, scope

KNOWN = {"record", "tags", "colors", *SAMPLES.c.keys(), *ORDERS.c.keys(), *ITEMS.c.keys()}
MOST_CPU = 0.05
MOST_MEMORY = 50 * 1024 * 1024
PYTHON_TYPES = {
    "number": Decimal,
    "money": Decimal,
    "text": str,
    "choice": str,
    "boolean": bool,
    "datetime": datetime,
    "date": date,
    "duration": timedelta,
    "list": tuple,
    "member": int,
    "record": int,
}
POSTGRESQL = postgresql.dialect()
EXPLAINED_BY_SQLITE = ("integer overflow", "string or blob too big")
"""How the statement fails on purpose where a number or text passes what the plan assumes."""


def full() -> Row:
    """A record whose every field is filled to the brim."""
    orders = [
        an_order(20 + number, [{"product": "线" * 200, "quantity": "10000", "amount": "-9999999999999.99", "price": "9999999.99"}] * 3,
                 no="𠮷" * 200, amount="9999999999999.99", price="-9999999999999.99", status="done", discounted=True,
                 paid_on=date(9999, 12, 31) if number % 2 else date(1, 1, 1),
                 sent_at=datetime(2024, 5, 6, 15, 59, 59, 999999, UTC))
        for number in range(8)
    ]  # fmt: skip
    record = example()
    record.values.update(
        id=2, name="é'\\\n%_{}" * 1000, other="x" * 10_000, amount=Decimal("9999999999999.99"), zero=Decimal(0), whole=Decimal(-1000),
        fine=Decimal("-999999999.999999"), spend=Decimal("-9999999999999.99"), budget=Decimal("0.01"), dollars=Decimal("9999999999999.99"),
        day=date(9999, 12, 31), no_day=date(1, 1, 1), seen_at=datetime(9999, 12, 31, 12, tzinfo=UTC),
        tags=("vip", "loyal", "new"), colors=("red", "green", "blue"), agreed=True,
    )  # fmt: skip
    return replace(record, rows={"orders": orders})


@dataclass
class Journey:
    """What became of an input. `end`: refused, cannot or value; `shown` is the value for the first record, as examples write it."""

    typed: str
    end: str = ""
    shown: str = ""
    problems: FormulaProblems | None = None
    formula: Formula | None = None
    values: list[Any] = given(default_factory=list)
    in_sql: list[Any] | None = None
    cpu: float = 0.0
    memory: int = 0


class Road:
    """Tables and records, made once; `walk` is the road, `faults` judges what came of it."""

    def __init__(self) -> None:
        self.scope = scope()
        self.records = [example(), full()]
        self.connection = sa.create_engine("sqlite://").connect()
        METADATA.create_all(self.connection)
        fill(self.connection, self.records)

    def measured(self, typed: str) -> Journey:
        """The best of three, as a slow machine or the collection of other garbage is no fault of the input."""
        journey = self._once(typed)
        for _again in range(2):
            if journey.cpu <= MOST_CPU:
                break
            gc.collect()
            further = self._once(typed)
            journey.cpu, journey.memory = min(journey.cpu, further.cpu), max(journey.memory, further.memory)
        return journey

    def _once(self, typed: str) -> Journey:
        before = _peak(anew=True)
        began = time.process_time()
        journey = self.walk(typed)
        journey.cpu = time.process_time() - began
        if journey.formula is not None and _in_tables(journey.formula):
            journey.cpu += max(_cpu(self._on_sqlite, journey), _cpu(_for_postgresql, journey))  # nobody has both
        journey.memory = _peak() - before
        return journey

    def walk(self, typed: str) -> Journey:
        journey = Journey(typed)
        try:
            journey.formula = found = check(typed, self.scope)
        except FormulaProblems as problems:
            journey.end, journey.problems = "refused", problems
            return journey
        tree = from_json(json.loads(json.dumps(to_json(found.tree))))
        assert tree == found.tree, "the stored tree is another one"
        journey.values = [self._evaluated(found, record) for record in self.records]
        journey.end = "cannot" if isinstance(journey.values[0], CannotCompute) else "value"
        journey.shown = shown_value(journey.values[0]) if journey.end == "value" else str(journey.values[0])
        return journey

    def walk_through(self, typed: str) -> Journey:
        """The road with both its ends in SQL."""
        journey = self.walk(typed)
        if journey.formula is not None and _in_tables(journey.formula):
            self._on_sqlite(journey)
            _for_postgresql(journey)
        return journey

    def _evaluated(self, found: Formula, record: Row) -> Any:
        try:
            return evaluate(found, record)
        except CannotCompute as error:
            return error

    def _on_sqlite(self, journey: Journey) -> None:
        assert journey.formula is not None
        statement = sa.select(to_sql(journey.formula, TableSource("sqlite"))).select_from(SAMPLES)
        journey.in_sql = [self._executed(statement.where(SAMPLES.c.id == record.values["id"])) for record in self.records]

    def _executed(self, statement: Any) -> Any:
        try:
            return self.connection.execute(statement).scalar_one()
        except sa.exc.DBAPIError as error:
            assert any(reason in str(error.orig) for reason in EXPLAINED_BY_SQLITE), f"SQLite says: {error.orig}"
            return CannotCompute

    # -- judging -------------------------------------------------------------------------------------------------------------
    def faults(self, journey: Journey) -> list[str]:
        found = [f"{journey.cpu * 1000:.0f} ms of CPU"] if journey.cpu > MOST_CPU else []
        if journey.memory > MOST_MEMORY:
            found.append(f"{journey.memory >> 20} MB")
        if journey.problems is not None:
            return found + _faults_of_refusal(journey.typed, journey.problems)
        assert journey.formula is not None
        found += self._faults_of_spelling(journey.formula)
        for number, value in enumerate(journey.values):
            found += _faults_of_value(journey.formula, value)
            if journey.in_sql is not None and not _same(journey.formula, value, journey.in_sql[number]):
                found.append(f"Python gives {str(value)[:200]!r}, SQLite {str(journey.in_sql[number])[:200]!r}")
        return found

    def _faults_of_spelling(self, formula: Formula) -> list[str]:
        """What is stored must mean the same when it is read again."""
        try:
            again = check(formula.text, self.scope)
        except FormulaProblems as problems:
            return [f"its stored spelling is refused: {problems} {formula.text[:200]!r}"]
        return [] if (again.text, again.tree) == (formula.text, formula.tree) else ["its stored spelling means something else"]


def _in_tables(formula: Formula) -> bool:
    """Whether a formula can be written as SQL and the few tables of the small world hold what it reads."""
    system = {each.key for each in walk(formula.tree) if isinstance(each, Field | Path) and each.key not in KNOWN}
    return formula.sql and not system and all(each.path[0] == "orders" for each in formula.uses.relations)


def _for_postgresql(journey: Journey) -> None:
    found = journey.formula
    assert found is not None
    written = to_condition if found.type.kind == "boolean" else to_sql
    sa.select(SAMPLES.c.id, written(found, TableSource("postgresql"))).compile(dialect=POSTGRESQL)


def _cpu(work: Callable[[Journey], None], journey: Journey) -> float:
    began = time.process_time()
    work(journey)
    return time.process_time() - began


def _faults_of_refusal(typed: str, refused: FormulaProblems) -> list[str]:
    found = []
    for problem in refused.problems:
        english, chinese = problem.message.in_language("en"), problem.message.in_language("zh")
        if not (0 <= problem.position <= len(typed) and 1 <= problem.length <= max(1, len(typed) - problem.position)):
            found.append(f"the place {problem.position}+{problem.length} lies outside of the text: {english}")
        if not english or english == chinese or not any("一" <= sign <= "鿿" for sign in chinese):
            found.append(f"not in both languages: {english}")
        if len(english) > 4_000:
            found.append(f"a sentence of {len(english)} characters")
    return found


def _faults_of_value(formula: Formula, value: Any) -> list[str]:
    kind = formula.type.kind
    if isinstance(value, CannotCompute):
        return [] if any("一" <= sign <= "鿿" for sign in value.message.in_language("zh")) else [f"not in both languages: {value}"]
    if value is None:
        return ["a condition is blank"] if kind == "boolean" else []
    if not isinstance(value, PYTHON_TYPES.get(kind, type(None))):
        return [f"{kind} was stated, this is a {type(value).__name__}"]
    if isinstance(value, Decimal):
        if not value.is_finite():
            return [f"{value} is no number"]
        if abs(value) > LARGEST:
            return [f"{value:.3e} is larger than any value may be"]
        if value.as_tuple().exponent < -formula.type.scale and value.normalize().as_tuple().exponent < -formula.type.scale:
            return [f"{value} has more than {formula.type.scale} decimals"]
    if isinstance(value, str) and len(value) > LONGEST_RESULT:
        return [f"a text of {len(value)} characters"]
    if kind == "datetime" and value.tzinfo is None:
        return ["a time without a zone"]
    return []


def _same(formula: Formula, value: Any, stored: Any) -> bool:
    if stored is CannotCompute:
        return True  # the statement failed where a number is larger than planned; its rows are then evaluated one by one
    if isinstance(value, CannotCompute):
        return False
    if any(isinstance(each, Call) and SHELF[each.function].group == "effects" for each in walk(formula.tree)):
        return True  # something new each time
    return read(formula.type, stored) == value


# -- memory ---------------------------------------------------------------------------------------------------------------------
def _peak(anew: bool = False) -> int:
    """The most memory this process ever had, in bytes; with `anew` Linux counts from here on."""
    try:
        if anew:
            with open("/proc/self/clear_refs", "w") as switch:
                switch.write("5")
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
