from __future__ import annotations

from typing import Any

import pytest

from runtime.errors import FieldError
from tests.makers import PlainLookup, PlainReader, field, field_of

LOOKUP = PlainLookup()
KEPT = "广东省/深圳市/南山区 科技园路1号"


@pytest.mark.parametrize(
    "given",
    [KEPT, "广东省深圳市南山区科技园路1号", "深圳市南山区科技园路1号", ["440305", " 科技园路1号 "], ["", "广东省深圳市南山区科技园路1号"],
     {"province": "广东省", "city": "深圳市", "district": "南山区", "detail": "科技园路1号"}],
)  # fmt: skip
def test_an_address_is_read_from_boxes_objects_and_one_text(given: Any) -> None:
    assert field_of(field("address", "home")).parse(given, LOOKUP) == KEPT


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (KEPT, {"province": "广东省", "city": "深圳市", "district": "南山区", "detail": "科技园路1号"}),
        ("北京市/朝阳区", {"province": "北京市", "district": "朝阳区"}),
        ("广东省/东莞市 一路", {"province": "广东省", "city": "东莞市", "detail": "一路"}),
        ("某处", {"detail": "某处"}),
    ],
)
def test_the_api_gives_its_parts_and_understands_them(value: str, shape: dict[str, str]) -> None:
    kind = field_of(field("address", "home"))
    assert kind.to_json(value) == shape and kind.parse(shape, LOOKUP) == value


@pytest.mark.parametrize("given", [{"street": "x"}, ["亚特兰蒂斯", "1 号"], ["a", "b", "c"], "x" * 300, {"province": ["x"]}])
def test_what_is_no_address_is_refused(given: Any) -> None:
    with pytest.raises(FieldError):
        field_of(field("address", "home")).parse(given, LOOKUP)


def test_both_parts_may_be_demanded_or_the_region_alone() -> None:
    whole, region = field_of(field("address", "home", whole=True)), field_of(field("address", "home", detail=False))
    assert [str(each) for each in whole.check("某处")] == ["Choose the region too."]
    assert [str(each) for each in whole.check("北京市")] == ["Give street and house too."]
    assert [str(each) for each in region.check(KEPT)] == ["Give the region alone, without street and house."]


def test_masked_the_region_can_be_read_and_the_house_not() -> None:
    kind = field_of(field("address", "home"))
    assert (
        kind.masked(KEPT) == "广东省深圳市南山区••••" and kind.display(KEPT, PlainReader("en")) == "广东省 / 深圳市 / 南山区, 科技园路1号"
    )
