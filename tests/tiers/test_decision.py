"""From bands to a tier: the rule of docs/tiers.md, without a database."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.definitions.tier_model import TierModel
from runtime.system import clock
from runtime.tiers.decision import Before, Decision, Rated, Rules, Scale, add_months, band_of, decide, quantile_cuts, rate, weigh

DAY = clock.to_day(date(2026, 11, 21))
RETAIL = {"recency": 25, "frequency": 20, "monetary": 25, "engagement": 10, "referral": 20}
TIERS = [
    {"key": "diamond", "label": "Diamond", "from": 75, "keep_from": 67},
    {"key": "gold", "label": "Gold", "from": 55, "keep_from": 47},
    {"key": "silver", "label": "Silver", "from": 35, "keep_from": 27},
    {"key": "basic", "label": "Basic", "from": 0},
]


def a_model(weights: dict[str, Any] | None = None, missing: str = "worst", bands: int = 5, **more: Any) -> TierModel:
    dimensions = [
        {"key": key, "label": key, "weight": weight, "value": "1", "missing": missing, "bands": {"by": "quantiles", "count": bands}}
        for key, weight in (weights or RETAIL).items()
    ]
    return TierModel.model_validate_json(
        json.dumps({"kind": "tier_model", "key": "m", "label": "M", "form": "customer", "dimensions": dimensions, "tiers": TIERS, **more})
    )


def decided(
    model: TierModel,
    score: int,
    before: Before | None = None,
    day: int = DAY,
    floor: str | None = None,
    ceiling: str | None = None,
    **more: Any,
) -> Decision:
    """The decision for a score in whole points."""
    placing = more.pop("placing", False)
    rated = rate(Scale.of(model), model.ranks, score * 10_000, floor, ceiling, **more)
    return decide(Rules.of(model), rated, before, day, placing)


# -- bands ----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("value", "band"), [(799, 1), (800, 2), (2999, 2), (3000, 3), (20000, 5), (10**9, 5), (-5, 1), (None, None)])
def test_a_cut_is_reached_by_a_value_equal_to_it(value: int | None, band: int | None):
    assert band_of(value, [800, 3000, 8000, 20000]) == band


@pytest.mark.parametrize(("days", "band"), [(0, 5), (14, 5), (15, 4), (30, 4), (120, 2), (121, 1), (None, None)])
def test_where_lower_is_better_a_cut_is_reached_from_above(days: int | None, band: int | None):
    assert band_of(days, [14, 30, 60, 120], "lower") == band


def ranked(values: list[int], bands: int = 5, better: str = "higher") -> list[int | None]:
    """The quantile bands of values, worked out by cut points."""
    ordered = sorted(set(values), reverse=better == "lower")
    cuts = quantile_cuts([(value, values.count(value)) for value in ordered], len(values), bands)
    return [band_of(value, cuts, better) for value in values]


def test_equal_values_share_a_band_and_no_value_lies_between_empty_bands():
    assert ranked([1, 1, 1, 2, 3]) == [1, 1, 1, 4, 5]
    assert ranked([7, 7, 7]) == [1, 1, 1]
    assert ranked([]) == []


@settings(deadline=None)
@given(st.lists(st.integers(-20, 20), min_size=1, max_size=60), st.integers(2, 20), st.sampled_from(["higher", "lower"]))
def test_cut_k_is_the_least_value_with_k_parts_of_the_population_strictly_worse(values: list[int], bands: int, better: str):
    sign = 1 if better == "higher" else -1
    found = quantile_cuts([(value, values.count(value)) for value in sorted(set(values), key=lambda v: sign * v)], len(values), bands)
    for k in range(1, bands):
        fit = [v for v in values if Fraction(sum(sign * w < sign * v for w in values), len(values)) >= Fraction(k, bands)]
        assert found[k - 1] == (min(fit, key=lambda v: sign * v) if fit else None)


@settings(deadline=None)
@given(st.lists(st.integers(-20, 20), min_size=1, max_size=60), st.integers(2, 10))
def test_a_band_is_one_and_the_whole_parts_of_the_population_that_are_worse(values: list[int], bands: int):
    assert ranked(values, bands) == [1 + min(bands * sum(w < v for w in values) // len(values), bands - 1) for v in values]


@settings(deadline=None)
@given(st.lists(st.integers(-20, 20), min_size=1, max_size=60), st.integers(2, 10))
def test_lower_is_better_mirrors_the_order(values: list[int], bands: int):
    assert ranked(values, bands, "lower") == ranked([-v for v in values], bands)


# -- score ----------------------------------------------------------------------------------------------------------------------
def test_strong_word_of_mouth_makes_gold_of_a_low_spender():
    model = a_model(floors=[{"when": "DIMENSION_BAND('referral') >= 4", "tier": "gold"}])
    weighed = weigh(Scale.of(model), [3, 2, 1, 4, 5])
    assert weighed.score == 45_0000
    assert [share / 10_000 for share in weighed.shares] == [12.5, 5, 0, 7.5, 20]
    assert decided(model, 45).tier == "silver"
    assert decided(model, 45, floor="gold").tier == "gold"


weights = st.decimals(Decimal("0.0001"), 1000, places=4)
models = st.lists(st.tuples(weights, st.integers(2, 20), st.sampled_from(["worst", "neutral", "leave_out"])), min_size=1, max_size=8)


@st.composite
def scales_and_bands(draw: st.DrawFn) -> tuple[Scale, list[int | None]]:
    parts = draw(models)
    scale = Scale(
        tuple(int(weight * 10_000) for weight, _n, _p in parts),
        tuple(count for _w, count, _p in parts),
        tuple(policy for _w, _n, policy in parts),
        (0,),
        ("basic",),
        {},
    )
    return scale, [draw(st.none() | st.integers(1, count)) for _w, count, _p in parts]


@settings(deadline=None)
@given(scales_and_bands())
def test_shares_are_rounded_half_away_and_add_up_to_the_score_exactly(given_: tuple[Scale, list[int | None]]):
    scale, bands = given_
    weighed = weigh(scale, bands)
    if all(band is None for band in bands):
        assert weighed.score is None
        return
    assert sum(weighed.shares) == weighed.score
    total = sum(w for w, band, policy in zip(scale.weights, bands, scale.missing) if band is not None or policy != "leave_out")
    for weight, count, policy, band, share in zip(scale.weights, scale.counts, scale.missing, bands, weighed.shares):
        part = Fraction(band - 1, count - 1) if band is not None else Fraction(1, 2) if policy == "neutral" else Fraction(0)
        exact = Fraction(100 * weight, total) * part
        assert abs(Fraction(share, 10_000) - exact) <= Fraction(1, 20_000)
        assert share == int(exact * 10_000 + Fraction(1, 2))


@settings(deadline=None)
@given(scales_and_bands(), st.data())
def test_a_better_band_never_lowers_the_score(given_: tuple[Scale, list[int | None]], data: st.DataObject):
    scale, bands = given_
    place = data.draw(st.integers(0, len(bands) - 1))
    scores = [weigh(scale, [*bands[:place], band, *bands[place + 1 :]]).score for band in range(1, scale.counts[place] + 1)]
    assert all(a is not None and b is not None and a <= b for a, b in pairwise(scores))


@pytest.mark.parametrize(("policy", "score", "band"), [("worst", 40, 1), ("neutral", 65, None), ("leave_out", 80, None)])
def test_a_missing_dimension_counts_as_its_policy_says(policy: str, score: int, band: int | None):
    weighed = weigh(Scale.of(a_model({"a": 50, "b": 50}, missing=policy, bands=6)), [5, None])
    assert (weighed.score, weighed.bands[1], weighed.missing) == (score * 10_000, band, (False, True))


def test_without_any_value_there_is_no_score_and_no_tier():
    model = a_model()
    assert weigh(Scale.of(model), [None] * 5).score is None
    assert decide(Rules.of(model), rate(Scale.of(model), model.ranks, None), None, DAY) == Decision(None, by="missing")


# -- tier -----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("score", "tier"), [(100, "diamond"), (75, "diamond"), (74, "gold"), (55, "gold"), (35, "silver"), (34, "basic"), (0, "basic")]
)
def test_a_border_belongs_to_the_higher_tier(score: int, tier: str):
    assert decided(a_model(), score).tier == tier


def test_floors_raise_ceilings_lower_and_the_ceiling_comes_last():
    model = a_model()
    assert decided(model, 10, floor="gold").tier == "gold"
    assert decided(model, 90, floor="gold").tier == "diamond"
    assert decided(model, 90, ceiling="silver").tier == "silver"
    assert decided(model, 10, floor="diamond", ceiling="silver").tier == "silver"


def test_the_first_tier_is_no_promotion():
    assert (decided(a_model(), 80).cause, decided(a_model(), 80).direction) == ("first", "first")
    assert decided(a_model(), 80).risen_on == DAY


def test_up_and_down_are_causes_of_their_own():
    model = a_model()
    assert decided(model, 80, Before("silver", DAY - 90)).cause == "up"
    assert decided(model, 10, Before("silver", DAY - 90)).cause == "down"
    assert decided(model, 40, Before("silver", DAY - 90)).cause is None


def test_a_tier_is_kept_down_to_its_keep_border():
    model = a_model()
    assert decided(model, 67, Before("diamond", DAY - 90)).by == "keep"
    assert decided(model, 66, Before("diamond", DAY - 90)).tier == "gold"


def test_the_keep_border_lifts_nobody_over_a_ceiling():
    assert decided(a_model(), 90, Before("diamond", DAY - 90), ceiling="silver").tier == "silver"


def test_a_lower_tier_is_possible_from_the_last_day_of_least_stay_on():
    model = a_model(movement={"least_stay_days": 30})
    assert decided(model, 10, Before("gold", DAY - 29)).by == "least_stay"
    assert decided(model, 10, Before("gold", DAY - 30)).tier == "basic"


def test_least_stay_in_months_counts_calendar_months():
    model = a_model(movement={"least_stay_months": 12})
    risen = clock.to_day(date(2024, 5, 6))
    assert decided(model, 10, Before("gold", risen), clock.to_day(date(2025, 5, 5))).tier == "gold"
    assert decided(model, 10, Before("gold", risen), clock.to_day(date(2025, 5, 6))).tier == "basic"


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-01-31", 1, "2023-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-05-06", 0, "2024-05-06"),
        ("2024-08-31", 1, "2024-09-30"),
        ("2023-12-15", 1, "2024-01-15"),
    ],
)
def test_months_end_on_a_day_that_exists(start: str, months: int, end: str):
    assert clock.from_day(add_months(clock.to_day(date.fromisoformat(start)), months)) == date.fromisoformat(end)


def test_grace_follows_least_stay_and_ends_in_the_tier_of_that_day():
    model = a_model(movement={"grace_days": 14})
    start = decided(model, 40, Before("gold", DAY - 90))
    assert (start.tier, start.by, start.grace_until) == ("gold", "grace", DAY + 14)
    in_grace = Before("gold", DAY - 90, grace_until=DAY + 14)
    assert decided(model, 10, in_grace, DAY + 13).tier == "gold"
    assert decided(model, 10, in_grace, DAY + 14).tier == "basic"
    assert decided(model, 40, in_grace, DAY + 14).tier == "silver"


def test_recovering_and_a_floor_end_grace():
    model = a_model(movement={"grace_days": 14})
    in_grace = Before("gold", DAY - 90, grace_until=DAY + 3)
    assert decided(model, 50, in_grace).grace_until is None
    assert decided(model, 10, in_grace, floor="gold").grace_until is None


def test_one_step_goes_down_one_tier_a_run():
    model = a_model(movement={"down": "one_step"})
    first = decided(model, 0, Before("diamond", DAY - 90))
    assert (first.tier, first.risen_on, first.fell_on) == ("gold", DAY - 90, DAY)
    again = Before(first.tier, first.risen_on, first.fell_on)
    assert decided(model, 0, again).tier == "gold"
    assert decided(model, 0, again, DAY + 1).tier == "silver"


def test_a_demotion_may_be_only_proposed():
    found = decided(a_model(movement={"demotion": "propose"}), 10, Before("gold", DAY - 90))
    assert (found.tier, found.proposed, found.cause) == ("gold", "basic", None)


def test_a_frozen_record_keeps_its_tier_but_gets_its_first():
    model = a_model()
    assert decided(model, 90, Before("basic", DAY - 90), frozen=True).tier == "basic"
    assert decided(model, 10, Before("gold", DAY - 90), frozen=True).by == "freeze"
    assert decided(model, 90, frozen=True).tier == "diamond"


def test_an_override_wins_until_its_day_and_then_the_computed_tier_returns_at_once():
    model = a_model(movement={"least_stay_days": 30, "grace_days": 14})
    fixed = Before("basic", DAY - 90, fixed="diamond", fixed_until=DAY)
    assert (decided(model, 10, fixed).tier, decided(model, 10, fixed).cause) == ("diamond", "override")
    over = Before("diamond", DAY, fixed="diamond", fixed_until=DAY)
    assert decided(model, 10, over, DAY + 1).tier == "basic"


def test_leaving_the_population_ends_the_tier():
    found = decided(a_model(movement={"grace_days": 14}), 80, Before("gold", DAY - 90), inside=False)
    assert (found.tier, found.cause, found.direction) == (None, "left", "left")


def test_publishing_places_by_the_borders_at_once():
    model = a_model(movement={"least_stay_days": 30, "grace_days": 14})
    found = decided(model, 60, Before("diamond", DAY), placing=True)
    assert (found.tier, found.cause, found.direction, found.risen_on) == ("gold", "publish", "down", DAY)


def test_a_tier_that_the_model_no_longer_has_is_replaced_without_movement():
    found = decided(a_model(movement={"grace_days": 14}), 40, Before("platinum", DAY - 90))
    assert (found.tier, found.cause, found.direction) == ("silver", "publish", "moved")


movements = st.fixed_dictionaries(
    {},
    optional={
        "least_stay_days": st.integers(0, 40),
        "least_stay_months": st.integers(0, 3),
        "grace_days": st.integers(0, 20),
        "down": st.sampled_from(["direct", "one_step"]),
        "demotion": st.sampled_from(["auto", "propose"]),
    },
)
tiers = st.sampled_from(["basic", "silver", "gold", "diamond"])
days = st.integers(DAY - 60, DAY + 60)
befores = st.builds(
    Before,
    st.none() | tiers,
    st.integers(DAY - 60, DAY),
    st.none() | days,
    st.none() | days,
    st.none(),
    st.none() | tiers,
    st.none() | days,
)
scores = st.none() | st.integers(0, 1_000_000)


@settings(deadline=None)
@given(movements, scores, st.none() | tiers, st.none() | tiers, befores, st.booleans(), st.booleans(), st.booleans())
def test_deciding_again_on_the_same_day_changes_nothing(
    movement: dict[str, Any],
    score: int | None,
    floor: str | None,
    ceiling: str | None,
    before: Before,
    inside: bool,
    frozen: bool,
    placing: bool,
):
    model = a_model(movement=movement)
    rules, rated = Rules.of(model), rate(Scale.of(model), model.ranks, score, floor, ceiling, inside, frozen)
    once = decide(rules, rated, before, DAY, placing)
    kept = before.fixed_until is None or before.fixed_until >= DAY
    after = Before(
        once.tier, once.risen_on, once.fell_on, once.grace_until, once.proposed, before.fixed if kept else None, before.fixed_until
    )
    twice = decide(rules, rated, after, DAY, placing)
    assert twice.cause is None
    assert (twice.tier, twice.risen_on, twice.fell_on, twice.grace_until, twice.proposed) == (
        once.tier,
        once.risen_on,
        once.fell_on,
        once.grace_until,
        once.proposed,
    )


@settings(deadline=None)
@given(movements, scores, befores)
def test_movement_only_ever_holds_a_tier_back(movement: dict[str, Any], score: int | None, before: Before):
    model = a_model(movement=movement)
    rules, rated = Rules.of(model), rate(Scale.of(model), model.ranks, score)
    found = decide(rules, rated, Before(before.tier, before.risen_on, before.fell_on, before.grace_until), DAY)
    if rated.tier is None:
        assert found.tier is None
    else:
        assert rules.ranks[found.tier or ""] >= rules.ranks[rated.tier]


def test_a_rated_record_outside_the_population_has_no_tier():
    assert rate(Scale.of(a_model()), a_model().ranks, 900_000, inside=False) == Rated(
        900_000, None, keep=Scale.of(a_model()).keep, inside=False
    )
