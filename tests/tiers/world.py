"""A small shop for tests of tiers and tags: customers with orders and visits, written through the gateway, on days the test chooses."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import definition, event, tier_history, tier_state
from runtime.system.workspace import Workspace
from runtime.tiers.recomputing import recompute
from tests.makers import Json, choice, day, form_json, formula, money, number, reference, tags, text, tier

TODAY = date(2026, 11, 21)
CUSTOMER = form_json(
    text("name"),
    choice("stage", "new", "steady", "lost"),
    number("points", decimals=2),
    text("note"),
    money("credit"),
    day("met_on"),
    tags(),
    tier("tier", "value"),
    formula("spend", "SUM(orders.amount, where=orders.status == 'done', on=orders.paid_on, days=365)", result="money", currency="CNY"),
    formula("last_order_on", "MAX(orders.paid_on, where=orders.status == 'done')", result="date"),
    quality=["name", "note", "points", "met_on"],
)
ORDER = form_json(
    reference("customer", "customer", many_name="orders"),
    day("paid_on"),
    money("amount"),
    choice("status", "done", "returned", default="'done'"),
    key="order",
    title="paid_on",
    event_date="paid_on",
)
VISIT = form_json(day("on_day"), reference("customer", "customer", many_name="visits"), key="visit", event_date="on_day")
TAGS = {
    "kind": "tag_set",
    "key": "customer_tags",
    "label": "Tags",
    "form": "customer",
    "tags": [
        {"key": "vip", "label": "VIP"},
        {"key": "busy", "label": "Busy", "rule": "COUNT(orders, on=orders.paid_on, days=30) >= 2"},
        {"key": "fair", "label": "Fair", "standing": "temporary", "expires": "2026-11-30"},
        {"key": "old", "label": "Old", "archived": True},
    ],
}
TIERS = [
    {"key": "diamond", "label": {"zh": "钻石", "en": "Diamond"}, "from": 75, "keep_from": 67},
    {"key": "gold", "label": {"zh": "金", "en": "Gold"}, "from": 55, "keep_from": 47},
    {"key": "silver", "label": {"zh": "银", "en": "Silver"}, "from": 35, "keep_from": 27},
    {"key": "basic", "label": {"zh": "普通", "en": "Basic"}, "from": 0},
]
BY_AMOUNT = [
    {"key": "diamond", "label": "钻石", "from": 100},
    {"key": "gold", "label": "金卡", "from": 60},
    {"key": "silver", "label": "银卡", "from": 30},
    {"key": "basic", "label": "普通", "from": 0},
]


def dimension(
    key: str = "spend", value: str = "spend", cuts: list[Any] | int = 4, weight: Any = 100, better: str = "higher", **more: Any
) -> Json:
    """`cuts` as a number makes quantile bands."""
    bands = {"by": "quantiles", "count": cuts} if isinstance(cuts, int) else {"by": "cuts", "cuts": cuts}
    return {"key": key, "label": key.capitalize(), "weight": weight, "value": value, "bands": {**bands, "better": better}, **more}


def model(*dimensions: Json, key: str = "value", tiers: list[Json] | None = None, **more: Any) -> Json:
    return {
        "kind": "tier_model",
        "key": key,
        "label": key,
        "form": "customer",
        "dimensions": list(dimensions or [dimension(cuts=[1000, 5000, 20000])]),
        "tiers": tiers or TIERS,
        **more,
    }


class World:
    """Everything a test does, each in a transaction of its own. `on(day)` moves the clock to noon of that day in Shanghai."""

    def __init__(self, workspace: Workspace, *definitions: Json, day: date = TODAY):
        kinds.load()
        self.workspace = workspace
        self.on(day)
        given = {(each["kind"], each["key"]): each for each in (CUSTOMER, ORDER, VISIT, TAGS, model(), *definitions)}
        self.publish(*given.values())

    def on(self, day: date, hour: int = 4) -> World:
        instant = datetime.combine(day, time(hour), UTC)
        self.workspace.now = lambda: instant
        return self

    def later(self, **delta: int) -> World:
        instant = self.workspace.now() + timedelta(**delta)
        self.workspace.now = lambda: instant
        return self

    def publish(self, *definitions: Json) -> None:
        with self.workspace.writing(SYSTEM) as act:
            versions.publish(act, definitions)

    def add(self, form: str, source: str = "form", **values: Any) -> int:
        with self.workspace.writing(SYSTEM, source) as act:
            return gateway.create(act, form, values).id

    def customer(self, name: str = "Ann", **values: Any) -> int:
        return self.add("customer", name=name, **values)

    def order(self, customer: int, amount: Any, paid_on: date | None = TODAY, status: str = "done") -> int:
        return self.add("order", customer=customer, amount=amount, paid_on=paid_on, status=status)

    def orders(self, customer: int, *amounts: Any, paid_on: date | None = TODAY) -> None:
        for amount in amounts:
            self.order(customer, amount, paid_on)

    def change(self, form: str, record: int, **values: Any) -> None:
        with self.workspace.writing(SYSTEM) as act:
            gateway.update(act, form, record, values)

    def delete(self, form: str, record: int) -> None:
        with self.workspace.writing(SYSTEM) as act:
            gateway.delete(act, form, record)

    def restore(self, form: str, record: int) -> None:
        with self.workspace.writing(SYSTEM) as act:
            gateway.restore(act, form, record)

    def recompute(self, key: str = "value", **more: Any) -> dict[str, int]:
        return recompute(self.workspace, key, **more)

    # -- looking --------------------------------------------------------------------------------------------------------------
    def rows(self, query: Any) -> list[Any]:
        with self.workspace.reading(SYSTEM) as act:
            return list(act.connection.execute(query))

    def number(self, key: str = "value") -> int:
        return self.rows(sa.select(definition.c.id).where(definition.c.kind == "tier_model", definition.c.key == key))[0][0]

    def state(self, record: int, key: str = "value") -> Any:
        return next(
            iter(self.rows(sa.select(tier_state).where(tier_state.c.record == record, tier_state.c.model == self.number(key)))), None
        )

    def tier(self, record: int, key: str = "value") -> str | None:
        state = self.state(record, key)
        return None if state is None else state.tier

    def history(self, record: int) -> list[tuple[str | None, str | None, str]]:
        return [
            (row.tier_from, row.tier_to, row.cause)
            for row in self.rows(sa.select(tier_history).where(tier_history.c.record == record).order_by(tier_history.c.id))
        ]

    def events(self, kind: str = "tier_changed") -> list[Any]:
        return self.rows(sa.select(event).where(event.c.kind == kind).order_by(event.c.id))
