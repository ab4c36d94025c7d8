"""tierloom restore: a backup into an empty place, or in place of everything that is there."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from runtime.cli import json_option, show
from runtime.system import archive, restore
from runtime.texts import Message, _

NEEDS_WORKSPACE = False


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("restore", help="put a backup back; stop the server first")
    parser.add_argument("file", metavar="FILE", type=Path, help="a file that `tierloom backup` wrote")
    parser.add_argument("--force", action="store_true", help="replace all data that is there")
    json_option(parser)


def run(_workspace: None, args: argparse.Namespace) -> None:
    put = restore.put_back(args.settings, args.file, args.force)
    same_key = put.key == archive.key_mark(args.settings)
    files = len(put.parts) - 1
    lines: list[Message] = [_("The backup of {time} is restored: the database and {count} files.", time=put.made_at, count=files)]
    if not same_key:
        lines.append(
            _(
                "It was made with another secret key. Put that key into TIERLOOM_SECRET_KEY, or into {path}; "
                "otherwise its stored secrets cannot be read and have to be set again.",
                path=str(args.settings.data_dir / "secret_key"),
            )
        )
    show(args, {"made_at": put.made_at, "files": files, "program": put.program, "same_key": same_key}, *lines)
