"""Workflows on records: starting one, and acting on it. Each act is one transaction: record, tasks, log, notices and event together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.once import insert_once
from runtime.collaboration import telling
from runtime.definitions import versions
from runtime.definitions.loading import load
from runtime.errors import DefinitionProblems, NotAllowed, NotFound, Problem, Refused, Stale
from runtime.files import tokens
from runtime.people import accounts
from runtime.people.may import may, require, sees
from runtime.people.person import SYSTEM, Person
from runtime.people.rights import LEVELS, Grant, names
from runtime.records import gateway, outbox, query
from runtime.records.lookup import ActLookup
from runtime.records.rows import read_record
from runtime.system import clock
from runtime.system.tables import workflow_copy, workflow_run, workflow_task, workflow_visit
from runtime.texts import Message, _
from runtime.workflow import boxes, deciding, keeping, passing, row_rights, undoing
from runtime.workflow.acting import Acts, Where
from runtime.workflow.deciding import NOTHING, Given
from runtime.workflow.state import Run
from runtime.workflow.walking import Effect
from runtime.workflow.world import ActWorld

if TYPE_CHECKING:
    from runtime.definitions.workflow import Workflow
    from runtime.system.workspace import Act, Workspace

ASKED = _("{workflow}: your decision is wanted on “{record}”")
CLOSED = _("{workflow}: nothing more to do on “{record}”")
COPIED = _("{workflow}: “{record}” for your information")
REMINDED = _("{workflow}: “{record}” still waits for you")
ENDED: dict[str, Message] = {
    "approved": _("{workflow}: “{record}” has been approved"),
    "rejected": _("{workflow}: “{record}” has been rejected"),
    "returned": _("{workflow}: “{record}” has been returned to you"),
    "ended": _("{workflow}: “{record}” has been ended"),
}
AT_ONCE = 200
OUTSIDE: list[Callable[..., None]] = []
"""What sets off what a node wants done outside its run (runtime/workflow/outside.py)."""
ENDED_NOW: list[Callable[[Act], None]] = []
"""What looks after those that waited for a run that is over, once that is stored."""
TICKED: list[Callable[[Workspace], None]] = []
"""What the clock does besides."""


# -- starting -----------------------------------------------------------------------------------------------------------------------
def start(act: Act, key: str, record: int, comment: str = "") -> int:
    """Starts a workflow for a record in the name of whoever acts; gives the number of the run."""
    flow = act.catalogue.workflows.get(key)
    if flow is None:
        raise NotFound(_("There is no workflow with the key {key}.", key=key))
    if not flow.enabled:
        raise Refused([Problem("", _("This workflow is switched off."))])
    require(act.person, "view", flow.form, record)
    if not may_start(act, flow):
        raise NotAllowed(_("You may not start this workflow. Ask whoever designed it."))
    return open_run(act, flow, record, comment)


def begin(act: Act, key: str, record: int) -> None:
    """Starts a workflow because a definition says so, whoever acts; one that was returned or withdrawn is submitted again."""
    own = workflow_run.c
    waiting = act.connection.execute(sa.select(own.id).where(own.workflow == key, own.open_record == record)).scalar()
    if waiting is not None:
        return submit(act, waiting)
    open_run(act, act.catalogue.workflows[key], record)
    return None


def open_run(act: Act, flow: Workflow, record: int, comment: str = "") -> int:
    """Begins a run for a record without asking whether the person may: a step outside or a limit has it begun. Gives its number; raises Stale
    where one is under way."""
    key, number = flow.key, act.take_ids("workflow_run")
    row = {
        "id": number,
        "workflow": key,
        "version": act.catalogue.versions.get(("workflow", key), 0),
        "form": flow.form,
        "record": record,
        "open_record": record,
        "status": "new",
        "starter": act.person.id,
        "round": 0,
        "acts": 0,
        "at": act.micros,
        "ended_at": None,
    }
    if not insert_once(act.connection, workflow_run, row):
        raise Stale(_("This workflow is under way for this record already."))
    act_on_run(act, number, lambda acts: acts.submit(act.person.id, comment))
    return number


def may_start(act: Act, flow: Workflow) -> bool:
    if not flow.may_start:
        return may(act.person, "add", flow.form)
    return act.person.is_builder or any(names(act.person, each) for each in flow.may_start)


# -- acting -------------------------------------------------------------------------------------------------------------------------
def submit(act: Act, run: int, values: Mapping[str, Any] | None = None, comment: str = "") -> None:
    """A new round by the starter, after a return or a withdrawal."""
    act_on_run(act, run, lambda acts: acts.submit(act.person.id, comment), values)


def approve(act: Act, task: int, values: Mapping[str, Any] | None = None, comment: str = "", given: Given = NOTHING) -> None:
    act_on_task(act, task, lambda acts, number: acts.approve(number, act.person.id, comment), values, given, agrees=True)


def reject(act: Act, task: int, comment: str = "", given: Given = NOTHING) -> None:
    act_on_task(act, task, lambda acts, number: acts.reject(number, act.person.id, comment), None, given)


def return_(act: Act, task: int, to: str, values: Mapping[str, Any] | None = None, comment: str = "", given: Given = NOTHING) -> None:
    """Sends it back; what the handler changed in the record is kept."""
    act_on_task(act, task, lambda acts, number: acts.return_(number, act.person.id, to, comment), values, given)


def transfer(act: Act, task: int, to: int, comment: str = "") -> None:
    _require_here(act, [to])
    act_on_task(act, task, lambda acts, number: acts.transfer(number, act.person.id, to, comment))


def add(act: Act, task: int, people: Iterable[int], where: Where, comment: str = "") -> None:
    named = list(people)
    _require_here(act, named)
    act_on_task(act, task, lambda acts, number: acts.add(number, act.person.id, named, where, comment))


def _require_here(act: Act, people: Iterable[int]) -> None:
    """Nobody is asked who does not work here, or not any more: it would wait for ever."""
    found = [accounts.by_id(act.connection, each) for each in people]
    if not all(each is not None and each.active for each in found):
        raise Refused([Problem("person", _("This person does not work here any more. Choose somebody else."))])


def take_back(act: Act, task: int) -> None:
    act_on_task(act, task, lambda acts, number: acts.take_back(number, act.person.id))


def withdraw(act: Act, run: int, comment: str = "") -> None:
    act_on_run(act, run, lambda acts: acts.withdraw(act.person.id, comment))


def remind(act: Act, run: int) -> None:
    """The starter asks those who are asked once more."""
    _row, state = keeping.read(act, run, lock=False)
    if act.person.id != state.starter:
        raise NotAllowed(_("Only whoever started this may remind the others."))
    act_on_run(act, run, lambda acts: acts.remind(act.person.id))


def replace_person(act: Act, task: int, to: int, comment: str = "") -> None:
    require(act.person, "administer")
    act_on_task(act, task, lambda acts, number: acts.replace(number, act.person.id, to, comment))


def move(act: Act, run: int, node: str, comment: str = "") -> None:
    require(act.person, "administer")
    act_on_run(act, run, lambda acts: acts.move(act.person.id, node, comment))


def end(act: Act, run: int, comment: str = "") -> None:
    require(act.person, "administer")
    act_on_run(act, run, lambda acts: acts.end(act.person.id, comment))


def tick_all(workspace: Workspace) -> None:
    """Everything that is due, a few runs at a time."""
    while True:
        with workspace.reading(SYSTEM) as act:
            due = bool(_due(act, 1))
        if not due:
            break
        with workspace.writing(SYSTEM, "schedule") as act:
            if not tick(act):
                break
    for do in TICKED:
        do(workspace)


def tick(act: Act) -> int:
    """Overdue tasks and waits that are over, as the system; gives how many runs were looked at."""
    due = _due(act, AT_ONCE)
    for run in due:
        act_on_run(act, run, lambda acts: acts.tick())
    return len(due)


def _due(act: Act, limit: int) -> list[int]:
    """Runs with an overdue task, or a wait that is over."""
    tasks = sa.select(workflow_task.c.run).where(workflow_task.c.state == "open", workflow_task.c.due_at <= act.micros)
    waits = sa.select(workflow_visit.c.run).where(workflow_visit.c.state == "open", workflow_visit.c.wakes_at <= act.micros)
    return list(act.connection.execute(sa.union(tasks, waits).limit(limit)).scalars())


def task_id(act: Act, run: int, number: int) -> int:
    """The number of a task in the workspace, from its number in its run."""
    own = workflow_task.c
    found = act.connection.execute(sa.select(own.id).where(own.run == run, own.number == number)).scalar()
    if found is None:
        raise NotFound(_("There is no such task."))
    return found


def act_on_task(
    act: Act,
    task: int,
    do: Callable[[Acts, int], None],
    values: Mapping[str, Any] | None = None,
    given: Given = NOTHING,
    agrees: bool = False,
) -> None:
    """One act at a task of the workspace, with the values that go with it: locked, kept and followed. `do` has the acts of the run and the number
    that the task has in it. `agrees`: it needs the record to be there."""
    row, state, number = keeping.read_for_task(act, task)
    _with(act, row, state, lambda acts: do(acts, number), values, number, given, agrees)


def act_on_run(act: Act, run: int, do: Callable[[Acts], None], values: Mapping[str, Any] | None = None) -> None:
    """One act at a run as a whole, in the same way."""
    _with(act, *keeping.read(act, run), do, values)


def _with(
    act: Act,
    row: Any,
    state: Run,
    do: Callable[[Acts], None],
    values: Mapping[str, Any] | None = None,
    task: int | None = None,
    given: Given = NOTHING,
    agrees: bool = False,
) -> None:
    """One act: the record's new values first, then the step, then what follows from it."""
    flow = flow_of(act, row)
    world = ActWorld(act, row.workflow, row.form, row.record, row.starter)
    acts, before = Acts(flow, state, world), keeping.copy_of(state)
    acts.given = given
    if agrees and state.status == "running":
        world.require_record()
    saved = write_values(act, row, acts, values, task) if values else None
    if values:
        world.changed()
    do(acts)
    if keeping.write(act, row, before, state):
        world.shown()
    deciding.keep(act, row, given)
    told = passing.tell(act, row.workflow, row.form, [(row.record, row.id, row.starter, before, state)])
    events = told + follow_up(act, row, flow, state, world, acts.effects)
    if task is not None and state.task(task).acted_by == act.person.id and not any(each.kind in ("outside", "left") for each in acts.effects):
        _keep_for_second_thoughts(act, row, before, state, task, saved, given, events)


