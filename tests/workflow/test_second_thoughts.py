"""A decision is taken back within ten seconds, as if it had not been; when that is too late, a sentence says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from runtime.automation import engine
from runtime.collaboration import letters
from runtime.definitions import versions
from runtime.errors import Refused, Stale
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import automation_run, event, job, notification, workflow_copy
from runtime.system.workspace import Workspace
from runtime.workflow import governing, keeping, running, second_thoughts
from tests import makers
from tests.support.databases import settings_for
from tests.workflow.test_running import TWO, Office, office_in

NOTE = makers.form_json(makers.text("name"), key="note", title="name")
RULE = {
    "kind": "automation",
    "key": "after",
    "label": "After",
    "trigger": {"type": "record_updated", "form": "order", "fields": ["amount"]},
    "steps": [{"type": "create_record", "form": "note", "values": {"name": "'done'"}}],
}


class Clock:
    def __init__(self, office: Office):
        self.at = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
        office.workspace.now = lambda: self.at

    def later(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@pytest.fixture
def office(workspace: Workspace) -> Office:
    return office_in(workspace)


def undo(office: Office, run: int, name: str) -> None:
    with office.act(name) as act:
        second_thoughts.undo(act, run)


def offered(office: Office, run: int, name: str) -> bool:
    with office.workspace.reading(office.people[name]) as act:
        return second_thoughts.offered(act, run)


def told(office: Office, name: str) -> int:
    with office.workspace.reading(SYSTEM) as act:
        own = notification.c
        return act.connection.execute(sa.select(sa.func.count()).where(own.person == office.people[name].id)).scalar() or 0


def test_votes_values_notices_and_copies_are_as_before(office: Office) -> None:
    clock = Clock(office)
    office.publish(
        [{**TWO[0], "more": {"fields": {"*": "edit"}}}, {**TWO[1], "more": {"copy_to": ["user:u5@example.com"]}}],
    )
    run, record = office.start(amount=5, name="Deal")
    before = {name: told(office, name) for name in ("u1", "u2", "u5", "ini")}
    office.approve(run, "u1", amount=9)
    assert office.stands(run) == ("running", ["b:u2"]) and told(office, "u2") == before["u2"] + 1
    assert offered(office, run, "u1") and not offered(office, run, "u2")
    clock.later(9)
    undo(office, run, "u1")
    assert office.stands(run) == ("running", ["a:u1"]) and float(office.values(record)["amount"]) == 5
    assert {name: told(office, name) for name in before} == before
    with office.workspace.reading(SYSTEM) as act:
        assert act.connection.execute(sa.select(sa.func.count()).select_from(workflow_copy)).scalar() == 0
        waiting = act.connection.execute(sa.select(event.c.kind).where(event.c.handled_at.is_(None), event.c.kind == "record_updated"))
        assert waiting.scalars().all() == [], "no automation answers to what has not been"
        assert [each.act for each in keeping.read(act, run, lock=False)[1].log][-2:] == ["approved", "recalled"]
    with pytest.raises(Stale, match="acted since"):
        undo(office, run, "u1")
    office.approve(run, "u1", amount=7)
    office.approve(run, "u2")
    assert office.stands(run)[0] == "approved" and float(office.values(record)["amount"]) == 7


@pytest.mark.parametrize("what", ["approve", "reject", "return", "transfer", "after", "the last of two"])
def test_every_decision_is_taken_back(office: Office, what: str) -> None:
    Clock(office)
    parts = [{**TWO[0], "mode": "all", "approvers": ["u1@example.com", "u2@example.com"]}] if what == "the last of two" else TWO[:1]
    office.publish(parts)
    run, record = office.start()
    if what == "the last of two":
        office.approve(run, "u2")
    stood = office.stands(run)
    with office.act("u1") as act:
        task, other = office.task(run, "u1"), office.people["u8"].id
        if what == "reject":
            running.reject(act, task, "no")
        elif what == "return":
            running.return_(act, task, "start")
        elif what == "transfer":
            running.transfer(act, task, other)
        elif what == "after":
            running.add(act, task, [other], "after")
        else:
            running.approve(act, task)
    assert office.stands(run) != stood
    undo(office, run, "u1")
    assert office.stands(run) == stood
    with office.act("ini") as act, pytest.raises(Stale, match="under way"):
        running.start(act, "flow", record)
    office.approve(run, "u1")
    assert office.stands(run)[0] == "approved"


def test_too_late_says_why_and_leaves_everything(office: Office) -> None:
    clock = Clock(office)
    office.publish([*TWO, {"id": "C", "mode": "or", "approvers": ["u5@example.com"]}])
    run, _record = office.start()
    office.approve(run, "u1")
    clock.later(16)
    assert not offered(office, run, "u1")
    with pytest.raises(Stale, match="ten seconds are over"):
        undo(office, run, "u1")
    office.approve(run, "u2")
    for name in ("u1", "ini"):
        with pytest.raises(Stale, match="acted since"):
            undo(office, run, name)
    with office.act("admin") as act:
        governing.move(act, run, "a", "why")
    with pytest.raises(Stale, match="acted since"):
        undo(office, run, "u2")
    assert office.stands(run) == ("running", ["a:u1"])


def test_an_administrator_takes_back_their_own_acts_and_nobody_elses(office: Office) -> None:
    Clock(office)
    office.publish(TWO)
    run, _record = office.start()
    office.approve(run, "u1")
    with office.workspace.reading(office.people["admin"]) as act:
        assert not governing.can_undo(act, keeping.read(act, run, lock=False)[0])
    with office.act("admin") as act, pytest.raises(Stale, match="cannot be taken back"):
        governing.undo(act, run, "why")


def test_what_an_automation_has_done_is_not_called_back(office: Office) -> None:
    Clock(office)
    office.publish([{**TWO[0], "more": {"fields": {"*": "edit"}}}, TWO[1]])
    for body in (NOTE, RULE):
        with office.workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [body])
    run, record = office.start(amount=1)
    engine.settle(office.workspace)
    office.approve(run, "u1", amount=2)
    engine.settle(office.workspace)
    assert not offered(office, run, "u1")
    with pytest.raises(Refused, match="An automation has already"):
        undo(office, run, "u1")
    assert office.stands(run) == ("running", ["b:u2"]) and float(office.values(record)["amount"]) == 2
    run, record = office.start(amount=1)
    engine.settle(office.workspace)
    with office.workspace.reading(SYSTEM) as act:
        done = act.connection.execute(sa.select(sa.func.count()).select_from(automation_run)).scalar()
    office.approve(run, "u1", amount=2)
    undo(office, run, "u1")
    engine.settle(office.workspace)
    with office.workspace.reading(SYSTEM) as act:
        assert act.connection.execute(sa.select(sa.func.count()).select_from(automation_run)).scalar() == done
    assert float(office.values(record)["amount"]) == 1


def test_a_record_that_was_changed_since_stays_and_so_does_the_decision(office: Office) -> None:
    Clock(office)
    office.publish([{**TWO[0], "more": {"fields": {"*": "edit"}}}, TWO[1]])
    run, record = office.start(amount=1)
    office.approve(run, "u1", amount=2)
    with office.act("admin") as act:
        gateway.update(act, "order", record, {"name": "Other"})
    with pytest.raises(Stale, match="record was changed"):
        undo(office, run, "u1")
    assert office.stands(run) == ("running", ["b:u2"]) and float(office.values(record)["amount"]) == 2


def test_a_letter_about_an_approval_waits_until_nothing_can_be_taken_back(office: Office) -> None:
    clock = Clock(office)
    office.workspace.settings = replace(office.workspace.settings, smtp_url="smtp://localhost:1")
    office.publish(TWO)
    run, _record = office.start()
    clock.later(60)
    letters.make_due(office.workspace)
    with office.workspace.reading(SYSTEM) as act:
        before = act.connection.execute(sa.select(sa.func.count()).select_from(job)).scalar()
    office.approve(run, "u1")
    clock.later(9)
    assert letters.make_due(office.workspace) == 0
    undo(office, run, "u1")
    clock.later(60)
    letters.make_due(office.workspace)
    with office.workspace.reading(SYSTEM) as act:
        assert act.connection.execute(sa.select(sa.func.count()).select_from(job)).scalar() == before
    office.approve(run, "u1")
    clock.later(16)
    assert letters.make_due(office.workspace) >= 1


def test_another_process_takes_it_back_as_well(office: Office) -> None:
    """What is needed for it stands in the database: whoever decided may be served by another process after a crash."""
    Clock(office)
    office.publish(TWO)
    run, _record = office.start()
    office.approve(run, "u1")
    own = office.workspace
    again = Workspace(settings_for(own.settings.data_dir, own.engine.url.render_as_string(hide_password=False)), now=own.now)
    try:
        with again.writing(office.people["u1"]) as act:
            second_thoughts.undo(act, run)
    finally:
        again.engine.dispose()
    assert office.stands(run) == ("running", ["a:u1"])
