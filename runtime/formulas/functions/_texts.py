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
    return pieces.once(plain, lambda number: _millionths(number, dialect))


def _millionths(number: Any, dialect: str) -> Any:
    """Of digits with a sign before them and one point between them, or without; the seventh decimal rounds."""
    unsigned = sa.func.ltrim(number, "+-", type_=sa.Text())
    point = pieces.position(unsigned.concat("."), ".", dialect)
    whole, decimals = pieces.substring(unsigned, 1, point - 1), pieces.substring(unsigned, point + 1, LONGEST)
    possible = sa.and_(
        pieces.length(number) - pieces.length(unsigned) <= 1,
        pieces.length(whole).between(1, 12),
        pieces.length(decimals) <= 30,
        sa.or_(decimals != "", pieces.position(unsigned, ".", dialect) == 0),
        pieces.trimmed(whole.concat(decimals), "0123456789", dialect) == "",
    )
    size = sa.cast(whole.concat(pieces.substring(decimals.concat("000000"), 1, 6)), pieces.BIG)
    up = sa.case(
        (pieces.position("56789", pieces.substring(decimals.concat("0000000"), 7, 1), dialect) > 0, pieces.whole(1)), else_=pieces.whole(0)
    )
    sign = sa.case((pieces.substring(number, 1, 1) == "-", pieces.whole(-1)), else_=pieces.whole(1))
    return sa.case((possible, (size + up) * sign))
