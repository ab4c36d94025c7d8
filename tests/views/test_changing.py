"""Values changed in the list: one in its cell, many at once; versions, rights, reasons, and taking it back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from runtime.records import query
from runtime.system import jobs
from runtime.system.tables import bulk_edit_chunk
from runtime.views import bulk
from tests.pages.visitor import Visitor, words
from tests.views.conftest import CUSTOMER, SALES, Shop

LIST = "/apps/shop/customer"


def value(shop: Shop, record: int, key: str) -> Any:
    with shop.workspace.reading(shop.ada) as act:
        return query.get(act, "customer", record).values.get(key)


def cell(visitor: Visitor, record: int, key: str, **form: Any) -> Any:
    return visitor.post(f"{LIST}/{record}/cell/{key}", form, Accept="application/json")


# -- one cell -------------------------------------------------------------------------------------------------------------------------
def test_a_cell_opens_with_the_fields_own_control_and_saves(shop: Shop, sue: Visitor) -> None:
    ann = shop.add(name="Ann", visits=3, owner=shop.sue.id)

    opened = sue.get(f"{LIST}/{ann}/cell/visits").get_data(as_text=True)
    saved = cell(sue, ann, "visits", f_visits="8", version="1", columns="name,visits")

    assert 'name="f_visits"' in opened and 'value="3"' in opened and 'name="version" value="1"' in opened
    assert saved.get_json() == {"version": 2, "changed": True, "cells": {"name": "Ann", "visits": "8"}, "gone": False}
    assert value(shop, ann, "visits") == 8


def test_a_wrong_value_is_refused_beside_the_cell_and_nothing_changes(shop: Shop, sue: Visitor) -> None:
    ann = shop.add(name="Ann", visits=3, owner=shop.sue.id)

    for wrong in ("many", "101"):
        answer = cell(sue, ann, "visits", f_visits=wrong, version="1")
        assert answer.status_code == 422 and answer.get_json()["detail"]
    assert cell(sue, ann, "name", f_name="", version="1").status_code == 422
    assert value(shop, ann, "visits") == 3


def test_of_two_who_change_the_same_field_the_later_sees_both_values(shop: Shop, sue: Visitor) -> None:
    ann = shop.add(name="Ann", visits=3, owner=shop.sue.id)
    shop.change(ann, visits=5)

    answer = cell(sue, ann, "visits", f_visits="8", version="1")

    said = answer.get_json()
    assert answer.status_code == 409 and (said["theirs"], said["mine"], said["version"]) == ("5", "8", 2) and "Ada" in said["detail"]
    assert value(shop, ann, "visits") == 5
    assert cell(sue, ann, "visits", f_visits="8", version="2").status_code == 200 and value(shop, ann, "visits") == 8


def test_a_change_of_another_field_meanwhile_is_no_conflict(shop: Shop, sue: Visitor) -> None:
    ann = shop.add(name="Ann", visits=3, owner=shop.sue.id)
    shop.change(ann, note="x")

    assert cell(sue, ann, "visits", f_visits="8", version="1").status_code == 200
    assert (value(shop, ann, "visits"), value(shop, ann, "note")) == (8, "x")


def test_a_field_that_somebody_may_not_change_has_no_cell(shop: Shop, sue: Visitor) -> None:
    ann = shop.add(name="Ann", secret=1, note="n", owner=shop.sue.id)

    for key in ("secret", "note", "nothing", "id"):
        assert sue.get(f"{LIST}/{ann}/cell/{key}").status_code in (403, 404), key
        assert cell(sue, ann, key, **{f"f_{key}": "2"}, version="1").status_code in (403, 404), key


def test_a_record_that_somebody_does_not_see_has_no_cells(shop: Shop, sue: Visitor) -> None:
    other = shop.add(name="Other", visits=1, owner=shop.ada.id)

    assert cell(sue, other, "visits", f_visits="2", version="1").status_code == 404
    assert sue.get(f"{LIST}/{other}/cells?columns=name").status_code == 404


def test_a_card_is_moved_by_the_same_write_and_never_into_a_lane_that_does_not_exist(shop: Shop, sue: Visitor) -> None:
    ann = shop.add(name="Ann", stage="new", owner=shop.sue.id)

    assert cell(sue, ann, "stage", lane="won", version="1").status_code == 200 and value(shop, ann, "stage") == "won"
    assert cell(sue, ann, "stage", lane="-", version="2").status_code == 200 and value(shop, ann, "stage") is None
    assert cell(sue, ann, "stage", lane="<b>", version="3").status_code == 422 and value(shop, ann, "stage") is None
    shop.change(ann, stage="warm")
    assert cell(sue, ann, "stage", lane="won", version="3").status_code == 409 and value(shop, ann, "stage") == "warm"


# -- many -----------------------------------------------------------------------------------------------------------------------------
def test_many_are_counted_before_changed_afterwards_and_taken_back_where_untouched(shop: Shop, ada: Visitor) -> None:
    ids = [shop.add(name=f"N{number}", stage="new", visits=number) for number in range(4)]
    shop.add(name="Won already", stage="won")

    counted = words(ada.post(f"{LIST}/bulk", {"whole": "1", "back": "sort=name", "field": "stage", "f_stage": "won", "ask": "count"}))
    assert "will change 4" in counted and "have it already 1" in counted and "Change 4 records" in counted
    ada.post(f"{LIST}/bulk/do", {"whole": "1", "back": "sort=name", "field": "stage", "f_stage": "won"})
    assert [value(shop, each, "stage") for each in ids] == ["won"] * 4

    shop.change(ids[0], stage="warm")
    shop.change(ids[1], visits=50)
    with shop.workspace.writing(shop.ada, "undo") as act:
        number = 1
        assert bulk.undo(act, number)
        assert bulk.counts(act, number) == {"undone": 3, "kept": 1, "same": 1}
    assert [value(shop, each, "stage") for each in ids] == ["warm", "new", "new", "new"] and value(shop, ids[1], "visits") == 50


def test_what_cannot_be_changed_is_left_out_with_its_reason(shop: Shop, ada: Visitor) -> None:
    shop.publish(
        {**CUSTOMER, "rules": [{"check": "visits < 10 or stage != 'won'", "message": "Visit less before winning.", "fields": ["stage"]}]}
    )
    free, bound = shop.add(name="Free", visits=1), shop.add(name="Bound", visits=20)

    answer = ada.post(f"{LIST}/bulk/do", {"id": [str(free), str(bound)], "field": "stage", "f_stage": "won"})

    assert re.fullmatch(r"/apps/shop/-/bulk/\d+", answer.location)
    said = words(ada.get(answer.location))
    assert "Visit less before winning." in said and "Bound" in said and "left out 1" in said
    assert (value(shop, free, "stage"), value(shop, bound, "stage")) == ("won", None)


def test_many_are_changed_by_a_job_that_can_be_cancelled_and_goes_on_where_it_stood(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "CHUNK", 2)
    ids = [shop.add(name=f"N{number}") for number in range(5)]
    with shop.workspace.writing(shop.ada) as act:
        number = bulk.start(act, "shop", "customer", "stage", "won", ids)
        bulk.part(act, number, "customer", "stage", "won", ids[:2])
        act.connection.execute(bulk_edit_chunk.delete().where(bulk_edit_chunk.c.edit == number, bulk_edit_chunk.c.number == 0))
        job = bulk.find(act, number).job
    assert jobs.run_now(shop.workspace, job).state == "done"
    with shop.workspace.reading(shop.ada) as act:
        assert bulk.counts(act, number) == {"changed": 5} and bulk.find(act, number).state == "done"
    with shop.workspace.writing(shop.ada) as act:
        assert not bulk.undo(act, number)
        job = bulk.find(act, number).job
        jobs.cancel(act.connection, job)
    with shop.workspace.reading(shop.ada) as act:
        assert jobs.find(act.connection, job).state == "cancelled"


def test_of_very_many_only_the_first_are_counted_beforehand(shop: Shop, ada: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "LOOKED_AT", 2)
    ids = [shop.add(name=f"N{number}") for number in range(5)]
    sent = {"whole": "1", "back": "", "field": "stage", "f_stage": "won"}

    counted = words(ada.post(f"{LIST}/bulk", {**sent, "ask": "count"}))
    assert "will change 2" in counted and "the first 2 of 5 records" in counted and "Change 5 records" in counted
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    monkeypatch.setattr(bulk, "CHUNK", 2)
    ada.post(f"{LIST}/bulk/do", sent)
    with shop.workspace.reading(shop.ada) as act:
        job = bulk.find(act, 1).job
    assert jobs.run_now(shop.workspace, job).state == "done" and {value(shop, each, "stage") for each in ids} == {"won"}
    shop.change(ids[3], stage="new")
    with shop.workspace.writing(shop.ada, "undo") as act:
        assert not bulk.undo(act, 1)
        job = bulk.find(act, 1).job
    assert jobs.run_now(shop.workspace, job).state == "done"
    assert [value(shop, each, "stage") for each in ids] == [None, None, None, "new", None]


def test_somebody_elses_change_and_fields_that_are_not_theirs_stay_closed(shop: Shop, ada: Visitor, sue: Visitor) -> None:
    ann = shop.add(name="Ann", owner=shop.sue.id)
    ada.post(f"{LIST}/bulk/do", {"id": [str(ann)], "field": "stage", "f_stage": "won"})

    assert sue.get("/apps/shop/-/bulk/1").status_code == 404 and sue.post("/apps/shop/-/bulk/1/undo").status_code == 404
    for key in ("secret", "note"):
        assert sue.post(f"{LIST}/bulk/do", {"id": [str(ann)], "field": key, f"f_{key}": "1"}).status_code in (403, 422)


def test_a_whole_list_is_only_what_the_person_sees(shop: Shop, sue: Visitor) -> None:
    hers, other = shop.add(name="Hers", owner=shop.sue.id), shop.add(name="Other", owner=shop.ada.id)

    sue.post(f"{LIST}/bulk/do", {"whole": "1", "back": "", "field": "stage", "f_stage": "won"})
    sue.post(f"{LIST}/bulk/do", {"id": [str(other)], "field": "stage", "f_stage": "won"})

    assert (value(shop, hers, "stage"), value(shop, other, "stage")) == ("won", None)


# -- calendars and timelines ----------------------------------------------------------------------------------------------------------
def moved(visitor: Visitor, record: int, **sent: str) -> Any:
    return visitor.post(f"{LIST}/{record}/days", {"on": "starts_on", "until": "ends_on", **sent})


def days_of(shop: Shop, record: int) -> tuple[str, str | None]:
    with shop.workspace.reading(shop.ada) as act:
        values = query.get(act, "customer", record).values
    return str(values["starts_on"]), str(values["ends_on"]) if values["ends_on"] else None


def test_a_record_is_carried_to_another_day_and_back_and_lasts_as_long(shop: Shop, ada: Visitor) -> None:
    record = shop.add(name="Ann", starts_on="2026-05-04", ends_on="2026-05-06")

    there = moved(ada, record, day="2026-05-11")
    assert there.status_code == 200 and days_of(shop, record) == ("2026-05-11", "2026-05-13")
    assert there.json["was"] == {"day": "2026-05-04", "last": "2026-05-06"}
    longer = moved(ada, record, day="2026-05-11", last="2026-05-20", version=str(there.json["version"]))
    assert longer.status_code == 200 and days_of(shop, record) == ("2026-05-11", "2026-05-20")
    assert moved(ada, record, **there.json["was"]).status_code == 200 and days_of(shop, record) == ("2026-05-04", "2026-05-06")
    assert moved(ada, record, day="2026-05-04", last="2026-05-01").status_code == 422


def test_what_somebody_else_moved_meanwhile_is_not_moved_over(shop: Shop, ada: Visitor) -> None:
    record = shop.add(name="Ann", starts_on="2026-05-04")
    shop.change(record, starts_on="2026-06-01")
    assert moved(ada, record, day="2026-05-11", version="1").status_code == 409
    shop.change(record, note="other")
    assert moved(ada, record, day="2026-05-11", version="2").status_code == 200


@pytest.mark.parametrize(
    "sent", [{"day": "soon"}, {}, {"day": "2026-05-01", "on": "name"}, {"day": "2026-05-01", "on": "secret", "until": ""}]
)
def test_what_is_no_day_and_no_field_of_days_is_not_moved(shop: Shop, ada: Visitor, sent: dict[str, str]) -> None:
    record = shop.add(name="Ann", starts_on="2026-05-04")
    assert moved(ada, record, **sent).status_code in (404, 422) and days_of(shop, record) == ("2026-05-04", None)


def test_only_who_may_change_the_record_and_its_days_moves_it(shop: Shop, sue: Visitor) -> None:
    own, other = shop.add(name="Own", starts_on="2026-05-04", owner=shop.sue.id), shop.add(name="Other", starts_on="2026-05-04")
    assert moved(sue, own, day="2026-05-05").status_code == 200
    assert moved(sue, other, day="2026-05-05").status_code == 404 and days_of(shop, other)[0] == "2026-05-04"
    shop.publish({**SALES, "fields": {"*": "edit", "ends_on": "view"}})
    assert moved(sue, own, day="2026-05-06").status_code in (403, 404) and days_of(shop, own)[0] == "2026-05-05"
    page = sue.get(f"{LIST}?as=calendar&date=starts_on&until=ends_on&day=2026-05-05").get_data(as_text=True)
    assert "data-days" not in page and "data-days" in sue.get(f"{LIST}?as=calendar&date=starts_on&day=2026-05-05").get_data(as_text=True)
