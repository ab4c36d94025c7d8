"""The example set, without what is not built yet. What is left out is listed; the list shrinks as kinds arrive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from runtime.definitions.kinds import KINDS
from runtime.definitions.shelf import FIELD_TYPES

FOLDER = Path(__file__).parents[1] / "data" / "definitions"
Json = dict[str, Any]


def example_set() -> tuple[list[Json], list[str]]:
    """The definitions that can be published today, and what was taken out of the set for that."""
    left_out: list[str] = []
    bodies = []
    for path in sorted(FOLDER.glob("*.json")):
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["kind"] not in KINDS:
            left_out.append(f"{body['kind']}:{body['key']}")
            continue
        bodies.append(_form_without(body, left_out) if body["kind"] == "form" else body)
    return bodies, left_out


def _form_without(form: Json, left_out: list[str]) -> Json:
    """A form without fields of types that are not built, and without what names them."""
    missing = {each["key"]: each["type"] for each in form["fields"] if each["type"] not in FIELD_TYPES}
    name = f"form:{form['key']}"
    left_out += [f"{name} field {key} ({type})" for key, type in missing.items()]
    fields = [each for each in form["fields"] if each["key"] not in missing]
    changed = {**form, "fields": fields}
    for section in changed.get("layout", []):
        left_out += [f"{name} layout {key}" for key in section["fields"] if key in missing]
        section["fields"] = [key for key in section["fields"] if key not in missing]
    for check in changed.get("duplicates", []):
        left_out += [f"{name} duplicates {each['field']}" for each in check["match"] if each["field"] in missing]
        check["match"] = [each for each in check["match"] if each["field"] not in missing]
    return changed
