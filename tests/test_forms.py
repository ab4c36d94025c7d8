from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from werkzeug.datastructures import MultiDict

from runtime.errors import Problem
from runtime.forms import fill, form_class, opened, read
from runtime.texts import _
from tests.makers import (
    PlainLookup, PlainReader, checkbox, choice, day, email, field, form_of, formula, member, money, multi_choice, number, phone, reference,
    serial, subform, tags, text, tier)

LOOKUP, READER = PlainLookup(), PlainReader()
EVERYTHING = form_of(
    text("name", required=True, max_length=80, help={"zh": "提示", "en": "A hint"}), serial(), number(min=1), money(),
    day(min="2024-01-01"),
    checkbox(), choice(), choice("city", *"abcdefg"), multi_choice(), phone(), email(), member(), reference(),
    subform("items", text("product", required=True), money("price"), checkbox("gift"), choice("kind", *"abcdefg")), formula(), tags(),
    tier())


@pytest.mark.parametrize("key", ["validate", "data", "errors", "meta", "process", "populate_obj", "hidden_tag", "姓名"])
def test_a_field_may_have_any_key(key: str) -> None:
    form = form_of(number(key, max=5), title=key)
    entry = fill(form, {f"f_{key}": "9"}, LOOKUP, READER)
    assert entry.errors_of(key) == ["Give 5 or less."] and list(entry[key].errors) == ["Give 5 or less."]
    assert opened(form, READER, {key: Decimal(3)})[key].data == "3.00"


def test_fields_stand_in_the_order_of_the_definition() -> None:
    assert [entry.name for entry in form_class(EVERYTHING, READER)()] == [f"f_{each.key}" for each in EVERYTHING.fields]


def test_what_was_posted_becomes_values() -> None:
    posted = MultiDict([
        ("f_name", " Lin "), ("f_quantity", "１，２００"), ("f_amount", "¥1,860"), ("f_due_on", "2024-01-31"), ("f_agreed", "true"),
        ("f_stage", "steady"),
        ("f_city", ""), ("f_interests", "tea"), ("f_interests", "juice"), ("f_mobile", "138 1234 2046"), ("f_email", ""),
        ("f_owner", "7"), ("f_customer", "41"),
        ("f_items-0-f_product", "Tea"), ("f_items-0-f_price", "12.5"), ("f_items-0-f_gift", "true"), ("f_items-3-f_product", "Milk"),
        ("f_items-3-f_kind", "b")])
    entry = fill(EVERYTHING, posted, LOOKUP, READER)
    assert entry.ok
    assert entry.values == {
        "name": "Lin", "quantity": Decimal(1200), "amount": Decimal(1860), "due_on": date(2024, 1, 31), "agreed": True, "stage": "steady",
        "city": None,
        "interests": ("tea", "juice"), "mobile": "+8613812342046", "email": None, "owner": 7, "customer": 41,
        "items": ({"product": "Tea", "price": Decimal("12.50"), "gift": True}, {"product": "Milk", "kind": "b", "gift": False})}


def test_every_problem_stands_beside_its_field() -> None:
    posted = {"f_name": "", "f_quantity": "0", "f_due_on": "2024-02-30", "f_mobile": "138", "f_items-0-f_price": "x",
              "f_items-1-f_price": "1"}
    entry = fill(EVERYTHING, posted, LOOKUP, READER)
    assert [problem.path for problem in entry.problems] == ["name", "quantity", "due_on", "mobile", "items/0/price", "items/0/product",
                                                            "items/1/product"]
    assert entry.errors_of("due_on") == ["February 2024 has the days 1 to 29; there is no day 30."]
    assert entry["items"].entries[1].form["f_product"].errors == ["This is needed."]
    assert entry.links()["items/0/price"] == "#f_items-0-f_price" and entry.elsewhere() == []


@pytest.mark.parametrize(("language", "said"), [("en", "Items, row 1, Price"), ("zh", "Items第 1 行，Price")])
def test_a_list_of_problems_says_which_field_each_is_about(language: str, said: str) -> None:
    posted = {"f_name": "", "f_items-0-f_product": "Tea", "f_items-0-f_price": "x"}
    names = fill(EVERYTHING, posted, LOOKUP, PlainReader(language)).names()
    assert (names["name"], names["items/0/price"]) == ("Name", said)


def test_problems_are_said_in_the_readers_language() -> None:
    assert fill(EVERYTHING, {"f_name": ""}, LOOKUP, PlainReader("zh")).errors_of("name") == ["这里必填。"]


def test_what_was_typed_is_kept_however_wrong() -> None:
    entry = fill(EVERYTHING, {"f_name": "Lin", "f_quantity": "many", "f_amount": "1860", "f_items-0-f_price": "dear"}, LOOKUP, READER)
    assert entry["quantity"].data == "many" and entry["amount"].data == "1860.00"
    assert entry["items"].entries[0].form["f_price"].data == "dear"
    assert 'value="many"' in entry["quantity"]()


def test_a_field_that_was_not_on_the_page_is_left_alone() -> None:
    entry = fill(EVERYTHING, {"f_quantity": "5"}, LOOKUP, READER, editable={"quantity", "name"})
    assert entry.raw == {"quantity": "5"} and entry.values == {"quantity": 5}


def test_a_browser_sends_nothing_for_what_is_not_chosen() -> None:
    entry = fill(EVERYTHING, {}, LOOKUP, READER, editable={"agreed", "stage", "city", "interests", "items"})
    assert entry.values == {"agreed": False, "stage": None, "interests": (), "items": ()}


