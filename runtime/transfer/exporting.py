"""Records as a file: CSV or XLSX, page by page at one moment, with texts that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import sqlalchemy as sa

from runtime.definitions.field_type import FieldType, Reader
from runtime.definitions.form import Form
from runtime.errors import NotFound, Problem, Refused
from runtime.fields._files import Attached
from runtime.files import tokens
from runtime.people.may import require, sees
from runtime.people.organisation import organisation_of
from runtime.records import guard, query
from runtime.records.rows import Record
from runtime.records.tables import tables_of
from runtime.system import audit, jobs
from runtime.system.disk import room
from runtime.system.sets import among
from runtime.system.tables import job as job_table
from runtime.texts import Message, _, shown
from runtime.transfer.escaping import escaped

if TYPE_CHECKING:
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

FORMATS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
AT_ONCE = 20_000
"""More records than this are written by a job."""
MOST_IN_SHEET = 1_000_000
LONGEST_IN_SHEET = 32_767
EXACT_IN_SHEET = 15
Cell = Any


@dataclass(frozen=True)
class Wanted:
    """What to export: the columns of a form's records that meet all filters, in an order."""

    form: str
    columns: tuple[str, ...]
    filters: tuple[str, ...] = ()
    trusted: tuple[str, ...] = ()
    """What a view says besides, which may ask more than the person sees."""
    search: str = ""
    sort: tuple[str, ...] = ()
    language: str = "en"
    format: str = "csv"


def exportable(act: Act, form: Form) -> list[FieldType]:
    """The fields that this person may see and a flat file can hold."""
    return [each for each in form.fields if each.stores not in ("rows", "nothing") and sees(act.person, form.key, each.key)]


def check(act: Act, wanted: Wanted) -> None:
    """Raises what stands in the way: no such form, no right, unknown fields."""
    if wanted.form not in act.catalogue.forms:
        raise NotFound(_("There is no form with the key {key}.", key=wanted.form))
    require(act.person, "export", wanted.form)
    known = {each.key for each in exportable(act, act.catalogue.forms[wanted.form])} | {"id", "created_at", "updated_at"}
    unknown = [key for key in wanted.columns if key not in known]
    if unknown:
        raise Refused([Problem("fields", _("This form has no field {key} that can be exported.", key=key)) for key in unknown])
    if wanted.format not in FORMATS:
        raise Refused([Problem("format", _("Choose one of: {modes}.", modes=", ".join(FORMATS)))])


# -- rows ---------------------------------------------------------------------------------------------------------------------------
def headings(act: Act, wanted: Wanted) -> list[str]:
    form = act.catalogue.forms[wanted.form]
    own = {"id": _("Number of the record"), "created_at": _("Made at"), "updated_at": _("Changed at")}
    return [
        shown(form.by_key[key].label, wanted.language) if key in form.by_key else own[key].in_language(wanted.language)
        for key in wanted.columns
    ]


def rows(act: Act, wanted: Wanted) -> Iterator[list[Cell]]:
    """The values of each record in the order of the columns: texts, numbers, days. One statement a page, whatever the columns."""
    form = act.catalogue.forms[wanted.form]
    cursor: str | None = None
    while True:
        page = query.page(
            act,
            wanted.form,
            search=wanted.search,
            sort=wanted.sort or ("id",),
            columns=wanted.columns,
            limit=query.MOST,
            cursor=cursor,
            also=wanted.filters,
            trusted=wanted.trusted,
            action="export",
        )
        names = _names(act, form, wanted, page)
        for record in page.records:
            yield [_cell(act, form, record, key, wanted.language, names, page.people) for key in wanted.columns]
        cursor = page.next
        if cursor is None:
            return


