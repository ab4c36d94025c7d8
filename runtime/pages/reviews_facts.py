"""The figures of a review in the words and figures of the reader. Shares of too few records are not shown as if they said something."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from runtime.definitions.tier_model import TierModel
from runtime.pages.cadence import forms_named, late_href
from runtime.pages.tier_past import badge_of
from runtime.pages.web import reader
from runtime.reviews.effects import sees_amounts
from runtime.reviews.reading import Review, last_before
from runtime.system.workspace import Act
from runtime.texts import Message, _

LEAST = 10
"""Of fewer records a share says nothing."""


def presented(act: Act, model: TierModel, found: Review) -> dict[str, Any]:
    facts = found.facts
    assert facts is not None
    return {
        "tiers": _tiers(act, model, facts),
        "movement": facts["movement"],
        "moved": _share(facts["movement"]["up"] + facts["movement"]["down"], _both(facts)),
        "mobility": _mobility(facts["mobility"]),
        "overrides": facts["overrides"],
        "appeals": {**facts["appeals"], "all": sum(facts["appeals"].values())},
        "tests": {"all": len(facts["tests"]), "failing": [each for each in facts["tests"] if not each["ok"]]},
        "effects": _effects(act, model, found, facts),
        "cadence": _cadence(act, model, facts),
        "look": [reader().say(each) for each in _look(facts)],
    }


def _both(facts: dict[str, Any]) -> int:
    return sum(facts["movement"][name] for name in ("up", "down", "stayed"))


def _share(part: int, whole: int) -> str:
    return reader().share(part, whole) if whole else "–"


def _tiers(act: Act, model: TierModel, facts: dict[str, Any]) -> list[dict[str, Any]]:
    total = {side: sum(each[side] for each in facts["tiers"]) for side in ("then", "now")}
    return [
        {
            "badge": badge_of(act, model, each["tier"]),
            "then": reader().number(each["then"]),
            "now": reader().number(each["now"]),
            "share": _share(each["now"], total["now"]),
            "part": each["now"] / total["now"] if total["now"] else 0,
            "change": _signed(each["now"] - each["then"]),
        }
        for each in facts["tiers"]
    ]


def _signed(value: int) -> str:
    return "±0" if not value else f"{'+' if value > 0 else '−'}{reader().number(abs(value))}"


def _mobility(found: dict[str, Any]) -> dict[str, str]:
    share = {name: "–" if found[name] is None else reader().share(abs(Decimal(found[name]))) for name in ("stayed", "net")}
    sign = "" if found["net"] is None or not Decimal(found["net"]) else "+" if Decimal(found["net"]) > 0 else "−"
    return {
        "index": "–" if found["index"] is None else f"{Decimal(found['index']):.2f}",
        "stayed": share["stayed"],
        "net": sign + share["net"],
    }


def _look(facts: dict[str, Any]) -> list[Message]:
    """What to look at before anything else."""
    found = []
    failing = sum(1 for each in facts["tests"] if not each["ok"])
    if failing:
        found.append(_("{n} rule tests fail with the model in force.", n=failing))
    if not facts["tests"]:
        found.append(_("The model has no rule tests. Record some examples in its designer: then no change breaks them unseen."))
    if facts["appeals"]["open"]:
        found.append(_("{n} objections wait for an answer.", n=facts["appeals"]["open"]))
    if facts["overrides"]["ending"]:
        found.append(_("{n} tiers set by hand end within 30 days and return to what is computed.", n=facts["overrides"]["ending"]))
    return found


# -- what became of each tier -----------------------------------------------------------------------------------------------------------
def _effects(act: Act, model: TierModel, found: Review, facts: dict[str, Any]) -> dict[str, Any]:
    effects, before = facts["effects"], _before(act, model, found)
    by_tier = {each["tier"]: each for each in effects["tiers"]}
    money = effects["currency"] is not None and sees_amounts(act, model)
    order = [*(each.key for each in reversed(model.ranked)), *sorted(set(by_tier) - set(model.by_key))]
    return {
        "form": None if effects["form"] is None else reader().shown(effects["form"]),
        "days": effects["days"],
        "money": money,
        "rows": [_row(act, model, effects, by_tier[key], before.get(key), money) for key in order if key in by_tier],
        "compared": any(each.get("count") for each in before.values()),
        "least": LEAST,
    }


def _before(act: Act, model: TierModel, found: Review) -> dict[str, dict[str, Any]]:
    """The same of the review before, to compare with."""
    row = last_before(act, act.catalogue.ids["tier_model", model.key], found.id)
    facts = None if row is None or row.facts is None else json.loads(row.facts)
    return {} if facts is None else {each["tier"]: each for each in facts["effects"]["tiers"]}


def _row(
    act: Act, model: TierModel, effects: dict[str, Any], each: dict[str, Any], before: dict[str, Any] | None, money: bool
) -> dict[str, Any]:
    return {
        "badge": badge_of(act, model, each["tier"]),
        "count": reader().number(each.get("count", 0)) if "count" in each else "–",
        "came": _of(each, "came", "count"),
        "came_before": None if before is None else _of(before, "came", "count"),
        "began": _of(each, "began", "fresh"),
        "amount": reader().money(Decimal(each["amount"]), effects["currency"]) if money and "amount" in each else None,
        "kept": _of(each, "kept", "due"),
    }


def _of(each: dict[str, Any], part: str, whole: str) -> dict[str, Any] | None:
    """A share with both counts; `share` None where there are too few. None where nothing is known."""
    if not each.get(whole):
        return None
    return {
        "share": reader().share(each.get(part, 0), each[whole]) if each[whole] >= LEAST else None,
        "part": reader().number(each.get(part, 0)),
        "whole": reader().number(each[whole]),
    }


def _cadence(act: Act, model: TierModel, facts: dict[str, Any]) -> dict[str, Any] | None:
    """Who was contacted as often as promised; None in reviews from before this was collected."""
    found = facts.get("cadence")
    if found is None:
        return None
    last = date.fromisoformat(facts["to"])
    return {
        "promised": found["promised"],
        "forms": forms_named(act, found["forms"]),
        "rows": [
            {
                "badge": badge_of(act, model, each["tier"]),
                "kept": _of(each, "kept", "due"),
                "timely": _of(each, "timely", "made"),
                "overdue": reader().number(each["overdue"]) if each["overdue"] else None,
                "href": late_href(model.app, model, last, each["tier"]) if model.app is not None else None,
                "longest": reader().say(_("{n} days", n=reader().number(each["longest"]))) if each["longest"] else "–",
            }
            for each in found["tiers"]
        ],
    }


# -- a simulation -----------------------------------------------------------------------------------------------------------------------
def simulated(act: Act, model: TierModel, found: dict[str, Any]) -> dict[str, Any]:
    return {
        "population": reader().number(found["population"]),
        "up": reader().number(found["up"]),
        "down": reader().number(found["down"]),
        "changed": reader().number(found["changed"]),
        "tiers": [
            {
                "badge": badge_of(act, model, each["tier"]),
                "now": reader().number(each["now"]),
                "then": reader().number(each["then"]),
                "change": _signed(each["then"] - each["now"]),
            }
            for each in found["tiers"]
            if each["now"] or each["then"]
        ],
    }
