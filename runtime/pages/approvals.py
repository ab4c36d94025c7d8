"""Approvals: the lists of a person, a run with its record, its log and what can be done, and starting one from a record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, Response, flash, g, jsonify, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.definitions.form import Form
from runtime.errors import NotFound, Problem, Refused, Stale, TierloomError
from runtime.fields._files import Attached
from runtime.files import keeping as files
from runtime.forms import PREFIX, fill, opened, rows_in
from runtime.pages import approval_lists
from runtime.pages import approval_parts as parts
from runtime.pages import entry as entries
from runtime.pages.approval_brief import briefs, tables
from runtime.pages.approval_parts import name_of
from runtime.pages.approval_rows import Rows
from runtime.pages.apps import find_app
from runtime.pages.entry_paste import pasted
from runtime.pages.files import kept_answer, sent_file
from runtime.pages.lists import find_form
from runtime.pages.record import sections
from runtime.pages.record_flows import STATUS
from runtime.pages.shell import apps_of
from runtime.pages.web import done, go_to, reader, reading, signed_in, workspace, writing
from runtime.people.may import may, sees
from runtime.people.person import Person
from runtime.people.rights import EDIT
from runtime.records import query
from runtime.records.lookup import ActLookup
from runtime.records.rows import Record
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.workflow import boxes, deciding, keeping, running, second_thoughts
from runtime.workflow.deciding import NOTHING, Given
from runtime.workflow.state import Run, Task
from runtime.workflow.world import IN_TRASH

blueprint = Blueprint("approvals", __name__)

BOXES: dict[str, Message] = {
    "todo": _("Waiting for me"),
    "started": _("Started by me"),
    "done": _("Decided by me"),
    "copied": _("Copied to me"),
}
EMPTY: dict[str, Message] = {
    "todo": _("Nothing waits for you. What colleagues submit for your decision shows here."),
    "started": _("You have started nothing yet. Open a record and submit it from there."),
    "done": _("You have decided nothing yet."),
    "copied": _("Nothing was copied to you yet."),
}
ACTS: dict[str, Message] = {
    "submitted": _("submitted"),
    "approved": _("approved"),
    "rejected": _("rejected"),
    "returned": _("returned it to {to}"),
    "transferred": _("gave it to {to}"),
    "added": _("asked {people} as well"),
    "withdrawn": _("withdrew it"),
    "taken_back": _("took the approval back"),
    "urged": _("reminded everybody"),
    "reminded": _("was reminded because it is overdue"),
    "escalated": _("did not act in time; it went to {to}"),
    "replaced": _("put {to} in the place"),
    "moved": _("moved it here"),
    "ended": _("ended it"),
    "reactivated": _("let it go on here"),
    "migrated": _("let it follow a newer version"),
    "recalled": _("took that back within ten seconds"),
    "undone": _("took the last act of an administrator back"),
    "nobody": _("Nobody was found, so those who administer are asked"),
    "came_back": _("What was set off here is over: {result}"),
    "went_past": _("What was to be set off here could not be done, or there was nothing to do"),
    "ended_above": _("Ended, for the workflow that had started it is over or went another way"),
    "tried_again": _("had it tried again"),
}
PASSED: dict[str, Message] = {
    "starter": _("passed: whoever started it would approve it"),
    "repeated": _("passed: approved before already"),
    "overdue": _("passed: nobody acted in time"),
    "nobody": _("passed: nobody was found"),
}


# -- lists ------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/approvals")
@signed_in
def show() -> str:
    box = request.args.get("box", "todo")
    box = box if box in BOXES else "todo"
    with reading() as act:
        narrowed = approval_lists.Narrowing.of_request(act, box)
        rows = narrowed.rows(act, box, request.args.get("before", type=int))
        counts, offered = approval_lists.counts(act), approval_lists.offered(act, narrowed.workflow)
        lines = lines_of(act, rows)
    together = [each for each in ("approve", "reject") if any(each in line["together"] for line in lines)]
    more = {"counts": counts, "empty": EMPTY[box], "together": together, "narrowed": narrowed, "offered": offered, "states": STATUS}
    more["next"] = narrowed.address(box, _next(rows)) if _next(rows) else None
    return render_template("approvals.html", box=box, boxes=BOXES, lines=lines, **more)


def lines_of(act: Act, rows: list[Any]) -> list[dict[str, Any]]:
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row.form, set()).add(row.record)
    titles, more = running.titles_of(act, wanted), briefs(act, rows)
    return [_line(act, row, titles) | {"brief": more.get((row.form, row.record, row.node or ""), ())} for row in rows]


def _next(rows: list[Any]) -> int | None:
    return rows[-1].mark if len(rows) >= boxes.AT_ONCE else None


def _line(act: Act, row: Any, titles: dict[tuple[str, int], str]) -> dict[str, Any]:
    flow = act.catalogue.workflows.get(row.workflow)
    node = flow.by_key.get(row.node or "") if flow is not None else None
    form = act.catalogue.forms.get(row.form)
    at = node if row.task is not None or node is not None else flow.start if flow is not None else None
    shown = at is not None and running.shows_title(act, row.form, at)
    return {
        "href": f"/approvals/{row.run}",
        "run": row.run,
        "task": row.task,
        "together": getattr(node, "actions", ()) if row.state == "open" and getattr(node, "in_bulk", False) else (),
        "title": (shown and titles.get((row.form, row.record))) or f"#{row.record}",
        "workflow": reader().shown(flow.label) if flow is not None else row.workflow,
        "form": reader().shown(form.label) if form is not None else row.form,
        "node": "" if node is None or node.label is None else reader().shown(node.label),
        "starter": reader().person_name(row.starter),
        "for": None if row.instead_of is None else reader().person_name(row.instead_of),
        "at": clock.from_micros(row.at),
        "due": None if row.due_at is None else clock.from_micros(row.due_at),
        "late": row.due_at is not None and row.due_at <= act.micros,
        "status": STATUS.get(row.status, STATUS["running"]),
    }


# -- one run ----------------------------------------------------------------------------------------------------------------------
@blueprint.get("/approvals/<int:run>")
@signed_in
def one(run: int) -> str:
    with reading() as act:
        return _page(act, run)


def _page(act: Act, run: int, error: TierloomError | None = None, entry: Any = None, sent_rows: Rows | None = None) -> str:
    row, state = found(act, run)
    flow = running.flow_of(act, row)
    form = act.catalogue.forms[row.form]
    app, person = home_of(act, form), g.person
    mine = next((each for each in state.open_tasks if each.person == g.person.id), None)
    node = flow.by_key[state.visit(mine.visit).node] if mine is not None else running.node_of(act, row)
    resubmits = state.status in ("returned", "withdrawn") and state.starter == g.person.id
    waiting = boxes.page(act, "todo") if mine is not None else []
    beside, ended = lines_of(act, waiting), None if mine is not None or resubmits else parts.settled(state)
    with handling(act, row, node, mine is not None or resubmits or boxes.concerned(act, run)):
        try:
            record = query.get(act, row.form, row.record)
        except NotFound:
            return _without_record(act, row, state, flow, mine, error)
        asked = _asked(form, node, row.record) if mine is not None or resubmits else []
        with parts.as_oneself(act, person):
            titles = parts.named_in(act, form, record)
        first = parts.headline(app.key, form, record, titles)
        with parts.as_oneself(act, person):
            earlier = parts.earlier(act, app.key, form, record.id, first)
        told = {each.key for each in form.fields if each.type.startswith("approval_") and getattr(each, "workflow", None) == flow.key}
        lines = lines_in(act, app.key, form, record, {*asked, *told})  # where it stands has a place of its own on this page
        parts.with_names(lines, form, record, app.key, titles)
        typed = entry or opened(form, reader(), record.values, asked, record.masked)
        rows = sent_rows or Rows(node, record)

        def last() -> set[str]:
            _sent_here(typed, form, row.id)
            rows.narrow(typed, form)
            return rows.partly

        more = {
            "run": row.id,
            "acts": row.acts,
            "standing": approval_lists.standing(state.status, mine is not None),
            "flow": flow,
            "status": STATUS.get(state.status, STATUS["running"]),
            "starter": reader().person_name(state.starter),
            "started": clock.from_micros(row.at),
            "happened": [entry_of(flow, each) for each in reversed(state.log) if each.act != "finished"],
            "waiting": _waiting(flow, state),
            "set_off": parts.set_off(act, flow, state, row.id, app.key),
            "above": parts.above(act, row.id),
            "mine": mine,
            "due": None if mine is None or mine.due_at is None else clock.from_micros(mine.due_at),
            "resubmits": resubmits,
            "reminds": state.status == "running" and state.starter == g.person.id,
            "withdraws": parts.may_withdraw(flow, state),
            "settled": None if ended is None else entry_of(flow, ended),
            "course": parts.course(flow, state),
            "first": first,
            "earlier": earlier,
            "beside": beside,
            "place": parts.standing_in(waiting, run, boxes.count(act, "todo")) if mine is not None else None,
            "next_waiting": parts.following(act, 0) if ended is not None else None,
            "actions": list(node.actions) if mine is not None else [],
            "returns": returns_of(flow, state, mine, node),
            "where": [("beside", _("beside me"))] if mine is not None and node.mode in ("all", "ratio") else WHERE,
            "comment": request.form.get("comment", ""),
            "decision": {} if mine is None else parts.decision_fields(act, node, row.id),
            "recalls": second_thoughts.offered(act, run),
            "takes_back": parts.may_take_back(act, row, flow, state),
            "needs_comment": mine is not None and node.comment == "required",
            "parts": lines,
            "tables": tables(form, record, set(asked), node),
            "error": None if error is None else reader().say(error.message),
            "errors": {each.path: reader().say(each.message) for each in error.problems} if isinstance(error, Refused) else {},
        }
        return entries.drawn_over(act, app, form, record, typed, asked, "approval.html", last=last, **more)


def _without_record(act: Act, row: Any, state: Run, flow: Any, mine: Task | None, error: TierloomError | None) -> str:
    """The record is in the trash: what was done, and the ways out of it."""
    node = None if mine is None else flow.by_key[state.visit(mine.visit).node]
    return render_template(
        "approval_gone.html",
        run=row.id,
        flow=flow,
        name=f"#{row.record}",
        status=STATUS.get(state.status, STATUS["running"]),
        under_way=state.status == "running",
        mine=mine,
        rejects=node is not None and "reject" in node.actions,
        withdraws=parts.may_withdraw(flow, state),
        said=reader().say(error.message if error is not None else IN_TRASH),
        house=f"/apps/{home_of(act, act.catalogue.forms[row.form]).key}/-/workflows/{row.id}" if act.person.is_builder else None,
        happened=[entry_of(flow, each) for each in reversed(state.log) if each.act != "finished"],
    )


WHERE = [("before", _("before me: I decide afterwards")), ("after", _("after me: I agree, they decide"))]


def found(act: Act, run: int) -> tuple[Any, Run]:
    """A run that the person has to do with, or whose record they may see."""
    row, state = keeping.read(act, run, lock=False)
    concerned = g.person.is_builder or boxes.concerned(act, run)
    if row.form not in act.catalogue.forms or not (concerned or may(g.person, "view", row.form, row.record)):
        raise NotFound(_("There is no such workflow run."))
    return row, state


@contextmanager
def handling(act: Act, row: Any, node: Any, concerned: bool) -> Iterator[None]:
    """The page of somebody who is asked shows what their node shows, whatever they see elsewhere."""
    person: Person = g.person
    if concerned and not person.is_builder:
        act.act_for(running.as_handler(act, person, row.form, row.record, node))
        g.person = act.person
    try:
        yield
    finally:
        if g.person is not person:
            act.act_for(person)
            g.person = act.person


def home_of(act: Act, form: Form) -> Any:
    """The app in which its pages stand: the form's own where the person works in it, else the first that they work in, else any."""
    own = {each.key: each for each in apps_of(g.person, act.catalogue)}
    apps = own or act.catalogue.apps
    if not apps:
        raise NotFound(_("There is no such app, or you do not work in it."))
    return apps.get(form.app or "") or next(iter(apps.values()))


