from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, catalogue_of, field, field_of, form_of

LOOKUP = PlainLookup()


@pytest.mark.parametrize(
    ("given", "shown"),
    [("9:30", "09:30"), ("09：30", "09:30"), ("9点30分", "09:30"), ("9点半", "09:30"), ("21点", "21:00"), ("下午3:05", "15:05"), ("3:05 PM", "15:05"),
     ("12:00 am", "00:00"), ("12:00 pm", "12:00"), ("09:30:00", "09:30"), (0.5, "12:00"), (time(7, 5), "07:05"), (Decimal(61), "01:01")],
)  # fmt: skip
def test_times_are_read_as_people_and_spreadsheets_write_them(given: Any, shown: str) -> None:
    kind = field_of(field("time", "opens"))
    assert kind.display(kind.parse(given, LOOKUP), PlainReader()) == shown


@pytest.mark.parametrize(
    "given", ["24:00", "9:60", "930", "09:30:15", "上午9:30 am", "noon", 570, 1.5, True, Decimal(1440), Decimal("0.5")]
)
def test_what_is_no_time_of_day_is_refused(given: Any) -> None:
    with pytest.raises(FieldError):
        field_of(field("time", "opens")).parse(given, LOOKUP)


def test_the_earliest_and_latest_time_are_said() -> None:
    kind = field_of(field("time", "opens", min="08:00", max="18:00"))
    assert [str(kind.check(Decimal(each))[0]) for each in (479, 1081)] == ["Give 08:00 or later.", "Give 18:00 or earlier."]
    assert not kind.check(Decimal(480)) and not kind.check(Decimal(1080))


def test_the_earliest_time_may_not_lie_after_the_latest() -> None:
    form = form_of(field("time", "opens", min="18:00", max="08:00"))
    assert [each.path for each in form.fields[0].problems(form, catalogue_of())] == ["min"]
