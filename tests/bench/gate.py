"""What the gate costs: a page of a large list for somebody whose set limits the rows, against the same page with the rule written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from runtime.definitions import versions
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway, query
from runtime.records.gateway import BatchRow
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
AT_ONCE = 5_000


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """CPU of one page; several pages make one measurement, because one is over quickly."""
    count = rows or 200_000
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
        ours, reference, ratio = in_turn(gated, by_hand)
        yield Result("gate, list page", ratio, LIMIT, ours / 20, reference / 20, "CPU seconds a page", count, database_name)


def _fill(workspace: Any, count: int) -> None:
    with workspace.writing(SYSTEM, "publish") as act:
        for each in PEOPLE:
            act.connection.execute(
                person_table.insert().values(id=each, email=f"p{each}@example.com", name=f"P{each}", active=1, created_at=0)
            )
        versions.publish(act, [FORM, SET])
    for start in range(0, count, AT_ONCE):
        made = [
            BatchRow({"name": f"N{each}", "owner": PEOPLE[each % len(PEOPLE)], "worth": each * 7919 % 100_003, "city": f"C{each % 300}"})
            for each in range(start, min(start + AT_ONCE, count))
        ]
        with workspace.writing(SYSTEM) as act:
            gateway.write_batch(act, "customer", made)
    with workspace.engine.begin() as connection:
        settle_down(connection)


def _check_same(workspace: Any) -> None:
    with workspace.reading(LEADER) as act:
        ours = [each.id for each in query.page(act, "customer", **WISH).records]
    with workspace.reading(BY_HAND) as act:
        theirs = [each.id for each in query.page(act, "customer", filter=RULE, **WISH).records]
    if ours != theirs or len(ours) != WISH["limit"]:
        raise AssertionError("the gate and the rule by hand do not find the same records")
