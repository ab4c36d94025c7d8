"""Experiments: what an automation has brought about, against the group it leaves alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template

from runtime.effect.experiments import Group, Outcome, experiments, outcome
from runtime.effect.intervals import LEAST, Difference
from runtime.pages.apps import find_app
from runtime.pages.web import reader, reading, signed_in
from runtime.people.may import require
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("experiments", __name__)

WIDTH, MARGIN = 560, 40
VERDICTS: dict[str, tuple[Message, str]] = {
    "early": (_("Too early to say"), "quiet"),
    "unclear": (_("Too early to say: chance alone could explain it"), "quiet"),
    "better": (_("It works"), "good"),
    "worse": (_("It does harm"), "bad"),
}


@blueprint.get("/apps/<app>/-/experiments")
@signed_in
def listed(app: str) -> str:
    with reading() as act:
        found_app = find_app(act, app)
        require(act.person, "build")
        lines = [_line(act, app, outcome(act, each.key)) for each in experiments(act, app)]
        return render_template("effect/experiments.html", app=found_app, lines=lines)


@blueprint.get("/apps/<app>/-/experiments/<automation>")
@signed_in
def shown(app: str, automation: str) -> str:
    with reading() as act:
        found_app, found = find_app(act, app), outcome(act, automation)
        definition = act.catalogue.automations[automation]
        goal = found.hold_out.goal
        return render_template(
            "effect/experiment.html",
            app=found_app,
            automation=definition,
            form=act.catalogue.forms[definition.trigger.form_key(act.catalogue) or ""],
            found=found,
            **_line(act, app, found),
            rows=[_group(found, _("Treated"), found.treated), _group(found, _("Held out"), found.held)],
            goal=act.catalogue.forms[goal.form].label,
            amount=field.label if (field := goal.money(act.catalogue)) is not None else None,
            measures=[each for each in (_measure(found, True), _measure(found, False)) if each is not None],
            least=LEAST,
            runs=f"/apps/{app}/-/runs?{urlencode({'automation': automation})}",
            held_runs=f"/apps/{app}/-/runs?{urlencode({'automation': automation, 'state': 'held_out'})}",
        )


def _line(act: Act, app: str, found: Outcome) -> dict[str, Any]:
    words, tone = VERDICTS[found.verdict]
    return {
        "label": reader().shown(act.catalogue.automations[found.automation].label),
        "href": f"/apps/{app}/-/experiments/{found.automation}",
        "verdict": reader().say(words),
        "tone": tone,
        "sentence": reader().say(_sentence(found)),
        "enabled": act.catalogue.automations[found.automation].enabled,
    }


def _sentence(found: Outcome) -> Message:
    main = found.main
    if found.verdict == "early" or main is None:
        fewest = min(found.treated.sample.count, found.held.sample.count)
        return _(
            "{n} records of the smaller group have had their {days} days; from {least} in each group on something is said.",
            n=reader().number(fewest),
            days=found.hold_out.goal.within_days,
            least=LEAST,
        )
    words = {"value": _signed(found, main.value), "low": _signed(found, main.low), "high": _signed(found, main.high)}
    if found.by_amount:
        return _("{value} for each record, from {low} to {high} (95 %)", **words)
    return _("{value} points in the share that reached the goal, from {low} to {high} (95 %)", **words)


def _signed(found: Outcome, value: float, by_amount: bool | None = None) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    if found.by_amount if by_amount is None else by_amount:
        return f"{sign}{reader().money(_decimal(abs(value)), found.currency, 2)}"
    return f"{sign}{abs(value) * 100:.1f}"


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))


def _group(found: Outcome, name: Message, group: Group) -> dict[str, Any]:
    sample = group.sample
    return {
        "name": reader().say(name),
        "entered": reader().number(group.entered),
        "over": reader().number(sample.count),
        "reached": reader().number(sample.reached),
        "share": reader().share(sample.share) if sample.count else "–",
        "mean": reader().money(_decimal(sample.mean), found.currency, 2) if found.by_amount and sample.count else "–",
    }


# -- the picture ------------------------------------------------------------------------------------------------------------------------
def _measure(found: Outcome, main: bool) -> dict[str, Any] | None:
    """A difference as dot and whisker; beside that of the goal the share, where the goal is an amount. None before anything may be said."""
    by_amount = found.by_amount if main else False
    difference = found.main if main else found.shares
    if difference is None or found.verdict == "early" or (not main and not found.by_amount):
        return None
    title = _("Difference of the mean amount") if by_amount else _("Difference of the share that reached the goal, in points")
    return {
        "title": reader().say(title),
        "drawing": drawing(difference),
        "text": reader().say(
            _(
                "{value}, from {low} to {high} at 95 %",
                value=_signed(found, difference.value, by_amount),
                low=_signed(found, difference.low, by_amount),
                high=_signed(found, difference.high, by_amount),
            )
        ),
        "method": reader().say(_("Welch's interval") if by_amount else _("Newcombe's interval")),
    }


def drawing(found: Difference) -> dict[str, float]:
    """Places on a line of WIDTH, on which zero always lies: low, value, high, zero."""
    low, high = min(found.low, 0.0), max(found.high, 0.0)
    reach = high - low or 1.0

    def at(value: float) -> float:
        return round(MARGIN + (value - low) / reach * (WIDTH - 2 * MARGIN), 1)

    return {"width": WIDTH, "low": at(found.low), "value": at(found.value), "high": at(found.high), "zero": at(0.0)}
