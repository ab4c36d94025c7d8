"""The pages beside the tag dictionary: requests, one tag, many records, clean-up, usefulness, what was done."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from runtime.automation import engine
from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM
from runtime.system.tables import notification, tag_assignment, tag_change
from runtime.system.workspace import Workspace
from runtime.tags import assigning, bulk
from tests.pages.conftest import PASSWORD
from tests.pages.test_tag_dictionary import APP, CUSTOMER, DICTIONARY, TAGS, add
from tests.pages.visitor import Visitor, words

WORDING = {
    "label_en": "Comes back",
    "label_zh": "回头客",
    "meaning": "Two orders",
    "use": "Invite first",
    "family": "behaviour",
    "standing": "core",
}
TIERLESS = {**TAGS, "may_request": ["role:sales"], "archive_unused_after_days": 30}
MENU_MODEL = {
    "kind": "tier_model",
    "key": "value",
    "label": "Value",
    "form": "customer",
    "app": "shop",
    "dimensions": [{"key": "spend", "label": "Spend", "weight": 100, "value": "spend", "bands": {"by": "cuts", "cuts": [10]}}],
    "tiers": [{"key": "high", "label": "High", "from": 50}, {"key": "low", "label": "Low", "from": 0}],
}


@pytest.fixture
def shop(sqlite_workspace: Workspace, app: Any) -> Workspace:
    with sqlite_workspace.writing(SYSTEM) as act:
        publish(act, [APP, CUSTOMER, TIERLESS, MENU_MODEL])
    return sqlite_workspace


@pytest.fixture
def seller(app: Any, shop: Workspace, add_person: Any) -> Visitor:
    return Visitor(app).sign_in(add_person("ning@example.com", "member", "sales", name="Ning").email, PASSWORD)


@pytest.fixture
def lead(app: Any, shop: Workspace, add_person: Any) -> Visitor:
    return Visitor(app).sign_in(add_person("lead@example.com", "member", "crm_lead", name="Lead").email, PASSWORD)


@pytest.fixture
def stranger(app: Any, shop: Workspace, add_person: Any) -> Visitor:
    return Visitor(app).sign_in(add_person("li@example.com", "member", name="Li").email, PASSWORD)


def holders(shop: Workspace, tag: str) -> int:
    with shop.reading(SYSTEM) as act:
        query = sa.select(sa.func.count()).where(tag_assignment.c.tag == tag, tag_assignment.c.removed_at.is_(None))
        return act.connection.execute(query).scalar() or 0


def newest(shop: Workspace) -> int:
    with shop.reading(SYSTEM) as act:
        return act.connection.execute(sa.select(sa.func.max(tag_change.c.id))).scalar() or 0


# -- requests -----------------------------------------------------------------------------------------------------------------------
def test_a_tag_is_asked_for_and_approved_and_whoever_asked_is_told(shop: Workspace, seller: Visitor, lead: Visitor):
    assert seller.post(f"{DICTIONARY}/requests", WORDING).status_code == 303
    assert "Comes back" in words(seller.get(f"{DICTIONARY}/requests")) and "Approve" not in words(seller.get(f"{DICTIONARY}/requests"))
    page = lead.get(DICTIONARY).get_data(as_text=True)
    assert 'tl-count">1<' in page.replace(" ", "")
    answer = lead.post(f"{DICTIONARY}/requests/1", {**WORDING, "do": "approve", "meaning": "Three orders"})
    assert answer.status_code == 303, words(answer)
    assert "Three orders" in words(seller.get(DICTIONARY))
    with shop.reading(SYSTEM) as act:
        told = act.connection.execute(sa.select(notification.c.subject)).scalars().all()
    assert len(told) == 2 and "Ning" in told[0]


def test_what_is_missing_is_said_beside_its_field_and_the_rest_stays(seller: Visitor):
    answer = seller.post(f"{DICTIONARY}/requests", {**WORDING, "meaning": "", "use": "My own words"})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'id="meaning-problem"' in page and "My own words" in page and "Comes back" in page


def test_a_refusal_needs_a_reason_and_shows_it(seller: Visitor, lead: Visitor):
    seller.post(f"{DICTIONARY}/requests", WORDING)
    assert lead.post(f"{DICTIONARY}/requests/1", {"do": "refuse", "reason": ""}).status_code == 422
    lead.post(f"{DICTIONARY}/requests/1", {"do": "refuse", "reason": "Big spender says it"})
    assert "Big spender says it" in words(seller.get(f"{DICTIONARY}/requests"))
    again = lead.post(f"{DICTIONARY}/requests/1", {**WORDING, "do": "approve"})
    assert again.status_code == 422 and "decided already by Lead" in words(again)


def test_a_request_is_taken_back_by_who_asked(seller: Visitor, lead: Visitor):
    seller.post(f"{DICTIONARY}/requests", WORDING)
    assert lead.post(f"{DICTIONARY}/requests/1", {"do": "withdraw"}).status_code == 403
    assert seller.post(f"{DICTIONARY}/requests/1", {"do": "withdraw"}).status_code == 303
    assert "withdrawn" in words(seller.get(f"{DICTIONARY}/requests"))


def test_who_may_not_ask_is_not_invited_to(stranger: Visitor):
    assert "Ask for a tag" not in words(stranger.get(DICTIONARY))
    assert stranger.post(f"{DICTIONARY}/requests", WORDING).status_code == 403


# -- one tag ------------------------------------------------------------------------------------------------------------------------
def test_a_merge_shows_what_it_would_do_and_is_taken_back(shop: Workspace, lead: Visitor):
    add(shop, name="Ann", spend="600")
    add(shop, name="Bo", spend="600")
    page = words(lead.get(f"{DICTIONARY}/of/big?into=fair"))
    assert "2 records get “Fair” in its place." in page
    assert lead.post(f"{DICTIONARY}/of/big", {"do": "merge", "into": "fair"}).status_code == 303
    assert (holders(shop, "big"), holders(shop, "fair")) == (0, 2)
    assert "merged the tag “Big spender” into “Fair”" in words(lead.get(f"{DICTIONARY}/changes"))
    assert lead.post(f"{DICTIONARY}/changes/{newest(shop)}/undo?set=customer_tags").status_code == 303
    assert (holders(shop, "big"), holders(shop, "fair")) == (2, 0)


def test_names_and_the_archive(shop: Workspace, lead: Visitor):
    assert lead.post(f"{DICTIONARY}/of/big", {"do": "alias", "aliases": "Whale\nＢig  fish\n"}).status_code == 303
    assert "also: Whale, Ｂig fish" in words(lead.get(DICTIONARY)).replace("  ", " ")
    taken = lead.post(f"{DICTIONARY}/of/fair", {"do": "alias", "aliases": "WHALE"})
    assert taken.status_code == 422 and "“WHALE” is already a name of the tag “Big spender”" in words(taken)
    lead.post(f"{DICTIONARY}/of/big", {"do": "archive"})
    assert "2 archived tags" in words(lead.get(DICTIONARY))
    lead.post(f"{DICTIONARY}/of/big", {"do": "restore"})
    assert "1 archived tags" in words(lead.get(DICTIONARY))


@pytest.mark.parametrize("place", ["/usefulness", "/clean-up"])
def test_looking_after_the_dictionary_is_for_those_who_approve(stranger: Visitor, lead: Visitor, place: str):
    assert stranger.get(DICTIONARY + place).status_code == 403
    assert lead.get(DICTIONARY + place).status_code == 200


def test_others_see_a_tag_without_its_buttons(stranger: Visitor):
    page = words(stranger.get(f"{DICTIONARY}/of/big"))
    assert "Spends a lot" in page and "Merge into another tag" not in page
    assert stranger.post(f"{DICTIONARY}/of/big", {"do": "archive"}).status_code == 403


# -- many records -------------------------------------------------------------------------------------------------------------------
def test_picked_records_or_the_whole_list_get_a_tag_after_a_look(shop: Workspace, signed_in: Visitor):
    picked = [add(shop, name=name, stage="new") for name in ("Ann", "Bo", "Cy")]
    add(shop, name="Dee", stage="lost")
    with shop.writing(SYSTEM) as act:
        assigning.assign(act, "customer", picked[0], "fair")
    given = {"set": "customer_tags", "give": "fair", "back": "where=stage%7Cis%7Cnew"}
    page = words(signed_in.post(f"{DICTIONARY}/bulk", {**given, "id": picked[:2]}))
    assert "2 picked records" in page and "All 3 records of the list" in page and "Give it to 1 records" in page
    assert holders(shop, "fair") == 1
    page = words(signed_in.post(f"{DICTIONARY}/bulk", {**given, "id": picked[:2], "whole": "1"}))
    assert "All 3 records of the list" in page and "Give it to 2 records" in page
    answer = signed_in.post(f"{DICTIONARY}/bulk/do", {**given, "whole": "1", "reason": "autumn"})
    assert answer.headers["Location"].endswith("/apps/shop/customer?where=stage%7Cis%7Cnew")
    assert holders(shop, "fair") == 3
    signed_in.post(f"{DICTIONARY}/changes/{newest(shop)}/undo?set=customer_tags")
    assert holders(shop, "fair") == 1


def test_a_long_change_shows_how_far_it_is(shop: Workspace, signed_in: Visitor, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    picked = [add(shop, name=name) for name in ("Ann", "Bo")]
    answer = signed_in.post(f"{DICTIONARY}/bulk/do", {"set": "customer_tags", "give": "fair", "id": picked})
    place = answer.headers["Location"]
    assert "Changing tags" in words(signed_in.get(place))
    engine.settle(shop)
    assert signed_in.get(place).status_code == 303 and holders(shop, "fair") == 2


def test_nothing_picked_is_said(shop: Workspace, signed_in: Visitor):
    assert signed_in.post(f"{DICTIONARY}/bulk", {"set": "customer_tags", "give": "fair"}).status_code == 422


def test_the_list_offers_only_tags_that_the_person_may_give_or_take(shop: Workspace, signed_in: Visitor, stranger: Visitor):
    add(shop, name="Ann")
    with shop.writing(SYSTEM) as act:
        publish(act, [{**TIERLESS, "may_assign": ["role:sales"], "may_remove": ["role:sales"]}])
    assert "Add a tag" in words(signed_in.get("/apps/shop/customer"))
    assert "Add a tag" not in words(stranger.get("/apps/shop/customer"))


# -- cleaning up, and how useful ----------------------------------------------------------------------------------------------------
def test_cleaning_up_names_what_goes(shop: Workspace, lead: Visitor, monkeypatch: pytest.MonkeyPatch):
    ann = add(shop, name="Ann")
    with shop.writing(SYSTEM) as act:
        assigning.assign(act, "customer", ann, "fair")
        publish(act, [{**TIERLESS, "tags": [{**tag, "expires": "2020-01-01"} if tag["key"] == "fair" else tag for tag in TAGS["tags"]]}])
    assert "Its last day was 2020-01-01." in words(lead.get(f"{DICTIONARY}/clean-up"))
    assert lead.post(f"{DICTIONARY}/clean-up", {"tag": ["fair"]}).status_code == 303
    assert holders(shop, "fair") == 0
    assert "Nothing to clean up" in words(lead.get(f"{DICTIONARY}/clean-up"))
    lead.post(f"{DICTIONARY}/changes/{newest(shop)}/undo?set=customer_tags")
    assert holders(shop, "fair") == 1


def test_how_useful_tags_are_is_measured_and_told(shop: Workspace, lead: Visitor):
    for number in range(25):
        add(shop, name=f"Guest {number}", spend="600", stage="new" if number % 2 else "lost")
    assert "Nothing is measured yet" in words(lead.get(f"{DICTIONARY}/usefulness"))
    wrong = lead.post(f"{DICTIONARY}/usefulness", {"formula": "spend >"})
    assert wrong.status_code == 422 and 'id="formula-problem"' in wrong.get_data(as_text=True)
    lead.post(f"{DICTIONARY}/usefulness", {"formula": "stage == 'new'"})
    engine.settle(shop)
    page = words(lead.get(f"{DICTIONARY}/usefulness"))
    assert "25 records" in page and "No record has it and nothing follows from it." in page and "points" in page
    assert "Information (bits)" in page and "its own:" in page
    assert "drop" in words(lead.get(DICTIONARY))
