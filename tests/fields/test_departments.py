"""Departments: several, each once."""

from __future__ import annotations

from tests.makers import PlainLookup, PlainReader, departments, field_of


def test_they_are_read_from_a_list_or_a_text() -> None:
    field = field_of(departments())
    assert field.parse("south、North,north", PlainLookup()) == ("south", "north") == field.parse(["south", "north"], PlainLookup())
    assert field.display(("south", "north"), PlainReader()) == "South, North"
