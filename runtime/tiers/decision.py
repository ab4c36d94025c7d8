"""From bands to a tier: exact, and without a database. What SQL does for many records at once (rating.py) means the same.

Scores and shares are integers of 1/10,000 point, days are days since 1970-01-01, bands count from 1 (worst).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from runtime.definitions.tier_model import TierModel
from runtime.system import clock

POINT = 10_000
HUNDRED = 100 * POINT


# -- bands ----------------------------------------------------------------------------------------------------------------------
def band_of(value: Any, cuts: Iterable[Any], better: str = "higher") -> int | None:
    """1 + the number of cuts that `value` reaches; a cut is reached inclusively on the better side, and one that is None never. Blank has
    no band."""
    if value is None:
        return None
    reached = (lambda cut: value >= cut) if better == "higher" else (lambda cut: value <= cut)
    return 1 + sum(1 for cut in cuts if cut is not None and reached(cut))


def quantile_cuts(counts: Iterable[tuple[Any, int]], population: int, bands: int) -> list[Any]:
    """The cut points that share out a population: cut k is the least value with at least k ÷ `bands` of the population strictly worse
    than it.

    `counts` are (value, how many have it), each value once, from the worst to the best. Cuts that no value reaches are None.
    """
    cuts: list[Any] = []
    worse = 0
    for value, count in counts:
        while len(cuts) < bands - 1 and worse * bands >= (len(cuts) + 1) * population:
            cuts.append(value)
        worse += count
    return cuts + [None] * (bands - 1 - len(cuts))


# -- score ----------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Scale:
    """The figures of one model, as integers: what its dimensions weigh and where its tiers begin."""

    weights: tuple[int, ...]
    counts: tuple[int, ...]
    missing: tuple[str, ...]
    borders: tuple[int, ...]
    tiers: tuple[str, ...]
    """From the lowest up, like `borders`."""
    keep: dict[str, int]

    @classmethod
    def of(cls, model: TierModel) -> Scale:
        return cls(
            tuple(_points(each.weight) for each in model.dimensions),
            tuple(each.bands.count for each in model.dimensions),
            tuple(each.missing for each in model.dimensions),
            tuple(_points(tier.from_) for tier in model.ranked),
            tuple(tier.key for tier in model.ranked),
            {tier.key: _points(tier.from_ if tier.keep_from is None else tier.keep_from) for tier in model.ranked},
        )

    def tier_at(self, score: int) -> str:
        """The highest tier that begins at or below this score."""
        return self.tiers[max(bisect_right(self.borders, score) - 1, 0)]


@dataclass(frozen=True)
class Weighed:
    """`bands` as DIMENSION_BAND gives them: None where a missing value has no band. `score` is None when every dimension is missing."""

    score: int | None
    shares: tuple[int, ...]
    bands: tuple[int | None, ...]
    missing: tuple[bool, ...]


def weigh(scale: Scale, bands: Sequence[int | None]) -> Weighed:
    """Shares and score of a record's bands, where None says that the dimension is missing. The shares add up to the score exactly."""
    missing = tuple(band is None for band in bands)
    shown = tuple(1 if band is None and policy == "worst" else band for band, policy in zip(bands, scale.missing, strict=True))
    total = sum(
        weight for weight, gone, policy in zip(scale.weights, missing, scale.missing, strict=True) if not (gone and policy == "leave_out")
    )
    if all(missing):
        return Weighed(None, (0,) * len(shown), shown, missing)
    shares = tuple(
        _share(weight, band, count, policy, total)
        for weight, band, count, policy in zip(scale.weights, shown, scale.counts, scale.missing, strict=True)
    )
    return Weighed(sum(shares), shares, shown, missing)


def _share(weight: int, band: int | None, count: int, policy: str, total: int) -> int:
    if band is not None:
        return rounded(HUNDRED * weight * (band - 1), (count - 1) * total)
    return rounded(HUNDRED * weight, 2 * total) if policy == "neutral" else 0


