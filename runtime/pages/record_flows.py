"""The workflows of a record, on its page: those that ran or run, and those that can be started."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from runtime.pages.web import reader
from runtime.system import clock
from runtime.system.tables import workflow_entry, workflow_run
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.workflow import boxes, running

STATUS: dict[str, tuple[Message, str]] = {
    "running": (_("under way"), "accent"),
    "returned": (_("returned"), "care"),
    "withdrawn": (_("withdrawn"), "quiet"),
    "approved": (_("approved"), "good"),
    "rejected": (_("rejected"), "bad"),
    "ended": (_("ended"), "quiet"),
}
"""Where a run stands, in words, with its tone."""


def flows_of(act: Act, form: str, record: int) -> dict[str, Any]:
    rows, flows = boxes.of_record(act, form, record), act.catalogue.workflows
    busy = {each.workflow for each in rows if each.open_record is not None}
    return {
        "runs": [
            {
                "href": f"/approvals/{each.id}",
                "label": reader().shown(flows[each.workflow].label) if each.workflow in flows else each.workflow,
                "status": STATUS.get(each.status, STATUS["running"]),
                "at": clock.from_micros(each.at),
                "starter": reader().person_name(each.starter),
            }
            for each in rows
        ],
        "startable": [
            each for each in flows.values() if each.form == form and each.enabled and each.key not in busy and running.may_start(act, each)
        ],
    }


# -- in the timeline ----------------------------------------------------------------------------------------------------------------
SHOWN = 100
DONE: dict[str, tuple[Message, str]] = {
    "submitted": (_("submitted it for {workflow}"), "send"),
    "approved": (_("approved it: {workflow}, {node}"), "check"),
    "rejected": (_("rejected it: {workflow}, {node}"), "x"),
    "returned": (_("returned it: {workflow}, {node}"), "arrow-back-up"),
    "transferred": (_("handed it to somebody else: {workflow}, {node}"), "arrow-right"),
    "added": (_("asked somebody else as well: {workflow}, {node}"), "user-plus"),
    "withdrawn": (_("withdrew it: {workflow}"), "arrow-back-up"),
    "taken_back": (_("took the approval back: {workflow}, {node}"), "arrow-back-up"),
    "moved": (_("moved it to another node: {workflow}"), "arrow-right"),
    "ended": (_("ended it: {workflow}"), "x"),
    "reactivated": (_("let it go on: {workflow}"), "refresh"),
}
"""What of a run stands in the timeline of its record. What was written beside it stays on the page of the approval."""


def acts_of(act: Act, form: str, record: int) -> list[dict[str, Any]]:
    """Starts and acts of the record’s workflows, the newest first, as lines of its timeline."""
    run, line, flows = workflow_run.c, workflow_entry.c, act.catalogue.workflows
    query = (
        sa.select(line.run, line.at, line.act, line.person, line.node, run.workflow)
        .join(workflow_run, run.id == line.run)
        .where(run.form == form, run.record == record, line.act.in_(DONE))
        .order_by(line.at.desc(), line.number.desc())
        .limit(SHOWN)
    )
    found = []
    for each in act.connection.execute(query):
        words, icon = DONE[each.act]
        flow = flows.get(each.workflow)
        node = "" if flow is None or each.node is None else reader().shown(flow.by_key[each.node].label) or each.node
        said = Message(words.text, {"workflow": each.workflow if flow is None else flow.label, "node": node or "–"})
        href = f"/approvals/{each.run}" if act.person.is_builder or boxes.concerned(act, each.run) else ""
        who = "" if each.person is None else reader().person_name(each.person)
        line_ = {"at": clock.from_micros(each.at), "kind": "workflow", "icon": icon, "text": reader().say(said), "who": who, "href": href}
        found.append(line_)
    return found
