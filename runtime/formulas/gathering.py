"""Aggregates over rows that the database only hands over: where it cannot work one out itself, or a sum is too large for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from runtime.formulas import tree
from runtime.formulas.closures import Closures
from runtime.formulas.evaluate import in_order, window_of
from runtime.formulas.functions import SHELF
from runtime.formulas.sql_pieces import ends
from runtime.formulas.stored_values import keeper, reader


class Gathered:
    """One aggregate. `inputs` are the nodes whose stored values a row brings, of itself and of the record it belongs to."""

    def __init__(self, node: tree.Aggregate):
        """Raises NotStreamed."""
        self.node, self.function = node, SHELF[node.function]
        dates = node.event_dates if node.on is None or node.on in node.event_dates else (node.on,)
        self._dates = {f"date{number}": each for number, each in enumerate(dates)}
        order = node.by or node.on or (node.event_dates[-1] if node.event_dates else None)
        parts = {"value": node.value, "where": node.where, "on": node.on, "order": order, **self._dates}
        self._closures = Closures({key: each for key, each in parts.items() if each is not None}, raw=("value",))
        self.inputs = self._closures.inputs
        self._ordered = hasattr(self.function, "last")
        self._more = (tree.literal_value(node.argument),) if node.argument is not None else ()

    def bound(self, values: Any) -> Callable[[Iterable[tuple[Any, ...]]], Any]:
        """The function for one run: from the rows of a record, in their order, to the stored value."""
        parts, over, last = self._closures.bound(values), getattr(self.function, "over"), getattr(self.function, "last", False)
        counts = self._conditions(parts, values)
        value, order = parts.get("value"), parts.get("order") if self._ordered else None
        read = reader(self.node.value.type) if self.node.value is not None else _same
        keep, nothing = keeper(self.node.type), getattr(self.function, "nothing")

        def gathered(rows: Iterable[tuple[Any, ...]]) -> Any:
            found = [
                (given, order(*row) if order is not None else None)
                for row in rows
                if all(holds(*row) for holds in counts) and (given := value(*row) if value is not None else True) is not None
            ]
            if self._ordered:
                found = in_order(found, last)
            result = over([read(each) for each, __ in found], *self._more) if found else nothing
            return None if result is None else keep(result)

        return gathered

    def _conditions(self, parts: dict[str, Callable[..., Any]], values: Any) -> list[Callable[..., bool]]:
        found: list[Callable[..., bool]] = []
        window = window_of(self.node, values.today)
        if window is not None and self.node.on is not None:
            found.append(_within(parts["on"], *ends(self.node.on.type.kind, *window, values.zone), blank=False))
        if values.as_of:
            for key, each in self._dates.items():
                found.append(_within(parts[key], *_until(each.type.kind, values.today, values.zone), blank=True))
        if "where" in parts:
            found.append(parts["where"])
        return found


def _until(kind: str, today: date, zone: ZoneInfo) -> tuple[float, int]:
    return float("-inf"), ends(kind, today, today, zone)[1]


def _within(part: Callable[..., Any], first: float, last: int, blank: bool) -> Callable[..., bool]:
    def holds(*row: Any) -> bool:
        value = part(*row)
        return blank if value is None else first <= value <= last

    return holds


def _same(value: Any) -> Any:
    return value
