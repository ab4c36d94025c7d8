"""The rows of sub-forms on the page of an approval: as far as the node lets them be seen, changed, added and removed.

Each row that is there sends its place along, so what it does not send is known; `runtime/workflow/row_rights.py` has the last word.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.definitions.node import RowRights
from runtime.forms import PREFIX, Entry, rows_in
from runtime.pages.web import reader
from runtime.records.rows import Record

WAS = "_was"
"""`f_items-0-_was`: the place, from 0, that a row has in the record."""


class Rows:
    """The rows that somebody sees at a node, and those they send."""

    def __init__(self, node: Any, record: Record):
        self.rights: dict[str, RowRights] = {each.field: each for each in getattr(node, "rows", ())}
        self.record = record
        self.places: dict[str, list[int | None]] = {}

    def _held(self, key: str) -> list[Mapping[str, Any]]:
        return list(self.record.values.get(key) or ())

    # -- what is sent -----------------------------------------------------------------------------------------------------------
    def completed(self, posted: Mapping[str, Any], kind: FieldType, sent: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows of a sub-form as they are meant: what the page did not let be changed stands as the record has it."""
        rights = self.rights.get(kind.key)
        if rights is None:
            return list(sent.values())
        held, taken = self._held(kind.key), set[int]()
        found: list[tuple[int | None, dict[str, Any]]] = []
        start, end = f"{PREFIX}{kind.key}-", f"-{WAS}"
        numbers = {int(text) for each in posted if each.startswith(start) and each.endswith(end) and (text := each[len(start) : -len(end)]).isdecimal()}
        for number in sorted(numbers | set(sent)):
            text = str(posted.get(f"{start}{number}{end}", ""))
            place = int(text) if text.isdecimal() and len(text) < 6 and int(text) < len(held) and int(text) not in taken else None
            if place is not None:
                taken.add(place)
            row = self._row(kind, rights, sent.get(number, {}), None if place is None else held[place])
            if _says_something(row):
                found.append((place, row))
        if not rights.delete:  # those that are there stand first, each at its place
            found.sort(key=lambda each: len(held) if each[0] is None else each[0])
        self.places[kind.key] = [place for place, _row in found]
        return [row for _place, row in found]

    @staticmethod
    def _row(kind: FieldType, rights: RowRights, sent: dict[str, Any], held: Mapping[str, Any] | None) -> dict[str, Any]:
        open_ = {key: value for key, value in sent.items() if rights.level(key) == "edit"}
        if held is None:
            return open_
        kept = {key: held.get(key) for key, line in kind.lines().items() if line.writable and (not rights.edit or rights.level(key) != "edit")}
        return {**open_, **kept}

    @property
    def partly(self) -> set[str]:
        """The sub-forms of which the page lacks cells, so that nothing can be worked out from their rows while somebody types."""
        return {
            key for key, each in self.rights.items() if not each.edit or "*" not in each.columns or set(each.columns.values()) != {"edit"}
        }

    # -- what is shown ----------------------------------------------------------------------------------------------------------
    def narrow(self, entry: Entry, form: Form) -> None:
        """Takes out of the form to be shown what the node hides, and lets be read only what it does not let be changed."""
        for key, rights in self.rights.items():
            if key in entry and hasattr(entry[key], "entries"):
                self._narrow(entry[key], form.by_key[key], rights)

    def _narrow(self, field: Any, kind: FieldType, rights: RowRights) -> None:
        held = self._held(kind.key)
        places = self.places.get(kind.key, list(range(len(held))))
        blank = field.blank_row
        for row in rows_in(field):
            number = None if row is blank else next(at for at, each in enumerate(field.entries) if each.form is row)
            place = places[number] if number is not None and number < len(places) else None
            if place is not None:
                row.was, row.was_name, row.stays = place, f"{field.name}-{number}-{WAS}", not rights.delete
            for key, line in kind.lines().items():
                level = rights.level(key)
                if level == "hidden":
                    del row[PREFIX + key]
                elif line.writable and (level == "view" or place is not None and not rights.edit):
                    _read_only(row[PREFIX + key], line, None if place is None else held[place].get(key))
        if not rights.add:
            field.head_row, field.blank_row = blank, None


def _says_something(row: Mapping[str, Any]) -> bool:
    return any(any(each) if isinstance(each, list) else each not in (None, "", (), False) for each in row.values())


def _read_only(field: Any, line: FieldType, value: Any) -> None:
    field.kind = SimpleNamespace(widget="readonly", key=line.key, type=line.type)
    field.shown = "" if value is None else line.display(value, reader())