def _names(act: Act, form: Form, wanted: Wanted, page: query.Page) -> dict[tuple[str, int], str]:
    """What references are written as: the value by which an import finds the record again, else its title."""
    found = dict(page.titles)
    for key in wanted.columns:
        reference: Any = form.field(key)
        if reference is None or reference.type not in ("reference", "multi_reference") or reference.match is None:
            continue
        built = tables_of(act.catalogue)[reference.form]
        if built.places.get(reference.match) != "main" or not guard.sees_all_of(act, reference.form, [reference.match]):
            continue
        ids = {
            each for record in page.records if record.values.get(key) is not None for _form, each in reference.records(record.values[key])
        }
        column, kind = built.column(reference.match), built.by_path[reference.match]
        for record, stored in act.connection.execute(
            sa.select(built.main.c.id, column).where(among(built.main.c.id, sorted(ids)), column.is_not(None))
        ):
            found[key, record] = str(kind.from_column(stored))
    return found


def _cell(act: Act, form: Form, record: Record, key: str, language: str, names: dict[tuple[str, int], str], people: dict[int, str]) -> Cell:
    field_type = form.field(key)
    if field_type is None:
        return getattr(record, key) if key == "id" else getattr(record, key).astimezone(act.zone).replace(tzinfo=None)
    value = record.values.get(key)
    if key in record.masked:
        return record.masked[key]
    if value is None or value == ():
        return None
    if field_type.type == "reference":
        return names.get((key, value)) or names.get((getattr(field_type, "form"), value), str(value))
    if field_type.type == "multi_reference":
        return "; ".join(names.get((key, each[1])) or names.get(each, str(each[1])) for each in field_type.records(value))
    if field_type.type == "members":
        return "; ".join(people.get(each, str(each)) for each in field_type.people(value))
    if isinstance(field_type, Attached):
        return "\n".join(_linked(act, each) for each in value)
    if field_type.type == "member":
        return people.get(value, str(value))
    if isinstance(value, datetime):
        return value.astimezone(act.zone).replace(tzinfo=None)
    written = field_type.in_file(value, cast(Reader, _Plain(act, language)))
    if written is not None:
        return written
    if isinstance(value, (Decimal, date)):
        return value
    return (
        field_type.display(value, cast(Reader, _Plain(act, language)))
        if field_type.stores in ("many", "assigned", "rated") or field_type.type in ("choice", "checkbox")
        else str(field_type.to_json(value))
    )


def _linked(act: Act, token: str) -> str:
    """The name of a file and where it can be fetched by whoever may see it."""
    id, _size, name = tokens.parts(token) or ("", 0, token)
    return f"{name} {act.workspace.settings.address}/files/{id}"


class _Plain:
    """A reader for files: labels in one language, nothing else dressed up."""

    def __init__(self, act: Act, language: str):
        self.act, self.language, self.zone = act, language, act.zone

    def say(self, message: Message) -> str:
        return message.in_language(self.language)

    def departments(self) -> dict[str, str]:
        tree = organisation_of(self.act.connection)
        return {each.key: each.name for each in tree.departments.values()}

    def tag_label(self, tag_set: str, tag: str) -> str:
        return self._label(self.act.catalogue.tag_sets.get(tag_set), tag)

    def tier_label(self, tier_model: str, tier: str) -> str:
        return self._label(self.act.catalogue.tier_models.get(tier_model), tier)

    def node_label(self, workflow: str, node: str) -> str:
        return self._label(self.act.catalogue.workflows.get(workflow), node)

    def _label(self, definition: Any, key: str) -> str:
        return shown(definition.by_key[key].label, self.language) or key if definition and key in definition.by_key else key


