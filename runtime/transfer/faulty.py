"""Rows that cannot be imported as they are: listed with their reasons, mended in place, and given back as a file."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import NotFound, Problem, Refused
from runtime.records.batches import check_batch
from runtime.system.database import to_json
from runtime.system.tables import import_row
from runtime.texts import _, shown
from runtime.transfer import imports, reading
from runtime.transfer.chunks import ChunkReader, FileRow
from runtime.transfer.escaping import escaped
from runtime.transfer.imports import Import
from runtime.transfer.reading import cell_text

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST_LISTED = 10_000
LONGEST_CELL = 4_000
PAGE = 50
LISTED = ("faulty", "mended")


@dataclass
class Faulty:
    """A row that is listed: its texts as they stand in the file with what a person has changed, and what is wrong."""

    number: int
    state: str
    texts: list[str]
    edited: dict[str, str]
    problems: list[dict[str, str]]

    def text(self, index: int) -> str:
        return self.edited.get(str(index), self.texts[index] if index < len(self.texts) else "")

    def cells(self) -> list[Any]:
        width = max([len(self.texts), *(int(place) + 1 for place in self.edited)])
        return [self.text(index) for index in range(width)]


@dataclass
class Reason:
    key: str
    path: str
    message: dict[str, str]
    count: int


# -- keeping ------------------------------------------------------------------------------------------------------------------------
def reasons_of(problems: Sequence[Problem]) -> list[dict[str, str]]:
    return [
        {"path": each.path, "kind": each.message.text, "zh": each.message.in_language("zh"), "en": each.message.in_language("en")}
        for each in problems
    ]


def as_row(task: int, row: FileRow, edited: dict[str, str] | None = None) -> dict[str, Any]:
    texts = [cell_text(cell)[:LONGEST_CELL].replace("\x00", "\ufffd").encode("utf-8", "replace").decode() for cell in row.cells]
    return {
        "import": task,
        "row": row.number,
        "state": "faulty",
        "record": None,
        "version": None,
        "problems": to_json(reasons_of(row.problems)),
        "values": to_json({"texts": texts, "edited": edited or {}}),
        "before": None,
    }


def keep(act: Act, task: int, rows: Sequence[FileRow], listed: int, edits: dict[int, dict[str, str]] | None = None) -> int:
    """Lists faulty rows as far as there is room; gives how many were listed."""
    chosen = list(rows[: max(0, MOST_LISTED - listed)])
    if chosen:
        act.connection.execute(import_row.insert(), [as_row(task, each, (edits or {}).get(each.number)) for each in chosen])
    return len(chosen)


def edits_within(act: Act, task: int, first: int, last: int) -> dict[int, dict[str, str]]:
    """What a person has changed in rows from `first` to `last`: row → column → text."""
    rows = act.connection.execute(
        sa.select(import_row.c.row, import_row.c["values"]).where(
            _of(task), import_row.c.state.in_(LISTED), import_row.c.row.between(first, last)
        )
    )
    found = {number: json.loads(values)["edited"] for number, values in rows}
    return {number: edited for number, edited in found.items() if edited}


def _of(task: int) -> Any:
    return import_row.c["import"] == task


# -- listing ------------------------------------------------------------------------------------------------------------------------
def listed(act: Act, task: Import, reason: str = "", after: int = 0, limit: int = PAGE) -> tuple[list[Faulty], int | None]:
    """A page of the rows that are listed, with the row after which the next page begins."""
    query = sa.select(import_row).where(_of(task.id), import_row.c.state == "faulty", import_row.c.row > after).order_by(import_row.c.row)
    found: list[Faulty] = []
    for row in act.connection.execute(query).mappings():
        each = _faulty(row)
        if reason and reason not in {_key(problem) for problem in each.problems}:
            continue
        if len(found) == limit:
            return found, found[-1].number
        found.append(each)
    return found, None


def reasons(act: Act, task: Import) -> list[Reason]:
    """Why rows are faulty, the most frequent reason first."""
    counts: Counter[str] = Counter()
    example: dict[str, dict[str, str]] = {}
    for text in act.connection.execute(sa.select(import_row.c.problems).where(_of(task.id), import_row.c.state == "faulty")).scalars():
        for problem in json.loads(text or "[]"):
            counts[_key(problem)] += 1
            example.setdefault(_key(problem), problem)
    return [Reason(key, example[key]["path"], example[key], count) for key, count in counts.most_common(12)]


def _key(problem: dict[str, str]) -> str:
    return f"{problem['path']}|{problem['kind']}"[:300]


def _faulty(row: Any) -> Faulty:
    values = json.loads(row["values"])
    return Faulty(row["row"], row["state"], values["texts"], values["edited"], json.loads(row["problems"] or "[]"))


# -- mending ------------------------------------------------------------------------------------------------------------------------
def mend(act: Act, task: Import, number: int, index: int, text: str, alike: bool = False) -> tuple[int, int]:
    """Changes a cell of a faulty row, or of all faulty rows with the same text in that column; gives (changed, now good)."""
    if task.state != "checked" or task.map is None:
        raise Refused([Problem("", _("Rows can be mended between check and import."))])
    if index not in task.map.columns:
        raise NotFound(_("This column goes into no field."))
    query = sa.select(import_row).where(_of(task.id), import_row.c.state == "faulty")
    rows = [_faulty(row) for row in act.connection.execute(query if alike else query.where(import_row.c.row == number)).mappings()]
    first = next((each for each in rows if each.number == number), None)
    if first is None:
        raise NotFound(_("This row is not among the faulty ones any more."))
    chosen = [each for each in rows if each.text(index) == first.text(index)] if alike else [first]
    for each in chosen:
        each.edited[str(index)] = text[:LONGEST_CELL]
    return len(chosen), _check_again(act, task, chosen)


def _check_again(act: Act, task: Import, rows: list[Faulty]) -> int:
    assert task.map is not None
    reader = ChunkReader(imports.form_of(act, task.form), task.map)
    act.source = "import"
    found = reader.take(act, [(each.number, each.cells()) for each in rows], check_batch)
    counts = task.counts["check"]
    for each, row in zip(rows, found, strict=True):
        good = row.kind != "faulty"
        values = {
            "state": "mended" if good else "faulty",
            "problems": to_json(reasons_of(row.problems)),
            "values": to_json({"texts": each.texts, "edited": each.edited}),
        }
        act.connection.execute(import_row.update().where(_of(task.id), import_row.c.row == each.number).values(values))
        if good:
            counts["faulty"] -= 1
            counts[row.kind] += 1
            counts["changes"] += len(row.saved.changes) if row.saved and row.kind == "update" else 0
    imports.save(act.connection, task.id, counts=task.counts)
    return sum(row.kind != "faulty" for row in found)


# -- as a file ----------------------------------------------------------------------------------------------------------------------
def errors_csv(act: Act, task: Import, language: str) -> Iterator[str]:
    """The faulty rows as CSV, headings as in the file and a column with the reason; opens safely in a spreadsheet."""
    form = act.catalogue.forms.get(task.form)
    if not task.path.is_file():
        raise NotFound(_("The file of this import is not kept any more."))
    first = reading.first_rows(reading.rows_of(task.path, task.reading, imports.most_bytes(act.workspace)), task.reading.header)
    head = [cell_text(cell) for cell in first[-1][1]] if first else []
    yield "\ufeff" + _line([*head, str(_("Row").in_language(language)), str(_("Reason").in_language(language))])
    after: int | None = 0
    while after is not None:
        rows, after = listed(act, task, after=after, limit=1_000)
        for each in rows:
            cells = (each.cells() + [""] * len(head))[: max(len(head), len(each.texts))]
            yield _line([*cells, str(each.number), "; ".join(_sentence(form, problem, language) for problem in each.problems)])


def _sentence(form: Any, problem: dict[str, str], language: str) -> str:
    """The field's label before what is wrong with it."""
    field_type = form.by_key.get(problem["path"].partition("/")[0]) if form else None
    sentence = problem.get(language) or problem["en"]
    return f"{shown(field_type.label, language)}: {sentence}" if field_type else sentence


def _line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([escaped(cell) for cell in cells])
    return text.getvalue()
