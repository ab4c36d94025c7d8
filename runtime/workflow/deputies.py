"""Who stands in for whom, for a period: set by the person, or by those who administer for somebody who is absent already.

What is asked of the person in that time goes to the deputy, and both names stand in the log. Nobody stands in for somebody who stands in
for another: a task would wander on, or come back. It ends by itself after the last day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration import telling
from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.people.may import may
from runtime.system import audit, clock
from runtime.system.database import to_json
from runtime.system.tables import person as person_table
from runtime.system.tables import workflow_delegation as table
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LONGEST = 366
LONGEST_REASON = 500
TOLD = _("You stand in for {name} at approvals from {first} to {last}")
SET_FOR_YOU = _("{name} stands in for you at approvals from {first} to {last}")
ENDED = _("You do not stand in for {name} any more")
PAGE = "/me/deputies"


@dataclass(frozen=True)
class Deputy:
    """`workflows`: keys; None means all."""

    id: int
    person: int
    deputy: int
    first: date
    last: date
    workflows: tuple[str, ...] | None
    reason: str
    made_by: int | None


# -- reading ------------------------------------------------------------------------------------------------------------------------
def of_person(act: Act, person: int) -> list[Deputy]:
    """Who stands in for somebody now or later, the nearest first."""
    return _read(act, table.c.person == person)


def by_deputy(act: Act, person: int) -> list[Deputy]:
    """For whom somebody stands in, now or later."""
    return _read(act, table.c.deputy == person)


def everybody(act: Act) -> list[Deputy]:
    """All that are in force or will be; for those who administer."""
    if not may(act.person, "administer"):
        raise NotAllowed(_("Only those who administer see everybody's deputies."))
    return _read(act, sa.true())


def _read(act: Act, where: Any) -> list[Deputy]:
    own = table.c
    rows = act.connection.execute(
        sa.select(table).where(where, own.last_day >= act.day, own.ended_at.is_(None)).order_by(own.first_day, own.id)
    )
    return [_deputy(each) for each in rows]


def _deputy(row: Any) -> Deputy:
    workflows = None if row.workflows is None else tuple(json.loads(row.workflows))
    first, last = clock.from_day(row.first_day), clock.from_day(row.last_day)
    assert first is not None and last is not None
    return Deputy(row.id, row.person, row.deputy, first, last, workflows, row.reason or "", row.made_by)


# -- setting ------------------------------------------------------------------------------------------------------------------------
def add(act: Act, person: int, deputy: int, first: date, last: date, workflows: Iterable[str] | None = None, reason: str = "") -> int:
    """From the first to the last day, both included; `workflows` left out: all. Gives its number."""
    if person != act.person.id and not may(act.person, "administer"):
        raise NotAllowed(_("Only those who administer may name a deputy for somebody else."))
    chosen = None if workflows is None else tuple(dict.fromkeys(workflows))
    _lock(act, person, deputy)
    problems = [*_of_people(act, person, deputy), *_of_days(act, first, last), *_of_workflows(act, chosen)]
    if problems:
        raise Refused(problems)
    _no_chains(act, Deputy(0, person, deputy, first, last, chosen, "", None))
    number = act.take_ids("workflow_delegation")
    values = {
        "id": number,
        "person": person,
        "deputy": deputy,
        "first_day": clock.to_day(first),
        "last_day": clock.to_day(last),
        "workflows": None if chosen is None else to_json(list(chosen)),
        "at": act.micros,
        "reason": reason.replace("\x00", "").strip()[:LONGEST_REASON] or None,
        "made_by": act.person.id,
        "ended_at": None,
    }
    act.connection.execute(table.insert().values(**values))
    audit.note(act, "deputy_set", f"person:{person}", deputy=deputy, first=first.isoformat(), last=last.isoformat())
    _tell(act, deputy, TOLD, person, first, last, number, reason)
    _tell(act, person, SET_FOR_YOU, deputy, first, last, number, reason)
    return number


def end(act: Act, number: int) -> Deputy:
    """From now on the person is asked again. The person, the deputy and those who administer may."""
    own = table.c
    row = act.connection.execute(sa.select(table).where(own.id == number, own.ended_at.is_(None)).with_for_update()).first()
    if row is None or (act.person.id not in (row.person, row.deputy) and not may(act.person, "administer")):
        raise NotFound(_("There is no such deputy, or it has ended already."))
    values = {"ended_at": act.micros, "last_day": min(row.last_day, act.day - 1)}
    act.connection.execute(table.update().where(own.id == number).values(**values))
    audit.note(act, "deputy_ended", f"person:{row.person}", deputy=row.deputy)
    found = _deputy(row)
    _tell(act, row.deputy, ENDED, row.person, found.first, found.last, number, "")
    return found


def _tell(act: Act, to: int, subject: Message, name: int, first: date, last: date, number: int, reason: str) -> None:
    who = act.connection.execute(sa.select(person_table.c.name).where(person_table.c.id == name)).scalar() or ""
    words = Message(subject.text, {"name": who, "first": first.isoformat(), "last": last.isoformat()})
    telling.tell(act, "approval", [to], words, reason, None, f"deputy:{number}:{subject.text}", PAGE)


# -- what is refused ------------------------------------------------------------------------------------------------------------------
def _lock(act: Act, *people: int) -> None:
    """Two who name one another at the same moment come one after the other."""
    own = person_table.c
    act.connection.execute(sa.select(own.id).where(own.id.in_(people)).order_by(own.id).with_for_update()).all()


def _of_people(act: Act, person: int, deputy: int) -> Iterable[Problem]:
    own = person_table.c
    here = set(act.connection.execute(sa.select(own.id).where(own.id.in_((person, deputy)), own.active == 1)).scalars())
    if person not in here:
        yield Problem("person", _("Choose somebody who works here."))
    if deputy not in here:
        yield Problem("deputy", _("Choose somebody who works here."))
    elif deputy == person:
        yield Problem("deputy", _("Choose somebody else: nobody stands in for themselves."))


def _of_days(act: Act, first: date, last: date) -> Iterable[Problem]:
    if last < first:
        yield Problem("last", _("The last day lies before the first."))
    elif last < act.today:
        yield Problem("last", _("The last day has passed already."))
    elif last - first > timedelta(days=LONGEST):
        yield Problem("last", _("A deputy is named for a year at most."))


def _of_workflows(act: Act, chosen: tuple[str, ...] | None) -> Iterable[Problem]:
    if chosen is not None and not chosen:
        yield Problem("workflows", _("Choose at least one workflow, or all."))
    for each in chosen or ():
        if each not in act.catalogue.workflows:
            yield Problem("workflows", _("There is no workflow with the key {key}.", key=each))


def _no_chains(act: Act, wanted: Deputy) -> None:
    """Refused where somebody else stands in already, where the deputy is away then too, and where the person stands in for another."""
    people = (wanted.person, wanted.deputy)
    for each in _read(act, sa.or_(table.c.person.in_(people), table.c.deputy == wanted.person)):
        if not _meet(each, wanted):
            continue
        if each.person == wanted.person:
            raise Refused([Problem("first", _("Somebody stands in then already, until {day}. End that first.", day=each.last.isoformat()))])
        if each.person == wanted.deputy:
            raise Refused(
                [Problem("deputy", _("This person is away then too, until {day}. Choose somebody else.", day=each.last.isoformat()))]
            )
        raise Refused(
            [
                Problem(
                    "deputy",
                    _(
                        "Somebody has named you, or the person who is away, as deputy until {day}. End that first.",
                        day=each.last.isoformat(),
                    ),
                )
            ]
        )


def _meet(one: Deputy, other: Deputy) -> bool:
    days = one.first <= other.last and other.first <= one.last
    return days and (one.workflows is None or other.workflows is None or bool(set(one.workflows) & set(other.workflows)))
