"""The checked tree as SQL: whole numbers at the scale of the type, day numbers, microseconds, texts, conditions that are never unknown.

`Source` is what a caller brings: its columns, its joins, its way of aggregating. All meaning is here and in the functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa
from sqlalchemy.sql.elements import Grouping

from runtime.definitions.types import BOOLEAN, DATE, Type
from runtime.formulas import sql_pieces as pieces
from runtime.formulas import tree, zones
from runtime.formulas.arithmetic import day_number
from runtime.formulas.bounds import COUNTS, Bounds, Plan, default_bound, division, needed_again
from runtime.formulas.evaluate import window_of
from runtime.formulas.functions import SHELF
from runtime.formulas.sources import RelatedSource, Source

if TYPE_CHECKING:
    from runtime.formulas import Formula

SQL_TYPES: dict[str, sa.types.TypeEngine[Any]] = {"text": sa.Text(), "choice": sa.Text(), "boolean": sa.Boolean()}


@dataclass(frozen=True)
class Operand:
    """An argument of a function as SQL, with its type and its node."""

    sql: Any
    type: Type
    node: tree.Node

    @property
    def value(self) -> Any:
        """The value of a constant."""
        return tree.literal_value(self.node)

    @property
    def literal(self) -> int:
        """The value of a constant whole number."""
        return int(self.value)


def to_sql(formula: Formula, source: Source) -> Any:
    """The value at the scale of `formula.type`; a condition for a boolean. Only where `formula.sql` is true."""
    writer = _writer(formula, source)
    return writer.whole_formula(formula.tree, writer.truth if formula.type.kind == "boolean" else writer.write)


def to_sql_scaled(formula: Formula, source: Source, scale: int) -> Any:
    """A number or amount at the scale of the field that stores it, rounded half away from zero."""
    return pieces.rescaled(to_sql(formula, source), formula.type.scale, scale)


def to_condition(formula: Formula, source: Source) -> Any:
    """A condition for WHERE, where “unknown” counts as false anyway, so that plain comparisons can use indexes."""
    writer = _writer(formula, source)
    return writer.whole_formula(formula.tree, lambda node: writer.truth(node, positive=True))


class NotAsSql(ValueError):
    """Not all of a formula can be written as SQL."""


def _writer(formula: Formula, source: Source) -> Writer:
    plan = formula.plan
    if plan is None:
        raise NotAsSql(formula.text)
    return Writer(source, plan)


def row_writer(related: Any) -> Writer:
    """Writes fields and paths of the rows of a relation, and of the record that they belong to."""
    writer = Writer(related.outer, Plan(0, False))
    writer.views = {path: related.level(path) for path in (related.path[: number + 1] for number in range(len(related.path)))}
    writer.views[()] = related.outer
    return writer


class Writer:
    def __init__(self, source: Source, plan: Plan):
        self.source = source
        self.plan = plan
        self.dialect = source.dialect
        self.bounds = Bounds(plan)
        self.result = BOOLEAN
        self.views: dict[tuple[str, ...], Source] = {(): source}
        self.named: dict[int, Any] = {}

    def whole_formula(self, node: tree.Node, write: Callable[[tree.Node], Any]) -> Any:
        """The formula, in which subqueries that it needs several times are worked out once: `(SELECT … FROM (SELECT (SELECT sum…) AS
        a0) AS once)`."""
        found = {id(each): self._subquery(each) for each in needed_again(node)}
        found = {key: each for key, each in found.items() if isinstance(each, sa.ScalarSelect)}
        if not found:
            return write(node)
        # OFFSET keeps PostgreSQL from putting the subqueries back where they are used
        once = sa.select(*[each.label(f"a{number}") for number, each in enumerate(found.values())]).offset(0).subquery("once")
        self.named = dict(zip(found, once.columns, strict=True))
        return sa.select(write(node)).select_from(once).scalar_subquery()

    # -- nodes ---------------------------------------------------------------------------------------------------------------
    def write(self, node: tree.Node) -> Any:
        return getattr(self, f"write_{type(node).__name__}")(node)

    def source_of(self, node: Any) -> Source:
        """The side that answers for a field: the record or the related row."""
        return self.views[node.relation]

    def write_Literal(self, node: tree.Literal) -> Any:
        if isinstance(node.value, bool):
            return sa.true() if node.value else sa.false()
        if isinstance(node.value, Decimal):
            return pieces.whole(pieces.to_scaled(node.value, node.type.scale))
        return sa.literal(node.value, sa.Text())

    def write_Field(self, node: tree.Field) -> Any:
        source = self.source_of(node)
        if node.system:
            return source.system("id" if node.key == "record" else node.key)
        return self._column(source.field(node.key), node)

    def write_Path(self, node: tree.Path) -> Any:
        return self._column(self.source_of(node).path(node.reference, "id" if node.key == "record" else node.key), node)

    def write_Name(self, node: tree.Name) -> Any:
        return self._column(self.source.name(node.name), node)

    def _column(self, column: Any, node: tree.Node) -> Any:
        """A stored value; a box is stored as 0 or 1 and read as a condition."""
        if node.type.kind == "boolean" and not isinstance(column.type, sa.Boolean):
            return column == 1
        limit = self.bounds.field_limit(node)
        return column if limit is None else pieces.within(column, limit)

    def write_Negative(self, node: tree.Negative) -> Any:
        return -self.write(node.operand)

    def write_Operation(self, node: tree.Operation) -> Any:
        if node.operator == "&":
            return pieces.joined([self.text(self.operand(each)) for each in (node.left, node.right)])
        kinds = {node.left.type.kind, node.right.type.kind}
        if kinds & {"date", "datetime", "duration"}:
            return self._of_times(node)
        if node.operator == "/":
            return self._quotient(node)
        if node.operator == "*":
            return self.write(node.left) * self.write(node.right)
        left, right = (self.number(self.operand(each), node.type.scale) for each in (node.left, node.right))
        return {"+": lambda: left + right, "-": lambda: left - right, "%": lambda: pieces.modulo(left, right)}[node.operator]()

    def _quotient(self, node: tree.Operation) -> Any:
        a, b = (self.bounds.of(each) or default_bound(each) for each in (node.left, node.right))
        way = division(a, node.left.type.scale, b, node.right.type.scale)
        return pieces.quotient(self.write(node.left), node.left.type.scale, self.write(node.right), node.right.type.scale, way)

    def _of_times(self, node: tree.Operation) -> Any:
        left, right = self.write(node.left), self.write(node.right)
        if node.operator == "/":
            return self._quotient(node)
        if node.operator == "*":
            number = node.left if node.left.type.kind == "number" else node.right
            return pieces.rescaled(left * right, number.type.scale, 0)
        if node.type.kind == "date":
            left, right = (pieces.over(each, pieces.DAY_MICROS) if side.type.kind == "duration" else each
                           for each, side in ((left, node.left), (right, node.right)))  # fmt: skip
        return self._in_calendar(node, left + right if node.operator == "+" else left - right)

    def _in_calendar(self, node: tree.Operation, value: Any) -> Any:
        """A day or time that is checked to be one, where it may lie outside of the years 1 to 9999."""
        if node.type.kind == "duration":
            return value
        least, most = default_bound(node)
        found = self.bounds.of(node) or (least, most)
        return value if least <= found[0] and found[1] <= most else pieces.guarded(value, least, most, value)

    def write_Compare(self, node: tree.Compare, positive: bool = False) -> Any:
        left, right = self._pair(node.left, node.right)
        if node.operator in ("==", "!="):
            return self._equality(node, left, right, positive)
        if node.left.type.kind == "text":
            left, right = self.c_collated(left), self.c_collated(right)
        found = {"<": lambda: left < right, "<=": lambda: left <= right, ">": lambda: left > right, ">=": lambda: left >= right}[
            node.operator
        ]()
        return found if positive else pieces.surely(found)

    def _equality(self, node: tree.Compare, left: Any, right: Any, positive: bool) -> Any:
        if node.left.type.kind == "boolean":
            # as numbers: not every database compares two conditions
            left, right = self._as_number(left), self._as_number(right)
        constant = tree.literal_value(node.left) is not None or tree.literal_value(node.right) is not None
        if node.operator == "!=":
            return left.is_distinct_from(right)
        return left == right if positive and constant else left.is_not_distinct_from(right)

    def _pair(self, a: tree.Node, b: tree.Node) -> tuple[Any, Any]:
        scale = max(a.type.scale, b.type.scale)
        left, right = (
            self.number(self.operand(each), scale) if each.type.kind in ("number", "money") else self.write(each) for each in (a, b)
        )
        return left, right

    def write_Logic(self, node: tree.Logic, positive: bool = False) -> Any:
        parts = [self.truth(each, positive) for each in node.operands]
        return sa.and_(*parts).self_group() if node.operator == "and" else sa.or_(*parts).self_group()

    def write_Not(self, node: tree.Not) -> Any:
        # in brackets: PostgreSQL reads NOT x IS NULL as NOT (x IS NULL), and SQLAlchemy puts none
        return Grouping(sa.not_(self.truth(node.operand)))

    def write_Within(self, node: tree.Within, positive: bool = False) -> Any:
        if not node.options:
            return sa.false()
        scale = max(each.type.scale for each in (node.operand, *node.options))
        numbers = node.operand.type.kind in ("number", "money")
        operand, *options = (
            self.number(self.operand(each), scale) if numbers else self.write(each) for each in (node.operand, *node.options)
        )
        found = operand.in_(options)
        return found if positive else pieces.surely(found)

    def write_Among(self, node: tree.Among, positive: bool = False) -> Any:
        if isinstance(node.list, tree.Field):
            known = tree.literal_value(node.operand)
            option = self.write(node.operand) if known is None else str(known)
            return self.source_of(node.list).list_contains(node.list.key, option)
        assert isinstance(node.list, tree.Call)
        values = SHELF[node.list.function].run(self.source)
        if not values:
            return sa.false()
        kind: Any = sa.Text() if isinstance(values[0], str) else pieces.BIG
        found = self.write(node.operand).in_([sa.literal(each, kind) for each in values])
        return found if positive else pieces.surely(found)

    def write_Choose(self, node: tree.Choose) -> Any:
        cases = [(self.truth(condition, positive=True), self.as_type(self.operand(value), node.type)) for condition, value in node.cases]
        otherwise = self.as_type(self.operand(node.otherwise), node.type) if node.otherwise is not None else sa.null()
        if node.type.kind == "boolean":
            # a condition as a value of CASE is a number on SQLite
            cases = [(condition, self._as_number(value)) for condition, value in cases]
            otherwise = self._as_number(otherwise) if node.otherwise is not None else otherwise
            return sa.case(*cases, else_=otherwise) == 1
        return sa.case(*cases, else_=otherwise)

    def _as_number(self, condition: Any) -> Any:
        return sa.case((condition, 1), (condition.is_(None), sa.null()), else_=0)

    def write_Call(self, node: tree.Call) -> Any:
        function, operands = SHELF[node.function], [self.operand(each) for each in node.arguments]
        before, self.result = self.result, node.type
        try:
            if function.takes_day and operands[0].type.kind == "datetime":
                day = zones.day(operands[0].sql, self.source.zone)
                return pieces.once(day, lambda each: function.sql(self, Operand(each, DATE, operands[0].node), *operands[1:]))
            return function.sql(self, *operands)
        finally:
            self.result = before

    # -- conditions ----------------------------------------------------------------------------------------------------------
    def truth(self, node: tree.Node, positive: bool = False) -> Any:
        """A condition that is true or false. `positive`: it stands where unknown counts as false, so it may be left unknown."""
        if isinstance(node, (tree.Compare, tree.Logic, tree.Within, tree.Among)):
            return getattr(self, f"write_{type(node).__name__}")(node, positive)
        if isinstance(node, (tree.Not, tree.Literal)):
            return self.write(node)
        if node.type.kind == "blank":
            return sa.false()
        found = self.write(node)
        return found if positive else pieces.surely(found)

    # -- for functions -------------------------------------------------------------------------------------------------------
    def operand(self, node: tree.Node) -> Operand:
        if node.type.kind == "list" or (isinstance(node, tree.Call) and node.type.kind == "list"):
            return Operand(None, node.type, node)
        return Operand(self.write(node), node.type, node)

    def number(self, operand: Operand, scale: int) -> Any:
        """A number at another scale."""
        value = operand.value
        if isinstance(value, Decimal) and scale >= operand.type.scale:
            return pieces.whole(pieces.to_scaled(value, scale))
        if scale > operand.type.scale and isinstance(operand.node, tree.Operation) and operand.node.operator == "*":
            return self._product(operand.node, 10 ** (scale - operand.type.scale))
        return pieces.rescaled(operand.sql, operand.type.scale, scale)

    def _product(self, node: tree.Operation, factor: int) -> Any:
        """A product multiplied further: by a constant in it at once, instead of once more for every record."""
        for constant, other in ((node.right, node.left), (node.left, node.right)):
            value = tree.literal_value(constant)
            if isinstance(value, Decimal) and other.type.kind in ("number", "money"):
                return self.write(other) * pieces.whole(pieces.to_scaled(value, constant.type.scale) * factor)
        return self.write(node) * pieces.whole(factor)

    def same_scale(self, operands: Sequence[Operand]) -> list[Any]:
        scale = max(each.type.scale for each in operands)
        return [self.number(each, scale) for each in operands]

    def as_type(self, operand: Operand, type: Type) -> Any:
        """A value in the type of the whole: numbers at its scale, a blank as NULL."""
        if operand.type.kind == "blank":
            return sa.cast(sa.null(), self.sql_type(type))
        return self.number(operand, type.scale) if type.kind in ("number", "money") else operand.sql

    def text(self, operand: Operand) -> Any:
        """A value as it is joined to texts."""
        if operand.type.kind in ("number", "money"):
            return pieces.number_text(operand.sql, operand.type.scale, self.dialect, trimmed=True)
        if operand.type.kind == "date":
            return pieces.day_text(operand.sql, self.dialect)
        return sa.null() if operand.type.kind == "blank" else operand.sql

    def sql_type(self, type: Type) -> sa.types.TypeEngine[Any]:
        return SQL_TYPES.get(type.kind, pieces.BIG)

    def whole(self, value: Any) -> Any:
        """A number of the database's own (a length) as 64 bits."""
        return sa.cast(value, pieces.BIG) if self.dialect == "postgresql" else value

    def day(self, day: date) -> Any:
        return pieces.whole(day_number(day))

    def c_collated(self, text: Any) -> Any:
        """A text ordered by code point; only PostgreSQL has to be told."""
        return sa.collate(text, "C") if self.dialect == "postgresql" else text

    def ordered(self, operand: Operand) -> Any:
        return self.c_collated(operand.sql) if operand.type.kind == "text" else operand.sql

    def sum(self, value: Operand) -> Any:
        """sum() as 64 bits, refused by the statement when it passes what the plan assumes. NULL of nothing."""
        total = sa.func.sum(value.sql)
        if self.dialect == "postgresql":
            total = sa.cast(total, pieces.BIG)
        return pieces.within(sa.type_coerce(total, pieces.BIG), self.plan.sum_limit)

    def average(self, total: Any, scale: int, count: Any, most: int) -> Any:
        """A sum (at most `most`) by a count."""
        way = division((-most, most), scale, COUNTS, 0)
        return pieces.quotient(total, scale, count, 0, way)

    def greatest(self, node: tree.Node) -> int:
        """At most how large a value is, without its sign."""
        return max(map(abs, self.bounds.of(node) or default_bound(node)))

    # -- aggregates ----------------------------------------------------------------------------------------------------------
    def write_Aggregate(self, node: tree.Aggregate) -> Any:
        found = self.named.get(id(node))
        if found is None:
            found = self._subquery(node)
        if node.function in ("SUM", "COUNT", "DISTINCT"):
            return sa.func.coalesce(found, pieces.whole(0), type_=pieces.BIG)
        return found == 1 if node.type.kind == "boolean" else found

    def _subquery(self, node: tree.Aggregate) -> Any:
        related = self.source.related(node.relation)
        before = self.views
        self.views = {**before, node.relation: related.source}
        if len(node.relation) > 1:
            self.views[node.relation[:1]] = related.level(node.relation[:1])
        try:
            return self._aggregated(node, related)
        finally:
            self.views = before

    def _aggregated(self, node: tree.Aggregate, related: RelatedSource) -> Any:
        conditions, function = self._conditions(node), cast(Any, SHELF[node.function])
        correlated = any(isinstance(each, (tree.Field, tree.Path)) and not each.relation for each in tree.walk(node))
        value = self.operand(node.value) if node.value is not None else Operand(pieces.whole(1), node.type, node)
        if value.type.kind == "boolean":
            value = Operand(self._as_number(value.sql), value.type, value.node)
        if hasattr(function, "sql_alone"):
            return function.sql_alone(self, node, value, related, [*conditions, value.sql.is_not(None)])
        together = node.relation == (tree.OWN_ROWS,) or (getattr(related, "name", None) is not None and not correlated)
        if together and conditions and not hasattr(function, "last") and not getattr(related, "by_conditions", False):
            # many figures may stand in one statement over the same rows, so each keeps its conditions to itself
            value, conditions = Operand(sa.case((sa.and_(*conditions), value.sql)), value.type, value.node), []
        if hasattr(function, "last"):
            return related.first(value.sql, self.order(node, related, function.last), [*conditions, value.sql.is_not(None)])
        if correlated and node.value is not None and not any(getattr(each, "relation", ()) for each in tree.walk(node.value)):
            # right over it, a value of the record alone would make it an aggregate of the statement around
            listed = related.listed([value.sql.label("value")], conditions).subquery()
            return sa.select(function.sql_over(self, Operand(listed.c.value, value.type, value.node))).select_from(listed).scalar_subquery()
        return related.aggregate(function.sql_over(self, value), conditions, correlated)

    def _conditions(self, node: tree.Aggregate) -> list[Any]:
        found: list[Any] = []
        window = window_of(node, self.source.today_value)
        if window is not None and node.on is not None:
            first, last = self._ends(node.on, *window)
            column = self.write(node.on)
            found += [column >= first, column <= last]
        if self.source.as_of:
            for each in node.event_dates if node.on is None or node.on in node.event_dates else (node.on,):
                column = self.write(each)
                found.append(sa.or_(column.is_(None), column <= self._ends(each, self.source.today_value, self.source.today_value)[1]))
        if node.where is not None:
            found.append(self.truth(node.where, positive=True))
        return found

    def _ends(self, on: tree.Node, first: date, last: date) -> tuple[Any, Any]:
        begin, end = pieces.ends(on.type.kind, first, last, self.source.zone)
        return pieces.whole(begin), pieces.whole(end)

    def order(self, node: tree.Aggregate, related: RelatedSource, last: bool) -> list[Any]:
        """Blanks last in either direction, equal ones by record, and by row within it."""
        order: list[Any] = []
        by = node.by or node.on or (node.event_dates[-1] if node.event_dates else None)
        if by is not None:
            value = self.ordered(self.operand(by))
            order.append((value.desc() if last else value.asc()).nulls_last())
        levels = [related.level(node.relation[: number + 1]).system("id") for number in range(len(node.relation))]
        return [*order, *[each.desc() if last else each.asc() for each in levels]]
