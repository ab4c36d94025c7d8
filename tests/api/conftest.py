"""Callers of the API: an application over the small shop, a builder and a member with a token each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.people import accounts, tokens
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from tests import makers
from tests.api.caller import Caller

CUSTOMER = makers.form_json(
    makers.text("name", required=True, max_length=40),
    makers.text("code", unique=True),
    makers.multi_choice("interests"),
    makers.day("since"),
    makers.instant("seen_at"),
    makers.checkbox("agreed"),
    makers.choice("stage", "new", "steady", default="'new'"),
    makers.member("owner"),
    makers.number("visits", decimals=0, min=0, max=500),
    makers.tags("tags"),
    makers.tier("tier"),
    makers.formula("spend", "SUM(orders.amount, where=orders.status == 'done')", result="money", currency="CNY"),
)
ORDER = makers.form_json(
    makers.serial("no", "SO{yyyy}{####}"),
    makers.reference("customer", "customer", many_name="orders", match="code", required=True),
    makers.day("paid_on", default="TODAY()"),
    makers.choice("status", "draft", "done", default="'done'"),
    makers.subform(
        "items",
        makers.text("product", required=True),
        makers.number("quantity", decimals=0, min=1),
        makers.money("price"),
        makers.formula("line_total", "quantity * price", result="money", currency="CNY"),
    ),
    makers.formula("amount", "SUM(items.line_total)", result="money", currency="CNY"),
    key="order",
    event_date="paid_on",
)
TAGS = {
    "kind": "tag_set",
    "key": "customer_tags",
    "label": "Tags",
    "form": "customer",
    "tags": [{"key": "vip", "label": {"zh": "贵宾", "en": "VIP"}}, {"key": "bargain", "label": "Bargain"}],
}
TIERS = {
    "kind": "tier_model",
    "key": "value",
    "label": "Value",
    "form": "customer",
    "dimensions": [
        {
            "key": "spend",
            "label": {"zh": "消费", "en": "Spend"},
            "weight": 100,
            "value": "spend",
            "missing": "worst",
            "bands": {"by": "cuts", "cuts": [100, 1000, 5000]},
        }
    ],
    "tiers": [{"key": "gold", "label": {"zh": "金", "en": "Gold"}, "from": 60}, {"key": "basic", "label": "Basic", "from": 0}],
}
SHOP = (CUSTOMER, ORDER, TAGS, TIERS)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "manifest.json").write_text("{}")
    return tmp_path / "dist"


def opened(workspace: Workspace) -> Workspace:
    """The shop with Ada, who builds, and Ben, a member."""
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, SHOP)
        for name, roles in (("ada", ("builder", "member")), ("ben", ("member",)), ("gus", ("guest",))):
            accounts.add(act, email=f"{name}@example.com", name=name.title(), roles=roles, password=None)
    return workspace


def caller(workspace: Workspace, dist: Path, name: str) -> Caller:
    from app import create_app

    app = create_app(workspace, dist=dist)
    with workspace.writing(SYSTEM) as act:
        token = tokens.create(act, accounts.named(act.connection, f"{name}@example.com"), "test")
    return Caller(app, token)


@pytest.fixture
def ada(workspace: Workspace, dist: Path) -> Caller:
    """The builder, on each database."""
    return caller(opened(workspace), dist, "ada")


@pytest.fixture
def lite(sqlite_workspace: Workspace, dist: Path) -> Caller:
    """The builder, where the database makes no difference."""
    return caller(opened(sqlite_workspace), dist, "ada")


@pytest.fixture
def as_person(lite: Caller, sqlite_workspace: Workspace, dist: Path) -> Callable[[str], Caller]:
    """Others beside `lite`: ben, a member, and gus, who may do nothing yet."""
    return lambda name: caller(sqlite_workspace, dist, name)


def an_order(customer: str, *prices: str, **values: Any) -> dict[str, Any]:
    return {"customer": customer, "items": [{"product": "Tea", "quantity": 1, "price": price} for price in prices], **values}
