from __future__ import annotations

import json

import jsonschema
import pytest

from tests.api.caller import Caller
from tests.api.conftest import an_order

CUSTOMERS, ORDERS = "/forms/customer/records", "/forms/order/records"


def test_a_record_is_added_read_changed_and_deleted(ada: Caller) -> None:
    answer = ada.send(
        "POST", CUSTOMERS, {"name": "Lin", "code": "C1", "since": "2024-01-31", "interests": ["tea"], "owner": "ben@example.com"}
    )
    made = answer.json
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"') and answer.headers["Location"] == f"/api/v1{CUSTOMERS}/{made['id']}"
    assert made["stage"] == "new" and made["since"] == "2024-01-31" and made["interests"] == ["tea"] and made["version"] == 1
    assert made["owner"] != made["created_by"] and made["created_at"].endswith("Z")
    one = f"{CUSTOMERS}/{made['id']}"
    assert ada.get(one) == made
    changed = ada.patch(one, {"visits": 3, "since": None, "seen_at": "2026-11-21T09:30:00+08:00"})
    assert (changed["version"], changed["visits"], changed["since"], changed["seen_at"]) == (2, "3", None, "2026-11-21T01:30:00Z")
    assert ada.send("DELETE", one).status_code == 204
    assert ada.refused("GET", one, status=404) == {}
    assert ada.post(f"{one}/restore")["name"] == "Lin"


def test_values_that_follow_are_there_at_once(ada: Caller) -> None:
    customer = ada.post(CUSTOMERS, {"name": "Lin", "code": "C1"})
    made = ada.post(ORDERS, an_order("C1", "999.50", "0.5"))
    assert (made["amount"], made["customer"], made["items"][0]["line_total"]) == ("1000.00", customer["id"], "999.50")
    found = ada.get(f"{CUSTOMERS}/{customer['id']}")
    assert (found["spend"], found["tier"]) == ("1000.00", "gold")


def test_numbers_are_decimal_texts_and_may_be_given_as_numbers(lite: Caller) -> None:
    lite.post(CUSTOMERS, {"name": "Lin", "code": "C1"})
    made = lite.post(
        ORDERS,
        {"customer": "C1", "items": [{"product": "Tea", "quantity": 2, "price": 0.1}, {"product": "Cup", "quantity": "1", "price": "0.2"}]},
    )
    assert [row["price"] for row in made["items"]] == ["0.10", "0.20"] and made["amount"] == "0.40"


@pytest.mark.parametrize(
    ("body", "problems"),
    [
        ({}, {"name": "This is needed."}),
        ({"name": 7}, {"name": "This needs to be a text."}),
        ({"name": "Lin", "colour": "red"}, {"colour": "There is no setting of this name here."}),
        ({"name": "Lin", "spend": "1"}, {"spend": "There is no setting of this name here."}),
        ({"name": "Lin", "id": "7"}, {"id": "There is no setting of this name here."}),
        ({"name": "Lin", "stage": "New"}, {"stage": "Choose one of new, steady."}),
        ({"name": "Lin", "since": "31.1.2024"}, {"since": "Write days like 2026-11-21 and times like 2026-11-21T09:30:00+08:00."}),
        ({"name": "Lin", "since": "2024-02-30"}, {"since": "Write days like 2026-11-21 and times like 2026-11-21T09:30:00+08:00."}),
        (
            {"name": "Lin", "seen_at": "2024-01-31T10:00:00"},
            {"seen_at": "Write days like 2026-11-21 and times like 2026-11-21T09:30:00+08:00."},
        ),
        ({"name": "Lin", "agreed": "yes"}, {"agreed": "This needs to be true or false."}),
        ({"name": "Lin", "visits": 501}, {"visits": "Give 500 or less."}),
        ({"name": "Lin", "visits": "501"}, {"visits": "Give 500 or less."}),
        ({"name": "Lin", "interests": ["tea", "tea"]}, {"interests": "Name each only once."}),
        (
            {"name": "Lin", "owner": "nobody@example.com"},
            {"owner": "Nobody here answers to “nobody@example.com”, or several people do. Give the e-mail address."},
        ),
        ([], {"": "This needs to be an object."}),
        (None, {"": "This needs to be an object."}),
    ],
)
def test_what_has_not_the_shape_is_refused_with_its_path(lite: Caller, body: object, problems: dict[str, str]) -> None:
    assert lite.refused("POST", CUSTOMERS, json.dumps(body).encode()) == problems


