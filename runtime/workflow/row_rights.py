"""What a node lets be done with the rows of a sub-form: which may come, go and change, and which of their columns are seen and written.

Rows have no number of their own. Where none may go, those that are there come first and in their order, so each is known by its place;
else what was sent is laid beside what is there so that the least has changed. A column that is hidden keeps what it holds, whatever was
sent; where one is, no row may go (the definition is checked for that), so nothing can end up in another row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runtime.definitions.field_type import FieldType, Lookup
from runtime.definitions.node import RowRights
from runtime.errors import FieldError, Problem, Refused
from runtime.texts import Message, _

NO_MORE = _("No rows can be added at this step.")
NO_FEWER = _("No rows can be removed at this step; {count} of those that were there are missing.")
NOT_ROWS = _("The rows that are there cannot be changed at this step.")
NOT_COLUMN = _("This column cannot be changed at this step.")
FORBIDDEN = 1000
"""What something costs that the node does not allow, beside cells that differ: nothing allowed is ever dearer."""
MOST_COMPARED = 40_000
"""Pairs of rows between the first and the last that changed; where there are more, rows are known by their place."""
Row = Mapping[str, Any]


def kept_to(field: FieldType, rights: RowRights, before: Sequence[Row], sent: Any, lookup: Lookup) -> Any:
    """The rows to be written: what was sent, with what the node keeps. Refuses what it does not allow, each at its place."""
    rows = () if sent is None or sent == "" else sent
    if not isinstance(rows, (list, tuple)) or not all(isinstance(each, Mapping) for each in rows):
        return sent  # whatever this is, it is refused where values are read
    return _Rows(field, rights, before, rows, lookup).written()


class _Rows:
    def __init__(self, field: FieldType, rights: RowRights, before: Sequence[Row], sent: Sequence[Row], lookup: Lookup):
        self.field, self.rights, self.before, self.sent = field, rights, before, sent
        lines = {key: line for key, line in field.lines().items() if line.writable}
        self.hidden = [key for key in lines if rights.level(key) == "hidden"]
        self.seen = [key for key in lines if key not in self.hidden]
        self.locked = [key for key in self.seen if rights.level(key) != "edit"]
        self.read = [{key: _value(lines[key], row[key], lookup) for key in self.seen if key in row} for row in sent]
        self.held = [{key: _plain(row.get(key)) for key in self.seen} for row in before]

    def written(self) -> list[dict[str, Any]]:
        beside = self._by_place() if not self.rights.delete else self._alike()
        gone = len(self.before) - sum(place is not None for place in beside)
        if gone and not self.rights.delete:
            raise Refused([Problem(self.field.key, Message(NO_FEWER.text, {"count": gone}))])
        problems = [each for number, place in enumerate(beside) for each in self._wrong(number, place)]
        if problems:
            raise Refused(problems)
        return [self._row(number, place) for number, place in enumerate(beside)]

    def _by_place(self) -> list[int | None]:
        return [number if number < len(self.before) else None for number in range(len(self.sent))]

    def _wrong(self, number: int, place: int | None) -> list[Problem]:
        path = f"{self.field.key}/{number}"
        differing = self._differing(number, place)
        if place is None:
            if not self.rights.add:
                return [Problem(path, NO_MORE)]
        elif differing and not self.rights.edit:
            return [Problem(f"{path}/{key}", NOT_ROWS) for key in differing]
        return [Problem(f"{path}/{key}", NOT_COLUMN) for key in differing if key in self.locked]

    def _differing(self, number: int, place: int | None) -> list[str]:
        held: Row = {} if place is None else self.held[place]
        return [key for key, value in self.read[number].items() if value != held.get(key)]

    def _row(self, number: int, place: int | None) -> dict[str, Any]:
        if place is None:
            return {key: value for key, value in self.sent[number].items() if key not in self.hidden and key not in self.locked}
        held = self.before[place]
        if not self.rights.edit:
            return {key: held.get(key) for key in (*self.seen, *self.hidden)}
        kept = [key for key in (*self.hidden, *self.locked) if key in held or key in self.sent[number]]
        return {**self.sent[number], **{key: held.get(key) for key in kept}}

    # -- which is which ---------------------------------------------------------------------------------------------------------
    def _alike(self) -> list[int | None]:
        """For each row that was sent the place of the one it was, or None for a new one: in order, and at the least cost."""
        first = 0
        while first < min(len(self.before), len(self.sent)) and self._cost(first, first) == 0:
            first += 1
        last = 0
        while last < min(len(self.before), len(self.sent)) - first and self._cost(len(self.sent) - 1 - last, len(self.before) - 1 - last) == 0:
            last += 1
        sent, before = range(first, len(self.sent) - last), range(first, len(self.before) - last)
        middle = self._cheapest(sent, before) if len(sent) * len(before) <= MOST_COMPARED else [*before, *[None] * len(sent)][: len(sent)]
        return [*range(first), *middle, *range(len(self.before) - last, len(self.before))]

    def _cheapest(self, sent: range, before: range) -> list[int | None]:
        new = len(self.seen) + (0 if self.rights.add else FORBIDDEN)
        costs = [[place * len(self.seen) for place in range(len(before) + 1)]]
        for number in sent:
            above, here = costs[-1], [costs[-1][0] + new]
            for at, place in enumerate(before):
                here.append(min(above[at] + self._cost(number, place), above[at + 1] + new, here[at] + len(self.seen)))
            costs.append(here)
        found: list[int | None] = []
        row, column = len(sent), len(before)
        while row:
            here, above = costs[row], costs[row - 1]
            if column and here[column] == above[column - 1] + self._cost(sent[row - 1], before[column - 1]):
                row, column = row - 1, column - 1
                found.append(before[column])
            elif here[column] == above[column] + new:
                row -= 1
                found.append(None)
            else:
                column -= 1
        return found[::-1]

    def _cost(self, number: int, place: int) -> int:
        differing = self._differing(number, place)
        barred = len(differing) if not self.rights.edit else sum(key in self.locked for key in differing)
        return len(differing) + FORBIDDEN * barred


def _value(line: FieldType, given: Any, lookup: Lookup) -> Any:
    """As the record holds it; what cannot be read is unlike anything."""
    try:
        return _plain(None if given is None else line.parse(given, lookup))
    except FieldError:
        return object()


def _plain(value: Any) -> Any:
    return None if value in ("", (), []) else value
