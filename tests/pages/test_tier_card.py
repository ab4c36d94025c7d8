"""The facts of a tier card as people say them."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words
from tests.tiers.world import TODAY, World, dimension, model

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer"]}]}
CARD = model(
    dimension("recency", "DAYS_SINCE(last_order_on)", [14, 60], weight=50, better="lower"),
    dimension("orders", "COUNT(orders) + COUNT(visits)", [2, 5], weight=25),
    dimension("spend", "spend", [1000, 5000], weight=20),
    dimension("points", "points", [10], weight=5),
)


@pytest.fixture
def card(sqlite_workspace: Workspace, signed_in: Visitor) -> str:
    world = World(sqlite_workspace, APP, CARD)
    ann = world.customer("Ann", points=7)
    world.order(ann, 1200, TODAY - timedelta(days=20))
    return words(signed_in.get(f"/apps/shop/customer/{ann}"))


@pytest.mark.parametrize("fact", ["Recency 20 days ago", "Orders once", "Spend ¥1,200", "Points 7"])
def test_a_fact_is_written_as_people_say_it(card: str, fact: str):
    assert fact in card


@pytest.mark.parametrize("change", ["Recency: 14 days or less", "Orders: 5 times or more"])
def test_a_change_that_lifts_names_the_value_to_reach(card: str, change: str):
    assert change in card


# -- where the values come from -----------------------------------------------------------------------------------------------------
@pytest.fixture
def shop(sqlite_workspace: Workspace) -> tuple[World, int]:
    world = World(sqlite_workspace, APP, CARD)
    ann = world.customer("Ann", points=7)
    world.order(ann, 1200, TODAY - timedelta(days=20))
    world.order(ann, 300, TODAY - timedelta(days=500))
    return world, ann


def test_a_fact_leads_to_the_records_behind_it(shop: tuple[World, int], signed_in: Visitor):
    __, ann = shop
    page = signed_in.get(f"/apps/shop/customer/{ann}").get_data(as_text=True)
    (spend,) = re.findall(r'<a href="([^"]+)">¥1,200</a>', page)
    listed = words(signed_in.get(html.unescape(spend)))
    assert "1,200" in listed and "300.00" not in listed
    assert re.search(r'<a href="/apps/shop/order\?filter=[^"]+">20 days ago</a>', page)
    assert not re.search(r"<a [^>]*>7</a>", page), "a field of the record itself is no link"


def test_every_value_can_be_unfolded_down_to_the_rows(shop: tuple[World, int], signed_in: Visitor):
    __, ann = shop
    page = signed_in.get(f"/apps/shop/customer/{ann}").get_data(as_text=True)
    assert f'hx-get="/apps/shop/customer/{ann}/tier-values"' in page
    part = signed_in.get(f"/apps/shop/customer/{ann}/tier-values", HX_Request="true")
    found = words(part)
    assert "<main" not in part.get_data(as_text=True)
    assert "Order: 1 of 2 count, from" in found and "#1" in found and "¥1,200.00" in found
    assert "Show them in the list" in found
    assert "How the values came about" in words(signed_in.get(f"/apps/shop/customer/{ann}/tier-values"))


def test_what_one_may_not_see_is_not_unfolded(shop: tuple[World, int], app: Any, add_person: Any):
    world, ann = shop
    add_person("mia@example.com", "member")
    rights = {"customer": {"*": "view"}, "order": {"*": "view", "amount": "hidden"}}
    sets = [
        {"kind": "permission_set", "key": form, "label": form, "form": form, "for": ["role:member"], "actions": ["view"], "fields": fields}
        for form, fields in rights.items()
    ]
    with world.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, sets)
    found = words(Visitor(app).sign_in("mia@example.com", PASSWORD).get(f"/apps/shop/customer/{ann}/tier-values", HX_Request="true"))
    assert "This value is made of fields that you may not see." in found and "1,200" not in found
