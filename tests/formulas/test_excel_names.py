"""Names from spreadsheets and other systems: what is understood, and what is said about the rest."""

from __future__ import annotations

import pytest

from runtime.errors import FormulaProblems
from runtime.formulas.functions import FUNCTIONS, LABELS
from tests.formulas.world import formula


def problem(typed: str, language: str = "en", **more) -> tuple[str, str]:
    """(marked part, sentence) of the only problem."""
    with pytest.raises(FormulaProblems) as refused:
        formula(typed, **more)
    (found,) = refused.value.problems
    return typed[found.position : found.position + found.length], found.message.in_language(language)


@pytest.mark.parametrize(
    ("spreadsheet", "ours"),
    [
        ("SUMIF(orders.status, 'done', orders.amount)", "SUM(orders.amount, where=orders.status == 'done')"),
        ("SUMIF(orders.amount, '>= 50')", "SUM(orders.amount, where=orders.amount >= 50)"),
        ("SUMIF(orders.amount, '<-0.5')", "SUM(orders.amount, where=orders.amount < -0.5)"),
        ("SUMIF(orders.amount, amount)", "SUM(orders.amount, where=orders.amount == amount)"),
        (
            "SUMIFS(orders.amount, orders.status, 'done', orders.no, '<>A', days=30)",
            "SUM(orders.amount, where=orders.status == 'done' and orders.no != 'A', days=30)",
        ),
        ("COUNTIF(orders.status, '=done')", "COUNT(orders, where=orders.status == 'done')"),
        ("COUNTIF(orders.items.product, 'tea')", "COUNT(orders.items, where=orders.items.product == 'tea')"),
        ("COUNTIF(订单.订单金额, '>1', where=orders.discounted)", "COUNT(orders, where=orders.amount > 1 and orders.discounted)"),
        (
            "COUNTIFS(orders.status, 'done', orders.discounted, TRUE)",
            "COUNT(orders, where=orders.status == 'done' and orders.discounted == TRUE)",
        ),
        ("AVERAGEIF(orders.status, 'done', orders.amount)", "AVG(orders.amount, where=orders.status == 'done')"),
        ("MAXIFS(orders.paid_on, orders.status, 'done')", "MAX(orders.paid_on, where=orders.status == 'done')"),
        ("SUMPRODUCT(orders.items.quantity, orders.items.price)", "SUM(orders.items.quantity * orders.items.price)"),
        ("EXACT(name, other)", "name == other"),
        ("FIXED(amount)", "TEXT(amount, 2)"),
        ("DATEDELTA(day, 3)", "day + DAYS(3)"),
        ("TRUE()", "TRUE"),
        ("GETUSERNAME()", "TEXTUSER(CURRENT_USER())"),
        ("RMBCAP(amount)", "RMBUPPER(amount)"),
        ("TRUNC(amount)", "ROUNDDOWN(amount)"),
        ("SYSTIME()", "NOW()"),
    ],
)
def test_another_spelling_means_the_same(spreadsheet, ours):
    assert formula(spreadsheet).tree == formula(ours).tree


def test_criteria_work_over_all_records():
    assert formula("COUNTIF(status, 'done')", own_rows=True).tree == formula("COUNT(record, where=status == 'done')", own_rows=True).tree


