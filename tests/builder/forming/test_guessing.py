"""Fields guessed from a pasted table."""

from __future__ import annotations

import pytest

from builder.forming.guessing import MOST_COLUMNS, fields_of, free_key
from runtime.errors import Refused
from tests.makers import Json


def only(text: str) -> Json:
    (found,) = fields_of(text)
    return found


@pytest.mark.parametrize(
    ("label", "values", "kind"),
    [
        ("Name", ["Ann", "Bob"], "text"),
        ("E-mail", ["ann@example.com", "bob@example.org"], "email"),
        ("手机", ["13812345678", "139 1234 5678"], "phone"),
        ("Site", ["https://example.com/a"], "url"),
        ("Price", ["¥1,299.00", "￥12"], "money"),
        ("金额", ["1200", "35.5"], "money"),
        ("Height", ["180", "175"], "number"),
        ("Bought on", ["2024-05-01", "2024/6/3"], "date"),
        ("日期", ["2024年5月1日"], "date"),
        ("At", ["2024-05-01 12:30"], "datetime"),
        ("Agreed", ["是", "否"], "checkbox"),
        ("Remarks", [], "long_text"),
        ("Story", ["x" * 80], "long_text"),
        ("Code", ["007", "012"], "text"),
        ("Day", ["2024-13-45"], "text"),
        ("Mixed", ["12", "twelve"], "text"),
        ("Empty", [], "text"),
    ],
)
def test_the_values_below_a_name_say_its_type(label: str, values: list[str], kind: str) -> None:
    assert only("\n".join([label, *values]))["type"] == kind


def test_a_few_values_that_come_again_are_options() -> None:
    found = only("Region\nNorth\nSouth\nNorth\nSouth\nNorth")
    assert found["type"] == "choice"
    assert found["options"] == [{"key": "north", "label": "North"}, {"key": "south", "label": "South"}]


def test_decimals_are_those_of_the_values() -> None:
    assert only("Height\n1.755\n1.8")["decimals"] == 3
    assert only("Pieces\n3\n4")["decimals"] == 0


def test_a_star_makes_a_field_required() -> None:
    assert only("Name*") == {"type": "text", "key": "name", "label": "Name", "required": True}


def test_columns_come_from_tabs_or_commas_and_keep_their_order() -> None:
    assert [each["label"] for each in fields_of("A\tB, C\tD\n1\t2\t3")] == ["A", "B, C", "D"]
    assert [each["label"] for each in fields_of('A,"B, C",D')] == ["A", "B, C", "D"]


def test_keys_are_free_allowed_and_chinese_where_the_name_is() -> None:
    keys = [each["key"] for each in fields_of("姓名\tName\tname\tid\tclass\t2024", {"name"})]
    assert keys == ["姓名", "name_2", "name_3", "id_2", "class_2", "n_2024"]
    assert free_key("???", set())


@pytest.mark.parametrize("text", ["", "\n\n", "\t\t"])
def test_a_table_without_names_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        fields_of(text)
    assert str(caught.value.problems[0].message) == "Paste at least one row with the names of the columns."


def test_a_table_that_is_too_wide_is_refused() -> None:
    with pytest.raises(Refused):
        fields_of("\t".join(f"c{n}" for n in range(MOST_COLUMNS + 1)))