def _keep_for_second_thoughts(
    act: Act, row: Any, before: Run, after: Run, task: int, saved: gateway.Saved | None, given: Given, events: list[int]
) -> None:
    """What the decision changed. Where it has set something off outside, or stopped that, nothing is kept: it is not called back."""
    changes = {} if saved is None or saved.event is None else saved.changes
    fields = act.catalogue.forms[row.form].by_key
    values = {
        key: None if old is None else fields[key].to_json(old)
        for key, (old, _new) in changes.items()
        if key in fields and fields[key].writable
    }
    written = [] if saved is None or saved.event is None else [saved.event]
    undoing.keep(
        act,
        row,
        before,
        after,
        by=act.person.id,
        at=act.micros,
        task=task,
        values=values,
        record_version=None if saved is None else saved.version,
        events=[*written, *events],
        files=[id for each in given.tokens if (id := tokens.id_in(each)) is not None],
    )


def flow_of(act: Act, row: Any) -> Workflow:
    """The version with which a run began."""
    if act.catalogue.versions.get(("workflow", row.workflow)) == row.version and row.workflow in act.catalogue.workflows:
        return act.catalogue.workflows[row.workflow]
    memo = act.catalogue.memo.setdefault("old workflows", {})
    name = (row.workflow, row.version)
    if name not in memo:
        try:
            memo[name] = load(versions.find_version(act.connection, "workflow", row.workflow, row.version).body)
        except DefinitionProblems:
            raise NotFound(_("The version of the workflow it began with cannot be read any more.")) from None
    return memo[name]


