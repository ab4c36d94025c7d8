"""Comments on records: who may write and read them, who is mentioned, who is told."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.collaboration import comments
from runtime.errors import NotAllowed, NotFound, Refused
from runtime.people import accounts
from runtime.records import gateway
from tests.collaboration.conftest import Team


def bodies(team: Team, person: Any, record: int, form: str = "customer") -> list[str]:
    with team.workspace.reading(person) as act:
        return [row.body for row in comments.listed(act, form, record)]


def test_a_comment_is_there_for_those_who_see_the_record(team: Team):
    record = team.customer(team.ada)
    team.does(team.bo, comments.add, "customer", record, "  She called.\r\nAgain tomorrow. ")
    assert bodies(team, team.cy, record) == ["She called.\nAgain tomorrow."]


def test_those_who_do_not_see_the_record_see_no_comment_and_write_none(team: Team):
    record = team.customer(team.ada, "secret", owner=team.bo.id)
    team.does(team.bo, comments.add, "secret", record, "For us alone.")
    assert bodies(team, team.bo, record, "secret") == ["For us alone."]
    for stranger in (team.cy, team.guest):
        with pytest.raises(NotFound):
            bodies(team, stranger, record, "secret")
        with pytest.raises(NotFound):
            team.does(stranger, comments.add, "secret", record, "Me too.")


@pytest.mark.parametrize(
    ("text", "problem"), [("", "Write something first."), (" \n ", "Write something first."), ("x" * 5001, "5,000 characters")]
)
def test_what_is_no_comment_is_refused_beside_its_field(team: Team, text: str, problem: str):
    record = team.customer(team.ada)
    with pytest.raises(Refused) as refused:
        team.does(team.bo, comments.add, "customer", record, text)
    assert refused.value.problems[0].path == "body" and problem in str(refused.value.problems[0].message)


# -- mentions -----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", ["@Cy please look", "please look, @cy!", "ask (@Cy)", "@cy@example.com please", "请 @Cy看一下"])
def test_a_person_is_mentioned_by_name_or_address(team: Team, text: str):
    record = team.customer(team.ada)
    team.does(team.bo, comments.add, "customer", record, text)
    assert team.told(team.cy) == ["Bo mentions you at Lin"]


@pytest.mark.parametrize("text", ["Cy", "mail me at someone@cy.com", "@Cyril", "@nobody", "x@Cy"])
def test_what_only_looks_like_a_mention_mentions_nobody(team: Team, text: str):
    record = team.customer(team.ada)
    team.does(team.bo, comments.add, "customer", record, text)
    assert team.told(team.cy) == []


def test_the_longest_name_is_meant_and_two_of_one_name_are_asked_for(team: Team):
    from runtime.people.person import SYSTEM

    for email, name in (("long@example.com", "Cy Young"), ("other@example.com", "Bo")):
        team.people[email] = team.does(SYSTEM, accounts.add, email=email, name=name, language="en")
    record = team.customer(team.ada)
    team.does(team.bo, comments.add, "customer", record, "@Cy Young knows")
    assert team.told(team.people["long@example.com"]) == ["Bo mentions you at Lin"] and team.told(team.cy) == []
    with pytest.raises(Refused, match="Several people are called Bo"):
        team.does(team.ada, comments.add, "customer", record, "@Bo or the other one?")
    team.does(team.ada, comments.add, "customer", record, "@other@example.com it is")
    assert len(team.told(team.people["other@example.com"])) == 1


def test_a_mention_shows_the_name_of_today_and_other_text_stays_text(team: Team):
    record = team.customer(team.ada)
    team.does(team.bo, comments.add, "customer", record, "<b>@Cy</b> <@99999>")
    team.does(team.ada, accounts.set_name, team.cy.id, "Cyra")
    with team.workspace.reading(team.bo) as act:
        (row,) = comments.listed(act, "customer", record)
        assert comments.pieces(row.body, comments.names_in(act, [row.body])) == [
            ("<b>", False), ("@Cyra", True), ("</b> ", False), ("<@99999>", False),
        ]  # fmt: skip


def test_who_may_not_see_the_record_is_not_told_and_the_author_learns_it(team: Team):
    record = team.customer(team.ada, "secret", owner=team.bo.id)
    said = team.does(team.bo, comments.add, "secret", record, "@Cy @Ada look")
    assert said.untold == [team.cy.id]
    assert team.told(team.cy) == [] and team.told(team.ada) == ["Bo mentions you at Lin"]


# -- one's own ------------------------------------------------------------------------------------------------------------------------
def test_one_changes_ones_own_and_only_new_mentions_are_told(team: Team):
    record = team.customer(team.ada)
    number = team.does(team.bo, comments.add, "customer", record, "@Cy look").id
    team.does(team.bo, comments.edit, "customer", record, number, "@Cy and @Ada look")
    assert len(team.told(team.cy)) == 1 and team.told(team.ada, "mention") == ["Bo mentions you at Lin"]
    with team.workspace.reading(team.bo) as act:
        (row,) = comments.listed(act, "customer", record)
        assert row.edited_at is not None and comments.plain(act, row.body) == "@Cy and @Ada look"


def test_one_does_not_change_what_others_wrote(team: Team):
    record = team.customer(team.ada)
    number = team.does(team.bo, comments.add, "customer", record, "mine").id
    for deed, given in ((comments.edit, ("yours",)), (comments.remove, ())):
        with pytest.raises(NotAllowed):
            team.does(team.cy, deed, "customer", record, number, *given)
    with pytest.raises(NotAllowed):
        team.does(team.ada, comments.edit, "customer", record, number, "the builder's words")


@pytest.mark.parametrize("who", ["bo", "ada"])
def test_removing_leaves_a_line_without_its_text(team: Team, who: str):
    record = team.customer(team.ada)
    number = team.does(team.bo, comments.add, "customer", record, "mine").id
    team.does(getattr(team, who), comments.remove, "customer", record, number)
    assert bodies(team, team.cy, record) == [""]
    with pytest.raises(NotFound):
        team.does(team.bo, comments.edit, "customer", record, number, "again")


def test_a_comment_belongs_to_its_record_alone(team: Team):
    record, other = team.customer(team.ada), team.customer(team.ada)
    number = team.does(team.bo, comments.add, "customer", record, "mine").id
    with pytest.raises(NotFound):
        team.does(team.bo, comments.remove, "customer", other, number)


def test_in_the_trash_comments_are_read_and_none_is_added(team: Team):
    record = team.customer(team.ada)
    team.does(team.bo, comments.add, "customer", record, "before")
    team.does(team.ada, gateway.delete, "customer", record)
    assert bodies(team, team.bo, record) == ["before"]
    with pytest.raises(NotFound):
        team.does(team.bo, comments.add, "customer", record, "after")
