"""The second factor: six digits of an app on the phone (RFC 6238), or one of ten recovery codes on paper."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from datetime import datetime

import pyotp
import sqlalchemy as sa

from runtime.errors import Problem, Refused
from runtime.people.may import require
from runtime.people.person import Person
from runtime.system import clock
from runtime.system.audit import note
from runtime.system.secrets import derive, seal, unseal
from runtime.system.tables import person, recovery_code
from runtime.system.workspace import Act, Workspace, set_setting
from runtime.texts import Message, _

HALF_MINUTE = 30
CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
PARTS, PART = 4, 6
"""A recovery code has 24 of the letters, 118 bits: so many that a plain hash keeps it, and no key has to be kept with it."""
PLAIN = "sha256:"
RULE = "second_factor_for"
RULES: dict[str, Message] = {
    "": _("Everybody decides for themselves"), "builders": _("Those who design and administer must have one"),
    "everybody": _("Everybody must have one"),
}  # fmt: skip


def new_secret() -> str:
    return pyotp.random_base32()


def address_of(secret: str, email: str, workspace: str) -> str:
    """What the QR code says to the app (otpauth://…)."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=workspace)


def switch_on(act: Act, secret: str, code: str) -> list[str]:
    """For the person of this act, who shows by a code that the app has the secret. Gives the recovery codes, once."""
    step = _step_of(secret, code, act.now)
    if step is None:
        raise Refused([Problem("code", _wrong())])
    sealed = seal(act.workspace.settings.secret_key, secret)
    act.connection.execute(person.update().where(person.c.id == act.person.id).values(second_factor=sealed, second_factor_step=step))
    note(act, "second_factor_on", f"person:{act.person.id}")
    return new_codes(act)


def switch_off(act: Act, person_id: int) -> None:
    """One's own, or as an administrator somebody's who lost the phone and the paper."""
    if act.person.id != person_id:
        require(act.person, "administer")
    act.connection.execute(person.update().where(person.c.id == person_id).values(second_factor=None, second_factor_step=None))
    act.connection.execute(recovery_code.delete().where(recovery_code.c.person == person_id))
    note(act, "second_factor_off", f"person:{person_id}")


def new_codes(act: Act) -> list[str]:
    """Ten new recovery codes for the person of this act; the older ones stop working."""
    codes = ["-".join("".join(secrets.choice(LETTERS) for _letter in range(PART)) for _part in range(PARTS)) for _code in range(CODES)]
    act.connection.execute(recovery_code.delete().where(recovery_code.c.person == act.person.id))
    for code in codes:
        act.connection.execute(recovery_code.insert().values(person=act.person.id, code_hash=_hash(code)))
    note(act, "recovery_codes", f"person:{act.person.id}")
    return codes


def codes_left(connection: sa.Connection, person_id: int) -> int:
    unused = sa.and_(recovery_code.c.person == person_id, recovery_code.c.used_at.is_(None))
    return connection.execute(sa.select(sa.func.count()).select_from(recovery_code).where(unused)).scalar() or 0


def has_one(connection: sa.Connection, person_id: int) -> bool:
    return connection.execute(sa.select(person.c.second_factor).where(person.c.id == person_id)).scalar() is not None


def passes(act: Act, person_id: int, code: str) -> bool:
    """Whether this code is good now, of the app or of the paper; it is used up by this."""
    plain = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", code)).casefold()
    if plain.isdecimal():
        return _app_code(act, person_id, plain)
    return _paper_code(act, person_id, plain)


# -- the rule of the house ------------------------------------------------------------------------------------------------------
def set_rule(act: Act, rule: str) -> None:
    require(act.person, "administer")
    if rule not in RULES:
        raise Refused([Problem("rule", _("Choose one from the list."))])
    set_setting(act.connection, RULE, rule)
    act.refresh()  # the very next request of this process knows it
    note(act, "second_factor_rule", "workspace", rule=rule)


def rule_of(workspace: Workspace) -> str:
    return workspace.setting(RULE)


def must_have_one(workspace: Workspace, someone: Person) -> bool:
    rule = rule_of(workspace)
    return rule == "everybody" or (rule == "builders" and someone.is_builder)


# -- codes ------------------------------------------------------------------------------------------------------------------------
def _app_code(act: Act, person_id: int, code: str) -> bool:
    sealed = act.connection.execute(sa.select(person.c.second_factor).where(person.c.id == person_id)).scalar()
    step = None if sealed is None else _step_of(unseal(act.workspace.settings.secret_key, sealed), code, act.now)
    if step is None:
        return False
    newer = sa.or_(person.c.second_factor_step.is_(None), person.c.second_factor_step < step)
    return act.connection.execute(person.update().where(person.c.id == person_id, newer).values(second_factor_step=step)).rowcount == 1


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The half minute whose code this is: the present one, the one before, or the next, for clocks that differ."""
    at, app = int(now.timestamp()) // HALF_MINUTE, pyotp.TOTP(secret)
    plain = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", code))
    return next((step for step in (at, at - 1, at + 1) if hmac.compare_digest(app.at(step * HALF_MINUTE), plain)), None)


def _paper_code(act: Act, person_id: int, plain: str) -> bool:
    known = recovery_code.c.code_hash.in_([_hash(plain), _keyed_hash(act, plain)])
    mine = sa.and_(recovery_code.c.person == person_id, known, recovery_code.c.used_at.is_(None))
    used = act.connection.execute(recovery_code.update().where(mine).values(used_at=clock.to_micros(act.now))).rowcount == 1
    if used:
        note(act, "recovery_code_used", f"person:{person_id}")
    return used


def _hash(code: str) -> str:
    return PLAIN + hashlib.sha256(_letters(code)).hexdigest()


def _keyed_hash(act: Act, code: str) -> str:
    """Codes that were made when they were shorter, and therefore kept by a key."""
    return hmac.new(derive(act.workspace.settings.secret_key, "recovery codes"), _letters(code), hashlib.sha256).hexdigest()


def _letters(code: str) -> bytes:
    return code.replace("-", "").casefold().encode("utf-8", "surrogatepass")


def _wrong() -> Message:
    return _("This code is not right, or was used already. Wait for the next one and try again.")