def write_values(act: Act, row: Any, acts: Acts, values: Mapping[str, Any], task: int | None, back: bool = False) -> gateway.Saved | None:
    """The fields that this node lets be changed; others stay as they are, whatever was sent. The history names who acted.

    `back`: puts back what was there before the same person's act, so no row of it is asked about."""
    if task is None:
        node = acts.flow.start
        if acts.run.status not in ("returned", "withdrawn") or act.person.id != acts.run.starter:
            return None
    else:
        mine = acts.run.task(task)
        if mine.person != act.person.id or mine.state != "open" or acts.run.status != "running":
            return None  # the act itself is refused with the fitting sentence
        node = acts.flow.by_key[acts.run.visit(mine.visit).node]
    open_ = {key: value for key, value in values.items() if node.fields.get(key, node.fields.get("*", "hidden")) == "edit"}
    if not open_:
        return None
    if not back:
        open_ = _rows_kept_to(act, row, node, open_)
    person = act.person
    act.act_for(as_handler(act, person, row.form, row.record, node))
    act.opened = (row.form, row.record, row.workflow)
    try:
        return gateway.update(act, row.form, row.record, open_)
    finally:
        act.opened = None
        act.act_for(person)


def _rows_kept_to(act: Act, row: Any, node: Any, values: dict[str, Any]) -> dict[str, Any]:
    """The rows among the values as far as the node lets them be changed, each with what it keeps."""
    limited = [each for each in getattr(node, "rows", ()) if each.field in values]
    record = read_record(act, row.form, row.record, lock=True) if limited else None
    if record is None:
        return values
    fields, lookup, found, problems = act.catalogue.forms[row.form].by_key, ActLookup(act, present=record), dict(values), []
    for each in limited:
        try:
            found[each.field] = row_rights.kept_to(fields[each.field], each, record.values.get(each.field) or (), values[each.field], lookup)
        except Refused as error:
            problems += error.problems
    if problems:
        raise Refused(problems)
    return found


