"""Reviews as they are read: one, a list, and for whom each waits."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import NotAllowed, NotFound
from runtime.reviews.rights import manages, sees_all
from runtime.system import clock
from runtime.system.tables import review as table
from runtime.system.tables import review_person
from runtime.texts import Message, _
from runtime.tiers.seeing import sees_tiers

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

STATES = ("collecting", "proposing", "voting", "decided", "announced", "closed")
OPEN = STATES[:3]
"""As long as nothing is decided."""


@dataclass(frozen=True)
class Review:
    """`first_day` and `last_day`: the time it is about. `model`: the key of the model."""

    id: int
    model: str
    months: int | None
    state: str
    first_day: date
    last_day: date
    version: int
    survey_until: date
    questions: tuple[dict[str, Any], ...]
    open_figures: bool
    opened_at: datetime
    opened_by: int
    facts: dict[str, Any] | None
    facts_at: datetime | None
    decided_at: datetime | None
    decided_by: int | None
    approved: int | None
    published: int | None
    decision: str | None
    note: str | None
    announced_at: datetime | None
    announced_by: int | None
    closed_at: datetime | None
    closed_by: int | None

    @property
    def title(self) -> Message:
        """By the time it is about: a quarter, a month, or just the day."""
        day = self.last_day
        if self.months == 3:
            return _("Review, quarter {quarter} of {year}", quarter=(day.month + 2) // 3, year=day.year)
        return _("Review, {month}", month=f"{day:%Y-%m}")


DAYS = ("first_day", "last_day", "survey_until")
INSTANTS = ("opened_at", "facts_at", "decided_at", "announced_at", "closed_at")


def _made(act: Act, row: Any) -> Review:
    found = {name: value for name, value in row._mapping.items() if name not in ("open_model", "due")}
    found |= {name: clock.from_day(found[name]) for name in DAYS} | {name: clock.from_micros(found[name]) for name in INSTANTS}
    found["model"] = _key_of(act, row.model)
    found["questions"] = tuple(json.loads(row.questions))
    found["facts"] = None if row.facts is None else json.loads(row.facts)
    return Review(**{**found, "open_figures": bool(row.open_figures)})


def _key_of(act: Act, number: int) -> str:
    """The key of a review's model; empty where it is gone."""
    return next((key for (kind, key), own in act.catalogue.ids.items() if kind == "tier_model" and own == number), "")


# -- finding ------------------------------------------------------------------------------------------------------------------------
def find(act: Act, number: int) -> Review:
    """One that the person of the act may see: who sees the model's tiers, and whoever is asked or told something. NotFound otherwise."""
    row = act.connection.execute(sa.select(table).where(table.c.id == number)).first()
    return _seen(act, row)


def locked(act: Act, number: int) -> Review:
    """The same, and until the end of the act nobody else changes it: two who decide at the same time come one after the other."""
    statement = table.update().where(table.c.id == number).values(state=table.c.state).returning(table)
    return _seen(act, act.connection.execute(statement).first())


def _seen(act: Act, row: Any) -> Review:
    found = None if row is None else _made(act, row)
    model = None if found is None else act.catalogue.tier_models.get(found.model)
    if found is None or model is None or not (sees_tiers(act, model) or parts_of(act, found.id, act.person.id)):
        raise NotFound(_("There is no such review."))
    return found


def model_of(act: Act, review: Review) -> TierModel:
    return act.catalogue.tier_models[review.model]


def listed(
    act: Act, models: Iterable[TierModel], states: Iterable[str] = STATES, before: int | None = None, limit: int = 50
) -> list[Review]:
    """The newest first, of those models whose tiers the person sees."""
    numbers = [act.catalogue.ids["tier_model", each.key] for each in models if sees_tiers(act, each)]
    query = sa.select(table).where(table.c.model.in_(numbers), table.c.state.in_(list(states))).order_by(table.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(table.c.id < before)
    return [_made(act, row) for row in act.connection.execute(query)]


def open_one(act: Act, model: TierModel) -> int | None:
    """The review of a model that is not closed yet."""
    number = act.catalogue.ids["tier_model", model.key]
    return act.connection.execute(sa.select(table.c.id).where(table.c.open_model == number)).scalar()


def last_before(act: Act, model: int, number: int | None = None) -> Any:
    """The row of the review of a model before one, or the newest."""
    query = sa.select(table).where(table.c.model == model).order_by(table.c.id.desc()).limit(1)
    return act.connection.execute(query if number is None else query.where(table.c.id < number)).first()


def sees_facts(act: Act, review: Review) -> bool:
    """Whether somebody sees the counts of all records: who sees all of them, and voters where the plan opens the figures to them."""
    model = model_of(act, review)
    if sees_all(act, model):
        return True
    return review.open_figures and (manages(act, model) or is_asked(act, review.id, "vote"))


# -- whom it waits for ----------------------------------------------------------------------------------------------------------------
def parts_of(act: Act, number: int, person: int) -> dict[str, bool]:
    """What somebody has to do in a review, and whether it is done."""
    own = review_person.c
    rows = act.connection.execute(sa.select(own.part, own.done_at).where(own.review == number, own.person == person))
    return {row.part: row.done_at is not None for row in rows}


def is_asked(act: Act, number: int, part: str) -> bool:
    return part in parts_of(act, number, act.person.id)


def require_asked(act: Act, number: int, part: str) -> None:
    if not is_asked(act, number, part):
        raise NotAllowed(_("This review does not ask you for it."))


def people_of(act: Act, number: int, part: str) -> list[Any]:
    """Rows of (person, done_at), those who are still awaited first."""
    own = review_person.c
    query = sa.select(own.person, own.done_at).where(own.review == number, own.part == part)
    return list(act.connection.execute(query.order_by(own.done_at.is_not(None), own.done_at, own.person)))
