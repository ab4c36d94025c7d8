"""Whether a run begins: in whose name, under which condition, and not too many a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation import modes
from runtime.automation.doing import Doing
from runtime.automation.listening import author_of, problems_of
from runtime.automation.run_rows import finish
from runtime.collaboration import telling
from runtime.definitions.automation import Automation
from runtime.effect.assignment import is_held_out
from runtime.errors import NotFound, TierloomError
from runtime.people.accounts import builders, by_id, named
from runtime.people.may import may
from runtime.people.person import SYSTEM, Person
from runtime.system.prepared import prepared
from runtime.system.tables import automation_run as table
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MINUTE = 60_000_000
WORKERS_AT_MOST = 64
_RECENT = (
    sa.select(table.c.started_at)
    .where(table.c.automation == sa.bindparam("automation"), table.c.started_at.between(sa.bindparam("since"), sa.bindparam("now")))
    .order_by(table.c.started_at.desc())
    .limit(1)
    .offset(sa.bindparam("but"))
)
"""When the run began that was the so-many-and-first last."""


def owner_of(act: Act, automation: Automation, version: int) -> Person | None:
    """With whose rights it reads and writes: its owner's, else those of whoever published that version. None when that person has left.

    What somebody who may everything has published without naming an owner writes as the system.
    """
    if automation.owner is not None:
        try:
            person = named(act.connection, automation.owner.removeprefix("user:"))
        except NotFound:
            return None
        return person if person.active else None
    author = author_of(act, automation.key, version)
    if not author:
        return SYSTEM
    publisher = by_id(act.connection, author)
    if publisher is None or not publisher.active:
        return None
    return SYSTEM if publisher.is_builder else publisher


def in_whose_name(act: Act, automation: Automation, version: int) -> str:
    """The owner as people know them, whether or not they are still here."""
    if automation.owner is not None:
        return automation.owner.removeprefix("user:")
    author = author_of(act, automation.key, version)
    publisher = by_id(act.connection, author) if author else None
    return publisher.email if publisher is not None else SYSTEM.name


def tell_that_it_stands_still(act: Act, automation: Automation, owner: str) -> None:
    """Once a day, to those who build."""
    app = automation.app or next(iter(act.catalogue.apps), None)
    link = None if app is None else f"/apps/{app}/-/runs?automation={automation.key}"
    subject = _(
        "“{automation}” stands still: {owner}, in whose name it runs, is not active any more", automation=automation.label, owner=owner
    )
    telling.tell(
        act, "automation", [each.id for each in builders(act.connection)], subject, "", None, f"still:{automation.key}:{act.day}", link
    )


def starts(act: Act, row: Any, automation: Automation) -> Doing | None:
    """What decided that the run really begins now; None when it is skipped, stopped, failed or put off, and the log says why."""
    current = act.catalogue.automations.get(row.automation)
    if current is None or not current.enabled:
        finish(act, row, "stopped", _("The automation has been switched off."))
        return None
    wrong = problems_of(current, act.catalogue)
    if wrong:
        finish(act, row, "stopped", _("The automation is broken: {problem}", problem=wrong[0].message))
        return None
    if automation.mode == "queued" and not modes.is_turn_of(act, row):
        return None
    doing = Doing(act.workspace, row, automation, given_act=act)
    if getattr(row, "records", None) is None:
        ends = left_out(doing)
        if ends is not None:
            finish(act, row, *ends)
            return None
    if _is_too_fast(act, row, automation):
        return None
    if automation.mode in ("single", "restart"):
        refused = modes.refusal(act, row, automation.mode)
        if refused is not None:
            finish(act, row, *refused)
            return None
    return doing


def left_out(doing: Doing) -> tuple[str, Message] | None:
    """Why the automation does nothing for the run's record, if it does nothing: the state in which the run ends, and the reason."""
    row, act, automation = doing.run, doing.act, doing.automation
    if row.record is not None:
        found = doing.read()
        if found is None or not (doing.trigger.of_deleted or found.deleted_at is None):
            return "skipped", _("The record has been deleted.")
        if not may(act.person, "view", row.form, row.record):
            return "skipped", _("{owner}, in whose name it runs, may not see this record.", owner=act.person.name)
        doing.record = found
    try:
        if not doing.trigger.begins(doing):
            return "skipped", _("The condition of its trigger did not become true.")
        if automation.when is not None and not doing.holds(automation.when):
            return "skipped", _("Its condition did not hold.")
    except TierloomError as error:
        return "failed", _("Its condition cannot be worked out: {reason}", reason=error.message)
    if is_held_out(automation, row.record):
        return "held_out", _("Held out: for this group it does nothing, so that its effect can be told.")
    return None


def _is_too_fast(act: Act, row: sa.Row[Any], automation: Automation) -> bool:
    """Keeps to `runs_per_minute`: all that wait are put off, in their order, until a minute after the run that filled the limit."""
    limit = automation.limit.runs_per_minute
    recent = prepared(act.catalogue.memo, "automation.recent", act.connection.dialect, lambda: _RECENT)
    asked = {"automation": row.automation, "since": act.micros - MINUTE + 1, "now": act.micros}
    if act.connection.dialect.name == "postgresql":
        if recent.scalar(act.connection, {**asked, "but": max(0, limit - WORKERS_AT_MOST)}) is None:
            return False  # far from the limit, whatever the other workers are about to begin
        act.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"automation {row.automation}"))))
    filled = recent.scalar(act.connection, {**asked, "but": limit - 1})
    if filled is None:
        return False
    free_at = filled + MINUTE
    act.connection.execute(
        table.update()
        .where(table.c.automation == row.automation, table.c.state == "waiting", table.c.started_at.is_(None), table.c.due_at < free_at)
        .values(due_at=free_at)
    )
    return True
