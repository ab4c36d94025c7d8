"""The pages on which people work together: the record, /tasks, the bell and its settings, bots."""

from __future__ import annotations

from typing import Any

import pytest

from app import create_app
from runtime.collaboration import comments, following, todos
from runtime.collaboration.todos import Wanted
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from tests.collaboration.conftest import Team
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words


@pytest.fixture
def visit(small_team: Team, browser_files: Any, cheap_passwords: None) -> Any:
    """Opens the pages as somebody of the team."""
    app = create_app(small_team.workspace, dist=browser_files)
    app.testing = True

    def as_person(person: Person) -> Visitor:
        with small_team.workspace.writing(SYSTEM) as act:
            token = accounts.invite(act, person.id)
        visitor = Visitor(app)
        assert visitor.post(f"/invite/{token}", {"name": person.name, "password": PASSWORD}).status_code == 303
        return visitor

    return as_person


@pytest.fixture
def record(small_team: Team) -> int:
    return small_team.customer(small_team.ada)


def test_a_comment_is_written_shown_and_nothing_in_it_is_markup(small_team: Team, visit: Any, record: int):
    bo, here = visit(small_team.bo), f"/apps/shop/customer/{record}"
    answer = bo.post(f"{here}/comments", {"body": "<script>alert(1)</script> @Cy"})
    assert answer.status_code == 303 and "#comment-" in answer.location
    page = bo.get(here).get_data(as_text=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page and '<span class="tl-mention">@Cy</span>' in page


def test_a_refused_comment_keeps_its_text_and_says_why_beside_it(small_team: Team, visit: Any, record: int):
    answer = visit(small_team.bo).post(f"/apps/shop/customer/{record}/comments", {"body": "x" * 5001})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "x" * 5001 in page and 'aria-describedby="comment-new-said"' in page and "5,000 characters" in page


def test_one_edits_and_removes_ones_own(small_team: Team, visit: Any, record: int):
    bo, here = visit(small_team.bo), f"/apps/shop/customer/{record}"
    number = small_team.does(small_team.bo, comments.add, "customer", record, "first words").id
    assert "first words</textarea>" in bo.get(f"{here}?edit={number}").get_data(as_text=True)
    bo.post(f"{here}/comments/{number}", {"body": "second words"})
    assert "second words" in words(bo.get(here)) and "edited" in words(bo.get(here))
    cy = visit(small_team.cy)
    assert cy.post(f"{here}/comments/{number}", {"body": "mine now"}).status_code == 403
    assert "Edit my comment" not in cy.get(here).get_data(as_text=True)
    bo.post(f"{here}/comments/{number}/remove")
    assert "This comment was removed." in words(bo.get(here)) and "second words" not in words(bo.get(here))


def test_who_may_not_see_a_record_gets_no_comment_no_button_and_no_text_of_a_notification(small_team: Team, visit: Any):
    secret = small_team.customer(small_team.ada, "secret", owner=small_team.bo.id)
    small_team.does(small_team.ada, comments.add, "secret", secret, "@Bo the word is swordfish")
    bo, here = visit(small_team.bo), f"/apps/shop/secret/{secret}"
    assert "swordfish" in words(bo.get("/notifications")) and "swordfish" in words(bo.get(here))
    small_team.change(small_team.ada, secret, "secret", owner=small_team.cy.id)
    text = words(bo.get("/notifications"))
    assert "swordfish" not in text and "mentions you" not in text and "may not see any more" in text
    assert bo.get(here).status_code == 404
    for path in ("comments", "follow", "todos"):
        assert bo.post(f"{here}/{path}", {"body": "x", "title": "x", "follow": "1"}).status_code == 404


def test_following_is_one_button(small_team: Team, visit: Any, record: int):
    bo, here = visit(small_team.bo), f"/apps/shop/customer/{record}"
    bo.post(f"{here}/follow", {"follow": "1"})
    with small_team.workspace.reading(SYSTEM) as act:
        assert following.follows(act, "customer", record, small_team.bo.id)
    assert "Stop following" in words(bo.get(here))
    bo.post(f"{here}/follow", {"follow": "0"})
    assert "Stop following" not in words(bo.get(here))


# -- to-dos -----------------------------------------------------------------------------------------------------------------------
def test_todos_are_in_their_boxes_and_ticked_off(small_team: Team, visit: Any, record: int):
    bo = visit(small_team.bo)
    assert "Nothing to do." in words(bo.get("/tasks"))
    bo.post("/tasks", {"title": "Call", "due": "2026-05-06"})
    bo.post("/tasks", {"title": "Late", "due": "2026-05-01"})
    bo.post(f"/apps/shop/customer/{record}/todos", {"title": "Write", "due": ""})
    text = words(bo.get("/tasks"))
    assert (
        text.index("Overdue")
        < text.index("Late")
        < text.index("Today")
        < text.index("Call")
        < text.index("Later")
        < text.index("Write Lin")
    )
    number = bo.get("/tasks").get_data(as_text=True).partition("/tasks/")[2].partition("/")[0]
    bo.post(f"/tasks/{number}/done", {"back": "/tasks"})
    assert "Late" in words(bo.get("/tasks?box=done")) and "Done: Late" not in words(bo.get("/tasks?box=todo")).partition("Overdue")[2]
    assert "Write" in words(bo.get(f"/apps/shop/customer/{record}"))


def test_the_home_page_and_the_menu_show_how_many_are_due(small_team: Team, visit: Any):
    bo = visit(small_team.bo)
    for due in ("2026-05-06", "2026-05-01", "2027-01-01"):
        bo.post("/tasks", {"title": "Call", "due": due})
    page = bo.get("/apps/shop").get_data(as_text=True)
    assert "2 of my to-dos are due" in page and '<span class="tl-count">2</span>' in page


@pytest.mark.parametrize(("form", "said"), [
    ({"title": ""}, "Say what is to be done."), ({"title": "Call", "due": "soon"}, "Write a day like"), ({"title": "Call", "person": "Cy"}, "Choose somebody"),
])  # fmt: skip
def test_a_refused_todo_is_said_beside_its_field_on_either_page(small_team: Team, visit: Any, record: int, form: dict[str, str], said: str):
    bo = visit(small_team.bo)
    for path in ("/tasks", f"/apps/shop/customer/{record}/todos"):
        answer = bo.post(path, form)
        assert answer.status_code == 422 and said in words(answer) and 'aria-invalid="true"' in answer.get_data(as_text=True)


def test_those_of_others_are_not_there(small_team: Team, visit: Any):
    number = small_team.does(small_team.bo, todos.add, Wanted("Theirs"))
    cy = visit(small_team.cy)
    assert cy.post(f"/tasks/{number}/done").status_code == 404 and cy.post(f"/tasks/{number}/remove").status_code == 404


# -- the bell ---------------------------------------------------------------------------------------------------------------------
def test_the_bell_is_answered_shortly_as_long_as_nothing_is_new(small_team: Team, visit: Any, record: int):
    cy = visit(small_team.cy)
    first = cy.get("/notifications/count")
    assert first.json == {"unread": 0} and first.headers["ETag"]
    again = cy.get("/notifications/count", If_None_Match=first.headers["ETag"])
    assert again.status_code == 304 and again.data == b""
    small_team.does(small_team.bo, comments.add, "customer", record, "@Cy")
    assert cy.get("/notifications/count", If_None_Match=first.headers["ETag"]).json == {"unread": 1}


def test_what_one_wants_to_hear_of_is_kept(small_team: Team, visit: Any):
    cy = visit(small_team.cy)
    form = {"app_mention": "1", "mail_mention": "daily", "mail_comment": "never", "mail_todo": "now", "mail_tier": "never", "mail_change": "never",
            "quiet_from": "22:00", "quiet_until": "07:00", "digest_at": "09:15"}  # fmt: skip
    assert cy.post("/notifications/settings", form).status_code == 303
    page = cy.get("/notifications/settings").get_data(as_text=True)
    assert 'name="app_mention" value="1" checked' in page and 'name="app_todo" value="1" checked' not in page and 'value="09:15"' in page
    answer = cy.post("/notifications/settings", {**form, "quiet_until": ""})
    assert answer.status_code == 422 and "Give both times" in words(answer)
    assert cy.post("/notifications/settings", {**form, "mail_todo": "by pigeon"}).status_code == 422


def test_bots_are_added_on_their_page(small_team: Team, visit: Any):
    ada = visit(small_team.ada)
    form = {"name": "Sales", "service": "feishu", "address": "https://open.example.com/hook/1", "kinds": ["tier"], "language": "en"}
    assert ada.post("/admin/bots", form).status_code == 303
    page = ada.get("/admin/bots").get_data(as_text=True)
    assert "Sales" in page and "open.example.com" not in page
    answer = ada.post("/admin/bots", {**form, "address": "nothing", "name": ""})
    assert answer.status_code == 422 and "Give the bot a name" in words(answer)
    assert visit(small_team.bo).get("/admin/bots").status_code == 403
