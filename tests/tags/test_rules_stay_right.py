"""After any writes and any days, the tags by rule are those that a computation from nothing would give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from hypothesis import strategies as st

from runtime.automation import engine
from runtime.formulas import evaluate
from runtime.people.person import SYSTEM
from runtime.records import derived, query
from runtime.records.values import RecordValues
from runtime.system.workspace import Workspace
from runtime.tags import assigning, rules
from tests.support.databases import fill, settings_for
from tests.tiers.world import TAGS, TODAY, World

RULES = {
    "busy": "COUNT(orders, on=orders.paid_on, days=30) >= 2",
    "big": "SUM(orders.amount, where=orders.status == 'done') > 100",
    "lost": "DAYS_SINCE(last_order_on) > 20",
    "named": "CONTAINS(name, 'n')",
    "big_and_busy": "'big' in tags and 'busy' in tags",
    "hinted": "'hint' in tags or points > 5",
    "best": "IN_SEGMENT('rich')",
}
RULED = {**TAGS, "tags": [*({"key": key, "label": key, "rule": text} for key, text in RULES.items()), {"key": "hint", "label": "Hint"}]}
RICH = {"kind": "segment", "key": "rich", "label": "Rich", "form": "customer", "where": "spend > 50 and not 'lost' in tags"}


class Shop(RuleBasedStateMachine):
    """People, orders, tags by hand, days: one random life of a small shop."""

    customers = Bundle("customers")
    orders = Bundle("orders")
    make: Any = None

    @initialize()
    def open(self) -> None:
        self.world = World(self.make(), RULED, RICH)
        self.day = TODAY
        self.deleted: set[int] = set()

    @rule(target=customers, name=st.sampled_from(["Ann", "Bob", "Li"]), points=st.integers(0, 9))
    def customer(self, name: str, points: int) -> int:
        return self.world.customer(name, points=points)

    @rule(
        target=orders, customer=customers, amount=st.integers(1, 90), ago=st.integers(-3, 40), status=st.sampled_from(["done", "returned"])
    )
    def order(self, customer: int, amount: int, ago: int, status: str) -> int:
        return self.world.order(customer, amount, self.day - timedelta(days=ago), status)

    @rule(order=orders, amount=st.integers(1, 90), ago=st.integers(0, 40))
    def change_order(self, order: int, amount: int, ago: int) -> None:
        if order not in self.deleted:
            self.world.change("order", order, amount=amount, paid_on=self.day - timedelta(days=ago))

    @rule(order=orders, customer=customers)
    def move_order(self, order: int, customer: int) -> None:
        if order not in self.deleted:
            self.world.change("order", order, customer=customer)

    @rule(order=orders)
    def delete_or_restore(self, order: int) -> None:
        (self.world.restore if order in self.deleted else self.world.delete)("order", order)
        self.deleted ^= {order}

    @rule(customer=customers, name=st.sampled_from(["Ann", "Bob"]), points=st.integers(0, 9))
    def change_customer(self, customer: int, name: str, points: int) -> None:
        self.world.change("customer", customer, name=name, points=points)

    @rule(customer=customers, giving=st.booleans())
    def hint(self, customer: int, giving: bool) -> None:
        with self.world.workspace.writing(SYSTEM) as act:
            (assigning.assign if giving else assigning.remove)(act, "customer", customer, "hint")

    @rule(days=st.integers(1, 25))
    def sleep(self, days: int) -> None:
        self.day += timedelta(days=days)
        self.world.on(self.day)
        engine.settle(self.world.workspace, clock=True)
        rules.recompute(self.world.workspace, "customer_tags")

    @invariant()
    def tags_are_those_of_the_rules(self) -> None:
        if not hasattr(self, "world"):
            return
        derived.work_off(self.world.workspace)
        with self.world.workspace.reading(SYSTEM) as act:
            tags = act.catalogue.tag_sets["customer_tags"]
            ids = query.ids(act, "customer")
            here = assigning.tags_of(act, "customer", ids)
            found = rules.rules(act.catalogue, tags)
            for record in ids:
                values = RecordValues.of(act, "customer", record)
                assert values is not None
                right = {key for key, each in found.items() if evaluate(each, values) is True}
                assert set(here[record]) - {"hint"} == right, (record, self.day)


def test_tags_by_rule_are_those_of_a_computation_from_nothing(new_workspace: Callable[[], Workspace]):
    Shop.make = staticmethod(new_workspace)
    few = settings(max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    run_state_machine_as_test(Shop, settings=few)


@pytest.fixture
def new_workspace(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Workspace]]:
    """Makes an empty workspace for each life."""
    opened: list[Workspace] = []

    def make() -> Workspace:
        if engine_name == "sqlite":
            url = request.getfixturevalue("sqlite_files").copy_to(tmp_path / f"{len(opened)}.sqlite")
        else:
            cluster = request.getfixturevalue("cluster")
            url = cluster.url(request.getfixturevalue("database_name")(cluster.template("upgraded", fill)))
        for each in opened[-1:]:
            each.engine.dispose()
        opened.append(Workspace(settings_for(tmp_path, url)))
        return opened[-1]

    yield make
    for each in opened[-1:]:
        each.engine.dispose()
