"""Whether customers are contacted as often as the service plan of their tier says.

The plan that held counts: that of the tier that the customer had on the day, as the model in force on that day said it. The time for a contact
begins on the day on which the tier (or its plan) begins, and anew with each contact; it is over after as many days as the plan says. So a new
customer, and one who has moved, has the whole time before them. A customer counts as due when they were contacted in the period or when such a
time was over in it, and the plan is kept with those of them for whom it never was.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.versions import SET_ASIDE
from runtime.effect.contacts import Contact, contacts_of
from runtime.effect.related import related_rows
from runtime.formulas import zones
from runtime.formulas.sql_pieces import BIG, whole
from runtime.people.may import may
from runtime.records.guard import guard_of, sees_all_of
from runtime.records.sources import Rows
from runtime.system import clock
from runtime.system.tables import definition_version, tier_history
from runtime.tiers.history_at import end_of
from runtime.tiers.seeing import of_seen_records, require_tiers
from runtime.tiers.worth import owner_field

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

LEAST, MOST = -3_000_000, 3_000_000
"""Days before and after all others."""


@dataclass(frozen=True)
class Kept:
    """`due`: customers; `kept`: those of them for whom no time ran out; `made`: contacts; `timely`: those made before it ran out; `overdue`:
    customers at the end of the last day; `longest`: days over the time, at the most."""

    due: int = 0
    kept: int = 0
    made: int = 0
    timely: int = 0
    overdue: int = 0
    longest: int = 0

    def __add__(self, other: Kept) -> Kept:
        sums = (self.due + other.due, self.kept + other.kept, self.made + other.made, self.timely + other.timely)
        return Kept(*sums, self.overdue + other.overdue, max(self.longest, other.longest))


@dataclass(frozen=True)
class Cadence:
    """`promised`: whether any plan says how often; `forms`: whose records count as contact; `hidden`: some of them the person may not see, so that
    more may have been done. `tiers`: from the best down, those with a plan; `owners`: None where the person may not see who looks after whom."""

    promised: bool
    forms: tuple[str, ...]
    hidden: bool
    tiers: tuple[tuple[str, Kept], ...] = ()
    owners: tuple[tuple[int | None, Kept], ...] | None = None

    @property
    def whole(self) -> Kept:
        return sum((each for _tier, each in self.tiers), Kept())


@dataclass(frozen=True)
class Overdue:
    """A customer whose time was over at the end of a day: since when nobody was in touch, and how many days too long. `contacted`: False where
    the days run from the beginning of the tier."""

    record: int
    tier: str
    every: int
    since: date
    contacted: bool
    days: int


@dataclass(frozen=True)
class Promise:
    """That customers of a tier are contacted every so many days, from a day on up to, not including, another."""

    tier: str
    every: int
    first: int
    end: int


def cadence(act: Act, model: TierModel, first: date, last: date) -> Cadence:
    """Of the customers that the person sees. Raises NotAllowed for whoever may not see their tiers."""
    require_tiers(act, model)
    promised = promises(act, model, first, last)
    found, shown = contacts_of(act.catalogue, model), seen_contacts(act, model)
    said = Cadence(bool(promised), tuple(dict.fromkeys(each.form for each in found)), _hidden(act, found))
    if not promised or not shown:
        return said
    each = _customers(act, model, promised, shown, first, last)
    own, count, total = each.c, sa.func.count(), sa.func.sum
    query = sa.select(
        own.tier,
        own.owner,
        total(own.due),
        total(own.due - own.missed),
        total(own.made),
        total(own.timely),
        total(own.open),
        sa.func.max(own.longest),
    ).group_by(own.tier, own.owner)
    tiers: dict[str, Kept] = defaultdict(Kept)
    owners: dict[int | None, Kept] = defaultdict(Kept)
    for tier, owner, *figures in act.connection.execute(query.having(count > 0), _today(act)):
        kept = Kept(*(int(value or 0) for value in figures))
        tiers[tier] += kept
        owners[owner] += kept
    return replace(said, tiers=tuple(_ranked(model, promised, tiers)), owners=_of_owners(act, model, owners))


def overdue(act: Act, model: TierModel, day: date, tier: str | None = None, skip: int = 0, limit: int = 50) -> tuple[list[Overdue], int]:
    """Those whose time was over at the end of a day, the longest first, and how many there are."""
    require_tiers(act, model)
    promised, shown = promises(act, model, day, day), seen_contacts(act, model)
    if not promised or not shown:
        return [], 0
    each = _customers(act, model, promised, shown, day, day)
    own = each.c
    wanted = [own.open == 1, *([own.tier == tier] if tier is not None else [])]
    total = act.connection.execute(sa.select(sa.func.count()).select_from(each).where(*wanted), _today(act)).scalar() or 0
    query = sa.select(each).where(*wanted).order_by(own.longest.desc(), own.record).limit(limit).offset(skip)
    return [_overdue(row, clock.to_day(day)) for row in act.connection.execute(query, _today(act))], total


def seen_contacts(act: Act, model: TierModel) -> list[Contact]:
    return [each for each in contacts_of(act.catalogue, model) if each.seen_by(act.person)]


def _overdue(row: Any, day: int) -> Overdue:
    since = clock.from_day(day - row.longest - row.every)
    assert since is not None
    return Overdue(row.record, row.tier, row.every, since, bool(row.contacted), row.longest)


def _hidden(act: Act, found: list[Contact]) -> bool:
    """Whether contacts may have been made that the person does not see."""
    return any(
        not each.seen_by(act.person)
        or not sees_all_of(act, each.form, [key for key in (each.reference, each.on, each.done) if key is not None])
        for each in found
    )


def _ranked(model: TierModel, promised: list[Promise], found: dict[str, Kept]) -> Iterator[tuple[str, Kept]]:
    keys = {each.tier for each in promised}
    order = [*(each.key for each in reversed(model.ranked)), *sorted(keys - set(model.by_key))]
    return ((key, found.get(key, Kept())) for key in order if key in keys)


def _of_owners(act: Act, model: TierModel, found: dict[int | None, Kept]) -> tuple[tuple[int | None, Kept], ...] | None:
    """Those with the most that is overdue first; customers whom nobody looks after last."""
    if _owner(act, model) is None:
        return None
    due = [(owner, each) for owner, each in found.items() if each.due]
    return tuple(sorted(due, key=lambda each: (each[0] is None, -each[1].overdue, each[1].kept - each[1].due, each[0] or 0)))


def _owner(act: Act, model: TierModel) -> str | None:
    key = owner_field(act.catalogue, model)
    stored = key is not None and act.catalogue.forms[model.form].by_key[key].stores == "column"
    return key if stored and may(act.person, "view", model.form, None, key) else None


def _today(act: Act) -> dict[str, int]:
    return {"today": act.day, "now": act.micros}


# -- what was promised when -----------------------------------------------------------------------------------------------------------
def promises(act: Act, model: TierModel, first: date, last: date) -> list[Promise]:
    """Those that held on a day of the period, by the versions of the model that were in force; the first one counts from the beginning."""
    row = definition_version.c
    published = (row.definition == act.catalogue.ids["tier_model", model.key], sa.or_(row.note.is_(None), row.note != str(SET_ASIDE)))
    begun: dict[str, tuple[int, int]] = {}
    found: list[Promise] = []
    for number, (body, at) in enumerate(act.connection.execute(sa.select(row.body, row.at).where(*published).order_by(row.version))):
        day = _day_of(act, at) if number else LEAST
        asked = _asked(json.loads(body))
        for tier in [tier for tier, (every, _first) in begun.items() if asked.get(tier) != every]:
            every, since = begun.pop(tier)
            found.append(Promise(tier, every, since, day))
        for tier, every in asked.items():
            begun.setdefault(tier, (every, day))
    found += [Promise(tier, every, since, MOST) for tier, (every, since) in begun.items()]
    begin, end = clock.to_day(first), clock.to_day(last)
    return [each for each in found if each.first <= end and each.end > max(begin, each.first)]


def _asked(body: dict[str, Any]) -> dict[str, int]:
    plans = body.get("plans") or {}
    return {tier: int(plan["contact_every_days"]) for tier, plan in plans.items() if plan.get("contact_every_days")}


def _day_of(act: Act, micros: int) -> int:
    at = clock.from_micros(micros)
    assert at is not None
    return clock.to_day(at.astimezone(act.zone).date())


# -- in SQL ---------------------------------------------------------------------------------------------------------------------------
def _customers(act: Act, model: TierModel, promised: list[Promise], shown: list[Contact], first: date, last: date) -> Any:
    """One row for each time that a customer was in a tier under a promise: what was due, made and missed from `first` to `last`."""
    held = _held(act, model, promised, first, last)
    made = _made(act, model, shown, last)
    begin, end = clock.to_day(first), clock.to_day(last)
    columns = [held.c[name] for name in ("record", "owner", "tier", "every", "begins", "ends")]
    during = sa.and_(made.c.record == held.c.record, made.c.day >= held.c.begins, made.c.day < held.c.ends)
    contacts = sa.select(*columns, made.c.day.label("day"), whole(0).label("is_end")).select_from(held.join(made, during))
    stop = sa.case((held.c.ends <= whole(end), held.c.ends), else_=whole(end))
    point = sa.union_all(contacts, sa.select(*columns, stop.label("day"), whole(1).label("is_end"))).subquery("point").c
    before = sa.func.lag(point.day).over(partition_by=[point.record, point.begins], order_by=[point.day, point.is_end])
    late = point.day - sa.func.coalesce(before, point.begins) - point.every
    spans = sa.select(point.record, point.owner, point.tier, point.every, point.begins, point.ends, point.day, point.is_end)
    each = (
        spans.add_columns(late.label("late"), sa.case((before.is_(None), whole(0)), else_=whole(1)).label("contacted")).subquery("span").c
    )
    inside, is_contact, is_late = each.day >= whole(begin), each.is_end == whole(0), each.late > whole(0)

    def ever(*conditions: Any, value: Any = None, otherwise: int = 0) -> Any:
        return sa.func.max(sa.case((sa.and_(*conditions), whole(1) if value is None else value), else_=whole(otherwise)))

    def count(*conditions: Any) -> Any:
        return sa.func.sum(sa.case((sa.and_(*conditions), whole(1)), else_=whole(0)))

    return (
        sa.select(
            each.record,
            each.owner,
            each.tier,
            each.every,
            ever(inside, sa.or_(is_contact, is_late)).label("due"),
            ever(inside, is_late).label("missed"),
            count(inside, is_contact).label("made"),
            count(inside, is_contact, ~is_late).label("timely"),
            ever(is_late, ~is_contact, each.ends > whole(end)).label("open"),
            ever(inside, is_late, value=each.late).label("longest"),
            ever(~is_contact, each.contacted == whole(1)).label("contacted"),
        )
        .group_by(each.record, each.owner, each.tier, each.every, each.begins)
        .subquery("customer_in_tier")
    )


def _held(act: Act, model: TierModel, promised: list[Promise], first: date, last: date) -> Any:
    """The times in which living customers had a tier while its plan said the same, by days: from `begins` up to, not including, `ends`."""
    rows, row = Rows(act, model.form, guard=guard_of(act)), tier_history.c
    key = _owner(act, model)
    owner = rows.source.field(key) if key is not None else sa.cast(sa.null(), BIG)
    said = sa.union_all(
        *(
            sa.select(sa.literal(each.tier, sa.Text()).label("tier"), whole(each.every).label("every"), *_ends(each.first, each.end))
            for each in promised
        )
    ).subquery("promise")
    from_, to = zones.day(row.valid_from, act.zone), sa.case((row.valid_to.is_(None), whole(MOST)), else_=zones.day(row.valid_to, act.zone))
    living = rows.select(rows.id.label("record"), owner.label("owner")).subquery("living").c
    before = end_of(act, first - timedelta(days=1))
    each = (
        sa.select(living.record, living.owner, said.c.tier, said.c.every)
        .add_columns(sa.case((from_ > said.c.first, from_), else_=said.c.first).label("begins"))
        .add_columns(sa.case((to < said.c.until, to), else_=said.c.until).label("ends"))
        .select_from(tier_history.join(said, said.c.tier == row.tier_to).join(living.record.table, living.record == row.record))
        .where(row.model == act.catalogue.ids["tier_model", model.key], row.valid_from < end_of(act, last))
        .where(sa.or_(row.valid_to.is_(None), row.valid_to >= before), *of_seen_records(act, model, row.record))
        .subquery("spell")
    )
    begin, end = clock.to_day(first), clock.to_day(last)
    during = (each.c.begins < each.c.ends, each.c.begins <= whole(end), each.c.ends > whole(begin))
    return sa.select(each).where(*during).cte("held")


def _ends(first: int, end: int) -> tuple[Any, Any]:
    return whole(first).label("first"), whole(end).label("until")


def _made(act: Act, model: TierModel, shown: list[Contact], last: date) -> Any:
    """Which customer was contacted on which day, up to the last one and not after today."""
    each = []
    for contact in shown:
        found = related_rows(act, contact.related, model.form, None)
        day = zones.day(found.at, act.zone) if found.is_instant else found.at
        ahead = (
            found.at >= whole(end_of(act, min(last, act.today)))
            if found.is_instant
            else found.at > whole(clock.to_day(min(last, act.today)))
        )
        query = sa.select(found.of.label("record"), day.label("day")).select_from(found.from_clause())
        each.append(query.where(*found.conditions, ~ahead))
    return sa.union_all(*each).cte("made")
