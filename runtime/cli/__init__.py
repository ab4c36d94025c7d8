"""The command line: a shelf, one file a command.

A file has `add_arguments(subparsers)`, which adds its parser, and `run(workspace, args)`, which does the work and gives an exit
code (nothing counts as 0). `args.program` reaches what only the whole program knows; `args.settings` are this process's settings.
"""
from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import sqlalchemy as sa

from runtime.errors import DiskFull, Refused, SettingsError, TierloomError
from runtime.settings import read_settings
from runtime.system import disk
from runtime.system.audit import comes_by  # runtime.cli.audit, a command, takes the name of the module here
from runtime.system.workspace import Workspace
from runtime.texts import LANGUAGES, Message, _

DONE, REFUSED, WRONG_USAGE = 0, 1, 2


@dataclass(frozen=True)
class Program:
    """What the program as a whole lends to commands, which may not import the design half themselves."""

    open_workspace: Callable[..., Workspace]
    create_app: Callable[..., Any]
    install_template: Callable[..., Any]


def run(argv: Sequence[str], shelves: Sequence[str], program: Program) -> int:
    """Finds the command and runs it; gives the exit code."""
    parser = _parser(shelves)
    try:
        args = parser.parse_args(argv)
    except SystemExit as leaving:  # argparse has printed help or what is wrong
        return leaving.code if isinstance(leaving.code, int) else WRONG_USAGE
    if not hasattr(args, "module"):
        parser.print_help(sys.stderr)
        return WRONG_USAGE
    args.program = program
    try:
        return _run(args) or DONE
    except TierloomError as error:
        complain(args, error)
        return REFUSED
    except sa.exc.OperationalError as error:
        if disk.is_full(error):
            complain(args, DiskFull())
            return REFUSED
        reason = str(error.orig or error).strip().splitlines()[0]
        complain(args, SettingsError(_("The database cannot be used: {reason}. Is TIERLOOM_DATABASE_URL right?", reason=reason)))
        return REFUSED
    except OSError as error:
        if not disk.is_full(error):
            raise
        complain(args, DiskFull())
        return REFUSED
    except KeyboardInterrupt:
        return REFUSED


def _run(args: argparse.Namespace) -> int | None:
    args.settings = read_settings()
    comes_by("cli")
    if not getattr(args.module, "NEEDS_WORKSPACE", True):
        return args.module.run(None, args)
    workspace = args.program.open_workspace(args.settings)
    try:
        return args.module.run(workspace, args)
    finally:
        workspace.engine.dispose()


def _parser(shelves: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tierloom", description="Forms, workflows and customer tiering on your own machine.")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND")
    for module in _modules(shelves):
        before = set(subparsers.choices)
        module.add_arguments(subparsers)
        for name in set(subparsers.choices) - before:
            subparsers.choices[name].set_defaults(module=module)
    return parser


def _modules(shelves: Sequence[str]) -> Iterator[ModuleType]:
    for shelf in shelves:
        try:
            package = importlib.import_module(shelf)
        except ModuleNotFoundError as error:
            if error.name != shelf:
                raise
            continue
        for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
            module = importlib.import_module(f"{shelf}.{found.name}")
            if hasattr(module, "add_arguments"):
                yield module


# -- what commands say ------------------------------------------------------------------------------------------------------------
def language_of(args: argparse.Namespace) -> str:
    """TIERLOOM_LOCALE, else the terminal's language."""
    settings = getattr(args, "settings", None)
    chosen = settings.locale if settings else os.environ.get("TIERLOOM_LOCALE")
    if chosen in LANGUAGES:
        return chosen
    terminal = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if terminal.startswith("zh") else "en"


def say(args: argparse.Namespace, message: Message) -> None:
    print(message.in_language(language_of(args)), flush=True)


def show(args: argparse.Namespace, result: Any, *lines: Message | str) -> None:
    """A result: as JSON with --json, else as the lines."""
    if getattr(args, "json", False):
        print(json.dumps(result, ensure_ascii=False, default=str), flush=True)
        return
    for line in lines:
        print(line.in_language(language_of(args)) if isinstance(line, Message) else line, flush=True)


def complain(args: argparse.Namespace, error: TierloomError) -> None:
    """The sentences of an error on standard error, one a line; with --json as an object on standard output too."""
    language = language_of(args)
    problems = error.problems if isinstance(error, Refused) else []
    if getattr(args, "json", False):
        print(json.dumps({"detail": error.message.in_language(language),
                          "errors": [{"path": each.path, "message": each.message.in_language(language)} for each in problems]},
                         ensure_ascii=False))
    lines = [f"{each.path}: {each.message.in_language(language)}" if "/" in each.path else each.message.in_language(language)
             for each in problems]
    for line in lines or [error.message.in_language(language)]:
        print(line, file=sys.stderr)


def json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def password_from_stdin() -> str:
    """One line of standard input without its end."""
    return sys.stdin.readline().rstrip("\r\n")
