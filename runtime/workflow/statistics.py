"""How long approvals take, where they wait, and how they end: of runs that began in a time, worked out by the database.

Durations are in microseconds. The median and the ninth tenth are by nearest rank: half of the visits, or nine tenths, took no longer.
A bottleneck is the node at which all visits together waited longest. What was undone within seconds never was: it counts nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.system.tables import workflow_entry, workflow_run, workflow_task, workflow_visit
from runtime.workflow.state import UNDONE

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LATE = ("reminded", "escalated")
"""Lines of the log that say that somebody did not act in time."""


@dataclass(frozen=True)
class Figures:
    """Of one node or one person. `done`: how many came to an end; `waiting`: how many are open; `waited`: all of their time together."""

    key: Any
    count: int
    done: int
    waiting: int
    median: int | None
    ninth: int | None
    waited: int
    returned: int
    rejected: int
    overdue: int

    def share(self, name: str) -> float:
        return getattr(self, name) / self.count if self.count else 0.0


@dataclass(frozen=True)
class Whole:
    """All runs: how many by status, and how long those took that are over."""

    states: dict[str, int]
    median: int | None
    ninth: int | None

    @property
    def count(self) -> int:
        return sum(self.states.values())


def _chosen(workflow: str, since: int | None, until: int | None) -> sa.Select[Any]:
    own = workflow_run.c
    found = sa.select(own.id).where(own.workflow == workflow)
    if since is not None:
        found = found.where(own.at >= since)
    return found if until is None else found.where(own.at < until)


# -- runs ---------------------------------------------------------------------------------------------------------------------------
def of_runs(act: Act, workflow: str, since: int | None = None, until: int | None = None) -> Whole:
    own = workflow_run.c
    chosen = own.id.in_(_chosen(workflow, since, until))
    states = {
        state: count for state, count in act.connection.execute(sa.select(own.status, sa.func.count()).where(chosen).group_by(own.status))
    }
    lasting = sa.select(sa.literal(0).label("key"), (own.ended_at - own.at).label("took")).where(
        chosen, own.ended_at.is_not(None), own.status.in_(("approved", "rejected"))
    )
    found = _ranks(act, lasting)
    median, ninth = found.get(0, (None, None))
    return Whole(states, median, ninth)


# -- nodes ----------------------------------------------------------------------------------------------------------------------------
def of_nodes(act: Act, workflow: str, since: int | None = None, until: int | None = None) -> list[Figures]:
    """Nodes at which people act, the one at which most time went by first."""
    visit, chosen = workflow_visit.c, _chosen(workflow, since, until).subquery()
    asked = sa.exists().where(workflow_task.c.run == visit.run, workflow_task.c.visit == visit.number)
    people = sa.and_(visit.state != UNDONE, asked)
    source = workflow_visit.join(chosen, chosen.c.id == visit.run)
    took = sa.case((visit.state == "open", act.micros), else_=visit.ended_at) - visit.at
    counted = (
        sa.select(
            visit.node.label("key"),
            sa.func.count().label("times"),
            _sum(visit.state == "done").label("done"),
            _sum(visit.state == "open").label("waiting"),
            sa.func.sum(took).label("waited"),
        )
        .select_from(source)
        .where(people)
        .group_by(visit.node)
    )
    lasting = (
        sa.select(visit.node.label("key"), (visit.ended_at - visit.at).label("took"))
        .select_from(source)
        .where(people, visit.state != "open")
    )
    return _together(act, counted, lasting, _outcomes(chosen, visit.node))


def _sum(condition: Any) -> Any:
    return sa.func.sum(sa.case((condition, 1), else_=0))


def _outcomes(chosen: Any, key: Any) -> sa.Select[Any]:
    """How many visits somebody returned or rejected, or was late at: each visit counts once."""
    visit, task, entry = workflow_visit.c, workflow_task.c, workflow_entry.c
    late = sa.exists().where(entry.run == task.run, entry.task == task.number, entry.act.in_(LATE))
    one = (
        sa.select(
            key.label("key"),
            visit.run,
            visit.number,
            sa.func.max(sa.case((task.state == "returned", 1), else_=0)).label("returned"),
            sa.func.max(sa.case((task.state == "rejected", 1), else_=0)).label("rejected"),
            sa.func.max(sa.case((sa.or_(task.why == "overdue", late, _open_late()), 1), else_=0)).label("overdue"),
        )
        .select_from(
            workflow_task.join(chosen, chosen.c.id == task.run).join(
                workflow_visit, sa.and_(visit.run == task.run, visit.number == task.visit)
            )
        )
        .where(visit.state != UNDONE)
        .group_by(key, visit.run, visit.number)
        .subquery()
    )
    sums = [sa.func.sum(one.c[name]).label(name) for name in ("returned", "rejected", "overdue")]
    return sa.select(one.c.key, *sums).group_by(one.c.key)


def _open_late() -> Any:
    task = workflow_task.c
    return sa.and_(task.state == "open", task.due_at.is_not(None), task.due_at <= sa.bindparam("now", type_=sa.BigInteger()))


# -- people -----------------------------------------------------------------------------------------------------------------------------
def of_people(act: Act, workflow: str, since: int | None = None, until: int | None = None, node: str | None = None) -> list[Figures]:
    """Who is asked, how long they take from being asked to acting; whoever made others wait longest first."""
    task, visit = workflow_task.c, workflow_visit.c
    chosen = _chosen(workflow, since, until).subquery()
    its = sa.and_(visit.run == task.run, visit.number == task.visit)
    source: Any = workflow_task.join(chosen, chosen.c.id == task.run).join(workflow_visit, its)
    asked = [
        task.state.not_in(("queued", "closed")), sa.or_(task.acted_by == task.person, task.state == "open"), visit.state != UNDONE
    ]  # fmt: skip
    if node is not None:
        asked.append(visit.node == node)
    took = sa.case((task.state == "open", act.micros), else_=task.acted_at) - task.at
    late = sa.exists().where(workflow_entry.c.run == task.run, workflow_entry.c.task == task.number, workflow_entry.c.act.in_(LATE))
    counted = (
        sa.select(
            task.person.label("key"),
            sa.func.count().label("times"),
            _sum(task.state != "open").label("done"),
            _sum(task.state == "open").label("waiting"),
            sa.func.sum(took).label("waited"),
        )
        .select_from(source)
        .where(*asked)
        .group_by(task.person)
    )
    lasting = (
        sa.select(task.person.label("key"), (task.acted_at - task.at).label("took")).select_from(source).where(*asked, task.state != "open")
    )
    outcomes = (
        sa.select(
            task.person.label("key"),
            _sum(task.state == "returned").label("returned"),
            _sum(task.state == "rejected").label("rejected"),
            _sum(sa.or_(late, _open_late())).label("overdue"),
        )
        .select_from(source)
        .where(*asked)
        .group_by(task.person)
    )
    return _together(act, counted, lasting, outcomes)


# -- together ----------------------------------------------------------------------------------------------------------------------------
def _together(act: Act, counted: sa.Select[Any], lasting: sa.Select[Any], outcomes: sa.Select[Any]) -> list[Figures]:
    ranks = _ranks(act, lasting)
    ends = {row.key: row for row in act.connection.execute(outcomes, {"now": act.micros})}
    found = []
    for row in act.connection.execute(counted):
        end = ends.get(row.key)
        returned, rejected, overdue = (int(getattr(end, name, 0) or 0) for name in ("returned", "rejected", "overdue"))
        median, ninth = ranks.get(row.key, (None, None))
        found.append(
            Figures(row.key, row.times, int(row.done), int(row.waiting), median, ninth, int(row.waited or 0), returned, rejected, overdue)
        )
    return sorted(found, key=lambda each: (-each.waited, str(each.key)))


def _ranks(act: Act, lasting: sa.Select[Any]) -> dict[Any, tuple[int | None, int | None]]:
    """By key the duration that half, and that nine tenths, did not exceed."""
    each = lasting.subquery()
    ranked = sa.select(
        each.c.key,
        each.c.took,
        sa.func.row_number().over(partition_by=each.c.key, order_by=each.c.took).label("place"),
        sa.func.count().over(partition_by=each.c.key).label("of"),
    ).subquery()
    places = {name: _nearest(ranked.c.of, tenths) for name, tenths in (("median", 5), ("ninth", 9))}
    picked = [sa.func.max(sa.case((ranked.c.place == place, ranked.c.took))).label(name) for name, place in places.items()]
    rows = act.connection.execute(sa.select(ranked.c.key, *picked).group_by(ranked.c.key))
    return {row.key: (_whole(row.median), _whole(row.ninth)) for row in rows}


def _nearest(count: Any, tenths: int) -> Any:
    """The rank of the nearest: the tenths of the count, rounded up. Whole numbers are divided as such on either database."""
    return (count * tenths + 9) // 10


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)
