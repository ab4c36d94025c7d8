"""Who belongs to a segment, kept over time."""

from __future__ import annotations

import pytest

from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.records.gateway import BatchRow
from runtime.records.changes import Changes
from runtime.segments import keeping, members
from runtime.system.workspace import Workspace
from tests.segments.conftest import Shop, segment

RECENT = segment("recent", "COUNT(orders, on=orders.paid_on, days=30) >= 1")


def test_a_change_lets_a_record_enter_and_leave_and_the_rows_keep_when(shop: Shop):
    ann, bob = shop.customer("Ann", points=9), shop.customer("Bob", points=1)
    assert shop.members("big") == {ann}
    shop.later(hours=1).change("customer", ann, points=2)
    shop.change("customer", bob, points=5)
    shop.later(hours=1).change("customer", ann, points=7)
    assert shop.members("big") == {ann, bob}
    assert [(row.record, row.until is None) for row in shop.member_rows("big")] == [(ann, False), (bob, True), (ann, True)]
    first, second, third = shop.member_rows("big")
    assert first.until == second.since and first.until < third.since


def test_a_change_that_changes_nothing_writes_no_row_and_no_event(lite: Shop):
    ann = lite.customer("Ann", points=9)
    lite.later(hours=1).change("customer", ann, points=8, name="Anne")
    assert len(lite.member_rows("big")) == 1 and len(lite.events("segment_entered")) == 1


def test_coming_and_going_is_told_with_the_source_of_the_change(lite: Shop):
    ann = lite.add("customer", "import", name="Ann", points=9)
    lite.later(hours=1).delete("customer", ann)
    lite.later(hours=1).restore("customer", ann)
    assert lite.told("segment_entered") == [(ann, "import"), (ann, "form")]
    assert lite.told("segment_left") == [(ann, "form")]
    assert [(row.came_by, row.left_by) for row in lite.member_rows("big")] == [("import", "form"), ("form", None)]


def test_what_aggregates_tags_tiers_and_other_segments_say_is_followed(shop: Shop):
    shop.publish(
        RECENT,
        segment("rich", "spend > 100"),
        segment("tagged", "'busy' in tags"),
        segment("rated", "tier == 'diamond'"),
        segment("both", "IN_SEGMENT('rich') and IN_SEGMENT('recent')"),
        segment("neither", "not IN_SEGMENT('rich') and not IN_SEGMENT('recent')"),
    )
    shop.settle()
    shop.recompute()
    ann, bob = shop.customer("Ann"), shop.customer("Bob")
    assert shop.members("neither") == {ann, bob}
    shop.later(hours=1).orders(ann, 60, 30_000)
    for key in ("recent", "rich", "tagged", "rated", "both"):
        assert shop.members(key) == {ann}, key
    assert shop.members("neither") == {bob}


def test_the_change_of_day_moves_those_whose_window_moved(shop: Shop):
    shop.publish(RECENT, segment("spends", "spend > 100"))
    ann = shop.customer("Ann")
    shop.order(ann, 500)
    assert shop.members("recent") == {ann} == shop.members("spends")
    shop.sleep(40)
    assert shop.members("recent") == set() and shop.members("spends") == {ann}
    assert shop.told("segment_left") == [(ann, "schedule")]
    shop.sleep(360)
    assert shop.members("spends") == set()


def test_those_who_belong_to_it_when_keeping_begins_have_not_entered_it(shop: Shop):
    ann, bob = shop.customer("Ann", points=9), shop.customer("Bob", points=1)
    shop.publish(segment("small", "points < 5"), segment("nobody", "points < 0"))
    assert shop.state_of("small").state == keeping.FILLING and shop.members("small") == set()
    shop.settle()
    assert shop.members("small") == {bob} and shop.told("segment_entered") == [(ann, "form")]
    assert [row.came_by for row in shop.member_rows("small")] == [None]
    state = shop.state_of("small")
    assert (state.state, state.members, shop.state_of("nobody").members) == ("kept", 1, 0) and state.took >= 0


