"""Potential: what a model of the records of a form learns from their own past, and over how many days it looks ahead.

Learnt, tested and switched on it is in runtime/potential/.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.model import Definition, FormulaText, FormulaUse, Key, Model, Text, repeated
from runtime.definitions.naming import Names
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

KINDS_OF_FEATURE = ("number", "money", "duration", "boolean", "choice", "date")


class Purchases(Model):
    """How often a record will buy again, and for how much: learnt from the days and amounts of its purchases."""

    by: Literal["purchases"] = "purchases"
    relation: Annotated[Key, Names()]
    """The name by which a record knows its purchases, such as orders."""
    date: Annotated[Key, Names("relation")]
    amount: Annotated[Key, Names("relation")] | None = None
    where: FormulaText | None = None
    """Which of them count, asked of the purchase."""
    lifetime_years: int = Field(3, ge=1, le=10)
    discount_percent: Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)] = Decimal(10)


class Feature(Model):
    key: Key
    label: Text
    value: FormulaText


class Outcome(Model):
    """How likely a yes is, such as another order or a lost customer: learnt from what stood on a record before."""

    by: Literal["outcome"] = "outcome"
    outcome: FormulaText
    """Asked as of the end of the horizon."""
    population: FormulaText | None = None
    """Of whom it is asked, as of the beginning of the horizon."""
    features: tuple[Feature, ...] = Field(min_length=1, max_length=30)
    """Asked as of the beginning of the horizon."""


class Potential(Definition):
    kind: Literal["potential"] = "potential"
    form: Key
    purpose: Text | None = None
    horizon_days: int = Field(90, ge=7, le=1095)
    learn: Annotated[Purchases | Outcome, Field(discriminator="by")]

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
        elif isinstance(self.learn, Purchases):
            yield from self._of_purchases(catalogue, self.learn)
        else:
            for key in sorted(repeated([each.key for each in self.learn.features])):
                yield Problem("learn/features", _("The key {key} stands there twice.", key=key))

    def _of_purchases(self, catalogue: Catalogue, learn: Purchases) -> Iterator[Problem]:
        relations = catalogue.relations_to(self.form)
        if learn.relation not in relations:
            names = ", ".join(relations) or "–"
            yield Problem(
                "learn/relation",
                _("Nothing points at these records by the name {name}; there is: {names}.", name=learn.relation, names=names),
            )
            return
        other = catalogue.forms[relations[learn.relation][0]]
        for name, kinds in (("date", ("date", "datetime")), ("amount", ("number", "money"))):
            key = getattr(learn, name)
            found = other.by_key.get(key) if key is not None else None
            if key is not None and (found is None or found.stores not in ("column", "computed") or found.formula_type().kind not in kinds):
                yield Problem(
                    f"learn/{name}",
                    _("The form {form} has no date field with the key {key}.", form=other.label, key=key)
                    if name == "date"
                    else _("The form {form} has no amount or number field with the key {key}.", form=other.label, key=key),
                )

    def bought(self, catalogue: Catalogue) -> str | None:
        """The form of the purchases."""
        relation = catalogue.relations_to(self.form).get(self.learn.relation) if isinstance(self.learn, Purchases) else None
        return None if relation is None else relation[0]

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        learn = self.learn
        if isinstance(learn, Purchases):
            if learn.where is not None and self.bought(catalogue) is not None:
                yield FormulaUse("learn/where", learn.where, self.bought(catalogue), None, ("boolean",))
            return
        yield FormulaUse("learn/outcome", learn.outcome, self.form, None, ("boolean",))
        if learn.population is not None:
            yield FormulaUse("learn/population", learn.population, self.form, None, ("boolean",))
        for number, each in enumerate(learn.features):
            yield FormulaUse(f"learn/features/{number}/value", each.value, self.form, None, KINDS_OF_FEATURE)
