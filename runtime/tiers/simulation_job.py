"""Simulations of everybody as long work: with progress and cancel, and with a result that can be asked for again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.tier_model import TierModel
from runtime.errors import NotFound
from runtime.system import jobs
from runtime.system.tables import job as table
from runtime.system.workspace import Act, Workspace
from runtime.texts import _
from runtime.tiers.quantiles import Cuts
from runtime.tiers.simulation import SAMPLE, simulate
from runtime.tiers.trial import check_day, load_model

if TYPE_CHECKING:
    from runtime.system.jobs import Job

KIND = "tier_simulation"
HOUR = 3_600_000_000


def register() -> None:
    """Makes simulations known as a kind of long work."""
    jobs.KINDS[KIND] = _do


def _do(workspace: Workspace, job: Job) -> dict[str, Any]:
    """The result of `Simulation.to_json`; that of a second draft stands in it under `compare`."""
    wanted, person = job.payload, job.person()
    day, sample = read_day(wanted.get("as_of")), wanted.get("sample")
    found, other = (
        None if body is None else simulate(workspace, person, load_model(body), day, sample, sample or SAMPLE, job).to_json()
        for body in (wanted["draft"], wanted.get("compare"))
    )
    assert found is not None
    return {**found, "compare": other}


def queue(
    act: Act, draft: dict[str, Any], as_of: date | None = None, sample: int | None = None, compare: dict[str, Any] | None = None
) -> int:
    """Queues a simulation of everybody, or of `sample` records; gives the job's id. Raises Refused for a day to come.

    Whoever asks for another one of the same model has no use for the earlier ones: they are cancelled; the same one is not queued twice.
    """
    day = check_day(act, as_of)
    payload = {"draft": draft, "compare": compare, "as_of": None if day is None else day.isoformat(), "sample": sample}
    subject = f"tier_model:{draft['key']}"
    mine = sa.and_(table.c.kind == KIND, table.c.subject == subject, table.c.person == act.person.id, table.c.state.in_(jobs.OPEN))
    for row in act.connection.execute(sa.select(table.c.id, table.c.payload).where(mine, table.c.cancel == 0)).all():
        if json.loads(row.payload) == payload:
            return row.id
        jobs.cancel(act.connection, row.id)
    return jobs.start(act, KIND, payload, subject=subject)


@dataclass(frozen=True)
class Found:
    """A simulation as it was asked for, and as far as it is."""

    id: int
    person: int
    state: str
    done: int
    total: int | None
    message: Any
    draft: TierModel
    compare: TierModel | None
    as_of: date | None
    result: dict[str, Any] | None

    @property
    def cuts(self) -> Cuts | None:
        """The cut points of a finished simulation."""
        return None if self.result is None else read_cuts(self.result["cuts"])


def find(act: Act, key: str, number: int) -> Found:
    """A simulation of a model by its number. Raises NotFound."""
    row = jobs.find(act.connection, number)
    wanted = json.loads(row.payload) if row.kind == KIND else {}
    if row.kind != KIND or wanted["draft"]["key"] != key:
        raise NotFound(_("There is no such simulation."))
    other = wanted.get("compare")
    return Found(
        row.id,
        row.person,
        row.state,
        row.done,
        row.total,
        json.loads(row.message) if row.message else None,
        load_model(wanted["draft"]),
        None if other is None else load_model(other),
        read_day(wanted.get("as_of")),
        json.loads(row.result) if row.state == "done" and row.result else None,
    )


def counted(act: Act, draft: dict[str, Any]) -> dict[str, Any] | None:
    """The newest count of everybody by exactly this draft as of today that was done within the last hour."""
    recent = sa.and_(table.c.kind == KIND, table.c.state == "done", table.c.finished_at > act.micros - HOUR)
    rows = sa.select(table.c.payload, table.c.result).where(recent, table.c.subject == f"tier_model:{draft.get('key')}")
    for row in act.connection.execute(rows.order_by(table.c.id.desc()).limit(20)):
        wanted, result = json.loads(row.payload), json.loads(row.result)
        if wanted["draft"] == draft and wanted["as_of"] is None and result["sampled"] == result["population"]:
            return result
    return None


def read_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def read_cuts(written: dict[str, list[int | None]]) -> Cuts:
    """Cut points as `Simulation.to_json` wrote them."""
    return Cuts({(int(part), int(place)): found for name, found in written.items() for part, place in [name.split("/")]})
