"""tierloom template list|install|export|import: apps to start from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from builder import starters
from runtime.cli import json_option, language_of, show
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.system import jobs
from runtime.system.tables import job as job_table
from runtime.system.workspace import Act, Workspace
from runtime.texts import _, shown
from runtime.tiers.recomputing import KIND


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("template", help="templates: list, install, export, import")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    listing = acts.add_parser("list", help="the templates there are")
    install = acts.add_parser("install", help="publish a template")
    install.add_argument("key", metavar="KEY")
    export = acts.add_parser("export", help="write an app as a template folder")
    export.add_argument("key", metavar="APP", help="key of the app")
    export.add_argument("folder", metavar="DIR", type=Path)
    importing = acts.add_parser("import", help="install a template folder")
    importing.add_argument("folder", metavar="DIR", type=Path)
    for each in (install, importing):
        each.add_argument("--sample", action="store_true", help="with its sample records")
        each.add_argument("--prefix", help="put this before every key, if keys are taken")
    for each in (listing, install, export, importing):
        json_option(each)


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    if args.act == "list":
        return _list(args)
    if args.act == "export":
        with workspace.reading(SYSTEM) as act:
            written = [str(each) for each in starters.export(act, args.key, args.folder)]
        return show(args, {"files": written}, _("{count} files are in {folder}.", count=len(written), folder=str(args.folder)))
    with workspace.writing(SYSTEM) as act:
        act.person = _first_builder(act)
        done = (
            starters.install(act, args.key, args.sample, args.prefix)
            if args.act == "install"
            else starters.import_folder(act, args.folder, args.sample, args.prefix)
        )
    _rate(workspace)
    result = {
        "app": done.app,
        "published": [{"kind": kind, "key": key, "version": version} for kind, key, version in done.published],
        "drafts": [{"kind": kind, "key": key} for kind, key in done.drafts],
        "used": [{"kind": kind, "key": key} for kind, key in done.used],
        "records": done.records,
    }
    show(
        args,
        result,
        _(
            "{app}: {published} definitions published, {drafts} drafts saved, {records} records loaded.",
            app=done.app,
            published=len(done.published),
            drafts=len(done.drafts),
            records=sum(done.records.values()),
        ),
    )


def _list(args: argparse.Namespace) -> None:
    found, language = starters.templates(), language_of(args)
    rows = [
        {
            "key": each.key,
            "label": shown(each.about.label, language),
            "why": shown(each.about.why, language),
            "forms": each.count("form"),
            "tags": each.tags,
            "automations": each.count("automation"),
            "sample": each.sample_count(),
        }
        for each in found
    ]
    show(args, rows, *(f"{row['key']:<16} {row['label']}  {row['why']}" for row in rows))


def _first_builder(act: Act) -> Any:
    """Whose records the sample becomes: the first person who designs, or nobody's in a workspace without people."""
    return next(iter(accounts.builders(act.connection)), SYSTEM)


def _rate(workspace: Workspace) -> None:
    """Rates what a model by quantiles has waited with, so that nobody must wait for a worker."""
    with workspace.engine.connect() as connection:
        waiting = connection.execute(
            job_table.select().where(job_table.c.kind == KIND, job_table.c.state == "waiting").order_by(job_table.c.id)
        ).all()
    for row in waiting:
        jobs.run_now(workspace, row.id)
