"""Due times: from the arrival or a date of the record, in hours, days or working time, and what happens then, though the process that set
them is gone: each look at the clock is by a workspace that was opened anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.system.tables import notification, workflow_task
from runtime.system.workspace import Workspace
from runtime.workflow import keeping, running
from tests import makers
from tests.support.databases import settings_for
from tests.workflow.flows import body_of
from tests.workflow.test_running import TWO, Office, office_in

FORM = makers.form_json(makers.text("name"), makers.number("amount"), makers.day("wanted_on"), key="order", title="name")
FRIDAY = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)
"""16:00 in Shanghai, two hours before the week is over; the next working day is Monday the 9th."""
At = Callable[[str], None]


@pytest.fixture
def office(workspace: Workspace) -> Office:
    workspace.now = lambda: FRIDAY
    office = office_in(workspace)
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [FORM])
    return office


@pytest.fixture
def at(office: Office) -> Iterator[At]:
    """Lets the clock of another process look at a moment, written as in Shanghai: `03-09 10:00`."""
    opened: list[Workspace] = []

    def look(moment: str) -> None:
        own = office.workspace
        again = Workspace(settings_for(own.settings.data_dir, own.engine.url.render_as_string(hide_password=False)))
        opened.append(again)
        now = datetime.strptime(f"2026-{moment}", "%Y-%m-%d %H:%M").replace(tzinfo=again.zone)
        again.now = own.now = lambda: now.astimezone(UTC)
        running.tick_all(again)
        own.ids.forget()

    yield look
    for each in opened:
        each.engine.dispose()


def asked(office: Office, due: dict[str, Any], **values: Any) -> int:
    """A run at its second node, where somebody has to act by `due`."""
    office.publish([TWO[0], {**TWO[1], "more": {"due": due}}, {"id": "C", "mode": "or", "approvers": ["u5@example.com"]}])
    run, _record = office.start(**values)
    office.approve(run, "u1")
    return run


def due_at(office: Office, run: int) -> str | None:
    with office.workspace.reading(SYSTEM) as act:
        own = workflow_task.c
        found = act.connection.execute(sa.select(own.due_at).where(own.run == run, own.state == "open")).scalar()
    return None if found is None else datetime.fromtimestamp(found / 1e6, office.workspace.zone).strftime("%m-%d %H:%M")


@pytest.mark.parametrize(
    ("due", "values", "expected"),
    [
        ({"hours": 4}, {}, "03-06 20:00"),
        ({"hours": 4, "working": True}, {}, "03-09 11:00"),
        ({"days": 1}, {}, "03-07 16:00"),
        ({"days": 1, "working": True}, {}, "03-09 16:00"),
        ({"days": 1, "hours": 3, "working": True}, {}, "03-10 10:00"),
        ({"field": "wanted_on"}, {"wanted_on": "2026-03-20"}, "03-20 00:00"),
        ({"field": "wanted_on", "hours": 10}, {"wanted_on": "2026-03-20"}, "03-20 10:00"),
        ({"field": "wanted_on", "hours": 2, "working": True}, {"wanted_on": "2026-03-21"}, "03-23 11:00"),
        ({"field": "wanted_on"}, {}, None),
    ],
)
def test_when_somebody_should_have_acted(office: Office, due: dict[str, Any], values: dict[str, Any], expected: str | None) -> None:
    assert due_at(office, asked(office, due, **values)) == expected


@pytest.mark.parametrize(
    ("then", "stands", "line"),
    [
        ("remind", ["b:u2"], "reminded"),
        ("approve", ["c:u5"], "passed"),
        ("return", ["a:u1"], "returned"),
        ("escalate", ["b:admin"], "escalated"),
    ],
)
@pytest.mark.parametrize("due", [{"hours": 4, "working": True}, {"field": "wanted_on", "hours": 11}])
def test_what_happens_then_happens_once_though_the_process_began_anew(
    office: Office, at: At, then: str, stands: list[str], line: str, due: dict[str, Any]
) -> None:
    run = asked(office, {**due, "then": then}, wanted_on="2026-03-09")
    at("03-09 10:59")
    assert office.stands(run) == ("running", ["b:u2"])
    at("03-09 11:01")
    assert office.stands(run) == ("running", stands)
    at("03-09 11:02")
    with office.workspace.reading(SYSTEM) as act:
        log = [each.act for each in keeping.read(act, run, lock=False)[1].log]
        told = act.connection.execute(sa.select(sa.func.count()).where(notification.c.person == office.people["u2"].id)).scalar()
    assert office.stands(run) == ("running", stands) and log.count(line) == 1
    assert told == 2, "asked, and then reminded, or told that there is nothing more to do"


def test_what_was_escalated_is_due_again_and_stays_with_those_who_administer(office: Office, at: At) -> None:
    run = asked(office, {"hours": 4, "working": True, "then": "escalate"})
    at("03-09 11:01")
    assert due_at(office, run) == "03-09 15:01"
    for moment in ("03-09 15:02", "03-10 15:02", "03-12 15:02"):
        at(moment)
    assert office.stands(run) == ("running", ["b:admin"])


def test_a_wait_is_over_in_another_process(office: Office, at: At) -> None:
    wait = {"key": "pause", "type": "wait", "hours": 48}
    body = body_of(TWO)
    body["nodes"].append(wait)
    body["lines"] = [each if each["from"] != "a" else {"from": "a", "to": "pause"} for each in body["lines"]]
    body["lines"].append({"from": "pause", "to": "b"})
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [body])
    run, _record = office.start()
    office.approve(run, "u1")
    assert office.stands(run) == ("running", [])
    at("03-08 15:59")
    assert office.stands(run) == ("running", [])
    at("03-08 16:01")
    assert office.stands(run) == ("running", ["b:u2"])


def test_an_overdue_return_of_the_first_step_goes_to_the_starter(office: Office, at: At) -> None:
    office.publish([{**TWO[0], "more": {"due": {"hours": 1, "then": "return"}}}])
    run, _record = office.start()
    at("03-06 17:01")
    assert office.stands(run) == ("returned", [])
    with office.act("ini") as act:
        running.submit(act, run)
    assert office.stands(run) == ("running", ["a:u1"]) and due_at(office, run) == "03-06 18:01"
