"""Grouped runs: one run for all the records of an event that brought many. See `automation_run_record`.

Where it makes no difference, the records go through the steps together (together.py). Else each goes through all of them before the next one
does, within a savepoint of its own, and so does one that fails: it does not hold up the others. What has been done is told by the states of these
rows, which commit with the effects; the lines of the run log count.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from time import monotonic
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation import together as together_
from runtime.automation.doing import Doing
from runtime.automation.matching import stored
from runtime.automation.run_rows import change, finish, note, savepoint
from runtime.automation.starting import left_out
from runtime.automation.together import Ending, Went
from runtime.automation.trouble import Ends
from runtime.errors import TierloomError
from runtime.system import tables
from runtime.system.sets import among
from runtime.system.tables import automation_step
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.automation import Automation
    from runtime.system.workspace import Act

RECORDS_A_TURN = 200
RECORDS_NAMED = 5
"""So many of its records everybody is told of by name, where many are told once."""
SECONDS_A_TURN = 0.4
"""So many records, or for so long, in one transaction: whoever else wants to write waits for its end on SQLite. Of no more records than that at
once what follows from their change is worked out in the same transaction."""


def go_on(act: Act, row: sa.Row[Any], automation: Automation) -> None:
    """The next records of the group, in one transaction; at the end of the last, the run ends."""
    group = tables.automation_run_record
    waiting = sa.select(group).where(group.c.run == row.id, group.c.state == "waiting").order_by(group.c.record).limit(RECORDS_A_TURN + 1)
    found = act.connection.execute(waiting).all()
    turn = Turn(act, row, automation)
    done = turn.take(found[:RECORDS_A_TURN])
    started = {} if row.started_at is not None else {"started_at": act.micros}
    if len(found) > done:
        turn.counts.write()
        return change(act.connection, row, state="running", due_at=act.micros, **started)
    _once(act, row, automation, turn.counts)
    turn.counts.write()
    _end(act, row, started)


class Turn:
    """What one worker does for the group in one transaction."""

    def __init__(self, act: Act, row: sa.Row[Any], automation: Automation):
        self.act, self.row, self.automation = act, row, automation
        self.counts, self.shared, self.named = Counts(act, row), dict[Any, Any](), _named(row)
        self.ends = monotonic() + SECONDS_A_TURN

    def take(self, members: Sequence[Any]) -> int:
        """Deals with the next of the records; gives with how many."""
        alone, together = members, []
        if together_.may_go(self.automation, self.act.catalogue):
            alone, together = self._together(members)
            self._note(together)
        dealt = 0
        for dealt, each in enumerate(alone, 1):
            self._note([(each.record, self._one(each))])
            if monotonic() > self.ends:
                break
        return len(together) + dealt

    def _together(self, members: Sequence[Any]) -> tuple[list[Any], list[tuple[int, Ending]]]:
        """Those that have to be dealt with one by one, and how the others ended. Of whoever goes apart nothing stays; those who do not are tried
        together once more."""
        apart: set[int] = set()
        for _try in range(2):
            staying = [each for each in members if each.record not in apart]
            steps = together_.Together(self.act, self.automation, staying, self._doing)
            after_commit = len(self.act.after_commit)
            try:
                with savepoint(self.act.connection):
                    steps.go()
            except together_.Apart as some:
                self._taken_back(after_commit)
                apart |= some.records
                continue
            for record, went in steps.went.items():
                self._count(record, went)
            return [each for each in members if each.record in apart], list(steps.endings.items())
        return list(members), []

    def _one(self, each: sa.Row[Any]) -> Ending:
        """All the steps for one record: the state in which it ends, and the reason."""
        after_commit, went = len(self.act.after_commit), list[Went]()
        try:
            with savepoint(self.act.connection):
                ending = left_out(self._doing(each)) or self._go_through(each, went)
        except TierloomError as error:
            self._taken_back(after_commit)
            if went:
                path, step, _whom = went[-1]
                self.counts.add(path, step, each.record, [], failed=True)
            return "failed", error.message
        self._count(each.record, went)
        return ending

    def _go_through(self, each: sa.Row[Any], went: list[Went]) -> Ending:
        try:
            for path, step, doing in self._arm(each, self.automation.steps, ""):
                went.append((path, step, []))
                if step.once_per_group:
                    went[-1][2].extend(step.concerns(doing))
                else:
                    went[-1][2].extend(str(person) for person in (step.run(doing) or {}).get("concerns", ()))
        except Ends as ends:
            return "failed" if ends.failed else "done", ends.reason
        return "done", None

    def _arm(self, each: Any, steps: Any, prefix: str) -> Iterator[tuple[str, Any, Doing]]:
        for number, step in enumerate(steps):
            doing = self._doing(each, f"{prefix}{number}")
            if step.arms():
                arm = (step.run(doing) or {}).get("arm")
                yield from self._arm(each, step.arms().get(arm, ()), f"{prefix}{number}/{arm}/")
            else:
                yield f"{prefix}{number}", step, doing

    def _doing(self, each: Any, path: str = "") -> Doing:
        return of_record(self.act, self.named, self.automation, each, path, self.shared)

    def _taken_back(self, after_commit: int) -> None:
        del self.act.after_commit[after_commit:]
        self.act.workspace.ids.forget()
        if self.act.person.rights is not None:
            self.act.person.rights.forget()
        self.shared.clear()  # some of it may tell of what has just been undone

    def _count(self, record: int, went: Iterable[Went]) -> None:
        for path, step, whom in went:
            self.counts.add(path, step, record, whom)

    def _note(self, endings: Iterable[tuple[int, Ending]]) -> None:
        """How records ended: one statement for all that ended alike."""
        alike: dict[tuple[str, str | None], list[int]] = defaultdict(list)
        for record, (state, reason) in endings:
            alike[state, None if reason is None else stored(reason)].append(record)
        group = tables.automation_run_record
        for (state, said), records in alike.items():
            these = (group.c.run == self.row.id, among(group.c.record, records))
            self.act.connection.execute(group.update().where(*these).values(state=state, reason=said))


class Counts:
    """The lines of the run log of a group: per path how many records went that way, how many failed there, and the first."""

    def __init__(self, act: Act, row: sa.Row[Any]):
        self.act, self.row = act, row
        lines = act.connection.execute(sa.select(automation_step).where(automation_step.c.run == row.id)).all()
        self.found: dict[str, tuple[str, dict[str, Any]]] = {each.path: (each.type, json.loads(each.result or "{}")) for each in lines}

    def add(self, path: str, step: Any, record: int, whom: list[str], failed: bool = False) -> None:
        _type, counts = self.found.setdefault(path, (step.type, {"records": 0, "failed": 0, "first": record}))
        counts["records"] += 1
        counts["failed"] += failed
        for each in whom:
            known = counts.setdefault("whom", {}).setdefault(each, [0, []])
            known[0] += 1
            known[1] += [record] if len(known[1]) < RECORDS_NAMED else []

    def write(self) -> None:
        for path, (kind, counts) in self.found.items():
            note(self.act, self.row, path, kind, "failed" if counts["failed"] == counts["records"] else "done", counts)


def of_record(
    act: Act, named: dict[str, Any], automation: Automation, each: Any, path: str = "", shared: dict[Any, Any] | None = None
) -> Doing:
    """The run as it would be for one record of the group; `named` is the run's row."""
    single: Any = SimpleNamespace(**{**named, "record": each.record, "facts": each.facts})
    return Doing(act.workspace, single, automation, path, act, shared=shared)


