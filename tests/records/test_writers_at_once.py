"""Several people write at the same moment, each in a transaction of their own: sums, tags and tiers of what their records point at count them all.

SQLite has one writer at a time; on PostgreSQL the second one goes on as soon as it is through with what they share.
"""

import random
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.tables import tag_assignment
from tests.tiers.world import TODAY, World

PATIENCE = 60


@pytest.fixture
def shop(workspace: Any) -> World:
    world = World(workspace)
    for name in ("Ann", "Bo"):
        world.orders(world.customer(name), 400)
    return world


def overlapping(shop: World, first: Any, second: Any) -> None:
    """`first` has written and not committed when `second` begins; it commits once `second` is through or waits for it."""
    written, through, failed = threading.Event(), threading.Event(), []

    def begin() -> None:
        with shop.workspace.writing(SYSTEM) as act:
            first(act)
            written.set()
            await_other(shop, through)

    def follow() -> None:
        assert written.wait(PATIENCE)
        try:
            with shop.workspace.writing(SYSTEM) as act:
                second(act)
        finally:
            through.set()

    def kept(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)
            written.set()

    threads = [threading.Thread(target=kept, args=(work,)) for work in (begin, follow)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE)
    assert not failed and not any(each.is_alive() for each in threads), failed


def await_other(shop: World, through: threading.Event) -> None:
    """Until the other writer is through, or waits: on SQLite always, on PostgreSQL for a lock."""
    if shop.workspace.engine.dialect.name == "sqlite":
        return
    waits = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    for _look in range(PATIENCE * 20):
        with shop.workspace.engine.connect() as connection:
            if connection.execute(waits).scalar():
                return
        if through.wait(0.05):
            return
    raise AssertionError("the other writer is neither through nor waiting")


def order(customer: int, amount: int) -> Any:
    values = {"customer": customer, "amount": amount, "paid_on": TODAY, "status": "done"}
    return lambda act: gateway.create(act, "order", values)


def change(record: int, **values: Any) -> Any:
    return lambda act: gateway.update(act, "order", record, values)


def delete(record: int) -> Any:
    return lambda act: gateway.delete(act, "order", record)


def spent(shop: World, *customers: int) -> list[Any]:
    with shop.workspace.reading(SYSTEM) as act:
        return [int(query.get(act, "customer", each).values["spend"] or 0) for each in customers]


CASES: dict[str, Any] = {
    "two orders": lambda a, b, of_a, of_b: (order(a, 700), order(a, 5000), [6100, 400]),
    "an order and a move": lambda a, b, of_a, of_b: (order(a, 700), change(of_a, customer=b), [700, 800]),
    "two moves across": lambda a, b, of_a, of_b: (change(of_a, customer=b), change(of_b, customer=a), [400, 400]),
    "an amount and an order": lambda a, b, of_a, of_b: (change(of_a, amount=900), order(a, 100), [1000, 400]),
    "an order and a deletion": lambda a, b, of_a, of_b: (order(a, 700), delete(of_a), [700, 400]),
    "a deletion and a move": lambda a, b, of_a, of_b: (delete(of_a), change(of_b, customer=a), [400, 0]),
    "an order and its customer": lambda a, b, *_: (order(b, 5), lambda act: gateway.update(act, "customer", b, {"points": 7}), [400, 405]),
    "several customers": lambda a, b, *_: (lambda act: [order(a, 1)(act), order(b, 1)(act)], order(a, 2), [403, 401]),
}


def test_a_sum_counts_what_two_writers_did_at_once(shop):
    for name, case in CASES.items():
        a, b = shop.customer("Ann"), shop.customer("Bo")
        first, second, after = case(a, b, shop.order(a, 400), shop.order(b, 400))
        overlapping(shop, first, second)
        assert spent(shop, a, b) == after, name


def test_tags_by_rule_and_tiers_count_what_two_writers_did_at_once(shop):
    """Two orders are needed for the tag, and 5,000 for the tier; each of the writers adds one of 2,600 to a customer who has none."""
    shop.delete("order", 1)
    overlapping(shop, order(1, 2600), order(1, 2600))
    with shop.workspace.reading(SYSTEM) as act:
        row = tag_assignment.c
        busy = act.connection.execute(sa.select(row.record).where(row.tag == "busy", row.removed_at.is_(None))).scalars().all()
    assert (busy, shop.tier(1), shop.recompute()["up"]) == ([1], "gold", 0)


def test_writers_of_many_customers_in_any_order_do_not_lock_each_other_out(shop):
    """Each batch names the customers in an order of its own: they are waited for in one order, so nobody waits in a circle."""
    customers = [1, 2, *(shop.customer(str(number)) for number in range(6))]
    failed: list[BaseException] = []

    def write(own: random.Random) -> None:
        try:
            for _round in range(4):
                rows = [
                    {"customer": each, "amount": 1, "paid_on": TODAY, "status": "done"} for each in own.sample(customers, len(customers))
                ]
                with shop.workspace.writing(SYSTEM) as act:
                    gateway.write_batch(act, "order", [gateway.BatchRow(each) for each in rows])
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(random.Random(seed),)) for seed in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE)
    assert failed == [] and spent(shop, 1, 2) == [416, 416]
