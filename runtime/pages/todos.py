"""/tasks: what the person has to do, by its day; later also what workflows wait for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, g, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.collaboration import telling, todos
from runtime.errors import Refused
from runtime.pages.comments import todo_line, wanted_todo
from runtime.pages.web import by_path, done, go_to, local_path, reader, reading, signed_in, writing
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.workflow import boxes

blueprint = Blueprint("todos", __name__, url_prefix="/tasks")

BOXES: dict[str, Message] = {"todo": _("To do"), "given": _("Given to others"), "done": _("Done")}


@blueprint.get("")
@signed_in
def list_todos() -> str:
    return _page()


@blueprint.post("")
@signed_in
def add() -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            todos.add(act, wanted_todo())
    except Refused as refusal:
        return _page(refusal), refusal.status
    return done(_back(), _("The to-do is added."))


@blueprint.post("/<int:number>/done")
@signed_in
def tick(number: int) -> AnyResponse:
    """Ticks it off; the message that says so can take it back."""
    undo = request.form.get("undo") == "1"
    with writing() as act:
        row = todos.tick(act, number, done=not undo)
    if undo:
        return done(_back(), _("The to-do is open again."))
    flash({"text": reader().say(_("Done: {title}", title=row.title)), "undo": f"/tasks/{number}/undo?back={_back()}"})  # type: ignore[arg-type]
    return go_to(_back())


@blueprint.post("/<int:number>/undo")
@signed_in
def undo(number: int) -> AnyResponse:
    with writing() as act:
        todos.tick(act, number, done=False)
    return go_to(local_path(request.args.get("back"), "/tasks"))


@blueprint.post("/<int:number>/remove")
@signed_in
def remove(number: int) -> AnyResponse:
    with writing() as act:
        todos.remove(act, number)
    return done(_back(), _("The to-do is removed."))


def _back() -> str:
    return local_path(request.form.get("back"), "/tasks")


# -- the page ---------------------------------------------------------------------------------------------------------------------
def _page(refusal: Refused | None = None) -> str:
    box = request.args.get("box", "todo")
    box = box if box in BOXES else "todo"
    before = request.args.get("before", type=int)
    with reading() as act:
        rows = {"todo": todos.open_ones, "given": todos.given_ones, "done": lambda one: todos.done_ones(one, before)}[box](act)
        approvals = boxes.count(act, "todo")
        groups = _groups(box, [(row, _line(act, row)) for row in rows])
    return render_template(
        "todos.html",
        box=box,
        boxes=BOXES,
        approvals=approvals,
        groups=groups,
        errors=by_path(refusal),
        values=request.form if refusal else {},
        next=rows[-1].done_at if box == "done" and len(rows) == todos.DONE_AT_ONCE else None,
        me=g.person,
    )


def _groups(box: str, lines: list[tuple[Any, dict[str, Any]]]) -> list[tuple[Message | None, list[dict[str, Any]]]]:
    if box == "done":
        return [(None, [line for _row, line in lines])] if lines else []
    parts = (
        (_("Overdue"), [line for _row, line in lines if line["late"]]),
        (_("Today"), [line for _row, line in lines if line["today"]]),
        (_("Later"), [line for _row, line in lines if not line["late"] and not line["today"]]),
    )
    return [(label, some) for label, some in parts if some]


def _line(act: Act, row: Any) -> dict[str, Any]:
    line = todo_line(act, row)
    if row.form is None:
        return {**line, "href": "", "about": ""}
    return {
        **line,
        "href": telling.page_of(act, row.form, row.record, "#todos") or "",
        "about": reader().record_title(row.form, row.record),
    }
