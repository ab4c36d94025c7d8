"""Sharing one record: somebody sees or changes it as well, until a day or for good, and never more of it than whoever shares it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration import telling
from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.ownership import whom
from runtime.people.may import may, require
from runtime.people.rights import EDIT, LEVELS, VIEW, level_in
from runtime.records import query
from runtime.system import clock
from runtime.system.audit import note
from runtime.system.database import to_json
from runtime.system.tables import record_share, share_grant
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

WORDS = {level: word for word, level in LEVELS.items()}


@dataclass(frozen=True)
class Shared:
    """With whom a record is shared; `until` is the last day, None for good; `by` shared it."""

    id: int
    who: str
    may: str
    until: date | None
    by: int
    at: int


def share(act: Act, form: str, record: int, who: str, level: str = "view", until: date | None = None) -> int:
    """Lets somebody see (`view`) or change (`edit`) a record. Sharing it again with the same takes the place of what was before."""
    query.get(act, form, record)
    require(act.person, "share", form, record)
    if level not in ("view", "edit"):
        raise Refused([Problem("may", _("Choose whether they see the record or change it."))])
    if level == "edit":
        require(act.person, "edit", form, record)
    if until is not None and until < act.today:
        raise Refused([Problem("until", _("This day is over. Choose a later one, or leave it empty."))])
    who = whom.checked(act, who)
    if who == f"user:{act.person.id}":
        raise Refused([Problem("who", _("You have this record already. Choose somebody else."))])
    _take_away(act, form, record, who)
    number = _grant(act, form, who, level, to_json(_fields(act, form, record, level)))
    day = None if until is None else clock.to_day(until)
    act.connection.execute(record_share.insert().values(share=number, record=record, until=day, by=act.person.id, at=act.micros))
    _forget(act)
    note(act, "record_shared", f"record:{form}:{record}", who=who, may=level, until=None if until is None else until.isoformat())
    if who.startswith("user:"):
        subject = _("{who} shares {record} with you", who=act.person.name, record=telling.title_of(act, form, record))
        cause = f"share:{number}:{record}:{act.micros}"
        telling.tell(act, "ownership", [int(who.removeprefix("user:"))], subject, "", (form, record), cause)
    return number


def revoke(act: Act, form: str, record: int, number: int) -> None:
    """By those who may share the record, and by whoever shared it."""
    row = act.connection.execute(_of_record(form, record).where(record_share.c.share == number)).first()
    if row is None:
        raise NotFound(_("This record is not shared so any more."))
    if row.by != act.person.id and not may(act.person, "share", form, record):
        raise NotAllowed(_("Only whoever shared it, or may share it, can take it back."))
    _take_away(act, form, record, row.who)
    _forget(act)
    note(act, "record_unshared", f"record:{form}:{record}", who=row.who)


def shared_with(act: Act, form: str, record: int) -> list[Shared]:
    """With whom it is shared today, the newest first. For those who see the record."""
    query.get(act, form, record, deleted=True)
    today = sa.or_(record_share.c.until.is_(None), record_share.c.until >= act.day)
    rows = act.connection.execute(_of_record(form, record).where(today).order_by(record_share.c.at.desc(), record_share.c.share.desc()))
    return [Shared(row.share, row.who, row.may, clock.from_day(row.until), row.by, row.at) for row in rows]


def clean_up(act: Act) -> int:
    """Removes what is over, and grants that no record is left for; gives how many shares went."""
    gone = act.connection.execute(record_share.delete().where(record_share.c.until < act.day)).rowcount
    act.connection.execute(share_grant.delete().where(share_grant.c.id.not_in(sa.select(record_share.c.share))))
    return gone


# -- pieces -----------------------------------------------------------------------------------------------------------------------------
def _fields(act: Act, form: str, record: int, level: str) -> dict[str, str]:
    """What the sharer sees of each field, by the sets that let them share; a builder also of fields that are added later."""
    rights = act.person.rights
    if rights is None:
        return {"*": level}
    held = rights.held(form, record)
    sharing = [each for each in rights.viewing(form) if "share" in each.actions]
    editing = [each for each in sharing if "edit" in each.actions]
    found = {"*": "hidden"}
    for key in act.catalogue.forms[form].by_key:
        most = min(level_in(sharing, key, held), VIEW)
        if level == "edit" and level_in(editing, key, held) == EDIT:
            most = EDIT
        found[key] = WORDS[most]
    return found


def _grant(act: Act, form: str, who: str, level: str, fields: str) -> int:
    own = share_grant.c
    same = sa.select(own.id).where(own.form == form, own.who == who, own.may == level, own.fields == fields)
    found = act.connection.execute(same.order_by(own.id).limit(1).with_for_update()).scalar()
    if found is None:
        found = act.take_ids("share_grant")
        act.connection.execute(share_grant.insert().values(id=found, form=form, who=who, may=level, fields=fields))
    return found


def _take_away(act: Act, form: str, record: int, who: str) -> None:
    own = share_grant.c
    grants = list(act.connection.execute(sa.select(own.id).where(own.form == form, own.who == who).with_for_update()).scalars())
    act.connection.execute(record_share.delete().where(record_share.c.record == record, record_share.c.share.in_(grants)))
    left = set(act.connection.execute(sa.select(record_share.c.share).where(record_share.c.share.in_(grants)).distinct()).scalars())
    act.connection.execute(share_grant.delete().where(own.id.in_([each for each in grants if each not in left])))


def _of_record(form: str, record: int) -> sa.Select[Any]:
    joined = record_share.join(share_grant, share_grant.c.id == record_share.c.share)
    columns = (record_share.c.share, record_share.c.until, record_share.c.by, record_share.c.at, share_grant.c.who, share_grant.c.may)
    return sa.select(*columns).select_from(joined).where(record_share.c.record == record, share_grant.c.form == form)


def _forget(act: Act) -> None:
    if act.person.rights is not None:
        act.person.rights.forget()
