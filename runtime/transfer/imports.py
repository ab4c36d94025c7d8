"""An import as a row: the file, how it is read, where its columns go, how far it is.

Everything about it survives a closed page and a killed process.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.form import Form
from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import require
from runtime.people.person import Person
from runtime.system import audit, clock, jobs
from runtime.system.database import to_json
from runtime.system.disk import room
from runtime.system.tables import import_file, import_row
from runtime.system.tables import job as job_table
from runtime.texts import _
from runtime.transfer import mapping, reading, starting
from runtime.transfer.mapping import Column, ColumnMap
from runtime.transfer.reading import Reading, cell_text

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

KEPT_DAYS = 30
"""How long an import can be taken back, and how long its file is kept."""
SHOWN_ROWS = 6
FIRES = ("nothing", "automations")
BUSY = ("checking", "importing", "undoing")


@dataclass
class Import:
    """state: columns → checking → checked → importing → done (or cancelled) → undoing → undone."""

    id: int
    form: str
    file_name: str
    path: Path
    person: int
    created_at: datetime
    state: str
    reading: Reading
    map: ColumnMap | None
    options: dict[str, Any]
    counts: dict[str, dict[str, int]]
    job: int | None
    done_rows: int
    job_state: str | None = None
    job_message: dict[str, str] | None = None
    job_done: int = 0
    job_total: int | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the import follows its check by itself."""
        return bool(self.options.get("goes_on"))

    @property
    def fires(self) -> bool:
        return self.options.get("fire") == "automations"

    @property
    def stopped(self) -> bool:
        """Whether its work ended before its time: cancelled while it waited, or by a fault."""
        return self.state in BUSY and self.job_state in ("cancelled", "failed")

    def can_undo(self, now: datetime) -> bool:
        imported = self.counts.get("import", {})
        return (
            (self.state in ("done", "cancelled") or (self.stopped and self.state != "checking"))
            and bool(imported.get("new") or imported.get("update"))
            and now < self.created_at + timedelta(days=KEPT_DAYS)
        )


def most_bytes(workspace: Workspace) -> int:
    return workspace.settings.max_upload_mb * 1024 * 1024


def folder(workspace: Workspace) -> Path:
    found = workspace.settings.data_dir / "imports"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


