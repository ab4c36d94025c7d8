"""One meaning: random formulas over random records give the same value in Python, on SQLite and on PostgreSQL.

A case is a formula and a record. TIERLOOM_FORMULA_EXAMPLES raises the number of cases a reader (2,000).
"""

from __future__ import annotations

import os
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from runtime.formulas import CannotCompute, evaluate, from_json, to_json
from tests.formulas.generated import FORMULAS, pool_of, records
from tests.formulas.world import TODAY, Row, computed_in_sql, fill, formula, found_in_sql

CASES = int(os.environ.get("TIERLOOM_FORMULA_EXAMPLES", "2000"))
SEEDED = "TIERLOOM_FORMULA_EXAMPLES" not in os.environ
MORE_RECORDS = 10
"""Each formula meets a few records of its own, which are made smaller when something is wrong, and so many from a pool."""
QUIET = settings(
    max_examples=CASES // 6,  # one formula in three is not for SQL or has no result
    deadline=None,
    derandomize=SEEDED,
    phases=[Phase.explicit, Phase.generate, Phase.shrink] if os.environ.get("CI") else [Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_all_readers_agree(database: sa.Connection):
    pool, compared = pool_of(300), 0

    @QUIET
    @given(text=FORMULAS, own=records(), as_of=st.booleans())
    def agree(text: str, own: list[Row], as_of: bool) -> None:
        nonlocal compared
        wanted = formula(text)
        assert from_json(to_json(wanted.tree)) == wanted.tree
        rows = [*own, *(pool[(compared + number) % len(pool)] for number in range(MORE_RECORDS))]
        rows.sort(key=lambda row: row.values["id"])
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
            compared += len(rows)

    agree()
    assert compared >= CASES


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


@pytest.mark.parametrize("text", ["(not (amount >= 9)) != ISTEXT(zero)", "(not (zero > amount)) == (not (whole > 3))", "ISEMPTY(not (whole > 3))"])
def test_a_negation_is_a_value_like_any_other(database: sa.Connection, text: str):
    rows = sorted(pool_of(30), key=lambda row: row.values["id"])
    fill(database, rows)
    assert computed_in_sql(database, formula(text)) == [evaluate(formula(text), row) for row in rows]
