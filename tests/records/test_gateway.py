"""Writing records: what is stored, refused, remembered and told."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.errors import NotFound, Refused, Stale
from runtime.people.person import SYSTEM
from runtime.records import derived, gateway, query
from runtime.records.gateway import BatchRow
from runtime.system.tables import derived_dirty, event, record_change
from runtime.system.workspace import Workspace
from tests.records.conftest import CUSTOMER, acting, publish

LINE = {"product": "Tea", "quantity": 2, "price": "10.50"}


def add_customer(shop: Workspace, code: str = "A1", **values: Any) -> int:
    with acting(shop) as act:
        return gateway.create(act, "customer", {"name": "林女士", "code": code, **values}).id


def add_order(shop: Workspace, customer: str = "A1", **values: Any) -> int:
    with acting(shop) as act:
        return gateway.create(act, "order", {"customer": customer, "items": [LINE], **values}).id


def values_of(shop: Workspace, form: str, record: int) -> dict[str, Any]:
    with shop.reading(SYSTEM) as act:
        return query.get(act, form, record).values


def problems_of(shop: Workspace, form: str, values: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as caught, acting(shop) as act:
        gateway.create(act, form, values)
    return [(each.path, str(each.message)) for each in caught.value.problems]


def test_a_record_keeps_its_values_and_works_out_the_rest(shop: Workspace) -> None:
    customer = add_customer(shop, interests=["tea", "juice"], since="2024/2/29", mobile="138 0013 8000")
    found = values_of(shop, "customer", customer)
    assert (found["interests"], found["since"], found["greeting"]) == (("tea", "juice"), date(2024, 2, 29), "Hello 林女士")
    order = values_of(shop, "order", add_order(shop))
    assert order["items"] == ({"product": "Tea", "quantity": Decimal(2), "price": Decimal("10.50"), "line_total": Decimal("21.00")},)
    assert (order["amount"], order["status"], order["customer"], order["buyer"]) == (Decimal("21.00"), "done", customer, "林女士")


def test_an_order_changes_its_customer_at_once(shop: Workspace) -> None:
    customer = add_customer(shop)
    assert values_of(shop, "customer", customer)["spend"] == Decimal("0.00")
    order = add_order(shop)
    with shop.reading(SYSTEM) as act:
        today = act.today
    assert {key: values_of(shop, "customer", customer)[key] for key in ("spend", "last_on", "days_ago", "lines")} == {
        "spend": Decimal("21.00"),
        "last_on": today,
        "days_ago": Decimal(0),
        "lines": Decimal(1),
    }
    with acting(shop) as act:
        gateway.update(act, "order", order, {"items": [LINE, {**LINE, "price": "1"}], "paid_on": today - timedelta(days=364)})
    assert values_of(shop, "customer", customer)["spend"] == Decimal("23.00")
    with acting(shop) as act:
        gateway.update(act, "order", order, {"paid_on": today - timedelta(days=365)})
    assert values_of(shop, "customer", customer)["spend"] == Decimal("0.00")


def test_an_order_that_moves_changes_both_customers(shop: Workspace) -> None:
    first, second = add_customer(shop, "A1"), add_customer(shop, "B2")
    order = add_order(shop)
    with acting(shop) as act:
        gateway.update(act, "order", order, {"customer": "B2"})
    assert (values_of(shop, "customer", first)["spend"], values_of(shop, "customer", second)["spend"]) == (
        Decimal("0.00"),
        Decimal("21.00"),
    )


def test_deleting_and_restoring_an_order_moves_the_sum_back_and_forth(shop: Workspace) -> None:
    customer, order = add_customer(shop), add_order(shop)
    with acting(shop) as act:
        gateway.delete(act, "order", order)
    assert values_of(shop, "customer", customer)["spend"] == Decimal("0.00")
    with acting(shop) as act:
        gateway.restore(act, "order", order)
    assert values_of(shop, "customer", customer)["spend"] == Decimal("21.00")


def test_a_renamed_customer_is_renamed_on_the_orders(shop: Workspace) -> None:
    customer, order = add_customer(shop), add_order(shop)
    with acting(shop) as act:
        gateway.update(act, "customer", customer, {"name": "Lin"})
    assert values_of(shop, "order", order)["buyer"] == "Lin"
    assert values_of(shop, "customer", customer)["greeting"] == "Hello Lin"


def test_everything_wrong_is_said_at_once_each_at_its_place(shop: Workspace) -> None:
    add_customer(shop)
    found = problems_of(
        shop,
        "order",
        {"customer": "nobody", "paid_on": "2024-02-30", "items": [{"product": "", "quantity": 0}], "amount": "3", "colour": "red"},
    )
    assert {path for path, _sentence in found} == {"customer", "paid_on", "items/0/product", "items/0/quantity", "amount", "colour"}
    assert problems_of(shop, "order", {}) == [("customer", "This is needed.")]


def test_a_unique_value_belongs_to_one_living_record(shop: Workspace) -> None:
    first = add_customer(shop)
    assert problems_of(shop, "customer", {"name": "Chen", "code": "A1"}) == [
        ("code", "A1 already belongs to 林女士. Open that record or use another value.")
    ]
    with acting(shop) as act:
        gateway.delete(act, "customer", first)
    second = add_customer(shop)
    with pytest.raises(Refused), acting(shop) as act:
        gateway.restore(act, "customer", first)
    assert second != first
    add_customer(shop, "")
    add_customer(shop, "")


def test_a_stale_edit_overwrites_nothing(shop: Workspace) -> None:
    customer = add_customer(shop)
    with acting(shop) as act:
        gateway.update(act, "customer", customer, {"name": "Lin"}, version=1)
    with pytest.raises(Stale) as caught, acting(shop) as act:
        gateway.update(act, "customer", customer, {"name": "Chen"}, version=1)
    assert caught.value.current.values["name"] == "Lin"
    assert values_of(shop, "customer", customer)["name"] == "Lin"


def test_a_write_without_a_difference_writes_nothing(shop: Workspace) -> None:
    customer = add_customer(shop)
    with acting(shop) as act:
        saved = gateway.update(act, "customer", customer, {"name": "林女士", "since": ""})
    assert (saved.version, saved.event) == (1, None)
    with shop.reading(SYSTEM) as act:
        assert act.connection.execute(sa.select(sa.func.count()).select_from(event)).scalar() == 1


def test_every_write_leaves_history_and_one_event(shop: Workspace) -> None:
    customer = add_customer(shop)
    with acting(shop, "api") as act:
        gateway.update(act, "customer", customer, {"name": "Lin"})
    with acting(shop) as act:
        gateway.delete(act, "customer", customer)
    with shop.reading(SYSTEM) as act:
        told = act.connection.execute(sa.select(event.c.kind, event.c.source, event.c.payload).order_by(event.c.id)).all()
        kept = act.connection.execute(sa.select(record_change.c.action, record_change.c.version).order_by(record_change.c.id)).all()
    assert [(row.kind, row.source) for row in told] == [("record_created", "form"), ("record_updated", "api"), ("record_deleted", "form")]
    assert json.loads(told[1].payload) == {"changes": {"name": ["林女士", "Lin"], "greeting": ["Hello 林女士", "Hello Lin"]}}
    assert [tuple(row) for row in kept] == [("create", 1), ("update", 2), ("delete", 3)]


def test_a_failed_write_leaves_no_trace(shop: Workspace) -> None:
    with pytest.raises(RuntimeError), acting(shop) as act:
        gateway.create(act, "customer", {"name": "Lin", "code": "A1"})
        raise RuntimeError
    with shop.reading(SYSTEM) as act:
        assert query.count(act, "customer") == 0
        assert act.connection.execute(sa.select(sa.func.count()).select_from(event)).scalar() == 0
    assert add_customer(shop) > 0


def test_a_customer_with_orders_cannot_be_deleted(shop: Workspace) -> None:
    customer = add_customer(shop)
    add_order(shop)
    with pytest.raises(Refused, match="1 records of Order belong to this one"), acting(shop) as act:
        gateway.delete(act, "customer", customer)


def test_what_is_in_the_trash_can_neither_be_changed_nor_pointed_at(shop: Workspace) -> None:
    customer = add_customer(shop)
    with acting(shop) as act:
        gateway.delete(act, "customer", customer)
    with pytest.raises(NotFound), acting(shop) as act:
        gateway.update(act, "customer", customer, {"name": "Lin"})
    assert problems_of(shop, "order", {"customer": str(customer)})[0][0] == "customer"


def test_serial_numbers_go_on_after_imported_ones(shop: Workspace) -> None:
    add_customer(shop)
    with shop.reading(SYSTEM) as act:
        year = act.today.year
    with acting(shop, "import") as act:
        gateway.write_batch(act, "order", [BatchRow({"customer": "A1", "no": f"SO{year}0002"})])
    assert [values_of(shop, "order", add_order(shop))["no"] for _number in range(3)] == [f"SO{year}0003", f"SO{year}0004", f"SO{year}0005"]


# -- many at once -----------------------------------------------------------------------------------------------------------------
def test_a_batch_means_the_same_as_one_by_one(shop: Workspace) -> None:
    add_customer(shop, "A1")
    add_customer(shop, "B2")
    rows = [
        {"customer": code, "paid_on": f"2026-01-{number + 1:02}", "items": [LINE] * (number % 3)}
        for number, code in enumerate(["A1", "B2", "A1", "A1"])
    ]
    single = [values_of(shop, "order", add_order(shop, **{"customer": row["customer"], **row})) for row in rows]
    with acting(shop, "import") as act:
        result = gateway.write_batch(act, "order", [BatchRow(row) for row in rows])
    batch = [values_of(shop, "order", saved.id) for saved in result.saved if saved is not None]
    assert [{**each, "no": None} for each in batch] == [{**each, "no": None} for each in single]


def test_a_batch_leaves_out_what_is_wrong_and_says_so(shop: Workspace) -> None:
    with acting(shop, "import") as act:
        result = gateway.write_batch(
            act, "customer", [BatchRow({"name": "A", "code": "1"}), BatchRow({"code": "2"}), BatchRow({"name": "C", "code": "1"})]
        )
    assert [saved is not None for saved in result.saved] == [True, False, False]
    assert [[each.path for each in problems] for problems in result.problems] == [[], ["name"], ["code"]]
    with shop.reading(SYSTEM) as act:
        assert query.count(act, "customer") == 1


def test_a_batch_changes_records_and_tells_it_in_one_event(shop: Workspace) -> None:
    first, second = add_customer(shop, "A1"), add_customer(shop, "B2")
    with acting(shop, "import") as act:
        result = gateway.write_batch(
            act, "customer", [BatchRow({"name": "Lin"}, first), BatchRow({"name": "林女士"}, second)], keep_before=True
        )
    assert [saved.version if saved else None for saved in result.saved] == [2, 1]
    assert result.before == [{"name": "林女士"}, None]
    with shop.reading(SYSTEM) as act:
        last = act.connection.execute(sa.select(event).order_by(event.c.id.desc()).limit(1)).one()
    assert (last.kind, json.loads(last.records)) == ("record_updated", [first])


def test_many_affected_records_are_noted_and_worked_off(shop: Workspace) -> None:
    with acting(shop, "import") as act:
        gateway.write_batch(
            act, "customer", [BatchRow({"name": f"C{number}", "code": f"K{number}"}) for number in range(derived.AT_ONCE + 50)]
        )
    derived.work_off(shop)
    with acting(shop, "import") as act:
        gateway.write_batch(act, "order", [BatchRow({"customer": f"K{number}", "items": [LINE]}) for number in range(derived.AT_ONCE + 50)])
    with shop.reading(SYSTEM) as act:
        assert (
            act.connection.execute(sa.select(sa.func.count()).select_from(derived_dirty).where(derived_dirty.c.form == "customer")).scalar()
            == derived.AT_ONCE + 50
        )
    assert derived.work_off(shop) > 0
    with shop.reading(SYSTEM) as act:
        assert query.aggregate(act, "customer", measures=["SUM(spend)", "COUNT(record)"]) == [
            {"SUM(spend)": Decimal("21.00") * (derived.AT_ONCE + 50), "COUNT(record)": Decimal(derived.AT_ONCE + 50)}
        ]
        assert act.connection.execute(sa.select(sa.func.count()).select_from(derived_dirty)).scalar() == 0


# -- the form changes ---------------------------------------------------------------------------------------------------------------
def with_fields(body: dict[str, Any], *fields: dict[str, Any], without: str = "") -> dict[str, Any]:
    return {**body, "fields": [*(each for each in body["fields"] if each["key"] != without), *fields]}


def test_a_removed_field_keeps_its_values_until_it_comes_back(shop: Workspace) -> None:
    customer = add_customer(shop, since="2024-01-02")
    publish(shop, with_fields(CUSTOMER, without="since"))
    assert "since" not in values_of(shop, "customer", customer)
    publish(shop, CUSTOMER)
    assert values_of(shop, "customer", customer)["since"] == date(2024, 1, 2)


def test_a_changed_type_takes_along_what_converts(shop: Workspace) -> None:
    first, second = add_customer(shop, "12"), add_customer(shop, "twelve")
    field = {"type": "number", "key": "code", "label": "Code", "decimals": 0}
    publish(shop, with_fields(CUSTOMER, field, without="code"), {**_order_without_match()})
    assert (values_of(shop, "customer", first)["code"], values_of(shop, "customer", second)["code"]) == (Decimal(12), None)


def _order_without_match() -> dict[str, Any]:
    from tests.records.conftest import ORDER

    return {**ORDER, "fields": [{key: value for key, value in each.items() if key != "match"} for each in ORDER["fields"]]}


def test_a_new_computed_field_is_worked_out_for_all_that_are_there(shop: Workspace) -> None:
    customer = add_customer(shop)
    add_order(shop)
    publish(
        shop,
        with_fields(
            CUSTOMER,
            {"type": "formula", "key": "orders_count", "label": "Orders", "result": "number", "decimals": 0, "formula": "COUNT(orders)"},
        ),
    )
    derived.work_off(shop)
    assert values_of(shop, "customer", customer)["orders_count"] == Decimal(1)
