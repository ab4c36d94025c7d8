"""Workflows: starting one, the boxes of tasks, acting on a task, and a run with its log."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field

from runtime.api import shapes
from runtime.api.forms import CHANGED_RECORD
from runtime.api.records import instant
from runtime.api.route import LIMIT, NUMBER_CURSOR, RECORD_ID, Answer, Call, Param, Route, Shape, etag
from runtime.errors import NotAllowed, NotFound, Problem, Refused, Stale
from runtime.files import tokens
from runtime.people import accounts
from runtime.people.may import may
from runtime.system import clock
from runtime.system.tables import workflow_task
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.workflow import boxes, deciding, keeping, running, second_thoughts
from runtime.workflow.state import Run as State

BOX = Param(
    "box", {"type": "string", "enum": list(boxes.BOXES), "default": "todo"}, "What waits for me, what I decided, started, or was told of."
)
WORKFLOW = Param("workflow", {"type": "string", "minLength": 1, "maxLength": 200}, "Only tasks of this workflow.")
MOST_SAID = 2000


class Commented(Shape):
    comment: str = Field("", max_length=MOST_SAID)


class Nothing(Shape):
    """Nothing has to be sent."""


class Starting(Commented):
    """`record`: the id of a record of the workflow's form."""

    record: str = Field(pattern=RECORD_ID)


class Deciding(Commented):
    """`signature`, `files`: ids of files sent to /api/v1/files, where the node asks for a signature or takes files."""

    signature: str = Field("", max_length=400)
    files: tuple[str, ...] = Field((), max_length=20)


class Acting(Deciding):
    """`values`: what is changed in the record, by field keys; the node says which may be."""

    values: dict[str, Any] = {}


class Returning(Acting):
    """`to`: start, previous, or the key of a node that was visited."""

    to: str = Field(min_length=1, max_length=200)


class Giving(Commented):
    """`to`: a person, by id or e-mail address."""

    to: str = Field(min_length=1, max_length=320)


class Adding(Commented):
    """`people`: by id or e-mail address. `where`: they first (before), I agree and they decide (after), or they vote too (beside)."""

    people: tuple[str, ...] = Field(min_length=1, max_length=20)
    where: Literal["before", "after", "beside"] = "beside"


class Asked(Shape):
    """Somebody who is asked now. `stands_in_for`: who is away."""

    id: str
    node: str
    who: str
    stands_in_for: str | None
    due_at: str | None


class Line(Shape):
    """`by` null: nobody did it, time or a rule did. `signature`, `files`: ids of what was given with a decision."""

    at: str
    act: str
    by: str | None
    node: str | None
    comment: str
    signature: str | None
    files: tuple[str, ...]


class Run(Shape):
    """`tasks`: who is asked now. `log`: what was done, the oldest first. `version`: that of the workflow with which it began."""

    id: str
    workflow: str
    version: int
    form: str
    record: str
    status: str
    starter: str
    tasks: tuple[Asked, ...]
    log: tuple[Line, ...]


class Task(Shape):
    """A line of a box. `id` and `actions` are there in the boxes todo and done; `kind` is that of the node, or run in the box started."""

    id: str | None
    kind: str
    workflow: str
    run: str
    node: str | None
    form: str
    record: str
    status: str
    due_at: str | None
    actions: tuple[str, ...]


class Tasks(Shape):
    """The newest first."""

    items: tuple[Task, ...]
    next: int | None


# -- reading ------------------------------------------------------------------------------------------------------------------------
def tasks(call: Call) -> dict[str, Any]:
    limit = call.query["limit"]
    rows = boxes.page(call.act, call.query["box"], call.query.get("cursor"), limit, call.query.get("workflow"))
    return {"items": [_line(call.act, each) for each in rows], "next": rows[-1].mark if len(rows) >= limit else None}


def _line(act: Act, row: Any) -> dict[str, Any]:
    node = None if row.node is None else running.flow_of(act, row).by_key[row.node]
    open_ = row.task is not None and row.state == "open"
    return {
        "id": _id(row.task),
        "kind": "run" if node is None else node.type,
        "workflow": row.workflow,
        "run": str(row.run),
        "node": row.node,
        "form": row.form,
        "record": str(row.record),
        "status": row.status,
        "due_at": _at(row.due_at),
        "actions": _actions(node) if open_ else [],
    }


def _actions(node: Any) -> list[str]:
    """As the addresses call them: what is filled in is submitted."""
    submits = node.type == "handle"
    return ["submit" if submits and each == "approve" else each.replace("_", "-") for each in node.actions]


