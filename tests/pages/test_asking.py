"""Somebody who is refused a page asks for it there; whoever can let them in is told, once a day."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from runtime.definitions import versions
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import person as person_table
from runtime.system.workspace import Workspace
from tests import makers
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words


def test_a_refused_page_offers_to_ask_and_those_who_decide_are_told(
    app: Flask, sqlite_workspace: Workspace, builder: Person, add_person: Callable[..., Person]
):
    add_person("olga@example.com", "member")
    bo = add_person("bo@example.com", "member", name="Bo")
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        shop = {"kind": "app", "key": "shop", "label": "Shop", "menu": [], "roles": {"owner": ["user:olga@example.com"]}}
        act.connection.execute(person_table.update().values(language="en"))
        versions.publish(act, [makers.form_json(makers.text("name"), title="name"), shop])
    visitor = Visitor(app).sign_in(bo.email, PASSWORD)
    for path, asked in (("/build/shop", ["Olga", "Ada"]), ("/admin/audit", ["Ada"])):
        refused = visitor.get(path)
        assert refused.status_code == 403 and f"Who can grant it: {', '.join(asked)}" in words(refused)
        assert f'name="path" value="{path}"' in refused.get_data(as_text=True)
        for _twice in range(2):
            assert visitor.post("/ask", {"path": path, "note": "for the <b>yearly</b> audit"}).status_code == 303
        for name in ("olga", "ada"):
            told = words(Visitor(app).sign_in(f"{name}@example.com", PASSWORD).get("/notifications"))
            assert told.count(f"Bo asks to be let in to {path}") == (1 if name.title() in asked else 0)
            assert name.title() not in asked or "for the <b>yearly</b> audit" in told
    assert "asks to be let in" not in words(visitor.get("/notifications"))


def test_only_a_page_of_this_workspace_is_asked_for(signed_in: Visitor):
    for path in ("", "https://example.com", "//example.com/x"):
        assert signed_in.post("/ask", {"path": path}).status_code == 403
