"""The pages of segments, the filter of lists, the editor's questions and the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from builder import trial
from runtime.api import segments as api
from runtime.definitions import versions
from runtime.people import accounts, tokens
from runtime.people.person import SYSTEM, Person
from runtime.system.workspace import Workspace
from tests.api.caller import Caller
from tests.pages.conftest import PASSWORD, add_person, app, browser_files, builder, cheap_passwords, signed_in  # noqa: F401
from tests.pages.visitor import Visitor, words
from tests.segments.conftest import Shop, segment
from tests.tiers.world import TODAY

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer"]}]}
BIG = segment("big", "points >= 5 and 'busy' in tags", label={"zh": "大客户", "en": "Big ones"})
PAGE = "/apps/shop/-/segments"
EDITOR = "/build/shop/segments/big"


@pytest.fixture
def house(sqlite_workspace: Workspace, app: Any) -> Shop:  # noqa: F811
    shop = Shop(sqlite_workspace, APP, BIG, segment("new", "stage == 'new'"), segment("visits", "ISEMPTY(on_day)", form="visit"))
    shop.ann = shop.customer("Ann", points=9, stage="new")
    shop.orders(shop.ann, 10, 20)
    shop.customer("Bob", points=9, stage="new")
    shop.customer("Cid", points=9)
    return shop


def body(where: str, **more: Any) -> dict[str, Any]:
    return {"body": {**BIG, "where": where, **more}}


@pytest.fixture
def ask(signed_in: Visitor) -> Callable[..., Any]:  # noqa: F811
    """Asks the editor's server, as its script does."""

    def post(what: str, sent: dict[str, Any], status: int = 200) -> Any:
        headers = {**signed_in.headers, "X-CSRFToken": signed_in.form_token(), "Accept": "application/json"}
        answer = signed_in.client.post(f"{EDITOR}/{what}", json=sent, headers=headers)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    return post


# -- pages ----------------------------------------------------------------------------------------------------------------------------
def test_the_list_says_what_each_means_how_many_there_are_and_how_that_changed(house: Shop, signed_in: Visitor):  # noqa: F811
    text = words(signed_in.get(PAGE))
    assert "Big ones Customer Points is at least 5 and Tags has Busy Formula points >= 5 and 'busy' in tags 1 +1 +1 −0 0" in text
    assert "New Customer Stage is New" in text
    assert 'href="/apps/shop/-/segments"' in signed_in.get("/apps/shop/customer").get_data(as_text=True)


def test_a_segment_shows_its_line_who_came_and_went_what_it_shares_and_who_uses_it(house: Shop, signed_in: Visitor):  # noqa: F811
    view = {"kind": "view", "key": "best", "app": "shop", "label": "Best list", "form": "customer", "filter": "IN_SEGMENT('big')"}
    greet = {
        "kind": "automation", "key": "greet", "label": "Greet", "trigger": {"type": "segment_entered", "segment": "big"},
        "steps": [{"type": "add_tag", "tag_set": "customer_tags", "tag": "vip"}],
    }  # fmt: skip
    house.publish(view, greet)
    house.on(TODAY + timedelta(days=1)).change("customer", house.ann, points=1)
    text = words(signed_in.get(f"{PAGE}/big"))
    assert "Members 0" in text and "Came in 30 days 1" in text and "Went in 30 days 1" in text
    assert "Who came last Ann entered by hand" in text and "Who went last Ann entered by hand" in text
    assert "Best list Views" in text and "Greet Automations" in text
    house.change("customer", house.ann, points=9)
    page = signed_in.get(f"{PAGE}/big?days=30")
    assert "New Combine New 1 100% 50%" in words(page) and '"data": [1, 1]' in page.get_data(as_text=True)
    assert "/apps/shop/customer/export?filter=IN_SEGMENT%28%27big%27%29" in page.get_data(as_text=True)


