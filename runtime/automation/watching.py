"""What the engine looks after by itself: automations of which too much waits or that set one another off, and runs that nothing would take up.

Among these are runs made by a clock that was wrong: once it is set back, the moment at which they are due may be years away.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.automation import modes, tending
from runtime.automation.matching import DEEPEST
from runtime.automation.outside import LEASE
from runtime.automation.run_rows import OPEN
from runtime.automation.starting import owner_of
from runtime.collaboration import telling
from runtime.people.accounts import builders
from runtime.people.person import SYSTEM
from runtime.system.database import reading
from runtime.system.sets import among
from runtime.system.tables import automation_run as table
from runtime.system.tables import due_time
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.automation import Automation
    from runtime.system.workspace import Act, Workspace

CHAIN_SPAN = timedelta(minutes=10)
CHAIN_ENDS = 50
"""So many runs of an automation that were stopped as the last of a long chain, within that span, are no accident."""
LOOKED_AT = 1000
STRAY = 60_000_000
"""Microseconds by which the clocks of two machines may differ, or one be set right, without anything being done about it."""
LEASE_MICROS = LEASE // timedelta(microseconds=1)


def watch(workspace: Workspace) -> None:
    """One look. Whatever is beyond a ceiling pauses; what waits is kept, and its owner is told."""
    with reading(workspace.engine) as connection:
        held = connection.execute(sa.select(table.c.id).where(table.c.state.in_(("paused", "queued"))).limit(1)).first() is not None
    with workspace.reading(SYSTEM, "automation") as act:
        found = [*_too_many_waiting(act), *_chains(act)]
        set_back = _is_first_look_or_set_back(act)
    if set_back:
        with workspace.writing(SYSTEM, "automation") as act:
            _set_right(act)
    if held:
        with workspace.writing(SYSTEM, "automation") as act:
            modes.release_forgotten(act)
            _let_go(act)
    for key, reason in found:
        with workspace.writing(SYSTEM, "automation") as act:
            pause_by_itself(act, key, reason)


def _is_first_look_or_set_back(act: Act) -> bool:
    """Whether this process looks for the first time since something was published, or the clock shows less than at its last look."""
    memo = act.catalogue.memo
    before, memo["watched at"] = memo.get("watched at"), act.micros
    return before is None or act.micros < before - STRAY


def _set_right(act: Act) -> None:
    """After the clock was set back: what was put off by it as it was goes by the clock as it is, and what is still to come was not missed.

    A step that waits for a moment goes on waiting for it.
    """
    later = act.micros + STRAY
    waits = (table.c.state.in_(OPEN), table.c.due_at > later)
    leased = table.update().where(*waits, table.c.lease_until > later + LEASE_MICROS)
    act.connection.execute(leased.values(lease_until=act.micros + LEASE_MICROS, due_at=act.micros + LEASE_MICROS))
    made = table.update().where(*waits, table.c.created_at > later)
    act.connection.execute(made.values(created_at=act.micros, due_at=act.micros + table.c.due_at - table.c.created_at))
    claimed = (due_time.c.state == "missed", due_time.c.due_at > act.micros, due_time.c.claimed_at > later)
    act.connection.execute(due_time.delete().where(*claimed))
    missed = sa.select(table.c.id, table.c.cause_key).where(
        table.c.state == "skipped", table.c.source == "schedule", table.c.created_at > later, table.c.cause_key.like("due:%")
    )
    untrue = [run for run, cause in act.connection.execute(missed) if int(cause.split(":")[1]) > act.micros]
    act.connection.execute(table.delete().where(among(table.c.id, untrue)))


def pause_by_itself(act: Act, key: str, reason: Message) -> None:
    """Pauses an automation and tells its owner, or those who build."""
    automation = act.catalogue.automations.get(key)
    if automation is None or tending.is_paused(act, key):
        return
    waiting = tending.pause(act, key, reason)
    subject = _("“{automation}” has paused: {reason}", automation=automation.label, reason=reason)
    body = _("{count} runs wait. Nothing of them is lost; they go on when somebody lets the automation go on.", count=waiting)
    app = automation.app or next(iter(act.catalogue.apps), None)
    link = None if app is None else f"/apps/{app}/-/runs?automation={key}"
    said = body.in_language(act.workspace.language)
    telling.tell(act, "automation", _told(act, automation), subject, said, None, f"paused:{key}:{act.micros}", link)


def _told(act: Act, automation: Automation) -> list[int]:
    owner = owner_of(act, automation, act.catalogue.versions.get(("automation", automation.key), 0))
    return [owner.id] if owner is not None and owner != SYSTEM else [each.id for each in builders(act.connection)]


def _too_many_waiting(act: Act) -> list[tuple[str, Message]]:
    """Automations of which more runs wait to begin than they allow."""
    least = min((each.limit.waiting for each in act.catalogue.automations.values()), default=None)
    if least is None:
        return []
    waiting = (table.c.state == "waiting", table.c.started_at.is_(None))
    if act.connection.execute(sa.select(table.c.id).where(*waiting).limit(1).offset(least)).first() is None:
        return []
    counts = sa.select(table.c.automation, sa.func.count()).where(*waiting).group_by(table.c.automation)
    found = {key: count for key, count in act.connection.execute(counts)}
    return [
        (key, _("{count} runs wait to begin, more than it allows ({most})", count=found[key], most=each.limit.waiting))
        for key, each in act.catalogue.automations.items()
        if found.get(key, 0) > each.limit.waiting
    ]


def _chains(act: Act) -> list[tuple[str, Message]]:
    """Automations that lately were stopped again and again because too many had set off each other one after the other."""
    newest = sa.select(table.c.automation, table.c.state, table.c.started_at, table.c.created_at, table.c.cause)
    since = act.micros - CHAIN_SPAN // timedelta(microseconds=1)
    ends = Counter(
        row.automation
        for row in act.connection.execute(newest.order_by(table.c.id.desc()).limit(LOOKED_AT))
        if row.state == "stopped" and row.started_at is None and row.created_at >= since and row.cause and _is_deepest(row.cause)
    )
    why = _("too many automations set off each other one after the other, again and again")
    return [(key, why) for key, count in ends.items() if count >= CHAIN_ENDS]


def _is_deepest(cause: str) -> bool:
    return len(json.loads(cause)) >= DEEPEST


def _let_go(act: Act) -> None:
    """Runs that were put aside in the very moment in which their automation was let go on."""
    still = list(tending.paused(act))
    stranded = sa.and_(table.c.state == "paused", table.c.automation.not_in(still) if still else sa.true())
    goes_on = sa.case((table.c.started_at.is_(None), "waiting"), else_="running")
    act.connection.execute(table.update().where(stranded).values(state=goes_on))
