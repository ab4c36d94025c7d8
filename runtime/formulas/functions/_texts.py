"""What functions of texts share."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from runtime.formulas import sql_pieces as pieces
from runtime.formulas.arithmetic import rounded
from runtime.formulas.functions.base import TEXT_KINDS, Parameter

TEXT_ = Parameter("text", TEXT_KINDS)
COUNT_ = Parameter("count", ("number",), constant=True, least=0, most=10_000)
WHITE = " \t\n\r\u3000\u00a0"
LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
UPPER = {code + 32: code for code in LOWER}
NUMBER_TEXT = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,30})?")
START = Parameter("start", ("number",), constant=True, least=1, most=10_000)
LONGEST = 10**9
"""More characters than any text has."""


def number_in(text: str) -> Decimal | None:
    """The number that a text holds, with 6 decimals."""
    text = text.strip(WHITE).replace(",", "")
    return rounded(Decimal(text), 6) if NUMBER_TEXT.fullmatch(text) else None


def number_in_sql(text: Any, dialect: str) -> Any:
    """The same in SQL, in millionths."""
    plain = sa.func.replace(pieces.trimmed(text, WHITE, dialect), ",", "", type_=sa.Text())
    return pieces.once(plain, lambda signed: _of_signed(signed, dialect))


def _of_signed(signed: Any, dialect: str) -> Any:
    first = pieces.substring(signed, 1, 1)
    unsigned = sa.case((pieces.position("+-", first, dialect) > 0, pieces.substring(signed, 2, LONGEST)), else_=signed)
    size = pieces.once(unsigned, lambda number: _of_unsigned(number, dialect))
    return pieces.once(size, lambda found: sa.case((first == "-", -found), else_=found))


def _of_unsigned(number: Any, dialect: str) -> Any:
    """Of digits with at most one point between them; the seventh decimal rounds."""
    pointed = number.concat(sa.case((pieces.position(number, ".", dialect) > 0, ""), else_=".0"))  # 12 is read as 12.0
    return pieces.once(pointed, lambda text: _of_parts(text, dialect))


def _of_parts(text: Any, dialect: str) -> Any:
    point = pieces.position(text, ".", dialect)
    whole, decimals = pieces.substring(text, 1, point - 1), pieces.substring(text, point + 1, LONGEST)
    digits = [pieces.trimmed(each, "0123456789", dialect) == "" for each in (whole, decimals)]
    lengths = [pieces.length(whole).between(1, 12), pieces.length(decimals).between(1, 30)]
    millionths = whole.concat(pieces.substring(decimals.concat("000000"), 1, 6))
    seventh = pieces.substring(decimals.concat("0000000"), 7, 1)
    up = sa.case((pieces.position("56789", seventh, dialect) > 0, pieces.whole(1)), else_=pieces.whole(0))
    return sa.case((sa.and_(*lengths, *digits), sa.cast(millionths, pieces.BIG) + up))
