"""A field gets another type: its values are taken over in blocks before the version is published, and whoever is stopped goes on."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import converting, gateway, publishing, query
from runtime.records.preparing import prepare
from runtime.system import jobs
from runtime.system.tables import audit_log, column_conversion
from runtime.system.workspace import Workspace
from tests.builder.conftest import HOME, Designer
from tests.makers import Json, choice, form_json, number, subform, text
from tests.tiers.world import CUSTOMER, World

BEFORE = form_json(text("name"), text("size"), subform("items", text("worth"), text("product")))
AFTER = form_json(text("name"), number("size", min=0), subform("items", number("worth"), text("product")))
SIZES = ["1", "2", "many", "4", "-5", "6", "7"]


@pytest.fixture
def form(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    kinds.load()
    monkeypatch.setattr(converting, "BLOCK", 2)
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [BEFORE])
        for each in SIZES:
            gateway.create(act, "customer", {"name": each, "size": each, "items": [{"worth": each, "product": "tea"}]})
    return workspace


def values(workspace: Workspace) -> dict[str, Any]:
    with workspace.reading(SYSTEM) as act:
        found = [query.get(act, "customer", number).values for number in range(1, len(SIZES) + 1)]
    return {each["name"]: (each["size"], each["items"][0]["worth"]) for each in found}


def publish(workspace: Workspace, body: Json = AFTER) -> None:
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [body])


WANTED = {each: (None if each in ("many", "-5") else int(each), None if each == "many" else int(each)) for each in SIZES}


def test_until_the_version_is_published_the_old_type_answers(form: Workspace) -> None:
    prepare(form, SYSTEM, [AFTER])
    assert values(form)["many"] == ("many", "many")
    with form.writing(SYSTEM) as act:  # while the values were read
        gateway.update(act, "customer", 1, {"size": "11", "items": [{"worth": "12", "product": "tea"}]})
        gateway.update(act, "customer", 2, {"size": None})
    publish(form)
    assert values(form) == {**WANTED, "1": (11, 12), "2": (None, 2)}
    with form.reading(SYSTEM) as act:
        notes = [json.loads(row.payload) for row in act.connection.execute(sa.select(audit_log).where(audit_log.c.kind == "convert"))]
        assert act.connection.execute(sa.select(column_conversion)).first() is None
    assert [(each["converted"], each["not_converted"], each["samples"]) for each in notes] == [
        (5, 2, ["many", "-5"]),
        (7, 1, ["many"]),
    ]  # a row written anew is read anew


def killed_after(workspace: Workspace, count: int) -> int:
    """A process of its own that reads so many values, and is killed by the system; gives what ended it."""
    child = os.fork()
    if not child:
        own = Workspace(workspace.settings)
        prepare(own, SYSTEM, [AFTER], lambda read: os.kill(os.getpid(), signal.SIGKILL) if read >= count else None)
        os._exit(1)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


def test_killed_in_the_middle_it_goes_on_where_it_stood(form: Workspace) -> None:
    assert killed_after(form, 4) == signal.SIGKILL
    read: list[int] = []
    prepare(form, SYSTEM, [AFTER], read.append)
    assert read[-1] == 3 + len(SIZES)  # the rest of one field, and all of the other
    publish(form)
    assert values(form) == WANTED


def test_other_settings_begin_anew(form: Workspace) -> None:
    prepare(form, SYSTEM, [AFTER])
    wide = form_json(text("name"), number("size"), subform("items", number("worth"), text("product")))
    prepare(form, SYSTEM, [wide])
    publish(form, wide)
    assert values(form)["-5"] == (-5, -5)


# -- as a job ---------------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def long(sqlite_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    kinds.load()
    monkeypatch.setattr(publishing, "AT_ONCE", 3)
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [BEFORE])
        for each in SIZES:
            gateway.create(act, "customer", {"name": each, "size": each, "items": [{"worth": each}]})
    return sqlite_workspace


def later(workspace: Workspace, body: Json) -> int:
    with workspace.writing(SYSTEM, "publish") as act:
        assert publishing.is_long(act, [body])
        return publishing.later(act, [body], "numbers", None)


def test_a_job_publishes_once_all_values_are_read_and_leaves_what_was_edited_since(long: Workspace) -> None:
    job = later(long, AFTER)
    edited = {**AFTER, "label": "Edited since"}
    with long.writing(SYSTEM) as act:
        versions.save_draft(act, "form", "customer", edited)
    row = jobs.run_now(long, job)
    assert (row.state, row.done, row.total) == ("done", 14, 14)
    assert json.loads(row.result) == {"published": [{"kind": "form", "key": "customer", "version": 2}]}
    assert values(long) == WANTED
    with long.reading(SYSTEM) as act:
        draft = versions.find_draft(act.connection, "form", "customer")
    assert draft is not None and draft.body == edited


def test_a_job_does_not_overwrite_what_somebody_published_meanwhile(long: Workspace) -> None:
    job = later(long, AFTER)
    publish(long, {**BEFORE, "label": "Other"})
    row = jobs.run_now(long, job)
    assert row.state == "failed" and "Somebody else has published this meanwhile" in row.message
    with long.reading(SYSTEM) as act:
        assert act.catalogue.forms["customer"].label == "Other"


def test_few_values_and_other_kinds_are_not_long(long: Workspace) -> None:
    with long.reading(SYSTEM) as act:
        assert not publishing.is_long(act, [{**BEFORE, "label": "Other"}])
        assert not publishing.is_long(act, [{"kind": "app", "key": "shop", "label": "Shop", "menu": []}])
        assert not publishing.is_long(act, [{"kind": "form", "key": "customer"}])


# -- hostile orders -----------------------------------------------------------------------------------------------------------------------
def test_taken_out_added_again_with_another_type_and_restored(form: Workspace) -> None:
    without = form_json(text("name"), subform("items", text("worth"), text("product")))
    picked = form_json(text("name"), choice("size", "small", "large"), subform("items", text("worth"), text("product")))
    publish(form, without)
    publish(form, picked)
    with form.writing(SYSTEM) as act:
        gateway.update(act, "customer", 3, {"size": "large"})
    publish(form, BEFORE)
    found = {name: size for name, (size, _worth) in values(form).items()}
    assert found == {**{each: each for each in SIZES}, "many": "large"}
    publish(form, picked)
    assert values(form)["many"][0] == "large"


# -- the doors ----------------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def many(shop: World) -> World:
    """Three customers, whose notes are to become numbers."""
    for each in ("1", "2", "many"):
        shop.customer(each, note=each)
    return shop


RETYPED = {**CUSTOMER, "fields": [number("note") if each["key"] == "note" else each for each in CUSTOMER["fields"]]}


def test_the_api_makes_room_and_reads_values_before_it_writes(ada: Designer, many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(converting, "finish", lambda act, work: seen.append(converting._row(act.connection, work)) or (0, 0, []))
    answer = ada.ask("POST", "/api/v1/definitions/publish", {"definitions": [RETYPED]})
    assert answer.status_code == 200 and len(answer.json["published"]) == 1, answer.json
    assert [(row.done, row.lost) for row in seen] == [(2, 1)]


@pytest.mark.parametrize("door", ["api", "page"])
def test_with_many_values_a_job_publishes(ada: Designer, many: World, monkeypatch: pytest.MonkeyPatch, door: str) -> None:
    monkeypatch.setattr(publishing, "AT_ONCE", 2)
    place = f"{HOME}/forms/customer"
    if door == "api":
        job = int(ada.ask("POST", "/api/v1/definitions/publish", {"definitions": [RETYPED]}).json["job"])
    else:
        assert ada.save(place, RETYPED).status_code == 200
        given = ada.given(place)
        answer = ada.ask("POST", f"{place}/publish", {name: given[name] for name in ("edit", "stamp", "live")})
        assert answer.json["later"]
        job = answer.json["jobs"][0]
        assert ada.get(f"{HOME}/jobs/{job}").json["total"] == 3
    with many.workspace.reading(SYSTEM) as act:
        assert act.catalogue.forms["customer"].by_key["note"].type == "text"
    assert jobs.run_now(many.workspace, job).state == "done"
    with many.workspace.reading(SYSTEM) as act:
        assert act.catalogue.forms["customer"].by_key["note"].type == "number"
        assert [query.get(act, "customer", each).values["note"] for each in (1, 2, 3)] == [1, 2, None]
