"""Selections: a person starts an automation on records picked in a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.automation.listening import at_work
from runtime.automation.matching import GROUP_FROM, RUNS_AT_ONCE, add, may_group, runs_of
from runtime.automation.triggers.selection import Selection
from runtime.definitions.automation import Automation
from runtime.errors import NotFound, Refused
from runtime.people.may import may
from runtime.records.tables import tables_of
from runtime.system.sets import among
from runtime.tags.assigning import is_one_of
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST = 10_000


@dataclass(frozen=True)
class Counted:
    """`records`: those it starts for. `left_out`: how many may not be changed by whoever starts it, or are gone. `runs`: how many runs that is."""

    records: list[int]
    left_out: int
    runs: int


def startable(act: Act, form: str) -> list[Automation]:
    """The automations that the person may start on records of a form."""
    if not may(act.person, "edit", form):
        return []
    return [
        each
        for each in at_work(act.catalogue)
        if isinstance(each.trigger, Selection) and each.trigger.form == form and _may_start(act, each.trigger)
    ]


def _may_start(act: Act, trigger: Selection) -> bool:
    return not trigger.may_start or is_one_of(act.person, trigger.may_start)


def one(act: Act, form: str, key: str) -> Automation:
    found = next((each for each in startable(act, form) if each.key == key), None)
    if found is None:
        raise NotFound(_("There is no such automation that you may start here, or it is switched off."))
    return found


def count(act: Act, form: str, key: str, records: Iterable[int]) -> Counted:
    """What starting it would come to."""
    automation, wanted = one(act, form, key), list(dict.fromkeys(records))
    if len(wanted) > MOST:
        raise Refused([], _("At most {most} records at once. Narrow the list.", most=f"{MOST:,}"))
    main = tables_of(act.catalogue)[form].main
    living = set(act.connection.execute(sa.select(main.c.id).where(among(main.c.id, wanted), main.c.deleted_at.is_(None))).scalars())
    if act.person.rights is not None:
        act.person.rights.know(form, sorted(living))
    mine = [each for each in wanted if each in living and may(act.person, "edit", form, each)]
    grouped = len(mine) >= GROUP_FROM and may_group(automation, act.catalogue)
    return Counted(mine, len(wanted) - len(mine), 1 if grouped else len(mine))


def start(act: Act, form: str, key: str, records: Iterable[int], once: str) -> Counted:
    """Queues the runs. The same `once`, which a page has given out, makes them once however often it is sent."""
    automation, counted = one(act, form, key), count(act, form, key, records)
    facts = {"pressed_by": act.person.id}
    cause = f"selection:{act.person.id}:{once[:64]}"
    runs = list(runs_of(act, automation, [(each, facts) for each in counted.records], cause, "form"))
    for first in range(0, len(runs), RUNS_AT_ONCE):
        add(act, runs[first : first + RUNS_AT_ONCE])
    return counted
