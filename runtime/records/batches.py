"""What the gateway does for many records besides writing them: checking without writing, and putting them into the trash by sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING


from runtime.definitions.field_type import Lookup
from runtime.errors import Problem, TierloomError
from runtime.people.may import may, require
from runtime.records import derived, gateway, limits, locking, outbox
from runtime.records.changes import EVERYTHING, Changes
from runtime.records.gateway import BatchResult, BatchRow, Saved
from runtime.records.lookup import ActLookup
from runtime.records.plan import Plan
from runtime.records.pointing import named_among, points_at
from runtime.records.rows import Record, read_records
from runtime.records.tables import tables_of
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

GONE = _("This record does not exist any more.")
CHANGED = _("Somebody has changed this record since.")


def check_batch(act: Act, form: str, rows: Sequence[BatchRow], lookup: Lookup | None = None) -> BatchResult:
    """What `write_batch` would say to these rows, without writing; the id of a record that would be new is 0."""
    plan = gateway.plan_for(act, form)
    gateway.require_batch(act, form, rows)
    entries = gateway.entries_of(act, plan, rows, lookup or ActLookup(act), lock=False)
    gateway.check_together(act, plan, [each for each in entries if not each.problems])
    limits.check(act, plan, [each for each in entries if not each.problems], hold=False)
    saved = [
        None if each.problems else Saved(each.record or 0, each.before.version if each.before else 1, each.changes) for each in entries
    ]
    return BatchResult(saved, [each.problems for each in entries])


def delete_batch(act: Act, form: str, versions: Mapping[int, int]) -> dict[int, Problem]:
    """Puts the records with these ids into the trash if they still have these versions; gives why each of the others stays."""
    plan = gateway.plan_for(act, form)
    require(act.person, "delete", form)
    found = {each.id: each for each in read_records(act, form, list(versions), lock=True)}
    if act.person.rights is not None:
        act.person.rights.know(form, found)
    refused: dict[int, Problem] = {}
    locked = locking.refusals(act, form, found)
    good: list[Record] = []
    for record, version in versions.items():
        here = found.get(record)
        if here is None or here.deleted_at is not None or not may(act.person, "delete", form, record):
            refused[record] = Problem("", GONE)
        elif here.version != version:
            refused[record] = Problem("", CHANGED)
        elif record in locked:
            refused[record] = Problem("", locked[record])
        else:
            good.append(here)
    pointed = _pointed_at(act, form, [each.id for each in good])
    for each in [each for each in good if each.id in pointed]:
        try:
            gateway.delete(act, form, each.id, each.version)
        except TierloomError as error:
            refused[each.id] = Problem("", error.message)
    _bury(act, plan, [each for each in good if each.id not in pointed])
    return refused


def _pointed_at(act: Act, form: str, ids: list[int]) -> set[int]:
    """Those of the records that living records point at: for them the reference says what becomes of the others."""
    found: set[int] = set()
    for other in act.catalogue.forms.values():
        built = tables_of(act.catalogue).get(other.key)
        for each in other.fields:
            if built is not None and points_at(built, each, form):
                found |= set(act.connection.execute(named_among(built, each.key, ids)).scalars())
    return found


def _bury(act: Act, plan: Plan, records: list[Record]) -> None:
    if not records:
        return
    form = plan.form.key
    plan.deletion.many(
        act.connection,
        [
            {
                "the_id": each.id,
                "the_version": each.version,
                "version": each.version + 1,
                "updated_at": act.micros,
                "updated_by": act.person.id,
                "deleted_at": act.micros,
            }
            for each in records
        ],
    )
    event = outbox.append(act, "record_deleted", form, None, {"items": []}, records=[each.id for each in records])
    gateway.insert_history(act, [(each.id, each.version + 1, {}) for each in records], form, "delete", event)
    changes = Changes(act.source, event)
    changes.touch(form, EVERYTHING, [each.id for each in records])
    gateway.touch_pointed(act, changes, plan, records)
    derived.derive_all(act, changes)
