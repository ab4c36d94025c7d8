"""Any past day: which tiers and tags were in force at its end.

The history is append-only. A row holds from `valid_from` up to, not including, `valid_to`; the only thing that ever changes about it is that
an open one is closed, and then at the present instant. So what a past day shows is settled when the day is over: later changes, deletions,
merges and new models write rows that begin later. Tags are assignments with the same two ends. What is counted is what the reader may see
today; for one reader a past day's figures change only with their rights.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.tag_set import TagSet
from runtime.records.guard import seen_ids
from runtime.system import clock
from runtime.system.tables import definition_version, tag_assignment, tier_history
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.decision import POINT
from runtime.tiers.seeing import of_seen_records

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LATEST = timedelta(days=1)


@dataclass(frozen=True)
class Standing:
    """A record's tier at the end of a day: since when, until when (None: it still holds), and what it was made of when it began."""

    tier: str | None
    score: Decimal | None
    bands: tuple[int | None, ...]
    version: int
    cause: str
    since: datetime
    until: datetime | None


def end_of(act: Act, day: date) -> int:
    """The instant at which a day of the workspace's zone is over."""
    return clock.to_micros(datetime.combine(day + LATEST, time(), act.zone))


def in_force(model: CompiledModel, end: int, *conditions: Any) -> list[list[Any]]:
    """The conditions of the rows that were in force at an instant: of those that still are, and of those that have ended since.

    Two lists for two statements, because each is answered by an index of its own.
    """
    row = tier_history.c
    begun = [row.model == model.number, row.valid_from < end, *conditions]
    return [[row.valid_to.is_(None), *begun], [row.valid_to.is_not(None), row.valid_to >= end, *begun]]


def tiers_on(act: Act, model_key: str, day: date) -> dict[str, int]:
    """How many of the records that the person sees had each tier at the end of a day; tiers that the model has no more are among them."""
    model, row = compile(act.catalogue, model_key), tier_history.c
    seen = of_seen_records(act, model.model, row.record)
    counts: dict[str, int] = {}
    for conditions in in_force(model, end_of(act, day), row.tier_to.is_not(None), *seen):
        query = sa.select(row.tier_to, sa.func.count()).where(*conditions).group_by(row.tier_to)
        for tier, count in act.connection.execute(query):
            counts[tier] = counts.get(tier, 0) + count
    return counts


def tier_on(act: Act, model_key: str, record: int, day: date) -> Standing | None:
    """The tier of one record at the end of a day; None where it had not been rated yet. Whoever asks has asked the gate."""
    model, row, end = compile(act.catalogue, model_key), tier_history.c, end_of(act, day)
    query = (
        sa.select(tier_history)
        .where(row.model == model.number, row.record == record, row.valid_from < end)
        .where(sa.or_(row.valid_to.is_(None), row.valid_to >= end))
    )
    found = act.connection.execute(query).first()
    since = None if found is None else clock.from_micros(found.valid_from)
    if found is None or since is None:
        return None
    bands = tuple(int(each) if each else None for each in found.bands.split(",")) if found.bands else ()
    return Standing(
        found.tier_to,
        None if found.score_to is None else Decimal(found.score_to) / POINT,
        bands,
        found.version,
        found.cause,
        since,
        clock.from_micros(found.valid_to),
    )


# -- tags -------------------------------------------------------------------------------------------------------------------------
def tags_on(act: Act, tags: TagSet, day: date) -> dict[str, int]:
    """How many of the records that the person sees had each tag at the end of a day."""
    given = tag_assignment.c
    query = sa.select(given.tag, sa.func.count(given.record.distinct())).where(*_given(act, tags, day)).group_by(given.tag)
    seen = seen_ids(act, tags.form, *tag_fields(act, tags))
    return dict(act.connection.execute(query if seen is None else query.where(given.record.in_(seen))).all())


def tags_of_record_on(act: Act, tags: TagSet, record: int, day: date) -> list[str]:
    """The tags of one record at the end of a day, in the order in which they were given. Whoever asks has asked the gate."""
    given = tag_assignment.c
    query = sa.select(given.tag).where(*_given(act, tags, day), given.record == record).order_by(given.id)
    return list(dict.fromkeys(act.connection.execute(query).scalars()))


def tag_fields(act: Act, tags: TagSet) -> list[str]:
    """The fields that show the tags of a dictionary."""
    form = act.catalogue.forms[tags.form]
    return [each.key for each in form.fields if each.stores == "assigned" and getattr(each, "tag_set") == tags.key]


def _given(act: Act, tags: TagSet, day: date) -> list[Any]:
    given, end = tag_assignment.c, end_of(act, day)
    return [
        given.form == tags.form,
        given.tag_set == tags.key,
        given.at < end,
        sa.or_(given.removed_at.is_(None), given.removed_at >= end),
    ]


# -- models as they were ------------------------------------------------------------------------------------------------------------
def tier_as_it_was(act: Act, model_key: str, tier: str) -> dict[str, Any] | None:
    """Label and colour of a tier that a model has no more, from the newest version that had it."""
    memo = act.catalogue.memo.setdefault("tiers as they were", {})
    if (model_key, tier) not in memo:
        memo[model_key, tier] = next((each for each in _former_tiers(act, model_key) if each.get("key") == tier), None)
    return memo[model_key, tier]


def _former_tiers(act: Act, model_key: str) -> list[dict[str, Any]]:
    version = definition_version.c
    query = sa.select(version.body).where(version.definition == act.catalogue.ids["tier_model", model_key]).order_by(version.version.desc())
    return [tier for body in act.connection.execute(query).scalars() for tier in json.loads(body).get("tiers", ())]
