"""One meaning: the table of docs/formulas.md line by line, on one record and in SQL."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from runtime.formulas import CannotCompute, evaluate, to_sql_scaled
from tests.formulas.world import SAMPLES, TableSource, a_record, computed_in_sql, example, fill, formula

BLANK = None
CASES = [
    # numbers are exact decimals
    ("0.1 + 0.2 == 0.3", True),
    ("SUM(0.1, 0.1, 0.1) == 0.3", True),
    ("1.005 * 100", "100.5"),
    ("amount * 3 - amount * 3", "0"),
    # the division has six places, half away from zero; by zero it is blank
    ("7 / 2", "3.5"),
    ("-7 / 2", "-3.5"),
    ("1 / 3", "0.333333"),
    ("2 / 3", "0.666667"),
    ("-2 / 3", "-0.666667"),
    ("1 / 8 * 8", "1"),
    ("0.0000005 / 1", "0.000001"),
    ("-0.0000005 / 1", "-0.000001"),
    ("0.0000025 / 1", "0.000003"),
    ("0.00000049 / 1", "0"),
    ("amount / zero", BLANK),
    ("0 / zero", BLANK),
    # all rounding is half away from zero, never half to even
    ("ROUND(2.5)", "3"),
    ("ROUND(-2.5)", "-3"),
    ("ROUND(0.5)", "1"),
    ("ROUND(1.5)", "2"),
    ("ROUND(-0.5)", "-1"),
    ("ROUND(2.675, 2)", "2.68"),
    ("ROUND(1.005, 2)", "1.01"),
    ("ROUND(amount * 0.05, 2)", "6.03"),
    ("TEXT(0.125, 2)", "0.13"),
    ("TEXT(-0.125, 2)", "-0.13"),
    # the rest has the sign of the divisor
    ("7 % 3", "1"),
    ("-7 % 3", "2"),
    ("7 % -3", "-2"),
    ("7.5 % 2", "1.5"),
    ("7 % zero", BLANK),
    # blank propagates in arithmetic
    ("nothing + 1", BLANK),
    ("-nothing", BLANK),
    ("ROUND(nothing)", BLANK),
    ("nothing * 0", BLANK),
    ("DAYS_SINCE(no_day)", BLANK),
    ("LEN(other)", BLANK),
    # comparisons with a blank are false, == and != know blank as a value; logic has two values
    ("nothing < 5", False),
    ("nothing >= 5", False),
    ("not (nothing < 5)", True),
    ("nothing == 5", False),
    ("nothing != 5", True),
    ("nothing == nothing", True),
    ("no_day == nothing_name", None),
    ("other == 'x'", False),
    ("other != 'x'", True),
    ("nothing in (1, 2)", False),
    ("nothing not in (1, 2)", True),
    ("no_day < TODAY() or agreed", True),
    ("IF(nothing > 1, 'a', 'b')", "b"),
    ("0 < nothing < 9", False),
    # a blank is an empty text when texts are joined
    ("other & 'x'", "x"),
    ("nothing & 'x'", "x"),
    ("CONCAT(other, 1.50)", "1.5"),
    ("'挽回:' & name", "挽回:Ann"),
    # aggregates leave blanks out
    ("SUM(orders.amount, where=orders.amount > 1000)", "0"),
    ("COUNT(orders, where=orders.amount > 1000)", "0"),
    ("AVG(orders.amount, where=orders.amount > 1000)", BLANK),
    ("MIN(orders.amount, where=FALSE)", BLANK),
    ("FIRST(orders.amount, where=FALSE)", BLANK),
    ("COUNT(orders.amount)", "3"),
    ("DISTINCT(orders.amount)", "3"),
    # texts: code points, ASCII capitals only
    ("LEN('客户é𠮷')", "4"),
    ("UPPER('ßé a')", "ßé A"),
    ("'B' < 'a'", True),
    ("'a' < '王'", True),
    ("'A' == 'a'", False),
    ("CONTAINS('50%_', '%')", True),
    # lists
    ("'vip' in tags", True),
    ("'new' in tags", False),
    ("not ('new' in tags)", True),
    ("HAS_ALL(tags, 'vip')", True),
    ("ISEMPTY(colors)", True),
    # dates
    ("day - DATE(2024, 2, 1)", "28"),
    ("day + DAYS(1) == DATE(2024, 3, 1)", True),
    ("day - DAYS(29) == DATE(2024, 1, 31)", True),
    ("EDATE(DATE(2024, 3, 31), -1) == day", True),
    ("DAYS_SINCE(day)", "67"),
    ("day + HOURS(36) == DATE(2024, 3, 1)", True),
    ("DAYS_SINCE(MAX(orders.paid_on)) <= 60", True),
    # money and numbers
    ("spend * 2 == 18000", True),
    ("spend / budget", "1.12493"),
    ("spend - budget > 999.49", True),
    ("MAX(spend, 10000) == 10000", True),
    ("spend / 3 > 2999.99", True),
    ("IF(agreed, spend, 0) + 1 == 9001", True),
    # only what is needed is computed
    ("IF(zero == 0, 0, 10 / zero)", "0"),
    ("IFS(agreed, 1, TRUE, 1 / zero)", "1"),
    ("status != 'draft'", True),
    ("status in ('done', 'returned')", True),
    ("owner == CURRENT_USER()", True),
    ("agreed == TRUE", True),
]
MEANT = [
    (
        text,
        Decimal(value)
        if isinstance(value, str) and value.lstrip("-").replace(".", "").isdigit() and not text.startswith(("TEXT", "CONCAT"))
        else value,
    )
    for text, value in CASES
    if "nothing_name" not in text
]


@pytest.mark.parametrize(("text", "value"), MEANT)
def test_a_formula_means(text, value):
    assert evaluate(formula(text), example()) == value


def test_sql_means_the_same(database: sa.Connection):
    fill(database, [example()])
    wanted = {text: (formula(text), value) for text, value in MEANT}
    found = {text: computed_in_sql(database, each)[0] for text, (each, __) in wanted.items() if each.sql}
    assert {text: value for text, value in found.items() if value != wanted[text][1]} == {}
    assert len(found) > len(MEANT) - 5


def test_a_stored_result_is_rounded_half_away_from_zero(database: sa.Connection):
    fill(database, [example()])
    source = TableSource(database.dialect.name)
    values = {"0.125 * 1": 13, "-0.125 * 1": -13, "0.135 + zero": 14, "2.5 * 1.01 + zero": 253}
    for text, expected in values.items():
        assert database.execute(sa.select(to_sql_scaled(formula(text), source, 2)).select_from(SAMPLES)).scalar() == expected


@pytest.mark.parametrize(
    ("text", "kind", "scale"),
    [
        ("amount + fine", "number", 6),
        ("amount * 0.25", "number", 4),
        ("amount / 3", "number", 6),
        ("spend * 0.3", "money", 3),
        ("spend + 1", "money", 2),
        ("spend / spend", "number", 6),
        ("COUNT(orders)", "number", 0),
        ("ROUND(fine, 1)", "number", 1),
        ("IF(agreed, amount, fine)", "number", 6),
        ("day - day", "number", 0),
        ("seen_at - NOW()", "duration", 0),
        ("day + DAYS(1)", "date", 0),
        ("NOW() + HOURS(24)", "datetime", 0),
        ("name & 1", "text", 0),
        ("status", "choice", 0),
        ("parent.name", "text", 0),
        ("record", "record", 0),
    ],
)
def test_a_result_has_a_type(text, kind, scale):
    assert (formula(text).type.kind, formula(text).type.scale) == (kind, scale)


@pytest.mark.parametrize(
    "text", ["amount * amount * amount * amount", "spend * amount", "SUM(orders.amount * orders.amount)", "fine * fine"]
)
def test_what_could_pass_64_bits_is_left_to_single_records(text):
    wanted = formula(text)
    assert not wanted.sql
    assert evaluate(wanted, example()) is None or evaluate(wanted, example()) > 0


def test_bounds_of_a_field_let_a_product_be_sql():
    assert formula("SUM(orders.items.quantity * orders.items.price)").sql
    assert formula("whole * amount").sql


def test_a_sum_beyond_its_limit_fails_rather_than_wraps(database: sa.Connection):
    from tests.formulas.world import an_order

    rows = [an_order(number, amount="90000000000000", paid_on=date(2024, 5, 1)) for number in range(1, 16)]
    fill(database, [a_record(rows)])
    with pytest.raises(sa.exc.DBAPIError), database.begin_nested():
        computed_in_sql(database, formula("SUM(orders.amount) * 1.0001 / 7"))
    assert evaluate(formula("SUM(orders.amount)"), a_record(rows)) == Decimal("1350000000000000")


def test_a_quotient_beyond_all_measure_is_an_error_in_both(database: sa.Connection):
    record = a_record(amount="90000000000000", fine="0.000001")
    with pytest.raises(CannotCompute, match="too large"):
        evaluate(formula("amount / fine"), record)
    fill(database, [record])
    with pytest.raises(sa.exc.DBAPIError), database.begin_nested():
        computed_in_sql(database, formula("amount / fine"))


def test_many_small_amounts_are_exact():
    from tests.formulas.world import an_order

    record = a_record([an_order(number, amount="0.10") for number in range(10_000)])
    assert evaluate(formula("SUM(orders.amount)"), record) == Decimal(1000)
