"""A small shop: customers, their orders with lines, and a workspace in which both are published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.system.workspace import Act, Workspace
from tests import makers

CUSTOMER = makers.form_json(
    makers.text("name", required=True),
    makers.text("code", unique=True),
    makers.multi_choice("interests"),
    makers.day("since"),
    makers.phone("mobile", region="CN"),
    makers.formula("last_on", "MAX(orders.paid_on, where=orders.status == 'done')", result="date"),
    makers.formula(
        "spend", "SUM(orders.amount, where=orders.status == 'done', on=orders.paid_on, days=365)", result="money", currency="CNY"
    ),
    makers.formula("days_ago", "DAYS_SINCE(last_on)", result="number", decimals=0),
    makers.formula("lines", "COUNT(orders.items)", result="number", decimals=0),
    makers.formula("greeting", "'Hello ' & name", result="text"),
)
ORDER = makers.form_json(
    makers.serial("no", "SO{yyyy}{####}"),
    makers.reference("customer", "customer", many_name="orders", match="code", required=True),
    makers.day("paid_on", default="TODAY()"),
    makers.subform(
        "items",
        makers.text("product", required=True),
        makers.number("quantity", decimals=0, min=1),
        makers.money("price"),
        makers.formula("line_total", "quantity * price", result="money", currency="CNY"),
    ),
    makers.formula("amount", "SUM(items.line_total)", result="money", currency="CNY"),
    makers.choice("status", "draft", "done", default="'done'"),
    makers.formula("buyer", "customer.name", result="text"),
    key="order",
    event_date="paid_on",
)


@contextmanager
def acting(workspace: Workspace, source: str = "form") -> Iterator[Act]:
    with workspace.writing(SYSTEM, source) as act:
        yield act


def publish(workspace: Workspace, *bodies: dict[str, Any]) -> None:
    with acting(workspace, "publish") as act:
        versions.publish(act, bodies)


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    kinds.load()
    publish(workspace, CUSTOMER, ORDER)
    return workspace


@pytest.fixture
def sqlite_shop(sqlite_workspace: Workspace) -> Workspace:
    kinds.load()
    publish(sqlite_workspace, CUSTOMER, ORDER)
    return sqlite_workspace
