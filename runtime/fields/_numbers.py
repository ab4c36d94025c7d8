"""Numbers as people write them: 1,234.50, １２３, ¥1,860, 12.5 %."""
from __future__ import annotations

import math
import re
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from runtime.errors import FieldError
from runtime.fields._texts import SCIENTIFIC, excel_lost_digits, half_width, text_of
from runtime.texts import Message, _, shown

LARGEST = 9 * 10**15 - 1
"""Greatest number of smallest units: below 2^53, so every reader, JavaScript included, holds it exactly."""
LONGEST = 60
PLAIN = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[, ][0-9]{3})+(?:\.[0-9]*)?")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]{1,3}(?:[. ]?[0-9]{3})*,[0-9]+")
EXACT = Context(prec=80)


def number_of(raw: Any, scale: int, percent_as_is: bool = False) -> Decimal | None:
    """The number that was typed, with exactly `scale` decimals. `12 %` is 0.12, or 12 where the unit is % already."""
    value = _read(raw, percent_as_is)
    if value is None:
        return None
    # what was worked out is rounded when it is stored, and a float is only near what was meant; what was written is exact
    return fitted(_rounded(value, scale) if isinstance(raw, Decimal) or (isinstance(raw, float) and scale) else value, scale)


def _rounded(value: Decimal, scale: int) -> Decimal:
    if not value.is_finite() or value.adjusted() > 20:
        return value
    return value.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, EXACT)


def fitted(value: Decimal, scale: int) -> Decimal:
    """The same number with exactly `scale` decimals; refused if it has more, or too many digits to be stored."""
    if not value.is_finite():
        raise FieldError(NOT_A_NUMBER)
    if not value:
        return Decimal(0).scaleb(-scale)
    if value.adjusted() + scale > 16:
        raise FieldError(_("This number is too large. {most} is the most that can be stored.", most=f"{LARGEST // 10**scale:,}"))
    units = EXACT.scaleb(value, scale)
    if len(value.as_tuple().digits) > LONGEST or units != units.to_integral_value():
        raise FieldError(_("Give at most {count} decimals.", count=scale) if scale else _("Give a whole number."))
    if abs(units) > LARGEST:
        raise FieldError(_("This number is too large. {most} is the most that can be stored.", most=f"{LARGEST // 10**scale:,}"))
    return Decimal(int(units)).scaleb(-scale)


def pattern(scale: int) -> str:
    """A number as the API writes it: no more digits than can be stored."""
    digits = 15 - scale
    whole = rf"([0-9]{{1,{digits}}}|[0-8][0-9]{{{digits}}})"
    return rf"^-?{whole}(\.[0-9]{{1,{scale}}})?$" if scale else rf"^-?{whole}$"


def out_of_bounds(value: Decimal, least: Decimal | None, most: Decimal | None) -> list[Message]:
    if least is not None and value < least:
        return [_("Give {bound} or more.", bound=f"{least:,f}")]
    if most is not None and value > most:
        return [_("Give {bound} or less.", bound=f"{most:,f}")]
    return []


NOT_A_NUMBER = _("This is not a number. Write it like 1234.50.")


def _read(raw: Any, percent_as_is: bool) -> Decimal | None:
    if isinstance(raw, bool):
        raise FieldError(NOT_A_NUMBER)
    if isinstance(raw, Decimal):
        return raw
    if isinstance(raw, int):
        return Decimal(raw)
    if isinstance(raw, float):
        if not math.isfinite(raw):
            raise FieldError(NOT_A_NUMBER)
        return Decimal(f"{raw:.15g}")
    text = text_of(raw)
    return None if text is None else _read_text(half_width(text), percent_as_is)


def _read_text(text: str, percent_as_is: bool) -> Decimal:
    if len(text) > LONGEST:
        raise FieldError(NOT_A_NUMBER)
    if text.endswith("%"):
        share = _read_plain(text[:-1].rstrip())
        return share if percent_as_is else share.scaleb(-2)
    return _read_plain(text)


def _read_plain(text: str) -> Decimal:
    if PLAIN.fullmatch(text) or GROUPED.fullmatch(text):
        return Decimal(text.replace(",", "").replace(" ", ""))
    if SCIENTIFIC.fullmatch(text):
        raise excel_lost_digits()
    if DECIMAL_COMMA.fullmatch(text):
        raise FieldError(_("Write the decimals after a point and thousands with commas, like 1,234.50."))
    raise FieldError(NOT_A_NUMBER)


def with_unit(figure: str, unit: Any, language: str) -> str:
    """A figure and its unit as people read them: 12 kg, 12%. Nothing where there is no figure."""
    name = shown(unit, language)
    if not figure or not name:
        return figure
    return f"{figure}{name}" if name == "%" else f"{figure} {name}"
