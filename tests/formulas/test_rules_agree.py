"""Rules hide, demand, lock, offer and compute alike in the browser and on the server, whatever somebody sends: random rules over random values."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.formulas.wire import to_wire
from runtime.pages.entry_computed import followed
from runtime.pages.entry_rules import carried, paths, standing
from runtime.pages.reader import Reader
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.records.entries import Entry, prepare
from runtime.records.lookup import ActLookup
from runtime.records.plan import Plan, plan_of
from runtime.records.rows import Record
from runtime.records.rules import LOCKED, NEEDED, NOT_ON_OFFER
from runtime.system.workspace import Act, Workspace
from tests import makers
from tests.formulas.browser import ask

FORMS, PAGES = 6, 40
TREATMENTS = ("clear", "keep", "recompute")
FIELDS = (
    makers.text("name", default="'somebody'"),
    makers.text("note"),
    makers.choice("sort", "company", "person", "other", default="'person'"),
    makers.choice("size", "s", "m", "l", "xl", "xxl", "none"),
    makers.multi_choice("tags", "vip", "new", "old"),
    makers.number("amount"),
    makers.number("discount", decimals=0, default="5"),
    makers.number("paid", default="amount * 2"),
    makers.day("due_on"),
    makers.day("starts_on", default="due_on - DAYS(7)"),
    makers.checkbox("agreed"),
    makers.field("region", "city"),
    makers.field("address", "place"),
    makers.field("location", "spot", by_hand=True),
    makers.rich_text("story"),
    makers.email("email"),
    makers.reference("client", "client"),
    makers.lookup("level", reference="client", field="level", result="choice", options=makers.options("gold", "silver")),
    makers.lookup("credit", reference="client", field="credit", result="number"),
    makers.formula("room", "IFEMPTY(credit, 0) - IFEMPTY(amount, 0)"),
    makers.subform(
        "items",
        makers.reference("of", "client"),
        makers.formula("of_level", "of.level", result="choice", options=makers.options("gold", "silver")),
        makers.text("product"),
        makers.choice("color", "red", "blue", "green"),
        makers.number("quantity", decimals=0, default="1"),
        makers.money("price"),
        makers.formula("line_total", "quantity * price", result="money", currency="CNY"),
    ),
    makers.formula("total", "SUM(items.line_total)", result="money", currency="CNY"),
    makers.formula("rest", "IFEMPTY(amount, 0) - IFEMPTY(paid, 0)", result="number"),
)
CLIENT = makers.form_json(makers.text("name"), makers.choice("level", "gold", "silver"), makers.number("credit"), key="client")
HIDEABLE = (
    "note",
    "size",
    "tags",
    "amount",
    "discount",
    "paid",
    "due_on",
    "starts_on",
    "agreed",
    "city",
    "place",
    "items",
    "name",
    "client",
)
CONDITIONS = (
    "sort == 'company'",
    "sort != 'person' and amount > 100",
    "'vip' in tags",
    "not ISEMPTY(note)",
    "STARTSWITH(city, '广东省')",
    "ISEMPTY(place) or agreed",
    "ISEMPTY(spot)",
    "ISEMPTY(story) and LEN(name) > 3",
    "total > 300",
    "rest < 0",
    "discount > 4 or paid > 50",
    "due_on - starts_on > 6",
    "COUNT(items) > 1",
    "size == 'm' or size == 'l'",
    "SUM(items.quantity) >= 3",
    "level == 'gold'",
    "room < 50",
    "credit > 100 or client.level == 'silver'",
)
OF_ROWS = (
    "color == 'red'",
    "quantity > 1",
    "line_total > 200",
    "sort == 'company' and ISEMPTY(price)",
    "total > 400",
    "product != 'a'",
    "of_level == 'gold'",
    "level == 'silver'",
    "of.credit > 100",
)


# -- random forms and values ------------------------------------------------------------------------------------------------------
def _rules(chance: random.Random) -> Iterator[dict[str, Any]]:
    for _number in range(chance.randint(3, 6)):
        hidden = {"show": chance.sample(HIDEABLE, chance.randint(1, 3)), "hidden_value": chance.choice(TREATMENTS)}
        yield {**hidden, "when": chance.choice(CONDITIONS)}
    yield {"require": chance.sample(HIDEABLE, 2), "when": chance.choice(CONDITIONS)}
    yield {"read_only": chance.sample(("note", "amount", "city", "due_on", "size"), 2), "when": chance.choice(CONDITIONS)}
    yield {"check": chance.choice(CONDITIONS), "fields": ["note"], "message": "no"}
    for _number in range(2):
        yield {"limit": ["size"], "options": chance.sample(("s", "m", "l", "xl"), 2), "when": chance.choice(CONDITIONS)}
    in_rows = {"subform": "items", "when": chance.choice(OF_ROWS)}
    yield {"show": [chance.choice(("price", "color", "quantity"))], "hidden_value": chance.choice(("clear", "recompute")), **in_rows}
    yield {"require": ["price"], "subform": "items", "when": chance.choice(OF_ROWS)}
    yield {"limit": ["color"], "options": ["red", "blue"], "subform": "items", "when": chance.choice(OF_ROWS)}
    yield {"check": chance.choice(OF_ROWS), "fields": ["product"], "message": "no", "subform": "items"}


def _sent(chance: random.Random) -> dict[str, Any]:
    def one(*of: Any) -> Any:
        return chance.choice(of)

    row = {
        "of": lambda: one("", "1", "2"),
        "product": lambda: one("a", "b"),
        "color": lambda: one("red", "blue", "green", None),
        "quantity": lambda: one("1", "2", "", "4"),
        "price": lambda: one("99.50", "100", ""),
    }
    return {
        "name": one("Ann", "Robert", ""),
        "note": one("", "x", "１"),
        "sort": one("company", "person", "other", None),
        "size": one("", "s", "m", "l", "xl", "xxl"),
        "tags": chance.sample(["vip", "new", "old"], chance.randint(0, 2)),
        "amount": one("", "50", "100.01", "1,000"),
        "discount": one("", "4", "5", "9"),
        "paid": one("", "20", "６0"),
        "due_on": one("", "2026-05-02", "2026/5/9"),
        "starts_on": one("", "2026-05-01"),
        "agreed": one(True, False),
        "city": one("", "广东省/深圳市", "北京市"),
        "place": one(["", ""], ["北京市", "x 1"]),
        "spot": one(["", ""], ["114.057868,22.543099", "here"]),
        "story": one("", "<p>One</p>"),
        "email": one("", "a@b.cn"),
        "client": one("", "1", "2"),
        "items": [{key: make() for key, make in row.items()} for _number in range(chance.randint(0, 3))],
    }


# -- both sides -------------------------------------------------------------------------------------------------------------------
def _before(act: Act, plan: Plan, sent: dict[str, Any]) -> Record:
    """A record as it may stand from before its form had these rules."""
    values = prepare(act, plan, sent, None, ActLookup(act)).values
    return Record(plan.form, 1, 1, act.micros, 1, act.micros, 1, None, values=values)


def _by_server(act: Act, plan: Plan, entry: Entry) -> dict[str, Any]:
    stands = standing(act, plan.form, entry.values, None)
    values = entry.values | followed(act, plan, entry.values, None)

    def wired(fields: Any, values: Any) -> dict[str, Any]:
        return {
            key: _same_list(to_wire(values.get(key), each.formula_type()) or None)
            for key, each in fields.items()
            if each.stores not in ("rows", "nothing") and key not in ("spot", "story")
        }

    return {
        "hidden": sorted([*entry.hidden.fields, *("/".join(map(str, each)) for each in entry.hidden.in_rows)]),
        "standing": stands.as_json(),
        "rows": stands.rows_as_json()["items"] if "items" not in entry.hidden.fields else [],
        "values": wired(plan.form.by_key, values),
        "lines": [wired(plan.form.by_key["items"].lines(), row) for row in entry.values.get("items") or ()],
    }


def _by_browser(plan: Plan, answer: dict[str, Any], server: dict[str, Any]) -> dict[str, Any]:
    values = {key: each.get("value") for key, each in (answer["values"] | answer["computed"]).items()}
    return {
        "hidden": answer["hidden"],
        "standing": answer["standing"],
        "rows": [each["standing"] for each in answer["rows"]["items"]],
        "values": {key: _same_list(values[key] or None) for key in server["values"]},
        "lines": [{key: each["value"] or None for key, each in row.items()} for row in answer["inRows"]["items"]],
    }


def _same_list(value: Any) -> Any:
    """Options come in the order in which they were ticked, and are kept in that of the definition."""
    return sorted(value) if isinstance(value, list) else value


def _told(entry: Entry, message: Any) -> set[str]:
    return {each.path for each in entry.problems if each.message == message}


def _expected(plan: Plan, entry: Entry, answer: dict[str, Any], old: dict[str, Any]) -> dict[str, set[str]]:
    """What the server has to refuse, by what the browser says."""
    values, hidden = entry.values, set(answer["hidden"])
    blank = {key for key in plan.form.by_key if values.get(key) in (None, (), "")}
    rows = list(enumerate(zip(values.get("items") or (), answer["rows"]["items"], strict=False)))
    return {
        "needed": {key for key in answer["needed"] if key not in hidden and key in blank}
        | {
            f"items/{n}/{key}"
            for n, (row, said) in rows
            for key in said["needed"]
            if row.get(key) is None and f"items/{n}/{key}" not in hidden
        },
        "locked": {key for key in answer["locked"] if key not in hidden and values.get(key) != old.get(key)},
        "offered": {key for key, of in answer["offered"].items() if key not in hidden and key not in blank and values[key] not in of}
        | {
            f"items/{n}/{key}"
            for n, (row, said) in rows
            for key, of in said["offered"].items()
            if row.get(key) is not None and row[key] not in of and f"items/{n}/{key}" not in hidden
        },
    }


def test_random_rules_over_random_values_stand_alike_on_both_sides(sqlite_workspace: Workspace) -> None:
    kinds.load()
    chance = random.Random(20261122)
    bodies = [makers.form_json(*FIELDS, key=f"form_{number}", rules=list(_rules(chance))) for number in range(FORMS)]
    app = {"kind": "app", "key": "shop", "label": "Shop", "menu": []}
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [app, CLIENT, *bodies])
    with sqlite_workspace.writing(SYSTEM) as act:
        gateway.create(act, "client", {"name": "Ann", "level": "gold", "credit": "200"})
        gateway.create(act, "client", {"name": "Bob", "level": "silver", "credit": "60"})
    questions, entries = [], []
    with sqlite_workspace.reading(SYSTEM) as act:
        for body in bodies:
            plan = plan_of(act.catalogue, body["key"], act.connection.dialect)
            before = _before(act, plan, _sent(chance)) if chance.random() < 0.5 else None
            old = before.values if before else {}
            pages, asked = [], []
            for _number in range(PAGES):
                sent = _sent(chance)
                asked.append(prepare(act, plan, sent, before, ActLookup(act)))
                pages.append({"raws": {key: each for key, each in sent.items() if key != "items"}, "rows": {"items": sent["items"]}})
            first = asked[0].values
            page = carried(act, plan.form, old, first, 1 if before else None, Reader("en", act.zone), standing(act, plan.form, first, None))
            page["fresh"] = before is None
            for each in asked:  # as the server tells them while somebody fills in
                for name, known in paths(act, plan.form, each.values, None).items():
                    page["paths"].setdefault(name, known)["values"].update(known["values"])
            questions.append({"task": "settled", "carried": page, "pages": pages})
            entries.append((plan, old, asked, [_by_server(act, plan, each) for each in asked]))
    for (plan, old, asked, by_server), answers in zip(entries, ask(questions)[1], strict=True):
        for entry, server, answer in zip(asked, by_server, answers, strict=True):
            if old and "items" in entry.hidden.fields and plan.treatments["items"] != "clear":
                continue  # stored rows that are hidden and kept are not on the page: the server alone says what they make
            found = _by_browser(plan, answer, server)
            if found != server:
                print([str(each) for each in entry.problems])
                for k in server:
                    if found[k] != server[k]:
                        print(k, "BROWSER", found[k], "SERVER", server[k])
                print([(r.rule.model_dump(exclude_none=True)) for r in plan.rules])
            assert found == server
            expected = _expected(plan, entry, answer, old)
            assert _told(entry, NEEDED) == expected["needed"]
            assert _told(entry, LOCKED) == expected["locked"]
            assert _told(entry, NOT_ON_OFFER) == expected["offered"]


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_what_is_sent_for_a_hidden_field_never_gets_in(sqlite_workspace: Workspace, treatment: str) -> None:
    kinds.load()
    form = makers.form_json(
        makers.text("name"),
        makers.number("discount", decimals=0, default="5"),
        makers.checkbox("special"),
        rules=[{"show": ["discount"], "when": "special", "hidden_value": treatment}],
    )
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{"kind": "app", "key": "shop", "label": "Shop", "menu": []}, form])
    with sqlite_workspace.reading(SYSTEM) as act:
        plan = plan_of(act.catalogue, form["key"], act.connection.dialect)
        new = prepare(act, plan, {"special": False, "discount": 90}, None, ActLookup(act))
        held = Record(plan.form, 1, 1, act.micros, 1, act.micros, 1, None, values={"discount": Decimal(7), "special": True})
        changed = prepare(act, plan, {"special": False, "discount": 90}, held, ActLookup(act))
    assert new.values["discount"] == {"clear": None, "keep": 5, "recompute": 5}[treatment]
    assert changed.values["discount"] == {"clear": None, "keep": 7, "recompute": 5}[treatment]
