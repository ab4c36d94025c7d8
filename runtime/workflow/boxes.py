"""The lists of a person: what waits for them, what they started, decided, or were told of. Newest first, a page at a time."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.system.prepared import Prepared
from runtime.system.tables import workflow_copy, workflow_run, workflow_task, workflow_visit

if TYPE_CHECKING:
    from runtime.system.workspace import Act

AT_ONCE = 50
MOST_COUNTED = 100
BOXES = ("todo", "started", "done", "copied")
RUN = (workflow_run.c.id.label("run"), workflow_run.c.workflow, workflow_run.c.version, workflow_run.c.form, workflow_run.c.record)
MORE = (workflow_run.c.status, workflow_run.c.starter, workflow_run.c.at.label("started_at"))


def page(
    act: Act,
    box: str,
    before: int | None = None,
    limit: int = AT_ONCE,
    workflow: str | None = None,
    overdue: bool = False,
    status: str | None = None,
) -> list[Any]:
    """Rows with run, workflow, version, form, record, status, starter, started_at, task, node, at, due_at, state, instead_of and mark.

    `before`: the `mark` of the last row seen. Several that were decided in the same moment stand on one page, however long it gets.
    """
    wanted = _wanted(act, before, limit, workflow, overdue, status)
    found = _rows(act, box, wanted)
    if box == "done" and len(found) == limit:
        together = [each for each in found if each.mark == found[-1].mark]
        every = _rows(act, box, {**wanted, "before": found[-1].mark + 1, "limit": 10_000, "least": found[-1].mark})
        found = found[: limit - len(together)] + every
    return found


def count(act: Act, box: str, workflow: str | None = None, overdue: bool = False) -> int:
    """How many there are; more than MOST_COUNTED are not counted on."""
    wanted = _wanted(act, None, MOST_COUNTED + 1, workflow, overdue, None)
    return _statement(act, ("count", box, *_shape(wanted)), lambda: _counting(box, wanted))[0].scalar(act.connection, wanted) or 0


def _wanted(act: Act, before: int | None, limit: int, workflow: str | None, overdue: bool, status: str | None) -> dict[str, Any]:
    given = {"person": act.person.id, "limit": limit, "before": before, "workflow": workflow, "status": status}
    given["now"] = act.micros if overdue else None
    return {name: value for name, value in given.items() if value is not None}


def _shape(wanted: dict[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(wanted))


def _rows(act: Act, box: str, wanted: dict[str, Any]) -> list[Any]:
    statement, row = _statement(act, ("page", box, *_shape(wanted)), lambda: _listing(box, wanted))
    return [row._make(each) for each in statement.all(act.connection, wanted)]


def _statement(act: Act, key: tuple[Any, ...], build: Callable[[], sa.Select[Any]]) -> tuple[Prepared, Any]:
    """Compiled once: a list that is asked for on every page costs what the database needs for it."""
    memo = act.catalogue.memo
    found = memo.get(("boxes", *key))
    if found is None:
        query = build()
        names = [column.name for column in query.selected_columns]
        found = memo[("boxes", *key)] = (Prepared(query, act.connection.dialect), namedtuple("BoxRow", names))  # noqa: PYI024
    return found


def _param(name: str) -> Any:
    return sa.bindparam(name, type_=sa.Text() if name in ("workflow", "status") else sa.BigInteger())


def _listing(box: str, wanted: dict[str, Any]) -> sa.Select[Any]:
    mark, query = _box(box, wanted)
    return query.order_by(mark.desc(), *([workflow_task.c.id.desc()] if box == "done" else [])).limit(_param("limit"))


def _counting(box: str, wanted: dict[str, Any]) -> sa.Select[Any]:
    """Of what waits for somebody the tasks alone are counted: the index of those that are open answers it."""
    task = workflow_task.c
    if box == "todo" and "workflow" not in wanted:
        inner = sa.select(task.id).where(task.person == _param("person"), task.state == sa.literal_column("'open'"))
        if "now" in wanted:
            inner = inner.where(task.due_at <= _param("now"))
    else:
        mark, query = _box(box, wanted)
        inner = query.with_only_columns(mark)
    return sa.select(sa.func.count()).select_from(inner.limit(_param("limit")).subquery())


def _box(box: str, wanted: dict[str, Any]) -> tuple[Any, sa.Select[Any]]:
    mark, query = {"todo": _tasks, "done": _tasks, "started": _started, "copied": _copied}[box](box)
    if "before" in wanted:
        query = query.where(mark < _param("before"))
    if "least" in wanted:
        query = query.where(mark >= _param("least"))
    if "workflow" in wanted:
        query = query.where(workflow_run.c.workflow == _param("workflow"))
    if "status" in wanted:
        query = query.where(workflow_run.c.status == _param("status"))
    if "now" in wanted:
        query = query.where(workflow_task.c.due_at <= _param("now") if box in ("todo", "done") else sa.false())
    return mark, query


def _tasks(box: str) -> tuple[Any, sa.Select[Any]]:
    task, visit, person = workflow_task.c, workflow_visit.c, _param("person")
    mark = task.id if box == "todo" else task.acted_at
    own = [task.person == person, task.state == sa.literal_column("'open'")]
    if box == "done":
        own = [task.acted_by == person, task.acted_at.is_not(None)]
    what = (task.id.label("task"), visit.node, task.at.label("at"), task.due_at, task.state.label("state"), task.instead_of)
    rows = (
        sa.select(*RUN, *MORE, *what, mark.label("mark"))
        .join(workflow_run, workflow_run.c.id == task.run)
        .join(workflow_visit, sa.and_(visit.run == task.run, visit.number == task.visit))
    )
    return mark, rows.where(*own)


def _started(_box_name: str) -> tuple[Any, sa.Select[Any]]:
    mark, nothing = workflow_run.c.id, sa.null()
    what = (nothing.label("task"), nothing.label("node"), workflow_run.c.at.label("at"), nothing.label("due_at"))
    rows = sa.select(*RUN, *MORE, *what, nothing.label("state"), nothing.label("instead_of"), mark.label("mark"))
    return mark, rows.where(workflow_run.c.starter == _param("person"))


def _copied(_box_name: str) -> tuple[Any, sa.Select[Any]]:
    copy, visit, nothing = workflow_copy.c, workflow_visit.c, sa.null()
    what = (nothing.label("task"), visit.node, copy.at.label("at"), nothing.label("due_at"), nothing.label("state"))
    rows = (
        sa.select(*RUN, *MORE, *what, nothing.label("instead_of"), copy.id.label("mark"))
        .join(workflow_run, workflow_run.c.id == copy.run)
        .join(workflow_visit, sa.and_(visit.run == copy.run, visit.number == copy.visit))
    )
    return copy.id, rows.where(copy.person == _param("person"))


def concerned(act: Act, run: int) -> bool:
    """Whether the person started it, is or was asked, or was told of it."""
    own = act.person.id
    found = sa.union_all(
        sa.select(sa.literal(1)).where(workflow_run.c.id == run, workflow_run.c.starter == own),
        sa.select(sa.literal(1)).where(
            workflow_task.c.run == run,
            sa.or_(workflow_task.c.person == own, workflow_task.c.instead_of == own),
            workflow_task.c.state != "queued",
        ),
        sa.select(sa.literal(1)).where(workflow_copy.c.run == run, workflow_copy.c.person == own),
    )
    return act.connection.execute(found.limit(1)).first() is not None


def under_way(act: Act, workflow: str, record: int) -> int | None:
    """The run of a workflow that is under way for a record, or waits to be submitted again."""
    own = workflow_run.c
    return act.connection.execute(sa.select(own.id).where(own.workflow == workflow, own.open_record == record)).scalar()


def told_at(act: Act, run: int) -> list[int]:
    """The visits at which the person was told of a run."""
    own = workflow_copy.c
    return list(act.connection.execute(sa.select(own.visit).where(own.run == run, own.person == act.person.id)).scalars())


def of_record(act: Act, form: str, record: int) -> list[sa.Row[Any]]:
    """The runs of a record, the newest first."""
    own = workflow_run.c
    return list(
        act.connection.execute(
            sa.select(workflow_run).where(own.form == form, own.record == record).order_by(own.id.desc()).limit(20)
        ).all()
    )
