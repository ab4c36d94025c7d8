"""tierloom doctor: looks at everything that has to be right, and says what to do about what is not."""
from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from runtime.cli import json_option, language_of, show
from runtime.errors import TierloomError
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.records import drift
from runtime.system import clock, secrets, waiting
from runtime.system.tables import event, job
from runtime.system.workspace import Act, Workspace
from runtime.texts import Message, _

NEEDS_WORKSPACE = False
LEAST_FREE = 500 * 1024 * 1024
CLOCKS_APART = timedelta(seconds=5)


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `wrong` makes the command end with 1; otherwise it is worth knowing."""

    what: str
    message: Message
    wrong: bool = False


def add_arguments(subparsers: Any) -> None:
    json_option(subparsers.add_parser("doctor", help="look for what is wrong: settings, database, disk, queue, clock"))


def run(_workspace: None, args: argparse.Namespace) -> int:
    findings = list(_examine(args))
    language = language_of(args)
    show(args, [{"what": each.what, "ok": not each.wrong, "message": each.message.in_language(language)} for each in findings],
         *(f"{'!' if each.wrong else '·'} {each.message.in_language(language)}" for each in findings))
    return 1 if any(each.wrong for each in findings) else 0


def _examine(args: argparse.Namespace) -> Iterator[Finding]:
    settings = args.settings
    yield Finding("settings", _("Settings are read; the data folder is {folder}.", folder=str(settings.data_dir)))
    yield _disk(settings)
    try:
        workspace = args.program.open_workspace(settings)
    except (TierloomError, sa.exc.SQLAlchemyError) as error:
        yield Finding("database", _("The database cannot be opened: {reason}", reason=str(error).splitlines()[0]), wrong=True)
        return
    try:
        with workspace.reading(SYSTEM) as act:
            for look in LOOKS:
                yield from look(act)
    finally:
        workspace.engine.dispose()
    yield _pages(args, workspace)


def _disk(settings: Any) -> Finding:
    free = shutil.disk_usage(settings.data_dir).free
    if free < LEAST_FREE:
        return Finding("disk", _("Only {free} MB are free where the data folder is. Make room.", free=free // 1024**2), wrong=True)
    return Finding("disk", _("{free} MB are free where the data folder is.", free=f"{free // 1024**2:,}"))


def _database(act: Act) -> Iterator[Finding]:
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[act.connection.dialect.name]
    yield Finding("database", _("{kind} answers and has today's tables.", kind=kind))
    if kind != "PostgreSQL":
        return
    off = [name for name in ("fsync", "full_page_writes") if act.connection.execute(sa.select(sa.func.current_setting(name))).scalar() == "off"]
    if off:
        yield Finding("database", _("PostgreSQL runs with {names} off: a power cut may lose or damage what is saved. Switch it on in postgresql.conf.",
                                    names=" and ".join(off)), wrong=True)


def _drift(act: Act) -> Iterator[Finding]:
    found = [Finding("drift", message, wrong=True) for message in drift.differences(act)]
    yield from found or [Finding("drift", _("The database has every table and column that the definitions name."))]


def _clock(act: Act) -> Iterator[Finding]:
    newest = clock.from_micros(act.connection.execute(sa.select(sa.func.max(event.c.at))).scalar())
    ahead = (newest or act.now) - act.now
    if ahead > CLOCKS_APART:
        yield Finding("clock", _("The newest event lies {seconds} seconds in the future: this machine's clock has been put back. Let it follow a time server.",
                                 seconds=int(ahead.total_seconds())), wrong=True)
    else:
        yield Finding("clock", _("This machine's clock shows {time}.", time=act.now.astimezone(act.zone).isoformat(timespec="seconds")))
    if act.connection.dialect.name != "postgresql":
        return
    theirs = act.connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    apart = abs(theirs - clock.now())
    if apart > CLOCKS_APART:
        yield Finding("clock", _("The database's clock is {seconds} seconds away from this machine's. Let both follow a time server.",
                                 seconds=int(apart.total_seconds())), wrong=True)


def _people(act: Act) -> Iterator[Finding]:
    if not accounts.anybody(act.connection):
        yield Finding("people", _("Nobody has an account yet. Open the pages, or run: tierloom setup --admin E-MAIL"))
        return
    number = len(accounts.builders(act.connection))
    yield Finding("people", _("People who may administer: {n}.", n=number))


def _queue(act: Act) -> Iterator[Finding]:
    count, oldest = waiting.events(act.connection)
    since = act.now - (clock.from_micros(oldest) or act.now)
    if since > waiting.SLOW:
        yield Finding("queue", _(
            "Events that wait for automations: {n}, the oldest for {minutes} minutes. Is “tierloom serve” or “tierloom worker” running?",
            n=count, minutes=int(since.total_seconds() // 60)), wrong=True)
    else:
        yield Finding("queue", _("Events that wait for automations: {n}.", n=count))
    failed = act.connection.execute(sa.select(sa.func.count()).select_from(job).where(job.c.state == "failed")).scalar_one()
    if failed:
        yield Finding("jobs", _("Jobs that failed: {n}.", n=failed))
    begun = act.connection.execute(sa.select(sa.func.min(job.c.created_at)).where(job.c.state == "waiting")).scalar()
    if act.now - (clock.from_micros(begun) or act.now) > waiting.SLOW:
        yield Finding("jobs", _("A job has been waiting for more than {minutes} minutes. Is “tierloom serve” or “tierloom worker” running?",
                                minutes=int(waiting.SLOW.total_seconds() // 60)), wrong=True)


def _definitions(act: Act) -> Iterator[Finding]:
    for (kind, key), reason in act.catalogue.broken.items():
        message = _("The published {kind} {key} cannot be read: {reason}", kind=kind, key=key, reason=reason)
        yield Finding("definitions", message, wrong=True)


def _secrets(act: Act) -> Iterator[Finding]:
    for name in secrets.secret_names(act.connection):
        try:
            secrets.get_secret(act.connection, act.workspace.settings.secret_key, name)
        except TierloomError:
            yield Finding("secrets", _("The secret {name} was sealed with another SECRET_KEY. Set it again.", name=name), wrong=True)


def _pages(args: argparse.Namespace, workspace: Workspace) -> Finding:
    try:
        args.program.create_app(workspace)
    except TierloomError as error:
        return Finding("pages", error.message, wrong=True)
    return Finding("pages", _("The pages can be served."))


LOOKS: list[Callable[[Act], Iterator[Finding]]] = [_database, _drift, _clock, _people, _queue, _definitions, _secrets]
