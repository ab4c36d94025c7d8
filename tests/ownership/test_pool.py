"""The pool: what is in it shows masked, one claimer gets it, limits hold, and what nobody looks after goes back after a warning."""

from __future__ import annotations

import threading
from datetime import date
from typing import Any

import pytest

from runtime.automation import due
from runtime.errors import DefinitionProblems, NotAllowed, NotFound, Refused
from runtime.ownership import claims, pool, reclaiming
from runtime.records import gateway, query
from runtime.system import jobs
from runtime.system.tables import event, notification, record_change
from tests.ownership.conftest import CUSTOMER, House, permission


def claim(house: House, name: str, *records: int) -> claims.Claimed:
    with house.by(name) as act:
        return claims.claim(act, "customer", records)


def told(house: House, name: str) -> list[str]:
    with house.by(None) as act:
        own = notification.c
        rows = act.connection.execute(notification.select().where(own.person == house.id(name), own.kind == "ownership").order_by(own.id))
        return [row.subject for row in rows]


def test_a_record_in_the_pool_shows_its_contacts_only_after_it_is_claimed(house: House):
    record, taken = house.add("Lin"), house.add("Wang", "bob")
    with house.by("ann") as act:
        found = query.get(act, "customer", record)
        assert "secret" not in found.values and "mobile" not in found.values and "0000" not in found.masked["mobile"]
        assert query.ids(act, "customer", filter="mobile == '+8613800001111'") == []
        with pytest.raises(NotAllowed):
            gateway.update(act, "customer", record, {"owner": house.id("ann")})
        done = claims.claim(act, "customer", [record, taken, 99])
        assert done.records == [record] and set(done.refused) == {taken, 99}
        found = query.get(act, "customer", record)
        assert found.values["mobile"] == "+8613800001111" and found.values["secret"] == "secret Lin"
        newest = query.history(act, "customer", record)[0]
        assert (newest.person, newest.source) == (house.id("ann"), "form")
        assert (
            act.connection.execute(event.select().where(event.c.record.is_(None)).order_by(event.c.id.desc())).first().kind
            == "record_updated"
        )
    assert house.sees("bob") == ["Wang"]
    with house.by("sue") as act, pytest.raises(NotAllowed):
        claims.claim(act, "customer", [record])
    with house.by("ann") as act, pytest.raises(NotFound):
        claims.claim(act, "visit", [1])


def test_limits_hold_and_somebody_who_gave_it_up_waits(house: House):
    records, foreign = [house.add(f"N{number}") for number in range(6)], house.add("Foreign", "bob")
    done = claim(house, "ann", *records)
    assert done.records == records[:3]
    assert str(done.refused[records[3]]) == "You may claim 3 a day; for today that is all."
    house.later(days=1)
    done = claim(house, "ann", *records[3:])
    assert done.records == [records[3]]
    assert str(done.refused[records[4]]) == "You may own 4 at once. Give one back before you claim another."
    with house.by("ann") as act:
        with pytest.raises(Refused):
            claims.release(act, "customer", records[0], " ")
        claims.release(act, "customer", records[0], "moved away")
        gateway.update(act, "customer", records[1], {"owner": None})
        assert pool.happened(act, "customer", records[0])[0].reason == "moved away"
        with pytest.raises(Refused):
            claims.release(act, "customer", records[4], "nobody's")
        with pytest.raises(NotFound):
            claims.release(act, "customer", foreign, "not mine")
    done = claim(house, "ann", records[0], records[1])
    assert not done.records
    assert str(done.refused[records[0]]) == "You gave this up on 2026-03-03 and may claim it again from 2026-03-10 on."
    assert claim(house, "bob", records[0]).records == [records[0]]
    with house.by("bob") as act:
        claims.release(act, "customer", records[0], "no use")
    house.later(days=7)
    assert claim(house, "ann", records[0]).records == [records[0]]


