"""Formulas: by sets, streamed, for a single record, and reading a formula; each against the same work written by hand."""

from __future__ import annotations

import ast
import operator
import random
import time
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from unittest import mock

import sqlalchemy as sa
from simpleeval import SimpleEval

from runtime.definitions import versions
from runtime.formulas import Scope, check, evaluate, tree
from runtime.formulas.closures import Closures
from runtime.formulas.definitions import computed
from runtime.people.person import SYSTEM
from runtime.records.changes import Changes
from runtime.records.computing import Fields
from runtime.records.sources import Rows
from runtime.records.streaming import Moment
from runtime.records.tables import FormTables, tables_of
from runtime.system.prepared import Prepared
from runtime.system.workspace import Act, Workspace
from tests import makers
from tests.bench.databases import settle_down, workspace_on
from tests.bench.measuring import Result, in_turn

BY_SET, STREAMED, LAMBDA, SINGLE, READING = 1.15, 1.5, 1.5, 5.0, 15.0
CHUNK = 5_000
SCORE = "ROUND(r * 0.3 + f * 0.25 + m * 0.25 + e * 0.1 + g * 0.1, 2)"
GRADE = "IF(r >= 80, 'A', IF(r >= 60, 'B', IF(r >= 40, 'C', 'D')))"
LETTERS = "rfmeg"
CUSTOMER = makers.form_json(
    makers.text("code"),
    *[makers.number(letter, decimals=2, min=-1000, max=1000) for letter in LETTERS],
    makers.number("factor", decimals=6),
    makers.formula("score", f"{SCORE} + 0 * COUNT(orders)", result="number", decimals=2),
    makers.formula("worth", "SUM(orders.amount) * factor * 0.001", result="money", currency="CNY"),
)
ORDER = makers.form_json(
    makers.text("no"), makers.reference("customer", "customer", many_name="orders"), makers.money("amount"), key="order"
)


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """CPU where the work is done in this process, otherwise time; results are compared before anything is measured."""
    count = rows or 1_000_000
    clock = time.process_time if database_name == "sqlite" else time.perf_counter
    unit = "CPU seconds" if database_name == "sqlite" else "seconds"
    with workspace_on(database_name) as workspace:
        with workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [CUSTOMER, ORDER])
        with workspace.writing(SYSTEM) as act:
            fill(act, count)
        ours, reference, ratio = in_turn(*by_set(workspace), clock=clock)
        yield Result("formula, by set", ratio, BY_SET, ours, reference, unit, count, database_name)
        ours, reference, ratio = streamed(workspace, clock)
        yield Result("formula, streamed", ratio, STREAMED, ours, reference, unit, count, database_name)
        with workspace.reading(SYSTEM) as act:
            scope = Scope(act.catalogue, "customer")
            ours, reference, ratio = in_turn(*by_lambda(act, scope, min(count, 100_000)))
            yield Result("formula, a row", ratio, LAMBDA, ours, reference, "CPU seconds", min(count, 100_000), database_name)
            ours, reference, ratio = in_turn(*single(act, scope))
            yield Result("formula, a record", ratio, SINGLE, ours, reference, "CPU seconds", SAMPLE, database_name)
            ours, reference, ratio = in_turn(*reading(scope), rounds=41)
            yield Result("formula, reading", ratio, READING, ours, reference, "CPU seconds", 300, database_name)


# -- the data -------------------------------------------------------------------------------------------------------------------------
def fill(act: Act, count: int) -> None:
    """Customers and five orders each, written by the database itself; every tenth figure is blank."""
    tables = tables_of(act.catalogue)
    figures = {
        letter: f"CASE WHEN (n * {7 + place}) % 10 = {place} THEN NULL ELSE (n * {7919 + 104729 * place}) % 20001 - 4000 END"
        for place, letter in enumerate(LETTERS)
    }
    factor = "CASE WHEN n % 11 = 0 THEN NULL ELSE n % 2000000 END"
    filled(act, tables["customer"], count, {"code": "'K' || n", **figures, "factor": factor})
    amount = "CASE WHEN n % 13 = 0 THEN NULL ELSE n % 100000 END"
    filled(act, tables["order"], count * 5, {"no": "'S' || n", "customer": f"(n - 1) % {count} + 1", "amount": amount})
    settle_down(act.connection)


def filled(act: Act, built: FormTables, count: int, values: dict[str, str]) -> None:
    """Records made by the database itself; `values` say each field by the number `n` of its record."""
    names = ", ".join(["id, version, created_at, created_by, updated_at, updated_by, deleted_at, search", *map(_column(built), values)])
    insert = f"INSERT INTO {built.main.name} ({names})"
    select = f"SELECT n, 1, 0, 0, 0, 0, NULL, '', {', '.join(values.values())}"
    if act.connection.dialect.name == "sqlite":
        numbers = f"WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})"
        act.connection.exec_driver_sql(f"{insert} {numbers} {select} FROM numbers")
    else:
        rows = f"generate_series(1::bigint, {count}) AS made(n)"
        act.connection.exec_driver_sql(f"{insert} {select} FROM {rows}".replace("%", "%%"))


