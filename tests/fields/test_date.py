from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, catalogue_of, day, field_of, form_of

LOOKUP = PlainLookup()


@pytest.mark.parametrize("typed", [
    "2024-01-31", "2024/1/31", "2024.01.31", "20240131", "2024年1月31日", "2024年1月31号", "２０２４－０１－３１", " 2024-1-31 ",
    "2024-01-31 00:00:00",
    "2024-01-31T09:30", "2024年1月31日 9:30", date(2024, 1, 31), datetime(2024, 1, 31, 9), datetime(2024, 1, 30, 16, tzinfo=UTC), 45322,
    45322.75])
def test_days_as_people_and_spreadsheets_write_them(typed: object) -> None:
    assert field_of(day()).parse(typed, LOOKUP) == date(2024, 1, 31)


@pytest.mark.parametrize(("typed", "said", "zh"), [
    ("2024-02-30", "February 2024 has the days 1 to 29; there is no day 30.", "2 月"),
    ("2023年2月29日", "February 2023 has the days 1 to 28; there is no day 29.", "2 月"),
    ("20240431", "April 2024 has the days 1 to 30; there is no day 31.", "4 月"),
    ("2024-13-01", "There is no month 13; months go from 1 to 12.", "13"),
    ("2024-00-10", "There is no month 0", "0")])
def test_an_impossible_day_is_refused_with_its_month(typed: str, said: str, zh: str) -> None:
    with pytest.raises(FieldError, match=said) as refused:
        field_of(day()).parse(typed, LOOKUP)
    assert zh in refused.value.message.in_language("zh")


@pytest.mark.parametrize("typed", ["31/01/2024", "1.2.24", "yesterday", "0000-01-01", "2024-1", "٢٠٢٤-٠١-٠١", True, -3, 59, 1e12,
                                   float("nan"), "2024-01-31 25:00"])
def test_what_is_no_day_is_refused(typed: object) -> None:
    with pytest.raises(FieldError):
        field_of(day()).parse(typed, LOOKUP)


def test_a_day_is_stored_as_days_since_1970() -> None:
    field = field_of(day())
    assert [field.to_column(date(1970, 1, 1)), field.to_column(date(1969, 12, 31)), field.to_column(date(2024, 1, 31))] == [0, -1, 19753]


def test_bounds() -> None:
    field = field_of(day(min="2024-01-01", max="2024-12-31"))
    assert [str(message) for message in field.check(date(2023, 12, 31))] == ["Give 2024-01-01 or later."]
    assert [str(message) for message in field.check(date(2025, 1, 1))] == ["Give 2024-12-31 or earlier."]
    form = form_of(day(min="2024-12-31", max="2024-01-01"))
    assert [problem.path for problem in form.problems(catalogue_of(form))] == ["fields/0/min"]
