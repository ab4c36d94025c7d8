"""The pages of approvals: submitted from a record, decided from the list, with fields of the node; what is hidden stays hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from runtime.definitions import versions
from runtime.people import passwords
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system.tables import person, workflow_run
from runtime.system.workspace import Workspace
from tests.ownership.conftest import files  # noqa: F401
from tests.pages.visitor import Visitor, words
from tests.workflow.test_running import FIELDS, NOBODY_SEES, TWO, Office, office_in

PASSWORD = "kettle boils at noon"
APP = {
    **{"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "All", "items": ["form:order"]}]},
    "roles": {"member": ["role:sales", *(f"user:{each}@example.com" for each in ("u1", "u2", "u5"))]},
}


@pytest.fixture
def office(sqlite_workspace: Workspace) -> Office:
    office = office_in(sqlite_workspace)
    office.publish([{**TWO[0], "more": {"fields": {**FIELDS, "name": "view"}}}, TWO[1]], label="Contract approval")
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, {**NOBODY_SEES, "rows": "created_by == CURRENT_USER()"}])
    return office


@pytest.fixture
def visit(office: Office, files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Visitor]]:  # noqa: F811
    from app import create_app

    monkeypatch.setattr(passwords, "COST", {"time_cost": 1, "memory_cost": 8, "parallelism": 1})
    app: Flask = create_app(office.workspace, dist=files)
    app.testing = True

    def sign_in(name: str) -> Visitor:
        with office.workspace.writing(SYSTEM) as act:
            changed = {"password": passwords.hashed(PASSWORD), "language": "en"}
            act.connection.execute(person.update().where(person.c.id == office.people[name].id).values(changed))
        return Visitor(app).sign_in(f"{name}@example.com", PASSWORD)

    yield sign_in


def started(office: Office, ini: Visitor) -> str:
    with office.act("ini") as act:
        record = gateway.create(act, "order", {"name": "Big deal", "amount": 1000, "discount": "0.1", "cost": 77777}).id
    assert "Submit for Contract approval" in words(ini.get(f"/apps/shop/order/{record}"))
    answer = ini.post(f"/apps/shop/order/{record}/workflow/flow")
    assert answer.status_code == 303
    return answer.location


def test_a_deal_goes_through_two_hands(office: Office, visit: Callable[[str], Visitor]) -> None:
    ini, first, second = visit("ini"), visit("u1"), visit("u2")
    run = started(office, ini)
    assert "Big deal" in words(first.get("/approvals")) and "Nothing waits for you" in words(second.get("/approvals"))
    page = first.get(run).get_data(as_text=True)
    assert 'name="f_discount"' in page and 'name="f_amount"' not in page and "1,000" in page
    assert "77777" not in page and "77,777" not in page and "Cost" not in words(first.get(run))
    form = {"act": "approve", "task": "1", "f_discount": "0.05", "f_amount": "1", "f_cost": "0", "comment": "Fine by me"}
    assert first.post(run, form).status_code == 303
    assert "Big deal" in words(first.get("/approvals?box=done")) and "Fine by me" in words(second.get(run))
    assert "Cost" not in words(first.get(run)) and "77,777" not in first.get(run).get_data(as_text=True), "nor afterwards"
    late = first.post(run, form)
    assert "77,777" not in late.get_data(as_text=True) and "Cost" not in words(late)
    assert late.status_code == 409 and "You have approved this already." in words(late)
    assert second.post(run, {"act": "approve", "task": "2"}).status_code == 303
    assert "approved" in words(ini.get("/approvals?box=started"))
    assert float(office.values(1)["discount"]) == 0.05 and float(office.values(1)["cost"]) == 77777


def test_what_cannot_be_done_keeps_what_was_typed(office: Office, visit: Callable[[str], Visitor]) -> None:
    ini, first = visit("ini"), visit("u1")
    run = started(office, ini)
    answer = first.post(run, {"act": "approve", "task": "1", "f_discount": "much", "comment": "Keep me"})
    assert answer.status_code == 422 and "Keep me" in answer.get_data(as_text=True) and "much" in answer.get_data(as_text=True)
    answer = first.post(run, {"act": "transfer", "task": "1", "person": "", "comment": "Keep me"})
    assert answer.status_code == 422 and "Choose a person." in words(answer)
    assert office.stands(1) == ("running", ["a:u1"])
    assert first.post(run, {"act": "transfer", "task": "1", "person": str(office.people["u5"].id)}).status_code == 303
    assert office.stands(1) == ("running", ["a:u5"])


def test_who_has_nothing_to_do_with_it_finds_nothing(office: Office, visit: Callable[[str], Visitor]) -> None:
    run = started(office, visit("ini"))
    stranger = visit("u5")
    for answer in (stranger.get(run), stranger.post(run, {"act": "approve", "task": "1"}), stranger.get("/approvals/99")):
        assert answer.status_code == 404 and "Big deal" not in answer.get_data(as_text=True)
    assert visit("u1").get("/apps/shop/order/1").status_code in (403, 404)


def test_the_starter_withdraws_changes_and_submits_again(office: Office, visit: Callable[[str], Visitor]) -> None:
    ini = visit("ini")
    run = started(office, ini)
    assert ini.post(run, {"act": "withdraw"}).status_code == 303
    assert "Submit again" in words(ini.get(run))
    assert (
        ini.post(run, {"act": "submit", "f_name": "Bigger deal", "f_amount": "2000", "f_discount": "0.1", "f_cost": "5"}).status_code == 303
    )
    assert office.stands(1) == ("running", ["a:u1"]) and office.values(1)["name"] == "Bigger deal"


def test_the_start_gives_no_field_that_the_starter_does_not_have(office: Office, visit: Callable[[str], Visitor]) -> None:
    ini = visit("ini")
    run = started(office, ini)
    with office.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(
            act, [{**NOBODY_SEES, "rows": "created_by == CURRENT_USER()", "fields": {"*": "edit", "cost": "hidden", "amount": "view"}}]
        )
    ini.post(run, {"act": "withdraw"})
    page = ini.get(run).get_data(as_text=True)
    assert "77777" not in page and "77,777" not in page and 'name="f_cost"' not in page and 'name="f_amount"' not in page
    sent = {"act": "submit", "f_name": "Big deal", "f_amount": "2", "f_discount": "0.2", "f_cost": "1"}
    ini.post(run, sent)
    values = office.values(1)
    assert (float(values["amount"]), float(values["cost"])) == (1000, 77777)


def test_it_is_returned_to_the_starter(office: Office, visit: Callable[[str], Visitor]) -> None:
    ini, first = visit("ini"), visit("u1")
    run = started(office, ini)
    assert (
        first.post(run, {"act": "return", "task": "1", "to": "start", "comment": "Which customer?", "f_discount": "0.1"}).status_code == 303
    )
    assert "returned it to" in words(ini.get(run)) and "Which customer?" in words(ini.get(run))
    assert "has been returned to you" in words(ini.get("/notifications"))


def test_a_workflow_that_is_not_of_this_form_is_not_started(office: Office, visit: Callable[[str], Visitor]) -> None:
    ini = visit("ini")
    office.publish(TWO, key="other", enabled=False)
    with office.act("ini") as act:
        gateway.create(act, "order", {"name": "x"})
    for key, status in (("nothing", 404), ("other", 422)):
        assert ini.post(f"/apps/shop/order/1/workflow/{key}").status_code == status
    with office.workspace.reading(SYSTEM) as act:
        assert act.connection.execute(sa.select(sa.func.count()).select_from(workflow_run)).scalar() == 0
