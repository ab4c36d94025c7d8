"""Values of a field that gets another type: read out of its old column, and written into the new one, which nobody sees yet.

`ahead` does it in blocks before the version is published; each block is a short transaction that also says how far it has come, so that
whoever takes the work up again, after a crash or a cancelled publication, goes on from there. `finish` does the rest while the version is
published: what was written meanwhile, or everything where nothing was done ahead. Until then the old column answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.field_type import FieldType, Lookup
from runtime.errors import TierloomError
from runtime.people.person import Person
from runtime.records.lookup import ActLookup
from runtime.records.tables import many_table
from runtime.system import clock, database
from runtime.system.database import to_json
from runtime.system.sets import among
from runtime.system.tables import column_conversion as table

if TYPE_CHECKING:
    from runtime.records.schema_changes import Converted
    from runtime.system.workspace import Act, Workspace

BLOCK = 2_000
MARGIN = 600_000_000
"""A record that was written by an act older than this, in microseconds, was committed before the work began."""
SAMPLES = 5
LONGEST = 60
Report = tuple[int, int, list[str]]
"""How many values were taken over, how many did not fit, and some of these."""


@dataclass(frozen=True)
class Work:
    """The columns of one conversion. `main` is the form's table; `rows` whether the values stand in rows of a sub-form."""

    old: FieldType
    new: FieldType
    main: sa.Table
    held: sa.Table
    source: int
    target: int
    rows: bool

    @property
    def settings(self) -> str:
        """What was converted to what: with other settings it begins anew."""
        return to_json([each.model_dump(mode="json", exclude={"label", "help", "formerly", "key"}) for each in (self.old, self.new)])

    def converted(self, stored: Any, lookup: Lookup) -> tuple[bool, Any]:
        """Whether a value fits its new type, and how it is stored then."""
        return fits(self.old, self.new, stored, lookup)

    def count(self, connection: sa.Connection, after: int) -> int:
        """How many values stand behind a place."""
        source = self.held.c[f"f_{self.source}"]
        return connection.execute(sa.select(sa.func.count()).where(self.held.c.id > after, source.is_not(None))).scalar_one()

    def read(self, connection: sa.Connection, after: int) -> list[tuple[int, Any]]:
        """(number, value) of the next values behind a place, at most a block."""
        source = self.held.c[f"f_{self.source}"]
        query = sa.select(self.held.c.id, source).where(self.held.c.id > after, source.is_not(None))
        return [(row[0], row[1]) for row in connection.execute(query.order_by(self.held.c.id).limit(BLOCK))]

    def written(self, connection: sa.Connection, until: int, since: int) -> list[tuple[int, Any]]:
        """Those up to a place whose record was written since, blank ones among them."""
        own = self.held.c
        records = sa.select(self.main.c.id).where(self.main.c.updated_at >= since)
        mine = own.record.in_(records) if self.rows else own.id.in_(records)
        return [(row[0], row[1]) for row in connection.execute(sa.select(own.id, own[f"f_{self.source}"]).where(own.id <= until, mine))]

    def write(self, connection: sa.Connection, values: list[tuple[Any, int]]) -> None:
        if values:
            target = self.held.c[f"f_{self.target}"]
            change = self.held.update().where(self.held.c.id == sa.bindparam("which")).values({target.name: sa.bindparam("value")})
            connection.execute(change, [{"value": value, "which": number} for value, number in values])


class WorkOnLists(Work):
    """The same for a field with several values, which stand in rows of a table of their own: a value is all that a record has there."""

    def count(self, connection: sa.Connection, after: int) -> int:
        own = self.held.c
        return connection.execute(
            sa.select(sa.func.count(own.record.distinct())).where(own.field == self.source, own.record > after)
        ).scalar_one()

    def read(self, connection: sa.Connection, after: int) -> list[tuple[int, Any]]:
        own = self.held.c
        next = sa.select(own.record).distinct().where(own.field == self.source, own.record > after).order_by(own.record).limit(BLOCK)
        return self._lists(connection, list(connection.execute(next).scalars()))

    def written(self, connection: sa.Connection, until: int, since: int) -> list[tuple[int, Any]]:
        own = self.main.c
        records = list(connection.execute(sa.select(own.id).where(own.updated_at >= since, own.id <= until)).scalars())
        found = dict(self._lists(connection, records))
        return [(record, found.get(record)) for record in records]

    def _lists(self, connection: sa.Connection, records: list[int]) -> list[tuple[int, Any]]:
        own, found = self.held.c, dict[int, list[Any]]()
        query = sa.select(own.record, own.value).where(own.field == self.source, among(own.record, records))
        for record, value in connection.execute(query.order_by(own.record, own.position)):
            found.setdefault(record, []).append(value)
        return list(found.items())

    def write(self, connection: sa.Connection, values: list[tuple[Any, int]]) -> None:
        own = self.held.c
        if values:
            connection.execute(self.held.delete().where(own.field == self.target, among(own.record, [number for _value, number in values])))
        rows = [
            {"field": self.target, "record": number, "value": each, "position": position}
            for value, number in values
            for position, each in enumerate(value or ())
        ]
        if rows:
            connection.execute(self.held.insert(), rows)


