"""From what was written to the checked tree: words are resolved, every node is typed, all problems are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from runtime.definitions.types import BLANK, BOOLEAN, NUMBER, TEXT, Type
from runtime.errors import FormulaProblem, FormulaProblems
from runtime.formulas import functions, parse, tree
from runtime.formulas.aggregation import AggregateReader
from runtime.formulas.functions._absent import ABSENT
from runtime.formulas.functions.base import Function, Trouble
from runtime.formulas.scope import Scope, folded, similar
from runtime.formulas.tree import Node
from runtime.formulas.types import adapted, any_of, arithmetic, common, comparison, described, fits, money_like
from runtime.formulas.words import Row, WordReader
from runtime.texts import Message, _

GROUPS: dict[str, Message] = {
    "person": _(
        "{name} depends on who asks. Use it in defaults, steps, permissions, rules and filters, not in values that are everybody’s."
    ),
    "dimension": _("{name} can only be used in the floors, ceilings and freezes of a tier model."),
    "effects": _("{name} gives something new each time. It can only be used in default values and in values of steps."),
}


class Problem(Exception):
    """Stops the reading of one part; the rest is still looked at."""


class Checker:
    """One formula in one scope. `names` afterwards tells what each word's token refers to."""

    def __init__(self, scope: Scope):
        self.scope = scope
        self.problems: list[FormulaProblem] = []
        self.names: dict[int, str] = {}
        self.words = WordReader(self)
        self.aggregates = AggregateReader(self)

    # -- problems ------------------------------------------------------------------------------------------------------------
    def report(self, written: parse.Written, message: Message) -> Problem:
        """Notes a problem; `raise` what comes back to give up on this part."""
        found = parse.problem(written, message)
        if found not in self.problems:
            self.problems.append(found)
        return Problem()

    def attempt(self, written: parse.Written, row: Row | None) -> Node | None:
        """The part's node, or None after its problem was noted."""
        try:
            return READERS[type(written)](self, written, row)
        except Problem:
            return None

    def all(self, parts: Sequence[parse.Written], row: Row | None) -> list[Node]:
        """The nodes of several parts; every one is looked at before giving up."""
        found = [node for each in parts if (node := self.attempt(each, row)) is not None]
        if len(found) < len(parts):
            raise Problem()
        return found

    # -- reading -------------------------------------------------------------------------------------------------------------
    def read(self, written: parse.Written, row: Row | None = None) -> Node:
        return READERS[type(written)](self, written, row)

    def read_Constant(self, written: parse.Constant, row: Row | None) -> Node:
        value = written.value
        if isinstance(value, bool):
            return tree.truth(value)
        if isinstance(value, str):
            return tree.Literal(TEXT, value)
        return tree.Literal(NUMBER(_decimals(value)), value)

    def read_Word(self, written: parse.Word, row: Row | None) -> Node:
        return self.words.read(written, row)

    def read_Signed(self, written: parse.Signed, row: Row | None) -> Node:
        operand = self.read(written.operand, row)
        if written.operator == "not":
            return tree.Not(BOOLEAN, self.condition(written.operand, operand))
        if operand.type.kind not in ("number", "money", "duration"):
            raise self.report(
                written, _("A minus stands before numbers, amounts and durations, not before {what}.", what=described(operand.type))
            )
        return tree.Negative(operand.type, operand)

    def read_Joined(self, written: parse.Joined, row: Row | None) -> Node:
        left, right = self.all((written.left, written.right), row)
        if written.operator in ("+", "-"):
            left, right = adapted((left, right))
        found = arithmetic(written.operator, left, right)
        if isinstance(found, Message):
            raise self.report(written, found)
        return tree.Operation(found, written.operator, left, right)

    def read_Linked(self, written: parse.Linked, row: Row | None) -> Node:
        operands = self.all(written.operands, row)
        return tree.Logic(
            BOOLEAN, written.operator, tuple(self.condition(each, node) for each, node in zip(written.operands, operands, strict=True))
        )

    def read_Either(self, written: parse.Either, row: Row | None) -> Node:
        condition, then, otherwise = self.all((written.condition, written.then, written.otherwise), row)
        return self.choose(written, [(self.condition(written.condition, condition), then)], otherwise)

    def read_Several(self, written: parse.Several, row: Row | None) -> Node:
        raise self.report(written, _("A list in brackets stands only after in: tier in ('gold', 'diamond')."))

    def read_Compared(self, written: parse.Compared, row: Row | None) -> Node:
        """A chain becomes comparisons linked by and."""
        links: list[Node] = []
        for number, operator in enumerate(written.operators):
            left, right = written.operands[number], written.operands[number + 1]
            if operator in ("in", "not in"):
                node = self._membership(left, right, row)
                links.append(tree.Not(BOOLEAN, node) if operator == "not in" else node)
            else:
                links.append(self.compare(written, operator, *self.all((left, right), row)))
        return links[0] if len(links) == 1 else tree.Logic(BOOLEAN, "and", tuple(links))

    def compare(self, written: parse.Written, operator: str, left: Node, right: Node) -> Node:
        left, right = adapted((left, right))
        wrong = comparison(operator, left, right)
        if wrong is not None:
            raise self.report(written, wrong)
        return tree.Compare(BOOLEAN, operator, left, right)

    def _membership(self, left: parse.Written, right: parse.Written, row: Row | None) -> Node:
        if isinstance(right, parse.Several) or isinstance(right, parse.Constant):
            # ('gold') is 'gold' to Python; here it is a list of one
            items = right.items if isinstance(right, parse.Several) else (right,)
            operand = self.read(left, row)
            options = self.all(items, row)
            for item, option in zip(items, options, strict=True):
                if tree.literal_value(option) is None:
                    raise self.report(item, _("In a list after in only constants are allowed."))
            return tree.Within(
                BOOLEAN, operand, tuple(self._option(item, operand, option) for item, option in zip(items, options, strict=True))
            )
        operand, found = self.all((left, right), row)
        if found.type.kind != "list":
            raise self.report(
                right, _("After in a list is needed: ('a', 'b'), a field with several values, or tags. For parts of a text use CONTAINS.")
            )
        item = found.type.item
        if item is not None:
            if (
                item.kind == "choice"
                and item.options
                and isinstance(value := tree.literal_value(operand), str)
                and value not in item.options
            ):
                near = similar(value, list(item.options))
                raise self.report(
                    left,
                    _("There is no option {value} here. Did you mean {near}?", value=value, near=near)
                    if near
                    else _("There is no option {value} here; choose one of {options}.", value=value, options=", ".join(item.options[:12])),
                )
            if common([replace(operand), tree.Name(item, "")]) is None:
                raise self.report(
                    left, _("The list holds {items}, so {what} is never in it.", items=described(item), what=described(operand.type))
                )
        if isinstance(found, tree.Field) and isinstance(operand, tree.Call) and operand.function == "CURRENT_USER":
            return tree.Among(BOOLEAN, operand, found)
        if isinstance(found, (tree.Field, tree.Path)) and tree.literal_value(operand) is None:
            raise self.report(left, _("Before in and a field with several values a constant is needed: 'vip' in tags."))
        return tree.Among(BOOLEAN, operand, found)

    def _option(self, written: parse.Written, operand: Node, option: Node) -> Node:
        compared = self.compare(written, "==", operand, option)
        assert isinstance(compared, tree.Compare)
        return compared.right

    def condition(self, written: parse.Written, node: Node) -> Node:
        """A node where true or false is needed."""
        if node.type.kind not in ("boolean", "blank"):
            raise self.report(
                written,
                _(
                    "A condition is needed here, which is true or false; this is {what}. Compare it with something.",
                    what=described(node.type),
                ),
            )
        return node

    def choose(self, written: parse.Written, cases: list[tuple[Node, Node]], otherwise: Node | None) -> Node:
        values = adapted([value for __, value in cases] + ([otherwise] if otherwise is not None else []))
        type = common(values)
        if type is None:
            raise self.report(
                written,
                _(
                    "All results of a choice need one type; here are {types}.",
                    types=any_of(dict.fromkeys(value.type.kind for value in values)),
                ),
            )
        settled = tuple((condition, value) for (condition, __), value in zip(cases, values, strict=False))
        return tree.Choose(type, settled, values[-1] if otherwise is not None else None)

    # -- functions -----------------------------------------------------------------------------------------------------------
    def read_Called(self, written: parse.Called, row: Row | None) -> Node:
        function = self._function(written)
        self.names[written.place] = function.name
        if self.aggregates.is_one(function, written):
            return self.aggregates.read(function, written, row)
        for keyword, __ in written.keywords:
            raise self.report(written, _("{keyword}= belongs to aggregates such as SUM(orders.amount, {keyword}=…).", keyword=keyword))
        self._check_group(function, written)
        self._check_arity(function, written)
        arguments = self.all(written.arguments, row)
        wrong = [function.parameter(number).problem(node) for number, node in enumerate(arguments)]
        for part, message in zip(written.arguments, wrong, strict=True):
            if message is not None:
                self.report(part, message)
        if any(wrong):
            raise Problem()
        return self._built(function, written, arguments)

    def _built(self, function: Function, written: parse.Called, arguments: list[Node]) -> Node:
        try:
            return function.build(arguments, self.scope)
        except Trouble as trouble:
            part: parse.Written = written if trouble.argument is None else written.arguments[trouble.argument]
            raise self.report(part, trouble.message) from None

    def _function(self, written: parse.Called) -> Function:
        found = functions.SHELF.get(written.name)
        if found is None:
            name = folded(written.name)
            found = functions.SHELF.get(name.upper()) or functions.LABELS.get(name)
        if found is None:
            place = parse.Written(written.start, min(written.end, written.start + len(written.name)))
            raise self.report(place, self._no_function(written.name))
        return found

    def _no_function(self, name: str) -> Message:
        absent = ABSENT.get(folded(name).upper())
        if absent is not None:
            return _("There is no function called {name}. {remedy}", name=name, remedy=absent)
        near = similar(name, [*functions.SHELF, *(each.label["zh"] for each in functions.FUNCTIONS)])
        if near is not None:
            return _("There is no function called {name}. Did you mean {near}?", name=name, near=near)
        return _("There is no function called {name}; the list of functions stands beside the editor.", name=name)

    def _check_group(self, function: Function, written: parse.Called) -> None:
        if function.group is not None and function.group not in self.scope.allow:
            raise self.report(written, Message(GROUPS[function.group].text, {"name": function.name}))

    def _check_arity(self, function: Function, written: parse.Called) -> None:
        least, most = function.arity()
        count = len(written.arguments)
        if count < least or (most is not None and count > most):
            raise self.report(
                written,
                _(
                    "{name} is called as {signature}; here are {count} arguments.",
                    name=function.name,
                    signature=function.signature(),
                    count=count,
                ),
            )

    # -- the whole -----------------------------------------------------------------------------------------------------------
    def check(self, written: parse.Written, expect: Any) -> Node:
        """Raises FormulaProblems with everything that was found."""
        node = self.attempt(written, None)
        if node is not None and not self.problems:
            node = self._expected(written, node, expect)
        if self.problems or node is None:
            raise FormulaProblems(sorted(self.problems, key=lambda each: each.position))
        return node

    def _expected(self, written: parse.Written, node: Node, expect: Any) -> Node:
        if expect is None:
            return node
        if isinstance(expect, Type):
            return self._of_type(written, node, expect)
        kinds = (expect,) if isinstance(expect, str) else tuple(expect)
        allowed = {*kinds, "blank"} | ({"choice"} if "text" in kinds else set()) | ({"text"} if "choice" in kinds else set())
        if node.type.kind == "number" and "money" in kinds and tree.is_constant(node):
            return node
        if node.type.kind not in allowed:
            wanted = any_of(kinds)
            self.report(
                written,
                _(
                    "The result must be {wanted}; it is {given}.",
                    wanted=wanted[0] if len(wanted) == 1 else wanted,
                    given=described(node.type),
                ),
            )
        return node

    def _of_type(self, written: parse.Written, node: Node, wanted: Type) -> Node:
        if not fits(node, wanted):
            self.report(written, _("The result must be {wanted}; it is {given}.", wanted=described(wanted), given=described(node.type)))
            return node
        if wanted.kind == "choice" and wanted.options:
            for value in _texts(node):
                if value not in wanted.options:
                    self.report(
                        written,
                        _("There is no option {value} here; choose one of {options}.", value=value, options=", ".join(wanted.options[:12])),
                    )
        if wanted.kind == "money" and node.type.kind == "number":
            return money_like(wanted, node)
        return replace(node, type=wanted) if node.type == BLANK and isinstance(node, tree.Literal) else node


READERS: dict[type[parse.Written], Callable[..., Node]] = {
    getattr(parse, name.removeprefix("read_")): reader for name, reader in vars(Checker).items() if name.startswith("read_")
}


def _texts(node: Node) -> Iterator[str]:
    """The texts that may come out of a node, as far as they are written out."""
    if isinstance(node, tree.Literal) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, tree.Choose):
        for __, value in node.cases:
            yield from _texts(value)
        if node.otherwise is not None:
            yield from _texts(node.otherwise)


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
