"""What the form designer's page is given, and what its script asks: controls, the preview, tables, copies, who is here, what publishing does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtime.definitions import versions
from runtime.definitions.shelf import FIELD_TYPES
from runtime.people.person import SYSTEM
from runtime.records import gateway
from tests.makers import Json, choice, form_json, formula, money, number, subform, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.builder.conftest import Designer
    from tests.tiers.world import World

HOME = "/build/shop"
FORM = f"{HOME}/forms/customer"
NEW = f"{HOME}/forms/repair"


def told(designer: Designer, path: str, sent: Json) -> Json:
    found = designer.ask("POST", path, sent).json
    assert isinstance(found, dict)
    return found


@pytest.fixture
def repair(ada: Designer, shop: World) -> Json:
    """A form that was never published, as a draft."""
    body = {
        **form_json(text("name"), choice("kind", "warranty", "paid"), money("price"), key="repair", label="Repair"),
        "app": "shop",
        "rules": [{"show": ["price"], "when": "kind == 'paid'"}],
    }
    with shop.workspace.writing(SYSTEM) as act:
        versions.save_draft(act, "form", "repair", body, 0)
    return body


def test_the_page_is_given_every_type_of_the_shelf_and_each_field_as_it_is_filled_in(ada: Designer, shop: World) -> None:
    given = ada.given(FORM)
    assert {one["type"] for each in given["palette"] for one in each["types"]} == set(FIELD_TYPES.kinds)
    assert all(one["label"] and one["about"] and one["icon"] for each in given["palette"] for one in each["types"])
    assert len(given["controls"]) == len(given["body"]["fields"])
    assert 'type="date"' in given["controls"][[each["key"] for each in given["body"]["fields"]].index("met_on")]


def test_only_the_designer_may_frame_its_own_pages(ada: Designer, shop: World) -> None:
    assert "frame-src 'self'" in ada.get(FORM).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in ada.get(FORM).headers["Content-Security-Policy"]
    tried = ada.get(f"{FORM}/tried").headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in tried and "frame-src" not in tried


def test_a_field_that_cannot_be_read_has_no_control(ada: Designer, shop: World) -> None:
    fields = [text("name"), {"type": "choice", "key": "x", "label": "X"}, {"type": "nothing"}, 7, subform("rows", text("a"))]
    found = told(ada, f"{FORM}/controls", {"fields": fields})
    assert [each is None for each in found["controls"]] == [False, True, True, True, True]
    assert ada.ask("POST", f"{FORM}/controls", {"fields": "all"}).status_code == 422


def test_a_draft_that_was_never_published_is_filled_in_with_its_rules_and_nothing_is_kept(ada: Designer, repair: Json, shop: World) -> None:
    page = ada.get(f"{NEW}/tried").get_data(as_text=True)
    assert 'name="f_price"' in page and "data-keep" not in page and "data-guard" not in page
    assert f'data-check-url="{NEW}/tried/check"' in page
    answer = ada.post(f"{NEW}/tried/check", {"f_kind": "warranty", "_field": "f_kind"})
    assert answer.json is not None and answer.json["hidden"] == ["f_price"]
    refused = ada.post(f"{NEW}/tried", {"f_name": "", "f_kind": "paid", "f_price": "much"}).get_data(as_text=True)
    assert 'id="f_price-error"' in refused and "much" in refused
    with shop.workspace.reading(SYSTEM) as act:
        assert "repair" not in act.catalogue.forms


def test_a_draft_with_problems_says_them_in_place_of_its_preview(ada: Designer, repair: Json, shop: World) -> None:
    with shop.workspace.writing(SYSTEM) as act:
        versions.save_draft(act, "form", "repair", {**repair, "title": "gone"}, 1)
    assert "This form has no field with the key gone." in ada.get(f"{NEW}/tried").get_data(as_text=True)
    assert ada.post(f"{NEW}/tried/check", {}).status_code == 422


def test_new_columns_and_formulas_are_tried_out_before_there_is_a_column(ada: Designer, shop: World) -> None:
    body = ada.given(FORM)["body"]
    rows = subform("parts", number("pieces", decimals=0), money("price"))
    wanted = {**body, "fields": [*body["fields"], rows, formula("sum", "SUM(parts.pieces * parts.price)", result="money")]}
    kept = ada.save(FORM, wanted).json
    assert kept is not None and kept["problems"] == []
    assert 'data-rows="f_parts"' in ada.get(f"{FORM}/tried").get_data(as_text=True)
    sent = {"f_parts-0-f_pieces": "2", "f_parts-0-f_price": "3.50", "_field": "f_parts"}
    answer = ada.post(f"{FORM}/tried/check", sent)
    assert answer.json is not None and "7.00" in answer.json["values"]["f_sum"]


def test_a_pasted_table_and_a_copied_form_come_as_definitions(ada: Designer, repair: Json, shop: World) -> None:
    found = told(ada, f"{NEW}/from-table", {"text": "Name\tPrice\nA\t¥3", "taken": ["name"]})
    assert [(each["key"], each["type"]) for each in found["fields"]] == [("name_2", "text"), ("price", "money")]
    assert ada.ask("POST", f"{NEW}/from-table", {"text": " "}).status_code == 422
    copy = told(ada, f"{NEW}/from-form", {"body": repair, "form": "customer"})["body"]
    assert copy["key"] == "repair" and "met_on" in [each["key"] for each in copy["fields"]]
    assert ada.ask("POST", f"{NEW}/from-form", {"body": repair, "form": "nowhere"}).status_code == 404


def test_two_people_on_one_draft_see_each_other_until_one_leaves(ada: Designer, enter: Callable[..., Designer]) -> None:
    bo = enter("Bo", "builder", "member")
    assert told(ada, f"{FORM}/presence", {"place": "f:name"})["people"] == []
    found = told(bo, f"{FORM}/presence", {"place": ""})
    assert [each["place"] for each in found["people"]] == ["f:name"] and found["edit"] == 0
    ada.ask("POST", f"{FORM}/presence", {"gone": True})
    assert told(bo, f"{FORM}/presence", {})["people"] == []


def test_publishing_tells_which_values_do_not_fit_and_who_uses_what_goes(ada: Designer, shop: World) -> None:
    with shop.workspace.writing(SYSTEM) as act:
        for name in ("Ann", "12"):
            gateway.create(act, "customer", {"name": name})
    body = ada.given(FORM)["body"]
    turned = [{"type": "number", "key": "name", "label": "name"} if each["key"] == "name" else each for each in body["fields"]]
    effect = told(ada, f"{FORM}/preview", {"body": {**body, "fields": turned}})
    assert any("don’t fit its new type" in each and "“Ann”" in each for each in effect["effect"])
    kept = [each for each in body["fields"] if each["key"] != "note"]
    without = {**body, "fields": kept, "quality": ["name"]}
    effect = told(ada, f"{FORM}/preview", {"body": without})
    assert any(each["message"].startswith("Removed") and "Note" in each["message"] for each in effect["changes"])
    assert "No longer shown: Note. Their values are kept and come back with the field." in effect["effect"]