def rounded(numerator: int, denominator: int) -> int:
    """A quotient of two non-negative integers, rounded half away from zero."""
    return (2 * numerator + denominator) // (2 * denominator)


def _points(value: Decimal) -> int:
    return int(value * POINT)


# -- tier -----------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Rules:
    """What governs a change from one tier to another."""

    ranks: dict[str, int]
    least_stay_days: int = 0
    least_stay_months: int = 0
    grace_days: int = 0
    one_step: bool = False
    propose: bool = False

    @classmethod
    def of(cls, model: TierModel) -> Rules:
        given = model.movement
        return cls(
            model.ranks,
            given.least_stay_days or 0,
            given.least_stay_months or 0,
            given.grace_days,
            given.down == "one_step",
            given.demotion == "propose",
        )

    def lower_from(self, risen_on: int) -> int:
        """The first day on which a tier reached on `risen_on` may be lost."""
        return max(risen_on + self.least_stay_days, add_months(risen_on, self.least_stay_months))

    def below(self, tier: str) -> str:
        return next(key for key, rank in self.ranks.items() if rank == self.ranks[tier] - 1)


@dataclass(frozen=True)
class Rated:
    """What the facts of one day say. `inside`: the record is in the population. `keep`: the keep borders of the model that rated it."""

    score: int | None
    tier: str | None
    by: str = "score"
    ceiling: str | None = None
    keep: dict[str, int] = field(default_factory=dict)
    inside: bool = True
    frozen: bool = False


def rate(
    scale: Scale,
    ranks: dict[str, int],
    score: int | None,
    floor: str | None = None,
    ceiling: str | None = None,
    inside: bool = True,
    frozen: bool = False,
) -> Rated:
    """The tier that a score, the best floor and the lowest ceiling that hold make together."""
    if score is None or not inside:
        return Rated(score, None, keep=scale.keep, inside=inside, frozen=frozen)
    tier, by = scale.tier_at(score), "score"
    if floor is not None and ranks[floor] > ranks[tier]:
        tier, by = floor, "floor"
    if ceiling is not None and ranks[ceiling] < ranks[tier]:
        tier, by = ceiling, "ceiling"
    return Rated(score, tier, by, ceiling, scale.keep, True, frozen)


@dataclass(frozen=True)
class Before:
    """The state that a decision starts from. `risen_on`: day of the first tier or the last rise; `fell_on`: of the last step down since
    then."""

    tier: str | None = None
    risen_on: int | None = None
    fell_on: int | None = None
    grace_until: int | None = None
    proposed: str | None = None
    fixed: str | None = None
    fixed_until: int | None = None


@dataclass(frozen=True)
class Decision:
    """`cause` is None where the tier stays: first, up, down, left, publish, override. `by` names what decided: score, floor, ceiling, keep,
    least_stay, grace, one_step, proposed, freeze, override, outside, missing; `until` is the day on which that ends."""

    tier: str | None
    cause: str | None = None
    direction: str | None = None
    by: str = "score"
    until: int | None = None
    risen_on: int | None = None
    fell_on: int | None = None
    grace_until: int | None = None
    proposed: str | None = None


NOTHING = Before()


def decide(rules: Rules, rated: Rated, before: Before | None, day: int, placing: bool = False) -> Decision:
    """The tier of `day`, in the order of decision: score, floors, ceilings, movement, freeze, override. `placing` leaves movement out.

    Deciding again on the same day with the same facts changes nothing.
    """
    state = before or NOTHING
    if state.tier is not None and state.tier not in rules.ranks:
        state = replace(state, grace_until=None)
        placing = True
    fixed = _fixed(rules, state, rated, day)
    ended = fixed is None and state.fixed is not None and state.tier == state.fixed
    decision = _placed(rules, rated, state, day) if placing or ended else _moved(rules, rated, state, day)
    if rated.frozen and rated.inside and state.tier in rules.ranks:
        decision = _frozen(decision, state)
    if fixed is not None:
        decision = _at(rules, fixed, state, day, "override", until=state.fixed_until)
    return _with_cause(rules, decision, state, placing, fixed is not None or ended)


