"""Tier models over 1,000,000 customers with five orders each, against the same work written by hand for the same database."""

from __future__ import annotations

import multiprocessing
import random
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from builder.tiering.distribution import answer, distribution, live_cuts
from builder.tiering.measuring import measured
from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import derived
from runtime.records.changes import Changes
from runtime.records.graph import TIER
from runtime.records.tables import tables_of
from runtime.settings import read_settings
from runtime.system import database
from runtime.system.workspace import Act, Workspace
from runtime.texts import in_language
from runtime.tiers import recomputing
from runtime.tiers.nightly import follow_day
from runtime.tiers.recomputing import recompute
from runtime.tiers.simulation import simulate
from runtime.tiers.trial import Trial, load_model, scratch
from tests import makers
from tests.bench.databases import bare, settle_down, workspace_on
from tests.bench.formulas import filled
from tests.bench.formulas_write import timed
from tests.bench.measuring import ROUNDS, Result
from tests.bench.tiers_by_hand import ByHand, OneByHand, taken_back

FULL, NTILE, NIGHTLY, AGAIN, TRIED, MEMORY = 1.15, 0.5, 0.15, 1.5, 1.0, 600
MIDDLE, SLOWEST, GROWTH, PICTURE = 2.5, 4.0, 3.0, 3.0
WRITES = 400
Clock = Callable[[], float]
WINDOW = "on=orders.paid_on, days=365"
CUSTOMER = makers.form_json(
    makers.text("code"),
    makers.number("activity", decimals=0),
    makers.number("growth", decimals=2),
    makers.formula("last_on", f"MAX(orders.paid_on, {WINDOW})", result="date"),
    makers.formula("orders_count", f"COUNT(orders, {WINDOW})", result="number", decimals=0),
    makers.formula("spend", f"SUM(orders.amount, {WINDOW})", result="money", currency="CNY"),
)
ORDER = makers.form_json(
    makers.text("no"),
    makers.reference("customer", "customer", many_name="orders"),
    makers.day("paid_on"),
    makers.money("amount"),
    key="order",
)


def dimension(key: str, weight: int, value: str, cuts: Any = 5, better: str = "higher") -> dict[str, Any]:
    """`cuts` as a number makes quantiles."""
    bands = {"by": "quantiles", "count": cuts} if isinstance(cuts, int) else {"by": "cuts", "cuts": cuts}
    return {"key": key, "label": key, "weight": weight, "value": value, "bands": {**bands, "better": better}}


def model(key: str, recency: dict[str, Any], frequency: dict[str, Any], monetary: dict[str, Any]) -> dict[str, Any]:
    own = [dimension("activity", 15, "activity", [10, 30, 60, 90]), dimension("growth", 15, "growth", [0, 10, 25, 50])]
    tiers = [{"key": tier, "label": tier, "from": least} for tier, least in (("best", 70), ("good", 50), ("fair", 30), ("plain", 0))]
    dimensions = [recency, frequency, monetary, *own]
    return {
        "kind": "tier_model",
        "key": key,
        "label": key,
        "form": "customer",
        "dimensions": dimensions,
        "tiers": tiers,
    }


