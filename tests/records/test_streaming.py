"""Computed fields that SQL cannot express, or whose sums pass its limits, are worked out row by row, with the same values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.formulas import CannotCompute
from runtime.formulas import evaluate as evaluation
from runtime.formulas.definitions import computed
from runtime.people.person import SYSTEM
from runtime.records import derived, gateway
from runtime.records.gateway import BatchRow
from runtime.records.lookup import ActLookup
from runtime.records.rows import read_records
from runtime.records.tables import tables_of
from runtime.records.values import RecordValues
from runtime.system.workspace import Workspace
from runtime.tiers.recomputing import recompute
from tests import makers

HUGE = "89999999999999"
"""With two decimals as large as an amount may be; twelve of them pass the limit that statements assume of sums."""
CNY = {"result": "money", "currency": "CNY"}
STREAMED = (
    makers.formula("precise", "SUM(orders.amount) * factor * factor * 1.0001", **CNY),
    makers.formula("by_hour", "SQRT(ABS(DAYS_SINCE(seen_at))) + COUNT(orders, on=orders.sent_at, days=30)", result="number", decimals=0),
    makers.formula("read_text", "SUM(orders.amount * VALUE(orders.note), where=orders.amount > 1)", **CNY),
    makers.formula("nested", "SUM(orders.items.price * VALUE(orders.note)) / COUNT(orders)", **CNY),
    makers.formula("latest", "LAST(UPPER(orders.note) & ' ' & orders.sent_at_day, by=orders.sent_at)", result="text"),
    makers.formula("whole_list", "IF(colours == shapes, 'same', 'other') & COUNT(orders)", result="text"),
    makers.formula("is_odd", "PROPER(code) == code and COUNT(orders) >= 0", result="boolean"),
    makers.formula("day_of", "IFEMPTY(DATE(code), DATE(seen_at)) + DAYS(COUNT(orders))", result="date"),
)
CUSTOMER = makers.form_json(
    makers.text("code", unique=True),
    makers.number("factor", decimals=6),
    makers.instant("seen_at"),
    makers.multi_choice("colours", "a", "b"),
    makers.multi_choice("shapes", "a", "b"),
    *STREAMED,
)
ORDER = makers.form_json(
    makers.text("note"),
    makers.reference("customer", "customer", many_name="orders", match="code"),
    makers.instant("sent_at"),
    makers.money("amount"),
    makers.subform("items", makers.text("product"), makers.money("price")),
    makers.formula("sent_at_day", "DATE(sent_at)", result="date"),
    key="order",
)


def publish(workspace: Workspace, *bodies: dict[str, Any]) -> None:
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, bodies)


def write(workspace: Workspace, form: str, rows: list[dict[str, Any]]) -> None:
    with workspace.writing(SYSTEM, "import") as act:
        result = gateway.write_batch(act, form, [BatchRow(row) for row in rows], ActLookup(act, by_id=False))
        assert not any(result.problems), [each for each in result.problems if each][:1]


def living(act: Any, form: str) -> list[Any]:
    main = tables_of(act.catalogue)[form].main
    ids = act.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None)).order_by(main.c.id)).scalars().all()
    return read_records(act, form, list(ids))


def differing(workspace: Workspace, form: str) -> list[tuple[Any, ...]]:
    """(record, field, stored, evaluated) where a stored computed field is not what evaluation of the record says."""
    found = []
    with workspace.reading(SYSTEM) as act:
        for record in living(act, form):
            source = RecordValues(act, record.form, record.values, record.id)
            for key, each in computed(act.catalogue, record.form).items():
                value = evaluation(each, source)
                if isinstance(value, Decimal):
                    value = value.quantize(Decimal(1).scaleb(-record.form.by_key[key].formula_type().scale), rounding="ROUND_HALF_UP")
                if value != record.values[key]:
                    found.append((record.id, key, record.values[key], value))
    return found


def some_orders(customers: int) -> list[dict[str, Any]]:
    return [
        {
            "note": f"{number % 7}" if number % 3 else "none",
            "customer": str(number % customers),
            "sent_at": datetime(2026, 11, 1 + number % 20, number % 24, tzinfo=UTC) if number % 5 else None,
            "amount": f"{number}.{number % 100:02}" if number % 4 else None,
            "items": [{"product": "p", "price": f"{number}.5"}, {"product": "q"}][: number % 3],
        }
        for number in range(customers * 3)
    ]


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    publish(workspace, CUSTOMER, ORDER)
    return workspace


def fill(shop: Workspace, customers: int) -> None:
    rows = [
        {
            "code": str(number),
            "factor": f"{number}.12345" if number % 6 else None,
            "seen_at": datetime(2026, 10, 1 + number % 28, tzinfo=UTC) if number % 5 else None,
            "colours": ["a", "b"][: number % 3],
            "shapes": ["b", "a"][: number % 2],
        }
        for number in range(customers)
    ]
    write(shop, "customer", rows)
    derived.work_off(shop)
    write(shop, "order", some_orders(customers))


def test_what_sql_cannot_express_is_stored_as_evaluation_says(shop: Workspace) -> None:
    with shop.reading(SYSTEM) as act:
        formulas = computed(act.catalogue, act.catalogue.forms["customer"])
        assert [key for key, each in formulas.items() if each.sql] == []
    fill(shop, derived.AT_ONCE + 20)
    derived.work_off(shop)
    assert differing(shop, "customer") == []
    with shop.writing(SYSTEM) as act:
        order = living(act, "order")[4]
        gateway.update(act, "order", order.id, {"amount": "1234.56", "note": "3"})
    assert differing(shop, "customer") == []


def test_sets_are_worked_out_without_evaluating_a_record(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(workspace, {**CUSTOMER, "fields": [each for each in CUSTOMER["fields"] if each["key"] != "whole_list"]}, ORDER)
    calls: list[Any] = []
    fill(workspace, derived.AT_ONCE + 20)
    monkeypatch.setattr(evaluation.__globals__["Evaluator"], "compute", lambda *given: calls.append(given))
    derived.work_off(workspace)
    assert calls == []
    monkeypatch.undo()
    assert differing(workspace, "customer") == []


def test_only_rows_that_differ_are_written_again(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime.records.computing import Writing

    fill(shop, 10)
    written: list[int] = []
    original = Writing.write
    monkeypatch.setattr(Writing, "write", lambda self, act, rows: (written.append(len(rows)), original(self, act, rows))[1])
    with shop.writing(SYSTEM) as act:
        gateway.update(act, "customer", 1, {"factor": "2"})
        gateway.update(act, "customer", 1, {"colours": ["a"]})
    assert sum(written) >= 1
    written.clear()
    derived.refresh_day(shop, "customer")
    assert written == []


# -- sums beyond the limit -----------------------------------------------------------------------------------------------------------
TAGS: dict[str, Any] = {
    "kind": "tag_set",
    "key": "customer_tags",
    "label": "Tags",
    "form": "customer",
    "tags": [{"key": "rich", "label": "Rich", "rule": "SUM(orders.amount) > 1000000"}],
}
MODEL: dict[str, Any] = {
    "kind": "tier_model",
    "key": "value",
    "label": "Value",
    "form": "customer",
    "dimensions": [{"key": "spend", "label": "S", "weight": 100, "value": "SUM(orders.amount)", "bands": {"by": "cuts", "cuts": [1000]}}],
    "tiers": [{"key": "high", "label": "High", "from": 50}, {"key": "low", "label": "Low", "from": 0}],
}
RICH = makers.form_json(
    makers.text("code", unique=True),
    makers.tags("tags", "customer_tags"),
    makers.tier("tier", "value"),
    makers.formula("spend", "SUM(orders.amount)", **CNY),
    makers.formula("half", "SUM(orders.amount) * 0.5", **CNY),
    makers.formula("count", "COUNT(orders)", result="number", decimals=0),
)
PLAIN_ORDER = makers.form_json(
    makers.text("note"),
    makers.reference("customer", "customer", many_name="orders", match="code"),
    makers.money("amount"),
    key="order",
)


@pytest.fixture
def rich(workspace: Workspace) -> Workspace:
    publish(workspace, RICH, PLAIN_ORDER, TAGS, MODEL)
    write(workspace, "customer", [{"code": "A"}, {"code": "B"}])
    return workspace


def customer(workspace: Workspace, number: int = 0) -> dict[str, Any]:
    with workspace.reading(SYSTEM) as act:
        return living(act, "customer")[number].values


def test_a_sum_beyond_the_limit_of_statements_is_exact(rich: Workspace) -> None:
    write(rich, "order", [{"customer": "A", "amount": HUGE} for _number in range(13)] + [{"customer": "B", "amount": "5"}])
    assert customer(rich)["spend"] == Decimal(HUGE) * 13
    assert customer(rich)["half"] == Decimal(HUGE) * 13 / 2
    assert (customer(rich)["tags"], customer(rich)["tier"]) == (("rich",), "high")
    assert (customer(rich, 1)["spend"], customer(rich, 1)["tags"], customer(rich, 1)["tier"]) == (5, (), "low")
    with rich.writing(SYSTEM) as act:
        gateway.create(act, "order", {"customer": "1", "amount": "0.01"})
    assert customer(rich)["spend"] == Decimal(HUGE) * 13 + Decimal("0.01")
    recompute(rich, "value")
    assert customer(rich)["tier"] == "high"


def test_a_result_beyond_its_field_refuses_the_write(rich: Workspace) -> None:
    write(rich, "order", [{"customer": "A", "amount": HUGE} for _number in range(256)])
    assert customer(rich)["spend"] == Decimal(HUGE) * 256
    with pytest.raises(CannotCompute, match="“Spend” cannot be worked out"), rich.writing(SYSTEM) as act:
        gateway.create(act, "order", {"customer": "1", "amount": HUGE})
    assert customer(rich)["count"] == 256


def test_a_result_beyond_its_field_is_blank_where_nobody_can_be_told(rich: Workspace) -> None:
    write(rich, "customer", [{"code": f"K{number}"} for number in range(derived.AT_ONCE)])
    derived.work_off(rich)
    many = [{"customer": f"K{number}", "amount": "1"} for number in range(derived.AT_ONCE)]
    write(rich, "order", many + [{"customer": "A", "amount": HUGE} for _number in range(300)])
    derived.work_off(rich)
    assert (customer(rich)["spend"], customer(rich)["count"], customer(rich)["tags"]) == (None, 300, ("rich",))
    assert customer(rich, 2)["spend"] == 1