def test_two_segments_are_combined_and_the_result_is_saved_as_a_draft(house: Shop, signed_in: Visitor):  # noqa: F811
    text = words(signed_in.get(f"{PAGE}?a=new&b=big"))
    assert "in “New” or “Big ones” IN_SEGMENT('new') or IN_SEGMENT('big') 2" in text
    assert "in “New” but not in “Big ones” IN_SEGMENT('new') and not IN_SEGMENT('big') 1" in text
    given = {"a": "new", "b": "big", "way": "difference", "label": "New but small"}
    answer = signed_in.post("/build/shop/segments/combine", given)
    assert answer.headers["Location"] == "/build/shop/segments/new_but_small"
    with house.workspace.reading(SYSTEM) as act:
        draft = versions.find_draft(act.connection, "segment", "new_but_small")
    assert draft is not None and draft.body["where"] == "IN_SEGMENT('new') and not IN_SEGMENT('big')"
    house.publish(draft.body)
    house.settle()
    assert house.count("new_but_small").members == 1
    assert signed_in.post("/build/shop/segments/combine", {**given, "way": "product"}).status_code == 422


def test_what_cannot_be_combined_is_said(house: Shop, signed_in: Visitor):  # noqa: F811
    for asked, sentence in (
        ("?a=new", "Choose two segments."),
        ("?a=new&b=new", "Choose two different segments."),
        ("?a=new&b=visits", "segments of two forms"),
        ("?a=%00&b=%27", "Choose two segments."),
    ):
        assert sentence in words(signed_in.get(f"{PAGE}{asked}")), asked
    assert signed_in.get(f"{PAGE}/nothing").status_code == 404


def test_lists_take_a_segment_as_a_condition_and_name_it_on_the_chip(house: Shop, signed_in: Visitor):  # noqa: F811
    given = {"field": "IN_SEGMENT", "operator": "not_in", "value": "big", "back": "filter=stage+%3D%3D+%27new%27+or+points+%3E+50"}
    address = signed_in.post("/apps/shop/customer/condition", given).headers["Location"]
    assert parse_qs(urlsplit(address).query)["filter"] == ["(stage == 'new' or points > 50) and not IN_SEGMENT('big')"]
    text = words(signed_in.get(address))
    assert "not: is in the segment “Big ones”" in text and "Bob" in text and "Ann" not in text
    assert signed_in.post("/apps/shop/customer/condition", {**given, "value": "visits"}).status_code == 422


def test_whoever_may_not_see_the_fields_of_a_rule_does_not_read_it(house: Shop, app: Any, add_person: Any):  # noqa: F811
    rights = {"kind": "permission_set", "key": "sales", "label": "Sales", "form": "customer", "for": ["role:sales"], "actions": ["view"]}
    house.publish(
        {**APP, "roles": {"member": ["role:sales"]}},
        {**rights, "rows": "stage == 'new'", "fields": {"*": "hidden", "name": "view", "stage": "view"}},
    )
    add_person("ben@example.com", "sales")
    ben = Visitor(app).sign_in("ben@example.com", PASSWORD)
    text = words(ben.get(PAGE))
    assert "The rule reads something that you may not see." in text and "points" not in text and "Stage is New" in text
    assert "visits" not in text.lower() and ben.get(f"{PAGE}/visits").status_code == 404
    assert "Sales" not in words(ben.get(f"{PAGE}/new"))
    assert ben.post("/build/shop/segments/combine", {}).status_code == 403


# -- the editor -------------------------------------------------------------------------------------------------------------------------
def test_the_count_follows_the_draft_beside_what_is_live(house: Shop, ask: Callable[..., Any]):
    found = ask("try", body("points >= 5"))
    assert (found["then"], found["now"], found["entering"], found["leaving"]) == (3, 1, 2, 0)
    assert (found["sentence"], found["change"]) == ("3 of 3 records", "Live: 1. 2 would come, 0 would go.")
    assert [each["title"] for each in found["shown"]] == ["Cid", "Bob", "Ann"] and found["margin"] is None
    assert ask("try", body("not ('busy' in tags) and SQRT(points) == 3"))["then"] == 2
    assert ask("try", body(BIG["where"]))["change"] == "The same as live: 1."


def test_of_a_large_form_a_sample_is_asked_and_its_margin_said(house: Shop, ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch):
    for number in range(37):
        house.customer(f"C{number}", points=number % 2 * 9)
    monkeypatch.setattr(trial, "EXACT", 10)
    monkeypatch.setattr(trial, "SAMPLE", 20)
    found = ask("try", body("points >= 5"))
    assert found["population"] == 40 and 15 <= found["sampled"] <= 20
    assert found["low"] < found["then"] < found["high"] and found["low"] <= 21 <= found["high"]
    assert found["sentence"].startswith("About") and "95 % sure" in found["margin"]


