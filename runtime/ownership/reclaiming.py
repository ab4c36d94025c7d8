"""Taking back what nobody looks after: every morning, by sets. Owners are told some days before; what was followed up meanwhile stays."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration import telling
from runtime.definitions.pool import Pool, Reclaim
from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import to_sql
from runtime.ownership import sharing
from runtime.ownership.pool import RECLAIMED, WARNED, note_events, owned_since, pool_of
from runtime.people.person import SYSTEM
from runtime.records.gateway import BatchRow, write_batch
from runtime.records.sources import Rows
from runtime.records.tables import tables_of
from runtime.system import clock, jobs
from runtime.system.sets import among
from runtime.system.tables import pool_event
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

KIND = "pool_reclaim"
TIDY = "shares_over"
AT = "06:00"
CHUNK = 5_000


@dataclass(frozen=True)
class Idle:
    """A record that nobody has looked after since `since`. `warned`: when its owner was told of it, after that day."""

    record: int
    owner: int
    since: date
    warned: date | None

    def goes_back(self, rules: Reclaim, today: date) -> date:
        """The day on which it returns to the pool if nothing happens."""
        after = self.since + timedelta(days=rules.after_days)
        told = self.warned or today
        return max(after, told + timedelta(days=rules.warn_days)) if rules.warn_days else after

    def is_due_for_warning(self, rules: Reclaim, today: date) -> bool:
        return bool(rules.warn_days) and self.warned is None and (today - self.since).days >= rules.after_days - rules.warn_days

    def is_due(self, rules: Reclaim, today: date) -> bool:
        return (self.warned is not None or not rules.warn_days) and self.goes_back(rules, today) <= today


def queue(act: Act, form: str) -> int:
    return jobs.start(act, KIND, {"form": form}, subject=f"form:{form}")


def run(workspace: Workspace, job: jobs.Job) -> dict[str, Any]:
    """The morning's look at one form."""
    return reclaim(workspace, job.payload["form"], job)


def tidy(workspace: Workspace, _job: jobs.Job) -> dict[str, Any]:
    with workspace.writing(SYSTEM, "schedule") as act:
        return {"shares": sharing.clean_up(act)}


def reclaim(workspace: Workspace, form: str, job: jobs.Job | None = None) -> dict[str, int]:
    """Warns and takes back; gives how many of each. A part of the records is one transaction, so it can be broken off and begun again."""
    warned = taken = after = 0
    while True:
        with workspace.writing(SYSTEM, "schedule") as act:
            pool = act.catalogue.forms[form].pool if form in act.catalogue.forms else None
            if pool is None or pool.reclaim is None:
                return {"warned": warned, "reclaimed": taken}
            found = _candidates(act, form, pool, after)
            idle = list(_idle(act, form, found))
            warned += _warn(act, form, pool.reclaim, [each for each in idle if each.is_due_for_warning(pool.reclaim, act.today)])
            taken += _take_back(act, form, pool, [each for each in idle if each.is_due(pool.reclaim, act.today)])
        if len(found) < CHUNK:
            return {"warned": warned, "reclaimed": taken}
        after = found[-1][0]
        if job is not None:
            job.progress(warned + taken)


def going_back(act: Act, form: str, person: int) -> dict[int, date]:
    """Which of somebody's records go back soon, and when."""
    rules = pool_of(act, form).reclaim
    if rules is None:
        return {}
    idle = _idle(act, form, _candidates(act, form, pool_of(act, form), 0, person))
    soon = act.today + timedelta(days=max(rules.warn_days, 1))
    found = {each.record: each.goes_back(rules, act.today) for each in idle}
    return {record: day for record, day in found.items() if day <= soon}


# -- finding --------------------------------------------------------------------------------------------------------------------------
def _candidates(act: Act, form: str, pool: Pool, after: int, person: int | None = None) -> list[tuple[int, int, int, date | None]]:
    """(record, owner, added at, last follow-up) of records that are owned, not exempt, and were not followed up of late."""
    rules = pool.reclaim
    assert rules is not None
    rows = Rows(act, form)
    owner = rows.source.stored(pool.owner)
    conditions: list[Any] = [owner.is_not(None) if person is None else owner == person, rows.id > after]
    if rules.exempt is not None:
        exempt = to_sql(formula(act.catalogue, form, rules.exempt, expect=("boolean",)), rows.source)
        conditions.append(sa.not_(sa.func.coalesce(exempt, sa.false())))
    followed, kind = sa.null(), None
    if rules.followed_up is not None:
        wanted = formula(act.catalogue, form, rules.followed_up, expect=("date", "datetime"))
        followed, kind = to_sql(wanted, rows.source), wanted.type.kind
        # an instant belongs to a day of the workspace's zone, which is looked at again below: here a day more is let through
        latest = act.day - (rules.after_days - rules.warn_days) + 1
        bound = latest if kind == "date" else clock.to_micros(clock.EPOCH + timedelta(days=latest + 1))
        conditions.append(sa.or_(followed.is_(None), followed <= bound))
    query = rows.select(rows.id, owner, rows.table.c.created_at, followed).where(*conditions).order_by(rows.id).limit(CHUNK)
    found = act.connection.execute(query, {"today": act.day, "now": act.micros})
    return [(record, owner, added, _as_day(act, last, kind)) for record, owner, added, last in found]


