"""What a review finds: counts of the whole population between two days, worked out once and kept. No names and no records are among them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.effect.cadence import cadence
from runtime.errors import Refused
from runtime.people.person import SYSTEM
from runtime.reviews.effects import effects
from runtime.reviews.reading import OPEN, Review, find, locked, model_of
from runtime.reviews.rights import require_manage
from runtime.system import jobs
from runtime.system.database import to_json
from runtime.system.tables import job as job_table
from runtime.system.tables import review as table
from runtime.system.tables import tier_appeal, tier_override
from runtime.texts import _
from runtime.tiers import mobility, rule_tests
from runtime.tiers.figures import Movement, movement
from runtime.tiers.history_at import end_of, tiers_on

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

KIND = "review_facts"
SOON, REASONS = 30, 5
STATES = ("open", "accepted", "refused", "withdrawn")


def queue(act: Act, number: int) -> int:
    """Has the facts of a review worked out; gives the job."""
    return jobs.start(act, KIND, {"review": number}, subject=f"review:{number}")


def refresh(act: Act, number: int) -> int:
    """The same again, for those who lead the review, as long as nothing is decided."""
    found = locked(act, number)
    require_manage(act, model_of(act, found))
    if found.state not in OPEN:
        raise Refused([], _("This review is decided: its figures stay as they were."))
    return queue(act, number)


def job_of(act: Act, number: int) -> Any:
    """The row of the work on a review's facts that is not finished."""
    own = job_table.c
    mine = (own.kind == KIND, own.subject == f"review:{number}", own.state.in_(jobs.OPEN))
    return act.connection.execute(sa.select(job_table).where(*mine).order_by(own.id.desc()).limit(1)).first()


def do(workspace: Workspace, job: Job) -> dict[str, Any]:
    """Works them out at one moment and writes them in one transaction; done a second time it writes them again."""
    number = job.payload["review"]
    with workspace.reading(SYSTEM, "schedule") as act:
        facts = collect(act, find(act, number))
        read_at = act.micros
    job.progress(1, 1)
    with workspace.writing(SYSTEM, "schedule") as act:
        undecided = (table.c.id == number, table.c.state.in_(OPEN))
        values = {"facts": to_json(facts), "facts_at": read_at, "last_day": act.day}
        act.connection.execute(table.update().where(*undecided).values(**values))
    return {}


def collect(act: Act, review: Review) -> dict[str, Any]:
    """Everything between the end of the review's first day and now, over all records."""
    model, last = model_of(act, review), act.today
    moved = movement(act, model.key, review.first_day, last)
    then, now = tiers_on(act, model.key, review.first_day), tiers_on(act, model.key, last)
    order = [*(each.key for each in reversed(model.ranked)), *sorted({*then, *now} - set(model.by_key))]
    return {
        "from": review.first_day.isoformat(),
        "to": last.isoformat(),
        "tiers": [{"tier": key, "label": _label(model, key), "then": then.get(key, 0), "now": now.get(key, 0)} for key in order],
        "movement": {name: getattr(moved, name) for name in ("up", "down", "stayed", "entered", "left")},
        "mobility": _mobility(act, model, moved),
        "overrides": _overrides(act, model, review),
        "appeals": _appeals(act, model, review),
        "tests": tests_of(act, model),
        "effects": effects(act, model, review.first_day, last),
        "cadence": _cadence(act, model, review.first_day, last),
    }


def _cadence(act: Act, model: TierModel, first: date, last: date) -> dict[str, Any]:
    """Who was contacted as often as the plans say; `promised`, `forms`: whether and by which records it can be told."""
    found = cadence(act, model, first, last)
    tiers = [{"tier": key, **asdict(each)} for key, each in found.tiers]
    return {"promised": found.promised, "forms": list(found.forms), "tiers": tiers}


def _label(model: TierModel, key: str) -> Any:
    return plain(model.by_key[key].label) if key in model.by_key else key


def plain(label: Any) -> Any:
    """A text of a definition as JSON."""
    return label if isinstance(label, str) else {each: getattr(label, each) for each in ("zh", "en") if getattr(label, each, None)}


def _mobility(act: Act, model: TierModel, moved: Movement) -> dict[str, Any]:
    days = mobility.median_days(act, model.key, moved.to)
    rows = [
        {
            "tier": each.tier,
            "count": each.count,
            "days": days.get(each.tier),
            **{name: _text(getattr(each, name)) for name in ("stayed", "up", "down")},
        }
        for each in mobility.stickiness(moved)
    ]
    figures = {"index": mobility.mobility_index(moved), "stayed": mobility.share_stayed(moved), "net": mobility.net_promotion(moved)}
    return {**{name: _text(value) for name, value in figures.items()}, "rows": rows}


def _text(value: Any) -> str | None:
    return None if value is None else f"{value:.4f}"


def _overrides(act: Act, model: TierModel, review: Review) -> dict[str, Any]:
    """In force now, ending soon, and made since the last review with the reasons that were given most often."""
    own, count = tier_override.c, sa.func.count()
    mine = own.model == act.catalogue.ids["tier_model", model.key]
    made = (mine, own.at >= end_of(act, review.first_day) if review.first_day < act.today else own.at >= 0)
    in_force = (mine, own.ended_at.is_(None), sa.or_(own.until.is_(None), own.until >= act.day))
    reasons = (
        sa.select(own.reason, count.label("count")).where(*made).group_by(own.reason).order_by(count.desc(), own.reason).limit(REASONS)
    )
    return {
        "in_force": _count(act, tier_override, *in_force),
        "ending": _count(act, tier_override, *in_force, own.until <= act.day + SOON),
        "made": _count(act, tier_override, *made),
        "reasons": [{"reason": row.reason, "count": row[1]} for row in act.connection.execute(reasons)],
    }


def _count(act: Act, of: sa.Table, *conditions: Any) -> int:
    return act.connection.execute(sa.select(sa.func.count()).select_from(of).where(*conditions)).scalar() or 0


def _appeals(act: Act, model: TierModel, review: Review) -> dict[str, int]:
    own = tier_appeal.c
    since = end_of(act, review.first_day) if review.first_day < act.today else 0
    mine = (own.model == act.catalogue.ids["tier_model", model.key], sa.or_(own.at >= since, own.state == "open"))
    found = dict(act.connection.execute(sa.select(own.state, sa.func.count()).where(*mine).group_by(own.state)).all())
    return {state: found.get(state, 0) for state in STATES}


def tests_of(act: Act, model: TierModel) -> list[dict[str, Any]]:
    """The rule tests of a model that is in force in the act, each with what came of it."""
    return [
        {"name": plain(each.name), "ok": each.ok, "sentence": {language: each.sentence.in_language(language) for language in ("zh", "en")}}
        for each in rule_tests.run(act.catalogue, model)
    ]
