"""Who may do what with the reviews of a model. Every answer comes from the one gate: by the right on the tiers, and on the app."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.collaboration.telling import person_in
from runtime.errors import NotAllowed
from runtime.people.may import may
from runtime.people.rights import names
from runtime.system.tables import person as person_table
from runtime.system.tables import tier_state
from runtime.texts import _
from runtime.tiers.seeing import of_seen_records, sees_tiers
from runtime.tiers.stewards import is_steward

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.people.person import Person
    from runtime.system.workspace import Act


def manages(act: Act, model: TierModel) -> bool:
    """Whether somebody opens and leads reviews: the model's stewards, and who builds its app, as far as they see its tiers."""
    if not sees_tiers(act, model):
        return False
    return is_steward(act.person, model) or (model.app is not None and may(act.person, "build", app=model.app))


def require_manage(act: Act, model: TierModel) -> None:
    if not manages(act, model):
        raise NotAllowed(_("Reviews of this model are led by its stewards. Ask one of them."))


def approves(act: Act, model: TierModel) -> bool:
    return sees_tiers(act, model) and is_steward(act.person, model)


def require_approve(act: Act, model: TierModel) -> None:
    if not approves(act, model):
        raise NotAllowed(_("Only the stewards of this model decide about its proposals."))


def sees_all(act: Act, model: TierModel) -> bool:
    """Whether somebody sees the tiers of all records, and so may see counts of all."""
    return sees_tiers(act, model) and not of_seen_records(act, model, tier_state.c.record)


# -- whom a list means --------------------------------------------------------------------------------------------------------------
def everybody(act: Act, model: TierModel) -> list[Person]:
    """The active people with access to the model's form."""
    numbers = act.connection.execute(sa.select(person_table.c.id).where(person_table.c.active == 1).order_by(person_table.c.id)).scalars()
    found = (person_in(act, number) for number in numbers.all())
    return [each for each in found if each is not None and may(each, "view", model.form)]


def meant(people: Iterable[Person], who: Iterable[str]) -> list[int]:
    """Those of the people whom role:…, user:… and the like name."""
    wanted = tuple(who)
    return [each.id for each in people if any(names(each, one) or one.casefold() == f"user:{each.email}".casefold() for one in wanted)]
