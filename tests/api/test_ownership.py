"""Sharing, teams and the pool over the API: the same rules as on the pages, in the shapes of the API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.people import tokens
from runtime.system.workspace import Workspace
from tests.api.caller import Caller, done
from tests.ownership.conftest import House, fill


@pytest.fixture
def house(sqlite_workspace: Workspace) -> House:
    return fill(sqlite_workspace)


@pytest.fixture
def by(house: House, tmp_path: Path) -> Callable[..., Caller]:
    """Somebody of the house with a token of this scope."""
    from app import create_app

    (tmp_path / "manifest.json").write_text("{}")
    app = create_app(house.workspace, dist=tmp_path)

    def caller(name: str, scope: str = "admin") -> Caller:
        with house.by(None) as act:
            return Caller(app, tokens.create(act, house.people[name], "test", scope=scope))

    return caller


def test_a_record_is_shared_seen_and_taken_back(house: House, by: Callable[..., Caller]) -> None:
    record = house.add("Lin", owner="ann")
    ann, sue, here = by("ann"), by("sue"), f"/forms/customer/records/{record}"
    assert sue.send("GET", here).status_code in (403, 404)
    made = ann.post(f"{here}/shares", {"who": "user:sue@example.com", "may": "view", "until": "2026-03-31"})
    assert (made["who"], made["name"], made["until"], made["by"]) == (f"user:{house.id('sue')}", "Sue", "2026-03-31", str(house.id("ann")))
    assert sue.get(here)["name"] == "Lin"
    assert sue.refused("PATCH", here, {"name": "X"}).keys() == {"name"}
    assert sue.send("GET", f"{here}/shares").status_code == 403
    assert [each["id"] for each in ann.get(f"{here}/shares")["items"]] == [made["id"]]
    assert sue.send("DELETE", f"{here}/shares/{made['id']}").status_code == 403
    assert ann.send("DELETE", f"{here}/shares/{made['id']}").status_code == 204
    assert sue.send("GET", here).status_code in (403, 404) and ann.get(f"{here}/shares")["items"] == []
    assert ann.send("DELETE", f"{here}/shares/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"who": "user:nobody@example.com"}, "who"),
        ({"who": "group:99"}, "who"),
        ({"who": "everybody"}, "who"),
        ({"who": "role:service", "until": "2026-03-01"}, "until"),
        ({"who": "role:service", "may": "delete"}, "may"),
        ({"may": "view"}, "who"),
    ],
)
def test_what_cannot_be_shared_is_said_at_its_place(house: House, by: Callable[..., Caller], body: dict[str, str], path: str) -> None:
    record = house.add("Lin", owner="ann")
    assert path in by("boss").refused("POST", f"/forms/customer/records/{record}/shares", body)


def test_nobody_shares_what_they_do_not_see_or_may_not_share(house: House, by: Callable[..., Caller]) -> None:
    record = house.add("Lin", owner="ann")
    body = {"who": "role:service"}
    assert by("bob").send("POST", f"/forms/customer/records/{record}/shares", body).status_code in (403, 404)
    by("ann", "write").post(f"/forms/customer/records/{record}/shares", {"who": f"user:{house.id('bob')}"})
    assert by("bob").send("POST", f"/forms/customer/records/{record}/shares", body).status_code == 403  # sees it by now, and no more
    assert by("boss", "read").send("POST", f"/forms/customer/records/{record}/shares", body).status_code == 403


def test_the_same_request_sent_twice_shares_once(house: House, by: Callable[..., Caller]) -> None:
    record, boss = house.add("Lin", owner="ann"), by("boss")
    first, second = (
        boss.post(f"/forms/customer/records/{record}/shares", {"who": "role:service"}, Idempotency_Key="one") for _time in range(2)
    )
    assert first == second


def test_a_team_is_joined_listed_and_left(house: House, by: Callable[..., Caller]) -> None:
    record, sue = house.add("Lin", owner="ann"), house.id("sue")
    boss, here = by("boss"), f"/forms/customer/records/{record}/team"
    assert done(boss.send("PUT", f"{here}/{sue}", {"role": "service"}))["label"] == "Service"
    assert [(each["person"], each["role"], each["sees"]) for each in boss.get(here)["items"]] == [(str(sue), "service", False)]
    assert done(boss.send("PUT", f"{here}/{sue}", {"role": "helper"}))["role"] == "helper"
    assert boss.refused("PUT", f"{here}/{sue}", {"role": "king"}).keys() == {"role"}
    assert boss.refused("PUT", f"{here}/999", {"role": "helper"}).keys() == {"person"}
    assert boss.send("PUT", f"{here}/me", {"role": "helper"}).status_code == 404
    assert by("cy").send("PUT", f"{here}/{house.id('bob')}", {"role": "helper"}).status_code in (403, 404)
    assert by("bob").send("GET", here).status_code in (403, 404)
    assert boss.send("DELETE", f"{here}/{sue}").status_code == 204 and boss.send("DELETE", f"{here}/{sue}").status_code == 404


def test_records_are_claimed_within_the_limits_and_given_back(house: House, by: Callable[..., Caller]) -> None:
    records = [house.add(f"C{number}") for number in range(5)]
    ann = by("ann")
    found = ann.get("/forms/customer/pool?limit=2")
    assert found["standing"] == {"today": 0, "per_day": 3, "owned": 0, "in_all": 4, "left": 3}
    assert [each["claimable"] for each in found["items"]] == [True, True] and found["next"]
    assert len(ann.get(f"/forms/customer/pool?limit=4&cursor={found['next']}")["items"]) == 3
    done_ = ann.post("/forms/customer/pool/claim", {"records": [str(each) for each in records[:4]]})
    assert done_["records"] == [str(each) for each in records[:3]]
    assert [each["record"] for each in done_["refused"]] == [str(records[3])] and "a day" in done_["refused"][0]["message"]
    assert by("bob").post("/forms/customer/pool/claim", {"records": [str(records[0])]})["records"] == []
    here = f"/forms/customer/records/{records[0]}/release"
    assert by("bob").send("POST", here, {"reason": "mine now"}).status_code in (403, 404)
    assert ann.refused("POST", here, {"reason": ""}).keys() == {"reason"}
    assert ann.send("POST", here, {"reason": "moved away"}).status_code == 204 and house.owner(records[0]) is None
    happened = by("boss").get("/forms/customer/pool/events")["items"]
    assert (happened[0]["act"], happened[0]["reason"], happened[0]["record"]) == ("released", "moved away", str(records[0]))


def test_whoever_may_not_claim_gets_nothing_from_the_pool(house: House, by: Callable[..., Caller]) -> None:
    record = house.add("Lin")
    assert by("sue").send("GET", "/forms/customer/pool").status_code in (403, 404)
    assert by("sue").send("POST", "/forms/customer/pool/claim", {"records": [str(record)]}).status_code in (403, 404)
    assert by("sue").send("GET", "/forms/customer/pool/events").status_code in (403, 404)
    assert by("ann").send("GET", "/forms/visit/pool").status_code in (403, 404)
    assert house.owner(record) is None


def test_what_the_pool_hides_is_not_in_the_api_either(house: House, by: Callable[..., Caller]) -> None:
    record, ann = house.add("Lin"), by("ann")
    assert "secret" not in ann.get(f"/forms/customer/records/{record}")
    ann.post("/forms/customer/pool/claim", {"records": [str(record)]})
    assert ann.get(f"/forms/customer/records/{record}")["secret"] == "secret Lin"
