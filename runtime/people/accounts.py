"""Accounts: the people of the workspace, their roles, and how they get their first password."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import sqlalchemy as sa

from runtime.definitions.model import KEY
from runtime.errors import NotFound, Problem, Refused
from runtime.people import passwords, sessions
from runtime.people.may import require
from runtime.people.organisation import organisation_of, person_of_row, read_person, revision_now
from runtime.people.person import Person
from runtime.people.random_tokens import hash_of, new_token
from runtime.system import clock
from runtime.system.audit import note
from runtime.system.prepared import prepared
from runtime.system.tables import (
    api_token,
    invitation,
    password_reset,
    person,
    person_role,
    person_session,
    role,
    sign_in_step,
    workspace_setting,
)  # fmt: skip
from runtime.system.workspace import Act, set_setting
from runtime.texts import LANGUAGES, Bilingual, Message, _

RIGHTS = {"builder": _("Builder"), "member": _("Member")}
"""Roles with a meaning of their own: builders design and administer, members work. All others are names that definitions give."""
ROLE_KEY = re.compile(KEY)
EMAIL = re.compile(r"^[^@\s,;<>()\"]+@[^@\s,;<>()\"]+$")
RENAMED: list[Callable[[Act, list[int]], None]] = []
"""What is told of the people whose names have changed; runtime/kinds.py names it."""
INVITED_FOR = timedelta(days=7)
RESET_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class Account:
    """A person as those see one who look after accounts."""

    person: Person
    created_at: datetime | None
    has_password: bool
    has_second_factor: bool = False


# -- reading ------------------------------------------------------------------------------------------------------------------
def anybody(connection: sa.Connection) -> bool:
    return connection.execute(sa.select(person.c.id).limit(1)).scalar() is not None


def everybody(connection: sa.Connection) -> list[Account]:
    """All accounts, the active ones first, by name."""
    rows = connection.execute(sa.select(person).order_by(person.c.active.desc(), person.c.name, person.c.id)).all()
    held: dict[int, set[str]] = {}
    for owner, key in connection.execute(sa.select(person_role.c.person, person_role.c.role)):
        held.setdefault(owner, set()).add(key)
    its = organisation_of(connection)
    return [
        Account(person_of_row(row, held.get(row.id, ()), its), clock.from_micros(row.created_at), row.password is not None) for row in rows
    ]


def by_id(connection: sa.Connection, person_id: int) -> Person | None:
    return read_person(connection, person.c.id == person_id)


def by_email(connection: sa.Connection, email: str) -> Person | None:
    return read_person(connection, person.c.email == plain_email(email))


def of_session(connection: sa.Connection, token: str, now: datetime) -> tuple[sessions.Session, Person] | tuple[None, None]:
    """The open session of a token and its active person, in one statement: it is asked at every request."""
    statement = prepared(_STATEMENTS, connection.dialect.name, connection.dialect, _of_session)
    rows = statement.all(connection, {"token_hash": hash_of(token), "now": clock.to_micros(now)})
    if not rows:
        return None, None
    found = dict(zip(_SESSION_COLUMNS, rows[0], strict=True))
    session = sessions.Session(
        found["token_hash"],
        found["id"],
        clock.from_micros(found["session_at"]),  # type: ignore[arg-type]
        clock.from_micros(found["seen_at"]),  # type: ignore[arg-type]
        found["agent"],
        found["address"],
        bool(found["second_factor"]),
    )
    roles = frozenset(row[-1] for row in rows if row[-1] is not None)
    its = organisation_of(connection, found["revision"]).of(found["id"])
    return session, Person(
        found["id"], found["email"], found["name"], roles, found["language"], True, found["zone"],
        its.departments, its.department_keys, its.department_tree, its.reports, its.groups,
    )  # fmt: skip


_STATEMENTS: dict[Any, Any] = {}
_SESSION_COLUMNS = (
    "id",
    "email",
    "name",
    "language",
    "zone",
    "token_hash",
    "session_at",
    "seen_at",
    "agent",
    "address",
    "second_factor",
    "revision",
    "role",
)


def _of_session() -> sa.Select:
    own, its = person.c, person_session.c
    return (
        sa.select(
            own.id,
            own.email,
            own.name,
            own.language,
            own.zone,
            its.token_hash,
            its.created_at,
            its.seen_at,
            its.agent,
            its.address,
            own.second_factor.is_not(None),
            revision_now,
            person_role.c.role,
        )
        .select_from(person_session.join(person).outerjoin(person_role, person_role.c.person == own.id))
        .where(its.token_hash == sa.bindparam("token_hash"), its.expires_at > sa.bindparam("now"), own.active == 1)
    )


def named(connection: sa.Connection, text: str) -> Person:
    """The person an e-mail address or an id names; NotFound if there is none."""
    found = by_email(connection, text)
    if found is None and text.isdecimal() and len(text) < 16:
        found = by_id(connection, int(text))
    if found is None:
        raise NotFound(_("Nobody here has the e-mail address {email}.", email=text))
    return found


def builders(connection: sa.Connection) -> list[Person]:
    """Who may administer today: whom to ask for a right."""
    return [each.person for each in everybody(connection) if each.person.is_builder and each.person.active]


def known_roles(connection: sa.Connection) -> dict[str, Message | str]:
    """Role keys to offer, with their labels: the two rights, those that definitions want, those somebody has."""
    found: dict[str, Message | str] = dict(RIGHTS)
    for row in connection.execute(sa.select(role).order_by(role.c.key)):
        found.setdefault(row.key, _called(row.label) or row.key)
    for key in connection.execute(sa.select(person_role.c.role).distinct().order_by(person_role.c.role)).scalars():
        found.setdefault(key, key)
    return found


def _called(label: str | None) -> Message | str | None:
    """A role of a template is called in both languages, {"zh", "en"}; one that was named by hand as it was written."""
    if label is None or not label.startswith('{"zh": '):
        return label
    names = json.loads(label)
    return Bilingual(names["en"], names)


def password_of(connection: sa.Connection, email: str) -> tuple[Person | None, str | None]:
    """The active person of an e-mail address with the stored hash, or twice nothing."""
    found = by_email(connection, email)
    if found is None or not found.active:
        return None, None
    return found, connection.execute(sa.select(person.c.password).where(person.c.id == found.id)).scalar()


# -- writing ------------------------------------------------------------------------------------------------------------------
def set_up(act: Act, *, email: str, name: str, password: str, workspace_name: str, zone: str, language: str) -> Person:
    """The first account, who builds and administers, and the workspace's own settings. Only while nobody is there."""
    _claim(act)
    problems = _problems_of_person(act, email, name)
    if weak := passwords.problem_of(password, email, name):
        problems.append(Problem("password", weak))
    if not 1 <= len(workspace_name.strip()) <= 100:
        problems.append(Problem("workspace", _("Give the workspace a name, for example your company's.")))
    if zone not in available_timezones():
        problems.append(Problem("zone", _("Choose a time zone from the list.")))
    if language not in LANGUAGES:
        problems.append(Problem("language", _("Choose a language from the list.")))
    if problems:
        raise Refused(problems)
    for setting, value in (("name", workspace_name.strip()), ("timezone", zone), ("language", language)):
        set_setting(act.connection, setting, value)
    first = add(act, email=email, name=name, roles=RIGHTS, password=password, language=language)
    act.refresh()  # the workspace has a name and a zone from here on
    note(act, "workspace_set_up", "workspace", name=workspace_name.strip(), zone=zone)
    return first


