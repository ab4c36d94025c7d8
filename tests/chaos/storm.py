"""A storm over one workspace, and what must be true when it is over: every event handled, every run done, every effect there once."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from runtime.automation import tending
from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.system import tables
from runtime.system.workspace import Workspace
from tests.chaos.processes import BATCH, Place, Running, work, write
from tests.chaos.receiver import Receiver

WRITERS, ENGINES = 2, 2
BEHIND = -1800
"""Seconds by which the clocks are set back at first: to before the automations were switched on."""
CUSTOMER = {
    "kind": "form", "key": "customer", "label": "Customer", "title": "name",
    "fields": [{"type": "text", "key": "name", "label": "Name", "required": True}, {"type": "number", "key": "points", "label": "Points"}],
}  # fmt: skip
VISIT = {
    "kind": "form", "key": "visit", "label": "Visit", "title": "note",
    "fields": [{"type": "text", "key": "note", "label": "Note"}, {"type": "reference", "key": "customer", "label": "Customer", "form": "customer"}],
}  # fmt: skip
LEAD = {**CUSTOMER, "key": "lead", "label": "Lead"}
CALL = {
    "kind": "form", "key": "call", "label": "Call", "title": "note",
    "fields": [{"type": "text", "key": "note", "label": "Note"}, {"type": "reference", "key": "lead", "label": "Lead", "form": "lead"}],
}  # fmt: skip


def adding(note: str) -> dict[str, Any]:
    return {"type": "create_record", "form": "visit", "values": {"note": f"'{note}'", "customer": "record"}}


def automations(port: int) -> list[dict[str, Any]]:
    """One with steps inside, a wait, an arm and a call outside; one that follows from what the first does; and one about batches."""
    busy = {"retry": {"times": 20}, "limit": {"runs_per_minute": 100_000}}
    steps = [
        adding("one"),
        {
            "type": "branch",
            "when": "points > 3",
            "then": [{"type": "call_webhook", "url": f"http://127.0.0.1:{port}/hook", "body": {"name": "name"}}],
        },
        {"type": "wait", "minutes": 1},
        adding("two"),
        {"type": "update_record", "values": {"points": "points + 100"}},
    ]
    together = [
        {"type": "create_record", "form": "call", "values": {"note": "'call'", "lead": "record"}},
        {"type": "create_task", "to": ["role:boss"], "title": "Call {name}"},
        {"type": "update_record", "values": {"points": "points + 100"}},
    ]
    follows = {"type": "record_updated", "form": "customer", "fields": ["points"]}
    return [
        {
            "kind": "automation",
            "key": "first",
            "label": "First",
            "trigger": {"type": "record_created", "form": "customer"},
            "steps": steps,
            **busy,
        },
        {
            "kind": "automation",
            "key": "second",
            "label": "Second",
            "trigger": follows,
            "steps": [adding("three")],
            "mode": "queued",
            **busy,
        },
        {
            "kind": "automation",
            "key": "batch",
            "label": "Batch",
            "trigger": {"type": "record_created", "form": "lead"},
            "sources": ["import"],
            "steps": together,
            **busy,
        },
    ]


class Storm:
    def __init__(
        self, folder: Path, database: str, receiver: Receiver, events: int, seconds: float, strike: Callable[[], None] | None = None
    ):
        """`strike` kills the database and brings it back; None where the database is no process."""
        self.place = Place(str(folder), database, f"127.0.0.1:{receiver.port}")
        self.receiver, self.events, self.seconds, self.strike = receiver, events, seconds, strike
        self.killed: Counter[str] = Counter()
        self.workspace: Workspace = self.place.workspace()

    def run(self) -> list[str]:
        """Lets it rage, then calm down; gives what is wrong afterwards."""
        with self.workspace.writing(SYSTEM) as act:
            act.connection.execute(tables.person.insert().values(id=1, email="boss@example.com", name="Boss", active=1, created_at=act.micros))
            act.connection.execute(tables.person_role.insert(), [{"person": 1, "role": role} for role in ("boss", "builder")])
            publish(act, [CUSTOMER, VISIT, LEAD, CALL])
        with self.workspace.writing(SYSTEM) as act:
            publish(act, automations(self.receiver.port))
        share = self.events // WRITERS
        writers = [Running(f"web {number}", write, self.place, number, share) for number in range(WRITERS)]
        engines = [Running(f"worker {number}", work, self.place) for number in range(ENGINES)]
        try:
            self._rage(writers, engines)
            self._calm(writers, engines)
        finally:
            for each in (*writers, *engines):
                each.kill()
        return self.wrong()

    def _rage(self, writers: list[Running], engines: list[Running]) -> None:
        ends = time.monotonic() + self.seconds
        self._leap(BEHIND)
        while time.monotonic() < ends or not all(each.has_ended for each in writers):
            time.sleep(random.uniform(0.1, 1.0))
            blow = random.choices(("process", "clock", "disk", "database"), (6, 3, 1, 1))[0]
            if blow == "process":
                self._kill(random.choice([*[each for each in writers if not each.has_ended], *engines]))
            elif blow == "clock":
                self._leap(random.choice((-25, 10, 40, 90)))
            elif blow == "disk":
                self._fill_disk()
            elif self.strike is not None:
                self.strike()
                self.killed["database"] += 1
            if time.monotonic() > ends + 20 * self.seconds + 120:
                raise TimeoutError("the writers do not come to an end")

    def _kill(self, process: Running) -> None:
        process.kill()
        self.killed[process.name.partition(" ")[0]] += 1
        process.start()

    def _leap(self, seconds: float) -> None:
        old = float(self.place.leap.read_text()) if self.place.leap.exists() else 0.0
        new = self.place.leap.with_suffix(".new")
        new.write_text(str(old + seconds))
        new.replace(self.place.leap)
        self.killed["clock"] += 1

    def _fill_disk(self) -> None:
        self.place.full.touch()
        time.sleep(random.uniform(0.2, 1.0))
        self.place.full.unlink()
        self.killed["disk"] += 1

    def _calm(self, writers: list[Running], engines: list[Running]) -> None:
        """Nothing is killed any more: what failed is run again by hand, and time passes until nothing waits."""
        self.receiver.behaves = True
        ends = time.monotonic() + 120 + self.events / 5
        while time.monotonic() < ends:
            self._leap(60)
            with self.workspace.writing(SYSTEM) as act:
                run = tables.automation_run.c
                failed = (
                    act.connection.execute(sa.select(run.id).where(run.state.in_(("failed", "stopped")), run.started_at.is_not(None)))
                    .scalars()
                    .all()
                )
                tending.replay(act, failed)
            if not failed and self._is_quiet():
                return
            time.sleep(1)

    def _is_quiet(self) -> bool:
        run, event = tables.automation_run.c, tables.event.c
        with self.workspace.reading(SYSTEM) as act:
            open_runs = act.connection.execute(sa.select(sa.func.count()).where(run.finished_at.is_(None))).scalar()
            events = act.connection.execute(sa.select(sa.func.count()).where(event.handled_at.is_(None))).scalar()
        return not open_runs and not events

    # -- afterwards -----------------------------------------------------------------------------------------------------------------
    def wrong(self) -> list[str]:
        with self.workspace.reading(SYSTEM) as act:
            self.found = [query.get(act, "customer", each).values | {"id": each} for each in query.ids(act, "customer")]
            visits = [query.get(act, "visit", each).values for each in query.ids(act, "visit")]
            run, event, step = tables.automation_run, tables.event, tables.automation_step
            states = Counter(act.connection.execute(sa.select(run.c.automation, run.c.state)).tuples().all())
            self.tried = act.connection.execute(sa.select(sa.func.count()).where(step.c.tries > 1)).scalar()
            unhandled = act.connection.execute(sa.select(sa.func.count()).where(event.c.handled_at.is_(None))).scalar()
            self._read_batches(act)
            keys = {f"{each.run}/{each.path}" for each in act.connection.execute(sa.select(step).where(step.c.type == "call_webhook"))}
        return [*self._lost(), *self._effects(visits), *self._batches(), *self._runs(states, unhandled or 0), *self._calls(keys)]

    def _lost(self) -> list[str]:
        names = Counter(each["name"] for each in self.found)
        said = [name for number in range(WRITERS) for name in self.place.journal(number).read_text().splitlines()]
        self.saved = len(said)
        return [f"lost: {name}" for name in said if names[name] != 1][:10]

    def _read_batches(self, act: Any) -> None:
        """What became of the batches: per lead the calls and to-dos, and the notices there are."""
        self.leads = {each: query.get(act, "lead", each).values for each in query.ids(act, "lead")}
        calls = Counter(query.get(act, "call", each).values["lead"] for each in query.ids(act, "call"))
        todo, told = tables.todo.c, tables.notification.c
        todos = Counter(act.connection.execute(sa.select(todo.record).where(todo.form == "lead")).scalars())
        self.effects = {lead: (calls[lead], todos[lead]) for lead in {*self.leads, *calls, *todos}}
        self.told = act.connection.execute(sa.select(sa.func.count()).where(told.kind == "todo")).scalar_one()
        self.brought = Counter(each["name"].partition("/")[0] for each in self.leads.values())

    def _batches(self) -> list[str]:
        """Each whole, each of its records dealt with once, and one notice for each."""
        notes = [self.place.batches(number) for number in range(WRITERS)]
        said = [name for each in notes if each.exists() for name in each.read_text().splitlines()]
        lost = [f"batch {name}: {self.brought[name]} of {BATCH} records" for name in {*said, *self.brought} if self.brought[name] != BATCH]
        effects = [f"effects of lead {lead}: {found}" for lead, found in self.effects.items() if found != (1, 1)]
        twice = [f"points of lead {each['name']}: {each['points']}" for each in self.leads.values() if not 100 <= each["points"] < 107]
        told = [] if self.told == len(self.brought) else [f"{self.told} notices of {len(self.brought)} batches"]
        return [*lost[:10], *effects[:10], *twice[:10], *told]

    def _effects(self, visits: list[dict[str, Any]]) -> list[str]:
        notes: dict[int, Counter[str]] = {}
        for each in visits:
            notes.setdefault(each["customer"], Counter())[each["note"]] += 1
        once = Counter({"one": 1, "two": 1, "three": 1})
        found = [f"effects of {each['name']}: {dict(notes.get(each['id'], {}))}" for each in self.found if notes.get(each["id"]) != once]
        twice = [f"points of {each['name']}: {each['points']}" for each in self.found if not 100 <= each["points"] < 107]
        return [*found[:10], *twice[:10]]

    def _runs(self, states: Counter[Any], unhandled: int) -> list[str]:
        count = len(self.found)
        wanted = {("first", "done"): count, ("second", "done"): count, **({("batch", "done"): len(self.brought)} if self.brought else {})}
        found = [] if dict(states) == wanted else [f"runs: {dict(states)} for {count} records"]
        return [*found, *([f"{unhandled} events were never handled"] if unhandled else [])]

    def _calls(self, keys: set[str]) -> list[str]:
        missing = [f"never taken outside: {key}" for key in keys if not self.receiver.taken[key]]
        strangers = [f"a key that no step has: {key}" for key in set(self.receiver.taken) - keys]
        changing = [f"another body under the same key: {key}" for key, bodies in self.receiver.bodies.items() if len(bodies) > 1]
        wanted = sum(1 for each in self.found if int(each["points"]) % 100 > 3)
        fewer = [] if len(keys) == wanted else [f"{len(keys)} calls for {wanted} records"]
        return [*missing[:10], *strangers[:10], *changing[:10], *fewer]

    def report(self) -> str:
        twice = sum(count - 1 for count in self.receiver.taken.values() if count > 1)
        return (
            f"{len(self.found)} records ({self.saved} confirmed), {len(self.brought)} batches, killed {dict(self.killed)}, answers {dict(self.receiver.answers)}, "
            f"{self.tried} steps were tried again, {twice} calls were taken more than once under the same key"
        )
