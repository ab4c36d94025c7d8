"""What the kept members say: how many there are and were, who came and went, what two segments have in common.

Everything is counted among the records that the asking person sees; rows of deleted records count for the days before they went.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.people.may import may
from runtime.records import query
from runtime.records.guard import seen_ids
from runtime.records.tables import tables_of
from runtime.segments.members import KEPT, number_of
from runtime.system import clock
from runtime.system.tables import segment_member, segment_state

if TYPE_CHECKING:
    from runtime.definitions.segment import Segment
    from runtime.system.workspace import Act

MONTH, DAY = 30, 86_400_000_000
BUCKET = 900_000_000
"""A quarter of an hour in microseconds: every zone's midnight is the beginning of one."""
LISTED = 10


@dataclass(frozen=True)
class Count:
    """`members` now. Of a segment whose members are not kept (`kept` false) they are counted by its rule, no further than `COUNTED` + 1, and
    there is no past. `change`: against 30 days ago, or against the beginning (`began`) if that is later."""

    members: int
    kept: bool
    state: str | None = None
    began: datetime | None = None
    at: datetime | None = None
    took: int | None = None
    entered: int = 0
    left: int = 0

    @property
    def change(self) -> int:
        return self.entered - self.left

    @property
    def bounded(self) -> bool:
        """Whether there are more than were counted."""
        return not self.kept and self.members > query.COUNTED


@dataclass(frozen=True)
class Move:
    """Somebody came or went."""

    record: int
    at: datetime
    source: str | None


@dataclass(frozen=True)
class Overlap:
    """What another segment of the form has in common with one: `both` have it; of both together and of this one that is a share."""

    segment: Segment
    members: int
    both: int
    share: float
    jaccard: float


def seen_segments(act: Act) -> list[Segment]:
    """The segments of forms that the person may see."""
    return [
        each for each in act.catalogue.segments.values() if each.form in tables_of(act.catalogue) and may(act.person, "view", each.form)
    ]


def asked(segment: Segment) -> str:
    """The formula that holds for the members."""
    return f"IN_SEGMENT('{segment.key}')"


# -- how many -------------------------------------------------------------------------------------------------------------------------
def counts(act: Act, segments: Iterable[Segment]) -> dict[str, Count]:
    """How many belong to each, and how that changed; a few statements for each form, and one more for a segment that is not kept."""
    by_form: dict[str, list[Segment]] = {}
    for each in segments:
        by_form.setdefault(each.form, []).append(each)
    return {key: count for form, some in by_form.items() for key, count in _counts_of(act, form, some).items()}


def count(act: Act, segment: Segment) -> Count:
    return counts(act, [segment])[segment.key]


def _counts_of(act: Act, form: str, segments: list[Segment]) -> dict[str, Count]:
    numbers = {each.key: number_of(act.catalogue, each.key) for each in segments}
    states = {
        row.segment: row for row in act.connection.execute(sa.select(segment_state).where(segment_state.c.segment.in_(numbers.values())))
    }
    kept = [numbers[each.key] for each in segments if _is_kept(states.get(numbers[each.key]))]
    member, month = segment_member.c, act.micros - MONTH * DAY
    present = _grouped(act, form, kept, member.until.is_(None))
    entered = _grouped(act, form, kept, member.since > month, member.came_by.is_not(None))
    left = _grouped(act, form, kept, member.until > month)
    return {each.key: _count(act, each, states.get(numbers[each.key]), numbers[each.key], present, entered, left) for each in segments}


def _is_kept(state: Any) -> bool:
    return state is not None and state.state == KEPT


def _count(
    act: Act, segment: Segment, state: Any, number: int, present: dict[int, int], entered: dict[int, int], left: dict[int, int]
) -> Count:
    if not _is_kept(state):
        return Count(query.count(act, segment.form, trusted=[asked(segment)]), False, state.state if state is not None else None)
    began, at = clock.from_micros(state.began), clock.from_micros(state.at)
    return Count(present.get(number, 0), True, KEPT, began, at, state.took, entered.get(number, 0), left.get(number, 0))


def _grouped(act: Act, form: str, numbers: list[int], *conditions: Any) -> dict[int, int]:
    if not numbers:
        return {}
    member = segment_member.c
    query = sa.select(member.segment, sa.func.count()).where(member.segment.in_(numbers), *conditions, *_seen(act, form, member.record))
    return dict(act.connection.execute(query.group_by(member.segment), _now(act)).all())  # type: ignore[arg-type]


def _seen(act: Act, form: str, record: Any) -> list[Any]:
    """Conditions under which the person sees the record."""
    seen = seen_ids(act, form)
    return [] if seen is None else [record.in_(seen)]


def _now(act: Act) -> dict[str, int]:
    """What the conditions of rights are asked of."""
    return {"today": act.day, "now": act.micros}


