"""Logic: conditions, choices and blanks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import BOOLEAN, Type
from runtime.formulas.functions._logic import CONDITION, choice_of
from runtime.formulas.functions.base import ANY, SCALAR, Bound, Function, Parameter, Trouble, register, same_type, union_of
from runtime.formulas.tree import Call, Compare, Field, Logic, Node, Not
from runtime.formulas.types import adapted, comparison
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer


@register
class If(Function):
    """One value if a condition holds, else the other; only the one that is needed is computed. Without the third argument: blank.

    >>> IF(amount >= 100, 'large', 'small')
    'large'
    >>> IF(amount >= 1000, 'large')
    blank
    >>> IF(zero == 0, 0, 10 / zero)
    0
    """

    name, label = "IF", {"zh": "如果", "en": "If"}
    parameters, optional, blank = (Parameter("condition", CONDITION), Parameter("then"), Parameter("otherwise")), 1, "own"

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        return choice_of([(arguments[0], arguments[1])], arguments[2] if len(arguments) == 3 else None)


@register
class Ifs(Function):
    """The value behind the first condition that holds; blank if none does. A last condition TRUE catches the rest.

    >>> IFS(amount >= 200, 'A', amount >= 100, 'B', TRUE, 'C')
    'B'
    >>> IFS(amount > 1000, 'A')
    blank
    """

    name, label = "IFS", {"zh": "多条件", "en": "First that holds"}
    parameters, repeats, blank = (Parameter("condition", CONDITION), Parameter("value")), 2, "own"

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        if len(arguments) % 2:
            raise Trouble(_("IFS takes pairs: a condition, then its value."), len(arguments) - 1)
        return choice_of(list(zip(arguments[::2], arguments[1::2], strict=True)), None)


@register
class Switch(Function):
    """Compares a value with constants, one after the other, and gives what stands behind the first that is equal. A single argument at
    the end is for everything else.

    >>> SWITCH(status, 'done', 1, 'draft', 2, 0)
    1
    >>> SWITCH(name, 'Bob', 'first', 'Eve', 'second')
    blank
    """

    name, label = "SWITCH", {"zh": "分支取值", "en": "Switch"}
    parameters, repeats, blank = (Parameter("value", SCALAR), Parameter("case", SCALAR), Parameter("result")), 2, "own"

    def parameter(self, number: int) -> Parameter:
        return self.parameters[0] if number == 0 else Parameter("case or result", ANY)

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        subject, rest = arguments[0], arguments[1:]
        otherwise = rest.pop() if len(rest) % 2 else None
        cases: list[tuple[Node, Node]] = []
        for number in range(0, len(rest), 2):
            left, right = adapted([subject, rest[number]])
            wrong = comparison("==", left, right)
            if wrong is not None:
                raise Trouble(wrong, number + 1)
            cases.append((Compare(BOOLEAN, "==", left, right), rest[number + 1]))
        return choice_of(cases, otherwise)


@register
class And(Function):
    """True if all conditions hold. The same as writing `and` between them.

    >>> AND(amount > 100, status == 'done')
    TRUE
    """

    name, label = "AND", {"zh": "并且", "en": "And"}
    parameters, repeats, blank = (Parameter("condition", CONDITION),), 1, "own"

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        return Logic(BOOLEAN, "and", tuple(arguments))


@register
class Or(Function):
    """True if at least one condition holds. The same as writing `or` between them.

    >>> OR(amount > 1000, status == 'done')
    TRUE
    """

    name, label = "OR", {"zh": "或者", "en": "Or"}
    parameters, repeats, blank = (Parameter("condition", CONDITION),), 1, "own"

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        return Logic(BOOLEAN, "or", tuple(arguments))


@register
class NotFunction(Function):
    """True if the condition does not hold. A comparison with a blank is false, so its opposite is true.

    >>> NOT(status == 'done')
    FALSE
    >>> NOT(nothing > 5)
    TRUE
    """

    name, label = "NOT", {"zh": "非", "en": "Not"}
    parameters, blank = (Parameter("condition", CONDITION),), "own"

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        return Not(BOOLEAN, arguments[0])


class FirstFilled(Function):
    blank = "own"
    lazy = True

    def result(self, arguments: list[Node]) -> Type:
        return same_type(arguments, _("All values need one type, such as all numbers."))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        values = [writer.as_type(each, writer.result) for each in operands]
        return sa.func.coalesce(*values, type_=writer.sql_type(writer.result)) if len(values) > 1 else values[0]

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return union_of(given)


@register
class Coalesce(FirstFilled):
    """The first value that is not blank.

    >>> COALESCE(nothing, amount, 0)
    120.5
    """

    name, label = "COALESCE", {"zh": "首个非空", "en": "First that is filled"}
    parameters, repeats = (Parameter("value"),), 1


@register
class IfEmpty(FirstFilled):
    """A value, or another one if it is blank.

    >>> IFEMPTY(nothing, 0)
    0
    >>> IFEMPTY(amount, 0)
    120.5
    """

    name, label = "IFEMPTY", {"zh": "空值替换", "en": "If empty"}
    parameters = (Parameter("value"), Parameter("otherwise"))


@register
class IsEmpty(Function):
    """True if a value is blank: nothing entered, an empty text or an empty list. False (a box that is not ticked) and 0 are not blank.

    >>> ISEMPTY(nothing)
    TRUE
    >>> ISEMPTY(amount)
    FALSE
    >>> ISEMPTY('')
    TRUE
    """

    name, aliases, label = "ISEMPTY", ("ISBLANK",), {"zh": "为空", "en": "Is empty"}
    parameters, result_type, blank = (Parameter("value"),), BOOLEAN, "own"

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        if arguments[0].type.kind == "list" and not isinstance(arguments[0], Field):
            raise Trouble(_("ISEMPTY looks at a field."), 0)
        return arguments

    def run(self, *arguments: Any) -> bool:
        return arguments[0] is None or arguments[0] == "" or arguments[0] == ()

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        operand = operands[0]
        if isinstance(operand.node, Field) and operand.type.kind == "list":
            return writer.source_of(operand.node).list_empty(operand.node.key)
        if operand.type.kind in ("text", "choice"):
            return sa.or_(operand.sql.is_(None), operand.sql == "")
        return operand.sql.is_(None)
