"""Unfinished entries: of new records and of changes, on one page, resumed or discarded by their person alone."""

from __future__ import annotations

import re

from flask import Flask

from runtime.definitions import versions
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests import makers
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

FORM = makers.form_json(makers.text("name", required=True), makers.text("note"), key="visit", title="name", app="shop")
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "All", "items": ["form:visit"]}]}


def test_drafts_of_new_records_and_of_changes_are_resumed_or_discarded(sqlite_workspace: Workspace, app: Flask) -> None:
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, FORM])
        for who in ("ann", "bob"):
            accounts.add(act, email=f"{who}@shop.example", name=who, roles=("member",), password=PASSWORD)
        record = gateway.create(act, "visit", {"name": "Lin", "note": "old"}).id
    ann, bob = (Visitor(app).sign_in(f"{who}@shop.example", PASSWORD) for who in ("ann", "bob"))
    base = "/apps/shop/visit"

    ann.post(f"{base}/new", {"then": "draft", "f_name": "Half a visit"})
    kept = ann.post(f"{base}/{record}/edit", {"then": "draft", "f_name": "", "f_note": "begun", "version": "1"})

    place = kept.headers["Location"]
    number = re.search(r"edit\?draft=(\d+)", place)[1]  # type: ignore[index]
    page = words(ann.get("/drafts"))
    assert "Half a visit" in page and "a new record" in page and "Lin" in page and "a change of a record" in page
    assert "Half a visit" not in words(bob.get("/drafts")) and bob.get(place).status_code == 404
    assert "unfinished entries 2" in words(ann.get("/apps/shop"))
    again = ann.get(place).text
    assert 'value="begun"' in again and 'name="version" value="1"' in again and "data-problems" not in again
    assert ann.get(f"{base}/new?draft={number}").status_code == 404  # it is a draft of a change
    assert "begun" not in ann.get(f"{base}/new").text and "Half a visit" not in ann.get(f"{base}/{record}/edit").text

    with sqlite_workspace.writing(SYSTEM) as act:
        gateway.update(act, "visit", record, {"note": "by somebody else"})
    stale = ann.post(f"{base}/{record}/edit", {"draft": number, "f_name": "Lin", "f_note": "begun", "version": "1"})
    assert stale.status_code == 409 and "by somebody else" in words(stale)
    saved = ann.post(f"{base}/{record}/edit", {"draft": number, "f_name": "Lin", "f_note": "begun", "version": "2"})
    assert saved.status_code == 303 and ann.get(place).status_code == 404
    with sqlite_workspace.reading(SYSTEM) as act:
        assert query.get(act, "visit", record).values["note"] == "begun"

    [draft] = re.findall(r"visit/drafts/(\d+)/delete", ann.get("/drafts").text)
    bob.post(f"{base}/drafts/{draft}/delete", {})
    assert "Half a visit" in words(ann.get("/drafts"))
    assert ann.post(f"{base}/drafts/{draft}/delete", {"back": "/drafts"}).headers["Location"].endswith("/drafts")
    assert "Nothing is unfinished" in words(ann.get("/drafts"))


def test_the_name_of_what_is_edited_stands_once_in_the_heading(sqlite_workspace: Workspace, app: Flask) -> None:
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, FORM])
        accounts.add(act, email="ann@shop.example", name="ann", roles=("member",), password=PASSWORD)
        record = gateway.create(act, "visit", {"name": "Lin"}).id
    page = Visitor(app).sign_in("ann@shop.example", PASSWORD).get(f"/apps/shop/visit/{record}/edit").text
    assert "<h1>Edit Lin</h1>" in page and "<title>Edit Lin · Shop</title>" in page