def _as_day(act: Act, stored: int | None, kind: str | None) -> date | None:
    if stored is None:
        return None
    if kind == "date":
        return clock.from_day(stored)
    at = clock.from_micros(stored)
    return None if at is None else at.astimezone(act.zone).date()


def _idle(act: Act, form: str, found: list[tuple[int, int, int, date | None]]) -> Iterator[Idle]:
    records = [record for record, *_rest in found]
    since, warned = owned_since(act, form, records), _warnings(act, form, records)
    for record, owner, added, followed in found:
        begun = since.get(record) or _as_day(act, added, "datetime")
        assert begun is not None
        last = max(begun, followed or begun)
        told = warned.get((record, owner))
        yield Idle(record, owner, last, told if told is not None and told > last else None)


def _warnings(act: Act, form: str, records: list[int]) -> dict[tuple[int, int], date]:
    own = pool_event.c
    query = sa.select(own.record, own.person, sa.func.max(own.day)).where(own.form == form, own.act == WARNED, among(own.record, records))
    found = act.connection.execute(query.group_by(own.record, own.person))
    return {(record, person): clock.from_day(day) for record, person, day in found}  # type: ignore[misc]


# -- acting ---------------------------------------------------------------------------------------------------------------------------
def _warn(act: Act, form: str, rules: Reclaim, idle: list[Idle]) -> int:
    note_events(act, form, WARNED, [(each.record, each.owner) for each in idle])
    for owner, its in _by_owner(idle).items():
        about = (form, its[0].record) if len(its) == 1 else None
        day = min(each.goes_back(rules, act.today) for each in its)
        if about is not None:
            subject = _("{record} goes back to the pool on {day} unless it is followed up", record=telling.title_of(act, *about), day=day)
        else:
            subject = _(
                "{count} records of {form} go back to the pool from {day} on unless they are followed up",
                count=len(its),
                form=act.catalogue.forms[form].label,
                day=day,
            )
        _tell(act, form, owner, subject, about, "warned")
    return len(idle)


def _take_back(act: Act, form: str, pool: Pool, idle: list[Idle]) -> int:
    idle = _still(act, form, pool, idle)
    if not idle:
        return 0
    result = write_batch(act, form, [BatchRow({pool.owner: None}, each.record) for each in idle])
    done = [each for each, problems in zip(idle, result.problems, strict=True) if not problems]
    note_events(act, form, RECLAIMED, [(each.record, each.owner) for each in done])
    for owner, its in _by_owner(done).items():
        label = act.catalogue.forms[form].label
        one, several = (
            _("1 record of {form} went back to the pool", form=label),
            _("{count} records of {form} went back to the pool", count=len(its), form=label),
        )
        _tell(act, form, owner, one if len(its) == 1 else several, None, "reclaimed")
    return len(done)


def _still(act: Act, form: str, pool: Pool, idle: list[Idle]) -> list[Idle]:
    """Those that nobody has given to somebody else since they were looked for; from here on nobody can."""
    built = tables_of(act.catalogue)[form]
    locked = sa.select(built.main.c.id, built.column(pool.owner)).where(among(built.main.c.id, [each.record for each in idle]))
    owners = dict(act.connection.execute(locked.order_by(built.main.c.id).with_for_update()).all()) if idle else {}
    return [each for each in idle if owners.get(each.record) == each.owner]


def _by_owner(idle: list[Idle]) -> dict[int, list[Idle]]:
    found: dict[int, list[Idle]] = defaultdict(list)
    for each in idle:
        found[each.owner].append(each)
    return found


def _tell(act: Act, form: str, owner: int, subject: Message, about: tuple[str, int] | None, what: str) -> None:
    page = telling.page_of(act, form, 0)
    link = None if page is None else f"/apps/{page.split('/')[2]}/-/pool/{form}?tab=mine"
    telling.tell(act, "ownership", [owner], subject, "", about, f"pool:{what}:{form}:{act.micros}", None if about else link)
