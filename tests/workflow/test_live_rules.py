"""The rules of a form follow on the page of whoever is asked, over the fields that are there; what is kept from them only the server reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from tests import makers
from tests.pages.visitor import Visitor
from tests.ownership.conftest import files  # noqa: F401
from tests.workflow.test_pages import APP, visit  # noqa: F401
from tests.workflow.test_running import NOBODY_SEES, TWO, Office, office_in

Visits = Callable[[str], Visitor]
RULES: list[dict[str, Any]] = [
    {"show": ["reason"], "when": "amount > 100"},
    {"require": ["discount"], "when": "cost > 4000"},
    {"show": ["note"], "when": "SUM(items.price) > 4000"},
]


@pytest.fixture
def office(workspace: Workspace) -> Office:
    office = office_in(workspace)
    fields = (makers.text("name"), makers.number("amount"), makers.number("discount"), makers.number("cost"), makers.text("reason"), makers.text("note"))
    items = makers.subform("items", makers.text("product"), makers.number("pieces"), makers.number("price"))
    form = makers.form_json(*fields, items, key="order", title="name", rules=RULES)
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [form, APP, NOBODY_SEES])
    rows = [{"field": "items", "add": False, "delete": False, "columns": {"*": "view", "pieces": "edit", "price": "hidden"}}]
    more = {"fields": {"*": "edit", "cost": "hidden"}, "rows": rows}
    office.publish([{**TWO[0], "more": more}, TWO[1]], label="Contract approval")
    return office


def test_rules_over_what_is_there_are_carried_and_nothing_that_is_kept_back(office: Office, visit: Visits) -> None:  # noqa: F811
    run, _record = office.start(amount=5, discount="0.1", cost=4711, items=[{"product": "Oats", "pieces": 1, "price": 4811}])
    first = visit("u1")
    page = first.get(f"/approvals/{run}").get_data(as_text=True)
    found = re.search(r"<script type=\"application/json\" data-live-rules>(.*?)</script>", page)
    assert found is not None
    carried = json.loads(found.group(1))
    assert [each["when"] is not None for each in carried["rules"]] == [True, False, False]
    assert [each["stands"]["when"] for each in carried["rules"]] == [False, True, True]
    assert "cost" not in carried["fields"] and carried["subforms"] == carried["row_rules"] == {}
    assert not any(each in page.replace(",", "") for each in ("4711", "4811"))
    typed = {"f_name": "Deal", "f_amount": "500", "f_items-0-_was": "0", "f_items-0-f_pieces": "2", "_field": "f_amount"}
    answer = first.post(f"/approvals/{run}/check", typed)
    said = json.loads(answer.get_data(as_text=True))
    assert answer.status_code == 200 and [each["when"] for each in said["rules"]] == [True, True, True] and "f_reason" not in said["hidden"]
    assert "4711" not in answer.get_data(as_text=True) and "4811" not in answer.get_data(as_text=True)
    assert visit("u2").post(f"/approvals/{run}/check", typed).status_code == 404, "nobody else asks how the rules stand"


def test_cells_are_pasted_into_rows_that_can_be_filled_in_here(office: Office, visit: Visits) -> None:  # noqa: F811
    run, _record = office.start(amount=5, items=[{"product": "Oats", "pieces": 1, "price": 4811}])
    cells = {"subform": "items", "columns": ["pieces"], "cells": [["12"], ["a dozen"]]}

    def paste(who: str, sent: dict[str, Any]) -> Any:
        visitor = visit(who)
        return visitor.client.post(f"/approvals/{run}/paste", json=sent, headers={"X-CSRFToken": visitor.form_token()})

    answer = paste("u1", cells)
    said = json.loads(answer.get_data(as_text=True))
    assert answer.status_code == 200 and said["cells"][0][0] is not None and said["cells"][1] == [None]
    assert [each["row"] for each in said["problems"]] == [1]
    assert paste("u1", {**cells, "subform": "cost"}).status_code == 404
    assert paste("u2", cells).status_code == 404, "nobody else pastes there"
