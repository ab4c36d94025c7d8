"""The smallest changes that lift a record to a higher tier: of one dimension, or of two together where one alone does not do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from runtime.texts import Message, _
from runtime.tiers.decision import POINT
from runtime.tiers.explanation import Change, Lift
from runtime.tiers.facts import read
from runtime.tiers.judging import Judgement, judge_bands
from runtime.tiers.known import Known, label_of
from runtime.tiers.states import shown_score

LIFTS = 3
NEXT = 5
"""Two dimensions at once are looked through up to so many bands above the present ones."""


def lifts(known: Known) -> tuple[Lift, ...]:
    """At most three: first those of a single dimension, then of two; among them those that need the fewest points, then the fewest bands."""
    ranks, tier = known.model.rules.ranks, known.decision.tier
    if not known.judged.inside or tier not in ranks or ranks[tier] == len(ranks):
        return ()
    search = _Search(known, ranks[tier])
    single = {place: bands for place in search.open if (bands := search.alone(place)) is not None}
    found: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((place,), bands) for place, bands in single.items()]
    if len(found) < LIFTS:
        found += [(pair, bands) for pair in combinations(search.open, 2) for bands in search.together(*pair, single)]
    ordered = sorted(found, key=lambda each: (len(each[0]), search.judged(*each).weighed.score or 0, search.steps(*each), each[0]))
    return tuple(search.said(*each) for each in ordered[:LIFTS])


class _Search:
    """Tries higher bands. Whatever it gives has been judged by the whole rule: floors, ceilings and missing values included."""

    def __init__(self, known: Known, rank: int):
        self.known, self.rank = known, rank
        self.measures = known.model.parts[known.judged.part].measures
        self.bands, self.own = known.bands(), known.own_bands()
        self.cuts = [known.cut_values(place) for place in range(len(self.measures))]
        self.open = [place for place in range(len(self.measures)) if next(self.above(place), None) is not None]
        self._tried: dict[tuple[tuple[int, ...], tuple[int, ...]], Judgement] = {}

    def above(self, place: int) -> Iterator[int]:
        """The bands above the present one that some value reaches."""
        for band in range(max((self.bands[place] or 1) + 1, 2), self.measures[place].count + 1):
            if self.cuts[place][band - 2].value is None:
                return
            yield band

    def judged(self, places: tuple[int, ...], bands: tuple[int, ...]) -> Judgement:
        if (places, bands) not in self._tried:
            then = list(self.bands)
            for place, band in zip(places, bands, strict=True):
                then[place] = band
            self._tried[places, bands] = judge_bands(self.known.facts, self.known.row, self.known.judged.part, then, self.own)
        return self._tried[places, bands]

    def lifts(self, places: tuple[int, ...], bands: tuple[int, ...]) -> bool:
        tier = self.judged(places, bands).rated.tier
        return tier is not None and self.known.model.rules.ranks[tier] > self.rank

    def alone(self, place: int) -> tuple[int, ...] | None:
        return next(((band,) for band in self.above(place) if self.lifts((place,), (band,))), None)

    def together(self, one: int, other: int, single: dict[int, tuple[int, ...]]) -> list[tuple[int, ...]]:
        """The pairs of bands that lift, of which neither can be lower; what one of them does alone is left out."""
        first, second = (
            [band for band in list(self.above(place))[:NEXT] if place not in single or band < single[place][0]] for place in (one, other)
        )
        found = [(a, b) for a in first for b in second if self.lifts((one, other), (a, b))]
        return [pair for pair in found if not any(less != pair and less[0] <= pair[0] and less[1] <= pair[1] for less in found)]

    def steps(self, places: tuple[int, ...], bands: tuple[int, ...]) -> int:
        return sum(band - (self.bands[place] or 0) for place, band in zip(places, bands, strict=True))

    # -- in words -------------------------------------------------------------------------------------------------------------------
    def said(self, places: tuple[int, ...], bands: tuple[int, ...]) -> Lift:
        then = self.judged(places, bands)
        changes = tuple(
            Change(self.measures[place].key, band, self.cuts[place][band - 2]) for place, band in zip(places, bands, strict=True)
        )
        score = Decimal(then.weighed.score or 0) / POINT
        return Lift(changes, score, then.rated.tier or "", self._message(places, changes, then))

    def _message(self, places: tuple[int, ...], changes: tuple[Change, ...], then: Judgement) -> Message:
        words = {"score": shown_score(then.weighed.score), "tier": label_of(self.known.model, then.rated.tier)}
        if len(places) == 2:
            one, other = (self._change(place, change) for place, change in zip(places, changes, strict=True))
            return _("{one}, and {other}, lead to {score} points and {tier} together.", one=one, other=other, **words)
        words |= self._named(places[0], changes[0])
        if self.measures[places[0]].better == "higher":
            return _("{dimension}: {wanted} or more (now {now}) leads to {score} points and {tier}.", **words)
        return _("{dimension}: {wanted} or less (now {now}) leads to {score} points and {tier}.", **words)

    def _change(self, place: int, change: Change) -> Message:
        words = self._named(place, change)
        if self.measures[place].better == "higher":
            return _("{dimension}: {wanted} or more (now {now})", **words)
        return _("{dimension}: {wanted} or less (now {now})", **words)

    def _named(self, place: int, change: Change) -> dict[str, object]:
        measure = self.measures[place]
        now = replace(change.value, value=read(self.known.row[self.known.facts.of(measure.value)], measure.value.type))
        return {"dimension": measure.dimension.label, "wanted": change.value, "now": now}
