"""tierloom upgrade: brings the system's tables to today's shape. Every command does so too; this one does nothing else."""
from __future__ import annotations

import argparse
from typing import Any

from runtime.cli import json_option, show
from runtime.system.workspace import Workspace
from runtime.texts import _


def add_arguments(subparsers: Any) -> None:
    json_option(subparsers.add_parser("upgrade", help="bring the database up to date"))


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    """The workspace was upgraded when it was opened."""
    show(args, {"done": True}, _("The database is up to date."))
