"""Several approvals decided at once from the list: each an act of its own, with its own result; what cannot be done stays where it is."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import g, render_template, request

from runtime.errors import NotFound, Problem, Refused, TierloomError
from runtime.pages.approvals import blueprint
from runtime.pages.web import reader, reading, signed_in, writing
from runtime.system.tables import workflow_task
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.workflow import boxes, keeping, running, second_thoughts

DID: dict[str, Message] = {"approve": _("Approved."), "reject": _("Rejected.")}


@blueprint.post("/approvals/together")
@signed_in
def together() -> Any:
    """`task`: those that were picked; `act`: approve or reject; `comment`: the same for all of them."""
    what, comment = request.form.get("act", ""), request.form.get("comment", "").strip()[:2000]
    picked = list(dict.fromkeys(int(each) for each in request.form.getlist("task") if each.isdecimal() and len(each) < 18))[: boxes.AT_ONCE]
    results = [_one(task, what, comment) for task in picked]
    counts = {"done": sum(each["tone"] == "good" for each in results), "all": len(results)}
    return render_template("approval_results.html", results=results, counts=counts)


def _one(task: int, what: str, comment: str) -> dict[str, Any]:
    """What became of one of them, said beside its name."""
    with reading() as act:
        found = _named(act, task)
    try:
        with writing("workflow") as act:
            run = _decide(act, task, what, comment)
            undo = f"/approvals/{run}/undo" if second_thoughts.offered(act, run) else ""
    except TierloomError as error:
        sentence = next((each.message for each in getattr(error, "problems", ()) if each.message), error.message)
        return {**found, "said": reader().say(sentence), "tone": "bad"}
    return {**found, "said": reader().say(DID[what]), "tone": "good", "undo": undo}


def _named(act: Act, task: int) -> dict[str, Any]:
    """The name and the page of what somebody was asked; of what they never were, nothing is told."""
    own = workflow_task.c
    found = act.connection.execute(sa.select(own.run, own.visit).where(own.id == task, own.person == g.person.id)).first()
    if found is None:
        return {"title": f"#{task}", "href": ""}
    row, state = keeping.read(act, found.run, lock=False)
    node = running.flow_of(act, row).by_key[state.visit(found.visit).node]
    shown = running.shows_title(act, row.form, node)
    title = running.titles_of(act, {row.form: {row.record}}).get((row.form, row.record)) if shown else None
    return {"title": title or f"#{row.record}", "href": f"/approvals/{row.id}"}


def _decide(act: Act, task: int, what: str, comment: str) -> int:
    """Decides one of them; gives the number of its run."""
    own = workflow_task.c
    found = act.connection.execute(sa.select(own.run, own.visit).where(own.id == task, own.person == g.person.id)).first()
    if found is None:
        raise NotFound(_("There is no such task."))
    row, state = keeping.read(act, found.run, lock=False)
    node = running.flow_of(act, row).by_key[state.visit(found.visit).node]
    if what not in DID or not getattr(node, "in_bulk", False):
        raise Refused([Problem("", _("This is decided on its own page. Open it."))])
    if what == "approve":
        running.approve(act, task, comment=comment)
    else:
        running.reject(act, task, comment)
    return int(found.run)