def test_what_may_not_be_edited_is_shown_and_not_read() -> None:
    entry = fill(EVERYTHING, {"f_name": "Eve", "f_no": "C1", "f_total": "9"}, LOOKUP, READER,
                 {"name": "Lin", "no": "C202400001", "total": Decimal(5)}, editable={"email"})
    assert entry.values == {} and entry["name"].shown == "Lin" and entry["name"].kind.widget == "readonly"
    assert entry["no"].shown == "C202400001" and entry["total"].shown == "5.00"


def test_a_masked_field_shows_what_may_be_shown() -> None:
    entry = opened(EVERYTHING, READER, {}, editable={"name"}, masked={"mobile": "138****2046"})
    assert entry["mobile"].shown == "138****2046" and "1381234" not in str(entry["mobile"]())


def test_a_required_field_that_a_rule_may_hide_is_demanded_by_the_rules_alone() -> None:
    form = form_of(text(), text("reg_no", required=True), rules=[{"show": ["reg_no"], "when": "name == 'x'"}])
    assert fill(form, {"f_name": "Lin", "f_reg_no": ""}, LOOKUP, READER).ok


def test_a_form_opens_with_values_as_they_are_entered() -> None:
    entry = opened(EVERYTHING, PlainReader("zh"), {"amount": Decimal(1860), "customer": 41, "owner": 7, "interests": ("tea",),
                                                   "mobile": "+8613812342046",
                                                   "items": ({"product": "Tea", "price": Decimal(5)},), "tags": ("vip",)})
    assert entry["amount"].data == "1860.00" and entry["mobile"].data == "138 1234 2046"
    assert (entry["customer"].data, entry["customer"].title, entry["owner"].title) == ("41", "Lin", "Ning")
    assert [choice.selected for choice in entry["interests"].iter_choices()] == [True, False, False]
    assert entry["items"].entries[0].form["f_price"].data == "5.00" and entry["tags"].shown == "贵宾"
    assert entry["name"].description == "提示"


def test_a_sub_form_has_an_empty_row_to_add() -> None:
    row = opened(EVERYTHING, READER)["items"].blank_row
    assert [cell.name for cell in row] == [f"f_items-__row__-f_{key}" for key in ("product", "price", "gift", "kind")]
    assert row["f_price"].kind.widget == "money" and row["f_product"].flags.required


def test_limits_are_told_to_the_browser() -> None:
    entry = opened(EVERYTHING, READER)
    assert (entry["name"].flags.required, entry["name"].flags.maxlength, entry["due_on"].flags.min) == (True, 80, "2024-01-01")
    assert not entry["agreed"].flags.required and not entry["email"].flags.required


def test_problems_of_the_gateway_are_told_beside_their_fields() -> None:
    entry = fill(EVERYTHING, {"f_name": "Lin", "f_items-0-f_product": "Tea"}, LOOKUP, READER)
    entry.tell([Problem("name", _("This is needed.")), Problem("items/0/price", _("Give {bound} or more.", bound=1)),
                Problem("items/7/price", _("Give {bound} or more.", bound=2)),
                Problem("", _("This was refused.")), Problem("gone", _("This was refused."))])
    assert entry["name"].errors == ["This is needed."] and entry["items"].entries[0].form["f_price"].errors == ["Give 1 or more."]
    assert entry["items"].errors == ["Give 2 or more."] and [each.path for each in entry.elsewhere()] == ["", "gone"] and not entry.ok
    entry.tell([Problem("name", _("This is needed."))])
    assert len(entry["name"].errors) == 1


@pytest.mark.parametrize("name", [
    "f_items", "f_items-", "f_items-0", "f_items-0-", "f_items-²-f_product", "f_items--1-f_product", "f_items-99999999999999-f_product",
    "f_items-0-f_", "f_items-0-f_gone",
    "f_items-__row__-f_product", "f_items-0-f_items-0-f_product", "f_items-0-product", "f_", "f_gone", "csrf_token", "f_name\x00", ""])
def test_names_that_mean_nothing_are_passed_over(name: str) -> None:
    entry = fill(EVERYTHING, MultiDict([(name, "x"), ("f_name", "Lin")]), LOOKUP, READER)
    assert entry.ok and entry.values["items"] == ()


@pytest.mark.parametrize("given", ["\x00", "\ud800", "9" * 10_000, "<script>", "{{7*7}}", ["a", "b"], None, 5, ""])
def test_no_value_breaks_a_form(given: Any) -> None:
    posted = {f"f_{each.key}": given for each in EVERYTHING.fields} | {f"f_items-0-f_{key}": given for key in ("product", "price", "gift",
                                                                                                               "kind")}
    entry = fill(EVERYTHING, posted, LOOKUP, READER)
    assert all(str(control()) for control in entry.form)
    assert all(entry.errors_of(problem.path) for problem in entry.problems)


def test_what_is_typed_is_escaped() -> None:
    shown = str(fill(form_of(text(max_length=5)), {"f_name": '"><script>'}, LOOKUP, READER)["name"]())
    assert "<script>" not in shown


def test_raw_values_of_any_door_are_read_alike() -> None:
    values, problems = read(EVERYTHING, json.loads('{"name": "Lin", "quantity": "0", "stage": "steady", "interests": ["tea"]}'), LOOKUP)
    assert values == {"name": "Lin", "quantity": 0, "stage": "steady", "interests": ("tea",)}
    assert [(each.path, str(each.message)) for each in problems] == [("quantity", "Give 1 or more.")]


def test_a_label_in_two_languages_is_that_of_the_reader() -> None:
    form = form_of(field("text", "name", label={"zh": "姓名", "en": "Name"}))
    assert [opened(form, PlainReader(language))["name"].label.text for language in ("zh", "en")] == ["姓名", "Name"]
