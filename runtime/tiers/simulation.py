"""Simulation: what publishing a tier model would do, worked out without writing. Each record is rated by the draft beside the tier it has."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.tier_model import TierModel
from runtime.formulas import Formula, tree
from runtime.formulas.definitions import computed
from runtime.people.person import Person
from runtime.system import clock
from runtime.system.workspace import Workspace
from runtime.tiers.compiled import CompiledModel
from runtime.tiers.quantiles import Cuts
from runtime.tiers.rating import ratings
from runtime.tiers.tally import FIRST_MOVERS, Mover, Tally, margin
from runtime.tiers.trial import CHUNK, Trial, rating_model, scratch
from runtime.tiers.workload import Load, has_plans, loads

if TYPE_CHECKING:
    from runtime.system.jobs import Job

EXACT = 100_000
"""Populations up to this size are worked out whole while one waits; of larger ones a sample is drawn first."""
SAMPLE = 20_000
EFFORT = 200_000
"""How many records one page of movers looks through at most."""
JOB_CHUNK = 50_000


@dataclass(frozen=True)
class Simulation:
    """`sampled` of `population` records were rated. `grown` is by how much a count of the sample stands for; a share is right to ± `margin`
    percentage points, 0 where all were rated. `draft` is the model that would write the tiers, `live` the one that writes them now."""

    draft: TierModel
    live: TierModel | None
    population: int
    sampled: int
    margin: float
    as_of: date
    from_history: bool
    of_today: tuple[Any, ...]
    """Labels of what a run for another day reads as it is today."""
    seconds: float
    tally: Tally
    cuts: Cuts
    owner: str | None
    workload: tuple[Load, ...] | None
    money: Any = None
    grown: Fraction = field(default=Fraction(1))

    def scaled(self, count: int) -> int:
        return int(count * self.grown + Fraction(1, 2))

    def counts(self) -> list[tuple[str | None, int, int]]:
        """(tier, now, then) from the best down; last come those without a tier."""
        flows, order = self.tally.flows(), self.tally.order()
        return [
            (
                key,
                self.scaled(sum(count for (was, _now), count in flows.items() if was == key)),
                self.scaled(sum(count for (_was, now), count in flows.items() if now == key)),
            )
            for key in order
        ]

    def matrix(self) -> list[list[int]]:
        """Rows are the tiers now, columns the tiers then, in the order of `counts`."""
        flows, order = self.tally.flows(), self.tally.order()
        return [[self.scaled(flows[was, now]) for now in order] for was in order]

    def directions(self) -> dict[str, int]:
        found = self.tally.directions()
        return {name: self.scaled(found[name]) for name in ("up", "down", "entered", "left", "moved")}

    def to_json(self) -> dict[str, Any]:
        """As the API answers and jobs keep it, without any language."""
        directions = self.directions()
        items = self.tally.first[:FIRST_MOVERS]
        return {
            "model": self.draft.key,
            "population": self.population,
            "sampled": self.sampled,
            "margin": self.margin,
            "as_of": self.as_of.isoformat(),
            "compared_with": "day" if self.from_history else "present",
            "of_today": [_plain(each) for each in self.of_today],
            "seconds": round(self.seconds, 2),
            "changed": sum(directions.values()),
            **directions,
            "tiers": [{"tier": tier, "now": now, "then": then} for tier, now, then in self.counts()],
            "matrix": self.matrix(),
            "scores": [{tier: self.scaled(count) for tier, count in each.items()} for each in self.tally.scores()],
            "owner": self.owner,
            "workload": None if self.workload is None else [self._load(each) for each in self.workload],
            "revenue": self._revenue(),
            "movers": {
                "items": [each.to_json() for each in items],
                "next": str(items[-1].record) if len(self.tally.first) > FIRST_MOVERS else None,
            },
            "biggest": [each.to_json() for each in self.tally.movers()],
            "cuts": {f"{part}/{place}": found for (part, place), found in self.cuts.items()},
        }

    def _load(self, load: Load) -> dict[str, Any]:
        capacity = self.draft.workload.follow_ups_per_month if load.owner is not None else None
        return {"owner": None if load.owner is None else str(load.owner), "now": load.now, "then": load.then, "capacity": capacity}

    def _revenue(self) -> dict[str, Any] | None:
        if self.money is None:
            return None
        now, then = self.tally.sums()
        tiers = [{"tier": key, "now": self._amount(now[key]), "then": self._amount(then[key])} for key in self.tally.order()]
        return {"key": self.money.key, "label": _plain(self.money.label), "currency": self.money.type.currency, "tiers": tiers}

    def _amount(self, units: int) -> str:
        return f"{Decimal(self.scaled(units)).scaleb(-self.money.type.scale):f}"


def _plain(label: Any) -> Any:
    """A text of a definition as JSON."""
    return label if isinstance(label, str) else {each: getattr(label, each) for each in ("zh", "en") if getattr(label, each)}


def simulate(
    workspace: Workspace,
    person: Person,
    draft: TierModel,
    as_of: date | None = None,
    exact: int | None = None,
    sample: int = SAMPLE,
    job: Job | None = None,
) -> Simulation:
    """Rates everybody by the draft, or `sample` records of a population larger than `exact`. Raises DefinitionProblems for a draft that
    cannot be published, Refused for a day to come, and Cancelled when the job is to stop."""
    began = time.perf_counter()
    with scratch(workspace, person) as act:
        live = act.catalogue.tier_models.get(rating_model(act, draft))
        trial = Trial(act, draft, as_of, with_owners=has_plans(draft, live), with_money=True)
        population = trial.count()
        wanted = population if exact is None or population <= exact else min(sample, population)
        tally = Tally(trial.model.rules.ranks, before=live.ranks if live is not None else {})
        bounds = _fill(trial, population, wanted, job)
        trial.cut(whole=wanted == population)
        for low, high in bounds:
            tally.take(decided(trial, trial.counted(low, high)))
            _tell(job, population + tally.total, population)
        grown = Fraction(population, tally.total) if wanted < population and tally.total else Fraction(1)
        model, day = trial.model.model, clock.from_day(trial.day) or act.today
        return Simulation(
            model,
            live,
            population,
            tally.total,
            margin(tally.total, population),
            day,
            trial.from_history,
            of_today(trial.act.catalogue, trial.model) if trial.day != act.day else (),
            time.perf_counter() - began,
            tally,
            trial.cuts,
            trial.owner,
            tuple(loads(tally, live, model, grown)) if has_plans(model, live) else None,
            trial.money,
            grown,
        )


def _fill(trial: Trial, population: int, wanted: int, job: Job | None) -> list[tuple[int, int]]:
    """Works the facts out; gives the bounds of the chunks to rate."""
    if wanted < population:
        ids = trial.sample(trial.ids(), wanted)
        trial.fill_ids(ids)
        return [(0, ids[-1])] if ids else []
    trial.pass_over_everybody()
    bounds, size = list[tuple[int, int]](), JOB_CHUNK if population > EXACT else CHUNK
    for number, (low, high) in enumerate(trial.bounds(size=size), 1):
        trial.fill(low, high)
        bounds.append((low, high))
        _tell(job, min(number * size, population), population)
    return bounds


def _tell(job: Job | None, steps: int, population: int) -> None:
    """Half of the way is working the facts out, half is rating."""
    if job is not None:
        job.progress(steps // 2, population)


def decided(trial: Trial, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The rows with the tier that movement, freezes and overrides leave, where they have a say."""
    odd = {row[0] for row in rows if row[8]}
    if not odd:
        return rows
    found = ratings(trial.act, trial.model, odd, trial.cuts, trial.day, trial.placing)
    after, ranks = {move.record: move.after for move in found.moves}, trial.model.rules.ranks
    return [(*row[:2], ranks.get(after.get(row[0], row[1]) or ""), *row[3:]) if row[8] else row for row in rows]