def _fixed(rules: Rules, state: Before, rated: Rated, day: int) -> str | None:
    """The tier of an override that is in force."""
    if state.fixed not in rules.ranks or not rated.inside:
        return None
    return state.fixed if state.fixed_until is None or day <= state.fixed_until else None


def _placed(rules: Rules, rated: Rated, state: Before, day: int) -> Decision:
    if rated.tier is None:
        return Decision(None, by="outside" if not rated.inside else "missing")
    return _at(rules, rated.tier, state, day, rated.by)


def _at(rules: Rules, tier: str, state: Before, day: int, by: str, until: int | None = None) -> Decision:
    """At a tier from this day on, with what least stay and steps count from."""
    now, then = rules.ranks[tier], rules.ranks.get(state.tier or "", 0)
    if now > then:
        return Decision(tier, by=by, until=until, risen_on=day)
    return Decision(tier, by=by, until=until, risen_on=state.risen_on, fell_on=day if now < then else state.fell_on)


def _moved(rules: Rules, rated: Rated, state: Before, day: int) -> Decision:
    if rated.tier is None or state.tier is None or rules.ranks[rated.tier] >= rules.ranks[state.tier]:
        return _placed(rules, rated, state, day)
    stays = Decision(state.tier, risen_on=state.risen_on, fell_on=state.fell_on, grace_until=state.grace_until)
    if _keeps(rules, rated, state.tier):
        return replace(stays, by="keep", grace_until=None)
    possible = rules.lower_from(state.risen_on) if state.risen_on is not None else day
    if day < possible:
        return replace(stays, by="least_stay", until=possible, grace_until=None)
    if rules.one_step and state.fell_on == day:
        return replace(stays, by="one_step", until=day + 1)
    if rules.grace_days and state.grace_until is None:
        return replace(stays, by="grace", until=day + rules.grace_days, grace_until=day + rules.grace_days)
    if state.grace_until is not None and day < state.grace_until:
        return replace(stays, by="grace", until=state.grace_until)
    tier = rules.below(state.tier) if rules.one_step else rated.tier
    if rules.propose:
        return replace(stays, by="proposed", proposed=tier)
    return _at(rules, tier, state, day, rated.by if tier == rated.tier else "one_step")


def _keeps(rules: Rules, rated: Rated, tier: str) -> bool:
    """Whether the keep border holds a tier: a border of the score, so it does not lift anybody over a ceiling."""
    if rated.ceiling is not None and rules.ranks[rated.ceiling] < rules.ranks[tier]:
        return False
    return rated.score is not None and tier in rated.keep and rated.score >= rated.keep[tier]


def _frozen(decision: Decision, state: Before) -> Decision:
    if decision.tier == state.tier:
        return decision
    return Decision(state.tier, by="freeze", risen_on=state.risen_on, fell_on=state.fell_on, grace_until=state.grace_until)


def _with_cause(rules: Rules, decision: Decision, state: Before, placing: bool, by_override: bool) -> Decision:
    if decision.tier == state.tier:
        return decision
    if state.tier is None:
        return replace(decision, cause="override" if by_override else "first", direction="first")
    if decision.tier is None:
        return replace(decision, cause="left", direction="left")
    if state.tier not in rules.ranks:
        return replace(decision, cause="publish", direction="moved")
    direction = "up" if rules.ranks[decision.tier] > rules.ranks[state.tier] else "down"
    return replace(decision, cause="override" if by_override else "publish" if placing else direction, direction=direction)


def add_months(day: int, months: int) -> int:
    """The same day so many months later, or the last day of that month where it has no such day."""
    if not months:
        return day
    start = clock.from_day(day)
    assert start is not None
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    for last in (start.day, 30, 29, 28):
        try:
            return clock.to_day(start.replace(year=year, month=month + 1, day=last))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