def _asked(form: Form, node: Any, record: int) -> list[str]:
    """The fields that can be changed at a node, as far as whoever handles the record has them: to be asked for within `handling`."""
    at_node = [each for each in form.fields if each.writable and node.fields.get(each.key, node.fields.get("*")) == "edit"]
    return [each.key for each in at_node if sees(g.person, form.key, each.key, record) >= EDIT]


def lines_in(act: Act, app: str, form: Form, record: Record, without: set[str]) -> list[dict[str, Any]]:
    found = [{**part, "lines": [each for each in part["lines"] if each["key"] not in without]} for part in sections(act, app, form, record)]
    return [each for each in found if each["lines"]]


def _sent_here(entry: Any, form: Form, run: int) -> None:
    """Files of fields go through the gate of the node: whoever is asked may have no right to the form."""
    for key, kind in form.by_key.items():
        if isinstance(kind, Attached) and key in entry:
            entry[key].send_url = f"/approvals/{run}/files/field/{key}"
        for row in rows_in(entry[key]) if kind.stores == "rows" and key in entry else ():
            for inner, line in kind.lines().items():
                if isinstance(line, Attached):
                    row[PREFIX + inner].send_url = f"/approvals/{run}/files/field/{key}.{inner}"


def returns_of(flow: Any, state: Run, mine: Task | None, node: Any) -> list[tuple[str, str]]:
    """Where it can be returned to: (what is sent, what is read)."""
    if mine is None or "return" not in node.actions:
        return []
    visited = {each.node for each in state.visits if each.state == "done" and not each.void}
    found = []
    for each in node.return_to:
        if each == "start":
            found.append((each, reader().say(_("whoever started it"))))
        elif each == "previous":
            found.append((each, reader().say(_("the step before"))))
        elif each in visited:
            found.append((each, name_of(flow, each)))
    return found


