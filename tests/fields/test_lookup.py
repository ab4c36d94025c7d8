"""Lookup: the field of another record, seen no better here than there."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import Refused
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests import makers
from tests.makers import catalogue_of, form_of, lookup, reference

CUSTOMER = makers.form_json(
    makers.text("name"),
    makers.member("owner"),
    makers.phone("mobile", region="CN"),
    makers.choice("stage"),
    makers.multi_choice("interests"),
)
ORDER = makers.form_json(
    makers.text("no"),
    makers.reference("customer", "customer", many_name="orders"),
    lookup("buyer"),
    lookup("buyer_mobile", field="mobile"),
    lookup("buyer_stage", field="stage", result="choice", options=makers.options("new", "steady", "lost")),
    key="order",
)


@pytest.mark.parametrize(
    ("settings", "path", "said"),
    [
        ({"reference": "nobody"}, "reference", "This form has no reference with the key nobody."),
        ({"reference": "no"}, "reference", "This form has no reference with the key no."),
        ({"field": "height"}, "field", "The form customer has no field with the key height."),
        ({"field": "interests"}, "field", "The field Interests holds several values. Choose one that holds a single value."),
        ({"field": "stage"}, "result", "Stage gives choice. Choose that as the result."),
    ],
)
def test_what_is_wrong_with_it_is_said_at_its_setting(settings: dict[str, Any], path: str, said: str) -> None:
    makers.fill_shelf("runtime.fields")
    form = form_of(makers.text("no"), reference("customer", "customer"), lookup("buyer", **settings), key="order")
    problems = list(form.fields[2].problems(form, catalogue_of(CUSTOMER)))
    assert [(each.path, str(each.message)) for each in problems] == [(path, said)]
    assert problems[0].message.in_language("zh") != said
    assert list(form.fields[2].formulas(form, catalogue_of(CUSTOMER))) == []


def test_in_rows_it_says_which_formula_does_it() -> None:
    makers.fill_shelf("runtime.fields")
    form = form_of(makers.text("no"), makers.subform("lines", reference("of", "customer"), lookup("buyer", reference="of")), key="order")
    problems = list(form.fields[1].problems(form, catalogue_of(CUSTOMER)))
    assert [each.path for each in problems] == ["fields/1/reference"]
    assert "of.name" in str(problems[0].message)


@pytest.fixture
def orders(workspace: Workspace) -> dict[str, Any]:
    """An order of Lin, whom Ann owns; orders are open to all of sales, customers to their owner, mobiles to nobody."""
    kinds.load()
    sets = [
        {"kind": "permission_set", "key": "own", "label": "Own", "form": "customer", "for": ["role:sales"], "actions": ["view"],
         "rows": "owner == CURRENT_USER()", "fields": {"*": "view", "mobile": "masked"}},
        {"kind": "permission_set", "key": "orders", "label": "Orders", "form": "order", "for": ["role:sales", "role:store"],
         "actions": ["view", "edit"], "fields": {"*": "edit"}},
    ]  # fmt: skip
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CUSTOMER, ORDER, *sets])
    with workspace.writing(SYSTEM) as act:
        people = {
            name: accounts.add(act, email=f"{name}@example.com", name=name, roles=[role], password=None)
            for name, role in (("ann", "sales"), ("bob", "sales"), ("sue", "store"), ("lea", "builder"))
        }
        lin = gateway.create(act, "customer", {"name": "Lin", "owner": people["ann"].id, "mobile": "13812342046", "stage": "steady"}).id
        order = gateway.create(act, "order", {"no": "1", "customer": lin}).id
    return {"people": people, "order": order, "lin": lin}


def test_it_follows_the_other_record(workspace: Workspace, orders: dict[str, Any]) -> None:
    with workspace.writing(SYSTEM) as act:
        gateway.update(act, "customer", orders["lin"], {"name": "Lin Yue", "stage": "lost"})
        found = query.get(act, "order", orders["order"])
        assert (found.values["buyer"], found.values["buyer_stage"], found.values["buyer_mobile"]) == ("Lin Yue", "lost", "+8613812342046")
        gateway.update(act, "order", orders["order"], {"customer": None})
        assert query.get(act, "order", orders["order"]).values["buyer"] is None


def test_rules_and_defaults_read_the_record_that_is_chosen_now(workspace: Workspace) -> None:
    kinds.load()
    order = makers.form_json(
        makers.text("no"),
        makers.reference("customer", "customer", many_name="orders"),
        lookup("buyer_stage", field="stage", result="choice", options=makers.options("new", "steady", "lost")),
        makers.text("greeting", default="IF(buyer_stage == 'steady', 'Welcome back', 'Hello')"),
        key="order",
        rules=[{"check": "buyer_stage != 'lost'", "fields": ["customer"], "message": "Not with us any more."}],
    )
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CUSTOMER, order])
    with workspace.writing(SYSTEM) as act:
        steady, lost = (gateway.create(act, "customer", {"name": stage, "stage": stage}).id for stage in ("steady", "lost"))
        made = gateway.create(act, "order", {"no": "1", "customer": steady}).id
        assert query.get(act, "order", made).values["greeting"] == "Welcome back"
    for write in (
        lambda act: gateway.create(act, "order", {"no": "2", "customer": lost}),
        lambda act: gateway.update(act, "order", made, {"customer": lost}),
    ):
        with pytest.raises(Refused, match="Not with us any more"), workspace.writing(SYSTEM) as act:
            write(act)


@pytest.mark.parametrize(
    ("who", "buyer", "mobile"), [("lea", "Lin", "+8613812342046"), ("ann", "Lin", None), ("bob", None, None), ("sue", None, None)]
)
def test_who_does_not_see_it_there_does_not_see_it_here(
    workspace: Workspace, orders: dict[str, Any], who: str, buyer: str | None, mobile: str | None
) -> None:
    with workspace.reading(orders["people"][who]) as act:
        found = query.get(act, "order", orders["order"])
        assert (found.values.get("buyer"), found.values.get("buyer_mobile")) == (buyer, mobile)
        listed = query.page(act, "order", columns=["no", "buyer", "buyer_mobile"]).records[0]
        assert (listed.values.get("buyer"), listed.values.get("buyer_mobile")) == (buyer, mobile)
        if who != "sue":  # a field that is seen nowhere may not even be asked for
            assert query.count(act, "order", filter="buyer == 'Lin'") == (1 if buyer else 0)
