"""What is due by the clock: schedules, days of dates, nightly recomputation, clean-up. Each is claimed as a row under a unique key.

Everything here may be called at any time, any number of times, by any number of processes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.clock import instant_of
from runtime.automation.listening import at_work, since
from runtime.automation.matching import RUNS_AT_ONCE, add, new_run
from runtime.automation.once import insert_all_once, insert_once
from runtime.automation.triggers._base import ClockTrigger
from runtime.automation.triggers._dated import Dated
from runtime.cadence import working as follow_ups
from runtime.definitions.automation import Automation
from runtime.formulas.functions.workdays import is_workday
from runtime.ownership import reclaiming
from runtime.people.person import SYSTEM
from runtime.potential import using as potential
from runtime.records import derived
from runtime.reviews import opening as reviews
from runtime.segments import keeping
from runtime.system import clock, jobs
from runtime.system.database import reading, to_json, writing
from runtime.system.sets import among
from runtime.system.tables import (
    automation_run,
    automation_run_record,
    automation_step,
    clock_mark,
    day_done,
    definition,
    definition_version,
    due_time,
    event,
    hook_delivery,
    record_share,
)
from runtime.tags import cleaning, rules, usefulness
from runtime.texts import _
from runtime.tiers import nightly, recomputing

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

log = logging.getLogger("tierloom.clock")

NOBODY = 0
"""Stands for “no record” in due_time, whose key needs a number."""
LEAST_GRACE = timedelta(minutes=5)
"""A schedule without grace still gets over a restart."""
GRACE = LEAST_GRACE // clock.MICROSECOND
OLDEST_MARK = timedelta(minutes=1)
"""So far the mark of dates with their own moments may fall behind where nothing is due: it is no write at every tick."""
MISSED_IN_LOG = 20
"""Of more missed times, or records at one time, the log does not speak one by one."""
TAGS, TAGS_AT = rules.KIND, "00:05"
TIERS_AT = "00:00"
FIGURES_AT = "03:30"
SEGMENTS_AT = "00:10"
DAY, EXPIRE = "day_change", "tag_expiry"
KEEP_EVENTS, KEEP_RUNS, KEEP_CALLS = timedelta(days=62), timedelta(days=180), timedelta(days=7)
CLEANED_AT_ONCE = 1000


def tick(workspace: Workspace) -> None:
    """One look at the clock."""
    fire(workspace)
    start_nightly(workspace)


# -- automations ------------------------------------------------------------------------------------------------------------------
def fire(workspace: Workspace) -> None:
    """Starts runs of schedules and dates whose time has come since the last look."""
    with workspace.reading(SYSTEM, "schedule") as act:
        clocks = [each for each in at_work(act.catalogue) if isinstance(each.trigger, ClockTrigger)]
        coming = [(each, times) for each in clocks if not isinstance(each.trigger, Dated) and (times := _times(act, each))]
        dated = [each for each in clocks if isinstance(each.trigger, Dated) and _has_due(act, each, each.trigger)]
        late = [each for each in clocks if getattr(each.trigger, "catch_up", False)]
    for automation, times in coming:
        for number, due in enumerate(times):
            _fire(workspace, automation, due, last=number == len(times) - 1, listed=number >= len(times) - MISSED_IN_LOG)
    for automation in dated:
        while _fire_dated(workspace, automation):
            pass
    for automation in late:
        _catch_up(workspace, automation)


def _times(act: Act, automation: Automation) -> list[datetime]:
    """The times of an automation about no record that have come and are not claimed."""
    own = (due_time.c.automation == automation.key, due_time.c.record == NOBODY, due_time.c.due_at <= act.micros)
    claimed = act.connection.execute(sa.select(sa.func.max(due_time.c.due_at)).where(*own)).scalar()
    start = clock.from_micros(max(claimed or 0, _since(act, automation)))
    trigger = automation.trigger
    assert isinstance(trigger, ClockTrigger) and start is not None
    return list(trigger.times(start, act.now, act.zone, calendar_of(act.workspace)))


def _since(act: Act, automation: Automation) -> int:
    """Since when it is switched on; where that is still to come, because the clock was set back, since a restart's grace ago."""
    begun = since(act, automation)
    return begun if begun <= act.micros else act.micros - GRACE