def _waiting(flow: Any, state: Run) -> list[dict[str, Any]]:
    return [
        {
            "node": name_of(flow, state.visit(each.visit).node),
            "who": reader().person_name(each.person),
            "for": None if each.instead_of is None else reader().person_name(each.instead_of),
            "since": clock.from_micros(each.at),
            "due": None if each.due_at is None else clock.from_micros(each.due_at),
        }
        for each in state.open_tasks
    ]


def entry_of(flow: Any, line: Any) -> dict[str, Any]:
    names = {
        "to": reader().person_name(line.more["to"])
        if isinstance(line.more.get("to"), int)
        else name_of(flow, str(line.more.get("to", ""))),
        "result": reader().say(parts.RESULTS.get(str(line.more.get("result")), parts.RESULTS["ended"])),
        "people": "、".join(reader().person_name(each) for each in line.more.get("people", ())),
    }
    words = PASSED[line.more["why"]] if line.act == "passed" else ACTS[line.act]
    return {
        "who": reader().person_name(line.person) if line.person is not None else "",
        "what": reader().say(Message(words.text, names)) + (reader().say(_(" (from the mail)")) if line.more.get("by") == "mail" else ""),
        "for": reader().person_name(line.more["instead_of"]) if "instead_of" in line.more else "",
        "node": name_of(flow, line.node) if line.node and line.node != flow.start.key else "",
        "comment": line.comment,
        "signature": line.more.get(deciding.SIGNATURE),
        "files": line.more.get(deciding.FILES, ()),
        "at": clock.from_micros(line.at),
        "tone": {"approved": "good", "rejected": "bad", "returned": "care"}.get(line.act, ""),
    }


