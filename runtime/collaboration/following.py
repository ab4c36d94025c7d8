"""Who follows a record: whoever wants to, and by themselves its author, its owner and those who comment on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.once import insert_all_once, insert_once
from runtime.records import query
from runtime.system.tables import record_follow as table

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def follow(act: Act, form: str, record: int) -> None:
    """The person of the act follows a record that they may see."""
    query.get(act, form, record)
    _set(act, form, record, 1)


def unfollow(act: Act, form: str, record: int) -> None:
    """And follows it no more, not even as its author or owner."""
    query.get(act, form, record)
    _set(act, form, record, 0)


def follows_by_itself(act: Act, form: str, record: int, person: int) -> None:
    """Somebody follows a record from here on, unless they once said that they do not want to."""
    follow_by_themselves(act, form, [(record, person)])


def follow_by_themselves(act: Act, form: str, pairs: Iterable[tuple[int, int]]) -> None:
    """The same for many: of each pair of record and person."""
    rows = [{"form": form, "record": record, "person": person, "at": act.micros, "follows": 1} for record, person in pairs if person > 0]
    insert_all_once(act.connection, table, rows)


def follows(act: Act, form: str, record: int, person: int) -> bool:
    return person in followers(act, form, record)


def followers(act: Act, form: str, record: int) -> list[int]:
    wanted = sa.select(table.c.person).where(table.c.form == form, table.c.record == record, table.c.follows == 1)
    return list(act.connection.execute(wanted.order_by(table.c.at, table.c.person)).scalars())


def _set(act: Act, form: str, record: int, follows: int) -> None:
    mine: Any = (table.c.form == form, table.c.record == record, table.c.person == act.person.id)
    row = {"form": form, "record": record, "person": act.person.id, "at": act.micros, "follows": follows}
    if not insert_once(act.connection, table, row):
        act.connection.execute(table.update().where(*mine).values(follows=follows))
