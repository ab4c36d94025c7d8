"""What a full recompute does with each record: the rule of decision.py by sets, as far as it needs no single look.

One by one (DECIDE) is decided whoever has a tier set by hand, a period of grace or a proposal, and who would fall where least stay, grace,
single steps or proposals rule the way down: a freeze too leaves grace to begin.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from runtime.tiers.compiled import CompiledModel
from runtime.tiers.facts import NO, YES
from runtime.tiers.statements import NOTHING, by_part, lane_of, layer, long, tier_of

FIRST, FIGURES, DECIDE, MOVE = 1, 2, 3, 4
"""What is to be done with a record: give its first tier, write new figures of the same tier, decide about it, or move it."""
OUTCOME = {
    "record": sa.BigInteger(),
    "what": sa.SmallInteger(),
    "part": sa.SmallInteger(),
    "score": sa.BigInteger(),
    "bands": sa.Text(),
    "floor": sa.SmallInteger(),
    "rank": sa.SmallInteger(),
    "provisional": sa.SmallInteger(),
    "direction": sa.Text(),
    "cause": sa.Text(),
    "by": sa.Text(),
    "was_tier": sa.Text(),
    "was_score": sa.BigInteger(),
    "was_at": sa.BigInteger(),
}
"""The columns of an outcome; `rank` is that of the tier afterwards, the figures are blank where there is none."""


def outcomes(model: CompiledModel, found: sa.Subquery, placing: bool) -> sa.Select[Any]:
    """The outcomes, of those with anything to do, from RATED beside the state as `with_state` gives it with `at`."""
    row, before = found.c, rank_of(model, found.c.was_tier)
    differing = sa.select(found, before.label("before"), _thawed(model, row, before, placing).label("thawed"))
    return _outcomes(model, layer(differing.where(sa.not_(_settled(model, row)), sa.not_(_nowhere(row))), "differing").c, placing)


def _outcomes(model: CompiledModel, row: Any, placing: bool) -> sa.Select[Any]:
    before = row.before
    after = sa.case((_frozen(row, before), before), else_=row.thawed)
    left = after.is_(None)
    direction = sa.case(
        (row.was_tier.is_(None), _text("first")),
        (left, _text("left")),
        (before.is_(None), _text("moved")),
        (after > before, _text("up")),
        else_=_text("down"),
    )
    told = ("moved", "up", "down") if placing else ("moved",)
    values = {
        "record": row.record,
        "what": _what(model, row, after, placing),
        "part": row.part,
        **{name: sa.case((left, sa.null()), else_=row[name]) for name in ("score", "bands", "floor")},
        "rank": after,
        "provisional": sa.case((left, NO), else_=row.provisional),
        "direction": direction,
        "cause": sa.case((direction.in_([_text(each) for each in told]), _text("publish")), else_=direction),
        "by": _by(row),
        **{name: row[name] for name in ("was_tier", "was_score", "was_at")},
    }
    return sa.select(*[values[name].label(name) for name in OUTCOME])


def _settled(model: CompiledModel, row: Any) -> Any:
    """Whether the state already says all of it."""
    return sa.and_(
        row.bands.is_not_distinct_from(row.was_bands),
        row.score.is_not_distinct_from(row.was_score),
        row.provisional == sa.func.coalesce(row.was_provisional, sa.literal_column("-1")),
        row.floor.is_not_distinct_from(row.was_floor),
        sa.func.coalesce(row.was_rank, NO) == sa.func.coalesce(row.rank, sa.literal_column("-1")),
        row.was_tier.is_not_distinct_from(tier_of(model, row.rank)),
        row.was_lane.is_not_distinct_from(lane_of(model, row.part)),
        *[row[f"was_{name}"].is_(None) for name in ("grace_until", "proposed", "fixed")],
    )


def _nowhere(row: Any) -> Any:
    """Without a tier before and after."""
    return sa.and_(row.rank.is_(None), row.was_tier.is_(None), row.was_fixed.is_(None))


def rank_of(model: CompiledModel, tier: Any) -> Any:
    """The rank of a tier by its key; blank where the model does not know it."""
    return sa.case({_text(key): _whole(rank) for key, rank in model.rules.ranks.items()}, value=tier)


def _thawed(model: CompiledModel, row: Any, before: Any, placing: bool) -> Any:
    """The rank afterwards if nothing froze it, of whoever is not decided about one by one."""
    moving = [] if placing else [(row.rank >= before, row.rank), (_keeps(model, row, before), before)]
    return sa.case((row.rank.is_(None), NOTHING), (before.is_(None), row.rank), *moving, else_=row.rank)


def _frozen(row: Any, before: Any) -> Any:
    return sa.and_(row.frozen == YES, row.inside == YES, before.is_not(None))


def _keeps(model: CompiledModel, row: Any, before: Any) -> Any:
    """Whether the keep border of the part that rates holds the tier, which it does not over a ceiling."""
    border = by_part(
        model, row.part, lambda part: sa.case({_text(tier): long(least) for tier, least in part.scale.keep.items()}, value=row.was_tier)
    )
    return sa.and_(sa.or_(row.ceiling.is_(None), row.ceiling >= before), row.score >= border)


def _what(model: CompiledModel, row: Any, after: Any, placing: bool) -> Any:
    before = row.before
    special = sa.or_(*[row[f"was_{name}"].is_not(None) for name in ("grace_until", "proposed", "fixed")])
    conditions = [(row.was_at.is_(None), FIRST), (special, DECIDE)]
    rules = model.rules
    if not placing and (rules.least_stay_days or rules.least_stay_months or rules.grace_days or rules.one_step or rules.propose):
        conditions.append((row.thawed < before, DECIDE))
    same = sa.and_(
        *[row[name].is_not_distinct_from(row[f"was_{name}"]) for name in ("score", "bands", "floor", "provisional")],
        row.was_rank == before,
        row.was_lane == lane_of(model, row.part),
    )
    stays = after == before
    return sa.case(
        *[(condition, _whole(what)) for condition, what in conditions],
        (sa.and_(stays, same), NOTHING),
        (stays, _whole(FIGURES)),
        else_=_whole(MOVE),
    )


def _by(row: Any) -> Any:
    """What decided, in the words of decision.py."""
    return sa.case(
        (row.inside == NO, _text("outside")),
        (row.rank.is_(None), _text("missing")),
        (row.ceiling == row.rank, _text("ceiling")),
        (row.floor.is_not(None), _text("floor")),
        else_=_text("score"),
    )


def _text(value: str) -> Any:
    return sa.literal(value, sa.Text())


def _whole(value: int) -> Any:
    return sa.literal_column(str(value), sa.Integer)
