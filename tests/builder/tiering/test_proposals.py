"""Proposals for cuts: ordered, of somebody and not of everybody, with counts that add up, and what becomes of tiers."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builder.tiering import proposals
from builder.tiering.measuring import Measured
from builder.tiering.proposals import Proposals, propose
from runtime.errors import Refused
from runtime.tiers.simulation import simulate
from runtime.tiers.trial import load_model
from runtime.people.person import SYSTEM
from tests.builder.tiering.shop import LIVE, OWNED, POINTS, SPEND, add, mixed, on_trial, person
from tests.builder.tiering.test_distribution import NUMBERS, of
from tests.makers import Json
from tests.tiers.world import World, dimension, model

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace

PLANS = {"diamond": {"contact_every_days": 10}, "gold": {"contact_every_days": 30}}


def proposed(
    workspace: Workspace, draft: Json, key: str = "spend", shares: tuple[int, ...] = (), limits: dict[str, int] | None = None
) -> Proposals:
    with on_trial(workspace, draft, with_owners=True) as (trial, wanted):
        return propose(trial, wanted, key, [Fraction(each) for each in shares], limits)


def test_proposals_stand_side_by_side_with_what_they_lead_to(workspace: Workspace) -> None:
    """Each is what a simulation of the draft with these cuts says, too."""
    world = World(workspace, LIVE)
    mixed(world, 20)
    draft = {**LIVE, "plans": PLANS}
    found = proposed(workspace, draft, limits={"diamond": 2, "gold": 4})
    assert [each.method for each in found.proposals] == ["quantiles", "natural_breaks", "target_shares", "capacity"]
    for each in found.proposals:
        cuts = [found.measured.shown(cut) for cut in each.cuts]
        applied = {**draft, "dimensions": [dimension(cuts=cuts, weight=60), POINTS]}
        simulated = simulate(workspace, SYSTEM, load_model(applied))
        assert dict(each.tiers) == {tier: then for tier, _now, then in simulated.counts()}
        assert each.follow_ups == round(sum(3 * n if tier == "diamond" else n if tier == "gold" else 0 for tier, n in each.tiers))
    capacity = dict(found.proposals[-1].tiers)
    assert capacity["diamond"] <= 2 and capacity["diamond"] + capacity["gold"] <= 6


def test_what_owners_can_look_after_is_proposed_where_somebody_said_it(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, OWNED, LIVE)
    first, second = person(world, "Ning"), person(world, "Ge")
    mixed(world, 12, adviser=first)
    mixed(world, 12, adviser=second)
    draft = {**LIVE, "plans": PLANS, "workload": {"follow_ups_per_month": 8}}
    found = proposed(sqlite_workspace, draft)
    last = found.proposals[-1]
    assert (found.capacity, last.method, found.sentence) == (16, "capacity", None) and (last.follow_ups or 0) <= 16
    more = proposed(sqlite_workspace, {**draft, "workload": {"follow_ups_per_month": 500}})
    assert (more.proposals[-1].follow_ups or 0) >= (last.follow_ups or 0)
    without = proposed(sqlite_workspace, {**LIVE, "plans": PLANS})
    assert len(without.proposals) == 3
    assert str(without.sentence) == "Say how many follow-ups an owner can do a month, and cuts that fit are proposed too."
    crowded = proposed(sqlite_workspace, {**draft, "floors": [{"when": "stage != 'lost'", "tier": "diamond"}]})
    assert str(crowded.sentence) == "Even with everybody in the worst band of this dimension there is more than can be looked after."


def test_a_lane_is_proposed_cuts_from_its_own_records(sqlite_workspace: Workspace) -> None:
    newcomers = model(dimension("points", "points", 4), key="newcomers")
    world = World(
        sqlite_workspace, newcomers, model(SPEND, POINTS, lanes=[{"key": "new", "when": "stage == 'new'", "tier_model": "newcomers"}])
    )
    mixed(world, 24)
    found = proposed(sqlite_workspace, newcomers, "points", (20, 30, 50, 0))
    assert (len(found.measured.values), found.population) == (6, 24)
    assert sum(count for _tier, count in found.proposals[0].tiers) == 24


@pytest.mark.parametrize(("customers", "sentence"), [(0, "Nobody is in"), (3, "All 3 records have the same value")])
def test_where_values_do_not_differ_nothing_is_proposed(sqlite_workspace: Workspace, customers: int, sentence: str) -> None:
    world = World(sqlite_workspace, LIVE)
    add(world, *[{"points": 5}] * customers)
    found = proposed(sqlite_workspace, LIVE, "points")
    assert found.proposals == () and str(found.sentence).startswith(sentence)


@given(NUMBERS, st.lists(st.integers(1, 60), min_size=2, max_size=6), st.sampled_from(["higher", "lower"]))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_cuts_are_ordered_and_bands_hold_everybody(values: list[int], shares: list[int], better: str) -> None:
    found = of([each * 100 for each in values], better)
    wanted = [Fraction(100 * each, sum(shares)) for each in shares]
    ways = [
        proposals.cuts_for(found, wanted),
        proposals.distinct(found, found.quantiles(len(shares), everybody=False)),
        proposals.cuts_at(found, proposals.natural_breaks(found.counts, len(shares))),
    ]
    for cuts in ways:
        ordered = sorted(set(cuts), reverse=better == "lower")
        counts = found.band_counts(cuts)
        assert cuts == ordered and len(cuts) < len(shares) and sum(counts) == len(values) and all(counts)


@given(st.lists(st.integers(0, 10_000), min_size=50, max_size=80, unique=True))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_target_shares_are_met_to_one_record_where_all_values_differ(values: list[int]) -> None:
    found = of(values, "higher")
    worst, middle, best = found.band_counts(proposals.cuts_for(found, [Fraction(20), Fraction(30), Fraction(50)]))
    assert abs(best - len(values) * 0.2) <= 1 and abs(middle - len(values) * 0.3) <= 1 and abs(worst - len(values) * 0.5) <= 1


def test_shares_fall_from_band_to_band_and_are_a_hundred() -> None:
    assert proposals.falling_shares(3) == [Fraction(50, 3), Fraction(100, 3), Fraction(50)]
    assert all(sum(proposals.falling_shares(count)) == 100 for count in range(2, 8))


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ([20, 80], "Give 3 shares, one for each band."),
        ([20, "x", 50], "Give the share of each band in percent, from the best down."),
        ([20, 0, 80], "Give the share of each band in percent, from the best down."),
        ("many", "Give the share of each band in percent, from the best down."),
    ],
)
def test_shares_that_cannot_be_meant_are_refused(shares: object, sentence: str) -> None:
    with pytest.raises(Refused) as refused:
        proposals.check_shares(shares, 3)
    assert [(each.path, str(each.message)) for each in refused.value.problems] == [("shares", sentence)]


def test_limits_name_tiers_of_the_model() -> None:
    with pytest.raises(Refused) as refused:
        proposals.check_limits({"platinum": 3}, load_model(LIVE))
    assert [each.path for each in refused.value.problems] == ["capacity/platinum"]


def test_equal_values_stay_in_one_band() -> None:
    found = of([100] * 9 + [200], "higher")
    assert proposals.cuts_for(found, [Fraction(50), Fraction(50)]) == [200]
    assert isinstance(found, Measured) and Counter(found.values) == {100: 9, 200: 1}
