"""Filling in over HTTP: what a choice fills in and for whom, cells of a spreadsheet, duplicates, drafts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import NotFound, Refused
from runtime.pages.entry_paste import pasted
from runtime.pages.reader import Reader
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.records.entries import prepare
from runtime.records.lookup import ActLookup
from runtime.records.plan import plan_of
from tests import makers
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

if TYPE_CHECKING:
    from flask import Flask

    from runtime.system.workspace import Workspace

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:client", "form:quote"]}]}
CLIENT = makers.form_json(makers.text("name"), makers.phone("mobile", unique=True), makers.text("secret"), key="client")
QUOTE = makers.form_json(
    makers.text("subject"),
    makers.reference("client", "client"),
    makers.text("mobile"),
    makers.text("copied"),
    makers.subform(
        "items", makers.text("product"), makers.number("quantity"), makers.day("due_on"), makers.choice("color", "red", "blue"), max_rows=3
    ),
    key="quote",
    rules=[
        {"chosen": "client", "fill": [{"field": "mobile", "by": "client.mobile"}, {"field": "copied", "by": "client.secret"}]},
        {"read_only": ["mobile"], "when": "not ISEMPTY(client)"},
        {"read_only": ["product"], "when": "color == 'red'", "subform": "items"},
    ],
)
ALL = ["view", "add", "edit"]
SETS = [
    {
        "kind": "permission_set",
        "key": "quotes",
        "label": "Q",
        "form": "quote",
        "for": ["role:sales"],
        "actions": ALL,
        "fields": {"*": "edit"},
    },
    {
        "kind": "permission_set",
        "key": "clients",
        "label": "C",
        "form": "client",
        "for": ["role:sales"],
        "actions": ["view"],
        "fields": {"*": "view", "secret": "hidden"},
    },
]


@pytest.fixture
def shop(sqlite_workspace: Workspace) -> Workspace:
    kinds.load()
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, CLIENT, QUOTE, *SETS])
    with sqlite_workspace.writing(SYSTEM) as act:
        gateway.create(act, "client", {"name": "Ann", "mobile": "13812342046", "secret": "owes us money"})
    return sqlite_workspace


@pytest.fixture
def seller(app: Flask, shop: Workspace, builder: Person, add_person: Callable[..., Person]) -> Visitor:
    add_person("meng@example.com", "member", "sales")
    return Visitor(app).sign_in("meng@example.com", PASSWORD)


def test_a_choice_fills_in_what_the_person_may_see_of_the_record(seller: Visitor) -> None:
    answer = seller.post("/apps/shop/quote/check", {"f_client": "1", "_field": "f_client"})
    assert answer.json["filled"] == {"f_mobile": {"texts": ["+8613812342046"], "title": ""}}


# -- what is looked up, and what follows from it ----------------------------------------------------------------------------------
OFFER = makers.form_json(
    makers.text("subject"),
    makers.reference("client", "client", many_name="offers"),
    makers.number("pieces"),
    makers.lookup("client_mobile", reference="client", field="mobile"),
    makers.lookup("client_secret", reference="client", field="secret"),
    makers.formula("greeting", "'Dear ' & client_mobile", result="text"),
    makers.formula("whisper", "'Psst ' & client_secret", result="text"),
    makers.subform("lines", makers.reference("of", "client"), makers.number("amount"), makers.formula("who", "of.name", result="text")),
    makers.formula("total", "SUM(lines.amount)"),
    makers.formula("twice", "total * 2"),
    key="offer",
)
WITH_OFFERS = makers.form_json(
    makers.text("name"),
    makers.phone("mobile", unique=True),
    makers.text("secret"),
    makers.field("rollup", "offered", relation="offers", figure="count", result="number"),
    key="client",
)


@pytest.fixture
def offers(shop: Workspace, seller: Visitor) -> Visitor:
    allowed = {**SETS[0], "key": "offers", "form": "offer"}
    with shop.writing(SYSTEM, "publish") as act:
        versions.publish(act, [WITH_OFFERS, OFFER, allowed])
    return seller


def checked(visitor: Visitor, **typed: str) -> dict[str, Any]:
    answer: dict[str, Any] = visitor.post("/apps/shop/offer/check", {**typed, "_field": "f_client"}).json
    return answer


def test_what_is_looked_up_is_told_as_soon_as_the_record_is_chosen(offers: Visitor) -> None:
    found = checked(offers, f_client="1")
    assert found["values"]["f_client_mobile"].replace(" ", "").endswith("13812342046")
    assert found["values"]["f_greeting"].startswith("Dear ")
    assert found["paths"]["client.mobile"]["values"] == {"1": "+8613812342046"}
    assert "f_client_mobile" not in found["waits"]
    assert checked(offers, f_client="")["values"]["f_client_mobile"] == ""


def test_nobody_learns_by_choosing_a_record_what_they_may_not_see_of_it(offers: Visitor, app: Flask) -> None:
    answer = offers.post("/apps/shop/offer/check", {"f_client": "1", "_field": "f_client"})
    assert "owes us money" not in answer.get_data(as_text=True)
    assert "f_whisper" in answer.json["waits"]
    assert "owes us money" not in offers.get("/apps/shop/offer/new?client=1").get_data(as_text=True)
    boss = Visitor(app).sign_in("ada@example.com", PASSWORD)
    assert checked(boss, f_client="1")["values"]["f_whisper"] == "Psst owes us money"


def test_a_record_that_comes_with_the_address_is_looked_up_at_once(offers: Visitor) -> None:
    assert "Dear +86" in words(offers.get("/apps/shop/offer/new?client=1"))


def test_what_only_other_records_tell_is_said_to_come_after_saving(offers: Visitor, app: Flask) -> None:
    boss = Visitor(app).sign_in("ada@example.com", PASSWORD)
    assert "Worked out after saving: Offered." in words(boss.get("/apps/shop/client/new"))


def test_a_total_of_rows_that_cannot_be_read_is_no_number(offers: Visitor) -> None:
    rows = {"f_lines-0-f_amount": "5", "f_lines-1-f_amount": "many"}
    found = checked(offers, **rows)
    assert {"f_total", "f_twice"}.isdisjoint(found["values"])
    assert found["waits"]["f_total"] == found["waits"]["f_twice"] == "worked out once everything it needs can be read"
    found = checked(offers, **rows | {"f_lines-1-f_amount": "7"})
    assert (found["values"]["f_total"], found["values"]["f_twice"]) == ("12.00", "24.00")


def test_whoever_gives_no_value_gets_the_filled_one_and_a_locked_field_takes_no_other(shop: Workspace) -> None:
    with shop.reading(SYSTEM) as act:
        plan = plan_of(act.catalogue, "quote", act.connection.dialect)

        def sent(values: dict[str, Any]) -> Any:
            return prepare(act, plan, values, None, ActLookup(act))

        assert sent({"client": 1}).values["mobile"] == "+8613812342046"
        assert not sent({"client": 1, "mobile": "+8613812342046"}).problems
        assert [each.path for each in sent({"client": 1, "mobile": "110"}).problems] == ["mobile"]


def test_what_is_locked_in_a_row_stays_together_with_its_row(shop: Workspace) -> None:
    first = [{"product": "Coat", "color": "red"}]
    with shop.writing(SYSTEM) as act:
        problems = prepare(act, plan_of(act.catalogue, "quote", act.connection.dialect), {"items": first}, None, ActLookup(act)).problems
        assert [each.path for each in problems] == ["items/0/product"]
        made = gateway.create(act, "quote", {"items": [{"product": "Coat", "color": "blue"}]})
        gateway.update(act, "quote", made.id, {"items": [{"product": "Hat"}, *first]})
        with pytest.raises(Refused):
            gateway.update(act, "quote", made.id, {"items": [{"product": "Hat", "color": "red"}, {"product": "Cap", "color": "red"}]})


@pytest.mark.parametrize(
    ("cell", "key", "habits", "texts"),
    [
        ("1.234,50", "quantity", {"decimal": ","}, ["1234.50"]),
        ("1,234.50", "quantity", {"decimal": "."}, ["1234.50"]),
        ("5/3/2026", "due_on", {"order": "mdy"}, ["2026-05-03"]),
        ("5/3/26", "due_on", {"order": "dmy"}, ["2026-03-05"]),
        ("2026年5月3日", "due_on", {"order": "ymd"}, ["2026-05-03"]),
        ("red的标签", "color", {}, ["red"]),
        ("many", "quantity", {}, None),
        ("31/2/2026", "due_on", {"order": "dmy"}, None),
    ],
)
def test_a_cell_is_read_as_it_is_written_where_it_was_copied(cell: str, key: str, habits: dict[str, str], texts: Any) -> None:
    answer = _pasted({"subform": "items", "columns": [key], "cells": [[cell]], **habits})
    found = answer["cells"][0][0]
    assert (found and found["texts"]) == texts
    assert bool(answer["problems"]) == (texts is None)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        {"subform": "nothing"},
        {"subform": "items"},
        {"subform": "items", "columns": [1], "cells": []},
        {"subform": "items", "columns": ["product"], "cells": [["a"]] * 4},
        {"subform": "items", "columns": ["product"], "cells": [["a" * 20_001]]},
    ],
)
def test_cells_of_another_shape_are_refused(sent: Any) -> None:
    with pytest.raises((NotFound, Refused)):
        _pasted(sent)


def _pasted(sent: Any) -> dict[str, Any]:
    return pasted(makers.definition(QUOTE), sent, makers.PlainLookup(), Reader("en", makers.SHANGHAI))


def test_cells_are_read_for_whoever_may_fill_in_the_form(seller: Visitor) -> None:
    sent = {"subform": "items", "columns": ["product", ""], "cells": [["Coat", "x"]]}
    answer = seller.client.post("/apps/shop/quote/paste", json=sent, headers={"X-CSRFToken": seller.form_token()})
    assert answer.json == {"cells": [[{"texts": ["Coat"], "title": ""}, None]], "problems": []}
    assert seller.client.post("/apps/shop/client/paste", json=sent, headers={"X-CSRFToken": seller.form_token()}).status_code == 403


def test_a_duplicate_is_named_only_to_whoever_may_see_it(seller: Visitor, app: Flask, builder: Person, shop: Workspace) -> None:
    asked = {"f_mobile": "138 1234 2046", "_field": "f_mobile"}
    by_builder = Visitor(app).sign_in(builder.email, PASSWORD).post("/apps/shop/client/duplicates", asked)
    assert [each["title"] for each in by_builder.json["duplicates"]] == ["Ann"]
    with shop.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**SETS[1], "rows": "name == 'Bob'"}])
    assert seller.post("/apps/shop/client/duplicates", asked).json["duplicates"] == []


def test_a_draft_is_kept_for_its_person_until_it_is_saved(seller: Visitor, app: Flask, builder: Person, shop: Workspace) -> None:
    draft = {"then": "draft", "f_subject": "Half", "f_items-0-f_quantity": "man"}
    kept = seller.post("/apps/shop/quote/new", draft)
    number = re.search(r"draft=(\d+)", kept.headers["Location"])[1]  # type: ignore[index]
    page = seller.get(f"/apps/shop/quote/new?draft={number}").text
    assert 'value="Half"' in page
    assert 'value="man"' in page
    assert "data-problems" not in page
    assert "Half" in seller.get("/apps/shop/quote/new").text
    other = Visitor(app).sign_in(builder.email, PASSWORD)
    assert other.get(f"/apps/shop/quote/new?draft={number}").status_code == 404
    other.post(f"/apps/shop/quote/drafts/{number}/delete")
    assert seller.post("/apps/shop/quote/new", {"draft": number, "f_subject": "Whole"}).status_code == 303
    assert seller.get(f"/apps/shop/quote/new?draft={number}").status_code == 404
    with shop.reading(SYSTEM) as act:
        assert [each.values["subject"] for each in query.page(act, "quote", columns=["subject"]).records] == ["Whole"]


def test_a_query_panel_says_what_to_fill_in_before_it_says_that_nothing_fits(seller: Visitor, shop: Workspace) -> None:
    panel = makers.field("query_panel", "known", form="client", theirs="name", ours="subject")
    with shop.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**QUOTE, "fields": [*QUOTE["fields"], panel]}])
    said = {text: words(seller.get(f"/apps/shop/quote/panel/known?value={text}")) for text in ("", "Ann", "Bob")}
    assert "Fill in Subject first." in said[""] and "Ann" in said["Ann"] and said["Bob"] == "No record fits."
