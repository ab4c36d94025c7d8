"""What somebody has begun to fill in and put aside: seen by nobody else, on every device of theirs, no record of anything yet."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from runtime.errors import NotFound, Problem, Refused
from runtime.system import clock
from runtime.system.clock import to_micros
from runtime.system.tables import entry_draft
from runtime.system.workspace import Act
from runtime.texts import _

MOST = 50
LONGEST = 500_000
KEPT = timedelta(days=90)
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Draft:
    id: int
    form: str
    title: str
    at: datetime
    record: int | None = None
    """What is being changed; None: a new record."""


@dataclass(frozen=True)
class Changing:
    """A record that is being changed, as it was at a version."""

    record: int
    version: int | None


def save(act: Act, form: str, title: str, pairs: Pairs, draft: int | None = None, changing: Changing | None = None) -> int:
    """Puts an entry aside, in place of `draft` where that is one of theirs. Those that were not touched for 90 days go."""
    body = json.dumps(pairs, ensure_ascii=False)
    if len(body) > LONGEST:
        raise Refused([Problem("", _("This is too much for a draft. Save the record, or leave something out."))])
    own, now = entry_draft.c, to_micros(act.now)
    act.connection.execute(sa.delete(entry_draft).where(own.at < to_micros(act.now - KEPT)))
    record, version = (changing.record, changing.version) if changing is not None else (None, None)
    values = {"title": title[:200], "body": body, "at": now, "record": record, "version": version}
    if draft is not None:
        same = (*_mine(act, draft, form), own.record.is_not_distinct_from(record))
        if act.connection.execute(sa.update(entry_draft).where(*same).values(values)).rowcount:
            return draft
    if act.connection.execute(sa.select(sa.func.count()).where(own.person == act.person.id)).scalar_one() >= MOST:
        raise Refused([Problem("", _("You have {most} drafts already. Finish or delete some of them first.", most=MOST))])
    number = act.take_ids("entry_draft")
    act.connection.execute(sa.insert(entry_draft).values(id=number, person=act.person.id, form=form, **values))
    return number


def of_person(act: Act, form: str | None = None) -> list[Draft]:
    """Own drafts, the newest first."""
    own = entry_draft.c
    wanted = [own.person == act.person.id] + ([] if form is None else [own.form == form])
    kept = sa.select(own.id, own.form, own.title, own.at, own.record).where(*wanted).order_by(own.at.desc(), own.id.desc())
    rows = act.connection.execute(kept)
    return [Draft(row.id, row.form, row.title, instant, row.record) for row in rows if (instant := clock.from_micros(row.at)) is not None]


def read(act: Act, form: str, draft: int, record: int | None = None) -> tuple[Pairs, int | None]:
    """What was typed, and the version at which a record that is being changed was opened."""
    own = entry_draft.c
    where = (*_mine(act, draft, form), own.record.is_not_distinct_from(record))
    found = act.connection.execute(sa.select(own.body, own.version).where(*where)).first()
    if found is None:
        raise NotFound(_("There is no such draft. It may have been finished or deleted."))
    return [(name, text) for name, text in json.loads(found.body)], found.version


def delete(act: Act, form: str, draft: int) -> None:
    act.connection.execute(sa.delete(entry_draft).where(*_mine(act, draft, form)))


def _mine(act: Act, draft: int, form: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (entry_draft.c.id == draft, entry_draft.c.person == act.person.id, entry_draft.c.form == form)
