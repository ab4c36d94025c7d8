"""The runs of an app's workflows for those who administer: finding them, one of them, moving, replacing, ending, reactivating, migrating."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Blueprint, render_template, request

from runtime.errors import NotFound, Problem, Refused, Stale, TierloomError
from runtime.pages import jobs as job_pages
from runtime.pages.apps import find_app
from runtime.pages.approvals import entry_of as log_line
from runtime.pages import approval_parts as parts
from runtime.pages.approval_parts import name_of as node_name
from runtime.pages.record_flows import STATUS
from runtime.pages.web import builder_only, done, go_to, reader, reading, writing
from runtime.people import accounts
from runtime.records import query
from runtime.system import clock
from runtime.system.tables import job as job_table
from runtime.system.workspace import Act
from runtime.texts import Message, _, shown
from runtime.workflow import governing, keeping, migrating, running
from runtime.workflow.state import Run

blueprint = Blueprint("workflow_runs", __name__)

ROWS = 50


# -- finding ----------------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Asked:
    """What the list is narrowed to, as its address has it."""

    workflow: str | None
    state: str | None
    node: str | None
    person: int | None
    starter: int | None
    record: int | None
    since: date | None
    until: date | None
    overdue: bool
    before: int | None

    @classmethod
    def of_request(cls) -> Asked:
        given = request.args
        state = given.get("state") or None
        if state is not None and state not in governing.STATES:
            raise NotFound(_("There is no such state of a run."))
        numbers = {name: _number(given.get(name)) for name in ("person", "starter", "record", "before")}
        days = {name: _day(given.get(name)) for name in ("since", "until")}
        return cls(
            workflow=given.get("workflow") or None,
            state=state,
            node=given.get("node") or None,
            overdue=bool(given.get("overdue")),
            **numbers,  # type: ignore[arg-type]
            **days,  # type: ignore[arg-type]
        )

    def runs(self, act: Act, workflows: list[str]) -> list[Any]:
        return governing.runs(
            act,
            [each for each in workflows if self.workflow in (None, each)],
            state=self.state,
            node=self.node,
            person=self.person,
            starter=self.starter,
            record=self.record,
            since=None if self.since is None else midnight(act, self.since),
            until=None if self.until is None else midnight(act, self.until + timedelta(days=1)),
            overdue=self.overdue,
            before=self.before,
            limit=ROWS,
        )

    def href(self, base: str, **wanted: Any) -> str:
        given = {
            "workflow": self.workflow,
            "state": self.state,
            "node": self.node,
            "person": self.person,
            "starter": self.starter,
            "record": self.record,
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "overdue": "1" if self.overdue else None,
            **wanted,
        }
        kept = {name: value for name, value in given.items() if value}
        return base + (f"?{urlencode(kept)}" if kept else "")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 16 else None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NotFound(_("Give a day like 2024-01-31.")) from None


def midnight(act: Act, day: date) -> int:
    return clock.to_micros(datetime.combine(day, datetime.min.time(), act.zone))


def flows_of_app(act: Act, app: str) -> dict[str, Any]:
    return {key: each for key, each in act.catalogue.workflows.items() if each.app in (None, app)}


@blueprint.get("/apps/<app>/-/workflows")
@builder_only
def all_runs(app: str) -> str:
    """?workflow= state= node= person= starter= record= since= until= overdue= before="""
    with reading() as act:
        found_app, flows, asked = find_app(act, app), flows_of_app(act, app), Asked.of_request()
        base = f"/apps/{app}/-/workflows"
        rows = asked.runs(act, list(flows))
        return render_template(
            "workflows/runs.html",
            app=found_app,
            base=base,
            flows=[{"key": key, "label": reader().shown(each.label)} for key, each in flows.items()],
            nodes=_nodes(flows.get(asked.workflow or "")),
            lines=lines_of(act, base, rows),
            asked=asked,
            person=_name(act, asked.person),
            starter=_name(act, asked.starter),
            states=_states(base, asked),
            behind=_behind(act, base, flows),
            next_href=asked.href(base, before=rows[-1].id) if len(rows) == ROWS else None,
            first_href=asked.href(base) if asked.before else None,
            narrowed=asked.href("") != "",
        )


def _states(base: str, asked: Asked) -> list[dict[str, Any]]:
    found = [{"label": reader().say(_("All")), "href": asked.href(base, state=None), "active": asked.state is None}]
    for key in governing.STATES:
        found.append({"label": reader().say(STATUS[key][0]), "href": asked.href(base, state=key), "active": asked.state == key})
    return found


def _nodes(flow: Any) -> list[tuple[str, str]]:
    return (
        []
        if flow is None
        else [(each.key, node_name(flow, each.key)) for each in flow.nodes if each.passing in ("people", "waits", "joins")]
    )


def _behind(act: Act, base: str, flows: dict[str, Any]) -> list[dict[str, Any]]:
    """Workflows of which runs follow an older version."""
    counted = [(key, each, migrating.count_behind(act, key)) for key, each in flows.items()]
    return [{"label": reader().shown(each.label), "count": n, "href": f"{base}/{key}/versions"} for key, each, n in counted if n]


def _name(act: Act, person: int | None) -> str:
    found = None if person is None else accounts.by_id(act.connection, person)
    return "" if found is None else found.name


def lines_of(act: Act, base: str, rows: list[Any]) -> list[dict[str, Any]]:
    wanted: dict[str, set[int]] = {}
    for each in rows:
        wanted.setdefault(each.form, set()).add(each.record)
    titles = query.titles(act, {form: ids for form, ids in wanted.items() if form in act.catalogue.forms})
    standing = governing.standing(act, [each.id for each in rows])
    reader().know_people({each.starter for each in rows} | {one.person for some in standing.values() for one in some if one.person})
    return [_line(act, base, each, titles, standing.get(each.id, [])) for each in rows]


def _line(act: Act, base: str, row: Any, titles: dict[Any, str], standing: list[Any]) -> dict[str, Any]:
    flow = act.catalogue.workflows[row.workflow]
    late = [each.due_at for each in standing if each.due_at is not None and each.due_at <= act.micros]
    return {
        "href": f"{base}/{row.id}",
        "title": titles.get((row.form, row.record)) or f"#{row.record}",
        "workflow": reader().shown(flow.label),
        "version": row.version,
        "status": STATUS.get(row.status, STATUS["running"]),
        "stands": [
            {
                "node": node_name(flow, each.node),
                "who": "" if each.person is None else reader().person_name(each.person),
                "since": clock.from_micros(each.at),
            }
            for each in standing[:3]
        ],
        "more": max(0, len(standing) - 3),
        "late": clock.from_micros(min(late)) if late else None,
        "starter": reader().person_name(row.starter),
        "at": clock.from_micros(row.at),
    }


# -- one run ------------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/workflows/<int:run>")
@builder_only
def one_run(app: str, run: int) -> str:
    with reading() as act:
        return _page(act, app, run)


def _page(act: Act, app: str, number: int, error: TierloomError | None = None) -> str:
    found_app = find_app(act, app)
    row, run = _of_app(act, app, number)
    flow, base = running.flow_of(act, row), f"/apps/{app}/-/workflows"
    reader().know_people({each.person for each in run.tasks} | {each.person for each in run.log if each.person} | {run.starter})
    form = act.catalogue.forms.get(row.form)
    title = query.titles(act, {row.form: {row.record}}).get((row.form, row.record)) if form is not None else None
    return render_template(
        "workflows/run.html",
        app=found_app,
        base=base,
        row=row,
        flow=flow,
        label=reader().shown(flow.label),
        name=title or f"#{row.record}",
        record_href=f"/apps/{app}/{row.form}/{row.record}" if title else None,
        status=STATUS.get(row.status, STATUS["running"]),
        starter=reader().person_name(row.starter),
        started=clock.from_micros(row.at),
        drawing=_drawing(act, flow, run),
        happened=[log_line(flow, each) for each in reversed(run.log) if each.act != "finished"],
        over=run.is_over,
        set_off=parts.set_off(act, flow, run, row.id, app),
        above=parts.above(act, row.id),
        targets=[(each.key, node_name(flow, each.key)) for each in migrating.targets(flow) if not (run.is_over and each.passing == "ends")],
        asked=[_asked(flow, run, each) for each in run.tasks if each.state in ("open", "queued")],
        undo=governing.can_undo(act, row),
        behind=row.version < act.catalogue.versions.get(("workflow", row.workflow), 0) and not run.is_over,
        versions_href=f"{base}/{row.workflow}/versions",
        error=None if error is None else reader().say(error.message),
        errors={each.path: reader().say(each.message) for each in error.problems} if isinstance(error, Refused) else {},
        given=request.form,
    )


def _of_app(act: Act, app: str, number: int) -> tuple[Any, Run]:
    row, run = keeping.read(act, number, lock=False)
    if row.workflow not in flows_of_app(act, app):
        raise NotFound(_("There is no such workflow run."))
    return row, run


def _asked(flow: Any, run: Run, task: Any) -> dict[str, Any]:
    return {"number": task.number, "who": reader().person_name(task.person), "node": node_name(flow, run.visit(task.visit).node)}


def _drawing(act: Act, flow: Any, run: Run) -> list[dict[str, Any]]:
    """The nodes in the order in which they are come to, each with what happened there: who acted, who is asked, since when."""
    found = []
    visits = {node: [each for each in run.visits if each.node == node] for node in {each.node for each in run.visits}}
    order = [*in_order(flow), *(node for node in visits if node not in flow.by_key)]
    for key in order:
        here = visits.get(key, [])
        last = here[-1] if here else None
        node = flow.by_key[key]
        if node.passing in ("splits", "joins") and not here:
            continue
        tasks = [] if last is None else [each for each in run.tasks if each.visit == last.number and each.state != "closed"]
        found.append(
            {
                "label": node_name(flow, key)
                if node.label is not None or node.type == "gone"
                else reader().say(NODES.get(node.type, NODES["other"])),
                "state": "ahead" if last is None else last.state if not last.void or last.state == "open" else "void",
                "times": len(here),
                "at": None if last is None else clock.from_micros(last.at),
                "took": None if last is None or last.ended_at is None or not tasks else span(last.ended_at - last.at),
                "tasks": [_seat(act, each) for each in tasks],
            }
        )
    return found


NODES: dict[str, Message] = {
    "start": _("Start of the run"),
    "end": _("End of the run"),
    "branch": _("Branch"),
    "parallel": _("Side by side"),
    "join": _("Together again"),
    "wait": _("Wait"),
    "copy": _("Copy"),
    "sub_flow": _("Another workflow"),
    "automation": _("An automation"),
    "other": _("Step"),
}
SEATS: dict[str, Message] = {
    "open": _("asked now"),
    "queued": _("comes later"),
    "approved": _("approved"),
    "rejected": _("rejected"),
    "returned": _("returned it"),
    "transferred": _("gave it to somebody else"),
    "handed_on": _("handed it on"),
    "escalated": _("did not act in time"),
    "replaced": _("was replaced"),
}


def _seat(act: Act, task: Any) -> dict[str, Any]:
    return {
        "who": reader().person_name(task.person),
        "for": None if task.instead_of is None else reader().person_name(task.instead_of),
        "state": reader().say(SEATS.get(task.state, SEATS["open"])),
        "due": None if task.due_at is None else clock.from_micros(task.due_at),
        "late": task.due_at is not None and task.due_at <= act.micros,
    }


def in_order(flow: Any) -> list[str]:
    """Nodes as they are come to from the start, breadth first."""
    found = [flow.start.key]
    for key in found:
        found += [line.to for line in flow.out_of(key) if line.to not in found]
    return list(dict.fromkeys(found))


def span(micros: float) -> str:
    """A duration in the two largest units."""
    minutes = int(micros / 60_000_000)
    days, hours = minutes // 1440, minutes // 60
    if days >= 2:
        return reader().say(_("{days} d {hours} h", days=days, hours=hours % 24))
    if hours:
        return reader().say(_("{hours} h {minutes} min", hours=hours, minutes=minutes % 60))
    return reader().say(_("{n} min", n=minutes))


@blueprint.post("/apps/<app>/-/workflows/<int:run>")
@builder_only
def govern_run(app: str, run: int) -> Any:
    """`what`: move, replace, end, reactivate, try_again, undo; `seen`: the counter of acts on the page it was sent from."""
    given = request.form
    try:
        with writing("workflow") as act:
            find_app(act, app)
            _of_app(act, app, run)
            said = _govern(act, run, given.get("what", ""), given.get("reason", ""), _number(given.get("seen")))
    except (Refused, Stale) as error:
        with reading() as act:
            return _page(act, app, run, error), error.status
    return done(f"/apps/{app}/-/workflows/{run}", said)


def _govern(act: Act, run: int, what: str, reason: str, seen: int | None) -> Message:
    given = request.form
    acts: dict[str, tuple[Callable[[], None], Message]] = {
        "move": (lambda: governing.move(act, run, given.get("node", ""), reason, seen), _("It goes on there. Those concerned are told.")),
        "replace": (
            lambda: governing.replace(act, run, _number(given.get("task")) or 0, _person(act, given.get("to", "")), reason, seen),
            _("Somebody else is asked now. Those concerned are told."),
        ),
        "end": (lambda: governing.end(act, run, reason, seen), _("It is ended. Those concerned are told.")),
        "reactivate": (
            lambda: governing.reactivate(act, run, given.get("node", ""), reason, seen),
            _("It goes on again. Those concerned are told."),
        ),
        "try_again": (lambda: governing.try_again(act, run, _number(given.get("visit")) or 0, reason, seen), _("It is tried again.")),
        "undo": (lambda: governing.undo(act, run, reason or reader().say(_("Taken back")), seen), _("The last act is taken back.")),
    }
    if what not in acts:
        raise NotFound(_("There is no such act."))
    do, said = acts[what]
    do()
    return said


def _person(act: Act, text: str, path: str = "to") -> int:
    if not text.strip():
        raise Refused([Problem(path, _("Choose a person."))])
    if text.strip().isdecimal():
        return _number(text.strip()) or 0
    try:
        return accounts.named(act.connection, text.strip()).id
    except NotFound as error:
        raise Refused([Problem(path, error.message)]) from error


# -- newer versions -----------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/workflows/<workflow>/versions")
@builder_only
def versions(app: str, workflow: str) -> str:
    """Runs that follow an older version, and what would become of each; `to-NODE` names where a node that is gone goes on."""
    with reading() as act:
        return _versions_page(act, app, workflow)


def _versions_page(act: Act, app: str, workflow: str, error: TierloomError | None = None) -> str:
    found_app, flows = find_app(act, app), flows_of_app(act, app)
    if workflow not in flows:
        raise NotFound(_("There is no workflow with the key {key}.", key=workflow))
    flow, base = flows[workflow], f"/apps/{app}/-/workflows"
    instead, lost = _instead(), migrating.gone(act, workflow)
    found = migrating.preview(act, workflow, instead)
    titles = query.titles(act, {flow.form: {each.record for each in found}})
    reader().know_people({one for each in found for one in each.people})
    return render_template(
        "workflows/versions.html",
        app=found_app,
        base=base,
        here=f"{base}/{workflow}/versions",
        label=reader().shown(flow.label),
        version=act.catalogue.versions[("workflow", workflow)],
        total=migrating.count_behind(act, workflow),
        gone=[{"key": node, "count": count, "to": instead.get(node)} for node, count in lost.items()],
        targets=[(each.key, node_name(flow, each.key)) for each in migrating.targets(flow)],
        lines=[_landing(flow, base, each, titles) for each in found],
        job=_last_job(act, migrating.MIGRATE, f"workflow:{workflow}", base),
        error=None if error is None else reader().say(error.message),
        reason=request.form.get("reason", ""),
    )


def _instead() -> dict[str, str]:
    given = request.form if request.method == "POST" else request.args
    return {name.removeprefix("to-"): value for name, value in given.items() if name.startswith("to-") and value}


def _landing(flow: Any, base: str, found: migrating.Landing, titles: dict[Any, str]) -> dict[str, Any]:
    return {
        "href": f"{base}/{found.run}",
        "title": titles.get((found.form, found.record)) or f"#{found.record}",
        "stands": [node_name(flow, each) for each in found.stands],
        "lands": [node_name(flow, each) for each in found.lands],
        "anew": found.anew,
        "status": STATUS.get(found.status, STATUS["running"]),
        "over": found.status not in ("running", "returned", "withdrawn"),
        "people": [reader().person_name(each) for each in found.people],
        "problem": None if found.problem is None else reader().say(found.problem),
        "failing": [reader().say(each) for each in found.failing],
    }


@blueprint.post("/apps/<app>/-/workflows/<workflow>/versions")
@builder_only
def migrate(app: str, workflow: str) -> Any:
    try:
        with writing("workflow") as act:
            find_app(act, app)
            if workflow not in flows_of_app(act, app):
                raise NotFound(_("There is no workflow with the key {key}.", key=workflow))
            migrating.start_migrating(act, workflow, _instead(), request.form.get("reason", ""))
    except Refused as refusal:
        with reading() as act:
            return _versions_page(act, app, workflow, refusal), refusal.status
    return go_to(f"/apps/{app}/-/workflows/{workflow}/versions")


def _last_job(act: Act, kind: str, subject: str, base: str) -> dict[str, Any] | None:
    """The latest of its kind: how far it is, or what it did and which runs it left."""
    own = job_table.c
    row = act.connection.execute(
        sa.select(job_table).where(own.kind == kind, own.subject == subject).order_by(own.id.desc()).limit(1)
    ).first()
    if row is None:
        return None
    result = json.loads(row.result) if row.result else {}
    left = [
        {"href": f"{base}/{each['run']}", "run": each["run"], "why": shown(each["why"], reader().language)}
        for each in result.get("runs", ())
    ]
    return {**job_pages.line(row), "result": result, "runs": left}


# -- somebody who leaves --------------------------------------------------------------------------------------------------------------------
@blueprint.get("/admin/people/<int:person_id>/approvals")
@builder_only
def of_person(person_id: int) -> str:
    """What waits for somebody, to be given to somebody else all at once."""
    return _person_page(person_id)


def _person_page(person_id: int, error: TierloomError | None = None) -> str:
    with reading() as act:
        someone = accounts.by_id(act.connection, person_id)
        if someone is None:
            raise NotFound(_("This person is not known here."))
        apps = list(act.catalogue.apps)
        base = f"/apps/{apps[0]}/-/workflows" if apps else ""
        return render_template(
            "workflows/person.html",
            someone=someone,
            count=governing.count_tasks_of(act, person_id),
            job=_last_job(act, migrating.REPLACE, f"person:{person_id}", base),
            given=request.form,
            errors={each.path: reader().say(each.message) for each in error.problems} if isinstance(error, Refused) else {},
        )


@blueprint.post("/admin/people/<int:person_id>/approvals")
@builder_only
def replace_person(person_id: int) -> Any:
    try:
        with writing("workflow") as act:
            to = _person(act, request.form.get("to", ""))
            migrating.start_replacing(act, person_id, to, request.form.get("reason", ""))
    except Refused as refusal:
        return _person_page(person_id, refusal), refusal.status
    return go_to(f"/admin/people/{person_id}/approvals")
