"""The rows of runs and their steps: how they are changed while a run goes on."""

from __future__ import annotations

import logging
import uuid
from collections import namedtuple
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation import modes
from runtime.automation.lanes import inward
from runtime.automation.matching import stored
from runtime.system.database import to_json
from runtime.system.prepared import prepared
from runtime.system.tables import automation_run, automation_step
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

log = logging.getLogger("tierloom.automation")

Claimed: Any = namedtuple("Claimed", [each.name for each in automation_run.columns])  # type: ignore[misc]
"""A run's row as a worker takes it up: what SQLAlchemy makes of a row costs more than the question."""
OPEN = ("waiting", "running")
ENDED_FOR_WORKFLOW: list[Callable[[Act], None]] = []
"""What looks after the workflow that has set off a run, once its end is stored."""
UNFINISHED = (*OPEN, "paused", "queued")
_ENDING = {"state", "reason", "finished_at", "step", "started_at"}
_END = (
    automation_run.update()
    .where(automation_run.c.id == sa.bindparam("of"))
    .values({**{name: sa.bindparam(name) for name in sorted(_ENDING)}, "lease_until": None, "lease_by": None, "wakes": 0})
)
_COLUMNS = ("id", "run", "path", "type", "state", "tries", "result", "message", "started_at", "finished_at")
_LINE = sa.insert(automation_step).values({name: sa.bindparam(name) for name in _COLUMNS})


def change(connection: sa.Connection, row: sa.Row[Any], **values: Any) -> None:
    connection.execute(automation_run.update().where(automation_run.c.id == row.id).values(**values))


def finish(act: Act, row: sa.Row[Any], state: str, reason: Message | None, **more: Any) -> None:
    """Ends a run; what waits for its end is taken up."""
    ending = {"state": state, "reason": None if reason is None else stored(reason), "finished_at": act.micros, **more}
    if ending.keys() == _ENDING:
        prepared(act.catalogue.memo, "automation.end", act.connection.dialect, lambda: _END).run(act.connection, {"of": row.id, **ending})
    else:
        change(act.connection, row, lease_until=None, lease_by=None, wakes=0, **ending)
    modes.wake_parent(act.connection, row, act.micros)
    if row.cause_key.startswith("workflow:"):
        for look_after in ENDED_FOR_WORKFLOW:
            look_after(act)
    current = act.catalogue.automations.get(row.automation)
    if current is not None and current.mode == "queued":
        modes.release(act.connection, row, act.micros)


def put_off(connection: sa.Connection, row: sa.Row[Any], until: int, reason: Message | None, wakes: bool = False) -> None:
    """A run that waits holds nothing but its row."""
    change(
        connection,
        row,
        state="waiting",
        due_at=until,
        reason=None if reason is None else stored(reason),
        wakes=int(wakes),
        lane=inward(row.lane),
        lease_by=None,
        lease_until=None,
        tries=0,
    )


def note(
    act: Act,
    row: sa.Row[Any],
    path: str,
    kind: str,
    state: str,
    result: dict[str, Any] | None = None,
    message: Message | None = None,
    tries: int = 1,
    new: bool = False,
) -> None:
    """The step's line in the run log, new or brought up to date; `new`: it is known that there is none."""
    values: dict[str, Any] = {
        "state": state,
        "tries": tries,
        "message": None if message is None else stored(message),
        "finished_at": None if state in ("started", "waiting") else act.micros,
    }
    if result is not None:
        values["result"] = to_json(result)
    if new or not _changed(act.connection, row, path, values):
        number = act.take_ids("automation_step")
        line = {"id": number, "run": row.id, "path": path, "type": kind, "started_at": act.micros, "result": None, **values}
        prepared(act.catalogue.memo, "automation.line", act.connection.dialect, lambda: _LINE).run(act.connection, line)


def _changed(connection: sa.Connection, row: sa.Row[Any], path: str, values: dict[str, Any]) -> int:
    same = (automation_step.c.run == row.id, automation_step.c.path == path)
    return connection.execute(automation_step.update().where(*same).values(**values)).rowcount


@contextmanager
def savepoint(connection: sa.Connection) -> Iterator[None]:
    """What is done within is taken back when an exception passes. As `begin_nested`, without the statements that this builds each time."""
    cursor = connection.connection.cursor()
    cursor.execute("SAVEPOINT step")
    try:
        yield
    except BaseException as error:
        try:
            cursor.execute("ROLLBACK TO SAVEPOINT step")
            cursor.execute("RELEASE SAVEPOINT step")
        except Exception:
            raise error from None  # a full disk or a lost connection has taken the whole transaction with it: that is what went wrong
        raise
    cursor.execute("RELEASE SAVEPOINT step")


def logged(run_id: int) -> Message:
    number = uuid.uuid4().hex[:8]
    log.exception("run %s was broken off, number %s", run_id, number)
    return _("Something went wrong on our side. Quote number {number} when you ask for help.", number=number)
