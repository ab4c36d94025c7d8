"""One meaning: random formulas over random records give the same value in Python, on SQLite and on PostgreSQL.

TIERLOOM_FORMULA_EXAMPLES raises the number of formulas a database (300).
"""

from __future__ import annotations

import os
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from runtime.formulas import CannotCompute, evaluate, from_json, to_json
from tests.formulas.generated import FORMULAS, records
from tests.formulas.world import TODAY, Row, computed_in_sql, fill, formula, found_in_sql

EXAMPLES = int(os.environ.get("TIERLOOM_FORMULA_EXAMPLES", "300"))
QUIET = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="TIERLOOM_FORMULA_EXAMPLES" not in os.environ,
    phases=[Phase.explicit, Phase.generate, Phase.shrink] if os.environ.get("CI") else [Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


@QUIET
@given(text=FORMULAS, rows=records(), as_of=st.booleans())
def test_all_readers_agree(database: sa.Connection, text: str, rows: list[Row], as_of: bool):
    wanted = formula(text)
    assert from_json(to_json(wanted.tree)) == wanted.tree
    for row in rows:
        row.as_of = as_of
    try:
        expected = [evaluate(wanted, row) for row in rows]
    except CannotCompute:
        event("cannot be computed")
        return
    event(f"{wanted.type.kind} {'in SQL' if wanted.sql else 'not in SQL'}")
    if wanted.sql:
        fill(database, rows)
        assert computed_in_sql(database, wanted, TODAY, as_of) == expected
        if wanted.type.kind == "boolean" and not as_of:
            assert found_in_sql(database, wanted) == [row.values["id"] for row, holds in zip(rows, expected, strict=True) if holds]


@pytest.mark.parametrize(
    "text",
    [
        "1 / 3",
        "1 + 1 == 2",
        "'a' & 'b'",
        "IF(TRUE, 1, 2)",
        "10 % 3",
        "2147483647 * 2",
        "-7 / 2",
        "0.1 + 0.2 == 0.3",
        "5 / 0",
        "SUM(orders.amount)",
    ],
)
def test_constants_and_an_empty_table_are_no_trouble(database: sa.Connection, text: str):
    fill(database, [])
    assert computed_in_sql(database, formula(text)) == []


def test_a_value_of_sql_has_the_scale_of_its_type(database: sa.Connection):
    row = Row({"id": 1, "amount": Decimal("1.25"), "tags": (), "colors": ()})
    fill(database, [row])
    assert computed_in_sql(database, formula("amount * 0.3")) == [Decimal("0.375")]
