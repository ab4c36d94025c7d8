"""A tier model made ready: its formulas compiled, its figures as integers, its lanes beside it. Built once per revision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.tier_model import Bound, Cuts, Dimension, Freeze, TierModel
from runtime.definitions.types import Type
from runtime.errors import NotFound
from runtime.formulas.definitions import computed, formula
from runtime.records.affected import names_read
from runtime.records.streaming import may_pass_limits
from runtime.system import clock
from runtime.tiers.decision import Rules, Scale
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas import Formula

CONDITION = ("boolean",)
DIMENSION = frozenset({"dimension"})
DAY_MICROS = 86_400_000_000


@dataclass(frozen=True)
class Measure:
    """One dimension: what it measures, when it is missing, and its cuts in the smallest unit of its value (None: quantiles)."""

    dimension: Dimension
    value: Formula
    missing_when: Formula | None
    relations: tuple[Formula, ...]
    """For each relation that the value reads, also through computed fields: how many rows it has for the record."""
    cuts: tuple[int, ...] | None

    @property
    def key(self) -> str:
        return self.dimension.key

    @property
    def better(self) -> str:
        return self.dimension.bands.better

    @property
    def count(self) -> int:
        return self.dimension.bands.count


@dataclass(frozen=True)
class Condition:
    """A floor, a ceiling or a freeze with its compiled condition."""

    rule: Bound | Freeze
    when: Formula

    @property
    def tier(self) -> str:
        return getattr(self.rule, "tier", "")


@dataclass(frozen=True)
class Part:
    """A set of dimensions, borders, floors and ceilings: the model's own (lane "") or those of one of its lanes."""

    lane: str
    model: TierModel
    when: Formula | None
    population: Formula | None
    measures: tuple[Measure, ...]
    floors: tuple[Condition, ...]
    ceilings: tuple[Condition, ...]
    scale: Scale


@dataclass(frozen=True)
class CompiledModel:
    """`parts`: the model itself, then its lanes in order. `names`: the names of the form whose change may change a rating."""

    model: TierModel
    number: int
    version: int
    parts: tuple[Part, ...]
    freezes: tuple[Condition, ...]
    rules: Rules
    quality: tuple[Formula, ...]
    """For each field that makes up the quality of a record: whether it is empty."""
    names: frozenset[str]

    @property
    def form(self) -> str:
        return self.model.form

    @cached_property
    def tiers(self) -> tuple[str | None, ...]:
        """Tier keys by rank; there is no rank 0."""
        return (None, *(tier.key for tier in self.model.ranked))

    @cached_property
    def has_quantiles(self) -> bool:
        return any(measure.cuts is None for part in self.parts for measure in part.measures)

    @cached_property
    def in_sql(self) -> bool:
        """Whether the database can work out every formula of the model exactly."""
        return all(each.sql for each in self.formulas())

    @cached_property
    def may_pass_limits(self) -> bool:
        """Whether a number of some record may turn out too large for the database."""
        return any(map(may_pass_limits, self.formulas()))

    def formulas(self) -> Iterator[Formula]:
        for part in self.parts:
            yield from (each for each in (part.when, part.population) if each is not None)
            for measure in part.measures:
                yield measure.value
                yield from measure.relations
                if measure.missing_when is not None:
                    yield measure.missing_when
            yield from (each.when for each in (*part.floors, *part.ceilings))
        yield from (each.when for each in self.freezes)
        if self.model.movement.provisional_below_quality:
            yield from self.quality

    def quantiles(self) -> Iterator[tuple[int, int, Part, Measure]]:
        """(number of the part, number of the dimension, part, measure) of each dimension with quantile bands."""
        for part_number, part in enumerate(self.parts):
            for number, measure in enumerate(part.measures):
                if measure.cuts is None:
                    yield part_number, number, part, measure

    def day(self, today: int) -> int:
        """The as-of day of a rating made today."""
        return today if self.model.as_of == "today" else clock.to_day(self.model.as_of)


