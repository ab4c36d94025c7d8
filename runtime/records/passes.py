"""Passes: several aggregates over the same related rows, worked out for everybody at once and laid down in a temporary table by record.

SQLite looks rows up for each record and each aggregate anew, and it would sort a grouped subquery before it could join it. One pass through
the rows in the order of their index, and a look into a table by its number, cost half of three such look-ups.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from runtime.system.prepared import Prepared

if TYPE_CHECKING:
    from runtime.records.sources import RelatedRows, Rows
    from runtime.system.workspace import Act

WORTH = 3
"""So many aggregates over the same rows repay a pass."""


@dataclass
class Pass:
    """Aggregates over the rows of a relation that meet the same conditions."""

    name: str
    related: RelatedRows
    conditions: list[ColumnElement[bool]]
    values: list[ColumnElement[Any]] = field(default_factory=list)

    def meets(self, related: RelatedRows, conditions: Sequence[ColumnElement[bool]]) -> bool:
        same = self.related is related and len(conditions) == len(self.conditions)
        return same and all(one.compare(other) for one, other in zip(self.conditions, conditions, strict=True))

    @property
    def table(self) -> sa.Table:
        """Its columns take values as they are."""
        record = sa.Column("record", sa.Integer(), primary_key=True, autoincrement=False)
        columns = [sa.Column(f"c{number}", sa.LargeBinary()) for number, _value in enumerate(self.values, 1)]
        return sa.Table(self.name, sa.MetaData(), record, *columns, prefixes=["TEMPORARY"])

    def fill(self, act: Act, values: dict[str, Any]) -> None:
        table = self.table
        table.create(act.connection)
        insert = table.insert().from_select([each.name for each in table.c], self.related.by_record(self.values, self.conditions))
        Prepared(insert, act.connection.dialect).run(act.connection, values)


class Passes:
    """The passes of one statement. Those whose number is in `worth` are joined to it, the others stay subqueries."""

    def __init__(self, prefix: str, worth: Collection[int] = ()):
        self.prefix, self.worth = prefix, worth
        self.found: list[Pass] = []

    def column(self, related: RelatedRows, value: ColumnElement[Any], conditions: Sequence[ColumnElement[bool]]) -> Any:
        """The column that has an aggregate; None where a pass is not worth it."""
        number = next((number for number, each in enumerate(self.found) if each.meets(related, conditions)), len(self.found))
        if number == len(self.found):
            self.found.append(Pass(f"{self.prefix}_{number}", related, list(conditions)))
        each = self.found[number]
        each.values.append(value)
        return sa.literal_column(f"{each.name}.c{len(each.values)}", value.type) if number in self.worth else None

    @property
    def used(self) -> list[Pass]:
        return [self.found[number] for number in sorted(self.worth)]

    def without(self, related: RelatedRows) -> list[ColumnElement[bool]]:
        """What is so of a record of which none of these passes has seen a row."""
        return [_record(each).is_(None) for number, each in enumerate(self.found) if number in self.worth and each.related is related]

    def joined(self, clause: Any, record: ColumnElement[Any]) -> Any:
        for each in self.used:
            clause = clause.outerjoin(each.table, _record(each) == record)
        return clause


def _record(each: Pass) -> ColumnElement[Any]:
    return sa.literal_column(f"{each.name}.record", sa.Integer())


def worth_it(prefix: str, rows: Callable[[Passes], Rows], build: Callable[[Rows], Any]) -> tuple[Any, Passes]:
    """What is built of rows, and the passes that it needs; it is built twice, since only the first time tells which are worth it."""
    trying = Passes(prefix)
    build(rows(trying))
    passes = Passes(prefix, [number for number, each in enumerate(trying.found) if len(each.values) >= WORTH])
    return build(rows(passes)), passes
