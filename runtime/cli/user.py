"""tierloom user add|import|list|disable|enable|password|roles|factor: people from the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from runtime.cli import json_option, password_from_stdin, show
from runtime.errors import Problem, Refused
from runtime.people import accounts, departments, importing, passwords, second_factor
from runtime.people.person import SYSTEM, Person
from runtime.records import handing_over
from runtime.system.workspace import Act, Workspace
from runtime.texts import _
from runtime.transfer.encodings import encoding_of


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("user", help="people: add, import, list, disable, enable, password, roles, factor")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    add = acts.add_parser("add", help="add a person")
    add.add_argument("email", metavar="E-MAIL")
    add.add_argument("--name", help="name (default: the e-mail address up to @)")
    add.add_argument("--role", action="append", default=[], metavar="KEY", help="a role; may be repeated (default: member)")
    add.add_argument(
        "--department",
        action="append",
        default=[],
        metavar="PATH",
        help="such as 'Sales / North'; may be repeated, the first is the main one; what is missing is made",
    )
    add.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input; without it an invitation link is printed"
    )
    bringing = acts.add_parser(
        "import", help="add people from a CSV file with the columns name, e-mail, department, roles; all of them or none"
    )
    bringing.add_argument("file", type=Path, metavar="FILE")
    acts.add_parser("list", help="everybody with an account")
    password = acts.add_parser("password", help="set a new password")
    password.add_argument("user", metavar="USER", help="e-mail address or id")
    password.add_argument("--password-stdin", action="store_true", help="read it from standard input (default: make one and print it)")
    roles = acts.add_parser("roles", help="replace the roles")
    roles.add_argument("user", metavar="USER", help="e-mail address or id")
    roles.add_argument("role", nargs="+", metavar="KEY")
    for name, words in (
        ("disable", "switch an account off"),
        ("enable", "switch an account on again"),
        ("factor", "switch a second factor off, for somebody who lost the phone and the recovery codes"),
    ):
        acts.add_parser(name, help=words).add_argument("user", metavar="USER", help="e-mail address or id")
    acts.choices["factor"].add_argument("--off", action="store_true", required=True)
    acts.choices["disable"].add_argument("--successor", metavar="USER", help="who takes over the records that the person owns")
    for each in acts.choices.values():
        json_option(each)


def run(workspace: Workspace, args: argparse.Namespace) -> None:
    if args.act == "list":
        return _list(workspace, args)
    with workspace.writing(SYSTEM) as act:
        ACTS[args.act](act, args)


def _list(workspace: Workspace, args: argparse.Namespace) -> None:
    with workspace.reading(SYSTEM) as act:
        people = accounts.everybody(act.connection)
    rows = [
        {
            "id": str(each.person.id),
            "email": each.person.email,
            "name": each.person.name,
            "roles": sorted(each.person.roles),
            "departments": list(each.person.department_keys),
            "second_factor": each.has_second_factor,
            "active": each.person.active,
        }
        for each in people
    ]
    show(args, rows, *(_line(row) for row in rows))


def _line(row: dict[str, Any]) -> str:
    return f"{row['id']:>6}  {row['email']:<32}  {row['name']:<20}  {','.join(row['roles'])}{'' if row['active'] else '  (off)'}"


def _add(act: Act, args: argparse.Namespace) -> None:
    if not accounts.anybody(act.connection):
        raise Refused([], _("Nobody is there yet. Begin with: tierloom setup --admin E-MAIL"))
    given = password_from_stdin() if args.password_stdin else None
    name = args.name or args.email.partition("@")[0]
    someone = accounts.add(act, email=args.email, name=name, roles=args.role or ["member"], password=given)
    departments.place(act, someone.id, [departments.at_path(act, path) for path in args.department])
    result = {"id": str(someone.id), "email": someone.email, "roles": sorted(someone.roles)}
    lines = [_("{email} has an account.", email=someone.email)]
    if given is None:
        result["invitation"] = _invitation(act, someone)
        lines.append(_("Invitation link, good once and for seven days: {link}", link=result["invitation"]))
    show(args, result, *lines)


def _invitation(act: Act, someone: Person) -> str:
    return f"{act.workspace.settings.address}/invite/{accounts.invite(act, someone.id)}"


def _import(act: Act, args: argparse.Namespace) -> None:
    try:
        raw = args.file.read_bytes()
    except OSError as error:
        raise Refused([], _("{file} cannot be read: {reason}", file=str(args.file), reason=error.strerror or str(error))) from error
    try:
        added = importing.bring_in(act, importing.read(raw.decode(encoding_of([raw]), "replace")))
    except Refused as refusal:
        raise Refused([_in_line(each) for each in refusal.problems]) from refusal
    rows = [{"id": str(each.id), "email": each.email, "invitation": _invitation(act, each)} for each in added]
    show(args, rows, *(f"{row['email']}  {row['invitation']}" for row in rows))


def _in_line(problem: Problem) -> Problem:
    return Problem(problem.path, _("Line {n}: {what}", n=problem.path, what=problem.message)) if problem.path else problem


def _disable(act: Act, args: argparse.Namespace) -> None:
    someone = accounts.named(act.connection, args.user)
    result: dict[str, Any] = {"id": str(someone.id), "active": False}
    lines = [_("The account of {email} is switched off.", email=someone.email)]
    if args.successor:
        given = handing_over.hand_over(act, someone.id, handing_over.successor(act, someone.id, args.successor))
        result |= {"moved": given.moved, "left": given.left}
        lines.append(_("{moved} records and to-dos moved, {left} could not.", moved=given.moved, left=given.left))
    accounts.deactivate(act, someone.id)
    show(args, result, *lines)


def _second_factor_off(act: Act, args: argparse.Namespace) -> None:
    someone = accounts.named(act.connection, args.user)
    second_factor.switch_off(act, someone.id)
    show(args, {"id": str(someone.id)}, _("The second factor of {email} is off.", email=someone.email))


def _enable(act: Act, args: argparse.Namespace) -> None:
    someone = accounts.named(act.connection, args.user)
    accounts.reactivate(act, someone.id)
    show(args, {"id": str(someone.id), "active": True}, _("The account of {email} is switched on.", email=someone.email))


def _password(act: Act, args: argparse.Namespace) -> None:
    someone = accounts.named(act.connection, args.user)
    given = password_from_stdin() if args.password_stdin else None
    password = passwords.generated() if given is None else given
    accounts.set_password(act, someone.id, password)
    result, lines = {"id": str(someone.id)}, [_("The new password of {email} holds.", email=someone.email)]
    if given is None:
        result["password"] = password
        lines.append(_("Password (shown only now): {password}", password=password))
    show(args, result, *lines)


def _roles(act: Act, args: argparse.Namespace) -> None:
    someone = accounts.named(act.connection, args.user)
    accounts.set_roles(act, someone.id, args.role)
    show(
        args,
        {"id": str(someone.id), "roles": sorted(set(args.role))},
        _("{email} now has: {roles}.", email=someone.email, roles=", ".join(sorted(set(args.role)))),
    )


ACTS = {
    "add": _add,
    "import": _import,
    "disable": _disable,
    "enable": _enable,
    "password": _password,
    "roles": _roles,
    "factor": _second_factor_off,
}
