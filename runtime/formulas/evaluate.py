"""Evaluation for one record, by simpleeval. This is its only home.

The checked tree is compiled once into the few nodes of Python's `ast` that simpleeval may see, plus four of our own for what is lazy or
goes over rows. Every other handler is taken away, operators and functions are ours, nothing has attributes, steps are counted.
"""

from __future__ import annotations

import ast
import threading
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal, DecimalException
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from simpleeval import InvalidExpression, SimpleEval

from runtime.formulas import arithmetic, tree
from runtime.formulas.arithmetic import CannotCompute
from runtime.formulas.functions import FUNCTIONS, SHELF
from runtime.formulas.functions.base import blank_gives_blank
from runtime.formulas.functions._days import months_later
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas import Formula

MOST_STEPS = 1_000_000
"""Parts of formulas worked out for one value, rows of aggregates included."""


class Values(Protocol):
    """What a formula may ask of a record, or of a related row. Values are plain and copied: Decimal, str, bool, date, aware datetime,
    tuples, ids; blank is None.

    `related` gives the rows of a relation (records by id, sub-form rows by position), each of them Values again. A row of a sub-form
    answers `field` with its own fields first and then with those of the record it belongs to. `as_of` is true in a run for another day
    than the present one. `holidays` is the country whose holidays are no working days. A class may also have
    `aggregate(node)`, which answers an aggregate itself or says NotImplemented.
    """

    now: datetime
    today: date
    zone: ZoneInfo
    person: Any
    as_of: bool
    holidays: str

    def field(self, key: str) -> Any: ...
    def path(self, reference: str, key: str) -> Any: ...
    def related(self, relation: str) -> Iterable[Values]: ...
    def name(self, name: str) -> Any: ...
    def member_roles(self, person: int) -> Iterable[str]: ...
    def dimension_band(self, key: str) -> int | None: ...
    def in_segment(self, key: str) -> bool: ...
    def in_team(self, role: str | None) -> bool: ...
    def cuts(self, field: str, count: int) -> Iterable[Decimal | None] | None: ...
    def member_name(self, person: int) -> str | None: ...
    def tier_at(self, model: str, day: date) -> str | None: ...
    def potential(self, model: str, figure: str) -> Decimal | None: ...
    def lookup(self, form: str, match: str, value: Any, result: str) -> Any: ...


# -- our own nodes --------------------------------------------------------------------------------------------------------------
class Lazy(ast.expr):
    """The first part that is not blank."""

    _fields = ()


class Rows(ast.expr):
    """An aggregate."""

    _fields = ()


class Held(ast.expr):
    """A value that is already known and plain."""

    _fields = ()


class Read(ast.expr):
    """A value asked of the record or of the row in view."""

    _fields = ()


OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: arithmetic.add,
    ast.Sub: arithmetic.subtract,
    ast.Mult: arithmetic.multiply,
    ast.Div: arithmetic.divide,
    ast.Mod: arithmetic.modulo,
    ast.BitAnd: arithmetic.joined,
    ast.USub: arithmetic.negate,
    ast.Not: lambda value: not value,
    ast.Eq: arithmetic.equal,
    ast.NotEq: arithmetic.different,
    ast.Lt: arithmetic.less,
    ast.LtE: arithmetic.less_or_equal,
    ast.Gt: arithmetic.greater,
    ast.GtE: arithmetic.greater_or_equal,
    ast.In: lambda value, options: options is not None and value in options,
}
SIGNS: dict[str, Any] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "%": ast.Mod,
    "&": ast.BitAnd,
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
}
HELPERS: dict[str, Callable[..., Any]] = {
    "later": arithmetic.later,
    "earlier": arithmetic.earlier,
    "days_between": arithmetic.days_between,
    "times": arithmetic.times,
    "ratio": arithmetic.ratio,
}
NO_VALUE = object()


