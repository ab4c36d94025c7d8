"""What a trial reads of a record beside what rates it: who looks after it, and what it brings in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.tier_model import TierModel
from runtime.definitions.types import Type
from runtime.tiers.compiled import CompiledModel
from runtime.tiers.facts import Facts

OWNER, MONEY = "owner", "money"


@dataclass(frozen=True)
class Money:
    """What records bring in, as far as it is measured: a dimension of the draft or, where none is an amount, a computed field."""

    key: str
    label: Any
    type: Type
    column: str
    field: str | None = None


def money_of(catalogue: Catalogue, model: CompiledModel, facts: Facts) -> Money | None:
    for each in model.parts[0].measures:
        if each.value.type.kind == "money":
            return Money(each.key, each.dimension.label, each.value.type, facts.of(each.value))
    for field in catalogue.forms[model.form].fields:
        if field.stores == "computed" and field.formula_type().kind == "money":
            return Money(field.key, field.label, field.formula_type(), MONEY, field.key)
    return None


def owner_field(catalogue: Catalogue, model: TierModel) -> str | None:
    """The field that says who looks after a record: the one the model names, else `owner`, else the form's first member field."""
    if model.workload.owner is not None:
        return model.workload.owner
    members = [each.key for each in catalogue.forms[model.form].fields if each.type == "member" and each.stores == "column"]
    return "owner" if "owner" in members else next(iter(members), None)
