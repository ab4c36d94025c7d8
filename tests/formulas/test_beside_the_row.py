"""What SQL works out in a statement of its own: the clock of a zone, medians, joined texts, numbers in texts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.formulas import CannotCompute, evaluate, to_sql, zones
from runtime.formulas.arithmetic import micros_of
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests import makers
from tests.formulas.world import SAMPLES, Row, TableSource, a_record, an_order, computed_in_sql, fill, formula
from tests.records.conftest import CUSTOMER, ORDER, acting, publish

ZONES = ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "UTC")


def in_zone(database: sa.Connection, text: str, rows: list[Row], zone: ZoneInfo) -> list[Any]:
    source = TableSource(database.dialect.name)
    source.zone = zone
    query = sa.select(to_sql(formula(text), source)).select_from(SAMPLES).order_by(SAMPLES.c.id)
    return list(database.execute(query).scalars())


def around_changes(zone: ZoneInfo) -> list[datetime]:
    """Instants right before, at and after the last changes of a zone, and far from any."""
    changes = [since for since, _offset in zones.offsets(zone).since[:9]]
    near = [at + beside for at in changes for beside in (-3_600_000_000, -1, 0, 1, 1_800_000_000)]
    start = datetime(1970, 1, 1, tzinfo=UTC)
    return [start + timedelta(microseconds=at) for at in near if at > -(6 * 10**15)] + [datetime(1850, 5, 6, tzinfo=UTC)]


@pytest.mark.parametrize("name", ZONES)
def test_the_clock_of_a_zone_is_the_same_in_sql(database: sa.Connection, name: str):
    zone = ZoneInfo(name)
    instants = around_changes(zone)
    rows = [a_record(seen_at=at, day=at.date(), whole=Decimal(number % 24)) for number, at in enumerate(instants)]
    for number, row in enumerate(rows, 1):
        row.values["id"], row.zone = number, zone
    fill(database, rows)
    parts = "DAYS_SINCE(seen_at) * 1000000 + HOUR(seen_at) * 10000 + MINUTE(seen_at) * 100 + SECOND(seen_at)"
    for text in (parts, "YEAR(seen_at)", "TIMESTAMP(DATETIME(day, whole, 30))", "TIMESTAMP(day)"):
        wanted = formula(text)
        expected = [int(evaluate(wanted, row)) for row in rows]
        assert in_zone(database, text, rows, zone) == expected, text


def test_a_zone_whose_summer_time_never_ends_is_known_up_to_2100(database: sa.Connection):
    row = a_record(seen_at=datetime(2100, 7, 1, tzinfo=UTC))
    fill(database, [row])
    assert in_zone(database, "HOUR(seen_at)", [row], ZoneInfo("Asia/Shanghai")) == [8]
    with pytest.raises(sa.exc.DBAPIError):
        in_zone(database, "HOUR(seen_at)", [row], ZoneInfo("Europe/Berlin"))


def test_a_time_that_no_calendar_of_the_zone_has_is_refused_everywhere(database: sa.Connection):
    row = a_record(seen_at=datetime(9999, 12, 31, 20, tzinfo=UTC))
    fill(database, [row])
    with pytest.raises(CannotCompute):
        evaluate(formula("HOUR(seen_at)"), row)
    with pytest.raises(sa.exc.DBAPIError):
        computed_in_sql(database, formula("HOUR(seen_at)"))


def test_the_steps_of_a_zone_are_where_its_offset_changes():
    zone = ZoneInfo("Asia/Shanghai")
    steps = zones.offsets(zone).since
    assert len(steps) == 30 and steps[0][1] == 8 * 3_600_000_000
    assert (micros_of(datetime(1991, 9, 14, 17, tzinfo=UTC)), 8 * 3_600_000_000) in steps


@pytest.mark.parametrize(
    ("amounts", "middle"),
    [
        ((), None),
        (("3",), "3"),
        (("3", "1"), "2"),
        (("9", None, "1", "2"), "2"),
        (("0.01", "0.02"), "0.015"),
        (("-5", "-5", "7", "-5"), "-5"),
    ],
)
def test_the_median_of_related_records(database: sa.Connection, amounts: tuple[str | None, ...], middle: str | None):
    record = a_record([an_order(number, amount=amount) for number, amount in enumerate(amounts, 1)])
    fill(database, [record])
    wanted = formula("MEDIAN(orders.amount)")
    expected = None if middle is None else Decimal(middle)
    assert wanted.sql and computed_in_sql(database, wanted) == [expected] == [evaluate(wanted, record)]


@pytest.mark.parametrize(("days", "expected"), [((None, None), "b--a"), ((2, 1), "a-b-"), ((None, 1), "a-b-"), ((1, 1), "b--a")])
def test_rows_are_joined_in_their_order_through_two_levels(database: sa.Connection, days: tuple[int | None, int | None], expected: str):
    first, second = (None if day is None else date(2024, 5, day) for day in days)
    orders = [an_order(1, [{"product": "b"}, {"product": ""}], paid_on=first), an_order(2, [{"product": "a"}, {}], paid_on=second)]
    record = a_record(orders)
    fill(database, [record])
    wanted = formula("JOIN(orders.items.product, '-')")
    assert wanted.sql and computed_in_sql(database, wanted) == [expected] == [evaluate(wanted, record)]


def test_a_joined_text_that_is_too_long_is_refused_everywhere(database: sa.Connection):
    record = a_record([an_order(number, no="x" * 30_000) for number in range(1, 5)])
    fill(database, [record])
    wanted = formula("JOIN(orders.no, '')")
    with pytest.raises(CannotCompute):
        evaluate(wanted, record)
    with pytest.raises(sa.exc.DBAPIError):
        computed_in_sql(database, wanted)


TEXTS = (
    "12.50",
    " -1,234.5 ",
    "+0.0000005",
    "-0.0000005",
    "0.00000049",
    "999999999999.9999995",
    "1234567890123",
    "12.",
    ".5",
    "1.2.3",
    "１",
    "-",
    "",
    "1e3",
)


def test_the_number_of_a_text_is_the_same_in_sql(database: sa.Connection):
    rows = [a_record(name=text) for text in TEXTS]
    for number, row in enumerate(rows, 1):
        row.values["id"] = number
    fill(database, rows)
    for text in ("VALUE(name)", "ISNUMBER(name)"):
        wanted = formula(text)
        assert wanted.sql and computed_in_sql(database, wanted) == [evaluate(wanted, row) for row in rows]


@pytest.mark.parametrize("day", [date(1, 1, 1), date(987, 6, 5), date(1969, 12, 31), date(2024, 2, 29), date(9999, 12, 31)])
def test_a_day_is_the_same_text_everywhere(database: sa.Connection, day: date):
    record = a_record(day=day)
    fill(database, [record])
    assert computed_in_sql(database, formula("'on ' & day")) == [f"on {day.isoformat()}"]


def test_the_rows_of_several_sub_forms_stand_in_the_order_of_their_records(workspace: Workspace):
    """Two rows at the same place of two sub-forms are told apart by the records they belong to."""
    kinds.load()
    texts = {"first": "FIRST(orders.items.product)", "last": "LAST(orders.items.product)", "all": "JOIN(orders.items.product, '')"}
    fields = [makers.formula(key, text, result="text") for key, text in texts.items()]
    publish(
        workspace, {**CUSTOMER, "fields": [*CUSTOMER["fields"], *fields, makers.formula("middle", "MEDIAN(orders.items.quantity)")]}, ORDER
    )
    with acting(workspace) as act:
        customer = gateway.create(act, "customer", {"name": "Ann", "code": "A"}).id
        for products in ("ab", "cd"):
            items = [{"product": each, "quantity": str(ord(each))} for each in products]
            gateway.create(act, "order", {"customer": customer, "paid_on": "2024-05-06", "items": items})
        values = query.get(act, "customer", customer).values
    assert [values[key] for key in (*texts, "middle")] == ["a", "d", "abcd", Decimal("98.5")]


def test_what_would_nest_too_deeply_for_the_parser_of_sqlite_is_not_written_as_sql(database: sa.Connection):
    record = a_record(name="7", seen_at=datetime(2024, 5, 6, tzinfo=UTC), day=date(2024, 5, 6))
    fill(database, [record])
    for text in (
        "RIGHT(day & VALUE(TEXT(VALUE(name))), 2)",
        "REPLACE(TEXT(VALUE(name)) & day & HOUR(seen_at + HOURS(1)), 1, 2, TEXT(ROUND(VALUE(name), 2)))",
        "EDATE(DATE(seen_at + HOURS(1)), 1) & JOIN(orders.amount, '-')",
    ):
        wanted = formula(text)
        if wanted.sql:
            assert computed_in_sql(database, wanted) == [evaluate(wanted, record)]
    assert not formula("ROUND(VALUE(RIGHT(TEXT(VALUE(name)), 2)), 1)").sql


@pytest.mark.parametrize(
    "text",
    [
        "SUM(amount, where=orders.discounted)",
        "COUNT(amount, on=orders.paid_on, days=30)",
        "MAX(amount - whole, where=orders.amount > 1)",
        "AVG(amount, where=orders.amount > 1)",
        "GROWTH(amount, on=orders.paid_on, months=1)",
        "COALESCE(amount)",
        "id / 2",
        "SUM(orders.id) / id",
    ],
)
def test_what_a_fuzzer_found_is_the_same_everywhere(database: sa.Connection, text: str):
    orders = [an_order(3, amount="2", discounted=True, paid_on=date(2024, 5, 1)), an_order(4, amount="5"), an_order(5)]
    records = [a_record(orders, amount="7.5", whole=Decimal(2)), a_record(amount="3"), a_record([an_order(6, amount="9")], amount="1")]
    for number, record in enumerate(records, 1):
        record.values["id"] = number
    fill(database, records)
    wanted = formula(text)
    assert wanted.sql and computed_in_sql(database, wanted) == [evaluate(wanted, record) for record in records]