def calendar_of(workspace: Workspace) -> Callable[[date], bool]:
    """Whether people of the workspace work on a day."""
    return partial(is_workday, country=workspace.calendar)


def _fire(workspace: Workspace, automation: Automation, due: datetime, last: bool, listed: bool) -> None:
    """Claims one time and, if it was this process that claimed it, makes its run: one that comes too late is shown as missed."""
    trigger = automation.trigger
    assert isinstance(trigger, ClockTrigger)
    with workspace.writing(SYSTEM, "schedule") as act:
        missed = _is_late(act, trigger, due) or (trigger.coalesce and not last)
        at = clock.to_micros(due)
        state = "missed" if missed else "fired"
        claim = {"automation": automation.key, "due_at": at, "record": NOBODY, "state": state, "claimed_at": act.micros}
        if insert_once(act.connection, due_time, claim) and (listed or not missed):
            add(act, [_due_run(act, automation, at, None, missed)])


def _is_late(act: Act, trigger: ClockTrigger, due: datetime) -> bool:
    return act.now - due > max(trigger.grace, LEAST_GRACE)


def _due_run(act: Act, automation: Automation, at: int, record: int | None, missed: bool = False) -> dict[str, Any]:
    due = clock.from_micros(at)
    assert due is not None
    words = _("Missed: nothing was running at {time}.", time=f"{due.astimezone(act.zone):%Y-%m-%d %H:%M}") if missed else None
    return new_run(act, automation, f"due:{at}:{record}", record, "schedule", facts=to_json({"due_at": due.isoformat()}), skipped=words)


# -- dates of records ---------------------------------------------------------------------------------------------------------------
def _has_due(act: Act, automation: Automation, trigger: Dated) -> bool:
    """Whether the clock has to write for it: something is due, or the mark has fallen behind."""
    mark = act.connection.execute(sa.select(clock_mark).where(clock_mark.c.automation == automation.key)).first()
    until, after = _from(act, automation, mark)
    moments = list(trigger.moments(act, until))
    if not moments:
        return False
    if not trigger.exactly(act.catalogue) or act.now - until > OLDEST_MARK:
        return True
    return any(trigger.due_rows(act, start, end, after, 1) for start, end in pairwise((until, *moments)))


def _from(act: Act, automation: Automation, mark: Any) -> tuple[datetime, tuple[int, int] | None]:
    """From which instant on it is still to be looked, and behind which record within the moment that follows."""
    begun = _since(act, automation)
    if mark is not None and mark.until > act.micros:  # from before the clock was set back
        until, after = max(begun, act.micros - GRACE), None
    elif mark is None or mark.until < begun:
        until, after = begun, None
    else:
        until, after = mark.until, None if mark.record is None else (mark.stored, mark.record)
    found = clock.from_micros(until)
    assert found is not None
    return found, after


def _fire_dated(workspace: Workspace, automation: Automation) -> bool:
    """Makes the runs of the next records that are due, so many in one transaction, with the mark up to which it is done. False at the end."""
    trigger = automation.trigger
    assert isinstance(trigger, Dated)
    with workspace.writing(SYSTEM, "schedule") as act:
        own = clock_mark.c.automation == automation.key
        insert_once(act.connection, clock_mark, {"automation": automation.key, "until": 0})
        mark = act.connection.execute(sa.select(clock_mark).where(own).with_for_update()).one()
        until, after = _from(act, automation, mark)
        moment = next(trigger.moments(act, until), None)
        if moment is None:
            return False
        missed = _is_late(act, trigger, moment)
        most = MISSED_IN_LOG if missed else RUNS_AT_ONCE
        rows = trigger.due_rows(act, until, moment, after, most)
        add(act, [_due_run(act, automation, at, record, missed) for _stored, record, at in rows])
        if trigger.catch_up:
            _keep_claims(act, automation, [(at, record) for _stored, record, at in rows], "missed" if missed else "fired")
        whole = missed or len(rows) < most
        done = {"until": clock.to_micros(moment), "stored": None, "record": None}
        values = done if whole else {"until": clock.to_micros(until), "stored": rows[-1][0], "record": rows[-1][1]}
        act.connection.execute(clock_mark.update().where(own).values(values))
        return not whole or moment < act.now


