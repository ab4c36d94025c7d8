"""Taking an import back: what it made goes into the trash, what it changed gets its old values, unless somebody has changed it since."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import Problem
from runtime.people.person import Person
from runtime.records import batches, derived, gateway, query
from runtime.records.gateway import BatchRow
from runtime.records.rows import read_records
from runtime.system.database import to_json
from runtime.system.tables import import_row
from runtime.tags import assigning
from runtime.texts import _
from runtime.transfer import imports
from runtime.transfer.faulty import reasons_of
from runtime.transfer.imports import Import

if TYPE_CHECKING:
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

AT_ONCE = 1_000
KEPT_FROM = 10**9
"""Notes about records that stay begin here, below the numbers of the chunks."""


def run(workspace: Workspace, job: Job) -> dict[str, Any]:
    """The job of an undo; started again it goes on with what is left."""
    person = job.person()
    with workspace.reading(person) as act:
        task = imports.find(act, job.payload["import"])
    return undo(workspace, person, task, job)


def undo(workspace: Workspace, person: Person, task: Import, job: Job | None = None) -> dict[str, int]:
    """Gives how many records were deleted, restored, and kept because they are not as the import left them."""
    counts = task.counts.get("undo") or imports.counted("deleted", "restored", "kept")
    for step in (_restore_some, _delete_some):
        more = True
        while more:
            if job is not None:
                job.progress(sum(counts.values()), job.total, _("taking the import back"))
            with workspace.writing(person, "undo") as act:
                act.fires = False
                done = step(act, task)
                imports.add_counts(counts, done.items())
                more = bool(done)
                imports.save(act.connection, task.id, counts={**task.counts, "undo": counts})
    derived.work_off(workspace)  # what followed from the import is taken back with it
    with workspace.writing(person, "undo") as act:
        imports.save(act.connection, task.id, state="undone")
    return counts


def _notes(act: Act, task: Import, state: str, limit: int) -> list[Any]:
    return list(
        act.connection.execute(
            sa.select(import_row)
            .where(import_row.c["import"] == task.id, import_row.c.state == state)
            .order_by(import_row.c.row)
            .limit(limit)
        ).mappings()
    )


def _mark(act: Act, task: Import, row: int, state: str, problems: list[Problem]) -> None:
    act.connection.execute(
        import_row.update()
        .where(import_row.c["import"] == task.id, import_row.c.row == row)
        .values(state=state, problems=to_json(reasons_of(problems)) if problems else None)
    )


def _restore_some(act: Act, task: Import) -> dict[str, int]:
    """Old values for some of the changed records."""
    notes = _notes(act, task, "updated", AT_ONCE)
    here = {each.id: each for each in read_records(act, task.form, [note["record"] for note in notes]) if each.deleted_at is None}
    unchanged = [note for note in notes if note["record"] in here and here[note["record"]].version == note["version"]]
    result = gateway.write_batch(act, task.form, [BatchRow(json.loads(note["before"]), note["record"]) for note in unchanged])
    problems = {note["row"]: result.problems[number] for number, note in enumerate(unchanged)}
    done: dict[str, int] = {}
    for note in notes:
        why = problems.get(note["row"], [Problem("", batches.CHANGED if note["record"] in here else batches.GONE)])
        _mark(act, task, note["row"], "kept" if why else "restored", why)
        imports.add_counts(done, [("kept" if why else "restored", 1)])
    return done


def _delete_some(act: Act, task: Import) -> dict[str, int]:
    """The records that one chunk made, and the tags that it gave to others."""
    notes = _notes(act, task, "chunk", 1)
    if not notes:
        return {}
    note = notes[0]
    values = json.loads(note["values"])
    created = [number for first, count in values["created"] for number in range(first, first + count)]
    _take_tags(act, task, values["tags"], set(created))
    refused = batches.delete_batch(act, task.form, dict.fromkeys(created, 1))
    rows = [
        {
            "import": task.id,
            "row": note["row"] * 10_000 - KEPT_FROM - number,
            "state": "kept",
            "record": record,
            "version": 1,
            "problems": to_json(reasons_of([why])),
            "values": None,
            "before": None,
        }
        for number, (record, why) in enumerate(refused.items())
    ]
    if rows:
        act.connection.execute(import_row.insert(), rows)
    _mark(act, task, note["row"], "taken back", [])
    return {"deleted": len(created) - len(refused), "kept": len(refused)}


def _take_tags(act: Act, task: Import, given: dict[str, dict[str, list[int]]], created: set[int]) -> None:
    for tag_set, tags in given.items():
        known = act.catalogue.tag_sets.get(tag_set)
        for tag, records in tags.items():
            others = [record for record in records if record not in created]
            if others and known is not None and tag in known.by_key:
                assigning.take(act, tag_set, tag, others)


def kept(act: Act, task: Import, limit: int = 200) -> list[dict[str, Any]]:
    """The records that an undo left as they are: id, title, and why."""
    notes = _notes(act, task, "kept", limit)
    titles = query.titles(act, {task.form: {note["record"] for note in notes}})
    return [
        {
            "id": note["record"],
            "title": titles.get((task.form, note["record"]), f"#{note['record']}"),
            "problems": json.loads(note["problems"] or "[]"),
        }
        for note in notes
    ]