def one(call: Call, id: int) -> Answer:
    row, state = _found(call.act, id, lock=False)
    return _shown(call.act, row, state)


def _found(act: Act, run: int, lock: bool = True, sentence: Any = None) -> tuple[Any, State]:
    """A run that the person has to do with, or whose record they may see."""
    row, state = keeping.read(act, run, lock)
    allowed = act.person.is_builder or boxes.concerned(act, run)
    if row.form not in act.catalogue.forms or not (allowed or may(act.person, "view", row.form, row.record)):
        raise NotFound(sentence or _("There is no such workflow run."))
    return row, state


def _shown(act: Act, row: Any, state: State) -> Answer:
    own = workflow_task.c
    ids = {number: id for number, id in act.connection.execute(sa.select(own.number, own.id).where(own.run == row.id))}
    body = {
        "id": str(row.id),
        "workflow": row.workflow,
        "version": row.version,
        "form": row.form,
        "record": str(row.record),
        "status": state.status,
        "starter": str(state.starter),
        "tasks": [
            {
                "id": str(ids[each.number]),
                "node": state.visit(each.visit).node,
                "who": str(each.person),
                "stands_in_for": _id(each.instead_of),
                "due_at": _at(each.due_at),
            }
            for each in state.open_tasks
        ],
        "log": [
            {
                "at": _at(each.at),
                "act": each.act,
                "by": _id(each.person),
                "node": each.node,
                "comment": each.comment,
                "signature": tokens.id_in(each.more.get(deciding.SIGNATURE, "")),
                "files": [tokens.id_in(token) for token in each.more.get(deciding.FILES, ())],
            }
            for each in state.log
        ],
    }
    return Answer(body, {"ETag": etag(row.acts)})


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)


def _at(micros: int | None) -> str | None:
    moment = clock.from_micros(micros)
    return None if moment is None else instant(moment)


# -- acting -------------------------------------------------------------------------------------------------------------------------
def start(call: Call, workflow: str) -> Answer:
    number = running.start(call.act, workflow, int(call.body.record), call.body.comment)
    return one(call, number)


def withdraw(call: Call, id: int) -> Answer:
    _unchanged(call, id)
    running.withdraw(call.act, id, call.body.comment)
    return one(call, id)


def remind(call: Call, id: int) -> Answer:
    _unchanged(call, id)
    running.remind(call.act, id)
    return one(call, id)


def submit_again(call: Call, id: int) -> Answer:
    row, _state = _unchanged(call, id)
    flow = running.flow_of(call.act, row)
    running.submit(call.act, id, _values(call, row, flow.start), call.body.comment)
    return one(call, id)


def submit(call: Call, id: int) -> Answer:
    return _voted(call, id, handles=True)


def approve(call: Call, id: int) -> Answer:
    return _voted(call, id, handles=False)


def _voted(call: Call, id: int, handles: bool) -> Answer:
    row, node = _task(call, id)
    if (node.type == "handle") != handles:
        raise Refused([Problem("", _("This cannot be done at this node."))])
    running.approve(call.act, id, _values(call, row, node), call.body.comment, _given(call, node))
    return one(call, row.id)


def reject(call: Call, id: int) -> Answer:
    row, node = _task(call, id)
    running.reject(call.act, id, call.body.comment, _given(call, node))
    return one(call, row.id)


def return_(call: Call, id: int) -> Answer:
    row, node = _task(call, id)
    running.return_(call.act, id, call.body.to, _values(call, row, node), call.body.comment, _given(call, node))
    return one(call, row.id)


def _given(call: Call, node: Any) -> deciding.Given:
    return deciding.read(call.act, node, (call.body.signature,), call.body.files)


def undo(call: Call, id: int) -> Answer:
    """What the caller decided within the last ten seconds."""
    _unchanged(call, id)
    second_thoughts.undo(call.act, id)
    return one(call, id)


def take_back(call: Call, id: int) -> Answer:
    row, _node = _task(call, id)
    running.take_back(call.act, id)
    return one(call, row.id)


def transfer(call: Call, id: int) -> Answer:
    row, _node = _task(call, id)
    running.transfer(call.act, id, _person(call.act, call.body.to, "to"), call.body.comment)
    return one(call, row.id)


def add_approver(call: Call, id: int) -> Answer:
    row, _node = _task(call, id)
    people = [_person(call.act, each, f"people/{number}") for number, each in enumerate(call.body.people)]
    running.add(call.act, id, people, call.body.where, call.body.comment)
    return one(call, row.id)