def add(
    act: Act, *, email: str, name: str, roles: Collection[str] = ("member",), password: str | None = None, language: str | None = None
) -> Person:
    """A new person. Without a password an invitation lets them set one."""
    require(act.person, "administer")
    problems = [*_problems_of_person(act, email, name), *_problems_of_roles(roles)]
    if password is not None and (weak := passwords.problem_of(password, email, name)):
        problems.append(Problem("password", weak))
    if problems:
        raise Refused(problems)
    new_id = act.take_ids("person")
    act.connection.execute(
        person.insert().values(
            id=new_id,
            email=plain_email(email),
            name=name.strip(),
            password=None if password is None else passwords.hashed(password),
            language=language,
            active=1,
            created_at=act.micros,
        )
    )
    _write_roles(act, new_id, roles)
    note(act, "person_added", f"person:{new_id}", email=plain_email(email), roles=sorted(roles))
    return Person(new_id, plain_email(email), name.strip(), frozenset(roles), language)


def set_roles(act: Act, person_id: int, roles: Collection[str]) -> None:
    require(act.person, "administer")
    found = _known(act, person_id)
    if problems := _problems_of_roles(roles):
        raise Refused(problems)
    if "builder" not in roles:
        _keep_one_builder(act, found)
    _write_roles(act, person_id, roles)
    note(act, "roles_changed", f"person:{person_id}", before=sorted(found.roles), after=sorted(roles))


