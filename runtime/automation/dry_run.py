"""Trying an automation out: its steps really run, in a transaction that is always taken back. Outside steps are only prepared.

Nothing is written and nobody is told: the act of a try has numbers of its own, rings no bell, and its transaction never commits.
"""

from __future__ import annotations

import copy
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.doing import Doing
from runtime.automation.matching import new_run
from runtime.automation.playing import steps_of
from runtime.automation.starting import owner_of
from runtime.definitions.automation import Automation
from runtime.errors import NotFound, TierloomError
from runtime.formulas import Scope
from runtime.formulas.definitions import formula
from runtime.people.may import may
from runtime.people.person import SYSTEM
from runtime.records.rows import read_record
from runtime.records.tables import tables_of
from runtime.records.unfolding import unfold
from runtime.system import clock
from runtime.system.database import to_json
from runtime.system.tables import automation_run
from runtime.system.workspace import Act
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.automation.playing import Line
    from runtime.people.person import Person
    from runtime.system.workspace import Workspace

LONGEST = 2.5
"""Seconds that a try may keep other writers of an SQLite file waiting."""
PERSON = frozenset({"person"})


@dataclass(frozen=True)
class Case:
    """What set it off, or would have: a record, the facts that the trigger keeps of the event, when, and through which door."""

    record: int | None
    facts: dict[str, Any] | None = None
    at: datetime | None = None
    source: str = "form"
    event: int | None = None


@dataclass
class Verdict:
    """Whether it begins. `state`: runs, skipped, failed. `explanation` is the condition part by part (runtime/records/unfolding.py)."""

    state: str
    reason: Message | None = None
    explanation: dict[str, Any] | None = None


@dataclass
class Tried:
    case: Case
    verdict: Verdict
    steps: list[Line] = field(default_factory=list)
    broken_off: bool = False
    """There was no time for all of its steps."""


class _Numbers:
    """Ids that no row ever keeps: far above all that are really given out, and noted nowhere."""

    def __init__(self) -> None:
        self.next: dict[str, Iterator[int]] = {}

    def take(self, _connection: Any, name: str, count: int = 1) -> int:
        numbers = self.next.setdefault(name, itertools.count(1 << 52))
        return [next(numbers) for _number in range(count)][0]

    def forget(self) -> None:
        """They are gone with the act."""


@contextmanager
def nowhere(workspace: Workspace, person: Person) -> Iterator[Act]:
    """An act that may write and leaves nothing behind: no row, no number, no bell."""
    apart = copy.copy(workspace)
    apart.ids, apart.bell = _Numbers(), threading.Event()  # type: ignore[assignment]
    with workspace.engine.connect().execution_options(writing=True) as connection:
        transaction = connection.begin()
        try:
            yield Act(apart, connection, person, "automation", workspace.now(), workspace.catalogue_of(connection))
        finally:
            transaction.rollback()


def in_force(act: Act, draft: Automation, beside: list[Any]) -> Act:
    """The act as it would be with the draft published, and in the name of whom it would run.

    What somebody tries who does not build the whole workspace is done and shown with their own rights, whoever the draft names.
    """
    catalogue = act.catalogue.with_definitions([draft, *beside])
    catalogue.memo["tables"] = tables_of(act.catalogue)
    found = replace(act, catalogue=catalogue, after_commit=[], notes=[])
    if act.person.is_builder:
        owner = owner_of(found, draft, -1) if draft.owner is not None else SYSTEM
        if owner is None:
            raise NotFound(_("{owner}, in whose name it would run, is not active.", owner=(draft.owner or "").removeprefix("user:")))
        found.act_for(owner)
    return found


# -- one case ---------------------------------------------------------------------------------------------------------------------
def verdict(act: Act, draft: Automation, case: Case, language: str | None = None) -> Verdict:
    """Whether it would begin for this case; reads only. With a language the condition is explained."""
    if case.record is not None and (gone := _not_there(act, draft, case.record)) is not None:
        return Verdict("skipped", gone)
    doing = Doing(act.workspace, _as_row(act, draft, case), draft, given_act=act)
    try:
        if not doing.trigger.begins(doing):
            return Verdict("skipped", _("The condition of its trigger did not become true."))
        explanation = _explained(doing, draft, language) if language is not None else None
        if draft.when is not None and not doing.holds(draft.when):
            return Verdict("skipped", _("Its condition did not hold."), explanation)
    except TierloomError as error:
        return Verdict("failed", _("Its condition cannot be worked out: {reason}", reason=error.message))
    return Verdict("runs", None, explanation)


