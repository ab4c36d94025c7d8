"""Asking for a tag and deciding about it."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.definitions import versions
from runtime.errors import NotAllowed, Refused
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import audit_log, notification
from runtime.tags import requests
from tests.tiers.world import TAGS, World

WORDING = {"label": {"zh": "回头客", "en": "Comes back"}, "meaning": "Two orders in a year", "use": "Invite first", "family": "behaviour"}
RULED = {**TAGS, "may_request": ["role:sales"], "may_approve": ["role:lead"]}


class Shop:
    """A shop whose sales people ask and whose lead approves."""

    def __init__(self, workspace, **changes: Any):
        self.workspace = workspace
        self.world = World(workspace, {**RULED, **changes})
        with workspace.writing(SYSTEM) as act:
            self.ning = accounts.add(act, email="ning@shop.cn", name="Ning", roles=("member", "sales"), password=None)
            self.lead = accounts.add(act, email="lead@shop.cn", name="Lead", roles=("member", "lead"), password=None)
            self.other = accounts.add(act, email="li@shop.cn", name="Li", roles=("member",), password=None)

    def ask(self, person: Person | None = None, reason: str | None = None, **changes: Any) -> int:
        with self.workspace.writing(person or self.ning) as act:
            return requests.ask(act, "customer_tags", {**WORDING, **changes}, reason)

    def approve(self, number: int, person: Person | None = None, **more: Any) -> str:
        with self.workspace.writing(person or self.lead) as act:
            return requests.approve(act, number, **more)

    def refuse(self, number: int, reason: str, person: Person | None = None) -> None:
        with self.workspace.writing(person or self.lead) as act:
            requests.refuse(act, number, reason)

    def request(self, number: int) -> requests.Request:
        with self.workspace.reading(SYSTEM) as act:
            return requests.find(act, number)

    def tag(self, key: str) -> Any:
        with self.workspace.reading(SYSTEM) as act:
            return act.catalogue.tag_sets["customer_tags"].by_key[key]

    def told(self, person: Person) -> list[str]:
        return [
            row.subject
            for row in self.world.rows(sa.select(notification).where(notification.c.person == person.id).order_by(notification.c.id))
        ]


def problems(refused: Any) -> dict[str, str]:
    return {each.path: str(each.message) for each in refused.value.problems}


# -- asking -------------------------------------------------------------------------------------------------------------------------
def test_who_is_named_asks_and_those_who_approve_are_told(workspace):
    shop = Shop(workspace)
    number = shop.ask()
    assert (shop.request(number).state, shop.request(number).wording) == ("open", WORDING)
    assert len(shop.told(shop.lead)) == 1 and shop.told(shop.ning) == []
    with pytest.raises(NotAllowed):
        shop.ask(shop.other, label="Something else")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"meaning": ""}, "meaning"),
        ({"use": None}, "use"),
        ({"label": ""}, "label"),
        ({"family": "colour"}, "family"),
        ({"standing": "temporary"}, "expires"),
        ({"standing": "temporary", "expires": "2026-11-20"}, "expires"),
        ({"standing": "temporary", "expires": "soon"}, "expires"),
        ({"label": "ＶＩＰ"}, "label"),
        ({"label": {"zh": "新的", "en": "busy "}}, "label"),
        ({"secret": "x"}, "secret"),
    ],
)
def test_a_request_says_what_the_tag_means_and_is_for(workspace, changes: dict[str, Any], path: str):
    shop = Shop(workspace)
    with pytest.raises(Refused) as refused:
        shop.ask(**changes)
    assert list(problems(refused)) == [path]


def test_a_name_in_use_is_refused_with_both_names(workspace):
    shop = Shop(workspace)
    with pytest.raises(Refused) as refused:
        shop.ask(label="ｖｉｐ")
    assert "“ｖｉｐ”" in problems(refused)["label"] and "“VIP”" in problems(refused)["label"]


def test_what_somebody_has_asked_for_is_not_asked_for_twice(workspace):
    shop = Shop(workspace)
    number = shop.ask()
    with pytest.raises(Refused):
        shop.ask(label="COMES  back")
    with workspace.writing(shop.ning) as act:
        requests.withdraw(act, number)
    assert shop.ask(label="COMES  back") > number


def test_beyond_the_limit_a_request_needs_a_reason_and_says_so_to_the_approver(workspace):
    shop = Shop(workspace, most=3)
    with pytest.raises(Refused) as refused:
        shop.ask()
    assert list(problems(refused)) == ["reason"]
    number = shop.ask(reason="The autumn plan rests on it")
    body = shop.world.rows(sa.select(notification.c.body).where(notification.c.person == shop.lead.id))[0][0]
    assert "The autumn plan rests on it" in body
    assert shop.tag(shop.approve(number)).exception == "The autumn plan rests on it"


# -- deciding -----------------------------------------------------------------------------------------------------------------------
def test_approving_publishes_the_next_version_with_both_names_in_its_note(workspace):
    shop = Shop(workspace)
    key = shop.approve(shop.ask())
    tag = shop.tag(key)
    assert (key, tag.family, tag.owner, tag.meaning) == ("comes_back", "behaviour", "user:ning@shop.cn", "Two orders in a year")
    with workspace.reading(SYSTEM) as act:
        live = versions.find_version(act.connection, "tag_set", "customer_tags")
    assert (live.version, live.author) == (2, shop.lead.id)
    assert "Ning" in live.note and "Lead" in live.note
    assert len(shop.told(shop.ning)) == 1
    assert "tag_approved" in [row.kind for row in shop.world.rows(sa.select(audit_log.c.kind))]


def test_the_approver_may_word_it_otherwise(workspace):
    shop = Shop(workspace)
    key = shop.approve(shop.ask(), wording={"label": "Regular", "meaning": "Three orders in a year"})
    assert (key, shop.tag(key).label, shop.tag(key).meaning) == ("regular", "Regular", "Three orders in a year")


def test_a_chinese_label_makes_a_key(workspace):
    shop = Shop(workspace)
    assert shop.approve(shop.ask(label="回头客")) == "回头客"


def test_only_who_may_approves(workspace):
    shop = Shop(workspace)
    number = shop.ask()
    for person in (shop.ning, shop.other):
        with pytest.raises(NotAllowed):
            shop.approve(number, person)
        with pytest.raises(NotAllowed):
            shop.refuse(number, "no", person)
    assert shop.request(number).state == "open"


def test_a_refusal_says_why(workspace):
    shop = Shop(workspace)
    number = shop.ask()
    with pytest.raises(Refused):
        shop.refuse(number, "  ")
    shop.refuse(number, "Busy says the same")
    found = shop.request(number)
    assert (found.state, found.answer, found.decided_by) == ("refused", "Busy says the same", shop.lead.id)
    assert len(shop.told(shop.ning)) == 1
    with pytest.raises(Refused, match="decided already by Lead"):
        shop.approve(number)


def test_others_see_only_their_own_requests(workspace):
    shop = Shop(workspace)
    number = shop.ask()
    for person, seen in ((shop.lead, [number]), (shop.ning, [number]), (shop.other, [])):
        with workspace.reading(person) as act:
            tags = act.catalogue.tag_sets["customer_tags"]
            assert [each.id for each in requests.listed(act, tags)] == seen
            assert requests.open_count(act, [tags]) == (1 if person is shop.lead else 0)


# -- beside drafts ------------------------------------------------------------------------------------------------------------------
def building(person: Person) -> Person:
    return replace(person, roles=person.roles | {"builder"})


def test_an_open_draft_keeps_its_changes_and_gets_the_new_tag(workspace):
    shop = Shop(workspace)
    number = shop.ask()
    draft = {**RULED, "label": "My draft", "tags": [{**RULED["tags"][0], "label": "Very important"}, *RULED["tags"][1:]]}
    with workspace.writing(building(shop.other)) as act:
        edit = versions.save_draft(act, "tag_set", "customer_tags", draft)
    shop.approve(number)
    with workspace.reading(SYSTEM) as act:
        kept = versions.find_draft(act.connection, "tag_set", "customer_tags")
        live = versions.find_version(act.connection, "tag_set", "customer_tags")
    assert (kept.author, kept.edit, kept.based_on) == (shop.other.id, edit + 1, live.version)
    assert (kept.body["label"], kept.body["tags"][0]["label"], kept.body["tags"][-1]["key"]) == ("My draft", "Very important", "comes_back")
    assert live.body["label"] == RULED["label"] and live.body["tags"][0]["label"] == "VIP"


def test_a_draft_that_is_no_dictionary_yet_is_kept_too(workspace):
    shop = Shop(workspace)
    number = shop.ask()
    with workspace.writing(building(shop.other)) as act:
        versions.save_draft(act, "tag_set", "customer_tags", {"kind": "tag_set", "key": "customer_tags", "tags": None})
    key = shop.approve(number)
    with workspace.reading(SYSTEM) as act:
        kept = versions.find_draft(act.connection, "tag_set", "customer_tags")
    assert [tag["key"] for tag in kept.body["tags"]] == [key]


def test_two_approvals_at_once_lose_neither_tag(workspace):
    shop = Shop(workspace)
    numbers = [shop.ask(), shop.ask(label="Second one")]
    errors: list[BaseException] = []

    def approve(number: int) -> None:
        try:
            shop.approve(number)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=approve, args=(number,)) for number in numbers]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert errors == []
    with workspace.reading(SYSTEM) as act:
        body = json.loads(json.dumps(versions.find_version(act.connection, "tag_set", "customer_tags").body))
    assert {"comes_back", "second_one"} <= {tag["key"] for tag in body["tags"]}
