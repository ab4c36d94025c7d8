"""Long work as rows: it survives a closed page and a killed process, shows progress and can be cancelled."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import sqlalchemy as sa

from runtime.errors import DiskFull, NotFound, TierloomError
from runtime.people.organisation import read_person
from runtime.people.person import SYSTEM, Person
from runtime.system import clock, disk
from runtime.system.database import to_json, writing
from runtime.system.tables import job as table
from runtime.system.tables import person as person_table
from runtime.system.workspace import Act, Workspace
from runtime.texts import Message, _

log = logging.getLogger("tierloom.jobs")

KINDS: dict[str, Callable[[Workspace, Job], dict[str, Any] | None]] = {}
"""Kind of work → the function that does it; it may be started again after a crash and must go on where it stood."""

LEASE = 60_000_000
OPEN = ("waiting", "running")


class Cancelled(Exception):
    """Somebody asked to stop; what is committed stays."""


class Job:
    """One piece of long work while it runs."""

    def __init__(self, workspace: Workspace, row: sa.Row):
        self.workspace, self.id, self.kind, self.subject = workspace, row.id, row.kind, row.subject
        self.payload: dict[str, Any] = json.loads(row.payload)
        self.person_id, self.done, self.total = row.person, row.done, row.total
        self._said = 0.0

    def person(self) -> Person:
        with self.workspace.engine.connect() as connection:
            return person_of(connection, self.person_id)

    def progress(self, done: int, total: int | None = None, message: Message | None = None) -> None:
        """Tells how far it is (at most five times a second) and renews the lease; raises `Cancelled` when somebody asked to stop."""
        self.done, self.total = done, total if total is not None else self.total
        if message is None and time.monotonic() - self._said < 0.2:
            return
        self._said = time.monotonic()
        values: dict[str, Any] = {"done": done, "total": self.total, "lease_until": clock.to_micros(clock.now()) + LEASE}
        if message is not None:
            values["message"] = to_json({"zh": message.in_language("zh"), "en": message.in_language("en")})
        with writing(self.workspace.engine) as connection:
            cancel = connection.execute(table.update().where(table.c.id == self.id).values(**values).returning(table.c.cancel)).scalar()
        if cancel:
            raise Cancelled


def person_of(connection: sa.Connection, person_id: int) -> Person:
    """The person with this id, as jobs and automations need one; id 0 is the system itself."""
    if person_id == SYSTEM.id:
        return SYSTEM
    found = read_person(connection, person_table.c.id == person_id)
    if found is None:
        raise NotFound(_("This person does not exist any more."))
    return found


def start(act: Act, kind: str, payload: dict[str, Any], subject: str | None = None, total: int | None = None) -> int:
    """Queues work in the caller's transaction; a worker takes it up after the commit. Gives the job's id."""
    job_id = act.take_ids("job")
    act.connection.execute(
        table.insert().values(
            id=job_id,
            kind=kind,
            state="waiting",
            subject=subject,
            payload=to_json(payload),
            total=total,
            person=act.person.id,
            created_at=act.micros,
        )
    )
    return job_id


def find(connection: sa.Connection, job_id: int) -> sa.Row:
    row = connection.execute(sa.select(table).where(table.c.id == job_id)).first()
    if row is None:
        raise NotFound(_("There is no such job."))
    return row


def cancel(connection: sa.Connection, job_id: int) -> None:
    """Asks a job to stop; one that has not begun ends at once."""
    now = clock.to_micros(clock.now())
    connection.execute(
        table.update().where(table.c.id == job_id, table.c.state == "waiting").values(state="cancelled", finished_at=now, cancel=1)
    )
    connection.execute(table.update().where(table.c.id == job_id, table.c.state == "running").values(cancel=1))


def run_next(workspace: Workspace) -> bool:
    """Takes one waiting job, or one whose worker has died, and does it. False when there is none.

    Raises DiskFull when it has no room to go on; the job waits again.
    """
    row = _claim(workspace)
    if row is None:
        return False
    run(workspace, row)
    return True


def run(workspace: Workspace, row: sa.Row) -> None:
    job = Job(workspace, row)
    try:
        result = KINDS[row.kind](workspace, job) or {}
        _finish(job, "done", result)
    except Cancelled:
        _finish(job, "cancelled", {})
    except DiskFull as error:
        _put_back(job, error)
        raise
    except TierloomError as error:
        _finish(job, "failed", {}, error.message)
    except Exception as error:
        if disk.is_full(error):
            _put_back(job, DiskFull())
            raise DiskFull() from error
        number = uuid.uuid4().hex[:8]
        log.exception("job %s (%s) failed, number %s", job.id, job.kind, number)
        _finish(job, "failed", {}, _("Something went wrong on our side. Quote number {number} when you ask for help.", number=number))


def run_now(workspace: Workspace, job_id: int) -> sa.Row:
    """Does a job here and now, for commands and tests; gives the finished row."""
    with writing(workspace.engine) as connection:
        now = clock.to_micros(clock.now())
        row = connection.execute(
            table.update()
            .where(table.c.id == job_id, table.c.state == "waiting")
            .values(state="running", started_at=now, lease_until=now + LEASE)
            .returning(table)
        ).first()
    if row is not None:
        run(workspace, row)
    with workspace.engine.connect() as connection:
        return find(connection, job_id)


def _claim(workspace: Workspace) -> sa.Row | None:
    now = clock.to_micros(clock.now())
    free = sa.or_(table.c.state == "waiting", sa.and_(table.c.state == "running", table.c.lease_until < now))
    with workspace.engine.connect() as connection:
        waiting = connection.execute(sa.select(table.c.id).where(table.c.state.in_(OPEN), free).order_by(table.c.id).limit(1)).scalar()
    if waiting is None:
        return None
    with writing(workspace.engine) as connection:
        return connection.execute(
            table.update()
            .where(table.c.id == waiting, free)
            .values(state="running", started_at=now, lease_until=now + LEASE)
            .returning(table)
        ).first()


def _put_back(job: Job, why: DiskFull) -> None:
    """Lets a job wait again. Where even that cannot be written, its lease runs out and has the same effect."""
    message = to_json({"zh": why.message.in_language("zh"), "en": why.message.in_language("en")})
    with suppress(DiskFull), writing(job.workspace.engine) as connection:
        connection.execute(table.update().where(table.c.id == job.id).values(state="waiting", lease_until=None, message=message))


def _finish(job: Job, state: str, result: dict[str, Any], message: Message | None = None) -> None:
    values: dict[str, Any] = {
        "state": state,
        "result": to_json(result),
        "finished_at": clock.to_micros(clock.now()),
        "lease_until": None,
        "done": job.done,
        "total": job.total,
    }
    if message is not None:
        values["message"] = to_json({"zh": message.in_language("zh"), "en": message.in_language("en")})
    with writing(job.workspace.engine) as connection:
        connection.execute(table.update().where(table.c.id == job.id).values(**values))
    job.workspace.bell.set()
