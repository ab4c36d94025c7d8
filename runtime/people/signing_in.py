"""Signing in: the password, what is still missing after it, and the session that it opens."""

from __future__ import annotations

import logging

from runtime.errors import Problem, Refused, TierloomError
from runtime.people import accounts, passwords, second_factor, sessions, steps, throttle
from runtime.people.person import SYSTEM, Person
from runtime.system import database
from runtime.system.audit import note
from runtime.system.workspace import Act, Workspace
from runtime.texts import _

log = logging.getLogger("tierloom.people")
CODE = "second_factor"


class WrongPassword(TierloomError):
    status = 401

    def __init__(self) -> None:
        super().__init__(_("The e-mail address and the password do not belong together."))


class StepOver(TierloomError):
    status = 401

    def __init__(self) -> None:
        super().__init__(_("This took too long, or was finished in another window. Sign in once more."))


def check_password(workspace: Workspace, email: str, password: str, address: str) -> Person:
    """Whose password this is. Takes as long for an address that nobody has as for a wrong password."""
    count(workspace, email, address)
    with database.reading(workspace.engine) as connection:
        someone, stored = accounts.password_of(connection, email)
    if not passwords.matches(stored, password) or someone is None or stored is None:
        log.warning("sign-in refused: wrong password, from %s, for %s", address, f"person {someone.id}" if someone else "nobody")
        _note_failure(workspace, someone, "password")
        raise WrongPassword()
    if passwords.outdated(stored):
        with workspace.writing(someone) as act:
            accounts.rehash(act, someone.id, password)
    return someone


def check_code(workspace: Workspace, token: str, code: str, address: str) -> tuple[Person, str]:
    """Who has now shown the second factor too, and where they wanted to go. A wrong code counts as a miss, the step goes on."""
    with database.reading(workspace.engine) as connection:
        step = steps.look(connection, CODE, token, workspace.now())
        someone = accounts.by_id(connection, step.person) if step is not None and step.person is not None else None
    if step is None or someone is None or not someone.active:
        raise StepOver()
    count(workspace, someone.email, address)
    with workspace.writing(someone) as act:
        passed = second_factor.passes(act, someone.id, code)
        if passed and steps.take(act.connection, CODE, token, act.now) is None:
            raise StepOver()
    if not passed:
        log.warning("sign-in refused: wrong or used second factor, from %s, for person %s", address, someone.id)
        _note_failure(workspace, someone, CODE)
        raise Refused([Problem("code", _("This code is not right, or was used already. Wait for the next one and try again."))])
    return someone, step.payload["onward"]


def _note_failure(workspace: Workspace, someone: Person | None, wrong: str) -> None:
    """What was typed as an address is not noted: people type their password into the wrong box."""
    with workspace.writing(SYSTEM) as act:
        note(act, "sign_in_failed", f"person:{someone.id}" if someone is not None else "", wrong=wrong)


def needs_code(workspace: Workspace, someone: Person) -> bool:
    with database.reading(workspace.engine) as connection:
        return second_factor.has_one(connection, someone.id)


def ask_for_code(workspace: Workspace, someone: Person, onward: str) -> str:
    """The token of the step that waits for this person's second factor."""
    with database.writing(workspace.engine) as connection:
        return steps.begin(connection, CODE, workspace.now(), someone.id, onward=onward)


def open_session(workspace: Workspace, someone: Person, agent: str, address: str, old: str | None = None) -> str:
    """A new session's token. The browser's older session ends: a cookie planted before signing in opens nothing after it."""
    with workspace.writing(someone) as act:
        throttle.forgive(act.connection, someone.email, address, act.now)
        return begin_session(act, someone, agent, address, old)


def begin_session(act: Act, someone: Person, agent: str, address: str, old: str | None = None) -> str:
    if old is not None:
        sessions.close(act.connection, old)
    note(act, "signed_in", f"person:{someone.id}", address=address)
    return sessions.start(act.connection, someone.id, act.now, agent, address)


def ask_reset(workspace: Workspace, email: str, address: str) -> tuple[Person, str] | None:
    """A token for a new password, if there is such an account; every request counts as an attempt, so that nobody floods a mailbox."""
    count(workspace, f"reset {email}", address)
    with workspace.writing(SYSTEM) as act:
        someone = accounts.by_email(act.connection, email)
        if someone is None or not someone.active:
            return None
        return someone, accounts.begin_reset(act, someone)


def count(workspace: Workspace, email: str, address: str) -> None:
    with database.writing(workspace.engine) as connection:
        throttle.count_attempt(connection, email, address, workspace.now())
