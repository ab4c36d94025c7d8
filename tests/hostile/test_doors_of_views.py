"""The doors beside lists and records ask the gate too: boards and calendars, groups and their counts, cells, changes of many records, own
views, portraits, panels, choices that are filled in, buttons, drafts, the home page, sharing, teams and the pool.

As in test_doors.py, one walk goes over them all, on both databases. What is more than a word in an answer (a count, a choice of records, a
write) has a test of its own below, on SQLite.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.errors import NotAllowed
from runtime.people import passwords
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from runtime.views import saved
from tests import makers
from tests.hostile import test_doors as walked
from tests.hostile.test_doors import API, BASE, SECRETS, TITLES, World, api, page, sent, walk
from tests.makers import field as field_json
from tests.pages.conftest import browser_files  # noqa: F401
from tests.pages.visitor import words

GRADES = {"ann": "wwqanngrade", "bob": "wwqbobgrade"}
KEPT = ("secret", "worth", "grade", "seen_on", "found", "press")
RIGHTS = {"all": "1 == 1", "own": "owner == CURRENT_USER()"}

CUSTOMER = makers.form_json(
    makers.text("name", required=True),
    makers.text("code", unique=True),
    makers.member("owner"),
    makers.text("secret"),
    makers.money("worth"),
    makers.choice("grade", *GRADES.values()),
    makers.day("seen_on"),
    field_json("query_panel", "found", form="visit", theirs="no", ours="secret"),
    field_json("button", "press", automation="pressed"),
    makers.subform("lines", makers.reference("of", "customer")),
    makers.text("reason"),
    title="name",
    pool={"owner": "owner", "claim": ["role:claimer"]},
    team=[{"key": "helper", "label": "Helper"}],
    duplicates=[{"match": [{"field": "secret", "by": "similar"}]}],
)
VISIT = makers.form_json(
    makers.text("no"),
    makers.reference("customer", "customer", many_name="visits", match="code"),
    makers.money("amount"),
    makers.day("paid_on"),
    makers.text("filled"),
    makers.text("by_condition"),
    makers.text("note"),
    field_json("linked_choice", "linked", form="customer", field="secret"),
    field_json("multi_reference", "several", form="customer"),
    key="visit",
    title="no",
    event_date="paid_on",
    rules=[
        {"fill": [{"field": "filled", "by": "customer.secret & '?'"}], "chosen": "customer"},
        {"fill": [{"field": "by_condition", "by": "'zzz'"}], "chosen": "customer", "when": "CONTAINS(customer.secret, 'zzq')"},
    ],
)
VIEW = {"kind": "view", "key": "board", "label": "Board", "app": "shop", "form": "customer", "as": "kanban", "group": "grade"}
FOR_OTHERS = {
    "kind": "view",
    "key": "rich",
    "label": "Rich",
    "app": "shop",
    "form": "customer",
    "filter": "CONTAINS(secret, 'zzqbob')",
    "for": ["role:lead"],
}
COLORED = {
    **{"kind": "view", "key": "colored", "label": "C", "app": "shop", "form": "customer", "columns": ["name", "secret"]},
    "colors": [{"when": "CONTAINS(secret, 'zzq')", "color": "red"}],
}
APP = {
    "kind": "app",
    "key": "shop",
    "label": "Shop",
    "menu": [{"section": "All", "items": ["form:customer", "form:visit", "view:rich"]}],
    "home": [
        {"block": "tiers", "mine": True},
        {"block": "tasks"},
        {"block": "records"},
        {"block": "list", "view": "colored"},
        {"block": "list", "view": "rich"},
        {"block": "shortcuts", "items": ["view:rich", "form:customer"]},
    ],
    "roles": {"member": ["role:sales"]},
}
PRESSED = {
    "kind": "automation",
    "key": "pressed",
    "label": "Pressed",
    "app": "shop",
    "trigger": {"type": "button", "form": "customer"},
    "steps": [{"type": "update_record", "values": {"reason": "'pressed'"}}],
}
DEFINITIONS = [CUSTOMER, VISIT, APP, VIEW, FOR_OTHERS, COLORED, PRESSED]
ACTIONS = ["view", "add", "edit", "delete", "import", "export", "share"]


class Shop(World):
    def permit(self, rule: str, right: str, *more: str, **fields: str) -> None:
        """`more`: actions beside the usual ones; `fields`: rights on single fields."""
        of_customers = {
            **_set("customer", "nobody" if rule == "nobody" else "sales", *more),
            "fields": {"*": "edit", **dict.fromkeys(KEPT, right), **fields},
            **({"rows": RIGHTS[rule]} if rule in RIGHTS else {}),
        }
        of_visits = right if rule == "all" else "hidden"
        visits = {**_set("visit", "sales"), "fields": {"*": "edit", **dict.fromkeys(("no", "amount", "linked"), of_visits)}}
        with self.workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [of_customers, visits])

    def values(self, name: str, form: str = "customer") -> dict[str, Any]:
        with self.workspace.reading(SYSTEM) as act:
            return query.get(act, form, (self.ids if form == "customer" else self.visits)[name]).values

    def person(self, name: str) -> Any:
        from runtime.people import accounts

        with self.workspace.reading(SYSTEM) as act:
            return accounts.named(act.connection, f"{name}@example.com")


def _set(form: str, role: str, *more: str) -> dict[str, Any]:
    return {"kind": "permission_set", "key": f"{form}s", "label": "S", "form": form, "for": [f"role:{role}"], "actions": [*ACTIONS, *more]}


@pytest.fixture(scope="module")
def world(sqlite_files: Any, tmp_path_factory: pytest.TempPathFactory, browser_files: Path) -> Iterator[Shop]:  # noqa: F811
    from tests.support.databases import settings_for

    folder = tmp_path_factory.mktemp("doors")
    workspace = Workspace(settings_for(folder, sqlite_files.copy_to(folder / "tierloom.sqlite")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})
        patch.setattr(walked, "_values", _values)
        yield walked.opened(workspace, browser_files, DEFINITIONS, Shop, _visit)
    workspace.engine.dispose()


def _values(name: str, owner: int) -> dict[str, Any]:
    seen_on = {"ann": "2031-03-07", "bob": "2032-04-09"}[name]
    own = {"name": TITLES[name], "code": f"code-{name}", "owner": owner, "secret": SECRETS[name], "worth": walked.WORTH[name]}
    return {**own, "grade": GRADES[name], "seen_on": seen_on}


def _visit(name: str, record: int) -> dict[str, Any]:
    return {
        "no": SECRETS[name],
        "customer": record,
        "paid_on": "2026-01-05",
        "amount": walked.WORTH[name],
        "filled": "-",
        "by_condition": "-",
    }


DAY = "day=2031-03-07"
DOORS = [
    page(f"{BASE}?as=cards&columns=name,secret,worth", tells=("secret", "worth", "title")),
    page(f"{BASE}?as=kanban&group=grade&columns=name,secret", tells=("secret", "title")),
    page(f"{BASE}?view=board&columns=name,secret", tells=("secret", "title")),
    page(f"{BASE}?as=kanban&group=owner&columns=name,secret", tells=("secret", "title")),
    page(f"{BASE}?as=calendar&date=seen_on&{DAY}", tells=()),
    page(f"{BASE}?as=calendar&date=seen_on&until=seen_on&{DAY}", tells=()),
    page(f"{BASE}?as=timeline&date=seen_on&{DAY}", tells=()),
    page(f"{BASE}?group=grade&color=grade&columns=name,secret", tells=("secret", "title")),
    page(f"{BASE}?view=colored", tells=("secret", "title")),
    page(f"{BASE}?view=rich&columns=name,secret", tells=()),
    page(f"{BASE}/groups?group=grade", tells=()),
    page(f"{BASE}/groups?group=owner", tells=()),
    page(f"{BASE}/lane?as=kanban&group=owner&lane=-&columns=name,secret", tells=()),
    page(f"{BASE}/lane?as=kanban&group=grade&lane={GRADES['bob']}&columns=name,secret", tells=()),
    page(f"{BASE}/{{id}}/cell/secret", tells=()),
    page(f"{BASE}/{{id}}/cell/name", tells=("title",)),
    page(f"{BASE}/{{id}}/cells?columns=name,secret,worth,grade", tells=("secret", "worth", "title")),
    sent(f"{BASE}/{{id}}/cell/name", {"f_name": "", "version": "1", "columns": "secret"}),
    sent(f"{BASE}/{{id}}/cell/secret", {"f_secret": "", "version": "9"}),
    sent(f"{BASE}/bulk", {"id": "{id}", "field": "reason", "f_reason": "x", "ask": "count"}),
    sent(f"{BASE}/bulk", {"whole": "1", "back": "?filter=CONTAINS(secret,'zzq')", "field": "reason", "f_reason": "x", "ask": "count"}),
    sent(f"{BASE}/views/save", {"label": "Mine", "back": "?filter=CONTAINS(secret,'zzq')"}),
    page(f"{BASE}/{{id}}?tab=portrait", tells=("title",)),
    page(f"{BASE}/panel/found?record={{id}}", tells=()),
    page("/apps/shop/visit/linked/linked?q=zzq", tells=()),
    page(f"{BASE}/find?q=word", tells=("title",)),
    sent(f"{BASE}/{{id}}/duplicates", {"f_secret": "zzqbobsecretwor", "_field": "f_secret"}),
    sent(f"{BASE}/duplicates", {"f_secret": "zzqbobsecretwor", "_field": "f_secret"}),
    sent("/apps/shop/visit/check", {"f_customer": "{id}", "_field": "f_customer"}, ("secret",)),
    sent(f"{BASE}/{{id}}/press/press", {"once": "a"}),
    page("/apps/shop", tells=()),
    page("/apps/shop/visit", tells=()),
    page("/apps/shop/-/pool/customer?tab=mine", tells=()),
    page("/apps/shop/-/pool/customer?q=zzq", tells=()),
    api("GET", "/forms/customer/pool", tells=()),
    api("GET", "/forms/customer/pool/events", tells=()),
    api("POST", "/forms/customer/pool/claim", {"records": ["{id}"]}, ()),
    api("POST", f"{API}/{{id}}/release", {"reason": ""}, ()),
    api("GET", f"{API}/{{id}}/shares", tells=()),
    api("POST", f"{API}/{{id}}/shares", {"who": "user:nobody@example.com"}, ()),
    api("DELETE", f"{API}/{{id}}/shares/1", tells=()),
    api("GET", f"{API}/{{id}}/team", tells=()),
    api("PUT", f"{API}/{{id}}/team/1", {"role": "nothing"}, ()),
    api("DELETE", f"{API}/{{id}}/team/1", tells=()),
]
CHOOSES = {
    "rich": page(f"{BASE}?view=rich", tells=()),
    "filter": page(f"{BASE}?filter=CONTAINS(secret,'zzqbob')", tells=()),
    "lane": page(f"{BASE}/lane?as=kanban&group=grade&lane={GRADES['bob']}", tells=()),
    "panel": page(f"{BASE}/panel/found?record={{id}}", tells=()),
    "duplicates": sent(f"{BASE}/duplicates", {"f_secret": SECRETS["bob"], "_field": "f_secret"}),
    "linked": page("/apps/shop/visit/linked/linked?q=zzqbob", tells=()),
    "home": page("/apps/shop", tells=()),
}
"""Doors that choose records by what is kept: not even a title, or a number of records, may come of it."""


# -- the walk -----------------------------------------------------------------------------------------------------------------------
WALKED = [("own", "hidden"), ("all", "masked"), ("own", "view"), ("nobody", "hidden")]


def test_every_door_beside_lists_and_records_tells_what_the_sets_say(world: Shop) -> None:
    found = list(walk(world, DOORS, WALKED))
    assert not found, "\n".join([f"{len(found)} wrong answers", *found[:60]])


@pytest.mark.parametrize("engine_name", ["postgresql"])
def test_the_same_on_the_other_database(workspace: Workspace, browser_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})
    monkeypatch.setattr(walked, "_values", _values)
    world = walked.opened(workspace, browser_files, DEFINITIONS, Shop, _visit)
    found = list(walk(world, DOORS, WALKED, ["ann"]))
    assert not found, "\n".join([f"{len(found)} wrong answers", *found[:60]])


def test_no_door_answers_with_a_failure(world: Shop) -> None:
    for rule, right in (("own", "hidden"), ("all", "view")):
        world.permit(rule, right)
        for door in DOORS:
            answer = door.go(world, "ann", "bob")
            assert "Something went wrong" not in answer, (door.name, rule, right)
    world.permit("all", "edit", owner="hidden")
    assert world.visitors["ann"].get("/apps/shop").status_code == 200


@pytest.mark.parametrize("right", ["hidden", "masked"])
def test_what_is_kept_chooses_no_records(world: Shop, right: str) -> None:
    """Every title may be seen, so only the choice could tell."""
    world.permit("all", right)
    for name in ("filter", "panel", "duplicates", "linked"):
        answer = CHOOSES[name].go(world, "ann", "bob")
        assert not any(each in answer for each in TITLES.values()), name
    for name in ("rich", "lane"):
        answer = CHOOSES[name].go(world, "ann", "bob")
        assert (TITLES["ann"] in answer) == (TITLES["bob"] in answer), name
    assert world.visitors["ann"].get(f"{BASE}/count?view=rich").status_code == 422
    page_of_home = CHOOSES["home"].go(world, "ann", "bob")
    assert page_of_home.count(TITLES["ann"]) == page_of_home.count(TITLES["bob"])


def test_groups_and_lanes_count_only_what_is_seen(world: Shop) -> None:
    def counted(who: str, by: str) -> Any:
        answer = world.visitors[who].get(f"{BASE}/groups?group={by}")
        return answer.json if answer.mimetype == "application/json" else None

    world.permit("own", "view")
    assert counted("ann", "grade") == {GRADES["ann"]: 1}
    world.permit("all", "masked")
    assert counted("ann", "grade") is None
    assert len(counted("ann", "owner")) == 2


def test_a_month_of_a_portrait_sums_only_what_is_seen(world: Shop) -> None:
    from runtime.views.portrait import worth_by_month

    world.permit("all", "view")
    for rights, total in (
        ({"amount": "view"}, True),
        ({"amount": "masked"}, False),
        ({"customer": "hidden"}, False),
        ({"paid_on": "hidden"}, False),
    ):
        with world.workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [{**_set("visit", "sales"), "fields": {"*": "view", **rights}}])
        with world.workspace.reading(world.person("ann")) as act:
            found = worth_by_month(act, "customer", world.ids["bob"], act.today, 120)
        assert (found is not None and found.total > 0) == total, rights


# -- writes -------------------------------------------------------------------------------------------------------------------------
def test_no_door_writes_what_may_only_be_seen_or_belongs_to_others(world: Shop) -> None:
    tries = [
        ("/{id}/cell/secret", {"f_secret": "forced"}),
        ("/{id}/cell/grade", {"lane": GRADES["bob"]}),
        ("/bulk/do", {"id": "{id}", "field": "secret", "f_secret": "forced"}),
        ("/bulk/do", {"whole": "1", "back": "?view=-", "field": "secret", "f_secret": "forced"}),
        ("/{id}/edit", {"f_name": "n", "f_reason": "r", "f_secret": "forced", "f_grade": GRADES["bob"]}),
    ]
    kept = {name: world.values(name) for name in TITLES}
    for right, whose in (("view", "ann"), ("masked", "ann"), ("hidden", "ann"), ("edit", "bob")):
        world.permit("own", right)
        for path, form in tries:
            filled = {key: text.format(id=world.ids[whose]) for key, text in form.items()}
            if whose == "bob" and "whole" in form:
                continue
            world.visitors["ann"].post(BASE + path.format(id=world.ids[whose]), filled)
        now = {name: world.values(name) for name in TITLES}
        assert [now[whose][key] for key in ("secret", "grade")] == [kept[whose][key] for key in ("secret", "grade")], (right, whose)
    assert world.values("bob") == kept["bob"]


def test_a_change_of_many_is_taken_back_only_by_whom_it_belongs_to_and_where_they_may_still_write(world: Shop) -> None:
    world.permit("all", "edit")
    ann = world.visitors["ann"]
    sent = ann.post(f"{BASE}/bulk/do", {"id": [str(each) for each in world.ids.values()], "field": "reason", "f_reason": "by many"})
    assert sent.status_code == 303
    with world.workspace.reading(SYSTEM) as act:
        from runtime.system.tables import bulk_edit

        number = act.connection.execute(bulk_edit.select().order_by(bulk_edit.c.id.desc())).first().id
    assert world.visitors["bob"].get(f"/apps/shop/-/bulk/{number}").status_code == 404
    assert world.visitors["bob"].post(f"/apps/shop/-/bulk/{number}/undo").status_code == 404
    with world.workspace.writing(SYSTEM) as act:
        gateway.update(act, "customer", world.ids["bob"], {"reason": "since"})
    world.permit("own", "edit")

    ann.post(f"/apps/shop/-/bulk/{number}/undo")
    said = words(ann.get(f"/apps/shop/-/bulk/{number}"))

    assert world.values("ann")["reason"] != "by many" and world.values("bob")["reason"] == "since"
    assert TITLES["bob"] not in said and "changed it since" not in said and "does not exist" in said


def test_a_list_that_cannot_be_read_changes_no_record(world: Shop) -> None:
    """A condition that is no condition makes no list wider."""
    world.permit("all", "edit")
    before = world.values("bob")
    answer = world.visitors["ann"].post(
        f"{BASE}/bulk/do", {"whole": "1", "back": "?where=gone|is|x", "field": "reason", "f_reason": "all of them"}
    )
    assert answer.status_code == 422 and world.values("bob") == before


def test_a_view_for_all_cannot_ask_what_its_author_may_not_see(world: Shop) -> None:
    world.permit("all", "hidden", "views")
    answer = world.visitors["ann"].post(
        f"{BASE}/views/save", {"label": "Wide", "whose": "all", "back": "?filter=CONTAINS(secret,'zzqbob')"}
    )
    assert answer.status_code in (403, 422)
    with world.workspace.writing(world.person("ann")) as act, pytest.raises(NotAllowed):
        versions.publish(act, [{**VIEW, "key": "other", "filter": "CONTAINS(secret, 'zzqbob')"}])


def test_a_view_of_ones_own_stops_when_its_field_is_taken_away(world: Shop) -> None:
    world.permit("all", "view")
    with world.workspace.writing(world.person("ann")) as act:
        body = {"label": "Bobs", "filter": "CONTAINS(secret, 'zzqbob')", "sort": ["secret"], "group": "grade", "app": "shop"}
        name = saved.keep(act, act.catalogue.forms["customer"], body).name
    assert TITLES["bob"] in world.visitors["ann"].get(f"{BASE}?view={name}").get_data(as_text=True)
    assert world.visitors["bob"].get(f"{BASE}?view={name}").status_code == 404

    world.permit("all", "hidden")

    answer = world.visitors["ann"].get(f"{BASE}?view={name}").get_data(as_text=True)
    assert not any(each in answer for each in TITLES.values())


def test_choosing_a_record_fills_in_only_what_is_seen_of_it(world: Shop) -> None:
    def filled(who: str) -> dict[str, Any]:
        return (
            world.visitors[who].post("/apps/shop/visit/check", {"f_customer": str(world.ids["ann"]), "_field": "f_customer"}).json["filled"]
        )

    world.permit("all", "view")
    assert filled("bob")["f_filled"]["texts"] == [f"{SECRETS['ann']}?"] and filled("bob")["f_by_condition"]["texts"] == ["zzz"]
    for right in ("masked", "hidden"):
        world.permit("all", right)
        assert filled("bob") == {}
        with world.workspace.writing(world.person("bob")) as act:
            made = gateway.create(act, "visit", {"customer": world.ids["ann"]}).id
        with world.workspace.writing(SYSTEM) as act:
            values = query.get(act, "visit", made).values
            gateway.delete(act, "visit", made)
        assert values.get("filled") is None and values.get("by_condition") is None


# -- existence ----------------------------------------------------------------------------------------------------------------------
def test_a_draft_is_there_for_nobody_else(world: Shop) -> None:
    world.permit("all", "edit")
    ann, bob = world.visitors["ann"], world.visitors["bob"]
    kept = ann.post(f"{BASE}/new", {"then": "draft", "f_name": "Draftword", "f_secret": "s"})
    number = re.search(r"draft=(\d+)", kept.headers["Location"])[1]  # type: ignore[index]
    for answer in (
        bob.get(f"{BASE}/new?draft={number}"),
        bob.get(f"{BASE}/new"),
        bob.post(f"{BASE}/drafts/{number}/delete"),
        bob.post(f"{BASE}/new", {"then": "draft", "draft": number, "f_name": "Taken"}),
    ):
        assert "Draftword" not in answer.get_data(as_text=True)
    assert "Draftword" in ann.get(f"{BASE}/new?draft={number}").get_data(as_text=True)
    world.permit("all", "hidden")
    assert 'name="f_secret"' not in ann.get(f"{BASE}/new?draft={number}").get_data(as_text=True)


def test_pasted_cells_name_only_records_that_are_seen(world: Shop) -> None:
    def cells(whose: str) -> Any:
        body = {"subform": "lines", "columns": ["of"], "cells": [[TITLES[whose]], [f"#{world.ids[whose]}"], [str(world.ids[whose])]]}
        ann = world.visitors["ann"]
        return ann.client.post(f"{BASE}/paste", json=body, headers={"X-CSRFToken": ann.form_token(), "Accept-Language": "en"})

    world.permit("own", "edit")
    assert any(each[0] for each in cells("ann").json["cells"])
    foreign = cells("bob").json
    assert not any(each[0] for each in foreign["cells"])
    assert len({each["message"].replace(each["text"], "…") for each in foreign["problems"]}) == 1
    world.permit("own", "edit", lines="view")
    assert cells("ann").status_code == 403


def test_a_button_is_pressed_only_where_it_is_seen_and_its_run_is_told_to_nobody_else(world: Shop) -> None:
    def press(who: str, whose: str) -> Any:
        return world.visitors[who].post(f"{BASE}/{world.ids[whose]}/press/press", {"once": who}, Accept="application/json")

    world.permit("own", "edit")
    pressed = press("ann", "ann")
    assert pressed.status_code == 200
    assert world.visitors["bob"].get(pressed.json["state"]).status_code in (403, 404)
    assert press("ann", "bob").status_code in (403, 404)
    world.permit("all", "edit")
    assert world.visitors["bob"].get(pressed.json["state"]).status_code == 404
    world.permit("all", "hidden")
    assert press("ann", "ann").status_code in (403, 404) and "/press/press" not in world.visitors["ann"].get(
        f"{BASE}/{world.ids['ann']}"
    ).get_data(as_text=True)


def test_that_other_records_belong_to_one_is_counted_only_where_they_are_seen(world: Shop) -> None:
    world.permit("all", "edit")
    with world.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**_set("visit", "sales"), "rows": "no == 'none of them'"}])
    said = world.callers["ann"].send("DELETE", f"{API}/{world.ids['bob']}")
    text = json.dumps(said.json, ensure_ascii=False)
    assert said.status_code == 422 and "1 records" not in text and "Visit" not in text, text


def test_who_is_in_the_pool_is_told_only_to_those_who_claim_or_see_the_owner(world: Shop) -> None:
    with world.workspace.writing(SYSTEM) as act:
        free = gateway.create(act, "customer", {"name": "Freeword", "code": "free"}).id
    try:
        ann, caller = world.visitors["ann"], world.callers["ann"]
        world.permit("all", "view")
        assert "Freeword" in ann.get("/apps/shop/-/pool/customer").get_data(as_text=True)
        assert "Freeword" in caller.send("GET", "/forms/customer/pool").get_data(as_text=True)
        for right in ("hidden", "masked"):
            world.permit("all", "view", owner=right)
            assert "Freeword" not in ann.get("/apps/shop/-/pool/customer").get_data(as_text=True)
            assert "Freeword" not in caller.send("GET", "/forms/customer/pool").get_data(as_text=True)
            gave = [caller.send("POST", f"{API}/{each}/release", {"reason": "x"}) for each in (free, world.ids["bob"])]
            assert gave[0].status_code == gave[1].status_code and gave[0].json["detail"] == gave[1].json["detail"]
    finally:
        with world.workspace.writing(SYSTEM) as act:
            gateway.delete(act, "customer", free)


def test_a_foreign_record_and_one_that_is_not_there_answer_alike(world: Shop) -> None:
    world.permit("own", "edit")
    ann, caller = world.visitors["ann"], world.callers["ann"]
    pages = ["/{}", "/{}/edit", "/{}/cell/name", "/{}/cells?columns=name", "/panel/found?record={}", "/{}/sharing"]
    asked = [
        ("GET", f"{API}/{{}}/team", None),
        ("GET", f"{API}/{{}}/shares", None),
        ("POST", f"{API}/{{}}/shares", {"who": "user:1"}),
        ("PUT", f"{API}/{{}}/team/1", {"role": "helper"}),
        ("POST", f"{API}/{{}}/release", {"reason": "x"}),
        ("PATCH", f"{API}/{{}}", {"name": "x"}),
    ]
    for path, foreign, nowhere in itertools.product(pages, [world.ids["bob"]], [999_999]):
        one, other = (ann.get(BASE + path.format(each)) for each in (foreign, nowhere))
        assert (one.status_code, words(one).replace(str(foreign), "N")) == (other.status_code, words(other).replace(str(nowhere), "N")), (
            path
        )
    for method, path, body in asked:
        one, other = (caller.send(method, path.format(each), body) for each in (world.ids["bob"], 999_999))
        assert (one.status_code, one.json["detail"]) == (other.status_code, other.json["detail"]), path
    claimed = caller.send("POST", "/forms/customer/pool/claim", {"records": [str(world.ids["bob"]), "999999"]})
    assert claimed.status_code in (403, 404) or len({each["message"] for each in claimed.json["refused"]}) == 1
