"""What happens when an automation is to run for a record for which it is running already: its mode.

`parallel`: both run. `single`: the second is skipped. `restart`: the older is stopped. `queued`: the second begins when the first has ended.
Under way is a run that has begun and has not ended, one that waits or is paused included. A run that is about no record counts per automation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.matching import stored
from runtime.system.tables import automation_run as table
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MODES = ("parallel", "single", "restart", "queued")
UNFINISHED = ("waiting", "running", "paused", "queued")


def is_turn_of(act: Act, row: sa.Row[Any]) -> bool:
    """Of mode queued: whether all older runs for the record have ended. Else the run is queued, and `release` takes it up."""
    _alone(act, row)
    older = sa.select(table.c.id).where(*_same(row), table.c.id < row.id, table.c.state.in_(UNFINISHED)).limit(1)
    if act.connection.execute(older).first() is None:
        return True
    why = _("An older run for the same record has not ended yet.")
    act.connection.execute(table.update().where(table.c.id == row.id).values(state="queued", reason=stored(why)))
    return False


def release(connection: sa.Connection, row: sa.Row[Any], now: int) -> None:
    """After a run has ended: the next that is queued for its record is due."""
    _alone_on(connection, row)
    queued = (*_same(row), table.c.state == "queued")
    first = connection.execute(sa.select(sa.func.min(table.c.id)).where(*queued)).scalar()
    if first is not None:
        connection.execute(table.update().where(table.c.id == first).values(state="waiting", reason=None, due_at=now))


def refusal(act: Act, row: sa.Row[Any], mode: str) -> tuple[str, Message] | None:
    """Of modes single and restart: the state and the reason with which the run ends instead of beginning. Under restart, older ones are stopped."""
    _alone(act, row)
    under_way = (*_same(row), table.c.id != row.id, table.c.state.in_(UNFINISHED), table.c.started_at.is_not(None))
    if mode == "single":
        if act.connection.execute(sa.select(table.c.id).where(*under_way).limit(1)).first() is None:
            return None
        return "skipped", _("The automation is running for this record already.")
    newer = (*_same(row), table.c.id > row.id, table.c.started_at.is_not(None))
    if act.connection.execute(sa.select(table.c.id).where(*newer).limit(1)).first() is not None:
        return "stopped", _("A newer run for the same record has taken its place.")
    ending = {"state": "stopped", "reason": stored(_("A newer run for the same record has taken its place.")), "finished_at": act.micros}
    older = sa.select(table).where(*under_way).with_for_update()
    for each in act.connection.execute(older).all():
        act.connection.execute(table.update().where(table.c.id == each.id).values(**ending, lease_by=None, lease_until=None, wakes=0))
        wake_parent(act.connection, each, act.micros)
    return None


def wake_parent(connection: sa.Connection, row: sa.Row[Any], now: int) -> None:
    """Takes up the run that waited for this one to end."""
    if row.parent is not None:
        waits = (table.c.id == row.parent, table.c.state.in_(("waiting", "running")), table.c.wakes == 1)
        connection.execute(table.update().where(*waits).values(due_at=now))


def release_forgotten(act: Act) -> int:
    """Queued runs in front of which nothing stands any more, after the mode was changed for one: they are due. Gives how many."""
    older = table.alias()
    blocked = sa.exists().where(
        older.c.automation == table.c.automation,
        sa.func.coalesce(older.c.record, 0) == sa.func.coalesce(table.c.record, 0),
        older.c.id < table.c.id,
        older.c.state.in_(UNFINISHED),
    )
    if act.connection.execute(sa.select(table.c.id).where(table.c.state == "queued").limit(1)).first() is None:
        return 0
    return act.connection.execute(
        table.update().where(table.c.state == "queued", ~blocked).values(state="waiting", reason=None, due_at=act.micros)
    ).rowcount


def _same(row: sa.Row[Any]) -> tuple[Any, ...]:
    """Runs of the same automation for the same record, the run itself among them."""
    form = table.c.form == row.form if row.form is not None else table.c.form.is_(None)
    return table.c.automation == row.automation, form, table.c.record == row.record if row.record is not None else table.c.record.is_(None)


def _alone(act: Act, row: sa.Row[Any]) -> None:
    _alone_on(act.connection, row)


def _alone_on(connection: sa.Connection, row: sa.Row[Any]) -> None:
    """Until the end of the transaction nobody else decides about runs of this automation for this record."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"run {row.automation}:{row.record}"))))
