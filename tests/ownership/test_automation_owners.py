"""An automation has the rights of its owner and no more; without one named it is whoever published it."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from runtime.automation import engine, log
from runtime.errors import DefinitionProblems
from runtime.ownership import teams
from runtime.people import accounts
from runtime.records import gateway
from runtime.system.tables import notification, person
from tests.ownership.conftest import House, permission


def automation(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    trigger = {"type": "record_created", "form": "customer"}
    return {"kind": "automation", "key": "a", "label": "Welcome", "app": "shop", "trigger": trigger, "steps": list(steps), **more}


def setting(**values: str) -> dict[str, Any]:
    return {"type": "update_record", "values": values}


def states(house: House) -> list[tuple[str, str]]:
    engine.settle(house.workspace)
    with house.by(None, writes=False) as act:
        return [(each.state, (each.reason or {}).get("en", "")) for each in reversed(log.runs(act).runs)]


def test_steps_do_what_the_owner_may_and_no_more(house: House):
    rows = "owner == CURRENT_USER()"
    house.publish(permission("own", "role:sales", rows=rows, fields={"*": "edit", "grade": "view", "secret": "hidden"}))
    told = {"type": "notify", "to": ["user:bob@example.com"], "subject": "New: {name}"}
    for steps, owner, wanted in (
        ([setting(name="name & '!'"), told], "ann", ("done", "")),
        ([setting(name="'x'")], "bob", ("skipped", "Bob, in whose name it runs, may not see this record.")),
        ([setting(grade="'gold'")], "ann", ("failed", "You may not change this field.")),
        ([setting(name="secret")], "ann", ("failed", "Ann, in whose name this runs, may not read all that “secret” uses.")),
        (
            [{**told, "subject": "{name}: {secret}"}],
            "ann",
            ("failed", "Ann, in whose name this runs, may not read all that “secret” uses."),
        ),
    ):
        house.publish(automation(*steps, owner=f"user:{owner}@example.com"))
        house.add("Lin", "ann")
        assert states(house)[-1] == wanted
    assert "Lin!" in house.sees("ann")
    house.publish(automation(setting(name="'x'"), when="secret == 'a'", owner="user:ann@example.com"))
    house.add("Lin", "ann")
    assert states(house)[-1][0] == "failed"


def test_without_an_owner_it_runs_for_its_publisher_and_stands_still_when_they_have_left(sqlite_house: House):
    house = sqlite_house
    house.publish(automation(setting(grade="'gold'")), by="boss")
    house.add("Lin", "ann")
    assert states(house) == [("done", "")]
    with house.by(None) as act:
        accounts.add(act, email="chief@example.com", name="Chief", roles=("builder",), password="kettle boils at noon")
        act.connection.execute(sa.update(person).values(language="en"))
        accounts.deactivate(act, house.id("boss"))
    house.add("Wang", "ann")
    house.add("Zhao", "ann")
    assert [state for state, _why in states(house)] == ["done", "stopped", "stopped"]
    with house.by(None, writes=False) as act:
        said = act.connection.execute(sa.select(notification.c.subject).where(notification.c.kind == "automation")).scalars().all()
    assert said == ["“Welcome” stands still: boss@example.com, in whose name it runs, is not active any more"]


def test_a_step_tells_the_team_of_the_record(sqlite_house: House):
    house = sqlite_house
    told = [{"type": "notify", "to": [who], "subject": f"{who}: {{name}}"} for who in ("team:helper", "team:*")]
    trigger = {"type": "record_updated", "form": "customer", "fields": ["grade"]}
    house.publish({**automation(*told), "trigger": trigger})
    record = house.add("Lin", "ann")
    with house.by("ann") as act:
        teams.join(act, "customer", record, house.id("bob"), "helper")
        teams.join(act, "customer", record, house.id("sue"), "service")
        gateway.update(act, "customer", record, {"grade": "gold"})
    assert states(house) == [("done", "")]
    with house.by(None, writes=False) as act:
        own = notification.c
        rows = act.connection.execute(sa.select(own.person, own.subject).where(own.subject.like("team:%")).order_by(own.id)).all()
    assert rows == [(house.id("bob"), "team:helper: Lin"), (house.id("bob"), "team:*: Lin"), (house.id("sue"), "team:*: Lin")]
    with pytest.raises(DefinitionProblems, match="There is no team role boss here"):
        house.publish({**automation({**told[0], "to": ["team:boss"]})})


def test_only_a_person_can_be_the_owner(sqlite_house: House):
    with pytest.raises(DefinitionProblems, match="owner: An automation runs with the rights of one person"):
        sqlite_house.publish(automation(setting(name="'x'"), owner="role:sales"))