def _column(built: FormTables) -> Callable[[str], str]:
    return lambda key: built.column(key).name


Work = Callable[[], Any]


# -- sets -----------------------------------------------------------------------------------------------------------------------------
def by_set(workspace: Workspace) -> tuple[Work, Work]:
    """Both put score and grade of everybody into a table of their own, as a full recompute does."""
    with workspace.writing(SYSTEM) as act:
        for name in ("ours", "by_hand"):
            act.connection.exec_driver_sql(f"CREATE TABLE {name} (id BIGINT, score BIGINT, grade TEXT)")
        scope = Scope(act.catalogue, "customer")
        rows = Rows(act, "customer")
        values = [rows.stored(check(text, scope)) for text in (SCORE, GRADE)]
        statement = Prepared(
            sa.table("ours", sa.column("id"), sa.column("score"), sa.column("grade"))
            .insert()
            .from_select(["id", "score", "grade"], rows.select(rows.id, *values)),
            act.connection.dialect,
        )
        built = tables_of(act.catalogue)["customer"]
    by_hand = f"INSERT INTO by_hand (id, score, grade) {_scores_by_hand(built)}"

    def ours() -> None:
        with workspace.writing(SYSTEM) as act:
            act.connection.exec_driver_sql("DELETE FROM ours")
            statement.run(act.connection)

    def reference() -> None:
        with workspace.writing(SYSTEM) as act:
            act.connection.exec_driver_sql("DELETE FROM by_hand")
            act.connection.exec_driver_sql(by_hand)

    ours(), reference()
    with workspace.reading(SYSTEM) as act:
        _same(act, "ours", "by_hand", "id, score, grade")
    return ours, reference


def _scores_by_hand(built: FormTables) -> str:
    r, f, m, e, g = (built.column(letter).name for letter in LETTERS)
    score = f"({r} * 30 + {f} * 25 + {m} * 25 + {e} * 10 + {g} * 10)"
    return (
        f"SELECT id, ({score} + CASE WHEN {score} < 0 THEN -50 ELSE 50 END) / 100, "
        f"CASE WHEN {r} >= 8000 THEN 'A' WHEN {r} >= 6000 THEN 'B' WHEN {r} >= 4000 THEN 'C' ELSE 'D' END "
        f"FROM {built.main.name} WHERE deleted_at IS NULL"
    )


def _same(act: Act, one: str, other: str, columns: str) -> None:
    differing = act.connection.exec_driver_sql(
        f"SELECT count(*) FROM (SELECT * FROM (SELECT {columns} FROM {one} EXCEPT SELECT {columns} FROM {other}) AS a "
        f"UNION ALL SELECT * FROM (SELECT {columns} FROM {other} EXCEPT SELECT {columns} FROM {one}) AS b) AS c"
    ).scalar()
    if differing:
        raise AssertionError(f"{one} and {other} differ in {differing} rows")


# -- streamed -------------------------------------------------------------------------------------------------------------------------
def streamed(workspace: Workspace, clock: Callable[[], float]) -> tuple[float, float, float]:
    """Both work the product of sum, factor and weight out for everybody after every twentieth factor has changed, and write what differs.
    The product has fifteen decimals before it is rounded, which our SQL leaves alone; by hand it is known to stay small."""
    with workspace.writing(SYSTEM) as act:
        built = tables_of(act.catalogue)["customer"]
        assert built.calc is not None
        main_table, main, calc = built.main, built.main.name, built.calc.name
        factor, worth = built.column("factor").name, built.column("worth").name
        order = tables_of(act.catalogue)["order"]
        act.connection.exec_driver_sql(f"CREATE TABLE calc_by_hand (record BIGINT PRIMARY KEY, {worth} BIGINT)")
        ids = list(act.connection.exec_driver_sql(f"SELECT id FROM {main} ORDER BY id").scalars())
    product = "(s * f + CASE WHEN s * f < 0 THEN -500000000 ELSE 500000000 END) / 1000000000"
    amount, reference_column = order.column("amount").name, order.column("customer").name
    # WHERE TRUE keeps SQLite from reading ON CONFLICT as part of a join
    hand = f"""INSERT INTO calc_by_hand (record, {worth}) SELECT id, {product} FROM (
        SELECT c.id AS id, c.{factor} AS f, (SELECT CAST(COALESCE(SUM(o.{amount}), 0) AS BIGINT) FROM {order.main.name} o
            WHERE o.{reference_column} = c.id AND o.deleted_at IS NULL) AS s FROM {main} c WHERE c.deleted_at IS NULL) AS x WHERE TRUE
        ON CONFLICT (record) DO UPDATE SET {worth} = excluded.{worth} WHERE calc_by_hand.{worth} IS DISTINCT FROM excluded.{worth}"""
    if workspace.engine.dialect.name == "sqlite":
        hand = hand.replace("IS DISTINCT FROM", "IS NOT")
    rounds = iter(range(10**9))

    def change() -> None:
        """Another twentieth of the factors."""
        with workspace.writing(SYSTEM) as act:
            part = main_table.c.id % 20 == next(rounds) % 20
            act.connection.execute(main_table.update().where(part).values({factor: main_table.c[factor] + 1000}))

    def ours() -> None:
        for start in range(0, len(ids), CHUNK):
            with workspace.writing(SYSTEM) as act:
                formulas = {"worth": computed(act.catalogue, built.form)["worth"]}
                fields = act.catalogue.memo.setdefault("bench", Fields(built, formulas, ()))
                fields.settle(act, Changes("bench"), set(ids[start : start + CHUNK]))

    def reference() -> None:
        with workspace.writing(SYSTEM) as act:
            act.connection.exec_driver_sql(hand)

    with workspace.reading(SYSTEM) as act:
        assert not computed(act.catalogue, built.form)["worth"].sql
    ours(), reference()
    change()
    ours(), reference()
    with workspace.reading(SYSTEM) as act:
        _same(act, calc, "calc_by_hand", f"record, {worth}")
    return in_turn(ours, reference, clock=clock, before=change)