def deactivate(act: Act, person_id: int) -> None:
    """Signs the person out everywhere and for good; what they wrote stays under their name."""
    require(act.person, "administer")
    found = _known(act, person_id)
    _keep_one_builder(act, found)
    act.connection.execute(person.update().where(person.c.id == person_id).values(active=0))
    act.connection.execute(invitation.delete().where(invitation.c.person == person_id))
    end_access(act, person_id)
    note(act, "person_deactivated", f"person:{person_id}")


def end_access(act: Act, person_id: int) -> None:
    """Ends every session, token and half-done sign-in of somebody at once."""
    require(act.person, "administer")
    sessions.close_all(act.connection, person_id)
    for waiting in (api_token, password_reset, sign_in_step):
        act.connection.execute(waiting.delete().where(waiting.c.person == person_id))
    note(act, "access_ended", f"person:{person_id}")


def reactivate(act: Act, person_id: int) -> None:
    require(act.person, "administer")
    _known(act, person_id)
    act.connection.execute(person.update().where(person.c.id == person_id).values(active=1))
    note(act, "person_reactivated", f"person:{person_id}")


def set_name(act: Act, person_id: int, name: str) -> None:
    _self_or_builder(act, person_id)
    if not 1 <= len(name.strip()) <= 200:
        raise Refused([_name_problem()])
    act.connection.execute(person.update().where(person.c.id == person_id).values(name=name.strip()))
    for follow in RENAMED:
        follow(act, [person_id])


def set_language(act: Act, person_id: int, language: str | None) -> None:
    _self_or_builder(act, person_id)
    if language is not None and language not in LANGUAGES:
        raise Refused([Problem("language", _("Choose a language from the list."))])
    act.connection.execute(person.update().where(person.c.id == person_id).values(language=language))


def set_zone(act: Act, person_id: int, zone: str | None) -> None:
    """The zone in which this person sees and types instants; None: the workspace's. Days begin by the workspace's zone for everybody."""
    _self_or_builder(act, person_id)
    if zone is not None and zone not in available_timezones():
        raise Refused([Problem("zone", _("Choose a time zone from the list."))])
    act.connection.execute(person.update().where(person.c.id == person_id).values(zone=zone))


def set_password(act: Act, person_id: int, password: str, keep_session: str | None = None) -> None:
    """Sets the password and ends every session but the one whose token is `keep_session`."""
    _self_or_builder(act, person_id)
    found = _known(act, person_id)
    if weak := passwords.problem_of(password, found.email, found.name):
        raise Refused([Problem("password", weak)])
    act.connection.execute(person.update().where(person.c.id == person_id).values(password=passwords.hashed(password)))
    sessions.close_all(act.connection, person_id, but=keep_session)
    for waiting in (password_reset, sign_in_step):
        act.connection.execute(waiting.delete().where(waiting.c.person == person_id))
    note(act, "password_set", f"person:{person_id}")


def rehash(act: Act, person_id: int, password: str) -> None:
    """The same password at today's cost, at the moment it is known: on signing in."""
    act.connection.execute(person.update().where(person.c.id == person_id).values(password=passwords.hashed(password)))


# -- invitations --------------------------------------------------------------------------------------------------------------
def invite(act: Act, person_id: int) -> str:
    """A token good once and for seven days, with which the person sets a password. An older one stops working."""
    require(act.person, "administer")
    if not _known(act, person_id).active:
        raise Refused([Problem("", _("This account is switched off. Switch it on before you invite."))])
    token = new_token()
    act.connection.execute(invitation.delete().where(invitation.c.person == person_id))
    act.connection.execute(
        invitation.insert().values(token_hash=hash_of(token), person=person_id, expires_at=clock.to_micros(act.now + INVITED_FOR))
    )
    note(act, "invited", f"person:{person_id}")
    return token


def invited(act: Act, token: str) -> Person:
    """Whom an invitation is for; NotFound when it is used, too old or no invitation at all."""
    found = act.connection.execute(
        sa.select(invitation.c.person).where(
            invitation.c.token_hash == hash_of(token), invitation.c.used_at.is_(None), invitation.c.expires_at > act.micros
        )
    ).scalar()
    someone = None if found is None else by_id(act.connection, found)
    if someone is None or not someone.active:
        raise NotFound(_("This invitation was used or is more than seven days old. Ask for a new one."))
    return someone


