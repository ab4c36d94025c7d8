"""The team of a record: who beside its owner looks after it, and as what."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from runtime.api.route import RECORD_ID, Answer, Call, Route, Shape, page
from runtime.api.sharing import number_of
from runtime.ownership import teams
from runtime.texts import shown


class As(Shape):
    """A role that the form names for its teams."""

    role: str = Field(min_length=1, max_length=200)


class Member(Shape):
    """`sees`: whether this person may see the record; belonging to a team gives no right by itself."""

    person: str
    name: str
    role: str
    label: str
    sees: bool


class Members(Shape):
    items: tuple[Member, ...]
    next: int | None


def listed(call: Call, form: str, id: int) -> dict[str, Any]:
    return page([_shown(call, each) for each in teams.members(call.act, form, id)])


def join(call: Call, form: str, id: int, person: str) -> dict[str, Any]:
    someone = number_of(person)
    teams.join(call.act, form, id, someone, call.body.role)
    return next(_shown(call, each) for each in teams.members(call.act, form, id) if each.person == someone)


def leave(call: Call, form: str, id: int, person: str) -> Answer:
    teams.leave(call.act, form, id, number_of(person))
    return Answer()


def _shown(call: Call, member: teams.Member) -> dict[str, Any]:
    facts = {"person": str(member.person), "name": member.name, "role": member.role}
    return {**facts, "label": shown(member.label, call.language), "sees": member.sees}


HERE = "/forms/{form}/records/{id}/team"
NUMBER = {"person": {"type": "string", "pattern": RECORD_ID}}
ROUTES = [
    Route("GET", HERE, listed, "The team of a record", "sharing", Members),
    Route(
        "PUT",
        f"{HERE}/{{person}}",
        join,
        "Take somebody into the team, or give them another role",
        "sharing",
        Member,
        As,
        writes=True,
        schemas=NUMBER,
    ),
    Route("DELETE", f"{HERE}/{{person}}", leave, "Take somebody out of the team", "sharing", None, status=204, writes=True, schemas=NUMBER),
]
