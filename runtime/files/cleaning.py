"""Throwing away what nobody needs: contents without a name, files that were sent and never used, and those let go of long ago."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.files.keeping import forget_unfinished, hold, place
from runtime.system import clock
from runtime.system.database import writing
from runtime.system.tables import file_use, stored_file

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace

NEVER_USED = timedelta(days=2)
LET_GO = timedelta(days=30)
AT_ONCE = 200
STRAY = 24 * 3600.0
"""Seconds a content may lie without a name: its transaction may still be under way."""


def clean_up(workspace: Workspace) -> int:
    """One round of the clock, in small portions; gives how many files went."""
    forget_unfinished(workspace)
    removed = 0
    while done := _forget_some(workspace):
        removed += done
    _remove_strays(workspace)
    return removed


def _forget_some(workspace: Workspace) -> int:
    """The content goes before the transaction ends, while nobody can take in the same one anew."""
    now = workspace.now()
    with writing(workspace.engine) as connection:
        hold(connection)
        rows = connection.execute(_unneeded(clock.to_micros(now - NEVER_USED), clock.to_micros(now - LET_GO))).all()
        ids = [row.id for row in rows]
        connection.execute(file_use.delete().where(file_use.c.file.in_(ids)))
        connection.execute(stored_file.delete().where(stored_file.c.id.in_(ids)))
        for hash in _unnamed(connection, {row.hash for row in rows}):
            place(workspace).remove(hash)
    return len(ids)


def _unneeded(sent_before: int, let_go_before: int) -> sa.Select:
    """Files that no field holds: never used and sent long ago, or let go of long ago by the last one."""
    use = file_use.c
    held = sa.exists().where(use.file == stored_file.c.id, sa.or_(use.removed_at.is_(None), use.removed_at >= let_go_before))
    return sa.select(stored_file.c.id, stored_file.c.hash).where(stored_file.c.at < sent_before, ~held).limit(AT_ONCE)


def _unnamed(connection: sa.Connection, hashes: set[str]) -> set[str]:
    named = connection.execute(sa.select(stored_file.c.hash).where(stored_file.c.hash.in_(sorted(hashes)))).scalars()
    return hashes - set(named)


def _remove_strays(workspace: Workspace) -> None:
    """Contents that were put in their place by a process that was killed before it could name them."""
    where = place(workspace)
    stray = sorted(where.old(STRAY))
    for start in range(0, len(stray), AT_ONCE):
        some = set(stray[start : start + AT_ONCE])
        with writing(workspace.engine) as connection:
            hold(connection)
            for hash in _unnamed(connection, some):
                where.remove(hash)
