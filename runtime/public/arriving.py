"""An entry that came by a public link: let in, set aside, or refused. All of it in one transaction, so that nothing is counted that is not kept."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.once import insert_once
from runtime.errors import NotFound, TierloomError
from runtime.public import links, tickets
from runtime.public.holding import hold_files
from runtime.public.inviting import is_revoked
from runtime.public.links import FULL, Link, closed_because
from runtime.public.tickets import Invitation, Ticket
from runtime.records import gateway, outbox
from runtime.records.lookup import ActLookup
from runtime.records.rows import read_record
from runtime.system.database import to_json
from runtime.system.secrets import derive
from runtime.system.tables import public_claim, public_entry, public_link
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST_WAITING = 500
"""Entries that may wait in the inbox of a link; what comes on top is counted and thrown away."""
MOST_LINKS = 3
ADDRESS = re.compile(r"https?://|www\.", re.I)
PAGES_KEPT = 2 * tickets.LASTS
SECOND = 1_000_000
REASONS: dict[str, Message] = {
    "trap": _("A field that people do not see was filled in."),
    "quick": _("It was sent sooner than a person can fill it in."),
    "links": _("The text has many links."),
}


class Closed(TierloomError):
    """Nobody can send any more, or this person not again. What they typed stays with them."""

    status = 409


@dataclass(frozen=True)
class Arrival:
    """What came beside the fields. `trap`: a field that people do not see was filled in."""

    ticket: Ticket
    device: str = ""
    trap: bool = False


@dataclass(frozen=True)
class Outcome:
    """`record`: None where the entry was set aside."""

    record: int | None
    reasons: list[str] = field(default_factory=list)


def receive(act: Act, link: Link, arrival: Arrival, raw: Mapping[str, Any], values: Mapping[str, Any]) -> Outcome:
    """Lets an entry in, or sets it aside. Raises Closed, or Refused with what is wrong with the values."""
    link = _locked(act, link)
    if (because := closed_because(act, link)) is not None:
        raise Closed(because)
    invitation = invitation_of(act, link, arrival.ticket.signed)
    _take_page(act, link, arrival.ticket)
    reasons = suspicions(act, link, arrival, raw)
    if reasons:
        _set_aside(act, link, arrival, raw, reasons, invitation)
        return Outcome(None, reasons)
    _take_turns(act, link, arrival, values, invitation)
    given = {**values, **bound(link, invitation)}
    record = let_in(act, link, given, ActLookup(act), invitation is not None)
    links.count(act.connection, link.id, act.day, "entries")
    return Outcome(record)


def let_in(act: Act, link: Link, values: Mapping[str, Any], lookup: ActLookup, signed: bool) -> int:
    """The record, by the one gateway, and the event that automations can follow."""
    saved = gateway.create(act, link.form, values, lookup)
    outbox.append(act, "form_submitted", link.form, saved.id, {"link": link.id, "signed": signed})
    return saved.id


def bound(link: Link, invitation: Invitation | None) -> dict[str, Any]:
    return {} if invitation is None or link.settings.bound is None else {link.settings.bound: invitation.target}


def _locked(act: Act, link: Link) -> Link:
    """The link as it is now; others who send by it wait until this transaction ends."""
    act.connection.execute(sa.select(public_link.c.id).where(public_link.c.id == link.id).with_for_update())
    found = links.by_token(act.connection, link.token, link.kind)
    if found is None:
        raise Closed(_("This page is not open at the moment."))
    return found


# -- signed links -------------------------------------------------------------------------------------------------------------------
def invitation_of(act: Act, link: Link, text: str) -> Invitation | None:
    """The signed link by which somebody comes. Raises Closed when it does not hold, or where there must be one."""
    if not text:
        if link.settings.signed_only:
            raise Closed(_("This page opens only by a personal link. Open the one that was sent to you."))
        return None
    found = tickets.read_invitation(act.workspace, text)
    if found is None or (found.link, found.turn) != (link.id, link.turn) or link.settings.bound is None:
        raise Closed(_("This personal link does not hold any more. Ask whoever sent it for another one."))
    if is_revoked(act.connection, found.number):
        raise Closed(_("This personal link does not hold any more. Ask whoever sent it for another one."))
    if act.micros >= found.until:
        raise Closed(_("The time of this personal link is over. Ask whoever sent it for another one."))
    if _uses(act, link, found) >= found.uses:
        raise Closed(_("This personal link has been used already. Thank you!"))
    kind = act.catalogue.forms[link.form].field(link.settings.bound)
    target = None if kind is None else read_record(act, getattr(kind, "form"), found.target)
    if target is None or target.deleted_at is not None:
        raise Closed(_("This personal link does not hold any more. Ask whoever sent it for another one."))
    return found


def _uses(act: Act, link: Link, invitation: Invitation) -> int:
    own = public_claim.c
    where = (own.link == link.id, own.kind == "signed", own.digest == invitation.number)
    return act.connection.execute(sa.select(sa.func.count()).select_from(public_claim).where(*where)).scalar_one()


# -- once and only once ---------------------------------------------------------------------------------------------------------------
def _take_page(act: Act, link: Link, ticket: Ticket) -> None:
    old = (public_claim.c.kind == "page", public_claim.c.at < act.micros - PAGES_KEPT)
    act.connection.execute(public_claim.delete().where(*old))
    if not _claim(act, link, "page", ticket.number):
        raise Closed(_("This page has been sent already. Nothing was saved twice."))


def _take_turns(act: Act, link: Link, arrival: Arrival, values: Mapping[str, Any], invitation: Invitation | None) -> None:
    settings = link.settings
    if invitation is not None:
        _claim(act, link, "signed", invitation.number, _uses(act, link, invitation))
    if settings.once_device:
        if not arrival.device:
            raise Closed(
                _("This form can be sent once from each device. Your browser has to accept cookies for that; then reload the page.")
            )
        if not _claim(act, link, "device", arrival.device):
            raise Closed(_("This device has sent the form already."))
    if (value := once_value(act, link, values)) is not None and not _claim(act, link, "value", value):
        raise Closed(once_refusal(act, link))
    if not count_in(act, link):
        raise Closed(FULL)


def once_refusal(act: Act, link: Link) -> Message:
    kind = act.catalogue.forms[link.form].by_key[link.settings.once_field or ""]
    return _("The form was already sent with this value of “{field}”.", field=kind.label)


def once_value(act: Act, link: Link, values: Mapping[str, Any]) -> str | None:
    """A keyed hash of the value that may come once, as its field keeps it."""
    key = link.settings.once_field
    value = values.get(key) if key is not None else None
    if value is None or value == "":
        return None
    text = str(act.catalogue.forms[link.form].by_key[str(key)].to_column(value))
    return hmac.new(derive(act.workspace.settings.secret_key, "public once"), f"{key}\n{text}".encode(), sha256).hexdigest()


def count_in(act: Act, link: Link, at_most: bool = True) -> bool:
    """One more entry; False where the quota is used up."""
    own = public_link.c
    room = [own.taken < link.settings.quota] if at_most and link.settings.quota is not None else []
    return bool(act.connection.execute(public_link.update().where(own.id == link.id, *room).values(taken=own.taken + 1)).rowcount)


def _claim(act: Act, link: Link, kind: str, digest: str, number: int = 0) -> bool:
    row = {"link": link.id, "kind": kind, "digest": digest, "number": number, "at": act.micros}
    return insert_once(act.connection, public_claim, row)


def was_claimed(act: Act, link: Link, kind: str, digest: str) -> bool:
    own = public_claim.c
    where = (own.link == link.id, own.kind == kind, own.digest == digest)
    return act.connection.execute(sa.select(own.number).where(*where)).first() is not None


def claim_anyway(act: Act, link: Link, device: str | None, value: str | None) -> None:
    """For an entry that was released: it counts, whatever came in the meantime."""
    for kind, digest in (("device", device), ("value", value)):
        if digest is not None and digest:
            _claim(act, link, kind, digest)


# -- suspicion --------------------------------------------------------------------------------------------------------------------------
def suspicions(act: Act, link: Link, arrival: Arrival, raw: Mapping[str, Any]) -> list[str]:
    found = ["trap"] if arrival.trap else []
    if act.micros - arrival.ticket.at < link.settings.seconds * SECOND:
        found.append("quick")
    if len(ADDRESS.findall(json.dumps(raw, ensure_ascii=False))) > MOST_LINKS:
        found.append("links")
    return found


def _set_aside(act: Act, link: Link, arrival: Arrival, raw: Mapping[str, Any], reasons: list[str], invitation: Invitation | None) -> None:
    links.count(act.connection, link.id, act.day, "spam")
    waiting = sa.select(sa.func.count()).where(public_entry.c.link == link.id, public_entry.c.state == "waiting")
    if act.connection.execute(waiting).scalar_one() >= MOST_WAITING:
        return
    number = act.take_ids("public_entry")
    act.connection.execute(
        public_entry.insert().values(
            id=number,
            link=link.id,
            state="waiting",
            at=act.micros,
            raw=to_json(dict(raw)),
            reasons=to_json(reasons),
            target=invitation.target if invitation is not None else None,
            device=arrival.device or None,
        )
    )
    hold_files(act, link, number, dict(raw))


def unknown() -> NotFound:
    return NotFound(_("This page does not exist, or its address was changed. Ask whoever gave you the address."))
