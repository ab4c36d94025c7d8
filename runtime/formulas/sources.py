"""Source: what a caller brings so that formulas can be written as SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol
from zoneinfo import ZoneInfo


class Source(Protocol):
    """The record's side of a statement. Columns hold the stored form; `today` and `now` are bind parameters, `today_value` is the day
    itself.

    `as_of` is true when that day is not the present one. `person` is the asking person (id, roles, reports, departments) or None.
    """

    dialect: str
    today: Any
    now: Any
    today_value: date
    zone: ZoneInfo
    as_of: bool
    person: Any

    def field(self, key: str) -> Any: ...
    def system(self, key: str) -> Any: ...
    def path(self, reference: str, key: str) -> Any: ...
    def name(self, name: str) -> Any: ...
    def list_contains(self, key: str, option: str) -> Any: ...
    def list_empty(self, key: str) -> Any: ...
    def related(self, relation: tuple[str, ...]) -> RelatedSource: ...
    def segment(self, key: str) -> Any: ...
    def dimension_band(self, key: str) -> Any: ...
    def cuts(self, field: str, count: int) -> Iterable[Decimal | None] | None: ...


class RelatedSource(Protocol):
    """The rows of a relation. `source` answers for them, `level` for the rows on the way: ("orders",) within ("orders", "items").

    `aggregate` makes one value a record of `value`, an SQL aggregate such as sum(x), over the rows that meet the conditions; `correlated`
    says whether value or conditions speak of the record itself. `first` gives `value` of the first row in the given order (which ends
    with a unique column).
    """

    source: Source

    def level(self, path: tuple[str, ...]) -> Source: ...
    def aggregate(self, value: Any, conditions: Sequence[Any], correlated: bool) -> Any: ...
    def first(self, value: Any, order: Sequence[Any], conditions: Sequence[Any]) -> Any: ...
