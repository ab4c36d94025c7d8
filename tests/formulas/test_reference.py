"""docs/formulas.md tells the truth: its examples pass the check, its reference is that of the functions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runtime.formulas.functions import FUNCTIONS
from runtime.formulas.reference import reference
from tests.formulas.world import formula

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "formulas.md").read_text(encoding="utf-8")
EXAMPLES = [line for block in re.findall(r"```formulas\n(.*?)```", PAGE, re.DOTALL) for line in block.strip().split("\n")]


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_of_the_page_passes_the_check(text):
    assert formula(text)


def test_the_reference_is_that_of_the_functions():
    written = PAGE[PAGE.index("### Logic") :]
    assert written == reference(), "write runtime.formulas.reference.reference() to the end of docs/formulas.md"


def test_every_function_stands_in_the_reference():
    assert [each.name for each in FUNCTIONS if f"**`{each.name}(" not in PAGE] == []


def test_what_cannot_be_sql_says_why():
    assert [each.name for each in FUNCTIONS if not each.in_sql and not each.not_in_sql] == []