# -- acting -----------------------------------------------------------------------------------------------------------------------
@blueprint.post("/approvals/<int:run>")
@signed_in
def decide(run: int) -> Any:
    """`act`: approve, reject, return, transfer, add, submit, withdraw, remind. A refusal shows the page again with all that was typed."""
    what, comment = request.form.get("act", ""), request.form.get("comment", "").strip()
    typed: Any = None
    rows: Rows | None = None
    try:
        with writing("workflow") as act:
            row, state = found(act, run)
            flow = running.flow_of(act, row)
            own = [each for each in state.tasks if each.person == g.person.id]
            mine = next((each for each in own if str(each.number) == request.form.get("task")), None)
            node = flow.start if mine is None else flow.by_key[state.visit(mine.visit).node]
            given = NOTHING if mine is None or what not in DECISIONS else deciding.read(
                act, node, request.form.getlist(deciding.SIGNATURE), request.form.getlist(deciding.FILES)
            )
            values: dict[str, Any] = {}
            if what in ("approve", "return", "submit"):
                typed, rows = _typed(act, row, node)
                if not typed.ok:
                    raise Refused([Problem("", _("Mend what is marked in the form first."))])
                values = typed.values
            _do(act, run, mine, what, comment, values, given)
            to = f"/approvals/{run}" if mine is None or what == "add" else parts.following(act, running.task_id(act, run, mine.number))
            undoable = second_thoughts.offered(act, run)
            prints = mine is not None and what in DECISIONS and getattr(node, "print_after", False)
    except (Refused, Stale) as error:
        with reading() as act:
            if typed is not None and isinstance(error, Refused):
                typed.tell([each for each in error.problems if each.path not in BESIDE])
            return _page(act, run, error, typed, rows), error.status
    filled_in = what == "approve" and mine is not None and "reject" not in node.actions
    return _said(to, run, SAID.get("submit" if filled_in else what, _("Done.")), undoable, prints)