def node_of(act: Act, row: Any) -> Any:
    """By whose rights somebody reads a run: the node where they are asked now, else the start of the starter, else where they were asked or
    told last."""
    _row, state = keeping.read(act, row.id, lock=False)
    flow, own = flow_of(act, row), act.person.id
    now = next((each for each in state.open_tasks if each.person == own), None)
    if now is not None:
        return flow.by_key[state.visit(now.visit).node]
    if state.starter == own:
        return flow.start
    asked = [each.visit for each in state.tasks if own in (each.person, each.instead_of) and each.state != "queued"]
    visit = max([*asked, *boxes.told_at(act, row.id)], default=None)
    return flow.start if visit is None else flow.by_key[state.visit(visit).node]


def as_handler(act: Act, person: Person, form: str, record: int, node: Any) -> Person:
    """The person with what a node gives of one record. The start gives whoever starts no field that they do not have themselves."""
    if person.is_builder:
        return person
    fields = dict(node.fields)
    if node.type == "start":
        fields = {
            each.key: _no_more_than(sees(person, form, each.key, record), fields, each.key) for each in act.catalogue.forms[form].fields
        }
    given = Grant("*workflow", frozenset({"view", "edit"}), fields, f"id == {record}")
    return replace(person, gives={form: (given,)}, rights=None)


