"""Signed links: each bound to one record, for some uses, until a day. Listed with whom they are for, and revoked one by one."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.people.may import may, refusal
from runtime.public import tickets
from runtime.public.links import Link
from runtime.public.settings import FILL
from runtime.public.tickets import Invitation
from runtime.records import query
from runtime.system import audit, clock
from runtime.system.tables import public_claim, public_invitation
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST_DAYS, MOST_USES, MOST_AT_ONCE = 365, 1_000, 20_000
DAY = 86_400 * 1_000_000
FORGOTTEN = 365 * DAY
"""How long after its time a signed link is still listed."""
PAGE = 50
OPEN, USED, OVER, VOID, REVOKED = "open", "used", "over", "void", "revoked"


def bound_form(act: Act, link: Link) -> str:
    """The form of the records to which signed links of this link are bound. Raises Refused where the link has no such field."""
    form = act.catalogue.forms.get(link.form)
    kind = form.field(link.settings.bound) if form is not None and link.settings.bound is not None and link.kind == FILL else None
    if kind is None or kind.type != "reference":
        raise Refused([Problem("bound", _("Choose the reference that a signed link fills in."))])
    return str(getattr(kind, "form"))


def one(act: Act, link: Link, record: int, days: int, uses: int) -> str:
    """The address for one record; the person must see it."""
    query.get(act, bound_form(act, link), record)
    _check(days, uses)
    audit.note(act, "public_link_signed", f"public_link:{link.id}", count=1, days=days, uses=uses)
    return _made(act, link, [record], days, uses)[0]


def many(act: Act, link: Link, filter: str, days: int, uses: int) -> list[tuple[int, str, str]]:
    """Record, title and address for each record of a filter; the person must be allowed to export them."""
    form = bound_form(act, link)
    if not may(act.person, "export", form):
        raise NotAllowed(refusal("export"))
    _check(days, uses)
    ids = query.ids(act, form, filter=filter or None, limit=MOST_AT_ONCE + 1)
    if len(ids) > MOST_AT_ONCE:
        raise Refused([Problem("filter", _("These are more than {most} records. Choose fewer at once.", most=MOST_AT_ONCE))])
    audit.note(act, "public_link_signed", f"public_link:{link.id}", count=len(ids), days=days, uses=uses, filter=filter)
    titles = _titles(act, form, ids)
    return [(record, titles.get(record, f"#{record}"), path) for record, path in zip(ids, _made(act, link, ids, days, uses), strict=True)]


def _titles(act: Act, form: str, ids: Iterable[int]) -> dict[int, str]:
    return {record: title for (_form, record), title in query.titles(act, {form: set(ids)}).items() if title}


def _made(act: Act, link: Link, records: list[int], days: int, uses: int) -> list[str]:
    """The addresses, one a record; that they were made is kept, they themselves are not."""
    until, begin = act.micros + days * DAY, act.take_ids("public_invitation", len(records))
    made = [Invitation(link.id, link.turn, record, until, uses, secrets.token_urlsafe(9)) for record in records]
    kept = {"link": link.id, "turn": link.turn, "uses": uses, "until": until, "at": act.micros, "person": act.person.id}
    rows = [{"id": begin + place, "number": each.number, "record": each.target, **kept} for place, each in enumerate(made)]
    if rows:
        act.connection.execute(public_invitation.delete().where(public_invitation.c.until < act.micros - FORGOTTEN))
        act.connection.execute(public_invitation.insert(), rows)
    return [f"{link.path}?_to={tickets.write_invitation(act.workspace, each)}" for each in made]


def _check(days: int, uses: int) -> None:
    if not (1 <= days <= MOST_DAYS and 1 <= uses <= MOST_USES):
        raise Refused([Problem("days", _("A signed link holds for 1 to 365 days and 1 to 1,000 uses."))])


# -- which there are ----------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Given:
    """A signed link that was made. `state`: open, used up, over (its time), void (the address or the password changed since) or revoked."""

    id: int
    record: int
    name: str
    at: datetime
    until: datetime
    uses: int
    used: int
    person: int
    state: str


def given(act: Act, link: Link, before: int | None = None, record: int | None = None, limit: int = PAGE) -> tuple[list[Given], int | None]:
    """The newest first, those made before number `before`; and what to go on with. Records that the person does not see have no name."""
    own = public_invitation.c
    where = [own.link == link.id]
    where += [own.id < before] if before is not None else []
    where += [own.record == record] if record is not None else []
    rows = act.connection.execute(sa.select(public_invitation).where(*where).order_by(own.id.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    names, used = _titles(act, bound_form(act, link), {each.record for each in shown}), _used(act, link, [each.number for each in shown])
    found = [
        Given(
            id=each.id,
            record=each.record,
            name=names.get(each.record, ""),
            at=clock.EPOCH + each.at * clock.MICROSECOND,
            until=clock.EPOCH + each.until * clock.MICROSECOND,
            uses=each.uses,
            used=used.get(each.number, 0),
            person=each.person,
            state=_state(act, link, each, used.get(each.number, 0)),
        )
        for each in shown
    ]
    return found, shown[-1].id if len(rows) > limit else None


def _state(act: Act, link: Link, row: sa.Row[tuple[int, ...]], used: int) -> str:
    if row.revoked_at is not None:
        return REVOKED
    if row.turn != link.turn:
        return VOID
    if used >= row.uses:
        return USED
    return OVER if act.micros >= row.until else OPEN


def _used(act: Act, link: Link, numbers: list[str]) -> dict[str, int]:
    own = public_claim.c
    where = (own.link == link.id, own.kind == "signed", own.digest.in_(numbers))
    return {
        digest: count for digest, count in act.connection.execute(sa.select(own.digest, sa.func.count()).where(*where).group_by(own.digest))
    }


def revoke(act: Act, link: Link, number: int, back: bool = False) -> None:
    """Makes one signed link void from now on, or takes that back. `link` has been read with `links.get`, so the person may."""
    own = public_invitation.c
    changed = act.connection.execute(
        public_invitation.update().where(own.id == number, own.link == link.id).values(revoked_at=None if back else act.micros)
    )
    if not changed.rowcount:
        raise NotFound(_("There is no such signed link."))
    audit.note(act, "public_link_unrevoked" if back else "public_link_revoked", f"public_link:{link.id}", signed=number)


def is_revoked(connection: sa.Connection, number: str) -> bool:
    own = public_invitation.c
    return connection.execute(sa.select(own.id).where(own.number == number, own.revoked_at.is_not(None))).first() is not None
