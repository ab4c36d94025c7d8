"""The notifications of a person: newest first, read when opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runtime.people.person import SYSTEM, Person
from runtime.system.tables import notification
from runtime.system.workspace import Workspace
from tests.pages.conftest import PASSWORD
from tests.pages.visitor import Visitor, words


@pytest.fixture
def tell(sqlite_workspace: Workspace) -> Callable[..., int]:
    """Leaves a notification for a person; gives its number."""

    def leave(person: Person, subject: str, link: str | None = "/me", body: str = "") -> int:
        with sqlite_workspace.writing(SYSTEM) as act:
            number = act.take_ids("notification")
            told = {"subject": subject, "body": body, "link": link, "cause": f"test {number}"}
            act.connection.execute(notification.insert().values(id=number, person=person.id, at=act.micros, **told))
        return number

    return leave


def test_without_any_the_page_says_what_will_show_here(signed_in: Visitor):
    assert "Nothing yet." in words(signed_in.get("/notifications"))


def test_the_newest_stands_first_with_its_text(signed_in: Visitor, builder: Person, tell: Any):
    tell(builder, "First")
    tell(builder, "Second", body="What it is about")
    text = words(signed_in.get("/notifications"))
    assert text.index("Second What it is about") < text.index("First")
    assert "Unread (2)" in text


def test_opening_one_marks_it_and_leads_to_what_it_is_about(signed_in: Visitor, builder: Person, tell: Any):
    number = tell(builder, "Look")
    tell(builder, "Other")
    answer = signed_in.get(f"/notifications/{number}")
    assert answer.status_code == 303 and answer.location.endswith("/me")
    assert "Unread (1)" in words(signed_in.get("/notifications"))
    unread = words(signed_in.get("/notifications?unread=1"))
    assert "Other" in unread and "Look" not in unread


@pytest.mark.parametrize("link", [None, "https://elsewhere.example/", "//elsewhere.example"])
def test_one_that_leads_nowhere_in_this_house_leads_back_to_the_list(signed_in: Visitor, builder: Person, tell: Any, link: str | None):
    assert signed_in.get(f"/notifications/{tell(builder, 'Look', link)}").location.endswith("/notifications")


def test_one_can_be_marked_without_opening_it(signed_in: Visitor, builder: Person, tell: Any):
    number = tell(builder, "Look")
    answer = signed_in.post(f"/notifications/{number}/read", {"back": "/notifications?unread=1"})
    assert answer.location.endswith("/notifications?unread=1")
    assert "Everything is read." in words(signed_in.get("/notifications?unread=1"))


def test_all_can_be_marked_at_once_and_only_ones_own(app: Any, signed_in: Visitor, builder: Person, add_person: Any, tell: Any):
    other = add_person("bo@example.com", "member")
    tell(builder, "One")
    tell(builder, "Two")
    tell(other, "Theirs")
    signed_in.post("/notifications/read")
    assert "2 notifications are marked as read." in signed_in.get("/notifications").get_data(as_text=True)
    assert "Unread (1) today Theirs" in words(Visitor(app).sign_in(other.email, PASSWORD).get("/notifications"))


def test_those_of_others_are_not_there(app: Any, signed_in: Visitor, add_person: Any, tell: Any):
    number = tell(add_person("bo@example.com", "member"), "Theirs")
    assert "Theirs" not in words(signed_in.get("/notifications"))
    assert signed_in.get(f"/notifications/{number}").status_code == 404
    assert signed_in.post(f"/notifications/{number}/read").status_code == 404


def test_more_than_a_page_go_on_at_the_next(signed_in: Visitor, builder: Person, tell: Any):
    numbers = [tell(builder, f"Message{number}.") for number in range(52)]
    page = words(signed_in.get("/notifications"))
    assert "Message51." in page and "Message1." not in page
    assert "Message1." in words(signed_in.get(f"/notifications?before={numbers[2]}"))


def test_they_are_for_people_with_an_account(app: Any, builder: Person):
    assert "/sign-in" in Visitor(app).get("/notifications").location
