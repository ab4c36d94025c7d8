"""Notifications by e-mail: what, when, and never twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runtime.collaboration import choices, comments, letters, todos
from runtime.collaboration.choices import Choice, Wishes
from runtime.collaboration.todos import Wanted
from runtime.errors import Refused
from tests.collaboration.conftest import Team

Post = list[tuple[str, str, str]]


def wishes(team: Team, person: Any, quiet: tuple[str, str] = ("", ""), digest_at: str = "08:00", **kinds: Choice) -> None:
    team.does(person, choices.choose, {**choices.USUAL, **kinds}, *quiet, digest_at)


def look(team: Team, at: datetime | None = None) -> int:
    """The clock looks, and a worker sends."""
    if at is not None:
        team.moment = at
    made = letters.make_due(team.workspace)
    team.settle()
    return made


def morning(day: int, hour: int, minute: int = 0) -> datetime:
    """An hour in Shanghai, where the workspace is."""
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


def test_a_mention_is_sent_at_once_and_once(team: Team, post: Post):
    record = team.customer(team.bo)
    team.does(team.bo, comments.add, "customer", record, "@Cy look")
    assert (look(team), look(team)) == (1, 0)
    ((to, subject, text),) = post
    assert (to, subject) == ("cy@example.com", "Bo mentions you at Lin")
    assert "@Cy look" in text and f"https://crm.example.com/apps/shop/customer/{record}#comment-" in text
    assert "https://crm.example.com/notifications/settings" in text


def test_the_daily_letter_comes_at_its_hour_once_a_day_with_everything(team: Team, post: Post):
    wishes(team, team.cy, todo=Choice(mail="daily"), digest_at="09:30")
    team.moment = morning(6, 7)
    for title in ("One", "Two"):
        team.does(team.bo, todos.add, Wanted(title, team.cy.id))
    assert look(team, morning(6, 9, 29)) == 0
    assert look(team, morning(6, 9, 30)) == 1
    assert len(post) == 1 and "One" in post[0][2] and "Two" in post[0][2] and post[0][1].startswith("2 notifications from")
    team.does(team.bo, todos.add, Wanted("Three", team.cy.id))
    assert look(team, morning(6, 18)) == 0
    assert look(team, morning(7, 9, 31)) == 1
    assert len(post) == 2 and "Three" in post[1][2] and "One" not in post[1][2]


def test_two_clocks_make_one_daily_letter(team: Team, post: Post, monkeypatch: pytest.MonkeyPatch):
    """The second has seen what waits before the first took it."""
    wishes(team, team.cy, todo=Choice(mail="daily"))
    team.does(team.bo, todos.add, Wanted("One", team.cy.id))
    team.moment = morning(6, 12)
    assert [letters._make(team.workspace, team.cy.id, "daily") for _clock in range(2)] == [True, False]
    team.settle()
    assert len(post) == 1


def test_in_quiet_hours_no_letter_comes_and_afterwards_it_does(team: Team, post: Post):
    wishes(team, team.cy, quiet=("22:00", "07:00"))
    team.moment = morning(6, 23)
    team.does(team.bo, todos.add, Wanted("Late", team.cy.id))
    assert (look(team), look(team, morning(7, 6, 59))) == (0, 0)
    assert look(team, morning(7, 7)) == 1 and len(post) == 1


def test_what_was_read_or_may_not_be_seen_any_more_is_left_out(team: Team, post: Post):
    record = team.customer(team.ada, "secret", owner=team.bo.id)
    team.does(team.ada, comments.add, "secret", record, "@Bo look")
    team.change(team.ada, record, "secret", owner=team.cy.id)
    look(team)
    assert post == []


def test_no_letter_where_none_is_wanted_and_none_in_the_app_where_that_is_not(team: Team, post: Post):
    wishes(team, team.cy, mention=Choice(app=True, mail="never"), todo=Choice(app=False, mail="never"))
    record = team.customer(team.bo)
    team.does(team.bo, comments.add, "customer", record, "@Cy look")
    team.does(team.bo, todos.add, Wanted("Unheard", team.cy.id))
    look(team)
    assert post == [] and team.told(team.cy) == ["Bo mentions you at Lin"]


def test_by_e_mail_alone_nothing_shows_in_the_app(team: Team, post: Post):
    from runtime.pages.shell import unread
    from runtime.people.person import SYSTEM

    wishes(team, team.cy, todo=Choice(app=False, mail="now"))
    team.does(team.bo, todos.add, Wanted("By post", team.cy.id))
    look(team)
    assert len(post) == 1
    with team.workspace.reading(SYSTEM) as act:
        assert unread(act.connection, team.cy.id) == 0


def test_without_a_mail_server_nothing_waits(team: Team):
    team.does(team.bo, todos.add, Wanted("One", team.cy.id))
    assert look(team) == 0 and team.told(team.cy) == ["Bo gives you a to-do: One"]


@pytest.mark.parametrize(("quiet", "quiet_at", "loud_at"), [
    ((22 * 60, 7 * 60), (22 * 60, 0, 7 * 60 - 1), (7 * 60, 12 * 60, 22 * 60 - 1)),
    ((60, 120), (60, 119), (59, 120)), ((None, None), (), (0, 720)), ((300, 300), (), (300,)),
])  # fmt: skip
def test_quiet_hours_may_go_over_midnight(quiet: Any, quiet_at: Any, loud_at: Any):
    found = Wishes(quiet_from=quiet[0], quiet_until=quiet[1])
    assert [found.is_quiet(minute) for minute in (*quiet_at, *loud_at)] == [True] * len(quiet_at) + [False] * len(loud_at)


@pytest.mark.parametrize(("quiet", "digest", "paths"), [
    (("22:00", ""), "", ["quiet_until"]), (("", "7:00"), "", ["quiet_from"]), (("late", "25:00"), "8", ["quiet_from", "quiet_until", "digest_at"]),
])  # fmt: skip
def test_hours_that_cannot_be_read_are_said_beside_their_fields(team: Team, quiet: tuple[str, str], digest: str, paths: list[str]):
    with pytest.raises(Refused) as refused:
        wishes(team, team.cy, quiet=quiet, digest_at=digest)
    assert [each.path for each in refused.value.problems] == paths
