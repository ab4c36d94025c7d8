"""One field of many records set to one value: counted beforehand, done at once or as a job, and taken back where nobody has changed it since.

Every record goes through the normal write path, so rules, rights and automations hold for each; those that cannot be changed are left out
and say why.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.people.may import may, require, refusal
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.records.batches import check_batch
from runtime.records.gateway import BatchRow
from runtime.records.lookup import ActLookup
from runtime.records.rows import read_records
from runtime.system import audit, jobs
from runtime.system.chunks import DONE, chunks, work_through
from runtime.system.database import to_json
from runtime.system.sets import among
from runtime.system.tables import bulk_edit, bulk_edit_chunk, bulk_edit_row
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.field_type import FieldType
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

KIND, UNDO = "bulk_edit", "bulk_edit_undo"
AT_ONCE, CHUNK = 200, 500
MOST = 1_000_000
LOOKED_AT = 20_000
"""Records that are looked at to say beforehand how many would change."""
REASONS = 200
"""Reasons shown of records that were left out."""


@dataclass(frozen=True)
class Preview:
    """`changed`: records that would change; `same`: those that have the value already; `skipped`: those that cannot have it, by reason.
    Of very many only the first are looked at: `looked` of `all`."""

    changed: int
    same: int
    skipped: tuple[tuple[Message, int], ...]
    looked: int
    all: int

    @property
    def left_out(self) -> int:
        return sum(count for _why, count in self.skipped)


def field_of(act: Act, form: str, key: str) -> FieldType:
    """The field, if the person may change it in some record. Raises Refused or NotAllowed."""
    field = act.catalogue.forms[form].by_key.get(key)
    if field is None or not field.writable or field.stores not in ("column", "many") or field.type == "serial" or field.distinct:
        raise Refused([Problem("field", _("This field cannot be set for many records at once."))])
    if not may(act.person, "edit", form, None, key):
        raise NotAllowed(refusal("edit"))
    return field


def preview(act: Act, form: str, key: str, value: Any, records: Iterable[int]) -> Preview:
    """What `start` would do. Nothing is written."""
    field_of(act, form, key)
    every = list(dict.fromkeys(records))[:MOST]
    wanted = every[:LOOKED_AT]
    changed, same, why = 0, 0, Counter[Message]()
    for some in chunks(wanted, CHUNK):
        found = check_batch(act, form, [BatchRow({key: value}, record) for record in some], ActLookup(act))
        for saved, problems in zip(found.saved, found.problems, strict=True):
            if saved is None:
                why[problems[0].message] += 1
            elif saved.changes:
                changed += 1
            else:
                same += 1
    return Preview(changed, same, tuple(why.most_common(20)), len(wanted), len(every))


def start(act: Act, app: str, form: str, key: str, value: Any, records: Iterable[int]) -> int:
    """Does it, at once or beyond a limit as a job; gives the number of the change."""
    field = field_of(act, form, key)
    require(act.person, "edit", form)
    wanted = list(dict.fromkeys(records))
    if len(wanted) > MOST:
        raise Refused([Problem("", _("At most {most} records at once. Narrow the list.", most=f"{MOST:,}"))])
    stored = None if value is None else field.to_json(value)
    number = act.take_ids("bulk_edit")
    act.connection.execute(
        bulk_edit.insert().values(
            id=number,
            app=app,
            form=form,
            field=key,
            value=to_json(stored),
            state="running",
            records=len(wanted),
            person=act.person.id,
            at=act.micros,
        )
    )
    audit.note(act, "bulk_edit", f"form:{form}", field=key, records=len(wanted), change=number)
    if len(wanted) <= AT_ONCE:
        part(act, number, form, key, value, wanted)
        _set(act, number, state="done")
    else:
        kept = [{"edit": number, "number": place, "records": to_json(some)} for place, some in enumerate(chunks(wanted, CHUNK))]
        act.connection.execute(bulk_edit_chunk.insert(), kept)
        _set(act, number, job=jobs.start(act, KIND, {"edit": number}, subject=f"form:{form}", total=len(wanted)))
    return number


def part(act: Act, number: int, form: str, key: str, value: Any, records: list[int]) -> None:
    """Some of the records, in one write; each leaves a line that says what became of it."""
    result = gateway.write_batch(act, form, [BatchRow({key: value}, record) for record in records], keep_before=True)
    lines = []
    for record, saved, problems, before in zip(records, result.saved, result.problems, result.before, strict=True):
        if saved is None:
            lines.append(_line(number, record, "skipped", why=problems[0].message if problems else None))
        elif saved.changes:
            lines.append(_line(number, record, "changed", before=to_json((before or {}).get(key))))
        else:
            lines.append(_line(number, record, "same"))
    if lines:
        act.connection.execute(bulk_edit_row.insert(), lines)


def _line(number: int, record: int, outcome: str, before: str | None = None, why: Message | None = None) -> dict[str, Any]:
    said = None if why is None else to_json({"zh": why.in_language("zh"), "en": why.in_language("en")})
    return {"edit": number, "record": record, "outcome": outcome, "before": before, "why": said}


def run(workspace: Workspace, job: Job) -> dict[str, Any]:
    """The job; begun again it goes on with the chunks that are left. Cancelled, it keeps what is done, which can be taken back."""
    number, person = job.payload["edit"], job.person()
    with workspace.reading(person) as act:
        found, own = find(act, number), bulk_edit_chunk.c
        left = list(act.connection.execute(sa.select(own.number).where(own.edit == number).order_by(own.number)).scalars())
        done = sum(counts(act, number).values())

    def work(place: int) -> int:
        this = (bulk_edit_chunk.c.edit == number, bulk_edit_chunk.c.number == place)
        with workspace.writing(person) as act:
            records = json.loads(act.connection.execute(sa.select(bulk_edit_chunk.c.records).where(*this)).scalar_one())
            part(act, number, found.form, found.field, value_of(act, found), records)
            act.connection.execute(bulk_edit_chunk.delete().where(*this))
        return len(records)

    return {"records": work_through(job, left, work, lambda state: _end(workspace, number, state), done)}


def value_of(act: Act, found: Any) -> Any:
    stored = json.loads(found.value)
    return None if stored is None else act.catalogue.forms[found.form].by_key[found.field].parse(stored, ActLookup(act))


# -- taking it back -----------------------------------------------------------------------------------------------------------------
def undo(act: Act, number: int) -> bool:
    """Sets back what has not been changed since, at once or as a job; False when it goes on as a job."""
    found = find(act, number)
    if found.state not in ("done", "stopped"):
        raise Refused([Problem("", _("This change is taken back already, or is still going on."))])
    total = counts(act, number).get("changed", 0)
    _set(act, number, state="undoing")
    if total > AT_ONCE:
        _set(act, number, job=jobs.start(act, UNDO, {"edit": number}, subject=f"form:{found.form}", total=total))
        return False
    last = 0
    while (some := _undo_part(act, found, last)) is not None:
        last = some[1]
    _set(act, number, state="undone")
    return True


def run_undo(workspace: Workspace, job: Job) -> dict[str, Any]:
    number, person = job.payload["edit"], job.person()

    def parts() -> Iterator[int]:
        nonlocal last
        while last is not None:
            yield last

    def work(after: int) -> int:
        nonlocal last
        with workspace.writing(person, "undo") as act:
            some = _undo_part(act, find(act, number), after)
        last = None if some is None else some[1]
        return 0 if some is None else some[0]

    last: int | None = 0
    # stopped: what is left can be taken back later
    return {"records": work_through(job, parts(), work, lambda state: _end(workspace, number, "undone" if state == DONE else state))}


def _undo_part(act: Act, found: Any, after: int = 0) -> tuple[int, int] | None:
    """The next records of a change, those with an id above `after`; gives how many and the last of them, None when there are none."""
    rows = act.connection.execute(
        sa.select(bulk_edit_row)
        .where(bulk_edit_row.c.edit == found.id, bulk_edit_row.c.record > after, bulk_edit_row.c.outcome == "changed")
        .order_by(bulk_edit_row.c.record)
        .limit(CHUNK)
    ).all()
    if not rows:
        return None
    field, wanted = act.catalogue.forms[found.form].by_key[found.field], json.loads(found.value)
    here = {each.id: each for each in read_records(act, found.form, [row.record for row in rows], True) if each.deleted_at is None}
    if act.person.rights is not None:
        act.person.rights.know(found.form, here)
    lookup, backs, kept = ActLookup(act), [], {}
    for row in rows:
        now = here.get(row.record)
        value = None if now is None else now.values.get(found.field)
        if now is None:
            kept[row.record] = _("This record is in the trash.")
        elif not may(act.person, "view", found.form, row.record):
            kept[row.record] = _("This record does not exist any more.")
        elif not may(act.person, "view", found.form, row.record, found.field):
            kept[row.record] = _("You may not change this field.")
        elif (None if value in (None, ()) else field.to_json(value)) != (wanted or None if isinstance(wanted, list) else wanted):
            kept[row.record] = _("Somebody has changed it since.")
        else:
            before = json.loads(row.before or "null")
            backs.append(BatchRow({found.field: None if before is None else field.parse(before, lookup)}, row.record))
    result = gateway.write_batch(act, found.form, backs)
    for back, problems in zip(backs, result.problems, strict=True):
        if problems and back.id is not None:
            kept[back.id] = problems[0].message
    outcomes = [_line(found.id, row.record, "kept" if row.record in kept else "undone", row.before, kept.get(row.record)) for row in rows]
    act.connection.execute(
        bulk_edit_row.delete().where(bulk_edit_row.c.edit == found.id, among(bulk_edit_row.c.record, [row.record for row in rows]))
    )
    act.connection.execute(bulk_edit_row.insert(), outcomes)
    return len(rows), rows[-1].record


# -- reading ------------------------------------------------------------------------------------------------------------------------
def find(act: Act, number: int) -> Any:
    """A change of the person's own; anybody's for builders."""
    row = act.connection.execute(sa.select(bulk_edit).where(bulk_edit.c.id == number)).first()
    if row is None or row.form not in act.catalogue.forms or (row.person != act.person.id and not act.person.is_builder):
        raise NotFound(_("There is no such change."))
    return row


def counts(act: Act, number: int) -> dict[str, int]:
    """How many records have each outcome."""
    query = sa.select(bulk_edit_row.c.outcome, sa.func.count()).where(bulk_edit_row.c.edit == number).group_by(bulk_edit_row.c.outcome)
    return {outcome: count for outcome, count in act.connection.execute(query)}


def left_out(act: Act, number: int) -> list[tuple[int, dict[str, str]]]:
    """Records that stayed as they were, with the reason in both languages."""
    query = sa.select(bulk_edit_row.c.record, bulk_edit_row.c.why).where(bulk_edit_row.c.edit == number, bulk_edit_row.c.why.is_not(None))
    return [(row.record, json.loads(row.why)) for row in act.connection.execute(query.order_by(bulk_edit_row.c.record).limit(REASONS))]


def _set(act: Act, number: int, **values: Any) -> None:
    act.connection.execute(bulk_edit.update().where(bulk_edit.c.id == number).values(**values))


def _end(workspace: Workspace, number: int, state: str) -> None:
    with workspace.writing(SYSTEM) as act:
        _set(act, number, state=state)


def register() -> None:
    jobs.KINDS.setdefault(KIND, run)
    jobs.KINDS.setdefault(UNDO, run_undo)
