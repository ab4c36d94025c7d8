"""The rule of decision.py as one SQL statement, in layers: facts (what the formulas say) → bands → score → tier.

Each layer is computed once (a materialised common table, or a temporary table in a full recompute) and read by the next, so that no
aggregate is worked out twice. Truth is 0 or 1, scores are 1/10,000 points, as everywhere in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from runtime.formulas import to_sql
from runtime.system.tables import tier_state
from runtime.tiers.compiled import CompiledModel, Condition, Measure, Part
from runtime.tiers.decision import HUNDRED
from runtime.tiers.facts import BIG, NO, YES, Facts, flag

STATE = (
    "tier",
    "rank",
    "score",
    "bands",
    "lane",
    "floor",
    "provisional",
    "since",
    "risen_on",
    "fell_on",
    "grace_until",
    "proposed",
    "fixed",
    "fixed_until",
)
RATED = ("record", "inside", "part", "score", "bands", "floor", "rank", "ceiling", "frozen", "provisional")
NOTHING = sa.literal_column("CAST(NULL AS INTEGER)", sa.Integer)


class BandSource:
    """What conditions over bands may ask: the bands of their own model, and facts by name."""

    as_of = False

    def __init__(self, dialect: str, facts: Any, bands: dict[str, Any]):
        self.dialect, self.facts, self.bands = dialect, facts, bands

    def dimension_band(self, key: str) -> ColumnElement[Any]:
        return self.bands[key]

    def name(self, name: str) -> ColumnElement[Any]:
        return self.facts.c[name]


# -- layers ---------------------------------------------------------------------------------------------------------------------
def layer(query: sa.Select[Any], name: str) -> sa.CTE:
    """A common table that is worked out once, on either database."""
    return query.cte(name).prefix_with("MATERIALIZED")


def rated(facts: Facts, source: Any, dialect: str, more: Sequence[str] = (), with_bands: bool = True) -> sa.Subquery:
    """From a table of facts to a table with the columns RATED, one row a record; `more` columns of the source are handed on beside them.
    Writing the bands down takes a quarter of the time, so they can be left blank, and with them whether it is provisional."""
    beside = [name for name in more if name not in facts.names]
    banded = _bands(facts, source).add_columns(*[source.c[name] for name in beside]).subquery("banded")
    scored = layer(_scores(facts, banded, dialect, with_bands).add_columns(*[banded.c[name] for name in more]), "scored")
    return _tiers(facts.model, scored).add_columns(*[scored.c[name] for name in more]).subquery("rated")


def with_state(model: CompiledModel, found: Any, more: tuple[str, ...] = (), rated_before: bool = False) -> sa.Select[Any]:
    """The columns RATED beside the state as it is stored, and `more` of the state after them; `rated_before`: only of records with a
    state."""
    state = tier_state.alias("state")
    mine = sa.and_(state.c.model == sa.literal_column(str(model.number)), state.c.record == found.c.record)
    joined = found.join(state, mine, isouter=not rated_before)
    return sa.select(*[found.c[name] for name in RATED], *[state.c[name].label(f"was_{name}") for name in (*STATE, *more)]).select_from(
        joined
    )


def unsettled(facts: Facts, source: Any, all_known: bool = False, beside: Sequence[str] = ()) -> Any:
    """The facts of those whose bands are not the ones that their state tells of, or of whom more than bands has to be asked: the same bands
    make the same score, so nothing else has to be worked out for the others, if this version has rated them. Where a lane, a floor, a ceiling
    or a freeze has a say, these are the facts of all.

    `all_known`: every record has a state; then it is the states that are gone through, and the facts that are looked up. `beside`: columns of
    the state that are handed on as `was_…`, so that nobody has to look for it again.
    """
    model = facts.model
    own, *lanes = model.parts
    if lanes or own.floors or own.ceilings or model.freezes:
        return source
    state = tier_state.alias("known")
    known, row = state.c, source.c
    missing = [_gone(facts, source, each) for each in own.measures]
    differs = [  # the cheap questions first: whatever answers yes ends them
        known.version != sa.literal_column(str(model.version)),
        *[known[name].is_not(None) for name in ("grace_until", "proposed", "fixed")],
        known.rank.is_distinct_from(_by_score(model, own, known.score)),
        known.provisional != flag(sa.or_(*missing, _poor(facts, source))),
        known.bands.is_distinct_from(_bands_at_once(facts, source)),
        sa.and_(*missing),
    ]
    if facts.model.model.population is not None:
        differs.append(sa.not_(_inside(facts, source, NO)))
    mine = sa.and_(known.model == sa.literal_column(str(model.number)), known.record == row.record)
    both = state.join(source, mine) if all_known else source.outerjoin(state, mine)
    unknown = [] if all_known else [known.record.is_(None)]
    columns = [row.record, *[row[each.name] for each in facts.columns], *[known[name].label(f"was_{name}") for name in beside]]
    return layer(sa.select(*columns).select_from(both).where(sa.or_(*unknown, *differs)), "unsettled")


def _gone(facts: Facts, source: Any, measure: Measure) -> ColumnElement[bool]:
    """Whether a dimension is missing."""
    value, missing = source.c[facts.of(measure.value)], facts.missing(measure)
    if missing is None:
        return value.is_(None)
    return sa.or_(value.is_(None), source.c[missing[0]] == sa.literal_column(str(missing[1])))


def _bands_at_once(facts: Facts, source: Any) -> Any:
    """The bands of the model's own part as the state keeps them, without a number in between: for those who are only compared."""
    own, found = facts.model.parts[0], None
    for place, measure in enumerate(own.measures):
        after = "," if place + 1 < len(own.measures) else ""
        steps = [(reached, _said(band, after)) for reached, band in _reached(0, place, measure, source.c[facts.of(measure.value)])]
        worst = _said(1 if measure.dimension.missing == "worst" else None, after)
        text = sa.case((_gone(facts, source, measure), worst), *steps, else_=_said(1, after))
        found = text if found is None else found.concat(text)
    return found


