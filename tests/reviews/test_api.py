"""Reviews over the API: reading, answering, voting, acknowledging; each sees what they may, and the document says it all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.people import tokens
from runtime.people.person import SYSTEM
from runtime.reviews import deciding
from tests.api.caller import Caller
from tests.reviews.world import Shop


@pytest.fixture
def as_person(lite_shop: Shop, tmp_path: Path) -> Callable[[str], Caller]:
    from app import create_app

    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "manifest.json").write_text("{}")
    app = create_app(lite_shop.workspace, dist=tmp_path / "dist")

    def caller(name: str) -> Caller:
        with lite_shop.workspace.writing(SYSTEM) as act:
            return Caller(app, tokens.create(act, lite_shop.people[name], "test"))

    return caller


def test_a_review_is_opened_listed_and_read(lite_shop: Shop, as_person: Callable[[str], Caller]) -> None:
    lead = as_person("lead")
    made = lead.post("/reviews", {"model": "value"})
    lite_shop.work()
    (found,) = lead.get("/reviews?state=collecting")["items"]
    assert (found["id"], found["from"], found["to"], found["waits"]) == (made["id"], "2026-07-01", "2026-10-01", [])
    assert lead.get("/reviews?state=closed")["items"] == []
    assert lead.get(f"/reviews/{made['id']}")["facts"]["movement"]["up"] == 1
    assert lead.refused("POST", "/reviews", {"model": "value"}) == {}
    assert as_person("ning").refused("POST", "/reviews", {"model": "value"}, 403) == {}
    assert as_person("out").refused("GET", f"/reviews/{made['id']}", status=404) == {}


def test_counts_of_all_and_sums_are_for_those_who_may_see_them(lite_shop: Shop, as_person: Callable[[str], Caller]) -> None:
    number = lite_shop.open()
    ada, ning, part = (as_person(name).get(f"/reviews/{number}")["facts"] for name in ("ada", "ning", "part"))
    assert part is None
    assert any(each.get("amount") == "4000.00" for each in ada["effects"]["tiers"])
    assert ning["tiers"] == ada["tiers"] and not any("amount" in each for each in ning["effects"]["tiers"])


def test_the_survey_is_answered(lite_shop: Shop, as_person: Callable[[str], Caller]) -> None:
    lite_shop.plan(asked=("role:sales",))
    number, ning = lite_shop.open(), as_person("ning")
    assert ning.get(f"/reviews/{number}")["waits"] == ["survey"]
    assert set(ning.refused("PUT", f"/reviews/{number}/answers", {"answers": {"q1": "9"}})) == {"q1"}
    assert set(ning.refused("PUT", f"/reviews/{number}/answers", {"answers": {"zz": "9"}})) == {"answers/zz"}
    done = ning.send("PUT", f"/reviews/{number}/answers", {"answers": {"q1": "4", "q2": "The VIPs of Pudong"}})
    assert done.status_code == 200 and done.json["waits"] == []
    assert "Pudong" not in as_person("lead").send("GET", f"/reviews/{number}").get_data(as_text=True)


def test_a_vote_is_cast_and_changed(lite_shop: Shop, as_person: Callable[[str], Caller]) -> None:
    lite_shop.plan(voters=("role:sales",))
    number, proposal = lite_shop.voted_on()
    ning, way = as_person("ning"), f"/reviews/{number}/proposals/{proposal}/vote"
    assert set(ning.refused("POST", way, {"vote": "no"})) == {"reason"}
    ning.post(way, {"vote": "no", "reason": "Too strict"})
    (found,) = ning.post(way, {"vote": "yes"})["proposals"]
    assert [(each["person"], each["vote"], each["reason"]) for each in found["votes"]] == [(str(lite_shop.id("ning")), "yes", "")]
    assert found["simulation"]["population"] == 4 and found["changes"]
    assert as_person("part").refused("POST", way, {"vote": "yes"}, 403) == {}
    for other in (f"/reviews/{number}/proposals/999/vote", f"/reviews/{number}/proposals/x/vote"):
        assert ning.refused("POST", other, {"vote": "yes"}, 404) == {}


def test_one_says_that_one_knows(lite_shop: Shop, as_person: Callable[[str], Caller]) -> None:
    number = lite_shop.decided()
    with lite_shop.by("lead") as act:
        deciding.announce(act, number, "The cuts are higher now.")
    ning = as_person("ning")
    before = ning.get(f"/reviews/{number}")
    assert (before["waits"], before["note"], before["published"]) == (["notice"], "The cuts are higher now.", 2)
    after = ning.post(f"/reviews/{number}/acknowledge")
    known = {each["person"]: each["at"] for each in after["acknowledged"]}
    assert known[str(lite_shop.id("ning"))] is not None and known[str(lite_shop.id("ada"))] is None
    assert ning.post(f"/reviews/{number}/acknowledge") == after


def test_the_document_names_every_route(lite_shop: Shop, as_person: Callable[[str], Caller]) -> None:
    paths = as_person("lead").get("/openapi.json")["paths"]
    wanted = {"", "/{id}", "/{id}/proposals/{proposal}/vote", "/{id}/answers", "/{id}/acknowledge"}
    assert {f"/reviews{each}" for each in wanted} <= {each.removeprefix("/api/v1") for each in paths}
