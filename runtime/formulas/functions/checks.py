"""Logic: truth, choices by number, and what a value is."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

import sqlalchemy as sa

from runtime.definitions.types import BOOLEAN, NUMBER
from runtime.formulas import sql_pieces as pieces
from runtime.formulas import tree
from runtime.formulas.functions.base import NUMBER_KINDS, SCALAR, TEXT_KINDS, Function, Parameter, register
from runtime.formulas.functions._days import day_in
from runtime.formulas.functions._logic import CONDITION, choice_of
from runtime.formulas.functions._texts import number_in, number_in_sql
from runtime.formulas.tree import Call, Compare, Literal, Node

if TYPE_CHECKING:
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer


class Check(Function):
    family, result_type, blank = "logic", BOOLEAN, "own"
    parameters: ClassVar[tuple[Parameter, ...]] = (Parameter("value", SCALAR),)


@register
class TrueFunction(Check):
    """True. The same as writing TRUE without brackets.

    >>> TRUE()
    TRUE
    """

    name, label, parameters = "TRUE", {"zh": "真", "en": "True"}, ()

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        return tree.truth(True)


@register
class FalseFunction(Check):
    """False. The same as writing FALSE without brackets.

    >>> FALSE()
    FALSE
    """

    name, label, parameters = "FALSE", {"zh": "假", "en": "False"}, ()

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        return tree.truth(False)


@register
class Xor(Check):
    """True if an odd number of the conditions holds; of two: if exactly one does.

    >>> XOR(amount > 100, status == 'draft')
    TRUE
    >>> XOR(amount > 100, status == 'done')
    FALSE
    """

    name, label, repeats, cost = "XOR", {"zh": "异或", "en": "Exclusive or"}, 1, 2
    parameters = (Parameter("condition", CONDITION),)

    def run(self, *arguments: Any) -> bool:
        return sum(each is True for each in arguments) % 2 == 1

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        holding = pieces.whole(0)
        for each in operands:
            holding = holding + sa.case((writer.truth(each.node, positive=True), pieces.whole(1)), else_=pieces.whole(0))
        return pieces.rest(holding, 2) == pieces.whole(1)


@register
class Choose(Check):
    """The first, second, third … of several values, by number; blank for any other number.

    >>> CHOOSE(2, 'low', 'middle', 'high')
    'middle'
    >>> CHOOSE(4, 'low', 'middle', 'high')
    blank
    """

    name, label, repeats = "CHOOSE", {"zh": "按序选择", "en": "Choose"}, 1
    parameters = (Parameter("number", ("number",)), Parameter("value"))

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        number, *values = arguments
        cases = [(_is(number, place), value) for place, value in enumerate(values, 1)]
        return choice_of(cases, None)


def _is(number: Node, place: int) -> Node:
    return Compare(BOOLEAN, "==", number, Literal(NUMBER(0), Decimal(place)))


class KindCheck(Check):
    """Whether a value is of some kinds, or a text that can be read as one."""

    kinds: ClassVar[tuple[str, ...]] = ()

    def run(self, *arguments: Any) -> bool:
        value = arguments[0]
        return self.of_text(value) if isinstance(value, str) else value is not None and self.holds(value)

    def of_text(self, text: str) -> bool:
        raise NotImplementedError

    def holds(self, value: Any) -> bool:
        raise NotImplementedError

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        value = operands[0]
        if value.type.kind not in self.kinds:
            return self.sql_of_text(writer, value) if value.type.kind in TEXT_KINDS else sa.false()
        filled = value.sql.is_not(None)
        return sa.and_(filled, value.sql != "") if value.type.kind in TEXT_KINDS else filled

    def sql_of_text(self, writer: Writer, text: Operand) -> Any:
        """For kinds that are no texts."""
        return sa.false()


@register
class IsNumber(KindCheck):
    """True for a number or amount that is not blank, and for a text that VALUE can read.

    >>> ISNUMBER(amount)
    TRUE
    >>> ISNUMBER(SEARCH('x', name))
    FALSE
    >>> ISNUMBER('12.5')
    TRUE
    """

    name, label, kinds, levels = "ISNUMBER", {"zh": "是数字", "en": "Is a number"}, NUMBER_KINDS, 32

    def of_text(self, text: str) -> bool:
        return number_in(text) is not None

    def sql_of_text(self, writer: Writer, text: Operand) -> Any:
        return number_in_sql(text.sql, writer.dialect).is_not(None)

    def holds(self, value: Any) -> bool:
        return isinstance(value, Decimal)


@register
class IsText(KindCheck):
    """True for a text or choice that is not blank.

    >>> ISTEXT(name)
    TRUE
    >>> ISTEXT(amount)
    FALSE
    """

    name, label, kinds = "ISTEXT", {"zh": "是文本", "en": "Is a text"}, TEXT_KINDS

    def of_text(self, text: str) -> bool:
        return text != ""

    def holds(self, value: Any) -> bool:
        return False


@register
class IsDate(KindCheck):
    """True for a day or time that is not blank, and for a text that DATE can read.

    >>> ISDATE(day)
    TRUE
    >>> ISDATE('2024-02-30')
    FALSE
    """

    name, label, kinds = "ISDATE", {"zh": "是日期", "en": "Is a date"}, ("date", "datetime")
    not_in_sql = "of a text: which texts name a day no two databases agree on"

    def of_text(self, text: str) -> bool:
        return day_in(text) is not None

    def sql_possible(self, call: Call) -> bool:
        return call.arguments[0].type.kind not in TEXT_KINDS

    def holds(self, value: Any) -> bool:
        return hasattr(value, "isoformat")
