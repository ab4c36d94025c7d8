"""Several records of another form: what is particular to the type, and its links in the database."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.errors import Refused
from runtime.people.person import SYSTEM
from runtime.quality import merging
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests import makers
from tests.makers import PlainLookup, catalogue_of, field, field_of, form_of

CUSTOMER = makers.form_json(
    makers.text("name"),
    makers.text("no", unique=True),
    makers.formula("projects_open", "COUNT(projects, where=projects.open)", decimals=0),
    makers.formula("worth", "SUM(projects.budget)", result="money", currency="CNY"),
    makers.rollup("greatest", relation="projects", field="budget", figure="greatest"),
)


def project(on_delete: str = "restrict") -> dict[str, Any]:
    return makers.form_json(
        makers.text("name"),
        makers.checkbox("open"),
        makers.money("budget"),
        field("multi_reference", "partners", form="customer", many_name="projects", match="no", on_delete=on_delete),
        key="project",
    )


@pytest.fixture
def linked(workspace: Workspace) -> Workspace:
    """On each database: what is counted, taken out and moved by statements."""
    return filled(workspace)


@pytest.fixture
def linked_here(sqlite_workspace: Workspace) -> Workspace:
    """For what the gateway decides, whatever the database."""
    return filled(sqlite_workspace)


def filled(workspace: Workspace) -> Workspace:
    kinds.load()
    publish(workspace, CUSTOMER, project())
    with workspace.writing(SYSTEM) as act:
        for number in (1, 2, 3):
            gateway.create(act, "customer", {"name": f"Customer {number}", "no": f"C{number}"})
        gateway.create(act, "project", {"name": "Shop", "open": True, "budget": "100", "partners": ["C1", "C2"]})
        gateway.create(act, "project", {"name": "Mill", "open": False, "budget": "40", "partners": ["C2"]})
    return workspace


def publish(workspace: Workspace, *bodies: dict[str, Any]) -> None:
    with workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, list(bodies))


def figures(workspace: Workspace) -> dict[str, tuple[Any, ...]]:
    with workspace.reading(SYSTEM) as act:
        return {
            each.values["no"]: tuple(int(found) if (found := each.values[key]) is not None else None for key in ("projects_open", "worth", "greatest"))
            for each in query.page(act, "customer", columns=["no", "projects_open", "worth", "greatest"]).records
        }


def partners(workspace: Workspace, name: str) -> tuple[int, ...]:
    with workspace.reading(SYSTEM) as act:
        found = query.page(act, "project", filter=f"name == '{name}'", columns=["partners"]).records
        return found[0].values["partners"]


def id_of(workspace: Workspace, form: str, name: str) -> int:
    with workspace.reading(SYSTEM) as act:
        return query.page(act, form, filter=f"name == '{name}'", columns=["name"]).records[0].id


def test_the_records_named_count_those_that_name_them_and_anew_after_a_change(linked: Workspace) -> None:
    assert figures(linked) == {"C1": (1, 100, 100), "C2": (1, 140, 100), "C3": (0, 0, None)}
    with linked.reading(SYSTEM) as act:
        found, count = query.related(act, "project", "partners", 2)
    assert (count, sorted(each.values["name"] for each in found)) == (2, ["Mill", "Shop"]), "the page of a record lists those that name it"
    shop = id_of(linked, "project", "Shop")
    with linked.writing(SYSTEM) as act:
        gateway.update(act, "project", shop, {"partners": ["C3", "C2"]})
    assert figures(linked) == {"C1": (0, 0, None), "C2": (1, 140, 100), "C3": (1, 100, 100)}
    assert partners(linked, "Shop") == (3, 2), "in the order given"
    with linked.writing(SYSTEM) as act:
        gateway.update(act, "project", shop, {"budget": "7"})
        gateway.delete(act, "project", id_of(linked, "project", "Mill"))
    assert figures(linked)["C2"] == (1, 7, 7)


def test_a_record_that_is_named_is_not_deleted(linked_here: Workspace) -> None:
    with pytest.raises(Refused, match="belong to this one"), linked_here.writing(SYSTEM) as act:
        gateway.delete(act, "customer", 1)


def test_or_it_is_taken_out_of_the_lists(linked: Workspace) -> None:
    publish(linked, project("clear"))
    with linked.writing(SYSTEM) as act:
        gateway.delete(act, "customer", 2)
    assert (partners(linked, "Shop"), partners(linked, "Mill")) == ((1,), ())


def test_a_record_that_is_gone_is_not_named_anew(linked_here: Workspace) -> None:
    with linked_here.writing(SYSTEM) as act:
        gateway.delete(act, "customer", 3)
    with pytest.raises(Refused, match="There is no record “C3”|does not exist any more"), linked_here.writing(SYSTEM) as act:
        gateway.update(act, "project", id_of(linked_here, "project", "Shop"), {"partners": ["C1", "C3"]})


def test_merging_moves_the_links_and_taking_it_back_restores_them(linked: Workspace) -> None:
    with linked.writing(SYSTEM) as act:
        done = merging.merge(act, "customer", 1, 2, {})
    assert (partners(linked, "Shop"), partners(linked, "Mill")) == ((1,), (1,))
    assert figures(linked)["C1"] == (1, 140, 100)
    with linked.writing(SYSTEM) as act:
        undone = merging.undo(act, done.id)
    assert undone.left == 0
    assert (partners(linked, "Shop"), partners(linked, "Mill")) == ((1, 2), (2,))
    assert figures(linked) == {"C1": (1, 100, 100), "C2": (1, 140, 100), "C3": (0, 0, None)}


def test_a_form_that_is_not_there_is_named() -> None:
    form = form_of(makers.text("name"), field("multi_reference", "partners", form="nowhere"))
    assert [each.path for each in form.by_key["partners"].problems(form, catalogue_of())] == ["form"]


def test_texts_are_found_by_the_match_field() -> None:
    assert field_of(field("multi_reference", "partners", form="customer")).parse("41, 42", PlainLookup()) == (41, 42)
