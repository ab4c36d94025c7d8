"""A small world for formulas: a customer-like form, its orders with lines, and the same records as plain values and as tables.

The examples of all functions are about the first record here, on 6 May 2024.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

import runtime.fields
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.loading import load
from runtime.definitions.types import CHOICE, NUMBER, Type
from runtime.formulas import Formula, Scope, check, evaluate, to_condition, to_sql
from runtime.formulas.arithmetic import day_number, micros_of

for _module in pkgutil.iter_modules(runtime.fields.__path__):
    importlib.import_module(f"runtime.fields.{_module.name}")

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = date(2024, 5, 6)
NOW = datetime(2024, 5, 6, 4, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Asking:
    """The person who asks."""

    id: int
    roles: frozenset[str] = frozenset({"sales"})
    reports: tuple[int, ...] = (8, 9)
    department_keys: tuple[str, ...] = ("north",)


SALES = Asking(7)
ALL_GROUPS = frozenset({"person", "dimension", "effects", "previous"})
BANDS = {"referral": 4, "recency": None}
CUTS = (Decimal(50), Decimal(100), Decimal(200), None)
PERCENTS = tuple(Decimal("2.41") * number for number in range(1, 100))


def text(key: str, label: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": "text", "key": key, "label": label or key, **more}


def number(key: str, decimals: int = 2, label: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": "number", "key": key, "label": label or key, "decimals": decimals, **more}


def money(key: str, currency: str = "CNY", **more: Any) -> dict[str, Any]:
    return {"type": "money", "key": key, "label": key, "currency": currency, **more}


def of_type(type: str, key: str, label: Any = None, **more: Any) -> dict[str, Any]:
    return {"type": type, "key": key, "label": label or key, **more}


def options(*keys: str) -> list[dict[str, Any]]:
    return [{"key": key, "label": key.title()} for key in keys]


SAMPLE = {
    "kind": "form",
    "key": "sample",
    "label": {"zh": "样例", "en": "Sample"},
    "title": "name",
    "team": [{"key": "helper", "label": "Helper"}, {"key": "service", "label": "Service"}],
    "fields": [
        text("name", {"zh": "名称", "en": "Name"}),
        text("other"),
        number("amount", 2, {"zh": "金额", "en": "Amount, net"}),
        number("nothing", 2),
        number("zero", 0),
        number("whole", 0, min=-1000, max=1000),
        number("fine", 6),
        money("spend"),
        money("budget"),
        money("dollars", "USD"),
        of_type("date", "day"),
        of_type("date", "no_day"),
        of_type("datetime", "seen_at"),
        of_type("checkbox", "agreed"),
        of_type("member", "owner", {"zh": "负责人", "en": "Owner"}),
        of_type("choice", "status", options=options("draft", "done", "returned")),
        of_type("multi_choice", "colors", options=options("red", "green", "blue")),
        of_type("multi_choice", "tags", options=options("vip", "loyal", "new")),
        of_type("reference", "parent", form="sample", many_name="children"),
    ],
}
ORDER = {
    "kind": "form",
    "key": "order",
    "label": {"zh": "订单", "en": "Order"},
    "title": "no",
    "event_date": "paid_on",
    "fields": [
        text("no"),
        of_type("reference", "customer", form="sample", many_name="orders"),
        of_type("date", "paid_on"),
        of_type("datetime", "sent_at"),
        number("amount", 2, {"zh": "订单金额", "en": "Order amount"}),
        money("price"),
        of_type("choice", "status", options=options("draft", "done")),
        of_type("checkbox", "discounted"),
        {
            "type": "subform",
            "key": "items",
            "label": "Lines",
            "fields": [
                text("product"),
                number("quantity", 0, min=0, max=10_000),
                number("amount", 2),
                money("price", max=10_000_000, min=0),
            ],
        },
    ],
}
LOYALTY = {
    "kind": "tier_model",
    "key": "loyalty",
    "label": "Loyalty",
    "form": "sample",
    "tiers": [{"key": "gold", "label": "Gold", "from": 70}, {"key": "silver", "label": "Silver", "from": 0}],
    "dimensions": [{"key": "spend", "label": "Spend", "weight": 100, "value": "amount", "bands": {"by": "cuts", "cuts": [100]}}],
}
REPEAT = {
    "kind": "potential",
    "key": "repeat",
    "label": "Repeat",
    "form": "sample",
    "learn": {"by": "purchases", "relation": "orders", "date": "paid_on", "amount": "amount"},
}
POTENTIAL = {"figure": Decimal("88.5"), "active": Decimal(75)}
"""What the model says of every record of the world."""
TIERS = ((date(2024, 4, 1), "silver"), (date(2024, 2, 1), "gold"))
"""From which day on every record of the world had which tier, newest first."""
SEGMENT = {"kind": "segment", "key": "vip_at_risk", "label": "Valuable", "form": "sample", "where": "amount > 100"}


@cache
def catalogue() -> Catalogue:
    return Catalogue().with_definitions(load(each) for each in (SAMPLE, ORDER, SEGMENT, LOYALTY, REPEAT))


def scope(**more: Any) -> Scope:
    settings = {
        "form": "sample",
        "allow": ALL_GROUPS,
        "names": {"score": NUMBER(4), "previous.status": CHOICE(("draft", "done", "returned"))},
        **more,
    }
    return Scope(catalogue(), **settings)


def formula(text: str, expect: Any = None, **more: Any) -> Formula:
    return check(text, scope(**more), expect)


# -- plain values ---------------------------------------------------------------------------------------------------------------
@dataclass
class Row:
    """A record or a sub-form's row as evaluation sees it."""

    values: dict[str, Any]
    rows: dict[str, list[Row]] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=lambda: {"score": Decimal("61.5"), "previous.status": "draft"})
    referenced: dict[str, Row] = field(default_factory=dict)
    above: Row | None = None
    today: date = TODAY
    now: datetime = NOW
    zone: ZoneInfo = ZONE
    person: Any = SALES
    as_of: bool = False
    holidays: str = "CN"

    def field(self, key: str) -> Any:
        if key not in self.values and self.above is not None:
            return self.above.field(key)
        return self.values.get(key)

    def path(self, reference: str, key: str) -> Any:
        target: Row | None = self
        for step in reference.split("."):
            target = target.referenced.get(step) if target is not None else None
        return target.field(key) if target is not None else None

    def related(self, relation: str) -> Iterator[Row]:
        yield from self.rows.get(relation, ())

    def name(self, name: str) -> Any:
        return self.names[name]

    def member_roles(self, person: int) -> set[str]:
        return {"sales"} if person == SALES.id else set()

    def dimension_band(self, key: str) -> int | None:
        return BANDS.get(key)

    def in_team(self, role: str | None) -> bool:
        return role in (None, "helper")

    def in_segment(self, key: str) -> bool:
        return evaluate(formula(catalogue().segments[key].where), self)

    def cuts(self, key: str, count: int) -> Sequence[Decimal | None] | None:
        return (PERCENTS if count == 100 else CUTS) if key == "amount" else None

    def member_name(self, person: int) -> str | None:
        return "Sam" if person == SALES.id else None

    def tier_at(self, model: str, day: date) -> str | None:
        return next((tier for since, tier in TIERS if since <= day), None)

    def potential(self, model: str, figure: str) -> Decimal | None:
        return POTENTIAL.get(figure)

    def lookup(self, form: str, match: str, value: Any, result: str) -> Any:
        """Looks among the orders of this record: the world of plain values has no others."""
        found = next((each for each in self.rows.get("orders", ()) if each.field(match) == value), None)
        return None if found is None else found.field(result)


