"""The check: every row goes through the gateway's own checks, none is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.records.batches import check_batch
from runtime.system import jobs
from runtime.system.tables import import_row
from runtime.texts import _
from runtime.transfer import faulty, imports, reading
from runtime.transfer.chunks import ChunkReader, FileRow, chunks, undisturbed
from runtime.transfer.imports import Import

if TYPE_CHECKING:
    from runtime.people.person import Person
    from runtime.system.jobs import Job
    from runtime.system.workspace import Workspace


def run(workspace: Workspace, job: Job) -> dict[str, Any]:
    """The job of a check; started again after a crash it begins anew, for nothing was written."""
    person = job.person()
    with workspace.reading(person) as act:
        task = imports.find(act, job.payload["import"])
    if task.state != "checking" or task.job != job.id:
        return task.counts.get("check", {})  # the worker before had come to its end, but for saying so
    return check(workspace, person, task, job)


def check(workspace: Workspace, person: Person, task: Import, job: Job | None = None) -> dict[str, int]:
    assert task.map is not None
    counts = {**imports.counted(), "rows": 0, "listed": 0}
    with workspace.writing(person) as act:
        act.connection.execute(import_row.delete().where(import_row.c["import"] == task.id))
        reader = ChunkReader(imports.form_of(act, task.form), task.map)
    try:
        for chunk in chunks(reading.data_rows(task.path, task.reading, imports.most_bytes(workspace))):
            if job is not None:
                job.progress(counts["rows"], task.reading.rows, _("checking the rows"))
            with undisturbed(), workspace.reading(person, "import") as act:
                rows = reader.take(act, chunk, check_batch)
            tally(counts, rows)
            _list(workspace, person, task, counts, rows)
    except jobs.Cancelled:
        with workspace.writing(person) as act:
            imports.save(act.connection, task.id, state="columns")
        raise
    with workspace.writing(person) as act:
        imports.save(act.connection, task.id, state="checked", counts={"check": counts})
        if task.goes_on:
            imports.start_import(act, imports.find(act, task.id), task.options["fire"], None, task.options.get("workflow"))
    return counts


def tally(counts: dict[str, int], rows: list[FileRow]) -> None:
    counts["rows"] += len(rows)
    for row in rows:
        kind = row.kind
        counts[kind] += 1
        if kind == "update" and row.saved is not None:
            counts["changes"] += len(row.saved.changes)


def _list(workspace: Workspace, person: Person, task: Import, counts: dict[str, int], rows: list[FileRow]) -> None:
    wrong = [row for row in rows if row.kind == "faulty"]
    if wrong and counts["listed"] < faulty.MOST_LISTED:
        with workspace.writing(person) as act:
            counts["listed"] += faulty.keep(act, task.id, wrong, counts["listed"])
