"""Department: read by key, name or path; shown by its name."""

from __future__ import annotations

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import FieldError
from runtime.people import accounts, departments
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests import makers
from tests.makers import PlainLookup, PlainReader, department, field_of


def test_it_reads_key_and_name_and_shows_the_name() -> None:
    field = field_of(department())
    assert field.parse("North", PlainLookup()) == "north" and field.display("north", PlainReader()) == "North"
    assert field.display("gone", PlainReader()) == "gone"
    with pytest.raises(FieldError, match="There is no department “West”"):
        field.parse("West", PlainLookup())


def test_the_departments_of_the_workspace_are_offered() -> None:
    unbound = field_of(department()).entry([], PlainReader())
    assert [(each.value, each.label) for each in unbound.kwargs["choices"]] == [("north", "Sales / North"), ("south", "Sales / South")]


def test_records_are_limited_by_it(workspace: Workspace) -> None:
    kinds.load()
    own = {"kind": "permission_set", "key": "own", "label": "Own", "form": "deal", "for": ["role:sales"], "actions": ["view"],
           "rows": "team in MY_DEPARTMENTS()", "fields": {"*": "view"}}  # fmt: skip
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [makers.form_json(makers.text("name"), department(), makers.departments(), key="deal"), own])
    with workspace.writing(SYSTEM) as act:
        sales = departments.add(act, "Sales")
        north, south = departments.add(act, "North", sales), departments.add(act, "South", sales)
        ann = accounts.add(act, email="ann@example.com", name="Ann", roles=["sales"], password=None)
        departments.place(act, ann.id, [north])
        for team in ("North", "Sales / South"):
            gateway.create(act, "deal", {"name": team, "team": team, "teams": "North，South"})
        assert query.page(act, "deal", columns=["teams"]).records[0].values["teams"] == ("north", "south")
        assert query.count(act, "deal", filter="'north' in teams") == 2 and south
    with workspace.reading(SYSTEM) as act:
        placed = accounts.by_id(act.connection, ann.id)
    assert placed is not None
    with workspace.reading(placed) as act:
        assert [each.values["name"] for each in query.page(act, "deal", columns=["name"]).records] == ["North"]
