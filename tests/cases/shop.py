"""A case of tests/data/cases/tiers.jsonl in a workspace: its customers, its orders out of a file, and a tier model by an amount."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.system import clock
from runtime.system.workspace import Workspace
from runtime.transfer import importing, imports, mapping
from runtime.transfer.mapping import ColumnMap
from tests.makers import Json, choice, form_json, formula, instant, money, number, reference, tags, text, tier
from tests.tiers.world import World, dimension, model

CASES: dict[str, Json] = {
    case["id"]: case for case in map(json.loads, (Path(__file__).parents[1] / "data" / "cases" / "tiers.jsonl").read_text().splitlines())
}
TIERS = [
    {"key": "diamond", "label": "钻石", "from": 100},
    {"key": "gold", "label": "金卡", "from": 60},
    {"key": "silver", "label": "银卡", "from": 30},
    {"key": "basic", "label": "普通", "from": 0},
]
LABELS = {**{each["key"]: each["label"] for each in TIERS}, None: "潜在"}
TYPES = {"first": "first", "up": "promote", "down": "demote"}
VALID = "where=orders.status == 'valid' and not ISEMPTY(orders.at) and orders.at <= NOW()"
TOTAL = f"SUM(orders.amount, {VALID})"


def window(span: str) -> str:
    """The amount of the orders of some last days or months."""
    return f"SUM(orders.amount, {VALID}, on=orders.at, {span})"


NOW_AND_BEFORE = window("days=90"), f"({window('days=180')} - {window('days=90')})"
CUSTOMER = form_json(
    text("name", unique=True),
    number("value"),
    tags(),
    tier("tier", "value"),
    formula("recency", f"DAYS_SINCE(MAX(orders.at, {VALID}))", result="number", decimals=0),
    formula("frequency", f"COUNT(orders, {VALID})", result="number", decimals=0),
    formula("monetary", TOTAL, result="money", currency="CNY"),
    formula("monetary_90d", window("days=90"), result="money", currency="CNY"),
    formula("客单价", "monetary / frequency", result="money", currency="CNY"),
    formula("增长率", f"({NOW_AND_BEFORE[0]} - {NOW_AND_BEFORE[1]}) / {NOW_AND_BEFORE[1]}", result="number", decimals=4),
)
ORDER = form_json(
    text("note"),
    reference("customer", "customer", many_name="orders", match="name"),
    instant("at"),
    money("amount"),
    choice("status", "valid", "cancelled", default="'valid'"),
    key="order",
    event_date="at",
)

TAGS = {"kind": "tag_set", "key": "customer_tags", "label": "Tags", "form": "customer", "tags": [{"key": "vip", "label": "VIP"}]}


class Case:
    """`value`: the amount by which customers are rated; who has no valid order is outside the population."""

    def __init__(self, workspace: Workspace, name: str, value: str = TOTAL, **more: Any):
        self.case, self.workspace = CASES[name], workspace
        rated = model(dimension(value=value, cuts=[1000, 5000, 20000]), tiers=TIERS, population="frequency > 0", **more)
        self.world = World(workspace, CUSTOMER, ORDER, TAGS, rated)
        self.on(self.case["as_of"])
        names = dict.fromkeys([*(order["customer"] for order in self.case["orders"]), *self.case.get("customers", ())])
        self.ids = {each: self.world.customer(each) for each in names}

    def on(self, day: str) -> Case:
        """Late in the evening of a Shanghai day."""
        self.world.on(date.fromisoformat(day), 15)
        return self

    def bring(self, *orders: Json) -> dict[str, int]:
        """Imports orders, by default those of the case, as one file."""
        file = io.StringIO()
        lines = csv.DictWriter(file, ["customer", "at", "amount"], extrasaction="ignore")
        lines.writeheader()
        lines.writerows(orders or self.case["orders"])
        path = imports.keep_file(self.workspace, io.BytesIO(file.getvalue().encode()))
        how = imports.inspect(self.workspace, path)
        with self.workspace.writing(SYSTEM) as act:
            task = imports.begin(act, "order", path, "orders.csv", how)
            assert task.map is not None
            chosen = mapping.check(act, imports.form_of(act, "order"), ColumnMap(task.map.columns, "add", None))
            imports.save(act.connection, task.id, mapping=chosen.to_json(), options={"fire": "nothing"}, state="importing")
            task = imports.find(act, task.id)
        return importing.write(self.workspace, SYSTEM, task, lambda *_given: None)

    def tier(self, name: str) -> str:
        return LABELS[self.world.tier(self.ids[name])]

    def tiers(self) -> dict[str, str]:
        return {name: self.tier(name) for name in self.ids}

    def fields(self, name: str) -> dict[str, Any]:
        with self.workspace.reading(SYSTEM) as act:
            return query.get(act, "customer", self.ids[name]).values

    def as_expected(self, name: str, expected: Json) -> Json:
        """What is so of the things that the case expects of a customer, written as the case writes it."""
        fields = {**self.fields(name), "tier": self.tier(name)}
        return {key: _written(fields[key], wanted) for key, wanted in expected.items()}

    def events(self, after: int = 0) -> list[Json]:
        """The moves that were told of, from event number `after` on, written as the case writes them."""
        names = {record: name for name, record in self.ids.items()}
        found = []
        for row in self.world.events():
            told = [(row.record, json.loads(row.payload))] if row.records is None else json.loads(row.payload)["items"]
            at = clock.from_micros(row.at)
            assert at is not None
            day = at.astimezone(self.workspace.zone).date().isoformat()
            found += [
                {
                    "customer": names[record],
                    "day": day,
                    "type": TYPES[item["direction"]],
                    "from": LABELS[item["from"]] if item["from"] else None,
                }
                | {"to": LABELS[item["to"]]}
                for record, item in told
                if row.id > after
            ]
        return found

    def last_event(self) -> int:
        return max((row.id for row in self.world.events()), default=0)


def _written(value: Any, like: Any) -> Any:
    """Numbers as whole numbers or as texts with as many decimals as the case shows."""
    if not isinstance(value, Decimal):
        return value
    return f"{value:.{len(str(like).partition('.')[2])}f}" if isinstance(like, str) else int(value)