# -- a row, a record ------------------------------------------------------------------------------------------------------------------
def by_lambda(act: Act, scope: Scope, count: int) -> tuple[Work, Work]:
    """The same whole numbers through our function and through one written by hand."""
    number = random.Random(7)
    rows = [tuple(None if number.random() < 0.1 else number.randint(-4000, 16000) for _letter in LETTERS) for _row in range(count)]
    made = Closures({"score": check(SCORE, scope).tree})
    assert [getattr(each, "key", "") for each in made.inputs] == list(LETTERS)
    ours = made.bound(Moment(act, "customer"))["score"]
    by_hand = lambda r, f, m, e, g: (  # noqa: E731
        None
        if r is None or f is None or m is None or e is None or g is None
        else (x + 50) // 100
        if (x := r * 30 + f * 25 + m * 25 + e * 10 + g * 10) >= 0
        else -((50 - x) // 100)
    )
    assert [ours(*row) for row in rows] == [by_hand(*row) for row in rows]
    return lambda: [ours(*row) for row in rows], lambda: [by_hand(*row) for row in rows]


SAMPLE, NESTED, TIMES = 2_000, 24, 20


class Plain:
    """A record as evaluation asks it."""

    def __init__(self, act: Act, values: dict[str, Any]):
        self.values, self.now, self.today, self.zone, self.person, self.as_of = values, act.now, act.today, act.zone, act.person, False

    def field(self, key: str) -> Any:
        return self.values[key]


def single(act: Act, scope: Scope) -> tuple[Work, Work]:
    """Our evaluation of a record; and simpleeval with a parsed tree, with functions and operators that pass blanks on."""
    number = random.Random(7)
    records = [
        {letter: None if number.random() < 0.1 else Decimal(number.randint(-4000, 16000)).scaleb(-2) for letter in LETTERS}
        for _record in range(SAMPLE)
    ]
    wanted, sources = check(SCORE, scope), [Plain(act, record) for record in records]
    plain = SimpleEval(
        operators={ast.Mult: blank_if_blank(operator.mul), ast.Add: blank_if_blank(operator.add)},
        functions={"ROUND": lambda value, digits: None if value is None else value.quantize(CENT, rounding=ROUND_HALF_UP)},
    )
    plain.nodes[ast.Constant] = lambda node: node.value
    parsed = _with_decimals(ast.parse(SCORE, mode="eval").body)

    def ours() -> list[Any]:
        return [evaluate(wanted, source) for source in sources]

    def reference() -> list[Any]:
        found = []
        for record in records:
            plain.names = record
            found.append(plain.eval(SCORE, previously_parsed=parsed))
        return found

    assert ours() == reference()
    return _never_parsing(ours), reference


CENT = Decimal("0.01")


def blank_if_blank(work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: None if a is None or b is None else work(a, b)


def _with_decimals(node: ast.expr) -> ast.expr:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant):
            each.value = Decimal(str(each.value))  # type: ignore[assignment]
    return node


def _never_parsing(work: Work) -> Work:
    def watched() -> None:
        with mock.patch.object(SimpleEval, "parse", side_effect=AssertionError("a formula was parsed again")):
            work()

    return watched


# -- reading ----------------------------------------------------------------------------------------------------------------------------
def reading(scope: Scope) -> tuple[Work, Work]:
    """Reading and checking a formula of 300 nodes, and Python's parser on the same text."""
    text = " + ".join(f"IF(r > {number}, f * {number}, m - g)" for number in range(NESTED))
    assert 250 <= nodes(text, scope)

    def ours() -> None:
        for _time in range(TIMES):
            check(text, scope)

    def reference() -> None:
        for _time in range(TIMES):
            ast.parse(text, mode="eval")

    return ours, reference


def nodes(text: str, scope: Scope) -> int:
    return sum(1 for _node in tree.walk(check(text, scope).tree))
