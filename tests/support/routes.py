"""Addresses of pages are compiled once in a test process, not once more for each application made in it.

Werkzeug writes, parses and compiles two Python functions for each route when an application takes it up: half of what a test of a page
costs. What it compiles depends on nothing but the rule, so that the same rule gets the same functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing.rules import Rule

Builder = Callable[..., tuple[str, str]]


def compile_routes_once() -> None:
    compiled: dict[Any, Builder] = {}
    compile_anew = Rule._compile_builder

    def compile_builder(rule: Rule, append_unknown: bool = True) -> Builder:
        key = (rule.rule, tuple(rule._trace), repr(rule.defaults), append_unknown)
        if key not in compiled:
            compiled[key] = compile_anew(rule, append_unknown)
        return compiled[key]

    Rule._compile_builder = compile_builder  # type: ignore[method-assign, assignment]
