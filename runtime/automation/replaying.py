"""“What would it have done last month”: past events of a period through the matching rule, a slice at a time.

A slice only reads, takes about a second, and says where the next one begins: whoever asks shows how far it is and stops asking to cancel.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.dry_run import Case, verdict
from runtime.automation.due import KEEP_EVENTS, calendar_of
from runtime.automation.matching import _items
from runtime.automation.triggers._base import ClockTrigger, EventTrigger
from runtime.automation.triggers._dated import Dated
from runtime.definitions.automation import Automation
from runtime.errors import NotFound
from runtime.system import clock
from runtime.system.tables import event
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

DAYS = ("1", "7", "30")
MONTH = "month"
"""The calendar month before this one: handled events are kept for as long as it can reach back."""
SPAN = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")
LONGEST = timedelta(days=366)
SLICE = 1.0
EVENTS = 500
SAMPLES = 12
"""Of a slice so many are offered as samples of what would have run; whoever asks draws the sample of all."""
MOST_DUE = 20_000
LATEST = 20_000
"""Among so many of the newest events the last one of a chosen record is looked for."""


@dataclass
class Slice:
    """What was found in one slice. `next` is where the following one begins, None at the end; `done` of `of` is how far it is."""

    matched: int = 0
    runs: int = 0
    skipped: int = 0
    failed: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    samples: list[Case] = field(default_factory=list)
    next: str | None = None
    done: int = 0
    of: int = 0
    language: str = "en"


def period(act: Act, wanted: str) -> tuple[datetime, datetime]:
    """`1`: yesterday from midnight to midnight of the workspace's zone; `7` and `30`: so many days up to now; `month`: the calendar month
    before this one; `2024-01-05..2024-01-20`: these days, the last one included. Nothing lies ahead."""
    if wanted in DAYS[1:]:
        return act.now - timedelta(days=int(wanted)), act.now + timedelta(microseconds=1)
    if wanted == DAYS[0]:
        return _from(act, act.today - timedelta(days=1)), _from(act, act.today)
    if wanted == MONTH:
        begin = act.today.replace(day=1)
        return _from(act, (begin - timedelta(days=1)).replace(day=1)), _from(act, begin)
    first, last = _days(wanted)
    if not first <= last <= act.today or last - first > LONGEST:
        raise NotFound(_("Choose a first and a last day, at most a year apart and neither ahead of today."))
    return _from(act, first), min(_from(act, last + timedelta(days=1)), act.now + timedelta(microseconds=1))


def _days(wanted: str) -> tuple[date, date]:
    found = SPAN.fullmatch(wanted)
    try:
        return (date.fromisoformat(found[1]), date.fromisoformat(found[2])) if found else (date.max, date.min)
    except ValueError:
        raise NotFound(_("Choose one of the periods.")) from None


def _from(act: Act, day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), act.zone)


def forgotten(act: Act, draft: Automation, since: datetime) -> datetime | None:
    """Until when nothing is known any more of what happened in a period that begins at `since`; None where all of it is kept."""
    kept = act.now - KEEP_EVENTS
    return kept if isinstance(draft.trigger, EventTrigger) and since < kept else None


def cannot_replay(draft: Automation) -> Message | None:
    """Why there is no past to try it on, where there is none."""
    trigger = draft.trigger
    if isinstance(trigger, EventTrigger) and trigger.events or isinstance(trigger, ClockTrigger):
        return None
    return _("What starts this automation leaves no trace that could be replayed. Try it on a chosen record.")


def replay(act: Act, draft: Automation, wanted: str, begin: str = "", language: str = "en") -> Slice:
    """One slice. `act` is the act in which the draft is in force (dry_run.in_force), `wanted` names the period."""
    since, until = period(act, wanted)
    found, stop = Slice(language=language), time.monotonic() + SLICE
    if isinstance(draft.trigger, ClockTrigger):
        _by_clock(act, draft, since, until, begin, found, stop)
    else:
        _by_events(act, draft, since, until, begin, found, stop)
    found.samples = _evenly(found.samples, SAMPLES)
    return found


def _count(act: Act, draft: Automation, case: Case, found: Slice) -> None:
    found.matched += 1
    decided = verdict(act, draft, case)
    setattr(found, decided.state, getattr(found, decided.state) + 1)
    if decided.state == "runs":
        found.samples.append(case)
    elif decided.reason is not None:
        reason = decided.reason.in_language(found.language)
        found.reasons[reason] = found.reasons.get(reason, 0) + 1


def _evenly(cases: list[Case], most: int) -> list[Case]:
    if len(cases) <= most:
        return cases
    return [cases[number * len(cases) // most] for number in range(most)]


# -- events -----------------------------------------------------------------------------------------------------------------------
def _wanted(draft: Automation, since: datetime, until: datetime) -> tuple[Any, ...]:
    return (
        event.c.kind.in_(draft.trigger.events),
        event.c.at >= clock.to_micros(since),
        event.c.at < clock.to_micros(until),
        event.c.source.in_(draft.sources),
    )


def _by_events(act: Act, draft: Automation, since: datetime, until: datetime, begin: str, found: Slice, stop: float) -> None:
    wanted, last, skip = _wanted(draft, since, until), *_place(begin)
    found.of = act.connection.execute(sa.select(sa.func.count()).where(*wanted)).scalar() or 0
    while True:
        rows = act.connection.execute(sa.select(event).where(*wanted, event.c.id >= last).order_by(event.c.id).limit(EVENTS)).all()
        for row in rows:
            for number, case in enumerate(cases_of(act, draft, row)):
                if row.id == last and number < skip:
                    continue
                if time.monotonic() > stop and found.matched:
                    return _rest(act, wanted, row.id, number, found)
                _count(act, draft, case, found)
            last, skip = row.id + 1, 0
            if time.monotonic() > stop:
                return _rest(act, wanted, last, 0, found)
        if len(rows) < EVENTS:
            found.done = found.of
            return None


def _rest(act: Act, wanted: tuple[Any, ...], last: int, skip: int, found: Slice) -> None:
    found.next = f"{last}.{skip}"
    found.done = act.connection.execute(sa.select(sa.func.count()).where(*wanted, event.c.id < last)).scalar() or 0


def _place(begin: str) -> tuple[int, int]:
    event_id, _dot, skip = begin.partition(".")
    return int(event_id) if event_id.isdecimal() else 0, int(skip) if skip.isdecimal() else 0


def cases_of(act: Act, draft: Automation, row: Any) -> Iterator[Case]:
    """The records of one event for which the trigger fires, as matching.py would have it."""
    trigger = draft.trigger
    assert isinstance(trigger, EventTrigger)
    for record, item in _items(row):
        if not trigger.matches(row, record, item, act.catalogue):
            continue
        if trigger.is_promotion_only_provisional(item) and not draft.provisional:
            continue
        yield Case(record, trigger.facts(item), clock.from_micros(row.at), row.source, row.id)


def case_again(act: Act, draft: Automation, record: int | None, event_id: int | None, at: int | None) -> Case:
    """A case that a slice gave out, read again. Raises NotFound where the event is no longer kept."""
    if event_id is None:
        return Case(record, None, None if at is None else clock.from_micros(at), "schedule")
    row = act.connection.execute(sa.select(event).where(event.c.id == event_id)).first()
    found = next((each for each in cases_of(act, draft, row) if each.record == record), None) if row is not None else None
    if found is None:
        raise NotFound(_("What happened then is not kept any more. Run it again."))
    return found


def case_now(act: Act, draft: Automation, record: int | None) -> Case:
    """A chosen record: with the last event of it that would have started the automation, else as if it happened now."""
    form = draft.trigger.form_key(act.catalogue)
    if isinstance(draft.trigger, EventTrigger) and draft.trigger.events and record is not None:
        newest = act.connection.execute(sa.select(sa.func.max(event.c.id))).scalar() or 0
        latest = (event.c.kind.in_(draft.trigger.events), event.c.form == form, event.c.record == record, event.c.id > newest - LATEST)
        for row in act.connection.execute(sa.select(event).where(*latest).order_by(event.c.id.desc()).limit(20)):
            if (found := next(cases_of(act, draft, row), None)) is not None:
                return found
    return Case(record)


# -- the clock --------------------------------------------------------------------------------------------------------------------
def _by_clock(act: Act, draft: Automation, since: datetime, until: datetime, begin: str, found: Slice, stop: float) -> None:
    trigger = draft.trigger
    assert isinstance(trigger, ClockTrigger)
    first = int(begin) if begin.isdecimal() else 0
    due = itertools.islice(_due(act, trigger, since, until), MOST_DUE)
    cases = list(due)
    found.of = len(cases)
    for number, (record, at) in enumerate(cases[first:], first):
        if time.monotonic() > stop and number > first:
            found.next, found.done = str(number), number
            return
        _count(act, draft, Case(record, None, at, "schedule"), found)
    found.done = found.of


def _due(act: Act, trigger: ClockTrigger, since: datetime, until: datetime) -> Iterator[tuple[int | None, datetime]]:
    """Records, None for what is about none, and the moments at which they were due."""
    if isinstance(trigger, Dated) and trigger.exactly(act.catalogue):
        yield from _rows_due(act, trigger, since, until)
        return
    for moment in trigger.times(since, until, act.zone, calendar_of(act.workspace)):
        if isinstance(trigger, Dated):
            yield from _rows_due(act, trigger, since, moment)
        else:
            yield None, moment


def _rows_due(act: Act, trigger: Dated, since: datetime, moment: datetime) -> Iterator[tuple[int, datetime]]:
    for _stored, record, at in trigger.due_rows(act, since, moment, None, MOST_DUE):
        instant = clock.from_micros(at)
        assert instant is not None
        yield record, instant
