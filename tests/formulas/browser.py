"""The browser's interpreter as tests ask it: one Node process for a whole batch."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from runtime.definitions.types import NUMBER, Type
from runtime.formulas import Formula, to_json
from runtime.formulas.arithmetic import EPOCH, EPOCH_TIME, day_number, micros_of
from runtime.formulas.tree import type_to_json
from runtime.formulas.wire import to_wire
from scripts.dev import find_node
from tests.formulas.world import Row, catalogue, scope
from tests.support.missing import missing

HARNESS = Path(__file__).with_name("browser.mjs")
NO_NODE = "No Node with npm on PATH."
CANNOT = "cannot be computed"
"""What stands for CannotCompute on either side."""


def ask(questions: Iterable[dict[str, Any]]) -> tuple[list[str], list[Any]]:
    """(names of the functions that the browser offers, an answer for each question)."""
    node = find_node() or missing(NO_NODE)
    lines = "".join(f"{json.dumps(each)}\n" for each in questions)
    done = subprocess.run([str(node[0]), str(HARNESS)], input=lines, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    first, *answers = done.stdout.rstrip("\n").split("\n")
    return json.loads(first), [json.loads(each) for each in answers]


@cache
def offered() -> frozenset[str]:
    return frozenset(ask([])[0])


# -- questions ------------------------------------------------------------------------------------------------------------------
@cache
def types_of(form: str, subform: str | None = None) -> dict[str, Type]:
    holder: Any = catalogue().forms[form]
    fields = holder.fields if subform is None else holder.by_key[subform].fields
    return {each.key: each.formula_type() for each in fields if each.stores != "rows"}


def wire_row(row: Row, form: str = "sample", subform: str | None = None) -> dict[str, Any]:
    types = {**types_of(form, subform), "id": NUMBER(0)}
    return {
        "values": {key: [type_to_json(types[key]), to_wire(value, types[key])] for key, value in row.values.items()},
        "rows": {
            "orders": [wire_row(each, "order") for each in row.rows.get("orders", ())],
            "items": [wire_row(each, "order", "items") for each in row.rows.get("items", ())],
        },
        "names": {name: [type_to_json(type), to_wire(row.names.get(name), type)] for name, type in scope().extra.items()},
        "referenced": {key: wire_row(each) for key, each in row.referenced.items()},
    }


def question(formula: Formula, rows: list[Row]) -> dict[str, Any]:
    return {"tree": to_json(formula.tree), "rows": [wire_row(each) for each in rows], "run": wire_run(rows[0] if rows else Row({}))}


def wire_run(row: Row) -> dict[str, Any]:
    person = row.person
    return {
        "today": day_number(row.today),
        "now": str(micros_of(row.now)),
        "zone": row.zone.key,
        "asOf": row.as_of,
        "person": {
            "id": person.id,
            "roles": sorted(person.roles),
            "reports": list(person.reports),
            "departments": list(person.department_keys),
        },
    }


# -- answers --------------------------------------------------------------------------------------------------------------------
def results(answer: dict[str, Any], type: Type) -> list[Any]:
    return [CANNOT if "cannot" in each else from_wire(each["value"], type, answer["scale"]) for each in answer["results"]]


def from_wire(value: Any, type: Type, scale: int) -> Any:
    if value is None:
        return None
    if type.kind in ("number", "money"):
        return Decimal(value).scaleb(-scale)
    if type.kind == "date":
        return EPOCH + timedelta(days=value)
    if type.kind == "datetime":
        return EPOCH_TIME + timedelta(microseconds=int(value))
    if type.kind == "duration":
        return timedelta(microseconds=int(value))
    return tuple(value) if isinstance(value, list) else value