def _named(row: Any) -> dict[str, Any]:
    return dict(row._mapping) if hasattr(row, "_mapping") else row._asdict()


def _once(act: Act, row: sa.Row[Any], automation: Automation, counts: Counts) -> None:
    """Steps that are done once for the whole group, after the last of its records: for everybody concerned, with how many there were."""
    named = _named(row)
    for path, (_kind, count) in counts.found.items():
        step = _at(automation, path)
        if step is None or not (step.once_per_group or step.tells_once):
            continue
        whom = count.pop("whom", {})
        try:
            with savepoint(act.connection):
                count |= step.run_group(lambda record, path=path: of_record(act, named, automation, _member(act, row, record), path), whom) or {}
        except TierloomError as error:
            count["failed"] = count["records"]
            note(act, row, path, step.type, "failed", count, error.message)


def _member(act: Act, row: sa.Row[Any], record: int) -> sa.Row[Any]:
    group = tables.automation_run_record
    return act.connection.execute(sa.select(group).where(group.c.run == row.id, group.c.record == record)).one()


def _at(automation: Automation, path: str) -> Any:
    pieces = path.split("/")
    steps, step = automation.steps, None
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            step = steps[int(piece)] if int(piece) < len(steps) else None
        elif step is not None:
            steps = step.arms().get(piece, ())
        if step is None:
            return None
    return step


def _end(act: Act, row: sa.Row[Any], started: dict[str, Any]) -> None:
    group = tables.automation_run_record
    states = sa.select(group.c.state, sa.func.count()).where(group.c.run == row.id).group_by(group.c.state)
    counts = {state: count for state, count in act.connection.execute(states)}
    if not counts.get("done") and not counts.get("failed"):
        return finish(act, row, "skipped", _("Its condition held for none of the records."), **started)
    if not counts.get("failed"):
        return finish(act, row, "done", None, **started)
    said = _("For {failed} of {count} records it failed.", failed=counts["failed"], count=sum(counts.values()))
    finish(act, row, "failed" if not counts.get("done") else "done", said, **started)
