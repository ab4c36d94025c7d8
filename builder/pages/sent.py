"""What the pages of the designers send along: the draft they work on, and numbers of records."""

from __future__ import annotations

from typing import Any

from runtime.errors import Problem, Refused
from runtime.texts import _


def draft_in(sent: dict[str, Any], kind: str, key: str) -> dict[str, Any]:
    """The draft of this kind and key that was sent along. Raises Refused."""
    body = sent.get("draft")
    if not isinstance(body, dict) or body.get("kind") != kind or body.get("key") != key:
        raise Refused([Problem("key", _("Kind and key cannot change: a key is chosen once."))])
    return body


def number_in(sent: dict[str, Any], name: str) -> int | None:
    """The number of a record or an event; None where none was sent. Raises Refused."""
    found = sent.get(name)
    if found is None:
        return None
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 1 << 62:
        raise Refused([Problem(name, _("This is no number of a record."))])
    return found
