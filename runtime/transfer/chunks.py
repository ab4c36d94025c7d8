"""What the rows of a chunk mean: their values, the records they are about, and which of them repeat an earlier row."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runtime.definitions.form import Form
from runtime.errors import FieldError, Problem
from runtime.people.may import may
from runtime.records.gateway import BatchResult, BatchRow, Saved
from runtime.records.tables import tables_of
from runtime.texts import _
from runtime.transfer.escaping import unescaped
from runtime.transfer.finding import BatchLookup, records_with
from runtime.transfer.mapping import ColumnMap
from runtime.transfer.reading import Row, cell_text

if TYPE_CHECKING:
    from runtime.system.workspace import Act

CHUNK = 5_000


@dataclass
class FileRow:
    """A row of the file on its way into a record."""

    number: int
    cells: list[Any]
    values: dict[str, Any] = field(default_factory=dict)
    record: int | None = None
    tags: dict[str, tuple[str, ...]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    saved: Saved | None = None
    before: dict[str, Any] | None = None

    @property
    def kind(self) -> str:
        if self.problems or self.saved is None:
            return "faulty"
        if self.record is None:
            return "new"
        return "update" if self.saved.changes else "unchanged"


def chunks(rows: Iterable[Row], size: int = CHUNK) -> Iterator[list[Row]]:
    found: list[Row] = []
    for row in rows:
        found.append(row)
        if len(found) == size:
            yield found
            found = []
    if found:
        yield found


@contextmanager
def undisturbed() -> Iterator[None]:
    """A chunk makes a million objects and no cycles; looking for cycles among them all the while would cost a third of its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Seen:
    """Which values of fields that may not repeat have come already, each with its row."""

    def __init__(self) -> None:
        self.rows: dict[str, dict[int, int]] = {}

    def earlier(self, key: str, stored: Any) -> int | None:
        return self.rows.get(key, {}).get(hash(stored))

    def note(self, key: str, stored: Any, row: int) -> None:
        self.rows.setdefault(key, {}).setdefault(hash(stored), row)


