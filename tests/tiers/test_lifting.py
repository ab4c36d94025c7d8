"""The smallest changes that lift: every one leads where it says, none could be smaller, and pairs stand in where one change is not enough."""

from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

from runtime.people.person import SYSTEM
from runtime.tiers.judging import judge_bands
from runtime.tiers.known import known_of
from runtime.tiers.lifting import LIFTS, lifts
from tests.tiers.world import World, dimension, model

TWO_TIERS = [{"key": "top", "label": "Top", "from": 60}, {"key": "low", "label": "Low", "from": 0}]


def three(*, tiers: Any = None, **more: Any) -> Any:
    """Three dimensions over three fields, none of which reaches 60 points alone."""
    return model(
        dimension("a", "points", [10, 20, 30], weight=40),
        dimension("b", "credit", [10, 20, 30], weight=35),
        dimension("c", "spend", [10, 20, 30], weight=25),
        tiers=tiers or TWO_TIERS,
        **more,
    )


def found(world: World, record: int):
    with world.workspace.reading(SYSTEM) as act:
        return [
            (tuple((each.dimension, each.band) for each in lift.changes), lift.score, lift.tier)
            for lift in lifts(known_of(act, "value", record))
        ]


def test_where_one_change_is_not_enough_two_together_are_named(workspace):
    world = World(workspace, three())
    ann = world.customer(points=5, credit=5)
    world.order(ann, 5)
    assert found(world, ann) == [
        ((("b", 4), ("c", 4)), Decimal(60), "top"),
        ((("a", 3), ("b", 4)), Decimal("61.6667"), "top"),
        ((("a", 4), ("b", 3)), Decimal("63.3333"), "top"),
    ]


def test_a_single_change_stands_before_any_pair_and_a_pair_is_no_single_change_and_more(workspace):
    world = World(workspace, three())
    ann = world.customer(points=35, credit=5)
    world.order(ann, 25)
    assert found(world, ann) == [((("c", 4),), Decimal(65), "top"), ((("b", 2),), Decimal("68.3334"), "top")]


def test_the_sentence_of_a_pair_names_both_values(workspace):
    world = World(workspace, three())
    ann = world.customer(points=5, credit=5)
    with workspace.reading(SYSTEM) as act:
        first = lifts(known_of(act, "value", ann))[0]
    assert first.message.in_language("en").count("or more (now") == 2 and "together" in first.message.in_language("en")
    assert "合起来" in first.message.in_language("zh")


def test_floors_and_ceilings_are_heeded(workspace):
    rules = {
        "floors": [{"when": "DIMENSION_BAND('c') >= 2", "tier": "top"}],
        "ceilings": [{"when": "DIMENSION_BAND('a') >= 4", "tier": "low"}],
    }
    world = World(workspace, three(**rules))
    ann = world.customer(points=5, credit=5)
    world.order(ann, 5)
    every = found(world, ann)
    assert every[0][0] == (("c", 2),)
    assert all(("a", 4) not in changes for changes, _score, _tier in every)


def brute_force(world: World, record: int) -> set[tuple[tuple[str, int], ...]]:
    """Every set of at most two raised dimensions that lifts and of which no part could be lower or left out."""
    with world.workspace.reading(SYSTEM) as act:
        known = known_of(act, "value", record)
        keys, bands = [measure.key for measure in known.model.parts[0].measures], known.bands()
        counts = [measure.count for measure in known.model.parts[0].measures]
        lifting = set()
        for target in product(*(range(band or 1, count + 1) for band, count in zip(bands, counts, strict=True))):
            raised = [place for place, band in enumerate(target) if band != (bands[place] or 1)]
            if len(raised) <= 2 and raised:
                then = [target[place] if place in raised else bands[place] for place in range(len(bands))]
                rated = judge_bands(known.facts, known.row, 0, then).rated
                if rated.tier == "top":
                    lifting.add(tuple((keys[place], target[place]) for place in raised))

    def smaller(one, other):
        given = dict(other)
        return one != other and all(key in given and band <= given[key] for key, band in one)

    return {each for each in lifting if not any(smaller(other, each) for other in lifting)}


def test_what_is_named_is_the_best_of_all_that_a_full_search_finds(sqlite_workspace):
    world, random = World(sqlite_workspace, three()), Random(7)
    for _number in range(12):
        record = world.customer(points=random.choice([5, 15, 25, 35]), credit=random.choice([5, 15, 25, 35]))
        world.order(record, random.choice([5, 15, 25, 35]))
        named, possible = found(world, record), brute_force(world, record)
        if world.tier(record) == "top":
            assert named == []
            continue
        assert {changes for changes, _score, _tier in named} <= possible
        assert len(named) == min(LIFTS, len(possible))
        order = [(len(changes), score) for changes, score, _tier in named]
        assert order == sorted(order)
        singles = {each for each in possible if len(each) == 1}
        assert {changes for changes, *_rest in named if len(changes) == 1} <= singles and len(singles & {each[0] for each in named}) == min(
            LIFTS, len(singles)
        )