MODEL = model(
    "value",
    dimension("recency", 20, f"DAYS_SINCE(MAX(orders.paid_on, {WINDOW}))", better="lower"),
    dimension("frequency", 20, f"COUNT(orders, {WINDOW})", [1, 2, 3, 4]),
    dimension("monetary", 30, f"SUM(orders.amount, {WINDOW})"),
)
ROLLED_UP = model(
    "nightly",
    dimension("recency", 20, "DAYS_SINCE(last_on)", better="lower"),
    dimension("frequency", 20, "orders_count", [1, 2, 3, 4]),
    dimension("monetary", 30, "spend"),
)


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """`rows` customers, a twentieth of whom spend more or less before each round. CPU where all of it is done in this process, else time."""
    count = rows or 1_000_000
    with workspace_on(database_name) as workspace:
        shop = Shop(workspace, count, database_name)
        yield from shop.recomputes()
        yield from shop.nothing_changed()
        yield from shop.tried_out()
        yield from shop.picture()
        yield from shop.memory()
        pairs = shop.one_by_one()
        yield from shop.write_results(pairs)
        yield from shop.nights()
    small = max(count // 100, 100)
    with workspace_on(database_name) as workspace:
        before = Shop(workspace, small, database_name).one_by_one()
    ours, reference = (statistics.median(each[0] for each in found) for found in (pairs, before))
    yield Result(
        f"tiers of one write, beside {small:,} customers", ours / reference, GROWTH, ours, reference, shop.unit, count, database_name
    )


# -- the data -------------------------------------------------------------------------------------------------------------------------
class Shop:
    """Customers with states and history."""

    def __init__(self, workspace: Workspace, count: int, database_name: str):
        self.workspace, self.count, self.database = workspace, count, database_name
        self.clock: Clock = time.process_time if database_name == "sqlite" else time.perf_counter
        self.unit = "CPU seconds" if database_name == "sqlite" else "seconds"
        with workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [CUSTOMER, ORDER, MODEL])
        with workspace.writing(SYSTEM) as act:
            self.by_hand = ByHand(act, "value")
            fill(act, count)
            settle_down(act.connection)
        assert recompute(workspace, "value")["first"] == count
        with workspace.writing(SYSTEM) as act:
            settle_down(act.connection)
        self.connection = bare(workspace)

    def change(self) -> None:
        """One half of a twentieth spends what the other half spent: cut points stay, and each of them moves."""
        hand = self.by_hand
        amount, customer = hand.row["amount"], hand.row["customer"]
        with self.workspace.writing(SYSTEM) as act:
            swapped = f"UPDATE {hand.order} SET {amount} = 905000 - {amount} WHERE {customer} % 20 = 0"
            act.connection.exec_driver_sql(swapped.replace("%", self._percent))

    @property
    def _percent(self) -> str:
        return "%" if self.database == "sqlite" else "%%"

    def result(self, name: str, ours: float, reference: float, limit: float, ratio: float | None = None, unit: str = "") -> Result:
        return Result(
            name, ours / reference if ratio is None else ratio, limit, ours, reference, unit or self.unit, self.count, self.database
        )

    def medians(self, name: str, pairs: list[tuple[float, float]], limit: float) -> Result:
        """The median of the ratios of the pairs, beside the medians of both."""
        ours, reference = (statistics.median(each[side] for each in pairs) for side in (0, 1))
        return self.result(name, ours, reference, limit, statistics.median(first / second for first, second in pairs))

    def taken_back(self, work: Callable[[Any], Any]) -> float:
        with taken_back(self.connection) as cursor:
            return timed(lambda: work(cursor), self.clock)

    # -- recomputes -------------------------------------------------------------------------------------------------------------
    def recomputes(self) -> Iterator[Result]:
        """Each round the reference, the obvious statement and ours start from the same states; only ours stays."""
        rows, wanted = [], dict[str, str]()
        for round in range(ROUNDS + 1):
            self.change()
            if round == 0:
                wanted = self._digested(self.by_hand.full)
            by_hand, tiles = self.taken_back(self.by_hand.full), self.taken_back(self.by_hand.by_tiles)
            told = self._events()
            ours = timed(lambda: self._moved("value"), self.clock)
            if round == 0:
                self._same(wanted, told)
            else:
                rows.append((ours, by_hand, tiles))
        yield self.medians("tiers, full recompute", [(row[0], row[1]) for row in rows], FULL)
        yield self.medians("tiers, full recompute beside NTILE", [(row[0], row[2]) for row in rows], NTILE)

    def nights(self) -> Iterator[Result]:
        """Days that pass: the fields kept as roll-ups and the ratings that read them, by cut points that stay, of those whose window has moved
        or who have passed a cut. Beside it a full recompute on the same day, for which a twentieth has changed. A write would now be rated by
        both models, so nothing is measured after it."""
        with self.workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [ROLLED_UP])
        recompute(self.workspace, "nightly")
        with self.workspace.writing(SYSTEM) as act:
            settle_down(act.connection)
        began, now, pairs, moved = self.workspace.now(), self.workspace.now, [], []
        for round in range(ROUNDS + 1):
            self.workspace.now = lambda days=round + 1: began + timedelta(days=days)  # type: ignore[method-assign,misc]
            night = timed(lambda: moved.append(follow_day(self.workspace, "nightly")), self.clock)
            self.change()
            full = timed(lambda: self._moved("value"), self.clock)
            pairs += [(night, full)] if round else []
        self.workspace.now = now  # type: ignore[method-assign]
        assert all(found and found["up"] + found["down"] > self.count // 1_000 for found in moved), moved
        yield self.medians("tiers, from roll-ups beside full", pairs, NIGHTLY)

    def _moved(self, key: str) -> None:
        found = recompute(self.workspace, key)
        assert found["up"] + found["down"] >= self.count // 25, found

    def _events(self) -> int:
        return self._asked("SELECT COALESCE(MAX(id), 0) FROM event")

    def _asked(self, query: str) -> Any:
        with taken_back(self.connection) as cursor:
            cursor.execute(query)
            return cursor.fetchone()[0]

    def _digested(self, work: Callable[[Any], Any]) -> dict[str, str]:
        told = self._events()
        with taken_back(self.connection) as cursor:
            work(cursor)
            return self.by_hand.digest(cursor, told)

    def _same(self, wanted: dict[str, str], told: int) -> None:
        with taken_back(self.connection) as cursor:
            found = self.by_hand.digest(cursor, told)
        if found != wanted:
            raise AssertionError(f"{[name for name in wanted if wanted[name] != found[name]]} differ from what is written by hand")

    # -- nothing changed, a trial, a picture ----------------------------------------------------------------------------------------
    def nothing_changed(self) -> Iterator[Result]:
        """A second run, and one scan of everybody's facts and ratings beside the states by cut points that are known."""
        before, cuts, pairs = self._written(), self._cuts(), []
        for _round in range(ROUNDS):
            scan = self.taken_back(lambda cursor: self._none(self.by_hand.count(cursor, cuts, self.by_hand.facts)))
            pairs.append((timed(lambda: self._nothing("value"), self.clock), scan))
        assert self._written() == before
        yield self.medians("tiers, nothing changed", pairs, AGAIN)

    def _cuts(self) -> dict[str, Any]:
        with taken_back(self.connection) as cursor:
            cursor.execute(f"CREATE TEMP TABLE facts AS {self.by_hand.facts}")
            return self.by_hand.cuts(cursor)

    def _none(self, found: int) -> None:
        assert found == 0, found

    def _nothing(self, key: str) -> None:
        found = recompute(self.workspace, key)
        assert not any(found.values()), found

    def _written(self) -> list[Any]:
        return [
            self._asked(f"SELECT MAX({name}) FROM {table}")
            for table, name in (("tier_state", "at"), ("tier_history", "id"), ("event", "id"), ("tier_cuts", "at"), ("day_done", "at"))
        ]

    def tried_out(self) -> Iterator[Result]:
        """An exact simulation, and a recompute that stops before it writes; a twentieth would move."""
        draft, pairs = load_model(MODEL), []
        self.change()
        for round in range(ROUNDS + 1):
            without = timed(lambda: without_writes(self.workspace, "value"), self.clock)
            simulated = timed(lambda: self._simulated(draft), self.clock)
            pairs += [(simulated, without)] if round else []
        self._moved("value")
        yield self.medians("tiers, exact simulation", pairs, TRIED)

    def _simulated(self, draft: Any) -> None:
        found = simulate(self.workspace, SYSTEM, draft)
        assert found.sampled == self.count and sum(found.directions().values()) >= self.count // 25

    def picture(self) -> Iterator[Result]:
        """The first distribution behind its cuts, and a scan of that dimension."""
        body, pairs = load_model(MODEL), []
        for round in range(ROUNDS + 1):
            scan = self.taken_back(lambda cursor: cursor.execute(self.by_hand.one_dimension()))
            ours = timed(lambda: self._drawn(body), self.clock)
            pairs += [(ours, scan)] if round else []
        yield self.medians("tiers, first picture", pairs, PICTURE)

    def _drawn(self, draft: Any) -> None:
        with scratch(self.workspace, SYSTEM) as act:
            trial = Trial(act, draft, None)
            (found,) = measured(trial, draft, "monetary")
            was = live_cuts(act, found.measure, draft.key, trial.model.model.key)
        said = answer(distribution(found, was), lambda message: in_language(message, "en"))
        assert said["population"] == self.count and len(said["bins"]) > 10

    # -- memory -------------------------------------------------------------------------------------------------------------------
    def memory(self) -> Iterator[Result]:
        """The highest resident size of a process that does nothing else."""
        self.change()
        url = self.workspace.engine.url.render_as_string(hide_password=False)
        for name, work in (("simulation", "simulate"), ("full recompute", "recompute")):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                peak = pool.apply(peak_of, (work, url, str(self.workspace.settings.data_dir)))
            yield self.result(f"tiers, memory of a {name}", peak, MEMORY, 1.0, unit="MB at most")

    # -- one write ------------------------------------------------------------------------------------------------------------------
    def one_by_one(self) -> list[tuple[float, float]]:
        """(ours, by hand) for one changed order after the other: each side meets an order that has just changed, in turns as the first."""
        number = random.Random(11)
        hand = OneByHand(self.by_hand, self._cuts())
        return [self._one(hand, number.randint(1, self.count), round) for round in range(WRITES + 20)][20:]

    def _one(self, hand: OneByHand, customer: int, round: int) -> tuple[float, float]:
        times, stored = [0.0, 0.0], list[Any]()
        with self.workspace.writing(SYSTEM, "schedule") as act:
            cursor = act.connection.connection.cursor()
            act.take_ids("event"), act.take_ids("tier_history")  # a new block of each, which outlives what is taken back
            works: list[Callable[[], Any]] = [lambda: rated(act, customer), lambda: hand(cursor, customer)]
            for side in (0, 1) if round % 2 else (1, 0):
                cursor.execute("SAVEPOINT one")
                hand.change(cursor, customer, round)
                times[side] = timed(works[side], self.clock)
                stored.append(hand.stored(cursor, customer))
                cursor.execute("ROLLBACK TO SAVEPOINT one")
        self.workspace.ids.forget()
        assert stored[0] == stored[1], (customer, stored)
        return times[0], times[1]

    def write_results(self, pairs: list[tuple[float, float]]) -> Iterator[Result]:
        for name, limit, pick in (("p50", MIDDLE, statistics.median), ("p95", SLOWEST, slowest)):
            ours, reference = (pick([each[side] for each in pairs]) for side in (0, 1))
            yield self.result(f"tiers of one write, {name}", ours, reference, limit)


def slowest(found: list[float]) -> float:
    return statistics.quantiles(found, n=20)[-1]


def rated(act: Act, customer: int) -> None:
    """What follows for tiers when an order of a customer is in."""
    changes = Changes("schedule")
    changes.touch("customer", "orders", [customer])
    derived.settle(act, changes, kinds=(TIER,))


def without_writes(workspace: Workspace, key: str) -> None:
    """All of a recompute before its first write."""
    with workspace.engine.connect() as connection:
        run = recomputing.Run(workspace, connection, key, None, "schedule", None, True)
        try:
            run.prepare()
        finally:
            run.clean()


def peak_of(work: str, url: str, folder: str) -> float:
    """In a process of its own: megabytes at most."""
    kinds.load()
    given = {"TIERLOOM_DATA_DIR": folder, "TIERLOOM_TIMEZONE": "Asia/Shanghai", "TIERLOOM_SECRET_KEY": "bench"}
    workspace = Workspace(read_settings(given), database.open_engine(url))
    if work == "simulate":
        simulate(workspace, SYSTEM, load_model(MODEL))
    else:
        recompute(workspace, "value")
    said = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]
    return int(said) / 1024