def compile(catalogue: Catalogue, key: str) -> CompiledModel:
    """The compiled model, kept for as long as these definitions are in force."""
    memo = catalogue.memo.setdefault("tier_models", {})
    if key not in memo:
        if key not in catalogue.tier_models:
            raise NotFound(_("There is no tier model with the key {key}.", key=key))
        memo[key] = _compiled(catalogue, catalogue.tier_models[key])
    return memo[key]


def _compiled(catalogue: Catalogue, model: TierModel) -> CompiledModel:
    lanes = [
        _part(catalogue, lane.key, catalogue.tier_models[lane.tier_model], _condition(catalogue, model.form, lane.when))
        for lane in model.lanes
    ]
    freezes = tuple(_rule(catalogue, model.form, each) for each in model.freeze)
    form = catalogue.forms[model.form]
    quality = tuple(
        formula(catalogue, model.form, f"COUNT({key}) == 0" if form.by_key[key].stores == "rows" else f"ISEMPTY({key})")
        for key in form.quality_fields
    )
    own = _part(catalogue, "", model, None)
    without_names = CompiledModel(
        model,
        catalogue.ids.get(("tier_model", model.key), 0),
        catalogue.versions.get(("tier_model", model.key), 0),
        (own, *lanes),
        freezes,
        Rules.of(model),
        quality,
        frozenset(),
    )
    names = frozenset().union(*(names_read(catalogue, model.form, each) for each in without_names.formulas()))
    return CompiledModel(**{**_fields(without_names), "names": names})


def _fields(compiled: CompiledModel) -> dict[str, Any]:
    return {name: getattr(compiled, name) for name in CompiledModel.__dataclass_fields__}


def _part(catalogue: Catalogue, lane: str, model: TierModel, when: Formula | None) -> Part:
    population = None if model.population is None else _condition(catalogue, model.form, model.population)
    return Part(
        lane,
        model,
        when,
        population,
        tuple(_measure(catalogue, model, each) for each in model.dimensions),
        tuple(_rule(catalogue, model.form, each) for each in model.floors),
        tuple(_rule(catalogue, model.form, each) for each in model.ceilings),
        Scale.of(model),
    )


def _condition(catalogue: Catalogue, form: str, text: str) -> Formula:
    return formula(catalogue, form, text, expect=CONDITION)


def _rule(catalogue: Catalogue, form: str, rule: Bound | Freeze) -> Condition:
    return Condition(rule, formula(catalogue, form, rule.when, allow=DIMENSION, expect=CONDITION))


def _measure(catalogue: Catalogue, model: TierModel, dimension: Dimension) -> Measure:
    value = formula(catalogue, model.form, dimension.value, expect=("number", "money", "duration"))
    missing_when = None if dimension.missing_when is None else _condition(catalogue, model.form, dimension.missing_when)
    paths = [] if missing_when is not None else sorted(_relations(catalogue, model.form, value, set()))
    return Measure(
        dimension,
        value,
        missing_when,
        tuple(formula(catalogue, model.form, f"COUNT({'.'.join(path)})") for path in paths),
        _cuts(dimension, value.type),
    )


def _relations(catalogue: Catalogue, form: str, value: Formula, seen: set[str]) -> set[tuple[str, ...]]:
    found = {use.path for use in value.uses.relations}
    fields = computed(catalogue, catalogue.forms[form])
    for name in set(value.uses.fields) & set(fields) - seen:
        seen.add(name)
        found |= _relations(catalogue, form, fields[name], seen)
    return found


def _cuts(dimension: Dimension, type: Type) -> tuple[int, ...] | None:
    """The cuts as whole numbers of the value's smallest unit, which reach the same values; cuts of a duration are days."""
    if not isinstance(dimension.bands, Cuts):
        return None
    unit = Decimal(DAY_MICROS) if type.kind == "duration" else Decimal(10) ** type.scale
    way = ROUND_CEILING if dimension.bands.better == "higher" else ROUND_FLOOR
    return tuple(int((cut * unit).to_integral_value(way)) for cut in dimension.bands.cuts)
