"""Small steps that bring the JSON of older versions to today's shape. `format` 1 is the first, so there are none yet."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""`format` of a body → the step that makes it `format` + 1."""


def upgraded(body: dict[str, Any]) -> dict[str, Any]:
    while (step := STEPS.get(body.get("format", 1))) is not None:
        body = step(body)
    return body
