from __future__ import annotations

import pytest

from runtime.errors import FieldError
from runtime.records.conditions import operators, read_condition
from tests import makers
from tests.makers import PlainLookup, PlainReader, field, field_of, form_of

CREW = field("members", "crew", most=2)


@pytest.mark.parametrize("raw", ["7, 8", ["7", "8"], ["7", "8", "7"], (7, 8), "7；8"])
def test_people_are_read_from_lists_and_from_texts_with_commas(raw: object) -> None:
    assert field_of(CREW).parse(raw, PlainLookup()) == (7, 8)


def test_whom_nobody_knows_is_refused_by_name() -> None:
    with pytest.raises(FieldError, match="Nobody here answers to “Zhao”"):
        field_of(CREW).parse(["7", "Zhao"], PlainLookup())


def test_no_more_than_the_greatest_number() -> None:
    assert [str(each) for each in field_of(CREW).check((1, 2, 3))] == ["Choose at most 2."]


def test_they_are_shown_by_name_and_kept_by_id() -> None:
    crew = field_of(CREW)
    assert crew.display((7, 8), PlainReader()) == ", ".join(PlainReader().person_name(each) for each in (7, 8))
    assert crew.to_json((7, 8)) == ["7", "8"]


def test_a_list_asks_whether_oneself_is_among_them() -> None:
    form = form_of(makers.text("name"), CREW)
    assert operators(form.by_key["crew"]) == ("mine", "has_any", "has_all", "blank", "not_blank")
    assert read_condition(form, "crew|mine|").formula(PlainLookup()) == "CURRENT_USER() in crew"
