"""From events to runs: each event once, each run once, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.lanes import INWARD, lane_of
from runtime.automation.listening import listeners, was_at_work
from runtime.automation.once import insert_all_once, insert_once
from runtime.automation.triggers._base import EventTrigger
from runtime.cadence import working as follow_ups
from runtime.collaboration import news
from runtime.definitions.automation import Automation
from runtime.definitions.step import every
from runtime.people.person import SYSTEM
from runtime.system.database import reading, to_json
from runtime.system.sets import among
from runtime.system.tables import automation_run, automation_run_record, event
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act, Workspace

DEEPEST = 10
"""Automations that set off each other one after the other."""
EVENTS_AT_ONCE = 200
RUNS_AT_ONCE = 5000
GROUP_FROM = 20
"""So many records of one event are dealt with by one run, where the steps allow it."""
TOPICS = ("model", "tag_set", "segment", "workflow")


def match(workspace: Workspace, taken: Sequence[int] = INWARD) -> int:
    """Turns the oldest waiting events of the first of these lanes that has any into runs; gives how many events it dealt with.

    What a person did is not held up by what came in bulk: the runs of one lane are there before the events of the next are looked at.
    """
    with reading(workspace.engine) as connection:
        lane = next((each for each in taken if connection.execute(_WAITING, {"lane": each}).first() is not None), None)
    if lane is None:
        return 0
    with workspace.writing(SYSTEM, "automation") as act:
        waiting = sa.select(event).where(*_OF_LANE).order_by(event.c.id).limit(EVENTS_AT_ONCE).with_for_update(skip_locked=True)
        handled: list[int] = []
        made, noted = 0, follow_ups.Noted()
        for each in act.connection.execute(waiting, {"lane": lane}).all():
            runs = list(_runs(act, each))
            news.tell_of(act, each)
            noted.add(act, each)
            add(act, runs, chained=bool(each.cause) and json.loads(each.cause).get("bulk", False))
            wake(act, each)
            handled.append(each.id)
            made += sum(run["records"] or 1 for run in runs)
            if made >= RUNS_AT_ONCE:
                break
        noted.write(act)
        act.connection.execute(event.update().where(among(event.c.id, handled)).values(handled_at=act.micros))
    return len(handled)


_OF_LANE = (event.c.handled_at.is_(None), event.c.lane == sa.bindparam("lane"))
_WAITING = sa.select(event.c.id).where(*_OF_LANE).limit(1)


def wake(act: Act, row: sa.Row[Any]) -> None:
    """Takes up the runs that wait for a change of this record, or of one of these."""
    if row.form is None:
        return
    waits = (automation_run.c.wakes == 1, automation_run.c.form == row.form, automation_run.c.state == "waiting")
    records = [row.record] if row.records is None else json.loads(row.records)
    act.connection.execute(automation_run.update().where(*waits, among(automation_run.c.record, records)).values(due_at=act.micros))


def add(act: Act, runs: list[dict[str, Any]], chained: bool = False) -> None:
    """Inserts runs that are not there yet; those about many records with the lines of these. `chained`: what led to them came in bulk."""
    if not runs:
        return
    records = sum(run["records"] or 1 for run in runs)
    for run in runs:
        run["lane"] = lane_of(records, run["source"], chained)
    first = act.take_ids("automation_run", len(runs))
    groups = []
    for number, run in enumerate(runs, first):
        run["id"] = number
        members = run.pop("members", None)
        if members is not None:
            groups.append((run, members))
    alone = [run for run in runs if run["records"] is None]
    insert_all_once(act.connection, automation_run, alone)
    for run, members in groups:
        if insert_once(act.connection, automation_run, run):
            act.connection.execute(automation_run_record.insert(), [{"run": run["id"], **each} for each in members])


def _runs(act: Act, row: sa.Row[Any]) -> Iterator[dict[str, Any]]:
    index = listeners(act.catalogue)
    if row.kind not in index.kinds:
        return
    items = list(_items(row))
    wanted = [
        each
        for each in index.of(row.kind, row.form, topics(items))
        if (row.source in each.sources or row.source in _listening(each).own_sources) and was_at_work(act, each, row)
    ]
    chain = tuple(json.loads(row.cause).get("automations", ())) if row.cause and wanted else ()
    for automation in wanted:
        about = [(record, _listening(automation).facts(item)) for record, item in items if _concerns(automation, row, record, item, act)]
        yield from runs_of(act, automation, about, f"event:{row.id}", row.source, row.id, chain)


def _listening(automation: Automation) -> EventTrigger:
    assert isinstance(automation.trigger, EventTrigger)
    return automation.trigger


def _concerns(automation: Automation, row: sa.Row[Any], record: int | None, item: dict[str, Any], act: Act) -> bool:
    trigger = _listening(automation)
    return trigger.matches(row, record, item, act.catalogue) and (automation.provisional or not trigger.is_promotion_only_provisional(item))


def runs_of(
    act: Act,
    automation: Automation,
    about: Sequence[tuple[int | None, dict[str, Any] | None]],
    cause_key: str,
    source: str,
    event: int | None = None,
    chain: tuple[str, ...] = (),
) -> Iterator[dict[str, Any]]:
    """The runs for some records, each with what its trigger keeps: one for all of them where that is possible, else one for each."""
    named: dict[str, Any] = {"source": source, "event": event, "cause": to_json(list(chain)) if chain else None}
    if len(about) >= GROUP_FROM and may_group(automation, act.catalogue):
        members = [_member(automation, record, facts, chain) for record, facts in about]
        yield {**new_run(act, automation, f"{cause_key}:*", None, **named), "records": len(members), "members": members}
        return
    for record, facts in about:
        yield new_run(
            act,
            automation,
            f"{cause_key}:{record}",
            record,
            **named,
            facts=None if facts is None else to_json(facts),
            stopped=_stopped(automation, record, chain),
        )


def _member(automation: Automation, record: int | None, facts: dict[str, Any] | None, chain: tuple[str, ...]) -> dict[str, Any]:
    stopped = _stopped(automation, record, chain)
    return {
        "record": record,
        "facts": None if facts is None else to_json(facts),
        "state": "skipped" if stopped else "waiting",
        "reason": None if stopped is None else stored(stopped),
    }


def may_group(automation: Automation, catalogue: Catalogue) -> bool:
    """Whether one run may deal with many records: its trigger says so, and each of its steps."""
    listens = isinstance(automation.trigger, EventTrigger) and automation.trigger.grouped
    form = automation.trigger.form_key(catalogue)
    return listens and automation.mode == "parallel" and all(step.groups(form, catalogue) for _path, step in every(automation.steps))


def topics(items: list[tuple[int | None, dict[str, Any]]]) -> set[str]:
    """What an event is about within its form: the fields that changed, the tier model, the dictionary, the segment and so on."""
    found: set[str] = set()
    for _record, item in items:
        found |= {f"{name}:{item[name]}" for name in TOPICS if name in item}
        found |= {f"changes:{key}" for key in item.get("changes", ())}
    return found


def _items(row: sa.Row[Any]) -> Iterator[tuple[int | None, dict[str, Any]]]:
    """Record and its part of the payload: one, or those of a batch."""
    payload = json.loads(row.payload)
    if row.records is None:
        yield row.record, payload
        return
    items = {record: item for record, item in payload.get("items", ())}
    for record in json.loads(row.records):
        yield record, items.get(record, {})


def _stopped(automation: Automation, record: int | None, chain: tuple[str, ...]) -> Message | None:
    """Why a run would go on for ever, if it would."""
    if link(automation.key, record) in chain or automation.key in chain:  # the bare key: a run of it over many records
        return _("It would repeat itself: this automation itself led to the change.")
    if len(chain) >= DEEPEST:
        return _("{count} automations have already set off each other one after the other.", count=len(chain))
    return None


def link(automation: str, record: int | None) -> str:
    """A run's part of the chain of causes: which automation, for which record."""
    return automation if record is None else f"{automation}:{record}"


def new_run(
    act: Act,
    automation: Automation,
    cause_key: str,
    record: int | None,
    source: str,
    event: int | None = None,
    cause: str | None = None,
    facts: str | None = None,
    stopped: Message | None = None,
    skipped: Message | None = None,
) -> dict[str, Any]:
    """The row of a new run but for its id."""
    ended = stopped or skipped
    return {
        "automation": automation.key,
        "version": act.catalogue.versions.get(("automation", automation.key), 0),
        "cause_key": cause_key,
        "event": event,
        "form": automation.trigger.form_key(act.catalogue),
        "record": record,
        "trigger": automation.trigger.type,
        "source": source,
        "cause": cause,
        "state": "stopped" if stopped else "skipped" if skipped else "waiting",
        "reason": None if ended is None else stored(ended),
        "step": 0,
        "tries": 0,
        "due_at": act.micros,
        "created_at": act.micros,
        "finished_at": None if ended is None else act.micros,
        "facts": facts,
        "records": None,
    }


def stored(message: Message) -> str:
    """A message as rows keep it: in both languages."""
    return to_json({"zh": message.in_language("zh"), "en": message.in_language("en")})