# -- from our tree to the nodes ---------------------------------------------------------------------------------------------------
def compiled(node: tree.Node) -> ast.expr:
    """The node for simpleeval; `of` tells explanations which part of our tree it stands for."""
    found = _COMPILERS[type(node)](node)
    found.of = node  # type: ignore[attr-defined]
    return found


def _literal(node: tree.Literal) -> ast.expr:
    return _held(node.value)


def _held(value: Any) -> ast.expr:
    held = Held()
    held.value = value  # type: ignore[attr-defined]
    return held


def _read(relation: tuple[str, ...], read: Callable[[Any], Any]) -> ast.expr:
    found = Read()
    found.relation, found.read = relation, read  # type: ignore[attr-defined]
    return found


def _field(node: tree.Field) -> ast.expr:
    key = "id" if node.key == "record" and node.system else node.key
    if node.system and node.type.kind == "number":
        return _read(node.relation, lambda values: _decimal(values.field(key)))
    return _read(node.relation, lambda values: values.field(key))


def _decimal(number: int | None) -> Decimal | None:
    return None if number is None else Decimal(number)


def _path(node: tree.Path) -> ast.expr:
    key = "id" if node.key == "record" else node.key
    return _read(node.relation, lambda values: values.path(node.reference, key))


def _name(node: tree.Name) -> ast.expr:
    return _read((), lambda values: values.name(node.name))


def _operation(node: tree.Operation) -> ast.expr:
    left, right = compiled(node.left), compiled(node.right)
    helper = _time_helper(node)
    if helper is not None:
        return ast.Call(ast.Name(helper), [left, right], [])
    return ast.BinOp(left, SIGNS[node.operator](), right)


def _time_helper(node: tree.Operation) -> str | None:
    kinds = {node.left.type.kind, node.right.type.kind}
    if node.operator == "&" or not kinds & {"date", "datetime", "duration"}:
        return None
    if node.type.kind == "number":
        return "ratio" if node.operator == "/" else "days_between"
    return {"+": "later", "-": "earlier", "*": "times"}[node.operator]


def _compare(node: tree.Compare) -> ast.expr:
    return ast.Compare(compiled(node.left), [SIGNS[node.operator]()], [compiled(node.right)])  # type: ignore[list-item]


def _logic(node: tree.Logic) -> ast.expr:
    return ast.BoolOp(ast.And() if node.operator == "and" else ast.Or(), [_truth(each) for each in node.operands])


def _truth(node: tree.Node) -> ast.expr:
    """A condition; a blank one is false."""
    if isinstance(node, (tree.Compare, tree.Logic, tree.Not, tree.Within, tree.Among, tree.Literal)):
        return compiled(node)
    return ast.Compare(compiled(node), [ast.Eq()], [_held(True)])


def _not(node: tree.Not) -> ast.expr:
    return ast.UnaryOp(ast.Not(), _truth(node.operand))


def _within(node: tree.Within) -> ast.expr:
    return ast.Compare(compiled(node.operand), [ast.In()], [_held(tuple(tree.literal_value(each) for each in node.options))])


def _among(node: tree.Among) -> ast.expr:
    return ast.Compare(compiled(node.operand), [ast.In()], [compiled(node.list)])


def _choose(node: tree.Choose) -> ast.expr:
    found = compiled(node.otherwise) if node.otherwise is not None else _held(None)
    for condition, value in reversed(node.cases):
        found = ast.IfExp(_truth(condition), compiled(value), found)
    return found


def _call(node: tree.Call) -> ast.expr:
    arguments = [compiled(each) for each in node.arguments]
    if getattr(SHELF[node.function], "lazy", False):
        lazy = Lazy()
        lazy.values = arguments  # type: ignore[attr-defined]
        return lazy
    return ast.Call(ast.Name(node.function), arguments, [])


