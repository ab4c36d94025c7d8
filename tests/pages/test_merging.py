"""The pages of a merge: what is refused, what is said, and where the record that went leads."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests.makers import form_json, reference, text
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words

APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:customer"]}]}
CUSTOMER = form_json(text("name"), text("city"), app="shop")
CARD = form_json(text("no"), reference("customer", "customer", unique=True), key="card", app="shop")
HERE = "/apps/shop/customer"


class Shop:
    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        with workspace.writing(SYSTEM) as act:
            publish(act, [APP, CUSTOMER, CARD])

    def add(self, form: str = "customer", **values: Any) -> int:
        with self.workspace.writing(SYSTEM) as act:
            return gateway.create(act, form, values).id

    def city(self, record: int) -> str | None:
        with self.workspace.reading(SYSTEM) as act:
            return query.get(act, "customer", record).values["city"]


@pytest.fixture
def shop(sqlite_workspace: Workspace, app: Any) -> Shop:
    return Shop(sqlite_workspace)


@pytest.fixture
def two(shop: Shop) -> tuple[int, int]:
    return shop.add(name="Lin", city="Bonn"), shop.add(name="Lin Yue", city="Kiel")


def given(keep: int, other: int, **more: Any) -> dict[str, Any]:
    return {"keep": keep, "other": other, "version_keep": 1, "version_other": 1, **more}


def test_the_other_is_looked_for_by_a_part_of_its_name(two: tuple[int, int], signed_in: Visitor):
    keep, other = two
    found = signed_in.get(f"{HERE}/{keep}/merge?q=yue").get_data(as_text=True)
    assert f"/merge?keep={keep}&amp;other={other}" in found and f"other={keep}" not in found
    assert "Nothing was found for “zzz”" in words(signed_in.get(f"{HERE}/{keep}/merge?q=zzz"))


def test_of_two_picked_the_fuller_one_is_proposed_to_stay(shop: Shop, signed_in: Visitor):
    poor, rich = shop.add(name="Lin"), shop.add(name="Lin", city="Bonn")
    answer = signed_in.post(f"{HERE}/merge/picked", {"id": [poor, rich]})
    assert answer.location == f"{HERE}/merge?keep={rich}&other={poor}"
    answer = signed_in.post(f"{HERE}/merge/picked", {"id": [poor], "back": "q=Lin"})
    assert answer.location == f"{HERE}?q=Lin"
    assert "Pick exactly two records" in signed_in.get(HERE).get_data(as_text=True)


def test_what_was_chosen_is_what_stays_and_the_address_of_the_other_leads_there(shop: Shop, two: tuple[int, int], signed_in: Visitor):
    keep, other = two
    assert signed_in.post(f"{HERE}/merge", given(keep, other, **{"take-city": "keep"})).location == f"{HERE}/{keep}"
    assert shop.city(keep) == "Bonn"
    assert signed_in.get(f"{HERE}/{other}").location == f"{HERE}/{keep}"
    own = words(signed_in.get(f"{HERE}/{other}?own=1"))
    assert "This record was merged into another" in own and "Kiel" in own
    assert "merged “Lin Yue” into this one" in words(signed_in.get(f"{HERE}/{keep}"))
    trash = words(signed_in.get("/apps/shop/-/trash"))
    assert "merged into Lin Yue" in trash and "Take the merge back" in trash


def test_somebody_elses_change_is_shown_before_anything_is_lost(shop: Shop, two: tuple[int, int], signed_in: Visitor):
    keep, other = two
    with shop.workspace.writing(SYSTEM) as act:
        gateway.update(act, "customer", other, {"city": "Ulm"})
    answer = signed_in.post(f"{HERE}/merge", given(keep, other, **{"take-city": "keep"}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409 and "Somebody has changed one of the two records meanwhile" in page and "Ulm" in page
    assert 'value="keep" checked' in page.partition('name="take-city"')[2][:40]
    assert shop.city(other) == "Ulm"


def test_who_comes_second_is_led_to_the_record_that_stayed(two: tuple[int, int], signed_in: Visitor):
    keep, other = two
    signed_in.post(f"{HERE}/merge", given(keep, other, **{"take-name": "keep"}))
    for answer in (signed_in.post(f"{HERE}/merge", given(other, keep)), signed_in.get(f"{HERE}/merge?keep={other}&other={keep}")):
        assert answer.location == f"{HERE}/{keep}"
    assert "Ada has merged “Lin Yue” into “Lin” already." in signed_in.get(f"{HERE}/{keep}").get_data(as_text=True)


def test_what_stands_in_the_way_is_said_before(shop: Shop, two: tuple[int, int], signed_in: Visitor):
    for record in two:
        shop.add("card", no="X", customer=record)
    page = signed_in.get(f"{HERE}/merge?keep={two[0]}&other={two[1]}").get_data(as_text=True)
    assert "Each of the two has its own record in Card" in page and "disabled" in page.partition("What will happen")[2]
    assert signed_in.post(f"{HERE}/merge", given(*two)).status_code == 422


def test_undo_says_what_it_cannot_take_back(shop: Shop, two: tuple[int, int], signed_in: Visitor):
    keep, other = two
    signed_in.post(f"{HERE}/merge", given(keep, other, **{"take-city": "other"}))
    with shop.workspace.writing(SYSTEM) as act:
        gateway.update(act, "customer", keep, {"city": "Ulm"})
    undo = "/apps/shop/-/merges/1/undo"
    assert signed_in.post(undo).location == f"{HERE}/{keep}"
    assert "City has been changed since the merge" in signed_in.get(f"{HERE}/{keep}").get_data(as_text=True)
    with shop.workspace.writing(SYSTEM) as act:
        gateway.update(act, "customer", keep, {"city": "Kiel"})
    signed_in.post(undo)
    assert (shop.city(keep), shop.city(other)) == ("Bonn", "Kiel")


@pytest.mark.parametrize(
    "address", [f"{HERE}/merge", f"{HERE}/merge?keep=1&other=x", f"{HERE}/merge?keep=1&other=999", f"{HERE}/999/merge"]
)
def test_addresses_that_lead_nowhere_say_so(two: tuple[int, int], signed_in: Visitor, address: str):
    assert signed_in.get(address).status_code == 404


def test_who_may_not_delete_is_not_offered_to_merge(shop: Shop, two: tuple[int, int], app: Any, add_person: Any):
    with shop.workspace.writing(SYSTEM) as act:
        publish(act, [{"kind": "permission_set", "key": "sales", "label": "Sales", "form": "customer", "for": ["role:member"],
                       "actions": ["edit"], "fields": {"*": "edit"}}])  # fmt: skip
    visitor = Visitor(app).sign_in(add_person("ben@example.com", "member").email, PASSWORD)
    assert "Merge two" not in visitor.get(HERE).get_data(as_text=True)
    assert visitor.get(f"{HERE}/merge?keep={two[0]}&other={two[1]}").status_code == 403
    assert visitor.post(f"{HERE}/merge", given(*two)).status_code == 403
