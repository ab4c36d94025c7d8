"""Rule tests: examples say what a model is for, and a failing one keeps it from being published."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from builder.tiering.recording import record_test
from runtime.definitions import versions
from runtime.errors import DefinitionProblems, NotFound, Refused
from runtime.people.person import SYSTEM
from runtime.tiers import rule_tests
from runtime.tiers.explaining import explain
from runtime.tiers.trial import load_model, put_in_force
from tests.builder.tiering.shop import LIVE, POINTS, SPEND, add, mixed, on_trial
from tests.makers import Json
from tests.tiers.world import World, dimension, model

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace


def example(
    name: str = "x", tier: str | None = None, score: float | None = None, holds: list[str] | None = None, **bands: int | None
) -> Json:
    return {"name": name, "bands": bands, "expect": {"tier": tier, "score": score}, **({"holds": holds} if holds else {})}


@pytest.fixture
def world(sqlite_workspace: Workspace) -> World:
    return World(sqlite_workspace, LIVE)


def outcomes(world: World, *tests: Json, **more: object) -> list[tuple[bool, str | None, str]]:
    draft = load_model({**LIVE, **more, "tests": list(tests)})
    with world.workspace.reading(SYSTEM) as act:
        return [(each.ok, each.tier, str(each.sentence)) for each in rule_tests.run(put_in_force(act, draft).catalogue, draft)]


def test_an_example_is_rated_by_its_bands(world: World) -> None:
    gold = {"floors": [{"when": "DIMENSION_BAND('points') >= 3", "tier": "gold"}]}
    assert outcomes(world, example(tier="diamond", score=100, spend=4, points=3)) == [(True, "diamond", "As expected: Diamond.")]
    assert outcomes(world, example("Low spender", "gold", spend=2, points=1)) == [
        (False, "basic", "“Low spender” should be Gold, came out Basic with 20 points.")
    ]
    assert outcomes(world, example("Low spender", "gold", spend=1, points=3), **gold) == [(True, "gold", "As expected: Gold.")]
    assert outcomes(world, example(score=33.33, spend=2, points=1)) == [(False, "basic", "“x” should have 33.33 points, came out with 20.")]


def test_a_missing_dimension_counts_as_its_policy_says(world: World) -> None:
    assert [each[1] for each in outcomes(world, example(spend=4, points=None), example(spend=4), example(spend=None, points=None))] == [
        "diamond",
        "diamond",
        None,
    ]


def test_scores_are_compared_to_as_many_decimals_as_are_given(world: World) -> None:
    three = {"dimensions": [dimension(cuts=[1000, 5000, 20000], weight=100)]}
    tests = [example(score=score, spend=2) for score in (33.3333, 33.33, 33.3, 33)]
    assert [each[0] for each in outcomes(world, *tests, **three)] == [True, True, False, False]


def test_conditions_that_read_more_than_bands_hold_where_the_example_says_so(world: World) -> None:
    floor = {"floors": [{"when": "stage == 'steady'", "tier": "gold"}], "ceilings": [{"when": "points < 1", "tier": "silver"}]}
    plain = example(spend=1, points=1)
    assert [each[1] for each in outcomes(world, plain, {**plain, "holds": ["stage == 'steady'"]}, **floor)] == ["basic", "gold"]
    assert outcomes(world, example(holds=["points < 1"], spend=4, points=3), **floor)[0][1] == "silver"


def test_publishing_is_blocked_while_one_fails(workspace: Workspace) -> None:
    world = World(workspace, LIVE)
    failing = {**LIVE, "tests": [example(tier="diamond", spend=4, points=3), example("Lin", "gold", spend=3, points=1)]}
    with pytest.raises(DefinitionProblems) as refused:
        world.publish(failing)
    assert [(each.path, str(each.message)) for each in refused.value.problems] == [
        ("tests/1", "“Lin” should be Gold, came out Silver with 40 points.")
    ]
    mended = {**failing, "tests": [failing["tests"][0], example("Lin", "silver", spend=3, points=1)]}
    world.publish(mended)
    with workspace.reading(SYSTEM) as act:
        assert act.catalogue.versions["tier_model", "value"] == 2
        broken = versions.dry_run(act, [{**failing, "dimensions": [dimension(value="no_such_field", cuts=[1])]}])
        assert "dimensions/0/value" in [each.path for each in broken], "what cannot be rated is reported as such"
        assert versions.dry_run(act, [LIVE, {**failing, "key": "other"}])[0].path == "tier_model:other/tests/1"


def test_a_recorded_customer_passes_its_own_test(workspace: Workspace) -> None:
    """With quantiles, floors that read fields, and missing dimensions: the test says what the draft says of the customer."""
    world = World(workspace, LIVE)
    ids = mixed(world, 12)
    draft = model(
        dimension(cuts=4, weight=60),
        POINTS,
        floors=[{"when": "stage == 'steady'", "tier": "gold"}, {"when": "DIMENSION_BAND('points') >= 3", "tier": "silver"}],
    )
    recorded = []
    with on_trial(workspace, draft) as (trial, wanted):
        trial.cut(whole=False)
        for record in ids:
            try:
                recorded.append((record, record_test(trial, wanted, record)[0]))
            except Refused as refusal:
                assert [each.path for each in refusal.problems] == ["record"]
    assert len(recorded) == 9 and any("holds" in each for _record, each in recorded)
    world.publish({**draft, "tests": [each for _record, each in recorded]})
    world.recompute(source="publish")
    for record, test in recorded:
        with workspace.reading(SYSTEM) as act:
            found = explain(act, "value", record)
        assert (found.tier, found.score) == (test["expect"]["tier"], Decimal(str(test["expect"]["score"])))
        assert test["name"]["en"].startswith("A typical ")


def test_what_cannot_be_recorded_says_why(world: World) -> None:
    add(world, {"stage": "new", "points": 5})
    with on_trial(world.workspace, LIVE) as (trial, wanted), pytest.raises(NotFound):
        record_test(trial, wanted, 999)
    world.publish(model(dimension("points", "points", [1, 2]), key="newcomers"))
    parent = model(SPEND, POINTS, lanes=[{"key": "new", "when": "stage == 'new'", "tier_model": "newcomers"}])
    with on_trial(world.workspace, parent) as (trial, wanted), pytest.raises(Refused) as refused:
        record_test(trial, wanted, 1)
    assert str(refused.value.problems[0].message) == "This record is rated by the lane “new”; record it with that model."
