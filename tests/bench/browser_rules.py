"""A hundred form rules in the browser's interpreter under Node, against the same rules written as JavaScript by hand."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from runtime.formulas import Scope, check, to_json
from runtime.formulas.arithmetic import day_number, micros_of
from runtime.formulas.tree import type_to_json
from runtime.formulas.wire import to_wire
from scripts.dev import need_node
from tests import makers
from tests.bench.measuring import Result

LIMIT = 2.0
TODAY = date(2026, 5, 6)
FORM = makers.form_json(
    makers.text("name"),
    makers.choice("sort", "company", "person"),
    makers.number("amount"),
    makers.number("paid"),
    makers.number("discount", decimals=0),
    makers.day("due_on"),
    makers.checkbox("agreed"),
    makers.multi_choice("tags", "vip", "new"),
    makers.subform("items", makers.number("quantity", decimals=0), makers.number("price")),
    key="quote",
)
RULES = (
    "amount > {n}",
    "sort == 'company' and amount >= {n}",
    "not ISEMPTY(name) and STARTSWITH(name, 'A')",
    "amount * (100 - discount) > {n} * 100",
    "SUM(items.quantity * items.price) > {n}",
    "due_on - TODAY() > {n}",
    "sort == 'company' or agreed and discount < {n}",
    "amount / discount > {n}",
    "IFEMPTY(amount, 0) + IFEMPTY(paid, 0) > {n}",
    "'vip' in tags and not (discount > {n})",
)
"""tests/bench/browser_rules.mjs has each of them by hand, for n from 1 to 10."""


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """Nanoseconds of a rule; both sides are warm and give the same answers."""
    if database_name != "sqlite":
        return
    form = makers.definition(FORM)
    count = rows or 200
    scope = Scope(makers.catalogue_of(form), "quote")
    trees = [to_json(check(rule.format(n=n), scope).tree) for n in range(1, 11) for rule in RULES]
    moment = {
        "today": day_number(TODAY),
        "now": str(micros_of(datetime(2026, 5, 6, tzinfo=UTC))),
        "zone": "UTC",
        "person": None,
        "asOf": False,
    }
    question = {
        "trees": trees,
        "records": [_record(form, number) for number in range(count)],
        "run": moment,
        "rounds": max(1, 10_000 // count),
    }
    node, _npm = need_node()
    done = subprocess.run(
        [str(node), str(Path(__file__).with_suffix(".mjs"))], input=json.dumps(question), capture_output=True, text=True, check=True
    )
    pairs = json.loads(done.stdout)
    ours, reference = (statistics.median(each[side] for each in pairs) for side in (0, 1))
    yield Result("browser rules", statistics.median(a / b for a, b in pairs), LIMIT, ours, reference, "ns per rule", count, database_name)


def _record(form: Any, number: int) -> dict[str, Any]:
    blank = number % 7 == 0
    values = {
        "name": ("Ann", "Bob", None)[number % 3],
        "sort": ("company", "person", None)[number % 3],
        "amount": None if blank else Decimal(number * 37 % 2000) / 100,
        "paid": None if number % 5 == 0 else Decimal(number * 11 % 900) / 100,
        "discount": None if number % 11 == 0 else Decimal(number % 30),
        "due_on": None if number % 4 == 0 else TODAY + timedelta(days=number % 20),
        "agreed": number % 2 == 0,
        "tags": ("vip", "new")[: number % 3],
    }
    lines = form.by_key["items"].lines()
    items = [{"quantity": Decimal(each), "price": Decimal(number * each) / 100} for each in range(1, 1 + number % 4)]
    return {"values": _wired(form.by_key, values), "items": [_wired(lines, each) for each in items]}


def _wired(fields: Any, values: dict[str, Any]) -> dict[str, Any]:
    return {key: [type_to_json(fields[key].formula_type()), to_wire(value, fields[key].formula_type())] for key, value in values.items()}
