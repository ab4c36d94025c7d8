"""tierloom backup: everything but the secret key into one file, while the server runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from runtime.cli import json_option, show
from runtime.system import backup, secrets
from runtime.system.workspace import Workspace
from runtime.texts import Message, _


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("backup", help="write the database and the files into one file; the server may run")
    parser.add_argument("file", metavar="FILE", type=Path, help="file to write, which must not be there yet")
    json_option(parser)


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    target = args.file.absolute()
    made = backup.make(workspace, target)
    size, files = target.stat().st_size, len(made.parts) - 1
    show(
        args,
        {"file": str(target), "bytes": size, "files": files, "database": made.database, "made_at": made.made_at},
        _(
            "The backup is in {file}: the database and {count} files, {size} MB.",
            file=str(target),
            count=files,
            size=f"{size / 1024**2:,.1f}",
        ),
        _without_key(workspace),
        *_elsewhere(workspace),
    )


def _without_key(workspace: Workspace) -> Message:
    with workspace.engine.connect() as connection:
        count = len(secrets.secret_names(connection))
    return _(
        "The secret key is not in it. Without that key the stored secrets ({count}) can never be read again: keep TIERLOOM_SECRET_KEY, "
        "or the file {path}, in another safe place.",
        count=count,
        path=str(workspace.settings.data_dir / "secret_key"),
    )


def _elsewhere(workspace: Workspace) -> list[Message]:
    if workspace.settings.files_url.startswith("file:"):
        return []
    return [_("Files at {address} are not in it; keep copies there.", address=workspace.settings.files_url)]
