"""Names of follow-up plans, and which of them are at work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.definitions.versions import SET_ASIDE
from runtime.errors import NotFound
from runtime.system.tables import definition_version
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.model import Text
    from runtime.definitions.service_plan import Plan
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act


def name_of(model: str, tier: str) -> str:
    return f"{model}/{tier}"


def named(catalogue: Catalogue, plan: str) -> tuple[TierModel, str | None]:
    """The model, and the tier where the name has one. Raises NotFound."""
    key, _slash, tier = plan.partition("/")
    model = catalogue.tier_models.get(key)
    if model is None or (tier and tier not in model.plans):
        raise NotFound(_("There is no follow-up plan {plan}.", plan=plan))
    return model, tier or None


def choices(catalogue: Catalogue, form: str) -> list[tuple[str, Text, Text | None]]:
    found: list[tuple[str, Text, Text | None]] = []
    for model in catalogue.models_of(form):
        if model.plans:
            found.append((model.key, model.label, None))
            found += [(name_of(model.key, each.key), model.label, each.label) for each in reversed(model.ranked) if each.key in model.plans]
    return found


def problem_with(catalogue: Catalogue, form: str | None, plan: str) -> Message | None:
    try:
        model, _tier = named(catalogue, plan)
    except NotFound as error:
        return error.message
    if form is not None and model.form != form:
        return _("This follow-up plan is for records of the form {form}.", form=model.form)
    if not model.plans:
        return _("The tier model {model} has no service plan.", model=model.label)
    return None


def at_work(catalogue: Catalogue) -> list[TierModel]:
    """Models that rate a form and have plans."""
    if "cadence models" not in catalogue.memo:
        catalogue.memo["cadence models"] = [each for form in catalogue.forms for each in catalogue.models_of(form) if each.plans]
    found: list[TierModel] = catalogue.memo["cadence models"]
    return found


def tasks_since(act: Act, model: TierModel) -> dict[str, int]:
    """The instant since which each tier's plan has made to-dos without a break, by the versions of the model."""
    memo = act.catalogue.memo.setdefault("cadence since", {})
    if model.key not in memo:
        row, found = definition_version.c, {}
        mine = row.definition == act.catalogue.ids["tier_model", model.key]
        going = {tier for tier, plan in model.plans.items() if plan.tasks}
        for body, at in act.connection.execute(
            sa.select(row.body, row.at).where(mine, row.note.is_distinct_from(str(SET_ASIDE))).order_by(row.version.desc())
        ):
            asked = json.loads(body).get("plans") or {}
            going = {tier for tier in going if (asked.get(tier) or {}).get("tasks")}
            found |= dict.fromkeys(going, at)
            if not going:
                break
        memo[model.key] = found
    since: dict[str, int] = memo[model.key]
    return since


def plan_by_tier(model: TierModel, tier: str | None) -> Plan | None:
    """The plan that begins by itself for whoever comes into a tier."""
    plan = model.plans.get(tier or "")
    return plan if plan is not None and plan.tasks else None
