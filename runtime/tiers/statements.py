"""The rule of decision.py as one SQL statement, in layers: facts (what the formulas say) → bands → score → tier.

Each layer is computed once (a materialised common table, or a temporary table in a full recompute) and read by the next, so that no
aggregate is worked out twice. Truth is 0 or 1, scores are 1/10,000 points, as everywhere in the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from runtime.definitions.types import Type
from runtime.formulas import Formula, Uses, evaluate, to_sql, tree
from runtime.system import clock
from runtime.system.tables import tier_state
from runtime.tiers.compiled import CompiledModel, Condition, Measure, Part
from runtime.tiers.decision import HUNDRED

if TYPE_CHECKING:
    from runtime.records.sources import Rows

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
BIG = sa.BigInteger()
YES, NO = sa.literal_column("1", sa.Integer), sa.literal_column("0", sa.Integer)
NOTHING = sa.literal_column("CAST(NULL AS INTEGER)", sa.Integer)


# -- facts ----------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Fact:
    """A column of the first layer: a formula's value, or (for several formulas, which count related rows) whether all of them are 0."""

    name: str
    formulas: tuple[Formula, ...]
    no_rows: bool = False

    @property
    def truth(self) -> bool:
        return self.no_rows or self.formulas[0].type.kind == "boolean"

    @property
    def is_text(self) -> bool:
        return not self.truth and self.formulas[0].type.kind in ("text", "choice")

    def sql(self, rows: Rows) -> ColumnElement[Any]:
        if self.no_rows:
            return flag(sa.and_(*[self._without(rows, each) for each in self.formulas]))
        value = to_sql(self.formulas[0], rows.source)
        return flag(value) if self.truth else value

    def _without(self, rows: Rows, count: Formula) -> ColumnElement[bool]:
        """The record has no row of a relation; in a run for another day none that counts by then."""
        if rows.source.as_of:
            return to_sql(count, rows.source) == 0
        return sa.not_(rows.source.related(count.tree.relation).exists())  # type: ignore[attr-defined]

    def of(self, values: Any) -> Any:
        """The same for one record by evaluation, as the database keeps it."""
        if self.no_rows:
            return int(all(evaluate(each, values) == 0 for each in self.formulas))
        value = evaluate(self.formulas[0], values)
        return int(value is True) if self.truth else stored(value, self.formulas[0].type)


def stored(value: Any, type: Type) -> Any:
    """A formula's value as columns keep it: numbers, days and instants as whole numbers."""
    if value is None:
        return None
    if type.kind in ("number", "money"):
        return int(value.scaleb(type.scale))
    return {"duration": _micros, "date": clock.to_day, "datetime": clock.to_micros}.get(type.kind, _same)(value)


def read(value: Any, type: Type) -> Any:
    """The value of what `stored` gives."""
    if value is None:
        return None
    if type.kind in ("number", "money"):
        return Decimal(value).scaleb(-type.scale)
    return {
        "duration": lambda micros: timedelta(microseconds=micros),
        "date": clock.from_day,
        "datetime": clock.from_micros,
        "boolean": bool,
    }.get(type.kind, _same)(value)


def _micros(value: timedelta) -> int:
    return value // timedelta(microseconds=1)


def _same(value: Any) -> Any:
    return value


