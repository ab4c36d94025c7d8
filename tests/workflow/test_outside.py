"""Nodes that set something else off: another workflow or an automation, how that ends, and what happens when it cannot be done."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from runtime.automation import engine
from runtime.definitions import versions
from runtime.errors import DefinitionProblems, Stale
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.tables import automation_run, notification, workflow_child, workflow_run
from runtime.system.workspace import Workspace
from runtime.workflow import governing, keeping, outside, running
from tests import makers
from tests.workflow.test_running import NOBODY_SEES, Office, office_in

PROJECT = makers.form_json(makers.text("name"), makers.number("sum"), key="project", title="name")
ORDER = makers.form_json(
    makers.text("name"),
    makers.number("amount"),
    makers.number("discount"),
    makers.number("cost"),
    makers.reference("project", form="project"),
    key="order",
    title="name",
)


def approval(key: str, who: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "type": "approval", "approvers": [f"user:{who}@example.com"], **more}


def flow(key: str, form: str, *nodes: dict[str, Any], lines: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    """A workflow of nodes one after the other, or with the lines given."""
    every = [{"key": "start", "type": "start"}, *nodes, {"key": "end", "type": "end"}]
    straight = [{"from": one["key"], "to": other["key"]} for one, other in zip(every, every[1:], strict=False)]
    return {"kind": "workflow", "key": key, "label": key, "form": form, "nodes": every, "lines": lines or straight, **more}


CHILD = flow("child", "order", approval("look", "u2"))
SUB = {"key": "sub", "type": "sub_flow", "workflow": "child"}
AFTER = approval("a", "u1")


@pytest.fixture
def office(workspace: Workspace) -> Office:
    office = office_in(workspace)
    publish(office, ORDER, PROJECT, {**NOBODY_SEES, "key": "projects", "form": "project"})
    return office


def publish(office: Office, *bodies: dict[str, Any]) -> None:
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, bodies)


def children(office: Office, run: int) -> list[Any]:
    with office.workspace.reading(SYSTEM) as act:
        return list(outside.of_run(act, run).values())


def said(office: Office, run: int) -> list[str]:
    with office.workspace.reading(SYSTEM) as act:
        return [each.act for each in keeping.read(act, run, lock=False)[1].log]


def decide(office: Office, run: int, name: str, how: str) -> None:
    with office.act(name) as act:
        (running.approve if how == "approve" else running.reject)(act, office.task(run, name))


def test_a_workflow_waits_for_the_one_it_starts(office: Office) -> None:
    publish(office, CHILD, flow("flow", "order", SUB, AFTER))
    run, record = office.start()
    (child,) = children(office, run)
    assert office.stands(run) == ("running", []) and office.stands(child.child) == ("running", ["look:u2"])
    with office.workspace.reading(SYSTEM) as act:
        row, state = keeping.read(act, child.child, lock=False)
    assert (row.record, state.starter) == (record, office.people["ini"].id)
    office.approve(child.child, "u2")
    assert office.stands(run) == ("running", ["a:u1"])
    assert "came_back" in said(office, run)


def test_without_waiting_both_go_on(office: Office) -> None:
    publish(office, CHILD, flow("flow", "order", {**SUB, "wait": False}, AFTER))
    run, _record = office.start()
    (child,) = children(office, run)
    assert office.stands(run) == ("running", ["a:u1"]) and office.stands(child.child) == ("running", ["look:u2"])
    office.approve(run, "u1")
    assert office.stands(run)[0] == "approved" and office.stands(child.child)[0] == "running"


@pytest.mark.parametrize(("more", "status"), [({}, "rejected"), ({"if_rejected": "go_on"}, "running")])
def test_a_rejection_below_rejects_unless_the_node_says_otherwise(office: Office, more: dict[str, Any], status: str) -> None:
    publish(office, CHILD, flow("flow", "order", {**SUB, **more}, AFTER))
    run, _record = office.start()
    decide(office, children(office, run)[0].child, "u2", "reject")
    assert office.stands(run)[0] == status


def test_the_end_below_chooses_the_line(office: Office) -> None:
    lines = [
        {"from": "start", "to": "sub"},
        {"from": "sub", "to": "a", "result": "rejected"},
        {"from": "sub", "to": "end", "otherwise": True},
        {"from": "a", "to": "end"},
    ]
    publish(office, CHILD, flow("flow", "order", SUB, AFTER, lines=lines))
    for how, stands in (("reject", ("running", ["a:u1"])), ("approve", ("approved", []))):
        run, _record = office.start()
        decide(office, children(office, run)[0].child, "u2", how)
        assert office.stands(run) == stands


@pytest.mark.parametrize(("more", "below"), [({}, "ended"), ({"ends_with": False}, "running")])
def test_what_is_withdrawn_takes_what_it_started_with_it_unless_the_node_says_otherwise(
    office: Office, more: dict[str, Any], below: str
) -> None:
    publish(office, CHILD, flow("flow", "order", {**SUB, **more}, AFTER))
    run, _record = office.start()
    (child,) = children(office, run)
    with office.act("ini") as act:
        running.withdraw(act, run)
    assert office.stands(run)[0] == "withdrawn" and office.stands(child.child)[0] == below
    assert children(office, run)[0].state == "left"


def test_a_new_record_with_values_is_made_for_it(office: Office) -> None:
    below = flow("child", "project", approval("look", "u2"))
    node = {
        "key": "sub",
        "type": "sub_flow",
        "workflow": "child",
        "create": "project",
        "new_values": {"name": "'P ' & name", "sum": "amount * 2"},
    }
    publish(office, below, flow("flow", "order", node, AFTER))
    run, _record = office.start(amount=21)
    with office.workspace.reading(SYSTEM) as act:
        made = keeping.read(act, children(office, run)[0].child, lock=False)[0]
        values = query.get(act, "project", made.record).values
    assert (made.form, values["name"], float(values["sum"])) == ("project", "P Deal", 42)


def test_values_are_written_into_the_record_a_field_points_at(office: Office) -> None:
    below = flow("child", "project", approval("look", "u2"))
    node = {"key": "sub", "type": "sub_flow", "workflow": "child", "target": "project", "values": {"sum": "amount"}}
    publish(office, below, flow("flow", "order", node, AFTER))
    with office.act("admin") as act:
        project = gateway.create(act, "project", {"name": "P"}).id
    run, _record = office.start(amount=7, project=project)
    with office.workspace.reading(SYSTEM) as act:
        assert keeping.read(act, children(office, run)[0].child, lock=False)[0].record == project
        assert float(query.get(act, "project", project).values["sum"]) == 7
    blank, _record = office.start()
    assert office.stands(blank) == ("running", ["a:u1"])


def test_one_that_is_under_way_already_is_waited_for_and_left_alone(office: Office) -> None:
    publish(office, CHILD, flow("flow", "order", SUB, AFTER))
    with office.act("ini") as act:
        record = gateway.create(act, "order", {"name": "Deal"}).id
        there = running.start(act, "child", record)
        run = running.start(act, "flow", record)
    assert children(office, run)[0].child == there
    with office.act("ini") as act:
        running.withdraw(act, run)
    assert office.stands(there)[0] == "running"


def test_what_cannot_be_started_is_held_and_tried_again_by_those_who_administer(office: Office) -> None:
    publish(office, CHILD, flow("flow", "order", SUB, AFTER))
    publish(office, {**CHILD, "enabled": False})
    run, _record = office.start()
    assert office.stands(run) == ("running", []) and children(office, run)[0].state == "held"
    with office.workspace.reading(SYSTEM) as act:
        told = act.connection.execute(sa.select(notification.c.person).where(notification.c.kind == "approval")).scalars().all()
    assert told == [office.people["admin"].id]
    publish(office, CHILD)
    with office.act("admin") as act:
        governing.try_again(act, run, 2, "switched on")
    office.approve(children(office, run)[0].child, "u2")
    assert office.stands(run) == ("running", ["a:u1"])
    with pytest.raises(Stale, match="Nothing is held"), office.act("admin") as act:
        governing.try_again(act, run, 2, "once more")


@pytest.mark.parametrize(("rule", "status"), [("go_on", "running"), ("reject", "rejected")])
def test_what_cannot_be_started_goes_on_or_is_rejected_where_the_node_says_so(office: Office, rule: str, status: str) -> None:
    publish(office, CHILD, flow("flow", "order", {**SUB, "if_failed": rule}, AFTER))
    publish(office, {**CHILD, "enabled": False})
    run, _record = office.start()
    assert office.stands(run)[0] == status and children(office, run)[0].state == "done"


def test_workflows_that_start_each_other_in_a_circle_are_refused(office: Office) -> None:
    publish(office, CHILD)
    publish(office, flow("middle", "order", SUB))
    round_ = flow("child", "order", {"key": "sub", "type": "sub_flow", "workflow": "middle"})
    with pytest.raises(DefinitionProblems, match="round in a circle"):
        publish(office, round_)
    with pytest.raises(DefinitionProblems, match="round in a circle"):
        publish(office, flow("alone", "order", {"key": "sub", "type": "sub_flow", "workflow": "alone"}))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"workflow": "gone"}, "no workflow with the key gone"),
    ({"target": "name"}, "points at no record"),
    ({"target": "project"}, "records of another form"),
    ({"create": "order", "target": "project"}, "either a new record"),
    ({"create": "order", "new_values": {"nothing": "1"}}, "no field with the key nothing"),
    ({"values": {"name": "'x'"}}, "Choose that field"),
    ({"new_values": {"name": "'x'"}}, "Choose of which form"),
]


@pytest.mark.parametrize(("more", "sentence"), WRONG)
def test_a_node_that_makes_no_sense_is_not_published(office: Office, more: dict[str, Any], sentence: str) -> None:
    publish(office, CHILD)
    with pytest.raises(DefinitionProblems, match=sentence):
        publish(office, flow("flow", "order", {**SUB, **more}))


@pytest.mark.parametrize(
    ("node", "result", "sentence"),
    [
        (AFTER, "approved", "cannot end like this"),
        (SUB, "done", "cannot end like this"),
        ({**SUB, "wait": False}, "approved", "Nobody waits there"),
    ],
)
def test_a_line_is_only_for_an_end_that_can_come(office: Office, node: dict[str, Any], result: str, sentence: str) -> None:
    publish(office, CHILD)
    key = node["key"]
    lines = [{"from": "start", "to": key}, {"from": key, "to": "end", "result": result}, {"from": key, "to": "end", "otherwise": True}]
    with pytest.raises(DefinitionProblems, match=sentence):
        publish(office, flow("flow", "order", node, lines=lines))


# -- automations ------------------------------------------------------------------------------------------------------------------------
RUNS = {"key": "auto", "type": "automation", "automation": "called"}


def called(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    trigger = {"type": "called", "form": "order", "inputs": [{"key": "rate", "label": "Rate", "type": "number"}]}
    return {"kind": "automation", "key": "called", "label": "Called", "trigger": trigger, "steps": list(steps), **more}


WRITES = {"type": "update_record", "values": {"cost": "input.rate * 2"}}
FAILS = {"type": "stop", "failed": True, "reason": "no"}


def test_a_workflow_waits_for_an_automation_and_hands_it_values(office: Office) -> None:
    publish(office, called(WRITES))
    publish(office, flow("flow", "order", {**RUNS, "inputs": {"rate": "amount + 1"}}, AFTER))
    run, record = office.start(amount=20)
    assert office.stands(run) == ("running", [])
    engine.settle(office.workspace)
    assert office.stands(run) == ("running", ["a:u1"]) and float(office.values(record)["cost"]) == 42


def test_without_waiting_the_automation_runs_beside(office: Office) -> None:
    publish(office, called(WRITES))
    publish(office, flow("flow", "order", {**RUNS, "wait": False, "inputs": {"rate": "1"}}, AFTER))
    run, record = office.start()
    assert office.stands(run) == ("running", ["a:u1"])
    engine.settle(office.workspace)
    assert float(office.values(record)["cost"]) == 2


@pytest.mark.parametrize(
    ("rule", "status", "state"), [("hold", "running", "held"), ("go_on", "running", "done"), ("reject", "rejected", "done")]
)
def test_an_automation_that_fails_is_dealt_with_as_the_node_says(office: Office, rule: str, status: str, state: str) -> None:
    publish(office, called(FAILS))
    publish(office, flow("flow", "order", {**RUNS, "if_failed": rule}, AFTER))
    run, _record = office.start()
    engine.settle(office.workspace)
    assert office.stands(run) == (status, ["a:u1"] if rule == "go_on" else []) and children(office, run)[0].state == state


def test_a_failure_can_have_a_line_of_its_own(office: Office) -> None:
    lines = [
        {"from": "start", "to": "auto"},
        {"from": "auto", "to": "a", "result": "failed"},
        {"from": "auto", "to": "end", "otherwise": True},
        {"from": "a", "to": "end"},
    ]
    publish(office, called(FAILS))
    publish(office, flow("flow", "order", RUNS, AFTER, lines=lines))
    run, _record = office.start()
    engine.settle(office.workspace)
    assert office.stands(run) == ("running", ["a:u1"])


def test_a_failure_is_tried_again_as_often_as_the_node_says(office: Office) -> None:
    publish(office, called(FAILS))
    publish(office, flow("flow", "order", {**RUNS, "tries": 2}, AFTER))
    run, _record = office.start()
    for tries in (1, 2, 3):
        engine.settle(office.workspace)
        with office.workspace.reading(SYSTEM) as act:
            assert act.connection.execute(sa.select(sa.func.count()).select_from(automation_run)).scalar() == tries
        due_now(office)
        outside.look_after(office.workspace)
    assert children(office, run)[0].state == "held"


def due_now(office: Office) -> None:
    with office.workspace.writing(SYSTEM) as act:
        act.connection.execute(workflow_child.update().where(workflow_child.c.state == "again").values(due_at=0))


def test_what_was_held_is_tried_again_and_goes_on(office: Office) -> None:
    publish(office, called(FAILS))
    publish(office, flow("flow", "order", RUNS, AFTER))
    run, _record = office.start()
    engine.settle(office.workspace)
    publish(office, called(WRITES))
    with office.act("admin") as act:
        governing.try_again(act, run, 2, "mended")
    engine.settle(office.workspace)
    assert office.stands(run) == ("running", ["a:u1"])


def test_what_ended_while_nobody_looked_is_found_by_the_clock(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the process had died right after the end below was stored."""
    publish(office, CHILD, flow("flow", "order", SUB, AFTER))
    run, _record = office.start()
    with monkeypatch.context() as dead:
        dead.setattr(outside, "look_after", lambda workspace: None)
        office.approve(children(office, run)[0].child, "u2")
    assert office.stands(run) == ("running", [])
    running.tick_all(office.workspace)
    assert office.stands(run) == ("running", ["a:u1"])