def test_a_change_while_the_first_members_are_being_found_is_followed(lite: Shop):
    ann, bob = lite.customer("Ann", points=1), lite.customer("Bob", points=1)
    lite.publish(segment("small", "points < 5"))
    lite.change("customer", ann, points=8)
    lite.change("customer", bob, points=2)
    lite.settle()
    assert lite.members("small") == {bob} and lite.told("segment_left") == []


def test_another_rule_moves_everybody_it_concerns_after_publishing(lite: Shop):
    ann, bob = lite.customer("Ann", points=9), lite.customer("Bob", points=4)
    lite.publish(segment("inner", "IN_SEGMENT('big')"))
    lite.settle()
    lite.later(hours=1).publish(segment("big", "points < 5"))
    lite.settle()
    assert lite.members("big") == {bob} == lite.members("inner")
    assert {(row.record, row.source) for row in lite.events("segment_left")} == {(ann, "publish")}


def test_many_records_at_once_are_followed_by_sets_and_told_in_one_event(shop: Shop):
    with shop.workspace.writing(SYSTEM, "import") as act:
        gateway.write_batch(act, "customer", [BatchRow({"name": f"C{number}", "points": number % 10}) for number in range(300)])
    shop.settle()
    assert len(shop.members("big")) == 150
    (event,) = shop.events("segment_entered")
    assert event.record is None and event.source == "import" and event.payload.count('"big"') == 150


def test_a_segment_that_becomes_too_large_is_kept_no_longer_and_again_when_it_shrinks(lite: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(keeping, "MOST", 2)
    people = [lite.customer(f"C{number}", points=9) for number in range(3)]
    lite.sleep(1)
    assert lite.state_of("big").state == "large" and lite.members("big") == set()
    assert (lite.count("big").members, lite.count("big").kept) == (3, False)
    lite.customer("D", points=9)
    lite.delete("customer", people[0])
    lite.delete("customer", people[1])
    assert lite.members("big") == set()
    lite.sleep(1)
    assert lite.state_of("big").state == "kept" and len(lite.members("big")) == 2
    assert {row.came_by for row in lite.member_rows("big")} == {None}


@pytest.mark.parametrize("rule", ["SQRT(points) >= 3", "POWER(points, 3) > 700 or note == 'x'"])
def test_a_rule_that_the_database_cannot_ask_is_kept_as_well(shop: Shop, rule: str):
    ann, bob = shop.customer("Ann", points=9), shop.customer("Bob", points=4)
    shop.publish(segment("odd", rule))
    shop.settle()
    assert shop.members("odd") == {ann}
    shop.change("customer", bob, points=9)
    shop.change("customer", ann, points=1)
    shop.sleep(1)
    assert shop.members("odd") == {bob}


def test_the_night_mends_rows_that_are_wrong(shop: Shop):
    ann = shop.customer("Ann", points=9)
    with shop.workspace.writing(SYSTEM) as act:
        act.connection.exec_driver_sql("DELETE FROM segment_member")
    shop.sleep(1)
    assert shop.members("big") == {ann}
    before = shop.member_rows("big")
    shop.sleep(1)
    assert shop.member_rows("big") == before


def test_a_workspace_from_before_begins_to_keep_in_the_night(lite: Shop):
    ann = lite.customer("Ann", points=9)
    with lite.workspace.writing(SYSTEM) as act:
        act.connection.exec_driver_sql("DELETE FROM segment_member")
        act.connection.exec_driver_sql("DELETE FROM segment_state")
    assert (lite.count("big").members, lite.count("big").kept) == (1, False)
    lite.change("customer", ann, name="Anne")
    lite.sleep(1)
    assert lite.members("big") == {ann} and lite.count("big").kept


def test_a_change_looks_its_members_up_by_their_index(sqlite_workspace: Workspace):
    shop = Shop(sqlite_workspace, segment("big", "points >= 5"))
    with shop.workspace.reading(SYSTEM) as act:
        members.settle(act, "customer", ("big",), [], Changes("form"))
        asked = act.catalogue.memo["segments.present", ("big",)].text
        plan = act.connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked}", ("[1]",)).all()
    assert any("uq_segment_member_present (segment=? AND record=?)" in row[3] for row in plan), plan
