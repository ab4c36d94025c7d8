"""docs/security.md answers every requirement of levels 1 and 2 of OWASP ASVS 5.0, and what it names as proof is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)
STATUSES = ("met", "not applicable", "operator", "open")
WANTED = [tuple(line.split()) for line in (ROOT / "tests/data/asvs_5_levels_1_2.txt").read_text().splitlines()]


def test_every_requirement_stands_there_once_with_its_level() -> None:
    assert [(number, level) for number, level, *_rest in ROWS] == WANTED and len(WANTED) == 253
    assert len(ROWS) == len(re.findall(r"^\| \d+\.\d+\.\d+ ", PAGE, re.MULTILINE))


def test_the_count_above_the_table_is_that_of_the_table() -> None:
    counts = Counter(status for _number, _level, status, *_rest in ROWS)
    assert f"Of {len(ROWS)}: " + ", ".join(f"{counts[each]} {each}" for each in STATUSES) + "." in PAGE
    assert set(counts) <= set(STATUSES)


@pytest.mark.parametrize(("number", "status", "how", "proof"), [(row[0], *row[2:]) for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_is_said_to_be_met_names_what_proves_it(number: str, status: str, how: str, proof: str) -> None:
    files = re.findall(r"`([^`]+)`", proof)
    assert how.strip() and (files or status != "met")
    assert [each for each in files if not (ROOT / each).is_file()] == []


def test_the_page_says_whose_requirements_they_are() -> None:
    assert "OWASP Application Security Verification Standard 5.0" in PAGE and "CC BY-SA 4.0" in PAGE
    assert "tests/data/asvs_5_levels_1_2.txt" in (ROOT / "NOTICE").read_text(encoding="utf-8")
