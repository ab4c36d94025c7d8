"""Amounts in capital numerals, working days, and distances: checked against rules and tables from outside."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from runtime.formulas import CannotCompute, evaluate
from runtime.formulas.functions.distance import Distance
from tests.formulas.world import a_record, formula


# the examples of the People's Bank's rules (支付结算办法, annex 1), and borders
@pytest.mark.parametrize(
    ("amount", "capitals"),
    [
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("0", "零元整"),
        ("0.3", "叁角"),
        ("0.05", "伍分"),
        ("10", "壹拾元整"),
        ("100", "壹佰元整"),
        ("1001", "壹仟零壹元整"),
        ("10001.10", "壹万零壹元壹角"),
        ("10010", "壹万零壹拾元整"),
        ("1000000", "壹佰万元整"),
        ("1000500", "壹佰万零伍佰元整"),
        ("20300400", "贰仟零叁拾万零肆佰元整"),
        ("100000000", "壹亿元整"),
        ("100000001", "壹亿零壹元整"),
        ("105000000", "壹亿零伍佰万元整"),
        ("1010000000.01", "壹拾亿壹仟万元零壹分"),
        ("1000000000000", "壹万亿元整"),
        ("12345678901234.56", "壹拾贰万叁仟肆佰伍拾陆亿柒仟捌佰玖拾万壹仟贰佰叁拾肆元伍角陆分"),
        ("-20.10", "负贰拾元壹角"),
        ("0.005", "壹分"),
        ("0.004", "零元整"),
    ],
)
def test_an_amount_in_capital_numerals(amount, capitals):
    assert evaluate(formula("RMBUPPER(fine)"), a_record(fine=amount)) == capitals


def test_capital_numerals_end_before_a_million_times_a_million_times_ten_thousand():
    with pytest.raises(CannotCompute):
        evaluate(formula("RMBUPPER(fine * 1000000000)"), a_record(fine="10000000"))


# from the announcements of the State Council for 2024 and 2025
@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2024, 2, 9), True),
        (date(2024, 2, 12), False),
        (date(2024, 2, 18), True),
        (date(2024, 5, 11), True),
        (date(2024, 10, 12), True),
        (date(2025, 1, 26), True),
        (date(2025, 1, 28), False),
        (date(2025, 2, 8), True),
        (date(2025, 10, 8), False),
        (date(2025, 10, 11), True),
        (date(2025, 10, 12), False),
    ],
)
def test_moved_working_days_count(day, working):
    assert evaluate(formula("IS_WORKDAY(day)"), a_record(day=day)) is working


def test_the_golden_week_is_skipped():
    record = a_record(day=date(2024, 9, 30))
    assert evaluate(formula("WORKDAY(day, 1)"), record) == date(2024, 10, 8)
    assert evaluate(formula("WORKDAY(day, 5)"), record) == date(2024, 10, 12)
    assert evaluate(formula("WORKDAY(day, 0)"), record) == date(2024, 9, 30)
    assert evaluate(formula("NETWORKDAYS(day, DATE(2024, 10, 12))"), record) == 6


def test_the_country_decides():
    record = a_record(day=date(2024, 7, 4))
    assert evaluate(formula("IS_WORKDAY(day)"), record)
    record.holidays = "US"
    assert not evaluate(formula("IS_WORKDAY(day)"), record)
    record.holidays = "nowhere"
    with pytest.raises(CannotCompute, match="no holiday calendar for nowhere"):
        evaluate(formula("IS_WORKDAY(day)"), record)


@pytest.mark.parametrize("text", ["WORKDAY(day, 100000)", "WORKDAY(day, 30000)", "NETWORKDAYS(day, DATE(1, 1, 1))"])
def test_what_would_take_for_ever_is_an_error(text):
    with pytest.raises(CannotCompute):
        evaluate(formula(text), a_record(day=date(9999, 12, 30)))


@pytest.mark.parametrize(
    ("places", "metres"),
    [
        (("0", "0", "180", "0"), "20015114.352186"),  # half the earth: π · 6,371,008.7714 m
        (("0", "0", "90", "0"), "10007557.176093"),
        (("0", "90", "123", "-90"), "20015114.352186"),
        (("121.4737", "31.2304", "121.4737", "31.2304"), "0"),
    ],
)
def test_a_distance_along_the_earth(places, metres):
    assert Distance().run(*map(Decimal, places)) == Decimal(metres)
