from __future__ import annotations

import pytest

from runtime.errors import FieldError
from runtime.fields import _regions
from tests.makers import PlainLookup, PlainReader, field, field_of

LOOKUP = PlainLookup()
NANSHAN = "广东省/深圳市/南山区"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(NANSHAN, NANSHAN), ("广东省深圳市南山区", NANSHAN), ("深圳 南山", NANSHAN), ("广东 - 深圳 - 南山区", NANSHAN), ("440305", NANSHAN), ("４４０３０５", NANSHAN),
     ("深圳", "广东省/深圳市"), ("北京朝阳", "北京市/朝阳区"), ("吉林", "吉林省"), ("吉林市", "吉林省/吉林市"), ("济源", "河南省/济源市"), ("香港", "香港特别行政区")],
)  # fmt: skip
def test_a_place_answers_to_its_names_and_its_code(typed: str, kept: str) -> None:
    assert field_of(field("region", "city")).parse(typed, LOOKUP) == kept


def test_a_name_of_several_places_asks_for_more() -> None:
    with pytest.raises(FieldError, match="广东省/深圳市/南山区, 黑龙江省/鹤岗市/南山区"):
        field_of(field("region", "city")).parse("南山区", LOOKUP)


def test_what_is_no_place_is_refused_with_an_example() -> None:
    with pytest.raises(FieldError) as refused:
        field_of(field("region", "city")).parse("亚特兰蒂斯", LOOKUP)
    assert refused.value.message.in_language("zh") == "没有“亚特兰蒂斯”这个地区。请写省、市、区，例如 广东省/深圳市/南山区。"


@pytest.mark.parametrize(
    ("settings", "value", "problem"),
    [
        ({"level": "city"}, NANSHAN, "Choose a province or a city."),
        ({"level": "province"}, "广东省/深圳市", "Choose a province."),
        ({"exact": True}, "广东省/深圳市", "Choose further: this place has smaller ones."),
        ({"exact": True}, "广东省/东莞市", None),
        ({"exact": True, "level": "city"}, "广东省/深圳市", None),
        ({}, "广东省", None),
    ],
)
def test_how_far_down_one_goes(settings: dict[str, object], value: str, problem: str | None) -> None:
    assert [str(each) for each in field_of(field("region", "city", **settings)).check(value)] == ([problem] if problem else [])


def test_a_place_is_shown_in_one_word_or_apart() -> None:
    kind = field_of(field("region", "city"))
    assert (
        kind.display(NANSHAN, PlainReader("zh")) == "广东省深圳市南山区"
        and kind.display(NANSHAN, PlainReader("en")) == "广东省 / 深圳市 / 南山区"
    )


def test_the_tree_holds_every_place_once() -> None:
    def paths(nodes: list[_regions.Node], above: str) -> list[str]:
        return [each for name, below in nodes for each in (f"{above}{name}", *paths(below, f"{above}{name}/"))]

    found = paths(_regions.tree(), "")
    assert len(found) == len(set(found)) and set(found) == _regions.known()
    assert len(_regions.tree()) == 34 and len(found) > 3000