def _said(band: int | None, after: str) -> Any:
    return sa.literal_column(f"'{'' if band is None else band}{after}'", sa.Text)


def _bands(facts: Facts, source: Any) -> sa.Select[Any]:
    """Adds the part that rates a record, whether it is inside, and each part's bands: `b<part>_<n>`, `m<part>_<n>` (missing) and, where no
    missing dimension gives its weight to the others, `s<part>_<n>`, the share of the score."""
    columns = [source.c.record, *[source.c[each.name] for each in facts.columns], _part(facts, source).label("part")]
    for number, each in enumerate(facts.model.parts):
        for place, measure in enumerate(each.measures):
            value, gone = source.c[facts.of(measure.value)], _gone(facts, source, measure)
            columns.append(flag(gone).label(f"m{number}_{place}"))
            columns.append(
                sa.case(
                    (gone, YES if measure.dimension.missing == "worst" else NOTHING), *_steps(number, place, measure, value), else_=YES
                ).label(f"b{number}_{place}")
            )
            if _fixed_weights(each):
                shares = [(reached, long(_share(each, place, band))) for reached, band in _reached(number, place, measure, value)]
                missing = (gone, long(_share(each, place, None)))
                columns.append(sa.case(missing, *shares, else_=long(0)).label(f"s{number}_{place}"))
    return sa.select(*columns)


def _fixed_weights(part: Part) -> bool:
    return "leave_out" not in part.scale.missing


def _share(part: Part, place: int, band: int | None) -> int:
    """What a band of a dimension adds to the score where all weights count, rounded as `_rounded` does; None where it is missing."""
    scale, total = part.scale, sum(part.scale.weights)
    steps, of = (band - 1, scale.counts[place] - 1) if band is not None else (1, 2) if scale.missing[place] == "neutral" else (0, 1)
    twice, denominator = 2 * HUNDRED * scale.weights[place] * steps, total * of
    return (twice + denominator) // (2 * denominator)


def _part(facts: Facts, source: Any) -> Any:
    """The number of the first lane that takes a record; 0 where none does."""
    lanes = [
        (source.c[facts.of(each.when)] == YES, sa.literal_column(str(number)))
        for number, each in enumerate(facts.model.parts)
        if each.when is not None
    ]
    return sa.case(*lanes, else_=NO) if lanes else NO


def _inside(facts: Facts, source: Any, part: Any) -> ColumnElement[bool]:
    """Whether a record is in the population, of its lane too."""
    own, *lanes = facts.model.parts
    conditions = [] if own.population is None else [source.c[facts.of(own.population)] == YES]
    for number, lane in enumerate(lanes, 1):
        if lane.population is not None:
            conditions.append(sa.or_(part != sa.literal_column(str(number)), source.c[facts.of(lane.population)] == YES))
    return sa.and_(*conditions) if conditions else sa.true()


def facts_place(facts: Facts, table: Any) -> tuple[Any, Any, Any]:
    """A table of facts with its expressions for “inside” and the number of the part."""
    part = _part(facts, table)
    return table, flag(_inside(facts, table, part)), part


def _steps(part: int, place: int, measure: Measure, value: Any) -> list[tuple[Any, Any]]:
    """The bands from the best down, each with the cut that must be reached."""
    return [(condition, sa.literal_column(str(band), sa.Integer)) for condition, band in _reached(part, place, measure, value)]


