"""Amounts on related records: where revenue and cost come from, and the goal of an experiment."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.model import FormulaText, FormulaUse, Key, Model, Text
from runtime.definitions.naming import Names
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

Rate = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)]


class Related(Model):
    """Records of a form that points at the rated ones, each with its day."""

    form: Key = Field(title="Form of the records")
    reference: Annotated[Key, Names("form")] | None = Field(None, title="Field that points at the customer")
    """Left out where the form has only one such field."""
    on: Annotated[Key, Names("form")] = Field(title="Field with the day")
    when: FormulaText | None = Field(None, title="Only records for which this holds")

    def pointer(self, target: str | None, catalogue: Catalogue) -> str | None:
        """The field that points at records of `target`; None where it cannot be told."""
        found = pointers(self.form, target, catalogue)
        if self.reference is not None:
            return self.reference if self.reference in found else None
        return found[0] if len(found) == 1 else None

    def problems(self, target: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        form = catalogue.forms.get(self.form)
        if form is None:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        if self.pointer(target, catalogue) is None:
            if self.reference is None and len(pointers(self.form, target, catalogue)) > 1:
                yield Problem("reference", _("Several fields of this form point at the customer. Choose one."))
            else:
                yield Problem("reference", _("No such field of this form points at the customer."))
        yield from self._kind("on", self.on, ("date", "datetime"), catalogue)

    def _kind(self, name: str, key: str, kinds: tuple[str, ...], catalogue: Catalogue) -> Iterator[Problem]:
        field = catalogue.forms[self.form].by_key.get(key)
        if field is None:
            yield Problem(name, _("This form has no field with the key {key}.", key=key))
        elif field.stores not in ("column", "computed") or field.formula_type().kind not in kinds:
            words = {"on": _("Choose a field with a day."), "amount": _("Choose an amount of money."), "time": _("Choose a number.")}
            yield Problem(name, words[name])

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.when is not None and self.form in catalogue.forms:
            yield FormulaUse("when", self.when, self.form, None, ("boolean",))

    def money(self, catalogue: Catalogue) -> Any:
        """The field of its amount; None without one."""
        form, key = catalogue.forms.get(self.form), getattr(self, "amount", None)
        return form.by_key.get(key) if form is not None and key is not None else None


def pointers(form: str, target: str | None, catalogue: Catalogue) -> list[str]:
    """The fields of a form that point at records of another."""
    found = catalogue.forms.get(form)
    return [each.key for each in found.fields if each.type == "reference" and getattr(each, "form") == target] if found is not None else []


class Revenue(Related):
    """Money that comes in, counted on a day."""

    amount: Annotated[Key, Names("form")] = Field(title="Amount")

    def problems(self, target: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(target, catalogue)
        if self.form in catalogue.forms:
            yield from self._kind("amount", self.amount, ("money",), catalogue)


class Cost(Related):
    """What it costs to serve: an amount, or time at a rate per hour."""

    label: Text | None = Field(None, title="Name")
    amount: Annotated[Key, Names("form")] | None = Field(None, title="Amount")
    time: Annotated[Key, Names("form")] | None = Field(None, title="Time spent")
    unit: Literal["minutes", "hours"] = Field("minutes", title="Time is counted in")
    rate: Rate | None = Field(None, title="Cost of an hour")

    def problems(self, target: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(target, catalogue)
        if (self.amount is None) == (self.time is None):
            yield Problem("amount", _("A cost is either an amount of money or time at a rate."))
        if self.time is not None and self.rate is None:
            yield Problem("rate", _("Say what an hour costs."))
        if self.form in catalogue.forms:
            for name, key, kinds in (("amount", self.amount, ("money",)), ("time", self.time, ("number",))):
                if key is not None:
                    yield from self._kind(name, key, kinds, catalogue)


class Effect(Model):
    """What a tier brings and what it costs."""

    revenue: tuple[Revenue, ...] = Field((), max_length=10, title="Revenue comes from")
    costs: tuple[Cost, ...] = Field((), max_length=20, title="Costs come from")

    def sources(self) -> Iterator[tuple[str, Revenue | Cost]]:
        for name in ("revenue", "costs"):
            yield from ((f"{name}/{number}", each) for number, each in enumerate(getattr(self, name)))

    def currency(self, catalogue: Catalogue) -> str | None:
        """Of the first amount that has one."""
        found = [field.formula_type().currency for _path, each in self.sources() if (field := each.money(catalogue)) is not None]
        return next((each for each in found if each), None)

    def problems(self, target: str, catalogue: Catalogue) -> Iterator[Problem]:
        wanted = self.currency(catalogue)
        for path, each in self.sources():
            yield from (problem.under(path) for problem in each.problems(target, catalogue))
            field = each.money(catalogue)
            if field is not None and field.formula_type().currency not in (None, wanted):
                yield Problem(f"{path}/amount", _("This amount has another currency than the others, so they cannot be set off."))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        for path, each in self.sources():
            yield from (use.under(path) for use in each.formulas(catalogue))


# -- experiments ------------------------------------------------------------------------------------------------------------------
class Goal(Related):
    """What an automation is for: such a record within so many days, or the sum of an amount over them."""

    amount: Annotated[Key, Names("form")] | None = Field(None, title="Amount")
    """Left out: whether there is such a record at all."""
    within_days: int = Field(30, ge=1, le=90, title="Within days")

    def problems(self, target: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(target, catalogue)
        if self.amount is not None and self.form in catalogue.forms:
            yield from self._kind("amount", self.amount, ("money",), catalogue)


class HoldOut(Model):
    """For this share of the records the automation does nothing, so that its effect can be told."""

    percent: int = Field(ge=1, le=50, title="Percent held out")
    goal: Goal = Field(title="Goal")
    salt: str = Field("", max_length=40, title="Draw")
    """Any word. Another one draws the group anew and begins a new experiment."""

    def problems(self, target: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        if target is None:
            yield Problem("percent", _("Only an automation about records can hold some of them out."))
            return
        yield from (each.under("goal") for each in self.goal.problems(target, catalogue))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from (use.under("goal") for use in self.goal.formulas(catalogue))