def _no_more_than(own: int, fields: Mapping[str, str], key: str) -> str:
    """The lesser of a level that somebody has and of what a node gives of a field."""
    level = min(own, LEVELS[fields.get(key, fields.get("*", "hidden"))])
    return next(name for name, each in LEVELS.items() if each == level)


# -- what follows -------------------------------------------------------------------------------------------------------------------
def titles_of(act: Act, wanted: dict[str, set[int]]) -> dict[tuple[str, int], str]:
    """What records are called, for people who are asked about them whatever they may see elsewhere."""
    person = act.person
    act.act_for(SYSTEM)
    try:
        return query.titles(act, {form: ids for form, ids in wanted.items() if form in act.catalogue.forms})
    finally:
        act.act_for(person)


def shows_title(act: Act, form: str, node: Any) -> bool:
    """Whether a node lets those who act there see what the record is called."""
    title = getattr(act.catalogue.forms.get(form), "title", None)
    fields = getattr(node, "fields", {})
    return title is not None and fields.get(title, fields.get("*", "hidden")) != "hidden"


def follow_up(act: Act, row: Any, flow: Workflow, run: Run, world: ActWorld, effects: list[Effect]) -> list[int]:
    """Does what follows from acts that are stored: tells, copies, sets off what goes on outside. Gives the events that were written."""
    events: list[int] = []
    name = world.title if effects else ""
    for number, each in enumerate(effects):
        node = flow.by_key[run.visit(each.visit).node] if each.visit is not None else flow.start
        title = name if shows_title(act, row.form, node) else f"#{row.record}"
        cause = f"workflow:{row.id}:{row.acts}:{number}"
        if each.kind == "asked":
            _tell(act, flow, ASKED, each.people, title, row, cause)
        elif each.kind == "reminded":
            _tell(act, flow, REMINDED, each.people, title, row, cause)
        elif each.kind == "closed":
            _tell(act, flow, CLOSED, each.people, title, row, cause)
        elif each.kind == "copied":
            _copy(act, row, flow, run, world, each, title, cause)
        elif each.kind == "outside":
            for set_off in OUTSIDE:
                set_off(act, row, flow, run, world, each)
        elif each.kind == "ended":
            events.append(_ended(act, row, flow, run, title, cause))
        if each.kind in ("ended", "left"):
            for look_after in ENDED_NOW:
                look_after(act)
    return events


def moment(act: Act, micros: int) -> str:
    """A day and time of the workspace, as mails in both languages write it."""
    at = clock.from_micros(micros)
    assert at is not None
    return f"{at.astimezone(act.zone):%Y-%m-%d %H:%M}"


def _tell(act: Act, flow: Workflow, subject: Message, people: Iterable[int], title: str, row: Any, cause: str) -> None:
    said = Message(subject.text, {"workflow": flow.label, "record": title})
    telling.tell(act, "approval", people, said, "", None, cause, f"/approvals/{row.id}")


def _copy(act: Act, row: Any, flow: Workflow, run: Run, world: ActWorld, effect: Effect, title: str, cause: str) -> None:
    node = flow.by_key[effect.node or ""]
    who = node.to if node.type == "copy" else node.copy_to
    people = world.meant(who, run)
    for each in people:
        line = {
            "id": act.take_ids("workflow_copy"),
            "run": row.id,
            "visit": effect.visit,
            "person": each,
            "at": act.micros,
            "read_at": None,
        }
        insert_once(act.connection, workflow_copy, line)
    _tell(act, flow, COPIED, people, title, row, cause)


def _ended(act: Act, row: Any, flow: Workflow, run: Run, title: str, cause: str) -> int:
    if run.status in ENDED:
        _tell(act, flow, ENDED[run.status], [run.starter], title, row, cause)
    payload = {"workflow": row.workflow, "run": row.id, "status": run.status, "starter": run.starter}
    return outbox.append(act, "workflow_finished", row.form, row.record, payload, source="workflow")