FIGURES = {"amount", "nothing", "zero", "whole", "fine", "spend", "budget", "dollars", "price", "quantity"}


def decimals(**given: Any) -> dict[str, Any]:
    """Figures may be written as texts."""
    return {key: Decimal(value) if key in FIGURES and isinstance(value, str) else value for key, value in given.items()}


def an_order(id: int, items: Sequence[dict[str, Any]] = (), **given: Any) -> Row:
    order = Row(
        {
            "id": id,
            "no": None,
            "paid_on": None,
            "sent_at": None,
            "amount": None,
            "price": None,
            "status": None,
            "discounted": False,
            **decimals(**given),
        }
    )
    order.rows["items"] = [
        Row({"product": None, "quantity": None, "amount": None, "price": None, **decimals(**each)}, above=order) for each in items
    ]
    return order


BLANKS = {**dict.fromkeys(each["key"] for each in SAMPLE["fields"]), "colors": (), "tags": (), "agreed": False}


def a_record(orders: Sequence[Row] = (), **given: Any) -> Row:
    return Row({"id": 1, **BLANKS, **decimals(**given)}, {"orders": list(orders)})


def example() -> Row:
    """The record of the examples."""
    orders = [
        an_order(1, [{"quantity": "2", "price": "45.5"}], amount="100", status="done", paid_on=date(2024, 5, 1)),
        an_order(2, amount="50.25", status="done", paid_on=date(2024, 2, 10)),
        an_order(3, amount="30", status="draft", paid_on=date(2024, 3, 1)),
        an_order(4, status="draft"),
    ]
    return a_record(
        orders,
        name="Ann",
        amount="120.5",
        zero="0",
        day=date(2024, 2, 29),
        owner=7,
        status="done",
        tags=("vip",),
        agreed=True,
        spend="9000",
        budget="8000.5",
    )


