"""A compiled closure means the same as evaluation: random formulas over random records, their inputs from plain values."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from runtime.formulas import CannotCompute, Formula, Uses, evaluate, tree
from runtime.formulas.closures import Closures, NotStreamed
from runtime.formulas.gathering import Gathered
from runtime.formulas.stored_values import keeper, reader
from tests.formulas.generated import FORMULAS, aggregates, records
from tests.formulas.world import Row, a_record, formula

EXAMPLES = int(os.environ.get("TIERLOOM_FORMULA_EXAMPLES", "300"))
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="TIERLOOM_FORMULA_EXAMPLES" not in os.environ,
    phases=[Phase.explicit, Phase.generate, Phase.shrink] if os.environ.get("CI") else [Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def stored(node: tree.Node, value: Any) -> Any:
    """A value as a column or the database gives it."""
    if value is None:
        return None
    return int(value) if node.type.kind == "boolean" else keeper(node.type)(value)


def plain(node: tree.Node) -> Formula:
    return Formula("", node, node.type, Uses())


def by_closure(wanted: Formula, row: Row) -> Any:
    made = Closures({"it": wanted.tree})
    value = made.bound(row)["it"](*(stored(each, evaluate(plain(each), row)) for each in made.inputs))
    return None if value is None else reader(wanted.type)(value)


def outcome(work: Any, *arguments: Any) -> Any:
    try:
        return work(*arguments)
    except CannotCompute as error:
        return type(error)


@QUIET
@given(text=FORMULAS, rows=records(), as_of=st.booleans())
def test_a_closure_says_what_evaluation_says(text: str, rows: list[Row], as_of: bool):
    wanted = formula(text)
    try:
        Closures({"it": wanted.tree})
    except NotStreamed:
        event("is left to evaluation")
        return
    for row in rows:
        row.as_of = as_of
        expected = outcome(evaluate, wanted, row)
        assert outcome(by_closure, wanted, row) == expected
        event("cannot be computed" if expected is CannotCompute else wanted.type.kind)


def rows_in_view(row: Row, relation: tuple[str, ...], reached: tuple[str, ...] = ()) -> Iterator[dict[tuple[str, ...], Row]]:
    """The rows of a relation, each with those on the way to it."""
    if reached == relation:
        yield {reached: row}
        return
    path = relation[: len(reached) + 1]
    for each in row.related(path[-1]):
        for further in rows_in_view(each, relation, path):
            yield {reached: row, **further}


def brought(node: tree.Node, view: dict[tuple[str, ...], Row]) -> Any:
    assert isinstance(node, (tree.Field, tree.Path))
    source = view[node.relation]
    return stored(node, source.field(node.key) if isinstance(node, tree.Field) else source.path(node.reference, node.key))


def by_gathering(node: tree.Aggregate, row: Row) -> Any:
    made = Gathered(node)
    rows = [tuple(brought(each, view) for each in made.inputs) for view in rows_in_view(row, node.relation)]
    value = made.bound(row)(rows)
    return None if value is None else reader(node.type)(value)


@QUIET
@given(text=aggregates(), rows=records(), as_of=st.booleans())
def test_a_gathered_aggregate_says_what_evaluation_says(text: str, rows: list[Row], as_of: bool):
    wanted = formula(text)
    assert isinstance(wanted.tree, tree.Aggregate)
    for row in rows:
        row.as_of = as_of
        assert outcome(by_gathering, wanted.tree, row) == outcome(evaluate, wanted, row)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("fine * fine * fine * fine", {"fine": "9999999999"}),
        ("nothing + fine * fine * fine * fine", {"fine": "9999999999"}),
        ("fine * fine * fine * fine + nothing", {"fine": "9999999999"}),
        ("IF(amount / fine > 1, 1, 2)", {"amount": "99999999", "fine": "0.000001"}),
        ("nothing / (amount / fine)", {"amount": "99999999", "fine": "0.000001"}),
        ("IFEMPTY(nothing, amount / fine) + 1", {"amount": "99999999", "fine": "0.000001"}),
        ("EDATE(day, 1200) > day", {"day": date(9990, 1, 1)}),
    ],
)
def test_what_evaluation_cannot_compute_a_closure_cannot_either(text: str, given: dict[str, Any]):
    row, wanted = a_record(**given), formula(text)
    assert outcome(by_closure, wanted, row) is outcome(evaluate, wanted, row) is CannotCompute


@pytest.mark.parametrize(
    ("text", "given", "expected"),
    [
        ("IF(zero == 0, nothing, amount / fine)", {"zero": "0", "amount": "99999999", "fine": "0.000001"}, None),
        ("amount * fine * fine * 0.5", {"amount": "1.25", "fine": "-0.000003"}, Decimal("5.625E-12")),
        ("VALUE(name) * 2", {"name": " 12.50 "}, Decimal(25)),
        ("DAYS_SINCE(seen_at)", {"seen_at": datetime(2024, 5, 4, 16, tzinfo=UTC)}, Decimal(1)),
        ("'a' & day & 1.50", {"day": date(2024, 1, 2)}, "a2024-01-021.5"),
    ],
)
def test_what_sql_leaves_to_closures(text: str, given: dict[str, Any], expected: Any):
    row, wanted = a_record(**given), formula(text)
    assert by_closure(wanted, row) == evaluate(wanted, row) == expected


def test_conditions_over_whole_lists_are_left_to_evaluation():
    with pytest.raises(NotStreamed):
        Closures({"it": formula("colors == tags").tree})


def test_a_function_is_made_without_text_and_reaches_nothing_but_its_own_pieces():
    made = Closures({"it": formula("name & LEN(name) & ROUND(amount * 1.005, 2)").tree})
    function = made.bound(a_record())["it"]
    assert set(function.__globals__) <= {"__builtins__", *(f"f{number}" for number in range(9))}
    assert function.__globals__["__builtins__"] == {}
