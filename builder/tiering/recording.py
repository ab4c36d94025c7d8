"""A rule test made of a real record: its bands and what it comes to, without its name."""

from __future__ import annotations

from typing import Any

from runtime.definitions.model import LocalText
from runtime.definitions.tier_model import Expectation, RuleTest, TierModel
from runtime.errors import NotFound, Problem, Refused
from runtime.texts import Message, _
from runtime.tiers.decision import POINT
from runtime.tiers.facts import Facts
from runtime.tiers.judging import Judgement, judge
from runtime.tiers.rating import streamed
from runtime.tiers.rule_tests import judged, label, shown
from runtime.tiers.trial import Trial
from builder.tiering.measuring import part_number
from decimal import Decimal


def record_test(trial: Trial, draft: TierModel, record: int) -> tuple[dict[str, Any], Message]:
    """(the test as JSON, what was recorded). Raises NotFound for a record that is not there, and Refused for one that this model does not
    rate."""
    row = next(iter(streamed(trial.act, trial.facts, [record], trial.day)), None)
    if row is None:
        raise NotFound(_("There is no such record, or it is in the trash."))
    found = judge(trial.facts, row, trial.cuts)
    if found.part != part_number(trial, draft):
        lane = trial.model.parts[found.part].lane
        raise Refused(
            [Problem("record", _("This record is rated by the lane “{lane}”; record it with that model.", lane=lane or draft.key))]
        )
    if found.rated.tier is None or found.weighed.score is None:
        raise Refused([Problem("record", _("This record has no tier by the draft, so there is nothing to expect of it."))])
    test = _test(trial.facts, found, found.rated.tier)
    words = {"tier": label(trial.model, found.rated.tier), "points": shown(Decimal(found.weighed.score) / POINT)}
    return _json(test), _("Recorded: {tier} with {points} points. The name of the record is not kept.", **words)


def _test(facts: Facts, found: Judgement, tier: str) -> RuleTest:
    part = facts.model.parts[found.part]
    bands = {
        measure.key: None if gone else band
        for measure, band, gone in zip(part.measures, found.weighed.bands, found.weighed.missing, strict=True)
    }
    expect = Expectation(score=Decimal(found.weighed.score or 0) / POINT, tier=tier)
    name = _("A typical {tier} customer", tier=label(facts.model, tier))
    test = RuleTest(name=LocalText(zh=name.in_language("zh"), en=name.in_language("en")), bands=bands, expect=expect)
    return test.model_copy(update={"holds": _beyond_bands(facts, found, test)}) if found.part == 0 else test


def _beyond_bands(facts: Facts, found: Judgement, test: RuleTest) -> tuple[str, ...]:
    """The conditions that hold for the record, and would not by its bands alone."""
    part, alone = facts.model.parts[found.part], judged(facts, test)
    texts = [part.floors[number].rule.when for number in found.floors if number not in alone.floors]
    texts += [part.ceilings[number].rule.when for number in found.ceilings if number not in alone.ceilings]
    return tuple(dict.fromkeys(texts))


def _json(test: RuleTest) -> dict[str, Any]:
    """As a definition has it: figures as numbers, what is empty left out."""
    score = test.expect.score or Decimal(0)
    plain = int(score) if score == score.to_integral_value() else float(score)
    name = test.name if isinstance(test.name, str) else {each: getattr(test.name, each) for each in ("zh", "en")}
    found: dict[str, Any] = {"name": name, "bands": test.bands, "expect": {"score": plain, "tier": test.expect.tier}}
    return {**found, "holds": list(test.holds)} if test.holds else found
