"""The distribution of a dimension over real records, as the designer draws it behind the cuts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.formulas import tree
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers.compiled import DAY_MICROS, Measure, compile
from runtime.tiers.explanation import Figure
from runtime.tiers.facts import read
from runtime.tiers.quantiles import stored_cuts
from builder.tiering.measuring import Measured

BINS = 48
"""How many bars a histogram has at most, beside those of its tails."""


@dataclass(frozen=True)
class Tail:
    """What lies beyond the bars, gathered into one: from `edge` on, or below it."""

    edge: int
    count: int


@dataclass(frozen=True)
class Band:
    """`was`: how many it would have by the live cuts; None where there are no such."""

    band: int
    label: Any
    count: int
    was: int | None


@dataclass(frozen=True)
class Distribution:
    """`bins` are (from, to, how many), to exclusive. `cuts` in the order of the bands from the worst; None is a cut that nobody reaches.
    `sentence` stands in place of the picture where there is nothing to draw."""

    measured: Measured
    bins: tuple[tuple[int, int, int], ...]
    head: Tail | None
    tail: Tail | None
    cuts: tuple[int | None, ...]
    was: tuple[int | None, ...] | None
    bands: tuple[Band, ...]
    sentence: Message | None


def distribution(found: Measured, was: Sequence[int | None] | None) -> Distribution:
    """`was`: the live cuts of the same measure."""
    cuts = cuts_of(found)
    sentence = nothing_to_draw(found)
    low, high, width = (0, 0, 1) if sentence else span(found, [cut for cut in (*cuts, *(was or ())) if cut is not None])
    return Distribution(
        found,
        () if sentence else tuple(_bins(found, low, high, width)),
        None if sentence else _tail(low, found.below(low)),
        None if sentence else _tail(high, len(found.values) - found.below(high)),
        tuple(cuts),
        None if was is None else tuple(was),
        tuple(bands(found, cuts, was)),
        sentence,
    )


def cuts_of(found: Measured) -> list[int | None]:
    """The cuts of a dimension from the worst band up; those of quantiles are worked out from everybody."""
    given = found.measure.cuts
    return found.quantiles(found.measure.count) if given is None else list(sorted(given, reverse=found.better == "lower"))


def live_cuts(act: Act, measure: Measure, model: str, rating: str) -> list[int | None] | None:
    """The cuts by which the live version measures the same thing; None where it does not. `rating`: the model that writes the tiers."""
    if model not in act.catalogue.tier_models or rating not in act.catalogue.tier_models:
        return None
    live = compile(act.catalogue, rating)
    for number, part in enumerate(live.parts):
        for place, each in enumerate(part.measures):
            if (
                part.model.key == model
                and each.key == measure.key
                and each.value.tree == measure.value.tree
                and each.better == measure.better
            ):
                stored = stored_cuts(act, live) if each.cuts is None else None
                found = sorted(each.cuts, reverse=each.better == "lower") if each.cuts is not None else stored and stored[number, place]
                return list(found) if found else None
    return None


def nothing_to_draw(found: Measured) -> Message | None:
    """Why there is no histogram."""
    if not found.population:
        return _("Nobody is in the population yet. Add or import records, and their values will show here.")
    label, count = found.measure.dimension.label, len(found.values)
    if not count:
        return _("None of the {count} records has a value for “{dimension}” yet.", count=f"{found.missing:,}", dimension=label)
    value = figure(found, found.values[0])
    if count == 1:
        return _("Only one record has a value, {value}. With more the distribution will show here.", value=value)
    if found.values[0] == found.values[-1]:
        return _("All {count} records have the same value, {value}, so no cut can tell them apart.", count=f"{count:,}", value=value)
    return None


# -- bars -------------------------------------------------------------------------------------------------------------------------
def span(found: Measured, cuts: Sequence[int]) -> tuple[int, int, int]:
    """(left end, right end, width) of the bars: what lies within one and a half times the middle half beyond it (Tukey, Exploratory Data
    Analysis, 1977), and every cut among the values. Widths are 1, 2 or 5 times a power of ten, or of days."""
    least, greatest = found.values[0], found.values[-1]
    quarter, three = found.at(0.25), found.at(0.75)
    if quarter == three:
        quarter, three = found.at(0.05), found.at(0.95)
    fence = 3 * (three - quarter) // 2
    inside = [cut for cut in cuts if least <= cut <= greatest]
    whole = quarter == three
    low = least if whole else min([max(least, quarter - fence), *inside])
    high = greatest if whole else max([min(greatest, three + fence), *inside])
    width = nice_width(max(high - low, 1), DAY_MICROS if found.measure.value.type.kind == "duration" else 1)
    low = low // width * width
    return low, (high // width + 1) * width, width


def nice_width(reach: int, smallest: int = 1) -> int:
    """The smallest round width with which at most BINS bars reach so far."""
    power = smallest
    while True:
        for factor in (1, 2, 5):
            if reach <= factor * power * (BINS - 1):
                return factor * power
        power *= 10


def _bins(found: Measured, low: int, high: int, width: int) -> Iterator[tuple[int, int, int]]:
    before = found.below(low)
    for left in range(low, high, width):
        reached = found.below(left + width)
        yield left, left + width, reached - before
        before = reached


def _tail(edge: int, count: int) -> Tail | None:
    return Tail(edge, count) if count else None


# -- bands ------------------------------------------------------------------------------------------------------------------------
def bands(found: Measured, cuts: Sequence[int | None], was: Sequence[int | None] | None) -> Iterator[Band]:
    before = None if was is None else found.band_counts(was)
    for number, count in enumerate(found.band_counts(cuts)):
        then = None if before is None or number >= len(before) else before[number]
        yield Band(number + 1, band_label(found, cuts, number + 1), count, then)


def band_label(found: Measured, cuts: Sequence[int | None], band: int) -> Any:
    """The values of a band: “15–30”, “20,000 or more”."""
    own = cuts[band - 2] if band > 1 else None
    above = next((cut for cut in cuts[band - 1 :] if cut is not None), None)
    if band > 1 and own is None:
        return _("nobody")
    if own is None and above is None:
        return _("all values")
    if found.better == "higher":
        if above is None:
            return _("{low} or more", low=figure(found, own))
        if own is None:
            return _("under {high}", high=figure(found, above))
        if _whole(found):
            return _range(found, own, above - 1)
        return _("{low} to under {high}", low=figure(found, own), high=figure(found, above))
    if above is None:
        return _("{high} or less", high=figure(found, own))
    if own is None:
        return _("over {low}", low=figure(found, above))
    if _whole(found):
        return _range(found, above + 1, own)
    return _("over {low} to {high}", low=figure(found, above), high=figure(found, own))


def _range(found: Measured, low: int, high: int) -> Any:
    if low == high:
        return figure(found, low)
    return _("{low}–{high}", low=figure(found, low), high=figure(found, high))


def _whole(found: Measured) -> bool:
    return found.measure.value.type.kind == "number" and found.measure.value.type.scale == 0


class Value(Figure):
    """A value beside a picture: an amount without empty decimals."""

    def in_language(self, language: str) -> str:
        return super().in_language(language).removesuffix(".00")


def figure(found: Measured, value: int | None) -> Value:
    kind = found.measure.value.type
    return Value(read(value, kind), kind)


def unit_of(found: Measured) -> Message | None:
    """What the values are counted in."""
    wanted = found.measure.value
    if wanted.type.kind == "duration" or (isinstance(wanted.tree, tree.Call) and wanted.tree.function == "DAYS_SINCE"):
        return _("days")
    return None


def answer(found: Distribution, say: Any) -> dict[str, Any]:
    """As the designer's page reads it; `say` puts sentences into the reader's language."""
    of = found.measured
    unit, tails = unit_of(of), (found.head, found.tail)
    below, above = (
        None
        if each is None
        else {name: of.shown(each.edge), "count": each.count, "sentence": say(_tail_in_words(of, each, name == "from"))}
        for name, each in zip(("to", "from"), tails, strict=True)
    )
    return {
        "dimension": of.measure.key,
        "population": of.population,
        "missing": of.missing,
        "unit": say(unit) if unit is not None else None,
        "currency": of.measure.value.type.currency,
        "whole": _whole(of),
        "least": of.shown(of.values[0]) if of.values else None,
        "greatest": of.shown(of.values[-1]) if of.values else None,
        "better": of.better,
        "sentence": say(found.sentence) if found.sentence is not None else None,
        "bins": [{"from": of.shown(left), "to": of.shown(right), "count": count} for left, right, count in found.bins],
        "head": below,
        "tail": above,
        "cuts": _rising(of, found.cuts),
        "was": None if found.was is None else _rising(of, found.was),
        "bands": [{"band": each.band, "label": say(each.label), "count": each.count, "was": each.was} for each in found.bands],
    }


def _rising(found: Measured, cuts: Sequence[int | None]) -> list[int | float | None]:
    """Cuts from left to right; those that nobody reaches are not in the picture."""
    return [found.shown(each) for each in sorted(each for each in cuts if each is not None)]


def _tail_in_words(found: Measured, tail: Tail, above: bool) -> Message:
    edge = figure(found, tail.edge)
    if above:
        return _("{count} at {edge} or more", count=f"{tail.count:,}", edge=edge)
    return _("{count} below {edge}", count=f"{tail.count:,}", edge=edge)