def _aggregate(node: tree.Aggregate) -> ast.expr:
    rows = Rows()
    rows.node = node  # type: ignore[attr-defined]
    rows.function = SHELF[node.function]  # type: ignore[attr-defined]
    rows.more = (tree.literal_value(node.argument),) if node.argument is not None else ()  # type: ignore[attr-defined]
    rows.value = compiled(node.value) if node.value is not None else None  # type: ignore[attr-defined]
    rows.where = _truth(node.where) if node.where is not None else None  # type: ignore[attr-defined]
    rows.on = compiled(node.on) if node.on is not None else None  # type: ignore[attr-defined]
    order = node.by or node.on or (node.event_dates[-1] if node.event_dates else None)
    rows.order = compiled(order) if order is not None else None  # type: ignore[attr-defined]
    rows.dates = [compiled(each) for each in (node.event_dates if node.on is None or node.on in node.event_dates else (node.on,))]  # type: ignore[attr-defined]
    return rows


_COMPILERS: dict[type, Callable[[Any], ast.expr]] = {
    tree.Literal: _literal,
    tree.Field: _field,
    tree.Path: _path,
    tree.Name: _name,
    tree.Operation: _operation,
    tree.Negative: lambda node: ast.UnaryOp(ast.USub(), compiled(node.operand)),
    tree.Compare: _compare,
    tree.Logic: _logic,
    tree.Not: _not,
    tree.Within: _within,
    tree.Among: _among,
    tree.Choose: _choose,
    tree.Call: _call,
    tree.Aggregate: _aggregate,
}


# -- the evaluator ----------------------------------------------------------------------------------------------------------------
class Evaluator(SimpleEval):
    """One a thread: simpleeval keeps what it works on itself."""

    def __init__(self) -> None:
        super().__init__(operators=dict(OPERATORS), functions={}, names={}, allowed_attrs={})
        self.functions.update(HELPERS)
        for function in FUNCTIONS:
            self.functions[function.name] = self._callable(function)
        kept = (ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call)
        self.nodes: dict[Any, Callable[..., Any]] = {kind: self.nodes[kind] for kind in kept}
        self.nodes.update({Lazy: self._eval_lazy, Rows: self._eval_rows, Held: self._eval_held, Read: self._eval_read})
        self.values: Any = None
        self.rows: dict[tuple[str, ...], Any] = {}
        self.steps = 0

    def _callable(self, function: Any) -> Callable[..., Any]:
        run = function.run if function.blank == "own" else blank_gives_blank(function.run)
        if not function.needs_values:
            return run
        if function.blank == "own":
            return lambda *arguments: function.run(self.values, *arguments)
        return lambda *arguments: None if None in arguments else function.run(self.values, *arguments)

    def compute(self, program: ast.expr, values: Any, text: str) -> Any:
        """The value of a compiled formula. Evaluation may start anew from inside, when a value that is asked for is a formula itself."""
        before = self.values, self.rows, self.steps, self.expr
        self.values, self.rows, self.steps = values, {}, MOST_STEPS if self.values is None else self.steps
        try:
            return self.eval(text, previously_parsed=program)
        finally:
            left = self.steps
            self.values, self.rows, self.steps, self.expr = before
            if self.values is not None:
                self.steps = left

    def _eval(self, node: ast.expr) -> Any:
        self.steps -= 1
        if self.steps < 0:
            raise CannotCompute(_("This formula takes too many steps for one record; narrow its aggregates down with where= or days=."))
        return super()._eval(node)

    def _eval_held(self, node: Any) -> Any:
        return node.value

    def _eval_read(self, node: Any) -> Any:
        return node.read(self.rows[node.relation] if node.relation else self.values)

    def _eval_lazy(self, node: Any) -> Any:
        for each in node.values:
            value = self._eval(each)
            if value is not None:
                return value
        return None

    def _eval_rows(self, rows: Any) -> Any:
        answer = getattr(self.values, "aggregate", None)
        if answer is not None:
            value = answer(rows.node)
            if value is not NotImplemented:
                return value
        found = self._row_values(rows)
        return rows.function.over(found, *rows.more) if found else rows.function.nothing

    def _row_values(self, rows: Any) -> list[Any]:
        """The values of the rows that count, in order for FIRST and LAST."""
        window = window_of(rows.node, self.values.today)
        ordered = hasattr(rows.function, "last")
        found: list[tuple[Any, Any]] = []
        for __ in self._each_row(rows.node.relation):
            if not self._counts(rows, window):
                continue
            value = self._eval(rows.value) if rows.value is not None else NO_VALUE
            if value is not None:
                found.append((value, self._eval(rows.order) if ordered and rows.order is not None else None))
        if ordered:
            found = in_order(found, rows.function.last)
        return [value for value, __ in found]

    def _each_row(self, relation: tuple[str, ...], reached: tuple[str, ...] = ()) -> Iterable[None]:
        """Brings the rows into view, one after the other; those in between stay in view too."""
        if len(reached) == len(relation):
            yield None
            return
        path = relation[: len(reached) + 1]
        above = self.rows[reached] if reached else self.values
        try:
            for row in above.related(path[-1]):
                self.rows[path] = row
                yield from self._each_row(relation, path)
        finally:
            self.rows.pop(path, None)

    def _counts(self, rows: Any, window: tuple[date, date] | None) -> bool:
        if window is not None:
            day = self._day(rows.on)
            if day is None or not window[0] <= day <= window[1]:
                return False
        if self.values.as_of:
            for each in rows.dates:
                day = self._day(each)
                if day is not None and day > self.values.today:
                    return False
        return rows.where is None or self._eval(rows.where) is True

    def _day(self, node: ast.expr) -> date | None:
        value = self._eval(node)
        return value.astimezone(self.values.zone).date() if isinstance(value, datetime) else value


