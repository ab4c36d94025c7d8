"""Figures, dates, and names as a reader sees them."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from runtime.pages.reader import Reader
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from runtime.texts import _

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # 20:00 in Shanghai


def reader(language: str = "en", opened: Callable | None = None) -> Reader:
    return Reader(language, ZoneInfo("Asia/Shanghai"), opened, lambda: NOON)


@pytest.mark.parametrize(("value", "scale", "shown"), [
    (Decimal("12486"), None, "12,486"), (Decimal("12486.5"), 2, "12,486.50"), (Decimal("0.005"), 2, "0.01"), (Decimal("-0.001"), 2, "0.00"),
    (Decimal("-1234.5"), None, "-1,234.5"), (7, None, "7"), (Decimal("1E+3"), None, "1,000"), (None, 2, ""),
    (Decimal("123456789012345678901234567890"), 2, "123,456,789,012,345,678,901,234,567,890.00"),
])
def test_numbers_have_groups_and_the_decimals_of_their_field(value: Decimal | None, scale: int | None, shown: str):
    assert reader().number(value, scale) == shown


@pytest.mark.parametrize(("value", "currency", "scale", "shown"), [
    (Decimal("1860"), "CNY", None, "¥1,860.00"), (Decimal("1860"), "CNY", 0, "¥1,860"), (Decimal("-5.5"), "CNY", None, "-¥5.50"),
    (Decimal("3.1415"), "CNY", None, "¥3.1415"), (Decimal("1860"), "USD", None, "$1,860.00"), (Decimal("1860"), "JPY", None, "¥1,860"),
    (Decimal("1860"), "CHF", None, "CHF 1,860.00"), (Decimal("1"), None, None, "¥1.00"), (None, "CNY", None, ""),
])
def test_money_has_its_sign_and_never_hides_a_decimal_on_its_own(value, currency, scale, shown: str):
    assert reader().money(value, currency, scale) == shown


@pytest.mark.parametrize(("part", "whole", "shown"), [(0.5, 1, "50%"), (1, 40, "2.5%"), (0, 40, "0%"), (1, 3, "33%"), (1, 0, "–")])
def test_shares_have_a_decimal_only_below_ten_percent(part: float, whole: float, shown: str):
    assert reader().share(part, whole) == shown


def test_days_name_the_year_only_if_it_is_another_one():
    assert reader().date(date(2026, 3, 5)) == "03-05"
    assert reader().date(date(2025, 3, 5)) == "2025-03-05"


def test_instants_are_shown_in_the_workspaces_zone():
    assert reader().datetime(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)) == "11-21 07:30"
    assert reader().full_datetime(datetime(2026, 11, 20, 23, 30, tzinfo=UTC)) == "2026-11-21 07:30:00+08:00"


@pytest.mark.parametrize(("before", "en", "zh"), [
    (timedelta(seconds=20), "just now", "刚刚"), (timedelta(minutes=1), "1 minute ago", "1 分钟前"),
    (timedelta(minutes=59), "59 minutes ago", "59 分钟前"), (timedelta(hours=1), "1 hour ago", "1 小时前"),
    (timedelta(hours=23), "23 hours ago", "23 小时前"), (timedelta(days=1), "yesterday", "昨天"),
    (timedelta(days=24), "24 days ago", "24 天前"), (timedelta(hours=-5), "11-22", "11-22"),
])
def test_what_is_past_is_told_by_how_long_ago_it_was(before: timedelta, en: str, zh: str):
    assert reader("en").ago(NOON - before) == en
    assert reader("zh").ago(NOON - before) == zh


def test_a_day_is_told_in_days():
    assert [reader().ago(date(2026, 11, day)) for day in (21, 20, 18)] == ["today", "yesterday", "3 days ago"]


def test_texts_of_definitions_are_shown_in_the_readers_language():
    assert reader("zh").shown({"zh": "客户", "en": "Customer"}) == "客户"
    assert reader("en").shown({"zh": "客户"}) == "客户"
    assert reader("zh").say(_("today")) == "今天"


def test_many_names_are_looked_up_in_one_statement(sqlite_workspace: Workspace):
    with sqlite_workspace.writing(SYSTEM) as act:
        people = [accounts.add(act, email=f"p{number}@example.com", name=f"P {number}") for number in range(30)]
    opened = 0

    @contextmanager
    def reading():
        nonlocal opened
        opened += 1
        with sqlite_workspace.reading(SYSTEM) as act:
            yield act

    someone = reader(opened=reading)
    someone.know_people([each.id for each in people])
    assert [someone.person_name(each.id) for each in people] == [each.name for each in people]
    assert opened == 1
    assert (someone.person_name(0), someone.person_name(None), someone.person_name(999)) == ("Tierloom", "", "unknown person")
