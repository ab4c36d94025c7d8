"""tierloom definitions check|diff|publish|export: definitions as files, one JSON file each, for git and review."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from builder import comparing
from runtime.cli import json_option, language_of, show
from runtime.definitions import versions
from runtime.errors import Problem, Refused
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.records import authoring
from runtime.records.preparing import prepare
from runtime.system.workspace import Workspace
from runtime.texts import Message, _, in_language

WRITTEN = 60
ACTS = {"added": "+", "removed": "-", "changed": "~", "moved": "↕"}


def add_arguments(subparsers: Any) -> None:
    parser = subparsers.add_parser("definitions", help="definitions as files: check, diff, publish, export")
    acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
    check = acts.add_parser("check", help="every problem with its path; exit 1 if there is one")
    diff = acts.add_parser("diff", help="what differs from the published definitions")
    publish = acts.add_parser("publish", help="publish them all, or none")
    publish.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    publish.add_argument("--note", help="a word on why, kept with the versions")
    publish.add_argument("--reason", help="why a tier that nothing uses is right, kept with the version; asked for where it is needed")
    export = acts.add_parser("export", help="write every published definition into a folder")
    for each in (check, diff, publish, export):
        each.add_argument("--as", dest="person", metavar="USER", help="as this person, with their rights (default: everything)")
        each.add_argument("folder", metavar="DIR", type=Path, help="folder of the JSON files")
        json_option(each)


def run(workspace: Workspace, args: argparse.Namespace) -> int | None:
    return {"check": _check, "diff": _diff, "publish": _publish, "export": _export}[args.act](workspace, args)


def _check(workspace: Workspace, args: argparse.Namespace) -> int | None:
    bodies = _read(args.folder)
    with workspace.reading(_person(workspace, args)) as act:
        problems = comparing.problems(act, bodies)
    if problems:
        return _list(args, problems)
    show(args, {"errors": []}, _("{count} definitions, no problem.", count=len(bodies)))
    return None


def _diff(workspace: Workspace, args: argparse.Namespace) -> None:
    with workspace.reading(_person(workspace, args)) as act:
        authoring.require_any(act)
        found = comparing.impact(act, _read(args.folder))
    show(args, [each.to_json() for each in found], *(line for each in found for line in _lines(each)))


def _publish(workspace: Workspace, args: argparse.Namespace) -> int | None:
    bodies = _read(args.folder)
    if not args.dry_run:
        prepare(workspace, _person(workspace, args), bodies)
    with workspace.writing(_person(workspace, args), "publish") as act:
        authoring.require_any(act)
        problems = comparing.problems(act, bodies)
        if problems:
            return _list(args, problems)
        versions.ask_publishing(act, bodies)
        versions.ask_reason(act, bodies, args.reason)
        impact, roles = comparing.impact(act, bodies), comparing.new_roles(act, bodies)
        published = [] if args.dry_run else comparing.publish(act, bodies, args.note, args.reason)
    changed = [each for each in impact if each.act != "same"]
    lines: list[Message | str] = [line for each in changed for line in _lines(each)]
    if roles:
        lines.append(_("New roles, which nobody has yet: {roles}", roles=roles))
    done = (
        _("{count} of {all} definitions would change.", count=len(changed), all=len(bodies))
        if args.dry_run
        else _("{count} of {all} definitions are new or changed, and published.", count=len(changed), all=len(bodies))
    )
    show(
        args,
        {
            "published": [{"kind": kind, "key": key, "version": version} for kind, key, version in published],
            "impact": {"definitions": [each.to_json() for each in impact], "roles": roles},
        },
        *lines,
        done,
    )
    return None


def _export(workspace: Workspace, args: argparse.Namespace) -> None:
    """Each definition is one file, `kind_key.json`, as it was published; other files of the folder stay."""
    args.folder.mkdir(parents=True, exist_ok=True)
    names = []
    with workspace.reading(_person(workspace, args)) as act:
        authoring.require_any(act)
        for kind, key in act.catalogue.ids:
            found = act.catalogue.of_kind(kind).get(key)
            if not authoring.may_change(act, kind, key, found.app if found is not None else None):
                continue
            body = versions.find_version(act.connection, kind, key).body
            path = args.folder / f"{kind}_{key}.json"
            path.write_text(json.dumps({"format": 1, **body}, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            names.append(path.name)
    show(args, {"files": names}, _("{count} definitions written to {folder}.", count=len(names), folder=str(args.folder)))


def _person(workspace: Workspace, args: argparse.Namespace) -> Person:
    """In whose name it is done. Raises NotFound."""
    if args.person is None:
        return SYSTEM
    with workspace.reading(SYSTEM) as act:
        return accounts.named(act.connection, args.person)


# -- files and lines ----------------------------------------------------------------------------------------------------------------
def _read(folder: Path) -> list[Any]:
    """The bodies of all JSON files of a folder, by name."""
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not files:
        raise Refused([Problem("", _("There are no JSON files in {folder}.", folder=str(folder)))])
    return [_body(path) for path in files]


def _body(path: Path) -> Any:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused([Problem(path.name, _("{file} is no JSON: {reason}.", file=path.name, reason=str(error)[:200]))]) from error
    if not isinstance(found, dict):
        raise Refused([Problem(path.name, _("{file} holds no definition: one JSON object with kind and key.", file=path.name))])
    return found


def _list(args: argparse.Namespace, problems: list[Problem]) -> int:
    language = language_of(args)
    found = [{"path": each.path, "message": each.message.in_language(language)} for each in problems]
    if args.json:
        print(json.dumps({"errors": found}, ensure_ascii=False))
    else:
        for each in found:
            print(f"{each['path']}: {each['message']}", file=sys.stderr)
    return 1


def _lines(impact: comparing.Impact) -> list[Message | str]:
    words = {"new": _("new"), "changed": _("changed"), "same": _("the same")}
    head = _("{kind}:{key} · {state}", kind=impact.kind, key=impact.key, state=words[impact.act])
    return [head, *(f"  {ACTS[each.act]} {each.path}{_values(each)}" for each in impact.differences)]


def _values(each: comparing.Difference) -> str:
    if each.act == "changed":
        return f": {_written(each.before)} → {_written(each.after)}"
    return ""


def _written(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(in_language(value, "en"), ensure_ascii=False)
    return text if len(text) <= WRITTEN else f"{text[:WRITTEN]}…"
