"""The import: chunks of rows, each in one transaction with its notes for undoing and the mark up to which the file is done.

A killed process goes on after the last whole chunk; cancelling stops between two chunks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import Stale
from runtime.people.person import Person
from runtime.records import derived, gateway, outbox
from runtime.records.gateway import BatchResult, BatchRow
from runtime.records.lookup import ActLookup
from runtime.system import jobs
from runtime.system.database import to_json
from runtime.system.tables import derived_dirty, import_file, import_row, notification
from runtime.tags import assigning
from runtime.texts import Message, _
from runtime.transfer import checking, faulty, imports, reading, starting
from runtime.transfer.chunks import ChunkReader, FileRow, chunks, undisturbed
from runtime.transfer.imports import Import
from runtime.transfer.reading import Row

if TYPE_CHECKING:
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

Tell = Callable[[int, int | None, Message | None], None]


def run(workspace: Workspace, job: Job) -> dict[str, Any]:
    """The job of an import; it goes on where it stood."""
    person = job.person()
    with workspace.reading(person) as act:
        task = imports.find(act, job.payload["import"])
    return write(workspace, person, task, job.progress)


def write(workspace: Workspace, person: Person, task: Import, tell: Tell) -> dict[str, int]:
    """Writes all rows that are not written yet, then works off what follows from them; gives the counts."""
    counts = task.counts.get("import") or {**imports.counted(), "rows": 0, "listed": 0}
    try:
        _write_rows(workspace, person, task, counts, tell)
    except jobs.Cancelled:
        _finish(workspace, person, task, counts, "cancelled")
        raise
    _work_off(workspace, counts, tell)
    _finish(workspace, person, task, counts, "done")
    return counts


def _write_rows(workspace: Workspace, person: Person, task: Import, counts: dict[str, int], tell: Tell) -> None:
    assert task.map is not None
    with workspace.reading(person, "import") as act:
        reader = ChunkReader(imports.form_of(act, task.form), task.map)
    for chunk in chunks(reading.data_rows(task.path, task.reading, imports.most_bytes(workspace))):
        if chunk[-1][0] <= task.done_rows:
            with workspace.reading(person, "import") as act:
                reader.pass_by(act, chunk)
            continue
        tell(counts["rows"], task.reading.rows, _("writing the rows"))
        with undisturbed(), workspace.writing(person, "import") as act:
            act.fires = task.fires
            after = _write_chunk(act, task, reader, chunk, dict(counts))
        counts.update(after)


def _write_chunk(act: Act, task: Import, reader: ChunkReader, chunk: list[Row], counts: dict[str, int]) -> dict[str, int]:
    first, last = chunk[0][0], chunk[-1][0]
    reached = act.connection.execute(sa.select(import_file.c.done_rows).where(import_file.c.id == task.id).with_for_update()).scalar()
    if reached is None or reached >= first:
        raise Stale(_("Another worker has taken over this import."))
    edits = faulty.edits_within(act, task.id, first, last)
    rows = reader.take(act, chunk, _write, edits)
    given = _give_tags(act, rows)
    if task.options.get("workflow"):
        starting.start(act, task.options["workflow"], [row.saved.id for row in rows if row.kind == "new" and row.saved is not None])
    act.connection.execute(import_row.delete().where(import_row.c["import"] == task.id, import_row.c.row.between(first, last)))
    checking.tally(counts, rows)
    counts["listed"] += faulty.keep(act, task.id, [row for row in rows if row.kind == "faulty"], counts["listed"], edits)
    _note_for_undo(act, task.id, first, rows, given)
    imports.save(act.connection, task.id, counts={**task.counts, "import": counts}, done_rows=last)
    return counts


def _write(act: Act, form: str, rows: Sequence[BatchRow], lookup: ActLookup) -> BatchResult:
    return gateway.write_batch(act, form, rows, lookup, keep_before=True)


def _give_tags(act: Act, rows: list[FileRow]) -> dict[str, dict[str, list[int]]]:
    """Gives the rows' records their tags; gives which records got which tag of which dictionary."""
    wanted: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        if row.saved is not None and not row.problems:
            for tag_set, tags in row.tags.items():
                for tag in tags:
                    wanted.setdefault((tag_set, tag), []).append(row.saved.id)
    found: dict[str, dict[str, list[int]]] = {}
    for (tag_set, tag), records in wanted.items():
        fresh = assigning.give(act, tag_set, tag, records)
        if fresh:
            found.setdefault(tag_set, {})[tag] = fresh
    return found


