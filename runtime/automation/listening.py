"""Which of the published automations are at work, which are broken, and in what version a run began."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.triggers._base import EventTrigger
from runtime.definitions.automation import Automation
from runtime.definitions.loading import load
from runtime.definitions.versions import SET_ASIDE
from runtime.errors import DefinitionProblems, Problem
from runtime.formulas.definitions import formula_problems
from runtime.system.tables import definition, definition_version

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act


def problems_of(automation: Automation, catalogue: Catalogue) -> list[Problem]:
    """What is wrong with a published automation among today's definitions, a field deleted after it was published for one."""
    memo = catalogue.memo.setdefault("automation problems", {})
    if automation.key not in memo:
        memo[automation.key] = [*automation.problems(catalogue), *formula_problems(automation, catalogue)]
    return memo[automation.key]


def at_work(catalogue: Catalogue) -> list[Automation]:
    """Automations that are switched on and not broken."""
    if "automations at work" not in catalogue.memo:
        catalogue.memo["automations at work"] = [
            each for each in catalogue.automations.values() if each.enabled and not problems_of(each, catalogue)
        ]
    return catalogue.memo["automations at work"]


class Listeners:
    """Automations at work by what they listen to: the kind of event, the form, and the topic within it."""

    def __init__(self, automations: Iterable[Automation], catalogue: Catalogue):
        self.kinds: set[str] = set()
        self._order: dict[str, int] = {}
        self._by_topic: dict[tuple[str, str | None, str], list[Automation]] = {}
        for number, each in enumerate(automations):
            self._order[each.key] = number
            trigger = each.trigger
            if not isinstance(trigger, EventTrigger):
                continue  # the clock looks for its own
            for kind in trigger.events:
                self.kinds.add(kind)
                for form, topic in dict.fromkeys(trigger.listens(catalogue)):
                    self._by_topic.setdefault((kind, form, topic), []).append(each)

    def of(self, kind: str, form: str | None, topics: Iterable[str]) -> list[Automation]:
        """Those that such an event may concern, each once, in the order of the definitions."""
        found = {each.key: each for topic in ("", *topics) for each in self._by_topic.get((kind, form, topic), ())}
        return sorted(found.values(), key=lambda each: self._order[each.key])


def listeners(catalogue: Catalogue) -> Listeners:
    if "listeners" not in catalogue.memo:
        catalogue.memo["listeners"] = Listeners(at_work(catalogue), catalogue)
    return catalogue.memo["listeners"]


def version_of(act: Act, key: str, version: int) -> Automation | None:
    """The automation as it was published then; None when today's code cannot read that version."""
    current = act.catalogue.automations.get(key)
    if current is not None and act.catalogue.versions.get(("automation", key)) == version:
        return current
    memo = act.catalogue.memo.setdefault("old automations", {})
    if (key, version) not in memo:
        body = act.connection.execute(_bodies(key).where(definition_version.c.version == version)).scalar()
        try:
            found = load(json.loads(body)) if body is not None else None
        except DefinitionProblems:
            found = None
        memo[key, version] = found if isinstance(found, Automation) else None
    return memo[key, version]


def author_of(act: Act, key: str, version: int) -> int | None:
    """Who published a version of an automation; 0 or None is the system."""
    memo = act.catalogue.memo.setdefault("authors of automations", {})
    if (key, version) not in memo:
        authors = _bodies(key).with_only_columns(definition_version.c.author)
        memo[key, version] = act.connection.execute(authors.where(definition_version.c.version == version)).scalar()
    return memo[key, version]


@dataclass(frozen=True)
class Begun:
    """When an automation began to be as it is: by the clock, and by the revision of the definitions, which no clock can set back."""

    at: int
    revision: int


def begun(act: Act, automation: Automation, same_trigger: bool = True) -> Begun:
    """Since when it is switched on, and with `same_trigger` fires as it does now; other changes do not count."""
    memo = act.catalogue.memo.setdefault("automations since", {})
    name = (automation.key, same_trigger)
    if name not in memo:
        memo[name] = _begun(act, automation, same_trigger)
    return memo[name]


def since(act: Act, automation: Automation, same_trigger: bool = True) -> int:
    """The instant of `begun`."""
    return begun(act, automation, same_trigger).at


def was_at_work(act: Act, automation: Automation, event: sa.Row[Any]) -> bool:
    """Whether it was switched on already when the event was written: what happened before is none of its business, however late it is looked at."""
    start = begun(act, automation, same_trigger=False)
    return event.at >= start.at if event.revision is None else event.revision >= start.revision


def _begun(act: Act, automation: Automation, same_trigger: bool) -> Begun:
    version = definition_version.c
    versions = _bodies(automation.key).add_columns(version.at, version.revision).where(version.note.is_distinct_from(str(SET_ASIDE)))
    found, wanted = Begun(act.micros, act.catalogue.revision), None
    for body, at, revision in act.connection.execute(versions.order_by(version.version.desc())):
        read = json.loads(body)
        this = (read.get("enabled", True), read.get("trigger") if same_trigger else None)
        wanted = wanted or this
        if this != wanted:
            break
        found = Begun(at, revision)
    return found


def _bodies(key: str) -> sa.Select[Any]:
    return (
        sa.select(definition_version.c.body)
        .join(definition, definition.c.id == definition_version.c.definition)
        .where(definition.c.kind == "automation", definition.c.key == key)
    )
