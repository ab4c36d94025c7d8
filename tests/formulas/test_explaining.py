"""A result unfolded: the same value as evaluation, each part with the value it had."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.formulas import CannotCompute, Formula, Uses, evaluate
from runtime.formulas.explaining import Part, explain
from runtime.formulas.saying import Writer, rows_filter
from runtime.formulas.tree import walk
from runtime.formulas.uses import relation_at
from tests.formulas.generated import FORMULAS, records
from tests.formulas.world import Row, a_record, an_order, example, formula, scope


def explained(text: str, row: Row | None = None, **more: Any) -> Part:
    return explain(formula(text, **more), row or example(), scope(**more))


def every(part: Part) -> list[Part]:
    return [part, *(below for each in part.children for below in every(each))]


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=FORMULAS, rows=records(), as_of=st.booleans())
def test_the_explained_value_is_the_evaluated_one(text: str, rows: list[Row], as_of: bool):
    wanted = formula(text)
    for row in rows:
        row.as_of = as_of
        try:
            expected = evaluate(wanted, row)
        except CannotCompute:
            with pytest.raises(CannotCompute):
                explain(wanted, row, scope())
            continue
        found = explain(wanted, row, scope())
        assert found.value == expected
        for part in every(found):
            assert part.text.in_language("zh") and part.shown.in_language("en")
            part.said("zh")


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=FORMULAS, rows=records())
def test_every_part_that_was_needed_has_the_value_it_has_alone(text: str, rows: list[Row]):
    wanted = formula(text)
    alone = {Writer(scope()).phrase(node): node for node in walk(wanted.tree) if not getattr(node, "relation", ())}
    for row in rows:
        try:
            found = explain(wanted, row, scope())
        except CannotCompute:
            continue
        for part in every(found):
            node = alone.get(part.text)
            if node is not None and part.taken and part.type.kind != "boolean":
                assert evaluate(Formula("", node, node.type, Uses()), row) == part.value


# -- words ------------------------------------------------------------------------------------------------------------------------
def test_a_part_is_written_with_labels_in_the_readers_language():
    found = explained("ROUND(amount * 2, 1) >= 3 and status == 'done'")
    assert found.text.in_language("zh") == "ROUND(金额 × 2, 1) ≥ 3 and status = Done"
    assert found.text.in_language("en") == "ROUND(Amount, net × 2, 1) ≥ 3 and status = Done"


def test_a_short_part_has_a_sentence_with_its_values():
    found = explained("(amount - whole) / whole", a_record(amount="20", whole=Decimal(15)))
    assert found.text.in_language("zh") == "(金额 − whole) ÷ whole"
    assert found.said("en") == "(20 − 15) ÷ 15 = 0.333333"
    assert found.children[0].said("en") == "20 − 15 = 5"
    assert [each.shown.in_language("en") for each in found.children[0].children] == ["20", "15"]


def test_brackets_stand_where_the_meaning_needs_them():
    assert explained("whole - (amount - fine) * -2 / (1 - fine)").text.in_language("en") == (
        "whole − (Amount, net − fine) × −2 ÷ (1 − fine)"
    )
    assert explained("not (agreed or status == 'done') and zero == 0").text.in_language("en") == (
        "not (agreed or status = Done) and zero = 0"
    )


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=FORMULAS, row=records())
def test_what_is_written_out_by_keys_means_the_same(text: str, row: list[Row]):
    wanted = formula(text)
    written = "".join(str(each) for each in Writer(scope(), stored=True).write(wanted.tree, 0))
    if len(written) > 2000:
        return
    again = formula(written)
    for each in row:
        try:
            assert evaluate(again, each) == evaluate(wanted, each)
        except CannotCompute:
            continue


# -- branches, blanks -------------------------------------------------------------------------------------------------------------
def test_a_branch_that_was_not_needed_is_said_to_be_not_taken():
    found = explained("IF(zero == 0, amount, 10 / zero)")
    condition, taken, other = found.children
    assert (condition.value, taken.value, found.value) == (True, Decimal("120.5"), Decimal("120.5"))
    assert (other.taken, other.value, str(other.note)) == (False, None, "Not needed here, so not worked out.")
    assert other.note is not None and other.note.in_language("zh") == "这里用不到，没有计算。"


def test_the_rest_of_a_condition_is_not_needed_once_it_is_decided():
    first, second = explained("zero > 0 and 1 / zero > 0").children
    assert (first.value, second.taken) == (False, False)


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("amount / zero", "Division by zero gives blank."),
        ("amount % zero", "Division by zero gives blank."),
        ("amount + nothing", "A part of it is blank, so the result is blank."),
        ("ROUND(nothing, 1)", "A part of it is blank, so the result is blank."),
        ("nothing < 3", "A blank is neither larger nor smaller, so this does not hold."),
        ("IF(zero > 0, 1)", "No condition holds, and nothing is said for the rest."),
        ("MAX(orders.amount, where=orders.amount > 9000)", "Nothing counts, so the result is blank."),
        ("SUM(orders.amount, where=orders.amount > 9000)", "Nothing counts, so the result is 0."),
    ],
)
def test_a_blank_is_accounted_for(text: str, note: str):
    assert str(explained(text).note) == note


def test_a_result_that_is_no_blank_needs_no_note():
    assert explained("amount / 2").note is None


# -- rows -------------------------------------------------------------------------------------------------------------------------
def test_an_aggregate_says_how_many_rows_count_and_from_when_to_when():
    rows = explained("SUM(orders.amount, on=orders.paid_on, days=30)").rows
    assert rows is not None
    assert (rows.counted, rows.seen, rows.window) == (1, 4, (date(2024, 4, 7), date(2024, 5, 6)))
    assert [(each.record, each.value and each.value.value, each.day) for each in rows.first] == [(1, Decimal(100), date(2024, 5, 1))]
    assert (rows.relation.form, rows.own) == ("order", False)


def test_rows_without_a_value_do_not_count():
    rows = explained("AVG(orders.amount)").rows
    assert rows is not None and (rows.counted, rows.seen) == (3, 4)


def test_the_row_that_decides_stands_first():
    for text, record in (
        ("LAST(orders.amount, on=orders.paid_on)", 1),
        ("MIN(orders.amount)", 3),
        ("FIRST(orders.no, by=orders.paid_on)", 0),
    ):
        row = example()
        if record == 0:
            row.rows["orders"][1].values["no"], record = "B", 2
        rows = explained(text, row).rows
        assert rows is not None and rows.first[0].record == record


def test_only_a_few_rows_are_listed():
    orders = [an_order(number, amount=str(number)) for number in range(1, 40)]
    rows = explained("SUM(orders.amount)", a_record(orders)).rows
    assert rows is not None and (len(rows.first), rows.counted) == (5, 39)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("SUM(orders.amount)", "customer.id == 5"),
        (
            "SUM(orders.amount, where=orders.status == 'done' or orders.discounted, on=orders.paid_on, days=30)",
            "customer.id == 5 and paid_on >= DATE(2024, 4, 7) and paid_on <= DATE(2024, 5, 6) and (status == 'done' or discounted)",
        ),
        ("COUNT(orders, where=orders.amount > amount)", "customer.id == 5 and amount > customer.amount"),
        ("SUM(orders.items.quantity)", None),
        ("COUNT(orders, where=orders.amount > score)", None),
    ],
)
def test_the_rows_of_an_aggregate_are_a_filter_of_their_form(text: str, wanted: str | None):
    node: Any = formula(text).tree
    window = explained(text).rows
    assert window is not None
    assert rows_filter(node, relation_at(node.relation[:1], scope()), 5, window.window, scope()) == wanted
    if wanted is not None:
        formula(wanted, expect="boolean", form="order", names={})
