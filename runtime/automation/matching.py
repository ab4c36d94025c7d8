"""From events to runs: each event once, each run once, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.listening import listeners, since
from runtime.automation.once import insert_all_once
from runtime.automation.triggers._base import EventTrigger
from runtime.collaboration import news
from runtime.definitions.automation import Automation
from runtime.people.person import SYSTEM
from runtime.system.database import reading, to_json
from runtime.system.sets import among
from runtime.system.tables import automation_run, event
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

DEEPEST = 10
"""Automations that set off each other one after the other."""
EVENTS_AT_ONCE = 200
RUNS_AT_ONCE = 5000


def match(workspace: Workspace) -> int:
    """Turns the oldest waiting events into runs; gives how many events it dealt with."""
    with reading(workspace.engine) as connection:
        if connection.execute(sa.select(event.c.id).where(event.c.handled_at.is_(None)).limit(1)).first() is None:
            return 0
    with workspace.writing(SYSTEM, "automation") as act:
        waiting = (
            sa.select(event)
            .where(event.c.handled_at.is_(None))
            .order_by(event.c.id)
            .limit(EVENTS_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        handled: list[int] = []
        made = 0
        for each in act.connection.execute(waiting).all():
            runs = list(_runs(act, each))
            news.tell_of(act, each)
            add(act, runs)
            handled.append(each.id)
            made += len(runs)
            if made >= RUNS_AT_ONCE:
                break
        act.connection.execute(event.update().where(among(event.c.id, handled)).values(handled_at=act.micros))
    return len(handled)


def add(act: Act, runs: list[dict[str, Any]]) -> None:
    if not runs:
        return
    first = act.take_ids("automation_run", len(runs))
    for number, run in enumerate(runs):
        run["id"] = first + number
    insert_all_once(act.connection, automation_run, runs)


def _runs(act: Act, row: sa.Row[Any]) -> Iterator[dict[str, Any]]:
    # what happened before an automation was switched on is none of its business, however late it is looked at
    wanted = [
        each
        for each in listeners(act.catalogue).get(row.kind, ())
        if row.source in each.sources and row.at >= since(act, each, same_trigger=False)
    ]
    if not wanted:
        return
    chain = tuple(json.loads(row.cause).get("automations", ())) if row.cause else ()
    items = list(_items(row))
    for automation in wanted:
        for record, item in items:
            trigger = automation.trigger
            assert isinstance(trigger, EventTrigger)
            if not trigger.matches(row, record, item, act.catalogue) or (
                trigger.is_promotion_only_provisional(item) and not automation.provisional
            ):
                continue
            facts = trigger.facts(item)
            yield new_run(
                act,
                automation,
                f"event:{row.id}:{record}",
                event=row.id,
                record=record,
                source=row.source,
                cause=to_json(list(chain)) if chain else None,
                facts=None if facts is None else to_json(facts),
                stopped=_stopped(automation, record, chain),
            )


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
    if link(automation.key, record) in chain:
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
    }


def stored(message: Message) -> str:
    """A message as rows keep it: in both languages."""
    return to_json({"zh": message.in_language("zh"), "en": message.in_language("en")})
