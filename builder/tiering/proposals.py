"""Proposals for the cuts of a dimension, side by side: equal shares, natural breaks, target shares, and what owners can look after."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from runtime.definitions.tier_model import Quantiles, TierModel
from runtime.errors import Problem, Refused
from runtime.system.prepared import Prepared
from runtime.texts import Message, _
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.quantiles import Cuts
from runtime.tiers.tally import margin
from runtime.tiers.trial import Trial, put_in_force
from runtime.tiers.workload import MONTH, days_between
from builder.tiering.breaks import explained, natural_breaks
from builder.tiering.distribution import bands, nothing_to_draw
from builder.tiering.measuring import Measured, measured, part_number, place_of
from builder.tiering.tier_counts import counting, tier_counts

STEPS = 8
"""How often the search for what owners can look after is halved: to half a percent."""
SAMPLE = 10_000
"""Of larger populations so many records show what becomes of the tiers."""


@dataclass(frozen=True)
class Proposal:
    """`cuts` from the worst band up, in the smallest unit; each is reached by somebody and not by everybody. `tiers`: how many each tier would
    have, by the borders alone. `follow_ups`: what the plans would ask for a month, None without plans."""

    method: str
    label: Message
    why: Message
    cuts: tuple[int, ...]
    tiers: tuple[tuple[str | None, int], ...]
    follow_ups: int | None


@dataclass(frozen=True)
class Proposals:
    measured: Measured
    proposals: tuple[Proposal, ...]
    capacity: int | None
    sampled: int
    population: int
    sentence: Message | None
    """Why there are none, or one less."""

    @property
    def margin(self) -> float:
        return margin(self.sampled, self.population)


def propose(
    trial: Trial, draft: TierModel, dimension: str, shares: Sequence[Fraction] = (), limits: dict[str, int] | None = None
) -> Proposals:
    """`shares`: of each band from the best down, in percent. `limits`: how many records each tier may have; without them what all owners
    together can do a month is the limit."""
    (found,) = measured(trial, draft, dimension)
    bench = Bench(trial, draft, dimension, found)
    count = found.measure.count
    if found.values and found.values[0] == found.values[-1] or not found.values:
        return Proposals(found, (), bench.capacity, bench.sampled, bench.population, nothing_to_draw(found))
    wanted = list(shares) or falling_shares(count)
    breaks = natural_breaks(found.counts, count)
    given = [
        _equal(found, count),
        ("natural_breaks", _("Natural breaks"), _gaps(found, breaks), cuts_at(found, breaks)),
        _target(found, wanted),
        *bench.for_owners(limits or {}),
    ]
    made = tuple(bench.proposal(*each) for each in given if each[3])
    return Proposals(found, made, bench.capacity, bench.sampled, bench.population, bench.sentence(bool(limits), made))


def with_free_cuts(draft: TierModel, dimension: str, bands: int) -> TierModel:
    """The draft with so many bands of a dimension, whose cuts are told to each rating, as those of quantiles are."""
    place = place_of(draft, dimension)
    own = draft.dimensions[place]
    free = own.model_copy(update={"bands": Quantiles(count=bands, better=own.bands.better)})
    return draft.model_copy(update={"dimensions": (*draft.dimensions[:place], free, *draft.dimensions[place + 1 :])})


# -- cuts -------------------------------------------------------------------------------------------------------------------------
Given = tuple[str, Message, Message, list[int]]


def _equal(found: Measured, count: int) -> Given:
    cuts = distinct(found, found.quantiles(count, everybody=False))
    share = round(100 / (len(cuts) + 1))
    return "quantiles", _("Quantiles"), _("Every band holds about the same number of records, {share} % of them.", share=share), cuts


def _gaps(found: Measured, breaks: list[int]) -> Message:
    share = round(100 * explained(found.counts, breaks))
    return _("The cuts lie where values are far apart; {share} % of all differences lie between the bands.", share=share)


def _target(found: Measured, shares: Sequence[Fraction]) -> Given:
    named = " / ".join(f"{float(each):.3g}" for each in shares)
    why = _("From the best band down about {shares} % of the records.", shares=named)
    return "target_shares", _("Target shares"), why, cuts_for(found, shares)


def falling_shares(count: int) -> list[Fraction]:
    """Few in the best band, more in each that follows, in percent: 17, 33, 50 for three."""
    return [Fraction(200 * number, count * (count + 1)) for number in range(1, count + 1)]


def check_shares(shares: Any, count: int) -> list[Fraction]:
    """Shares as they were sent. Raises Refused."""
    if shares is None:
        return []
    if not isinstance(shares, list) or not all(
        isinstance(each, int | float) and not isinstance(each, bool) and each > 0 for each in shares
    ):
        raise Refused([Problem("shares", _("Give the share of each band in percent, from the best down."))])
    if len(shares) != count:
        raise Refused([Problem("shares", _("Give {count} shares, one for each band.", count=count))])
    total = sum(map(Fraction, shares))
    return [100 * Fraction(each) / total for each in shares]


def check_limits(limits: Any, draft: TierModel) -> dict[str, int]:
    """How many records each tier may have, as it was sent. Raises Refused."""
    if limits is None:
        return {}
    if not isinstance(limits, dict) or not all(
        isinstance(each, int) and not isinstance(each, bool) and each >= 0 for each in limits.values()
    ):
        raise Refused([Problem("capacity", _("Give the largest number of customers of each tier."))])
    for key in limits:
        if key not in draft.by_key:
            raise Refused([Problem(f"capacity/{key}", _("This model has no tier with the key {key}.", key=key))])
    return limits


def cuts_at(found: Measured, breaks: Sequence[int]) -> list[int]:
    """Cuts between classes whose least values these are: inclusive on the better side."""
    if found.better == "higher":
        return list(breaks)
    values = [value for value, _count in found.counts]
    below = {value: before for before, value in zip(values, values[1:], strict=False)}
    return [below[each] for each in reversed(breaks)]


def cuts_for(found: Measured, shares: Sequence[Fraction]) -> list[int]:
    """The cuts with which the bands come nearest to these shares, in percent from the best down; equal values stay together."""
    reached = Fraction()
    cuts: list[int | None] = []
    for share in list(shares)[:-1]:
        reached += share * len(found.values) / 100
        cuts.append(min(_around(found, int(reached)), key=lambda value: (abs(found.reach(value) - reached), found.reach(value))))
    return distinct(found, cuts[::-1])


def _around(found: Measured, place: int) -> list[int]:
    """The value at a place, counted from the best, which that many and more reach, and the next better one, which no more reach."""
    values = found.values
    place = min(place, len(values) - 1)
    if found.better == "lower":
        before = bisect_left(values, values[place])
        return [values[place], *values[before - 1 : before]] if before else [values[place]]
    value = values[len(values) - 1 - place]
    return [value, *values[(after := bisect_right(values, value)) : after + 1]]


def distinct(found: Measured, cuts: Sequence[int | None]) -> list[int]:
    """The cuts that tell somebody apart, each once, from the worst band up: reached by some and not by all."""
    whole = len(found.values)
    useful = {each for each in cuts if each is not None and 0 < found.reach(each) < whole}
    return sorted(useful, reverse=found.better == "lower")


# -- what becomes of tiers --------------------------------------------------------------------------------------------------------
class Bench:
    """Rates the same records by one set of cuts after the other: everybody, or a sample of a large population."""

    def __init__(self, trial: Trial, draft: TierModel, dimension: str, found: Measured):
        self.trial, self.draft, self.found = trial, draft, found
        self.dimension, self.place = dimension, (part_number(trial, draft), place_of(draft, dimension))
        self.by_bands: dict[int, tuple[CompiledModel, Prepared]] = {}
        self.known: dict[tuple[int, ...], Counter[str | None]] = {}
        ids = trial.ids()
        self.population = len(ids)
        self.sampled = min(len(ids), SAMPLE)
        trial.fill_ids(trial.sample(ids, SAMPLE))
        trial.cut(whole=self.sampled == self.population)
        self.grown = Fraction(self.population, self.sampled) if self.sampled else Fraction(1)

    @property
    def model(self) -> TierModel:
        return self.trial.model.model

    @property
    def capacity(self) -> int | None:
        """Follow-ups a month that all owners together can do."""
        each = self.model.workload.follow_ups_per_month
        owners = self.trial.owners()
        return each * owners if each and owners else None

    def tiers(self, cuts: Sequence[int]) -> Counter[str | None]:
        """How many of everybody each tier would have."""
        if tuple(cuts) not in self.known:
            model, statement = self._counting(max(len(cuts), 1) + 1)
            found = tier_counts(self.trial, model, statement, Cuts({**self.trial.cuts, self.place: list(cuts) or [None]}))
            self.known[tuple(cuts)] = Counter({tier: int(many * self.grown + Fraction(1, 2)) for tier, many in found.items()})
        return self.known[tuple(cuts)]

    def _counting(self, bands: int) -> tuple[CompiledModel, Prepared]:
        """The draft with so many bands of the dimension, and its statement that counts tiers; the facts are the same."""
        if bands not in self.by_bands:
            act = put_in_force(self.trial.act, with_free_cuts(self.draft, self.dimension, bands))
            model = compile(act.catalogue, self.model.key)
            self.by_bands[bands] = model, counting(self.trial, model)
        return self.by_bands[bands]

    def proposal(self, method: str, label: Message, why: Message, cuts: list[int]) -> Proposal:
        counts = self.tiers(cuts)
        tiers = tuple((tier.key, counts[tier.key]) for tier in reversed(self.model.ranked))
        return Proposal(method, label, why, tuple(cuts), (*tiers, (None, counts[None])), self.follow_ups(counts))

    def follow_ups(self, counts: Counter[str | None]) -> int | None:
        if not any(plan.contact_every_days for plan in self.model.plans.values()):
            return None
        return round(
            sum(Fraction(MONTH * many, days_between(self.model, tier)) for tier, many in counts.items() if days_between(self.model, tier))
        )

    def for_owners(self, limits: dict[str, int]) -> list[Given]:
        """As many in the better bands as can be looked after; nothing where nobody said how many that are."""
        if not limits and (self.capacity is None or self.follow_ups(Counter()) is None):
            return []
        low, high = Fraction(), Fraction(1)
        if self._fits(self._scaled(high), limits):
            low = high
        else:
            for _step in range(STEPS):
                middle = (low + high) / 2
                low, high = (middle, high) if self._fits(self._scaled(middle), limits) else (low, middle)
        cuts = self._scaled(low)
        return [("capacity", _("What owners can look after"), self._why(cuts, limits), cuts)]

    def _scaled(self, part: Fraction) -> list[int]:
        """Cuts with all better bands together this part of everybody, in falling shares."""
        *better, _worst = falling_shares(self.found.measure.count)
        whole = sum(better)
        shares = [each * 100 * part / whole for each in better]
        return cuts_for(self.found, [*shares, 100 - sum(shares, Fraction())]) if part else []

    def _fits(self, cuts: list[int], limits: dict[str, int]) -> bool:
        counts = self.tiers(cuts)
        if not limits:
            return (self.follow_ups(counts) or 0) <= (self.capacity or 0)
        room, many = 0, 0
        for tier in reversed(self.model.ranked):
            if tier.key not in limits:
                return True
            room, many = room + limits[tier.key], many + counts[tier.key]
            if many > room:
                return False
        return True

    def sentence(self, limited: bool, made: tuple[Proposal, ...]) -> Message | None:
        """Why there is no proposal by what owners can look after."""
        if any(each.method == "capacity" for each in made):
            return None
        if not limited and self.capacity is None:
            return _("Say how many follow-ups an owner can do a month, and cuts that fit are proposed too.")
        if not limited and self.follow_ups(Counter()) is None:
            return _("No service plan says how often to follow up, so nothing can be proposed by what owners can look after.")
        return _("Even with everybody in the worst band of this dimension there is more than can be looked after.")

    def _why(self, cuts: list[int], limits: dict[str, int]) -> Message:
        if limits:
            return _("As many in the better bands as the limits of the tiers allow.")
        asked, capacity = self.follow_ups(self.tiers(cuts)) or 0, self.capacity or 0
        return _("{asked} follow-ups a month of the {capacity} that all owners can do.", asked=f"{asked:,}", capacity=f"{capacity:,}")


def answer(found: Proposals, draft: TierModel, say: Any) -> list[dict[str, Any]]:
    """As the designer's page reads it."""
    of = found.measured
    return [
        {
            "method": each.method,
            "label": say(each.label),
            "why": say(each.why),
            "cuts": sorted(of.shown(cut) or 0 for cut in each.cuts),
            "bands": [{"band": band.band, "label": say(band.label), "count": band.count} for band in bands(of, each.cuts, None)],
            "tiers": [{"tier": key, "label": _label(draft, key, say), "then": then} for key, then in each.tiers],
            "workload": None if each.follow_ups is None else {"then": each.follow_ups, "capacity": found.capacity},
        }
        for each in found.proposals
    ]


def _label(draft: TierModel, key: str | None, say: Any) -> str:
    return say(draft.by_key[key].label) if key in draft.by_key else say(_("No tier"))
