"""What might be wrong with a tier model although it can be published: by its shape alone, and by real records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.tier_model import Cuts, TierModel
from runtime.formulas import Formula
from runtime.formulas.definitions import computed, formula
from runtime.texts import Message, _
from runtime.tiers.compiled import Measure
from runtime.tiers.decision import HUNDRED, Scale, band_of, rounded
from runtime.tiers.trial import Trial
from builder.tiering.correlation import ALIKE, correlation, looked_at
from builder.tiering.measuring import part_number
from builder.tiering.tier_counts import tier_counts

MANY_DIMENSIONS = 3
TOO_MANY_DIMENSIONS = 6
SELDOM = 0.1
MOST_SUBSETS = 6


@dataclass(frozen=True)
class Warning:
    """`remedy` says what to do, where there is one thing to do."""

    path: str
    code: str
    sentence: Message
    remedy: Message | None = None


# -- by its shape -----------------------------------------------------------------------------------------------------------------
def shape_warnings(model: TierModel) -> Iterator[Warning]:
    """What can be seen without looking at any record or formula."""
    count, weights = len(model.dimensions), sum((each.weight for each in model.dimensions), Decimal(0))
    if count == 1:
        yield Warning(
            "dimensions",
            "one_dimension",
            _("One dimension alone sorts by one number. A second one shows who is valuable in another way."),
            _("Add what purchases do not show, such as engagement or potential."),
        )
    if count > MANY_DIMENSIONS:
        yield _many(count)
    if weights != 100:
        sentence = _("The weights are {sum} in all. With 100 a weight reads as percent.", sum=f"{weights.normalize():f}")
        yield Warning("dimensions", "weights", sentence, _("Set them to {weights}.", weights=_to_hundred(model)))
    if not model.tests:
        sentence = _("There is no rule test yet. One typical customer with the expected tier guards against surprises.")
        yield Warning("tests", "no_tests", sentence, _("Record one from a customer whom everybody knows."))
    for number, tier in enumerate(model.tiers):
        if tier.keep_from is not None and tier.from_ - tier.keep_from < 2:
            sentence = _("The keep border is close to the border, so customers near it go up and down.")
            yield Warning(f"tiers/{number}/keep_from", "close_borders", sentence, _("Put it a few points lower."))
    for number, dimension in enumerate(model.dimensions):
        if isinstance(dimension.bands, Cuts) and dimension.bands.count == 2:
            yield Warning(
                f"dimensions/{number}/bands", "two_bands", _("One cut makes two bands only; small differences weigh the whole dimension.")
            )


def _many(count: int) -> Warning:
    remedy = _("Look which dimensions say the same, and leave one of them out.")
    if count > TOO_MANY_DIMENSIONS:
        sentence = _("{count} dimensions are too many to explain: hardly anybody can say why a customer has this tier.", count=count)
        return Warning("dimensions", "too_many_dimensions", sentence, remedy)
    return Warning(
        "dimensions", "many_dimensions", _("{count} dimensions are many: most teams explain two or three better.", count=count), remedy
    )


def _to_hundred(model: TierModel) -> str:
    """The weights in proportion, as whole numbers that are 100 in all: the largest remainders are rounded up."""
    total = sum((each.weight for each in model.dimensions), Decimal(0))
    exact = [each.weight * 100 / total for each in model.dimensions]
    floors = [int(each) for each in exact]
    rest = sorted(range(len(exact)), key=lambda place: floors[place] - exact[place])[: 100 - sum(floors)]
    return " / ".join(str(each + (place in rest)) for place, each in enumerate(floors))


# -- by its formulas --------------------------------------------------------------------------------------------------------------
def rule_warnings(model: TierModel, catalogue: Catalogue) -> Iterator[Warning]:
    """What formulas and borders say together. `catalogue` has the draft in force."""
    if all(_looks_back(catalogue, model.form, each.value) for each in model.dimensions):
        yield Warning(
            "dimensions",
            "history_only",
            _("All dimensions look back at purchases. Who could buy more, or stays away, is seen late."),
            _("Add a dimension of engagement or potential, such as visits or an estimate."),
        )
    reachable = reachable_tiers(model)
    for number, tier in enumerate(model.tiers):
        if tier.key not in reachable:
            sentence = _("No combination of bands leads to {tier}: no score lies between its border and the next.", tier=tier.label)
            yield Warning(f"tiers/{number}/from", "unreachable_tier", sentence, _("Move its border, or add bands."))


def _looks_back(catalogue: Catalogue, form: str, text: str) -> bool:
    """Whether a value is made of purchases alone: rows with an amount of money, and days."""
    forms, fields = _sources(catalogue, form, formula(catalogue, form, text, expect=("number", "money", "duration")), set())
    amounts = all(
        any(each.formula_type().kind == "money" for each in catalogue.forms[other].fields if each.stores == "column") for other in forms
    )
    by_key = catalogue.forms[form].by_key
    return amounts and all(by_key[key].formula_type().kind in ("date", "datetime") for key in fields) and bool(forms or fields)


def _sources(catalogue: Catalogue, form: str, wanted: Formula, seen: set[str]) -> tuple[set[str], set[str]]:
    """(forms of related rows, fields that somebody fills in) that a value is made of, also through computed fields."""
    forms = {use.form for use in wanted.uses.relations}
    fields: set[str] = set()
    for key in wanted.uses.fields - seen:
        seen.add(key)
        inner = computed(catalogue, catalogue.forms[form]).get(key)
        if inner is None:
            fields.add(key)
        else:
            more_forms, more_fields = _sources(catalogue, form, inner, seen)
            forms, fields = forms | more_forms, fields | more_fields
    return forms, fields


def reachable_tiers(model: TierModel) -> set[str]:
    """The tiers that some combination of bands leads to, or a floor or a ceiling names."""
    scale = Scale.of(model)
    scores = possible_scores(scale)
    edges = [*scale.borders, HUNDRED + 1_000]
    found = {each.tier for each in (*model.floors, *model.ceilings)}
    for low, high, tier in zip(edges, edges[1:], scale.tiers, strict=False):
        if scores >> low & ((1 << (high - low)) - 1):
            found.add(tier)
    return found


def possible_scores(scale: Scale) -> int:
    """Every score that bands can make, as bits: bit n is set where n ten-thousandths of a point can be had. What is left out when missing
    shares its weight out among the others, in all combinations up to six such dimensions."""
    left_out = [place for place, policy in enumerate(scale.missing) if policy == "leave_out"][:MOST_SUBSETS]
    found = 0
    for size in range(len(left_out) + 1):
        for gone in combinations(left_out, size):
            if len(gone) < len(scale.weights):
                found |= _scores_without(scale, set(gone))
    return found


def _scores_without(scale: Scale, gone: set[int]) -> int:
    here = [place for place in range(len(scale.weights)) if place not in gone]
    total = sum(scale.weights[place] for place in here)
    scores = 1
    for place in here:
        weight, count = scale.weights[place], scale.counts[place]
        shares = {rounded(HUNDRED * weight * band, (count - 1) * total) for band in range(count)}
        if scale.missing[place] == "neutral":
            shares.add(rounded(HUNDRED * weight, 2 * total))
        reached = 0
        for share in shares:
            reached |= scores << share
        scores = reached
    return scores


# -- by real records --------------------------------------------------------------------------------------------------------------
def record_warnings(trial: Trial, draft: TierModel) -> Iterator[Warning]:
    """What only real records show: values nobody has, bands and tiers nobody is in, dimensions that say the same."""
    values = looked_at(trial, draft)
    count = len(values[0])
    if not count:
        yield Warning("population", "nobody", _("Nobody is in the population yet, so real records can tell nothing about the model."))
        return
    trial.cut(whole=True)  # of those looked at
    number = part_number(trial, draft)
    for place, (measure, column) in enumerate(zip(trial.model.parts[number].measures, values, strict=True)):
        cuts = measure.cuts if measure.cuts is not None else trial.cuts[number, place]
        yield from _of_dimension(place, measure, column, cuts)
    yield from _empty_tiers(trial, draft, count)
    yield from _alike(draft, values)


def _of_dimension(place: int, measure: Measure, values: Sequence[int | None], cuts: Sequence[int | None]) -> Iterator[Warning]:
    known = [each for each in values if each is not None]
    label, path = measure.dimension.label, f"dimensions/{place}"
    if not known:
        sentence = _("None of the {count} records looked at has a value for “{dimension}”.", count=f"{len(values):,}", dimension=label)
        yield Warning(f"{path}/value", "nobody_fills", sentence, _("Have its fields filled in first, or leave the dimension out."))
        return
    if len(known) < SELDOM * len(values):
        share = f"{100 * len(known) / len(values):.2g}"
        sentence = _("Only {share} % of the records have a value for “{dimension}”.", share=share, dimension=label)
        yield Warning(f"{path}/value", "seldom_filled", sentence, _("Have its fields filled in first, or leave the dimension out."))
    used = {band_of(each, cuts, measure.better) for each in set(known)}
    empty = [band for band in range(1, measure.count + 1) if band not in used]
    if empty and measure.cuts is None:
        sentence = _("So many records have equal values that bands of “{dimension}” stay empty: {bands}.", dimension=label, bands=empty)
        yield Warning(f"{path}/bands", "ties", sentence, _("Use fewer bands, or cuts set by hand."))
    elif empty:
        sentence = _("Nobody is in these bands of “{dimension}”: {bands}.", dimension=label, bands=empty)
        yield Warning(f"{path}/bands", "empty_band", sentence, _("Move the cuts to where values are."))


def _empty_tiers(trial: Trial, draft: TierModel, count: int) -> Iterator[Warning]:
    counts = tier_counts(trial)
    reachable = reachable_tiers(draft)
    for number, tier in enumerate(draft.tiers):
        if not counts[tier.key] and tier.key in reachable:
            sentence = _("None of the {count} records looked at would be {tier}.", count=f"{count:,}", tier=tier.label)
            yield Warning(f"tiers/{number}/from", "empty_tier", sentence, _("Lower its border, or drop the tier."))


def _alike(draft: TierModel, values: Sequence[Sequence[int | None]]) -> Iterator[Warning]:
    matrix = correlation(draft, values)
    for a, b in combinations(range(len(matrix)), 2):
        value = matrix[a][b]
        if value is not None and abs(value) >= ALIKE:
            words: dict[str, Any] = {"first": draft.dimensions[a].label, "second": draft.dimensions[b].label, "value": f"{value:.2f}"}
            sentence = _("“{first}” and “{second}” say nearly the same ({value}): one of them is enough.", **words)
            yield Warning(f"dimensions/{b}", "alike", sentence, _("Leave one out, and share its weight among the others."))
