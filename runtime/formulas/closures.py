"""The checked tree as a Python function over stored values: for sets of records where SQL cannot express a formula.

A function takes the inputs of one record as columns keep them (whole numbers at the scale of the type, day numbers, microseconds, texts)
and gives its value in the same form. What the database answers best (aggregates, tags, segments) is an input like a column. The function
is assembled from nodes, never from text; its meaning is that of evaluate.py.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import CodeType, FunctionType
from typing import Any

from runtime.definitions.types import Type
from runtime.formulas import arithmetic, tree
from runtime.formulas.arithmetic import LARGEST
from runtime.formulas.functions import SHELF
from runtime.formulas.functions.numbers import Rounding
from runtime.formulas.sql_pieces import quotient_factor, to_scaled
from runtime.formulas.stored_values import divider, greatest, keeper, modulo, reader, refuse, today
from runtime.formulas.types import NUMERIC

TIMES = {"date", "datetime", "duration"}
OF_THE_RECORD = ("IN_SEGMENT", "DIMENSION_BAND", "TIER_AT", "POTENTIAL")
"""Functions that ask about the record itself: only the database, or evaluation, can answer."""
TIME_HELPERS = {"+": arithmetic.later, "-": arithmetic.earlier, "*": arithmetic.times, "/": arithmetic.ratio}
COMPARISONS: dict[str, type[ast.cmpop]] = {"<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE, "==": ast.Eq, "!=": ast.NotEq}
OPERATORS: dict[str, type[ast.operator]] = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult}


class NotStreamed(Exception):
    """Some part needs the record itself and is no matter for a closure."""


class Closures:
    """Several formulas over one row of `inputs`: the nodes whose stored values the functions take, in this order."""

    def __init__(self, nodes: Mapping[str, tree.Node], scales: Mapping[str, int] | None = None, raw: Container[str] = (), before: int = 0):
        """`scales`: at which scale numbers are wanted, where that is not the node's own. A condition gives true or false; of those in
        `raw` a blank one stays blank. `before`: how many other values stand in a row before its inputs. Raises NotStreamed."""
        writer = _Writer()
        bodies = {key: writer.whole(each, (scales or {}).get(key), key in raw) for key, each in nodes.items()}
        self.inputs = list(writer.inputs)
        self._makers = writer.makers
        names = [ast.arg(name) for name in (*(f"b{number}" for number in range(before)), *writer.inputs.values())]
        self._codes = {key: _code(names, body) for key, body in bodies.items()}

    def bound(self, values: Any) -> dict[str, Callable[..., Any]]:
        """The functions for one run: `values` says now, today, zone and person. They raise CannotCompute."""
        known = {name: make(values) for name, make in self._makers.items()}
        return {key: FunctionType(code, {**known, "__builtins__": {}}) for key, code in self._codes.items()}


def _code(names: list[ast.arg], body: ast.expr) -> CodeType:
    arguments = ast.arguments(posonlyargs=names, args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    whole = ast.fix_missing_locations(ast.Expression(ast.Lambda(arguments, body)))
    return next(each for each in compile(whole, "<formula>", "eval").co_consts if isinstance(each, CodeType))


@dataclass(frozen=True)
class Part:
    """A node as Python: `value` holds once none of `blanks` (tests, looked at in order) is true; `fails`: it may raise CannotCompute.

    `either`: an expression that gives the value or None, where there is a shorter one than the two together.
    """

    value: ast.expr
    blanks: tuple[ast.expr, ...] = ()
    fails: bool = False
    either: ast.expr | None = None

    @property
    def whole(self) -> ast.expr:
        """The value, or None."""
        if self.either is not None:
            return self.either
        return ast.IfExp(_any(self.blanks), _constant(None), self.value) if self.blanks else self.value


BLANK = Part(ast.Constant(None), (ast.Constant(True),), False, ast.Constant(None))


class _Writer:
    def __init__(self) -> None:
        self.inputs: dict[tree.Node, str] = {}
        self.makers: dict[str, Callable[[Any], Any]] = {}
        self._known: dict[Any, str] = {}
        self._temporary = 0

    def whole(self, node: tree.Node, scale: int | None, raw: bool) -> ast.expr:
        if node.type.kind == "boolean" and not raw:
            return self.truth(node).value
        part = self.write(node)
        if node.type.kind in NUMERIC and scale is not None:
            part = self._at_scale(part, node.type.scale, scale)
        return part.whole

    def write(self, node: tree.Node) -> Part:
        return getattr(self, f"write_{type(node).__name__}")(node)

    # -- what a row brings ---------------------------------------------------------------------------------------------------
    def _input(self, node: tree.Node) -> Part:
        if node.type.kind == "list":
            raise NotStreamed
        value = _name(self.inputs.setdefault(node, f"x{len(self.inputs)}"))
        return Part(value, (_is_none(value),), False, value)

    write_Field = write_Path = write_Name = write_Aggregate = write_Among = _input

    def write_Literal(self, node: tree.Literal) -> Part:
        if node.value is None:
            return BLANK
        return Part(_constant(to_scaled(node.value, node.type.scale) if isinstance(node.value, Decimal) else node.value))

    # -- numbers -------------------------------------------------------------------------------------------------------------
    def write_Negative(self, node: tree.Negative) -> Part:
        part = self.write(node.operand)
        return Part(ast.UnaryOp(ast.USub(), part.value), part.blanks, part.fails)

    def write_Operation(self, node: tree.Operation) -> Part:
        left, right = self.write(node.left), self.write(node.right)
        kinds = {node.left.type.kind, node.right.type.kind}
        if node.operator == "&":
            return self._called(arithmetic.joined, node.type, (node.left, node.right), [left, right], own=True)
        if kinds & TIMES and not (kinds == {"date"} and node.operator == "-"):
            return self._called(TIME_HELPERS[node.operator], node.type, (node.left, node.right), [left, right])
        if node.operator not in OPERATORS:
            return self._divided(node, left, right)
        if node.operator != "*":
            left, right = (
                self._at_scale(part, each.type.scale, node.type.scale) for part, each in ((left, node.left), (right, node.right))
            )
        blanks, (a, b), fails = self._together(left, right)
        return self._limited(Part(ast.BinOp(a, OPERATORS[node.operator](), b), blanks, fails), node)

    def _limited(self, part: Part, node: tree.Node) -> Part:
        """No value of a formula is larger than LARGEST; looked at only where it could be."""
        limit = int(LARGEST) * 10**node.type.scale
        if greatest(node) <= limit:
            return part
        name, bound = self._bind(part.value)
        inside = ast.Compare(_constant(-limit), [ast.LtE(), ast.LtE()], [bound, _constant(limit)])
        return Part(ast.IfExp(inside, name, ast.Call(_name(self._fixed(refuse)), [], [])), part.blanks, True)

    def _divided(self, node: tree.Operation, left: Part, right: Part) -> Part:
        if node.operator == "%":
            left, right = (
                self._at_scale(part, each.type.scale, node.type.scale) for part, each in ((left, node.left), (right, node.right))
            )
            run: Callable[..., Any] = modulo
        else:
            run = divider(*quotient_factor(node.left.type.scale, node.right.type.scale))
        blanks, given, fails = self._together(left, right)
        return self._maybe_blank(ast.Call(_name(self._fixed(run)), given, []), blanks, fails or node.operator == "/")

    def _at_scale(self, part: Part, scale: int, wanted: int) -> Part:
        """A number at another scale, rounded half away from zero where decimals are lost."""
        if wanted == scale:
            return part
        if wanted > scale:
            factor = 10 ** (wanted - scale)
            value: ast.expr = (
                _constant(part.value.value * factor)  # type: ignore[operator]
                if isinstance(part.value, ast.Constant) and isinstance(part.value.value, int)
                else ast.BinOp(part.value, ast.Mult(), _constant(factor))
            )
            return Part(value, part.blanks, part.fails)
        return Part(self._rounded(part.value, 10 ** (scale - wanted)), part.blanks, part.fails)

    def _rounded(self, value: ast.expr, divisor: int) -> ast.expr:
        """`(t + half) // divisor if (t := value) >= 0 else -((half - t) // divisor)`"""
        half, (name, bound) = _constant(divisor // 2), self._bind(value)
        up = _over(ast.BinOp(name, ast.Add(), half), divisor)
        down = ast.UnaryOp(ast.USub(), _over(ast.BinOp(half, ast.Sub(), name), divisor))
        return ast.IfExp(ast.Compare(bound, [ast.GtE()], [_constant(0)]), up, down)

    # -- conditions ----------------------------------------------------------------------------------------------------------
    def truth(self, node: tree.Node) -> Part:
        """A condition; a blank one is false."""
        part = self.write(node)
        if isinstance(node, (tree.Compare, tree.Logic, tree.Not, tree.Within)):
            return part
        return Part(ast.Compare(part.whole, [ast.Eq()], [_constant(True)]), (), part.fails)

    def _same_scale(self, nodes: Iterable[tree.Node]) -> list[Part]:
        given = list(nodes)
        scale = max(each.type.scale for each in given)
        return [
            self._at_scale(self.write(each), each.type.scale, scale) if each.type.kind in NUMERIC else self.write(each) for each in given
        ]

    def write_Compare(self, node: tree.Compare) -> Part:
        left, right = self._same_scale((node.left, node.right))
        operator = COMPARISONS[node.operator]()
        if node.operator in ("==", "!="):
            return Part(ast.Compare(left.whole, [operator], [right.whole]), (), left.fails or right.fails)
        blanks, (a, b), fails = self._together(left, right)
        holds = ast.Compare(a, [operator], [b])
        return Part(ast.BoolOp(ast.And(), [*map(_opposite, blanks), holds]) if blanks else holds, (), fails)

    def write_Logic(self, node: tree.Logic) -> Part:
        operator = ast.And() if node.operator == "and" else ast.Or()
        parts = [self.truth(each) for each in node.operands]
        return Part(ast.BoolOp(operator, [each.value for each in parts]), (), any(each.fails for each in parts))

    def write_Not(self, node: tree.Not) -> Part:
        part = self.truth(node.operand)
        return Part(_opposite(part.value), (), part.fails)

    def write_Within(self, node: tree.Within) -> Part:
        operand, *options = self._same_scale((node.operand, *node.options))
        constants = tuple(self._constant_of(each.value) for each in options)
        return Part(ast.Compare(operand.whole, [ast.In()], [_constant(constants)]), (), operand.fails)

    @staticmethod
    def _constant_of(value: ast.expr) -> Any:
        if isinstance(value, ast.UnaryOp) and isinstance(value.operand, ast.Constant):
            return -value.operand.value  # type: ignore[operator]
        if isinstance(value, ast.BinOp):  # a negative constant brought to another scale
            return _Writer._constant_of(value.left) * _Writer._constant_of(value.right)
        assert isinstance(value, ast.Constant)
        return value.value

    def write_Choose(self, node: tree.Choose) -> Part:
        if node.type.kind == "list":
            raise NotStreamed
        found = self._as(node.otherwise, node.type) if node.otherwise is not None else BLANK
        for condition, result in reversed(node.cases):
            holds, part = self.truth(condition), self._as(result, node.type)
            value = ast.IfExp(holds.value, part.whole, found.whole)
            found = Part(value, (*found.blanks, *part.blanks), found.fails or part.fails or holds.fails)
            found = replace(found, either=value)
        return self._maybe_blank(found.value, (), found.fails) if found.blanks else found

    def _as(self, node: tree.Node, type: Type) -> Part:
        part = self.write(node)
        return self._at_scale(part, node.type.scale, type.scale) if node.type.kind in NUMERIC else part

    # -- functions -----------------------------------------------------------------------------------------------------------
    def write_Call(self, node: tree.Call) -> Part:
        function = SHELF[node.function]
        if node.function in OF_THE_RECORD or any(each.type.kind == "list" for each in node.arguments):
            return self._input(node)
        if getattr(function, "lazy", False):
            return self._first_filled(node)
        special = getattr(self, f"_call_{node.function}", None)
        if special is not None and (found := special(node)) is not None:
            return found
        parts = [self.write(each) for each in node.arguments]
        return self._called(function.run, node.type, node.arguments, parts, function.blank == "own", function.needs_values)

    def _first_filled(self, node: tree.Call) -> Part:
        parts: list[Part] = []
        for each in node.arguments:
            parts.append(self._as(each, node.type))
            if not parts[-1].blanks:
                break  # what stands behind it is never asked for
        value = parts[-1].whole
        for part in reversed(parts[:-1]):
            name, bound = self._bind(part.whole)
            value = ast.IfExp(ast.Compare(bound, [ast.IsNot()], [_constant(None)]), name, value)
        fails = any(each.fails for each in parts)
        return self._maybe_blank(value, (), fails) if all(each.blanks for each in parts) else Part(value, (), fails)

    def _call_ROUND(self, node: tree.Call) -> Part | None:
        function: Any = SHELF[node.function]
        part, drop = self.write(node.arguments[0]), node.arguments[0].type.scale - node.type.scale
        assert isinstance(function, Rounding)
        return part if drop <= 0 else self._at_scale(part, node.arguments[0].type.scale, node.type.scale)

    def _call_ABS(self, node: tree.Call) -> Part:
        part = self.write(node.arguments[0])
        return Part(ast.Call(_name(self._fixed(abs)), [part.value], []), part.blanks, part.fails)

    def _call_BAND(self, node: tree.Call) -> Part:
        number, *cuts = self._same_scale(node.arguments)
        name, bound = self._bind(number.value)
        value: ast.expr = _constant(1)
        for each, side in zip(cuts, (bound, *[name] * len(cuts)), strict=False):
            value = ast.BinOp(value, ast.Add(), ast.Compare(side, [ast.GtE()], [each.value]))
        return Part(value, number.blanks, number.fails)

    def _call_TODAY(self, node: tree.Call) -> Part:
        return Part(_name(self._per_run("today", today)))

    def _call_DAYS_SINCE(self, node: tree.Call) -> Part | None:
        if node.arguments[0].type.kind != "date":
            return None
        part = self.write(node.arguments[0])
        return Part(ast.BinOp(_name(self._per_run("today", today)), ast.Sub(), part.value), part.blanks, part.fails)

    def _called(
        self,
        run: Callable[..., Any],
        type: Type,
        nodes: Iterable[tree.Node],
        parts: list[Part],
        own: bool = False,
        needs_values: bool = False,
    ) -> Part:
        """A call of a Python function over plain values: arguments and result are turned from and into their stored form."""
        reads = tuple(reader(each.type) for each in nodes)
        keep = keeper(type)

        def make(values: Any) -> Callable[..., Any]:
            def call(*given: Any) -> Any:
                plain = [None if each is None else read(each) for each, read in zip(given, reads, strict=True)]
                value = run(values, *plain) if needs_values else run(*plain)
                return None if value is None else keep(value)

            return call

        blanks, given, __ = ((), [each.whole for each in parts], True) if own else self._together(*parts)
        return self._maybe_blank(ast.Call(_name(self._per_run(make, make)), given, []), blanks, True)

    # -- pieces --------------------------------------------------------------------------------------------------------------
    def _together(self, *parts: Part) -> tuple[tuple[ast.expr, ...], list[ast.expr], bool]:
        """(tests, values, fails) of operands that all have to be there.

        Operands that may fail are worked out first, each of them, since a blank beside it does not make a failure undone.
        """
        failing = any(each.fails for each in parts) and len(parts) > 1
        eager: list[ast.expr] = []
        values: list[ast.expr] = []
        tests: dict[str, ast.expr] = {}
        for each in parts:
            if failing and each.fails:
                name, bound = self._bind(each.whole)
                eager.append(_is_none(bound))
                values.append(name)
            else:
                tests.update((ast.dump(test), test) for test in each.blanks)
                values.append(each.value)
        first: ast.expr | None = None
        for test in eager:
            first = test if first is None else ast.BinOp(first, ast.BitOr(), test)
        return ((first,) if first is not None else ()) + tuple(tests.values()), values, any(each.fails for each in parts)

    def _maybe_blank(self, value: ast.expr, blanks: tuple[ast.expr, ...], fails: bool) -> Part:
        """A value that may turn out blank although its operands are not."""
        name, bound = self._bind(value)
        return Part(name, (*blanks, _is_none(bound)), fails, ast.IfExp(_any(blanks), _constant(None), value) if blanks else value)

    def _bind(self, value: ast.expr) -> tuple[ast.expr, ast.expr]:
        """(the name, the expression that gives it its value)."""
        if isinstance(value, ast.Name):
            return value, value
        self._temporary += 1
        name = f"t{self._temporary}"
        return _name(name), ast.NamedExpr(ast.Name(name, ast.Store()), value)

    def _fixed(self, function: Callable[..., Any]) -> str:
        return self._per_run(function, lambda values: function)

    def _per_run(self, key: Any, make: Callable[[Any], Any]) -> str:
        name = self._known.setdefault(key, f"f{len(self._known)}")
        self.makers[name] = make
        return name


# -- nodes of Python --------------------------------------------------------------------------------------------------------------
def _name(name: str) -> ast.expr:
    return ast.Name(name, ast.Load())


def _constant(value: Any) -> ast.Constant:
    return ast.Constant(value)


def _is_none(value: ast.expr) -> ast.expr:
    return ast.Compare(value, [ast.Is()], [_constant(None)])


def _opposite(test: ast.expr) -> ast.expr:
    return ast.UnaryOp(ast.Not(), test)


def _any(tests: tuple[ast.expr, ...]) -> ast.expr:
    return tests[0] if len(tests) == 1 else ast.BoolOp(ast.Or(), list(tests))


def _over(value: ast.expr, divisor: int) -> ast.expr:
    return ast.BinOp(value, ast.FloorDiv(), _constant(divisor))
