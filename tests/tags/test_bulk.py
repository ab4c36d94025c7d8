"""Many records at once, cleaning up, and taking back exactly what was done."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa

from runtime.errors import NotAllowed, Refused
from runtime.people.person import SYSTEM, Person
from runtime.system import jobs
from runtime.system.tables import job as job_table
from runtime.system.tables import tag_assignment, tag_change_row
from runtime.tags import assigning, bulk, cleaning, journal, undoing
from tests.tiers.world import TAGS, World

SELLER = Person(7, "ning@shop.cn", "Ning", frozenset({"member", "sales"}))
LI = Person(8, "li@shop.cn", "Li", frozenset({"member"}))
OWN_ONLY = {
    "kind": "permission_set",
    "key": "named",
    "label": "Named",
    "form": "customer",
    "for": ["role:sales"],
    "actions": ["view", "edit"],
    "rows": "name != 'Secret'",
    "fields": {"*": "edit"},
}


def holders(world: World, tag: str) -> list[int]:
    given = tag_assignment.c
    return [
        row[0] for row in world.rows(sa.select(given.record).where(given.tag == tag, given.removed_at.is_(None)).order_by(given.record))
    ]


def people(world: World, count: int) -> list[int]:
    return [world.customer(f"Guest {number}") for number in range(count)]


def give(world: World, tag: str, *records: int) -> None:
    with world.workspace.writing(SYSTEM) as act:
        assigning.give(act, "customer_tags", tag, records)


def start(world: World, tag: str, records: list[int], taking: bool = False, person: Person = SYSTEM) -> int:
    with world.workspace.writing(person) as act:
        return bulk.start(act, "customer_tags", tag, taking, records)


def undo(world: World, number: int, person: Person = SYSTEM) -> int | None:
    with world.workspace.writing(person) as act:
        return undoing.start(act, number)


def change(world: World, number: int) -> journal.Change:
    with world.workspace.reading(SYSTEM) as act:
        return journal.find(act, number)


# -- giving and taking --------------------------------------------------------------------------------------------------------------
def test_the_preview_tells_what_would_be_done(workspace):
    world = World(workspace)
    records = people(world, 5)
    give(world, "vip", *records[:2])
    with workspace.reading(SYSTEM) as act:
        assert bulk.preview(act, "customer_tags", "vip", False, records) == bulk.Preview(3, 2, 0, 0)
        assert bulk.preview(act, "customer_tags", "vip", True, records) == bulk.Preview(2, 3, 0, 0)


def test_what_the_person_may_not_change_is_counted_and_stays(workspace):
    world = World(workspace, OWN_ONLY)
    open_one, secret = world.customer("Open"), world.customer("Secret")
    with workspace.reading(SELLER) as act:
        assert bulk.preview(act, "customer_tags", "vip", False, [open_one, secret]) == bulk.Preview(1, 0, 0, 1)
    start(world, "vip", [open_one, secret], person=SELLER)
    assert holders(world, "vip") == [open_one]


def test_undo_takes_back_exactly_what_was_given(workspace):
    world = World(workspace)
    records = people(world, 4)
    give(world, "vip", records[0])
    number = start(world, "vip", records[:3])
    give(world, "vip", records[3])
    undo(world, number)
    assert holders(world, "vip") == [records[0], records[3]]
    assert change(world, number).state == "undone"


def test_undo_gives_back_exactly_what_was_taken(workspace):
    world = World(workspace)
    records = people(world, 3)
    give(world, "vip", *records[:2])
    before = world.rows(sa.select(tag_assignment).order_by(tag_assignment.c.id))
    number = start(world, "vip", records, taking=True)
    assert holders(world, "vip") == []
    undo(world, number)
    assert world.rows(sa.select(tag_assignment).order_by(tag_assignment.c.id)) == before


def test_a_tag_taken_over_from_its_rule_goes_back_to_it(workspace):
    world = World(workspace)
    (ann,) = people(world, 1)
    world.orders(ann, 10, 10)
    number = start(world, "busy", [ann], person=SELLER)
    ((by_rule,),) = world.rows(sa.select(tag_assignment.c.by_rule))
    assert by_rule == 0
    undo(world, number)
    assert world.rows(sa.select(tag_assignment.c.by_rule)) == [(1,)]


def test_what_a_rule_gave_is_not_taken_by_hand(workspace):
    world = World(workspace)
    (ann,) = people(world, 1)
    world.orders(ann, 10, 10)
    with workspace.reading(SYSTEM) as act:
        assert bulk.preview(act, "customer_tags", "busy", True, [ann]) == bulk.Preview(0, 0, 1, 0)
    start(world, "busy", [ann], taking=True)
    assert holders(world, "busy") == [ann]


def test_the_dictionary_says_who_gives_and_who_takes(workspace):
    world = World(workspace, {**TAGS, "may_assign": ["role:sales"], "may_remove": ["user:li@shop.cn"]})
    records = people(world, 1)
    with pytest.raises(NotAllowed):
        start(world, "vip", records, person=LI)
    with pytest.raises(NotAllowed):
        start(world, "vip", records, taking=True, person=SELLER)
    number = start(world, "vip", records, person=SELLER)
    with pytest.raises(NotAllowed):
        undo(world, number, LI)
    undo(world, number, SELLER)


# -- as a job -----------------------------------------------------------------------------------------------------------------------
@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "AT_ONCE", 2)
    monkeypatch.setattr(bulk, "CHUNK", 2)
    monkeypatch.setattr(undoing, "AT_ONCE", 2)
    monkeypatch.setattr(undoing, "CHUNK", 2)


def test_many_records_are_a_job_and_so_is_its_undo(workspace, small_steps):
    world = World(workspace)
    records = people(world, 5)
    number = start(world, "vip", records)
    assert (holders(world, "vip"), change(world, number).state) == ([], "running")
    done = jobs.run_now(workspace, change(world, number).job)
    assert (done.state, done.done, done.total) == ("done", 5, 5)
    assert (holders(world, "vip"), change(world, number).state) == (records, "done")
    job = undo(world, number)
    jobs.run_now(workspace, job)
    assert (holders(world, "vip"), change(world, number).state) == ([], "undone")


def test_a_cancelled_job_keeps_what_is_done_and_that_can_be_taken_back(workspace, small_steps, monkeypatch):
    world = World(workspace)
    records = people(world, 6)
    number = start(world, "vip", records)
    told: list[int] = []

    def progress(self: jobs.Job, done: int, total: int | None = None, message: object = None) -> None:
        told.append(done)
        if done >= 4:
            raise jobs.Cancelled

    with monkeypatch.context() as patched:
        patched.setattr(jobs.Job, "progress", progress)
        assert jobs.run_now(workspace, change(world, number).job).state == "cancelled"
    assert (told, holders(world, "vip"), change(world, number).state) == ([0, 2, 4], records[:4], "stopped")
    jobs.run_now(workspace, undo(world, number))
    assert holders(world, "vip") == []


def test_a_job_that_is_begun_again_does_nothing_twice(workspace, small_steps):
    world = World(workspace)
    records = people(world, 5)
    number = start(world, "vip", records)
    job = change(world, number).job
    jobs.run_now(workspace, job)
    with workspace.writing(SYSTEM) as act:
        act.connection.execute(job_table.update().where(job_table.c.id == job).values(state="waiting"))
    jobs.run_now(workspace, job)
    assert len(world.rows(sa.select(tag_change_row))) == 5 and len(world.rows(sa.select(tag_assignment))) == 5


# -- cleaning up --------------------------------------------------------------------------------------------------------------------
TIDY = {**TAGS, "archive_unused_after_days": 90}


def proposed(world: World) -> list[tuple[str, str, int]]:
    with world.workspace.reading(SYSTEM) as act:
        return [(each.tag.key, each.why, each.records) for each in cleaning.proposals(act, act.catalogue.tag_sets["customer_tags"])]


def test_tags_that_are_over_or_unused_are_proposed(workspace):
    world = World(workspace, TIDY)
    ann = world.customer()
    give(world, "fair", ann)
    assert proposed(world) == []
    world.on(date(2026, 12, 1))
    assert proposed(world) == [("fair", "over", 1)]
    world.on(date(2027, 2, 20))
    assert proposed(world) == [("fair", "over", 1), ("vip", "unused", 0), ("busy", "unused", 0)]


def test_what_is_named_somewhere_or_was_given_lately_is_not_unused(workspace):
    segment = {"kind": "segment", "key": "best", "label": "Best", "form": "customer", "where": "'busy' in tags"}
    world = World(workspace, TIDY, segment)
    ann = world.customer()
    world.on(date(2027, 2, 1))
    start(world, "vip", [ann])
    start(world, "vip", [ann], taking=True)
    world.on(date(2027, 2, 20))
    assert proposed(world) == [("fair", "over", 0)]


def test_cleaning_up_archives_and_takes_and_is_taken_back(workspace):
    world = World(workspace, TIDY)
    ann = world.customer()
    give(world, "fair", ann)
    world.on(date(2027, 2, 25))
    with workspace.writing(SYSTEM) as act:
        number = cleaning.clean_up(act, "customer_tags", ["fair", "vip", "old"])
        assert {tag.key for tag in act.catalogue.tag_sets["customer_tags"].tags if tag.archived} == {"fair", "vip", "old"}
    assert holders(world, "fair") == []
    undo(world, number)
    assert holders(world, "fair") == [ann]
    with workspace.reading(SYSTEM) as act:
        assert {tag.key for tag in act.catalogue.tag_sets["customer_tags"].tags if tag.archived} == {"old"}


def test_every_night_only_temporary_tags_are_archived(workspace):
    world = World(workspace, TIDY)
    world.on(date(2027, 2, 25))
    assert cleaning.nightly(workspace, "customer_tags") == {"archived": 1}
    assert [key for key, _why, _records in proposed(world)] == ["vip", "busy"]
    assert cleaning.nightly(workspace, "customer_tags") == {"archived": 0}


def test_nothing_that_is_not_proposed_is_cleaned_up(workspace):
    World(workspace, TIDY)
    with pytest.raises(Refused), workspace.writing(SYSTEM) as act:
        cleaning.clean_up(act, "customer_tags", ["vip"])
