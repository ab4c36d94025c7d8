"""Which records have been merged into which: asked wherever somebody comes to one that is not there any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.system.sets import among
from runtime.system.tables import record_merge as table

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST = 200
"""Merges into one record that its page looks at."""


def merge_of(act: Act, form: str, other: int) -> sa.Row[Any] | None:
    """The merge by which a record went into another, as long as it is in force."""
    mine = (table.c.form == form, table.c.other == other, table.c.undone_at.is_(None))
    return act.connection.execute(sa.select(table).where(*mine).order_by(table.c.id.desc()).limit(1)).first()


def merges_of(act: Act, form: str, others: Iterable[int]) -> dict[int, sa.Row[Any]]:
    """The same for many records at once; those that were never merged are left out."""
    mine = (table.c.form == form, among(table.c.other, list(others)), table.c.undone_at.is_(None))
    return {row.other: row for row in act.connection.execute(sa.select(table).where(*mine).order_by(table.c.id))}


def survivor_of(act: Act, form: str, record: int) -> int | None:
    """The record into which one was merged in the end, itself merged on or not; None for one that never was."""
    found, seen = None, {record}
    while (row := merge_of(act, form, record)) is not None and row.keep not in seen:
        found = record = row.keep
        seen.add(record)
    return found


def taken_over(act: Act, form: str, keep: int) -> list[sa.Row[Any]]:
    """The merges by which others went into a record, the newest first, those that were taken back among them."""
    mine = (table.c.form == form, table.c.keep == keep)
    return list(act.connection.execute(sa.select(table).where(*mine).order_by(table.c.id.desc()).limit(MOST)))
