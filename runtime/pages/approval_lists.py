"""What narrows the lists of approvals, and what an open page of theirs asks now and then: how many wait, and whether its run has moved on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from runtime.pages.record_flows import STATUS
from runtime.pages.shell import apps_of
from runtime.pages.web import reader, reading, signed_in
from runtime.system.tables import workflow_run, workflow_task
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.workflow import boxes

blueprint = Blueprint("approval_lists", __name__)


@dataclass(frozen=True)
class Narrowing:
    """By workflow, by what became of it, and only what is overdue. What waits for somebody is always under way."""

    workflow: str | None = None
    status: str | None = None
    overdue: bool = False

    @classmethod
    def of_request(cls, act: Act, box: str) -> Narrowing:
        workflow, status = request.args.get("workflow"), request.args.get("status")
        return cls(
            workflow if workflow in act.catalogue.workflows else None,
            status if status in STATUS and box != "todo" else None,
            box == "todo" and request.args.get("overdue") == "1",
        )

    def rows(self, act: Act, box: str, before: int | None) -> list[Any]:
        return boxes.page(act, box, before, **asdict(self))

    def __bool__(self) -> bool:
        return self != Narrowing()

    def address(self, box: str, before: int | None = None) -> str:
        asked = {"workflow": self.workflow, "status": self.status, "overdue": 1 if self.overdue else None, "before": before}
        given = {"box": None if box == "todo" else box, **asked}
        found = urlencode({name: value for name, value in given.items() if value is not None})
        return f"/approvals?{found}" if found else "/approvals"


def counts(act: Act) -> dict[str, str]:
    """How many stand in each list, as it is read; nothing for an empty one."""
    found = {box: boxes.count(act, box) for box in boxes.BOXES}
    return {box: f"{boxes.MOST_COUNTED}+" if n > boxes.MOST_COUNTED else str(n) if n else "" for box, n in found.items()}


def offered(act: Act, chosen: str | None) -> list[tuple[str, str]]:
    """The workflows to choose from: those of the apps the person works in, and the one that is chosen."""
    apps = {each.key for each in apps_of(act.person, act.catalogue)}
    own = [each for each in act.catalogue.workflows.values() if each.app is None or each.app in apps or each.key == chosen]
    return sorted(((each.key, reader().shown(each.label)) for each in own), key=lambda each: each[1])


def standing(status: str, mine: bool) -> str:
    """Where a run stands, for the browser's tab."""
    return reader().say(_("waits for you") if mine else STATUS.get(status, STATUS["running"])[0])


@blueprint.get("/approvals/standing")
@signed_in
def now() -> Response:
    """{counts, run?}: `run` is {acts, standing} of the run that is asked for, if the person has to do with it."""
    with reading() as act:
        answer: dict[str, Any] = {"counts": counts(act)}
        run = request.args.get("run", type=int)
        if run is not None and boxes.concerned(act, run):
            row = act.connection.execute(sa.select(workflow_run.c.acts, workflow_run.c.status).where(workflow_run.c.id == run)).one()
            own = workflow_task.c
            open_task = sa.select(own.id).where(own.run == run, own.person == act.person.id, own.state == "open").limit(1)
            mine = act.connection.execute(open_task).first() is not None
            answer["run"] = {"acts": row.acts, "standing": standing(row.status, mine)}
    return jsonify(answer)
