"""The part of formulas in one write, and a thousand changed customers by sets, against the bare driver on the same database."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import derived
from runtime.records.changes import EVERYTHING, Changes
from runtime.records.tables import tables_of
from runtime.system.workspace import Act, Workspace
from tests import makers
from tests.bench.databases import settle_down, workspace_on
from tests.bench.formulas import filled
from tests.bench.measuring import ROUNDS, Result

MIDDLE, SLOWEST = 2.5, 4.0
SETS = {"sqlite": 1.0, "postgresql": 0.1}
WRITES, CHANGED = 400, 1_000
Clock = Callable[[], float]
CUSTOMER = makers.form_json(
    makers.text("code"),
    makers.formula("last_on", "MAX(orders.paid_on)", result="date"),
    makers.formula("spend", "SUM(orders.amount, on=orders.paid_on, days=365)", result="money", currency="CNY"),
    makers.formula("orders_count", "COUNT(orders)", result="number", decimals=0),
    makers.formula("largest", "MAX(orders.amount)", result="money", currency="CNY"),
)
ORDER = makers.form_json(
    makers.text("no"),
    makers.reference("customer", "customer", many_name="orders"),
    makers.day("paid_on"),
    makers.money("amount"),
    key="order",
)


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """`rows` orders (5,000,000), five a customer: what follows from one order inside its transaction. CPU where all of it is done in this
    process, otherwise time."""
    count = rows or 5_000_000
    clock = time.process_time if database_name == "sqlite" else time.perf_counter
    unit = "CPU seconds" if database_name == "sqlite" else "seconds"
    with workspace_on(database_name) as workspace:
        with workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [CUSTOMER, ORDER])
        with workspace.writing(SYSTEM) as act:
            fill(act, count // 5)
        refill(workspace, count // 5)
        pairs = one_by_one(workspace, count // 5, clock)
        for name, limit, pick in (("p50", MIDDLE, statistics.median), ("p95", SLOWEST, _slowest)):
            ours, reference = (pick([each[side] for each in pairs]) for side in (0, 1))
            yield Result(f"formulas of one write, {name}", ours / reference, limit, ours, reference, unit, count, database_name)
        ours, reference = by_sets(workspace, count // 5, clock)
        yield Result("a thousand by sets", ours / reference, SETS[database_name], ours, reference, unit, count, database_name)


def _slowest(found: list[float]) -> float:
    return statistics.quantiles(found, n=20)[-1]


def fill(act: Act, customers: int) -> None:
    tables = tables_of(act.catalogue)
    filled(act, tables["customer"], customers, {"code": "'K' || n"})
    filled(
        act,
        tables["order"],
        customers * 5,
        {
            "no": "'S' || n",
            "customer": f"(n - 1) % {customers} + 1",
            "paid_on": f"CASE WHEN n % 17 = 0 THEN NULL ELSE {act.day} - n % 700 END",
            "amount": "CASE WHEN n % 13 = 0 THEN NULL ELSE n % 100000 END",
        },
    )
    settle_down(act.connection)


def refill(workspace: Workspace, customers: int) -> None:
    for start in range(1, customers + 1, 5_000):
        with workspace.writing(SYSTEM) as act:
            changes = Changes("bench")
            changes.touch("customer", EVERYTHING, range(start, min(start + 5_000, customers + 1)))
            derived.settle(act, changes)


class ByHand:
    """Re-aggregating and updating one customer, with the bare driver."""

    def __init__(self, act: Act):
        customer, order = tables_of(act.catalogue)["customer"], tables_of(act.catalogue)["order"]
        assert customer.calc is not None
        mark = "?" if act.connection.dialect.name == "sqlite" else "%s"
        on, amount, reference = (order.column(key).name for key in ("paid_on", "amount", "customer"))
        self.asking = (
            f"SELECT MAX({on}), COALESCE(SUM(CASE WHEN {on} BETWEEN {mark} AND {mark} THEN {amount} END), 0), COUNT(*), MAX({amount}) "
            f"FROM {order.main.name} WHERE {reference} = {mark} AND deleted_at IS NULL"
        )
        self.keys = ("last_on", "spend", "orders_count", "largest")
        names = [customer.column(key).name for key in self.keys]
        self.writing = f"UPDATE {customer.calc.name} SET {', '.join(f'{name} = {mark}' for name in names)} WHERE record = {mark}"
        self.reading = f"SELECT {', '.join(names)} FROM {customer.calc.name} WHERE record = {mark}"
        self.change = (
            f"UPDATE {order.main.name} SET {amount} = {mark}, {on} = {mark} WHERE id = "
            f"(SELECT MAX(id) FROM {order.main.name} WHERE {reference} = {mark})"
        )
        self.day = act.day

    def __call__(self, connection: Any, customer: int) -> None:
        cursor = connection.cursor()
        found = cursor.execute(self.asking, (self.day - 364, self.day, customer)).fetchone()
        connection.cursor().execute(self.writing, (*(None if each is None else int(each) for each in found), customer))

    def stored(self, connection: Any, customer: int) -> Any:
        return connection.cursor().execute(self.reading, (customer,)).fetchone()


def one_by_one(workspace: Workspace, customers: int, clock: Clock) -> list[tuple[float, float]]:
    """(ours, by hand) for one changed order after the other: each side meets an order that has just changed, in turns as the first, and
    what they store is compared."""
    number = random.Random(11)
    return [_one(workspace, number.randint(1, customers), round, clock) for round in range(WRITES + 20)][20:]


def _one(workspace: Workspace, customer: int, round: int, clock: Clock) -> tuple[float, float]:
    with workspace.writing(SYSTEM) as act:
        by_hand, connection = ByHand(act), act.connection.connection
        given = touched([customer])
        works: list[Callable[[], Any]] = [lambda: derived.derive_all(act, given), lambda: by_hand(connection, customer)]
        times, stored = [0.0, 0.0], []
        assert act.micros  # known to an act that has written
        connection.cursor().execute(by_hand.change, (round * 7 + 1, act.day - round % 300, customer))
        before = by_hand.stored(connection, customer)
        for side in (0, 1) if round % 2 else (1, 0):
            times[side] = timed(works[side], clock)
            stored.append(by_hand.stored(connection, customer))
            connection.cursor().execute(by_hand.writing, (*before, customer))
        ours(act, [customer])
    assert stored[0] == stored[1], (customer, stored)
    return times[0], times[1]


def touched(customers: list[int]) -> Changes:
    """What the gateway says when an order is in: the relation of its customer is touched."""
    changes = Changes("form")
    changes.touch("customer", "orders", customers)
    return changes


def ours(act: Act, customers: list[int]) -> None:
    changes = touched(customers)
    derived.settle(act, changes) if len(customers) > derived.AT_ONCE else derived.derive_all(act, changes)


def by_sets(workspace: Workspace, customers: int, clock: Clock) -> tuple[float, float]:
    """(a thousand customers by one set, the same one after the other), medians."""
    number = random.Random(13)
    pairs = [_both(workspace, number, number.sample(range(1, customers + 1), min(CHANGED, customers)), clock) for _ in range(ROUNDS)]
    return statistics.median(each[0] for each in pairs), statistics.median(each[1] for each in pairs)


def _both(workspace: Workspace, number: random.Random, chosen: list[int], clock: Clock) -> tuple[float, float]:
    with workspace.writing(SYSTEM) as act:
        by_hand, connection = ByHand(act), act.connection.connection

        def changed(work: Callable[[], Any]) -> float:
            for each in chosen:
                connection.cursor().execute(by_hand.change, (number.randint(1, 10**6), act.day, each))
            return timed(work, clock)

        return changed(lambda: ours(act, chosen)), changed(lambda: [ours(act, [each]) for each in chosen])


def timed(work: Callable[[], Any], clock: Clock) -> float:
    gc.disable()
    start = clock()
    work()
    end = clock()
    gc.enable()
    return end - start
