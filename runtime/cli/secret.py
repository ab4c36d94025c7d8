"""tierloom secret set|list: secrets that definitions name. Values come from standard input and are never shown again."""
from __future__ import annotations

import argparse
from typing import Any

from runtime.cli import json_option, password_from_stdin, show
from runtime.errors import Problem, Refused
from runtime.people.person import SYSTEM
from runtime.system import audit, secrets
from runtime.system.workspace import Workspace
from runtime.texts import _


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("secret", help="secrets that definitions name: set, list")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    setting = acts.add_parser("set", help="read the value from standard input and keep it sealed")
    setting.add_argument("secret", metavar="NAME")
    for each in (setting, acts.add_parser("list", help="the names")):
        json_option(each)


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    if args.act == "list":
        with workspace.reading(SYSTEM) as act:
            names = secrets.secret_names(act.connection)
        return show(args, names, *names)
    value = password_from_stdin()
    if not value:
        raise Refused([Problem("value", _("Give the value on standard input, for example: printf %s VALUE | tierloom secret set {name}",
                                          name=args.secret))])
    with workspace.writing(SYSTEM) as act:
        secrets.set_secret(act.connection, workspace.settings.secret_key, args.secret, value)
        audit.note(act, "secret_set", f"secret:{args.secret}")
    show(args, {"name": args.secret}, _("The secret {name} is kept.", name=args.secret))