def accept(act: Act, token: str, password: str, name: str | None = None) -> Person:
    """Sets the password, and the name if one is given, of the invited person. Call as that person or as SYSTEM."""
    someone = invited(act, token)
    if name is not None:
        set_name(act, someone.id, name)
    set_password(act, someone.id, password)
    act.connection.execute(invitation.update().where(invitation.c.token_hash == hash_of(token)).values(used_at=act.micros))
    return someone


# -- a forgotten password -----------------------------------------------------------------------------------------------------
def begin_reset(act: Act, someone: Person) -> str:
    """A token good once and for an hour, with which the person sets a new password. An older one stops working."""
    token = new_token()
    act.connection.execute(password_reset.delete().where(password_reset.c.person == someone.id))
    act.connection.execute(
        password_reset.insert().values(token_hash=hash_of(token), person=someone.id, expires_at=clock.to_micros(act.now + RESET_FOR))
    )
    note(act, "reset_asked", f"person:{someone.id}")
    return token


def resetting(act: Act, token: str) -> Person:
    """Whose password a token may reset; NotFound when it is used, too old or no token at all."""
    found = act.connection.execute(
        sa.select(password_reset.c.person).where(password_reset.c.token_hash == hash_of(token), password_reset.c.expires_at > act.micros)
    ).scalar()
    someone = None if found is None else by_id(act.connection, found)
    if someone is None or not someone.active:
        raise NotFound(_("This link was used or is more than an hour old. Ask for a new one."))
    return someone


def reset(act: Act, token: str, password: str) -> Person:
    """Sets the password, signs out everywhere and makes the token worthless. Call as SYSTEM."""
    someone = resetting(act, token)
    set_password(act, someone.id, password)
    return someone


# -- rules --------------------------------------------------------------------------------------------------------------------
def plain_email(email: str) -> str:
    return unicodedata.normalize("NFKC", email).strip().lower()


def _claim(act: Act) -> None:
    """Of two who set up at once the second waits here for the first, and then is told so."""
    quicker = Refused([Problem("", _("Somebody was quicker: this workspace is set up already. Sign in, or ask for an invitation."))])
    if anybody(act.connection):
        raise quicker
    try:
        act.connection.execute(workspace_setting.insert().values(name="set_up_at", value=str(act.micros)))
    except sa.exc.IntegrityError as error:
        raise quicker from error


def _problems_of_person(act: Act, email: str, name: str) -> list[Problem]:
    problems = []
    if not EMAIL.match(plain_email(email)) or len(email) > 254:
        problems.append(Problem("email", _("Write an e-mail address like ning@example.com.")))
    elif by_email(act.connection, email):
        problems.append(Problem("email", _("{email} has an account already.", email=plain_email(email))))
    if not 1 <= len(name.strip()) <= 200:
        problems.append(_name_problem())
    return problems


def _name_problem() -> Problem:
    return Problem("name", _("Write a name of 1 to 200 characters."))


def _problems_of_roles(roles: Collection[str]) -> list[Problem]:
    return [
        Problem("roles", _("The role {role} is no key: start with a letter a–z and use only letters, digits, and _.", role=each))
        for each in sorted(roles)
        if not ROLE_KEY.match(each)
    ]


def _keep_one_builder(act: Act, found: Person) -> None:
    if not found.is_builder or not found.active:
        return
    # two builders who switch each other off at once: the second waits here, and then reads what the first has done
    act.connection.execute(sa.select(person_role).where(person_role.c.role == "builder").with_for_update()).all()
    if [each.id for each in builders(act.connection)] == [found.id]:
        raise Refused(
            [Problem("", _("{name} is the last one who may build here. Give somebody else the role “builder” first.", name=found.name))]
        )


def _self_or_builder(act: Act, person_id: int) -> None:
    if act.person.id != person_id:
        require(act.person, "administer")


def _known(act: Act, person_id: int) -> Person:
    found = by_id(act.connection, person_id)
    if found is None:
        raise NotFound(_("This person is not known here."))
    return found


def _write_roles(act: Act, person_id: int, roles: Collection[str]) -> None:
    act.connection.execute(person_role.delete().where(person_role.c.person == person_id))
    for key in sorted(set(roles)):
        act.connection.execute(person_role.insert().values(person=person_id, role=key))
