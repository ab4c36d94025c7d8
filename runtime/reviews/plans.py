"""How a tier model is reviewed: how often, who is asked what, who votes. What nobody has set follows the model's own `review`."""

from __future__ import annotations

import json
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import Problem, Refused
from runtime.ownership import whom
from runtime.reviews.rights import require_manage, sees_all
from runtime.reviews.survey import USUAL, checked_questions
from runtime.system import audit, clock
from runtime.system.tables import definition, definition_version, review_plan
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
MOST_MONTHS = 60
USUAL_DAYS, MOST_DAYS = 7, 90
MOST_NAMED = 50


@dataclass(frozen=True)
class Plan:
    """`months` None: only on `next_day`, if that is set. `saved`: whether somebody has set it."""

    months: int | None
    next_day: date | None
    month_day: int
    survey_days: int
    asked: tuple[str, ...]
    voters: tuple[str, ...]
    questions: tuple[dict[str, Any], ...]
    open_figures: bool
    saved: bool


def plan_of(act: Act, model: TierModel) -> Plan:
    row = act.connection.execute(sa.select(review_plan).where(review_plan.c.model == number_of(act, model))).first()
    if row is None:
        return _usual(act, model)
    asked, voters, questions = (tuple(json.loads(each)) for each in (row.asked, row.voters, row.questions))
    next_day = clock.from_day(row.next_day)
    return Plan(row.months, next_day, row.month_day or 1, row.survey_days, asked, voters, questions, bool(row.open_figures), True)


def number_of(act: Act, model: TierModel) -> int:
    return act.catalogue.ids["tier_model", model.key]


def _usual(act: Act, model: TierModel) -> Plan:
    """By the model's own `review`: on the first day of the period after the one in which it was first published."""
    months = None if model.review is None else MONTHS[model.review.every]
    next_day = None
    if months is not None:
        own = definition_version.c
        begun = sa.select(sa.func.min(own.at)).join(definition, definition.c.id == own.definition)
        at = act.connection.execute(begun.where(definition.c.id == number_of(act, model))).scalar()
        instant = clock.from_micros(at)
        next_day = None if instant is None else next_period(instant.astimezone(act.zone).date(), months)
    owner = model.review.owner if model.review is not None else None
    named = (owner,) if owner is not None else ()
    return Plan(months, next_day, 1, USUAL_DAYS, (), named, USUAL, False, False)


def next_period(day: date, months: int) -> date:
    """The first day of the next period of so many months: 1 January, 1 April … for three."""
    number = ((day.year * 12 + day.month - 1) // months + 1) * months
    return date(number // 12, number % 12 + 1, 1)


def months_later(day: date, months: int, month_day: int) -> date:
    """So many months later on the day of the month that is wanted, or the last one of a short month."""
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(month_day, monthrange(year, month)[1]))


def following(plan: Plan, today: date) -> date | None:
    """The day of the next review after one that was opened today; None where the plan ends."""
    day = plan.next_day
    if plan.months is None or day is None:
        return None
    while day <= today:
        day = months_later(day, plan.months, plan.month_day)
    return day


# -- setting ------------------------------------------------------------------------------------------------------------------------
def save_plan(act: Act, model: TierModel, given: dict[str, Any]) -> Plan:
    """`given`: months, next_day, survey_days, asked, voters, questions, open_figures. Raises NotAllowed or Refused with every problem."""
    require_manage(act, model)
    problems: list[Problem] = []
    months, survey_days = given.get("months"), given.get("survey_days", USUAL_DAYS)
    if months is not None and not 1 <= months <= MOST_MONTHS:
        problems.append(Problem("months", _("Choose 1 to {most} months.", most=MOST_MONTHS)))
    if not 1 <= survey_days <= MOST_DAYS:
        problems.append(Problem("survey_days", _("Choose 1 to {most} days.", most=MOST_DAYS)))
    next_day = given.get("next_day")
    if next_day is not None and not act.today <= next_day <= date(2199, 12, 31):
        problems.append(Problem("next_day", _("Choose today or a later day.")))
    if months is not None and next_day is None:
        problems.append(Problem("next_day", _("Say on which day the next review opens.")))
    lists = {name: _named(act, name, given.get(name, ()), problems) for name in ("asked", "voters")}
    questions = checked_questions(given.get("questions", USUAL), problems)
    if given.get("open_figures") and not sees_all(act, model):
        problems.append(Problem("open_figures", _("You see a part of the records only, so you cannot show others the counts of all.")))
    if problems:
        raise Refused(problems)
    plan = Plan(months, next_day, next_day.day if next_day else 1, survey_days, **lists, questions=questions,
                open_figures=bool(given.get("open_figures")), saved=True)  # fmt: skip
    keep(act, model, plan)
    audit.note(act, "review_planned", f"tier_model:{model.key}", months=months, next_day=next_day and next_day.isoformat())
    return plan


def keep(act: Act, model: TierModel, plan: Plan) -> None:
    """Writes a plan as it is."""
    number = number_of(act, model)
    values = {
        "months": plan.months,
        "next_day": None if plan.next_day is None else clock.to_day(plan.next_day),
        "month_day": plan.month_day,
        "survey_days": plan.survey_days,
        "asked": json.dumps(plan.asked),
        "voters": json.dumps(plan.voters),
        "questions": json.dumps(plan.questions, ensure_ascii=False),
        "open_figures": int(plan.open_figures),
        "at": act.micros,
        "person": act.person.id,
    }
    changed = act.connection.execute(review_plan.update().where(review_plan.c.model == number).values(**values))
    if not changed.rowcount:
        act.connection.execute(review_plan.insert().values(model=number, **values))


def advance(act: Act, model: TierModel, plan: Plan) -> None:
    """Moves a plan whose day has come on to the day after."""
    keep(act, model, replace(plan, next_day=following(plan, act.today)))


def _named(act: Act, path: str, given: Any, problems: list[Problem]) -> tuple[str, ...]:
    found = []
    for each in given:
        try:
            found.append(whom.checked(act, each))
        except Refused as refusal:
            problems.append(Problem(path, refusal.problems[0].message))
    if len(found) > MOST_NAMED:
        problems.append(Problem(path, _("At most {most} names. Choose a role, a department or a group.", most=MOST_NAMED)))
    return tuple(dict.fromkeys(found))