def _keep_claims(act: Act, automation: Automation, found: list[tuple[int, int]], state: str) -> None:
    """Notes for good which records have fired at which time: what is made up for never comes a second time."""
    claims = [
        {"automation": automation.key, "due_at": at, "record": record, "state": state, "claimed_at": act.micros} for at, record in found
    ]
    insert_all_once(act.connection, due_time, claims)


def _catch_up(workspace: Workspace, automation: Automation) -> None:
    """Records entered or changed lately whose day had passed already."""
    trigger = automation.trigger
    assert isinstance(trigger, Dated)
    name = ("caught up", automation.key)
    with workspace.reading(SYSTEM, "schedule") as act:
        memo = act.catalogue.memo
        changed = max(min(memo.get(name, 0), act.micros - GRACE), _since(act, automation))
        found = [(clock.to_micros(due), record) for due, record in trigger.late(act, automation.key, changed)]
        looked = act.micros
    for first in range(0, len(found), RUNS_AT_ONCE):
        some = found[first : first + RUNS_AT_ONCE]
        with workspace.writing(SYSTEM, "schedule") as act:
            add(act, [_due_run(act, automation, at, record) for at, record in some])
            _keep_claims(act, automation, some, "fired")
    # a transaction that began before this look may still commit: the next look begins a little earlier
    memo[name] = looked - GRACE


# -- every night --------------------------------------------------------------------------------------------------------------------
def register() -> None:
    """Makes the nightly work on tags known as a kind of long work."""
    jobs.KINDS.setdefault(
        TAGS, lambda workspace, job: rules.recompute(workspace, job.payload["tag_set"], job, job.payload.get("source", "schedule"))
    )
    jobs.KINDS.setdefault(DAY, lambda workspace, job: {"records": derived.refresh_day(workspace, job.payload["form"])})
    jobs.KINDS.setdefault(EXPIRE, lambda workspace, job: rules.expire(workspace, job))


def start_nightly(workspace: Workspace) -> None:
    """Starts today's recomputation of tags and tiers once their hour has come."""
    with workspace.reading(SYSTEM, "schedule") as act:
        done = set(act.connection.execute(sa.select(day_done.c.what).where(day_done.c.day == act.day)).scalars())
        wanted = {what: begin for what, begin in _nightly(act).items() if what not in done}
    for what, begin in wanted.items():
        with workspace.writing(SYSTEM, "schedule") as act:
            if insert_once(act.connection, day_done, {"what": what, "day": act.day, "at": act.micros}):
                begin(act)


