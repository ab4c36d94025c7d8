"""Who decides about single tiers: the stewards of a model, which are those whom its review names as owner, and builders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.tier_model import TierModel
from runtime.errors import NotAllowed
from runtime.people.may import may
from runtime.people.person import Person
from runtime.people.rights import names
from runtime.system.tables import department, department_member, person, person_group_member, person_role
from runtime.texts import _
from runtime.tiers.seeing import sees_tiers

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST_TOLD = 20


def steward(model: TierModel) -> str | None:
    """`role:…`, `user:…` or the like, if the model names anybody."""
    return model.review.owner if model.review is not None else None


def is_steward(who: Person, model: TierModel) -> bool:
    """Whether somebody builds, or is named by the model."""
    named = steward(model)
    return who.is_builder or (named is not None and (names(who, named) or named.casefold() == f"user:{who.email}".casefold()))


def may_decide(act: Act, model: TierModel, record: int | None = None) -> bool:
    """Whether the person sets tiers by hand: stewards, on records whose tier they see. Where a model names nobody, everybody who may change
    the record."""
    if not sees_tiers(act, model, record):
        return False
    if steward(model) is None:
        return may(act.person, "edit", model.form, record)
    return is_steward(act.person, model)


def require_decide(act: Act, model: TierModel, record: int | None = None) -> None:
    if not may_decide(act, model, record):
        raise NotAllowed(_("Tiers of this model are set by its stewards. Object to the tier, and they decide."))


def stewards(act: Act, model: TierModel) -> list[int]:
    """The active people who decide; builders where the model names nobody, or nobody of those it names is there."""
    named = steward(model)
    found = _active(act, _meant(named)) if named is not None else []
    return found or _active(act, _in_role("builder"))


def _active(act: Act, condition: Any) -> list[int]:
    query = sa.select(person.c.id).where(condition, person.c.active == 1).order_by(person.c.id).limit(MOST_TOLD)
    return list(act.connection.execute(query).scalars())


def _meant(who: str) -> Any:
    kind, _colon, key = who.partition(":")
    if kind == "role":
        return _in_role(key)
    if kind == "user":
        return sa.or_(sa.func.lower(person.c.email) == key.lower(), sa.cast(person.c.id, sa.Text) == key)
    if kind == "department":
        own = sa.select(department.c.id).where(department.c.key == key)
        return person.c.id.in_(sa.select(department_member.c.person).where(department_member.c.department.in_(own)))
    if kind == "group" and key.isdecimal():
        return person.c.id.in_(sa.select(person_group_member.c.person).where(person_group_member.c.person_group == int(key)))
    return sa.false()


def _in_role(role: str) -> Any:
    return person.c.id.in_(sa.select(person_role.c.person).where(person_role.c.role == role))
