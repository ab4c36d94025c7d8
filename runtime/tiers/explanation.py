"""What an explanation consists of, and how the API writes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency, format_decimal

from runtime.definitions.types import Type
from runtime.texts import Message, _


@dataclass(frozen=True)
class Figure:
    """A value with its type, written as each language writes it."""

    value: Any
    type: Type

    def in_language(self, language: str) -> str:
        locale = "zh_CN" if language == "zh" else "en_US"
        if self.value is None:
            return "—"
        if self.type.kind == "money":
            currency = self.type.currency or "CNY"
            return format_currency(self.value, currency, locale="zh_CN" if currency == "CNY" else locale)  # ¥, in English too
        if self.type.kind == "duration":
            return str(_("{days} days", days=self.value.days).in_language(language))
        return format_decimal(self.value, locale=locale, decimal_quantization=False)


@dataclass(frozen=True)
class Dimension:
    """One line of the explanation. `share` is in points; `band` is None where a missing value has none; `why` says what its band means."""

    key: str
    label: Any
    value: Any
    display: Figure
    band: int | None
    bands: int
    weight: Decimal
    share: Decimal
    missing: bool
    why: Message
    open: bool = True
    """False where the reader may not see what the value is made of."""


@dataclass(frozen=True)
class Bound:
    """A floor or a ceiling that holds; `decided` when it made the tier."""

    tier: str
    label: Any
    why: Any
    decided: bool


@dataclass(frozen=True)
class Held:
    """What movement, a freeze or an override does: `by` as in Decision, `tier` the one the figures alone would give, `until` the day it
    ends."""

    by: str
    tier: str | None
    until: date | None
    proposed: str | None
    message: Message


@dataclass(frozen=True)
class Change:
    """The value that a dimension has to reach, and the band it stands for."""

    dimension: str
    band: int
    value: Figure


@dataclass(frozen=True)
class Lift:
    """Changes of one dimension, or of two together, that lift to a higher tier: the score and tier they lead to."""

    changes: tuple[Change, ...]
    score: Decimal
    tier: str
    message: Message

    @property
    def dimension(self) -> str:
        return self.changes[0].dimension

    @property
    def band(self) -> int:
        return self.changes[0].band

    @property
    def value(self) -> Figure:
        return self.changes[0].value


@dataclass(frozen=True)
class Explanation:
    """`updating`: the stored tier is older than these figures and is being brought up to date; `stored_tier` is shown until then."""

    model: str
    version: int
    as_of: date
    at: datetime | None
    lane: str
    inside: bool
    tier: str | None
    score: Decimal | None
    dimensions: tuple[Dimension, ...]
    floors: tuple[Bound, ...]
    ceilings: tuple[Bound, ...]
    movement: Held | None
    provisional: tuple[Message, ...]
    next: tuple[Lift, ...]
    since: datetime | None
    stored_tier: str | None
    updating: bool

    def to_json(self, language: str) -> dict[str, Any]:
        """As the API answers it."""

        def said(text: Any) -> Any:
            return None if text is None else text.in_language(language) if hasattr(text, "in_language") else text

        bounds = [
            [{"tier": each.tier, "why": said(each.why), "decided": each.decided} for each in found]
            for found in (self.floors, self.ceilings)
        ]
        held = self.movement
        return {
            "model": self.model,
            "version": self.version,
            "as_of": self.as_of.isoformat(),
            "tier": self.tier,
            "score": _text(self.score),
            "lane": self.lane or None,
            "dimensions": [
                {
                    "key": each.key,
                    "label": said(each.label),
                    "value": _text(each.value),
                    "display": said(each.display),
                    "band": each.band,
                    "bands": each.bands,
                    "weight": _text(each.weight),
                    "share": _text(each.share),
                    "missing": each.missing,
                    "why": said(each.why),
                }
                for each in self.dimensions
            ],
            "floors": bounds[0],
            "ceilings": bounds[1],
            "movement": None
            if held is None
            else {
                "by": held.by,
                "tier": held.tier,
                "until": held.until and held.until.isoformat(),
                "proposed": held.proposed,
                "message": said(held.message),
            },
            "provisional": [said(each) for each in self.provisional],
            "next": [
                {
                    **_change(each.changes[0]),
                    "also": [_change(change) for change in each.changes[1:]],
                    "score": _text(each.score),
                    "tier": each.tier,
                    "message": said(each.message),
                }
                for each in self.next
            ],
            "stored_tier": self.stored_tier,
            "updating": self.updating,
        }


def _change(given: Change) -> dict[str, Any]:
    return {"dimension": given.dimension, "band": given.band, "value": _text(given.value.value)}


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
