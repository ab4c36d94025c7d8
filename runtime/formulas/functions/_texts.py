"""What functions of texts share."""

from __future__ import annotations

import re
from decimal import Decimal

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
