"""Any past day: what it shows is settled when the day is over, whatever happens afterwards."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from runtime.people.person import SYSTEM
from runtime.quality import merging
from runtime.records.tables import tables_of
from runtime.system.tables import tier_history, tier_state
from runtime.tags import assigning, bulk, curating, undoing
from runtime.tiers.figures import distribution_on, movement
from runtime.tiers.history_at import end_of, tags_of_record_on, tags_on, tier_as_it_was, tier_on, tiers_on
from runtime.tiers.movers import first_day, movers
from runtime.tiers.overriding import override
from runtime.tiers.past_amounts import amounts_on
from tests.tiers.world import BY_AMOUNT, TODAY, World, dimension, model

PAST = TODAY - timedelta(days=40)
LATER = TODAY - timedelta(days=10)


def by_points(**more):
    return model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT, **more)


@pytest.fixture
def world(workspace) -> World:
    """Five customers rated and tagged on a past day; today is forty days later."""
    world = World(workspace, by_points(population="stage != 'lost'"), day=PAST)
    world.people = [world.customer(name, points=points) for name, points in zip("ABCDE", (5, 15, 15, 25, 35), strict=True)]
    tag(world, "vip", *world.people[:3])
    world.on(TODAY)
    return world


def tag(world: World, key: str, *records: int, taking: bool = False) -> None:
    with world.workspace.writing(SYSTEM) as act:
        (assigning.take if taking else assigning.give)(act, "customer_tags", key, records)


def shown(world: World, day=PAST):
    """Everything that a past day shows: counts of tiers and tags, each record's tier, and the moves up to another past day."""
    with world.workspace.reading(SYSTEM) as act:
        tags = act.catalogue.tag_sets["customer_tags"]
        each = [tier_on(act, "value", record, day) for record in world.people]
        return (
            tiers_on(act, "value", day),
            tags_on(act, tags, day),
            [(found.tier, found.score, found.bands, found.version) for found in each if found],
            [tags_of_record_on(act, tags, record, day) for record in world.people],
            sorted(movement(act, "value", day - timedelta(days=1), day).flows, key=str),
            sorted((found.record, found.now) for found in movers(act, "value", day - timedelta(days=1), day).records),
        )


def change_facts(world: World) -> None:
    for record, points in zip(world.people, (35, 5, 25, 5, 15), strict=True):
        world.change("customer", record, points=points)


def delete_records(world: World) -> None:
    for record in world.people[:2]:
        world.delete("customer", record)
    world.restore("customer", world.people[0])


def purge_records(world: World) -> None:
    """What is left of a record when its time in the trash is over: nothing."""
    world.delete("customer", world.people[0])
    with world.workspace.writing(SYSTEM) as act:
        main = tables_of(act.catalogue)["customer"].main
        act.connection.execute(main.delete().where(main.c.id.in_(world.people[:2])))


def leave_the_population(world: World) -> None:
    world.change("customer", world.people[4], stage="lost")


def publish_other_tiers(world: World) -> None:
    world.publish(model(dimension("points", "points", [50]), tiers=[{"key": "all", "label": "All", "from": 0}]))
    world.recompute(source="publish")


def set_by_hand(world: World) -> None:
    with world.workspace.writing(SYSTEM) as act:
        override(act, "value", world.people[0], "diamond", "key account", TODAY + timedelta(days=5))


def rate_as_of_the_past(world: World) -> None:
    world.change("customer", world.people[1], points=35)
    world.recompute(as_of=PAST - timedelta(days=5))


def add_records(world: World) -> None:
    tag(world, "vip", world.customer("F", points=35))


def retag(world: World) -> None:
    tag(world, "vip", world.people[0], taking=True)
    tag(world, "fair", *world.people)


def merge_tags(world: World) -> None:
    with world.workspace.writing(SYSTEM) as act:
        curating.merge(act, "customer_tags", "vip", "fair")


def merge_records(world: World) -> None:
    with world.workspace.writing(SYSTEM) as act:
        merging.merge(act, "customer", world.people[3], world.people[2])


WHATEVER = [
    change_facts,
    set_by_hand,
    rate_as_of_the_past,
    add_records,
    retag,
    leave_the_population,
    merge_records,
    merge_tags,
    delete_records,
    purge_records,
    publish_other_tiers,
]


def test_whatever_happens_later_does_not_change_a_past_day(world: World) -> None:
    before = shown(world)
    assert before[:2] == ({"basic": 1, "silver": 2, "gold": 1, "diamond": 1}, {"vip": 3})
    for happen in WHATEVER:
        happen(world)
        assert shown(world) == before, happen.__name__
    with world.workspace.reading(SYSTEM) as act:
        assert tiers_on(act, "value", TODAY) != before[0]


