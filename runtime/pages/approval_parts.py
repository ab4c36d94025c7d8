"""What stands around an approval: where it is among those that wait, its course as a drawing, what matters first, and who was faster."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import wtforms
from flask import g, request

from runtime.definitions.form import Form
from runtime.errors import TierloomError
from runtime.pages.cells import cell
from runtime.pages.web import reader
from runtime.people.may import sees
from runtime.people.person import Person
from runtime.people.rights import VIEW
from runtime.records import query
from runtime.records.rows import Record
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.workflow import boxes, deciding, keeping, outside
from runtime.workflow.acting import Acts
from runtime.workflow.state import OPEN, Run, Task, Visit
from runtime.workflow.world import ActWorld

DRAWN = ("start", "approval", "handle", "copy", "wait", "automation", "sub_flow", "gone")
EARLIER = 3
GONE = ("closed", "transferred", "escalated", "replaced")
FINAL = ("approved", "rejected", "returned", "submitted", "transferred", "escalated", "replaced", "withdrawn", "ended", "moved", "migrated")


# -- among those that wait ------------------------------------------------------------------------------------------------------------
def following(act: Act, task: int) -> str:
    """Where to go after a task has been done: the next that waits, from the top again after the last; the lists where nothing waits."""
    found = boxes.page(act, "todo", before=task, limit=1) or boxes.page(act, "todo", limit=1)
    return f"/approvals/{found[0].run}" if found else "/approvals"


def standing_in(waiting: list[Any], run: int, count: int) -> dict[str, Any] | None:
    """“1 / 7”, and what comes before and after. None for what does not wait, or stands too far down to be counted."""
    place = next((number for number, each in enumerate(waiting) if each.run == run), None)
    if place is None:
        return None
    before, after = waiting[place - 1] if place else None, waiting[place + 1] if place + 1 < len(waiting) else None
    return {
        "number": place + 1,
        "of": count if count <= boxes.MOST_COUNTED else f"{boxes.MOST_COUNTED}+",
        "previous": None if before is None else f"/approvals/{before.run}",
        "next": None if after is None else f"/approvals/{after.run}",
    }


# -- what matters first -----------------------------------------------------------------------------------------------------------------
@contextmanager
def as_oneself(act: Act, person: Person) -> Iterator[None]:
    """Within the rights of a node: what other records are called and hold is a matter of the person’s own rights."""
    handler = g.person
    act.act_for(person)
    g.person = act.person
    try:
        yield
    finally:
        act.act_for(handler)
        g.person = act.person


def named_in(act: Act, form: Form, record: Record) -> dict[tuple[str, int], str]:
    """What the records that this one names are called, as far as the person sees them."""
    named: dict[str, set[int]] = {}
    for each in form.fields:
        for target, other in each.records(record.values[each.key]) if record.values.get(each.key) else ():
            named.setdefault(target, set()).add(other)
    return query.titles(act, named)


def with_names(parts: list[dict[str, Any]], form: Form, record: Record, app: str, titles: dict[tuple[str, int], str]) -> None:
    """Puts names in the place of the numbers of records that those who are asked see themselves."""
    for line in (line for part in parts for line in part["lines"]):
        if line["cell"]["kind"] in ("link", "links") and form.by_key[line["key"]].type in ("reference", "multi_reference"):
            line["cell"] = cell(form, record, line["key"], app, titles)


def headline(app: str, form: Form, record: Record, titles: dict[tuple[str, int], str]) -> dict[str, Any]:
    """The first amount and the first record it names, as far as whoever reads sees them: within the rights of the node."""
    seen = [each for each in form.fields if sees(g.person, form.key, each.key, record.id) >= VIEW and each.key not in record.masked]
    filled = [each for each in seen if record.values.get(each.key) is not None]
    amount = next((each for each in filled if each.formula_type().kind == "money"), None)
    whom = next((each for each in filled if each.type == "reference"), None)
    whom = whom if whom is not None and any(each in titles for each in whom.records(record.values[whom.key])) else None
    return {
        "amount": None if amount is None else cell(form, record, amount.key, app, titles),
        "whom": None if whom is None else cell(form, record, whom.key, app, titles),
        "field": None if whom is None else whom.key,
        "record": None if whom is None else record.values[whom.key],
        "money": None if amount is None else amount.key,
    }


def earlier(act: Act, app: str, form: Form, record: int, first: dict[str, Any]) -> list[dict[str, Any]]:
    """Other records of the same customer, as far as the person sees them by their own rights."""
    if first["field"] is None or not isinstance(first["record"], int):
        return []
    try:
        found, _count = query.related(act, form.key, first["field"], first["record"], EARLIER + 1)
    except TierloomError:
        return []
    others = [each for each in found if each.id != record][:EARLIER]
    titles = query.titles(act, {form.key: {each.id for each in others}})
    return [
        {
            "href": f"/apps/{app}/{form.key}/{each.id}",
            "title": titles.get((form.key, each.id)) or f"#{each.id}",
            "amount": cell(form, each, first["money"], app, {}) if first["money"] and _sees(form, each, first["money"]) else None,
        }
        for each in others
    ]


def _sees(form: Form, record: Record, key: str) -> bool:
    return sees(g.person, form.key, key, record.id) >= VIEW and key not in record.masked


# -- its course -------------------------------------------------------------------------------------------------------------------------
def course(flow: Any, state: Run) -> list[dict[str, Any]]:
    """The nodes in order: where it has been since it was last sent on its way, where it stands, and where it may still go."""
    been = [each for each in state.visits if not each.void and flow.by_key[each.node].type in DRAWN]
    return [*(_visited(flow, state, each) for each in been), *(_ahead(flow, state))]


def _visited(flow: Any, state: Run, visit: Visit) -> dict[str, Any]:
    node = flow.by_key[visit.node]
    tasks = [each for each in state.tasks_of(visit.number) if each.state not in GONE]
    voices = [_voice(each, node.type) for each in tasks]
    if node.type == "start":
        first = next((each for each in reversed(state.log) if each.act == "submitted" and each.node == node.key), None)
        voices = [_said(state.starter, "submitted", visit.at, first.comment if first is not None else "")]
    turned_down = any(each.state == "rejected" for each in tasks)
    return {
        "name": name_of(flow, visit.node),
        "state": "now" if visit.state == OPEN else "bad" if turned_down else "left" if visit.state == "left" else "done",
        "voices": voices,
        "how": HOW[node.mode] if visit.state == OPEN and node.type == "approval" and len(tasks) > 1 else None,
    }


HOW: dict[str, Message] = {
    "any": _("one of them is enough"),
    "all": _("all have to approve"),
    "ratio": _("a share of them has to approve"),
    "sequence": _("one after the other"),
}
VOICES: dict[str, Message] = {
    "open": _("has yet to decide"),
    "to_fill_in": _("has yet to fill it in"),
    "queued": _("comes later"),
    "approved": _("approved"),
    "rejected": _("rejected"),
    "returned": _("returned it"),
    "submitted": _("submitted"),
    "passed": _("passed by itself"),
}


AT_FILL_IN = {"open": "to_fill_in", "approved": "submitted"}
"""What is said at a node at which something is filled in and nothing approved."""


def _voice(task: Task, kind: str) -> dict[str, Any]:
    how = "passed" if task.why is not None and task.acted_by is None else task.state
    said = _said(task.person, how, task.acted_at, task.comment)
    return said if kind != "handle" else {**said, "what": VOICES.get(AT_FILL_IN.get(how, how), said["what"])}


def _said(person: int, how: str, at: int | None, comment: str) -> dict[str, Any]:
    return {
        "who": reader().person_name(person),
        "me": person == g.person.id and how == "open",
        "what": VOICES.get(how, _("is done with it")),
        "at": None if at is None else clock.from_micros(at),
        "comment": comment,
    }


def _ahead(flow: Any, state: Run) -> list[dict[str, Any]]:
    """What can still come, in the order in which it would; `maybe` where there is a way past it, which the record decides."""
    here = list(dict.fromkeys(each.node for each in state.open_visits))
    coming = [key for key in _in_order(flow, here) if key not in here and flow.by_key[key].type in DRAWN]
    return [
        {"name": name_of(flow, key), "state": "maybe" if _passes(flow, here, key) else "later", "voices": [], "how": None} for key in coming
    ]


def _in_order(flow: Any, here: list[str]) -> list[str]:
    """What can be reached from `here`, each behind all from which a line leads to it; circles are cut where they come back."""
    found: list[str] = []
    seen: set[str] = set()

    def walk(key: str) -> None:
        seen.add(key)
        for line in reversed(list(flow.out_of(key))):
            if line.to not in seen:
                walk(line.to)
        found.append(key)

    for each in reversed(here):
        if each not in seen:
            walk(each)
    return found[::-1]


def _passes(flow: Any, here: list[str], wanted: str) -> bool:
    """Whether the end can be reached from all that is open without coming to `wanted`."""
    free = {each.key for each in flow.nodes if each.type == "end"}
    rest = [each for each in flow.nodes if each.key != wanted and each.key not in free]
    while True:
        every = {each.key: [line.to in free for line in flow.out_of(each.key)] for each in rest if each.key not in free}
        more = {each.key for each in rest if (ways := every.get(each.key)) and (all(ways) if each.type == "parallel" else any(ways))}
        if not more:
            return all(each in free for each in here)
        free |= more


def name_of(flow: Any, key: str) -> str:
    node = flow.by_key.get(key)
    if node is not None and node.label is not None:
        return reader().shown(node.label)
    return reader().say(NAMELESS[node.type]) if node is not None and node.type in NAMELESS else key


NAMELESS: dict[str, Message] = {
    "start": _("Sent on its way"),
    "copy": _("Copy for information"),
    "sub_flow": _("Another workflow"),
    "automation": _("An automation"),
    "wait": _("Waiting time"),
}


# -- what it has set off ------------------------------------------------------------------------------------------------------------------
RESULTS: dict[str, Message] = {
    "approved": _("approved"),
    "rejected": _("rejected"),
    "ended": _("ended"),
    "done": _("done"),
    "failed": _("failed"),
    "passed": _("there was nothing to do"),
}
STANDS: dict[str, Message] = {
    "open": _("under way"),
    "again": _("is tried again"),
    "held": _("cannot be done"),
    "left": _("nobody waits for it"),
}


def set_off(act: Act, flow: Any, state: Run, run: int, app: str) -> list[dict[str, Any]]:
    """The workflows and automations that this run has set off, each with where it stands and a way to it."""
    found = outside.of_run(act, run)
    return [_child(act, flow, state, each, app) for each in found.values()]


def _child(act: Act, flow: Any, state: Run, child: Any, app: str) -> dict[str, Any]:
    visit = state.visit(child.visit)
    node = flow.by_key[visit.node]
    known = act.catalogue.workflows if child.sort == "workflow" else act.catalogue.automations
    other = known.get(getattr(node, child.sort, ""))
    href = None if child.child is None else f"/approvals/{child.child}"
    if child.sort == "automation":
        href = f"/apps/{app}/-/runs/{child.child}" if child.child is not None and g.person.is_builder else None
    words = (
        RESULTS.get(child.result or "", RESULTS["done"]) if child.state == "done" and child.result != "passed" else STANDS.get(child.state)
    )
    return {
        "visit": child.visit,
        "node": name_of(flow, visit.node),
        "label": reader().shown(other.label) if other is not None else name_of(flow, visit.node),
        "href": href,
        "stands": words or (RESULTS["passed"] if child.child is None else STANDS["open"]),
        "held": child.state == "held" and visit.state == OPEN,
        "reason": json.loads(child.reason).get(g.language) if child.reason and child.state in ("held", "again") else None,
    }


def above(act: Act, run: int) -> str | None:
    """Where the run is that has started this one."""
    found = outside.above(act, run)
    return None if found is None else f"/approvals/{found}"


# -- who was faster ---------------------------------------------------------------------------------------------------------------------
def may_withdraw(flow: Any, state: Run) -> bool:
    """Whether the starter still can: nobody has acted in this round."""
    if state.status != "running" or state.starter != g.person.id or flow.withdraw == "no":
        return False
    return not any(each.acted_by is not None and state.visit(each.visit).round == state.round for each in state.tasks)


def approved_by_me(state: Run) -> Task | None:
    """The last that the person approved."""
    return next((each for each in reversed(state.tasks) if each.acted_by == g.person.id and each.state == "approved"), None)


def may_take_back(act: Act, row: Any, flow: Any, state: Run) -> bool:
    """Whether the person could take their approval back: tried out on a copy."""
    last = approved_by_me(state)
    if last is None or flow.withdraw != "until_next_handler_acts":
        return False
    world = ActWorld(act, row.workflow, row.form, row.record, row.starter)
    try:
        Acts(flow, keeping.copy_of(state), world).take_back(last.number, g.person.id)
    except TierloomError:
        return False
    return True


def decision_fields(act: Act, node: Any, run: int) -> dict[str, Any]:
    """What can be given with a decision besides the comment, as bound fields that the page draws like those of a form."""
    found = {}
    for what in (deciding.SIGNATURE, deciding.FILES):
        kind = deciding.field_for(node, what)
        if kind is None:
            continue
        bound = kind.entry([], reader()).bind(wtforms.Form(), what)
        bound.process(None, [each for each in request.form.getlist(what) if each] or None)
        bound.kind, bound.send_url = kind, f"/approvals/{run}/files/{what}"
        found[what] = bound
    return found


def settled(state: Run) -> Any:
    """The line of the log that ended what the person was asked; None where they never were, or are still."""
    own = [each for each in state.tasks if g.person.id in (each.person, each.acted_by) and each.state not in (OPEN, "queued")]
    if not own or any(each.person == g.person.id and each.state == OPEN for each in state.tasks):
        return None
    last = own[-1]
    node, since = state.visit(last.visit).node, last.at
    lines = [each for each in state.log if each.act in FINAL and each.at >= since]
    mine = [each for each in lines if each.task == last.number]
    there = [each for each in lines if each.node == node]
    return next(iter([*mine, *there[-1:], *lines[-1:]]), None)
