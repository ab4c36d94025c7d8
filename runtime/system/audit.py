"""The audit log: who did what, when and by which door, as a chain that shows when a link is missing or was changed.

Every line holds the hash of the line before it and its own: SHA-256 over its canonical JSON, which names the hash before. Lines are kept
in the act and written as the last thing before the commit, in the same transaction as what they tell of: so the end of the chain, a row
that each writer locks, is held for a moment only, and two writers never wait for each other crosswise.
Triggers refuse to change a line, and to remove one behind the checkpoint that the keeping (`trim`) has moved.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.people.person import SYSTEM
from runtime.system import clock
from runtime.system.tables import audit_chain, audit_log
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

DOORS = ("page", "api", "cli", "clock")
HEAD, KEPT = "head", "kept"
"""Rows of `audit_chain`: the newest line, and the newest of those that were removed because their time was over."""
START = "0" * 64
KEEP_DAYS = "audit_keep_days"
"""Setting of the workspace: for how many days lines are kept; blank means for ever."""
LEAST_DAYS, MOST_DAYS = 30, 36_500
AT_ONCE = 1000
MOST_BREAKS = 20


@dataclass(frozen=True)
class Entrance:
    door: str = "clock"
    address: str | None = None


_entrance: ContextVar[Entrance] = ContextVar("entrance", default=Entrance())


def comes_by(door: str, address: str | None = None) -> None:
    """From here on, acts of this thread come by this door. A thread that nobody told works for the clock."""
    _entrance.set(Entrance(door, address))


# -- writing --------------------------------------------------------------------------------------------------------------------
def note(act: Act, kind: str, subject: str = "", /, **payload: Any) -> None:
    """One line: `kind` such as "person_added", `subject` such as "person:17". Never holds a password or a token."""
    entrance = _entrance.get()
    act.notes.append(
        {
            "at": act.micros,
            "person": act.person.id,
            "kind": kind,
            "subject": subject,
            "payload": canonical(payload),
            "door": entrance.door,
            "address": entrance.address,
        }
    )


def write(act: Act) -> None:
    """Adds what the act has noted to the end of the chain."""
    if not act.notes:
        return
    lines, act.notes = act.notes, []
    number, previous = _lock(act.connection)
    rows = []
    for number, line in enumerate(lines, number + 1):
        row = {"id": number, **line, "previous": previous}
        previous = hash_of(row)
        rows.append({**row, "hash": previous})
    act.connection.execute(audit_log.insert(), rows)
    _move(act.connection, HEAD, number, previous)


def hash_of(line: dict[str, Any]) -> str:
    """The hash of a line from everything else in it; it can never be reckoned otherwise without breaking every chain there is."""
    told = {name: line[name] for name in ("id", "at", "person", "kind", "subject", "payload", "door", "address", "previous")}
    return hashlib.sha256(canonical(told).encode("utf-8", "surrogatepass")).hexdigest()


def canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)


def _lock(connection: sa.Connection) -> tuple[int, str]:
    """Number and hash of the newest line; whoever else wants to add one waits until this transaction ends."""
    row = connection.execute(sa.select(audit_chain).where(audit_chain.c.name == HEAD).with_for_update()).one()
    return row.entry, row.hash


def _move(connection: sa.Connection, name: str, entry: int, hash: str) -> None:
    connection.execute(audit_chain.update().where(audit_chain.c.name == name).values(entry=entry, hash=hash))


# -- reading --------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Wanted:
    """Which lines: all that are given must fit. `people`: who did it or, as `person:ID`, to whom it was done."""

    people: tuple[int, ...] | None = None
    kind: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> list[Any]:
        own = audit_log.c
        found: list[Any] = []
        if self.people is not None:
            found.append(own.person.in_(self.people) | own.subject.in_([f"person:{each}" for each in self.people]))
        if self.kind:
            found.append(own.kind == self.kind)
        if self.subject:
            found.append(own.subject.icontains(self.subject, autoescape=True))
        if self.since is not None:
            found.append(own.at >= clock.to_micros(self.since))
        if self.until is not None:
            found.append(own.at < clock.to_micros(self.until))
        return found


def page(connection: sa.Connection, wanted: Wanted, before: int | None = None, limit: int = 50) -> list[Any]:
    """The newest lines first, those before line `before`."""
    conditions = wanted.conditions() + ([audit_log.c.id < before] if before is not None else [])
    return list(connection.execute(sa.select(audit_log).where(*conditions).order_by(audit_log.c.id.desc()).limit(limit)))


def every(connection: sa.Connection, wanted: Wanted) -> Iterator[Any]:
    """All lines that fit, the oldest first, page by page."""
    last = 0
    while rows := connection.execute(
        sa.select(audit_log).where(*wanted.conditions(), audit_log.c.id > last).order_by(audit_log.c.id).limit(AT_ONCE)
    ).all():
        yield from rows
        last = rows[-1].id


def kinds(connection: sa.Connection) -> list[str]:
    """The kinds of lines there are."""
    return list(connection.execute(sa.select(audit_log.c.kind).distinct().order_by(audit_log.c.kind)).scalars())


# -- checking -------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Break:
    line: int
    why: Message


@dataclass
class Verdict:
    """What a check of the chain found: how many lines there are and where the chain is broken (the first twenty places)."""

    lines: int = 0
    first: int = 0
    last: int = 0
    head: str = START
    breaks: list[Break] = field(default_factory=list)

    @property
    def whole(self) -> bool:
        return not self.breaks

    def broken_at(self, line: int, why: Message) -> None:
        if len(self.breaks) < MOST_BREAKS:
            self.breaks.append(Break(line, why))


def verify(connection: sa.Connection) -> Verdict:
    """Goes through the whole chain, from the checkpoint to its end."""
    ends = {row.name: row for row in connection.execute(sa.select(audit_chain))}
    verdict = Verdict(first=ends[KEPT].entry + 1, head=ends[HEAD].hash)
    number, previous = ends[KEPT].entry, ends[KEPT].hash
    for row in every(connection, Wanted()):
        verdict.lines += 1
        if row.id != number + 1:
            verdict.broken_at(number + 1, _("The lines {first} to {last} are missing.", first=number + 1, last=row.id - 1))
        elif row.previous != previous:
            verdict.broken_at(row.id, _("Line {line} does not follow the line before it.", line=row.id))
        if hash_of(row._mapping) != row.hash:
            verdict.broken_at(row.id, _("Line {line} was changed after it was written.", line=row.id))
        number, previous = row.id, row.hash
    verdict.last = number
    if number < ends[HEAD].entry:
        verdict.broken_at(number + 1, _("The lines {first} to {last} are missing.", first=number + 1, last=ends[HEAD].entry))
    elif (number, previous) != (ends[HEAD].entry, ends[HEAD].hash):
        verdict.broken_at(number, _("The end of the log is not the one that was written last."))
    return verdict


# -- keeping --------------------------------------------------------------------------------------------------------------------
def keep_days(workspace: Workspace) -> int | None:
    """For how many days lines are kept; None means for ever."""
    text = workspace.setting(KEEP_DAYS)
    return int(text) if text.isdecimal() else None


def trim(workspace: Workspace) -> int:
    """Removes the lines whose time is over and keeps the hash of the last of them, so that the chain still shows what is missing."""
    with workspace.reading(SYSTEM) as act:
        days = keep_days(workspace)
        if days is None or _over(act.connection, act.now - timedelta(days=days)) is None:
            return 0
    with workspace.writing(SYSTEM) as act:
        _lock(act.connection)
        last = _over(act.connection, act.now - timedelta(days=days))
        if last is None:
            return 0
        _move(act.connection, KEPT, last.id, last.hash)
        removed = act.connection.execute(audit_log.delete().where(audit_log.c.id <= last.id)).rowcount
        note(act, "audit_trimmed", "audit", through=last.id, lines=removed, days=days)
    return removed


def _over(connection: sa.Connection, before: datetime) -> Any:
    """The last of the lines at the beginning that are all older than this."""
    fresh = connection.execute(sa.select(sa.func.min(audit_log.c.id)).where(audit_log.c.at >= clock.to_micros(before))).scalar()
    beginning = [] if fresh is None else [audit_log.c.id < fresh]
    return connection.execute(sa.select(audit_log).where(*beginning).order_by(audit_log.c.id.desc()).limit(1)).first()
