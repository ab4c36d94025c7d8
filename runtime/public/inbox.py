"""Entries that were set aside: looked at, released as records, or deleted; both can be taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime import forms
from runtime.errors import NotFound, Problem, Refused
from runtime.people.person import Person
from runtime.public import links
from runtime.public.arriving import claim_anyway, count_in, let_in, once_value
from runtime.public.holding import HOLDER, sent
from runtime.public.links import Link
from runtime.public.principal import stranger
from runtime.records import gateway
from runtime.records.lookup import ActLookup
from runtime.system import audit
from runtime.system.tables import file_use, public_entry, public_link
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

WAITING, RELEASED, DELETED = "waiting", "released", "deleted"
KEPT = 30 * 86_400 * 1_000_000
"""Microseconds for which a deleted or released entry can be taken back."""


def entries(act: Act, link: Link, state: str = WAITING, limit: int = 200) -> list[Any]:
    """The newest first. `link` has been read with `links.get`, so the person may."""
    statement = sa.select(public_entry).where(public_entry.c.link == link.id, public_entry.c.state == state)
    return list(act.connection.execute(statement.order_by(public_entry.c.at.desc(), public_entry.c.id.desc()).limit(limit)))


def waiting(act: Act, ids: Iterable[int]) -> dict[int, int]:
    own = public_entry.c
    statement = sa.select(own.link, sa.func.count()).where(own.link.in_(list(ids)), own.state == WAITING).group_by(own.link)
    return {link: number for link, number in act.connection.execute(statement)}


def release(act: Act, link: Link, number: int) -> int:
    """Makes the record that the entry would have become, with the rights of the link. Raises Refused where it does not fit (any more)."""
    row = _entry(act, link, number, WAITING)
    raw = {key: value for key, value in json.loads(row.raw).items() if key in links.require_form(act, link.form).by_key}
    bound = {link.settings.bound: row.target} if row.target is not None and link.settings.bound is not None else {}
    with acting(act, stranger(act.catalogue, link, row.target)):
        lookup = ActLookup(act)
        lookup.files.update({("file", id): token for id, token in sent(act, link, raw).items()})
        values, wrong = forms.read(act.catalogue.forms[link.form], raw, lookup)
        if wrong:
            raise Refused(wrong)
        record = let_in(act, link, {**values, **bound}, lookup, row.target is not None)
        claim_anyway(act, link, row.device, once_value(act, link, values))
    count_in(act, link, at_most=False)
    links.count(act.connection, link.id, act.day, "entries")
    _settle(act, row, RELEASED, record)
    return record


def delete(act: Act, link: Link, number: int) -> None:
    _settle(act, _entry(act, link, number, WAITING), DELETED)
    old = (public_entry.c.state != WAITING, public_entry.c.done_at < act.micros - KEPT)
    act.connection.execute(public_entry.delete().where(public_entry.c.link == link.id, *old))


def undo(act: Act, link: Link, number: int) -> None:
    """Back into the inbox; a record that was made goes into the trash."""
    row = _entry(act, link, number, RELEASED, DELETED)
    if row.state == RELEASED:
        gateway.delete(act, link.form, row.record)
        act.connection.execute(public_link.update().where(public_link.c.id == link.id).values(taken=public_link.c.taken - 1))
    _settle(act, row, WAITING)


@contextmanager
def acting(act: Act, person: Person) -> Iterator[None]:
    """What is written within is written by the link, as if the entry had come in just now."""
    before, source = act.person, act.source
    act.act_for(person)
    act.source = "public_form"
    try:
        yield
    finally:
        act.act_for(before)
        act.source = source


def _entry(act: Act, link: Link, number: int, *states: str) -> Any:
    own = public_entry.c
    row = act.connection.execute(sa.select(public_entry).where(own.id == number, own.link == link.id).with_for_update()).first()
    if row is None:
        raise NotFound(_("This entry is not there any more."))
    if row.state not in states:
        raise Refused([Problem("", _("Somebody has dealt with this entry already. Reload the page."))])
    return row


def _settle(act: Act, row: Any, state: str, record: int | None = None) -> None:
    done = {"state": state, "record": record, "person": act.person.id, "done_at": act.micros if state != WAITING else None}
    act.connection.execute(public_entry.update().where(public_entry.c.id == row.id).values(**done))
    if state != WAITING:
        act.connection.execute(
            file_use.update().where(file_use.c.form == HOLDER, file_use.c.record == row.id).values(removed_at=act.micros)
        )
    else:
        act.connection.execute(file_use.update().where(file_use.c.form == HOLDER, file_use.c.record == row.id).values(removed_at=None))
    audit.note(act, f"public_entry_{state}", f"public_link:{row.link}", entry=row.id)
