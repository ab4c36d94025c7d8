"""Notifications by e-mail: at once, or one letter a day at the hour that the person has chosen. Made by the clock, sent by a worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation import mail
from runtime.automation.once import insert_once
from runtime.collaboration import choices, telling
from runtime.people.person import SYSTEM, Person
from runtime.system import clock, jobs
from runtime.system.sets import among
from runtime.system.tables import mail_digest, notification
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

JOB = "notice_letter"
MOST = 100
OFFERS: list[Callable[[Act, Person, Any], Message | None]] = []
"""What a letter can say besides about a notification: links by which something is done at once."""
LASTS = timedelta(days=7)
"""What waited longer, because no mail server was there, is not sent any more."""


AFTERTHOUGHT = 15 * 1_000_000
"""Microseconds for which a letter about an approval waits: until then the decision that it tells of may still be taken back."""


def make_due(workspace: Workspace) -> int:
    """Makes the letters whose time has come; gives how many. May be called at any time, any number of times, by any number of processes."""
    with workspace.reading(SYSTEM, "schedule") as act:
        waiting = sa.select(notification.c.person, notification.c.mail).where(notification.c.mail.is_not(None)).distinct()
        people = list(act.connection.execute(waiting.order_by(notification.c.person)))
    return sum(_make(workspace, person, how) for person, how in people)


def _make(workspace: Workspace, number: int, how: str) -> bool:
    with workspace.writing(SYSTEM, "schedule") as act:
        someone = telling.person_in(act, number)
        if someone is None:
            _waiting(act, number, how)
            return False
        local = act.now.astimezone(choices.clock_of(someone, act.zone))
        wishes = choices.wishes_of(act.connection, number, choices.usual_quiet(act.workspace))
        minute = local.hour * 60 + local.minute
        if wishes.is_quiet(minute):
            return False
        day = clock.to_day(local.date())
        if how == choices.DAILY:
            if minute < wishes.digest_at or not insert_once(act.connection, mail_digest, {"person": number, "day": day, "at": act.micros}):
                return False
        ids = _waiting(act, number, how)
        if ids:
            jobs.start(act, JOB, {"person": number, "how": how, "notifications": ids, "day": day})
        return bool(ids)


def _waiting(act: Act, person: int, how: str) -> list[int]:
    """Takes what waits for a letter of this sort: nobody else takes it too."""
    own = notification.c
    settled = sa.or_(own.kind != "approval", own.at <= act.micros - AFTERTHOUGHT)
    taken = notification.update().where(own.person == person, own.mail == how, settled).values(mail=None).returning(own.id, own.at)
    oldest = act.micros - LASTS // clock.MICROSECOND
    return sorted(row.id for row in act.connection.execute(taken) if row.at >= oldest)


# -- sending ------------------------------------------------------------------------------------------------------------------------
def send(workspace: Workspace, job: jobs.Job) -> dict[str, Any]:
    """One letter with all of it. What the person has read in the meantime, or may not see any more, is left out."""
    with workspace.reading(SYSTEM) as act:
        someone = telling.person_in(act, job.payload["person"])
        rows = [] if someone is None else _still(act, someone, job.payload["notifications"])
        besides = {row.id: said for row in rows[:MOST] if someone is not None and (said := _besides(act, someone, row))}
    if not rows or someone is None:
        return {"lines": 0}
    language = someone.language or workspace.language
    subject = (
        rows[0].subject
        if len(rows) == 1
        else _("{n} notifications from {workspace}", n=len(rows), workspace=workspace.name).in_language(language)
    )
    end = _("Choose what you want to hear of: {link}", link=workspace.settings.base_url + "/notifications/settings").in_language(language)
    more = [_("And {n} more.", n=len(rows) - MOST).in_language(language)] if len(rows) > MOST else []
    body = "\n\n".join([*(_paragraph(workspace, row, besides.get(row.id)) for row in rows[:MOST]), *more, "--\n" + end])
    mail.send(workspace.settings, someone.email, subject, body, f"notice:{someone.id}:{job.payload['how']}:{job.id}")
    return {"lines": len(rows)}


def _still(act: Act, someone: Person, ids: list[int]) -> list[Any]:
    own = notification.c
    rows = act.connection.execute(sa.select(notification).where(own.person == someone.id, among(own.id, ids)).order_by(own.id))
    fresh = [row for row in rows if row.read_at is None or row.hidden]
    return [row for row in fresh if row.form is None or telling.sees(act, someone, row.form, row.record)]


def _besides(act: Act, someone: Person, row: Any) -> str:
    """What else can be done about it right from the letter, in the person's language."""
    said = [found for offer in OFFERS if (found := offer(act, someone, row)) is not None]
    return "\n".join(each.in_language(someone.language or act.workspace.language) for each in said)


def _paragraph(workspace: Workspace, row: Any, besides: str | None = None) -> str:
    link = workspace.settings.base_url + row.link if row.link else ""
    return "\n".join(part for part in (row.subject, row.body, link, besides) if part)
