"""Who builds one app builds that app, by every door, and nothing else: no other app, nothing of the workspace, nobody's people."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.errors import NotAllowed, NotFound
from runtime.people import accounts, tokens
from runtime.people.person import SYSTEM
from tests import makers
from tests.api.caller import Caller
from tests.ownership.conftest import APP, CUSTOMER, VISIT, House, permission
from tests.pages.visitor import Visitor

PASSWORD = "kettle boils at noon"
OTHER_APP = {"kind": "app", "key": "works", "label": "Works", "menu": []}
MACHINE = {**makers.form_json(makers.text("name"), makers.text("cost"), key="machine", title="name"), "app": "works"}
PATCH: dict[str, Any] = {"label": "Changed"}


def in_shop(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**copy.deepcopy(body), "app": "shop", **more}


@pytest.fixture
def house(sqlite_house: House) -> House:
    app = {**APP, "roles": {"owner": ["user:sue@example.com"], "builder": ["user:cy@example.com"], "member": ["role:sales"]}}
    sqlite_house.publish(app, OTHER_APP, MACHINE, in_shop(CUSTOMER), in_shop(VISIT), in_shop(permission("own", "role:sales")))
    return sqlite_house


def publish(house: House, name: str, *bodies: dict[str, Any]) -> None:
    with house.by(name) as act:
        versions.publish(act, bodies)


VIEW = {"kind": "view", "key": "v", "label": "V", "form": "customer", "app": "shop", "columns": ["name"]}
AUTOMATION = {
    "kind": "automation",
    "key": "a",
    "label": "A",
    "app": "shop",
    "trigger": {"type": "record_created", "form": "customer"},
    "steps": [{"type": "update_record", "values": {"name": "'x'"}}],
}
LOOKING = [*CUSTOMER["fields"], makers.formula("peek", "LOOKUP('machine', 'name', name, 'cost')", result="text")]


def test_whoever_builds_an_app_publishes_in_it(house: House):
    publish(house, "cy", in_shop(CUSTOMER, label="Clients"), VIEW, {**AUTOMATION, "owner": "user:cy@example.com"})
    with house.by("cy") as act:
        assert versions.save_draft(act, "form", "customer", in_shop(CUSTOMER, label="Draft"), 0) == 1
        versions.discard_draft(act, "form", "customer")
        assert versions.restore(act, "form", "customer", 2)[0][:2] == ("form", "customer")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({**MACHINE, "label": "Mine"}, "You may not build the app works."),
        ({**MACHINE, "app": "shop"}, "You may not build the app works."),
        ({**MACHINE, "key": "robot"}, "You may not build the app works."),
        ({**VIEW, "app": None}, "The form customer belongs to another app."),
        ({**VIEW, "form": "machine", "columns": ["name"]}, "The form machine belongs to another app."),
        ({**in_shop(permission("p", "user:cy@example.com")), "form": "machine"}, "The form machine belongs to another app."),
        ({**AUTOMATION, "owner": "user:boss@example.com"}, "Only whoever builds in the whole workspace can let an automation run"),
        ({**AUTOMATION, "when": "LOOKUP('machine', 'name', name, 'cost') == 'x'"}, "reads something that you may not see"),
        (in_shop(CUSTOMER, fields=LOOKING), "reads something that you may not see"),
        (in_shop(VISIT, fields=[*VISIT["fields"], makers.reference("machine", "machine")]), "points at a form that you may not see"),
        ({**APP, "roles": {"owner": ["user:cy@example.com"]}}, "Only an owner of the app can change who works in it as what."),
        ({**OTHER_APP, "key": "new"}, "can begin a new app"),
    ],
)
def test_and_nothing_else(house: House, body: dict[str, Any], sentence: str):
    wanted = {key: value for key, value in body.items() if value is not None}
    with pytest.raises(NotAllowed) as refused:
        publish(house, "cy", wanted)
    assert sentence in str(refused.value)


def test_an_owner_names_who_works_in_the_app_and_nobody_else_gets_in(house: House):
    publish(house, "sue", {**APP, "roles": {"owner": ["user:sue@example.com"], "builder": ["user:bob@example.com"]}})
    publish(house, "bob", VIEW)
    for name in ("cy", "ann"):
        with pytest.raises(NotAllowed):
            publish(house, name, {**VIEW, "label": "Other"})
    with house.by("cy") as act, pytest.raises(NotAllowed):
        versions.save_draft(act, "form", "customer", in_shop(CUSTOMER), 0)


def test_pages_and_api_let_them_into_their_app_only(house: House, files: Path):
    from app import create_app

    with house.workspace.writing(SYSTEM) as act:
        someone = accounts.add(act, email="dee@example.com", name="Dee", roles=(), password=PASSWORD)
        token, weak = tokens.create(act, someone, "all"), tokens.create(act, someone, "some", scope="write")
    house.publish({**APP, "roles": {"owner": ["user:dee@example.com"]}})
    app = create_app(house.workspace, dist=files)
    app.testing = True
    dee, api = Visitor(app).sign_in("dee@example.com", PASSWORD), Caller(app, token)
    for path, status in (
        ("/build/shop", 200),
        ("/build/shop/forms/customer", 200),
        ("/build/shop/forms/customer/versions", 200),
        ("/build/shop/permissions/customer", 200),
        ("/build/shop/publish", 200),
        ("/build/shop/roles", 200),
        ("/build", 403),
        ("/build/-/forms/machine", 403),
        ("/build/works", 403),
        ("/build/works/roles", 403),
        ("/build/shop/forms/machine", 403),
        ("/build/shop/permissions/machine", 403),
        ("/admin/people", 403),
        ("/admin/audit", 403),
        ("/templates", 403),
    ):
        assert dee.get(path).status_code == status, path
    assert "Machine" not in dee.get("/build/shop").get_data(as_text=True)
    assert dee.post("/build/shop/new", {"kind": "view", "label": "All"}).status_code == 303
    assert dee.post("/build/works/new", {"kind": "view", "label": "All"}).status_code == 403
    assert [each["key"] for each in api.get("/definitions/form")["items"]] == ["customer", "visit"]
    api.refused("GET", "/definitions/form/machine", status=403)
    assert api.post("/definitions/publish", {"definitions": [VIEW]})["published"]
    for door, body in ((api, {**MACHINE, "label": "Mine"}), (Caller(app, weak), {**VIEW, "label": "W"})):
        answer = door.send("POST", "/definitions/publish", {"definitions": [body]})
        assert answer.status_code == 403 and answer.json["detail"]
    answer = dee.post("/build/shop/roles", {"role": "builder", "who": "user:ann@example.com"})
    assert answer.status_code == 303
    publish(house, "ann", {**VIEW, "label": "Ann's"})
    dee.post("/build/shop/roles/remove", {"role": "builder", "who": "user:ann@example.com"})
    with pytest.raises(NotAllowed):
        publish(house, "ann", {**VIEW, "label": "Ann's own"})


def test_a_command_in_somebodys_name_does_what_they_may(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    import json

    from builder.cli import definitions

    for body, code in ((VIEW, None), ({**MACHINE, "label": "Mine"}, NotAllowed)):
        folder = tmp_path / body["kind"]
        folder.mkdir()
        (folder / "one.json").write_text(json.dumps(body), encoding="utf-8")
        arguments = _arguments("publish", str(folder), "--as", "cy@example.com")
        if code is None:
            assert definitions.run(house.workspace, arguments) is None
        else:
            with pytest.raises(code):
                definitions.run(house.workspace, arguments)
    assert definitions.run(house.workspace, _arguments("export", str(tmp_path / "out"), "--as", "cy@example.com")) is None
    assert not list((tmp_path / "out").glob("*machine*")) and list((tmp_path / "out").glob("form_customer.json"))
    with pytest.raises(NotFound):
        definitions.run(house.workspace, _arguments("check", str(tmp_path / "view"), "--as", "nobody@example.com"))


def _arguments(*words: str) -> Any:
    import argparse

    from builder.cli import definitions

    parser = argparse.ArgumentParser()
    definitions.add_arguments(parser.add_subparsers())
    return parser.parse_args(["definitions", *words])
