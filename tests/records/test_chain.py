"""A chain of computed fields over four forms, with a tier and a tag in the middle of it, is right after every kind of write.

line.amount → order.total → customer.spend → customer's tier → customer.discount → customer's tag big → customer.care, and
order.due (which reads the discount) → region.income. TIERLOOM_CHAIN_ROWS sets how many lines the import brings (5,000).
"""

from __future__ import annotations

import io
import os
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import DefinitionProblems
from runtime.formulas import evaluate as evaluation
from runtime.people.person import SYSTEM
from runtime.records import derived, gateway, passing, query
from runtime.records.batches import delete_batch
from runtime.records.gateway import BatchRow
from runtime.records.lookup import ActLookup
from runtime.records.rows import read_records
from runtime.records.tables import tables_of
from runtime.system import jobs
from runtime.system.workspace import Workspace
from runtime.texts import in_language
from runtime.tiers.recomputing import recompute
from runtime.transfer import imports
from tests import makers

ROWS = int(os.environ.get("TIERLOOM_CHAIN_ROWS", "5000"))
CENT = Decimal("0.01")
CNY = {"result": "money", "currency": "CNY"}
REGION = makers.form_json(
    makers.text("name", unique=True),
    makers.formula("income", "SUM(customers.orders.due)", **CNY),
    makers.formula("valued", "COUNT(customers, where=customers.tier == 'high')", result="number", decimals=0),
    key="region",
)
CUSTOMER = makers.form_json(
    makers.text("code", unique=True),
    makers.reference("region", "region", many_name="customers", match="name"),
    makers.tier("tier", "value"),
    makers.tags("tags", "customer_tags"),
    makers.formula("care", "IF('big' in tags, 'by phone', 'by mail') & ' ' & IFEMPTY(tier, 'unrated')", result="text"),
    makers.formula("discount", "IF(tier == 'high', 0.10, 0.025)", result="number", decimals=3),
    makers.formula("spend", "SUM(orders.total, on=orders.paid_on, days=365)", **CNY),
    key="customer",
)
ORDER = makers.form_json(
    makers.text("no", unique=True),
    makers.reference("customer", "customer", many_name="orders", match="code"),
    makers.day("paid_on"),
    makers.formula("due", "total * (1 - customer.discount)", **CNY),
    makers.formula("total", "SUM(lines.amount)", **CNY),
    key="order",
    event_date="paid_on",
)
LINE = makers.form_json(
    makers.text("product"),
    makers.reference("order", "order", many_name="lines", match="no"),
    makers.money("price"),
    makers.number("quantity", decimals=0),
    makers.formula("amount", "price * quantity", **CNY),
    key="line",
)
TAGS: dict[str, Any] = {
    "kind": "tag_set",
    "key": "customer_tags",
    "label": "Tags",
    "form": "customer",
    "tags": [{"key": "big", "label": "Big", "rule": "discount >= 0.1"}, {"key": "friend", "label": "Friend"}],
}
MODEL: dict[str, Any] = {
    "kind": "tier_model",
    "key": "value",
    "label": "Value",
    "form": "customer",
    "dimensions": [{"key": "spend", "label": "Spend", "weight": 100, "value": "spend", "bands": {"by": "cuts", "cuts": [1000]}}],
    "tiers": [{"key": "high", "label": "High", "from": 50}, {"key": "low", "label": "Low", "from": 0}],
}
CHAIN = (REGION, CUSTOMER, ORDER, LINE, TAGS, MODEL)
Raw = dict[str, dict[int, dict[str, Any]]]


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    kinds.load()
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, CHAIN)
    return workspace


def fill(shop: Workspace, orders: int, customers: int = 20) -> None:
    """Regions, customers and orders without lines."""
    with shop.writing(SYSTEM, "import") as act:
        lookup = ActLookup(act, by_id=False)
        today = act.today
        gateway.write_batch(act, "region", [BatchRow({"name": f"R{number}"}) for number in range(3)], lookup)
        rows = [{"code": f"C{number}", "region": f"R{number % 3}"} for number in range(customers)]
        gateway.write_batch(act, "customer", [BatchRow(row) for row in rows], lookup)
        given = [
            {"no": f"O{number}", "customer": f"C{number % customers}", "paid_on": (today - timedelta(days=number % 400)).isoformat()}
            for number in range(orders)
        ]
        for start in range(0, orders, 5_000):
            gateway.write_batch(act, "order", [BatchRow(row) for row in given[start : start + 5_000]], lookup)
    derived.work_off(shop)


def lines(count: int, orders: int) -> list[dict[str, str]]:
    return [
        {"product": f"P{number}", "order": f"O{number % orders}", "price": f"{number % 37}.{number % 100:02}", "quantity": str(number % 5)}
        for number in range(count)
    ]