def _nightly(act: Act) -> dict[str, Callable[[Act], int]]:
    """The work of all whose hour has come today and that stood as they are at that hour already."""
    found: dict[str, Callable[[Act], int]] = {}
    for form in act.catalogue.forms:
        if derived.follows_day(act.catalogue, form):
            found[f"day:{form}"] = partial(_queue_day, form=form)
    for key, form in act.catalogue.forms.items():
        if form.pool is not None and form.pool.reclaim is not None and _has_come(act, reclaiming.AT, "form", key):
            found[f"pool:{key}"] = partial(reclaiming.queue, form=key)
    if act.connection.execute(sa.select(record_share.c.share).where(record_share.c.until < act.day).limit(1)).first() is not None:
        found["shares"] = lambda one: jobs.start(one, reclaiming.TIDY, {}, subject="shares")
    if act.catalogue.tag_sets:
        found["expire"] = lambda one: jobs.start(one, EXPIRE, {}, subject="tags")
    for tags in act.catalogue.tag_sets.values():
        if tags.ruled and _has_come(act, TAGS_AT, "tag_set", tags.key):
            found[f"tags:{tags.key}"] = partial(_queue_tags, tag_set=tags.key)
        if _has_come(act, FIGURES_AT, "tag_set", tags.key):
            found[f"tag clean-up:{tags.key}"] = partial(cleaning.queue, tag_set=tags.key)
            found[f"tag figures:{tags.key}"] = partial(usefulness.queue, tag_set=tags.key)
    for key in potential.models_in_use(act):
        if _has_come(act, potential.NIGHTLY_AT, "potential", key):
            found[f"potential:{key}"] = partial(potential.queue_refresh, key=key, scheduled=True)
    for form in act.catalogue.forms:
        for model in act.catalogue.models_of(form):
            if _has_come(act, model.recompute.nightly_at, "tier_model", model.key):
                found[f"tier:{model.key}"] = partial(recomputing.queue, model=model.key, nightly=True)
            elif _has_come(act, TIERS_AT, "tier_model", model.key):
                found[f"tier day:{model.key}"] = partial(nightly.queue_day, model=model.key)
    for form in dict.fromkeys(each.form for each in act.catalogue.segments.values()):
        if any(_has_come(act, SEGMENTS_AT, "segment", each.key) for each in act.catalogue.segments.values() if each.form == form):
            found[f"segments:{form}"] = partial(keeping.queue, form=form)
    found.update(reviews.nightly(act))
    found.update(follow_ups.nightly(act))
    return found


def _queue_day(act: Act, form: str) -> int:
    return jobs.start(act, DAY, {"form": form}, subject=f"form:{form}")


def _queue_tags(act: Act, tag_set: str) -> int:
    return jobs.start(act, TAGS, {"tag_set": tag_set}, subject=f"tag_set:{tag_set}")


def _has_come(act: Act, hour: str, kind: str, key: str) -> bool:
    at = instant_of(datetime.combine(act.today, time.fromisoformat(hour)), act.zone)
    published = act.connection.execute(
        sa.select(definition_version.c.at)
        .join(definition, (definition.c.id == definition_version.c.definition) & (definition.c.version == definition_version.c.version))
        .where(definition.c.kind == kind, definition.c.key == key)
    ).scalar()
    return at <= act.now and published is not None and published <= clock.to_micros(at)


# -- clean-up -------------------------------------------------------------------------------------------------------------------------
def clean_up(workspace: Workspace) -> int:
    """Removes events that were handled long ago and runs that ended long ago, in small portions; gives how many rows it removed."""
    now = workspace.now()
    old_events = sa.select(event.c.id).where(event.c.handled_at < clock.to_micros(now - KEEP_EVENTS)).limit(CLEANED_AT_ONCE)
    old_runs = sa.select(automation_run.c.id).where(automation_run.c.finished_at < clock.to_micros(now - KEEP_RUNS)).limit(CLEANED_AT_ONCE)
    removed = 0
    while True:
        with writing(workspace.engine) as connection:
            events = connection.execute(old_events).scalars().all()
            runs = connection.execute(old_runs).scalars().all()
            connection.execute(event.delete().where(among(event.c.id, events)))
            connection.execute(automation_step.delete().where(among(automation_step.c.run, runs)))
            connection.execute(automation_run_record.delete().where(among(automation_run_record.c.run, runs)))
            connection.execute(automation_run.delete().where(among(automation_run.c.id, runs)))
            calls = connection.execute(hook_delivery.delete().where(hook_delivery.c.at < clock.to_micros(now - KEEP_CALLS))).rowcount
        removed += len(events) + len(runs) + calls
        if not events and not runs:
            return removed


def waiting_for(workspace: Workspace) -> timedelta | None:
    """How long until the next run is due; None when none waits."""
    with reading(workspace.engine) as connection:
        at = connection.execute(
            sa.select(sa.func.min(automation_run.c.due_at)).where(automation_run.c.state.in_(("waiting", "running")))
        ).scalar()
    due = clock.from_micros(at)
    return None if due is None else max(due - workspace.now(), timedelta())
