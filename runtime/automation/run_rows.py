"""The rows of runs and their steps: how they are changed while a run goes on."""
from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.matching import stored
from runtime.system.database import to_json
from runtime.system.tables import automation_run, automation_step
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

log = logging.getLogger("tierloom.automation")


def change(connection: sa.Connection, row: sa.Row[Any], **values: Any) -> None:
    connection.execute(automation_run.update().where(automation_run.c.id == row.id).values(**values))


def finish(act: Act, row: sa.Row[Any], state: str, reason: Message | None) -> None:
    change(
        act.connection,
        row,
        state=state,
        reason=None if reason is None else stored(reason),
        finished_at=act.micros,
        lease_until=None,
        lease_by=None,
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
) -> None:
    """The step's line in the run log, new or brought up to date."""
    values: dict[str, Any] = {
        "state": state,
        "tries": tries,
        "message": None if message is None else stored(message),
        "finished_at": None if state == "started" else act.micros,
    }
    if result is not None:
        values["result"] = to_json(result)
    same = (automation_step.c.run == row.id, automation_step.c.path == path)
    if not act.connection.execute(automation_step.update().where(*same).values(**values)).rowcount:
        number = act.take_ids("automation_step")
        line = {"id": number, "run": row.id, "path": path, "type": kind, "started_at": act.micros, **values}
        act.connection.execute(automation_step.insert().values(**line))


def logged(run_id: int) -> Message:
    number = uuid.uuid4().hex[:8]
    log.exception("run %s was broken off, number %s", run_id, number)
    return _("Something went wrong on our side. Quote number {number} when you ask for help.", number=number)