def _note_for_undo(act: Act, task: int, first: int, rows: list[FileRow], given: dict[str, dict[str, list[int]]]) -> None:
    """One line a chunk for what is new, one a record for what was changed. New rows of the file have numbers from 1, so ours are below."""
    created = ranges(row.saved.id for row in rows if row.kind == "new" and row.saved is not None)
    notes = [
        {
            "import": task,
            "row": row.number,
            "state": "updated",
            "record": row.saved.id,
            "version": row.saved.version,
            "problems": None,
            "values": None,
            "before": to_json(row.before),
        }
        for row in rows
        if row.kind == "update" and row.saved is not None
    ]
    if created or given:
        notes.append(
            {
                "import": task,
                "row": -first,
                "state": "chunk",
                "record": None,
                "version": 1,
                "problems": None,
                "values": to_json({"created": created, "tags": given}),
                "before": None,
            }
        )
    if notes:
        act.connection.execute(import_row.insert(), notes)


def ranges(numbers: Any) -> list[list[int]]:
    """1 2 3 7 8 → [[1, 3], [7, 2]]: first and count of each run."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][0] + found[-1][1]:
            found[-1][1] += 1
        else:
            found.append([number, 1])
    return found


def _work_off(workspace: Workspace, counts: dict[str, int], tell: Tell) -> None:
    """Formulas, tags by rule and tiers of everything that was touched, here rather than whenever a worker comes by."""
    with workspace.engine.connect() as connection:
        total = connection.execute(sa.select(sa.func.count()).select_from(derived_dirty)).scalar() or 0
    if not total:
        return

    def told() -> bool:
        with workspace.engine.connect() as connection:
            left = connection.execute(sa.select(sa.func.count()).select_from(derived_dirty)).scalar() or 0
        try:
            tell(max(0, total - left), max(total, 1), _("computing formulas, tags, and tiers"))
        except jobs.Cancelled:
            pass  # every row is written; what follows from them is worked out in any case
        return left == 0

    derived.work_off(workspace, told)


def _tell_person(act: Act, task: Import, counts: dict[str, int]) -> None:
    """A line at the bell, for whoever has closed the page."""
    said = _(
        "{file}: {new} new, {update} changed, {faulty} refused.",
        file=task.file_name,
        **{name: f"{counts[name]:,}" for name in ("new", "update", "faulty")},
    )
    act.connection.execute(
        notification.insert().values(
            id=act.take_ids("notification"),
            person=act.person.id,
            at=act.micros,
            subject=_("The import is done").in_language(act.person.language or act.workspace.language),
            body=said.in_language(act.person.language or act.workspace.language),
            link=task.options["page"],
            cause=f"import:{task.id}",
        )
    )


def _finish(workspace: Workspace, person: Person, task: Import, counts: dict[str, int], state: str) -> None:
    with workspace.writing(person, "import") as act:
        imports.save(act.connection, task.id, state=state)
        if state == "done" and task.options.get("page"):
            _tell_person(act, task, counts)
        outbox.append(  # one for a whole import, so automations may answer to it whether or not they were asked for its rows
            act,
            "import_finished",
            task.form,
            None,
            {
                "import": str(task.id),
                "file": task.file_name,
                "state": state,
                **{name: counts[name] for name in ("rows", "new", "update", "unchanged", "faulty")},
            },
        )
