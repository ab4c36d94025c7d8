"""Sharing, teams, the pool and handing over as people click them."""

from __future__ import annotations

from collections.abc import Callable

from runtime.records import handing_over
from tests.ownership.conftest import House
from tests.pages.visitor import Visitor, words

Visits = Callable[[str], Visitor]


def test_a_record_is_shared_from_its_page_and_listed_on_it(sqlite_house: House, visit: Visits):
    house, record = sqlite_house, sqlite_house.add("Lin", "ann")
    ann, sue, here = visit("ann"), visit("sue"), f"/apps/shop/customer/{record}"
    assert f'href="{here}/sharing"' in ann.get(here).get_data(as_text=True)
    assert sue.get(here).status_code in (403, 404)
    wrong = ann.post(f"{here}/sharing", {"person": "nobody@example.com"})
    assert wrong.status_code == 422 and "nobody@example.com" in words(wrong)
    assert ann.post(f"{here}/sharing", {"person": str(house.id("sue")), "may": "view", "until": "2026-12-31"}).status_code == 303
    shown = words(ann.get(here))
    assert "Shared with" in shown or "Team and sharing" in shown
    assert "Sue" in shown and "Lin" in words(sue.get(here))
    assert f"{here}/sharing" not in sue.get(here).get_data(as_text=True)
    assert ann.post(f"{here}/team", {"member": str(house.id("bob")), "role": "helper"}).status_code == 303
    shown = words(ann.get(f"{here}/sharing"))
    assert "Bob" in shown and "may not see this record" in shown
    with house.by(None, writes=False) as act:
        from runtime.ownership import sharing

        (share,) = sharing.shared_with(act, "customer", record)
    assert ann.post(f"{here}/sharing/{share.id}/revoke").status_code == 303
    assert ann.post(f"{here}/team/{house.id('bob')}/leave").status_code == 303
    assert sue.get(here).status_code in (403, 404)
    assert "Sue shared" not in words(visit("boss").get(f"{here}/rights"))


def test_the_pool_is_claimed_from_and_given_back(sqlite_house: House, visit: Visits):
    house = sqlite_house
    records = [house.add(f"Lin {number}") for number in range(5)]
    ann, base = visit("ann"), "/apps/shop/-/pool/customer"
    shown = words(ann.get(base))
    assert "Lin 0" in shown and "13800001111" not in shown and "Claimed today: 0 of 3." in shown
    assert ann.post(f"{base}/claim", {"id": [str(each) for each in records]}).status_code == 303
    shown = words(ann.get(base))
    assert "3 records are yours now." in shown and "You may claim 3 a day; for today that is all." in shown
    assert "Lin 3" in shown and "Lin 0" not in shown
    assert "Lin 0" in words(ann.get(f"{base}?tab=mine"))
    assert "Ann claimed it" in words(ann.get(f"{base}?tab=history"))
    release = f"{base}/{records[0]}/release"
    assert ann.post(release, {"reason": ""}).status_code == 422
    assert ann.post(release, {"reason": "moved away"}).status_code == 303
    assert house.owner(records[0]) is None
    assert "moved away" in words(visit("boss").get(f"{base}?tab=history"))
    assert f'href="{base}"' in ann.get("/apps/shop").get_data(as_text=True)
    assert visit("sue").get(base).status_code == 403
    assert ann.get("/apps/shop/-/pool/visit").status_code in (403, 404)


def test_picked_records_and_all_of_somebody_are_handed_over_and_come_back(sqlite_house: House, visit: Visits):
    house = sqlite_house
    mine, foreign = house.add("Lin", "ann"), house.add("Wang", "bob")
    ann, boss = visit("ann"), visit("boss")
    picked = {"id": [str(mine), str(foreign)]}
    shown = words(ann.post("/apps/shop/customer/hand-over", picked))
    assert "1 of 2 picked records can be handed over" in shown and "Wang" not in shown
    wanted = {**picked, "field": "owner", "successor": "cy@example.com"}
    assert ann.post("/apps/shop/customer/hand-over/do", {**wanted, "reason": ""}).status_code == 422
    assert ann.post("/apps/shop/customer/hand-over/do", {**wanted, "reason": "her town"}).status_code == 303
    assert (house.owner(mine), house.owner(foreign)) == (house.id("cy"), house.id("bob"))
    assert "1 was handed over." in words(ann.get("/apps/shop/customer"))
    page = f"/admin/people/{house.id('bob')}/hand-over"
    assert "Customer · Owner: 1" in words(boss.get(page))
    done = boss.post(page, {"what": ["record:customer:owner"], "successor": "cy@example.com", "reason": "left"})
    assert done.status_code == 303 and house.owner(foreign) == house.id("cy")
    with house.by("boss", writes=False) as act:
        (row,) = handing_over.handed.of_person(act, house.id("bob"))
    assert visit("bob").post(f"/hand-overs/{row.id}/undo").status_code == 403
    assert boss.post(f"/hand-overs/{row.id}/undo").status_code == 303
    assert house.owner(foreign) == house.id("bob")
    assert ann.get(page).status_code == 403
