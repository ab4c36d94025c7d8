"""The workflows of a record, on its page: those that ran or run, and those that can be started."""

from __future__ import annotations

from typing import Any

from runtime.pages.web import reader
from runtime.system import clock
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
