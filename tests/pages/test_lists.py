"""The list of a form: every kind of column as it looks, nothing that a record says becomes part of the page."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.workspace import Workspace
from runtime.tags import assigning
from tests.makers import (
    checkbox,
    choice,
    day,
    form_json,
    formula,
    long_text,
    member,
    money,
    multi_choice,
    number,
    reference,
    tags,
    text,
    url,
)
from tests.pages.visitor import Visitor

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer"]}]}
STAGE = choice("stage")
STAGE["options"] = [
    {"key": "new", "label": {"zh": "新 & 好", "en": "New & fresh"}, "color": "green"},
    {"key": "old", "label": "Old", "color": None},
]
CUSTOMER = form_json(
    text("name"),
    STAGE,
    number("visits", decimals=0),
    money("spend", currency="CNY"),
    day("seen_on"),
    long_text("note"),
    url("site"),
    member("owner"),
    reference("partner", form="customer"),
    multi_choice("likes", "tea", "wine"),
    checkbox("agreed"),
    formula("double", "visits * 2", result="number", decimals=0),
    tags("marks", tag_set="customer_tags"),
    app="shop",
    title="name",
)
TAGS = {
    "kind": "tag_set",
    "key": "customer_tags",
    "label": "Tags",
    "form": "customer",
    "tags": [{"key": "vip", "label": "<VIP>", "meaning": "Spends a lot.", "use": "Greet by name."}],
}
EVIL = "<script>alert(1)</script>\"'&"


class Shop:
    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        with workspace.writing(SYSTEM) as act:
            publish(act, [APP, CUSTOMER, TAGS])

    def add(self, **values: Any) -> int:
        with self.workspace.writing(SYSTEM) as act:
            return gateway.create(act, "customer", values).id


@pytest.fixture
def shop(sqlite_workspace: Workspace, app: Any) -> Shop:
    return Shop(sqlite_workspace)


def row_of(page: str, record: int) -> str:
    found = re.search(rf'<tr data-row-key="{record}".*?</tr>', page)
    assert found, page
    return found[0]


def cells_of(page: str, record: int) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", row_of(page, record))[1:]


def card_of(page: str, record: int) -> str:
    found = re.search(rf'<li><a href="/apps/shop/customer/{record}">.*?</li>', page)
    assert found
    return found[0]


def test_each_kind_of_value_has_its_look(shop: Shop, signed_in: Visitor):
    partner = shop.add(name="Partner")
    record = shop.add(
        name="Wang", stage="new", visits=12486, spend="1860.50", seen_on="2024-02-29", note="long", site="https://example.com/a?b=1&c=2"
    )
    shop.add(name="Third", partner=partner, owner=1, likes=["tea", "wine"], agreed=True, spend=Decimal(7))
    columns = "name,stage,visits,spend,seen_on,note,site,double"
    page = signed_in.get(f"/apps/shop/customer?columns={columns}").text
    name, stage, visits, spend, seen_on, note, site, double = cells_of(page, record)
    assert name == f'<a class="tl-row-title" href="/apps/shop/customer/{record}"><b>Wang</b></a>'
    assert stage == '<span class="tl-option tier-green">New &amp; fresh</span>'
    assert (visits, spend, double) == ("12,486", "¥1,860.50", "24,972")
    assert re.fullmatch(r'<span title="2024-02-29">\d+ days ago</span>', seen_on)
    assert note == '<span class="tl-cut">long</span>'
    assert 'href="https://example.com/a?b=1&amp;c=2" rel="noopener noreferrer" target="_blank"' in site


def test_people_records_and_several_values(shop: Shop, signed_in: Visitor):
    partner = shop.add(name="Partner & Co")
    record = shop.add(name="Third", partner=partner, likes=["tea", "wine"], agreed=True)
    page = signed_in.get("/apps/shop/customer?columns=name,partner,likes,agreed,created_by,id").text
    _name, partner_cell, likes, agreed = cells_of(page, record)
    assert partner_cell == f'<a href="/apps/shop/customer/{partner}">Partner &amp; Co</a>'
    assert likes == "Tea, Wine"
    assert agreed == "Yes"


def test_what_is_blank_is_a_dash_and_a_record_without_a_title_its_number(shop: Shop, signed_in: Visitor):
    record = shop.add(stage="old")
    page = signed_in.get("/apps/shop/customer?columns=name,spend,seen_on,marks,stage").text
    cells = cells_of(page, record)
    assert cells[0].endswith(f"<b>#{record}</b></a>")
    assert cells[1:] == ['<span class="tl-quiet">—</span>'] * 3 + ["Old"]
    assert f"#{record}" in card_of(page, record)


@pytest.mark.parametrize("column", ["name", "note", "partner"])
def test_what_a_record_says_is_never_page(shop: Shop, signed_in: Visitor, column: str):
    partner = shop.add(name=EVIL)
    record = shop.add(name=EVIL, note=EVIL, partner=partner)
    page = signed_in.get(f"/apps/shop/customer?columns=name,{column}" if column != "name" else "/apps/shop/customer?columns=name").text
    assert "<script>alert" not in row_of(page, record)
    assert "<script>alert" not in card_of(page, record)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;" in row_of(page, record)


def test_tags_are_pills_and_their_labels_only_text(shop: Shop, signed_in: Visitor):
    record = shop.add(name="Wang")
    with shop.workspace.writing(SYSTEM) as act:
        assigning.assign(act, "customer", record, "vip")
    page = signed_in.get("/apps/shop/customer?columns=name,marks").text
    assert "&lt;VIP&gt;" in cells_of(page, record)[1]


def test_the_card_says_the_facts_once(shop: Shop, signed_in: Visitor):
    record = shop.add(name="Wang", stage="new", spend=5)
    card = card_of(signed_in.get("/apps/shop/customer?columns=stage,name,spend").text, record)
    assert card.count("Wang") == 1
    assert "New &amp; fresh" not in card  # the first column is the head of the row
    card = card_of(signed_in.get("/apps/shop/customer?columns=name,stage,spend").text, record)
    assert "New &amp; fresh" in card


def test_the_dialog_offers_labels_in_the_language_of_the_reader(shop: Shop, signed_in: Visitor):
    shop.add(name="Wang")
    assert "New & fresh" in offered(signed_in)
    signed_in.post("/language", {"language": "zh"})
    assert "新 & 好" in offered(signed_in)


def offered(visitor: Visitor) -> list[str]:
    """The options of the stage in the dialog that adds a condition."""
    found = re.search(r"<script type=\"application/json\" data-condition-fields>(.*?)</script>", visitor.get("/apps/shop/customer").text)
    assert found
    return [option["label"] for each in json.loads(found[1]) if each["key"] == "stage" for option in each["options"]]


def test_links_of_the_list_keep_every_wish(shop: Shop, signed_in: Visitor):
    shop.add(name="Wang", stage="new", visits=3)
    page = signed_in.get("/apps/shop/customer?where=stage|any_of|new&q=wang&columns=name,visits&sort=-visits").text
    link = re.search(r'<a class="btn-link-plain" href="([^"]*sort=-name[^"]*)"', page)
    assert link
    for piece in ("q=wang", "columns=name%2Cvisits", "where=stage%7Cany_of%7Cnew"):
        assert piece in link[1]
