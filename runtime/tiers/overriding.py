"""A tier set by hand: with a reason, a last day, and the name of who decided. Who may is said in stewards.py."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.errors import NotFound, Problem, Refused
from runtime.records.changes import Changes
from runtime.records.derived import derive_all
from runtime.records.tables import tables_of
from runtime.system import audit, clock
from runtime.system.tables import tier_state
from runtime.texts import _
from runtime.tiers import overrides
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.rating import rate, touch_tier
from runtime.tiers.stewards import require_decide

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LONGEST = 1000


def override(act: Act, model_key: str, record: int, tier: str, reason: str, until: date | None = None, asked_by: int | None = None) -> int:
    """Sets a record's tier by hand up to and including a day (without one: until it is lifted); gives the number of the override. The computed
    tier returns by itself afterwards. `asked_by`: whose objection it answers.

    Raises NotAllowed, NotFound, or Refused with the path of what is wrong: tier, until or reason.
    """
    model = compile(act.catalogue, model_key)
    living(act, model, record)
    require_decide(act, model.model, record)
    problems = [*tier_problems(model, tier), *day_problems(act, until), *reason_problems(reason)]
    if problems:
        raise Refused(problems)
    last = None if until is None else clock.to_day(until)
    before = _fix(act, model, record, tier, last)
    who = act.person.id if asked_by is None else asked_by
    number = overrides.begin(act, model.number, record, tier, before, reason.strip(), last, who)
    asked = {} if asked_by is None else {"asked_by": asked_by}
    note(
        act, model, "override", record=record, tier=tier, until=None if until is None else until.isoformat(), reason=reason.strip(), **asked
    )
    follow(act, model, rate(act, model_key, [record]))
    return number


def lift_override(act: Act, model_key: str, record: int) -> bool:
    """Ends an override now; the computed tier returns. False where there is none."""
    model = compile(act.catalogue, model_key)
    require_decide(act, model.model, record)
    changed = act.connection.execute(
        tier_state.update()
        .where(tier_state.c.model == model.number, tier_state.c.record == record, tier_state.c.fixed.is_not(None))
        .values(fixed_until=act.day - 1)
    )
    if not changed.rowcount:
        return False
    overrides.end(act, model.number, [record], "lifted")
    note(act, model, "lift_override", record=record)
    follow(act, model, rate(act, model_key, [record]))
    return True


# -- what others check and do too ---------------------------------------------------------------------------------------------------
def tier_problems(model: CompiledModel, tier: str) -> list[Problem]:
    return [] if tier in model.rules.ranks else [Problem("tier", _("This model has no tier with the key {key}.", key=tier))]


def day_problems(act: Act, until: date | None) -> list[Problem]:
    over = until is not None and until < act.today
    return [Problem("until", _("This day is over. Choose today or a later day."))] if over else []


def reason_problems(reason: str, path: str = "reason") -> list[Problem]:
    if not reason.strip():
        return [Problem(path, _("Say why: the reason is read when the model is reviewed."))]
    return [Problem(path, _("At most {most} characters.", most=LONGEST))] if len(reason) > LONGEST else []


def living(act: Act, model: CompiledModel, record: int) -> None:
    main = tables_of(act.catalogue)[model.form].main
    if act.connection.execute(sa.select(main.c.id).where(main.c.id == record, main.c.deleted_at.is_(None))).first() is None:
        raise NotFound(_("This record does not exist, or it is in the trash."))


def note(act: Act, model: CompiledModel, what: str, **details: object) -> None:
    audit.note(act, what, f"tier_model:{model.model.key}", **details)


def follow(act: Act, model: CompiledModel, moved: list[int]) -> None:
    """Brings what reads the tier up to date."""
    if moved:
        changes = Changes(act.source)
        touch_tier(act, model.model, changes, moved)
        derive_all(act, changes)


def _fix(act: Act, model: CompiledModel, record: int, tier: str, until: int | None) -> str | None:
    """Writes the tier beside the state; gives the tier that the record had."""
    mine = (tier_state.c.model == model.number, tier_state.c.record == record)
    had = act.connection.execute(sa.select(tier_state.c.tier).where(*mine)).first()
    values = {"fixed": tier, "fixed_until": until}
    if had is None:
        act.connection.execute(
            tier_state.insert().values(model=model.number, record=record, version=model.version, as_of=act.day, at=act.micros, **values)
        )
        return None
    act.connection.execute(tier_state.update().where(*mine).values(values))
    return had.tier
