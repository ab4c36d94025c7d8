"""What each role of an app gives by every door: owner and builder everything, analyst sees and exports, member what members may, guest what is shared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runtime.ownership import sharing
from runtime.people import tokens
from runtime.people.person import SYSTEM
from runtime.system.tables import person as person_table
from tests import makers
from tests.api.caller import Caller
from tests.ownership.conftest import APP, CUSTOMER, VISIT, House, permission
from tests.pages.visitor import Visitor

ROLES = {"owner": "sue", "builder": "cy", "analyst": "bob", "member": "ann", "guest": "gus"}
SEES = {"owner": True, "builder": True, "analyst": True, "member": False, "guest": False}
"""Who sees a record of somebody else: the set gives members their own."""
CHANGES = {"owner": True, "builder": True, "analyst": False, "member": False, "guest": False}
DOORS: list[tuple[str, str, dict[str, str] | None, dict[str, bool]]] = [
    ("GET", "/apps/shop/customer/{id}", None, SEES),
    ("GET", "/apps/shop/customer/{id}/edit", None, CHANGES),
    ("POST", "/apps/shop/customer/{id}/delete", {}, CHANGES),
    ("GET", "/apps/shop/customer/new", None, {**CHANGES, "member": True}),
    ("GET", "/apps/shop/customer/import", None, {**CHANGES, "member": True}),
    ("GET", "/apps/shop/customer/export", None, {**SEES, "member": True}),
    ("GET", "/build/shop", None, CHANGES),
    ("GET", "/build/shop/roles", None, CHANGES),
]


@pytest.fixture
def house(sqlite_house: House) -> House:
    from runtime.people import accounts

    with sqlite_house.workspace.writing(SYSTEM) as act:
        sqlite_house.people["gus"] = accounts.add(act, email="gus@example.com", name="Gus", roles=(), password=None)
        act.connection.execute(person_table.update().values(language="en"))
    app = {**APP, "roles": {role: [f"user:{name}@example.com"] for role, name in ROLES.items()}}
    open_form = {**makers.form_json(makers.text("what"), key="note", title="what"), "app": "shop"}
    own = permission("own", "user:ann@example.com", rows="owner == CURRENT_USER()", app="shop")
    sqlite_house.publish(app, {**CUSTOMER, "app": "shop", "pool": None}, {**VISIT, "app": "shop"}, open_form, own)
    return sqlite_house


def test_each_role_opens_the_pages_it_should(house: House, visit: Callable[[str], Visitor]):
    record = house.add("Lin", "boss")
    visitors = {role: visit(name) for role, name in ROLES.items()}
    for role, visitor in visitors.items():
        assert visitor.get("/apps/shop").status_code == 200, role
        assert ("Lin" in visitor.get("/apps/shop/customer").get_data(as_text=True)) == SEES[role], role
    for method, path, form, wanted in DOORS:
        for role in ("guest", "member", "analyst", "builder", "owner"):  # whoever deletes comes last
            place = path.format(id=record)
            answer = visitors[role].get(place) if method == "GET" else visitors[role].post(place, form)
            assert (answer.status_code in (200, 303)) == wanted[role], (path, role, answer.status_code)
            if method == "POST" and wanted[role]:
                visitors[role].post(f"/apps/shop/customer/{record}/restore")
            assert wanted[role] or answer.status_code in (403, 404), (path, role, answer.status_code)


def test_each_role_by_the_interface(house: House, files: Path):
    from app import create_app

    record = house.add("Lin", "boss")
    with house.workspace.writing(SYSTEM) as act:
        given = {role: tokens.create(act, house.people[name], "test") for role, name in ROLES.items()}
    app = create_app(house.workspace, dist=files)
    app.testing = True
    for role, token in given.items():
        caller = Caller(app, token)
        assert (caller.send("GET", f"/forms/customer/records/{record}").status_code == 200) == SEES[role], role
        sent = caller.send("PATCH", f"/forms/customer/records/{record}", {"name": f"by {role}"})
        assert (sent.status_code == 200) == CHANGES[role], (role, sent.get_data(as_text=True))
        found = caller.send("POST", "/forms/customer/aggregate", {"measures": ["COUNT(record)"]})
        counted = [each["COUNT(record)"] for each in found.json.get("items", ())]
        assert counted == {True: ["1"], False: ["0"] if role == "member" else []}[SEES[role]], (role, found.json)
        added = caller.send("POST", "/forms/note/records", {"what": role})
        assert (added.status_code == 201) == (role in ("owner", "builder", "member")), (role, added.get_data(as_text=True))


def test_a_guest_sees_what_is_shared_and_nothing_else(house: House, visit: Callable[[str], Visitor]):
    shared, other = house.add("Lin", "boss"), house.add("Wang", "boss")
    with house.by("boss") as act:
        sharing.share(act, "customer", shared, f"user:{house.people['gus'].email}")
    gus = visit("gus")
    listed = gus.get("/apps/shop/customer").get_data(as_text=True)
    assert "Lin" in listed and "Wang" not in listed
    assert [gus.get(f"/apps/shop/customer/{each}").status_code for each in (shared, other)] == [200, 404]
    assert gus.get("/apps/shop/note").status_code in (403, 404) or "No" in gus.get("/apps/shop/note").get_data(as_text=True)


def test_whom_an_outside_person_finds(house: House, visit: Callable[[str], Visitor]):
    """Names of colleagues only where there is a field to put them in, and never their addresses."""
    assert visit("ann").get("/people/find?q=bo").json[0]["hint"]
    assert visit("gus").get("/people/find?q=bob").json == []
    house.publish(permission("outside", "user:gus@example.com", app="shop"))
    assert visit("gus").get("/people/find?q=b").json == []
    found = visit("gus").get("/people/find?q=bob").json
    assert [(each["title"], each["hint"]) for each in found] == [("Bob", "")]
    assert visit("gus").get("/people/find?q=bob@example").json == []
