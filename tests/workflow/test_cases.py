"""The hand-checked cases of what an approval means: state after each step. Those that need a database are in test_running.py."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from runtime.errors import TierloomError
from runtime.workflow.acting import Acts
from runtime.workflow.state import Run
from tests.workflow.flows import HOUR, People, flow_of, open_tasks, opened

CASES: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parents[1] / "data/cases/approvals.jsonl").read_text(encoding="utf-8").splitlines() if line
]
WALKED = [each for each in CASES if each["id"] not in ("P35", "P38", "P41", "P44")]
WITHDRAW = {"before first action": "before_first_act"}


def act(acts: Acts, world: People, step: list[Any]) -> Acts:
    """One step of a case; gives the acts to go on with: a refused one leaves nothing behind."""
    who, what, *rest = step
    given = rest[0] if rest else {}
    tried = Acts(acts.flow, copy.deepcopy(acts.run), world)
    if who.startswith("@"):
        world.now = int(who.removeprefix("@+").removesuffix("h")) * HOUR + world.now
        tried.tick()
        return tried
    person = world.number(who)
    if what == "submit":
        world.values.update(given)
        tried.submit(person)
    elif what == "withdraw":
        tried.withdraw(person)
    else:
        own = [each for each in tried.run.tasks if each.person == person]
        task = next((each.number for each in own if each.state == "open"), own[-1].number if own else 0)
        if not own and tried.run.open_tasks:
            task = tried.run.open_tasks[0].number
        number = {name: world.number(name) for name in world.names[1:]}
        if what == "approve":
            tried.approve(task, person)
        elif what == "reject":
            tried.reject(task, person)
        elif what == "return":
            tried.return_(task, person, given["to"])
        elif what == "transfer":
            tried.transfer(task, person, number[given["to"]])
        else:
            tried.add(task, person, [number[each] for each in given["users"]], "beside")
    return tried


@pytest.mark.parametrize("case", WALKED, ids=lambda each: f"{each['id']} {each['title']}")
def test_a_case(case: dict[str, Any]) -> None:
    world = People(heads={"ini": "u8", **case.get("managers", {})})
    setting = {"if_starter": "pass"} if case.get("self") == "pass" else {}
    acts = opened(flow_of(case["flow"], setting, withdraw=WITHDRAW.get(case.get("withdraw", ""), "no")), world)
    for step, expected in zip(case["steps"], case["expect"], strict=True):
        before = acts.run.status
        try:
            acts = act(acts, world, step)
            status = acts.run.status
        except TierloomError as error:
            status = "error"
            assert str(error).endswith(".") and acts.run.status == before
        assert (status, open_tasks(acts, world)) == (expected["status"], expected["open"]), step


def test_inclusive_lines_by_their_values() -> None:
    case = next(each for each in CASES if each["id"] == "P29")
    for values, expected in case["variants"]:
        world = People(values=values)
        acts = opened(flow_of(case["flow"]), world)
        acts.submit(acts.run.starter)
        assert open_tasks(acts, world) == [expected]


@pytest.mark.parametrize(
    ("rule", "parts", "expected"),
    [
        ("head", [{"id": "A", "mode": "or", "approvers": ["ini"]}], ["A:u8"]),
        ("self", [{"id": "A", "mode": "or", "approvers": ["ini"]}], ["A:ini"]),
        ("pass", [{"id": "A", "mode": "all", "approvers": ["ini", "u1"]}], ["A:u1"]),
    ],
)
def test_the_starter_who_would_approve_themselves(rule: str, parts: list[dict[str, Any]], expected: list[str]) -> None:
    world = People(heads={"ini": "u8"})
    acts = opened(flow_of(parts, {"if_starter": rule}), world)
    acts.submit(acts.run.starter)
    assert open_tasks(acts, world) == expected


def test_a_branch_without_otherwise_is_named_before_it_is_published() -> None:
    from tests.makers import catalogue_of, form_of, text

    case = next(each for each in CASES if each["id"] == "P26")
    found = list(flow_of(case["flow"]).problems(catalogue_of(form_of(text("name"), key="order"))))
    assert [each.path for each in found] == ["nodes/1/key"] and "otherwise" in str(found[0].message)


def test_a_run_is_only_data() -> None:
    assert Run(1) == Run(1)
