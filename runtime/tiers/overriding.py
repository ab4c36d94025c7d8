"""What people decide about a single tier: an override with its reason and last day, and a proposed step down that is accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import require
from runtime.records.changes import Changes
from runtime.records.derived import derive_all
from runtime.records.tables import tables_of
from runtime.system import audit, clock
from runtime.system.tables import tier_state
from runtime.texts import _
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.quantiles import stored_cuts
from runtime.tiers.rating import rate, ratings, touch_tier

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def override(act: Act, model_key: str, record: int, tier: str, reason: str, until: date | None = None) -> None:
    """Sets a record's tier by hand up to and including a day (without one: until it is lifted). The computed tier returns by itself
    afterwards.

    Raises Refused with the path of what is wrong: tier, until or reason.
    """
    model = compile(act.catalogue, model_key)
    _living(act, model, record)
    require(act.person, "edit", model.form, record)
    problems = []
    if tier not in model.rules.ranks:
        problems.append(Problem("tier", _("This model has no tier with the key {key}.", key=tier)))
    if until is not None and until < act.today:
        problems.append(Problem("until", _("This day is over. Choose today or a later day.")))
    if not reason.strip():
        problems.append(Problem("reason", _("Say why: the reason is read when the model is reviewed.")))
    if problems:
        raise Refused(problems)
    _fix(act, model, record, tier, until)
    _note(act, model, record, "override", {"tier": tier, "until": None if until is None else until.isoformat(), "reason": reason.strip()})
    _follow(act, model, rate(act, model_key, [record]))


def lift_override(act: Act, model_key: str, record: int) -> None:
    """Ends an override now; the computed tier returns."""
    model = compile(act.catalogue, model_key)
    require(act.person, "edit", model.form, record)
    act.connection.execute(
        tier_state.update()
        .where(tier_state.c.model == model.number, tier_state.c.record == record, tier_state.c.fixed.is_not(None))
        .values(fixed_until=act.day - 1)
    )
    _note(act, model, record, "lift_override", {})
    _follow(act, model, rate(act, model_key, [record]))


def accept_demotion(act: Act, model_key: str, record: int) -> bool:
    """Lets a proposed step down happen; False when nothing is proposed any more."""
    model = compile(act.catalogue, model_key)
    require(act.person, "edit", model.form, record)
    waiting = sa.select(tier_state.c.proposed).where(tier_state.c.model == model.number, tier_state.c.record == record)
    cuts = stored_cuts(act, model)
    if act.connection.execute(waiting).scalar() is None or cuts is None:
        return False
    free = replace(model, rules=replace(model.rules, propose=False))
    moved = ratings(act, free, {record}, cuts, model.day(act.day)).write(act.source)
    _note(act, model, record, "accept_demotion", {})
    _follow(act, model, moved)
    return bool(moved)


def _living(act: Act, model: CompiledModel, record: int) -> None:
    main = tables_of(act.catalogue)[model.form].main
    if act.connection.execute(sa.select(main.c.id).where(main.c.id == record, main.c.deleted_at.is_(None))).first() is None:
        raise NotFound(_("This record does not exist, or it is in the trash."))


def _fix(act: Act, model: CompiledModel, record: int, tier: str, until: date | None) -> None:
    values = {"fixed": tier, "fixed_until": None if until is None else clock.to_day(until)}
    changed = act.connection.execute(
        tier_state.update().where(tier_state.c.model == model.number, tier_state.c.record == record).values(values)
    )
    if not changed.rowcount:
        act.connection.execute(
            tier_state.insert().values(model=model.number, record=record, version=model.version, as_of=act.day, at=act.micros, **values)
        )


def _note(act: Act, model: CompiledModel, record: int, what: str, details: dict[str, str | None]) -> None:
    audit.note(act, what, f"tier_model:{model.model.key}", record=record, **details)


def _follow(act: Act, model: CompiledModel, moved: list[int]) -> None:
    """Brings what reads the tier up to date."""
    if moved:
        changes = Changes(act.source)
        touch_tier(act, model.model, changes, moved)
        derive_all(act, changes)