def _reached(part: int, place: int, measure: Measure, value: Any) -> list[tuple[Any, int]]:
    cuts: Sequence[Any]
    if measure.cuts is None:
        cuts = [sa.bindparam(cut_name(part, place, number), type_=BIG) for number in range(measure.count - 1)]
        ordered = list(cuts)
    else:
        ordered = [long(cut) for cut in sorted(measure.cuts, reverse=measure.better == "lower")]
    reached = [value >= cut if measure.better == "higher" else value <= cut for cut in ordered]
    return [(condition, band) for band, condition in reversed(list(enumerate(reached, 2)))]


def cut_name(part: int, place: int, number: int) -> str:
    """The parameter of a quantile's cut point."""
    return f"cut_{part}_{place}_{number}"


def _scores(facts: Facts, banded: Any, dialect: str, with_bands: bool) -> sa.Select[Any]:
    def holds(part: int, condition: Condition) -> ColumnElement[bool]:
        bands = {measure.key: banded.c[f"b{part}_{place}"] for place, measure in enumerate(facts.model.parts[part].measures)}
        source: Any = BandSource(dialect, banded, bands)  # it answers only what such a condition may ask
        return to_sql(facts.second[id(condition)], source)

    def by_part(values: Iterable[Any]) -> Any:
        own, *lanes = values
        return (
            sa.case(*[(banded.c.part == sa.literal_column(str(number)), value) for number, value in enumerate(lanes, 1)], else_=own)
            if lanes
            else own
        )

    parts = list(enumerate(facts.model.parts))
    missing = by_part([sa.or_(*[banded.c[f"m{n}_{place}"] == YES for place in range(len(part.measures))]) for n, part in parts])
    return sa.select(
        banded.c.record,
        banded.c.part,
        flag(_inside(facts, banded, banded.c.part)).label("inside"),
        by_part([_score(n, part, banded) for n, part in parts]).label("score"),
        (by_part([_bands_text(n, part, banded, dialect) for n, part in parts]) if with_bands else NOTHING).label("bands"),
        by_part([_first(facts.model, part.floors, lambda each, n=n: holds(n, each), best=True) for n, part in parts]).label("raised_by"),
        by_part([_first(facts.model, part.ceilings, lambda each, n=n: holds(n, each), best=False) for n, part in parts]).label(
            "lowered_by"
        ),
        flag(sa.or_(*[holds(0, each) for each in facts.model.freezes]) if facts.model.freezes else sa.false()).label("frozen"),
        (flag(sa.or_(missing, _poor(facts, banded))) if with_bands else NOTHING).label("provisional"),
    )


def _poor(facts: Facts, banded: Any) -> Any:
    """Whether too few of the fields that make up the quality are filled."""
    least, empty = facts.model.model.movement.provisional_below_quality, facts.model.quality
    if not least or not empty:
        return sa.false()
    filled = sa.literal_column(str(len(empty)), sa.Integer)
    for each in empty:
        filled = filled - banded.c[facts.of(each)]
    return filled * sa.literal_column("100") < sa.literal_column(str(least * len(empty)))


def _score(number: int, part: Part, banded: Any) -> Any:
    """Σ of the shares, each rounded half away from zero; NULL when every dimension is missing."""
    all_missing = sa.and_(*[banded.c[f"m{number}_{place}"] == YES for place in range(len(part.measures))])
    if _fixed_weights(part):
        found = banded.c[f"s{number}_0"]
        for place in range(1, len(part.measures)):
            found = found + banded.c[f"s{number}_{place}"]
        return sa.case((all_missing, NOTHING), else_=found)
    shares = None
    total = _total(number, part, banded)
    for place, weight in enumerate(part.scale.weights):
        band, count, policy = banded.c[f"b{number}_{place}"], part.scale.counts[place], part.scale.missing[place]
        share = _rounded(long(2 * HUNDRED * weight) * (band - YES), total * long(count - 1))
        if policy != "worst":
            half = _rounded(long(2 * HUNDRED * weight), total * long(2)) if policy == "neutral" else NO
            share = sa.case((band.is_(None), half), else_=share)
        shares = share if shares is None else shares + share
    return sa.case((all_missing, NOTHING), else_=shares)


def _total(number: int, part: Part, banded: Any) -> Any:
    """Σ of the weights that count."""
    fixed = sum(weight for weight, policy in zip(part.scale.weights, part.scale.missing, strict=True) if policy != "leave_out")
    total = long(fixed)
    for place, (weight, policy) in enumerate(zip(part.scale.weights, part.scale.missing, strict=True)):
        if policy == "leave_out":
            total = total + sa.case((banded.c[f"m{number}_{place}"] == YES, NO), else_=long(weight))
    return total


def _rounded(twice: Any, denominator: Any) -> Any:
    """`twice` ÷ 2 ÷ denominator for numbers that are not negative, rounded half away from zero: both databases divide whole numbers
    downwards then."""
    return (twice + denominator).op("/", precedence=8, return_type=BIG)(denominator * long(2))


