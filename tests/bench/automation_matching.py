"""What triggers cost: an event among many automations, and dates that have come among a million.

1. Turning events into runs where 500 automations are at work against where 5 are; one of them answers in either place. CPU of this process.
2. All of a million records that are due, by one question to the index, against the same question asked by the bare driver. CPU of this process.
3. A hundred that are due among a million records against a hundred among a thousand. Time on the clock, for the database does the work.

The name of the second says how the database means to find them (EXPLAIN).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

import sqlalchemy as sa

from runtime import kinds
from runtime.automation import due, matching
from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.records.tables import tables_of
from runtime.system import clock
from runtime.system.workspace import Workspace
from tests.bench.databases import driver, settle_down, workspace_on
from tests.bench.measuring import Result, in_turn
from tests.makers import day, form_json, number, text

FEW, MANY, EVENTS = 5, 500, 100
MATCHING, DRIVER, AMONG = 5.0, 6.0, 3.0
RECORDS, SOME = 1_000_000, 100
TODAY = date(2027, 3, 1)
LATER = date(2027, 6, 1)


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    kinds.load()
    yield _matching(database_name)
    yield from _due(rows or RECORDS, database_name)


# -- events -----------------------------------------------------------------------------------------------------------------------------
def _matching(database_name: str) -> Result:
    with workspace_on(database_name) as many, workspace_on(database_name) as few:
        records = {each: _open(each, automations) for each, automations in ((many, MANY), (few, FEW))}
        values = count(1)

        def ready() -> None:
            value = next(values)
            for each, found in records.items():
                for record in found:
                    with each.writing(SYSTEM) as act:
                        gateway.update(act, "customer", record, {"n0": value})

        ready()
        ours, reference, ratio = in_turn(lambda: _match(many), lambda: _match(few), before=ready)
    name = f"{EVENTS} events matched against {MANY} automations, against {FEW}"
    return Result(name, ratio, MATCHING, ours, reference, "s", EVENTS, database_name)


def _open(workspace: Workspace, automations: int) -> list[int]:
    fields = [number(f"n{each}") for each in range(25)]
    others = [
        {"type": "record_updated", "form": "customer", "fields": ["n1", "n2"]},
        {"type": "record_updated", "form": "order"},
        {"type": "record_created", "form": "customer"},
        {"type": "record_deleted", "form": "customer"},
    ]
    rules = [_rule("answers", {"type": "record_updated", "form": "customer", "fields": ["n0"]})]
    rules += [_rule(f"rule_{each}", others[each % len(others)]) for each in range(automations - 1)]
    with workspace.writing(SYSTEM) as act:
        publish(act, [form_json(text(), *fields), form_json(text(), key="order")])
        publish(act, rules)
    with workspace.writing(SYSTEM) as act:
        act.fires = False
        saved = gateway.write_batch(act, "customer", [gateway.BatchRow({"name": str(each)}) for each in range(EVENTS)]).saved
    return [each.id for each in saved if each is not None]


def _rule(key: str, trigger: Any) -> dict[str, Any]:
    step = {"type": "update_record", "values": {"name": "name"}}
    return {"kind": "automation", "key": key, "label": key, "trigger": trigger, "steps": [step]}


def _match(workspace: Workspace) -> None:
    while matching.match(workspace):
        pass


# -- dates ------------------------------------------------------------------------------------------------------------------------------
def _due(rows: int, database_name: str) -> Iterator[Result]:
    with workspace_on(database_name) as many, workspace_on(database_name) as few:
        _fill(many, rows, database_name)
        _fill(few, SOME * 10, database_name)
        text, plan = _said(many, TODAY, database_name)
        raw = driver(many)
        assert "ix_f" in plan and "_due" in plan, plan
        asked = lambda: raw.execute(text).fetchall()  # noqa: E731
        assert len(_found(many, TODAY)) == len(asked()) == rows - SOME
        ours, reference, ratio = in_turn(lambda: _found(many, TODAY), asked, rounds=3)
        raw.close()
        yield Result(f"all that are due found by one question ({plan})", ratio, DRIVER, ours, reference, "s", rows, database_name)
        assert len(_found(many, LATER)) == len(_found(few, LATER)) == SOME
        ours, reference, ratio = in_turn(lambda: _found(many, LATER), lambda: _found(few, LATER), clock=time.perf_counter)
        yield Result(f"{SOME} due among all, against among {SOME * 10}", ratio, AMONG, ours, reference, "s", rows, database_name)


def _fill(workspace: Workspace, rows: int, database_name: str) -> None:
    """All but a few are due on the first day; the others on a later one."""
    trigger = {"type": "date_field", "form": "customer", "field": "due_on", "at": "09:00"}
    with workspace.writing(SYSTEM) as act:
        publish(act, [form_json(text(), day("due_on"))])
        publish(act, [_rule("remind", trigger)])
    with workspace.writing(SYSTEM) as act:
        act.fires = False
        first = gateway.create(act, "customer", {"name": "c", "due_on": TODAY.isoformat()}).id
        built = tables_of(act.catalogue)["customer"]
        names = [each.name for each in built.main.c if each.name != "id"]
        date_column = built.column("due_on").name
        copied = ", ".join(
            f"CASE WHEN n < {SOME + 1} THEN {clock.to_day(LATER)} ELSE {each} END" if each == date_column else each for each in names
        )
        numbers = (
            f"SELECT generate_series(1, {rows - 1}) AS n"
            if database_name == "postgresql"
            else f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows - 1}) SELECT n FROM s"
        )
        table = built.main.name
        act.connection.exec_driver_sql(
            f"INSERT INTO {table} (id, {', '.join(names)}) SELECT {first} + n, {copied} FROM {table}, ({numbers}) AS numbers WHERE id = {first}"
        )
        settle_down(act.connection)


def _query(act: Any, on: date) -> Any:
    moment = datetime(on.year, on.month, on.day, 1, tzinfo=UTC)  # nine in Shanghai
    (rule,) = due.at_work(act.catalogue)
    return rule.trigger.due_query(act, moment - timedelta(days=1), moment)


def _found(workspace: Workspace, on: date) -> list[Any]:
    with workspace.reading(SYSTEM) as act:
        return list(act.connection.execute(_query(act, on)).all())


def _said(workspace: Workspace, on: date, database_name: str) -> tuple[str, str]:
    """The question as the driver is asked it, and how the database means to answer."""
    with workspace.reading(SYSTEM) as act:
        asked = str(_query(act, on).compile(act.connection, compile_kwargs={"literal_binds": True}))
        # of the few that are due later, so that reading the whole table is no way
        explained = str(_query(act, LATER).compile(act.connection, compile_kwargs={"literal_binds": True}))
        word = "EXPLAIN QUERY PLAN" if database_name == "sqlite" else "EXPLAIN (COSTS OFF)"
        lines = [str(row[-1]) for row in act.connection.execute(sa.text(f"{word} {explained}"))]
    return asked, "; ".join(" ".join(each.split()) for each in lines)