class Facts:
    """What has to be known of a record before anything is rated; equal formulas are asked once."""

    def __init__(self, model: CompiledModel):
        self.model = model
        self.columns: list[Fact] = []
        self._known: dict[Any, str] = {}
        for part in model.parts:
            for wanted in (part.population, part.when, *(each.value for each in part.measures)):
                if wanted is not None:
                    self.of(wanted)
            for measure in part.measures:
                self.missing(measure)
        conditions = [each for part in model.parts for each in (*part.floors, *part.ceilings)]
        self.second = {id(each): plain(self.hoisted(each.when.tree)) for each in (*conditions, *model.freezes)}
        """The conditions as formulas over bands and facts by name."""
        for each in model.quality if model.model.movement.provisional_below_quality else ():
            self.of(each)

    def of(self, wanted: Formula) -> str:
        """The name of the column that holds a formula's value."""
        return self._named(wanted.tree, (wanted,))

    def missing(self, measure: Measure) -> str | None:
        """The column that says whether a dimension is missing although it may have a value; None where only a blank value is missing."""
        if measure.missing_when is not None:
            return self.of(measure.missing_when)
        return self._named(tuple(each.tree for each in measure.relations), measure.relations, no_rows=True) if measure.relations else None

    def _named(self, key: Any, formulas: tuple[Formula, ...], no_rows: bool = False) -> str:
        if key not in self._known:
            self._known[key] = f"x{len(self.columns)}"
            self.columns.append(Fact(self._known[key], formulas, no_rows))
        return self._known[key]

    def hoisted(self, node: tree.Node) -> tree.Node:
        """The node with everything that knows no bands replaced by the name of a column of facts."""
        if not any(isinstance(each, tree.Call) and each.function == "DIMENSION_BAND" for each in tree.walk(node)):
            return node if tree.is_constant(node) else tree.Name(node.type, self.of(plain(node)))
        if isinstance(node, tree.Call) and node.function == "DIMENSION_BAND":
            return node
        return replace(node, **{each.name: self._hoisted(getattr(node, each.name)) for each in fields_of(node) if each.name != "type"})

    def _hoisted(self, value: Any) -> Any:
        if isinstance(value, tree.Node):
            return self.hoisted(value)
        return tuple(self._hoisted(each) for each in value) if isinstance(value, tuple) else value

    def select(self, rows: Rows) -> sa.Select[Any]:
        """The facts of the living records of the form."""
        columns = [each.sql(rows).label(each.name) for each in self.columns]
        return rows.select(rows.id.label("record"), *columns)

    def given(self) -> sa.Select[Any]:
        """The facts of one record as parameters, where formulas are worked out by evaluation."""
        kinds = {each.name: sa.Text() for each in self.columns if each.is_text}
        return sa.select(*[sa.bindparam(name, type_=kinds.get(name, BIG)).label(name) for name in self.names])

    def values(self, record: int, values: Any) -> dict[str, Any]:
        """The facts of one record by evaluation."""
        return {"record": record, **{each.name: each.of(values) for each in self.columns}}

    @property
    def names(self) -> list[str]:
        return ["record", *(each.name for each in self.columns)]


def plain(node: tree.Node) -> Formula:
    """A node as a formula of its own."""
    return Formula("", node, node.type, Uses())


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


def rated(facts: Facts, source: Any, dialect: str) -> sa.Subquery:
    """From a table of facts to a table with the columns RATED, one row a record."""
    return _tiers(facts.model, layer(_scores(facts, _bands(facts, source).subquery("banded"), dialect), "scored")).subquery("rated")


def with_state(model: CompiledModel, found: Any, more: tuple[str, ...] = ()) -> sa.Select[Any]:
    """The columns RATED beside the state as it is stored, and `more` of the state after them."""
    state = tier_state.alias("state")
    joined = found.outerjoin(state, sa.and_(state.c.model == sa.literal_column(str(model.number)), state.c.record == found.c.record))
    return sa.select(*[found.c[name] for name in RATED], *[state.c[name].label(f"was_{name}") for name in (*STATE, *more)]).select_from(
        joined
    )


def _bands(facts: Facts, source: Any) -> sa.Select[Any]:
    """Adds the part that rates a record, whether it is inside, and each part's bands: `b<part>_<n>` and `m<part>_<n>` (missing)."""
    columns = [source.c.record, *[source.c[each.name] for each in facts.columns], _part(facts, source).label("part")]
    for number, each in enumerate(facts.model.parts):
        for place, measure in enumerate(each.measures):
            value, missing = source.c[facts.of(measure.value)], facts.missing(measure)
            gone = value.is_(None) if missing is None else sa.or_(value.is_(None), source.c[missing] == YES)
            columns.append(flag(gone).label(f"m{number}_{place}"))
            columns.append(
                sa.case(
                    (gone, YES if measure.dimension.missing == "worst" else NOTHING), *_steps(number, place, measure, value), else_=YES
                ).label(f"b{number}_{place}")
            )
    return sa.select(*columns)


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
    cuts: Sequence[Any]
    if measure.cuts is None:
        cuts = [sa.bindparam(cut_name(part, place, number), type_=BIG) for number in range(measure.count - 1)]
        ordered = list(cuts)
    else:
        ordered = [_long(cut) for cut in sorted(measure.cuts, reverse=measure.better == "lower")]
    reached = [value >= cut if measure.better == "higher" else value <= cut for cut in ordered]
    return [(condition, sa.literal_column(str(band), sa.Integer)) for band, condition in reversed(list(enumerate(reached, 2)))]


