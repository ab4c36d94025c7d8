"""A shop with enough customers to learn from: drawn with a fixed seed from the very process that the model describes, and put straight into
the tables."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from runtime.people.person import SYSTEM
from runtime.potential import using
from runtime.records.tables import tables_of
from runtime.system import clock, jobs
from runtime.system.workspace import Workspace
from tests.makers import Json
from tests.tiers.world import TODAY, World

REPEAT: Json = {
    "kind": "potential",
    "key": "repeat",
    "label": {"zh": "复购", "en": "Repeat purchases"},
    "form": "customer",
    "horizon_days": 90,
    "learn": {"by": "purchases", "relation": "orders", "date": "paid_on", "amount": "amount", "where": "status == 'done'"},
}
AGAIN: Json = {
    "kind": "potential",
    "key": "again",
    "label": "Buys again",
    "form": "customer",
    "horizon_days": 90,
    "learn": {
        "by": "outcome",
        "outcome": "COUNT(orders, on=orders.paid_on, days=90) > 0",
        "population": "COUNT(orders, on=orders.paid_on, months=48) > 0",
        "features": [
            {"key": "lately", "label": "Orders in 90 days", "value": "COUNT(orders, on=orders.paid_on, days=90)"},
            {"key": "gap", "label": "Days since the last order", "value": "DAYS_SINCE(MAX(orders.paid_on, on=orders.paid_on))"},
            {"key": "stage", "label": {"zh": "阶段", "en": "Stage"}, "value": "stage"},
        ],
    },
}


def drawn(customers: int, seed: int = 7, days: int = 500) -> list[tuple[int, int, float]]:
    """(customer, days before today, amount) of purchases: each buys at a rate of their own and may stop after any purchase."""
    random = np.random.default_rng(seed)
    rate, stop = random.gamma(0.8, 1 / 25.0, customers), random.beta(0.8, 2.5, customers)
    mean = 15 / random.gamma(4, 1, customers)
    found = []
    for each in range(customers):
        at = float(random.integers(0, days - 60))
        while at < days:
            found.append((each, days - int(at), round(float(6 * mean[each] * random.gamma(6, 1)), 2)))
            if random.random() < stop[each]:
                break
            at += max(1.0, random.exponential(1 / max(rate[each], 1e-6)))
    return found


def insert(workspace: Workspace, form: str, rows: list[dict[str, Any]]) -> None:
    """Rows by field path, straight into the table of a form; `id` is theirs."""
    with workspace.writing(SYSTEM) as act:
        built = tables_of(act.catalogue)[form]
        same = {"version": 1, "created_at": act.micros, "created_by": 0, "updated_at": act.micros, "updated_by": 0, "search": ""}
        given = [{**same, "id": row.pop("id"), **{built.column(key).name: value for key, value in row.items()}} for row in rows]
        act.connection.execute(built.main.insert(), given)


class Shop(World):
    """`customers` with their purchases by the process; their ids begin at 1000. They are at stage new, steady or lost in turn. In the last
    `quiet` days nobody has bought anything."""

    def __init__(self, workspace: Workspace, *definitions: Json, customers: int = 400, day: date = TODAY, quiet: int = 0):
        super().__init__(workspace, *definitions, day=day)
        people = [{"id": 1000 + each, "name": f"c{each}", "stage": ("new", "steady", "lost")[each % 3]} for each in range(customers)]
        insert(workspace, "customer", people)
        today = clock.to_day(day)
        orders = [
            {"id": 5000 + number, "customer": 1000 + each, "paid_on": today - ago, "amount": int(amount * 100), "status": "done"}
            for number, (each, ago, amount) in enumerate(drawn(customers))
            if ago >= quiet
        ]
        insert(workspace, "order", orders)

    def job(self, number: int) -> Any:
        return jobs.run_now(self.workspace, number)

    def learn(self, key: str = "repeat") -> Any:
        with self.workspace.writing(SYSTEM) as act:
            number = using.queue_learning(act, key)
        return self.job(number)

    def switch_on(self, key: str = "repeat") -> Any:
        with self.workspace.writing(SYSTEM) as act:
            number = using.switch_on(act, key)
        return self.job(number)

    def newest(self, key: str = "repeat") -> using.Fit:
        with self.workspace.reading(SYSTEM) as act:
            return using.fits(act, key)[0]