def test_a_day_shows_what_was_in_force_at_its_end(world: World) -> None:
    ann = world.people[0]
    world.on(LATER, hour=1).change("customer", ann, points=25)
    world.on(LATER, hour=2).change("customer", ann, points=35)
    world.on(TODAY).change("customer", ann, points=5)
    with world.workspace.reading(SYSTEM) as act:
        days = [PAST - timedelta(days=1), PAST, LATER - timedelta(days=1), LATER, TODAY - timedelta(days=1), TODAY]
        found = [tier_on(act, "value", ann, day) for day in days]
        assert [each and each.tier for each in found] == [None, "basic", "basic", "diamond", "diamond", "basic"]
        assert [tiers_on(act, "value", day).get("diamond", 0) for day in days] == [0, 1, 1, 2, 2, 1]
        assert found[3] is not None and (found[3].cause, found[3].bands, found[3].version) == ("up", (4,), 1)


def test_a_row_that_ends_with_the_day_was_in_force_on_it_and_one_that_begins_then_was_not(world: World) -> None:
    ann = world.people[0]
    with world.workspace.writing(SYSTEM) as act:
        end, row = end_of(act, PAST), tier_history
        act.connection.execute(row.update().where(row.c.record == ann).values(valid_to=end))
        own = act.connection.execute(sa.select(row).where(row.c.record == ann)).one()
        later = {**own._mapping, "id": act.take_ids("tier_history"), "tier_to": "gold", "valid_from": end, "valid_to": None}
        act.connection.execute(row.insert().values(later))
    with world.workspace.reading(SYSTEM) as act:
        assert [getattr(tier_on(act, "value", ann, PAST + timedelta(days=days)), "tier", None) for days in (0, 1)] == ["basic", "gold"]


def test_tags_come_and_go_with_their_days(world: World) -> None:
    ann, bo, *_others = world.people
    world.on(LATER)
    tag(world, "vip", ann, taking=True)
    world.on(TODAY)
    tag(world, "vip", ann)
    with world.workspace.reading(SYSTEM) as act:
        tags = act.catalogue.tag_sets["customer_tags"]
        days = [PAST - timedelta(days=1), PAST, LATER - timedelta(days=1), LATER, TODAY]
        assert [tags_on(act, tags, day).get("vip", 0) for day in days] == [0, 3, 3, 2, 3]
        assert [tags_of_record_on(act, tags, ann, day) for day in days] == [[], ["vip"], ["vip"], [], ["vip"]]


def test_undoing_on_a_later_day_leaves_the_days_between_without_the_tag(world: World) -> None:
    world.on(LATER)
    with world.workspace.writing(SYSTEM) as act:
        number = bulk.start(act, "customer_tags", "vip", True, world.people)
    world.on(TODAY)
    with world.workspace.writing(SYSTEM) as act:
        undoing.start(act, number)
    with world.workspace.reading(SYSTEM) as act:
        tags = act.catalogue.tag_sets["customer_tags"]
        assert [tags_on(act, tags, day).get("vip", 0) for day in (PAST, LATER, TODAY - timedelta(days=1), TODAY)] == [3, 0, 0, 3]


def test_tiers_that_the_model_has_no_more_are_counted_and_named(world: World) -> None:
    publish_other_tiers(world)
    with world.workspace.reading(SYSTEM) as act:
        found = distribution_on(act, "value", PAST)
        assert [(each.key, str(each.label), each.rank, each.count) for each in found.tiers] == [
            ("all", "All", 1, 0),
            ("basic", "普通", 0, 1),
            ("diamond", "钻石", 0, 1),
            ("gold", "金卡", 0, 1),
            ("silver", "银卡", 0, 2),
        ]
        moved = movement(act, "value", PAST, TODAY)
        assert (moved.up, moved.down, moved.other, moved.former) == (0, 0, 5, ("diamond", "gold", "silver", "basic"))
        assert tier_as_it_was(act, "value", "never") is None


def test_the_first_day_is_that_of_the_first_rating_even_when_it_has_ended(world: World) -> None:
    change_facts(world)
    with world.workspace.reading(SYSTEM) as act:
        assert first_day(act, "value") == PAST


def test_amounts_of_a_past_day_are_worked_out_for_that_day(workspace) -> None:
    world = World(workspace, model(dimension(cuts=[1000, 5000]), tiers=BY_AMOUNT[-2:]), day=PAST)
    ann, bo = world.customer("Ann"), world.customer("Bo")
    world.order(ann, 6000, PAST)
    world.order(bo, 500, PAST)
    world.on(TODAY).order(bo, 9000, TODAY)
    with workspace.reading(SYSTEM) as act:
        assert {tier: int(amount) for tier, amount in amounts_on(act, "value", "spend", PAST).items()} == {"silver": 6000, "basic": 500}
        assert {tier: int(amount) for tier, amount in amounts_on(act, "value", "spend", TODAY).items()} == {"silver": 15500}


def test_a_rating_leaves_exactly_one_row_in_force(world: World) -> None:
    change_facts(world)
    delete_records(world)
    open_rows = sa.select(sa.func.count()).where(tier_history.c.valid_to.is_(None)).group_by(tier_history.c.record)
    assert {row[0] for row in world.rows(open_rows)} == {1}
    assert world.rows(sa.select(sa.func.count()).select_from(tier_state))[0][0] == 5