# -- movers -----------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class MoverPage:
    """Movers in the order of their records; `next` is where the following page begins. A page may be short although more follow: one page
    looks through so many records only."""

    movers: tuple[Mover, ...]
    next: int | None


ANY = object()
"""Stands for any tier where None is no tier."""


def movers(
    workspace: Workspace,
    person: Person,
    draft: TierModel,
    as_of: date | None = None,
    before: Any = ANY,
    after: Any = ANY,
    cursor: int = 0,
    limit: int = 50,
    cuts: Cuts | None = None,
) -> MoverPage:
    """The records above `cursor` that would change tier, or (`before`, `after`) those of one cell of the matrix, stayers too.

    `cuts`: the cut points of a simulation that has been done; without them they are worked out from the whole population.
    """
    with scratch(workspace, person) as act:
        trial = Trial(act, draft, as_of)
        if cuts is None:
            trial.cut(whole=False)
        else:
            trial.cuts = cuts
        tiers, found, looked = trial.model.tiers, list[Mover](), 0
        for low, high in trial.bounds(cursor):
            trial.fill(low, high)
            for row in sorted(decided(trial, trial.rows(low, high))):
                now = tiers[row[2] or 0]
                if row[1] != now if before is ANY and after is ANY else before in (ANY, row[1]) and after in (ANY, now):
                    found.append(Mover(row[0], row[1], now, row[7], row[6]))
            looked += CHUNK
            if len(found) > limit:
                return MoverPage(tuple(found[:limit]), found[limit - 1].record)
            if looked >= EFFORT:
                return MoverPage(tuple(found), high)
        return MoverPage(tuple(found), None)


# -- what of a past day is not known ----------------------------------------------------------------------------------------------
def of_today(catalogue: Catalogue, model: CompiledModel) -> tuple[Any, ...]:
    """Labels of the fields and forms that a run for another day reads as they are today: what people typed, and rows without a date."""
    form = catalogue.forms[model.form]
    fields: dict[str, Any] = {}
    seen: set[str] = set()
    waiting = [each for part in model.parts for each in _deciding(part)] + [each.when for each in model.freezes]
    while waiting:
        wanted = waiting.pop()
        fields.update(_rows_without_date(catalogue, wanted))
        for key in wanted.uses.fields - seen:
            seen.add(key)
            inner = computed(catalogue, form).get(key)
            if inner is not None:
                waiting.append(inner)
            elif form.by_key[key].formula_type().kind not in ("date", "datetime"):
                fields[key] = form.by_key[key].label
    return tuple(fields[key] for key in sorted(fields))


def _deciding(part: Any) -> list[Formula]:
    """Every formula that decides about a tier."""
    found = [each for each in (part.when, part.population) if each is not None]
    return found + [each.value for each in part.measures] + [each.when for each in (*part.floors, *part.ceilings)]


def _rows_without_date(catalogue: Catalogue, wanted: Formula) -> dict[str, Any]:
    dated = {
        each.relation for each in tree.walk(wanted.tree) if isinstance(each, tree.Aggregate) and (each.on is not None or each.event_dates)
    }
    return {use.form: catalogue.forms[use.form].label for use in wanted.uses.relations if use.reference and use.path not in dated}
