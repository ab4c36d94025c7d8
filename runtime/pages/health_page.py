"""/admin/health: what waits, what failed and what stands still, how much room there is, and which versions run."""

from __future__ import annotations

import json
import platform
import shutil
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import version
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template

from runtime.automation import lanes, log, tending
from runtime.definitions.automation import Automation
from runtime.pages.jobs import NAMES
from runtime.pages.web import builder_only, reader, reading, workspace
from runtime.system import clock, upgrade, waiting
from runtime.system.tables import automation_run, job
from runtime.system.workspace import Act
from runtime.texts import Message, _, shown

blueprint = Blueprint("health_page", __name__, url_prefix="/admin/health")

LATELY = timedelta(days=7)
LEAST_FREE = 500 * 1024 * 1024
LINES = 10
LANES = {
    lanes.INTERACTIVE: _("Runs due now"),
    lanes.BULK: _("Runs due now, in bulk"),
    lanes.OUTSIDE: _("Calls outside due now"),
    lanes.OUTSIDE + lanes.BULK: _("Calls outside due now, in bulk"),
}
Row = dict[str, Any]


@dataclass(frozen=True)
class Tile:
    """One figure; `tone` is care or bad where somebody should look."""

    label: Message
    value: str
    note: Message | None = None
    tone: str | None = None


@blueprint.get("")
@builder_only
def show() -> str:
    with reading() as act:
        return render_template(
            "health.html",
            tiles=[_events(act), _deriving(act), *_jobs(act), *_runs(act), _disk()],
            failed=_failed(act),
            failing=_failing(act),
            paused=_paused(act),
            switched_off=_switched_off(act),
            versions=_versions(act),
        )


