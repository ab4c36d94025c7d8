"""Texts: where a part stands, and what stands before and after it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import NUMBER, TEXT
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.functions.base import TEXT_KINDS, Bound, Function, Parameter, register
from runtime.formulas.functions._texts import LONGEST, LOWER, START, TEXT_
from runtime.formulas.tree import Call

if TYPE_CHECKING:
    from runtime.formulas.to_sql import Operand, Writer

PART = Parameter("part", TEXT_KINDS)


def place_of(writer: Writer, text: Any, part: Any) -> Any:
    """Where a part stands in a text, from 1; NULL if it does not."""
    name = "strpos" if writer.dialect == "postgresql" else "instr"
    return sa.func.nullif(getattr(sa.func, name)(text, part, type_=sa.Integer()), 0, type_=sa.Integer())


@register
class Find(Function):
    """The place where a part stands in a text (the first character is 1), capitals told apart; blank if it does not stand there. `start`
    says from which character on.

    >>> FIND('n', name)
    2
    >>> FIND('n', name, 3)
    3
    >>> FIND('N', name)
    blank
    """

    name, label, family, result_type, limits = "FIND", {"zh": "查找位置", "en": "Find"}, "text", NUMBER(0), (1, 10**9)
    parameters, optional, cost = (PART, TEXT_, START), 1, 2

    def run(self, *arguments: Any) -> Decimal | None:
        part, text, skipped = arguments[0], arguments[1], int(arguments[2]) - 1 if len(arguments) > 2 else 0
        place = self.compared(text[skipped:]).find(self.compared(part))
        return None if place < 0 else Decimal(place + 1 + skipped)

    def compared(self, text: str) -> str:
        return text

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        skipped = operands[2].literal - 1 if len(operands) > 2 else 0
        part, text = (self.sql_compared(writer, each.sql) for each in operands[:2])
        text = pieces.substring(text, skipped + 1, LONGEST) if skipped else text
        return writer.whole(place_of(writer, text, part)) + pieces.whole(skipped)

    def sql_compared(self, writer: Writer, text: Any) -> Any:
        return text


@register
class Search(Find):
    """The place where a part stands in a text (the first character is 1), small letters and capitals of a to z alike; blank if it does
    not stand there.

    >>> SEARCH('N', name)
    2
    >>> ISEMPTY(SEARCH('x', name))
    TRUE
    """

    name, label = "SEARCH", {"zh": "搜索位置", "en": "Search"}

    def compared(self, text: str) -> str:
        return text.translate(LOWER)

    def sql_compared(self, writer: Writer, text: Any) -> Any:
        return sa.func.lower(writer.c_collated(text), type_=sa.Text())


class Beside(Function):
    """A part of a text that stands beside another; blank if that one does not stand there."""

    family, result_type, parameters, cost = "text", TEXT, (TEXT_, PART), 3

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return given[0]


@register
class TextBefore(Beside):
    """What stands before the first place where a part stands; blank if it does not stand there.

    >>> TEXTBEFORE('ann@example.com', '@')
    'ann'
    >>> TEXTBEFORE(name, '@')
    blank
    """

    name, label = "TEXTBEFORE", {"zh": "之前的文本", "en": "Text before"}

    def run(self, *arguments: Any) -> str | None:
        before, found, _after = arguments[0].partition(arguments[1]) if arguments[1] else ("", "x", "")
        return before if found else None

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        text, part = operands[0].sql, operands[1].sql
        return pieces.substring(text, 1, place_of(writer, text, part) - 1)


@register
class TextAfter(Beside):
    """What stands after the first place where a part stands; blank if it does not stand there.

    >>> TEXTAFTER('ann@example.com', '@')
    'example.com'
    """

    name, label = "TEXTAFTER", {"zh": "之后的文本", "en": "Text after"}

    def run(self, *arguments: Any) -> str | None:
        if not arguments[1]:
            return arguments[0]
        _before, found, after = arguments[0].partition(arguments[1])
        return after if found else None

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        text, part = operands[0].sql, operands[1].sql
        start = place_of(writer, text, part) + pieces.length(part)
        return sa.case((start.is_not(None), pieces.substring(text, start, LONGEST)))
