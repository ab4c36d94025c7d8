"""Teams: people beside the owner, whom permission sets, messages and automations can mean."""

from __future__ import annotations

import pytest

from runtime.collaboration import following
from runtime.errors import DefinitionProblems, NotAllowed, NotFound, Refused
from runtime.ownership import teams
from runtime.records import gateway, query
from runtime.system.tables import notification
from tests.ownership.conftest import House, permission


def test_a_team_gives_what_permission_sets_say_of_it(house: House):
    mine, other = house.add("Lin", "ann"), house.add("Wang", "ann")
    house.publish(
        permission("team", "role:service", rows="IN_TEAM()", actions=["view"]),
        permission("helpers", "role:service", rows="IN_TEAM('helper')", actions=["edit"]),
    )
    assert house.sees("sue") == []
    with house.by("ann") as act:
        teams.join(act, "customer", mine, house.id("sue"), "service")
        teams.join(act, "customer", mine, house.id("bob"), "helper")
        shown = [(each.name, each.role, each.sees) for each in teams.members(act, "customer", mine)]
        assert shown == [("Bob", "helper", False), ("Sue", "service", True)]
        assert following.follows(act, "customer", mine, house.id("sue"))
    assert house.sees("sue") == ["Lin"]
    with house.by("sue") as act:
        with pytest.raises(NotAllowed):
            gateway.update(act, "customer", mine, {"name": "Lin B"})
        told = act.connection.execute(notification.select().where(notification.c.person == house.id("sue"))).scalars().all()
        assert len(told) == 1
        with pytest.raises(NotAllowed):
            teams.join(act, "customer", mine, house.id("cy"), "helper")
    with house.by("ann") as act:
        teams.join(act, "customer", mine, house.id("sue"), "helper")
        for someone, role in ((house.id("cy"), "boss"), (999, "helper")):
            with pytest.raises(Refused):
                teams.join(act, "customer", mine, someone, role)
    with house.by("sue") as act:
        assert gateway.update(act, "customer", mine, {"name": "Lin B"}).changes
        assert query.ids(act, "customer", filter="IN_TEAM('helper')") == [mine]
        with pytest.raises(NotFound):
            query.get(act, "customer", other)
        teams.leave(act, "customer", mine, house.id("sue"))
    assert house.sees("sue") == []
    with house.by("ann") as act:
        with pytest.raises(NotFound):
            teams.leave(act, "customer", mine, house.id("sue"))
        teams.leave(act, "customer", mine, house.id("bob"))


def test_a_formula_names_only_roles_that_the_form_has(sqlite_house: House):
    for rows, on in (("IN_TEAM('boss')", "customer"), ("IN_TEAM()", "visit")):
        with pytest.raises(DefinitionProblems):
            sqlite_house.publish({**permission("p", "role:service", rows=rows), "form": on})
