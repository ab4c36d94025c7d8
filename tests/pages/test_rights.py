"""Who can see this, and why; and looking as somebody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM, Person
from runtime.records import gateway
from runtime.system.tables import audit_log
from runtime.system.workspace import Workspace
from tests import makers
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

FORM = makers.form_json(makers.text("name"), makers.member("owner"), makers.text("mobile"), title="name", app="shop")
APP = {
    "kind": "app",
    "key": "shop",
    "label": "Shop",
    "menu": [{"section": "All", "items": ["form:customer"]}],
    "roles": {"member": ["role:sales"]},
}
OWN = {
    "kind": "permission_set",
    "key": "own",
    "label": "Own customers",
    "form": "customer",
    "for": ["role:sales"],
    "actions": ["view", "edit"],
    "rows": "owner == CURRENT_USER()",
    "fields": {"*": "edit", "mobile": "masked"},
}


@pytest.fixture
def shop(sqlite_workspace: Workspace, add_person: Callable[..., Person], builder: Person) -> dict[str, Any]:
    ann, bob = add_person("ann@example.com", "sales"), add_person("bob@example.com", "sales")
    add_person("cleo@example.com", "other")
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [FORM, APP, OWN])
    with sqlite_workspace.writing(SYSTEM) as act:
        record = gateway.create(act, "customer", {"name": "Lin", "owner": ann.id, "mobile": "13812342046"}).id
    return {"ann": ann, "bob": bob, "record": record}


def test_from_a_record_to_the_reason_in_two_clicks(signed_in: Visitor, shop: dict[str, Any]) -> None:
    here = f"/apps/shop/customer/{shop['record']}"
    assert f'href="{here}/rights"' in signed_in.get(here).get_data(as_text=True)
    listed = words(signed_in.get(f"{here}/rights"))
    can, cannot = listed.split("Cannot see it")
    assert "Ann" in can and "Own customers" in can and "Ada" in can
    assert "Bob" in cannot and "Cleo" in cannot and "Ann" not in cannot.partition("Choose")[0]
    ann = words(signed_in.get(f"{here}/rights?person={shop['ann'].id}"))
    assert "“Own customers” allows to see it: its condition holds for this record." in ann
    assert "“Own customers” does not allow to delete it." in ann
    assert "Mobile masked “Own customers” says so of this field." in ann
    bob = words(signed_in.get(f"{here}/rights?person={shop['bob'].id}"))
    assert "“Own customers” would allow to see it, but its condition does not hold for this record." in bob
    assert "Owner is the person asking" in bob


def test_the_rights_of_a_person_form_by_form(signed_in: Visitor, shop: dict[str, Any]) -> None:
    said = words(signed_in.get(f"/admin/people/{shop['ann'].id}/rights"))
    assert "Customer" in said and "Own customers" in said and "for records where: Owner is the person asking" in said


def test_only_those_who_administer_ask_for_reasons(app: Any, shop: dict[str, Any]) -> None:
    ann = Visitor(app).sign_in("ann@example.com", PASSWORD)
    here = f"/apps/shop/customer/{shop['record']}"
    assert ann.get(f"{here}/rights").status_code == 403
    assert ann.get(f"/admin/people/{shop['bob'].id}/rights").status_code == 403
    assert f"{here}/rights" not in ann.get(here).get_data(as_text=True)
    assert ann.get(f"/api/v1/forms/customer/records/{shop['record']}/rights?person={shop['bob'].id}").status_code == 403
    assert ann.post(f"/admin/people/{shop['bob'].id}/view-as").status_code == 403


def test_the_api_says_the_same(signed_in: Visitor, shop: dict[str, Any]) -> None:
    found = signed_in.get(f"/api/v1/forms/customer/records/{shop['record']}/rights?person={shop['ann'].id}").json
    assert found is not None
    assert {each["action"]: each["allowed"] for each in found["actions"]} == {"view": True, "edit": True, "delete": False, "export": False, "share": True}
    assert [(each["set"], each["holds"]) for each in found["sources"]] == [("own", True)]
    assert {each["field"]: each["right"] for each in found["fields"]} == {"name": "edit", "owner": "edit", "mobile": "masked"}


def test_looking_as_somebody_else_shows_their_pages_and_changes_nothing(
    signed_in: Visitor, shop: dict[str, Any], sqlite_workspace: Workspace
) -> None:
    here = f"/apps/shop/customer/{shop['record']}"
    assert "13812342046" in signed_in.get(here).get_data(as_text=True)
    assert signed_in.post(f"/admin/people/{shop['ann'].id}/view-as").status_code == 303
    page = signed_in.get(here).get_data(as_text=True)
    assert "You see what Ann sees, and can change nothing." in page and "13812342046" not in page
    assert signed_in.get("/admin/people").status_code == 403
    refused = signed_in.post(f"{here}/edit", {"f_name": "Other"})
    assert refused.status_code == 403 and "nothing can be changed" in words(refused)
    assert signed_in.post(f"{here}/delete").status_code == 403
    assert signed_in.post("/me", {"name": "Other"}).status_code == 403
    assert signed_in.post("/view-as/stop").status_code == 303
    assert "You see what" not in signed_in.get(here).get_data(as_text=True)
    with sqlite_workspace.reading(SYSTEM) as act:
        kinds = [(row.kind, row.subject) for row in act.connection.execute(audit_log.select()) if row.kind.startswith("impersonation")]
    assert kinds == [("impersonation_started", f"person:{shop['ann'].id}"), ("impersonation_ended", f"person:{shop['ann'].id}")]


def test_looking_as_somebody_is_no_way_to_rights_one_has_not(app: Any, signed_in: Visitor, shop: dict[str, Any]) -> None:
    """The mark in the session counts only with the session of the very administrator who set it."""
    ann = Visitor(app).sign_in("ann@example.com", PASSWORD)
    with ann.client.session_transaction() as session:
        session["view_as"] = [shop["bob"].id, shop["bob"].id, 9e12]
    assert ann.get(f"/apps/shop/customer/{shop['record']}").status_code == 200


def test_nobody_looks_as_themselves_or_as_who_is_gone(signed_in: Visitor, shop: dict[str, Any], builder: Person) -> None:
    assert signed_in.post(f"/admin/people/{builder.id}/view-as").status_code == 422
    assert signed_in.post("/admin/people/999/view-as").status_code == 422
