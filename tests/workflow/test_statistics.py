"""Figures of workflows by the database's own reckoning, against the same counted one by one, on both databases."""

from __future__ import annotations

import math
import random
from typing import Any

from runtime.people.person import SYSTEM
from runtime.system.tables import workflow_entry, workflow_run, workflow_task, workflow_visit
from runtime.system.workspace import Act, Workspace
from runtime.workflow import second_thoughts, statistics
from tests.workflow.test_running import TWO, office_in

HOUR = 3600 * 1_000_000
NODES = ("a", "b", "c")


def scatter(act: Act, chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Runs with one visit at each node and one task each; gives the tasks with what is needed to count them."""
    found = []
    for run in range(1, count + 1):
        begun = chance.randrange(1, 100) * HOUR
        status = chance.choice(["approved", "rejected", "running"])
        row = {"id": run, "workflow": "flow" if run % 7 else "other", "version": 1, "form": "order", "record": run, "open_record": None}
        more = {"status": status, "starter": 1, "round": 1, "acts": 1, "at": begun, "ended_at": begun + run * HOUR}
        act.connection.execute(workflow_run.insert().values(**row, **more))
        for number, node in enumerate(NODES, 1):
            took, state = chance.randrange(1, 50) * HOUR, chance.choice(["approved", "approved", "returned", "rejected", "open"])
            opened = state == "open"
            late = chance.random() < 0.3
            visit = {"run": run, "number": number, "node": node, "at": begun, "round": 1, "forks": "[]", "void": 0}
            ended = None if opened else begun + took
            act.connection.execute(workflow_visit.insert().values(**visit, state="open" if opened else "done", ended_at=ended))
            person = chance.randrange(1, 5)
            task = {"id": run * 10 + number, "run": run, "number": number, "visit": number, "person": person, "state": state, "after": "[]"}
            acted = {"acted_at": ended, "acted_by": None if opened else person}
            act.connection.execute(workflow_task.insert().values(**task, **acted, at=begun, comment="", advisory=0))
            if late:
                line = {"run": run, "number": number, "at": begun, "act": "reminded", "task": number, "comment": ""}
                act.connection.execute(workflow_entry.insert().values(**line))
            if row["workflow"] == "flow":
                found.append({"run": run, "begun": begun, "node": node, "person": person, "took": took, "state": state, "late": late})
    return found


def by_hand(tasks: list[dict[str, Any]], key: str, now: int) -> dict[Any, tuple[Any, ...]]:
    made = {}
    for value in {each[key] for each in tasks}:
        some = [each for each in tasks if each[key] == value]
        over = sorted(each["took"] for each in some if each["state"] != "open")
        rank = [over[math.ceil(len(over) * part / 10) - 1] if over else None for part in (5, 9)]
        waited = sum(each["took"] if each["state"] != "open" else now - each["begun"] for each in some)
        counts = [sum(each["state"] == state for each in some) for state in ("returned", "rejected")]
        made[value] = (len(some), len(over), len(some) - len(over), *rank, waited, *counts, sum(each["late"] for each in some))
    return made


def plain(found: list[statistics.Figures]) -> dict[Any, tuple[Any, ...]]:
    return {
        each.key: (
            each.count, each.done, each.waiting, each.median, each.ninth, each.waited, each.returned, each.rejected, each.overdue,
        )
        for each in found
    }  # fmt: skip


def test_the_database_counts_as_one_would_by_hand(workspace: Workspace) -> None:
    with workspace.writing(SYSTEM) as act:
        tasks = scatter(act, random.Random(7), 90)  # noqa: S311 - not a secret
        now = act.micros
        assert plain(statistics.of_nodes(act, "flow")) == by_hand(tasks, "node", now)
        assert plain(statistics.of_people(act, "flow")) == by_hand(tasks, "person", now)
        some = [each for each in tasks if 20 * HOUR <= each["begun"] < 60 * HOUR]
        assert plain(statistics.of_nodes(act, "flow", 20 * HOUR, 60 * HOUR)) == by_hand(some, "node", now)
        at_b = [each for each in tasks if each["node"] == "b"]
        assert plain(statistics.of_people(act, "flow", node="b")) == by_hand(at_b, "person", now)
        assert [each.waited for each in statistics.of_nodes(act, "flow")] == sorted(
            (each[5] for each in by_hand(tasks, "node", now).values()), reverse=True
        )
        whole = statistics.of_runs(act, "flow")
        assert whole.count == len({each["run"] for each in tasks}) and whole.median is not None
        assert statistics.of_runs(act, "nothing") == statistics.Whole({}, None, None) and statistics.of_nodes(act, "nothing") == []


def test_what_was_undone_within_seconds_is_in_no_figure(workspace: Workspace) -> None:
    office = office_in(workspace)
    office.publish([{**TWO[0]}, {**TWO[1], "more": {"due": {"hours": 1, "then": "remind"}}}])
    run, _record = office.start()
    office.approve(run, "u1")
    with office.act("u1") as act:
        second_thoughts.undo(act, run)
    with workspace.reading(SYSTEM) as act:
        assert [(each.key, each.count, each.done, each.waiting) for each in statistics.of_nodes(act, "flow")] == [("a", 1, 0, 1)]
        assert [(each.key, each.count, each.done) for each in statistics.of_people(act, "flow")] == [(office.people["u1"].id, 1, 0)]
        assert statistics.of_people(act, "flow", node="b") == []
    office.approve(run, "u1")
    office.approve(run, "u2")
    with workspace.reading(SYSTEM) as act:
        found = statistics.of_nodes(act, "flow")
        assert sorted((each.key, each.count, each.done, each.waiting, each.overdue) for each in found) == [("a", 1, 1, 0, 0), ("b", 1, 1, 0, 0)]
        assert sorted(each.count for each in statistics.of_people(act, "flow")) == [1, 1]
