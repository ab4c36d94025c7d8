"""tierloom secret set|list|rekey: secrets that definitions name, and the key that seals them. Values come from standard input and are never shown again."""
from __future__ import annotations

import argparse
import os
import secrets as random
from dataclasses import asdict
from typing import Any

from runtime.cli import json_option, password_from_stdin, show
from runtime.errors import Problem, Refused
from runtime.people import rekeying
from runtime.people.person import SYSTEM
from runtime.system import audit, secrets
from runtime.system.workspace import Workspace
from runtime.texts import _


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("secret", help="secrets that definitions name: set, list; rekey seals all with another key")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    setting = acts.add_parser("set", help="read the value from standard input and keep it sealed")
    setting.add_argument("secret", metavar="NAME")
    rekey = acts.add_parser("rekey", help="seal everything with another secret key; stop the server first")
    for each in (setting, acts.add_parser("list", help="the names"), rekey):
        json_option(each)


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    if args.act == "list":
        with workspace.reading(SYSTEM) as act:
            names = secrets.secret_names(act.connection)
        return show(args, names, *names)
    if args.act == "rekey":
        return _rekey(workspace, args)
    value = password_from_stdin()
    if not value:
        raise Refused([Problem("value", _("Give the value on standard input, for example: printf %s VALUE | tierloom secret set {name}",
                                          name=args.secret))])
    with workspace.writing(SYSTEM) as act:
        secrets.set_secret(act.connection, workspace.settings.secret_key, args.secret, value)
        audit.note(act, "secret_set", f"secret:{args.secret}")
    show(args, {"name": args.secret}, _("The secret {name} is kept.", name=args.secret))


def _rekey(workspace: Workspace, args: argparse.Namespace) -> None:
    """A key in a file is made anew and takes its place; one that stands in the environment is given by whoever sets it there."""
    place = None if os.environ.get("TIERLOOM_SECRET_KEY") else workspace.settings.data_dir / "secret_key"
    if place is None:
        key = password_from_stdin()
        if not key:
            raise Refused([Problem("key", _(
                "The secret key comes from TIERLOOM_SECRET_KEY. Give the new one on standard input, then set the variable to it."))])
    else:
        key = random.token_urlsafe(48)
        beside = place.with_name("secret_key.new")  # should the machine stop between commit and renaming, the new key is here
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
    with workspace.writing(SYSTEM) as act:
        done = rekeying.reseal(act, key)
    if place is not None:
        os.replace(beside, place)
    lines = [_("{secrets} secrets, {factors} second factors and {letters} waiting letters are sealed with the new key. Start Tierloom anew now.",
               secrets=done.secrets, factors=done.factors, letters=done.letters)]
    if place is None:
        lines.append(_("Set TIERLOOM_SECRET_KEY to the new key before you start it."))
    if done.without_codes:
        lines.append(_("The recovery codes of {count} people were made long ago and no longer work; they make new ones under My settings.",
                       count=done.without_codes))
    show(args, asdict(done), *lines)
