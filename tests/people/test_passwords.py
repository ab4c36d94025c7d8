"""Passwords: accepted, kept, compared."""

from __future__ import annotations

import threading
import time

import pytest

from runtime.people import passwords

GOOD = "kettle boils at noon"


@pytest.mark.parametrize("password", [GOOD, "客户分层要有依据才行啊", "x7$kL0-pq2", "a" * 7 + "bcd" + "9" * 100])
def test_a_long_password_that_nobody_guesses_is_accepted(password: str):
    assert passwords.problem_of(password, "ada@example.com", "Ada") is None


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "at least 10"),
        ("ninechars", "at least 10"),
        ("x" * 201, "at most 200"),
        ("1234567890", "first that anybody"),
        ("PASSWORD123", "first that anybody"),
        ("aaaaaaaaaaaa", "first that anybody"),
        ("abababababab", "first that anybody"),
        ("ada.lovelace@example.com", "your name or e-mail"),
        ("ada.lovelace", "your name or e-mail"),
        ("Ada Lovelace", "your name or e-mail"),
        ("adalovelace", "your name or e-mail"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused_with_the_reason(password: str, words: str):
    assert words in str(passwords.problem_of(password, "Ada.Lovelace@example.com", "Ada Lovelace"))


@pytest.mark.parametrize(
    "password", ["password2024!", "iloveyou2iloveyou2", "Tierloom2026!!", "qwertyuiop", "letmeinletmein", "1qaz2wsx3edc"]
)
def test_a_password_known_from_a_breach_is_refused_with_figures_after_it_and_twice_over_too(password: str):
    assert "first that anybody" in str(passwords.problem_of(password))


def test_two_passwords_are_hashed_at_a_time_and_others_wait(monkeypatch: pytest.MonkeyPatch):
    class Hasher:
        """Stands for Argon2: counts who is inside, and lets nobody out before the test says so."""

        inside, most, begun, go_on = 0, 0, threading.Semaphore(0), threading.Event()
        lock = threading.Lock()

        def hash(self, password: str) -> str:
            with self.lock:
                self.inside += 1
                self.most = max(self.most, self.inside)
            self.begun.release()
            self.go_on.wait(10)
            with self.lock:
                self.inside -= 1
            return password

    hasher = Hasher()
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    threads = [threading.Thread(target=passwords.hashed, args=["x"]) for _number in range(6)]
    for each in threads:
        each.start()
    assert hasher.begun.acquire(timeout=10) and hasher.begun.acquire(timeout=10)
    assert not hasher.begun.acquire(timeout=0.1)  # the third waits outside

    hasher.go_on.set()
    for each in threads:
        each.join()
    assert hasher.most == 2


def test_a_stored_password_can_be_compared_and_not_read():
    stored = passwords.hashed(GOOD)

    assert GOOD not in stored and stored.startswith("$argon2id$")
    assert passwords.matches(stored, GOOD)
    assert not passwords.matches(stored, GOOD.upper())
    assert stored != passwords.hashed(GOOD)


@pytest.mark.parametrize("stored", [None, "", "plain text", "$argon2id$v=19$broken"])
def test_without_a_readable_hash_nothing_matches(stored: str | None):
    assert not passwords.matches(stored, GOOD)


def test_comparing_for_nobody_takes_as_long_as_for_somebody(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(passwords, "COST", {"time_cost": 2, "memory_cost": 8 * 1024, "parallelism": 1})
    stored = passwords.hashed(GOOD)
    passwords.matches(None, GOOD)  # makes nobody's hash

    def seconds(hash_of_somebody: str | None) -> float:
        def once() -> float:
            start = time.process_time()
            passwords.matches(hash_of_somebody, "a wrong password")
            return time.process_time() - start

        return min(once() for _turn in range(5))

    assert 0.4 < seconds(None) / seconds(stored) < 2.5


def test_a_password_hashed_at_another_cost_is_outdated(monkeypatch: pytest.MonkeyPatch):
    stored = passwords.hashed(GOOD)
    assert not passwords.outdated(stored)

    monkeypatch.setattr(passwords, "COST", {"time_cost": 2, "memory_cost": 16, "parallelism": 1})
    assert passwords.outdated(stored) and passwords.matches(stored, GOOD)


def test_generated_passwords_are_accepted_and_never_the_same():
    made = {passwords.generated() for _number in range(50)}

    assert len(made) == 50
    assert all(passwords.problem_of(each) is None and not set(each) & set("01lo") for each in made)
