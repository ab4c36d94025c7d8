"""Who names a field: every setting that can is marked on its model and found; formulas are read to the ends of their references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest
import sqlalchemy as sa
from pydantic import BaseModel

from builder.uses import fields_read, link_uses, own_view_uses, places_of
from runtime import kinds
from runtime.definitions.kinds import KINDS
from runtime.definitions.loading import check, is_elsewhere
from runtime.definitions.model import FormulaUse
from runtime.definitions.naming import fields_named, marker
from runtime.definitions.shelf import CHARTS, FIELD_TYPES, NODES, STEPS, TRIGGERS
from runtime.formulas.definitions import of_use
from runtime.people.person import SYSTEM
from runtime.public.settings import LinkSettings
from runtime.system.tables import own_view
from runtime.system.workspace import Workspace
from tests.makers import (
    Json,
    catalogue_of,
    choice,
    day,
    definition,
    form_json,
    lookup,
    member,
    money,
    number,
    reference,
    rollup,
    serial,
    subform,
    tags,
    text,
)

kinds.load()
SHELVES = (FIELD_TYPES, TRIGGERS, STEPS, CHARTS, NODES)
NO_FIELDS = {
    *("todo", "key", "type", "kind", "form", "app", "icon", "format", "by", "many_name", "tag", "tag_set", "tier", "tier_model", "to", "from_"),
    *("segment", "automation", "grace_automation", "merged_into", "dashboard", "view", "items", "entries", "plans", "bands", "options"),
    *(
        "label",
        "zh",
        "en",
        "help",
        "message",
        "section",
        "tab",
        "title",
        "text",
        "summary",
        "purpose",
        "meaning",
        "use",
        "exception",
        "why",
    ),
    *(
        "ask",
        "done",
        "shown_as",
        "script",
        "name",
        "aliases",
        "channel",
        "unit",
        "currency",
        "salt",
        "subject",
        "body",
        "at",
        "nightly_at",
        "cron",
        "timezone",
        "url",
    ),
    "formerly",
    *("secret", "color", "redirect", "embed", "region", "min", "max", "cuts", "as_of", "sources", "actions", "expires", "kinds", "lines"),
    *("day", "headers", "secrets_in", "take", "path", "reason", "bot", "wording", "quiet_from", "quiet_until", "plan", "tiers", "tags", "inputs", "return_to", "role", "workflow"),
    *("node", "create"),
}
"""Settings with a text that names no field: keys of other things, words for people (places in them are formulas), formats."""
UNMARKED = {("Filled", "field"), ("Pair", "theirs")}
"""The setting that holds it is marked: only that knows whose fields are meant."""


def models() -> Iterator[type[BaseModel]]:
    """Every model of which a definition can be made, and the settings of public links."""
    waiting: list[type[BaseModel]] = [*KINDS.values(), LinkSettings, *(kind for shelf in SHELVES for kind in shelf.kinds.values())]
    seen = set()
    while waiting:
        model = waiting.pop()
        if model not in seen:
            seen.add(model)
            yield model
            waiting += [each for info in model.model_fields.values() for each in _types(info.annotation) if _is_model(each)]


def _types(annotation: Any) -> Iterator[Any]:
    yield annotation
    for each in get_args(annotation):
        yield from _types(each)


def _is_model(each: Any) -> bool:
    return isinstance(each, type) and issubclass(each, BaseModel)


def settings() -> Iterator[tuple[type[BaseModel], str]]:
    yield from ((model, name) for model in models() for name in model.model_fields)


def holds_text(model: type[BaseModel], name: str) -> bool:
    """Whether the setting holds free texts, or a mapping by them; a formula is read as one."""
    info = model.model_fields[name]
    formula = "formula" in str(info.json_schema_extra) or any("'format': 'formula'" in str(each) for each in _types(info.annotation))
    keyed = any(getattr(each, "__origin__", None) is dict for each in _types(info.annotation))
    return any(each is str for each in _types(info.annotation)) and (keyed or not formula)


def test_every_setting_that_holds_a_text_says_whether_it_names_a_field() -> None:
    unsaid = {
        (model.__name__, name)
        for model, name in settings()
        if holds_text(model, name) and marker(model, name) is None and name not in NO_FIELDS
    }
    assert unsaid == UNMARKED


MARKED = sorted({(model, name) for model, name in settings() if marker(model, name)}, key=lambda each: (each[0].__name__, each[1]))


@pytest.mark.parametrize(("model", "name"), MARKED, ids=[f"{model.__name__}.{name}" for model, name in MARKED])
def test_a_key_put_where_a_field_is_named_is_found(model: type[BaseModel], name: str) -> None:
    mark = marker(model, name)
    assert mark is not None
    written = {"pattern": "N{sought}{####}"}.get(name, "field:sought" if "format': 'who" in str(model.model_fields[name]) else "sought")
    within = type("Part", (), {mark.at: written})() if mark.at else written
    annotation = str(model.model_fields[name].annotation)
    value = {within: None} if annotation.startswith("dict") else (within,) if "tuple" in annotation else within
    beside = {mark.of: ("items" if marker(model, mark.of) else "other")} if mark.of else {}
    given: dict[str, Any] = {name: value, **beside}
    part = model.model_construct(**given)
    found = set(fields_named(part, "here", catalogue_of(form_json(text(), subform(), key="here"), form_json(key="other")), placing=True))
    expected = ("here", "sought") if not beside else ("here", "items.sought") if beside[mark.of] == "items" else ("other", "sought")
    assert expected in found


# -- whole definitions ------------------------------------------------------------------------------------------------------------
CUSTOMER = form_json(
    *(text(key) for key in ("name", "a", "b", "c", "d", "e", "f", "g", "h", "code")),
    member(),
    choice("stage"),
    day("met_on"),
    number("points"),
    money("worth"),
    tags(),
    rollup("spend"),
    serial("no", "C{a}{yyyy}{####}"),
)
ORDER = form_json(
    reference("customer", many_name="orders"),
    day("paid_on"),
    money("amount"),
    choice("status"),
    subform("items", text("product"), number("count"), reference("giver", "customer")),
    lookup("buyer", field="b"),
    key="order",
    title="paid_on",
    rules=[
        {"when": "items.count > 1", "show": ["product"], "subform": "items"},
        {"fill": [{"field": "amount", "by": "customer.worth"}], "chosen": "customer"},
    ],
)
EVERYWHERE: list[Json] = [
    {
        "kind": "view",
        "key": "v",
        "form": "customer",
        "as": "kanban",
        "group": "stage",
        "date": "met_on",
        "sort": ["-c"],
        "widths": {"d": 90},
    },
    {"kind": "permission_set", "key": "p", "form": "customer", "for": ["field:owner"], "fields": {"e": "hidden"}},
    {
        "kind": "automation",
        "key": "a",
        "trigger": {"type": "record_updated", "form": "order", "fields": ["status"]},
        "steps": [
            {
                "type": "branch",
                "when": "previous.amount > 1",
                "then": [{"type": "update_record", "target": "customer", "values": {"f": "'x'"}}],
                "otherwise": [{"type": "create_record", "form": "customer", "values": {"g": "customer.h", "name": "'y'"}}],
            },
            {"type": "notify", "to": ["user:a@example.com"], "subject": "{customer.code} of {paid_on}"},
        ],
    },
    {
        "kind": "dashboard",
        "key": "d",
        "parts": [{"type": "bar", "label": "B", "at": [0, 0, 4, 4], "form": "customer", "by": "stage", "measure": "SUM(points)"}],
    },
]


LINKED = {"type": "linked_choice", "key": "near", "label": "Near", "form": "customer", "field": "name"}
NARROWED = form_json(
    text("here"),
    {**LINKED, "pairs": [{"theirs": "a", "ours": "here"}]},
    subform("stops", text("product"), {**LINKED, "pairs": [{"theirs": "b", "ours": "product"}, {"theirs": "c", "ours": "parent.here"}]}),
    key="trip",
    title="here",
)


def found_in(body: Json) -> set[tuple[str, str]]:
    given = {"label": body["key"], **body}
    return set(places_of(definition(given), catalogue_of(CUSTOMER, ORDER, *({"label": "x", **each} for each in EVERYWHERE))))


@pytest.mark.parametrize(
    ("body", "places"),
    [
        (EVERYWHERE[0], "customer.stage customer.met_on customer.c customer.d"),
        (EVERYWHERE[1], "customer.owner customer.e"),
        (
            EVERYWHERE[2],
            "order.status order.amount order.customer customer.f customer.g customer.h customer.name customer.code order.paid_on",
        ),
        (EVERYWHERE[3], "customer.stage customer.points"),
        (ORDER, "customer.b order.items order.items.product order.amount customer.worth order.customer order.paid_on"),
        (CUSTOMER, "order.customer order.amount customer.a customer.name"),
        (NARROWED, "customer.name customer.a customer.b customer.c trip.here trip.stops trip.stops.product"),
    ],
    ids=["view", "permission set", "automation", "dashboard", "form", "form of the relation", "linked choices"],
)
def test_all_that_a_definition_names_is_found(body: Json, places: str) -> None:
    wanted = {tuple(each.split(".", 1)) for each in places.split()}
    assert wanted - found_in(body) == set()


@pytest.mark.parametrize(
    ("formula", "form", "rows", "places"),
    [
        ("customer.name", "order", None, "order.customer customer.name"),
        ("COUNT(orders, where=orders.customer.a == 'x')", "customer", None, "order.customer customer.a"),
        ("SUM(orders.items.count)", "customer", None, "order.customer order.items order.items.count"),
        ("giver.name", "order", "items", "order.items.giver customer.name"),
        ("LOOKUP('customer', 'code', 'x', 'e')", "order", None, "customer.code customer.e"),
    ],
)
def test_a_formula_is_read_to_the_ends_of_its_references(formula: str, form: str, rows: str | None, places: str) -> None:
    catalogue, use = catalogue_of(CUSTOMER, ORDER), FormulaUse("", formula, form, rows)
    assert set(fields_read(use, of_use(catalogue, use), catalogue)) == {tuple(each.split(".", 1)) for each in places.split()}


def test_a_form_on_which_another_form_depends_keeps_the_field() -> None:
    """What a lookup shows cannot be taken away alone."""
    now = catalogue_of(CUSTOMER, ORDER)
    without = form_json(*(each for each in CUSTOMER["fields"] if each["key"] != "b"))
    found = [each for each in check([definition(without)], now) if is_elsewhere(each)]
    assert any("“Order” needs this" in str(each.message) for each in found)


def test_public_links_are_found_and_peoples_own_views_are_counted(sqlite_workspace: Workspace) -> None:
    from runtime.definitions.versions import publish
    from runtime.people import accounts
    from runtime.public import links

    with sqlite_workspace.writing(SYSTEM) as act:
        publish(act, [form_json(text(), text("code"), number("points"), key="customer"), form_json(reference("customer"), key="order")])
        person = accounts.add(act, email="a@example.com", name="A", roles=(), password="kettle boils at noon").id
        view = '{"kind": "view", "key": "mine", "label": "Mine", "form": "customer", "columns": ["code"], "filter": "points > 1"}'
        act.connection.execute(sa.insert(own_view).values(id=1, person=person, form="customer", body=view, updated_at=0))
    with sqlite_workspace.writing(SYSTEM) as act:
        made = links.make(act, "order", "fill", "Ask", LinkSettings(bound="customer", pick={"customer": "code == 'x'"}))
        customer, order = act.catalogue.forms["customer"], act.catalogue.forms["order"]
        assert {key: [each.id for each in some] for key, some in link_uses(act, customer).items()} == {"code": [made.id]}
        assert {key: [each.id for each in some] for key, some in link_uses(act, order).items()} == {"customer": [made.id]}
        assert own_view_uses(act, customer, ["code", "points", "name"]) == {"code": 1, "points": 1, "name": 0}
