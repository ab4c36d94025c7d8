"""Values of a step given without a formula: what a person chooses is a formula, and a formula that says more stays one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from scripts.dev import find_node
from tests.support.missing import missing

HARNESS = Path(__file__).with_name("values.mjs")
NAMES = ["name", "owner", "record", "tier_before", "import.rows"]

PLAIN: list[tuple[str, str, Any]] = [
    ("text", "'Welcome'", "Welcome"),
    ("text", "'Welcome, ' & name", "Welcome, {name}"),
    ("text", "name", "{name}"),
    ("text", "import.rows & ' rows'", "{import.rows} rows"),
    ("text", "'it\\'s' & name & 'a \\\\ b'", "it's{name}a \\ b"),
    ("option", "'phone'", "phone"),
    ("truth", "TRUE", "true"),
    ("number", "-12.5", "-12.5"),
    ("name", "owner", "owner"),
    ("moment", "NOW() + HOURS(24)", {"n": "24", "unit": "HOURS"}),
    ("moment", "NOW() + DAYS(2)", {"n": "2", "unit": "DAYS"}),
    ("day", "TODAY()", {"n": "0", "unit": "DAYS"}),
    ("day", "TODAY() + DAYS(-3)", {"n": "-3", "unit": "DAYS"}),
]
MORE: list[tuple[str, str]] = [
    ("text", "UPPER(name)"),
    ("text", "name & ' ' &"),
    ("text", "'a' 'b'"),
    ("text", "'a {name}'"),
    ("text", "stranger"),
    ("text", "name == 'x'"),
    ("text", "true"),
    ("option", "IF(owner, 'a', 'b')"),
    ("option", "'a' & 'b'"),
    ("truth", "not TRUE"),
    ("number", "1 + 1"),
    ("name", "customer.owner"),
    ("moment", "due_at + DAYS(1)"),
    ("moment", "TODAY()"),
    ("day", "NOW()"),
    ("day", "TODAY() + HOURS(3)"),
    ("day", "TODAY() + DAYS(n)"),
]


def read(*values: tuple[str, str]) -> list[dict[str, Any]]:
    """One Node process for all of them."""
    node = find_node() or missing("No Node with npm on PATH.")
    sent = json.dumps([[way, formula, NAMES] for way, formula in values])
    done = subprocess.run([str(node[0]), str(HARNESS)], input=sent, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def test_what_is_chosen_reads_and_writes_the_same_formula() -> None:
    found = read(*[(way, formula) for way, formula, _ in PLAIN])
    assert [(each["read"], each["written"]) for each in found] == [(shown, formula) for _, formula, shown in PLAIN]


def test_a_formula_that_says_more_stays_a_formula() -> None:
    found = read(*MORE)
    assert [value for value, each in zip(MORE, found, strict=True) if each["read"] is not None] == []


@pytest.mark.parametrize("way", ["text", "option", "truth", "number", "name"])
def test_a_value_not_given_yet_is_blank_and_stays_so(way: str) -> None:
    assert read((way, "")) == [{"read": "", "written": ""}]