def _said(to: str, run: int, said: Message, undoable: bool, prints: bool) -> AnyResponse:
    """Goes on, and says what was done, with ten seconds to think better of it."""
    shown: dict[str, Any] = {"text": reader().say(said)}
    if undoable:
        shown["undo"] = f"/approvals/{run}/undo"
    if prints:
        shown |= {"href": f"/approvals/{run}/print", "href_label": reader().say(_("Print it"))}
    flash(shown, "good")  # type: ignore[arg-type]
    return go_to(to)


@blueprint.post("/approvals/<int:run>/undo")
@signed_in
def undo(run: int) -> Any:
    """Takes back what one decided within the last ten seconds."""
    try:
        with writing("workflow") as act:
            found(act, run)
            second_thoughts.undo(act, run)
    except (Refused, Stale) as error:
        with reading() as act:
            return _page(act, run, error), error.status
    return done(f"/approvals/{run}", _("Taken back. It waits for you again."))


@blueprint.post("/approvals/<int:run>/take-back")
@signed_in
def take_back(run: int) -> Any:
    """Takes back what one approved, as long as nobody has acted on what followed, where the workflow allows that."""
    try:
        with writing("workflow") as act:
            _row, state = found(act, run)
            last = parts.approved_by_me(state)
            if last is None:
                raise Refused([Problem("", _("You have nothing to take back here."))])
            running.take_back(act, running.task_id(act, run, last.number))
    except (Refused, Stale) as error:
        with reading() as act:
            return _page(act, run, error), error.status
    return done(f"/approvals/{run}", _("Taken back. It waits for you again."))


BESIDE = ("comment", deciding.SIGNATURE, deciding.FILES)
"""What is said of these stands beside them."""
DECISIONS = ("approve", "reject", "return")
SAID: dict[str, Message] = {
    "approve": _("Approved."),
    "reject": _("Rejected."),
    "return": _("Returned."),
    "transfer": _("Given to somebody else."),
    "add": _("They have been asked."),
    "submit": _("Submitted."),
    "withdraw": _("Withdrawn. You can change the record and submit it again."),
    "remind": _("They have been reminded."),
}


def _typed(act: Act, row: Any, node: Any) -> tuple[Any, Rows]:
    form = act.catalogue.forms[row.form]
    with handling(act, row, node, True):
        record = query.get(act, row.form, row.record)
        rows, asked = Rows(node, record), _asked(form, node, row.record)
        lookup = ActLookup(act, present=record)
        entry = fill(
            form, request.form, lookup, reader(), record.values, asked, record.masked, rows=lambda *sent: rows.completed(request.form, *sent)
        )
        return entry, rows


def _filled_in(act: Act, run: int) -> tuple[Any, Any]:
    """The run and the node at which whoever asks may fill something in now."""
    row, state = found(act, run)
    flow = running.flow_of(act, row)
    mine = next((each for each in state.open_tasks if each.person == g.person.id), None)
    if mine is None and not (state.status in ("returned", "withdrawn") and state.starter == g.person.id):
        raise NotFound(_("There is no such task."))
    return row, flow.start if mine is None else flow.by_key[state.visit(mine.visit).node]


