"""The library of words: what is offered for a record, to whom, with which places filled; the pages that offer and write it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime import kinds
from runtime.automation.reader import MessageReader
from runtime.definitions import loading
from runtime.definitions.loading import load
from runtime.definitions.versions import publish
from runtime.errors import NotFound
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, locking
from runtime.system.jobs import person_of
from runtime.system.workspace import Workspace
from runtime.wordings.offering import offers
from tests.makers import catalogue_of, checkbox, choice, form_json, number, reference, text
from tests.pages.conftest import PASSWORD, add_person, app, browser_files, cheap_passwords, visitor  # noqa: F401
from tests.pages.visitor import Visitor

kinds.load()
Json = dict[str, Any]
TAGS = {
    "kind": "tag_set",
    "key": "marks",
    "label": "Marks",
    "form": "customer",
    "tags": [{"key": "vip", "label": "VIP"}, {"key": "old", "label": "Old"}],
}
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer", "form:call"]}]}
CUSTOMER = form_json(
    text(),
    choice("industry", "retail", "school"),
    number("points"),
    checkbox("agreed"),
    {"type": "tags", "key": "tags", "label": "Tags", "tag_set": "marks"},
)
CALL = form_json(text("note"), reference(many_name="calls"), key="call", title="note")


def wording(key: str, **settings: Any) -> Json:
    return {"kind": "wording", "key": key, "label": key.capitalize(), "form": "customer", "text": f"{key} {{name}}", **settings}


def put(workspace: Workspace, *bodies: Json) -> None:
    with workspace.writing(SYSTEM) as act:
        publish(act, list(bodies))


@pytest.fixture
def shop(sqlite_workspace: Workspace) -> Workspace:
    put(sqlite_workspace, APP, CUSTOMER, CALL, TAGS)
    return sqlite_workspace


def customer(workspace: Workspace, tag: str | None = None, **values: Any) -> int:
    from runtime.tags import assigning

    with workspace.writing(SYSTEM) as act:
        record = gateway.create(act, "customer", {"name": "Lin", **values}).id
        if tag is not None:
            assigning.assign(act, "customer", record, tag)
    return record


def offered(workspace: Workspace, record: int, person: Person = SYSTEM, language: str = "en") -> list[tuple[str, str]]:
    with workspace.reading(person) as act:
        return [(each.key, each.text) for each in offers(act, "customer", record, MessageReader(act, language))]


def test_what_was_written_most_closely_for_a_record_comes_first(shop: Workspace) -> None:
    put(
        shop,
        wording("plain"),
        wording("school", values={"industry": ["school"]}),
        wording("tagged", tags=["vip", "old"], values={"industry": ["school", "retail"]}),
        wording("other", values={"industry": ["retail"]}),
        wording("rich", where="points > 5"),
        wording("gone", archived=True),
    )
    assert [key for key, _text in offered(shop, customer(shop, "vip", industry="school", points=1))] == ["tagged", "school", "plain"]
    assert [key for key, _text in offered(shop, customer(shop, industry="retail", points=9))] == ["other", "rich", "plain"]


def test_places_are_filled_in_the_readers_language_and_what_they_hold_is_not_read_again(shop: Workspace) -> None:
    put(shop, wording("plain", text={"zh": "{name} 属于 {industry}", "en": "{name} is in {industry}, {IF(agreed, 'yes', 'no')}"}))
    record = customer(shop, name="{points}", industry="retail", agreed=True)
    assert offered(shop, record) == [("plain", "{points} is in Retail, yes")]
    assert offered(shop, record, language="zh")[0][1] == "{points} 属于 retail的标签"


def test_what_somebody_may_not_see_stands_in_no_words_and_decides_none(shop: Workspace, add_person: Callable[..., Person]) -> None:  # noqa: F811
    add_person("ning@example.com", "sales")
    put(
        shop,
        {
            "kind": "permission_set",
            "key": "sales",
            "label": "Sales",
            "form": "customer",
            "for": ["role:sales"],
            "actions": ["view"],
            "rows": "name == 'Lin'",
            "fields": {"industry": "hidden", "points": "hidden", "*": "view"},
        },
        wording("plain", text="{name} {industry}"),
        wording("school", values={"industry": ["school"]}),
        wording("rich", where="points > 5"),
    )
    with shop.reading(SYSTEM) as act:
        ning = person_of(act.connection, 1)
    seen, unseen = customer(shop, industry="school", points=9), customer(shop, name="Wu")
    assert offered(shop, seen, ning) == [("plain", "Lin …")]
    with pytest.raises(NotFound):
        offered(shop, unseen, ning)


def test_a_wording_whose_field_is_gone_is_offered_no_more_and_holds_nothing_up(shop: Workspace) -> None:
    put(shop, wording("plain"), wording("reads", text="{points}"), wording("asks", where="points > 1"))
    record = customer(shop)
    put(shop, form_json(text(), choice("industry", "retail", "school"), CUSTOMER["fields"][-1]))
    assert [key for key, _text in offered(shop, record)] == ["plain"]


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"form": "none"}, "form"),
        ({"text": "{nothing}"}, "text"),
        ({"subject": "{nothing}"}, "subject"),
        ({"tags": ["none"]}, "tags/0"),
        ({"tiers": ["none"]}, "tier_model"),
        ({"values": {"name": ["a"]}}, "values/name"),
        ({"values": {"industry": ["none"]}}, "values/industry/0"),
        ({"where": "points"}, "where"),
    ],
)
def test_a_wording_that_cannot_work_is_refused_with_its_path(settings: Json, path: str) -> None:
    found = loading.check([load(wording("x", **settings))], catalogue_of(CUSTOMER, TAGS))
    assert path in {problem.path for problem in found}


# -- pages ------------------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def lead(shop: Workspace, visitor: Visitor, add_person: Callable[..., Person]) -> Visitor:  # noqa: F811
    add_person("lead@example.com", "builder")
    visitor.sign_in("lead@example.com", PASSWORD)
    return visitor


def test_words_are_offered_at_the_record_and_where_a_follow_up_is_written(lead: Visitor, shop: Workspace) -> None:
    record = customer(shop)
    page = f"/apps/shop/customer/{record}"
    assert "/wordings" not in lead.get(page).text
    put(shop, wording("hello", text="Hello <b>{name}</b>"))
    assert f'hx-get="{page}/wordings?into=comment-new"' in lead.get(page).text
    assert f"{page}/wordings" in lead.get(f"/apps/shop/call/new?customer={record}").text
    lead.post(f"{page}/todos", {"title": "Call Lin", "due": ""})
    assert f'hx-get="{page}/wordings?into="' in lead.get("/tasks").text and 'id="wordings"' in lead.get("/tasks").text
    piece = lead.get(f"{page}/wordings?into=comment-new").text
    assert "Hello &lt;b&gt;Lin&lt;/b&gt;" in piece and 'data-insert="comment-new"' in piece
    assert lead.get("/apps/shop/customer/999/wordings").status_code == 404


def test_one_is_written_tried_on_a_record_and_saved_as_a_version(lead: Visitor, shop: Workspace) -> None:
    record = customer(shop, industry="school")
    lead.post("/build/shop/wordings", {"label": "First call", "form": "customer"})
    page = "/build/shop/wordings/first_call"
    typed = {"label_en": "First call", "use": "talk", "text_en": "Hello {name}", "choice_industry": "school", "where": ""}
    assert "Hello Lin" in lead.post(f"{page}/preview", {**typed, "record": record}).text
    assert "nothing" in lead.post(f"{page}/preview", {**typed, "text_en": "{nothing}", "record": record}).text
    refused = lead.post(page, {**typed, "text_en": "{nothing}"})
    assert refused.status_code == 422 and "{nothing}" in refused.text
    assert lead.post(page, typed).headers["Location"] == "/build/shop/wordings"
    assert offered(shop, record) == [("first_call", "Hello Lin")] and offered(shop, customer(shop, industry="retail")) == []
    assert "First call" in lead.get("/build/shop/wordings").text


def test_a_lock_stands_on_the_page_and_is_lifted_there(lead: Visitor, shop: Workspace) -> None:
    record = customer(shop)
    page = f"/apps/shop/customer/{record}"
    with shop.writing(SYSTEM) as act:
        locking.lock(act, "customer", record, "It is being checked.")
    assert "It is being checked." in lead.get(page).text
    assert lead.post(f"{page}/lock/lift").headers["Location"] == page
    assert "It is being checked." not in lead.get(page).text


def test_the_words_of_the_retail_template_are_sound() -> None:
    import json

    folder = Path(__file__).parents[2] / "templates_library/retail/definitions"
    found = [json.loads(each.read_text(encoding="utf-8")) for each in sorted(folder.glob("wording_*.json"))]
    assert len(found) >= 6 and {each["channel"] for each in found} == {"talk", "message", "email"}
    assert all(set(each["text"]) == {"zh", "en"} for each in found)
