"""docs/cli.md and the parsers name the same commands and options; docs/api.md and the tables of routes the same operations."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import app
from runtime import cli

DOCS = Path(__file__).resolve().parent.parent / "docs"


def commands(parser: argparse.ArgumentParser, name: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each command that does something, with its own options."""
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield name, [text for action in parser._actions for text in action.option_strings if text not in ("-h", "--help", "--json")]
    for action in inner:
        for word, each in action.choices.items():
            yield from commands(each, f"{name} {word}".strip())


def test_the_page_of_commands_is_complete() -> None:
    lines = (DOCS / "cli.md").read_text(encoding="utf-8").splitlines()
    missing = []
    for name, options in commands(cli._parser(app.COMMAND_SHELVES)):
        about = [line for line in lines if re.search(rf"`{name}[ `]", line)]
        missing += [name] if not about else [f"{name} {option}" for option in options if not any(option in line for line in about)]
    assert missing == []


def test_the_page_names_no_command_that_is_not_there() -> None:
    known = {name for name, _options in commands(cli._parser(app.COMMAND_SHELVES))}
    cells = [line.split("|")[1] for line in (DOCS / "cli.md").read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    named = {re.match(r"[a-z]+( [a-z]+)?", text)[0] for cell in cells for text in re.findall(r"`([^`]+)`", cell)}
    assert {each for each in named if each not in known and each.split()[0] not in known} == set()


def test_the_table_of_operations_is_complete() -> None:
    from builder.api import ROUTES as DESIGN
    from runtime.api.routes import ROUTES as RUNNING

    named = set(re.findall(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^ `]*)`", (DOCS / "api.md").read_text(encoding="utf-8")))
    assert {f"{route.method} {route.path}" for route in [*RUNNING, *DESIGN]} == named - {"GET /forms/{form}/schema` is"}


def test_the_page_of_settings_names_each_and_no_other() -> None:
    source = (DOCS.parent / "runtime" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'(?:values\.get\(|values, )"([A-Z_]+)"', source))
    named = set(re.findall(r"TIERLOOM_([A-Z_]+)", (DOCS / "settings.md").read_text(encoding="utf-8")))
    assert read and named == read