def test_of_two_who_claim_at_once_one_gets_it_and_the_other_a_sentence(house: House):
    records = [house.add("Lin"), house.add("Wang")]
    barrier, found = threading.Barrier(2), {}

    def run(name: str, wanted: list[int]) -> None:
        barrier.wait()
        found[name] = claim(house, name, *wanted)

    threads = [threading.Thread(target=run, args=each) for each in (("ann", records), ("bob", records[::-1]))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(found["ann"].records + found["bob"].records) == records
    for name in ("ann", "bob"):
        assert all(house.owner(each) == house.id(name) for each in found[name].records)
        assert {str(each) for each in found[name].refused.values()} <= {"It is not in the pool any more: somebody else was quicker."}
    assert len(found["ann"].refused) + len(found["bob"].refused) == 2


def test_what_nobody_looks_after_goes_back_after_a_warning(house: House):
    idle, followed, exempt, own_way = house.add("Lin"), house.add("Wang"), house.add("Zhao", grade="gold"), house.add("Qian", "bob")
    claim(house, "ann", idle, followed, exempt)

    def morning() -> dict[str, Any]:
        return reclaiming.reclaim(house.workspace, "customer")

    house.later(days=26)
    assert morning() == {"warned": 0, "reclaimed": 0}
    house.later(days=1)
    with house.by(None) as act:
        gateway.create(act, "visit", {"no": "V1", "customer": followed, "held_on": "2026-03-28"})
    assert morning() == {"warned": 2, "reclaimed": 0} and morning() == {"warned": 0, "reclaimed": 0}
    assert told(house, "ann") == ["Lin goes back to the pool on 2026-04-01 unless it is followed up"]
    with house.by("ann", writes=False) as act:
        assert reclaiming.going_back(act, "customer", house.id("ann")) == {idle: date(2026, 4, 1)}
    house.later(days=2)
    assert morning() == {"warned": 0, "reclaimed": 0}
    house.later(days=1)
    assert morning() == {"warned": 0, "reclaimed": 2}
    assert [house.owner(each) for each in (idle, followed, exempt, own_way)] == [None, house.id("ann"), house.id("ann"), None]
    assert told(house, "ann")[1:] == ["1 record of Customer went back to the pool"]
    with house.by(None) as act:
        newest = query.history(act, "customer", idle)[0]
        assert (newest.person, newest.source) == (0, "schedule")
        assert [row.act for row in pool.happened(act, "customer", idle)] == ["reclaimed", "warned", "claimed"]
        made = act.connection.execute(event.select().where(event.c.source == "schedule")).all()
        assert [row.kind for row in made] == ["record_updated"]
    house.later(days=23)
    assert morning() == {"warned": 1, "reclaimed": 0}


def test_the_clock_does_it_once_a_morning(sqlite_house: House):
    house = sqlite_house
    record = house.add("Lin")
    claim(house, "ann", record)
    for _day in range(31):
        house.later(days=1)
        due.start_nightly(house.workspace)
        due.start_nightly(house.workspace)
        while jobs.run_next(house.workspace):
            pass
    assert house.owner(record) is None
    with house.by(None) as act:
        assert act.connection.execute(record_change.select().where(record_change.c.source == "schedule")).all()
    assert len(told(house, "ann")) == 2


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"owner": "name"}, "pool/owner"),
        ({"claim": ["field:owner"]}, "pool/claim/0"),
        ({"fields": {"none": "view"}}, "pool/fields/none"),
        ({"reclaim": {"after_days": 3, "warn_days": 3}}, "pool/reclaim/warn_days"),
        ({"reclaim": {"followed_up": "name"}}, "pool/reclaim/followed_up"),
    ],
)
def test_settings_that_cannot_work_are_refused(sqlite_house: House, settings: dict[str, Any], path: str):
    with pytest.raises(DefinitionProblems) as refused:
        sqlite_house.publish({**CUSTOMER, "pool": settings})
    assert path in [each.path for each in refused.value.problems]


def test_who_may_change_records_may_claim_where_the_pool_names_nobody(sqlite_house: House):
    house = sqlite_house
    record = house.add("Lin")
    house.publish({**CUSTOMER, "pool": {"owner": "owner"}}, permission("look", "role:service", actions=["view"]))
    with house.by("sue") as act, pytest.raises(NotAllowed):
        claims.claim(act, "customer", [record])
    assert claim(house, "bob", record).records == [record]