class ChunkReader:
    """Turns rows of one file into records; remembers from chunk to chunk what may not repeat."""

    def __init__(self, form: Form, chosen: ColumnMap):
        self.form, self.map = form, chosen
        self.seen = Seen()
        self.columns = [(index, form.by_key[key]) for index, key in sorted(chosen.columns.items()) if key in form.by_key]
        self.references = [(index, each) for index, each in self.columns if each.type == "reference"]
        self.pointing = {each.key for _index, each in self.columns if each.type in ("reference", "member", "multi_reference", "members")}
        self.tagging = [each for _index, each in self.columns if each.stores == "assigned"]
        self.distinct = [each for _index, each in self.columns if each.distinct]

    def take(
        self,
        act: Act,
        rows: Sequence[Row],
        write: Callable[[Act, str, Sequence[BatchRow], BatchLookup], BatchResult],
        edited: Mapping[int, Mapping[str, str]] | None = None,
    ) -> list[FileRow]:
        """The rows with what became of them; `write` is the gateway's write_batch or check_batch."""
        lookup = BatchLookup(act)
        found = [FileRow(number, _with_edits(cells, (edited or {}).get(number))) for number, cells in rows]
        self._values(found)
        self._prime(lookup, found)
        stored = self._distinct_values(lookup, found)
        if self.map.mode != "add":
            self._find_records(act, found, stored[self.map.match or ""])
        self._repeated(found, stored)
        self._tags(act, lookup, found)
        good = [each for each in found if not each.problems]
        result = write(act, self.form.key, [BatchRow(each.values, each.record) for each in good], lookup)
        for number, each in enumerate(good):
            each.problems = list(result.problems[number])
            each.saved = result.saved[number]
            each.before = result.before[number] if result.before else None
        self.remember(found, stored)
        return found

    def pass_by(self, act: Act, rows: Sequence[Row]) -> None:
        """Remembers what may not repeat in rows that were written before this process began."""
        found = [FileRow(number, list(cells)) for number, cells in rows]
        self._values(found)
        self.remember(found, self._distinct_values(BatchLookup(act), found))

    def remember(self, rows: Sequence[FileRow], stored: Mapping[str, Sequence[Any]]) -> None:
        for key, values in stored.items():
            for row, value in zip(rows, values, strict=True):
                if value is not None and not row.problems:
                    self.seen.note(key, value, row.number)

    # -- values -----------------------------------------------------------------------------------------------------------------
    def _values(self, rows: list[FileRow]) -> None:
        """Blank cells are left out: they change nothing, and new records get their defaults."""
        columns = [(index, each.key, each.key in self.pointing) for index, each in self.columns]
        for row in rows:
            cells, width = row.cells, len(row.cells)
            for index, key, points in columns:
                cell = cells[index] if index < width else None
                if cell is None or (cell.__class__ is str and (not cell or cell.isspace())):
                    continue
                if cell.__class__ is str:
                    row.values[key] = unescaped(cell) if cell[0] == "'" else cell
                else:
                    row.values[key] = cell_text(cell) if points else cell

    def _prime(self, lookup: BatchLookup, rows: list[FileRow]) -> None:
        for _index, reference in self.references:
            lookup.prime(reference, [row.values[reference.key] for row in rows if reference.key in row.values])

    def _distinct_values(self, lookup: BatchLookup, rows: list[FileRow]) -> dict[str, list[Any]]:
        return {
            each.key: [None if each.key not in row.values else lookup.stored(each, row.values[each.key]) for row in rows]
            for each in self.distinct
        }

    # -- which record -----------------------------------------------------------------------------------------------------------
    def _find_records(self, act: Act, rows: list[FileRow], stored: list[Any]) -> None:
        match, mode = self.map.match or "", self.map.mode
        label = self.form.by_key[match].label
        known = records_with(act, tables_of(act.catalogue)[self.form.key], match, {value for value in stored if value is not None})
        if act.person.rights is not None:
            act.person.rights.know(self.form.key, known.values())
        for row, value in zip(rows, stored, strict=True):
            row.record = known.get(value) if value is not None else None
            if row.record is not None and not may(act.person, "import", self.form.key, row.record):
                row.problems.append(Problem(match, _("You may not change the record with “{value}” in {field}.", value=cell_text(row.values[match]), field=label)))
            elif row.record is not None:
                row.values.pop(match)  # it is what it is found by
            elif mode == "update" and match not in row.values:
                row.problems.append(Problem(match, _("Nothing stands in {field}, so no record can be found.", field=label)))
            elif mode == "update":
                row.problems.append(
                    Problem(match, _("No record has “{value}” in {field}.", value=cell_text(row.values[match]), field=label))
                )

    def _repeated(self, rows: list[FileRow], stored: Mapping[str, list[Any]]) -> None:
        """A second row with a value that may not repeat is left out; the first one counts."""
        for key, values in stored.items():
            here: dict[Any, int] = {}
            for row, value in zip(rows, values, strict=True):
                if value is None or row.problems:
                    continue
                earlier = self.seen.earlier(key, value) or here.get(value)
                if earlier is not None:
                    row.problems.append(
                        Problem(
                            key,
                            _(
                                "The same {field} stands in row {row} already. Leave out one of the two.",
                                field=self.form.by_key[key].label,
                                row=earlier,
                            ),
                        )
                    )
                else:
                    here[value] = row.number

    # -- tags -------------------------------------------------------------------------------------------------------------------
    def _tags(self, act: Act, lookup: BatchLookup, rows: list[FileRow]) -> None:
        """Tags are given after the write; what is no tag of the dictionary, or an archived one, is a fault of the row."""
        for each in self.tagging:
            tag_set = act.catalogue.tag_sets[getattr(each, "tag_set")]
            for row in rows:
                raw = row.values.pop(each.key, None)
                if raw is None:
                    continue
                try:
                    tags = each.parse(raw, lookup)
                except FieldError as error:
                    row.problems.append(Problem(each.key, error.message))
                    continue
                archived = [tag for tag in tags if tag_set.by_key[tag].archived]
                if archived:
                    row.problems.append(
                        Problem(each.key, _("The tag “{tag}” is archived and is given no more.", tag=tag_set.by_key[archived[0]].label))
                    )
                row.tags[tag_set.key] = tags


def _with_edits(cells: list[Any], edits: Mapping[str, str] | None) -> list[Any]:
    if not edits:
        return cells
    found = list(cells)
    for place, text in edits.items():
        index = int(place)
        found += [None] * (index + 1 - len(found))
        found[index] = text
    return found
