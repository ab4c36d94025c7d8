"""Follow-up plans of a set of records brought up to date: begun, moved on by contacts, stopped by replies, asked for when their day comes.

All of it follows from what is stored, so doing it twice changes nothing: a plan runs once per model and record, and a day of a plan is asked for
once per record, both under unique keys.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.cadence import asking, plans
from runtime.cadence.facts import Fact, day_of, end_of_day, facts_of, shown_day
from runtime.errors import NotFound
from runtime.system.sets import among
from runtime.system.tables import cadence, cadence_due, todo
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.service_plan import Plan
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

EVERY, RESPOND = "every", "respond"
SPREAD = 7919
"""Spreads numbers that follow one another over a period."""
HOUR = 3_600_000_000


@dataclass
class Running:
    """A plan at work, or one that is about to be."""

    id: int
    record: int
    tier: str
    origin: str
    begun: int
    started_at: int
    step: int
    wake_on: int | None = None
    next_due: int | None = None
    replied_at: int | None = None


@dataclass
class Work:
    """What is to be written for one set of records."""

    act: Act
    model: TierModel
    number: int
    ended: dict[int, str] = field(default_factory=dict)
    kept: dict[int, Running] = field(default_factory=dict)
    closed: list[tuple[Any, str]] = field(default_factory=list)
    asked: list[asking.Asked] = field(default_factory=list)


# -- what steps and pages call ----------------------------------------------------------------------------------------------------------
def begin(act: Act, record: int, plan: str, origin: str = "automation") -> dict[str, object] | None:
    model, tier = plans.named(act.catalogue, plan)
    fact = facts_of(act, model, [record]).get(record)
    if fact is None:
        raise NotFound(_("This record does not exist, or it is in the trash."))
    tier = tier or fact.tier
    if tier is None or tier not in model.plans:
        return None
    work = _work(act, model)
    now = _running(work, [record]).get(record)
    if now is not None and now.tier == tier:
        return None
    if now is not None:
        work.ended[now.id] = "replaced"
        work.closed += [(due, "dropped") for due in _open(work, [record])[record]]
        _write(work)
    row = _insert(work, [Running(0, record, tier, origin, act.day, act.micros, 0)]).get(record)
    if row is None:
        return None
    bring(act, model, [record])
    after = _running(work, [record]).get(record)
    due = shown_day(after.next_due) if after is not None else None
    return {"cadence": row.id, "plan": plans.name_of(model.key, tier), "next_due": due.isoformat() if due is not None else None}


def end(act: Act, record: int, plan: str, why: str | None = None) -> int:
    model, tier = plans.named(act.catalogue, plan)
    work = _work(act, model)
    now = _running(work, [record]).get(record)
    if now is None or (tier is not None and now.tier != tier):
        return 0
    work.ended[now.id] = why or "stopped"
    work.closed += [(due, "dropped") for due in _open(work, [record])[record]]
    _write(work)
    return 1


def record_of(act: Act, model: TierModel, number: int) -> int | None:
    """Whose follow-up it is; None for one that is closed or of another model."""
    own = cadence_due.c
    mine = (own.id == number, own.model == act.catalogue.ids["tier_model", model.key], own.state == "open")
    return act.connection.execute(sa.select(own.record).where(*mine)).scalar()


def skip(act: Act, model: TierModel, number: int, reason: str) -> None:
    """Says why a follow-up is left out this time; the next one is reckoned from today."""
    record, work = record_of(act, model, number), _work(act, model)
    mine = [each for each in _open(work, [record])[record] if each.id == number] if record is not None else []
    if not mine:
        raise NotFound(_("This follow-up is closed already."))
    work.closed.append((mine[0], "skipped"))
    now = _running(work, [mine[0].record]).get(mine[0].record)
    if now is not None and mine[0].what == EVERY:
        now.begun, now.wake_on = act.day, act.day
        work.kept[now.id] = now
    _write(work, reason)
    bring(act, model, [mine[0].record])


# -- a set of records -------------------------------------------------------------------------------------------------------------------
def bring(act: Act, model: TierModel, ids: list[int]) -> int:
    """Brings the plans of these records up to date; gives how many to-dos were asked for."""
    work = _work(act, model)
    facts, open_ = facts_of(act, model, ids), _open(work, ids)
    running = _running(work, ids, lock=True)
    for record, row in list(running.items()):
        why = _over(work, facts.get(record), row)
        if why is not None:
            work.ended[row.id] = why
            work.closed += [(due, "dropped") for due in open_.pop(record, ())]
            del running[record]
    _write(work)
    running |= _insert(work, _beginners(work, [fact for record, fact in facts.items() if record not in running]))
    for record, row in running.items():
        if record in facts:
            _go_on(work, facts[record], row, open_[record])
    return _write(work)


def _over(work: Work, fact: Fact | None, row: Running) -> str | None:
    """Why a running plan ends, if it does."""
    if fact is None:
        return "record"
    if fact.tier != row.tier and (row.origin in ("tier", "publish") or (fact.since or 0) > row.started_at):
        return "tier"
    plan = work.model.plans.get(row.tier)
    return "plan" if plan is None or (row.origin in ("tier", "publish") and not plan.tasks) else None


def _beginners(work: Work, facts: list[Fact]) -> list[Running]:
    """Plans of those who came into a tier. One that ran its course, or was stopped, begins again only with another tier."""
    wanted = [fact for fact in facts if plans.plan_by_tier(work.model, fact.tier) is not None and fact.since is not None]
    own = cadence.c
    last = sa.select(own.record, sa.func.max(own.started_at)).where(own.model == work.number, among(own.record), own.why != "plan")
    done = dict(work.act.connection.execute(last.group_by(own.record), {"ids": [fact.record for fact in wanted]}).all()) if wanted else {}
    return [_beginner(work, fact) for fact in wanted if done.get(fact.record, -1) < (fact.since or 0)]


def _beginner(work: Work, fact: Fact) -> Running:
    """Of somebody new from the day of the tier; of those who have long been there without the steps, and spread over one period where the time
    is over already, so that switching a plan on does not ask for everybody on one day."""
    act, plan = work.act, work.model.plans[fact.tier or ""]
    since, today = day_of(act, fact.since or act.micros), act.day
    if (fact.since or 0) >= plans.tasks_since(act, work.model).get(fact.tier or "", 0):
        return Running(0, fact.record, fact.tier or "", "tier", since, act.micros, 0)
    begun, every = max(since, day_of(act, fact.contacted) if fact.contacted is not None else since), plan.contact_every_days
    if every is not None and begun + every <= today:
        begun = today + 1 + fact.record * SPREAD % every - every
    return Running(0, fact.record, fact.tier or "", "publish", begun, act.micros, len(plan.steps))


def _go_on(work: Work, fact: Fact, row: Running, open_: list[Any]) -> None:
    """One running plan: what was done is closed, what has come is asked for, and when to look again is said."""
    act, plan, before = work.act, work.model.plans[row.tier], replace(row)
    _reply(work, fact, row, plan, open_)
    still = [due for due in open_ if not _closes(work, fact, row, due)]
    if fact.contacted is not None and row.step >= len(plan.steps):
        row.begun = max(row.begun, day_of(act, fact.contacted))
    waiting = {due.what for due in still}
    for due in still:
        asking.hand_over(act, work.model, due, fact.owner)
    while (coming := _next(row, plan, waiting)) is not None and coming[1] - plan.remind_days_before <= act.day:
        what, day = coming
        _ask(work, fact, row, what, day, end_of_day(act, day))
        waiting.add(what)
        if what != EVERY:
            row.step = int(what) + 1
            row.begun = day if row.step == len(plan.steps) else row.begun
    row.next_due = coming[1] if coming is not None else min((due.due for due in still), default=row.next_due if EVERY in waiting else None)
    row.wake_on = coming[1] - plan.remind_days_before if coming is not None else None
    if coming is None and not waiting and plan.steps and not plan.contact_every_days and not plan.respond_within_hours:
        work.ended[row.id] = "reply" if row.replied_at is not None else "finished"
    if row != before:
        work.kept[row.id] = row


def _reply(work: Work, fact: Fact, row: Running, plan: Plan, open_: list[Any]) -> None:
    """The customer was in touch: steps that are left are not needed any more, and an answer is due where one is promised."""
    since = row.replied_at if row.replied_at is not None else row.started_at
    if fact.replied is None or fact.replied <= since:
        return
    row.replied_at = fact.replied
    for due in [each for each in open_ if each.what not in (EVERY, RESPOND)]:
        work.closed.append((due, "dropped"))
        open_.remove(due)
    if row.step < len(plan.steps):
        row.step, row.begun = len(plan.steps), work.act.day
    if plan.respond_within_hours is not None and (fact.contacted or 0) <= fact.replied:
        due_at = fact.replied + plan.respond_within_hours * HOUR
        _ask(work, fact, row, RESPOND, day_of(work.act, due_at), due_at)


def _closes(work: Work, fact: Fact, row: Running, due: Any) -> bool:
    """Whether a follow-up is done: by a contact since it was asked for, or because somebody ticked its to-do off."""
    since = row.replied_at or 0 if due.what == RESPOND else end_of_day(work.act, due.made_on - 1) + 1
    if fact.contacted is not None and fact.contacted >= since:
        work.closed.append((due, "done"))
        return True
    if due.todo is not None and (due.done_at is not None or due.there is None):
        work.closed.append((due, "ticked"))
        row.begun = max(row.begun, work.act.day) if due.what == EVERY else row.begun
        return True
    return False


def _next(row: Running, plan: Plan, waiting: set[str]) -> tuple[str, int] | None:
    """What comes next, and on which day."""
    if row.step < len(plan.steps):
        return str(row.step), row.begun + plan.steps[row.step].on_day
    if plan.contact_every_days is None or EVERY in waiting:
        return None
    return EVERY, row.begun + plan.contact_every_days


def _ask(work: Work, fact: Fact, row: Running, what: str, day: int, due_at: int) -> None:
    work.asked.append(asking.Asked(row.id, row.record, row.tier, what, day, due_at, fact.owner))


# -- rows -------------------------------------------------------------------------------------------------------------------------------
def _work(act: Act, model: TierModel) -> Work:
    return Work(act, model, act.catalogue.ids["tier_model", model.key])


def _running(work: Work, ids: list[int], lock: bool = False) -> dict[int, Running]:
    own = cadence.c
    names = ("id", "record", "tier", "origin", "begun", "started_at", "step", "wake_on", "next_due", "replied_at")
    query = sa.select(*[own[name] for name in names]).where(own.model == work.number, own.state == "running", among(own.record, ids))
    rows = work.act.connection.execute(query.order_by(own.id).with_for_update() if lock else query)
    return {row.record: Running(*row) for row in rows}


def _open(work: Work, ids: list[int]) -> dict[int, list[Any]]:
    """What was asked for and is not closed, with the state of its to-do."""
    own, found = cadence_due.c, defaultdict(list)
    query = sa.select(cadence_due, todo.c.id.label("there"), todo.c.done_at, todo.c.person.label("todo_person")).select_from(
        cadence_due.outerjoin(todo, todo.c.id == own.todo)
    )
    for row in work.act.connection.execute(
        query.where(own.model == work.number, own.state == "open", among(own.record, ids)).order_by(own.id)
    ):
        found[row.record].append(row)
    return found


def _insert(work: Work, new: list[Running]) -> dict[int, Running]:
    """The plans that begin; one that somebody else has begun in the meantime is left to them."""
    if not new:
        return {}
    first = work.act.take_ids("cadence", len(new))
    rows = [
        {"id": first + place, "model": work.number, "record": each.record, "tier": each.tier, "state": "running", "origin": each.origin}
        | {"begun": each.begun, "started_at": each.started_at, "step": each.step, "wake_on": None}
        for place, each in enumerate(new)
    ]
    asking.insert_new(work.act, cadence, rows)
    mine = sa.select(cadence.c.record, cadence.c.id).where(cadence.c.id >= first, cadence.c.id < first + len(new))
    there = dict(work.act.connection.execute(mine).all())
    for each in new:
        each.id = there.get(each.record, 0)
    return {each.record: each for each in new if each.id}


def _write(work: Work, reason: str | None = None) -> int:
    """Writes what was found and forgets it; gives how many to-dos were made."""
    act, own = work.act, cadence.c
    if work.kept:
        names = ("begun", "step", "wake_on", "next_due", "replied_at")
        update = cadence.update().where(own.id == sa.bindparam("the_id")).values({name: sa.bindparam(name) for name in names})
        act.connection.execute(update, [{"the_id": key} | {name: getattr(row, name) for name in names} for key, row in work.kept.items()])
    if work.ended:
        stop = cadence.update().where(own.id == sa.bindparam("the_id"))
        stop = stop.values(state="ended", ended_at=act.micros, why=sa.bindparam("reason"), wake_on=None, next_due=None)
        act.connection.execute(stop, [{"the_id": key, "reason": why} for key, why in work.ended.items()])
    asking.close(act, work.closed, reason)
    made = asking.ask(act, work.model, work.number, work.asked)
    work.kept, work.ended, work.closed, work.asked = {}, {}, [], []
    return made
