"""What a proposal changes, in sentences of both languages. The words are known to the design half, which app.py hands in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

COMPARE: list[Callable[[dict[str, Any] | None, dict[str, Any]], list[Any]]] = []
"""Give differences, each with a `message`."""


def changes(before: dict[str, Any] | None, after: dict[str, Any]) -> list[dict[str, str]]:
    messages = [each.message for compare in COMPARE for each in compare(before, after)]
    return [{language: message.in_language(language) for language in ("zh", "en")} for message in messages]