# -- tables ---------------------------------------------------------------------------------------------------------------------
COLUMN = {
    "date": sa.Integer,
    "datetime": sa.BigInteger,
    "number": sa.BigInteger,
    "money": sa.BigInteger,
    "boolean": sa.SmallInteger,
    "text": sa.Text,
    "choice": sa.Text,
    "member": sa.BigInteger,
    "record": sa.BigInteger,
}
METADATA = sa.MetaData()


def table_of(name: str, fields: Sequence[Any], *more: sa.Column[Any]) -> sa.Table:
    columns = [
        sa.Column(sa.sql.quoted_name(each.key, True), COLUMN[each.formula_type().kind])
        for each in fields
        if each.formula_type().kind in COLUMN
    ]
    return sa.Table(name, METADATA, *more, *columns)


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)


SAMPLES = table_of("samples", catalogue().forms["sample"].fields, _id())
ORDERS = table_of("orders", catalogue().forms["order"].fields, _id())
ITEMS = table_of("items", catalogue().forms["order"].field("items").fields, _id(), sa.Column("of_order", sa.BigInteger))
LISTS = sa.Table("lists", METADATA, sa.Column("record", sa.BigInteger), sa.Column("field", sa.Text), sa.Column("value", sa.Text))


def stored(type: Type, value: Any) -> Any:
    """A value as its column keeps it."""
    if value is None:
        return None
    if type.kind in ("number", "money"):
        return int(value.scaleb(type.scale))
    if type.kind == "boolean":
        return int(value)
    return {"date": day_number, "datetime": micros_of}.get(type.kind, lambda each: each)(value)


def read(type: Type, value: Any) -> Any:
    """What SQL gave, as a value."""
    if value is None:
        return None
    if type.kind in ("number", "money"):
        assert isinstance(value, int), f"{value!r} is no whole number"
        return Decimal(value).scaleb(-type.scale)
    if type.kind == "boolean":
        return bool(value)
    if type.kind == "date":
        return date(1970, 1, 1) + timedelta(days=value)
    if type.kind == "datetime":
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
    return timedelta(microseconds=value) if type.kind == "duration" else value


def fill(connection: sa.Connection, records: Sequence[Row]) -> None:
    """Puts records with their orders and lines into empty tables."""
    for table in reversed(METADATA.sorted_tables):
        connection.execute(table.delete())
    orders, items, lists, samples = [], [], [], []
    for record in records:
        samples.append(_row_of(SAMPLES, catalogue().forms["sample"].fields, record))
        lists += [
            {"record": record.values["id"], "field": key, "value": value} for key in ("colors", "tags") for value in record.values[key]
        ]
        for order in record.rows.get("orders", ()):
            orders.append({**_row_of(ORDERS, catalogue().forms["order"].fields, order), "customer": record.values["id"]})
            for item in order.rows.get("items", ()):
                items.append(
                    {
                        **_row_of(ITEMS, catalogue().forms["order"].field("items").fields, item),
                        "id": len(items) + 1,
                        "of_order": order.values["id"],
                    }
                )
    for table, rows in ((SAMPLES, samples), (ORDERS, orders), (ITEMS, items), (LISTS, lists)):
        if rows:
            connection.execute(table.insert(), rows)


def _row_of(table: sa.Table, fields: Sequence[Any], row: Row) -> dict[str, Any]:
    types = {each.key: each.formula_type() for each in fields}
    found = {each.name: stored(types[each.name], row.values.get(each.name)) for each in table.columns if each.name in types}
    return {"id": row.values.get("id"), **found}


