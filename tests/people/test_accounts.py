"""Accounts on both databases: rules that must hold whoever asks, and when two ask at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from runtime.errors import NotAllowed, NotFound, Refused, TierloomError
from runtime.people import accounts, sessions, tokens
from runtime.people.person import SYSTEM, Person
from runtime.system.tables import audit_log
from runtime.system.workspace import Workspace

GOOD = "kettle boils at noon"
FIRST = {"name": "Ada", "password": GOOD, "workspace_name": "Loom", "zone": "Europe/Berlin", "language": "en"}


def at_once(*acts: Callable[[], object]) -> list[TierloomError]:
    """Runs acts in threads that begin together; gives what was refused."""
    refused: list[TierloomError] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except TierloomError as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return refused


def test_of_two_who_set_up_at_once_one_is_told_that_somebody_was_quicker(workspace: Workspace):
    def set_up(email: str) -> None:
        with workspace.writing(SYSTEM) as act:
            accounts.set_up(act, email=email, **FIRST)

    refused = at_once(lambda: set_up("ada@example.com"), lambda: set_up("bo@example.com"), lambda: set_up("cy@example.com"))

    assert [str(each).split(":")[0] for each in refused] == ["Somebody was quicker"] * 2
    with workspace.reading(SYSTEM) as act:
        assert len(accounts.everybody(act.connection)) == 1


def test_a_setting_up_that_is_refused_leaves_nothing(workspace: Workspace):
    with pytest.raises(Refused) as refusal, workspace.writing(SYSTEM) as act:
        accounts.set_up(act, email="ada@example.com", **FIRST | {"password": "short"})
    assert [each.path for each in refusal.value.problems] == ["password"]

    with workspace.writing(SYSTEM) as act:
        accounts.set_up(act, email="ada@example.com", **FIRST)
    assert workspace.name == "Loom" and str(workspace.zone) == "Europe/Berlin"


def test_of_two_builders_who_switch_each_other_off_at_once_one_stays(workspace: Workspace, add_person: Callable[..., Person]):
    ada, bo = add_person("ada@example.com", "builder"), add_person("bo@example.com", "builder")

    def switch_off(who: Person, whom: Person) -> None:
        with workspace.writing(who) as act:
            accounts.deactivate(act, whom.id)

    refused = at_once(lambda: switch_off(ada, bo), lambda: switch_off(bo, ada))

    assert len(refused) == 1 and "the last one who may build" in str(refused[0])
    with workspace.reading(SYSTEM) as act:
        assert len(accounts.builders(act.connection)) == 1


def test_two_accounts_with_one_e_mail_address_are_refused(workspace: Workspace, add_person: Callable[..., Person]):
    add_person("ada@example.com", "builder")

    with pytest.raises(Refused, match="has an account already"):
        add_person("ＡDA@Example.com ", "member")


@pytest.mark.parametrize(
    "email", ["", "ada", "@", "a b@example.com", "ada@example.com,bo@example.com", "<ada@example.com>", "a" * 250 + "@x.de"]
)
def test_what_is_no_e_mail_address_is_refused(workspace: Workspace, email: str):
    with pytest.raises(Refused) as refusal, workspace.writing(SYSTEM) as act:
        accounts.add(act, email=email, name="Ada")
    assert refusal.value.problems[0].path == "email"


def test_people_are_found_by_e_mail_address_and_by_id(workspace: Workspace, add_person: Callable[..., Person]):
    ada = add_person("ada@example.com", "builder", "crm_lead")

    with workspace.reading(SYSTEM) as act:
        assert accounts.named(act.connection, "ADA@example.com") == accounts.named(act.connection, str(ada.id)) == ada
        for unknown in ("bo@example.com", "999", "9" * 40, "", "²"):
            with pytest.raises(NotFound):
                accounts.named(act.connection, unknown)


@pytest.mark.parametrize(
    "deed",
    [
        lambda act, other: accounts.add(act, email="x@example.com", name="X"),
        lambda act, other: accounts.set_roles(act, other.id, ["builder"]),
        lambda act, other: accounts.deactivate(act, other.id),
        lambda act, other: accounts.reactivate(act, other.id),
        lambda act, other: accounts.invite(act, other.id),
        lambda act, other: accounts.set_name(act, other.id, "Eve"),
        lambda act, other: accounts.set_language(act, other.id, "en"),
        lambda act, other: accounts.set_password(act, other.id, GOOD),
        lambda act, other: tokens.create(act, other, "script"),
        lambda act, other: tokens.revoke(act, other, 1),
    ],
)
def test_a_member_does_nothing_to_the_account_of_somebody_else(workspace: Workspace, add_person: Callable[..., Person], deed: Callable):
    ada, ning = add_person("ada@example.com", "builder"), add_person("ning@example.com", "member")

    with pytest.raises(NotAllowed), workspace.writing(ning) as act:
        deed(act, ada)


def test_nobody_gives_themselves_a_role(workspace: Workspace, add_person: Callable[..., Person]):
    ning = add_person("ning@example.com", "member")

    with pytest.raises(NotAllowed), workspace.writing(ning) as act:
        accounts.set_roles(act, ning.id, ["builder"])


def test_switching_off_ends_sessions_tokens_and_invitations(workspace: Workspace, add_person: Callable[..., Person]):
    add_person("ada@example.com", "builder")
    ning = add_person("ning@example.com", "member", password=GOOD)
    with workspace.writing(SYSTEM) as act:
        cookie = sessions.start(act.connection, ning.id, act.now)
        token, invitation = tokens.create(act, ning, "script"), accounts.invite(act, ning.id)
        accounts.deactivate(act, ning.id)

    with workspace.reading(SYSTEM) as act:
        assert accounts.of_session(act.connection, cookie, act.now) == (None, None)
        assert tokens.held(act.connection, token, act.now) is None
        assert accounts.password_of(act.connection, "ning@example.com") == (None, None)
        with pytest.raises(NotFound):
            accounts.invited(act, invitation)


def test_a_second_invitation_replaces_the_first(workspace: Workspace, add_person: Callable[..., Person]):
    ning = add_person("ning@example.com", "member")
    with workspace.writing(SYSTEM) as act:
        first, second = accounts.invite(act, ning.id), accounts.invite(act, ning.id)

    with workspace.reading(SYSTEM) as act:
        assert accounts.invited(act, second) == ning
        with pytest.raises(NotFound):
            accounts.invited(act, first)


def test_a_session_knows_its_person_with_all_roles(workspace: Workspace, add_person: Callable[..., Person]):
    ning = add_person("ning@example.com", "member", "sales", "crm_lead")
    with workspace.writing(SYSTEM) as act:
        cookie = sessions.start(act.connection, ning.id, act.now, "Phone", "10.0.0.7")

    with workspace.reading(SYSTEM) as act:
        session, person = accounts.of_session(act.connection, cookie, act.now)
        assert person == ning and (session.agent, session.address) == ("Phone", "10.0.0.7")
        assert accounts.of_session(act.connection, cookie, act.now + timedelta(days=31)) == (None, None)
        assert accounts.of_session(act.connection, cookie + "x", act.now) == (None, None)
        assert accounts.of_session(act.connection, "\ud800", act.now) == (None, None)


def test_sessions_that_have_run_out_are_cleared_away(workspace: Workspace, add_person: Callable[..., Person]):
    ning = add_person("ning@example.com", "member")
    with workspace.writing(SYSTEM) as act:
        sessions.start(act.connection, ning.id, act.now - timedelta(days=31))
        sessions.start(act.connection, ning.id, act.now)

        assert act.connection.execute(sa.text("SELECT count(*) FROM person_session")).scalar() == 1


def test_a_token_runs_out_after_its_days(workspace: Workspace, add_person: Callable[..., Person]):
    ning = add_person("ning@example.com", "member")
    with workspace.writing(ning) as act:
        token, endless = tokens.create(act, ning, "script", days=3), tokens.create(act, ning, "other script")

    with workspace.reading(SYSTEM) as act:
        assert tokens.held(act.connection, token, act.now + timedelta(days=2, hours=23)).person == ning
        assert tokens.held(act.connection, token, act.now + timedelta(days=3, seconds=1)) is None
        assert tokens.held(act.connection, endless, act.now + timedelta(days=3000)).person == ning
        assert "tl_" not in str(tokens.of_person(act.connection, ning.id))


def test_what_is_done_to_people_is_on_the_trail_without_secrets(workspace: Workspace, add_person: Callable[..., Person]):
    ada, ning = add_person("ada@example.com", "builder"), add_person("ning@example.com", "member")
    with workspace.writing(ada) as act:
        accounts.set_roles(act, ning.id, ["member", "sales"])
        token = accounts.invite(act, ning.id)

    with workspace.reading(SYSTEM) as act:
        rows = act.connection.execute(sa.select(audit_log).order_by(audit_log.c.id)).all()
    assert [(row.person, row.kind) for row in rows[-2:]] == [(ada.id, "roles_changed"), (ada.id, "invited")]
    assert '"after":["member","sales"]' in rows[-2].payload
    assert token not in str(rows) and GOOD not in str(rows)
