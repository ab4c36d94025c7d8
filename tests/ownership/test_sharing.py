"""A record that is shared is seen by one more, as far as whoever shared it sees it, and no further."""

from __future__ import annotations

from datetime import date

import pytest

from runtime.errors import NotAllowed, NotFound, Refused
from runtime.ownership import sharing
from runtime.people.may import may
from runtime.records import gateway, query
from runtime.records.why import who_sees, why
from runtime.system.tables import notification, share_grant
from tests.ownership.conftest import House, permission


def test_a_shared_record_is_seen_until_the_day_is_over_and_no_other_is(house: House):
    first, _second = house.add("Lin", "ann"), house.add("Wang", "ann")
    assert house.sees("bob") == []
    with house.by("ann") as act:
        sharing.share(act, "customer", first, "user:bob@example.com", "view", date(2026, 3, 4))
    assert house.sees("bob") == ["Lin"]
    with house.by("bob") as act:
        assert query.count(act, "customer") == 1
        assert query.ids(act, "customer", filter="name == 'Wang'") == []
        assert query.get(act, "customer", first).values["secret"] == "secret Lin"
        with pytest.raises(NotAllowed):
            gateway.update(act, "customer", first, {"name": "Mine"})
    with house.by(None) as act:
        told = act.connection.execute(notification.select().where(notification.c.person == house.id("bob"))).one()
        assert (told.kind, told.subject) == ("ownership", "Ann shares Lin with you")
    house.later(days=2)
    assert house.sees("bob") == ["Lin"]
    house.later(days=1)
    assert house.sees("bob") == []
    with house.by(None) as act:
        assert sharing.clean_up(act) == 1
        assert act.connection.execute(share_grant.select()).first() is None


def test_whom_it_is_shared_with_may_be_a_role_and_may_change_it_but_not_share_it_on(house: House):
    record = house.add("Lin", "ann")
    with house.by("ann") as act:
        number = sharing.share(act, "customer", record, "role:service", "edit")
    with house.by("sue") as act:
        assert gateway.update(act, "customer", record, {"name": "Lin B"}).changes
        assert not may(act.person, "share", "customer", record) and not may(act.person, "delete", "customer", record)
        with pytest.raises(NotAllowed):
            sharing.share(act, "customer", record, "user:cy@example.com")
        with pytest.raises(NotAllowed):
            sharing.revoke(act, "customer", record, number)
    with house.by("ann") as act:
        assert [(each.who, each.may, each.by) for each in sharing.shared_with(act, "customer", record)] == [
            ("role:service", "edit", house.id("ann"))
        ]
        sharing.revoke(act, "customer", record, number)
        with pytest.raises(NotFound):
            sharing.revoke(act, "customer", record, number)
    with house.by("sue") as act, pytest.raises(NotAllowed):
        query.count(act, "customer")


def test_nobody_shares_more_than_they_have(house: House):
    record, foreign = house.add("Lin", "ann"), house.add("Wang", "bob")
    rows = "owner == CURRENT_USER()"
    house.publish(permission("own", "role:sales", rows=rows, fields={"*": "edit", "secret": "hidden", "mobile": "masked", "grade": "view"}))
    with house.by("ann") as act:
        with pytest.raises(NotFound):
            sharing.share(act, "customer", foreign, "user:cy@example.com")
        for who in ("user:nobody@example.com", "role:none", "group:9", "department:none", "field:owner", "user:ann@example.com"):
            with pytest.raises(Refused):
                sharing.share(act, "customer", record, who)
        with pytest.raises(Refused):
            sharing.share(act, "customer", record, "user:cy@example.com", "view", date(2026, 3, 1))
        sharing.share(act, "customer", record, "user:cy@example.com", "view")
        sharing.share(act, "customer", record, "user:cy@example.com", "edit")
        assert [each.may for each in sharing.shared_with(act, "customer", record)] == ["edit"]
    with house.by("cy") as act:
        found = query.get(act, "customer", record)
        assert "secret" not in found.values and "mobile" not in found.values and found.masked["mobile"] != "13800001111"
        with pytest.raises(Refused):
            query.ids(act, "customer", filter="secret == 'secret Lin'")
        with pytest.raises(Refused):
            gateway.update(act, "customer", record, {"grade": "gold"})
        assert gateway.update(act, "customer", record, {"name": "Lin C"}).changes
    house.publish(permission("look", "role:sales", actions=["view"]))
    with house.by("ann") as act, pytest.raises(NotAllowed):
        sharing.share(act, "customer", foreign, "user:cy@example.com")
    house.publish(permission("look", "role:sales", actions=["view", "share"]))
    with house.by("ann") as act:
        sharing.share(act, "customer", foreign, "role:service", "view")
        with pytest.raises(NotAllowed):
            sharing.share(act, "customer", foreign, "role:service", "edit")


def test_why_somebody_sees_it_names_the_sharing(sqlite_house: House):
    house = sqlite_house
    record = house.add("Lin", "ann")
    with house.by("ann") as act:
        sharing.share(act, "customer", record, "user:sue@example.com", "view")
    with house.by("boss", writes=False) as act:
        seers, others = who_sees(act, [house.people[name] for name in ("ann", "bob", "sue")], "customer", record)
        assert [each.person.name for each in seers] == ["Ann", "Sue"] and [each.name for each in others] == ["Bob"]
        told = why(act, house.people["sue"], "customer", record)
        assert str(told.sources[0].label) == "this record is shared with them by Ann"
        assert [(each.action, each.allowed) for each in told.verdicts][:2] == [("view", True), ("edit", False)]


def test_a_list_asks_no_question_for_each_shared_record(sqlite_house: House):
    house = sqlite_house

    def statements() -> tuple[int, int]:
        said: list[str] = []
        with house.by("sue", writes=False) as act:
            raw = act.connection.connection
            cursor = raw.cursor
            raw.cursor = lambda: said.append("statement") or cursor()  # type: ignore[method-assign, func-returns-value]
            try:
                page = query.page(act, "customer", columns=["name", "secret"])
                assert all(may(act.person, "view", "customer", each.id, "secret") for each in page.records)
            finally:
                raw.cursor = cursor  # type: ignore[method-assign]
        return len(page.records), len(said)

    def share(count: int) -> None:
        records = [house.add(f"N{number}", "ann") for number in range(count)]
        with house.by("ann") as act:
            for each in records:
                sharing.share(act, "customer", each, "user:sue@example.com")

    share(1)
    few, asked = statements()
    share(20)
    assert (few, *statements()) == (1, 21, asked)
