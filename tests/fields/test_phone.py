from __future__ import annotations

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, catalogue_of, field_of, form_of, phone

LOOKUP = PlainLookup()


@pytest.mark.parametrize("typed", [
    "13812342046", "138 1234 2046", "138-1234-2046", "+86 138 1234 2046", "008613812342046", "１３８１２３４２０４６",
    "\u202d13812342046\u202c",
    13812342046,
    13812342046.0])
def test_one_number_has_one_form(typed: object) -> None:
    assert field_of(phone()).parse(typed, LOOKUP) == "+8613812342046"


@pytest.mark.parametrize(("typed", "said"), [
    ("1381234204", "A mobile number needs 11 digits; this one has 10."), ("138123420466", "this one has 12"),
    ("1.38E+10", "A spreadsheet has shortened"),
    ("1.3812342046E10", "A spreadsheet has shortened"), ("hello", "This is no phone number of CN"), ("+1 138", "This is no phone number"),
    ("010-62345678 ext 12", "without its extension 12"), ("1" * 60, "needs 11 digits")])
def test_what_is_no_number_is_refused(typed: str, said: str) -> None:
    with pytest.raises(FieldError, match=said):
        field_of(phone()).parse(typed, LOOKUP)


def test_it_is_shown_as_the_country_writes_it_and_others_with_their_code() -> None:
    field = field_of(phone())
    assert field.display("+8613812342046", PlainReader()) == "138 1234 2046"
    assert field.display("+442079460958", PlainReader()) == "+44 20 7946 0958"
    assert field_of(phone(region="GB")).parse("020 7946 0958", LOOKUP) == "+442079460958"


@pytest.mark.parametrize(("stored", "masked"), [("+8613812342046", "138****2046"), ("+861062345678", "106****5678"),
                                                ("unreadable", "••••")])
def test_masked(stored: str, masked: str) -> None:
    assert field_of(phone(mask=True)).masked(stored) == masked


def test_it_is_found_with_and_without_the_code() -> None:
    assert field_of(phone()).search_text("+8613812342046").split() == ["+8613812342046", "13812342046"]


def test_an_unknown_region_is_a_problem() -> None:
    form = form_of(phone(region="ZZ"))
    assert [problem.path for problem in form.problems(catalogue_of(form))] == ["fields/0/region"]