@blueprint.post("/approvals/<int:run>/check")
@signed_in
def check(run: int) -> Response:
    """How the rules of the form stand for what is being filled in at a node; what the page does not have, only the server looks at."""
    with reading() as act:
        row, node = _filled_in(act, run)
        form = act.catalogue.forms[row.form]
        with handling(act, row, node, True):
            rows = Rows(node, query.get(act, row.form, row.record))
            asked = _asked(form, node, row.record)
            whole = lambda *sent: rows.completed(request.form, *sent)  # noqa: E731
            return entries.checked(act, home_of(act, form).key, form, row.record, asked, rows=whole, partly=rows.partly)


@blueprint.post("/approvals/<int:run>/paste")
@signed_in
def paste(run: int) -> Response:
    """Cells copied from a spreadsheet, as the rows take them that can be filled in at a node."""
    with reading() as act:
        row, node = _filled_in(act, run)
        form, sent = act.catalogue.forms[row.form], request.get_json(silent=True)
        with handling(act, row, node, True):
            if not isinstance(sent, dict) or sent.get("subform") not in _asked(form, node, row.record):
                raise NotFound(_("This form has no such rows."))
            return jsonify(pasted(form, sent, ActLookup(act, present=query.get(act, row.form, row.record)), reader()))


def _do(act: Act, run: int, mine: Task | None, what: str, comment: str, values: dict[str, Any], given: Given) -> None:
    if what == "submit":
        running.submit(act, run, values, comment)
    elif what == "withdraw":
        running.withdraw(act, run, comment)
    elif what == "remind":
        running.remind(act, run)
    elif mine is None:
        raise NotFound(_("There is no such task."))
    else:
        _on_task(act, running.task_id(act, run, mine.number), what, comment, values, given)


def _on_task(act: Act, task: int, what: str, comment: str, values: dict[str, Any], given: Given) -> None:
    person = request.form.get("person", "")
    if what in ("transfer", "add") and not person.isdecimal():
        raise Refused([Problem("person", _("Choose a person."))])
    if what == "approve":
        running.approve(act, task, values, comment, given)
    elif what == "reject":
        running.reject(act, task, comment, given)
    elif what == "return":
        running.return_(act, task, request.form.get("to", ""), values, comment, given)
    elif what == "transfer":
        running.transfer(act, task, int(person), comment)
    elif what == "add":
        running.add(act, task, [int(person)], request.form.get("where", "beside"), comment)  # type: ignore[arg-type]
    else:
        raise Refused([Problem("", _("This cannot be done at this node."))])


# -- files --------------------------------------------------------------------------------------------------------------------------
@blueprint.post("/approvals/<int:run>/files/<what>")
@blueprint.post("/approvals/<int:run>/files/field/<path:field>")
@signed_in
def send(run: int, what: str = "", field: str = "") -> Response:
    """Takes a file for a decision, or for a field that the node lets be changed."""
    with reading() as act:
        row, state = found(act, run)
        mine = next((each for each in state.open_tasks if each.person == g.person.id), None)
        node = running.node_of(act, row)
        resubmits = state.status in ("returned", "withdrawn") and state.starter == g.person.id
        kind: Any = None
        if mine is not None and not field:
            kind = deciding.field_for(node, what)
        elif field and (mine is not None or resubmits):
            form = act.catalogue.forms[row.form]
            with handling(act, row, node, True):
                kind = form.at(field) if field.partition(".")[0] in _asked(form, node, row.record) else None
    if not isinstance(kind, Attached):
        raise NotFound(_("Nothing can be sent along here."))
    request.max_content_length = kind.limits.bytes + files.MEGABYTE
    name, stream = sent_file(kind)
    with files.received(workspace(), name, stream, kind.limits) as arrived, writing() as act:
        token = files.keep(act, arrived)
    return kept_answer(token)


# -- from a record ------------------------------------------------------------------------------------------------------------------
@blueprint.post("/apps/<app>/<form>/<int:record>/workflow/<key>")
@signed_in
def start(app: str, form: str, record: int, key: str) -> AnyResponse:
    with writing("workflow") as act:
        find_app(act, app)
        find_form(act, form)
        flow = act.catalogue.workflows.get(key)
        if flow is None or flow.form != form:
            raise NotFound(_("There is no workflow with the key {key}.", key=key))
        number = running.start(act, key, record, request.form.get("comment", "").strip())
    return go_to(f"/approvals/{number}")