def _events(act: Act) -> Tile:
    count, oldest = waiting.events(act.connection)
    age = act.now - (clock.from_micros(oldest) or act.now)
    if not count:
        return Tile(_("Events waiting"), "0", _("Automations have seen everything."))
    minutes = int(age.total_seconds() // 60)
    if age > waiting.SLOW:
        return Tile(_("Events waiting"), f"{count:,}", _("The oldest for {n} minutes. Is a worker running?", n=minutes), "bad")
    return Tile(_("Events waiting"), f"{count:,}", _("The oldest for less than {n} minutes.", n=minutes + 1))


def _deriving(act: Act) -> Tile:
    return Tile(_("Records to work out"), f"{waiting.records(act.connection):,}", _("Formulas and tiers that follow from changes."))


def _jobs(act: Act) -> list[Tile]:
    states = sa.select(job.c.state, sa.func.count(), sa.func.min(job.c.created_at)).where(_open_or_fresh(act, job)).group_by(job.c.state)
    found = {state: (count, since) for state, count, since in act.connection.execute(states)}
    count, since = found.get("waiting", (0, None))
    slow = act.now - (clock.from_micros(since) or act.now) > waiting.SLOW
    return [
        Tile(_("Long work running"), f"{found.get('running', (0,))[0]:,}"),
        Tile(_("Long work waiting"), f"{count:,}", _("Is a worker running?") if slow else None, "bad" if slow else None),
        _trouble(_("Long work failed"), found.get("failed", (0,))[0]),
    ]


def _runs(act: Act) -> list[Tile]:
    states = sa.select(automation_run.c.state, sa.func.count()).where(_open_or_fresh(act, automation_run)).group_by(automation_run.c.state)
    found = {state: count for state, count in act.connection.execute(states)}
    return [
        *(_lane(act, lane, label) for lane, label in LANES.items()),
        Tile(_("Runs that wait for their time"), f"{_not_due(act):,}", _("for a day, an answer or another try")),
        Tile(
            _("Runs put aside"), f"{found.get('paused', 0) + found.get('queued', 0):,}", _("paused, or behind an older run of their record")
        ),
        _trouble(_("Runs of automations failed"), found.get("failed", 0)),
    ]


def _lane(act: Act, lane: int, label: Message) -> Tile:
    """Runs of a lane that are due and not taken up, and for how long the oldest has been."""
    run = automation_run.c
    due = (run.lane == lane, run.state.in_(("waiting", "running")), run.due_at <= act.micros)
    count, since = act.connection.execute(sa.select(sa.func.count(), sa.func.min(run.due_at)).where(*due)).one()
    age = act.now - (clock.from_micros(since) or act.now)
    if not count:
        return Tile(label, "0")
    slow = age > waiting.SLOW
    said = _("The oldest for {n} minutes. Is a worker running?", n=int(age.total_seconds() // 60)) if slow else None
    return Tile(label, f"{count:,}", said, "bad" if slow else None)


def _not_due(act: Act) -> int:
    run = automation_run.c
    later = sa.select(sa.func.count()).where(run.state.in_(("waiting", "running")), run.due_at > act.micros)
    return act.connection.execute(later).scalar() or 0


def _trouble(label: Message, number: int) -> Tile:
    return Tile(label, f"{number:,}", _("in the last {n} days", n=LATELY.days), "care" if number else None)


def _open_or_fresh(act: Act, table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.or_(table.c.finished_at.is_(None), table.c.finished_at >= clock.to_micros(act.now - LATELY))


def _disk() -> Tile:
    free = shutil.disk_usage(workspace().settings.data_dir).free
    said = _("Make room where the data folder is.") if free < LEAST_FREE else _("free where the data folder is")
    return Tile(_("Disk"), f"{free / 1024**3:,.1f} GB", said, "bad" if free < LEAST_FREE else None)


def _failed(act: Act) -> list[Row]:
    """The last long work that failed, with why."""
    lately = sa.and_(job.c.state == "failed", job.c.finished_at >= clock.to_micros(act.now - LATELY))
    rows = act.connection.execute(sa.select(job).where(lately).order_by(job.c.id.desc()).limit(LINES))
    return [
        {
            "what": NAMES.get(row.kind, row.kind),
            "at": clock.from_micros(row.finished_at),
            "why": shown(json.loads(row.message), reader().language) if row.message else "",
        }
        for row in rows
    ]


def _failing(act: Act) -> list[Row]:
    """Automations that are broken, and those with runs that failed lately, the most first, with the way to these runs."""
    broken, counts = log.broken(act), log.summaries(act)
    found: list[Row] = [
        {
            "label": each.label,
            "failed": counts[key].failed if key in counts else 0,
            "why": reader().say(broken[key][0].message) if key in broken else "",
            "href": f"/apps/{each.app}/-/runs?automation={key}&state=failed" if each.app else "",
        }
        for key, each in act.catalogue.automations.items()
    ]
    return sorted((each for each in found if each["failed"] or each["why"]), key=lambda each: (not each["why"], -each["failed"]))[:LINES]


def _paused(act: Act) -> list[Row]:
    """Automations that are paused, with since when and why, the latest first."""
    paused = sorted(tending.paused(act).items(), key=lambda each: str(each[1].at), reverse=True)
    return [
        {
            **_line(act.catalogue.automations[key]),
            "key": key,
            "app": act.catalogue.automations[key].app,
            "paused_at": pause.at,
            "why": shown(pause.reason, reader().language) if pause.reason else "",
        }
        for key, pause in paused
    ]


def _switched_off(act: Act) -> list[Row]:
    paused = tending.paused(act)
    return [_line(each) for each in act.catalogue.automations.values() if not each.enabled and each.key not in paused]


def _line(automation: Automation) -> Row:
    href = f"/apps/{automation.app}/-/runs?automation={automation.key}" if automation.app else ""
    return {"label": automation.label, "href": href}


def _versions(act: Act) -> list[tuple[str, str]]:
    sqlite = act.connection.dialect.name == "sqlite"
    asked = "SELECT sqlite_version()" if sqlite else "SHOW server_version"
    return [
        ("Tierloom", version("tierloom")),
        ("SQLite" if sqlite else "PostgreSQL", str(act.connection.exec_driver_sql(asked).scalar())),
        ("Python", platform.python_version()),
        (reader().say(_("Tables")), upgrade.head()),
    ]
