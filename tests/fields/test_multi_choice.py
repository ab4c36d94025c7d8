from __future__ import annotations

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, catalogue_of, field_of, form_of, multi_choice

LOOKUP = PlainLookup()


@pytest.mark.parametrize("typed", ["tea,juice", "juice、tea", "Juice；tea的标签", ["juice", "tea"], ("tea", "juice", "tea"),
                                   {"tea", "juice"},
                                   "tea, ,juice\n"])
def test_several_values_in_the_order_of_the_options(typed: object) -> None:
    assert field_of(multi_choice()).parse(typed, LOOKUP) == ("tea", "juice")


def test_a_label_may_hold_a_comma() -> None:
    field = field_of(multi_choice(options=[{"key": "cold", "label": "Juice, iced"}, {"key": "juice", "label": "Juice"}]))
    assert field.parse("juice, iced", LOOKUP) == ("cold",)


def test_an_unknown_option_is_named() -> None:
    with pytest.raises(FieldError, match="“milk” is none of the options"):
        field_of(multi_choice()).parse("tea, milk", LOOKUP)


def test_least_and_most() -> None:
    field = field_of(multi_choice(least=2, most=2))
    assert [str(message) for message in field.check(("tea",))] == ["Choose at least 2."]
    assert [str(message) for message in field.check(("tea", "coffee", "juice"))] == ["Choose at most 2."]
    form = form_of(multi_choice(least=3, most=2))
    assert [problem.path for problem in form.problems(catalogue_of(form))] == ["fields/0/least"]


def test_labels_are_joined_as_the_language_does() -> None:
    field = field_of(multi_choice())
    assert field.display(("tea", "juice"), PlainReader("en")) == "Tea, Juice"
    assert field.display(("tea", "juice"), PlainReader("zh")) == "tea的标签、juice的标签"
