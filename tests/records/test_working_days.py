"""The calendar of working days is chosen once for the workspace; what is kept of it follows."""

from __future__ import annotations

import pytest

from runtime.errors import NotAllowed, Refused
from runtime.people.person import SYSTEM, Person
from runtime.records import working_days
from runtime.records.rows import read_record
from runtime.texts import in_language
from tests import makers
from tests.tiers.world import World

SHIFT = makers.form_json(
    makers.text("name"),
    makers.day("day"),
    makers.formula("working", "IF(IS_WORKDAY(day), 'yes', 'no')", result="text"),
    makers.formula("next_day", "WORKDAY(day, 1)", result="date"),
    key="shift",
)


@pytest.fixture
def world(workspace) -> World:
    return World(workspace, SHIFT)


def choose(world: World, country: str) -> None:
    with world.workspace.writing(SYSTEM) as act:
        working_days.choose(act, country)


def refusal(world: World, country: str, language: str = "en") -> str:
    with pytest.raises(Refused) as refused:
        choose(world, country)
    assert refused.value.problems[0].path == "holidays"
    return str(in_language(refused.value.message, language))


def test_what_is_kept_of_working_days_follows_the_calendar(world: World):
    record = world.add("shift", day="2024-07-04")

    def kept() -> tuple[str, str]:
        with world.workspace.reading(SYSTEM) as act:
            found = read_record(act, "shift", record)
            assert found is not None
            return found.values["working"], found.values["next_day"].isoformat()

    assert kept() == ("yes", "2024-07-05")
    choose(world, " us ")
    assert working_days.country(world.workspace) == "US" and kept() == ("no", "2024-07-05")
    choose(world, "CN")
    assert kept() == ("yes", "2024-07-05")


@pytest.mark.parametrize(
    ("country", "said"),
    [
        ("", "Choose a country; its public holidays are no working days."),
        ("Germany", "There is no calendar for Germany. Did you mean DE?"),
        ("中国", "There is no calendar for 中国. Did you mean CN?"),
        ("CHN", "There is no calendar for CHN. Did you mean CN?"),
        ("7", "There is no calendar for 7; write the two letters of a country, such as CN."),
    ],
)
def test_what_is_no_calendar_is_refused_with_the_remedy(world: World, country: str, said: str):
    assert refusal(world, country) == said
    assert working_days.country(world.workspace) == "CN"


def test_the_countries_are_named_in_the_readers_language():
    assert ("CN", "中国") in working_days.countries("zh") and ("DE", "Germany") in working_days.countries("en")
    assert all(len(code) == 2 for code, _name in working_days.countries("en"))


def test_only_who_administers_chooses(world: World):
    nobody = Person(id=5, name="Ann", email="ann@example.com")
    with pytest.raises(NotAllowed), world.workspace.writing(nobody) as act:
        working_days.choose(act, "US")
