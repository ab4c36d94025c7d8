"""Ids from the application: blocks of 64-bit integers below 2^53, so that they are exact in a browser too."""
from __future__ import annotations

import threading

import sqlalchemy as sa

from runtime.system.database import writing
from runtime.system.tables import id_counter


def take(connection: sa.Connection, name: str, count: int = 1) -> int:
    """The first of `count` consecutive ids, taken inside the caller's transaction."""
    statement = id_counter.update().where(id_counter.c.name == name).values(next=id_counter.c.next + count).returning(id_counter.c.next)
    after = connection.execute(statement).scalar()
    if after is None:
        connection.execute(id_counter.insert().values(name=name, next=1 + count))
        return 1
    return after - count


def pass_by(connection: sa.Connection, name: str, number: int) -> None:
    """Lets a counter go on after a number that came from elsewhere."""
    changed = connection.execute(id_counter.update().where(id_counter.c.name == name, id_counter.c.next <= number).values(next=number + 1))
    if not changed.rowcount and connection.execute(sa.select(id_counter.c.next).where(id_counter.c.name == name)).first() is None:
        connection.execute(id_counter.insert().values(name=name, next=number + 1))


class Blocks:
    """Ids for single writes: each process takes a block at a time, so that most writes need no statement for their id.

    A block is taken in the writer's own transaction on SQLite (there is one writer anyway) and in a transaction of its own on
    PostgreSQL (so that writers do not wait for each other). Ids of a rolled-back block are forgotten with it.
    """

    def __init__(self, engine: sa.Engine, size: int = 64):
        self.engine, self.size = engine, size
        self.open: dict[str, tuple[int, int]] = {}
        self.lock = threading.Lock()

    def take(self, connection: sa.Connection, name: str, count: int = 1) -> int:
        if count >= self.size:
            return self._first(connection, name, count)
        with self.lock:
            at, end = self.open.get(name, (0, 0))
            if at + count > end:
                at = self._first(connection, name, self.size)
                end = at + self.size
            self.open[name] = (at + count, end)
        return at

    def _first(self, connection: sa.Connection, name: str, count: int) -> int:
        if connection.dialect.name == "sqlite":
            return take(connection, name, count)
        with writing(self.engine) as own:
            own.exec_driver_sql("INSERT INTO id_counter (name, next) VALUES (%s, 1) ON CONFLICT DO NOTHING", (name,))
            return take(own, name, count)

    def forget(self) -> None:
        """After a rollback: what was taken in that transaction may be given to somebody else."""
        with self.lock:
            self.open.clear()
