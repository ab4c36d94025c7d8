"""Imports over the API: a file goes through check and import on its own; its columns find their fields by key or label, or by a map."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from runtime.api.records import instant
from runtime.api.route import Answer, Call, File, Param, SentFile, Shape, Upload
from runtime.definitions.form import Form
from runtime.errors import Problem, Refused
from runtime.pages.web import reading, workspace
from runtime.people.may import require
from runtime.system.workspace import Act
from runtime.texts import Message, _, shown
from runtime.transfer import faulty, imports, mapping
from runtime.transfer.imports import Import
from runtime.transfer.mapping import ColumnMap
from runtime.transfer.reading import Reading


# -- shapes -----------------------------------------------------------------------------------------------------------------------
class Counts(Shape):
    """What becomes, or became, of the rows."""

    rows: int
    new: int
    update: int
    unchanged: int
    faulty: int


class TakenBack(Shape):
    """What an undo did: records it deleted, gave their old values, and left because they are not as the import left them."""

    deleted: int
    restored: int
    kept: int


class State(Shape):
    """An import. `check`, `import` and `undo` are there once that part has begun; `done` of `total` pieces of what goes on now."""

    id: str
    form: str
    file: str
    state: Literal["columns", "checking", "checked", "importing", "done", "cancelled", "failed", "undoing", "undone"]
    dry_run: bool
    job: str | None
    done: int
    total: int | None
    message: str | None
    columns: dict[str, str | None]
    mode: Literal["add", "update", "upsert"]
    match: str | None
    check: Counts | None
    imported: Counts | None
    undo: TakenBack | None
    can_undo: bool
    created_at: str


# -- what is sent -----------------------------------------------------------------------------------------------------------------
@dataclass
class Given:
    """An upload that lies where imports keep their files, before there is an import of it."""

    name: str
    path: Path
    reading: Reading
    beside: dict[str, Any]
    taken: bool = False


@contextmanager
def received(names: dict[str, Any], sent: SentFile) -> Iterator[Given]:
    """Keeps the file and looks what it is, before a transaction keeps others waiting; thrown away again when nothing came of it."""
    with reading() as act:
        require(act.person, "import", names["form"])
    own = workspace()
    path = imports.keep_file(own, sent.stream)
    given = Given(sent.name, path, imports.inspect(own, path), sent.beside)
    try:
        yield given
    except BaseException:
        imports.throw_away(path)
        raise
    if not given.taken:
        imports.throw_away(path)


KEY = {"type": "string", "minLength": 1, "maxLength": 100}
BESIDE = (
    Param("mode", {"type": "string", "enum": list(mapping.MODES)}, "What a row means. Without it: upsert with `match`, else add."),
    Param("match", KEY, "The field without repetitions by which records are recognised."),
    Param("fire", {"type": "string", "enum": ["automations", "nothing"]}, "Whether automations that list `import` may run."),
    Param("workflow", KEY, "The workflow that is started for each new record. Without it: none."),
    Param(
        "map",
        {"type": "string", "minLength": 2, "maxLength": 200_000},
        'JSON, {"column heading": "field key"}; columns it does not name are left out. Without it columns find fields by key or label.',
    ),
    Param("dry_run", {"type": "boolean", "default": False}, "Check every row and write none."),
)
UPLOAD = Upload("CSV (also packed as .gz), XLSX, XLSB, XLS or ODS.", BESIDE, received)
ERRORS = File("text/csv", "The rows that were refused, with a column for the reason.")


# -- views ------------------------------------------------------------------------------------------------------------------------
def create(call: Call, form: str) -> dict[str, Any]:
    """Begins an import and queues its check; what is not a dry run goes on to write by itself."""
    given: Given = call.body
    act = call.act
    imports.forget_old(act)
    task = imports.begin(act, form, given.path, given.name, given.reading)
    definition = imports.form_of(act, form)
    chosen = _columns(act, definition, task, given.beside)
    goes_on = not given.beside["dry_run"]
    imports.start_check(act, task, chosen, goes_on, given.beside.get("fire", "nothing"), given.beside.get("workflow"))
    given.taken = True
    return one(call, task.id)


def one(call: Call, id: int) -> dict[str, Any]:
    task = imports.find(call.act, id)
    counts = {name: _counts(task, name) for name in ("check", "import")}
    undo = task.counts.get("undo")
    chosen = task.map or ColumnMap({})
    return {
        "id": str(task.id),
        "form": task.form,
        "file": task.file_name,
        "state": (task.job_state or task.state) if task.stopped else task.state,
        "dry_run": not task.goes_on and task.state in ("checking", "checked"),
        "job": None if task.job is None else str(task.job),
        **_progress(task),
        "message": shown(task.job_message, call.language) if task.job_message else None,
        "columns": {str(index + 1): key for index, key in chosen.columns.items()},
        "mode": chosen.mode,
        "match": chosen.match,
        "check": counts["check"],
        "imported": counts["import"],
        "undo": None if undo is None else {name: undo.get(name, 0) for name in TakenBack.model_fields},
        "can_undo": task.can_undo(call.act.now),
        "created_at": instant(task.created_at),
    }


def undo(call: Call, id: int) -> dict[str, Any]:
    """Queues taking it back."""
    imports.start_undo(call.act, imports.find(call.act, id))
    return one(call, id)


def errors(call: Call, id: int) -> Answer:
    task = imports.find(call.act, id)
    text = "".join(faulty.errors_csv(call.act, task, call.language))
    return Answer(text, {"Content-Disposition": f'attachment; filename="import-{task.id}-refused.csv"'})


def _counts(task: Import, part: str) -> dict[str, int] | None:
    found = task.counts.get(part)
    return None if found is None else {name: found.get(name, 0) for name in Counts.model_fields}


def _progress(task: Import) -> dict[str, int | None]:
    return {"done": task.job_done, "total": task.job_total}


# -- columns ----------------------------------------------------------------------------------------------------------------------
def _columns(act: Act, form: Form, task: Import, beside: dict[str, Any]) -> ColumnMap:
    """Which column goes where; raises Refused with each reason why that cannot be."""
    columns = imports.columns_of(act, form, task.path, task.reading)
    if "map" in beside:
        chosen = mapping.by_headings(columns, _map(beside["map"]))
    else:
        chosen = {each.index: each.key for each in columns if each.key and each.how == "exact"}
    match: str | None = beside.get("match")
    mode = beside.get("mode") or ("upsert" if match else "add")
    if mode != "add" and match is None and task.map is not None:
        match = task.map.match
    found = mapping.check(act, form, ColumnMap(chosen, mode, match))
    needed = [] if mode == "update" else mapping.missing(form, found)
    if needed:
        raise Refused([Problem(f"map/{each.key}", _needed(each.label)) for each in needed])
    return found


def _needed(label: Any) -> Message:
    return _("No column goes into {field}, which a new record needs. Name its column in “map”.", field=label)


def _map(text: str) -> dict[str, str | None]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused([Problem("map", mapping.NO_MAP)]) from error
    return mapping.as_map(found)
