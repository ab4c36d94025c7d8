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
from runtime.system import clock, database
from runtime.system.database import to_json
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

    def write(self, connection: sa.Connection, values: list[tuple[Any, int]]) -> None:
        if values:
            target = self.held.c[f"f_{self.target}"]
            change = self.held.update().where(self.held.c.id == sa.bindparam("which")).values({target.name: sa.bindparam("value")})
            connection.execute(change, [{"value": value, "which": number} for value, number in values])


def fits(old: FieldType, new: FieldType, stored: Any, lookup: Lookup) -> tuple[bool, Any]:
    try:
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
    columns = [
        sa.Column("id", sa.BigInteger),
        sa.Column("record", sa.BigInteger),
        sa.Column(f"f_{converted.source}", converted.old.column_type()),
        sa.Column(f"f_{converted.target}", new.column_type()),
    ]
    held = sa.Table(f"r_{rows_table or form_table}", sa.MetaData(), *columns)
    main = sa.Table(f"r_{form_table}", sa.MetaData(), sa.Column("id", sa.BigInteger), sa.Column("updated_at", sa.BigInteger))
    return Work(converted.old, new, main, held, converted.source, converted.target, rows_table is not None)


# -- ahead --------------------------------------------------------------------------------------------------------------------------
def waiting(connection: sa.Connection, works: Iterable[Work]) -> int:
    """How many values are still to be read."""
    found = 0
    for work in works:
        row = _row(connection, work)
        source, after = work.held.c[f"f_{work.source}"], row.position if row is not None else 0
        found += connection.execute(sa.select(sa.func.count()).where(work.held.c.id > after, source.is_not(None))).scalar_one()
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
        source = work.held.c[f"f_{work.source}"]
        query = sa.select(work.held.c.id, source).where(work.held.c.id > row.position, source.is_not(None))
        values = act.connection.execute(query.order_by(work.held.c.id).limit(BLOCK)).all()
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
    source, last = work.held.c[f"f_{work.source}"], row.position if row is not None else 0
    lookup = ActLookup(act)
    rest = sa.select(work.held.c.id, source).where(source.is_not(None)).order_by(work.held.c.id).limit(BLOCK)
    while values := act.connection.execute(rest.where(work.held.c.id > last)).all():
        good, samples, more = _read(work, values, lookup, samples)
        work.write(act.connection, good)
        done, lost, last = done + len(good), lost + more, values[-1][0]
    act.connection.execute(table.delete().where(table.c.source == work.source, table.c.target == work.target))
    return done, lost, samples


def _once_more(act: Act, work: Work, row: Any) -> None:
    """What was read before it was written for the last time."""
    since, own = row.began_at - MARGIN, work.held.c
    written = sa.select(work.main.c.id).where(work.main.c.updated_at >= since)
    mine = own.record.in_(written) if work.rows else own.id.in_(written)
    query = sa.select(own.id, own[f"f_{work.source}"]).where(own.id <= row.position, mine)
    lookup = ActLookup(act)
    found = [
        (number, work.converted(stored, lookup)[1] if stored is not None else None)
        for number, stored in act.connection.execute(query).all()
    ]
    work.write(act.connection, [(value, number) for number, value in found])