@pytest.mark.parametrize(
    ("typed", "part", "words"),
    [
        ("SUMIF(orders.no, 'A*', orders.amount)", "'A*'", "CONTAINS(orders.no, 'part')"),
        ("COUNTIF(orders.status, '<>')", "'<>'", "ISEMPTY(orders.status)"),
        ("COUNTIF(name, 'Ann')", "name", "fields of related records"),
        (
            "SUMIFS(orders.amount, orders.status)",
            "SUMIFS(orders.amount, orders.status)",
            "SUMIFS is called as SUMIFS(value, field, criterion, …)",
        ),
        (
            "SUMIFS(orders.amount, orders.status, 'done', orders.no)",
            "SUMIFS(orders.amount, orders.status, 'done', orders.no)",
            "pairs: a field",
        ),
        ("COUNTIF(orders.paid_on, '>2024-01-01')", "'>2024-01-01'", "DATE(2026, 11, 21)"),
        ("LARGE(orders.amount)", "LARGE(orders.amount)", "takes a value and “place”"),
        ("LARGE(orders.amount, 0)", "0", "whole number from 1 to 1000"),
        ("GROWTH(orders.amount)", "GROWTH(orders.amount)", "add days= or months="),
        ("TREND(orders.amount, days=30)", "TREND(orders.amount, days=30)", "add months=12"),
        ("SUM(orders.amount, before=1)", "1", "add days= or months="),
        ("SUM(orders.amount, months=1200, before=2)", "2", "too far back"),
        ("FLOOR(amount, 0)", "0", "above 0"),
        ("CHAR(55296)", "55296", "surrogate"),
        ("TIER_AT('loyality', day)", "'loyality'", "Did you mean loyalty?"),
        ("LOOKUP('ordr', 'no', name, 'amount')", "'ordr'", "Did you mean order?"),
        ("LOOKUP('order', 'no', name, 'amont')", "'amont'", "Did you mean amount?"),
        ("LOOKUP('order', 'no', amount, 'amount')", "amount", "never equal to a text"),
        ("PREVIOUS(amount)", "PREVIOUS(amount)", "checks and into automations that a changed record starts"),
        ("PREVIOUS(1)", "1", "Name a field"),
    ],
)
def test_what_does_not_fit_is_marked_with_a_remedy(typed, part, words):
    marked, sentence = problem(typed)
    assert marked == part and words in sentence


@pytest.mark.parametrize("name", ["MEDIAN", "PRODUCT", "JOIN", "LARGE"])
def test_what_the_database_cannot_work_out_over_all_records_is_refused(name):
    argument = {"JOIN": ", '-'", "LARGE": ", 2"}.get(name, "")
    assert "cannot be worked out over all records" in problem(f"{name}(amount{argument}, where=agreed)", own_rows=True)[1]


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        ("SIN(amount)", "DISTANCE"),
        ("rand()", "UUID()"),
        ("IFERROR(amount / zero, 0)", "IFEMPTY(value, otherwise)"),
        ("VLOOKUP(name, orders, 2)", "LOOKUP('form', 'field', value, 'result')"),
        ("RECNO()", "write id"),
        ("RANK(amount)", "PERCENT_RANK(field)"),
        ("IP()", "audit log"),
    ],
)
def test_what_is_not_offered_says_what_to_do_instead(typed, remedy):
    marked, sentence = problem(typed)
    assert marked == typed.split("(")[0]
    assert sentence.startswith(f"There is no function called {marked}.") and remedy in sentence
    assert "没有叫" in problem(typed, "zh")[1]


@pytest.mark.parametrize(
    ("typed", "near"),
    [("SUMM(amount)", "SUM"), ("summ(amount)", "SUM"), ("四舍五人(amount)", "四舍五入"), ("NETWORKDAY(day, day)", "NETWORKDAYS")],
)
def test_a_slip_of_the_pen_is_answered_with_the_nearest_name(typed, near):
    marked, sentence = problem(typed)
    assert marked == typed.split("(")[0] and f"Did you mean {near}?" in sentence
    assert problem(typed, "zh")[1] == f"没有叫 {marked} 的函数。是不是 {near}？"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("四舍五入(金额, 1)", "ROUND(amount, 1)"),
        ("求和(订单.订单金额, where=orders.status = 'done')", "SUM(orders.amount, where=orders.status == 'done')"),
        ("如果(并且(agreed, 金额>1), '大', '小')", "IF(AND(agreed, amount > 1), '大', '小')"),
        ("人民币大写(金额)", "RMBUPPER(amount)"),
        ("真() and agreed", "TRUE() and agreed"),
    ],
)
def test_a_function_may_be_called_by_its_label(typed, stored):
    assert formula(typed).text == stored


def test_every_label_means_one_function():
    assert len(LABELS) == len({label for each in FUNCTIONS for label in each.label.values()})


def test_there_are_at_least_a_hundred_functions():
    assert len(FUNCTIONS) >= 100
