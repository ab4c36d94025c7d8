"""From tokens to a small tree of what was written, by Python's own parser and an allow-list of what it may find.

Nothing here knows fields or types; that is checking.py's part.
"""

from __future__ import annotations

import ast
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from runtime.errors import FormulaProblem, FormulaProblems
from runtime.formulas.tokens import DEEPEST, Token, Tokens, refuse
from runtime.texts import Message, _

MOST_NODES = 300


@dataclass(slots=True)
class Written:
    """A part of a formula as it was written; `start` and `end` are places in the typed text."""

    start: int
    end: int


@dataclass(slots=True)
class Constant(Written):
    value: Decimal | str | bool


@dataclass(slots=True)
class Word(Written):
    """A name, or a path of names. `places` are the numbers of their tokens."""

    parts: tuple[str, ...]
    places: tuple[int, ...]


@dataclass(slots=True)
class Called(Written):
    name: str
    place: int
    arguments: tuple[Written, ...]
    keywords: tuple[tuple[str, Written], ...]


@dataclass(slots=True)
class Signed(Written):
    """Minus or not."""

    operator: str
    operand: Written


@dataclass(slots=True)
class Joined(Written):
    """Two operands and + - * / % or &."""

    operator: str
    left: Written
    right: Written


@dataclass(slots=True)
class Compared(Written):
    """A chain of comparisons: `1 < a <= 5` has two operators and three operands."""

    operators: tuple[str, ...]
    operands: tuple[Written, ...]


@dataclass(slots=True)
class Linked(Written):
    """Operands linked by and / or."""

    operator: str
    operands: tuple[Written, ...]


@dataclass(slots=True)
class Either(Written):
    """One value if a condition holds, else the other."""

    condition: Written
    then: Written
    otherwise: Written


@dataclass(slots=True)
class Several(Written):
    """A list in brackets, after `in`."""

    items: tuple[Written, ...]


BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.BitAnd: "&"}
COMPARISONS = {ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in"}


ONE_TREE = threading.Lock()
"""CPython 3.11 counts the depth of a tree being made for all threads together, so two at once end in a SystemError (its issue 106905)."""


def parse(tokens: Tokens) -> Written:
    """Raises FormulaProblems."""
    try:
        with ONE_TREE:
            tree = ast.parse(tokens.source, mode="eval")
    except SyntaxError as error:
        raise _unreadable(tokens, (error.offset or 1) - 1) from None
    except (RecursionError, MemoryError, ValueError):
        raise _too_deep(0, len(tokens.typed)) from None
    return _Reader(tokens).read(tree.body, 1)


def _too_deep(start: int, end: int) -> FormulaProblems:
    return refuse(
        _("The formula is nested more than {most} levels deep. Put a part of it into a formula field of its own.", most=DEEPEST), start, end
    )


def _unreadable(tokens: Tokens, offset: int) -> FormulaProblems:
    """Python's “invalid syntax” as a sentence about the place where reading stopped."""
    for before, token in _neighbours(tokens.all):
        if before is not None and token is not None and before.operand and (token.kind in ("word", "label", "number", "text", "truth")):
            if before.kind == "word" and token.kind == "text" and before.end == token.start:
                return refuse(_("A text begins with its quotation mark; take out what stands before it."), before.start, token.end)
            return refuse(
                _(
                    "Something is missing between “{left}” and “{right}”: an operator such as + or &, or a comma.",
                    left=before.text,
                    right=token.text,
                ),
                token.start,
                token.end,
            )
    for before, token in _neighbours(tokens.all):
        if before is None or before.operand or before.text == "(":
            if (
                token is not None
                and token.kind == "operator"
                and token.text in ("*", "/", "%", "&", "<", ">", "<=", ">=", "==", "!=", ",", ".")
            ):
                return (
                    refuse(_("A value is missing before “{sign}”.", sign=token.text), token.start, token.end)
                    if before is None or before.text == "("
                    else _at(tokens, offset)
                )
        elif token is None or token.text in (")", ",") or (token.kind == "operator" and token.text not in ("(", "-", "+")):
            return refuse(_("A value is missing after “{sign}”.", sign=before.text), before.start, before.end)
    return _at(tokens, offset)


def _neighbours(tokens: list[Token]) -> Iterator[tuple[Token | None, Token | None]]:
    return zip([None, *tokens], [*tokens, None], strict=True)


def _at(tokens: Tokens, offset: int) -> FormulaProblems:
    token = tokens.all[min(tokens.at(offset), len(tokens.all) - 1)]
    return refuse(_("The formula cannot be read from “{sign}” on; look at what stands before it.", sign=token.text), token.start, token.end)


class _Reader:
    """One walk over Python's tree; what is not on the list is refused."""

    def __init__(self, tokens: Tokens):
        self.tokens = tokens
        self.nodes = 0

    def read(self, node: ast.expr, depth: int) -> Written:
        tokens = self.tokens
        start, end = tokens.all[tokens.begins[node.col_offset]].start, tokens.all[self.last(node)].end
        self.nodes += 1
        if depth > DEEPEST:
            raise _too_deep(start, end)
        if self.nodes > MOST_NODES:
            raise refuse(
                _("A formula has at most {most} parts. Put some of them into a formula field of its own.", most=MOST_NODES), start, end
            )
        reader = READERS.get(type(node))
        if reader is None:
            raise refuse(_NOT_OURS.get(type(node).__name__, _("This has no meaning in a formula.")), start, end)
        return reader(self, node, start, end, depth + 1)

    def last(self, node: ast.expr) -> int:
        """The number of a node's last token."""
        return self.tokens.ends[node.end_col_offset or 0]

    def read_Name(self, node: ast.Name, start: int, end: int, depth: int) -> Written:
        place = self.last(node)
        token = self.tokens.all[place]
        if token.kind in ("word", "label"):
            return Word(start, end, (str(token.value),), (place,))
        assert isinstance(token.value, (Decimal, str, bool))
        return Constant(start, end, token.value)

    def read_Attribute(self, node: ast.Attribute, start: int, end: int, depth: int) -> Written:
        left = self.read(node.value, depth)
        place = self.last(node)
        token = self.tokens.all[place]
        if not isinstance(left, Word):
            raise refuse(_("A point stands only between names: order.customer, orders.amount."), token.start, token.end)
        if token.kind not in ("word", "label"):
            raise refuse(_("After the point the name of a field is needed."), token.start, token.end)
        return Word(start, end, (*left.parts, str(token.value)), (*left.places, place))

    def read_Call(self, node: ast.Call, start: int, end: int, depth: int) -> Written:
        function = self.read(node.func, depth)
        if not isinstance(function, Word) or len(function.parts) != 1 or not self._bare(function.places[0]):
            raise refuse(_("Only a function's name can stand before an opening bracket."), function.start, function.end)
        keywords: list[tuple[str, Written]] = []
        for each in node.keywords:
            if each.arg is None:
                raise refuse(_("This has no meaning in a formula."), start, end)
            keywords.append((each.arg, self.read(each.value, depth)))
        arguments = tuple([self.read(each, depth) for each in node.args])
        return Called(start, end, function.parts[0], function.places[0], arguments, tuple(keywords))

    def _bare(self, place: int) -> bool:
        """Whether a token is a plain word right before a bracket."""
        return self.tokens.all[place].kind == "word" and self.tokens.all[place + 1].text == "("

    def read_UnaryOp(self, node: ast.UnaryOp, start: int, end: int, depth: int) -> Written:
        operand = self.read(node.operand, depth)
        if isinstance(node.op, ast.UAdd):
            return operand
        if isinstance(node.op, (ast.USub, ast.Not)):
            return Signed(start, end, "-" if isinstance(node.op, ast.USub) else "not", operand)
        raise refuse(_("This has no meaning in a formula."), start, end)

    def read_BinOp(self, node: ast.BinOp, start: int, end: int, depth: int) -> Written:
        if type(node.op) not in BINARY:
            raise refuse(_("This has no meaning in a formula."), start, end)
        return Joined(start, end, BINARY[type(node.op)], self.read(node.left, depth), self.read(node.right, depth))

    def read_BoolOp(self, node: ast.BoolOp, start: int, end: int, depth: int) -> Written:
        return Linked(start, end, "and" if isinstance(node.op, ast.And) else "or", tuple(self.read(each, depth) for each in node.values))

    def read_Compare(self, node: ast.Compare, start: int, end: int, depth: int) -> Written:
        operators = tuple([COMPARISONS.get(type(each), "") for each in node.ops])
        if "" in operators:
            raise refuse(_("This has no meaning in a formula."), start, end)
        operands = (self.read(node.left, depth), *[self.read(each, depth) for each in node.comparators])
        for operator, right in zip(operators, operands[1:], strict=True):
            if operator in ("in", "not in") and isinstance(right, Constant) and not self._bracketed(right):
                raise refuse(_NO_LIST, right.start, right.end)
        return Compared(start, end, operators, operands)

    def _bracketed(self, written: Written) -> bool:
        """Whether a bracket stands right before: ('gold') is 'gold' to Python, but a list of one here."""
        return any(token.text == "(" and after.start == written.start for token, after in pairwise(self.tokens.all))

    def read_IfExp(self, node: ast.IfExp, start: int, end: int, depth: int) -> Written:
        return Either(start, end, self.read(node.test, depth), self.read(node.body, depth), self.read(node.orelse, depth))

    def read_Tuple(self, node: ast.Tuple, start: int, end: int, depth: int) -> Written:
        return Several(start, end, tuple(self.read(each, depth) for each in node.elts))


READERS: dict[type[ast.AST], Callable[..., Written]] = {
    getattr(ast, name.removeprefix("read_")): reader for name, reader in vars(_Reader).items() if name.startswith("read_")
}
_NO_LIST = _("After in a list is needed: ('a', 'b'), a field with several values, or tags. For parts of a text use CONTAINS.")
_NOT_OURS: dict[str, Message] = {
    "Starred": _("A star has no meaning before an argument."),
    "GeneratorExp": _("There are no loops in formulas; use an aggregate such as SUM(orders.amount)."),
}


def problem(written: Written, message: Message) -> FormulaProblem:
    return FormulaProblem(message, written.start, max(1, written.end - written.start))
