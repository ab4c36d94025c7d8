"""Trying out a tier model says exactly what publishing it does, on either database, and writes nothing."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from builder.impact import form_impact, in_words, tier_impact
from runtime.errors import DefinitionProblems
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import event, tier_history, tier_state
from runtime.tiers.recomputing import recompute
from tests.tiers.world import BY_AMOUNT, CUSTOMER, TODAY, World, dimension, model

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace

SPEND = dimension(cuts=[1000, 5000, 20000], weight=60)
POINTS = dimension("points", "points", [10, 50], weight=40, missing="neutral")
LIVE = model(SPEND, POINTS)
NEW_CUTS = dimension(cuts=[2000, 4000, 9000], weight=60)
NEWCOMERS = model(dimension("points", "points", [1, 2]), key="newcomers")


def customers(world: World, count: int = 15) -> None:
    """Customers of all kinds: with and without orders or points. All in one transaction, for speed."""
    with world.workspace.writing(SYSTEM) as act:
        for number in range(count):
            points = {"points": number * 4} if number % 4 else {}
            customer = gateway.create(act, "customer", {"name": f"C{number}", "stage": ("new", "steady", "lost")[number % 3], **points}).id
            for each in range(number % 4):
                gateway.create(
                    act,
                    "order",
                    {
                        "customer": customer,
                        "amount": 200 * (number + 1) * (each + 1),
                        "paid_on": TODAY - timedelta(days=40 * each),
                        "status": "done",
                    },
                )


@pytest.mark.parametrize(
    "draft",
    [
        pytest.param(model(NEW_CUTS, POINTS), id="cuts"),
        pytest.param(
            model(dimension(cuts=[1000, 5000, 20000], weight=10), dimension("points", "points", [10, 50], weight=90)), id="weights"
        ),
        pytest.param(
            model(SPEND, POINTS, tiers=[{**each, "keep_from": None} if "keep_from" in each else each for each in BY_AMOUNT]), id="borders"
        ),
        pytest.param(model(dimension(cuts=5, weight=60), POINTS), id="quantiles"),
        pytest.param(model(dimension(cuts=4), dimension("points", "points", 3), population="stage != 'lost'"), id="quantiles of a part"),
        pytest.param(model(SPEND, POINTS, population="stage != 'lost'"), id="population"),
        pytest.param(
            model(
                SPEND,
                POINTS,
                floors=[{"when": "DIMENSION_BAND('points') >= 3", "tier": "gold"}],
                ceilings=[{"when": "stage == 'new'", "tier": "silver"}],
            ),
            id="floors and ceilings",
        ),
        pytest.param(model(NEW_CUTS, POINTS, on_publish="respect_movement", movement={"grace_days": 14}), id="movement"),
        pytest.param(model(SPEND, POINTS, lanes=[{"key": "new", "when": "stage == 'new'", "tier_model": "newcomers"}]), id="lane"),
        pytest.param(
            model(SPEND, POINTS, tiers=[{"key": "top", "label": "Top", "from": 50}, {"key": "basic", "label": "Basic", "from": 0}]),
            id="other tiers",
        ),
    ],
)
def test_a_trial_equals_what_publishing_does(workspace: Workspace, draft: dict[str, Any]) -> None:
    world = World(workspace, LIVE, NEWCOMERS)
    customers(world)
    recompute(workspace, "value", source="publish")
    with workspace.reading(SYSTEM) as act:
        found = tier_impact(act, draft)
    before = tiers(workspace)
    world.publish(draft)
    counts = recompute(workspace, "value", source="publish")
    after = tiers(workspace)
    assert {each.key: (each.now, each.then) for each in found.tiers if each.key} | {} == {
        each.key: (list(before.values()).count(each.key), list(after.values()).count(each.key)) for each in found.tiers if each.key
    }
    assert (found.up, found.down, found.left, found.entered, found.moved) == tuple(
        counts[name] for name in ("up", "down", "left", "first", "moved")
    )
    assert found.changed == sum(before.get(record) != tier for record, tier in after.items())
    assert sum(map(sum, found.matrix)) == found.population == 15 and found.margin == 0


def tiers(workspace: Workspace) -> dict[int, str | None]:
    with workspace.reading(SYSTEM) as act:
        number = act.catalogue.ids["tier_model", "value"]
        return {
            record: tier
            for record, tier in act.connection.execute(
                sa.select(tier_state.c.record, tier_state.c.tier).where(tier_state.c.model == number)
            )
        }


def test_a_trial_writes_nothing(workspace: Workspace) -> None:
    world = World(workspace, LIVE)
    customers(world, 6)
    recompute(workspace, "value", source="publish")
    counted = [
        sa.select(sa.func.count(), sa.func.max(table.c.id if "id" in table.c else table.c.at)).select_from(table)
        for table in (event, tier_history, tier_state)
    ]
    with workspace.reading(SYSTEM) as act:
        before = [act.connection.execute(each).one() for each in counted]
        tier_impact(act, model(dimension(cuts=5)))
    with workspace.reading(SYSTEM) as act:
        assert [act.connection.execute(each).one() for each in counted] == before
        assert act.catalogue.tier_models["value"].dimensions[0].bands.by == "cuts"


def test_the_draft_of_a_lane_is_judged_by_the_model_that_names_it(sqlite_workspace: Workspace) -> None:
    world = World(
        sqlite_workspace, NEWCOMERS, model(SPEND, POINTS, lanes=[{"key": "new", "when": "stage == 'new'", "tier_model": "newcomers"}])
    )
    customers(world, 9)
    recompute(sqlite_workspace, "value", source="publish")
    with sqlite_workspace.reading(SYSTEM) as act:
        found = tier_impact(act, model(dimension("points", "points", [1000, 2000]), key="newcomers"))
    assert (found.model, found.population) == ("value", 9) and found.down > 0


def test_a_large_population_is_sampled_and_says_how_exactly(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    customers(world, 20)
    recompute(sqlite_workspace, "value", source="publish")
    with sqlite_workspace.reading(SYSTEM) as act:
        found = tier_impact(act, model(dimension(cuts=4)), sample=10)
    assert (found.population, found.sampled) == (20, 10)
    assert found.margin == pytest.approx(22.5, abs=0.1)
    assert sum(each.then for each in found.tiers) == pytest.approx(20, abs=2)


def test_twenty_thousand_are_exact_to_less_than_a_point() -> None:
    from math import sqrt

    assert round(100 * 1.96 * sqrt(0.25 / 20_000), 1) == 0.7


def test_a_faulty_draft_is_not_tried_out(sqlite_workspace: Workspace) -> None:
    World(sqlite_workspace, LIVE)
    with sqlite_workspace.reading(SYSTEM) as act, pytest.raises(DefinitionProblems) as refused:
        tier_impact(act, model(dimension(value="no_such_field", cuts=[1])))
    assert [each.path for each in refused.value.problems] == ["dimensions/0/value"]


def test_a_new_model_gives_a_first_tier_to_everybody_who_has_facts(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    customers(world, 5)
    with sqlite_workspace.reading(SYSTEM) as act:
        found = tier_impact(act, model(SPEND, key="second"))
    assert (found.entered, found.up, found.down) == (3, 0, 0)


def test_nobody_at_all_is_an_empty_table(sqlite_workspace: Workspace) -> None:
    World(sqlite_workspace, LIVE)
    with sqlite_workspace.reading(SYSTEM) as act:
        found = tier_impact(act, model(dimension(cuts=5)))
    assert (found.population, found.changed, found.margin) == (0, 0, 0)


def test_a_form_tells_of_new_and_vanishing_columns(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    customers(world, 3)
    changed = {
        **CUSTOMER,
        "fields": [
            *(each for each in CUSTOMER["fields"] if each["key"] != "note"),
            {"type": "text", "key": "nickname", "label": "Nickname"},
        ],
    }
    with sqlite_workspace.reading(SYSTEM) as act:
        found = form_impact(act, changed)
    assert (found.records, found.added, found.removed) == (3, ("nickname",), ("note",))


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({}, "Nobody would change tier."),
        ({"up": 1}, "1 customer would change tier: 1 up, 0 down."),
        ({"up": 1200, "down": 3}, "1,203 customers would change tier: 1,200 up, 3 down."),
        ({"left": 1}, "1 customer would change tier: 1 would have none any more."),
        (
            {"up": 47, "down": 124, "entered": 5, "left": 3},
            "179 customers would change tier: 47 up, 124 down, 5 would get a tier, 3 would have none any more.",
        ),
        (
            {"moved": 483, "left": 117},
            "600 customers would change tier: 483 into or out of tiers that only one of both versions has, 117 would have none any more.",
        ),
    ],
)
def test_the_parts_of_the_sentence_add_up(counts: dict[str, int], said: str) -> None:
    found = {name: counts.get(name, 0) for name in ("up", "down", "entered", "left", "moved")}
    assert str(in_words(SimpleNamespace(**found, changed=sum(found.values())))) == said
