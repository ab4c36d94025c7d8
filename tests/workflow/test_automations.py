"""Automations and workflows: one starts or ends the other, and is set off by its end."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from runtime.automation import engine, log
from runtime.definitions import versions
from runtime.errors import DefinitionProblems, Refused
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import workflow_run
from runtime.system.workspace import Workspace
from runtime.workflow import bulk_starting, keeping, running
from tests import makers
from tests.workflow.test_running import ORDER, TWO, Office, office_in

STATE = makers.form_json(makers.text("name"), makers.number("amount"), makers.member("owner"), key="order", title="name")


def automation(key: str, trigger: dict[str, Any], *steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "automation", "key": key, "label": key, "trigger": trigger, "steps": list(steps), **more}


STARTS = automation(
    "starts", {"type": "record_created", "form": "order"}, {"type": "start_workflow", "workflow": "flow", "starter": "owner"}
)


@pytest.fixture
def office(workspace: Workspace) -> Office:
    office = office_in(workspace)
    office.publish(TWO[:1])
    return office


def publish(office: Office, *bodies: dict[str, Any]) -> None:
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, bodies)


def steps_of(office: Office, key: str) -> list[Any]:
    with office.workspace.reading(SYSTEM) as act:
        return [log.run(act, each.id).steps[0] for each in log.runs(act, key, limit=50).runs]


def test_a_new_record_is_submitted_and_the_end_sets_off_the_next(office: Office) -> None:
    said = {"type": "update_record", "values": {"name": "'by ' & workflow.status"}}
    publish(office, STATE, STARTS, automation("after", {"type": "workflow_finished", "workflow": "flow", "status": ["approved"]}, said))
    with office.act("admin") as act:
        record = gateway.create(act, "order", {"name": "Deal", "owner": office.people["ini"].id}).id
    engine.settle(office.workspace)
    assert office.stands(1) == ("running", ["a:u1"])
    with office.workspace.reading(SYSTEM) as act:
        assert keeping.read(act, 1, lock=False)[1].starter == office.people["ini"].id
    office.approve(1, "u1")
    engine.settle(office.workspace)
    assert office.values(record)["name"] == "by approved" and len(steps_of(office, "after")) == 1


def test_only_the_ends_that_are_named_set_it_off(office: Office) -> None:
    said = {"type": "update_record", "values": {"name": "'x'"}}
    publish(office, automation("after", {"type": "workflow_finished", "workflow": "flow", "status": ["approved", "returned"]}, said))
    run, record = office.start()
    with office.act("u1") as act:
        running.reject(act, office.task(run, "u1"))
    engine.settle(office.workspace)
    assert steps_of(office, "after") == [] and office.values(record)["name"] == "Deal"


def at_step(office: Office, key: str, node: str, note: str, **trigger: Any) -> None:
    writes = {"type": "update_record", "values": {"name": note}}
    publish(office, automation(key, {"type": "workflow_step", "workflow": "flow", "node": node, **trigger}, writes))


def test_reaching_a_node_sets_off_what_waits_for_it_and_finishing_it_something_else(office: Office) -> None:
    office.publish(TWO)
    at_step(office, "comes", "b", "'waits for b'", happens="reached")
    at_step(office, "goes", "b", "'b: ' & workflow.how & IF(workflow.person = workflow.starter, '', ' by another')", how=["done"])
    run, record = office.start()
    engine.settle(office.workspace)
    assert office.values(record)["name"] == "Deal"
    office.approve(run, "u1")
    engine.settle(office.workspace)
    assert office.values(record)["name"] == "waits for b"
    office.approve(run, "u2")
    engine.settle(office.workspace)
    assert office.values(record)["name"] == "b: done by another" and len(steps_of(office, "comes")) == len(steps_of(office, "goes")) == 1


@pytest.mark.parametrize("way", ["rejected", "returned", "cut"])
def test_how_a_node_ended_decides_what_is_set_off(office: Office, way: str) -> None:
    for each in ("done", "rejected", "returned", "cut"):
        at_step(office, f"on_{each}", "a", f"'{each}'", how=[each])
    run, record = office.start()
    with office.act("ini" if way == "cut" else "u1") as act:
        if way == "cut":
            running.withdraw(act, run)
        elif way == "rejected":
            running.reject(act, office.task(run, "u1"))
        else:
            running.return_(act, office.task(run, "u1"), "start")
    engine.settle(office.workspace)
    assert office.values(record)["name"] == way
    assert [len(steps_of(office, f"on_{each}")) for each in ("done", "rejected", "returned", "cut")].count(1) == 1


def test_a_node_that_is_reached_again_after_a_return_sets_it_off_again(office: Office) -> None:
    office.publish(TWO)
    publish(office, automation("comes", {"type": "workflow_step", "workflow": "flow", "node": "b", "happens": "reached"}, {"type": "stop"}))
    run, _record = office.start()
    for _round in range(2):
        office.approve(run, "u1")
        with office.act("u2") as act:
            running.return_(act, office.task(run, "u2"), "previous")
    engine.settle(office.workspace)
    assert len(steps_of(office, "comes")) == 2


def test_many_that_are_started_at_once_come_to_their_first_node_each(office: Office) -> None:
    at_step(office, "comes", "a", "'waits'", happens="reached")
    with office.act("admin") as act:
        records = [gateway.create(act, "order", {"name": "Deal"}).id for _each in range(30)]
        bulk_starting.start_many(act, "flow", records)
    engine.settle(office.workspace)
    assert {office.values(each)["name"] for each in records} == {"waits"}


def test_what_has_become_pointless_is_ended(office: Office) -> None:
    ends = {"type": "cancel_workflow", "workflow": "flow", "why": "{name} is off"}
    publish(office, automation("ends", {"type": "record_updated", "form": "order"}, ends))
    run, record = office.start()
    for name in ("Off", "Off again"):
        with office.workspace.writing(SYSTEM) as act:
            gateway.update(act, "order", record, {"name": name})
        engine.settle(office.workspace)
    assert office.stands(run) == ("ended", [])
    assert sorted(each.state for each in steps_of(office, "ends")) == ["done", "skipped"]
    with office.workspace.reading(SYSTEM) as act:
        assert act.connection.execute(sa.select(sa.func.count()).select_from(workflow_run)).scalar() == 1
        assert "Off is off" in [each.comment for each in keeping.read(act, run, lock=False)[1].log]


def test_a_workflow_that_is_not_there_or_of_another_form_is_named_before_publishing(sqlite_workspace: Workspace) -> None:
    office = office_in(sqlite_workspace)
    office.publish(TWO[:1])
    other = makers.form_json(makers.text("name"), key="other")
    publish(office, other, ORDER)
    nothing = automation("a", {"type": "workflow_finished", "workflow": "none"}, {"type": "stop"})
    elsewhere = automation("b", {"type": "record_created", "form": "other"}, {"type": "start_workflow", "workflow": "flow"})
    nowhere = automation("c", {"type": "workflow_step", "workflow": "flow", "node": "z"}, {"type": "stop"})
    early = automation("d", {"type": "workflow_step", "workflow": "flow", "node": "a", "happens": "reached", "how": ["done"]}, {"type": "stop"})
    for body, path in ((nothing, "trigger/workflow"), (nowhere, "trigger/node"), (early, "trigger/how"), (elsewhere, "steps/0/workflow")):
        with pytest.raises((Refused, DefinitionProblems)) as refused:
            publish(office, body)
        assert path in str([each.path for each in refused.value.problems])
