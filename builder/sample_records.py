"""Sample records of a template: CSV files, loaded through the gateway in the transaction that installs the template."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtime.definitions.model import Key, Model
from runtime.errors import Problem, Refused
from runtime.records import derived, gateway
from runtime.records.changes import EVERYTHING, Changes
from runtime.records.lookup import ActLookup
from runtime.system.sets import among
from runtime.system.tables import derived_dirty
from runtime.tags import assigning
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.form import Form
    from runtime.system.workspace import Act

BATCH = 2_000
ROW = "#"
"""The column that names a row within the sample."""


class SampleFile(Model):
    """`relative_days`: columns that hold days before (-) or after the day of installation, perhaps with a time. `serial_on`: the column
    whose day a serial number belongs to. `rows`: files with the rows of sub-forms, under the name of the row they belong to."""

    form: Key
    file: str
    relative_days: tuple[str, ...] = ()
    serial_on: str | None = None
    rows: dict[Key, str] = {}


class SampleLookup(ActLookup):
    """References in a sample name rows of the sample."""

    def __init__(self, act: Act) -> None:
        super().__init__(act, by_id=False)
        self.named: dict[tuple[str, str], int] = {}

    def record(self, form: str, match: str | None, text: str) -> int | None:
        return self.named.get((form, text)) or super().record(form, match, text)


def load(act: Act, folder: Path, files: Sequence[SampleFile], progress: Callable[[int, int], None] | None = None) -> dict[str, int]:
    """Writes all rows and then works out tags and tiers once, so that nobody seems to have risen on the day of installation. Nothing fires.

    Gives the number of records of each form. Raises Refused with the first rows that do not fit; then nothing stays.
    """
    total, done = sum(count(folder, each) for each in files), 0
    lookup, written = SampleLookup(act), {}
    source, fires, catalogue = act.source, act.fires, act.catalogue
    act.source, act.fires = "import", False
    try:
        act.catalogue = replace(catalogue, tag_sets={}, tier_models={}, memo={})
        for each in files:
            written[each.form] = []
            for rows in _batches(_rows(act, folder, each)):
                written[each.form] += _write(act, each, rows, lookup)
                done += len(rows)
                if progress is not None:
                    progress(done, total)
        act.catalogue = catalogue
        _settle(act, folder, files, lookup, written)
    finally:
        act.source, act.fires, act.catalogue = source, fires, catalogue
    return {form: len(ids) for form, ids in written.items()}


def count(folder: Path, file: SampleFile) -> int:
    return len(_read(folder / file.file))


def _write(act: Act, file: SampleFile, rows: list[dict[str, Any]], lookup: SampleLookup) -> list[int]:
    form = act.catalogue.forms[file.form]
    fields = {field.key for field in form.fields if field.stores != "assigned"}
    result = gateway.write_batch(
        act, file.form, [gateway.BatchRow({key: value for key, value in row.items() if key in fields}) for row in rows], lookup
    )
    wrong = [problem.under(f"{file.file}:{number}") for number, problems in enumerate(result.problems, 2) for problem in problems]
    if wrong:
        raise Refused(wrong[:20], _("The sample does not fit the forms: {reason}", reason=wrong[0].message))
    unique = [field.key for field in form.fields if field.distinct and field.key in rows[0]]
    ids = []
    for row, saved in zip(rows, result.saved, strict=True):
        assert saved is not None
        ids.append(saved.id)
        for name in (row.get(ROW), *(row.get(key) for key in unique)):
            if isinstance(name, str):
                lookup.named[file.form, name] = saved.id
    return ids


def _settle(act: Act, folder: Path, files: Sequence[SampleFile], lookup: SampleLookup, written: dict[str, list[int]]) -> None:
    """Tags by hand, then tags by rule and tiers, over all new records at once."""
    changes = Changes(act.source)
    for form, ids in written.items():
        changes.touch(form, EVERYTHING, ids)
    derived.settle(act, changes)
    for form, ids in written.items():  # done now: nothing is left to be worked off after the commit
        act.connection.execute(derived_dirty.delete().where(derived_dirty.c.form == form, among(derived_dirty.c.record, ids)))
    for each in files:
        for tag_set, tag, names in _tags(act, folder, each):
            assigning.give(act, tag_set, tag, [lookup.named[each.form, name] for name in names])


def _tags(act: Act, folder: Path, file: SampleFile) -> Iterator[tuple[str, str, list[str]]]:
    """(tag set, tag, rows) for each tag that a file gives by hand."""
    for field in act.catalogue.forms[file.form].fields:
        if field.stores == "assigned":
            given: dict[str, list[str]] = {}
            for row in _read(folder / file.file):
                for tag in filter(None, row.get(field.key, "").split(",")):
                    given.setdefault(tag, []).append(row[ROW])
            yield from ((getattr(field, "tag_set"), tag, names) for tag, names in given.items())


# -- rows -----------------------------------------------------------------------------------------------------------------------------
def _rows(act: Act, folder: Path, file: SampleFile) -> list[dict[str, Any]]:
    form = act.catalogue.forms[file.form]
    parts = {key: _by_row(_read(folder / name)) for key, name in file.rows.items()}
    numbers = _serials(form, file)
    rows = []
    for raw in _read(folder / file.file):
        row: dict[str, Any] = {
            key: _day(act, value) if key in file.relative_days and value else value or None for key, value in raw.items()
        }
        if file.serial_on is not None:
            row.update(numbers(date.fromisoformat(row[file.serial_on])))
        rows.append(row | {key: part.get(raw[ROW], []) for key, part in parts.items()})
    return rows


@cache
def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _by_row(lines: list[dict[str, str]]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for line in lines:
        found.setdefault(line[ROW], []).append({key: value for key, value in line.items() if key != ROW})
    return found


def _day(act: Act, offset: str) -> str:
    """`-24` or `-3 09:30` as a day, or a day with its time."""
    days, _space, clock = offset.partition(" ")
    day = (act.today + timedelta(days=int(days))).isoformat()
    return f"{day}T{clock}" if clock else day


def _serials(form: Form, file: SampleFile) -> Callable[[date], dict[str, str]]:
    """Numbers as the shop would have given them on the days of its records."""
    serials: list[Any] = [field for field in form.fields if field.type == "serial"]
    counters: dict[str, int] = {}

    def numbers(day: date) -> dict[str, str]:
        found = {}
        for each in serials:
            name = each.counter_name(form.key, day)
            counters[name] = counters.get(name, 0) + 1
            found[each.key] = each.assign(counters[name], day)
        return found

    return numbers


def _batches(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


__all__ = ["Problem", "SampleFile", "count", "load"]