def test_rows_of_a_sub_form_are_refused_at_their_place(lite: Caller) -> None:
    lite.post(CUSTOMERS, {"name": "Lin", "code": "C1"})
    wrong = {"customer": "C1", "items": [{"product": "Tea"}, {"quantity": 0, "line_total": "1"}]}
    assert set(lite.refused("POST", ORDERS, wrong)) == {"items/1/product", "items/1/quantity", "items/1/line_total"}


def test_a_stale_if_match_gets_412_and_changes_nothing(ada: Caller) -> None:
    made = ada.post(CUSTOMERS, {"name": "Lin"})
    one = f"{CUSTOMERS}/{made['id']}"
    assert ada.patch(one, {"name": "Li"}, If_Match='"1"')["version"] == 2
    for stale in ('"1"', 'W/"2"'):
        assert ada.refused("PATCH", one, {"name": "Lo"}, 412, If_Match=stale) == {}
        assert ada.refused("DELETE", one, None, 412, If_Match=stale) == {}
    assert ada.refused("PATCH", one, {"name": "Lo"}, If_Match="2") == {"If-Match": 'Give the ETag of the record as you read it, like "3".'}
    assert ada.patch(one, {"name": "Lu"}, If_Match="*")["version"] == 3
    assert ada.get(one)["name"] == "Lu"


def test_the_same_request_under_the_same_key_is_done_once(ada: Caller) -> None:
    first = ada.send("POST", CUSTOMERS, {"name": "Lin"}, Idempotency_Key="k-1")
    again = ada.send("POST", CUSTOMERS, {"name": "Lin"}, Idempotency_Key="k-1")
    assert (again.status_code, again.json, again.headers["Location"], again.headers["ETag"]) == (
        201,
        first.json,
        first.headers["Location"],
        '"1"',
    )
    assert len(ada.get(CUSTOMERS)["items"]) == 1
    assert list(ada.refused("POST", CUSTOMERS, {"name": "Li"}, Idempotency_Key="k-1")) == ["Idempotency-Key"]
    assert list(ada.refused("POST", CUSTOMERS, {"name": "Li"}, Idempotency_Key="two words")) == ["Idempotency-Key"]


def test_a_key_of_a_refused_request_may_be_used_again(ada: Caller) -> None:
    assert ada.refused("POST", ORDERS, {"customer": "C1"}, Idempotency_Key="k-2")
    ada.post(CUSTOMERS, {"name": "Lin", "code": "C1"})
    assert ada.post(ORDERS, {"customer": "C1"}, Idempotency_Key="k-2")["status"] == "done"


def test_a_list_is_filtered_sorted_searched_and_paged(ada: Caller) -> None:
    for number in range(5):
        ada.post(CUSTOMERS, {"name": f"Customer {number}", "visits": number, "stage": "steady" if number % 2 else "new"})
    first = ada.get(f"{CUSTOMERS}?filter=visits>0&sort=-visits&limit=3")
    assert [each["visits"] for each in first["items"]] == ["4", "3", "2"]
    second = ada.get(f"{CUSTOMERS}?filter=visits>0&sort=-visits&limit=3&cursor={first['next']}")
    assert [each["visits"] for each in second["items"]] == ["1"] and second["next"] is None
    assert [each["name"] for each in ada.get(f"{CUSTOMERS}?search=mer 3")["items"]] == ["Customer 3"]
    assert set(ada.get(f"{CUSTOMERS}?fields=name,stage")["items"][0]) == {
        "id",
        "version",
        "created_at",
        "created_by",
        "updated_at",
        "updated_by",
        "name",
        "stage",
    }


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("filter=visits >", "filter"),
        ("filter=visits", "filter"),
        ("filter=nothing == 1", "filter"),
        ("sort=nothing", "sort"),
        ("fields=nothing", "fields"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OSwxXQ", "cursor"),
        ("filtre=1", "filtre"),
        ("limit=1&limit=2", "limit"),
    ],
)
def test_what_a_list_cannot_be_asked_is_said(ada: Caller, query: str, path: str) -> None:
    assert list(ada.refused("GET", f"{CUSTOMERS}?{query}")) == [path]


def test_a_forged_cursor_is_no_fault_of_ours(ada: Caller) -> None:
    assert ada.send("GET", f"{CUSTOMERS}?cursor=WyJhIiwxXQ").status_code in (200, 422)


