"""Texts: comparing, repeating and replacing parts of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.types import BOOLEAN, NUMBER, TEXT
from runtime.formulas import sql_pieces as pieces
from runtime.formulas.arithmetic import as_text, short_enough
from runtime.formulas.functions.base import NUMBER_KINDS, TEXT_KINDS, Bound, Function, Parameter, Trouble, register
from runtime.formulas.functions._texts import COUNT_, LONGEST, LOWER, START, TEXT_, UPPER
from runtime.formulas.tree import Call, Compare, Literal, Node, literal_value
from runtime.formulas.types import JOINABLE, adapted, comparison
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.formulas.scope import Scope
    from runtime.formulas.to_sql import Operand, Writer

CONTROL = {code: None for code in (*range(32), 127)}


class OfTexts(Function):
    family, result_type = "text", TEXT


@register
class Exact(OfTexts):
    """True if two texts are the same letter for letter. The same as `a == b`, which tells capitals apart as well.

    >>> EXACT(name, 'Ann')
    TRUE
    >>> EXACT(name, 'ann')
    FALSE
    """

    name, label, blank = "EXACT", {"zh": "完全相同", "en": "Exactly equal"}, "own"
    parameters = (TEXT_, Parameter("other", TEXT_KINDS))

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        left, right = adapted(arguments)
        wrong = comparison("==", left, right)
        if wrong is not None:
            raise Trouble(wrong)
        return Compare(BOOLEAN, "==", left, right)


@register
class Fixed(OfTexts):
    """A number as text with a fixed number of decimals, 2 where nothing is said. The same as `TEXT(number, digits)`.

    >>> FIXED(amount)
    '120.50'
    >>> FIXED(2.345, 1)
    '2.3'
    """

    name, label, optional = "FIXED", {"zh": "固定小数", "en": "Fixed decimals"}, 1
    parameters = (Parameter("number", NUMBER_KINDS), Parameter("digits", ("number",), constant=True, least=0, most=6))

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        digits = arguments[1] if len(arguments) > 1 else Literal(NUMBER(0), Decimal(2))
        return Call(TEXT, "TEXT", (arguments[0], digits))


@register
class TextJoin(OfTexts):
    """Texts and numbers joined with something between them. The second argument says whether blank ones are left out.

    >>> TEXTJOIN(' / ', TRUE, name, other, amount)
    'Ann / 120.5'
    >>> TEXTJOIN('-', FALSE, name, other, 'x')
    'Ann--x'
    """

    name, label, blank, repeats, cost = "TEXTJOIN", {"zh": "连接文本", "en": "Join with separator"}, "own", 1, 4
    parameters = (
        Parameter("separator", ("text",), constant=True),
        Parameter("ignore_blank", ("boolean",), constant=True),
        Parameter("value", JOINABLE),
    )

    def run(self, *arguments: Any) -> str:
        separator, ignore, *values = arguments
        texts = [as_text(each) for each in values]
        return short_enough(separator.join(each for each in texts if each or not ignore))

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        separator, texts = str(operands[0].value), [writer.text(each) for each in operands[2:]]
        between = sa.literal(separator, sa.Text())
        if not operands[1].value:
            parts = [part for each in texts for part in (between, each)]
            return pieces.joined(parts[1:])
        found = pieces.joined([sa.case((each != "", between.concat(each)), else_="") for each in texts])
        return pieces.substring(found, len(separator) + 1, LONGEST)

    def sql_possible(self, call: Call) -> bool:
        return all(each.type.kind != "blank" for each in call.arguments)

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        longest = [
            each[1] if each is not None and node.type.kind in TEXT_KINDS else 40
            for node, each in zip(call.arguments[2:], given[2:], strict=True)
        ]
        return 0, sum(longest) + len(longest) * len(str(literal_value(call.arguments[0])))


@register
class Replace(OfTexts):
    """A text with some characters from a place on (the first is 1) replaced by others. To replace a part wherever it stands use
    SUBSTITUTE.

    >>> REPLACE('13800138000', 4, 4, '****')
    '138****8000'
    >>> REPLACE('ab', 3, 0, 'c')
    'abc'
    """

    name, label, cost = "REPLACE", {"zh": "按位替换", "en": "Replace"}, 2
    parameters = (TEXT_, START, COUNT_, Parameter("new", TEXT_KINDS))

    def run(self, *arguments: Any) -> str:
        text, start, count, new = arguments[0], int(arguments[1]) - 1, int(arguments[2]), arguments[3]
        return short_enough(text[:start] + new + text[start + count :])

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        text, start, count, new = operands[0].sql, operands[1].literal, operands[2].literal, operands[3].sql
        return pieces.substring(text, 1, start - 1).concat(new).concat(pieces.substring(text, start + count, LONGEST))

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return None if given[0] is None or given[3] is None else (0, given[0][1] + given[3][1])


@register
class Rept(OfTexts):
    """A text several times over.

    >>> REPT('★', 3)
    '★★★'
    >>> REPT(name, 0)
    ''
    """

    name, label = "REPT", {"zh": "重复", "en": "Repeat"}
    parameters = (TEXT_, Parameter("times", ("number",), constant=True, least=0, most=1_000))

    def run(self, *arguments: Any) -> str:
        text, times = arguments[0], int(arguments[1])
        short_enough("x" * min(200_000, len(text) * times))
        return text * times

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        text, pattern = operands[0].sql, sa.literal("x" * operands[1].literal, sa.Text())
        return sa.case((text.is_(None), sa.null()), else_=sa.func.replace(pattern, "x", text, type_=sa.Text()))

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        times = literal_value(call.arguments[1])
        return None if given[0] is None or not isinstance(times, Decimal) else (0, given[0][1] * int(times))


@register
class Char(OfTexts):
    """The character with a Unicode number; CHAR(10) begins a new line.

    >>> CHAR(65)
    'A'
    >>> CHAR(20803)
    '元'
    """

    name, aliases, label = "CHAR", ("UNICHAR",), {"zh": "字符", "en": "Character"}
    parameters = (Parameter("number", ("number",), constant=True, least=1, most=0x10FFFF),)

    def build(self, arguments: list[Node], scope: Scope) -> Node:
        number = int(str(literal_value(arguments[0])))
        if 0xD800 <= number <= 0xDFFF:
            raise Trouble(_("No character has this number; write one from 1 to 1114111 that is no surrogate."), 0)
        return Literal(TEXT, chr(number))


@register
class Code(OfTexts):
    """The Unicode number of the first character; blank for an empty text.

    >>> CODE('元')
    20803
    >>> CODE('')
    blank
    """

    name, aliases, label, result_type, limits = "CODE", ("UNICODE",), {"zh": "字符码", "en": "Character number"}, NUMBER(0), (0, 0x10FFFF)
    parameters = (TEXT_,)

    def run(self, *arguments: Any) -> Decimal | None:
        return Decimal(ord(arguments[0][0])) if arguments[0] else None

    def sql(self, writer: Writer, *operands: Operand) -> Any:
        name = "ascii" if writer.dialect == "postgresql" else "unicode"
        number = getattr(sa.func, name)(operands[0].sql, type_=sa.Integer())
        return writer.whole(sa.func.nullif(number, 0, type_=sa.Integer()))


@register
class Proper(OfTexts):
    """The first letter of each word as a capital, the others small; a to z only.

    >>> PROPER('ann LEE-smith')
    'Ann Lee-Smith'
    """

    name, label, in_sql = "PROPER", {"zh": "首字母大写", "en": "Capitalise words"}, False
    not_in_sql = "what a word is differs between databases"
    parameters = (TEXT_,)

    def run(self, *arguments: Any) -> str:
        return re.sub("[A-Za-z]+", lambda word: word[0][0].translate(UPPER) + word[0][1:].translate(LOWER), arguments[0])


@register
class Clean(OfTexts):
    """A text without characters that cannot be printed, such as line breaks and tabs.

    >>> CLEAN('a' & CHAR(10) & 'b')
    'ab'
    """

    name, label, in_sql = "CLEAN", {"zh": "去不可见字符", "en": "Clean"}, False
    not_in_sql = "SQLite takes signs out of a text one by one only"
    parameters = (TEXT_,)

    def run(self, *arguments: Any) -> str:
        return arguments[0].translate(CONTROL)
