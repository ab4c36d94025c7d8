"""What a formula box offers and shows: fields and functions of its place, a result for a record with its parts."""

from __future__ import annotations

from typing import Any

import pytest

from builder.pages import formula_help
from runtime.formulas.functions import FUNCTIONS
from runtime.formulas.offering import help_text
from tests.builder.conftest import VALUE, Designer
from tests.tiers.world import CUSTOMER, World

TIERS = "/build/shop/tiers/value"
FORM = "/build/shop/forms/customer"


def offer(ada: Designer, path: str = "dimensions/0/value", body: Any = VALUE, place: str = TIERS, **more: Any) -> Any:
    return ada.ask("POST", f"{place}/formula/scope", {"path": path, "body": body, **more}).json


def result(ada: Designer, text: str, record: int, body: Any = VALUE, path: str = "dimensions/0/value", place: str = TIERS) -> Any:
    return ada.ask("POST", f"{place}/formula/result", {"path": path, "text": text, "body": body, "record": record}).json


def test_fields_relations_and_what_lies_behind_them_are_offered(ada: Designer) -> None:
    found = offer(ada)
    assert found["form"] == "customer"
    customer = found["forms"]["customer"]
    points = next(each for each in customer["fields"] if each["key"] == "points")
    assert (points["kind"], points["type"], points["label"]) == ("number", "a number", "Points")
    assert {each["key"]: each["to"] for each in customer["relations"]}["orders"] == "order"
    status = next(each for each in found["forms"]["order"]["fields"] if each["key"] == "status")
    assert [key for key, __ in status["options"]] == [each["key"] for each in ORDER_STATUS]
    assert found["functions"] is None


ORDER_STATUS = [{"key": "done"}, {"key": "returned"}]


def test_functions_come_with_labels_signature_and_examples(ada: Designer) -> None:
    found = {each["name"]: each for each in offer(ada, functions=True)["functions"]}
    assert (found["ROUND"]["label"], found["ROUND"]["other"]) == ("Round", "四舍五入")
    assert found["ROUND"]["parameters"][1]["optional"] and found["ROUND"]["examples"]
    assert found["SUM"]["over_rows"] and not found["ROUND"]["over_rows"]


def test_every_function_is_described_in_chinese() -> None:
    assert [each.name for each in FUNCTIONS if not help_text("function", each.name, "zh")] == []
    parameters = {parameter.name for each in FUNCTIONS for parameter in each.parameters}
    assert sorted(each for each in parameters if not help_text("parameter", each, "zh")) == []


def test_a_field_that_is_only_in_the_draft_is_offered_too(ada: Designer) -> None:
    fields = [*CUSTOMER["fields"], {"type": "number", "key": "height", "label": {"zh": "身高", "en": "Height"}}]
    found = offer(ada, f"fields/{len(CUSTOMER['fields']) - 1}/formula", {**CUSTOMER, "fields": fields}, FORM)
    assert next(each for each in found["forms"]["customer"]["fields"] if each["key"] == "height")["other"] == "身高"


def test_what_a_person_may_not_see_is_not_offered(ada: Designer, monkeypatch: pytest.MonkeyPatch) -> None:
    def may(person: Any, action: str, form: Any = None, record: Any = None, field: Any = None) -> bool:
        return form != "order" and field != "points"

    monkeypatch.setattr(formula_help, "may", may)
    found = offer(ada)
    assert "order" not in found["forms"] and "orders" not in {each["key"] for each in found["forms"]["customer"]["relations"]}
    assert "points" not in {each["key"] for each in found["forms"]["customer"]["fields"]}


def test_a_result_for_a_record_comes_with_its_parts(ada: Designer, shop: World) -> None:
    ann = shop.customer("Ann", points=7)
    shop.orders(ann, 3000, 500)
    found = result(ada, "SUM(orders.amount) / (points + 0)", ann)["explanation"]
    assert (found["shown"], found["sentence"]) == ("¥500.00", "¥3,500.00 ÷ (7 + 0) = ¥500.00")
    total = found["children"][0]
    assert (total["rows"]["counted"], len(total["rows"]["first"]), total["rows"]["filter"]) == (2, 2, f"customer.id == {ann}")


def test_a_computed_field_is_unfolded_down_to_what_it_reads(ada: Designer, shop: World) -> None:
    ann = shop.customer("Ann", points=7)
    shop.orders(ann, 3000)
    found = result(ada, "spend", ann)["explanation"]
    (behind,) = found["children"]
    assert behind["rows"]["counted"] == 1 and behind["shown"] == found["shown"] == "¥3,000.00"


def test_a_result_is_shown_while_another_formula_of_the_draft_is_faulty(ada: Designer, shop: World) -> None:
    ann = shop.customer("Ann", points=7)
    shop.orders(ann, 3000)
    number = next(n for n, each in enumerate(CUSTOMER["fields"]) if each["key"] == "last_order_on")
    fields = [{**each, "formula": "MAX(" if each["key"] == "last_order_on" else each["formula"]} if each["type"] == "formula" else each
              for each in CUSTOMER["fields"]]  # fmt: skip
    fields.append({"type": "formula", "key": "twice", "label": "Twice", "formula": "spend * 2", "result": "money", "currency": "CNY"})
    assert fields[number]["formula"] == "MAX("
    found = result(ada, "spend * 2", ann, {**CUSTOMER, "fields": fields}, f"fields/{len(fields) - 1}/formula", FORM)
    assert found["explanation"]["shown"] == "¥6,000.00"


def test_what_cannot_be_tried_out_says_so(ada: Designer, shop: World) -> None:
    ann = shop.customer("Ann")
    assert result(ada, "points +", ann) == {"explanation": None, "problem": None}
    assert "trash" in result(ada, "points", 99_999)["problem"]


def test_records_are_found_by_what_they_are_called(ada: Designer, shop: World) -> None:
    shop.customer("Bob")
    ann = shop.customer("Ann")
    ask = {"form": "customer", "search": "an"}
    assert ada.ask("POST", f"{TIERS}/formula/records", ask).json == [{"record": ann, "title": "Ann"}]
    assert len(ada.ask("POST", f"{TIERS}/formula/records", {"form": "customer", "search": ""}).json) == 2
    assert ada.ask("POST", f"{TIERS}/formula/records", {"form": "nothing"}).status_code == 422
