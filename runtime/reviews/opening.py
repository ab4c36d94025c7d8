"""A review begins: by its plan, once however many processes look at the clock, or because somebody opens it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.once import insert_once
from runtime.errors import Refused
from runtime.people.person import SYSTEM
from runtime.reviews import facts, plans, reminding
from runtime.reviews.reading import last_before, open_one
from runtime.reviews.rights import everybody, meant, require_manage
from runtime.system import audit, clock
from runtime.system.tables import review, review_person, review_plan
from runtime.texts import _
from runtime.tiers.movers import first_day
from runtime.tiers.stewards import stewards

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

USUAL_MONTHS = 3
MORNING = 8
"""The hour, by the clock of the workspace, from which reviews open and people are reminded."""


def open_now(act: Act, model: TierModel) -> int:
    """Opens a review; gives its number. Raises NotAllowed, or Refused where one is open already."""
    require_manage(act, model)
    number = _begin(act, model, plans.plan_of(act, model), None)
    if number is None:
        raise Refused([], _("A review of this model is open already. Close it before you open the next one."))
    return number


# -- by the clock -------------------------------------------------------------------------------------------------------------------
def nightly(act: Act) -> dict[str, Callable[[Act], Any]]:
    """What the clock has to do for reviews today, in the morning: it tells people of it."""
    if act.now.astimezone(act.zone).hour < MORNING:
        return {}
    found: dict[str, Callable[[Act], Any]] = {f"review:{model.key}": partial(open_due, model=model.key) for model in _due(act)}
    if reminding.is_wanted(act):
        found["review reminders"] = reminding.remind_all
    return found


def _due(act: Act) -> list[TierModel]:
    """Models whose day has come and that have no open review."""
    rows = act.connection.execute(sa.select(review_plan.c.model, review_plan.c.next_day)).all()
    days = {row.model: row.next_day for row in rows}
    busy = set(act.connection.execute(sa.select(review.c.open_model).where(review.c.open_model.is_not(None))).scalars())
    lanes = {lane.tier_model for model in act.catalogue.tier_models.values() for lane in model.lanes}
    found = []
    for model in act.catalogue.tier_models.values():
        number = plans.number_of(act, model)
        if number in busy or model.key in lanes or model.form not in act.catalogue.forms:
            continue
        if number in days:
            is_due = days[number] is not None and days[number] <= act.day
        else:
            next_day = plans.plan_of(act, model).next_day if model.review is not None else None
            is_due = next_day is not None and next_day <= act.today
        if is_due:
            found.append(model)
    return found


def open_due(act: Act, model: str) -> int | None:
    """Opens the planned review of a model whose day has come. None where another process was first."""
    definition = act.catalogue.tier_models[model]
    plan = plans.plan_of(act, definition)
    if plan.next_day is None or plan.next_day > act.today:
        return None
    number = _begin(act, definition, plan, plan.next_day)
    if number is not None:
        plans.advance(act, definition, plan)
    return number


# -- beginning ----------------------------------------------------------------------------------------------------------------------
def _begin(act: Act, model: TierModel, plan: plans.Plan, due: date | None) -> int | None:
    own, number = plans.number_of(act, model), act.take_ids("review")
    first = _first_day(act, model, own, plan)
    row = {
        "id": number,
        "model": own,
        "open_model": own,
        "due": None if due is None else clock.to_day(due),
        "months": plan.months,
        "state": "collecting",
        "first_day": clock.to_day(first),
        "last_day": act.day,
        "version": act.catalogue.versions.get(("tier_model", model.key), 1),
        "survey_until": act.day + plan.survey_days,
        "questions": json.dumps(plan.questions, ensure_ascii=False),
        "open_figures": int(plan.open_figures),
        "opened_at": act.micros,
        "opened_by": act.person.id,
    }
    if open_one(act, model) is not None or not insert_once(act.connection, review, row):
        return None
    _invite(act, model, plan, number)
    facts.queue(act, number)
    audit.note(act, "review_opened", f"tier_model:{model.key}", review=number, due=due and due.isoformat())
    return number


def _first_day(act: Act, model: TierModel, number: int, plan: plans.Plan) -> date:
    """The last day of the review before; without one a period ago, but not before the first rating."""
    before = last_before(act, number)
    day = None if before is None else clock.from_day(before.last_day)
    if day is not None:
        return day
    ago = plans.months_later(act.today, -(plan.months or USUAL_MONTHS), act.today.day)
    rated = first_day(act, model.key)
    return ago if rated is None else min(max(ago, rated), act.today)


def _invite(act: Act, model: TierModel, plan: plans.Plan, number: int) -> None:
    """Notes whom the review asks and who votes, as they are today, and tells them and the stewards."""
    people = everybody(act, model)
    asked, voters = meant(people, plan.asked), meant(people, plan.voters)
    leading = stewards(act, model)
    voters = sorted({*voters, *(each.id for each in people if each.id in leading)})
    rows = [{"review": number, "part": part, "person": each, "done_at": None, "reminded_at": act.micros}
            for part, its in (("survey", asked), ("vote", voters)) for each in its]  # fmt: skip
    if rows:
        act.connection.execute(review_person.insert(), rows)
    until = act.today + timedelta(days=plan.survey_days)
    words = _("{model} is being reviewed: your answers are asked for until {day}", model=model.label, day=until.isoformat())
    reminding.tell(act, model, number, asked, words, "survey", "asked")
    opened = _("A review of {model} is open", model=model.label)
    reminding.tell(act, model, number, [each for each in {*voters, *leading} if each not in asked], opened, "", "opened")


def is_system(person: int) -> bool:
    """Whether a review was opened by its plan."""
    return person == SYSTEM.id
