"""Rule tests: example customers with the tier they should have, kept beside the model. Publishing is refused while one fails."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.model import Definition
from runtime.definitions.tier_model import RuleTest, TierModel
from runtime.definitions.types import BOOLEAN
from runtime.errors import Problem, TierloomError
from runtime.formulas import tree
from runtime.texts import Message, _
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.decision import POINT
from runtime.tiers.facts import Facts, plain
from runtime.tiers.judging import Judgement, judge_bands


@dataclass(frozen=True)
class Outcome:
    """A rule test with what came of it. `sentence` says what is wrong, or that all is well."""

    index: int
    name: Any
    ok: bool
    tier: str | None
    score: Decimal | None
    sentence: Message
    judgement: Judgement


def problems(definition: Definition, catalogue: Catalogue) -> Iterator[Problem]:
    """The failing tests of a model; none where the model cannot be read yet, which others report."""
    if not isinstance(definition, TierModel) or not definition.tests:
        return
    try:
        outcomes = run(catalogue, definition)
    except (TierloomError, KeyError):
        return
    for each in outcomes:
        if not each.ok:
            yield Problem(f"tests/{each.index}", each.sentence)


def run(catalogue: Catalogue, model: TierModel) -> list[Outcome]:
    """Rates each example by the model's own dimensions. Tests that name what the model does not have are left out: they are problems of
    another kind."""
    compiled = compile(catalogue, model.key)
    facts = Facts(compiled)
    known = {each.key: each.bands.count for each in model.dimensions}
    return [_outcome(facts, number, test) for number, test in enumerate(model.tests) if _fits(model, known, test)]


def _fits(model: TierModel, known: dict[str, int], test: RuleTest) -> bool:
    bands = all(key in known and (band is None or 1 <= band <= known[key]) for key, band in test.bands.items())
    return bands and (test.expect.tier is None or test.expect.tier in model.by_key)


def judged(facts: Facts, test: RuleTest) -> Judgement:
    """The judgement of an example: of its bands, with the conditions that it says hold."""
    model = facts.model
    bands = [test.bands.get(measure.key) for measure in model.parts[0].measures]
    return judge_bands(_with_conditions(facts, test.holds), row_of(facts), 0, bands)


def row_of(facts: Facts) -> dict[str, Any]:
    """Facts of a record of which nothing is known but its bands: it is inside, and its profile is filled."""
    row = dict.fromkeys(facts.names)
    inside = facts.model.parts[0].population
    if inside is not None:
        row[facts.of(inside)] = 1
    return row


def _with_conditions(facts: Facts, holds: tuple[str, ...]) -> Facts:
    """Facts in which these conditions of floors, ceilings and freezes are true, whatever they read."""
    if not holds:
        return facts
    part, found = facts.model.parts[0], copy(facts)
    rules = (*part.floors, *part.ceilings, *facts.model.freezes)
    found.second = {**facts.second, **{id(each): plain(tree.Literal(BOOLEAN, True)) for each in rules if each.rule.when in holds}}
    return found


def _outcome(facts: Facts, index: int, test: RuleTest) -> Outcome:
    found = judged(facts, test)
    tier, score = found.rated.tier, found.weighed.score
    points = None if score is None else Decimal(score) / POINT
    wrong = _wrong_tier(facts.model, test, tier, points) or _wrong_score(test, points)
    return Outcome(index, test.name, wrong is None, tier, points, wrong or _("As expected: {tier}.", tier=label(facts.model, tier)), found)


def _wrong_tier(model: CompiledModel, test: RuleTest, tier: str | None, points: Decimal | None) -> Message | None:
    wanted = test.expect.tier
    if wanted is None or wanted == tier:
        return None
    words = {"test": test.name, "wanted": label(model, wanted), "got": label(model, tier), "points": shown(points)}
    return _("“{test}” should be {wanted}, came out {got} with {points} points.", **words)


def _wrong_score(test: RuleTest, points: Decimal | None) -> Message | None:
    wanted = test.expect.score
    if wanted is None or (points is not None and _rounded(points, wanted) == wanted):
        return None
    return _("“{test}” should have {wanted} points, came out with {points}.", test=test.name, wanted=shown(wanted), points=shown(points))


def _rounded(points: Decimal, wanted: Decimal) -> Decimal:
    """A score with as many decimals as the expectation has, two at least."""
    exponent = wanted.as_tuple().exponent
    places = max(2, -exponent if isinstance(exponent, int) else 0)
    return points.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def label(model: CompiledModel, tier: str | None) -> Any:
    return model.model.by_key[tier].label if tier is not None else _("no tier")


def shown(points: Decimal | None) -> str:
    return "–" if points is None else f"{points.normalize():f}"
