"""The lists of a person: what waits for them, what they started, decided, or were told of. Newest first, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.system.tables import workflow_copy, workflow_run, workflow_task, workflow_visit

if TYPE_CHECKING:
    from runtime.system.workspace import Act

AT_ONCE = 50
MOST_COUNTED = 100
BOXES = ("todo", "started", "done", "copied")
RUN = (workflow_run.c.id.label("run"), workflow_run.c.workflow, workflow_run.c.version, workflow_run.c.form, workflow_run.c.record)
MORE = (workflow_run.c.status, workflow_run.c.starter, workflow_run.c.at.label("started_at"))


def page(act: Act, box: str, before: int | None = None, limit: int = AT_ONCE) -> list[sa.Row[Any]]:
    """Rows with run, workflow, version, form, record, status, starter, started_at, task, node, at and due_at; `before`: the `mark` of the last row seen."""
    mark, query = _box(box, act.person.id)
    if before is not None:
        query = query.where(mark < before)
    return list(act.connection.execute(query.order_by(mark.desc()).limit(limit)).all())


def count(act: Act, box: str) -> int:
    """How many there are; more than MOST_COUNTED are not counted on."""
    mark, query = _box(box, act.person.id)
    inner = query.with_only_columns(mark).order_by(None).limit(MOST_COUNTED + 1).subquery()
    return act.connection.execute(sa.select(sa.func.count()).select_from(inner)).scalar() or 0


def _box(box: str, person: int) -> tuple[Any, sa.Select[Any]]:
    task, visit, nothing = workflow_task.c, workflow_visit.c, sa.null()
    if box in ("todo", "done"):
        mark = task.id if box == "todo" else task.acted_at
        own = [task.person == person, task.state == "open"] if box == "todo" else [task.acted_by == person, task.acted_at.is_not(None)]
        what = (task.id.label("task"), visit.node, task.at.label("at"), task.due_at, task.state.label("state"), mark.label("mark"))
        rows = (
            sa.select(*RUN, *MORE, *what)
            .join(workflow_run, workflow_run.c.id == task.run)
            .join(workflow_visit, sa.and_(visit.run == task.run, visit.number == task.visit))
        )
        return mark, rows.where(*own)
    if box == "started":
        mark = workflow_run.c.id
        what = (nothing.label("task"), nothing.label("node"), workflow_run.c.at.label("at"), nothing.label("due_at"))
        return mark, sa.select(*RUN, *MORE, *what, nothing.label("state"), mark.label("mark")).where(workflow_run.c.starter == person)
    copy = workflow_copy.c
    what = (nothing.label("task"), visit.node, copy.at.label("at"), nothing.label("due_at"), nothing.label("state"), copy.id.label("mark"))
    rows = (
        sa.select(*RUN, *MORE, *what)
        .join(workflow_run, workflow_run.c.id == copy.run)
        .join(workflow_visit, sa.and_(visit.run == copy.run, visit.number == copy.visit))
    )
    return copy.id, rows.where(copy.person == person)


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
