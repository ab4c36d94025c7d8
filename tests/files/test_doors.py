"""Files through the pages and the API: what is taken, what is given back, and to whom."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app import create_app
from runtime.people import passwords, tokens
from runtime.people.person import SYSTEM
from runtime.records import gateway
from tests.api.caller import Caller
from tests.files.conftest import PDF, House, png
from tests.pages.conftest import browser_files  # noqa: F401  (a fixture)
from tests.pages.visitor import Visitor, words


@pytest.fixture
def callers(lite: House, browser_files: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Caller]:  # noqa: F811
    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})
    app = create_app(lite.workspace, dist=browser_files)
    made: dict[str, Caller] = {}

    def by(name: str) -> Caller:
        if name not in made:
            with lite.workspace.writing(SYSTEM) as act:
                made[name] = Caller(app, tokens.create(act, lite.people[name], "test"))
        return made[name]

    return by


def send(caller: Caller, name: str = "offer.pdf", content: bytes = PDF, **beside: str) -> TestResponse:
    body = {"file": (io.BytesIO(content), name), "form": "deal", "field": "papers", **beside}
    return caller.client.post("/api/v1/files", data=body, headers={"Authorization": f"Bearer {caller.token}", "Accept-Language": "en"})


def fetch(caller: Caller, url: str, **headers: str) -> TestResponse:
    given = {"Authorization": f"Bearer {caller.token}", "Accept": "*/*", **headers}
    return caller.client.get(url, headers=given, buffered=True)


# -- the API ----------------------------------------------------------------------------------------------------------------------
def test_a_file_is_sent_first_and_then_named_by_a_record(lite: House, callers: Callable[[str], Caller]) -> None:
    ann = callers("ann")
    sent = send(ann)
    assert sent.status_code == 201 and sent.json["name"] == "offer.pdf" and sent.json["size"] == len(PDF)
    for given in (sent.json["id"], sent.json, {"id": sent.json["id"]}):
        made = ann.post("/forms/deal/records", {"name": "Tea", "owner": "ann@example.com", "papers": [given]})
        assert made["papers"] == [sent.json]
    assert fetch(ann, sent.json["url"]).data == PDF


def test_what_is_given_back_can_run_nothing(lite: House, callers: Callable[[str], Caller]) -> None:
    ann = callers("ann")
    answer = fetch(ann, send(ann, "Angebot „neu“.txt", b"<script>alert(1)</script>").json["url"])
    assert answer.mimetype == "text/plain" and answer.data == b"<script>alert(1)</script>"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''Angebot%20%E2%80%9Eneu")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"] and "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_nobody_gets_it_who_does_not_see_the_field(lite: House, callers: Callable[[str], Caller]) -> None:
    ann = callers("ann")
    sent = send(ann).json
    record = ann.post("/forms/deal/records", {"name": "Tea", "owner": "ann@example.com", "papers": [sent["id"]]})["id"]
    assert [fetch(callers(who), sent["url"]).status_code for who in ("ann", "bob", "cleo", "lea")] == [200, 404, 404, 200]
    assert "papers" not in callers("cleo").get(f"/forms/deal/records/{record}")
    with lite.workspace.writing(SYSTEM) as act:
        gateway.update(act, "deal", int(record), {"owner": lite.people["bob"].id})
    assert [fetch(callers(who), sent["url"]).status_code for who in ("ann", "bob")] == [404, 200]
    etag = fetch(callers("bob"), sent["url"]).headers["ETag"]
    assert fetch(callers("ann"), sent["url"], **{"If-None-Match": etag}).status_code == 404
    assert fetch(callers("bob"), sent["url"], **{"If-None-Match": etag}).status_code == 304


def test_who_may_not_fill_in_the_field_sends_nothing_for_it(lite: House, callers: Callable[[str], Caller]) -> None:
    assert send(callers("cleo")).status_code == 403 and send(callers("cleo"), "a.png", png(), field="photos").status_code == 201
    for beside in ({"field": "name"}, {"field": "nothing"}, {"form": "nothing"}):
        assert send(callers("ann"), **beside).status_code == 422
    assert lite.kept() and len(lite.kept()) == 1


def test_what_is_wrong_with_a_file_is_said_at_the_file(callers: Callable[[str], Caller]) -> None:
    answer = send(callers("ann"), "offer.pdf", b"MZ\x90\x00")
    assert answer.status_code == 422
    assert answer.json["errors"] == [
        {
            "path": "file",
            "message": "“offer.pdf” does not contain what its name says. Open it in its program, save it anew, then send that.",
        }
    ]


def test_sending_again_with_the_same_key_takes_it_once(lite: House, callers: Callable[[str], Caller]) -> None:
    ann = callers("ann")

    def once() -> Any:
        body = {"file": (io.BytesIO(PDF), "offer.pdf"), "form": "deal", "field": "papers"}
        headers = {"Authorization": f"Bearer {ann.token}", "Idempotency-Key": "k1"}
        return ann.client.post("/api/v1/files", data=body, headers=headers).json

    assert once() == once()


# -- the pages --------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def lea(lite: House, callers: Callable[[str], Caller]) -> Visitor:
    from runtime.people import accounts

    with lite.workspace.writing(SYSTEM) as act:
        accounts.set_password(act, lite.people["lea"].id, "kettle boils at noon")
    return Visitor(callers("ann").app).sign_in("lea@example.com", "kettle boils at noon")


def test_the_page_of_a_record_shows_pictures_and_links(lite: House, lea: Visitor) -> None:
    sent = lea.post("/files/deal/photos", {"file": (io.BytesIO(png()), "shop.png")}, Accept="application/json")
    paper = lea.post("/files/deal/papers", {"file": (io.BytesIO(PDF), "offer.pdf")}, Accept="application/json")
    assert (sent.status_code, sent.json["picture"], paper.json["picture"]) == (201, True, False)
    posted = {"f_name": "Tea", "f_photos": sent.json["token"], "f_papers": paper.json["token"]}
    made = lea.post("/apps/shop/deal/new", posted)
    assert made.status_code == 303, words(made)
    page = lea.get(made.headers["Location"]).get_data(as_text=True)
    assert f'<img src="{sent.json["url"]}" alt="shop.png"' in page and f'href="{paper.json["url"]}" download>offer.pdf' in page
    entry = lea.get(made.headers["Location"].partition("?")[0] + "/edit").get_data(as_text=True)
    assert f'name="f_photos" value="{sent.json["token"]}"' in entry
    assert "offer.pdf" in lea.get("/apps/shop/deal").get_data(as_text=True)


def test_a_stranger_sends_and_gets_nothing(lite: House, callers: Callable[[str], Caller]) -> None:
    stranger = Visitor(callers("ann").app)
    token = lite.send("ann")
    assert stranger.get(f"/files/{token[:22]}").status_code in (302, 303, 401)
    assert stranger.post("/files/deal/papers", {"file": (io.BytesIO(PDF), "a.pdf")}).status_code in (302, 303, 401)
    assert len(lite.kept()) == 1


def test_an_export_names_files_and_an_import_finds_them_again(lite: House, lea: Visitor) -> None:
    paper = lea.post("/files/deal/papers", {"file": (io.BytesIO(PDF), "offer.pdf")}, Accept="application/json").json
    lea.post("/apps/shop/deal/new", {"f_name": "Tea", "f_papers": paper["token"]})
    line = lea.post("/apps/shop/deal/export", {"format": "csv", "all": "1"}).get_data(as_text=True)
    assert f"offer.pdf http://127.0.0.1:8000{paper['url']}" in line
    with lite.workspace.writing(lite.people["lea"], "import") as act:
        again = gateway.create(act, "deal", {"name": "Again", "papers": f"offer.pdf http://127.0.0.1:8000{paper['url']}"})
    assert again.changes["papers"][1] == (paper["token"],)
