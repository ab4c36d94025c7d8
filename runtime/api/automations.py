"""Automations: what ran and why, and running again what failed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from runtime.api.records import instant
from runtime.api.route import Call, Param, Shape, page
from runtime.automation import log
from runtime.automation import runs as engine
from runtime.errors import NotFound
from runtime.people.may import require
from runtime.texts import _, shown

STATE = Param("state", {"type": "string", "enum": list(log.STATES)}, "Only runs in this state.")


class Step(Shape):
    path: str
    type: str
    state: str
    tries: int
    message: str | None
    started_at: str | None
    finished_at: str | None


class Run(Shape):
    """`reason` says why it did not end well, or not at all. `chain` names the automations that led to it, oldest first."""

    id: str
    automation: str
    version: int
    trigger: str
    source: str
    form: str | None
    record: str | None
    state: str
    reason: str | None
    tries: int
    chain: tuple[str, ...]
    created_at: str | None
    started_at: str | None
    due_at: str | None
    finished_at: str | None
    steps: tuple[Step, ...]


class Runs(Shape):
    """The newest first, without their steps."""

    items: tuple[Run, ...]
    next: int | None


def runs(call: Call, automation: str) -> dict[str, Any]:
    require(call.act.person, "build")
    if automation not in call.act.catalogue.automations:
        raise NotFound(_("There is no automation with the key {key}.", key=automation))
    found = log.runs(call.act, automation, call.query.get("state"), None, call.query.get("cursor"), call.query["limit"])
    return page([_run(call, each) for each in found.runs], found.next)


def one(call: Call, id: int) -> dict[str, Any]:
    return _run(call, log.run(call.act, id))


def retry(call: Call, id: int) -> dict[str, Any]:
    engine.retry(call.act, id)
    return _run(call, log.run(call.act, id))


def _run(call: Call, run: log.Run) -> dict[str, Any]:
    facts = {name: getattr(run, name) for name in ("automation", "version", "trigger", "source", "form", "state", "tries")}
    times = {name: _at(getattr(run, name)) for name in ("created_at", "started_at", "due_at", "finished_at")}
    return {
        "id": str(run.id),
        "record": None if run.record is None else str(run.record),
        "reason": _said(call, run.reason),
        "chain": list(run.chain),
        "steps": [_step(call, each) for each in run.steps],
        **facts,
        **times,
    }


def _step(call: Call, step: log.StepLine) -> dict[str, Any]:
    return {
        "path": step.path,
        "type": step.type,
        "state": step.state,
        "tries": step.tries,
        "message": _said(call, step.message),
        "started_at": _at(step.started_at),
        "finished_at": _at(step.finished_at),
    }


def _at(value: datetime | None) -> str | None:
    return None if value is None else instant(value)


def _said(call: Call, text: Any) -> str | None:
    return shown(text, call.language) if text else None
