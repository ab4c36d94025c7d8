"""Scripts keep what comes by name in a Map, or in an object without a prototype: a name like `__proto__` is then a name like others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[1] / "static" / "src"
SCRIPTS = sorted([*SOURCE.rglob("*.ts"), *SOURCE.rglob("*.tsx")])
BY_NAME = r"(?:Record<[^=;]*>|\{\s*\[\w+: (?:string|number)\][^=;]*\})"
MAP_OF_ITS_OWN = re.compile(
    rf"(?:const|let|private|readonly|static|#)\s*#?\w+\s*(?::\s*{BY_NAME})?\s*=\s*\{{\}}(?:\s*as\s*{BY_NAME})?\s*[;,\n]"
)
TOUCHED = re.compile(r"__proto__|\.constructor\b|setPrototypeOf")


@pytest.mark.parametrize("text", ["const kept: Record<string, number> = {};", "private said: Record<string, string> = {};",
                                  "  #sent: Record<string, unknown> = {};", "const found: { [name: string]: Json } = {};", "let found = {};"])  # fmt: skip
def test_the_rule_finds_what_it_is_for(text: str) -> None:
    assert MAP_OF_ITS_OWN.search(text)


@pytest.mark.parametrize("text", ["const kept = new Map<string, number>();", "const found = Object.create(null) as Record<string, Json>;",
                                  "function say(name: string, values: Record<string, string> = {}): string {"])  # fmt: skip
def test_the_rule_leaves_the_rest_alone(text: str) -> None:
    assert not MAP_OF_ITS_OWN.search(text)


def test_no_script_gathers_by_name_in_an_object_with_a_prototype() -> None:
    found = [f"{path.relative_to(SOURCE)}: {hit[0].strip()}" for path in SCRIPTS for hit in MAP_OF_ITS_OWN.finditer(path.read_text())]
    assert SCRIPTS and found == []


def test_no_script_touches_a_prototype() -> None:
    found = [f"{path.relative_to(SOURCE)}: {hit[0]}" for path in SCRIPTS for hit in TOUCHED.finditer(path.read_text())]
    assert found == []
