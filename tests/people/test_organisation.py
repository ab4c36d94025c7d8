"""Departments on both databases: the tree, who gets what from it, and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from runtime.errors import NotAllowed, NotFound, Refused
from runtime.people import accounts, departments, groups, sessions
from runtime.people.organisation import organisation_of
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import audit_log
from runtime.system.workspace import Workspace

Add = Callable[..., Person]


@pytest.fixture
def company(workspace: Workspace, add_person: Add) -> dict[str, int]:
    """Sales (head Ada) with North (head Bo: Cy, Di) and South (Di, Ed) under it, and Service (Fay) beside it."""
    people = {name: add_person(f"{name}@example.com", "member").id for name in ("ada", "bo", "cy", "di", "ed", "fay")}
    with workspace.writing(SYSTEM) as act:
        sales = departments.add(act, "Sales", head=people["ada"])
        north = departments.add(act, "North", sales, people["bo"])
        south = departments.add(act, "South", sales)
        service = departments.add(act, "Service")
        for name, places in {"cy": [north], "di": [south, north], "ed": [south], "fay": [service]}.items():
            departments.place(act, people[name], places)
    return {**people, "sales": sales, "north": north, "south": south, "service": service}


def read(workspace: Workspace, person: int) -> Person:
    with workspace.reading(SYSTEM) as act:
        found = accounts.by_id(act.connection, person)
    assert found is not None
    return found


def test_a_head_has_the_people_of_the_department_and_of_all_below_as_reports(workspace: Workspace, company: dict[str, int]):
    ada, bo = read(workspace, company["ada"]), read(workspace, company["bo"])

    assert ada.reports == tuple(sorted(company[name] for name in ("bo", "cy", "di", "ed")))
    assert bo.reports == tuple(sorted(company[name] for name in ("cy", "di")))
    assert ada.departments == () and ada.department_tree == (company["sales"], company["north"], company["south"])


def test_who_heads_nothing_has_no_reports(workspace: Workspace, company: dict[str, int]):
    assert read(workspace, company["cy"]).reports == ()


def test_a_person_may_belong_to_several_departments_the_main_one_first(workspace: Workspace, company: dict[str, int]):
    di = read(workspace, company["di"])

    assert di.departments == (company["south"], company["north"]) and di.department_keys == ("south", "north")


def test_the_session_brings_the_organisation_along_without_a_statement_of_its_own(workspace: Workspace, company: dict[str, int]):
    with workspace.writing(SYSTEM) as act:
        cookie = sessions.start(act.connection, company["ada"], act.now)
    with workspace.reading(SYSTEM) as act:
        accounts.of_session(act.connection, cookie, act.now)  # reads the organisation once

    seen: list[str] = []
    raw = workspace.engine.raw_connection()
    raw.close()
    with workspace.engine.connect() as connection:
        cursor = connection.connection.cursor
        connection.connection.cursor = lambda *given: seen.append("statement") or cursor(*given)  # type: ignore[method-assign]
        try:
            _session, ada = accounts.of_session(connection, cookie, workspace.now())
        finally:
            del connection.connection.cursor
    assert ada is not None and len(ada.reports) == 4
    assert seen == ["statement"]


def test_a_change_is_seen_by_the_next_request(workspace: Workspace, company: dict[str, int]):
    with workspace.writing(SYSTEM) as act:
        cookie = sessions.start(act.connection, company["ada"], act.now)
        departments.set_head(act, company["service"], company["ada"])

    with workspace.reading(SYSTEM) as act:
        _session, ada = accounts.of_session(act.connection, cookie, act.now)
    assert ada is not None and company["fay"] in ada.reports


def test_a_change_that_was_taken_back_is_not_remembered(workspace: Workspace, company: dict[str, int]):
    with pytest.raises(RuntimeError), workspace.writing(SYSTEM) as act:
        departments.set_head(act, company["service"], company["ada"])
        assert company["fay"] in organisation_of(act.connection).of(company["ada"]).reports
        raise RuntimeError

    assert company["fay"] not in read(workspace, company["ada"]).reports


# -- what is refused --------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("moved", "under", "words"),
    [
        ("sales", "sales", "Sales cannot lie under itself."),
        ("sales", "north", "Sales cannot be moved under North, which lies under Sales itself."),
    ],
)
def test_a_department_cannot_come_to_lie_under_itself(workspace: Workspace, company: dict[str, int], moved: str, under: str, words: str):
    with pytest.raises(Refused, match=words), workspace.writing(SYSTEM) as act:
        departments.move(act, company[moved], company[under])


def test_of_two_who_move_departments_under_each_other_at_once_one_is_refused(workspace: Workspace, company: dict[str, int]):
    refused: list[Refused] = []
    start = threading.Barrier(2)

    def move(its: int, parent: int) -> None:
        start.wait()
        try:
            with workspace.writing(SYSTEM) as act:
                departments.move(act, its, parent)
        except Refused as error:
            refused.append(error)

    pairs = [(company["sales"], company["service"]), (company["service"], company["sales"])]
    threads = [threading.Thread(target=move, args=pair) for pair in pairs]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(refused) == 1


def test_a_department_with_people_or_departments_is_not_removed(workspace: Workspace, company: dict[str, int]):
    with pytest.raises(Refused, match="Sales still has 0 people and 2 departments under it"), workspace.writing(SYSTEM) as act:
        departments.remove(act, company["sales"])


def test_an_empty_department_is_removed(workspace: Workspace, company: dict[str, int]):
    with workspace.writing(SYSTEM) as act:
        departments.place(act, company["fay"], [])
        departments.remove(act, company["service"])

    with workspace.reading(SYSTEM) as act:
        assert company["service"] not in organisation_of(act.connection).departments


@pytest.mark.parametrize("name", ["", "  ", "a / b", "North", "nOrTh", "x" * 101])
def test_a_name_is_short_has_no_slash_and_is_there_once_in_its_place(workspace: Workspace, company: dict[str, int], name: str):
    with pytest.raises(Refused) as refusal, workspace.writing(SYSTEM) as act:
        departments.add(act, name, company["sales"])
    assert refusal.value.problems[0].path == "name"


@pytest.mark.parametrize(
    "deed",
    [
        lambda act, company: departments.add(act, "X", 999_999),
        lambda act, company: departments.move(act, 999_999, None),
        lambda act, company: departments.rename(act, 999_999, "X"),
        lambda act, company: departments.remove(act, 999_999),
        lambda act, company: departments.set_head(act, company["sales"], 999_999),
        lambda act, company: departments.place(act, company["cy"], [999_999]),
        lambda act, company: departments.place(act, 999_999, [company["north"]]),
        lambda act, company: groups.rename(act, 999_999, "X"),
        lambda act, company: groups.set_members(act, groups.add(act, "G"), [999_999]),
    ],
)
def test_a_guessed_number_is_not_found(workspace: Workspace, company: dict[str, int], deed: Callable):
    with pytest.raises(NotFound), workspace.writing(SYSTEM) as act:
        deed(act, company)


def test_a_member_changes_nothing_of_the_organisation(workspace: Workspace, company: dict[str, int]):
    cy = read(workspace, company["cy"])
    for deed in (
        lambda act: departments.add(act, "Mine"),
        lambda act: departments.set_head(act, company["north"], cy.id),
        lambda act: departments.place(act, cy.id, [company["sales"]]),
        lambda act: groups.add(act, "Mine"),
    ):
        with pytest.raises(NotAllowed), workspace.writing(cy) as act:
            deed(act)


# -- names, order, paths ------------------------------------------------------------------------------------------------------------
def test_a_key_stays_when_a_department_gets_another_name(workspace: Workspace, company: dict[str, int]):
    with workspace.writing(SYSTEM) as act:
        departments.rename(act, company["north"], "Nordost")

    assert read(workspace, company["cy"]).department_keys == ("north",)


def test_keys_are_made_of_the_name_and_differ(workspace: Workspace):
    with workspace.writing(SYSTEM) as act:
        top = [departments.add(act, name) for name in ("华东 区", "2nd level", "R&D")]
        departments.add(act, "R&D", top[0])
        keys = {each.key for each in organisation_of(act.connection).departments.values()}
    assert keys == {"华东_区", "d_2nd_level", "r_d", "r_d_2"}


def test_departments_change_places_among_their_siblings(workspace: Workspace, company: dict[str, int]):
    def order() -> list[str]:
        with workspace.reading(SYSTEM) as act:
            return [each.name for each, _depth in organisation_of(act.connection).walk()]

    assert order() == ["Sales", "North", "South", "Service"]
    with workspace.writing(SYSTEM) as act:
        departments.shift(act, company["south"], -1)
        departments.shift(act, company["service"], 1)
    assert order() == ["Sales", "South", "North", "Service"]


def test_a_path_finds_what_is_there_and_makes_what_is_missing(workspace: Workspace, company: dict[str, int]):
    with workspace.writing(SYSTEM) as act:
        assert departments.at_path(act, "sales/NORTH") == company["north"]
        new = departments.at_path(act, "Sales / North / Key accounts")
        assert organisation_of(act.connection).path(new) == "Sales / North / Key accounts"


def test_every_change_leaves_a_line_in_the_trail(workspace: Workspace, company: dict[str, int]):
    with workspace.writing(SYSTEM) as act:
        departments.move(act, company["south"], None)

    with workspace.reading(SYSTEM) as act:
        deeds = set(act.connection.execute(sa.select(audit_log.c.kind)).scalars())
    assert {"department_added", "department_moved", "departments_changed"} <= deeds


def test_groups_hold_people_from_anywhere(workspace: Workspace, company: dict[str, int]):
    with workspace.writing(SYSTEM) as act:
        group = groups.add(act, "Night shift")
        groups.set_members(act, group, [company["cy"], company["fay"]])

    assert read(workspace, company["fay"]).groups == (group,)
    with workspace.writing(SYSTEM) as act:
        groups.remove(act, group)
    assert read(workspace, company["fay"]).groups == ()