BAD = (("points >=", "point"), ("points", ""), ("IN_SEGMENT('big')", "big → big"), ("owner == CURRENT_USER()", ""), ("", ""))


def test_a_bad_condition_is_answered_with_sentences(house: Shop, ask: Callable[..., Any]):
    for where, message in BAD:
        (problem, *_others) = ask("try", body(where))["problems"]
        assert problem["path"] == "where" and problem["message"] and message in problem["message"], where


def test_what_is_no_draft_of_this_segment_is_refused(house: Shop, ask: Callable[..., Any]):
    for sent in ({}, {"body": 7}, {"body": {}}, body("x", key="other"), body("x", kind="form")):
        for what in ("try", "conditions", "condition"):
            assert ask(what, sent, 422)["detail"], sent


def test_conditions_are_chips_and_a_formula_that_follow_each_other(house: Shop, ask: Callable[..., Any]):
    found = ask("conditions", body("points >= 5 and ('busy' in tags or IN_SEGMENT('new'))"))
    assert [each["words"] for each in found["chips"]] == ["Points is at least 5", "Tags has Busy or is in the segment “New”"]
    fields = {each["key"]: each for each in found["fields"]}
    assert {"points", "tags", "tier", "spend"} <= fields.keys()
    assert [each["key"] for each in fields["IN_SEGMENT"]["options"]] == ["new"]

    def picked(where: str, field: str, operator: str, value: str) -> str:
        return ask("condition", {**body(where), "field": field, "operator": operator, "value": value})["text"]

    assert picked("", "tier", "any_of", "gold,diamond") == "tier in ('gold', 'diamond')"
    assert picked("points > 1 or points < 0", "tags", "has_not", "busy") == "(points > 1 or points < 0) and not ('busy' in tags)"
    assert picked("points > 1", "IN_SEGMENT", "in", "new") == "points > 1 and IN_SEGMENT('new')"
    assert ask("condition", {**body("a > 1 and (b or c) and d"), "remove": 1})["text"] == "a > 1 and d"
    assert ask("condition", {**body("a > 1"), "remove": 0})["text"] == ""


CANNOT_BE = (
    {"field": "points", "operator": "gte", "value": "many"},
    {"field": "nothing", "operator": "is", "value": "1"},
    {"field": ["points"], "operator": None, "value": {}},
    {"field": "IN_SEGMENT", "operator": "in", "value": "visits"},
    {"remove": 4},
    {"remove": True},
    {"remove": "0"},
)


def test_a_condition_that_cannot_be_is_refused_with_a_sentence(house: Shop, ask: Callable[..., Any]):
    for more in CANNOT_BE:
        assert ask("condition", {**body("points > 1"), **more}, 422)["detail"], more


# -- the API --------------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def call(house: Shop, app: Any, builder: Person) -> Caller:  # noqa: F811
    with house.workspace.writing(SYSTEM) as act:
        token = tokens.create(act, accounts.by_email(act.connection, builder.email), "test")
    return Caller(app, token)


def test_the_api_lists_segments_their_past_and_their_members(house: Shop, call: Caller):
    lines = {each["key"]: each for each in call.get("/segments")["items"]}
    assert (lines["big"]["label"], lines["big"]["members"], lines["big"]["kept"], lines["big"]["entered"]) == ("Big ones", 1, True, 1)
    whole = call.get("/segments/big")
    assert whole["history"] == [{"day": TODAY.isoformat(), "members": 1}] and whole["used_by"] == []
    first = call.get("/segments/new/members?limit=1")
    second = call.get(f"/segments/new/members?limit=1&cursor={first['next']}")
    assert len({first["items"][0]["record"], second["items"][0]["record"]}) == 2 and second["next"] is None
    call.refused("GET", "/segments/nothing/members", None, 404)


def test_the_api_answers_as_it_is_described(house: Shop, call: Caller):
    for shape, path in ((api.Lines, "/segments"), (api.Whole, "/segments/big"), (api.Members, "/segments/new/members")):
        shape.model_validate_json(json.dumps(call.get(path)))
