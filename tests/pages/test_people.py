"""/admin/people: accounts and roles."""
from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.system.workspace import Workspace
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words


def roles_of(workspace: Workspace, person: Person) -> set[str]:
    with workspace.reading(SYSTEM) as act:
        return set(accounts.by_id(act.connection, person.id).roles)


def test_a_person_is_added_with_rights_and_with_roles_of_ones_own(signed_in: Visitor, sqlite_workspace: Workspace):
    ning = {"name": "Ning", "email": "ning@example.com", "roles": ["member"], "more_roles": "sales，crm_lead 导购"}
    signed_in.post("/admin/people", ning)

    with sqlite_workspace.reading(SYSTEM) as act:
        assert accounts.by_email(act.connection, "ning@example.com").roles == {"member", "sales", "crm_lead", "导购"}
    assert "invited" in words(signed_in.get("/admin/people"))


def test_the_roles_somebody_has_are_offered_for_the_next_person(signed_in: Visitor, add_person: Callable):
    add_person("ning@example.com", "crm_lead")

    assert 'value="crm_lead"' in signed_in.get("/admin/people").get_data(as_text=True).partition('id="add"')[2]


def test_an_e_mail_address_has_one_account(signed_in: Visitor):
    answer = signed_in.post("/admin/people", {"name": "Second", "email": "ADA@example.com", "roles": ["member"]})

    assert answer.status_code == 422
    assert "ada@example.com has an account already." in words(answer)
    assert 'value="Second"' in answer.get_data(as_text=True)


def test_a_role_that_is_no_key_is_refused(signed_in: Visitor):
    answer = signed_in.post("/admin/people", {"name": "Ning", "email": "ning@example.com", "more_roles": "Sales-Team"})

    assert "The role Sales-Team is no key" in words(answer)


def test_roles_are_replaced_by_those_ticked(signed_in: Visitor, add_person: Callable, sqlite_workspace: Workspace):
    ning = add_person("ning@example.com", "member", "sales")

    signed_in.post(f"/admin/people/{ning.id}/roles", {"roles": ["builder"], "more_roles": "crm_lead"})

    assert roles_of(sqlite_workspace, ning) == {"builder", "crm_lead"}


def test_the_last_builder_keeps_the_role_and_the_account(signed_in: Visitor, builder: Person, sqlite_workspace: Workspace):
    sentence = "Ada is the last one who may build here. Give somebody else the role “builder” first."

    assert sentence in words(signed_in.post(f"/admin/people/{builder.id}/roles", {"roles": ["member"]}))
    assert sentence in words(signed_in.post(f"/admin/people/{builder.id}/deactivate"))
    assert roles_of(sqlite_workspace, builder) == {"builder", "member"}


def test_a_builder_who_is_switched_off_does_not_count_as_another_one(signed_in: Visitor, builder: Person, add_person: Callable):
    second = add_person("bo@example.com", "builder")
    signed_in.post(f"/admin/people/{second.id}/deactivate")

    assert signed_in.post(f"/admin/people/{builder.id}/deactivate").status_code == 422


def test_with_a_second_builder_the_first_may_step_down(signed_in: Visitor, builder: Person, add_person: Callable):
    add_person("bo@example.com", "builder")

    assert signed_in.post(f"/admin/people/{builder.id}/roles", {"roles": ["member"]}).location == "/"
    assert signed_in.get("/admin/people").status_code == 403


def test_an_account_switched_on_again_works_with_its_old_password(app: Flask, signed_in: Visitor, add_person: Callable):
    ning = add_person("ning@example.com", "member")
    signed_in.post(f"/admin/people/{ning.id}/deactivate")
    signed_in.post(f"/admin/people/{ning.id}/reactivate")

    assert Visitor(app).sign_in(ning.email, PASSWORD).is_signed_in


def test_who_may_not_administer_is_told_who_can_grant_it(app: Flask, builder: Person, add_person: Callable):
    ning = add_person("ning@example.com", "member")

    answer = Visitor(app).sign_in(ning.email, PASSWORD).get("/admin/people")

    assert answer.status_code == 403
    assert "Who can grant it: Ada" in words(answer)


def test_a_member_reaches_no_act_of_the_administration(app: Flask, builder: Person, add_person: Callable, sqlite_workspace: Workspace):
    ning = add_person("ning@example.com", "member")
    visitor = Visitor(app).sign_in(ning.email, PASSWORD)

    for path in ("", f"/{ning.id}/roles", f"/{ning.id}/invite", f"/{builder.id}/deactivate", f"/{ning.id}/reactivate"):
        assert visitor.post(f"/admin/people{path}", {"roles": ["builder"], "name": "x", "email": "x@example.com"}).status_code == 403
    assert roles_of(sqlite_workspace, ning) == {"member"}


def test_names_are_shown_as_text_not_as_tags(signed_in: Visitor, add_person: Callable):
    add_person("eve@example.com", "member", name="<script>alert(1)</script>")

    page = signed_in.get("/admin/people").get_data(as_text=True)
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
