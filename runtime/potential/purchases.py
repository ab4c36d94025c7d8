"""The purchases of all records of a form, counted by the database: of each record only a handful of figures comes into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa

from runtime.definitions.potential import Potential, Purchases
from runtime.formulas import to_sql
from runtime.formulas.definitions import formula
from runtime.formulas.sql_pieces import DAY_MICROS, floored
from runtime.potential.buying import Summary
from runtime.records.sources import Rows
from runtime.records.tables import tables_of
from runtime.system import clock

if TYPE_CHECKING:
    from runtime.system.workspace import Act

Array = Any
Tick = Callable[[], None]
AT_ONCE = 20_000


@dataclass(frozen=True)
class Bought:
    """Purchases up to a day, one element a record that has any. Several purchases of a day are one; days on which more came back than was
    bought are none. `count` are such days, `first` and `last` day numbers; `valued` repeat days have a value above zero, `total` together."""

    records: Array
    count: Array
    first: Array
    last: Array
    valued: Array
    total: Array
    until: int

    def __len__(self) -> int:
        return len(self.records)

    @property
    def summary(self) -> Summary:
        return Summary.of_days(self.count - 1, self.last - self.first, self.until - self.first)

    @property
    def mean(self) -> Array:
        """The average value of a valued repeat purchase; 0 where there is none."""
        return np.divide(self.total, self.valued, out=np.zeros(len(self)), where=self.valued > 0)


def bought(act: Act, model: Potential, until: int, tick: Tick = lambda: None) -> Bought:
    """The purchases of all living records up to a day, by record."""
    rows = _rows(act, _days(act, model, None, until), tick)
    return Bought(*(rows[:, number] if number == 5 else rows[:, number].astype(np.int64) for number in range(6)), until=until)


def bought_between(act: Act, model: Potential, after: int, until: int, records: Array, tick: Tick = lambda: None) -> tuple[Array, Array]:
    """(days with a purchase, their value) after one day up to another, for each of the records in rising order."""
    rows = _rows(act, _days(act, model, after, until), tick)
    count, total = np.zeros(len(records)), np.zeros(len(records))
    found = rows[:, 0].astype(np.int64)
    place = np.searchsorted(records, found)
    known = (
        (place < len(records)) & (records[np.minimum(place, max(len(records) - 1, 0))] == found)
        if len(records)
        else np.zeros(len(found), bool)
    )
    count[place[known]], total[place[known]] = rows[known, 1], rows[known, 6]
    return count, total


def left_out(act: Act, model: Potential, until: int) -> dict[str, int]:
    """How many purchases do not count, by reason: `undated`, `later` than the day, `unknown` to whom."""
    parts = _Parts(act, model)
    nobody = parts.record.is_(None)
    columns = {"unknown": nobody, "undated": parts.day.is_(None), "later": parts.day > until}
    query = parts.rows.select(*[sa.func.sum(sa.case((each, 1), else_=0)) for each in columns.values()])
    found = act.connection.execute(parts.limited(query), {"today": act.day, "now": act.micros}).one()
    return {name: int(number) for name, number in zip(columns, found, strict=True) if number}


class _Parts:
    """What is read of a purchase: whose it is, its day, its value as a fraction, and which purchases count."""

    def __init__(self, act: Act, model: Potential):
        learn = model.learn
        assert isinstance(learn, Purchases)
        self.form, reference = act.catalogue.relations_to(model.form)[learn.relation]
        self.rows = Rows(act, self.form)
        source, fields = self.rows.source, self.rows.form.by_key
        self.record = source.field(reference)
        self.day = source.field(learn.date)
        if fields[learn.date].formula_type().kind == "datetime":
            self.day = _day_of(self.day, act.zone)
        self.value: Any = sa.literal_column("0.0", sa.Float)
        if learn.amount is not None:
            unit = float(10 ** fields[learn.amount].formula_type().scale)
            self.value = sa.func.coalesce(sa.cast(source.field(learn.amount), sa.Float), sa.literal_column("0.0", sa.Float)) / unit
        self.where = None if learn.where is None else to_sql(formula(act.catalogue, self.form, learn.where, expect=("boolean",)), source)

    def limited(self, query: Any) -> Any:
        return query if self.where is None else query.where(self.where)


def _day_of(instant: Any, zone: ZoneInfo) -> Any:
    """The day of an instant on the clocks of a zone: the database knows no zones, so it is told when they were changed."""
    shifts = _shifts(zone)
    steps = [(instant < sa.literal(until, sa.BigInteger()), sa.literal(shift, sa.BigInteger())) for until, shift in shifts[:-1]]
    last = sa.literal(shifts[-1][1], sa.BigInteger())
    return floored(instant + (sa.case(*steps, else_=last) if steps else last), DAY_MICROS)


@cache
def _shifts(zone: ZoneInfo) -> list[tuple[int, int]]:
    """(until when, by how many microseconds the clocks of a zone are ahead of UTC), from 2000 to 2040; earlier and later as at the ends."""
    found: list[tuple[int, int]] = []
    last = datetime(2000, 1, 1, tzinfo=UTC)
    while last.year < 2040:
        day = last + timedelta(days=1)
        if _ahead(last, zone) != _ahead(day, zone):
            hours = (last + timedelta(hours=each) for each in range(1, 25))
            changed = next(each for each in hours if _ahead(each, zone) != _ahead(last, zone))
            found.append((clock.to_micros(changed), _ahead(last, zone)))
        last = day
    return [*found, (clock.to_micros(last), _ahead(last, zone))]


def _ahead(instant: datetime, zone: ZoneInfo) -> int:
    return (instant.astimezone(zone).utcoffset() or timedelta()) // timedelta(microseconds=1)


def _days(act: Act, model: Potential, after: int | None, until: int) -> Any:
    """A statement: record, number of days with purchases, first, last, valued repeat days and their total, total of all days."""
    parts = _Parts(act, model)
    query = parts.rows.select(parts.record.label("record"), parts.day.label("day"), sa.func.sum(parts.value).label("value"))
    query = query.where(parts.record.is_not(None), parts.day <= sa.literal(until, sa.BigInteger()))
    if after is not None:
        query = query.where(parts.day > sa.literal(after, sa.BigInteger()))
    days = parts.limited(query).group_by(parts.record, parts.day).having(sa.func.sum(parts.value) >= 0).subquery("days")
    first = sa.func.min(days.c.day).over(partition_by=days.c.record).label("first")
    each = sa.select(days, first).subquery("each_day")
    row, owner = each.c, tables_of(act.catalogue)[model.form].main
    valued = sa.and_(row.day > row.first, row.value > 0)
    return (
        sa.select(
            row.record,
            sa.func.count(),
            sa.func.min(row.day),
            sa.func.max(row.day),
            sa.func.sum(sa.case((valued, 1), else_=0)),
            sa.func.sum(sa.case((valued, row.value), else_=0.0)),
            sa.func.sum(row.value),
        )
        .select_from(each.join(owner, owner.c.id == row.record))
        .where(owner.c.deleted_at.is_(None))
        .group_by(row.record)
        .order_by(row.record)
    )


def _rows(act: Act, query: Any, tick: Tick) -> Array:
    """The rows of a statement of numbers as a matrix, read in portions."""
    found = act.connection.execute(query, {"today": act.day, "now": act.micros})
    portions = list(_portions(found, tick))
    return np.concatenate(portions) if portions else np.zeros((0, 7))


def _portions(found: Any, tick: Tick) -> Iterator[Array]:
    for rows in found.partitions(AT_ONCE):
        tick()
        yield np.array([tuple(row) for row in rows], dtype=float)
