"""What publishing a definition would do to what is there: who would change tier, which columns come and go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from builder.drafts import loaded
from runtime.definitions.form import Form
from runtime.definitions.renames import renames
from runtime.definitions.tier_model import TierModel
from runtime.records.tables import tables_of
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.tiers import simulation_job
from runtime.tiers.simulation import EXACT, SAMPLE, simulate
from runtime.tiers.trial import load_model, rating_model


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


def tier_impact(act: Act, draft_body: dict[str, Any], sample: int | None = None) -> Impact:
    """How many would change tier if this draft were published now: of everybody up to 100,000 records, else by a sample. `sample`: at most
    so many records. Raises DefinitionProblems for a draft that cannot be tried out.

    A count of everybody that was done within the last hour is taken over.
    """
    draft = load_model(draft_body)
    found = simulation_job.counted(act, draft_body) if sample is None else None
    if found is None:
        simulated = simulate(act.workspace, act.person, draft, exact=EXACT if sample is None else sample, sample=sample or SAMPLE)
        found = simulated.to_json()
    live = act.catalogue.tier_models.get(rating_model(act, draft))
    model = draft if found["model"] == draft.key else live
    return Impact(
        found["model"],
        found["population"],
        found["sampled"],
        tuple(_count(each, model, live) for each in found["tiers"]),
        matrix=tuple(tuple(row) for row in found["matrix"]),
        margin=found["margin"],
        **{name: found[name] for name in ("up", "down", "entered", "left", "moved")},
    )


def _count(counted: dict[str, Any], model: TierModel | None, live: TierModel | None) -> TierCount:
    key = counted["tier"]
    tier = next((each.by_key[key] for each in (model, live) if each is not None and key in each.by_key), None)
    rank = model.ranks.get(key, 0) if model is not None and key is not None else 0
    label, color = (tier.label, tier.color) if tier is not None else (key or _("No tier"), "gray")
    return TierCount(key, label, color, rank, counted["now"], counted["then"])


def in_words(found: Any) -> Message:
    """How many would move, in a sentence whose parts add up."""
    if not found.changed:
        return _("Nobody would change tier.")
    if found.changed == found.up + found.down:
        if found.changed == 1:
            return _("1 customer would change tier: {up} up, {down} down.", up=found.up, down=found.down)
        return _("{n} customers would change tier: {up} up, {down} down.", n=f"{found.changed:,}", up=f"{found.up:,}", down=f"{found.down:,}")
    counted = (
        (found.up, _("{n} up", n=f"{found.up:,}")),
        (found.down, _("{n} down", n=f"{found.down:,}")),
        (found.moved, _("{n} into or out of tiers that only one of both versions has", n=f"{found.moved:,}")),
        (found.entered, _("{n} would get a tier", n=f"{found.entered:,}")),
        (found.left, _("{n} would have none any more", n=f"{found.left:,}")),
    )
    parts = [words for count, words in counted if count]
    if found.changed == 1:
        return _("1 customer would change tier: {parts}.", parts=parts)
    return _("{n} customers would change tier: {parts}.", n=f"{found.changed:,}", parts=parts)


def extent(found: Any) -> Message:
    """Of whom the counts are."""
    if found.sampled >= found.population:
        return _("All {count} records were rated.", count=f"{found.population:,}")
    return _(
        "By a sample of {sampled} of {population} records; a share is right to ±{margin} percentage points.",
        sampled=f"{found.sampled:,}",
        population=f"{found.population:,}",
        margin=found.margin,
    )


# -- other kinds --------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class FormImpact:
    """`records` hold values of the form; `added` and `removed` are keys of its fields. Values of removed fields are kept, unseen.
    `renamed`: (key, new key) of fields that keep their column."""

    records: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...] = ()


def form_impact(act: Act, body: dict[str, Any]) -> FormImpact:
    key = body.get("key")
    live = act.catalogue.forms.get(str(key))
    given = body.get("fields")
    wanted = [str(each.get("key")) for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    if live is None or live.key not in tables_of(act.catalogue):
        return FormImpact(0, tuple(wanted), ())
    main = tables_of(act.catalogue)[live.key].main
    records = act.connection.execute(sa.select(sa.func.count()).select_from(main).where(main.c.deleted_at.is_(None))).scalar() or 0
    draft = loaded(body)
    paths = renames(live, draft) if isinstance(draft, Form) else {}
    keys = {was: now for was, now in paths.items() if "." not in was}
    return FormImpact(
        records,
        tuple(each for each in wanted if each not in live.by_key and each not in keys.values()),
        tuple(each for each in live.by_key if each not in wanted and each not in keys),
        tuple(keys.items()),
    )
