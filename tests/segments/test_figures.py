"""What the kept members say, to those who see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.records import query
from runtime.segments import figures
from runtime.segments.combining import WAYS, counted, named
from tests.segments.conftest import Shop, segment
from tests.tiers.world import TODAY


def of(shop: Shop, key: str, what, *more, person: Person = SYSTEM):
    with shop.workspace.reading(person) as act:
        return what(act, act.catalogue.segments[key], *more)


def line(shop: Shop, days: int = 90) -> list[tuple[int, int]]:
    """(days before today, members)"""
    with shop.workspace.reading(SYSTEM) as act:
        wanted = act.catalogue.segments["big"]
        return [((act.today - day).days, members) for day, members in figures.line(act, wanted, figures.count(act, wanted), days)]


def test_the_line_says_how_many_there_were_at_the_end_of_each_day(shop: Shop):
    ann, bob = shop.customer("Ann", points=9), shop.customer("Bob", points=1)
    shop.on(TODAY + timedelta(days=1)).change("customer", bob, points=6)
    shop.customer("Cid", points=6)
    shop.on(TODAY + timedelta(days=3)).change("customer", ann, points=0)
    assert line(shop) == [(3, 1), (2, 3), (1, 3), (0, 2)]
    assert line(shop, 2) == [(1, 3), (0, 2)]
    count = shop.count("big")
    assert (count.members, count.entered, count.left, count.change) == (2, 3, 1, 2)
    shop.on(TODAY + timedelta(days=32))
    assert (shop.count("big").entered, shop.count("big").left) == (0, 1)


def test_a_day_ends_at_midnight_of_the_workspace(lite: Shop):
    lite.on(TODAY, hour=15).customer("Ann", points=9)  # 23:00 in Shanghai
    lite.on(TODAY, hour=17).customer("Bob", points=9)  # 01:00 of the next day
    assert line(lite) == [(1, 1), (0, 2)]


def test_who_came_and_went_is_listed_the_newest_first(lite: Shop):
    ann, bob = lite.customer("Ann", points=9), lite.customer("Bob", points=9)
    lite.later(hours=1).change("customer", ann, points=0)
    lite.later(hours=1).change("customer", ann, points=8)
    came = of(lite, "big", figures.entered)
    assert [each.record for each in came] == [ann, ann, bob] and came[0].source == "form"
    assert [each.record for each in of(lite, "big", figures.left)] == [ann]
    assert len(of(lite, "big", figures.entered, 1)) == 1


def test_two_segments_are_compared_and_combined(shop: Shop):
    shop.publish(segment("odd", "points == 5 or points == 7"), segment("none", "points > 99"))
    for points in (3, 5, 6, 7):
        shop.customer(f"C{points}", points=points)
    with shop.workspace.reading(SYSTEM) as act:
        big, odd = act.catalogue.segments["big"], act.catalogue.segments["odd"]
        known = figures.counts(act, act.catalogue.segments.values())
        (overlap,) = figures.overlaps(act, big, known)
        assert (overlap.segment.key, overlap.both, overlap.share, overlap.jaccard) == ("odd", 2, 2 / 3, 2 / 3)
        both = figures.both(act, big, odd, known)
        for way in WAYS:
            text = named(way, "big", "odd")
            assert counted(way, known["big"].members, known["odd"].members, both) == query.count(act, "customer", text), way


def test_only_the_members_that_somebody_sees_are_counted(shop: Shop):
    with shop.workspace.writing(SYSTEM) as act:
        ben = accounts.add(act, email="ben@example.com", name="Ben", roles=("sales",), password=None)
    own = {"kind": "permission_set", "key": "own", "label": "Own", "form": "customer", "for": ["role:sales"], "actions": ["view"]}
    shop.publish({**own, "rows": "stage == 'new'"}, segment("all", "points > 0"))
    ann = shop.customer("Ann", points=9, stage="new")
    bob = shop.customer("Bob", points=9, stage="lost")
    shop.later(hours=1).change("customer", bob, points=0)
    shop.change("customer", ann, points=8)
    with shop.workspace.reading(replace(ben)) as act:
        big = act.catalogue.segments["big"]
        known = figures.counts(act, [big, act.catalogue.segments["all"]])
        assert (known["big"].members, known["big"].entered, known["big"].left) == (1, 1, 0)
        assert [each.record for each in figures.entered(act, big)] == [ann] and figures.left(act, big) == []
        assert [members for _day, members in figures.line(act, big, known["big"], 9)] == [1]
        assert [each.both for each in figures.overlaps(act, big, known)] == [1]
        assert figures.page(act, big, 0, 9)[0][0] == ann and len(figures.page(act, big, 0, 9)) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_members_come_in_pages_by_their_id(shop: Shop, kept: bool):
    people = sorted(shop.customer(f"C{number}", points=9) for number in range(5))
    if not kept:
        with shop.workspace.writing(SYSTEM) as act:
            act.connection.exec_driver_sql("UPDATE segment_state SET state = 'large'")
    first = of(shop, "big", figures.page, 0, 3)
    assert [record for record, _since in first] == people[:3] and all((since is not None) == kept for _record, since in first)
    assert [record for record, _since in of(shop, "big", figures.page, people[2], 3)] == people[3:]
