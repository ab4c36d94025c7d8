"""Rows of sub-forms at a node: which may come, go and change, which columns are seen; whatever is sent, nothing else is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.errors import DefinitionProblems, Refused
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from runtime.workflow import running, second_thoughts
from tests import makers
from tests.ownership.conftest import files  # noqa: F401
from tests.pages.visitor import Visitor, words
from tests.workflow.flows import body_of
from tests.workflow.test_pages import APP, visit  # noqa: F401
from tests.workflow.test_running import NOBODY_SEES, TWO, Office, office_in

Visits = Callable[[str], Visitor]
ITEMS = [{"product": "Oats", "pieces": 12, "price": 5}, {"product": "Rye", "pieces": 3, "price": 9}]
CHECKED = {"add": False, "delete": False, "columns": {"*": "view", "pieces": "edit", "price": "hidden"}}


@pytest.fixture
def office(workspace: Workspace) -> Office:
    office = office_in(workspace)
    columns = (makers.text("product", required=True), makers.number("pieces"), makers.number("price"))
    named = (makers.text("name"), makers.number("amount"), makers.number("discount"), makers.number("cost"))
    form = makers.form_json(*named, makers.subform("items", *columns), key="order", title="name")
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [form, APP, {**NOBODY_SEES, "rows": "created_by == CURRENT_USER()"}])
    return office


def under(office: Office, **rights: Any) -> tuple[int, int]:
    """A run that waits for u1 at a node with these rights over the rows; gives the run and the record."""
    more = {"fields": {"*": "view", "items": "edit"}, "rows": [{"field": "items", **rights}], "in_bulk": False}
    office.publish([{**TWO[0], "more": more}, TWO[1]], label="Contract approval")
    return office.start(items=ITEMS)


def items(office: Office, record: int) -> list[tuple[Any, ...]]:
    found = office.values(record)["items"]
    return [(row["product"], *(None if row[key] is None else float(row[key]) for key in ("pieces", "price"))) for row in found]


WAS = [("Oats", 12, 5), ("Rye", 3, 9)]
OATS, RYE = ITEMS
NEW = {"product": "Bran", "pieces": 1, "price": 2}

REFUSED: list[tuple[dict[str, Any], list[dict[str, Any]], dict[str, str]]] = [
    ({"add": False}, [OATS, RYE, NEW], {"items/2": "No rows can be added at this step."}),
    ({"add": False}, [NEW, OATS, RYE], {"items/0": "No rows can be added at this step."}),
    ({"delete": False}, [OATS], {"items": "No rows can be removed at this step; 1 of those that were there are missing."}),
    ({"delete": False}, [], {"items": "No rows can be removed at this step; 2 of those that were there are missing."}),
    ({"edit": False}, [OATS, {**RYE, "pieces": 4}], {}),
    ({"edit": False, "delete": False}, [OATS, {**RYE, "pieces": 4}], {"items/1/pieces": "The rows that are there cannot be changed at this step."}),
    ({"edit": False, "add": False, "delete": False}, [RYE, OATS], {}),
    ({"columns": {"*": "edit", "price": "view"}, "delete": False}, [OATS, {**RYE, "price": 1}], {"items/1/price": "This column cannot be changed at this step."}),
    ({"columns": {"*": "edit", "price": "view"}, "delete": False}, [OATS, RYE, NEW], {"items/2/price": "This column cannot be changed at this step."}),
    ({"columns": {"product": "edit", "pieces": "edit"}, "delete": False, "add": False}, [OATS], {}),
]


@pytest.mark.parametrize(("rights", "sent", "said"), REFUSED)
def test_what_a_node_does_not_allow_is_refused_at_its_place_and_nothing_is_lost(
    office: Office, rights: dict[str, Any], sent: list[dict[str, Any]], said: dict[str, str]
) -> None:
    if rights == {"edit": False}:
        rights = {"edit": False, "add": False}
    run, record = under(office, **rights)
    with pytest.raises(Refused) as refused:
        office.approve(run, "u1", items=sent)
    found = {each.path: each.message.in_language("en") for each in refused.value.problems}
    assert said.items() <= found.items() and all(text.endswith((".", "missing.")) for text in found.values())
    assert items(office, record) == WAS and office.stands(run) == ("running", ["a:u1"])


ALLOWED: list[tuple[dict[str, Any], list[dict[str, Any]], list[tuple[Any, ...]]]] = [
    ({"delete": False}, [OATS, RYE, NEW], [*WAS, ("Bran", 1, 2)]),
    ({"add": False}, [RYE], [("Rye", 3, 9)]),
    ({"add": False}, [], []),
    ({"add": False}, [{**RYE, "pieces": 7}], [("Rye", 7, 9)]),
    ({"edit": False}, [NEW, RYE], [("Bran", 1, 2), ("Rye", 3, 9)]),
    ({"edit": False, "delete": False, "add": False}, [{"product": "Oats"}, {}], WAS),
    (CHECKED, [{"pieces": 1}, {"product": "Rye", "pieces": 2}], [("Oats", 1, 5), ("Rye", 2, 9)]),
    (CHECKED, [{"pieces": 1, "price": 0}, {"pieces": 2, "price": "9"}], [("Oats", 1, 5), ("Rye", 2, 9)]),
    (
        {"columns": {"*": "edit", "price": "hidden"}, "delete": False},
        [{"product": "Oats", "pieces": 12}, {"product": "Rye", "pieces": 4}, NEW],
        [("Oats", 12, 5), ("Rye", 4, 9), ("Bran", 1, None)],
    ),
    ({"columns": {"*": "edit", "price": "view"}}, [{"product": "Rye", "pieces": 4}], [("Rye", 4, 9)]),
]


@pytest.mark.parametrize(("rights", "sent", "stands"), ALLOWED)
def test_what_a_node_allows_is_written_and_the_rest_of_each_row_stays(
    office: Office, rights: dict[str, Any], sent: list[dict[str, Any]], stands: list[tuple[Any, ...]]
) -> None:
    run, record = under(office, **rights)
    office.approve(run, "u1", items=sent)
    assert items(office, record) == stands and office.stands(run) == ("running", ["b:u2"])


def test_undoing_a_decision_takes_the_added_row_away_though_the_node_lets_none_be_removed(office: Office) -> None:
    run, record = under(office, edit=False, delete=False)
    office.approve(run, "u1", items=[*ITEMS, NEW])
    assert len(items(office, record)) == 3
    with office.act("u1") as act:
        second_thoughts.undo(act, run)
    assert items(office, record) == WAS and office.stands(run) == ("running", ["a:u1"])


def test_rows_that_the_node_does_not_let_be_changed_at_all_stay_whatever_is_sent(office: Office) -> None:
    office.publish([{**TWO[0], "more": {"fields": {"*": "view"}, "rows": [{"field": "items"}]}}, TWO[1]])
    run, record = office.start(items=ITEMS)
    with office.act("u1") as act:
        running.approve(act, office.task(run, "u1"), {"items": [NEW]})
    assert items(office, record) == WAS


UNFIT: list[tuple[list[dict[str, Any]], str, str]] = [
    ([{"field": "name"}], "nodes/1/rows/0/field", "This form has no sub-form with the key name."),
    ([{"field": "items"}, {"field": "items"}], "nodes/1/rows", "The key items stands there twice."),
    ([{"field": "items", "columns": {"colour": "view"}, "add": False, "delete": False}], "nodes/1/rows/0/columns/colour", "The rows have no field with the key colour."),
    (
        [{"field": "items", "columns": {"*": "edit", "price": "hidden"}}],
        "nodes/1/rows/0/delete",
        "Whoever does not see all of a row cannot remove it. Show the hidden columns, or keep rows from being removed.",
    ),
    ([{"field": "items", "columns": {"*": "edit", "product": "view"}}], "nodes/1/rows/0/add", "A new row needs the column Product, which cannot be filled in here."),
]


def test_the_start_keeps_rows_from_whoever_submits_again(office: Office) -> None:
    more = {"fields": {"*": "edit"}, "rows": [{"field": "items", "add": False, "delete": False, "columns": {"*": "view", "pieces": "edit"}}]}
    body = body_of(TWO)
    body["nodes"][0] |= more
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [body])
    run, record = office.start(items=ITEMS)
    with office.act("u1") as act:
        running.return_(act, office.task(run, "u1"), "start")
    for sent, said in (([OATS], "No rows can be removed"), ([OATS, RYE, NEW], "No rows can be added"), ([OATS, {**RYE, "price": 1}], "column cannot be changed")):
        with office.act("ini") as act, pytest.raises(Refused, match=said):
            running.submit(act, run, {"items": sent})
    assert items(office, record) == WAS and office.stands(run) == ("returned", [])
    with office.act("ini") as act:
        running.submit(act, run, {"items": [OATS, {**RYE, "pieces": 4}]})
    assert items(office, record) == [("Oats", 12, 5), ("Rye", 4, 9)] and office.stands(run) == ("running", ["a:u1"])
    body["nodes"][0]["rows"] = [{"field": "name"}]
    with office.workspace.writing(SYSTEM, "publish") as act, pytest.raises(DefinitionProblems) as refused:
        versions.publish(act, [body])
    assert "nodes/0/rows/0/field" in {each.path for each in refused.value.problems}


@pytest.mark.parametrize(("rows", "path", "sentence"), UNFIT)
def test_rights_that_do_not_fit_the_rows_are_refused_at_publishing(office: Office, rows: list[dict[str, Any]], path: str, sentence: str) -> None:
    with pytest.raises(DefinitionProblems) as refused:
        office.publish([{**TWO[0], "more": {"fields": {"*": "edit"}, "rows": rows}}, TWO[1]])
    found = {each.path: each.message.in_language("en") for each in refused.value.problems}
    assert found.get(path) == sentence, found


def test_the_page_shows_rows_to_be_changed_as_far_as_the_node_lets_them(office: Office, visit: Visits) -> None:  # noqa: F811
    run, record = under(office, **CHECKED)
    first = visit("u1")
    page = first.get(f"/approvals/{run}").get_data(as_text=True)
    assert 'name="f_items-0-f_pieces"' in page and 'name="f_items-1-_was"' in page and "Rye" in page
    assert not any(each in page for each in ('name="f_items-0-f_product"', "f_price", "data-row-add", "data-row-remove"))
    forged = {"f_items-0-_was": "0", "f_items-0-f_pieces": "40", "f_items-0-f_price": "1", "f_items-0-f_product": "Gold", "f_items-1-_was": "1", "f_items-1-f_pieces": "3"}
    answer = first.post(f"/approvals/{run}", {"act": "approve", "task": "1", **forged})
    assert answer.status_code == 303, words(answer)
    assert items(office, record) == [("Oats", 40, 5), ("Rye", 3, 9)]


def test_a_row_that_is_taken_away_by_hand_is_asked_for_and_what_was_typed_stays(office: Office, visit: Visits) -> None:  # noqa: F811
    run, record = under(office, **CHECKED)
    first = visit("u1")
    answer = first.post(f"/approvals/{run}", {"act": "approve", "task": "1", "f_items-0-_was": "1", "f_items-0-f_pieces": "77"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and words(answer).count("No rows can be removed at this step; 1 of those that were there are missing.") == 3
    assert 'value="77.00"' in page and "f_price" not in page and items(office, record) == WAS


def test_a_row_that_was_added_by_hand_is_refused_on_the_page_too(office: Office, visit: Visits) -> None:  # noqa: F811
    run, record = under(office, add=False)
    added = {f"f_items-{number}-f_{key}": str(value) for number, row in enumerate([OATS, RYE, NEW]) for key, value in row.items()}
    answer = visit("u1").post(f"/approvals/{run}", {"act": "approve", "task": "1", **added})
    assert answer.status_code == 422 and "No rows can be added at this step." in words(answer) and items(office, record) == WAS


def test_rows_are_added_and_removed_on_the_page_where_some_columns_are_only_read(office: Office, visit: Visits) -> None:  # noqa: F811
    run, record = under(office, columns={"*": "edit", "price": "view"})
    first = visit("u1")
    page = first.get(f"/approvals/{run}").get_data(as_text=True)
    assert "data-row-add" in page and "data-row-remove" in page and 'name="f_items-0-f_price"' not in page
    kept = {"f_items-0-_was": "1", "f_items-0-f_product": "Rye", "f_items-0-f_pieces": "30"}
    answer = first.post(f"/approvals/{run}", {"act": "approve", "task": "1", **kept, "f_items-1-f_product": "Bran", "f_items-1-f_pieces": "2"})
    assert answer.status_code == 303, words(answer)
    assert items(office, record) == [("Rye", 30, 9), ("Bran", 2, None)]


def test_a_hidden_column_is_on_no_page_of_whoever_is_asked(office: Office, visit: Visits) -> None:  # noqa: F811
    more = {"fields": {"*": "view"}, "rows": [{"field": "items", "delete": False, "columns": {"*": "view", "price": "hidden"}, "add": False}]}
    office.publish([{**TWO[0], "more": more}, TWO[1]], label="Contract approval")
    run, _record = office.start(items=[{"product": "Oats", "pieces": 12, "price": 4711}])
    for page in (f"/approvals/{run}", f"/approvals/{run}/print"):
        shown = visit("u1").get(page).get_data(as_text=True)
        assert "Oats" in shown and "4711" not in shown and "4,711" not in shown


def test_the_api_keeps_to_the_rights_of_rows_too(office: Office, visit: Visits) -> None:  # noqa: F811
    run, record = under(office, **CHECKED)
    first = visit("u1")
    task = office.task(run, "u1")
    headers = {"Content_Type": "application/json", "X_CSRFToken": first.form_token()}

    def approve(rows: list[dict[str, Any]]) -> Any:
        sent = {**first.headers, **{name.replace("_", "-"): value for name, value in headers.items()}, "Accept": "application/json"}
        return first.client.post(f"/api/v1/tasks/{task}/approve", data=json.dumps({"values": {"items": rows}}), headers=sent)

    refused = approve([{"pieces": 1}])
    assert refused.status_code == 422 and "No rows can be removed at this step" in refused.get_data(as_text=True)
    assert approve([{"pieces": 1}, {"pieces": 2}]).status_code == 200
    assert items(office, record) == [("Oats", 1, 5), ("Rye", 2, 9)]
