"""Guessing gets slower: for one e-mail address, for one network address, on both databases."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from runtime.people import throttle
from runtime.people.throttle import TooManyAttempts, wait_after
from runtime.system.clock import now
from runtime.system.database import writing
from runtime.system.workspace import Workspace

NOW = now()


def attempt(workspace: Workspace, email: str = "ada@example.com", address: str = "10.0.0.7", at: datetime = NOW) -> int:
    """Seconds to wait, 0 when the attempt was let through."""
    try:
        with writing(workspace.engine) as connection:
            throttle.count_attempt(connection, email, address, at)
    except TooManyAttempts as refusal:
        return refusal.seconds
    return 0


def test_five_misses_are_free_and_then_each_doubles_the_wait(workspace: Workspace):
    assert [attempt(workspace) for _miss in range(5)] == [0] * 5

    at = NOW
    for wait in (1, 2, 4, 8, 16):
        assert attempt(workspace, at=at) == wait
        at += timedelta(seconds=wait)
        assert attempt(workspace, at=at) == 0


def test_asking_while_one_has_to_wait_does_not_lengthen_the_wait(workspace: Workspace):
    for _miss in range(5):
        attempt(workspace)

    assert [attempt(workspace) for _turn in range(3)] == [1, 1, 1]


def test_the_wait_never_exceeds_fifteen_minutes():
    assert wait_after(4, 5) == timedelta(0)
    assert wait_after(5, 5) == timedelta(seconds=1)
    assert wait_after(5_000_000, 5) == timedelta(minutes=15)


def test_an_address_that_nobody_has_is_slowed_down_alike(workspace: Workspace):
    assert [attempt(workspace, email="nobody@example.com") for _miss in range(6)] == [0] * 5 + [1]


def test_one_network_address_has_thirty_misses_over_all_accounts(workspace: Workspace):
    assert [attempt(workspace, email=f"a{number}@example.com") for number in range(30)] == [0] * 30
    assert attempt(workspace, email="other@example.com") == 1
    assert attempt(workspace, email="other@example.com", address="10.0.0.8") == 0


def test_the_right_password_makes_the_e_mail_address_start_anew(workspace: Workspace):
    for _miss in range(5):
        attempt(workspace)
    with writing(workspace.engine) as connection:
        throttle.forgive(connection, "ADA@example.com ", "10.0.0.7", NOW)

    assert attempt(workspace) == 0


def test_misses_are_forgotten_after_a_day(workspace: Workspace):
    for _miss in range(5):
        attempt(workspace)

    assert [attempt(workspace, at=NOW + timedelta(hours=25)) for _miss in range(6)] == [0] * 5 + [1]


def test_a_hundred_attempts_at_once_are_a_hundred_attempts(workspace: Workspace):
    through: list[int] = []
    threads = [threading.Thread(target=lambda: through.append(attempt(workspace))) for _number in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(through) == [0] * 5 + [1] * 7


def test_what_was_typed_as_an_e_mail_address_is_not_kept(workspace: Workspace):
    attempt(workspace, email="my secret password")

    with workspace.engine.connect() as connection:
        assert "secret" not in str(connection.exec_driver_sql("SELECT * FROM sign_in_failure").all())


@pytest.mark.parametrize("email", ["", "a" * 100_000, "\x00", "\ud800"])
def test_hostile_input_is_counted_like_any_other(workspace: Workspace, email: str):
    assert attempt(workspace, email=email) == 0
