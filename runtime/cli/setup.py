"""tierloom setup: the first account from the command line, with a template if wanted."""
from __future__ import annotations

import argparse
from typing import Any

from runtime.cli import json_option, language_of, password_from_stdin, show
from runtime.people import accounts, passwords
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from runtime.texts import _


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("setup", help="create the first account, who designs and administers")
    parser.add_argument("--admin", required=True, metavar="E-MAIL", help="e-mail address of the first account")
    parser.add_argument("--name", help="name of that person (default: the e-mail address up to @)")
    parser.add_argument("--password-stdin", action="store_true",
                        help="read the password from standard input; without it one is made and printed")
    parser.add_argument("--workspace", default="Tierloom", metavar="NAME", help="name of the workspace")
    parser.add_argument("--template", metavar="KEY", help="template to install")
    parser.add_argument("--sample", action="store_true", help="install the template with its sample records")
    json_option(parser)


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    given = password_from_stdin() if args.password_stdin else None
    password = passwords.generated() if given is None else given
    with workspace.writing(SYSTEM) as act:
        first = accounts.set_up(
            act, email=args.admin, name=args.name or args.admin.partition("@")[0], password=password, workspace_name=args.workspace,
            zone=workspace.settings.timezone, language=language_of(args))
        accounts.set_language(act, first.id, None)  # the terminal's language is the workspace's; people read what their browser asks for
        if args.template:  # in the same transaction: a template that cannot be installed leaves no half-made workspace
            act.person = first
            args.program.install_template(act, args.template, args.sample)
    lines = [_("{email} may sign in now.", email=first.email)]
    result = {"id": str(first.id), "email": first.email}
    if given is None:
        lines.append(_("Password (shown only now): {password}", password=password))
        result["password"] = password
    if args.template:
        lines.append(_("The template {key} is installed.", key=args.template))
        result["template"] = args.template
    show(args, result, *lines)
