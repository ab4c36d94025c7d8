from __future__ import annotations

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, catalogue_of, field, field_of, form_of, tree

LOOKUP = PlainLookup()
LEAF = {"key": "leaf", "label": "Leaf"}


@pytest.mark.parametrize("typed", ["green", "Green", "绿茶", "茶 / 绿茶", "Tea/Green", "ＴＥＡ／ｇｒｅｅｎ"])
def test_an_option_answers_to_key_way_and_label(typed: str) -> None:
    assert field_of(field("cascading", "product", tree=tree())).parse(typed, LOOKUP) == "green"


def test_a_label_that_stands_twice_asks_for_more() -> None:
    twice = [{"key": each, "label": each, "children": [{"key": f"{each}_x", "label": "Same"}]} for each in ("one", "two")]
    with pytest.raises(FieldError, match="one_x, two_x"):
        field_of(field("cascading", "product", tree=twice)).parse("same", LOOKUP)


def test_one_goes_all_the_way_down_unless_told_otherwise() -> None:
    exact, free = field_of(field("cascading", "product", tree=tree())), field_of(field("cascading", "product", tree=tree(), exact=False))
    assert [str(each) for each in exact.check("tea")] == ["Choose further: below this there are more options."] and not free.check("tea")
    assert exact.schema()["enum"] == ["green", "black", "beans", None] and "tea" in free.schema()["enum"]
    assert exact.check("gone")


def test_the_way_is_shown() -> None:
    kind = field_of(field("cascading", "product", tree=tree()))
    assert (kind.display("green", PlainReader("zh")), kind.display("green", PlainReader("en"))) == ("茶 / 绿茶", "Tea / Green")
    assert kind.display("gone", PlainReader()) == "gone"


def test_a_key_stands_once_in_the_whole_tree_and_the_tree_is_not_too_deep() -> None:
    form = form_of(field("cascading", "product", tree=[{**LEAF, "children": [LEAF]}]))
    assert [each.path for each in form.fields[0].problems(form, catalogue_of())] == ["tree"]
    deep = {"key": "k6", "label": "6"}
    for number in range(5, 0, -1):
        deep = {"key": f"k{number}", "label": str(number), "children": [deep]}
    form = form_of(field("cascading", "product", tree=[deep]))
    assert ["5 steps deep" in str(each.message) for each in form.fields[0].problems(form, catalogue_of())] == [True]