# -- files --------------------------------------------------------------------------------------------------------------------------
def csv_lines(head: Sequence[str], found: Iterator[list[Cell]]) -> Iterator[str]:
    """A CSV file piece by piece, with the mark by which spreadsheets know UTF-8."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([escaped(text) for text in head])
    for number, row in enumerate(found, 1):
        writer.writerow([_text(cell) for cell in row])
        if number % 200 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return escaped(cell)
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def write_xlsx(path: Path, head: Sequence[str], found: Iterator[list[Cell]]) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    )
    try:
        sheet = book.add_worksheet()
        bold, day, moment = (
            book.add_format({"bold": True}),
            book.add_format({"num_format": "yyyy-mm-dd"}),
            book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        )
        sheet.freeze_panes(1, 0)
        for column, text in enumerate(head):
            sheet.write_string(0, column, text, bold)
        for number, row in enumerate(found, 1):
            if number > MOST_IN_SHEET:
                raise Refused(
                    [Problem("format", _("A sheet holds {most} rows at most. Export as CSV, or filter first.", most=f"{MOST_IN_SHEET:,}"))]
                )
            for column, cell in enumerate(row):
                _write_cell(sheet, number, column, cell, day, moment)
    finally:
        book.close()


def _write_cell(sheet: Any, number: int, column: int, cell: Cell, day: Any, moment: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, str):
        sheet.write_string(number, column, cell[:LONGEST_IN_SHEET])
    elif isinstance(cell, datetime):
        _write_day(sheet, number, column, cell, moment)
    elif isinstance(cell, date):
        _write_day(sheet, number, column, datetime(cell.year, cell.month, cell.day), day)
    elif isinstance(cell, Decimal) and len(cell.as_tuple().digits) > EXACT_IN_SHEET:
        sheet.write_string(number, column, format(cell, "f"))
    else:
        sheet.write_number(number, column, cell)


def _write_day(sheet: Any, number: int, column: int, moment: datetime, look: Any) -> None:
    """Spreadsheets know no day before 1900."""
    if moment.year < 1900:
        sheet.write_string(number, column, moment.isoformat(" ").removesuffix(" 00:00:00"))
    else:
        sheet.write_datetime(number, column, moment, look)


def write_file(act: Act, wanted: Wanted, path: Path, tell: Callable[[int], None] = lambda done: None) -> int:
    """Writes the whole export; gives the number of records."""
    check(act, wanted)
    count = 0

    def counting() -> Iterator[list[Cell]]:
        nonlocal count
        for row in rows(act, wanted):
            count += 1
            if count % 1000 == 0:
                tell(count)
            yield row

    if wanted.format == "xlsx":
        write_xlsx(path, headings(act, wanted), counting())
    else:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(csv_lines(headings(act, wanted), counting()))
    return count


def note(act: Act, wanted: Wanted, count: int) -> None:
    """Who has taken out what; in a writing act, before the file is given."""
    given = {"fields": wanted.columns, "filters": wanted.filters, "search": wanted.search, "format": wanted.format}
    audit.note(act, "exported", f"form:{wanted.form}", records=count, **{name: value for name, value in given.items() if value})


# -- as a job -----------------------------------------------------------------------------------------------------------------------
def folder(workspace: Workspace) -> Path:
    found = workspace.settings.data_dir / "exports"
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def start(act: Act, wanted: Wanted, total: int) -> int:
    """A job for a large export; gives its number."""
    check(act, wanted)
    note(act, wanted, total)
    _forget_old(act.workspace, act)
    return jobs.start(act, "export", {**asdict(wanted), "file": f"{secrets.token_hex(16)}.{wanted.format}"}, f"export:{wanted.form}", total)


def run(workspace: Workspace, job: Job) -> dict[str, Any]:
    given: dict[str, Any] = dict(job.payload)
    file = given.pop("file")
    listed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    wanted = Wanted(**listed)
    path = folder(workspace) / Path(file).name
    try:
        with room(), workspace.reading(job.person()) as act:
            count = write_file(act, wanted, path, lambda done: job.progress(done, job.total, _("writing the file")))
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return {"file": file, "rows": count}


def _forget_old(workspace: Workspace, act: Act) -> None:
    """Finished exports are kept for a week."""
    week = act.now.timestamp() - 7 * 86_400
    for path in folder(workspace).iterdir():
        if path.stat().st_mtime < week:
            path.unlink(missing_ok=True)


def job_of(act: Act, number: int) -> Any:
    """The row of an export's job, for its person or a builder."""
    row = act.connection.execute(sa.select(job_table).where(job_table.c.id == number, job_table.c.kind == "export")).first()
    if row is None or (row.person != act.person.id and not act.person.is_builder):
        raise NotFound(_("There is no such export."))
    return row
