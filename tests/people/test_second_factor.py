"""Codes of an app, and codes on paper: each works once."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa

from runtime.errors import NotAllowed, Refused
from runtime.people import second_factor, steps
from runtime.people.person import SYSTEM, Person
from runtime.system.secrets import derive
from runtime.system.tables import person, recovery_code
from runtime.system.workspace import Workspace

NOON = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)


@pytest.fixture
def ning(workspace: Workspace, add_person: Callable[..., Person]) -> Person:
    workspace.now = lambda: NOON
    return add_person("ning@example.com", "member")


@pytest.fixture
def secret(workspace: Workspace, ning: Person) -> str:
    secret = second_factor.new_secret()
    with workspace.writing(ning) as act:
        second_factor.switch_on(act, secret, pyotp.TOTP(secret).at(NOON - timedelta(seconds=60 - 30)))
    return secret


def passes(workspace: Workspace, ning: Person, code: str, at: datetime = NOON) -> bool:
    workspace.now = lambda: at
    with workspace.writing(ning) as act:
        return second_factor.passes(act, ning.id, code)


def test_a_code_of_the_app_works_once(workspace: Workspace, ning: Person, secret: str):
    code = pyotp.TOTP(secret).at(NOON)

    assert passes(workspace, ning, code)
    assert not passes(workspace, ning, code)


def test_the_code_that_switched_it_on_does_not_work_again(workspace: Workspace, ning: Person, secret: str):
    assert not passes(workspace, ning, pyotp.TOTP(secret).at(NOON - timedelta(seconds=30)))


@pytest.mark.parametrize(("seconds", "good"), [(0, True), (30, True), (65, False), (-95, False)])
def test_clocks_may_differ_by_half_a_minute(workspace: Workspace, ning: Person, secret: str, seconds: int, good: bool):
    assert passes(workspace, ning, pyotp.TOTP(secret).at(NOON + timedelta(seconds=seconds))) is good


@pytest.mark.parametrize("code", ["", "000000", "abcdef", "٣٣٣٣٣٣", "12345", "\ud800", "x" * 5000])
def test_what_is_no_code_does_not_pass(workspace: Workspace, ning: Person, secret: str, code: str):
    if code == pyotp.TOTP(secret).at(NOON):
        pytest.skip("one in a million")
    assert not passes(workspace, ning, code)


def test_full_width_digits_of_a_chinese_keyboard_count(workspace: Workspace, ning: Person, secret: str):
    assert passes(workspace, ning, pyotp.TOTP(secret).at(NOON).translate({ord("0") + each: ord("０") + each for each in range(10)}))


def test_a_wrong_code_does_not_switch_it_on(workspace: Workspace, ning: Person):
    with pytest.raises(Refused, match="This code is not right"), workspace.writing(ning) as act:
        second_factor.switch_on(act, second_factor.new_secret(), "000")


def test_each_recovery_code_works_once_however_it_is_typed(workspace: Workspace, ning: Person, secret: str):
    with workspace.writing(ning) as act:
        codes = second_factor.new_codes(act)

    assert len(set(codes)) == 10
    assert passes(workspace, ning, codes[0].upper().replace("-", " "))
    assert not passes(workspace, ning, codes[0])
    with workspace.reading(SYSTEM) as act:
        assert second_factor.codes_left(act.connection, ning.id) == 9


def test_new_recovery_codes_make_the_older_ones_worthless(workspace: Workspace, ning: Person, secret: str):
    with workspace.writing(ning) as act:
        old = second_factor.new_codes(act)
        second_factor.new_codes(act)

    assert not passes(workspace, ning, old[0])


def test_the_database_holds_neither_the_secret_nor_a_code(workspace: Workspace, ning: Person, secret: str):
    with workspace.writing(ning) as act:
        codes = second_factor.new_codes(act)
        stored = str(act.connection.execute(sa.select(person)).all()) + str(act.connection.execute(sa.select(recovery_code)).all())
    assert secret not in stored and not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_the_codes_of_somebody_else_are_worthless(workspace: Workspace, ning: Person, secret: str, add_person: Callable[..., Person]):
    other = add_person("li@example.com", "member")
    with workspace.writing(ning) as act:
        codes = second_factor.new_codes(act)

    assert not passes(workspace, other, codes[0]) and not passes(workspace, other, pyotp.TOTP(secret).at(NOON))


def test_a_member_switches_off_nobody_elses_second_factor(workspace: Workspace, ning: Person, add_person: Callable[..., Person]):
    other = add_person("li@example.com", "member")
    with pytest.raises(NotAllowed), workspace.writing(other) as act:
        second_factor.switch_off(act, ning.id)


def test_only_administrators_set_the_rule_and_only_one_of_the_three(workspace: Workspace, ning: Person):
    with pytest.raises(NotAllowed), workspace.writing(ning) as act:
        second_factor.set_rule(act, "")
    with pytest.raises(Refused), workspace.writing(SYSTEM) as act:
        second_factor.set_rule(act, "nobody")


def test_a_step_is_taken_once_in_its_kind_and_within_ten_minutes(workspace: Workspace, ning: Person):
    with workspace.writing(SYSTEM) as act:
        first, late = (steps.begin(act.connection, "a", act.now, ning.id, onward="/") for _number in range(2))
        assert steps.take(act.connection, "b", first, act.now) is None
        assert steps.take(act.connection, "a", first, act.now).payload == {"onward": "/"}
        assert steps.take(act.connection, "a", first, act.now) is None
        assert steps.take(act.connection, "a", late, act.now + timedelta(minutes=11)) is None


def test_a_recovery_code_has_more_than_112_bits(workspace: Workspace, ning: Person, secret: str):
    with workspace.writing(ning) as act:
        code = second_factor.new_codes(act)[0]

    assert math.log2(len(set(second_factor.LETTERS))) * len(code.replace("-", "")) >= 112


def test_codes_from_when_they_were_shorter_still_work_once(workspace: Workspace, ning: Person, secret: str):
    with workspace.writing(ning) as act:
        key = derive(workspace.settings.secret_key, "recovery codes")
        kept = hmac.new(key, b"abcdefghjkmn", hashlib.sha256).hexdigest()
        act.connection.execute(recovery_code.insert().values(person=ning.id, code_hash=kept))

    assert passes(workspace, ning, "abcdef-ghjkmn") and not passes(workspace, ning, "abcdef-ghjkmn")
