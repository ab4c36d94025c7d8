from __future__ import annotations

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, catalogue_of, field_of, form_of, tag_set_of, tags, text

LOOKUP = PlainLookup()


@pytest.mark.parametrize("typed", ["vip,bargain", "贵宾、bargain", ["vip", "bargain"], "vip；vip,bargain", ("vip", "bargain")])
def test_tags_answer_to_keys_and_labels(typed: object) -> None:
    assert field_of(tags()).parse(typed, LOOKUP) == ("vip", "bargain")


def test_a_label_may_hold_a_comma() -> None:
    assert field_of(tags()).parse("Discount, buyer", LOOKUP) == ("bargain",)


def test_an_unknown_tag_is_named() -> None:
    with pytest.raises(FieldError, match="There is no tag “whale” in the dictionary"):
        field_of(tags()).parse("vip, whale", LOOKUP)


def test_labels_are_shown() -> None:
    assert [field_of(tags()).display(("vip", "bargain"), PlainReader(language)) for language in ("zh", "en")] == ["贵宾、只买折扣",
                                                                                                                  "VIP, Discount buyer"]


def test_people_do_not_enter_them_but_imports_may() -> None:
    field = field_of(tags())
    assert not field.writable and field.importable


@pytest.mark.parametrize(("form", "expected"), [("customer", []), ("order", ["fields/1/tag_set"])])
def test_the_tag_set_is_that_of_the_form(form: str, expected: list[str]) -> None:
    customer, order = form_of(text(), tags()), form_of(key="order")
    assert [problem.path for problem in customer.problems(catalogue_of(customer, order, tag_set_of(form=form)))] == expected


def test_an_unknown_tag_set_is_a_problem() -> None:
    form = form_of(text(), tags())
    assert [problem.path for problem in form.problems(catalogue_of(form))] == ["fields/1/tag_set"]
