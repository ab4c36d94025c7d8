"""What publishing a tier model would do, worked out without writing: every record rated by the draft beside the tier it has now."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import sqlalchemy as sa

from runtime.definitions.loading import check, load
from runtime.definitions.tier_model import TierModel
from runtime.errors import DefinitionProblems, NotFound
from runtime.records.sources import Rows
from runtime.records.tables import tables_of
from runtime.system.prepared import Prepared
from runtime.system.sets import among
from runtime.system.workspace import Act
from runtime.texts import _
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.decision import quantile_cuts
from runtime.tiers.judging import part_of
from runtime.tiers.quantiles import Cuts, cut_population
from runtime.tiers.rating import WIDTH, Ratings, by_evaluation, facts_of, rows_of, streamed
from runtime.tiers.statements import Facts, facts_place, layer, rated, with_state

EXACT = 20_000
"""Populations up to this size are worked out whole; of larger ones as many records are drawn."""
NINETY_FIVE = 1.96


@dataclass(frozen=True)
class TierCount:
    """One tier before and after; `key` None stands for no tier."""

    key: str | None
    label: Any
    color: str
    rank: int
    now: int
    then: int


@dataclass(frozen=True)
class Impact:
    """`sampled` of `population` records were rated; counts are scaled up to the population.

    A share is right to ± `margin` percentage points, 0 where all were rated.

    `matrix`: rows are the tiers now, columns the tiers then, in the order of `tiers`.
    """

    model: str
    population: int
    sampled: int
    tiers: tuple[TierCount, ...]
    up: int
    down: int
    entered: int
    left: int
    moved: int
    matrix: tuple[tuple[int, ...], ...]
    margin: float

    @property
    def changed(self) -> int:
        """How many would have another tier than now."""
        return self.up + self.down + self.entered + self.left + self.moved


def tier_impact(act: Act, draft_body: dict[str, Any], sample: int = EXACT) -> Impact:
    """How many would change tier if this draft were published now. Raises DefinitionProblems for a draft that cannot be."""
    draft = load(draft_body)
    if not isinstance(draft, TierModel):
        raise NotFound(_("Only a tier model can be tried out."))
    problems = check([draft], act.catalogue)
    if problems:
        raise DefinitionProblems(problems)
    trial = replace(act, catalogue=act.catalogue.with_definitions([draft]), after_commit=[])
    model = compile(trial.catalogue, _rating_model(trial, draft))
    day = model.day(act.day)
    ids, population = _chosen(trial, model, sample)
    ratings = Ratings(trial, model, day, placing=model.model.on_publish == "place")
    flows: Counter[tuple[str | None, str | None]] = Counter()
    for row in _rows(trial, model, ids, day):
        ratings.take(row)
        flows[row[WIDTH], row[WIDTH]] += 1
    directions = Counter(move.decision.direction for move in ratings.moves)
    for move in ratings.moves:
        flows[move.before, move.before] -= 1
        flows[move.before, move.after] += 1
    sampled = sum(flows.values())
    return _impact(act, model, flows, directions, population, sampled)


def _rating_model(act: Act, draft: TierModel) -> str:
    """The model that writes tiers by this draft: itself, or the one that has it as a lane."""
    return next((each.key for each in act.catalogue.tier_models.values() for lane in each.lanes if lane.tier_model == draft.key), draft.key)


def _chosen(act: Act, model: CompiledModel, sample: int) -> tuple[list[int] | None, int]:
    """The records to rate (None: all of them) and how many there are."""
    tables = tables_of(act.catalogue)
    if model.form not in tables:
        raise NotFound(_("The form {key} is not published yet, so there is nobody to rate.", key=model.form))
    main = tables[model.form].main
    alive = main.c.deleted_at.is_(None)
    count = act.connection.execute(sa.select(sa.func.count()).select_from(main).where(alive)).scalar() or 0
    if count <= sample and model.in_sql:
        return None, count
    ids = list(act.connection.execute(sa.select(main.c.id).where(alive).order_by(main.c.id)).scalars())
    return (ids if count <= sample else sorted(random.Random(count).sample(ids, sample))), count


# -- rating without writing -------------------------------------------------------------------------------------------------------
def _rows(act: Act, model: CompiledModel, ids: list[int] | None, day: int) -> list[Any]:
    """RATED and then STATE of the chosen records, by the draft's own cut points."""
    facts = facts_of(act, model)
    if not model.in_sql:
        return by_evaluation(act, model, ids or [], _cuts_by_evaluation(act, model, facts, day), day)
    cuts = Cuts()
    if model.has_quantiles:
        cuts, _sizes = cut_population(act.connection, facts, *facts_place(facts, _table(act, facts, rows_of(act, model, day), None, day)))
    source = _table(act, facts, rows_of(act, model, day), ids, day)
    statement = Prepared(with_state(model, rated(facts, source, act.connection.dialect.name)), act.connection.dialect)
    return statement.all(act.connection, {"today": day, "now": act.micros, **cuts.parameters})