def fill(act: Act, count: int) -> None:
    """Orders lie in the order of their days, not of their customers, and on all days of two years; one customer in fifty has none, and every
    17th order no day."""
    tables, hand = tables_of(act.catalogue), ByHand(act, "value")
    filled(
        act,
        tables["customer"],
        count,
        {
            "code": "'K' || n",
            "activity": "CASE WHEN n % 11 = 0 THEN NULL ELSE (n * 7919) % 101 END",
            "growth": "(n * 104729) % 9001 - 2000",
        },
    )
    customer = f"((n - 1) % {count} + 1)"
    filled(
        act,
        tables["order"],
        count * 5,
        {
            "no": "'S' || n",
            "customer": f"{customer} + CASE WHEN {customer} % 50 = 7 THEN 1 ELSE 0 END",
            "paid_on": f"CASE WHEN n % 17 = 0 THEN NULL ELSE {act.day} - (n * 31 + {customer} * 17) % 701 END",
            "amount": f"CASE WHEN {customer} % 20 <> 0 THEN (n * 7919) % 100003 WHEN {customer} % 40 = 0 THEN 900000 + n % 1000 ELSE 5000 - n % 1000 END",
        },
    )
    of, row = hand.of, hand.row
    inside = f"o.{row['paid_on']} BETWEEN {act.day - 364} AND {act.day}"
    act.connection.exec_driver_sql(
        f"INSERT INTO {hand.calc} (record, {of['last_on']}, {of['orders_count']}, {of['spend']}) SELECT c.id, MAX(o.{row['paid_on']}), "
        f"COUNT(o.id), COALESCE(SUM(o.{row['amount']}), 0) FROM {hand.customer} c LEFT JOIN {hand.order} o ON o.{row['customer']} = c.id "
        f"AND {inside} GROUP BY c.id"
    )
