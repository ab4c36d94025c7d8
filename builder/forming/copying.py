"""A form begun as a copy of another one: its fields, layout and rules, under the new form's own name."""

from __future__ import annotations

import copy
from typing import Any

TAKEN = ("icon", "title", "event_date", "fields", "layout", "rules", "duplicates", "quality")


def copied(source: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """`body` with everything of `source` that makes out a form; references to the source by itself become references to the copy.

    What the other side calls the records of a reference is a name of its own there and is left out.
    """
    taken = {name: copy.deepcopy(source[name]) for name in TAKEN if name in source}
    for field in taken.get("fields", []):
        field.pop("many_name", None)
        if field.get("form") == source.get("key"):
            field["form"] = body["key"]
    kept = {name: value for name, value in body.items() if name not in TAKEN}
    return {**kept, **taken}