def test_what_is_submitted_again_before_its_own_was_ended_waits_for_that_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the process had died between the withdrawal and the end of what had been started: it must not end the new round."""
    publish(office, CHILD, flow("flow", "order", SUB, AFTER))
    run, _record = office.start()
    (first,) = children(office, run)
    with monkeypatch.context() as dead:
        dead.setattr(outside, "look_after", lambda workspace: None)
        with office.act("ini") as act:
            running.withdraw(act, run)
        with office.act("ini") as act:
            running.submit(act, run)
    running.tick_all(office.workspace)
    assert office.stands(run) == ("running", []) and office.stands(first.child) == ("running", ["look:u2"])
    office.approve(first.child, "u2")
    assert office.stands(run) == ("running", ["a:u1"])


def test_a_child_that_is_gone_does_not_hold_up_the_other(office: Office) -> None:
    publish(office, called(WRITES))
    publish(office, flow("flow", "order", {**RUNS, "if_failed": "go_on", "inputs": {"rate": "1"}}, AFTER))
    run, _record = office.start()
    with office.workspace.writing(SYSTEM) as act:
        act.connection.execute(automation_run.delete())
    running.tick_all(office.workspace)
    assert office.stands(run) == ("running", ["a:u1"])


def test_an_administrators_move_that_is_taken_back_sets_off_again_what_had_ended(office: Office) -> None:
    publish(office, CHILD, flow("flow", "order", SUB, AFTER))
    run, _record = office.start()
    (first,) = children(office, run)
    with office.act("admin") as act:
        governing.move(act, run, "a", "hurry")
    assert office.stands(first.child)[0] == "ended"
    with office.act("admin") as act:
        governing.undo(act, run, "a mistake")
    second = next(each for each in children(office, run) if each.visit == first.visit)
    assert second.child != first.child and office.stands(second.child) == ("running", ["look:u2"])
    office.approve(second.child, "u2")
    assert office.stands(run) == ("running", ["a:u1"])


def test_several_started_at_once_set_off_theirs_as_well(office: Office) -> None:
    from runtime.workflow import bulk_starting

    publish(office, CHILD, flow("flow", "order", SUB, AFTER))
    with office.act("ini") as act:
        records = [gateway.create(act, "order", {"name": f"D{number}"}).id for number in range(5)]
        bulk_starting.start_many(act, "flow", records)
    with office.workspace.reading(SYSTEM) as act:
        below = act.connection.execute(sa.select(sa.func.count()).where(workflow_run.c.workflow == "child")).scalar()
    assert below == 5
