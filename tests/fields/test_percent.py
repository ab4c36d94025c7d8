from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, catalogue_of, field, field_of, form_of

LOOKUP = PlainLookup()


@pytest.mark.parametrize(
    ("given", "share"),
    [
        ("12.5", "0.125"),
        ("12.5%", "0.125"),
        ("１２.５ ％", "0.125"),
        ("-3", "-0.030"),
        ("100", "1.000"),
        (0.125, "0.125"),
        (Decimal("0.125"), "0.125"),
    ],
)
def test_what_is_written_is_a_percentage_and_a_number_is_the_share(given: Any, share: str) -> None:
    assert field_of(field("percent", "discount")).parse(given, LOOKUP) == Decimal(share)


@pytest.mark.parametrize("given", ["12.55", "5%%", "ten", "1e5"])
def test_what_is_no_percentage_is_refused(given: str) -> None:
    with pytest.raises(FieldError):
        field_of(field("percent", "discount")).parse(given, LOOKUP)


def test_bounds_and_looks_are_percentages() -> None:
    kind = field_of(field("percent", "discount", min="0", max="30"))
    assert str(kind.check(Decimal("0.305"))[0]) == "Give 30 or less." and not kind.check(Decimal("0.3"))
    assert kind.display(Decimal("0.125"), PlainReader()) == "12.5%" == kind.to_json(Decimal("0.125"))
    assert kind.to_entry(Decimal("0.125"), PlainReader()) == "12.5"


def test_a_bound_must_fit_the_decimals() -> None:
    form = form_of(field("percent", "discount", decimals=0, max="12.5"))
    assert [each.path for each in form.fields[0].problems(form, catalogue_of())] == ["max"]
