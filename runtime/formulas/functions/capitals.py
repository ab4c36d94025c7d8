"""Amounts in Chinese capital numerals, as they stand on cheques and contracts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runtime.definitions.types import TEXT
from runtime.formulas.arithmetic import rounded, too_large
from runtime.formulas.functions.base import NUMBER_KINDS, Bound, Function, Parameter, register
from runtime.formulas.tree import Call

DIGITS = "零壹贰叁肆伍陆柒捌玖"
PLACES = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))
LARGEST = 10**16


@register
class RmbUpper(Function):
    """An amount in Chinese capital numerals (人民币大写), rounded to 分.

    After the rules of the People's Bank of China for filling in bills (支付结算办法, annex 1): one 零 for any row of zeros inside a number;
    整 after a whole number of 元; nothing after 角 or 分; 零 between 元 and 分 where there is no 角. Where the rules leave a 零 to the
    writer (before 角 and between two groups of digits) it is left out. A negative amount begins with 负.

    >>> RMBUPPER(1409.50)
    '壹仟肆佰零玖元伍角'
    >>> RMBUPPER(6007.14)
    '陆仟零柒元壹角肆分'
    >>> RMBUPPER(16409.02)
    '壹万陆仟肆佰零玖元零贰分'
    >>> RMBUPPER(107000.53)
    '壹拾万柒仟元伍角叁分'
    >>> RMBUPPER(100000500)
    '壹亿零伍佰元整'
    >>> RMBUPPER(0 - 0.05)
    '负伍分'
    >>> RMBUPPER(zero)
    '零元整'
    """

    name, aliases, label, family = "RMBUPPER", ("RMBCAP",), {"zh": "人民币大写", "en": "Capital numerals"}, "text"
    parameters, result_type, in_sql = (Parameter("amount", NUMBER_KINDS),), TEXT, False
    not_in_sql = "the words are chosen digit by digit, and nothing is ever compared with them"

    def run(self, *arguments: Any) -> str:
        cents = int(rounded(arguments[0], 2).scaleb(2))
        sign, cents = ("负" if cents < 0 else ""), abs(cents)
        if cents >= LARGEST * 100:
            raise too_large()
        whole, rest = divmod(cents, 100)
        return sign + _whole(whole, rest) + _rest(whole, rest)

    def bound(self, call: Call, given: Sequence[Bound]) -> Bound:
        return None


def _whole(number: int, rest: int) -> str:
    if not number:
        return "" if rest else "零元整"
    return numeral(number) + ("元" if rest else "元整")


def _rest(whole: int, rest: int) -> str:
    if not rest:
        return ""
    jiao, fen = divmod(rest, 10)
    tens = DIGITS[jiao] + "角" if jiao else ("零" if whole else "")
    return tens + (DIGITS[fen] + "分" if fen else "")


def numeral(number: int) -> str:
    """A whole number above zero in capital numerals: 10203 is 壹万零贰佰零叁."""
    for size, word in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            upper, lower = divmod(number, size)
            return numeral(upper) + word + (("零" if lower < size // 10 else "") + numeral(lower) if lower else "")
    written = ""
    for size, word in PLACES:
        digit = number // size % 10
        if digit:
            skipped = written and number // (size * 10) % 10 == 0
            written += ("零" if skipped else "") + DIGITS[digit] + word
    return written
