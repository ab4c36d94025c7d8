"""Rules of a form when a record is saved: they see what is computed, and what one hides counts for the next."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.errors import Refused
from runtime.forms import LEFT_OUT, fill
from runtime.records import gateway, query
from runtime.records.lookup import ActLookup
from runtime.system.workspace import Workspace
from tests import makers
from tests.records.conftest import acting, publish

LIMIT = {"check": "total <= 100", "fields": ["total"], "message": "Too much."}
QUOTE = makers.form_json(
    makers.text("subject"),
    makers.choice("sort", "company", "person", default="'person'"),
    makers.text("branch"),
    makers.text("reg_no"),
    makers.choice("source", "web", "fair"),
    makers.subform("items", makers.number("quantity"), makers.formula("double", "quantity * 2", result="number")),
    makers.formula("total", "SUM(items.double)", result="number"),
    key="quote",
    rules=[
        LIMIT,
        {"show": ["reg_no"], "when": "branch == 'x'"},
        {"show": ["branch"], "when": "sort == 'company'"},
        {"require": ["reg_no"], "when": "branch == 'x'"},
        {"show": ["source"], "when": "sort == 'company'", "hidden_value": "keep"},
    ],
)


@pytest.fixture
def quotes(sqlite_workspace: Workspace) -> Workspace:
    kinds.load()
    publish(sqlite_workspace, QUOTE)
    return sqlite_workspace


def create(workspace: Workspace, **values: Any) -> dict[str, Any]:
    with acting(workspace) as act:
        saved = gateway.create(act, "quote", values)
        return query.get(act, "quote", saved.id).values


def test_a_check_sees_what_is_computed_from_the_rows_it_comes_with(quotes: Workspace):
    assert create(quotes, items=[{"quantity": "50"}])["total"] == 100
    with pytest.raises(Refused, match="Too much"):
        create(quotes, items=[{"quantity": "51"}])


def test_what_one_rule_hides_hides_what_hangs_on_it(quotes: Workspace):
    stored = create(quotes, sort="person", branch="x", reg_no="1")
    assert (stored["branch"], stored["reg_no"]) == (None, None)
    stored = create(quotes, sort="company", branch="x", reg_no="1")
    assert (stored["branch"], stored["reg_no"]) == ("x", "1")


def test_a_control_that_stood_on_the_page_without_being_asked_leaves_its_value_alone(quotes: Workspace):
    with acting(quotes) as act:
        form = act.catalogue.forms["quote"]
        reader: Any = makers.PlainReader()
        asked = fill(form, {"f_subject": "a"}, ActLookup(act), reader)
        assert asked.raw["source"] is None  # radio buttons of which none is chosen send nothing
        left_out = fill(form, {"f_subject": "a", LEFT_OUT: "f_source f_items"}, ActLookup(act), reader)
        assert left_out.raw.keys() >= {"subject", "sort"} and not left_out.raw.keys() & {"source", "items"}
