"""The pages of potential: choose, learn, look at the test, switch on; and the card on a record."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.potential import extra
from runtime.system import jobs
from runtime.system.workspace import Workspace
from tests.makers import Json, form_json, text
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words
from tests.potential.world import AGAIN, REPEAT, Shop
from tests.test_project import PYTHON_FILES, module_of
from tests.tiers.world import World, model

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer"]}]}
PLACE = "/build/shop/potential"
CHOSEN = {
    "form": "customer",
    "by": "purchases",
    "label": "Repeat purchases",
    "horizon_days": "90",
    "date": "orders.paid_on",
    "amount": "orders.amount",
    "where": "status == 'done'",
    "lifetime_years": "3",
    "discount_percent": "10",
}


@pytest.fixture
def shop(sqlite_workspace: Workspace) -> Shop:
    return Shop(sqlite_workspace, APP)


def work_off(shop: World) -> None:
    while jobs.run_next(shop.workspace):
        pass


def in_use(shop: Shop, *models: Json) -> Shop:
    shop.publish(*models)
    for each in models:
        shop.learn(each["key"])
        shop.switch_on(each["key"])
    return shop


# -- from the first choice to the card ------------------------------------------------------------------------------------------------
def test_the_form_that_is_tiered_is_offered_first(sqlite_workspace: Workspace, signed_in: Visitor):
    World(sqlite_workspace, APP, form_json(text("name"), key="a_form", label="Another"), model())
    offered = signed_in.get(PLACE).get_data(as_text=True).partition('id="form"')[2]
    assert 0 < offered.index('value="customer"') < offered.index('value="a_form"')


def test_a_builder_makes_tests_and_switches_on_a_model(shop: Shop, signed_in: Visitor):
    assert "There is no model yet." in words(signed_in.get(PLACE))
    offered = signed_in.get(f"{PLACE}/-/new?form=customer&by=purchases").get_data(as_text=True)
    assert 'value="orders.paid_on"' in offered and 'value="orders.amount"' in offered and 'value="visits.on_day"' in offered
    made = signed_in.post(f"{PLACE}/-/new", CHOSEN)
    assert (made.status_code, made.location) == (303, f"{PLACE}/repeat_purchases")
    here = made.location
    before = words(signed_in.get(here))
    assert "has not learnt anything yet" in before and "Switch on" not in before
    refused = signed_in.post(f"{here}/on")
    assert refused.status_code == 422 and "Let it learn first." in words(refused)
    signed_in.post(f"{here}/learn")
    assert "Learning and testing" in words(signed_in.get(here))
    work_off(shop)
    page = signed_in.get(here)
    found = words(page)
    assert "learnt from the time up to 2026-08-23, held against what came until 2026-11-21" in found
    assert found.count("passed") >= 5 and "not passed" not in found and "Switch on" in found
    assert "BG/NBD r 0.398" in found and "Usual time between purchases" in found
    assert page.get_data(as_text=True).count("data-chart-option") == 2
    signed_in.post(f"{here}/on")
    work_off(shop)
    assert "POTENTIAL('repeat_purchases')" in words(signed_in.get(here)) and "in use" in words(signed_in.get(PLACE))
    card = words(signed_in.get("/apps/shop/customer/1004"))
    for part in (
        "Expected purchases in 90 days 3.4",
        "Probability of being active 72%",
        "Expected value in 90 days ¥7",
        "Lifetime value ¥3,8",
    ):
        assert part in card
    assert "last purchase 18 days ago, usually every 9 days lowers it" in card and "bought on 6 days in 61 days raises it" in card
    assert "a purchase is worth ¥233 on average, usually ¥174 raises it" in card
    assert "An expectation, not a promise: version 1, learnt 11-21, as of 11-21." in card
    nobody = shop.customer("Zoe")
    assert "There are no purchases yet, so nothing can be expected." in words(signed_in.get(f"/apps/shop/customer/{nobody}"))
    signed_in.post(f"{here}/off")
    work_off(shop)
    assert "Probability of being active" not in words(signed_in.get("/apps/shop/customer/1004"))


def test_the_chance_of_a_yes_comes_with_its_reasons(shop: Shop, signed_in: Visitor):
    in_use(shop, AGAIN)
    page = words(signed_in.get(f"{PLACE}/again"))
    assert "Orders in 90 days" in page and "raises the chance" in page and "lowers the chance" in page and "of all pairs" in page
    card = words(signed_in.get("/apps/shop/customer/1399"))
    assert "Probability within 90 days 2.9%" in card and "Usually 26%" in card
    assert "Days since the last order: 404, on average 139 lowers it" in card
    assert "Orders in 90 days: 0, on average 0.9 lowers it" in card and "Stage: New lowers it" in card


def test_figures_are_chosen_with_ticks_and_as_formulas(shop: Shop, signed_in: Visitor):
    sent = {
        "form": "customer",
        "by": "outcome",
        "label": "流失",
        "horizon_days": "60",
        "outcome": "COUNT(orders, on=orders.paid_on, days=60) == 0",
        "key": ["", ""],
        "name": ["Days away", ""],
        "value": ["DAYS_SINCE(MAX(orders.paid_on, on=orders.paid_on))", ""],
        "take": ["stage", "COUNT(orders, on=orders.paid_on, days=365)"],
    }
    made = signed_in.post(f"{PLACE}/-/new", sent)
    assert made.status_code == 303
    with shop.workspace.reading(SYSTEM) as act:
        learn = act.catalogue.potentials["流失"].learn
        assert [(each.key, each.label) for each in learn.features] == [
            ("f1", "Days away"),
            ("f2", "Stage"),
            ("f3", "Order: how many in a year"),
        ]
    again = signed_in.get(f"{PLACE}/流失/settings").get_data(as_text=True)
    assert 'value="Days away"' in again and "COUNT(orders, on=orders.paid_on, days=90)" in again


WRONG = [
    ({"date": "nowhere.day"}, "Nothing points at these records by the name nowhere; there is: orders, visits."),
    ({"horizon_days": "soon"}, "This needs to be a whole number."),
    ({"horizon_days": "3"}, "Give 7 or more."),
    ({"date": "visits.on_day"}, "has no amount or number field with the key orders_amount."),
    ({"where": "nothing > 1"}, "Character 1"),
    ({"label": ""}, "This is needed."),
    ({"discount_percent": "much"}, "This needs to be a number."),
]


def test_settings_that_cannot_be_are_shown_again_with_a_sentence(sqlite_workspace: Workspace, signed_in: Visitor):
    World(sqlite_workspace, APP)
    for changed, sentence in WRONG:
        answer = signed_in.post(f"{PLACE}/-/new", {**CHOSEN, **changed})
        assert (answer.status_code, sentence in words(answer)) == (422, True), changed
        assert 'value="orders.amount" selected' in answer.get_data(as_text=True) or "date" in changed, "what was chosen stays"


def test_a_draft_from_the_design_hub_opens_in_the_settings(sqlite_workspace: Workspace, signed_in: Visitor):
    world = World(sqlite_workspace, APP)
    with world.workspace.writing(SYSTEM) as act:
        versions.save_draft(act, "potential", "later", {"kind": "potential", "key": "later", "label": "Later", "form": "customer"})
    answer = signed_in.get(f"{PLACE}/later")
    assert answer.status_code == 303 and 'value="Later"' in signed_in.get(answer.location).get_data(as_text=True)
    assert signed_in.get(f"{PLACE}/never").status_code == 303 and signed_in.get(f"{PLACE}/never/settings").status_code == 404


# -- who sees it ----------------------------------------------------------------------------------------------------------------------
def test_only_who_sees_all_purchases_sees_what_they_lead_to(shop: Shop, app: Any, add_person: Callable[..., Any]):
    sales: Json = {"kind": "permission_set", "label": "Sales", "for": ["role:member"], "actions": ["view"]}
    shop.publish(
        {**sales, "key": "customers", "form": "customer"},
        {**sales, "key": "small_orders", "form": "order", "rows": "amount < 100"},
    )
    in_use(shop, REPEAT)
    add_person("mia@example.com", "member")
    mia = Visitor(app).sign_in("mia@example.com", PASSWORD)
    seen = words(mia.get("/apps/shop/customer/1004"))
    assert "c4" in seen and "Probability of being active" not in seen
    shop.publish({**sales, "key": "small_orders", "form": "order"})
    assert "Probability of being active" in words(mia.get("/apps/shop/customer/1004"))
    assert mia.get(PLACE).status_code == 403 and mia.post(f"{PLACE}/repeat/on").status_code == 403


# -- without the extra ----------------------------------------------------------------------------------------------------------------
def test_without_the_extra_page_and_card_say_how_to_add_it(
    sqlite_workspace: Workspace, signed_in: Visitor, monkeypatch: pytest.MonkeyPatch
):
    world = World(sqlite_workspace, APP, REPEAT)
    record = world.customer("Ann")
    monkeypatch.setattr(extra, "is_there", lambda: False)
    for page in (PLACE, f"{PLACE}/repeat", f"/apps/shop/customer/{record}"):
        assert 'pip install "tierloom[ml]"' in words(signed_in.get(page))
    answer = signed_in.post(f"{PLACE}/repeat/learn")
    assert answer.status_code == 422 and 'pip install "tierloom[ml]"' in words(answer)


def test_what_is_loaded_at_the_start_needs_nothing_of_the_extra():
    """Only what learns imports numpy, and only inside functions is it imported by others."""
    looked_at = [path for path in PYTHON_FILES if re.search("numpy|scipy|sklearn|potential", path.read_text(encoding="utf-8"))]
    at_the_top = {module_of(path): _imported_at_the_top(path) for path in looked_at}
    heavy = {name for name, imported in at_the_top.items() if {each.split(".")[0] for each in imported} & {"numpy", "scipy", "sklearn"}}
    while True:
        more = {name for name, imported in at_the_top.items() if imported & heavy} - heavy
        if not more:
            break
        heavy |= more
    learning = ("buying", "chances", "figures", "learning", "purchases", "testing", "worth")
    assert heavy == {f"runtime.potential.{name}" for name in learning}


def _imported_at_the_top(path: Path) -> set[str]:
    """Modules that a file imports as soon as it is loaded itself."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found
