"""tierloom token create|list|revoke: API tokens. `create` prints the token alone, so that a script can take it."""

from __future__ import annotations

import argparse
from typing import Any

from runtime.cli import json_option, show
from runtime.people import accounts, tokens
from runtime.people.person import SYSTEM
from runtime.system.workspace import Workspace
from runtime.texts import _


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("token", help="API tokens: create, list, revoke")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    create = acts.add_parser("create", help="print a new token, once")
    create.add_argument("--days", type=int, help="days it is good for (default: without end)")
    create.add_argument(
        "--scope", choices=tokens.SCOPES, default="admin", help="what it may do, within the person's own rights (default: admin)"
    )
    create.add_argument("--name", default="command line", help="what will use it")
    listing = acts.add_parser("list", help="the tokens of a person, without their secret")
    revoke = acts.add_parser("revoke", help="make a token worthless")
    for each in (create, listing, revoke):
        each.add_argument("user", metavar="USER", help="e-mail address or id")
        json_option(each)
    revoke.add_argument("id", type=int)


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    with workspace.writing(SYSTEM) as act:
        someone = accounts.named(act.connection, args.user)
        if args.act == "create":
            token = tokens.create(act, someone, args.name, args.days, args.scope)
            return show(args, {"token": token}, token)
        if args.act == "revoke":
            tokens.revoke(act, someone, args.id)
            return show(args, {"id": args.id}, _("The token no longer works."))
        found = tokens.of_person(act.connection, someone.id)
    rows = [
        {"id": each.id, "name": each.name, "scope": each.scope, "created_at": each.created_at, "expires_at": each.expires_at}
        for each in found
    ]
    show(
        args,
        rows,
        *(
            f"{each.id:>6}  {each.name}  {each.scope}  {each.created_at:%Y-%m-%d}  {f'{each.expires_at:%Y-%m-%d}' if each.expires_at else '–'}"
            for each in found
        ),
    )