# -- worked out independently --------------------------------------------------------------------------------------------------------
def living(act: Any, form: str) -> dict[int, dict[str, Any]]:
    main = tables_of(act.catalogue)[form].main
    ids = act.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None))).scalars().all()
    return {each.id: each.values for each in read_records(act, form, list(ids))}


def rounded(value: Decimal) -> Decimal:
    return value.quantize(CENT, rounding=ROUND_HALF_UP)


def expected(raw: Raw, today: date) -> Raw:
    """What follows from the entered values, in plain Python."""
    found: Raw = {form: defaultdict(dict) for form in raw}
    for record, line in raw["line"].items():
        blank = line["price"] is None or line["quantity"] is None
        found["line"][record]["amount"] = None if blank else line["price"] * line["quantity"]
    for record in raw["order"]:
        amounts = [found["line"][each]["amount"] for each, line in raw["line"].items() if line["order"] == record]
        found["order"][record]["total"] = sum((each for each in amounts if each is not None), Decimal(0))
    orders_of = defaultdict(list)
    for record, order in raw["order"].items():
        orders_of[order["customer"]].append(record)
    for record in raw["customer"]:
        customer = found["customer"][record]
        days = {each: raw["order"][each]["paid_on"] for each in orders_of[record]}
        inside = [each for each, day in days.items() if day is not None and today - timedelta(days=364) <= day <= today]
        customer["spend"] = sum((found["order"][each]["total"] for each in inside), Decimal(0))
        customer["tier"] = None if not inside and not orders_of[record] else "high" if customer["spend"] >= 1000 else "low"
        customer["discount"] = Decimal("0.1") if customer["tier"] == "high" else Decimal("0.025")
        customer["care"] = f"{'by phone' if customer['tier'] == 'high' else 'by mail'} {customer['tier'] or 'unrated'}"
    for record, order in raw["order"].items():
        customer = found["customer"].get(order["customer"], {})
        discount = customer.get("discount")
        found["order"][record]["due"] = None if discount is None else rounded(found["order"][record]["total"] * (1 - discount))
    for record in raw["region"]:
        members = [each for each, customer in raw["customer"].items() if customer["region"] == record]
        dues = [found["order"][order]["due"] for each in members for order in orders_of[each]]
        found["region"][record]["income"] = sum((each for each in dues if each is not None), Decimal(0))
        found["region"][record]["valued"] = Decimal(sum(found["customer"][each]["tier"] == "high" for each in members))
    return found


def wrong(shop: Workspace) -> list[tuple[Any, ...]]:
    """(form, record, field, what is stored, what should be) of everything that is not right."""
    with shop.reading(SYSTEM) as act:
        raw = {form: living(act, form) for form in ("region", "customer", "order", "line")}
        right = expected(raw, act.today)
    return [
        (form, record, key, raw[form][record][key], value)
        for form, records in right.items()
        for record, values in records.items()
        for key, value in values.items()
        if raw[form][record][key] != value
    ]


def one(shop: Workspace, form: str, key: str, value: str) -> dict[str, Any]:
    with shop.reading(SYSTEM) as act:
        return next(values for values in living(act, form).values() if values[key] == value)


# -- writes --------------------------------------------------------------------------------------------------------------------------
def test_the_whole_chain_is_right_after_one_save(shop: Workspace) -> None:
    fill(shop, orders=20)
    assert one(shop, "customer", "code", "C4")["care"] == "by mail low"
    with shop.writing(SYSTEM) as act:
        order = one(shop, "order", "no", "O4")
        assert order["total"] == 0
        saved = gateway.create(act, "line", {"order": str(order_id(act, "O4")), "price": "600", "quantity": 2})
    assert wrong(shop) == []
    customer = one(shop, "customer", "code", "C4")
    assert (customer["spend"], customer["tier"], customer["tags"], customer["care"]) == (1200, "high", ("big",), "by phone high")
    assert one(shop, "order", "no", "O4")["due"] == 1080
    assert [one(shop, "region", "name", "R1")[key] for key in ("income", "valued")] == [1080, 1]
    with shop.writing(SYSTEM) as act:
        gateway.update(act, "line", saved.id, {"quantity": 1})
    assert wrong(shop) == []
    assert one(shop, "customer", "code", "C4")["care"] == "by mail low"
    with shop.writing(SYSTEM) as act:
        gateway.delete(act, "line", saved.id)
    assert wrong(shop) == []


def order_id(act: Any, no: str) -> int:
    return next(record for record, values in living(act, "order").items() if values["no"] == no)