def _not_there(act: Act, draft: Automation, record: int) -> Message | None:
    form = draft.trigger.form_key(act.catalogue)
    found = read_record(act, form, record) if form in act.catalogue.forms else None
    if found is None or (found.deleted_at is not None and not getattr(draft.trigger, "of_deleted", False)):
        return _("The record has been deleted.")
    if not may(act.person, "view", form, record):
        return _("{owner}, in whose name it runs, may not see this record.", owner=act.person.name)
    return None


def _explained(doing: Doing, draft: Automation, language: str) -> dict[str, Any] | None:
    return None if draft.when is None else _unfolded(doing, draft.when, language)


def _unfolded(doing: Doing, condition: str, language: str) -> dict[str, Any]:
    asked = formula(doing.act.catalogue, doing.form, condition, doing.names, PERSON)
    doing.require_readable(asked)
    scope = Scope(doing.act.catalogue, doing.form, None, doing.names, PERSON, False, language)
    return unfold(doing.act, asked, doing.seen, scope, language)


def explained(act: Act, automation: Automation, run: int, language: str) -> dict[str, Any] | None:
    """The condition of a run that is over, part by part, worked out again in the person's own name."""
    row = act.connection.execute(sa.select(automation_run).where(automation_run.c.id == run)).one()
    return _explained(Doing(act.workspace, row, automation, given_act=act), automation, language)


def explained_at(act: Act, automation: Automation, run: int, path: str, condition: str, language: str) -> dict[str, Any]:
    """As `explained`, of a condition at one of its steps."""
    row = act.connection.execute(sa.select(automation_run).where(automation_run.c.id == run)).one()
    return _unfolded(Doing(act.workspace, row, automation, path, given_act=act), condition, language)


def _values(act: Act, draft: Automation, case: Case) -> dict[str, Any]:
    facts = None if case.facts is None else to_json(case.facts)
    values = new_run(act, draft, f"try:{case.event}:{case.record}", case.record, case.source, event=case.event, facts=facts)
    return {**values, "id": 0, "started_at": act.micros, "state": "running"}


def _as_row(act: Act, draft: Automation, case: Case) -> sa.Row[Any]:
    """A run as the table would give it, without putting it there."""
    values = {each.name: None for each in automation_run.columns} | {"lane": 0, "wakes": 0} | _values(act, draft, case)
    columns = [sa.literal(values[each.name], each.type).label(each.name) for each in automation_run.columns]
    return act.connection.execute(sa.select(*columns)).one()


def tried(act: Act, draft: Automation, case: Case, language: str, anyway: bool = False, until: float | None = None) -> Tried:
    """One case with all its steps, within the caller's transaction. `anyway`: also where its condition does not hold."""
    found = Tried(case, verdict(act, draft, case, language))
    if found.verdict.state != "runs" and not anyway or case.record is not None and _not_there(act, draft, case.record) is not None:
        return found
    number = act.take_ids("automation_run")
    act.connection.execute(automation_run.insert().values(**_values(act, draft, case) | {"id": number}))
    row = act.connection.execute(sa.select(automation_run).where(automation_run.c.id == number)).one()
    for line in steps_of(act, row, draft, language):
        found.steps.append(line)
        if until is not None and time.monotonic() > until:
            found.broken_off = True
            break
    return found


def try_cases(workspace: Workspace, person: Person, draft: Automation, beside: list[Any], cases: list[Case], language: str) -> list[Tried]:
    """Case after case, each upon what those before it did, until time is up; all of it is taken back."""
    until, found = time.monotonic() + LONGEST, []
    with nowhere(workspace, person) as plain:
        act = in_force(plain, draft, beside)
        for case in cases:
            found.append(tried(act, draft, case, language, until=until))
            if time.monotonic() > until:
                break
    return found


def try_record(
    workspace: Workspace, person: Person, draft: Automation, beside: list[Any], case: Case, language: str, anyway: bool = False
) -> Tried:
    """One chosen record."""
    with nowhere(workspace, person) as plain:
        return tried(in_force(plain, draft, beside), draft, case, language, anyway, time.monotonic() + LONGEST)


def as_json(case: Case) -> dict[str, Any]:
    """A case as a page gives it back: never its facts, which are read again from the event."""
    return {"record": case.record, "event": case.event, "at": None if case.at is None else clock.to_micros(case.at)}
