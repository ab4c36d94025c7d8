"""To-dos: given, due, ticked off; seen by those who have or gave them and may see the record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from runtime.collaboration import todos
from runtime.collaboration.todos import Wanted
from runtime.errors import NotAllowed, NotFound, Refused
from runtime.people import accounts
from tests.collaboration.conftest import Team

TODAY = date(2026, 5, 6)


def titles(team: Team, person: Any, which: Any = todos.open_ones) -> list[str]:
    with team.workspace.reading(person) as act:
        return [row.title for row in which(act)]


def test_they_come_by_their_day_and_without_one_last(team: Team):
    for title, due in (("some day", None), ("tomorrow", TODAY + timedelta(days=1)), ("late", TODAY - timedelta(days=9)), ("now", TODAY)):
        team.does(team.bo, todos.add, Wanted(title, due=due))
    assert titles(team, team.bo) == ["late", "now", "tomorrow", "some day"] and titles(team, team.cy) == []
    with team.workspace.reading(team.bo) as act:
        assert todos.due_count(act.connection, team.bo.id, act.day) == 2


def test_who_is_given_one_is_told_and_whoever_gave_it_sees_it_too(team: Team):
    record = team.customer(team.ada)
    number = team.does(team.bo, todos.add, Wanted("Call her", team.cy.id, TODAY, "customer", record))
    assert team.told(team.cy) == ["Bo gives you a to-do at Lin: Call her"] and team.told(team.bo) == []
    assert titles(team, team.bo, todos.given_ones) == ["Call her"] and titles(team, team.bo) == []
    team.does(team.bo, todos.change, number, "Call her today", team.ada.id, None)
    assert team.told(team.ada) == ["Bo gives you a to-do at Lin: Call her today"] and titles(team, team.cy) == []


def test_ticked_off_it_moves_to_what_is_done_and_can_come_back(team: Team):
    number = team.does(team.bo, todos.add, Wanted("Call her", team.cy.id))
    team.does(team.cy, todos.tick, number)
    team.does(team.cy, todos.tick, number)
    assert titles(team, team.cy) == [] and titles(team, team.cy, todos.done_ones) == ["Call her"]
    team.does(team.bo, todos.tick, number, done=False)
    assert titles(team, team.cy) == ["Call her"]


def test_strangers_neither_see_nor_tick_nor_remove_it(team: Team):
    number = team.does(team.bo, todos.add, Wanted("Mine"))
    for deed in (todos.find, todos.tick, todos.remove):
        with pytest.raises(NotFound):
            team.does(team.cy, deed, number)


def test_only_who_gave_it_takes_it_away(team: Team):
    number = team.does(team.bo, todos.add, Wanted("Call her", team.cy.id))
    with pytest.raises(NotAllowed):
        team.does(team.cy, todos.remove, number)
    team.does(team.bo, todos.remove, number)
    assert titles(team, team.cy) == []


def test_nobody_gets_one_for_a_record_that_they_may_not_see(team: Team):
    record = team.customer(team.ada, "secret", owner=team.bo.id)
    with pytest.raises(Refused, match="may not see this record") as refused:
        team.does(team.bo, todos.add, Wanted("Look", team.cy.id, None, "secret", record))
    assert refused.value.problems[0].path == "person"
    with pytest.raises(NotFound):
        team.does(team.cy, todos.add, Wanted("Look", None, None, "secret", record))


def test_it_goes_out_of_sight_with_the_record(team: Team):
    record = team.customer(team.ada, "secret", owner=team.bo.id)
    number = team.does(team.bo, todos.add, Wanted("Their secret", None, TODAY, "secret", record))
    team.change(team.ada, record, "secret", owner=team.cy.id)
    assert titles(team, team.bo) == []
    with pytest.raises(NotFound):
        team.does(team.bo, todos.tick, number)


@pytest.mark.parametrize(("title", "person", "path"), [("", None, "title"), ("x" * 201, None, "title"), ("Call", 999, "person")])
def test_what_is_no_todo_is_refused_beside_its_field(team: Team, title: str, person: int | None, path: str):
    with pytest.raises(Refused) as refused:
        team.does(team.bo, todos.add, Wanted(title, person))
    assert [each.path for each in refused.value.problems] == [path]


def test_who_has_left_gets_none(team: Team):
    team.does(team.ada, accounts.deactivate, team.cy.id)
    with pytest.raises(Refused, match="somebody with an account"):
        team.does(team.bo, todos.add, Wanted("Call", team.cy.id))
