"""What starting and stopping a follow-up plan share: which plan, for which record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from runtime import cadence
from runtime.automation.steps._target import OnRecord
from runtime.automation.words import quoted
from runtime.definitions.step import Names as Known
from runtime.errors import Problem

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class WithPlan(OnRecord):
    plan: Annotated[str, Field(pattern=r"^[^/]{1,60}(/[^/]{1,60})?$")] = Field(title="Follow-up plan")
    """`MODEL`: that of the tier the record has; `MODEL/TIER`: that of one tier."""

    def about(self, target: str, names: Known, catalogue: Catalogue) -> Iterator[Problem]:
        problem = cadence.plan_problem(catalogue, target, self.plan)
        if problem is not None:
            yield Problem("plan", problem)

    def plan_label(self, language: str, catalogue: Catalogue) -> str:
        key, _slash, tier = self.plan.partition("/")
        model = catalogue.tier_models.get(key)
        if model is None:
            return quoted([self.plan], language)
        return quoted([model.label, *([model.by_key[tier].label] if tier in model.by_key else [])], language)
