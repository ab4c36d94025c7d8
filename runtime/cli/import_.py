"""tierloom import: rows of a CSV file or a workbook into a form."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from runtime.cli import REFUSED, json_option, language_of, show
from runtime.errors import Problem, Refused
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from runtime.texts import Message, _
from runtime.transfer import checking, faulty, importing, imports, mapping, reading, starting
from runtime.transfer.imports import Import
from runtime.transfer.mapping import ColumnMap


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("import", help="import rows of a CSV file or a workbook into a form")
    parser.add_argument("form", metavar="FORM", help="key of the form")
    parser.add_argument("file", metavar="FILE", type=Path, help="CSV (also packed as .gz), XLSX, XLS or ODS")
    parser.add_argument(
        "--map",
        metavar="MAP.json",
        type=Path,
        help='which column goes into which field: {"heading": "field key", …}; columns it does not name are left out',
    )
    parser.add_argument(
        "--mode", choices=mapping.MODES, help="add records, update those that are there, or both (default: upsert with --match, else add)"
    )
    parser.add_argument("--match", metavar="FIELD", help="field without repetitions by which records are recognised")
    parser.add_argument(
        "--fire", choices=imports.FIRES[::-1], default="nothing", help="whether automations that list “import” may run (default: nothing)"
    )
    parser.add_argument("--start", metavar="WORKFLOW", help="workflow that is started for each new record (default: none)")
    parser.add_argument("--sheet", metavar="NAME", default="", help="sheet of a workbook (default: the first that is not empty)")
    parser.add_argument("--encoding", choices=reading.CHOICES, help="encoding of a CSV file (default: found out)")
    parser.add_argument("--dry-run", action="store_true", help="check every row and write none")
    json_option(parser)


def run(workspace: Workspace, args: argparse.Namespace) -> int:
    task = _begin(workspace, args)
    if args.dry_run:
        counts = checking.check(workspace, SYSTEM, task)
    else:
        counts = importing.write(workspace, SYSTEM, task, _Progress(args))
    path = _error_file(workspace, task, language_of(args)) if counts["faulty"] else None
    result = {
        **{name: counts[name] for name in ("rows", "new", "update", "unchanged", "faulty")},
        "import": str(task.id),
        "errors": str(path) if path else None,
        "dry_run": args.dry_run,
    }
    lines: list[Message | str] = [
        _(
            "{rows} rows: {new} new, {update} changed, {unchanged} as they were, {faulty} refused.",
            **{name: f"{counts[name]:,}" for name in ("rows", "new", "update", "unchanged", "faulty")},
        )
    ]
    if args.dry_run:
        lines.append(_("Nothing was written."))
    if counts["faulty"] > faulty.MOST_LISTED:
        lines.append(_("The first {most} faulty rows are listed.", most=f"{faulty.MOST_LISTED:,}"))
    if path:
        lines.append(_("The refused rows with their reasons: {path}", path=str(path)))
    show(args, result, *lines)
    return REFUSED if counts["faulty"] else 0


def _begin(workspace: Workspace, args: argparse.Namespace) -> Import:
    try:
        with args.file.open("rb") as stream:
            path = imports.keep_file(workspace, stream)
    except OSError as error:
        raise Refused(
            [Problem("file", _("{file} cannot be read: {reason}", file=str(args.file), reason=error.strerror or str(error)))]
        ) from error
    how = imports.inspect(workspace, path)
    try:
        if how.kind == "sheet" and args.sheet:
            how = reading.with_sheet(path, how, args.sheet)
        if args.encoding and how.kind == "csv":
            how = reading.replace(how, encoding=args.encoding)
        with workspace.writing(SYSTEM) as act:
            imports.forget_old(act)
            task = imports.begin(act, args.form, path, args.file.name, how)
            chosen = mapping.check(act, imports.form_of(act, task.form), _map(act, task, args))
            starting.require(act, task.form, args.start)
            imports.save(
                act.connection,
                task.id,
                mapping=chosen.to_json(),
                options={"fire": args.fire, "workflow": args.start},
                state="checked" if args.dry_run else "importing",
            )
            return imports.find(act, task.id)
    except BaseException:
        imports.throw_away(path)
        raise


def _map(act: Any, task: Import, args: argparse.Namespace) -> ColumnMap:
    assert task.map is not None
    columns = task.map.columns
    if args.map:
        found = imports.columns_of(act, imports.form_of(act, task.form), task.path, task.reading)
        columns = mapping.by_headings(found, _read_map(args.map))
    mode = args.mode or ("upsert" if args.match else "add")
    return ColumnMap(columns, mode, None if mode == "add" else args.match or task.map.match)


def _read_map(path: Path) -> dict[str, str | None]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused([Problem("map", _("{file} cannot be read: {reason}", file=str(path), reason=str(error)))]) from error
    return mapping.as_map(found)


def _error_file(workspace: Workspace, task: Import, language: str) -> Path:
    path = imports.folder(workspace) / f"import-{task.id}-refused.csv"
    with workspace.reading(SYSTEM) as act, path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(faulty.errors_csv(act, imports.find(act, task.id), language))
    return path


class _Progress:
    """One line on standard error that is written over, where a person looks on."""

    def __init__(self, args: argparse.Namespace):
        self.language, self.shown = language_of(args), sys.stderr.isatty() and not getattr(args, "json", False)

    def __call__(self, done: int, total: int | None, message: Message | None) -> None:
        if self.shown:
            what = message.in_language(self.language) if message else ""
            print(f"\r{done:,}/{total or 0:,} {what}\x1b[K", end="\n" if total and done >= total else "", file=sys.stderr, flush=True)
