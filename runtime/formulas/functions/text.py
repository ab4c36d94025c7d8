"""Texts. Lengths and positions count characters; letters are told apart by case; UPPER and LOWER change a to z only."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import BOOLEAN, NUMBER, TEXT
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.arithmetic import as_text, rounded, short_enough
from runtime.formulas.functions._texts import COUNT_, LOWER, TEXT_, UPPER, WHITE, number_in, number_in_sql
from runtime.formulas.functions.base import NUMBER_KINDS, TEXT_KINDS, Bound, Function, Parameter, Trouble, register
from runtime.formulas.tree import Call, Node
from runtime.formulas.types import JOINABLE
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer


class OfText(Function):
    """A text from texts."""

    result_type = TEXT

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return given[0]


@register
class Len(Function):
    """The number of characters; of a blank it is blank.

    >>> LEN('客户 A')
    4
    >>> LEN('')
    0
    """

    name, label, limits = "LEN", {"zh": "长度", "en": "Length"}, (0, 10**9)
    parameters, result_type = (TEXT_,), NUMBER(0)

    def run(self, *arguments: Any) -> Decimal:
        return Decimal(len(arguments[0]))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return writer.whole(pieces.length(operands[0].sql))


@register
class Left(OfText):
    """The first characters of a text.

    >>> LEFT('CN-2026', 2)
    'CN'
    """

    name, label = "LEFT", {"zh": "左取", "en": "Left"}
    parameters = (TEXT_, COUNT_)

    def run(self, *arguments: Any) -> str:
        return arguments[0][: int(arguments[1])]

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return pieces.substring(operands[0].sql, 1, operands[1].literal)


@register
class Right(OfText):
    """The last characters of a text.

    >>> RIGHT('13800138000', 4)
    '8000'
    >>> RIGHT('ab', 5)
    'ab'
    """

    name, label, cost = "RIGHT", {"zh": "右取", "en": "Right"}, 2
    parameters = (TEXT_, COUNT_)

    def run(self, *arguments: Any) -> str:
        count = int(arguments[1])
        return arguments[0][-count:] if count else ""

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        text, count = operands[0].sql, operands[1].literal
        start = pieces.length(text) - count + 1
        return pieces.substring(text, sa.case((start > 1, start), else_=1), count)


@register
class Mid(OfText):
    """A part of a text: from which character (the first is 1), how many.

    >>> MID('330106199001011234', 7, 8)
    '19900101'
    >>> MID('ab', 5, 2)
    ''
    """

    name, label = "MID", {"zh": "中间取", "en": "Middle"}
    parameters = (TEXT_, Parameter("start", ("number",), constant=True, least=1, most=10_000), COUNT_)

    def run(self, *arguments: Any) -> str:
        start = int(arguments[1]) - 1
        return arguments[0][start : start + int(arguments[2])]

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return pieces.substring(operands[0].sql, operands[1].literal, operands[2].literal)


@register
class Trim(OfText):
    """A text without the white space at both ends, full-width spaces included.

    >>> TRIM('  Ann　')
    'Ann'
    """

    name, label = "TRIM", {"zh": "去空格", "en": "Trim"}
    parameters = (TEXT_,)

    def run(self, *arguments: Any) -> str:
        return arguments[0].strip(WHITE)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return pieces.trimmed(operands[0].sql, WHITE, writer.dialect)


@register
class Upper(OfText):
    """a to z as capitals; other letters stay as they are.

    >>> UPPER('vip é')
    'VIP é'
    """

    name, label = "UPPER", {"zh": "大写", "en": "Capitals"}
    parameters = (TEXT_,)

    def run(self, *arguments: Any) -> str:
        return arguments[0].translate(UPPER)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return sa.func.upper(writer.c_collated(operands[0].sql), type_=sa.Text())


@register
class Lower(OfText):
    """A to Z as small letters; other letters stay as they are.

    >>> LOWER('VIP É')
    'vip É'
    """

    name, label = "LOWER", {"zh": "小写", "en": "Small letters"}
    parameters = (TEXT_,)

    def run(self, *arguments: Any) -> str:
        return arguments[0].translate(LOWER)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return sa.func.lower(writer.c_collated(operands[0].sql), type_=sa.Text())


@register
class Concat(Function):
    """Texts and numbers joined to one text; a blank is an empty text. The same as `a & b`.

    >>> CONCAT(name, ': ', amount)
    'Ann: 120.5'
    >>> CONCAT(nothing, 'x')
    'x'
    """

    name, aliases, label = "CONCAT", ("CONCATENATE",), {"zh": "连接", "en": "Join texts"}
    parameters, repeats, result_type, blank = (Parameter("value", JOINABLE),), 1, TEXT, "own"
    cost = 3

    def run(self, *arguments: Any) -> str:
        return short_enough("".join(as_text(each) for each in arguments))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return pieces.joined([writer.text(each) for each in operands])

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return (
            0,
            sum(
                each[1] if each is not None and node.type.kind in TEXT_KINDS else 40
                for node, each in zip(call.arguments, given, strict=True)
            ),
        )


class Finding(Function):
    """A condition on two texts, false as soon as one is blank."""

    parameters, result_type, blank = (TEXT_, Parameter("part", TEXT_KINDS)), BOOLEAN, "own"

    def run(self, *arguments: Any) -> bool:
        return None not in arguments and self.holds(*arguments)

    def holds(self, text: str, part: str) -> bool:
        raise NotImplementedError


@register
class Contains(Finding):
    """True if a text contains another one, letter for letter. A blank contains nothing.

    >>> CONTAINS(name, 'nn')
    TRUE
    >>> CONTAINS(name, 'NN')
    FALSE
    """

    name, label = "CONTAINS", {"zh": "包含", "en": "Contains"}

    def holds(self, text: str, part: str) -> bool:
        return part in text

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        name = "strpos" if writer.dialect == "postgresql" else "instr"
        return pieces.surely(getattr(sa.func, name)(operands[0].sql, operands[1].sql, type_=sa.BigInteger()) > 0)


@register
class StartsWith(Finding):
    """True if a text begins with another one.

    >>> STARTSWITH(name, 'A')
    TRUE
    """

    name, label, cost = "STARTSWITH", {"zh": "开头是", "en": "Starts with"}, 2

    def holds(self, text: str, part: str) -> bool:
        return text.startswith(part)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        text, part = operands[0].sql, operands[1].sql
        return pieces.surely(pieces.substring(text, 1, pieces.length(part)) == part)


@register
class EndsWith(Finding):
    """True if a text ends with another one.

    >>> ENDSWITH(name, 'nn')
    TRUE
    """

    name, label, cost = "ENDSWITH", {"zh": "结尾是", "en": "Ends with"}, 4

    def holds(self, text: str, part: str) -> bool:
        return text.endswith(part)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        text, part = operands[0].sql, operands[1].sql
        start = pieces.length(text) - pieces.length(part) + 1
        return pieces.surely(
            sa.case(
                (start < 1, sa.false()), else_=pieces.substring(text, sa.case((start < 1, 1), else_=start), pieces.length(part)) == part
            )
        )


@register
class Substitute(Function):
    """A text in which every occurrence of a part is replaced.

    >>> SUBSTITUTE('138-0013-8000', '-', '')
    '13800138000'
    """

    name, label = "SUBSTITUTE", {"zh": "替换", "en": "Substitute"}
    parameters, result_type = (TEXT_, Parameter("old", TEXT_KINDS), Parameter("new", TEXT_KINDS)), TEXT

    def run(self, *arguments: Any) -> str:
        text, old, new = arguments
        if not old:
            return text
        short_enough("x" * min(200_000, text.count(old) * max(0, len(new) - len(old)) + len(text)))
        return text.replace(old, new)

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        text, old, new = (each.sql for each in operands)
        # SQLite gives a text without looking at what it is to be replaced by
        return sa.case((sa.or_(old.is_(None), new.is_(None)), sa.null()), else_=sa.func.replace(text, old, new, type_=sa.Text()))

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return None if given[0] is None or given[2] is None else (0, given[0][1] * max(1, given[2][1]))


@register
class Text(Function):
    """A number as text, without superfluous zeros or with a fixed number of decimals; a date as 2026-11-21.

    >>> TEXT(amount)
    '120.5'
    >>> TEXT(amount, 2)
    '120.50'
    >>> TEXT(nothing)
    blank
    """

    name, label, cost = "TEXT", {"zh": "转文本", "en": "As text"}, 4
    parameters, optional, result_type = (
        (Parameter("value", JOINABLE), Parameter("digits", ("number",), constant=True, least=0, most=6)),
        1,
        TEXT,
    )

    def prepared(self, arguments: list[Node], scope: Scope) -> list[Node]:
        if len(arguments) == 2 and arguments[0].type.kind not in NUMBER_KINDS:
            raise Trouble(_("Only numbers have decimals; leave the second argument away."), 1)
        return arguments

    def run(self, *arguments: Any) -> str:
        if len(arguments) == 1:
            return as_text(arguments[0])
        number = rounded(arguments[0], int(arguments[1]))
        return f"{number.copy_abs() if not number else number:f}"

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        if operands[0].type.kind in TEXT_KINDS:
            return operands[0].sql
        if len(operands) == 1:
            return writer.text(operands[0])
        digits = operands[1].literal
        return pieces.number_text(writer.number(operands[0], digits), digits, writer.dialect, trimmed=False)

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return given[0] if call.arguments[0].type.kind in TEXT_KINDS else (0, 40)


@register
class Value(Function):
    """The number that a text holds, rounded to 6 decimals; blank if it holds none.

    >>> VALUE('12.50')
    12.5
    >>> VALUE('12 pieces')
    blank
    """

    name, label, levels, limits = "VALUE", {"zh": "转数字", "en": "As number"}, 30, (-(10**18), 10**18)
    parameters, result_type = (TEXT_,), NUMBER(6)

    def run(self, *arguments: Any) -> Decimal | None:
        return number_in(arguments[0])

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        return number_in_sql(operands[0].sql, writer.dialect)
