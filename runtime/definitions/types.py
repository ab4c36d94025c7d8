"""The types of the formula language, which are also the types of fields."""
from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

KINDS = ("number", "money", "text", "boolean", "date", "datetime", "duration", "choice", "list", "member", "record", "blank")


@dataclass(frozen=True, slots=True)
class Type:
    """`scale`: decimals of a number or money. `form`: form key of a record. `options`: keys of a choice. `item`: what a list holds."""

    kind: str
    scale: int = 0
    currency: str | None = None
    form: str | None = None
    options: tuple[str, ...] = ()
    item: Type | None = None

    def with_scale(self, scale: int) -> Type:
        return replace(self, scale=scale)


TEXT = Type("text")
BOOLEAN = Type("boolean")
DATE = Type("date")
DATETIME = Type("datetime")
DURATION = Type("duration")
MEMBER = Type("member")
BLANK = Type("blank")


@cache
def NUMBER(scale: int = 0) -> Type:
    return Type("number", scale=scale)


def MONEY(currency: str, scale: int = 2) -> Type:
    return Type("money", scale=scale, currency=currency)


def CHOICE(options: tuple[str, ...] = ()) -> Type:
    return Type("choice", options=options)


def LIST(item: Type) -> Type:
    return Type("list", item=item)


def RECORD(form: str) -> Type:
    return Type("record", form=form)
