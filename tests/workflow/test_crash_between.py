"""A process that is killed between a workflow and the one it has started: the one below ends once, the one above goes on once."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.system.tables import event, workflow_child, workflow_run
from runtime.system.workspace import Workspace
from runtime.workflow import keeping, outside, running
from tests.support.databases import settings_for
from tests.workflow.test_outside import AFTER, CHILD, SUB, approval, flow
from tests.workflow.test_running import Office, office_in

PARENT = flow("flow", "order", approval("first", "u5"), SUB, AFTER)
ABOVE = ("started below, not committed", "started below, nothing followed")
BELOW = ("ended below, not committed", "ended below, nobody told above", "gone on above, not committed", "gone on above, nothing followed")


def die(*_given: Any, **_named: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def approve_until(point: str, folder: str, database: str, task: int, who: str) -> None:
    """Approves, and dies at the point. The names are of the places in the code at which it happens."""
    workspace = Workspace(settings_for(Path(folder), database))
    with workspace.engine.connect() as connection:
        person = accounts.by_email(connection, f"{who}@example.com")
    assert person is not None
    if point == ABOVE[0]:
        vars(outside)["keep"] = die
    elif point == BELOW[0]:
        vars(running)["follow_up"] = die
    elif point in (ABOVE[1], BELOW[1]):
        vars(outside)["look_after"] = die
        vars(outside)["look_after_quietly"] = die
    elif point == BELOW[2]:
        real = outside._over

        def gone_on_and_dead(*given: Any) -> bool:
            real(*given)
            die()
            return True

        vars(outside)["_over"] = gone_on_and_dead
    else:
        real_deal = outside._dealt_with

        def dealt_with_and_dead(*given: Any) -> bool:
            real_deal(*given)
            die()
            return True

        vars(outside)["_dealt_with"] = dealt_with_and_dead
    with workspace.writing(person, "workflow") as act:
        running.approve(act, task)
    if point in (ABOVE[1], BELOW[1]):
        die()


@pytest.fixture
def office(workspace: Workspace) -> Office:
    office = office_in(workspace)
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CHILD, PARENT])
    return office


def killed(office: Office, point: str, run: int, who: str) -> None:
    own = office.workspace
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    url = own.engine.url.render_as_string(hide_password=False)
    process = context.Process(target=approve_until, args=(point, str(own.settings.data_dir), url, office.task(run, who), who))
    process.start()
    process.join(120)
    assert process.exitcode == -signal.SIGKILL
    own.ids.forget()


def below(office: Office) -> list[int]:
    with office.workspace.reading(SYSTEM) as act:
        return list(act.connection.execute(sa.select(workflow_run.c.id).where(workflow_run.c.workflow == "child")).scalars())


@pytest.mark.parametrize("point", [*ABOVE, *BELOW])
def test_a_death_between_parent_and_child_loses_nothing_and_does_nothing_twice(office: Office, point: str) -> None:
    run, _record = office.start()
    if point in ABOVE:
        killed(office, point, run, "u5")
        if point == ABOVE[0]:
            assert office.stands(run) == ("running", ["first:u5"]) and below(office) == []
            office.approve(run, "u5")
    else:
        office.approve(run, "u5")
    (child,) = below(office)
    assert office.stands(run) == ("running", []) and office.stands(child) == ("running", ["look:u2"])
    if point in BELOW:
        killed(office, point, child, "u2")
        if point == BELOW[0]:
            assert office.stands(child) == ("running", ["look:u2"])
            office.approve(child, "u2")
    else:
        office.approve(child, "u2")
    for _turn_of_the_clock in range(2):
        running.tick_all(office.workspace)
        outside.look_after(office.workspace)
    assert office.stands(child) == ("approved", []) and office.stands(run) == ("running", ["a:u1"])
    with office.workspace.reading(SYSTEM) as act:
        _row, state = keeping.read(act, run, lock=False)
        waits = act.connection.execute(sa.select(workflow_child.c.state)).scalars().all()
        ends = act.connection.execute(sa.select(event.c.record).where(event.c.kind == "workflow_finished")).scalars().all()
    assert [each.node for each in state.visits] == ["start", "first", "sub", "a"] and len(state.open_tasks) == 1
    assert [each.act for each in state.log].count("came_back") == 1
    assert waits == ["done"] and len(ends) == 1 and below(office) == [child]
    office.approve(run, "u1")
    assert office.stands(run) == ("approved", [])


kinds.load()
