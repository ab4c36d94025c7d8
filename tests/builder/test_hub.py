"""The design hub: what there is, in which state, who uses it; new definitions, all drafts at once, views from lists."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from builder.drafts import key_from
from builder.uses import field_uses, used_by
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from tests.builder.conftest import HOME, VALUE, Designer
from tests.pages.visitor import words

if TYPE_CHECKING:
    from tests.tiers.world import World

RISK = {"kind": "segment", "key": "at_risk", "label": "At risk", "form": "customer", "where": "points < 5 and COUNT(orders) == 0"}


def test_the_hub_lists_everything_with_its_state(ada: Designer) -> None:
    ada.save(f"{HOME}/tiers/value", {**VALUE, "dimensions": []})
    page = words(ada.get(HOME))
    for part in ("Customer customer", "live v1", "by Ada", "1 problem", "Used by"):
        assert part in page, part


def test_an_apps_hub_leaves_out_what_belongs_to_another_app(ada: Designer, shop: World) -> None:
    shop.publish({"kind": "app", "key": "other", "label": "Other"}, {**RISK, "app": "other"})
    assert "At risk" not in words(ada.get(HOME))
    assert "At risk" in words(ada.get("/build/other")) and "At risk" in words(ada.get("/build"))


def test_uses_are_found_in_settings_menus_and_formulas(shop: World) -> None:
    shop.publish(
        RISK,
        {
            "kind": "view",
            "key": "risky",
            "label": "Risky",
            "form": "customer",
            "filter": "IN_SEGMENT('at_risk')",
            "columns": ["name", "met_on"],
        },
    )
    with shop.workspace.reading(SYSTEM) as act:
        found, fields = used_by(act.catalogue), field_uses(act.catalogue, act.catalogue.forms["customer"])
    assert found["segment", "at_risk"] == [("view", "risky")]
    assert {("app", "shop"), ("form", "customer"), ("segment", "at_risk")} <= set(found["form", "order"])
    assert ("tier_model", "value") not in found["form", "order"] and ("tier_model", "value") in found["form", "customer"]
    assert set(fields["met_on"]) == {("form", "customer"), ("view", "risky")} and {("tier_model", "value"), ("segment", "at_risk")} <= set(fields["points"])


# -- new ------------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("label", "key"),
    [("Repair order", "repair_order"), ("维修单", "维修单"), ("2nd try", "n_2nd_try"), ("VIP客户!", "vip客户"), ("  ", "n")],
)
def test_a_key_is_proposed_from_the_name(label: str, key: str) -> None:
    assert key_from(label) == key


@pytest.mark.parametrize("kind", ["app", "form", "tag_set", "tier_model", "segment", "automation", "view", "permission_set"])
def test_a_new_definition_opens_as_a_draft(ada: Designer, kind: str) -> None:
    answer = ada.post(f"{HOME}/new", {"kind": kind, "label": "Something"})
    assert answer.status_code == 303
    given = ada.given(answer.location)
    assert (given["body"]["kind"], given["body"]["key"], given["live"]) == (kind, "something", None)


def test_a_new_form_can_be_published_as_it_is(ada: Designer, shop: World) -> None:
    ada.post(f"{HOME}/new", {"kind": "form", "label": "Repair"})
    assert ada.post(f"{HOME}/publish", {"note": "first"}).status_code == 303
    with shop.workspace.reading(SYSTEM) as act:
        assert act.catalogue.forms["repair"].app == "shop"


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"kind": "form", "label": ""}, "Give it a name."),
        ({"kind": "form", "label": "Customer"}, "The key customer is taken."),
        ({"kind": "magic", "label": "X"}, "Choose what is to be made."),
        ({"kind": "form", "label": "X", "key": "Über"}, "A key begins with a small letter"),
    ],
)
def test_a_new_definition_that_cannot_be_is_refused_with_a_sentence(ada: Designer, form: dict[str, str], sentence: str) -> None:
    answer = ada.post(f"{HOME}/new", form)
    assert answer.status_code == 422 and sentence in words(answer)


def test_discarding_leaves_what_is_live(ada: Designer) -> None:
    ada.save(f"{HOME}/tiers/value", {**VALUE, "label": "Other"})
    ada.post(f"{HOME}/tiers/value/discard")
    assert ada.given(f"{HOME}/tiers/value")["body"] == VALUE
    assert ada.post(f"{HOME}/tiers/value/discard").status_code == 404


# -- all drafts at once -----------------------------------------------------------------------------------------------------------
def test_drafts_that_need_each_other_are_published_together(ada: Designer, shop: World) -> None:
    for kind, label in (("segment", "At risk"), ("view", "Risky")):
        ada.post(f"{HOME}/new", {"kind": kind, "label": label})
    ada.save(f"{HOME}/segments/at_risk", {**RISK, "app": "shop"})
    ada.save(
        f"{HOME}/views/risky",
        {"kind": "view", "key": "risky", "label": "Risky", "app": "shop", "form": "customer", "filter": "IN_SEGMENT('at_risk')"},
    )
    assert "problem" not in words(ada.get(f"{HOME}/publish"))
    ada.post(f"{HOME}/publish", {"note": "both"})
    with shop.workspace.reading(SYSTEM) as act:
        assert "risky" in act.catalogue.views and versions.drafts(act.connection) == []


def test_one_faulty_draft_keeps_all_back(ada: Designer, shop: World) -> None:
    ada.save(f"{HOME}/tiers/value", {**VALUE, "dimensions": []})
    ada.post(f"{HOME}/new", {"kind": "form", "label": "Repair"})
    assert "1 problem has to be solved first." in words(ada.get(f"{HOME}/publish"))
    assert ada.post(f"{HOME}/publish", {}).status_code == 422
    with shop.workspace.reading(SYSTEM) as act:
        assert "repair" not in act.catalogue.forms


# -- a list saved as a view -------------------------------------------------------------------------------------------------------
def test_a_list_is_saved_as_a_view_of_all_its_conditions(ada: Designer, shop: World) -> None:
    back = urlencode(
        [
            ("where", "stage|is|steady"),
            ("where", "points|gt|5"),
            ("filter", "COUNT(orders) == 0 or points > 3"),
            ("sort", "-points"),
            ("columns", "name,points"),
        ]
    )
    answer = ada.post(f"{HOME}/views/save", {"form": "customer", "back": back, "label": "Steady ones"})
    assert (answer.status_code, answer.location) == (303, "/apps/shop/customer?view=steady_ones")
    with shop.workspace.reading(SYSTEM) as act:
        view = act.catalogue.views["steady_ones"]
    assert (view.columns, view.sort, view.app) == (("name", "points"), ("-points",), "shop")
    assert view.filter is not None and view.filter.count(" and ") >= 2 and "(COUNT(orders) == 0 or points > 3)" in view.filter


def test_a_second_view_of_the_same_name_gets_a_key_of_its_own(ada: Designer) -> None:
    found = [ada.post(f"{HOME}/views/save", {"form": "customer", "back": "sort=name", "label": "Mine"}).location for _ in range(2)]
    assert found == ["/apps/shop/customer?view=mine", "/apps/shop/customer?view=mine_2"]


@pytest.mark.parametrize(
    "form",
    [
        {"form": "customer", "back": "", "label": " "},
        {"form": "customer", "back": "filter=nonsense(", "label": "X"},
        {"form": "customer", "back": "where=stage|is|nowhere", "label": "X"},
    ],
)
def test_a_view_that_cannot_be_is_refused(ada: Designer, form: dict[str, str]) -> None:
    assert ada.post(f"{HOME}/views/save", form).status_code == 422
