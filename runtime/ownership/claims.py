"""Claiming records from the pool, and giving them back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.automation.once import insert_once
from runtime.errors import NotAllowed, Problem, Refused
from runtime.ownership.pool import CLAIMED, RELEASED, gave_up, note_events, pool_of, standing
from runtime.ownership.trusting import in_trust
from runtime.people.may import may, require
from runtime.records import gateway, query
from runtime.records.gateway import BatchRow
from runtime.records.rows import read_record
from runtime.records.tables import tables_of
from runtime.system.audit import note
from runtime.system.ids import take
from runtime.system.sets import among
from runtime.system.tables import id_counter
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST = 200
LONGEST_REASON = 500


@dataclass(frozen=True)
class Claimed:
    """The records that belong to the claimer now, and for each of the others why it does not."""

    records: list[int]
    refused: dict[int, Message]


def claim(act: Act, form: str, records: Iterable[int]) -> Claimed:
    """Makes the person of the act the owner of records in the pool, as far as the limits go. Of two who claim at once one gets it."""
    pool = pool_of(act, form)
    require(act.person, "claim", form)
    wanted = list(dict.fromkeys(records))[:MOST]
    _one_after_the_other(act, form)
    free = _free(act, form, wanted)
    refused = {each: _("It is not in the pool any more: somebody else was quicker.") for each in wanted if each not in free}
    resting = gave_up(act, form, free, act.person.id) if pool.cooling_days else {}
    left = standing(act, form, act.person.id).left
    chosen: list[int] = []
    for each in (record for record in wanted if record in free):
        until = resting[each] + timedelta(days=pool.cooling_days) if each in resting else None
        if until is not None and until > act.today:
            refused[each] = _("You gave this up on {day} and may claim it again from {until} on.", day=resting[each], until=until)
        elif left is not None and len(chosen) >= left:
            refused[each] = _limit(act, form)
        else:
            chosen.append(each)
    refused |= _write(act, form, pool.owner, chosen)
    done = [each for each in chosen if each not in refused]
    note_events(act, form, CLAIMED, [(each, act.person.id) for each in done])
    return Claimed(done, refused)


def release(act: Act, form: str, record: int, reason: str) -> None:
    """Gives a record back to the pool: its owner does, or whoever may change its owner."""
    pool, reason = pool_of(act, form), " ".join(reason.split())
    query.get(act, form, record)
    found = read_record(act, form, record, lock=True)
    owner = None if found is None else found.values.get(pool.owner)
    if owner is None and may(act.person, "view", form, record, pool.owner):
        raise Refused([Problem("", _("This record is in the pool already."))])
    if owner is None or (owner != act.person.id and not may(act.person, "edit", form, record, pool.owner)):
        raise NotAllowed(_("Only its owner can give this record back, or somebody who may change the owner."))
    if not 1 <= len(reason) <= LONGEST_REASON:
        raise Refused([Problem("reason", _("Say in a few words why you give it back."))])
    with in_trust(act):
        gateway.update(act, form, record, {pool.owner: None})
    note_events(act, form, RELEASED, [(record, owner)], reason)
    note(act, "pool_released", f"record:{form}:{record}", owner=owner, reason=reason)


# -- pieces -----------------------------------------------------------------------------------------------------------------------------
def _one_after_the_other(act: Act, form: str) -> None:
    """Two claims of one person wait for each other, so that both together keep to the limits."""
    name = f"claims {form} {act.person.id}"
    insert_once(act.connection, id_counter, {"name": name, "next": 1})
    take(act.connection, name)


def _free(act: Act, form: str, records: list[int]) -> set[int]:
    """Those that are in the pool and that the person may claim. They are locked in one order, so that nobody waits crosswise."""
    built, pool = tables_of(act.catalogue)[form], pool_of(act, form)
    main, owner = built.main, built.column(pool.owner)
    locked = sa.select(main.c.id, owner).where(among(main.c.id, records), main.c.deleted_at.is_(None)).order_by(main.c.id).with_for_update()
    free = [record for record, present in act.connection.execute(locked) if present is None]
    if act.person.rights is not None:
        act.person.rights.forget()
        act.person.rights.know(form, free)
    return {each for each in free if may(act.person, "claim", form, each)}


def _limit(act: Act, form: str) -> Message:
    found = standing(act, form, act.person.id)
    if found.per_day is not None and (found.in_all is None or found.per_day - found.today <= found.in_all - found.owned):
        return _("You may claim {most} a day; for today that is all.", most=found.per_day)
    return _("You may own {most} at once. Give one back before you claim another.", most=found.in_all)


def _write(act: Act, form: str, owner: str, records: list[int]) -> dict[int, Message]:
    """Writes the owner; gives what the form refuses."""
    if not records:
        return {}
    with in_trust(act):
        result = gateway.write_batch(act, form, [BatchRow({owner: act.person.id}, each) for each in records])
    return {record: problems[0].message for record, problems in zip(records, result.problems, strict=True) if problems}
