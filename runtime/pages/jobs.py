"""Long work as people see it: a line that shows how far it is and can be cancelled."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, g, render_template, request

from runtime.errors import NotFound
from runtime.pages.web import go_to, is_htmx, local_path, reader, reading, signed_in, writing
from runtime.system import clock, jobs
from runtime.system.workspace import Act
from runtime.texts import Message, _, shown

blueprint = Blueprint("jobs", __name__)

NAMES: dict[str, Message] = {
    "import_check": _("Checking the file"),
    "import": _("Importing"),
    "import_undo": _("Taking the import back"),
    "export": _("Writing the export"),
    "tier_recompute": _("Computing tiers"),
    "tier_day": _("Bringing tiers to the new day"),
    "adherence": _("Working out how well plans are kept"),
    "follow_up_plans": _("Bringing follow-up plans up to date"),
    "potential_learn": _("Learning and testing"),
    "potential_refresh": _("Working out the values of all records"),
    "bulk_edit": _("Changing records"),
    "bulk_edit_undo": _("Taking the change back"),
    "workflow_migrate": _("Letting runs follow the newer version"),
    "workflow_replace": _("Asking somebody else instead"),
    "publish": _("Reading values before a version is published"),
}
NOTES: dict[str, Message] = {
    "import": _("What is imported by then stays; you can take all of it back afterwards."),
    "bulk_edit": _("What is changed by then stays; you can take all of it back afterwards."),
    "publish": _(
        "The version before stays in force, and the draft stays. What has been read is kept, so that publishing it later goes on from there."
    ),
    "import_undo": _("What is taken back by then stays taken back; you can go on later."),
}
SOON = 2_000_000
"""Microseconds of work from which the time left can be told."""


def line(row: Any, what: Message | None = None) -> dict[str, Any]:
    """A job's row as the macro `progress_job` takes it."""
    say, language = reader().say, reader().language
    href = f"/jobs/{row.id}"
    return {
        "href": href,
        "what": say(what or NAMES.get(row.kind, _("Working"))),
        "state": row.state,
        "done": row.done,
        "total": row.total,
        "done_text": f"{row.done:,}",
        "total_text": f"{row.total:,}" if row.total else None,
        "left_text": _left(row),
        "cancel_href": f"{href}/cancel",
        "cancel_note": say(NOTES[row.kind]) if row.kind in NOTES else None,
        "message": shown(json.loads(row.message), language) if row.message else None,
    }


def _left(row: Any) -> str | None:
    if row.state != "running" or not row.total or not row.done or row.started_at is None:
        return None
    spent = clock.to_micros(clock.now()) - row.started_at
    if spent < SOON:
        return None
    seconds = round(spent / row.done * max(0, row.total - row.done) / 1_000_000)
    return reader().say(_("{n} s", n=seconds) if seconds < 90 else _("{n} min", n=round(seconds / 60)))


def find(act: Act, number: int) -> Any:
    """A job of the person asking; of anybody for builders."""
    row = jobs.find(act.connection, number)
    if row.person != g.person.id and not g.person.is_builder:
        raise NotFound(_("There is no such job."))
    return row


@blueprint.get("/jobs/<int:number>")
@signed_in
def show(number: int) -> Any:
    """The line alone for htmx, which loads the page anew once the work has ended; else a page of its own."""
    with reading() as act:
        row = find(act, number)
    if not is_htmx():
        return render_template("job.html", job=line(row))
    answer = Response(render_template("job_part.html", job=line(row)))
    if row.state not in jobs.OPEN:
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.post("/jobs/<int:number>/cancel")
@signed_in
def cancel(number: int) -> Any:
    with writing() as act:
        find(act, number)
        jobs.cancel(act.connection, number)
    came_from = request.referrer or ""
    return go_to(local_path(came_from.removeprefix(request.host_url.rstrip("/")), f"/jobs/{number}"))
