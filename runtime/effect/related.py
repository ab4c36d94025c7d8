"""Related records as rows of SQL: which record they point at, when, and with what amount."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.effect import Related
from runtime.formulas import sql_pieces, zones
from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import to_sql
from runtime.people.may import require
from runtime.records.guard import guard_of
from runtime.records.sources import Rows

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@dataclass(frozen=True)
class RelatedRows:
    """`of`: the record pointed at; `at`: day or instant as the field keeps it; `amount`: in the smallest unit, 10^`scale` of which are one."""

    rows: Rows
    of: Any
    at: Any
    amount: Any
    scale: int
    is_instant: bool
    conditions: tuple[Any, ...]

    @property
    def instant(self) -> Any:
        """When it was, in microseconds: of a day its beginning."""
        return self.at if self.is_instant else zones.instant(self.at * sql_pieces.whole(sql_pieces.DAY_MICROS), self.rows.act.zone)

    def from_clause(self) -> Any:
        return self.rows.source.from_clause()


def require_sources(act: Act, related: Related, target: str, value: str | None) -> None:
    """Refuses whoever may not see the form or one of the fields that are read. Raises NotAllowed."""
    require(act.person, "view", related.form)
    for key in (related.pointer(target, act.catalogue), related.on, value):
        if key is not None:
            require(act.person, "view", related.form, None, key)


def related_rows(act: Act, related: Related, target: str, value: str | None) -> RelatedRows:
    """The living records of a source that the person sees. `value`: the field of its amount; without one each counts 1."""
    rows = Rows(act, related.form, guard=guard_of(act))
    fields, pointer = rows.form.by_key, related.pointer(target, act.catalogue)
    assert pointer is not None, "a definition in force names a field that points at its records"
    of, at = rows.source.field(pointer), rows.source.field(related.on)
    amount = rows.source.field(value) if value is not None else sa.literal_column("1", sa.BigInteger())
    scale = fields[value].formula_type().scale if value is not None else 0
    conditions: list[Any] = [rows.table.c.deleted_at.is_(None), of.is_not(None), at.is_not(None)]
    if related.when is not None:
        with rows.in_trust():
            conditions.append(to_sql(formula(act.catalogue, related.form, related.when, expect=("boolean",)), rows.source))
    visible = rows.visible(rows.source)
    if visible is not None:
        conditions.append(visible)
    return RelatedRows(rows, of, at, amount, scale, fields[related.on].formula_type().kind == "datetime", tuple(conditions))
