from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, field, field_of

LOOKUP = PlainLookup()


@pytest.mark.parametrize(
    "given",
    [
        "90",
        "1:30",
        "1:30:00",
        "90 min",
        "1.5 h",
        "1h30m",
        "1小时30分钟",
        "９０分钟",
        90,
        90.0,
        Decimal(90),
        timedelta(minutes=90),
        ["1", "30"],
        ["", "90"],
    ],
)
def test_lengths_are_read_as_people_write_them(given: Any) -> None:
    assert field_of(field("duration", "length")).parse(given, LOOKUP) == Decimal(90)


@pytest.mark.parametrize("given", ["soon", "1:75", "1.5", "0.3 min", "-5", -5, 0.5, True, ["x", "1"], ["1", "2", "3"], "1.2.3h", "9999999"])
def test_what_is_no_length_is_refused(given: Any) -> None:
    with pytest.raises(FieldError):
        field_of(field("duration", "length")).parse(given, LOOKUP)


@pytest.mark.parametrize(
    ("minutes", "zh", "en"), [(90, "1 小时 30 分钟", "1 h 30 min"), (120, "2 小时", "2 h"), (5, "5 分钟", "5 min"), (0, "0 分钟", "0 min")]
)
def test_a_length_is_said_in_hours_and_minutes(minutes: int, zh: str, en: str) -> None:
    kind = field_of(field("duration", "length"))
    assert (kind.display(Decimal(minutes), PlainReader("zh")), kind.display(Decimal(minutes), PlainReader("en"))) == (zh, en)


def test_bounds_are_minutes() -> None:
    kind = field_of(field("duration", "length", min=30, max=90))
    assert [str(kind.check(Decimal(each))[0]) for each in (29, 91)] == ["Give 30 min or more.", "Give 1 h 30 min or less."]
    assert kind.schema() == {"type": ["integer", "null"], "minimum": 30, "maximum": 90}
