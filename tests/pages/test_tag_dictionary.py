"""The tag dictionary in plain language, its rules told in words, and finding people."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.definitions.versions import publish
from runtime.formulas.definitions import formula
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway
from runtime.pages.rule_words import in_words
from runtime.system.workspace import Workspace
from runtime.tags import assigning
from tests.makers import catalogue_of, choice, day, form_json, money, number, reference, subform, tags, text
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer"]}]}
CUSTOMER = form_json(text("name"), choice("stage", "new", "lost"), money("spend"), day("met_on", label="Met on"), tags(), app="shop")
TAGS = {
    "kind": "tag_set",
    "key": "customer_tags",
    "app": "shop",
    "label": "Customer tags",
    "form": "customer",
    "most": 8,
    "may_approve": ["role:crm_lead"],
    "tags": [
        {
            "key": "big",
            "label": "Big spender",
            "family": "behaviour",
            "meaning": "Spends a lot",
            "use": "Call them first",
            "owner": "user:ada@example.com",
            "rule": "spend > 500 and stage != 'lost'",
        },
        {"key": "fair", "label": "Fair", "family": "campaign", "standing": "temporary", "expires": "2030-12-01"},
        {"key": "old", "label": "Old one", "archived": True},
    ],
}
DICTIONARY = "/apps/shop/-/tags"


@pytest.fixture
def shop(sqlite_workspace: Workspace, app: Any) -> Workspace:
    with sqlite_workspace.writing(SYSTEM) as act:
        publish(act, [APP, CUSTOMER, TAGS])
    return sqlite_workspace


def add(workspace: Workspace, **values: Any) -> int:
    with workspace.writing(SYSTEM) as act:
        return gateway.create(act, "customer", values).id


# -- the page -----------------------------------------------------------------------------------------------------------------------
def test_a_tag_is_told_with_meaning_use_rule_owner_and_number(shop: Workspace, signed_in: Visitor):
    add(shop, name="Ann", spend="600")
    add(shop, name="Bo", spend="600")
    add(shop, name="Cy", spend="20")
    answer = signed_in.get(DICTIONARY)
    text = words(answer)
    assert "Big spender" in text and "Spends a lot Call them first" in text
    assert "Spend is more than ¥500 and Stage is not Lost Formula spend > 500 and stage != 'lost' ada@example.com 2" in text
    assert "/apps/shop/customer?where=tags%7Chas%7Cbig" in answer.get_data(as_text=True)


def test_the_number_leads_to_as_many_records(shop: Workspace, signed_in: Visitor):
    add(shop, name="Ann", spend="600")
    gone = add(shop, name="Quentin", spend="600")
    with shop.writing(SYSTEM) as act:
        gateway.delete(act, "customer", gone)
    listed = words(signed_in.get("/apps/shop/customer?where=tags%7Chas%7Cbig"))
    assert "Ann" in listed and "Quentin" not in listed
    assert "ada@example.com 1" in words(signed_in.get(DICTIONARY))


def test_a_tag_without_a_rule_is_given_by_hand_and_one_for_a_time_shows_its_end(shop: Workspace, signed_in: Visitor):
    ann = add(shop, name="Ann")
    with shop.writing(SYSTEM) as act:
        assigning.assign(act, "customer", ann, "fair")
    text = words(signed_in.get(DICTIONARY))
    assert "campaign · until 2030-12-01" in text and "given by hand — 1" in text


def test_archived_tags_stand_apart_and_do_not_count(shop: Workspace, signed_in: Visitor):
    text = words(signed_in.get(DICTIONARY))
    assert "2 of 8 tags" in text and "1 archived tags" in text
    assert text.index("Fair") < text.index("1 archived tags") < text.index("Old one")


def test_rights_are_named_with_the_roles_names(shop: Workspace, signed_in: Visitor):
    assert "May approve tags the role crm_lead" in words(signed_in.get(DICTIONARY))


def test_builders_are_led_to_the_designer_and_others_are_not(shop: Workspace, app: Any, signed_in: Visitor, add_person: Any):
    assert "/build/shop/tags/customer_tags" in signed_in.get(DICTIONARY).get_data(as_text=True)
    member = Visitor(app).sign_in(add_person("m@example.com", "member").email, PASSWORD)
    assert "Big spender" in words(member.get(DICTIONARY))
    assert "/build/" not in member.get(DICTIONARY).get_data(as_text=True)


def test_an_app_without_a_dictionary_says_what_one_is(shop: Workspace, signed_in: Visitor):
    with shop.writing(SYSTEM) as act:
        publish(act, [{**APP, "key": "bare"}])
    assert "no tag dictionary yet" in words(signed_in.get("/apps/bare/-/tags"))
    assert signed_in.get(f"{DICTIONARY}?set=nothing").status_code == 404


def test_the_dictionary_speaks_chinese(shop: Workspace, app: Any, builder: Person):
    text = words(Visitor(app, language="zh").sign_in(builder.email, PASSWORD).get(DICTIONARY))
    assert "标签字典" in text and "Spend 大于 ¥500，并且 Stage 不是 lost的标签" in text and "手工打上" in text


# -- rules in words -----------------------------------------------------------------------------------------------------------------
ORDER = form_json(
    reference("customer", "customer", many_name="orders"),
    day("paid_on", label="Paid on"),
    money("amount"),
    choice("status", "done", "returned"),
    subform("items", text("product"), number("pieces")),
    key="order",
    title="paid_on",
    event_date="paid_on",
)


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            "COUNT(orders, where=orders.status == 'done', on=orders.paid_on, days=365) >= 2",
            "number of Order in the last 365 days where Status is Done is at least 2",
        ),
        ("SUM(orders.amount, on=orders.paid_on, months=3) > 1000", "sum of Amount over Order in the last 3 months is more than ¥1,000"),
        ("DAYS_SINCE(met_on) < 90", "days since Met on is less than 90"),
        ("stage in ('new', 'lost')", "Stage is one of New, Lost"),
        ("'big' in tags or not ISEMPTY(name)", "Tags has Big spender or not: Name is blank"),
        ("spend / 2 > 10 and (stage == 'new' or name == 'Ann')", "Spend ÷ 2 is more than ¥10 and (Stage is New or Name is “Ann”)"),
        ("CONTAINS(name, 'nn')", "Name contains “nn”"),
        ("SUM(orders.items.pieces) > 3", "sum of Pieces over Items is more than 3"),
        ("LEN(name) > 3", "Length(Name) is more than 3"),
    ],
)
def test_a_rule_is_told_with_the_labels_people_see(shop: Workspace, app: Any, builder: Person, rule: str, told: str):
    with shop.writing(SYSTEM) as act:
        publish(act, [ORDER])
    with app.test_request_context("/"), shop.reading(SYSTEM) as act:
        from flask import g

        g.person, g.language, g.act = builder, "en", act
        assert in_words(act.catalogue, "customer", formula(act.catalogue, "customer", rule, expect=("boolean",))) == told


def test_what_has_no_words_stays_a_formula(app: Any):
    catalogue = catalogue_of(form_json(text("name"), number("size")))
    rule = formula(catalogue, "customer", "IF(size > 3, name == 'a', name == 'b')", expect=("boolean",))
    assert in_words(catalogue, "customer", rule) is None


# -- finding people -----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["Ada", "Bo Li", "宁导购"]),
        ("bo", ["Bo Li"]),
        ("LI bo", ["Bo Li"]),
        ("宁", ["宁导购"]),
        ("example.com", ["Ada", "Bo Li", "宁导购"]),
        ("100%", []),
        ("nobody", []),
    ],
)
def test_people_are_found_by_name_or_address(signed_in: Visitor, add_person: Any, asked: str, found: list[str]):
    add_person("bo@example.com", "member", name="Bo Li")
    add_person("ning@example.com", "member", name="宁导购")
    answer = signed_in.client.get("/people/find", query_string={"q": asked}, headers=signed_in.headers)
    assert [each["title"] for each in answer.json] == found


def test_who_has_left_is_not_found(signed_in: Visitor, sqlite_workspace: Workspace, builder: Person, add_person: Any):
    bo = add_person("bo@example.com", "member", name="Bo")
    with sqlite_workspace.writing(builder) as act:
        accounts.deactivate(act, bo.id)
    assert [each["title"] for each in signed_in.get("/people/find?q=bo").json] == []


def test_a_person_found_is_sent_as_a_number(signed_in: Visitor, builder: Person):
    assert signed_in.get("/people/find?q=ada").json == [{"value": str(builder.id), "title": "Ada", "hint": "ada@example.com"}]


def test_people_are_shown_to_people_with_an_account_only(app: Any, builder: Person):
    assert Visitor(app).get("/people/find").status_code == 303