def _bands_text(number: int, part: Part, banded: Any, dialect: str) -> Any:
    """The bands of a record as the state keeps them: 4,2,,5."""
    if dialect == "sqlite":  # its || takes several times as long
        pattern = sa.literal_column(f"'{','.join(['%s'] * len(part.measures))}'", sa.Text)
        return sa.func.printf(pattern, *[banded.c[f"b{number}_{place}"] for place in range(len(part.measures))], type_=sa.Text())
    texts = [
        sa.func.coalesce(sa.cast(banded.c[f"b{number}_{place}"], sa.Text), sa.literal_column("''", sa.Text))
        for place in range(len(part.measures))
    ]
    found = texts[0]
    for each in texts[1:]:
        found = found.concat(sa.literal_column("','", sa.Text)).concat(each)
    return found


def _first(model: CompiledModel, conditions: Sequence[Condition], holds: Any, best: bool) -> Any:
    """The number of the floor with the highest tier, or the ceiling with the lowest, that holds."""
    order = sorted(range(len(conditions)), key=lambda number: model.rules.ranks[conditions[number].tier], reverse=best)
    return (
        sa.case(*[(holds(conditions[number]), sa.literal_column(str(number), sa.Integer)) for number in order], else_=NOTHING)
        if order
        else NOTHING
    )


def _tiers(model: CompiledModel, scored: Any) -> sa.Select[Any]:
    """The rank that score, floor and ceiling make; `floor` is the floor that raised, `ceiling` the rank of the ceiling that holds."""

    by_score = by_part(model, scored.c.part, lambda part: _by_score(model, part, scored.c.score))
    lifted, floor, rank, capped = NOTHING, NOTHING, by_score, NOTHING
    if any(part.ceilings for part in model.parts):
        capped = by_part(model, scored.c.part, lambda part: _ranks(model, part.ceilings, scored.c.lowered_by))
    if any(part.floors for part in model.parts):
        lifted = by_part(model, scored.c.part, lambda part: _ranks(model, part.floors, scored.c.raised_by))
        rank = sa.case((lifted > by_score, lifted), else_=by_score)
        floor = sa.case((sa.and_(lifted > by_score, sa.or_(capped.is_(None), capped >= lifted)), scored.c.raised_by), else_=NOTHING)
    if capped is not NOTHING:
        rank = sa.case((capped < rank, capped), else_=rank)
    return sa.select(
        scored.c.record,
        scored.c.inside,
        scored.c.part,
        scored.c.score,
        scored.c.bands,
        floor.label("floor"),
        sa.case((sa.or_(scored.c.inside == NO, scored.c.score.is_(None)), NOTHING), else_=rank).label("rank"),
        capped.label("ceiling"),
        scored.c.frozen,
        scored.c.provisional,
    )


def by_part(model: CompiledModel, part: Any, of: Callable[[Part], Any]) -> Any:
    """What `of` says of the part that rates a record."""
    own, *lanes = map(of, model.parts)
    return sa.case(*[(part == sa.literal_column(str(number)), value) for number, value in enumerate(lanes, 1)], else_=own) if lanes else own


def _by_score(model: CompiledModel, part: Part, score: Any) -> Any:
    """The rank of the highest tier that begins at or below a score."""
    (_zero, lowest), *higher = zip(part.scale.borders, part.scale.tiers, strict=True)
    steps = [(score >= long(border), _rank(model, tier)) for border, tier in reversed(higher)]
    return sa.case(*steps, else_=_rank(model, lowest)) if steps else _rank(model, lowest)


def _ranks(model: CompiledModel, conditions: Sequence[Condition], number: Any) -> Any:
    return (
        sa.case(
            *[(number == sa.literal_column(str(place)), _rank(model, each.tier)) for place, each in enumerate(conditions)], else_=NOTHING
        )
        if conditions
        else NOTHING
    )


def _rank(model: CompiledModel, tier: str) -> Any:
    return sa.literal_column(str(model.rules.ranks[tier]), sa.Integer)


def long(value: int) -> Any:
    """A 64-bit number in the statement's text: PostgreSQL would compute with small ones in 32 bits."""
    return sa.literal_column(f"CAST({value} AS BIGINT)", BIG)


def tier_of(model: CompiledModel, rank: Any) -> Any:
    """The key of a tier by its rank."""
    return sa.case({number: sa.literal(tier, sa.Text()) for number, tier in enumerate(model.tiers) if tier is not None}, value=rank)


def lane_of(model: CompiledModel, part: Any) -> Any:
    """The key of a lane by the number of the part; empty where the model itself rates."""
    if len(model.parts) == 1:
        return sa.literal("", sa.Text())
    return sa.case({number: sa.literal(each.lane, sa.Text()) for number, each in enumerate(model.parts)}, value=part)
