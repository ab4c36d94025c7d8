"""What somebody wants to hear of, and how: in the app, by e-mail at once, in one letter a day, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from runtime.errors import Problem, Refused
from runtime.people.may import require
from runtime.system.audit import note
from runtime.system.tables import notification_choice, notification_hours
from runtime.system.workspace import set_setting
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.people.person import Person
    from runtime.system.workspace import Act, Workspace

KINDS: dict[str, Message] = {
    "mention": _("Somebody mentions me in a comment"),
    "comment": _("A comment on a record that I follow"),
    "todo": _("Somebody gives me a to-do"),
    "tier": _("The tier of a record that I follow changes"),
    "appeal": _("Somebody answers my objection to a tier"),
    "change": _("Somebody else changes a record that I follow"),
    "automation": _("An automation stands still because its owner has left"),
    "ownership": _("A record is shared with me, I join its team, or it goes back to the pool"),
    "approval": _("Somebody waits for my decision, or a workflow of mine goes on"),
    "access": _("Somebody asks to be let in to a page"),
    "review": _("A review of a tier model asks me for something, or tells me what changes"),
}
NOW, DAILY, NEVER = "now", "daily", "never"
MAIL: dict[str, Message] = {NOW: _("at once"), DAILY: _("daily letter"), NEVER: _("no e-mail")}
USUAL_DIGEST = 8 * 60


@dataclass(frozen=True)
class Choice:
    app: bool = True
    mail: str = NEVER


USUAL = {
    "mention": Choice(mail=NOW),
    "comment": Choice(mail=DAILY),
    "todo": Choice(mail=NOW),
    "tier": Choice(mail=DAILY),
    "appeal": Choice(mail=NOW),
    "change": Choice(),
    "automation": Choice(mail=DAILY),
    "ownership": Choice(mail=DAILY),
    "approval": Choice(mail=NOW),
    "access": Choice(mail=NOW),
    "review": Choice(mail=NOW),
}


@dataclass(frozen=True)
class Wishes:
    """A person's choices. Minutes since midnight on their own clock; without quiet hours both are None."""

    kinds: Mapping[str, Choice] = field(default_factory=lambda: dict(USUAL))
    quiet_from: int | None = None
    quiet_until: int | None = None
    digest_at: int = USUAL_DIGEST

    def is_quiet(self, minute: int) -> bool:
        """Whether no letter is to be sent at this minute of the day; hours may go over midnight."""
        if self.quiet_from is None or self.quiet_until is None or self.quiet_from == self.quiet_until:
            return False
        if self.quiet_from < self.quiet_until:
            return self.quiet_from <= minute < self.quiet_until
        return minute >= self.quiet_from or minute < self.quiet_until


QUIET = "quiet_hours"
"""Setting of the workspace: quiet hours of everybody who has not chosen any, as minutes `FROM-UNTIL`; blank: none."""
Quiet = tuple[int | None, int | None]


def usual_quiet(workspace: Workspace) -> Quiet:
    first, dash, last = workspace.setting(QUIET).partition("-")
    return (int(first), int(last)) if dash else (None, None)


def set_usual_quiet(act: Act, quiet_from: str, quiet_until: str) -> None:
    """Quiet hours for all who have not chosen their own. Times like 22:00; both or neither. Raises Refused."""
    require(act.person, "administer")
    problems: list[Problem] = []
    times = {name: _minute(name, text, problems) for name, text in (("quiet_from", quiet_from), ("quiet_until", quiet_until))}
    _both_or_neither(times, problems)
    if problems:
        raise Refused(problems)
    first, last = times["quiet_from"], times["quiet_until"]
    text = "" if first is None else f"{first}-{last}"
    before = act.workspace.setting(QUIET)
    if text != before:
        set_setting(act.connection, QUIET, text)
        note(act, "setting_changed", QUIET, before=before, after=text)


def wishes_of(connection: sa.Connection, person: int, usual: Quiet = (None, None)) -> Wishes:
    """What a person has chosen; `usual`: the quiet hours of somebody who has not."""
    rows = connection.execute(sa.select(notification_choice).where(notification_choice.c.person == person))
    kinds = {**USUAL, **{row.kind: Choice(bool(row.app), row.mail) for row in rows if row.kind in KINDS}}
    hours = connection.execute(sa.select(notification_hours).where(notification_hours.c.person == person)).first()
    return Wishes(kinds, *usual) if hours is None else Wishes(kinds, hours.quiet_from, hours.quiet_until, hours.digest_at)


def choose(act: Act, given: Mapping[str, Choice], quiet_from: str, quiet_until: str, digest_at: str) -> None:
    """Keeps the choices of the person of the act. Times like 22:00; both quiet ones or neither."""
    problems: list[Problem] = []
    times = {
        name: _minute(name, text, problems)
        for name, text in (("quiet_from", quiet_from), ("quiet_until", quiet_until), ("digest_at", digest_at))
    }
    _both_or_neither(times, problems)
    problems += [Problem(kind, _("Choose one of the list.")) for kind, each in given.items() if kind not in KINDS or each.mail not in MAIL]
    if problems:
        raise Refused(problems)
    own = act.person.id
    act.connection.execute(notification_choice.delete().where(notification_choice.c.person == own))
    act.connection.execute(notification_hours.delete().where(notification_hours.c.person == own))
    if given:
        rows = [{"person": own, "kind": kind, "app": int(each.app), "mail": each.mail} for kind, each in given.items()]
        act.connection.execute(notification_choice.insert(), rows)
    hours = {**times, "digest_at": USUAL_DIGEST if times["digest_at"] is None else times["digest_at"]}
    act.connection.execute(notification_hours.insert().values(person=own, **hours))


def _both_or_neither(times: Mapping[str, int | None], problems: list[Problem]) -> None:
    if not problems and (times["quiet_from"] is None) != (times["quiet_until"] is None):
        name = "quiet_until" if times["quiet_until"] is None else "quiet_from"
        problems.append(Problem(name, _("Give both times of the quiet hours, or neither.")))


def _minute(name: str, text: str, problems: list[Problem]) -> int | None:
    if not text.strip():
        return None
    try:
        moment = datetime.strptime(text.strip(), "%H:%M")  # noqa: DTZ007 - a time of any day
    except ValueError:
        problems.append(Problem(name, _("Write a time like 22:00.")))
        return None
    return moment.hour * 60 + moment.minute


def clock_of(person: Person, house: ZoneInfo) -> ZoneInfo:
    """The zone by which this person lives."""
    return ZoneInfo(person.zone) if person.zone else house
