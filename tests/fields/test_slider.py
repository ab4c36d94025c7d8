from __future__ import annotations

from decimal import Decimal

import pytest

from tests.makers import PlainReader, catalogue_of, field, field_of, form_of


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("15", None),
        ("10", None),
        ("30", None),
        ("17", "Only steps of 5 can be chosen, such as 15, 20."),
        ("9", "Give 10 or more."),
        ("31", "Give 30 or less."),
    ],
)
def test_only_steps_between_the_ends_can_be_chosen(value: str, problem: str | None) -> None:
    kind = field_of(field("slider", "mood", min="10", max="30", step="5"))
    assert [str(each) for each in kind.check(Decimal(value))] == ([problem] if problem else [])


def test_the_unit_stands_after_the_figure() -> None:
    assert field_of(field("slider", "mood", unit="kg")).display(Decimal(40), PlainReader()) == "40 kg"
    assert field_of(field("slider", "mood", unit="%")).display(Decimal(40), PlainReader()) == "40%"


@pytest.mark.parametrize(
    ("settings", "path"),
    [({"min": "5", "max": "1"}, "min"), ({"min": "1", "max": "1"}, "max"), ({"step": "0.5"}, "step"), ({"max": "100000"}, "step")],
)
def test_ends_and_steps_that_do_not_fit_are_problems(settings: dict[str, str], path: str) -> None:
    form = form_of(field("slider", "mood", **settings))
    assert [each.path for each in form.fields[0].problems(form, catalogue_of())] == [path]
