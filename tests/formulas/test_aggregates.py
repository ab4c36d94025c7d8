"""Windows, as-of days, levels and order of related rows, on one record and in SQL."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa

from runtime.formulas import evaluate, relations_read
from tests.formulas.world import a_record, an_order, computed_in_sql, fill, formula


def both(database: sa.Connection, text: str, record, today=date(2024, 5, 6), as_of=False):
    """The value of a formula in Python, after SQL gave the same."""
    wanted = formula(text)
    record.today, record.as_of = today, as_of
    value = evaluate(wanted, record)
    fill(database, [record])
    assert computed_in_sql(database, wanted, today, as_of) == [value]
    return value


@pytest.mark.parametrize(
    ("window", "today", "counted"),
    [
        ("days=1", date(2024, 5, 6), {6}),
        ("days=90", date(2024, 5, 6), {6, 5, 4, 3, 2}),
        ("days=91", date(2024, 5, 6), {6, 5, 4, 3, 2, 0}),
        ("months=1", date(2024, 3, 31), {3, 4}),
        ("months=12", date(2024, 2, 29), {0, 1, 2}),
        ("days=365", date(2024, 5, 6), {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_a_window_ends_with_the_day_of_the_run(database, window, today, counted):
    days = {
        0: date(2024, 2, 6),
        1: date(2023, 6, 1),
        2: date(2024, 2, 29),
        3: date(2024, 3, 1),
        4: date(2024, 3, 31),
        5: date(2024, 4, 30),
        6: date(2024, 5, 6),
        7: date(2024, 5, 7),
    }
    record = a_record([an_order(number + 1, paid_on=day, amount=str(10**number)) for number, day in days.items()])
    assert both(database, f"SUM(orders.amount, on=orders.paid_on, {window})", record, today) == sum(
        Decimal(10) ** number for number in counted
    )


def test_a_month_back_from_the_last_day_is_the_last_day_of_a_shorter_month(database):
    record = a_record([an_order(1, paid_on=date(2024, 2, 29), amount="1"), an_order(2, paid_on=date(2024, 3, 1), amount="2")])
    assert both(database, "SUM(orders.amount, on=orders.paid_on, months=1)", record, date(2024, 3, 31)) == 2


def test_without_on_the_forms_event_date_counts(database):
    record = a_record(
        [an_order(1, paid_on=date(2024, 5, 6), amount="1"), an_order(2, paid_on=date(2024, 1, 1), amount="2"), an_order(3, amount="4")]
    )
    assert both(database, "SUM(orders.amount, days=30)", record) == 1


def test_a_window_over_times_has_the_days_of_the_workspace(database):
    # in Shanghai 6 May begins at 16:00 UTC on the day before
    times = {
        1: datetime(2024, 5, 5, 15, 59, 59, tzinfo=UTC),
        2: datetime(2024, 5, 5, 16, tzinfo=UTC),
        4: datetime(2024, 5, 6, 15, 59, 59, tzinfo=UTC),
        8: datetime(2024, 5, 6, 16, tzinfo=UTC),
    }
    record = a_record([an_order(number, sent_at=time, amount=str(number)) for number, time in times.items()])
    assert both(database, "SUM(orders.amount, on=orders.sent_at, days=1)", record) == 6


@pytest.mark.parametrize(
    ("text", "present", "past"),
    [
        ("COUNT(orders)", 3, 2),
        ("COUNT(orders, on=orders.paid_on)", 3, 2),
        ("MAX(orders.amount)", 9, 5),
        ("COUNT(orders.items)", 3, 2),
        ("COUNT(orders, on=orders.sent_at)", 3, 3),
    ],
)
def test_a_run_for_another_day_leaves_out_what_came_later(database, text, present, past):
    rows = [
        an_order(1, [{"product": "a"}], paid_on=date(2024, 5, 1), amount="5"),
        an_order(2, [{"product": "b"}], paid_on=date(2024, 5, 9), amount="9"),
        an_order(3, [{"product": "c"}]),
    ]
    assert both(database, text, a_record(rows)) == present
    assert both(database, text, a_record(rows), as_of=True) == past


def test_lines_of_related_records_are_reached(database):
    rows = [
        an_order(1, [{"quantity": "2", "price": "1.50"}, {"quantity": "1", "price": "10"}], status="done", discounted=True),
        an_order(2, [{"quantity": "5", "price": "2"}], status="draft"),
    ]
    record = a_record(rows, whole="3")
    assert both(database, "SUM(orders.items.quantity * orders.items.price)", record) == 23
    assert both(database, "SUM(orders.items.quantity, where=orders.status == 'done')", record) == 3
    assert both(database, "COUNT(orders.items, where=orders.discounted and orders.items.quantity < whole)", record) == 2


def test_rows_are_in_order_with_blanks_last_and_equal_ones_by_record(database):
    rows = [
        an_order(3, no="c", paid_on=date(2024, 1, 2)),
        an_order(1, no="a"),
        an_order(2, no="b", paid_on=date(2024, 1, 2)),
        an_order(4, no="d", paid_on=date(2024, 1, 1)),
        an_order(5, paid_on=date(2023, 1, 1)),
    ]
    record = a_record(sorted(rows, key=lambda row: row.values["id"]))
    assert both(database, "FIRST(orders.no, on=orders.paid_on)", record) == "d"
    assert both(database, "LAST(orders.no, on=orders.paid_on)", record) == "c"
    assert both(database, "FIRST(orders.no, by=orders.paid_on, where=orders.no != 'd')", record) == "b"
    assert both(database, "LAST(orders.no, by=orders.amount)", record) == "d"


def test_a_bare_name_in_an_aggregate_is_this_record(database):
    record = a_record([an_order(1, amount="5"), an_order(2, amount="50")], amount="10")
    assert both(database, "COUNT(orders, where=orders.amount > amount)", record) == 1


def test_figures_over_all_records_stand_in_one_statement(database):
    records = [a_record(amount="10", status="done"), a_record(amount="30", status="draft"), a_record(status="done")]
    for number, record in enumerate(records, 1):
        record.values["id"] = number
    fill(database, records)
    from tests.formulas.world import TableSource, read, to_sql

    measures = [
        formula(text, own_rows=True)
        for text in (
            "COUNT(record)",
            "SUM(amount)",
            "COUNT(record, where=status == 'done')",
            "AVG(amount)",
            "SUM(amount, where=status == 'done') / SUM(amount)",
            "MAX(amount)",
        )
    ]
    source = TableSource(database.dialect.name)
    row = database.execute(sa.select(*(to_sql(each, source) for each in measures))).one()
    assert [read(each.type, value) for each, value in zip(measures, row, strict=True)] == [3, 40, 2, 20, Decimal("0.25"), 30]


def test_a_caller_may_answer_aggregates_itself():
    record = a_record([an_order(1, amount="5")])
    record.aggregate = lambda node: Decimal(99) if node.function == "SUM" else NotImplemented
    assert evaluate(formula("SUM(orders.amount) + COUNT(orders)"), record) == 100


def test_the_relations_a_formula_reads_are_known():
    assert relations_read(formula("SUM(orders.items.quantity) + COUNT(children)")) == {"orders", "children"}
    uses = formula("SUM(orders.items.quantity, where=orders.status == 'done', days=30)").uses
    assert [(each.path, each.form, each.reference, each.subform, each.fields) for each in uses.relations] == [
        (("orders",), "order", "customer", None, frozenset({"status", "paid_on"})),
        (("orders", "items"), "order", None, "items", frozenset({"quantity"})),
    ]
    assert uses.day


def test_windows_before_the_present_one_lie_side_by_side(database):
    days = [date(2024, 5, 6), date(2024, 4, 7), date(2024, 4, 6), date(2024, 3, 7), date(2024, 3, 6), date(2024, 2, 6)]
    record = a_record([an_order(number + 1, paid_on=day, amount=str(10**number)) for number, day in enumerate(days)])
    months = [both(database, f"SUM(orders.amount, on=orders.paid_on, months=1, before={before})", record) for before in (1, 2, 3)]
    assert [both(database, "SUM(orders.amount, on=orders.paid_on, months=1)", record), *months] == [11, 1100, 10_000, 100_000]
    assert both(database, "SUM(orders.amount, on=orders.paid_on, days=30, before=1)", record) == 100


def test_growth_compares_a_window_with_the_one_before(database):
    record = a_record([an_order(1, paid_on=date(2024, 5, 1), price="150"), an_order(2, paid_on=date(2024, 4, 1), price="200")])
    assert both(database, "GROWTH(orders.price, on=orders.paid_on, months=1)", record) == Decimal("-0.25")
    assert both(database, "GROWTH(orders.price, on=orders.paid_on, months=1, before=1)", record) is None


@pytest.mark.parametrize(
    ("amounts", "trend"),
    [
        # by hand: slope of the regression over 1, 2, 3 … divided by the mean
        (("10", "20", "30"), "0.5"),
        (("30", "20", "10"), "-0.5"),
        (("20", "20", "20"), "0"),
        (("0", "0", "30"), "1.5"),
        (("10", "-20", "10"), None),
        (("1", "2", "4"), "0.642857"),
    ],
)
def test_a_trend_is_the_slope_of_monthly_sums_by_their_mean(database, amounts, trend):
    days = [date(2024, 2, 20), date(2024, 3, 20), date(2024, 4, 20)]
    record = a_record(
        [an_order(number, paid_on=day, amount=amount) for number, (day, amount) in enumerate(zip(days, amounts, strict=True), 1)]
    )
    assert both(database, "TREND(orders.amount, on=orders.paid_on, months=3)", record) == (None if trend is None else Decimal(trend))


def test_a_trend_over_a_year_is_sql():
    assert formula("TREND(orders.amount, on=orders.paid_on, months=12)").sql
    assert formula("GROWTH(orders.price, where=orders.status == 'done' and orders.discounted, days=90)").sql


def test_positions_count_from_either_end(database):
    record = a_record([an_order(number, amount=amount) for number, amount in enumerate(("5", "9", "5", None, "1"), 1)])
    assert [both(database, f"LARGE(orders.amount, {place})", record) for place in (1, 2, 3, 4, 5)] == [9, 5, 5, 1, None]
    assert both(database, "SMALL(orders.amount, 2, where=orders.amount > 1)", record) == 5
