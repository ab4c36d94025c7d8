"""Starting a workflow for many records at once: every run is walked in memory, and what they all are is stored by a few statements.

What does not depend on the record (who has a role, who heads whom, who stands in) is found out once. Whoever is asked for many of them
is told once, with their number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.once import insert_all_once
from runtime.automation.people import POOLS
from runtime.collaboration import telling
from runtime.errors import NotAllowed, NotFound, Problem, Refused, TierloomError
from runtime.people.may import may
from runtime.records.rows import read_records
from runtime.records.values import RecordValues
from runtime.system.database import to_json
from runtime.system.sets import among
from runtime.system.tables import workflow_entry, workflow_run, workflow_task, workflow_visit
from runtime.texts import Message, _
from runtime.workflow import keeping, on_record, passing, running
from runtime.workflow.acting import Acts
from runtime.workflow.state import Run
from runtime.workflow.walking import Effect
from runtime.workflow.world import ActWorld

if TYPE_CHECKING:
    from runtime.definitions.workflow import Workflow
    from runtime.system.workspace import Act

AT_ONCE = 500
ASKED = _("{workflow}: your decision is wanted on {n} records")
GONE = _("The record is gone, or you may not see it.")
BUSY = _("This workflow is under way for this record already.")


@dataclass
class Started:
    """`runs`: record → run. `left`: records for which nothing was started, each with the reason."""

    runs: dict[int, int] = field(default_factory=dict)
    left: dict[int, Message] = field(default_factory=dict)


class SharedWorld(ActWorld):
    """The world of one of many runs of one starter; what is the same for all stands in `shared`."""

    def __init__(self, act: Act, flow: Workflow, values: RecordValues, shared: dict[Any, Any]):
        super().__init__(act, flow.key, flow.form, values.record or 0, act.person.id)
        self.shared = shared
        self.__dict__["values"] = values

    def _kept(self, key: Any, find: Any) -> Any:
        if key not in self.shared:
            self.shared[key] = find()
        return self.shared[key]

    def meant(self, who: tuple[str, ...], run: Run, node: Any = None) -> list[int]:
        same = all(each.startswith((*POOLS, "head_of:")) or each == "handler_of:start" for each in who)
        if not same or (node is not None and node.formula is not None):
            return super().meant(who, run, node)
        levels = None if node is None else node.levels
        return list(
            self._kept(
                ("meant", who, None if levels is None else levels.model_dump_json()), lambda: super(SharedWorld, self).meant(who, run, node)
            )
        )

    def head(self, person: int) -> int | None:
        return self._kept(("head", person), lambda: super(SharedWorld, self).head(person))

    def delegate(self, person: int) -> int | None:
        return self._kept(("delegate", person), lambda: super(SharedWorld, self).delegate(person))

    def admins(self) -> list[int]:
        return self._kept("admins", lambda: super(SharedWorld, self).admins())


def start_many(act: Act, key: str, records: Sequence[int], comment: str = "") -> Started:
    """Starts a workflow for all these records in the name of whoever acts. One that cannot be started leaves the others as they are."""
    flow = act.catalogue.workflows.get(key)
    if flow is None:
        raise NotFound(_("There is no workflow with the key {key}.", key=key))
    if not flow.enabled:
        raise Refused([Problem("", _("This workflow is switched off."))])
    if not running.may_start(act, flow):
        raise NotAllowed(_("You may not start this workflow. Ask whoever designed it."))
    started, shared, asked = Started(), {}, defaultdict[int, list[int]](list)
    wanted = list(dict.fromkeys(records))
    for place in range(0, len(wanted), AT_ONCE):
        for person, some in _chunk(act, flow, wanted[place : place + AT_ONCE], comment, started, shared).items():
            asked[person] += some
    _tell(act, flow, asked)
    return started


@dataclass
class New:
    """One of many, walked and not yet stored."""

    row: dict[str, Any]
    run: Run
    world: SharedWorld
    effects: list[Effect]


def _chunk(act: Act, flow: Workflow, records: list[int], comment: str, started: Started, shared: dict[Any, Any]) -> dict[int, list[int]]:
    made = list(_walked(act, flow, records, comment, started, shared))
    inserted = _insert_runs(act, made)
    stored = [each for each in made if each.row["id"] in inserted]
    started.left.update({each.row["record"]: BUSY for each in made if each.row["id"] not in inserted})
    _insert_rest(act, stored)
    passing.tell(act, flow.key, flow.form, [(each.row["record"], each.row["id"], each.row["starter"], None, each.run) for each in stored])
    asked: dict[int, list[int]] = defaultdict(list)
    for each in stored:
        record = each.row["record"]
        started.runs[record] = each.row["id"]
        if on_record.fields_of(act.catalogue.forms[flow.form], flow.key):
            on_record.show(act, flow.key, flow.form, record, each.run)
        for effect in each.effects:
            if effect.kind == "asked":
                for person in effect.people:
                    asked[person].append(each.row["id"])
        rest = [effect for effect in each.effects if effect.kind not in ("asked", "closed")]
        if rest:
            running.follow_up(act, keeping.Row(**each.row), flow, each.run, each.world, rest)
    return asked


def _walked(act: Act, flow: Workflow, records: list[int], comment: str, started: Started, shared: dict[Any, Any]) -> Iterator[New]:
    own = workflow_run.c
    busy = set(
        act.connection.execute(sa.select(own.open_record).where(own.workflow == flow.key, among(own.open_record, records))).scalars()
    )
    there = {each.id: each for each in read_records(act, flow.form, records) if each.deleted_at is None}
    number = act.take_ids("workflow_run", len(records)) if records else 0
    for place, record in enumerate(records):
        found = there.get(record)
        if found is None or not may(act.person, "view", flow.form, record):
            started.left[record] = GONE
            continue
        if record in busy:
            started.left[record] = BUSY
            continue
        system = {name: getattr(found, name) for name in ("id", "version", "created_at", "created_by", "updated_at", "updated_by")}
        world = SharedWorld(act, flow, RecordValues(act, found.form, found.values, record, system), shared)
        acts = Acts(flow, Run(act.person.id), world)
        try:
            acts.submit(act.person.id, comment)
        except TierloomError as error:
            started.left[record] = error.message
            continue
        yield New(_row(act, flow, number + place, record, acts.run), acts.run, world, acts.effects)


def _row(act: Act, flow: Workflow, number: int, record: int, run: Run) -> dict[str, Any]:
    return {
        "id": number,
        "workflow": flow.key,
        "version": act.catalogue.versions.get(("workflow", flow.key), 0),
        "form": flow.form,
        "record": record,
        "open_record": None if run.is_over else record,
        "status": run.status,
        "starter": run.starter,
        "round": run.round,
        "acts": 1,
        "at": act.micros,
        "ended_at": act.micros if run.is_over else None,
    }


def _insert_runs(act: Act, made: list[New]) -> set[int]:
    """The numbers of those that are there: where somebody else was quicker with a record, theirs stays."""
    numbers = [each.row["id"] for each in made]
    insert_all_once(act.connection, workflow_run, [each.row for each in made])
    return set(act.connection.execute(sa.select(workflow_run.c.id).where(among(workflow_run.c.id, numbers))).scalars())


def _insert_rest(act: Act, stored: Iterable[New]) -> None:
    visits, tasks, lines = [], [], []
    for each in stored:
        run = each.row["id"]
        visits += [{"run": run, **keeping.columns_of(visit)} for visit in each.run.visits]
        tasks += [{"run": run, **keeping.columns_of(task)} for task in each.run.tasks]
        lines += [
            {"run": run, "number": number, **vars(entry), "more": to_json(entry.more) if entry.more else None}
            for number, entry in enumerate(each.run.log, 1)
        ]
    if tasks:
        first = act.take_ids("workflow_task", len(tasks))
        for place, task in enumerate(tasks):
            task["id"] = first + place
    for table, rows in ((workflow_visit, visits), (workflow_task, tasks), (workflow_entry, lines)):
        if rows:
            keeping.statement_of(act, ("new", table.name), lambda table=table: table.insert()).many(act.connection, rows)


def _tell(act: Act, flow: Workflow, asked: dict[int, list[int]]) -> None:
    for person, runs in asked.items():
        words = Message(ASKED.text, {"workflow": flow.label, "n": len(runs)})
        telling.tell(act, "approval", [person], words, "", None, f"workflow:{runs[0]}:many", "/approvals")
