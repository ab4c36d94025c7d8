"""tierloom export: records of a form into a CSV or XLSX file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from runtime.cli import json_option, language_of, show
from runtime.errors import Problem, Refused
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from runtime.texts import _
from runtime.transfer import exporting
from runtime.transfer.imports import form_of


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("export", help="write records of a form into a file")
    parser.add_argument("form", metavar="FORM", help="key of the form")
    parser.add_argument("file", metavar="FILE", type=Path, help="file to write: .csv or .xlsx")
    parser.add_argument("--filter", metavar="FORMULA", help="only records for which this formula is true")
    parser.add_argument("--fields", metavar="a,b", help="keys of the fields, in this order (default: all)")
    json_option(parser)


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    with workspace.reading(SYSTEM) as act:
        form = form_of(act, args.form)
        columns = (
            [key.strip() for key in args.fields.split(",") if key.strip()]
            if args.fields
            else [each.key for each in exporting.exportable(act, form)]
        )
        wanted = exporting.Wanted(
            args.form,
            tuple(columns),
            (args.filter,) if args.filter else (),
            language=language_of(args),
            format="xlsx" if args.file.suffix.lower() == ".xlsx" else "csv",
        )
        try:
            count = exporting.write_file(act, wanted, args.file)
        except OSError as error:
            raise Refused(
                [Problem("file", _("{file} cannot be written: {reason}", file=str(args.file), reason=error.strerror or str(error)))]
            ) from error
    with workspace.writing(SYSTEM) as act:
        exporting.note(act, wanted, count)
    show(args, {"rows": count, "file": str(args.file)}, _("{count} records are in {file}.", count=f"{count:,}", file=str(args.file)))
