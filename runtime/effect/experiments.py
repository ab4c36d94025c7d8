"""What an automation with a held-out group has brought about: the same goal among those it treated and those it left alone.

A record enters the experiment with its first run whose condition held since the experiment began, treated or held out; it stays in its group
whatever becomes of the run (intention to treat). Its goal is looked at over the same number of days after the day of entry for everybody, and
only those count for whom these days are over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.automation import Automation
from runtime.definitions.effect import HoldOut
from runtime.effect.intervals import Difference, Sample, Verdict, of_means, of_shares, verdict
from runtime.effect.related import related_rows
from runtime.errors import NotFound
from runtime.formulas import sql_pieces, zones
from runtime.people.may import require
from runtime.system import clock
from runtime.system.tables import automation_run, definition, definition_version
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

HELD_OUT = "held_out"


@dataclass(frozen=True)
class Group:
    """`entered`: all that were ever in it; the sample is of those whose days are over."""

    entered: int
    sample: Sample


@dataclass(frozen=True)
class Outcome:
    """`shares`: in how many records the goal was reached; `means`: of the amounts, in whole units of money, where the goal is an amount.
    `main` is the one that the goal asks for, by which `verdict` is given."""

    automation: str
    hold_out: HoldOut
    since: datetime | None
    treated: Group
    held: Group
    shares: Difference | None
    means: Difference | None
    currency: str | None
    verdict: Verdict

    @property
    def main(self) -> Difference | None:
        return self.shares if self.hold_out.goal.amount is None else self.means

    @property
    def by_amount(self) -> bool:
        return self.hold_out.goal.amount is not None


def experiments(act: Act, app: str | None = None) -> list[Automation]:
    """The automations that hold some records out."""
    return [each for each in act.catalogue.automations.values() if each.hold_out is not None and (app is None or each.app in (None, app))]


def outcome(act: Act, key: str) -> Outcome:
    """Raises NotFound for an automation without an experiment. For those who build, as the run log is."""
    require(act.person, "build")
    automation = act.catalogue.automations.get(key)
    if automation is None or automation.hold_out is None:
        raise NotFound(_("This automation holds nobody out, so there is no experiment."))
    form = automation.trigger.form_key(act.catalogue)
    assert form is not None, "a definition in force holds records of a form out"
    version, since = _begun(act, key)
    treated, held = _groups(act, automation.hold_out, key, form, version)
    shares = of_shares(treated.sample, held.sample)
    means = of_means(treated.sample, held.sample) if automation.hold_out.goal.amount is not None else None
    field = automation.hold_out.goal.money(act.catalogue)
    main = shares if automation.hold_out.goal.amount is None else means
    return Outcome(
        key,
        automation.hold_out,
        clock.from_micros(since),
        treated,
        held,
        shares,
        means,
        field.formula_type().currency if field is not None else None,
        verdict(treated.sample, held.sample, main),
    )


def _begun(act: Act, key: str) -> tuple[int, int]:
    """The first version since which the experiment has been the same, and when it was published."""
    rows = act.connection.execute(
        sa.select(definition_version.c.version, definition_version.c.at, definition_version.c.body)
        .join(definition, definition.c.id == definition_version.c.definition)
        .where(definition.c.kind == "automation", definition.c.key == key)
        .where(definition_version.c.version <= act.catalogue.versions["automation", key])
        .order_by(definition_version.c.version.desc())
    )
    found, wanted = (0, act.micros), None
    for row in rows:
        this = json.loads(row.body).get("hold_out")
        wanted = wanted or this
        if this != wanted:
            break
        found = (row.version, row.at)
    return found


def _groups(act: Act, wanted: HoldOut, key: str, form: str, version: int) -> tuple[Group, Group]:
    """(treated, held out), in one statement."""
    days = wanted.goal.within_days
    units = _units(key, form, version)
    is_over = units.c.entered < act.micros - (days + 1) * sql_pieces.DAY_MICROS
    found = related_rows(act, wanted.goal, form, wanted.goal.amount)
    goal = (
        sa.select(found.of.label("record"), found.at.label("at"), found.amount.label("amount"))
        .select_from(found.from_clause())
        .where(*found.conditions)
        .subquery("goal")
    )
    if found.is_instant:
        start, end = units.c.entered, units.c.entered + days * sql_pieces.DAY_MICROS
    else:
        start = zones.day(units.c.entered, act.zone)
        end = start + days
    reached = sa.and_(goal.c.record == units.c.record, goal.c.at > start, goal.c.at <= end)
    amount = sa.func.coalesce(sa.func.sum(goal.c.amount), 0)
    each = (
        sa.select(
            units.c.held, sa.case((is_over, 1), else_=0).label("over"), sa.func.count(goal.c.at).label("count"), amount.label("amount")
        )
        .select_from(units.outerjoin(goal, reached))
        .group_by(units.c.record, units.c.held, units.c.entered)
        .subquery("each_record")
    )
    real, one = sa.cast(each.c.amount, sa.Float()), sa.literal_column("1")
    query = sa.select(
        each.c.held,
        sa.func.count(),
        sa.func.sum(each.c.over),
        sa.func.sum(sa.case((sa.and_(each.c.over == 1, each.c.count > 0), one), else_=sa.literal_column("0"))),
        sa.func.sum(sa.case((each.c.over == 1, real), else_=sa.literal_column("0.0"))),
        sa.func.sum(sa.case((each.c.over == 1, real * real), else_=sa.literal_column("0.0"))),
    ).group_by(each.c.held)
    unit = float(10**found.scale)
    groups = {
        bool(held): Group(all, Sample(int(over), int(yes), float(total) / unit, float(squares) / unit**2))
        for held, all, over, yes, total, squares in act.connection.execute(query, {"today": act.day, "now": act.micros})
    }
    return groups.get(False, Group(0, Sample(0))), groups.get(True, Group(0, Sample(0)))


def _units(key: str, form: str, version: int) -> Any:
    """Each record once, with the instant at which it entered and whether it was held out."""
    run = automation_run.c
    held = sa.case((run.state == HELD_OUT, 1), else_=0)
    return (
        sa.select(
            run.record, sa.func.min(sa.func.coalesce(run.started_at, run.finished_at)).label("entered"), sa.func.max(held).label("held")
        )
        .where(run.automation == key, run.form == form, run.version >= version, run.record.is_not(None))
        .where(sa.or_(run.started_at.is_not(None), run.state == HELD_OUT))
        .group_by(run.record)
        .subquery("units")
    )