def cut_name(part: int, place: int, number: int) -> str:
    """The parameter of a quantile's cut point."""
    return f"cut_{part}_{place}_{number}"


def _scores(facts: Facts, banded: Any, dialect: str) -> sa.Select[Any]:
    def holds(part: int, condition: Condition) -> ColumnElement[bool]:
        bands = {measure.key: banded.c[f"b{part}_{place}"] for place, measure in enumerate(facts.model.parts[part].measures)}
        return to_sql(facts.second[id(condition)], BandSource(dialect, banded, bands))

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
        by_part([_bands_text(n, part, banded) for n, part in parts]).label("bands"),
        by_part([_first(facts.model, part.floors, lambda each, n=n: holds(n, each), best=True) for n, part in parts]).label("raised_by"),
        by_part([_first(facts.model, part.ceilings, lambda each, n=n: holds(n, each), best=False) for n, part in parts]).label(
            "lowered_by"
        ),
        flag(sa.or_(*[holds(0, each) for each in facts.model.freezes]) if facts.model.freezes else sa.false()).label("frozen"),
        flag(sa.or_(missing, _poor(facts, banded))).label("provisional"),
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
    shares = None
    total = _total(number, part, banded)
    for place, weight in enumerate(part.scale.weights):
        band, count, policy = banded.c[f"b{number}_{place}"], part.scale.counts[place], part.scale.missing[place]
        share = _rounded(_long(2 * HUNDRED * weight) * (band - YES), total * _long(count - 1))
        if policy != "worst":
            half = _rounded(_long(2 * HUNDRED * weight), total * _long(2)) if policy == "neutral" else NO
            share = sa.case((band.is_(None), half), else_=share)
        shares = share if shares is None else shares + share
    all_missing = sa.and_(*[banded.c[f"m{number}_{place}"] == YES for place in range(len(part.measures))])
    return sa.case((all_missing, NOTHING), else_=shares)


def _total(number: int, part: Part, banded: Any) -> Any:
    """Σ of the weights that count."""
    fixed = sum(weight for weight, policy in zip(part.scale.weights, part.scale.missing, strict=True) if policy != "leave_out")
    total = _long(fixed)
    for place, (weight, policy) in enumerate(zip(part.scale.weights, part.scale.missing, strict=True)):
        if policy == "leave_out":
            total = total + sa.case((banded.c[f"m{number}_{place}"] == YES, NO), else_=_long(weight))
    return total


def _rounded(twice: Any, denominator: Any) -> Any:
    """`twice` ÷ 2 ÷ denominator for numbers that are not negative, rounded half away from zero: both databases divide whole numbers downwards then."""
    return (twice + denominator).op("/", precedence=8, return_type=BIG)(denominator * _long(2))


def _bands_text(number: int, part: Part, banded: Any) -> Any:
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
    """The rank that score, floor and ceiling make; `floor` is the floor that really raised, `ceiling` the rank of the ceiling that holds."""

    def by_part(of: Any) -> Any:
        own, *lanes = [of(part) for part in model.parts]
        return (
            sa.case(*[(scored.c.part == sa.literal_column(str(number)), value) for number, value in enumerate(lanes, 1)], else_=own)
            if lanes
            else own
        )

    by_score = by_part(lambda part: _by_score(model, part, scored.c.score))
    lifted, floor, rank, capped = NOTHING, NOTHING, by_score, NOTHING
    if any(part.ceilings for part in model.parts):
        capped = by_part(lambda part: _ranks(model, part.ceilings, scored.c.lowered_by))
    if any(part.floors for part in model.parts):
        lifted = by_part(lambda part: _ranks(model, part.floors, scored.c.raised_by))
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


def _by_score(model: CompiledModel, part: Part, score: Any) -> Any:
    """The rank of the highest tier that begins at or below a score."""
    (_zero, lowest), *higher = zip(part.scale.borders, part.scale.tiers, strict=True)
    steps = [(score >= _long(border), _rank(model, tier)) for border, tier in reversed(higher)]
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


def _long(value: int) -> Any:
    """A 64-bit number in the statement's text: PostgreSQL would compute with small ones in 32 bits."""
    return sa.literal_column(f"CAST({value} AS BIGINT)", BIG)


def flag(condition: Any) -> Any:
    return sa.case((condition, YES), else_=NO)
