"""From `role:KEY`, `user:E-MAIL`, `group:ID`, `department:KEY`, `field:KEY` and `team:ROLE` (`team:*`: the whole team of the record) to the people a step means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import Problem
from runtime.people.accounts import RIGHTS
from runtime.system.prepared import prepared
from runtime.system.tables import department, department_member, person, person_group, person_group_member, person_role, record_team
from runtime.texts import Message, _, shown

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue
    from runtime.records.values import RecordValues
    from runtime.system.workspace import Act

POOLS = ("role:", "user:", "group:", "department:")
"""Whom records can be handed to: people who are meant whatever the record."""
LONGEST_NUMBER = 19
MEMBERS_OF_EVERY_RECORD = ("created_by", "updated_by")


@dataclass(frozen=True)
class Recipient:
    """A person of the workspace, or somebody who is only an address."""

    person: int | None
    address: str
    language: str | None = None


def recipients(act: Act, who: tuple[str, ...], values: RecordValues | None) -> list[Recipient]:
    """Everybody meant, each once, in the order named; people who have left are not among them."""
    found: dict[Any, Recipient] = {}
    for each in who:
        for one in _meant(act, each, values):
            found.setdefault(one.person or one.address.casefold(), one)
    return list(found.values())


def recipients_of(doing: Doing, who: tuple[str, ...]) -> list[Recipient]:
    """The same for a step; where it is done for many records, who is meant whatever the record, and who a field names, is found once."""
    found: dict[Any, Recipient] = {}
    for each in who:
        sort, _colon, name = each.partition(":")
        asked: Any = each if each.startswith(POOLS) else None
        if sort == "field":
            asked = (each, doing.values.system(name) if name in MEMBERS_OF_EVERY_RECORD else doing.values.field(name))
        meant = partial(_meant, doing.act, each, doing.values)
        for one in meant() if asked is None else doing.once(("meant", asked), meant):
            found.setdefault(one.person or one.address.casefold(), one)
    return list(found.values())


def people_of(act: Act, who: str) -> list[int]:
    """The active people of a role, or the one with this address, by number."""
    return sorted(each.person for each in _meant(act, who, None) if each.person is not None)


def language_of(act: Act, number: int) -> str | None:
    """The language somebody has chosen."""
    return act.connection.execute(sa.select(person.c.language).where(person.c.id == number)).scalar()


def _meant(act: Act, who: str, values: RecordValues | None) -> list[Recipient]:
    sort, _colon, name = who.partition(":")
    if f"{sort}:" in POOLS:
        statement = prepared(act.catalogue.memo, ("pool", sort), act.connection.dialect, lambda: _of_pool(sort))
        return [Recipient(*row) for row in statement.all(act.connection, pool_values(name))]
    if sort == "team" and values is not None and values.form is not None:
        own = record_team.c
        roles = [] if name == "*" else [own.role == name]
        return _active(act, person.c.id.in_(sa.select(own.person).where(own.form == values.form.key, own.record == values.record, *roles)))
    if sort != "field" or values is None:
        return []
    value = values.system(name) if name in MEMBERS_OF_EVERY_RECORD else values.field(name)
    if value is None:
        return []
    if isinstance(value, int):
        return _active(act, person.c.id == value)
    return [Recipient(None, str(value))]


def _of_pool(sort: str) -> sa.Select[Any]:
    return sa.select(person.c.id, person.c.email, person.c.language).where(in_pool(sort)).order_by(person.c.id)


def in_pool(sort: str) -> Any:
    """The people of a pool who work here, for a statement that is given `pool_values`."""
    name = sa.bindparam("the_name", type_=sa.Text())
    if sort == "user":
        return sa.and_(person.c.active == 1, sa.func.lower(person.c.email) == sa.bindparam("the_address", type_=sa.Text()))
    members: sa.Select[Any]
    if sort == "role":
        members = sa.select(person_role.c.person).where(person_role.c.role == name)
    elif sort == "group":
        of, group = person_group_member.c, person_group.c
        known = sa.or_(group.key == name, group.id == sa.bindparam("the_number", type_=sa.BigInteger()))
        members = sa.select(of.person).join(person_group, group.id == of.person_group).where(known)
    else:
        its, own = department_member.c, department.c
        members = sa.select(its.person).join(department, own.id == its.department).where(own.key == name)
    return sa.and_(person.c.active == 1, person.c.id.in_(members))


def pool_values(name: str) -> dict[str, Any]:
    return {"the_name": name, "the_address": name.lower(), "the_number": int(name) if name.isdecimal() and len(name) < LONGEST_NUMBER else 0}


def _active(act: Act, condition: Any) -> list[Recipient]:
    rows = act.connection.execute(
        sa.select(person.c.id, person.c.email, person.c.language).where(person.c.active == 1, condition).order_by(person.c.id)
    )
    return [Recipient(row.id, row.email, row.language) for row in rows]


def who_problems(path: str, who: str, form: str | None, catalogue: Catalogue, address: str | None = None) -> Iterator[Problem]:
    """What is wrong with naming somebody; `address`: a field of this type, such as `email`, will do as well."""
    sort, _colon, name = who.partition(":")
    if sort in ("role", "user", "group", "department"):
        return
    if sort == "team":
        roles = [each.key for each in catalogue.forms[form].team] if form in catalogue.forms else []
        if name not in ("*", *roles):
            yield Problem(path, _("There is no team role {role} here; choose one of {roles}.", role=name, roles=", ".join(roles)))
        return
    if sort != "field":
        yield Problem(path, _("An automation cannot tell who {who} is; name a role, a person or a field.", who=who))
        return
    if form is not None and (form not in catalogue.forms or name in MEMBERS_OF_EVERY_RECORD):
        return  # a missing form is a problem of its own
    field = catalogue.forms[form].field(name) if form in catalogue.forms else None
    if field is None:
        yield Problem(path, _("There is no field with the key {key} here.", key=name))
    elif field.formula_type().kind != "member" and field.type != address:
        yield Problem(
            path,
            _("The field {key} holds no person.", key=name)
            if address is None
            else _("The field {key} holds neither a person nor an e-mail address.", key=name)
            if address == "email"
            else _("The field {key} holds no phone number.", key=name),
        )


def in_words(who: str, form: str | None, catalogue: Catalogue) -> Message:
    sort, _colon, name = who.partition(":")
    if sort == "role":
        return _("the role {role}", role=catalogue.role_labels.get(name) or RIGHTS.get(name) or name)
    if sort == "group":
        return _("the group {group}", group=name)
    if sort == "department":
        return _("the department {department}", department=name)
    if sort == "team":
        roles = catalogue.forms[form].team if form in catalogue.forms else ()
        label = next((each.label for each in roles if each.key == name), None)
        return _("the team of the record") if label is None else _("{role} in the team of the record", role=shown_label(label))
    if sort == "field":
        field = catalogue.forms[form].field(name) if form in catalogue.forms else None
        return _("{field} of the record", field=shown_label(field.label if field is not None else name))
    return _("{person}", person=name)


def shown_label(label: Any) -> Any:
    """A label as a value of a message: put into the reader's language with it."""
    return label if not isinstance(label, str) else shown(label)
