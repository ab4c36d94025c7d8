"""How well plans were kept, worked out once and kept: of many customers it takes seconds, which no page may take.

Figures are kept for a model, two days and what a person sees (whoever sees everything shares one row). They are worked out anew every night for
the usual period, when somebody asks for it, and whenever the model has been published since. Of few customers they are worked out at once.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.effect.cadence import Cadence, Kept, cadence, promises, seen_contacts
from runtime.records.guard import sees_all_of
from runtime.system import clock, jobs
from runtime.system.database import to_json
from runtime.system.tables import cadence_figures as table
from runtime.system.tables import job as job_table
from runtime.system.tables import tier_state
from runtime.tiers.seeing import of_seen_records, require_tiers
from runtime.tiers.worth import owner_field

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

KIND = "adherence"
AT_ONCE = 20_000
"""Customers with a tier up to which nobody has to wait for a job."""
PERIOD = timedelta(days=90)
KEPT = timedelta(days=40)
"""So long figures are kept that nobody works out anew."""
OWN = timedelta(hours=20)
"""And so long those of somebody who sees a part: what they may see can change."""
ALL = 0


@dataclass(frozen=True)
class Figures:
    """`found` None: being worked out by the job `job`. `at`: when it was worked out, None: just now."""

    found: Cadence | None
    at: datetime | None = None
    job: int | None = None


def figures(act: Act, model: TierModel, first: date, last: date, anew: bool = False) -> Figures:
    """For a page or a reader of the API; `anew` forgets what is kept. Where there are many customers and nothing is kept, it says so by an empty
    `found`, and `ask` (in an act that writes) starts the job."""
    require_tiers(act, model)
    if not promises(act, model, first, last) or not seen_contacts(act, model) or not is_many(act, model):
        return Figures(cadence(act, model, first, last))
    kept = None if anew else _kept(act, model, first, last)
    return Figures(*(kept or (None, None)), job=_open_job(act, model, first, last))


def ask(act: Act, model: TierModel, first: date, last: date) -> int:
    """Starts the job that works them out as the person sees them, unless it is under way; gives its id."""
    require_tiers(act, model)
    found = _open_job(act, model, first, last)
    return found if found is not None else jobs.start(act, KIND, _payload(model, first, last), subject=_subject(act, model, first, last))


def is_many(act: Act, model: TierModel) -> bool:
    number = act.catalogue.ids["tier_model", model.key]
    some = sa.select(tier_state.c.record).where(tier_state.c.model == number).limit(AT_ONCE + 1).subquery()
    return (act.connection.execute(sa.select(sa.func.count()).select_from(some)).scalar() or 0) > AT_ONCE


# -- the job --------------------------------------------------------------------------------------------------------------------------
def register() -> None:
    jobs.KINDS.setdefault(KIND, lambda workspace, job: work_out(workspace, job))


def queue(act: Act, model: TierModel) -> int | None:
    """Every night, for whoever sees everything: the usual period up to today."""
    return ask(act, model, act.today - PERIOD + timedelta(days=1), act.today) if is_many(act, model) else None


def work_out(workspace: Workspace, job: Job) -> dict[str, Any]:
    key, first, last = job.payload["model"], date.fromisoformat(job.payload["first"]), date.fromisoformat(job.payload["last"])
    with workspace.reading(job.person(), "schedule") as act:
        model = act.catalogue.tier_models[key]
        row: dict[str, Any] = {"model": act.catalogue.ids["tier_model", key], "person": _scope(act, model), "at": act.micros}
        row |= {"first": clock.to_day(first), "last": clock.to_day(last), "version": _version(act, model)}
        row["found"] = to_json(asdict(cadence(act, model, first, last)))
    with workspace.writing(job.person(), "schedule") as act:
        _keep(act, row)
    return {}


def _keep(act: Act, row: dict[str, Any]) -> None:
    act.connection.execute(table.delete().where(table.c.at < act.micros - KEPT // timedelta(microseconds=1)))
    insert = (sqlite.insert if act.connection.dialect.name == "sqlite" else postgresql.insert)(table).values(**row)
    key = [table.c[name] for name in ("model", "person", "first", "last")]
    later = {name: insert.excluded[name] for name in ("at", "version", "found")}
    act.connection.execute(insert.on_conflict_do_update(index_elements=key, set_=later))


# -- what is kept ---------------------------------------------------------------------------------------------------------------------
def _kept(act: Act, model: TierModel, first: date, last: date) -> tuple[Cadence, datetime] | None:
    own = table.c
    mine = (own.model == act.catalogue.ids["tier_model", model.key], own.person == _scope(act, model), own.version == _version(act, model))
    oldest = 0 if _scope(act, model) == ALL else act.micros - OWN // timedelta(microseconds=1)
    days = (own.first == clock.to_day(first), own.last == clock.to_day(last), own.at >= oldest)
    row = act.connection.execute(sa.select(own.found, own.at).where(*mine, *days)).first()
    at = clock.from_micros(row.at) if row is not None else None
    return None if row is None or at is None else (_read(json.loads(row.found)), at)


def _read(found: dict[str, Any]) -> Cadence:
    def pairs(name: str) -> Any:
        return None if found[name] is None else tuple((key, Kept(**each)) for key, each in found[name])

    return Cadence(found["promised"], tuple(found["forms"]), found["hidden"], pairs("tiers"), pairs("owners"))


def _version(act: Act, model: TierModel) -> int:
    """Figures of an older version are old: another plan may have begun, other records may count."""
    return act.catalogue.versions["tier_model", model.key]


def _scope(act: Act, model: TierModel) -> int:
    """Who shares the figures: everybody who sees all records, tiers, owners and contacts."""
    if act.person.rights is None:
        return ALL
    owner = owner_field(act.catalogue, model)
    whole = sees_all_of(act, model.form, [owner] if owner is not None else [])
    shown = seen_contacts(act, model)
    for each in shown:
        whole = whole and sees_all_of(act, each.form, [key for key in (each.reference, each.on, each.done) if key is not None])
    return ALL if whole and not of_seen_records(act, model, tier_state.c.record) else act.person.id


def _payload(model: TierModel, first: date, last: date) -> dict[str, Any]:
    return {"model": model.key, "first": first.isoformat(), "last": last.isoformat()}


def _subject(act: Act, model: TierModel, first: date, last: date) -> str:
    return f"adherence:{model.key}:{first}:{last}:{_scope(act, model)}"


def _open_job(act: Act, model: TierModel, first: date, last: date) -> int | None:
    own = job_table.c
    mine = (own.kind == KIND, own.subject == _subject(act, model, first, last), own.state.in_(jobs.OPEN))
    return act.connection.execute(sa.select(own.id).where(*mine).limit(1)).scalar()
