"""Query panel: its settings, and the records it shows."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway, panels
from runtime.system.workspace import Workspace
from tests import makers
from tests.makers import catalogue_of, field, form_of

CALLS = makers.form_json(makers.text("note"), makers.phone("caller"), makers.money("cost"), makers.reference("customer", "customer"), key="call")
PANEL = field("query_panel", "calls", form="call", theirs="caller", ours="mobile", columns=["note", "cost"], where="cost > 1", most=2)


def customer(*more: dict[str, Any]) -> dict[str, Any]:
    return makers.form_json(makers.text("name"), makers.phone("mobile"), makers.number("age"), PANEL, *more)


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"form": "nowhere"}, "form"), ({"theirs": "missing"}, "theirs"), ({"ours": "missing"}, "ours"), ({"ours": "age"}, "ours"),
        ({"columns": ["missing"]}, "columns"), ({"ours": "record"}, "theirs"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_named(settings: dict[str, Any], path: str) -> None:
    form = form_of(makers.text("name"), makers.phone("mobile"), makers.number("age"), {**PANEL, **settings})
    catalogue = catalogue_of(makers.definition(CALLS))
    assert [each.path for each in form.by_key["calls"].problems(form, catalogue)] == [path]


def test_it_shows_the_records_that_fit_newest_first_a_page_at_a_time(sqlite_workspace: Workspace) -> None:
    kinds.load()
    pointing = field("query_panel", "own_calls", form="call", theirs="customer", ours="record")
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [CALLS, customer(pointing)])
    with sqlite_workspace.writing(SYSTEM) as act:
        gateway.create(act, "customer", {"name": "Lin", "mobile": "13812342046"})
        for number, cost in enumerate((5, 7, 9, 1)):
            gateway.create(act, "call", {"note": f"call {number}", "caller": "13812342046", "cost": cost})
        gateway.create(act, "call", {"note": "other", "caller": "13812342047", "cost": 5, "customer": "1"})
    with sqlite_workspace.reading(SYSTEM) as act:
        form = act.catalogue.forms["customer"]
        shown = lambda page: [each.values["note"] for each in page.records] if page is not None else None  # noqa: E731
        first = panels.page(act, form, form.by_key["calls"], "+8613812342046")
        assert first is not None and shown(first) == ["call 2", "call 1"] and first.next is not None
        assert shown(panels.page(act, form, form.by_key["calls"], "+8613812342046", first.next)) == ["call 0"]
        assert panels.page(act, form, form.by_key["calls"], None) is None, "a blank fits nothing"
        assert shown(panels.page(act, form, form.by_key["own_calls"], 1)) == ["other"]
