"""Letting people know what a review wants of them, and reminding those it still waits for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration import telling
from runtime.errors import Refused
from runtime.reviews.reading import locked, model_of
from runtime.reviews.rights import require_manage
from runtime.system import clock
from runtime.system.tables import review, review_person
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

KIND = "review"
EVERY = timedelta(days=3) // clock.MICROSECOND
PARTS = {"collecting": ("survey",), "voting": ("vote",), "announced": ("notice",)}
"""In which state a review waits for what."""
PAGES = {"survey": "survey", "vote": "", "notice": "notice"}


def app_of(act: Act, model: TierModel) -> str | None:
    """The app in which a model's reviews are: its own, else the first."""
    return model.app if model.app in act.catalogue.apps else next(iter(act.catalogue.apps), None)


def tell(act: Act, model: TierModel, number: int, people: Iterable[int], subject: Message, page: str, what: str, body: str = "") -> None:
    app = app_of(act, model)
    link = None if app is None else f"/apps/{app}/-/reviews/{number}" + (f"/{page}" if page else "")
    telling.tell(act, KIND, people, subject, body, None, f"review:{number}:{what}", link)


def remind(act: Act, number: int) -> int:
    """Reminds everybody the review waits for now; for those who lead it. Gives how many."""
    found = locked(act, number)
    require_manage(act, model_of(act, found))
    waiting = [row for row in _waiting(act, 0) if row.review == number]
    if not waiting:
        raise Refused([], _("This review waits for nobody now."))
    _remind(act, waiting)
    return len(waiting)


def is_wanted(act: Act) -> bool:
    """Whether somebody was not told for some days."""
    return bool(_waiting(act, EVERY, limit=1))


def remind_all(act: Act) -> int:
    found = _waiting(act, EVERY)
    _remind(act, found)
    return len(found)


def _waiting(act: Act, ago: int, limit: int | None = None) -> list[Any]:
    own = review_person.c
    due = sa.or_(*[sa.and_(review.c.state == state, own.part.in_(parts)) for state, parts in PARTS.items()])
    in_time = sa.or_(own.part != "survey", review.c.survey_until >= act.day)
    query = sa.select(own.review, own.part, own.person).join(review, review.c.id == own.review)
    query = query.where(own.done_at.is_(None), own.reminded_at <= act.micros - ago, due, in_time)
    return list(act.connection.execute(query.order_by(own.review, own.part, own.person).limit(limit)))


def _remind(act: Act, rows: list[Any]) -> None:
    for number, part in dict.fromkeys((row.review, row.part) for row in rows):
        people = [row.person for row in rows if (row.review, row.part) == (number, part)]
        key = act.connection.execute(sa.select(review.c.model).where(review.c.id == number)).scalar()
        model = next(
            (act.catalogue.tier_models.get(name) for (kind, name), own in act.catalogue.ids.items() if (kind, own) == ("tier_model", key)),
            None,
        )
        if model is None:
            continue
        tell(act, model, number, people, _sentence(part, model), PAGES[part], f"{part}:{act.day}")
        own = review_person.c
        told = (own.review == number, own.part == part, own.done_at.is_(None))
        act.connection.execute(review_person.update().where(*told).values(reminded_at=act.micros))


def _sentence(part: str, model: TierModel) -> Message:
    return {
        "survey": _("Reminder: your answers to the review of {model} are still missing", model=model.label),
        "vote": _("Reminder: your vote in the review of {model} is still missing", model=model.label),
        "notice": _("Reminder: please read what changes in {model}", model=model.label),
    }[part]