def fits(old: FieldType, new: FieldType, stored: Any, lookup: Lookup) -> tuple[bool, Any]:
    try:
        if old.type == new.type and (same := new.as_called_now(old.from_column(stored))) is not None:
            return True, new.to_column(same)
        value = new.parse(old.to_json(old.from_column(stored)), lookup)
        if new.is_blank(value) or new.check(value):
            return False, None
        return True, new.to_column(value)
    except (TierloomError, ValueError, TypeError):
        return False, None


def work_of(then: Catalogue, form_table: int, rows_table: int | None, converted: Converted) -> Work:
    head, _dot, tail = converted.path.partition(".")
    field = then.forms[converted.form.key].by_key[head]
    new = field.lines()[tail] if tail else field
    main = sa.Table(f"r_{form_table}", sa.MetaData(), sa.Column("id", sa.BigInteger), sa.Column("updated_at", sa.BigInteger))
    if new.stores == "many" and not tail:
        held = many_table(f"r_{form_table}", sa.MetaData())
        return WorkOnLists(converted.old, new, main, held, converted.source, converted.target, False)
    columns = [
        sa.Column("id", sa.BigInteger),
        sa.Column("record", sa.BigInteger),
        sa.Column(f"f_{converted.source}", converted.old.column_type()),
        sa.Column(f"f_{converted.target}", new.column_type()),
    ]
    held = sa.Table(f"r_{rows_table or form_table}", sa.MetaData(), *columns)
    return Work(converted.old, new, main, held, converted.source, converted.target, rows_table is not None)


# -- ahead --------------------------------------------------------------------------------------------------------------------------
def waiting(connection: sa.Connection, works: Iterable[Work]) -> int:
    """How many values are still to be read."""
    found = 0
    for work in works:
        row = _row(connection, work)
        found += work.count(connection, row.position if row is not None else 0)
    return found


def ahead(workspace: Workspace, person: Person, works: Iterable[Work], told: Callable[[int], None] = lambda done: None) -> None:
    """`told` is called with the number of values read so far, after each block; what it raises ends the work where it stands."""
    read = 0
    for work in works:
        _begin(workspace, work)
        while count := _block(workspace, person, work):
            read += count
            told(read)


def _begin(workspace: Workspace, work: Work) -> None:
    with database.writing(workspace.engine) as connection:
        if _row(connection, work) is None:
            connection.execute(table.delete().where(table.c.source == work.source, table.c.target == work.target))
            now = clock.to_micros(workspace.now())
            connection.execute(
                table.insert().values(
                    source=work.source, target=work.target, settings=work.settings, began_at=now, position=0, done=0, lost=0, samples="[]"
                )
            )


def _block(workspace: Workspace, person: Person, work: Work) -> int:
    """Reads the next values, and writes them; gives how many these were."""
    with workspace.reading(person, "publish") as act:
        row = _row(act.connection, work)
        if row is None:
            return 0  # somebody has published meanwhile
        values = work.read(act.connection, row.position)
        good, samples, lost = _read(work, values, ActLookup(act), json.loads(row.samples))
    if not values:
        return 0
    with database.writing(workspace.engine) as connection:
        same = (table.c.source == work.source, table.c.target == work.target, table.c.position == row.position)
        new = {"position": values[-1][0], "done": row.done + len(good), "lost": row.lost + lost, "samples": to_json(samples)}
        if connection.execute(table.update().where(*same).values(**new)).rowcount:  # else somebody else does the same work
            work.write(connection, good)
    return len(values)


def _read(work: Work, values: Iterable[Any], lookup: Lookup, samples: list[str]) -> tuple[list[tuple[Any, int]], list[str], int]:
    good, lost = [], 0
    for number, stored in values:
        fitting, value = work.converted(stored, lookup)
        if fitting:
            good.append((value, number))
        else:
            lost += 1
            if len(samples) < SAMPLES:
                samples = list(dict.fromkeys([*samples, str(work.old.to_json(work.old.from_column(stored)))[:LONGEST]]))
    return good, samples, lost


def _row(connection: sa.Connection, work: Work) -> Any:
    found = connection.execute(sa.select(table).where(table.c.source == work.source, table.c.target == work.target)).first()
    return found if found is not None and found.settings == work.settings else None


# -- while it is published ----------------------------------------------------------------------------------------------------------
def finish(act: Act, work: Work) -> Report:
    """What was not done ahead, and what was written since; forgets how far it had come."""
    row = _row(act.connection, work)
    done, lost, samples = (row.done, row.lost, json.loads(row.samples)) if row is not None else (0, 0, [])
    if row is not None:
        _once_more(act, work, row)
    last = row.position if row is not None else 0
    lookup = ActLookup(act)
    while values := work.read(act.connection, last):
        good, samples, more = _read(work, values, lookup, samples)
        work.write(act.connection, good)
        done, lost, last = done + len(good), lost + more, values[-1][0]
    act.connection.execute(table.delete().where(table.c.source == work.source, table.c.target == work.target))
    return done, lost, samples


def _once_more(act: Act, work: Work, row: Any) -> None:
    """What was read before it was written for the last time."""
    lookup = ActLookup(act)
    found = [
        (number, work.converted(stored, lookup)[1] if stored is not None else None)
        for number, stored in work.written(act.connection, row.position, row.began_at - MARGIN)
    ]
    work.write(act.connection, [(value, number) for number, value in found])