def _unchanged(call: Call, run: int) -> tuple[Any, State]:
    """The run, locked; refused where somebody has acted since the version in If-Match was read."""
    row, state = _found(call.act, run)
    if call.version is not None and call.version != row.acts:
        raise Stale(_("Somebody else has just acted here. Look again."))
    return row, state


def _task(call: Call, id: int) -> tuple[Any, Any]:
    """The row of the run that a task belongs to, and the node. Somebody who has nothing to do with it finds no task."""
    own = workflow_task.c
    found = call.act.connection.execute(sa.select(own.run, own.number).where(own.id == id)).first()
    if found is None:
        raise NotFound(_("There is no such task."))
    row, state = _unchanged_task(call, found.run)
    task = state.task(found.number)
    if task.person != call.act.person.id:
        raise NotAllowed(_("Somebody else is asked here, not you."))
    return row, running.flow_of(call.act, row).by_key[state.visit(task.visit).node]


def _unchanged_task(call: Call, run: int) -> tuple[Any, State]:
    try:
        return _unchanged(call, run)
    except NotFound:
        raise NotFound(_("There is no such task.")) from None


def _values(call: Call, row: Any, node: Any) -> dict[str, Any]:
    """The values that were sent, checked as a change of the record by somebody with what the node gives."""
    values = call.body.values
    if not values:
        return {}
    person = call.act.person
    call.act.act_for(running.as_handler(call.act, person, row.form, row.record, node))
    try:
        wrong = shapes.problems(shapes.validator(_shape_of_values(call, row.form, node)), values)
    finally:
        call.act.act_for(person)
    if wrong:
        raise Refused([each.under("values") for each in wrong])
    return dict(values)


def _shape_of_values(call: Call, form: str, node: Any) -> dict[str, Any]:
    """A row need not give the columns that the node does not let be changed: it keeps them."""
    shape, limited = CHANGED_RECORD.schema(call.act, form), {each.field for each in getattr(node, "rows", ())}
    fields = {key: _without_needed(each) if key in limited else each for key, each in shape["properties"].items()}
    return {**shape, "properties": fields}


def _without_needed(shape: Any) -> Any:
    if isinstance(shape, list):
        return [_without_needed(each) for each in shape]
    if not isinstance(shape, dict):
        return shape
    return {name: _without_needed(each) for name, each in shape.items() if name not in ("required", "minItems")}


def _person(act: Act, given: str, path: str) -> int:
    try:
        return accounts.named(act.connection, given).id
    except NotFound as error:
        raise Refused([Problem(path, error.message)]) from None


_RUN, _TASK = "/workflows/runs/{id}", "/tasks/{id}"


def _act(path: str, view: Any, about: str, body: Any) -> Route:
    return Route("POST", path, view, about, "workflows", Run, body, writes=True, versioned=True, source="workflow")


ROUTES = [
    Route(
        "POST",
        "/workflows/{workflow}/start",
        start,
        "Start a workflow for a record",
        "workflows",
        Run,
        Starting,
        status=201,
        writes=True,
        source="workflow",
    ),
    Route("GET", "/tasks", tasks, "Tasks of workflows", "workflows", Tasks, query=(BOX, WORKFLOW, LIMIT, NUMBER_CURSOR)),
    Route("GET", _RUN, one, "One run of a workflow", "workflows", Run, versioned=True),
    _act(f"{_RUN}/withdraw", withdraw, "Withdraw what one started", Commented),
    _act(f"{_RUN}/remind", remind, "Remind those who are asked", Commented),
    _act(f"{_RUN}/submit", submit_again, "Submit again what was returned or withdrawn", Acting),
    _act(f"{_RUN}/undo", undo, "Undo one's own decision within ten seconds", Nothing),
    _act(f"{_TASK}/take-back", take_back, "Take an approval back until the next one acts", Nothing),
    _act(f"{_TASK}/submit", submit, "Submit what a node asks to be filled in", Acting),
    _act(f"{_TASK}/approve", approve, "Approve", Acting),
    _act(f"{_TASK}/reject", reject, "Reject", Deciding),
    _act(f"{_TASK}/return", return_, "Return to the start or to an earlier node", Returning),
    _act(f"{_TASK}/transfer", transfer, "Let somebody else decide instead", Giving),
    _act(f"{_TASK}/add-approver", add_approver, "Ask others as well", Adding),
]
