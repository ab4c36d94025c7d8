"""Who follows a record hears of comments, of changes by others and of moves between tiers, as far as they may see them."""

from __future__ import annotations

from typing import Any

from runtime.collaboration import comments, following
from runtime.people.person import SYSTEM
from runtime.records import gateway, outbox
from runtime.records.gateway import BatchRow
from tests.collaboration.conftest import Team


def followers(team: Team, record: int, form: str = "customer") -> set[int]:
    with team.workspace.reading(SYSTEM) as act:
        return set(following.followers(act, form, record))


def test_author_and_owner_follow_by_themselves_and_so_does_who_comments(team: Team):
    record = team.customer(team.bo, owner=team.cy.id)
    team.settle()
    assert followers(team, record) == {team.bo.id, team.cy.id}
    team.does(team.ada, comments.add, "customer", record, "Hello")
    assert followers(team, record) == {team.ada.id, team.bo.id, team.cy.id}


def test_a_new_owner_follows_too(team: Team):
    record = team.customer(team.bo)
    team.change(team.bo, record, owner=team.cy.id)
    team.settle()
    assert team.cy.id in followers(team, record)


def test_who_stopped_following_is_not_made_to_follow_again(team: Team):
    record = team.customer(team.bo)
    team.settle()
    team.does(team.bo, following.unfollow, "customer", record)
    team.does(team.bo, comments.add, "customer", record, "One more thing")
    team.change(team.ada, record, owner=team.bo.id)
    team.settle()
    assert followers(team, record) == set()
    team.does(team.bo, following.follow, "customer", record)
    assert followers(team, record) == {team.bo.id}


def test_an_import_makes_nobody_follow_what_it_brings(team: Team):
    with team.workspace.writing(team.bo, "import") as act:
        gateway.write_batch(act, "customer", [BatchRow({"name": "Ann"}), BatchRow({"name": "Bea"})])
    team.settle()
    assert followers(team, 1) == set()


def test_followers_hear_of_a_comment_once_and_its_author_does_not(team: Team):
    record = team.customer(team.bo)
    team.settle()
    team.does(team.cy, comments.add, "customer", record, "@Bo look")
    assert team.told(team.bo) == ["Cy mentions you at Lin"] and team.told(team.cy) == []
    team.does(team.bo, comments.add, "customer", record, "I did")
    assert team.told(team.cy) == ["Bo comments on Lin"] and len(team.told(team.bo)) == 1


def test_followers_hear_that_others_changed_the_record_until_they_have_looked(team: Team):
    record = team.customer(team.bo)
    team.settle()
    team.change(team.bo, record, city="Bonn")
    team.settle()
    assert team.told(team.bo) == []
    for city in ("Kiel", "Jena"):
        team.change(team.cy, record, city=city)
        team.settle()
    assert team.told(team.bo) == ["Cy has changed Lin"]


def test_who_lost_the_right_to_see_a_record_hears_nothing_of_it(team: Team):
    record = team.customer(team.ada, "secret", owner=team.bo.id)
    team.settle()
    assert team.bo.id in followers(team, record, "secret")
    team.change(team.ada, record, "secret", owner=team.cy.id)
    team.settle()
    team.change(team.ada, record, "secret", name="New name")
    team.does(team.ada, comments.add, "secret", record, "Between us")
    team.settle()
    assert team.told(team.bo) == []
    assert set(team.told(team.cy)) == {"Ada has changed Lin", "Ada comments on New name"}


def test_a_deleted_record_is_told_of_no_more(team: Team):
    record = team.customer(team.bo)
    team.settle()
    team.change(team.cy, record, city="Kiel")
    team.does(team.ada, gateway.delete, "customer", record)
    team.settle()
    assert team.told(team.bo) == []


def moved(team: Team, *records: int) -> None:
    """What a tier model tells of records that moved."""
    item = {"model": "value", "from": None, "to": "gold"}
    with team.workspace.writing(SYSTEM) as act:
        outbox.append(act, "tier_changed", "customer", None, {"items": [[each, item] for each in records]}, records=list(records))
    team.settle()


def test_followers_hear_of_a_move_between_tiers_but_not_of_a_recompute_of_all(team: Team):
    record = team.customer(team.bo)
    team.settle()
    moved(team, record)
    assert [subject.partition(" is now ")[0] for subject in team.told(team.bo, "tier")] == ["Lin"]
    team.forget()
    moved(team, record, *range(1000, 1300))
    assert team.told(team.bo) == []


def test_what_goes_wrong_in_telling_holds_up_no_automation(team: Team, monkeypatch: Any):
    from runtime.collaboration import news

    def broken(*_given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(news.TELLERS, "record_updated", broken)
    record = team.customer(team.bo)
    team.change(team.cy, record, city="Kiel")
    team.settle()
    assert followers(team, record) == {team.bo.id}
