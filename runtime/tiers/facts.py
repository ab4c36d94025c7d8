"""Facts: what has to be known of a record before it is rated, as columns of a statement or worked out for one record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from runtime.definitions.types import Type
from runtime.formulas import Formula, Uses, evaluate, to_sql, tree
from runtime.system import clock
from runtime.tiers.compiled import CompiledModel, Measure

if TYPE_CHECKING:
    from runtime.records.sources import Rows

BIG = sa.BigInteger()
MOST = 2**62
YES, NO = sa.literal_column("1", sa.Integer), sa.literal_column("0", sa.Integer)


@dataclass(frozen=True)
class Fact:
    """A column of the first layer: a formula's value, or (for several formulas, which count related rows) whether all of them are 0."""

    name: str
    formulas: tuple[Formula, ...]
    no_rows: bool = False

    @property
    def truth(self) -> bool:
        return self.no_rows or self.formulas[0].type.kind == "boolean"

    @property
    def is_text(self) -> bool:
        return not self.truth and self.formulas[0].type.kind in ("text", "choice")

    def sql(self, rows: Rows) -> ColumnElement[Any]:
        if self.no_rows:
            return flag(sa.and_(*[self._without(rows, each) for each in self.formulas]))
        value = to_sql(self.formulas[0], rows.source)
        return flag(value) if self.truth else value

    def _without(self, rows: Rows, count: Formula) -> ColumnElement[bool]:
        """The record has no row of a relation; in a run for another day none that counts by then."""
        if rows.source.as_of:
            return to_sql(count, rows.source) == 0
        assert isinstance(count.tree, tree.Aggregate)
        related: Any = rows.source.related(count.tree.relation)
        return related.nobody()

    def of(self, values: Any) -> Any:
        """The same for one record by evaluation, as the database keeps it."""
        if self.no_rows:
            return int(all(evaluate(each, values) == 0 for each in self.formulas))
        value = evaluate(self.formulas[0], values)
        return int(value is True) if self.truth else stored(value, self.formulas[0].type)


def stored(value: Any, type: Type) -> Any:
    """A formula's value as columns keep it: numbers, days and instants as whole numbers."""
    if value is None:
        return None
    if type.kind in ("number", "money"):
        return int(value.scaleb(type.scale))
    kept: dict[str, Callable[[Any], Any]] = {"duration": _micros, "date": clock.to_day, "datetime": clock.to_micros}
    return kept.get(type.kind, _same)(value)


def read(value: Any, type: Type) -> Any:
    """The value of what `stored` gives."""
    if value is None:
        return None
    if type.kind in ("number", "money"):
        return Decimal(value).scaleb(-type.scale)
    kept: dict[str, Callable[[Any], Any]] = {"duration": _duration, "date": clock.from_day, "datetime": clock.from_micros, "boolean": bool}
    return kept.get(type.kind, _same)(value)


def _duration(micros: int) -> timedelta:
    return timedelta(microseconds=micros)


def _micros(value: timedelta) -> int:
    return value // timedelta(microseconds=1)


def _same(value: Any) -> Any:
    return value


class Facts:
    """What has to be known of a record before anything is rated; equal formulas are asked once."""

    def __init__(self, model: CompiledModel):
        self.model = model
        self.columns: list[Fact] = []
        self._known: dict[Any, str] = {}
        for part in model.parts:
            for wanted in (part.population, part.when, *(each.value for each in part.measures)):
                if wanted is not None:
                    self.of(wanted)
        self._missing = {id(measure): self._missing_column(measure) for part in model.parts for measure in part.measures}
        conditions = [each for part in model.parts for each in (*part.floors, *part.ceilings)]
        self.second = {id(each): plain(self.hoisted(each.when.tree)) for each in (*conditions, *model.freezes)}
        """The conditions as formulas over bands and facts by name."""
        for each in model.quality if model.model.movement.provisional_below_quality else ():
            self.of(each)

    def of(self, wanted: Formula) -> str:
        """The name of the column that holds a formula's value."""
        return self._named(wanted.tree, (wanted,))

    def missing(self, measure: Measure) -> tuple[str, int] | None:
        """The column that tells a missing dimension that may have a value, and what it says then; None where only a blank is missing."""
        return self._missing[id(measure)]

    def _missing_column(self, measure: Measure) -> tuple[str, int] | None:
        if measure.missing_when is not None:
            return self.of(measure.missing_when), 1
        if not measure.relations:
            return None
        if len(measure.relations) == 1 and measure.relations[0].tree in self._known:
            return self.of(measure.relations[0]), 0  # the rows are counted anyway
        return self._named(tuple(each.tree for each in measure.relations), measure.relations, no_rows=True), 1

    def _named(self, key: Any, formulas: tuple[Formula, ...], no_rows: bool = False) -> str:
        if key not in self._known:
            self._known[key] = f"x{len(self.columns)}"
            self.columns.append(Fact(self._known[key], formulas, no_rows))
        return self._known[key]

    def hoisted(self, node: tree.Node) -> tree.Node:
        """The node with everything that knows no bands replaced by the name of a column of facts."""
        if not any(isinstance(each, tree.Call) and each.function == "DIMENSION_BAND" for each in tree.walk(node)):
            return node if tree.is_constant(node) else tree.Name(node.type, self.of(plain(node)))
        if isinstance(node, tree.Call) and node.function == "DIMENSION_BAND":
            return node
        return replace(node, **{each.name: self._hoisted(getattr(node, each.name)) for each in fields_of(node) if each.name != "type"})

    def _hoisted(self, value: Any) -> Any:
        if isinstance(value, tree.Node):
            return self.hoisted(value)
        return tuple(self._hoisted(each) for each in value) if isinstance(value, tuple) else value

    def select(self, rows: Rows) -> sa.Select[Any]:
        """The facts of the living records of the form."""
        columns = [each.sql(rows).label(each.name) for each in self.columns]
        return rows.select(rows.id.label("record"), *columns)

    def given(self) -> sa.Select[Any]:
        """The facts of one record as parameters, where formulas are worked out by evaluation."""
        kinds = {each.name: sa.Text() for each in self.columns if each.is_text}
        columns: list[Any] = [sa.bindparam(name, type_=kinds.get(name, BIG)).label(name) for name in self.names]
        return sa.select(*columns)

    def values(self, record: int, values: Any) -> dict[str, Any]:
        """The facts of one record by evaluation."""
        return {"record": record, **{each.name: each.of(values) for each in self.columns}}

    @cached_property
    def formulas(self) -> dict[str, Formula]:
        """Every formula that facts are made of, under a name of its own."""
        return {f"{each.name}_{number}": wanted for each in self.columns for number, wanted in enumerate(each.formulas)}

    def from_values(self, record: int, values: Mapping[str, Any]) -> dict[str, Any]:
        """The facts of one record from the stored values of `formulas`."""
        found: dict[str, Any] = {"record": record}
        for each in self.columns:
            given = [values[f"{each.name}_{number}"] for number in range(len(each.formulas))]
            found[each.name] = int(not any(given)) if each.no_rows else _fitting(given[0])
        return found

    @property
    def names(self) -> list[str]:
        return ["record", *(each.name for each in self.columns)]


def _fitting(value: Any) -> Any:
    """A value as a column can hold it; what is larger than any cut is as large as the largest."""
    if isinstance(value, int):
        return max(-MOST, min(MOST, int(value)))
    return value


def plain(node: tree.Node) -> Formula:
    """A node as a formula of its own."""
    return Formula("", node, node.type, Uses())


def flag(condition: Any) -> Any:
    """A condition as 1 or 0."""
    return sa.case((condition, YES), else_=NO)
