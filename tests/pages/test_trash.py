"""The trash of an app: what was deleted, by whom, and bringing it back."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.definitions.versions import publish
from runtime.errors import NotFound
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests.makers import form_json, text
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

APP = {
    "kind": "app",
    "key": "shop",
    "label": "Shop",
    "menu": [{"section": "Work", "items": ["form:customer"]}],
    "roles": {"member": ["role:service"]},
}
CUSTOMER = form_json(text("name", unique=True), app="shop")
NOTE = form_json(text("title"), key="note", app="shop")
FOREIGN = form_json(text("name"), key="foreign")


class Shop:
    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        with workspace.writing(SYSTEM) as act:
            publish(act, [APP, CUSTOMER, NOTE, FOREIGN])

    def gone(self, form: str = "customer", **values: str) -> int:
        """A record that was deleted."""
        with self.workspace.writing(SYSTEM) as act:
            record = gateway.create(act, form, values).id
        with self.workspace.writing(SYSTEM) as act:
            gateway.delete(act, form, record)
        return record

    def is_there(self, record: int, form: str = "customer") -> bool:
        with self.workspace.reading(SYSTEM) as act:
            try:
                return bool(query.get(act, form, record))
            except NotFound:
                return False


@pytest.fixture
def shop(sqlite_workspace: Workspace, app: Any) -> Shop:
    return Shop(sqlite_workspace)


def test_an_empty_trash_says_what_it_is_for(shop: Shop, signed_in: Visitor):
    assert "The trash is empty." in words(signed_in.get("/apps/shop/-/trash"))


def test_deleted_records_are_listed_with_who_deleted_them_the_last_first(shop: Shop, signed_in: Visitor):
    shop.gone(name="Ann")
    with shop.workspace.writing(SYSTEM) as act:
        bo = gateway.create(act, "customer", {"name": "Bo"}).id
    signed_in.post(f"/apps/shop/customer/{bo}/delete")
    text = words(signed_in.get("/apps/shop/-/trash"))
    assert "Bo just now Ada Restore Ann just now Tierloom Restore" in text


def test_each_form_of_the_app_has_its_own_list(shop: Shop, signed_in: Visitor):
    shop.gone(name="Ann")
    shop.gone("note", title="Remember")
    shop.gone("foreign", name="Elsewhere")
    text = words(signed_in.get("/apps/shop/-/trash"))
    assert "Customer 1" in text and "Note 1" in text and "Ann" in text and "Remember" not in text
    assert "Remember" in words(signed_in.get("/apps/shop/-/trash?form=note"))
    assert signed_in.get("/apps/shop/-/trash?form=foreign").status_code == 404


def test_picked_records_come_back(shop: Shop, signed_in: Visitor):
    records = [shop.gone(name=name) for name in ("Ann", "Bo", "Cy")]
    answer = signed_in.post("/apps/shop/-/trash/restore", {"form": "customer", "id": records[:2]})
    assert answer.location.endswith("/apps/shop/-/trash?form=customer")
    assert [shop.is_there(each) for each in records] == [True, True, False]
    page = signed_in.get("/apps/shop/-/trash").get_data(as_text=True)
    assert "2 records are back." in page and "Cy" in page


def test_a_record_whose_place_is_taken_stays_and_the_page_says_why(shop: Shop, signed_in: Visitor):
    ann, bo = shop.gone(name="Ann"), shop.gone(name="Bo")
    with shop.workspace.writing(SYSTEM) as act:
        gateway.create(act, "customer", {"name": "Ann"})
    signed_in.post("/apps/shop/-/trash/restore", {"form": "customer", "id": [ann, bo]})
    assert [shop.is_there(ann), shop.is_there(bo)] == [False, True]
    page = signed_in.get("/apps/shop/-/trash").get_data(as_text=True)
    assert "already belongs to Ann" in page and "The record is back." in page


def test_nothing_picked_is_told(shop: Shop, signed_in: Visitor):
    answer = signed_in.post("/apps/shop/-/trash/restore", {"form": "customer"})
    assert answer.status_code == 422 and "Pick at least one record first." in words(answer)


def test_a_form_of_another_app_cannot_be_restored_from_here(shop: Shop, signed_in: Visitor):
    record = shop.gone("foreign", name="Elsewhere")
    assert signed_in.post("/apps/shop/-/trash/restore", {"form": "foreign", "id": [record]}).status_code == 404
    assert not shop.is_there(record, "foreign")


def test_who_may_not_see_the_records_finds_no_trash_of_them(shop: Shop, app: Any, signed_in: Visitor, add_person: Any):
    record = shop.gone(name="Ann")
    with shop.workspace.writing(SYSTEM) as act:
        publish(act, [{"kind": "permission_set", "key": "lead", "label": "Lead", "form": "customer", "for": ["role:lead"]}])
    service = Visitor(app).sign_in(add_person("s@example.com", "service").email, PASSWORD)
    assert "Ann" not in words(service.get("/apps/shop/-/trash"))
    assert service.post("/apps/shop/-/trash/restore", {"form": "customer", "id": [record]}).status_code in (403, 404)
    assert not shop.is_there(record)


def test_a_long_trash_goes_on_at_a_next_page(shop: Shop, signed_in: Visitor):
    for number in range(52):
        shop.gone("note", title=f"Note{number}.")
    first = signed_in.get("/apps/shop/-/trash?form=note")
    assert "Note51." in words(first) and "Note1." not in words(first) and "cursor=" in first.get_data(as_text=True)
