"""Dictionaries of tags over the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.system import jobs
from tests.api.caller import Caller
from tests.api.conftest import TAGS, caller, opened

WORDING = {"label": {"zh": "回头客", "en": "Comes back"}, "meaning": "Two orders in a year", "use": "Invite first", "family": "behaviour"}
SET = "/tag-sets/customer_tags"


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "manifest.json").write_text("{}")
    return tmp_path / "dist"


@pytest.fixture
def ada(workspace, dist: Path) -> Caller:
    """Who builds, on each database; Ben is a member beside her."""
    found = caller(opened(workspace), dist, "ada")
    with workspace.writing(SYSTEM) as act:
        versions.publish(act, [{**TAGS, "tags": [*TAGS["tags"], {"key": "regular", "label": "Regular"}]}])
    return found


@pytest.fixture
def as_ben(workspace, ada: Caller, dist: Path) -> Callable[[], Caller]:
    return lambda: caller(workspace, dist, "ben")


def test_a_tag_is_asked_for_approved_and_given(ada: Caller, as_ben: Callable[[], Caller]):
    ben = as_ben()
    asked = ben.post(f"{SET}/requests", WORDING)
    assert (asked["state"], asked["label"], asked["family"]) == ("open", WORDING["label"], "behaviour")
    assert ben.refused("POST", f"{SET}/requests/{asked['id']}/approve", {}, 403) == {}
    assert [each["id"] for each in ada.get(f"{SET}/requests?state=open")["items"]] == [asked["id"]]
    approved = ada.post(f"{SET}/requests/{asked['id']}/approve", {"meaning": "Three orders in a year"})
    assert (approved["state"], approved["tag"]) == ("approved", "comes_back")
    record = ada.post("/forms/customer/records", {"name": "Ann"})["id"]
    assert ben.post(f"/forms/customer/records/{record}/tags", {"tag": "回头客"})["items"][0]["tag"] == "comes_back"


def test_a_tag_is_refused_with_a_reason(ada: Caller):
    asked = ada.post(f"{SET}/requests", WORDING)
    assert list(ada.refused("POST", f"{SET}/requests/{asked['id']}/refuse", {})) == ["reason"]
    refused = ada.post(f"{SET}/requests/{asked['id']}/refuse", {"reason": "VIP says it"})
    assert (refused["state"], refused["answer"]) == ("refused", "VIP says it")
    ada.refused("POST", f"{SET}/requests/{asked['id']}/approve", {})


def test_a_name_in_use_cannot_be_asked_for(ada: Caller):
    assert "“VIP”" in ada.refused("POST", f"{SET}/requests", {**WORDING, "label": "ｖｉｐ"})["label"]


def test_merging_says_what_names_the_tag_and_is_taken_back(ada: Caller):
    record = ada.post("/forms/customer/records", {"name": "Ann"})["id"]
    ada.post(f"/forms/customer/records/{record}/tags", {"tag": "vip"})
    segment = {"kind": "segment", "key": "best", "label": "Best", "form": "customer", "where": "'vip' in tags"}
    ada.post("/definitions/publish", {"definitions": [segment]})
    assert ada.get(f"{SET}/tags/vip/uses")["items"] == [{"kind": "segment", "key": "best", "path": "where", "exact": True}]
    ada.refused("POST", f"{SET}/tags/vip/merge", {"into": "regular"})
    done = ada.post(f"{SET}/tags/vip/merge", {"into": "regular", "rewrite": True})
    assert (done["kind"], done["state"], done["records"]) == ("merge", "done", 1)
    path = f"/forms/customer/records/{record}/tags"
    assert [each["tag"] for each in ada.get(path)["items"]] == ["regular"]
    assert ada.post(path, {"tag": "VIP"})["items"][0]["tag"] == "regular"
    assert ada.post(f"{SET}/changes/{done['id']}/undo")["state"] == "undone"
    assert [each["tag"] for each in ada.get(path)["items"]] == ["vip"]


def test_tags_are_archived_named_and_restored(ada: Caller):
    assert ada.post(f"{SET}/tags/vip/archive")["kind"] == "archive"
    assert ada.post(f"{SET}/tags/vip/restore", {})["kind"] == "restore"
    assert ada.post(f"{SET}/tags/vip/aliases", {"aliases": ["Stammgast"]})["kind"] == "alias"


def test_many_records_are_counted_tagged_and_taken_back(ada: Caller):
    for name in ("Ann", "Ben", "Cid"):
        ada.post("/forms/customer/records", {"name": name})
    body = {"tag": "贵宾", "filter": "name != 'Cid'"}
    assert ada.post(f"{SET}/bulk", {**body, "dry_run": True}) == {"changed": 2, "same": 0, "ruled": 0, "kept": 0, "change": None}
    done = ada.post(f"{SET}/bulk", body)["change"]
    assert ada.get(f"{SET}/changes/{done['id']}")["state"] == "done"
    assert len(ada.get("/forms/customer/records?filter='vip' in tags")["items"]) == 2
    ada.post(f"{SET}/changes/{done['id']}/undo")
    assert ada.get("/forms/customer/records?filter='vip' in tags")["items"] == []


def test_how_useful_tags_are_is_for_those_who_approve(ada: Caller, as_ben: Callable[[], Caller], workspace):
    ada.post("/forms/customer/records", {"name": "Ann", "visits": 3})
    assert ada.get(f"{SET}/usefulness")["items"] == []
    ada.refused("POST", f"{SET}/usefulness", {"outcome": "visits"})
    jobs.run_now(workspace, int(ada.post(f"{SET}/usefulness", {"outcome": "visits > 1"})["job"]))
    found = ada.get(f"{SET}/usefulness")
    assert (found["records"], found["outcome"], {each["verdict"] for each in found["items"]}) == (1, "visits > 1", {"drop"})
    as_ben().refused("GET", f"{SET}/usefulness", status=403)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/tag-sets/none/requests", None),
        ("POST", f"{SET}/requests/99/refuse", {"reason": "x"}),
        ("GET", f"{SET}/changes/99", None),
        ("GET", f"{SET}/tags/none/uses", None),
        ("POST", f"{SET}/tags/none/archive", None),
        ("POST", f"{SET}/bulk", {"tag": "none"}),
    ],
)
def test_what_is_not_there_is_not_found(ada: Caller, method: str, path: str, body: object):
    ada.refused(method, path, body, 404)