def in_order(found: list[tuple[Any, Any]], last: bool) -> list[tuple[Any, Any]]:
    """Rows by their order, blanks last, equal ones as they came; for LAST the other way round, blanks still last."""
    if last:
        found = found[::-1]
    filled = sorted((each for each in found if each[1] is not None), key=lambda each: each[1], reverse=last)
    return [*filled, *(each for each in found if each[1] is None)]


def window_of(node: tree.Aggregate, today: date) -> tuple[date, date] | None:
    """First and last day of an aggregate's window: the n days that end today, or from the day after today minus n months. A window
    before it ends on the day before the next one begins."""
    if node.days is not None:
        last = today - timedelta(days=min(node.days * node.before, today.toordinal() - 1))
        return last - timedelta(days=min(node.days - 1, last.toordinal() - 1)), last
    if node.months is not None:
        last = months_later(today, -node.months * node.before)
        return months_later(today, -node.months * (node.before + 1)) + timedelta(days=1), last
    return None


_OWN = threading.local()


def evaluate(formula: Formula, values: Any) -> Any:
    """The formula's value for a record. Numbers are exact and not yet rounded to the scale of a field. Raises CannotCompute."""
    evaluator = getattr(_OWN, "evaluator", None)
    if evaluator is None:
        evaluator = _OWN.evaluator = Evaluator()
    return guarded(lambda: evaluator.compute(program_of(formula), values, formula.text))


def program_of(formula: Formula) -> ast.expr:
    """A formula compiled, once."""
    program = formula.memo.get("program")
    if program is None:
        program = formula.memo["program"] = _truth(formula.tree) if formula.type.kind == "boolean" else compiled(formula.tree)
    return program


def guarded(compute: Callable[[], Any]) -> Any:
    """What a computation gives. Raises CannotCompute for everything that can go wrong in it."""
    try:
        return compute()
    except RecursionError:
        raise CannotCompute(
            _("This formula is nested too deeply to be computed; put a part of it into a formula field of its own.")
        ) from None
    except DecimalException:
        raise arithmetic.too_large() from None
    except InvalidExpression as error:
        raise CannotCompute(_("This formula cannot be computed: {reason}", reason=str(error))) from error