def test_the_chain_is_right_when_a_record_moves_to_another(shop: Workspace) -> None:
    fill(shop, orders=10)
    with shop.writing(SYSTEM) as act:
        first, second = order_id(act, "O1"), order_id(act, "O2")
        line = gateway.create(act, "line", {"order": str(first), "price": "999.99", "quantity": 3}).id
    assert wrong(shop) == []
    with shop.writing(SYSTEM) as act:
        gateway.update(act, "line", line, {"order": str(second)})
    assert wrong(shop) == []
    with shop.writing(SYSTEM) as act:
        customer = next(record for record, values in living(act, "customer").items() if values["code"] == "C2")
        region = next(record for record, values in living(act, "region").items() if values["name"] == "R0")
        gateway.update(act, "customer", customer, {"region": str(region)})
    assert wrong(shop) == []
    assert one(shop, "region", "name", "R0")["valued"] == 1


def test_the_chain_is_right_after_an_import_and_after_undoing_it(shop: Workspace) -> None:
    orders = max(20, ROWS // 10)
    fill(shop, orders, customers=max(20, ROWS // 50))
    given = lines(ROWS, orders)
    text = "\n".join([",".join(given[0]), *(",".join(each.values()) for each in given)])
    path = imports.keep_file(shop, io.BytesIO(text.encode()))
    with shop.writing(SYSTEM) as act:
        task = imports.begin(act, "line", path, "lines.csv", imports.inspect(shop, path))
        assert task.map is not None
    for start in (
        lambda act: imports.start_check(act, task, task.map),
        lambda act: imports.start_import(act, imports.find(act, task.id), "nothing"),
    ):
        with shop.writing(SYSTEM) as act:
            job = start(act)
        assert jobs.run_now(shop, job).state == "done"
    with shop.reading(SYSTEM) as act:
        assert len(living(act, "line")) == ROWS
    assert wrong(shop) == []
    assert any(values["valued"] for values in regions(shop))
    with shop.writing(SYSTEM) as act:
        job = imports.start_undo(act, imports.find(act, task.id))
    assert jobs.run_now(shop, job).state == "done"
    with shop.reading(SYSTEM) as act:
        assert living(act, "line") == {}
    assert wrong(shop) == []
    assert not any(values["valued"] or values["income"] for values in regions(shop))


def regions(shop: Workspace) -> list[dict[str, Any]]:
    with shop.reading(SYSTEM) as act:
        return list(living(act, "region").values())


def test_the_chain_is_right_after_putting_many_into_the_trash(shop: Workspace) -> None:
    fill(shop, orders=300)
    with shop.writing(SYSTEM, "import") as act:
        rows = [BatchRow(each) for each in lines(900, 300)]
        saved = gateway.write_batch(act, "line", rows, ActLookup(act, by_id=False)).saved
    derived.work_off(shop)
    assert wrong(shop) == []
    with shop.writing(SYSTEM) as act:
        delete_batch(act, "line", {each.id: each.version for each in saved[::2] if each is not None})
    derived.work_off(shop)
    assert wrong(shop) == []


# -- the day, the tier and the list --------------------------------------------------------------------------------------------------
def test_the_chain_follows_the_day_and_the_nightly_rating(shop: Workspace) -> None:
    fill(shop, orders=20)
    with shop.writing(SYSTEM) as act:
        gateway.create(act, "line", {"order": str(order_id(act, "O0")), "price": "5000", "quantity": 1})
    assert one(shop, "customer", "code", "C0")["discount"] == Decimal("0.1")
    beginning = shop.now()
    shop.now = lambda: beginning + timedelta(days=365)  # type: ignore[method-assign]
    derived.refresh_day(shop, "customer")
    assert one(shop, "customer", "code", "C0")["spend"] == 0
    recompute(shop, "value")
    assert wrong(shop) == []
    assert one(shop, "customer", "code", "C0")["care"] == "by mail low"


def test_the_day_of_the_workspace_is_the_day_of_formulas(shop: Workspace) -> None:
    fill(shop, orders=1)
    with shop.reading(SYSTEM) as act:
        midnight = act.now.astimezone(act.zone).replace(hour=0, minute=0, second=1) + timedelta(days=365)
    with shop.writing(SYSTEM) as act:
        gateway.create(act, "line", {"order": str(order_id(act, "O0")), "price": "10", "quantity": 1})
    shop.now = lambda: midnight - timedelta(seconds=2)  # type: ignore[method-assign]
    derived.refresh_day(shop, "customer")
    assert one(shop, "customer", "code", "C0")["spend"] == 10
    shop.now = lambda: midnight  # type: ignore[method-assign]
    derived.refresh_day(shop, "customer")
    assert one(shop, "customer", "code", "C0")["spend"] == 0


def test_a_day_is_followed_once(shop: Workspace) -> None:
    fill(shop, orders=1)
    beginning = shop.now()
    shop.now = lambda: beginning - timedelta(days=400)  # type: ignore[method-assign]
    derived.refresh_day(shop, "customer")
    assert derived.refresh_day(shop, "customer") == 0


def test_a_day_is_followed_again_while_somebody_who_may_have_begun_before_it_is_still_writing(shop: Workspace) -> None:
    if shop.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    fill(shop, orders=1)
    beginning = shop.now()
    shop.now = lambda: beginning + timedelta(days=2)  # type: ignore[method-assign]
    derived.refresh_day(shop, "customer")  # every transaction of now has begun before that day
    with shop.reading(SYSTEM) as act:
        found = passing.passed(act, "fields:customer", "customer")
        assert found is not None and found.before == act.day - 1


def test_a_tag_given_by_hand_reaches_the_fields_that_read_it(shop: Workspace) -> None:
    from runtime.tags import assigning

    reading = {**CUSTOMER, "fields": [*CUSTOMER["fields"], makers.formula("friendly", "'friend' in tags", result="boolean")]}
    with shop.writing(SYSTEM, "publish") as act:
        versions.publish(act, [reading])
    fill(shop, orders=1)
    with shop.writing(SYSTEM) as act:
        customer = next(iter(living(act, "customer")))
        assigning.assign(act, "customer", customer, "friend")
    with shop.reading(SYSTEM) as act:
        assert query.get(act, "customer", customer).values["friendly"] is True


def test_showing_a_list_evaluates_no_formula(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(shop, orders=30)
    evaluated: list[Any] = []
    monkeypatch.setattr(evaluation.__globals__["Evaluator"], "compute", lambda *given: evaluated.append(given))
    said: list[str] = []
    with shop.reading(SYSTEM) as act:
        sa.event.listen(shop.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
        for form, columns in (("customer", ("code", "spend", "discount", "care", "tier", "tags")), ("order", ("no", "total", "due"))):
            page = query.page(act, form, columns=columns, limit=25)
            assert page.records
    assert evaluated == []
    sums = [statement for statement in said if "sum(" in statement.lower()]
    assert sums == []


# -- circles --------------------------------------------------------------------------------------------------------------------------
def problems_of(shop: Workspace, *bodies: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(DefinitionProblems) as caught, shop.writing(SYSTEM, "publish") as act:
        versions.publish(act, bodies)
    return [(each.path, str(in_language(each.message, "en"))) for each in caught.value.problems]


def with_formula(body: dict[str, Any], key: str, text: str) -> dict[str, Any]:
    return {**body, "fields": [{**each, "formula": text} if each["key"] == key else each for each in body["fields"]]}


def test_a_circle_over_forms_is_refused_with_its_way(shop: Workspace) -> None:
    assert problems_of(shop, with_formula(ORDER, "total", "SUM(lines.amount) + customer.spend")) == [
        ("fields/4/formula", "This needs its own result: order.total → customer.spend → order.total. Take one of these steps out."),
    ]


def test_a_circle_through_the_tier_is_refused_with_its_way(shop: Workspace) -> None:
    found = dict(problems_of(shop, with_formula(ORDER, "total", "SUM(lines.amount) * (1 - customer.discount)")))
    assert found["fields/4/formula"] == (
        "This needs its own result: order.total → customer.discount → value → customer.spend → order.total. Take one of these steps out."
    )


def test_a_circle_through_a_tag_is_refused_where_the_tag_is_published(shop: Workspace) -> None:
    rule = {**TAGS, "tags": [{"key": "big", "label": "Big", "rule": "care == 'by phone high'"}, TAGS["tags"][1]]}
    assert problems_of(shop, rule) == [
        ("tags/0/rule", "This needs its own result: customer_tags.big → customer.care → customer_tags.big. Take one of these steps out.")
    ]


def test_a_tag_may_follow_another_tag(shop: Workspace) -> None:
    rules = {**TAGS, "tags": [{"key": "loved", "label": "L", "rule": "'big' in tags and 'friend' in tags"}, *TAGS["tags"]]}
    with shop.writing(SYSTEM, "publish") as act:
        versions.publish(act, [rules])
    fill(shop, orders=1)
    with shop.writing(SYSTEM) as act:
        from runtime.tags import assigning

        customer = next(record for record, values in living(act, "customer").items() if values["code"] == "C0")
        assigning.assign(act, "customer", customer, "friend")
        gateway.create(act, "line", {"order": str(order_id(act, "O0")), "price": "5000", "quantity": 1})
    assert set(one(shop, "customer", "code", "C0")["tags"]) == {"friend", "big", "loved"}