def test_a_batch_adds_changes_and_reports_row_by_row(ada: Caller) -> None:
    made = ada.post(CUSTOMERS, {"name": "Lin", "code": "C1"})
    rows = [
        {"name": "Chen", "code": "C2"},
        {"id": made["id"], "version": 1, "visits": 9},
        {"name": "Wu", "code": "C1"},
        {"id": made["id"], "name": "Twice"},
        {"id": "999999", "name": "Gone"},
    ]
    answer = ada.post(f"{CUSTOMERS}/batch", {"items": rows})
    assert [(each["version"], [line["path"] for line in each["errors"]]) for each in answer["items"]] == [
        (1, []),
        (2, []),
        (None, ["code"]),
        (None, ["id"]),
        (None, [""]),
    ]
    assert (answer["saved"], answer["refused"]) == (2, 3)
    stale = [{"id": made["id"], "version": 1, "visits": 1}, {"name": "Zhou"}]
    assert list(ada.refused("POST", f"{CUSTOMERS}/batch", {"items": stale, "all_or_nothing": True})) == ["items/0/version"]
    assert len(ada.get(CUSTOMERS)["items"]) == 2


def test_a_batch_has_a_thousand_rows_at_most(lite: Caller) -> None:
    assert lite.refused("POST", f"{CUSTOMERS}/batch", {"items": [{"name": "Lin"}] * 1001}) == {"items": "Give at most 1000."}
    assert lite.refused("POST", f"{CUSTOMERS}/batch", {"items": [{"name": "Lin"}, {"nam": "Lin"}]}) == {
        "items/1/name": "This is needed.",
        "items/1/nam": "There is no setting of this name here.",
    }


def test_the_history_tells_what_changed_newest_first(ada: Caller) -> None:
    made = ada.post(CUSTOMERS, {"name": "Lin"})
    ada.patch(f"{CUSTOMERS}/{made['id']}", {"name": "Li"})
    first = ada.get(f"{CUSTOMERS}/{made['id']}/history?limit=1")
    assert [(each["action"], each["source"], each["changes"]) for each in first["items"]] == [
        ("update", "api", {"name": {"from": "Lin", "to": "Li"}})
    ]
    second = ada.get(f"{CUSTOMERS}/{made['id']}/history?cursor={first['next']}")
    assert [each["action"] for each in second["items"]] == ["create"] and second["next"] is None


def test_grouped_figures(ada: Caller) -> None:
    for visits, stage in ((1, "new"), (2, "new"), (5, "steady")):
        ada.post(CUSTOMERS, {"name": "Lin", "visits": visits, "stage": stage})
    assert ada.post("/forms/customer/aggregate", {"by": ["stage"], "measures": ["COUNT(record)", "SUM(visits)"]})["items"] == [
        {"stage": "new", "COUNT(record)": "2", "SUM(visits)": "3"},
        {"stage": "steady", "COUNT(record)": "1", "SUM(visits)": "5"},
    ]
    assert ada.post("/forms/customer/aggregate", {"filter": "visits > 1"})["items"] == [{"COUNT(record)": "2"}]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"measures": ["SUM(nothing)"]}, "measures/0"),
        ({"measures": ["COUNT(record)", "SUM("]}, "measures/1"),
        ({"measures": ["name"]}, "measures/0"),
        ({"by": ["nothing"]}, "by"),
        ({"by": ["interests"]}, "by"),
        ({"filter": "1 +"}, "filter"),
        ({"measures": []}, "measures"),
        ({"group": ["stage"]}, "group"),
    ],
)
def test_figures_that_cannot_be_worked_out_are_refused_with_their_path(ada: Caller, body: dict, path: str) -> None:
    assert list(ada.refused("POST", "/forms/customer/aggregate", body)) == [path]


def test_the_schema_of_a_form_says_what_is_accepted(lite: Caller) -> None:
    schema = lite.get("/forms/customer/schema")
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["required"] == ["name"] and schema["properties"]["stage"]["enum"] == ["new", "steady", None]
    assert "spend" not in schema["properties"] and "tags" not in schema["properties"] and schema["properties"]["name"]["maxLength"] == 40


@pytest.mark.parametrize(
    "address",
    [
        "/forms/nothing/records",
        "/forms/customer/records/0",
        "/forms/customer/records/abc",
        "/forms/customer/records/99999999999999999",
        "/forms/customer/records/1/history",
        "/forms/cus%00tomer/records",
        "/nothing",
    ],
)
def test_what_is_not_there_is_404(ada: Caller, address: str) -> None:
    assert ada.refused("GET", address, status=404) == {}
