"""Where a record stands in a workflow, kept in its own fields: lists, filters, rights, reports and formulas read them like any others.

Every act of a run writes them in its own transaction (runtime/workflow/keeping.py). The record's version and history stay as they are:
nobody has changed it; what was done is in the log of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.definitions.model import Definition
from runtime.records import derived
from runtime.records.changes import Changes
from runtime.records.tables import FormTables, tables_of
from runtime.system.tables import workflow_run, workflow_task, workflow_visit
from runtime.workflow.state import Run

if TYPE_CHECKING:
    from runtime.system.workspace import Act

STATE, NODE, HANDLERS = "approval_state", "approval_node", "approval_handlers"


def fields_of(form: Form, workflow: str) -> dict[str, str]:
    """The fields of a form that show a workflow, with what they show."""
    return {each.key: each.type for each in form.fields if each.type in (STATE, NODE, HANDLERS) and getattr(each, "workflow") == workflow}


def show(act: Act, workflow: str, form: str, record: int, run: Run) -> bool:
    """Writes what a run has come to into the fields of its record that show it; gives whether one of them changed."""
    built = tables_of(act.catalogue).get(form)
    fields = {} if built is None else {key: sort for key, sort in fields_of(built.form, workflow).items() if key in built.places}
    if built is None or not fields:
        return False
    node = next((each.node for each in run.open_visits), None)
    handlers = list(dict.fromkeys(each.person for each in run.open_tasks)) if run.status == "running" else []
    values = {STATE: run.status, NODE: node if run.status == "running" else None}
    changed = [key for key, sort in fields.items() if (_keep_people(act, built, key, record, handlers) if sort == HANDLERS
                                                        else _keep(act, built, key, record, values[sort]))]  # fmt: skip
    if changed:
        changes = Changes(act.source)
        for key in changed:
            changes.touch(form, key, [record])
        derived.derive_all(act, changes)
    if act.person.rights is not None:
        act.person.rights.forget()
    return bool(changed)


def _keep(act: Act, built: FormTables, key: str, record: int, value: str | None) -> bool:
    column = built.columns[key]
    differs = column.is_distinct_from(value)
    return bool(act.connection.execute(built.main.update().where(built.main.c.id == record, differs).values({column.name: value})).rowcount)


def _keep_people(act: Act, built: FormTables, key: str, record: int, people: list[int]) -> bool:
    links, number = built.several(key), built.numbers[key]
    own = (links.c.field == number, links.c.record == record)
    if list(act.connection.execute(sa.select(links.c.value).where(*own).order_by(links.c.position)).scalars()) == people:
        return False
    act.connection.execute(links.delete().where(*own))
    if people:
        rows = [{"field": number, "record": record, "value": each, "position": place} for place, each in enumerate(people)]
        act.connection.execute(links.insert(), rows)
    return True


# -- fields that come later ---------------------------------------------------------------------------------------------------------
def after_publish(act: Act, before: Catalogue, changed: list[Definition]) -> None:
    """Fields that a form has got anew show what has been going on before."""
    for form in changed:
        if not isinstance(form, Form):
            continue
        built, was = tables_of(act.catalogue)[form.key], before.forms.get(form.key)
        for each in form.fields:
            workflow = getattr(each, "workflow", None)
            same = None if was is None else was.field(each.key)
            if each.type in (STATE, NODE, HANDLERS) and (same is None or same != each):
                _fill(act, built, each.key, each.type, str(workflow))


def _fill(act: Act, built: FormTables, key: str, sort: str, workflow: str) -> None:
    if sort == HANDLERS:
        return _fill_people(act, built, key, workflow)
    main, run = built.main, workflow_run.c
    newest = _newest(workflow, built.form.key).where(run.record == main.c.id).correlate(main)
    if sort == STATE:
        value = sa.select(run.status).where(run.id == newest.scalar_subquery()).correlate(main).scalar_subquery()
    else:
        visit = workflow_visit.c
        running = sa.exists().where(run.id == visit.run, run.status == "running").correlate(workflow_visit)
        value = (
            sa.select(visit.node)
            .where(visit.run == newest.scalar_subquery(), visit.state == "open", running)
            .order_by(visit.number).limit(1).correlate(main).scalar_subquery()
        )  # fmt: skip
    act.connection.execute(main.update().values({built.columns[key].name: value}))
    return None


def _newest(workflow: str, form: str) -> sa.Select[Any]:
    run = workflow_run.c
    return sa.select(sa.func.max(run.id)).where(run.workflow == workflow, run.form == form)


def _fill_people(act: Act, built: FormTables, key: str, workflow: str) -> None:
    links, number, run, task = built.several(key), built.numbers[key], workflow_run.c, workflow_task.c
    act.connection.execute(links.delete().where(links.c.field == number))
    asked = (
        sa.select(sa.literal(number), run.record, task.person, sa.func.min(task.number))
        .join(workflow_run, run.id == task.run)
        .where(run.workflow == workflow, run.form == built.form.key, run.status == "running", task.state == "open")
        .group_by(run.record, task.person)
    )
    act.connection.execute(links.insert().from_select(["field", "record", "value", "position"], asked))
