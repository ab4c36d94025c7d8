"""Long work: how far it is, and stopping it. Everybody sees their own; builders see all."""

from __future__ import annotations

import json
from typing import Any, Literal

from runtime.api.records import instant
from runtime.api.route import Call, Shape
from runtime.errors import NotFound
from runtime.people.may import may
from runtime.system import clock, jobs
from runtime.texts import _, shown


class Job(Shape):
    """`done` of `total` pieces; `result` when it is done, `message` what it says meanwhile or why it failed."""

    id: str
    kind: str
    subject: str | None
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    done: int
    total: int | None
    message: str | None
    result: dict[str, Any] | None
    created_at: str
    started_at: str | None
    finished_at: str | None


def one(call: Call, id: int) -> dict[str, Any]:
    row = jobs.find(call.act.connection, id)
    if row.person != call.act.person.id and not may(call.act.person, "build"):
        raise NotFound(_("There is no such job."))
    times = {name: clock.from_micros(getattr(row, name)) for name in ("created_at", "started_at", "finished_at")}
    return {
        "id": str(row.id),
        "kind": row.kind,
        "subject": row.subject,
        "state": row.state,
        "done": row.done,
        "total": row.total,
        "message": shown(json.loads(row.message), call.language) if row.message else None,
        "result": json.loads(row.result) if row.result else None,
        **{name: None if at is None else instant(at) for name, at in times.items()},
    }


def cancel(call: Call, id: int) -> dict[str, Any]:
    """Asks a job to stop; one that has not begun ends at once. What has ended stays as it is."""
    one(call, id)
    jobs.cancel(call.act.connection, id)
    return one(call, id)
