"""tierloom audit verify|export: whether the chain of the audit log is whole, and its lines as a file."""

from __future__ import annotations

import argparse
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from runtime import cli
from runtime.cli import json_option, language_of, show
from runtime.errors import Problem, Refused
from runtime.pages.audit import csv_lines
from runtime.people.person import SYSTEM
from runtime.system import audit
from runtime.system.workspace import Act, Workspace
from runtime.texts import Message, _


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("audit", help="the audit log: verify, export")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    json_option(acts.add_parser("verify", help="check that no line of the log is missing or was changed"))
    exporting = acts.add_parser("export", help="write lines of the log into a CSV file")
    exporting.add_argument("file", metavar="FILE", type=Path, help="file to write")
    exporting.add_argument("--kind", metavar="KIND", default="", help="only lines of this kind, such as signed_in")
    exporting.add_argument("--subject", metavar="TEXT", default="", help="only lines whose subject holds this text")
    exporting.add_argument("--since", metavar="DATE", type=date.fromisoformat, help="only lines from this day on")
    exporting.add_argument("--until", metavar="DATE", type=date.fromisoformat, help="only lines up to the end of this day")
    json_option(exporting)


def run(workspace: Workspace, args: argparse.Namespace) -> int | None:
    return _verify(workspace, args) if args.act == "verify" else _export(workspace, args)


def _verify(workspace: Workspace, args: argparse.Namespace) -> int:
    with workspace.reading(SYSTEM) as act:
        verdict = audit.verify(act.connection)
    language = language_of(args)
    breaks = [{"line": each.line, "why": each.why.in_language(language)} for each in verdict.breaks]
    result = {"whole": verdict.whole, "lines": verdict.lines, "first": verdict.first, "last": verdict.last, "head": verdict.head}
    lines: list[Message | str] = [each.why for each in verdict.breaks]
    if verdict.whole:
        lines = [_("The chain is whole: {n} lines, from {first} to {last}.", n=verdict.lines, first=verdict.first, last=verdict.last)]
    show(args, {**result, "breaks": breaks}, *lines)
    return cli.DONE if verdict.whole else cli.REFUSED


def _export(workspace: Workspace, args: argparse.Namespace) -> None:
    with workspace.reading(SYSTEM) as act:
        wanted = audit.Wanted(None, args.kind, args.subject, _beginning(act, args.since), _beginning(act, args.until, timedelta(days=1)))
        try:
            with args.file.open("w", encoding="utf-8", newline="") as file:
                count = sum(1 for line in csv_lines(act, wanted) if file.write(line)) - 1
        except OSError as error:
            reason = error.strerror or str(error)
            raise Refused([Problem("file", _("{file} cannot be written: {reason}", file=str(args.file), reason=reason))]) from error
    with workspace.writing(SYSTEM) as act:
        audit.note(act, "audit_exported", "audit", lines=count)
    show(args, {"lines": count, "file": str(args.file)}, _("{count} lines are in {file}.", count=f"{count:,}", file=str(args.file)))


def _beginning(act: Act, day: date | None, later: timedelta = timedelta()) -> datetime | None:
    return None if day is None else datetime.combine(day + later, time(), act.zone)
