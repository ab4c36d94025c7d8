"""Other keys for a set of definitions: what they call each other is changed with them."""

from __future__ import annotations

import re
from typing import Any

from runtime.definitions.model import KEY
from runtime.errors import Problem, Refused
from runtime.texts import _

Names = dict[tuple[str, str], str]
"""(kind, key) → new key."""

MENTIONS = {
    "app": "app",
    "form": "form",
    "tag_set": "tag_set",
    "tier_model": "tier_model",
    "segment": "segment",
    "workflow": "workflow",
    "grace_automation": "automation",
}
"""Settings that hold the key of another definition, and of which kind it is."""
SEGMENT = re.compile(r"""(IN_SEGMENT\(\s*)(['"])([^'"]+)\2""", re.IGNORECASE)
LONGEST = 41


def with_prefix(prefix: str, bodies: list[dict[str, Any]]) -> Names:
    """New keys for all of them: `north` makes `north_customer` of `customer`."""
    names = {(body["kind"], body["key"]): f"{prefix}_{body['key']}" for body in bodies}
    if not re.fullmatch(KEY, prefix) or any(len(key) > LONGEST for key in names.values()):
        raise Refused([Problem("prefix", _("A prefix is a short word of small letters and digits, such as {example}.", example="north"))])
    return names


def renamed(body: dict[str, Any], names: Names) -> dict[str, Any]:
    """A definition under its new key, speaking of the others by theirs."""
    changed = _within(body, names)
    changed["key"] = names.get((body["kind"], body["key"]), body["key"])
    return changed


def _within(value: Any, names: Names) -> Any:
    if isinstance(value, dict):
        return {
            key: names.get((MENTIONS[key], each), each) if key in MENTIONS and isinstance(each, str) else _within(each, names)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_within(each, names) for each in value]
    return _text(value, names) if isinstance(value, str) else value


def _text(text: str, names: Names) -> str:
    """A menu entry such as `form:customer`, or a formula that names a segment."""
    kind, colon, key = text.partition(":")
    if colon and (kind, key) in names:
        return f"{kind}:{names[kind, key]}"
    return SEGMENT.sub(lambda found: f"{found[1]}{found[2]}{names.get(('segment', found[3]), found[3])}{found[2]}", text)