# -- a new one ----------------------------------------------------------------------------------------------------------------------
def keep_file(workspace: Workspace, stream: IO[bytes]) -> Path:
    """Puts an uploaded file where only we name files. Raises Refused when it is too large."""
    path = folder(workspace) / secrets.token_hex(16)
    most = most_bytes(workspace)
    try:
        with room(), path.open("xb") as target:
            left = most + 1
            while left > 0 and (piece := stream.read(min(left, 1024 * 1024))):
                target.write(piece)
                left -= len(piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    if path.stat().st_size > most:
        path.unlink()
        message = _("The file is larger than {most} MB. Split it, or ask for a higher limit.", most=workspace.settings.max_upload_mb)
        raise reading.TooLarge([Problem("file", message)])
    return path


def shown_name(name: str) -> str:
    """The last part of a file's name, as text to show; never used to open a file."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(char for char in last if char.isprintable())[-120:] or "file"


def inspect(workspace: Workspace, path: Path) -> Reading:
    """How the file is best read. What is no table is thrown away again."""
    try:
        return reading.look(path, most_bytes(workspace))
    except BaseException:
        throw_away(path)
        raise


def throw_away(path: Path) -> None:
    for each in (path, reading.rows_file(path)):
        each.unlink(missing_ok=True)


def begin(act: Act, form: str, path: Path, file_name: str, how: Reading) -> Import:
    """A new import of a kept file; columns are proposed, nothing is written yet."""
    require(act.person, "import", form)
    definition = form_of(act, form)
    how = with_headings(act, definition, path, how)
    number = act.take_ids("import_file")
    columns = columns_of(act, definition, path, how)
    proposed = mapping.proposed(definition, columns)
    act.connection.execute(
        import_file.insert().values(
            id=number,
            form=form,
            file_name=shown_name(file_name),
            stored_as=path.name,
            person=act.person.id,
            created_at=act.micros,
            state="columns",
            reading=to_json(how.to_json()),
            mapping=to_json(proposed.to_json()),
            options=to_json({"fire": "nothing"}),
            counts=to_json({}),
        )
    )
    return find(act, number)


def with_headings(act: Act, form: Form, path: Path, how: Reading, header: int | None = None) -> Reading:
    """The reading with the row of its headings (found, or as given) and the number of rows below."""
    most = most_bytes(act.workspace)
    first = reading.first_rows(reading.rows_of(path, how, most), mapping.HEADINGS_WITHIN)
    found = mapping.headings_row(first, mapping.targets(act, form)) if header is None else header
    chosen = replace(how, header=found)
    rows = sum(1 for _row in reading.data_rows(path, chosen, most))
    if rows == 0:
        raise reading.refuse(_("Below its headings this file has no rows."))
    return replace(chosen, rows=rows)


def columns_of(act: Act, form: Form, path: Path, how: Reading) -> list[Column]:
    """The file's columns with their first values and what is proposed for each."""
    rows = reading.rows_of(path, how, most_bytes(act.workspace))
    head: list[Any] = []
    samples: list[list[Any]] = []
    for number, row in rows:
        if number == how.header:
            head = row
        elif number > how.header and any(not reading.is_blank(cell) for cell in row):
            samples.append(row)
        if len(samples) == SHOWN_ROWS:
            break
    width = max(len(row) for row in [head, *samples])
    headings = [cell_text(head[index]) if index < len(head) else "" for index in range(width)]
    columns = mapping.propose(form, mapping.targets(act, form), headings)
    for column in columns:
        column.samples = [text for row in samples if column.index < len(row) and (text := cell_text(row[column.index])[:60])][:3]
    return columns


def form_of(act: Act, key: str) -> Form:
    if key not in act.catalogue.forms:
        raise NotFound(_("There is no form with the key {key}.", key=key))
    return act.catalogue.forms[key]


# -- finding ------------------------------------------------------------------------------------------------------------------------
def find(act: Act, number: int) -> Import:
    """An import of this person's; of anybody's for builders. Raises NotFound."""
    row = act.connection.execute(_SELECT.where(import_file.c.id == number)).first()
    if row is None or not may_see(act.person, row.person):
        raise NotFound(_("There is no such import."))
    require(act.person, "import", row.form)
    return _import(act.workspace, row)


def may_see(person: Person, owner: int) -> bool:
    return person.is_builder or person.id == owner


def recent(act: Act, form: str, limit: int = 10) -> list[Import]:
    """The newest imports into a form that this person may see."""
    query = _SELECT.where(import_file.c.form == form).order_by(import_file.c.id.desc()).limit(limit)
    if not act.person.is_builder:
        query = query.where(import_file.c.person == act.person.id)
    return [_import(act.workspace, row) for row in act.connection.execute(query)]


_SELECT = sa.select(import_file, *[job_table.c[name].label(f"job_{name}") for name in ("state", "message", "done", "total")]).select_from(
    import_file.outerjoin(job_table, job_table.c.id == import_file.c.job)
)


def _import(workspace: Workspace, row: Any) -> Import:
    return Import(
        row.id,
        row.form,
        row.file_name,
        folder(workspace) / Path(row.stored_as).name,
        row.person,
        clock.from_micros(row.created_at) or datetime.now(UTC),
        row.state,
        reading.reading_from(json.loads(row.reading)),
        mapping.map_from(json.loads(row.mapping)) if row.mapping else None,
        json.loads(row.options or "{}"),
        json.loads(row.counts or "{}"),
        row.job,
        row.done_rows,
        row.job_state,
        json.loads(row.job_message) if row.job_message else None,
        row.job_done or 0,
        row.job_total,
    )


# -- changing -----------------------------------------------------------------------------------------------------------------------
def save(connection: sa.Connection, number: int, **values: Any) -> None:
    """Writes columns of an import; what is no plain value as JSON."""
    plain = {name: value if value is None or isinstance(value, (str, int)) else to_json(value) for name, value in values.items()}
    connection.execute(import_file.update().where(import_file.c.id == number).values(**plain))


def read_again(act: Act, task: Import, how: Reading, header: int | None) -> None:
    """Another sheet, encoding, sign between columns or row of headings: the columns are proposed anew."""
    _must_be_open(task)
    definition = form_of(act, task.form)
    how = with_headings(act, definition, task.path, how, header)
    columns = columns_of(act, definition, task.path, how)
    save(
        act.connection, task.id, reading=how.to_json(), mapping=mapping.proposed(definition, columns).to_json(), state="columns", counts={}
    )


def start_check(
    act: Act, task: Import, chosen: ColumnMap, goes_on: bool = False, fire: str = "nothing", workflow: str | None = None
) -> int:
    """Goes through all rows without writing any; gives the job. With `goes_on` the import follows by itself."""
    _must_be_open(task)
    chosen = mapping.check(act, form_of(act, task.form), chosen)
    act.connection.execute(import_row.delete().where(import_row.c["import"] == task.id))
    job = jobs.start(act, "import_check", {"import": task.id}, f"import:{task.id}", task.reading.rows)
    starting.require(act, task.form, workflow)
    options = {"fire": fire, "goes_on": goes_on, "workflow": workflow}
    save(act.connection, task.id, mapping=chosen.to_json(), options=options, state="checking", counts={}, job=job, done_rows=0)
    return job


def start_import(act: Act, task: Import, fire: str = "nothing", page: str | None = None, workflow: str | None = None) -> int:
    """Writes the rows, or goes on where it was stopped; gives the job. `page`: address that the notice at the end leads to. `workflow`: what is
    started for each new record."""
    again = task.stopped and task.state == "importing"
    if task.state not in ("checked", "columns") and not again:
        raise Refused([Problem("", _("This import cannot be started now. Open it again to see where it stands."))])
    if fire not in FIRES:
        raise Refused([Problem("fire", _("Choose one of: {modes}.", modes=", ".join(FIRES)))])
    assert task.map is not None
    mapping.check(act, form_of(act, task.form), task.map)
    starting.require(act, task.form, workflow)
    job = jobs.start(act, "import", {"import": task.id}, f"import:{task.id}", task.reading.rows)
    audit.note(act, "import_started", f"form:{task.form}", number=task.id, file=task.file_name, rows=task.reading.rows, fire=fire)
    options = {"fire": fire, "page": page, "workflow": workflow}
    save(act.connection, task.id, state="importing", job=job, options=task.options if again else options)
    return job


def start_undo(act: Act, task: Import) -> int:
    """Takes back what this import wrote; gives the job."""
    if not (task.can_undo(act.now) or (task.stopped and task.state == "undoing")):
        raise Refused(
            [
                Problem(
                    "",
                    _("This import cannot be taken back: nothing of it is left to undo, or it is older than {days} days.", days=KEPT_DAYS),
                )
            ]
        )
    imported = task.counts.get("import", {})
    if imported.get("new"):
        require(act.person, "delete", task.form)
    job = jobs.start(act, "import_undo", {"import": task.id}, f"import:{task.id}", imported.get("new", 0) + imported.get("update", 0))
    audit.note(act, "import_undone", f"form:{task.form}", number=task.id, file=task.file_name)
    save(act.connection, task.id, state="undoing", job=job)
    return job


def _must_be_open(task: Import) -> None:
    if task.state not in ("columns", "checked") and not (task.state == "checking" and task.stopped):
        raise Refused([Problem("", _("This import has begun already. Start a new one to choose other columns."))])


# -- cleaning up --------------------------------------------------------------------------------------------------------------------
def forget_old(act: Act) -> None:
    """Throws away files that are older than an import can be taken back, with the notes about their rows."""
    before = act.micros - KEPT_DAYS * 86_400_000_000
    old = act.connection.execute(
        sa.select(import_file.c.id, import_file.c.stored_as).where(import_file.c.created_at < before, import_file.c.stored_as != "")
    ).all()
    for row in old:
        throw_away(folder(act.workspace) / Path(row.stored_as).name)
        act.connection.execute(import_row.delete().where(import_row.c["import"] == row.id))
        save(act.connection, row.id, stored_as="")


def counted(*names: str) -> dict[str, int]:
    return dict.fromkeys(names or ("new", "update", "unchanged", "faulty", "changes"), 0)


def add_counts(total: dict[str, int], more: Iterable[tuple[str, int]]) -> None:
    for name, number in more:
        total[name] = total.get(name, 0) + number
