"""How many records of a trial's table each tier would have by the borders alone."""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa

from runtime.system.prepared import Prepared
from runtime.tiers.compiled import CompiledModel
from runtime.tiers.facts import Facts
from runtime.tiers.quantiles import Cuts
from runtime.tiers.statements import rated
from runtime.tiers.trial import Trial


def counting(trial: Trial, model: CompiledModel) -> Prepared:
    """The statement for a model that reads the same facts as the trial's; cut points are its parameters."""
    found = rated(Facts(model), trial.table, trial.dialect.name, with_bands=False)
    return Prepared(sa.select(found.c.rank, sa.func.count()).group_by(found.c.rank), trial.dialect)


def tier_counts(
    trial: Trial, model: CompiledModel | None = None, statement: Prepared | None = None, cuts: Cuts | None = None
) -> Counter[str | None]:
    model = model or trial.model
    statement = statement or counting(trial, model)
    rows = statement.all(trial.connection, {**trial.given, **(cuts or trial.cuts).parameters})
    return Counter({model.tiers[rank or 0]: count for rank, count in rows})
