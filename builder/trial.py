"""Who would belong to a segment if its draft were published now, beside those who belong to it; nothing is written."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import floor
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.segment import Segment
from runtime.errors import Refused
from runtime.formulas import evaluate
from runtime.formulas.to_sql import NotAsSql
from runtime.people.may import require
from runtime.records import query
from runtime.records.streaming import attempted, by_rows, may_pass_limits
from runtime.records.tables import tables_of
from runtime.records.values import RecordValues
from runtime.segments.members import rule
from runtime.system.sets import among
from runtime.tags.usefulness import wilson
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas import Formula
    from runtime.records.sources import Rows
    from runtime.system.workspace import Act

EXACT = 100_000
"""Populations up to this size are counted whole; of larger ones a sample is asked."""
SAMPLE = 20_000
STREAMED, EVALUATED = 5_000, 300
"""Fewer are asked where the database cannot work out the rule."""
DRAWN = 400_000
"""Ids drawn at most: most of them are somebody's, unless very many records were deleted."""
SHOWN = 5


@dataclass(frozen=True)
class Trial:
    """Counts are scaled up from `sampled` to `population` records, and `low` … `high` is then where `then` lies at 95 %.

    `now` is by the live version, None for a segment that is new. `shown` are ids of some that would belong to it.
    """

    population: int
    sampled: int
    then: int
    now: int | None
    entering: int
    leaving: int
    low: int
    high: int
    shown: tuple[int, ...]


def trial(act: Act, draft: Segment) -> Trial:
    """Counted among the records that the person sees. Raises Refused where the records cannot be asked."""
    require(act.person, "view", draft.form)
    if draft.form not in tables_of(act.catalogue):
        raise Refused([], _("The form {key} is not published yet, so there is nobody to count.", key=draft.form))
    there = replace(act, catalogue=act.catalogue.with_definitions([draft]), after_commit=[])
    live = act.catalogue.segments.get(draft.key)
    live = live if live is not None and live.form == draft.form else None
    ids, population = _chosen(act, draft.form)
    found = _held(there, act, draft, live, ids)
    sampled, then = len(found), sum(new for _record, new, _old in found)
    low, high = (then, then) if sampled >= population or not sampled else _interval(then, sampled, population)
    return Trial(
        population,
        sampled,
        _scaled(then, sampled, population),
        None if live is None else _scaled(sum(old for _record, _new, old in found), sampled, population),
        _scaled(sum(new and not old for _record, new, old in found), sampled, population),
        _scaled(sum(old and not new for _record, new, old in found), sampled, population),
        low,
        high,
        tuple([record for record, new, _old in found if new][-SHOWN:][::-1]),
    )


def _scaled(count: int, sampled: int, population: int) -> int:
    return count if sampled >= population or not sampled else round(count * population / sampled)


def _interval(count: int, sampled: int, population: int) -> tuple[int, int]:
    low, high = wilson(count, sampled)
    return floor(low * population), -floor(-high * population)


# -- whom ---------------------------------------------------------------------------------------------------------------------------
def _chosen(act: Act, form: str) -> tuple[Sequence[int] | None, int]:
    """Ids to ask (None: everybody), and how many records there are. Ids are drawn from the whole range; most of them are somebody's."""
    rows = query.visible_rows(act, form)
    first, last, population = act.connection.execute(
        rows.select(sa.func.min(rows.id), sa.func.max(rows.id), sa.func.count()), _given(act)
    ).one()
    if population <= EXACT:
        return None, population
    wanted = min(last - first + 1, DRAWN, SAMPLE * max(1, (last - first + 1) // population))
    return sorted(random.Random(population).sample(range(first, last + 1), wanted)), population


def _given(act: Act) -> dict[str, Any]:
    return {"today": act.day, "now": act.micros}


# -- asking -------------------------------------------------------------------------------------------------------------------------
def _held(there: Act, here: Act, draft: Segment, live: Segment | None, ids: Sequence[int] | None) -> list[tuple[int, bool, bool]]:
    """For each record whether it would belong to the segment, and whether it does."""
    rules = {"new": rule(there.catalogue, draft), **({"old": rule(here.catalogue, live)} if live is not None else {})}
    rows = query.visible_rows(there, draft.form)
    try:
        with rows.in_trust():
            columns = [rows.stored(each) for each in rules.values()]
        asking = rows.select(rows.id, *columns).order_by(rows.id)
        asking = asking if ids is None else asking.where(among(rows.id, ids))
        guarded = any(map(may_pass_limits, rules.values()))
        found = attempted(there, guarded, lambda: there.connection.execute(asking, _given(there)).all())
    except NotAsSql:
        found = None
    if found is None:
        return _row_by_row(there, rows, draft, rules, ids)
    return [(row[0], bool(row[1]), bool(row[-1]) and live is not None) for row in found]


def _row_by_row(
    there: Act, rows: Rows, draft: Segment, rules: dict[str, Formula], ids: Sequence[int] | None
) -> list[tuple[int, bool, bool]]:
    some = _some(there, rows, ids, STREAMED)
    streamed = by_rows(there, ("segment trial", draft.key), draft.form, rules, some)
    if streamed is not None:
        return [(record, bool(values["new"]), bool(values.get("old"))) for record, values in streamed]
    found = []
    for record in _some(there, rows, some, EVALUATED):
        values = RecordValues.of(there, draft.form, record)
        if values is not None:
            held = {name: evaluate(each, values) is True for name, each in rules.items()}
            found.append((record, held["new"], held.get("old", False)))
    return found


def _some(act: Act, rows: Rows, ids: Sequence[int] | None, most: int) -> list[int]:
    """At most so many of the records, drawn from all of them."""
    asking = rows.select(rows.id).order_by(rows.id)
    found = list(act.connection.execute(asking if ids is None else asking.where(among(rows.id, ids)), _given(act)).scalars())
    return found if len(found) <= most else sorted(random.Random(len(found)).sample(found, most))
