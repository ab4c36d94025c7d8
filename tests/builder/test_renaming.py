"""Another key for a published field: its values stay, and everything that names it is published with it under the new name."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import DefinitionProblems, Refused
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.public import links
from runtime.public.settings import FILL, LinkSettings
from runtime.records import drafts, gateway, history, query
from runtime.records.preparing import prepare
from runtime.system.tables import definition_draft, entry_draft, own_view, stored_column
from runtime.views.renaming import Rewriting
from tests.makers import Json, choice, day, form_json, formula, money, number, reference, subform, text
from tests.tiers.world import ORDER, TODAY, World

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace

FULL = form_json(
    reference("customer", "customer", many_name="orders"),
    day("paid_on"),
    money("amount"),
    choice("status", "done", "returned", default="'done'"),
    text("amounts"),
    subform("items", text("product"), number("count"), formula("twice", "count * amount", result="money", currency="CNY")),
    formula("pieces", "SUM(items.count, where=items.product != 'amount')"),
    key="order",
    title="amounts",
    event_date="paid_on",
    rules=[{"show": ["amounts"], "when": "status == 'done' and amount > 1"}],
    layout=[{"section": "All", "fields": ["customer", "amount"], "wide": ["amount"]}],
)


def renamed(body: Json, *changes: tuple[str, str]) -> Json:
    """The form as its author would write it: all words replaced, which is right for these definitions."""
    said = json.dumps(body)
    for was, now in changes:
        said = said.replace(f'"key": "{was}"', f'"key": "{now}", "formerly": ["{was}"]')
    return json.loads(said)


VIEW: Json = {
    "kind": "view", "key": "dear", "label": "Dear", "form": "order", "filter": "amount > 100 and amounts != 'amount'",
    "columns": ["paid_on", "amount", "customer"], "sort": ["-amount", "paid_on"], "colors": [{"when": "amount > 5", "color": "red"}],
}  # fmt: skip
SET: Json = {
    "kind": "permission_set", "key": "desk", "label": "Desk", "form": "order", "actions": ["view"],
    "rows": "amount < 500", "fields": {"amount": "hidden", "*": "view"},
}  # fmt: skip
TOLD: Json = {
    "kind": "automation", "key": "told", "label": "Told", "owner": "user:ann@example.com",
    "trigger": {"type": "record_updated", "form": "order", "fields": ["amount", "status"]}, "when": "amount > previous.amount",
    "steps": [{"type": "update_record", "values": {"amounts": "'amount ' & amount"}}],
}  # fmt: skip


@pytest.fixture
def shop(sqlite_workspace: Workspace) -> World:
    world = World(sqlite_workspace, FULL, VIEW, SET, TOLD)
    return world


def live(shop: World, kind: str, key: str) -> Json:
    with shop.workspace.reading(SYSTEM) as act:
        return versions.find_version(act.connection, kind, key).body


def value(shop: World, record: int, form: str = "order") -> dict[str, Any]:
    with shop.workspace.reading(SYSTEM) as act:
        return query.get(act, form, record).values


AFTER = renamed(FULL, ("amount", "worth"), ("count", "pcs"), ("items", "lines"))
AFTER |= {
    "rules": [{"show": ["amounts"], "when": "status == 'done' and worth > 1"}],
    "layout": [{"section": "All", "fields": ["customer", "worth"], "wide": ["worth"]}],
}
AFTER["fields"][5]["fields"][2]["formula"] = "pcs * worth"
AFTER["fields"][6]["formula"] = "SUM(lines.pcs, where=lines.product != 'amount')"


@pytest.mark.parametrize("way", ["at once", "prepared"])
def test_values_stay_and_whatever_names_the_field_is_published_with_it(shop: World, way: str) -> None:
    ann = shop.customer()
    made = shop.add(
        "order", customer=ann, amount=70, paid_on=TODAY, items=[{"product": "amount", "count": 2}, {"product": "tea", "count": 3}]
    )
    if way == "prepared":
        prepare(shop.workspace, SYSTEM, [AFTER])
    shop.publish(AFTER)
    found = value(shop, made)
    assert (found["worth"], found["pieces"], [row["pcs"] for row in found["lines"]]) == (70, 3, [2, 3])
    assert found["lines"][0]["twice"] == 140 and value(shop, ann, "customer")["spend"] == 70
    assert live(shop, "view", "dear") == {
        **VIEW, "filter": "worth > 100 and amounts != 'amount'", "columns": ["paid_on", "worth", "customer"], "sort": ["-worth", "paid_on"],
        "colors": [{"when": "worth > 5", "color": "red"}],
    }  # fmt: skip
    assert live(shop, "permission_set", "desk") == {**SET, "rows": "worth < 500", "fields": {"worth": "hidden", "*": "view"}}
    told = live(shop, "automation", "told")
    assert told["trigger"]["fields"] == ["worth", "status"] and told["when"] == "worth > previous.worth"
    assert told["steps"][0]["values"] == {"amounts": "'amount ' & worth"}
    spend = next(each for each in live(shop, "form", "customer")["fields"] if each["key"] == "spend")
    assert spend["formula"] == "SUM(orders.worth, where=orders.status == 'done', on=orders.paid_on, days=365)"
    with shop.workspace.reading(SYSTEM) as act:
        kept = act.connection.execute(sa.select(stored_column.c.path, stored_column.c.live).where(stored_column.c.form == "order")).all()
    assert sorted(row.path for row in kept if not row.live) == []
    assert len(kept) == len({row.path for row in kept})


def test_an_older_version_comes_back_with_the_values_written_since(shop: World) -> None:
    made = shop.add("order", amount=70, items=[{"product": "tea", "count": 3}])
    shop.publish(AFTER)
    shop.change("order", made, worth=90)
    for version in (1, 2, 1):
        with shop.workspace.writing(SYSTEM, "publish") as act:
            versions.restore(act, "form", "order", version)
        found = value(shop, made)
        assert found["amount" if version == 1 else "worth"] == 90
        assert (found["items"][0]["count"] if version == 1 else found["lines"][0]["pcs"]) == 3
        assert live(shop, "view", "dear")["columns"][1] == ("amount" if version == 1 else "worth")


def test_the_former_key_is_refused_with_the_new_one(shop: World) -> None:
    shop.publish(AFTER)
    with pytest.raises(Refused) as refused, shop.workspace.writing(SYSTEM) as act:
        gateway.create(act, "order", {"amount": 1, "lines": [{"count": 1}]})
    assert sorted(str(each.message) for each in refused.value.problems) == [
        "The field amount is called worth by now.",
        "The field count is called pcs by now.",
    ]


def test_history_is_read_on_under_the_new_key(shop: World) -> None:
    made = shop.add("order", amount=70)
    shop.change("order", made, amount=80)
    shop.publish(AFTER)
    with shop.workspace.writing(SYSTEM) as act:
        form = act.catalogue.forms["order"]
        row = query.history(act, "order", made)[0]
        assert form.as_called_now(json.loads(row.changes)).keys() == {"worth"}
        history.take_back(act, "order", made, row.id)
    assert value(shop, made)["worth"] == 70
    again = {**AFTER, "fields": [*AFTER["fields"], text("amount")]}
    shop.publish(again)  # whose change that was cannot be told by the key any more, so nobody is shown it
    with shop.workspace.reading(SYSTEM) as act:
        assert act.catalogue.forms["order"].as_called_now({"amount": [1, 2], "paid_on": [3, 4]}) == {"paid_on": [3, 4]}


def test_what_people_keep_for_themselves_speaks_of_the_new_key(shop: World) -> None:
    with shop.workspace.writing(SYSTEM) as act:
        ann = accounts.add(act, email="ann@example.com", name="Ann", roles=["member"], password="a kettle boils at noon")
        body = json.dumps({**VIEW, "key": "mine"})
        act.connection.execute(own_view.insert().values(id=1, person=ann.id, form="order", body=body, updated_at=0))
        link = links.make(act, "order", FILL, "Ask", LinkSettings(fields=("amount", "paid_on"), prefill=("amount",)))
        drafts.save(replace(act, person=ann), "order", "Begun", [("f_amount", "7"), ("f_items-0-f_count", "3"), ("f_amounts", "x")])
        versions.save_draft(act, "view", "dear", {**VIEW, "label": "Dearer"})
    shop.publish(AFTER)
    with shop.workspace.reading(SYSTEM) as act:
        assert json.loads(act.connection.execute(sa.select(own_view.c.body)).scalar_one())["sort"] == ["-worth", "paid_on"]
        kept = links.get(act, link.id).settings
        assert (kept.fields, kept.prefill) == (("worth", "paid_on"), ("worth",))
        pairs = json.loads(act.connection.execute(sa.select(entry_draft.c.body)).scalar_one())
        assert pairs == [["f_worth", "7"], ["f_lines-0-f_pcs", "3"], ["f_amounts", "x"]]
        begun = act.connection.execute(sa.select(definition_draft.c.body)).scalars().all()
    assert [json.loads(each)["label"] for each in begun] == []  # the draft's definition was published with the form


def test_a_key_freed_by_renaming_is_another_field_afterwards(shop: World) -> None:
    made = shop.add("order", amount=70)
    shop.publish(AFTER)
    again = {**AFTER, "fields": [*AFTER["fields"], number("amount")]}
    shop.publish(again)
    shop.change("order", made, amount=3)
    assert (value(shop, made)["worth"], value(shop, made)["amount"]) == (70, 3)
    shop.publish(AFTER)
    shop.publish(again)
    assert (value(shop, made)["worth"], value(shop, made)["amount"]) == (70, 3)
    with shop.workspace.writing(SYSTEM, "publish") as act:
        versions.restore(act, "form", "order", 1)
    assert value(shop, made)["amount"] == 70


def test_a_field_takes_over_the_key_of_one_that_goes(shop: World) -> None:
    made = shop.add("order", amount=70, amounts="many")
    rest = [each for each in AFTER["fields"] if each["key"] not in ("amounts", "worth")]
    body = {**AFTER, "title": "status", "fields": [*rest, money("amounts", formerly=["amount"])], "layout": []}
    body["rules"] = [{"show": ["amounts"], "when": "status == 'done'"}]
    body["fields"] = [each if each["key"] != "lines" else {**each, "fields": each["fields"][:2]} for each in body["fields"]]
    plain = {**VIEW, "filter": "amount > 100"}
    shop.publish(body, {**plain, "filter": "amounts > 100", "columns": [], "sort": [], "colors": []}, {**TOLD, "when": "true",
                 "steps": [{"type": "update_record", "values": {"paid_on": "today()"}}], "trigger": {"type": "record_created", "form": "order"}})  # fmt: skip
    assert value(shop, made)["amounts"] == 70
    with shop.workspace.writing(SYSTEM, "publish") as act:
        versions.restore(act, "form", "order", 1)
    found = value(shop, made)
    assert (found["amount"], found["amounts"]) == (70, "many")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ([text("a", formerly=["a"])], "Its own key is no former one. Leave it out."),
        ([text("a", formerly=["x"]), text("b", formerly=["x"])], "Two of them say that they were called x. It was one of them."),
        (
            [text("a", formerly=["b"]), text("b", formerly=["a"])],
            "Two cannot exchange their keys at once. Give one of them a third key, and publish in between.",
        ),
    ],
)
def test_contradictory_former_keys_are_problems(sqlite_workspace: Workspace, fields: list[Json], problem: str) -> None:
    kinds.load()
    with pytest.raises(DefinitionProblems) as wrong, sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [form_json(*fields)])
    assert problem in [str(each.message) for each in wrong.value.problems]


def test_a_new_type_and_a_new_key_come_together(shop: World) -> None:
    made = shop.add("order", amount=70, amounts="12")
    fields = [number("rank", formerly=["amounts"]) if each["key"] == "amounts" else each for each in FULL["fields"]]
    other = {**TOLD, "steps": [{"type": "update_record", "values": {"paid_on": "today()"}}]}
    shop.publish({**FULL, "fields": fields, "title": "status", "rules": []}, {**VIEW, "filter": "amount > 100"}, other)
    assert value(shop, made)["rank"] == 12
    assert ORDER["key"] == "order"


def test_pairs_of_a_linked_choice_are_called_by_the_new_keys_in_rows_too(shop: World) -> None:
    linked = {"type": "linked_choice", "key": "near", "label": "Near", "form": "order", "field": "amounts"}
    pairs = [{"theirs": "amounts", "ours": "amounts"}]
    rows = [{"theirs": "amounts", "ours": "parent.amounts"}, {"theirs": "amounts", "ours": "product"}]
    visit = form_json(text("name"), text("amounts"), {**linked, "pairs": pairs},
                      subform("stops", text("product"), {**linked, "pairs": rows}), key="stopover")  # fmt: skip
    with shop.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [visit])
    published = [live(shop, "form", "order"), live(shop, "form", "stopover")]
    there = {**published[0], "fields": [{**each, "key": "sums", "formerly": ["amounts"]} if each["key"] == "amounts" else each
                                        for each in published[0]["fields"]]}  # fmt: skip
    there = {**there, "title": "sums", "rules": [], "layout": []}
    with shop.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [there])
    fields = {each["key"]: each for each in live(shop, "form", "stopover")["fields"]}
    assert fields["near"]["pairs"] == [{"theirs": "sums", "ours": "amounts"}] and fields["near"]["field"] == "sums"

    with shop.workspace.reading(SYSTEM) as act:
        rewriting = Rewriting(act.catalogue, {"stopover": {"amounts": "town", "stops.product": "stops.goods"}}, {})
        said = rewriting.definition(act.catalogue.forms["stopover"], live(shop, "form", "stopover"))
    fields = {each["key"]: each for each in said["fields"]}
    near = fields["stops"]["fields"][1]
    assert fields["near"]["pairs"][0]["ours"] == "town" and [each["ours"] for each in near["pairs"]] == ["parent.town", "goods"]
