"""Tier model: dimensions, bands and weights that make a score; tiers, floors and movement that make a tier of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.effect import Effect, Related
from runtime.definitions.model import Color, Definition, FormulaText, FormulaUse, Key, Model, Text, Who, repeated
from runtime.definitions.naming import Names
from runtime.definitions.service_plan import Commission, Contacts, Plan
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

Figure = Annotated[Decimal, Field(max_digits=18, decimal_places=6)]
Score = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)]


class Cuts(Model):
    """Borders that are reached inclusively on the better side: n cuts make n + 1 bands."""

    by: Literal["cuts"] = "cuts"
    cuts: tuple[Figure, ...] = Field(min_length=1, max_length=19)
    better: Literal["higher", "lower"] = "higher"

    @property
    def count(self) -> int:
        return len(self.cuts) + 1


class Quantiles(Model):
    """Bands that share out the population; cut points come from the data at each full recompute."""

    by: Literal["quantiles"] = "quantiles"
    count: int = Field(5, ge=2, le=20)
    better: Literal["higher", "lower"] = "higher"


Bands = Annotated[Cuts | Quantiles, Field(discriminator="by")]


class Dimension(Model):
    key: Key
    label: Text
    weight: Annotated[Decimal, Field(gt=0, le=1000, decimal_places=4)]
    value: FormulaText
    bands: Bands
    missing: Literal["worst", "neutral", "leave_out"] = "worst"
    missing_when: FormulaText | None = None


class Tier(Model):
    key: Key
    label: Text
    color: Color = "blue"
    from_: Annotated[Score, Field(alias="from")]
    keep_from: Score | None = None


class Bound(Model):
    """A floor or a ceiling: when it holds, the tier is not below (not above) this one."""

    when: FormulaText
    tier: Key
    why: Text | None = None


class Freeze(Model):
    when: FormulaText
    why: Text | None = None


class Lane(Model):
    key: Key
    when: FormulaText
    tier_model: Key
    label: Text | None = None


class Movement(Model):
    least_stay_days: int | None = Field(None, ge=0, le=3660)
    least_stay_months: int | None = Field(None, ge=0, le=120)
    grace_days: int = Field(0, ge=0, le=3660)
    grace_automation: Key | None = None
    down: Literal["direct", "one_step"] = "direct"
    demotion: Literal["auto", "propose"] = "auto"
    provisional_below_quality: int | None = Field(None, ge=0, le=100)


class Workload(Model):
    """What the plans ask of one owner. `owner`: the member field that says who looks after a record."""

    owner: Annotated[Key, Names()] | None = None
    follow_ups_per_month: int | None = Field(None, ge=1, le=100_000)


class Recompute(Model):
    on_change: bool = True
    nightly_at: str = Field("02:30", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")


class Review(Model):
    every: Literal["month", "quarter", "half_year", "year"] = "quarter"
    owner: Who | None = None


class Expectation(Model):
    score: Annotated[Decimal, Field(ge=0, le=100)] | None = None
    tier: Key | None = None


class RuleTest(Model):
    """An example with the tier it should have. `holds`: conditions of floors, ceilings and freezes, by their text, that are true of it although
    its bands alone do not say so."""

    name: Text
    bands: dict[str, int | None]
    expect: Expectation
    holds: tuple[FormulaText, ...] = ()


class TierModel(Definition):
    kind: Literal["tier_model"] = "tier_model"
    form: Key
    purpose: Text | None = None
    population: FormulaText | None = None
    lanes: tuple[Lane, ...] = ()
    dimensions: tuple[Dimension, ...] = Field(min_length=1, max_length=20)
    tiers: tuple[Tier, ...] = Field(min_length=1, max_length=12)
    """From the best down."""
    floors: tuple[Bound, ...] = ()
    ceilings: tuple[Bound, ...] = ()
    freeze: tuple[Freeze, ...] = ()
    movement: Movement = Movement()
    plans: dict[Key, Plan] = {}
    contacts: Contacts | None = None
    commission: Commission | None = None
    workload: Workload = Workload()
    as_of: Literal["today"] | Annotated[date, Field(strict=False)] = "today"
    on_publish: Literal["place", "respect_movement"] = "place"
    recompute: Recompute = Recompute()
    review: Review | None = None
    effect: Effect | None = Field(None, title="Revenue and cost")
    tests: tuple[RuleTest, ...] = ()

    @cached_property
    def ranked(self) -> tuple[Tier, ...]:
        """Tiers from the lowest (rank 1) up."""
        return tuple(sorted(self.tiers, key=lambda tier: tier.from_))

    @cached_property
    def ranks(self) -> dict[str, int]:
        return {tier.key: rank for rank, tier in enumerate(self.ranked, 1)}

    @cached_property
    def by_key(self) -> dict[str, Tier]:
        return {tier.key: tier for tier in self.tiers}

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
        yield from self._borders()
        for name in ("floors", "ceilings"):
            for number, bound in enumerate(getattr(self, name)):
                if bound.tier not in self.by_key:
                    yield Problem(f"{name}/{number}/tier", _("This model has no tier with the key {key}.", key=bound.tier))
        for key, plan in self.plans.items():
            if key not in self.by_key:
                yield Problem(f"plans/{key}", _("This model has no tier with the key {key}.", key=key))
            yield from (each.under(f"plans/{key}") for each in plan.problems())
        for number, lane in enumerate(self.lanes):
            other = catalogue.tier_models.get(lane.tier_model)
            if other is None:
                yield Problem(f"lanes/{number}/tier_model", _("There is no tier model with the key {key}.", key=lane.tier_model))
            elif other.lanes or {tier.key for tier in other.tiers} != set(self.by_key) or other.form != self.form:
                yield Problem(
                    f"lanes/{number}/tier_model",
                    _("A lane's model has the same form and the same tiers as this one, and no lanes of its own."),
                )
        yield from self._owner(catalogue)
        if self.effect is not None:
            yield from (each.under("effect") for each in self.effect.problems(self.form, catalogue))
        for path, source in self._related():
            yield from (each.under(path) for each in source.problems(self.form, catalogue))
        yield from self._tests()

    def _related(self) -> Iterator[tuple[str, Related]]:
        """Related records beside those of `effect`, each with its path."""
        if self.contacts is not None:
            yield from ((f"contacts/{path}", each) for path, each in self.contacts.each())
        if self.commission is not None:
            yield "commission", self.commission

    def _owner(self, catalogue: Catalogue) -> Iterator[Problem]:
        key, form = self.workload.owner, catalogue.forms.get(self.form)
        if key is not None and form is not None and (key not in form.by_key or form.by_key[key].type != "member"):
            yield Problem("workload/owner", _("The form {form} has no member field with the key {key}.", form=form.label, key=key))

    def _borders(self) -> Iterator[Problem]:
        for name, keys in (("dimensions", [each.key for each in self.dimensions]), ("tiers", [each.key for each in self.tiers])):
            for key in sorted(repeated(keys)):
                yield Problem(name, _("The key {key} stands there twice.", key=key))
        borders = [tier.from_ for tier in self.tiers]
        if len(set(borders)) < len(borders):
            yield Problem("tiers", _("Two tiers begin at the same score."))
        if min(borders) != 0:
            yield Problem("tiers", _("The lowest tier begins at 0, so that every score has a tier."))
        for number, tier in enumerate(self.tiers):
            if tier.keep_from is not None and tier.keep_from > tier.from_:
                yield Problem(f"tiers/{number}/keep_from", _("The keep border lies above the promotion border."))
        for number, dimension in enumerate(self.dimensions):
            bands = dimension.bands
            if isinstance(bands, Cuts):
                ordered = sorted(set(bands.cuts), reverse=False)
                if list(bands.cuts) not in (ordered, ordered[::-1]):
                    yield Problem(f"dimensions/{number}/bands/cuts", _("Cuts rise or fall without repeating."))

    def _tests(self) -> Iterator[Problem]:
        counts = {each.key: each.bands.count for each in self.dimensions}
        for number, test in enumerate(self.tests):
            if test.expect.tier is not None and test.expect.tier not in self.by_key:
                yield Problem(f"tests/{number}/expect/tier", _("This model has no tier with the key {key}.", key=test.expect.tier))
            for key, band in test.bands.items():
                if key not in counts:
                    yield Problem(f"tests/{number}/bands/{key}", _("This model has no dimension with the key {key}.", key=key))
                elif band is not None and not 1 <= band <= counts[key]:
                    yield Problem(f"tests/{number}/bands/{key}", _("The bands of this dimension are 1 to {count}.", count=counts[key]))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.population is not None:
            yield FormulaUse("population", self.population, self.form, None, ("boolean",))
        for number, dimension in enumerate(self.dimensions):
            yield FormulaUse(f"dimensions/{number}/value", dimension.value, self.form, None, ("number", "money", "duration"))
            if dimension.missing_when is not None:
                yield FormulaUse(f"dimensions/{number}/missing_when", dimension.missing_when, self.form, None, ("boolean",))
        for number, lane in enumerate(self.lanes):
            yield FormulaUse(f"lanes/{number}/when", lane.when, self.form, None, ("boolean",))
        for name in ("floors", "ceilings", "freeze"):
            for number, bound in enumerate(getattr(self, name)):
                yield FormulaUse(f"{name}/{number}/when", bound.when, self.form, None, ("boolean",), allow=frozenset({"dimension"}))
        if self.effect is not None:
            yield from (replace(use.under("effect"), kept=False) for use in self.effect.formulas(catalogue))
        for path, source in self._related():
            yield from (replace(use.under(path), kept=False) for use in source.formulas(catalogue))
