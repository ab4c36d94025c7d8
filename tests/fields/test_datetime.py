from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, field_of, instant

LOOKUP = PlainLookup()
HALF_PAST_NINE = datetime(2024, 1, 31, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("typed", [
    "2024-01-31 09:30", "2024-01-31T09:30:00", "2024/1/31 9:30", "2024年1月31日9时30分", "2024-01-31T01:30:00Z", "2024-01-31T09:30+08:00",
    "2024-01-31 02:30 +0100",
    "２０２４－０１－３１　０９：３０", datetime(2024, 1, 31, 9, 30), HALF_PAST_NINE, 45322 + 9.5 / 24])
def test_instants_as_people_and_spreadsheets_write_them(typed: object) -> None:
    assert field_of(instant()).parse(typed, LOOKUP) == HALF_PAST_NINE


@pytest.mark.parametrize("typed", ["2024-01-31", date(2024, 1, 31)])
def test_a_day_alone_is_its_first_minute_in_the_workspace(typed: object) -> None:
    assert field_of(instant()).parse(typed, LOOKUP) == datetime(2024, 1, 30, 16, tzinfo=UTC)


@pytest.mark.parametrize("typed", ["2024-02-30 09:30", "2024-01-31 24:00", "2024-01-31 9:60", "09:30", "0001-01-01 00:00",
                                   "9999-12-31T23:59:59Z", "2024-01-31T09:30+99:00"])
def test_what_is_no_instant_is_refused(typed: str) -> None:
    with pytest.raises(FieldError):
        field_of(instant()).parse(typed, LOOKUP)


def test_an_instant_is_stored_in_microseconds_and_given_in_utc() -> None:
    field = field_of(instant())
    precise = HALF_PAST_NINE.replace(microsecond=123456)
    assert field.to_column(precise) == 1706664600123456
    assert field.to_json(precise) == "2024-01-31T01:30:00.123456Z"


def test_it_is_entered_in_the_readers_zone() -> None:
    assert field_of(instant()).to_entry(HALF_PAST_NINE, PlainReader(zone=ZoneInfo("Asia/Tokyo"))) == "2024-01-31T10:30"
    assert field_of(instant()).to_entry(HALF_PAST_NINE.replace(second=5), PlainReader()) == "2024-01-31T09:30:05"
    assert field_of(instant()).to_entry(HALF_PAST_NINE.replace(microsecond=123456), PlainReader()) == "2024-01-31T09:30:00.123"
