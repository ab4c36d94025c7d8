"""What the gate costs: a page of a large list for somebody whose set limits the rows, against the same page with the rule written by hand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from runtime.definitions import versions
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.records.gateway import BatchRow
from runtime.records.tables import tables_of
from runtime.system.tables import person as person_table
from tests import makers
from tests.bench.databases import settle_down, workspace_on
from tests.bench.measuring import Result, in_turn

LIMIT = 1.15
RULE = "owner == CURRENT_USER() or owner in MY_REPORTS()"
PEOPLE = range(11, 111)
LEADER = Person(11, roles=frozenset({"sales"}), reports=tuple(range(12, 22)))
BY_HAND = replace(LEADER, roles=frozenset({"builder"}))
"""The same person without a gate: may everything, and writes the rule as a filter."""
WISH: dict[str, Any] = {"sort": ("-worth",), "columns": ["name", "owner", "worth", "city"], "limit": 50}
FORM = makers.form_json(makers.text("name"), makers.member("owner"), makers.number("worth", decimals=0), makers.text("city"), title="name")
SET = {
    "kind": "permission_set",
    "key": "own",
    "label": "Own",
    "form": "customer",
    "for": ["role:sales"],
    "actions": ["view", "edit"],
    "rows": RULE,
    "fields": {"*": "edit"},
}


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """CPU of one page, or on PostgreSQL, which works in another process, the clock on the wall; one page alone is over too quickly."""
    count = rows or 200_000
    clock, unit = (time.perf_counter, "seconds a page") if database_name == "postgresql" else (time.process_time, "CPU seconds a page")
    with workspace_on(database_name) as workspace:
        _fill(workspace, count)

        def gated() -> None:
            for _page in range(20):
                with workspace.reading(LEADER) as act:
                    query.page(act, "customer", **WISH)

        def by_hand() -> None:
            for _page in range(20):
                with workspace.reading(BY_HAND) as act:
                    query.page(act, "customer", filter=RULE, **WISH)

        _check_same(workspace)
        ours, reference, ratio = in_turn(gated, by_hand, clock=clock)
        yield Result("gate, list page", ratio, LIMIT, ours / 20, reference / 20, unit, count, database_name)


def _fill(workspace: Any, count: int) -> None:
    with workspace.writing(SYSTEM, "publish") as act:
        for each in PEOPLE:
            act.connection.execute(
                person_table.insert().values(id=each, email=f"p{each}@example.com", name=f"P{each}", active=1, created_at=0)
            )
        versions.publish(act, [FORM, SET])
        first = [
            BatchRow({"name": f"N{each}", "owner": owner, "worth": each * 7919 % 100_003, "city": f"C{each % 300}"})
            for each, owner in enumerate(PEOPLE)
        ]
        gateway.write_batch(act, "customer", first)
        _multiply(act, len(first), count)
    with workspace.engine.begin() as connection:
        settle_down(connection)


def _multiply(act: Any, start: int, count: int) -> None:
    """The rest of the rows by one statement of the database, shaped as the gateway wrote the first: a million takes seconds."""
    tables = tables_of(act.catalogue)["customer"]
    first_id = act.take_ids("r_" + str(tables.id), count)
    stored = {path: tables.column(path).name for path in ("name", "owner", "worth", "city")}
    like = act.connection.exec_driver_sql(f"SELECT min(created_at), min(created_by) FROM {tables.main.name}").one()
    rows = sa.text(
        f"WITH RECURSIVE n(i) AS (SELECT {start} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {count}) "
        f"INSERT INTO {tables.main.name} (id, version, created_at, created_by, updated_at, updated_by, search, {', '.join(stored.values())}) "
        f"SELECT {first_id} + i, 1, {like[0]}, {like[1]}, {like[0]}, {like[1]}, '', 'N' || i, "
        f"{PEOPLE[0]} + i % {len(PEOPLE)}, (CAST(i AS BIGINT) * 7919) % 100003, 'C' || i % 300 FROM n"
    )
    act.connection.execute(rows)


def _check_same(workspace: Any) -> None:
    with workspace.reading(LEADER) as act:
        ours = [each.id for each in query.page(act, "customer", **WISH).records]
    with workspace.reading(BY_HAND) as act:
        theirs = [each.id for each in query.page(act, "customer", filter=RULE, **WISH).records]
    if ours != theirs or len(ours) != WISH["limit"]:
        raise AssertionError("the gate and the rule by hand do not find the same records")
