"""The team of a record: people beside its owner, each with one of the roles that the form names. What a role may do say the permission sets
(`IN_TEAM()`); belonging to a team gives no right by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration import telling
from runtime.collaboration.following import follows_by_itself
from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import require
from runtime.records import query
from runtime.system.audit import note
from runtime.system.tables import person, record_team
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@dataclass(frozen=True)
class Member:
    """`label`: the role's; `sees`: whether this person may see the record at all."""

    person: int
    name: str
    role: str
    label: Any
    sees: bool


def join(act: Act, form: str, record: int, someone: int, role: str) -> None:
    """Takes somebody into the team, or gives them another role in it. They follow the record from here on."""
    query.get(act, form, record)
    require(act.person, "share", form, record)
    labels = {each.key: each.label for each in act.catalogue.forms[form].team}
    if role not in labels:
        raise Refused([Problem("role", _("Choose what this person is in the team."))])
    member = telling.person_in(act, someone)
    if member is None:
        raise Refused([Problem("person", _("Choose somebody with an account."))])
    mine = _mine(form, record, someone)
    values = {"role": role, "by": act.person.id, "at": act.micros}
    if not act.connection.execute(record_team.update().where(*mine).values(**values)).rowcount:
        act.connection.execute(record_team.insert().values(form=form, record=record, person=someone, **values))
    _changed(act)
    note(act, "team_joined", f"record:{form}:{record}", person=someone, role=role)
    follows_by_itself(act, form, record, someone)
    subject = _("{who} takes you into the team of {record}", who=act.person.name, record=telling.title_of(act, form, record))
    telling.tell(act, "ownership", [someone], subject, "", (form, record), f"team:{form}:{record}:{act.micros}")


def leave(act: Act, form: str, record: int, someone: int) -> None:
    """Takes somebody out of the team; oneself always."""
    query.get(act, form, record)
    if someone != act.person.id:
        require(act.person, "share", form, record)
    if not act.connection.execute(record_team.delete().where(*_mine(form, record, someone))).rowcount:
        raise NotFound(_("This person is not in the team any more."))
    _changed(act)
    note(act, "team_left", f"record:{form}:{record}", person=someone)


def members(act: Act, form: str, record: int) -> list[Member]:
    """In the order of the form's roles, then by name."""
    query.get(act, form, record, deleted=True)
    labels = {each.key: each.label for each in act.catalogue.forms[form].team}
    rows = act.connection.execute(
        sa.select(person.c.id, person.c.name, record_team.c.role)
        .join(person, person.c.id == record_team.c.person)
        .where(record_team.c.form == form, record_team.c.record == record)
    ).all()
    order = {key: number for number, key in enumerate(labels)}
    found = []
    for row in sorted(rows, key=lambda each: (order.get(each.role, len(order)), each.name, each.id)):
        someone = telling.person_in(act, row.id)
        seen = someone is not None and telling.sees(act, someone, form, record)
        found.append(Member(row.id, row.name, row.role, labels.get(row.role, row.role), seen))
    return found


def _mine(form: str, record: int, someone: int) -> tuple[Any, ...]:
    return record_team.c.form == form, record_team.c.record == record, record_team.c.person == someone


def _changed(act: Act) -> None:
    if act.person.rights is not None:
        act.person.rights.forget()