# -- over time ------------------------------------------------------------------------------------------------------------------------
def line(act: Act, segment: Segment, count: Count, days: int) -> list[tuple[date, int]]:
    """How many belonged to it at the end of each day, up to now; from the day on which keeping began."""
    if count.began is None:
        return []
    first = max(count.began.astimezone(act.zone).date(), act.today - timedelta(days=days - 1))
    ends = [first + timedelta(days=number) for number in range((act.today - first).days + 1)]
    member = segment_member.c
    entered = _buckets(act, segment, member.since, first)
    left = _buckets(act, segment, member.until, first)
    found, members = [], count.members
    for day in reversed(ends):
        found.append((day, members))
        start = clock.to_micros(datetime.combine(day, time(), act.zone)) // BUCKET
        members += sum(left.pop(bucket) for bucket in [each for each in left if each >= start])
        members -= sum(entered.pop(bucket) for bucket in [each for each in entered if each >= start])
    return found[::-1]


def _buckets(act: Act, segment: Segment, column: Any, first: date) -> dict[int, int]:
    """How many rows have their time in each quarter of an hour since the beginning of a day."""
    member, start = segment_member.c, clock.to_micros(datetime.combine(first, time(), act.zone))
    bucket = column // sa.literal_column(str(BUCKET), sa.BigInteger)
    query = (
        sa.select(bucket, sa.func.count())
        .where(member.segment == number_of(act.catalogue, segment.key), column >= start, *_seen(act, segment.form, member.record))
        .group_by(bucket)
    )
    return dict(act.connection.execute(query, _now(act)).all())  # type: ignore[arg-type]


def entered(act: Act, segment: Segment, limit: int = LISTED) -> list[Move]:
    """Who came, the newest first; not those who belonged to it from the beginning."""
    member = segment_member.c
    return _moves(act, segment, member.since, member.came_by, member.came_by.is_not(None), limit)


def left(act: Act, segment: Segment, limit: int = LISTED) -> list[Move]:
    """Who went, the newest first."""
    member = segment_member.c
    return _moves(act, segment, member.until, member.left_by, member.until.is_not(None), limit)


def _moves(act: Act, segment: Segment, at: Any, source: Any, condition: Any, limit: int) -> list[Move]:
    member = segment_member.c
    query = (
        sa.select(member.record, at, source)
        .where(member.segment == number_of(act.catalogue, segment.key), condition, *_seen(act, segment.form, member.record))
        .order_by(at.desc(), member.record)
        .limit(limit)
    )
    return [Move(record, clock.EPOCH + micros * clock.MICROSECOND, by) for record, micros, by in act.connection.execute(query, _now(act))]


def page(act: Act, segment: Segment, after: int, limit: int) -> list[tuple[int, datetime | None]]:
    """Members in the order of their ids, with the time since which they belong to it if that is known."""
    if not count(act, segment).kept:
        rows = query.visible_rows(act, segment.form)
        asking = rows.select(rows.id).where(rows.source.segment(segment.key), rows.id > after).order_by(rows.id).limit(limit)
        return [(record, None) for record in act.connection.execute(asking, _now(act)).scalars()]
    member = segment_member.c
    mine = member.segment == number_of(act.catalogue, segment.key), member.until.is_(None), member.record > after
    listed = sa.select(member.record, member.since, member.came_by).where(*mine, *_seen(act, segment.form, member.record))
    found = act.connection.execute(listed.order_by(member.record).limit(limit), _now(act))
    return [(row.record, clock.from_micros(row.since) if row.came_by is not None else None) for row in found]


# -- two segments -----------------------------------------------------------------------------------------------------------------------
def both(act: Act, one: Segment, other: Segment, known: dict[str, Count]) -> int:
    """How many belong to two segments of a form."""
    if known[one.key].kept and known[other.key].kept:
        return _shared(act, one, [other]).get(number_of(act.catalogue, other.key), 0)
    return query.count(act, one.form, trusted=[asked(one), asked(other)])


def overlaps(act: Act, segment: Segment, known: dict[str, Count]) -> list[Overlap]:
    """The other kept segments of the form that have members in common with it, the nearest first. Overlap is Jaccard's."""
    others = [each for each in seen_segments(act) if each.form == segment.form and each.key != segment.key and known[each.key].kept]
    own = known[segment.key].members
    if not known[segment.key].kept or not own:
        return []
    shared = _shared(act, segment, others)
    found = []
    for each in others:
        common, members = shared.get(number_of(act.catalogue, each.key), 0), known[each.key].members
        if common:
            found.append(Overlap(each, members, common, common / own, common / (own + members - common)))
    return sorted(found, key=lambda each: (-each.jaccard, each.segment.key))


def _shared(act: Act, segment: Segment, others: list[Segment]) -> dict[int, int]:
    one, other = segment_member.alias(), segment_member.alias()
    same = sa.and_(other.c.record == one.c.record, other.c.until.is_(None))
    numbers = [number_of(act.catalogue, each.key) for each in others]
    query = (
        sa.select(other.c.segment, sa.func.count())
        .select_from(one.join(other, same))
        .where(one.c.segment == number_of(act.catalogue, segment.key), one.c.until.is_(None), other.c.segment.in_(numbers))
        .where(*_seen(act, segment.form, one.c.record))
        .group_by(other.c.segment)
    )
    return dict(act.connection.execute(query, _now(act)).all()) if numbers else {}  # type: ignore[arg-type]