def _table(act: Act, facts: Facts, rows: Rows, ids: list[int] | None, day: int) -> sa.CTE:
    """The facts as a table of the statement itself: nothing is stored for a trial."""
    query = facts.select(rows)
    if ids is not None:
        query = query.where(among(rows.id, ids))
    return layer(query.params(today=day, now=act.micros), "facts")


def _cuts_by_evaluation(act: Act, model: CompiledModel, facts: Facts, day: int) -> Cuts:
    """Cut points of the whole population where the database cannot work out a formula."""
    if not model.has_quantiles:
        return Cuts()
    main = tables_of(act.catalogue)[model.form].main
    everybody = list(act.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None))).scalars())
    values: dict[tuple[int, int], Counter[int]] = {(number, place): Counter() for number, place, _part, _measure in model.quantiles()}
    for row in streamed(act, facts, everybody, day):
        part = part_of(facts, row)
        if all(each.population is None or row[facts.of(each.population)] for each in (model.parts[0], model.parts[part])):
            for number, place, _part, measure in model.quantiles():
                value = row[facts.of(measure.value)]
                if number == part and value is not None:
                    values[number, place][value] += 1
    return Cuts(
        {
            (number, place): quantile_cuts(
                sorted(values[number, place].items(), reverse=measure.better == "lower"), values[number, place].total(), measure.count
            )
            for number, place, _part, measure in model.quantiles()
        }
    )


# -- counting ---------------------------------------------------------------------------------------------------------------------
def _impact(act: Act, model: CompiledModel, flows: Counter[Any], directions: Counter[Any], population: int, sampled: int) -> Impact:
    def scaled(count: int) -> int:
        return count if sampled in (0, population) else round(count * population / sampled)

    keys: list[str | None] = [tier.key for tier in reversed(model.model.ranked)]
    live = act.catalogue.tier_models.get(model.model.key)
    gone = sorted({before for before, _then in flows if before is not None and before not in keys})
    keys += [*gone, None]
    tiers = []
    for key in keys:
        tier = model.model.by_key.get(key or "") or (live.by_key.get(key or "") if live else None)
        before = sum(count for (a, _b), count in flows.items() if a == key)
        after = sum(count for (_a, b), count in flows.items() if b == key)
        tiers.append(
            TierCount(
                key,
                tier.label if tier else key or _("No tier"),
                tier.color if tier else "gray",
                model.rules.ranks.get(key or "", 0),
                scaled(before),
                scaled(after),
            )
        )
    matrix = tuple(tuple(scaled(flows[a, b]) for b in keys) for a in keys)
    margin = (
        0.0
        if sampled >= population or not sampled
        else round(100 * NINETY_FIVE * sqrt(0.25 / sampled * (population - sampled) / max(population - 1, 1)), 1)
    )
    return Impact(
        model.model.key,
        population,
        sampled,
        tuple(tiers),
        scaled(directions["up"]),
        scaled(directions["down"]),
        scaled(directions["first"]),
        scaled(directions["left"]),
        scaled(directions["moved"]),
        matrix,
        margin,
    )


# -- other kinds --------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class FormImpact:
    """`records` hold values of the form; `added` and `removed` are keys of its fields. Values of removed fields are kept, unseen."""

    records: int
    added: tuple[str, ...]
    removed: tuple[str, ...]


def form_impact(act: Act, body: dict[str, Any]) -> FormImpact:
    key = body.get("key")
    live = act.catalogue.forms.get(str(key))
    given = body.get("fields")
    wanted = [str(each.get("key")) for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    if live is None or live.key not in tables_of(act.catalogue):
        return FormImpact(0, tuple(wanted), ())
    main = tables_of(act.catalogue)[live.key].main
    records = act.connection.execute(sa.select(sa.func.count()).select_from(main).where(main.c.deleted_at.is_(None))).scalar() or 0
    return FormImpact(
        records, tuple(each for each in wanted if each not in live.by_key), tuple(each for each in live.by_key if each not in wanted)
    )
