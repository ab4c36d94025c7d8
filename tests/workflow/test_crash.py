"""A process that is killed between the decision and what follows from it: each effect is there once (case P44)."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.automation import engine
from runtime.automation.steps.create_record import CreateRecord
from runtime.definitions import versions
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.system.database import writing
from runtime.system.tables import automation_run, event, notification, workflow_entry
from runtime.system.workspace import Workspace
from runtime.workflow import keeping, running
from tests import makers
from tests.support.databases import settings_for
from tests.workflow.test_running import Office, office_in

ONE = [{"id": "A", "mode": "or", "approvers": ["u1@example.com"], "more": {"fields": {"*": "edit"}}}]
POINTS = ("written, not committed", "committed, nothing followed", "effect done, not committed")


def die(*_given: Any, **_named: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def approve_until(point: str, folder: str, database: str, task: int) -> None:
    """Approves and sets a field, lets the engine do what follows, and dies at the point."""
    workspace = Workspace(settings_for(Path(folder), database))
    if point == POINTS[0]:
        vars(running)["follow_up"] = die
    with workspace.engine.connect() as connection:
        person = accounts.by_email(connection, "u1@example.com")
    assert person is not None
    with workspace.writing(person, "workflow") as act:
        running.approve(act, task, {"amount": 5})
    if point == POINTS[1]:
        die()
    real_step = CreateRecord.run

    def stepped_and_dead(*given: Any) -> None:
        real_step(*given)
        die()

    CreateRecord.run = stepped_and_dead  # type: ignore[method-assign, assignment]
    engine.settle(workspace)


@pytest.fixture
def office(workspace: Workspace) -> Office:
    return office_in(workspace)


@pytest.mark.parametrize("point", POINTS)
def test_what_follows_from_an_approval_is_done_once_though_the_process_dies(office: Office, point: str) -> None:
    rule = {
        "kind": "automation",
        "key": "after",
        "label": "After",
        "trigger": {"type": "record_updated", "form": "order", "fields": ["amount"]},
        "steps": [{"type": "create_record", "form": "note", "values": {"name": "'done'"}}],
    }
    office.publish(ONE)
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [makers.form_json(makers.text("name"), key="note", title="name")])
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [rule])
    run, _record = office.start()
    task, own = office.task(run, "u1"), office.workspace
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    url = own.engine.url.render_as_string(hide_password=False)
    process = context.Process(target=approve_until, args=(point, str(own.settings.data_dir), url, task))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    own.ids.forget()
    if point == POINTS[0]:
        assert office.stands(run) == ("running", ["a:u1"])
        office.approve(run, "u1", amount=5)
    assert office.stands(run) == ("approved", [])
    with writing(own.engine) as connection:  # the dead worker's lease has run out
        unfinished = automation_run.c.finished_at.is_(None)
        connection.execute(automation_run.update().values(lease_by=None, lease_until=None, state="waiting").where(unfinished))
    engine.settle(own)
    with own.reading(SYSTEM) as act:
        assert len(list(query.ids(act, "note"))) == 1
        ends = act.connection.execute(sa.select(sa.func.count()).where(event.c.kind == "workflow_finished")).scalar()
        said = act.connection.execute(sa.select(workflow_entry.c.act).where(workflow_entry.c.run == run)).scalars().all()
        starter = (notification.c.person == office.people["ini"].id, notification.c.kind == "approval")
        told = act.connection.execute(sa.select(sa.func.count()).where(*starter)).scalar()
        _row, state = keeping.read(act, run, lock=False)
    assert (ends, said.count("approved"), told, state.status) == (1, 1, 1, "approved")


kinds.load()