class TableSource:
    """The tables as formulas see them."""

    def __init__(self, dialect: str, table: Any = SAMPLES, parent: TableSource | None = None, today: date = TODAY, as_of: bool = False):
        self.dialect, self.table, self.parent = dialect, table, parent
        self.today_value, self.as_of, self.zone, self.person = today, as_of, ZONE, SALES
        self.today = sa.literal(day_number(today), sa.BigInteger())
        self.now = sa.literal(micros_of(NOW), sa.BigInteger())

    def field(self, key: str) -> Any:
        return self.table.c[key] if key in self.table.c else self.parent.field(key)

    def system(self, key: str) -> Any:
        return self.table.c[key]

    def path(self, reference: str, key: str) -> Any:
        target, pointer = SAMPLES.alias(), self.field(reference.split(".")[0])
        condition = target.c.id == pointer
        for step in reference.split(".")[1:]:
            further = SAMPLES.alias()
            condition = sa.and_(condition, further.c.id == target.c[step])
            target = further
        return sa.select(target.c[key]).where(condition).correlate(self.table).scalar_subquery()

    def name(self, name: str) -> Any:
        return sa.literal("draft") if name == "previous.status" else sa.literal(615_000, sa.BigInteger())

    def list_contains(self, key: str, option: str) -> Any:
        return sa.exists().where(LISTS.c.record == self.table.c.id, LISTS.c.field == key, LISTS.c.value == option).correlate(self.table)

    def list_empty(self, key: str) -> Any:
        return ~sa.exists().where(LISTS.c.record == self.table.c.id, LISTS.c.field == key).correlate(self.table)

    def related(self, relation: tuple[str, ...]) -> TableRows | OwnTableRows:
        return OwnTableRows(self) if relation == ("record",) else TableRows(self, relation)

    def member_name(self, person: Any) -> Any:
        return sa.case((person == SALES.id, "Sam"))

    def in_team(self, role: str | None) -> Any:
        return sa.true() if role in (None, "helper") else sa.false()

    def segment(self, key: str) -> Any:
        return to_sql(formula(catalogue().segments[key].where), self)

    def dimension_band(self, key: str) -> Any:
        return sa.literal(BANDS.get(key), sa.BigInteger())

    def cuts_reached(self, key: str, count: int, value: Any) -> Any:
        cuts = [int(each * 100) for each in (PERCENTS if count == 100 else CUTS) if each is not None] if key == "amount" else None
        if cuts is None:
            return sa.literal(None, sa.BigInteger())
        steps = [(value >= cut, sa.literal(number, sa.BigInteger())) for number, cut in reversed(list(enumerate(cuts, 1)))]
        return sa.case((value.is_(None), sa.null()), *steps, else_=sa.literal(0, sa.BigInteger()))

    def tier_at(self, model: str, day: Any) -> Any:
        return sa.case(*((day >= day_number(since), tier) for since, tier in TIERS))

    def potential(self, model: str, figure: str) -> Any:
        kept = POTENTIAL.get(figure)
        return sa.literal(None if kept is None else int(kept.scaleb(4)), sa.BigInteger())

    def lookup(self, form: str, match: str, value: Any, result: str) -> Any:
        orders = ORDERS.alias()
        mine = sa.and_(orders.c.customer == self.table.c.id, orders.c[match] == value)
        return sa.select(orders.c[result]).where(mine).order_by(orders.c.id).limit(1).correlate(self.table).scalar_subquery()


class TableRows:
    def __init__(self, outer: TableSource, relation: tuple[str, ...]):
        orders, items = ORDERS.alias(), ITEMS.alias()
        first = TableSource(outer.dialect, orders, None, outer.today_value, outer.as_of)
        self.outer, self.levels, self.clause = outer, [first], orders
        if len(relation) > 1:
            self.levels.append(TableSource(outer.dialect, items, first, outer.today_value, outer.as_of))
            self.clause = orders.join(items, items.c.of_order == orders.c.id)
        self.source = self.levels[-1]
        self.mine = orders.c.customer == outer.table.c.id

    def level(self, path: tuple[str, ...]) -> TableSource:
        return self.levels[len(path) - 1]

    def listed(self, columns: Sequence[Any], conditions: Sequence[Any]) -> Any:
        return sa.select(*columns).select_from(self.clause).where(self.mine, *conditions).correlate(self.outer.table)

    def aggregate(self, value: Any, conditions: Sequence[Any], correlated: bool) -> Any:
        return self.listed([value], conditions).scalar_subquery()

    def first(self, value: Any, order: Sequence[Any], conditions: Sequence[Any]) -> Any:
        return self.listed([value], conditions).order_by(*order).limit(1).scalar_subquery()


class OwnTableRows:
    def __init__(self, source: TableSource):
        self.source = source

    def aggregate(self, value: Any, conditions: Sequence[Any], correlated: bool) -> Any:
        return value.filter(*conditions) if conditions else value


def computed_in_sql(connection: sa.Connection, wanted: Formula, today: date = TODAY, as_of: bool = False) -> list[Any]:
    """The formula's value for every record, worked out by the database."""
    source = TableSource(connection.dialect.name, today=today, as_of=as_of)
    rows = connection.execute(sa.select(to_sql(wanted, source).label("value")).select_from(SAMPLES).order_by(SAMPLES.c.id))
    return [read(wanted.type, row.value) for row in rows]


def found_in_sql(connection: sa.Connection, wanted: Formula) -> list[int]:
    """Ids of the records for which a condition holds, by its WHERE form."""
    condition = to_condition(wanted, TableSource(connection.dialect.name))
    return list(connection.execute(sa.select(SAMPLES.c.id).select_from(SAMPLES).where(condition).order_by(SAMPLES.c.id)).scalars())
