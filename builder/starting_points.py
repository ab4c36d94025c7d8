"""Starting points of a draft as the designers offer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runtime.texts import Message

Json = dict[str, Any]
Made = tuple[Message, Message, str, Callable[[Any], Any]]
"""Name, what it does, icon, and what makes it: its body, or a sentence about what it needs first."""


def offered(makers: Mapping[str, Made], made: Callable[[Callable[[Any], Any]], Json | Message], language: str) -> list[Json]:
    """[{key, label, about, icon, body, missing}]: `body` is what it puts into the draft, None where `missing` says what it needs."""
    found = []
    for key, (label, about, icon, make) in makers.items():
        body = made(make)
        found.append(
            {
                "key": key,
                "label": label.in_language(language),
                "about": about.in_language(language),
                "icon": icon,
                "body": None if isinstance(body, Message) else body,
                "missing": body.in_language(language) if isinstance(body, Message) else None,
            }
        )
    return found
