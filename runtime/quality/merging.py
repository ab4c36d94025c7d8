"""Two records that are the same thing become one: `keep` takes over `other`, in one transaction, and it can be taken back for thirty days.

Whoever merges may change both records and delete the one that goes. Fields that they may not see or change are merged by a rule, without
being shown (choosing.py). What points at the other moves along whoever may see it, as otherwise it would belong to nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.field_type import FieldType
from runtime.errors import NotFound, Problem, Refused, Stale
from runtime.people.may import may, require, sees
from runtime.people.rights import VIEW
from runtime.quality import belongings, choosing
from runtime.quality.choosing import Pair
from runtime.records import derived, locking, merging, query
from runtime.records.changes import Changes
from runtime.records.gateway import plan_for
from runtime.records.merged import merge_of
from runtime.records.merging import Place
from runtime.records.plan import Plan
from runtime.records.rows import Record, read_record
from runtime.system import audit, clock
from runtime.system.database import to_json
from runtime.system.prepared import prepared
from runtime.system.tables import record_merge, record_merge_row
from runtime.texts import Message, _
from runtime.tiers.returning import put_back, states_of

if TYPE_CHECKING:
    from runtime.system.workspace import Act

NAMED_BOTH = "&"
"""After the name of a place: its rows named both records, and name one since."""
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Moves:
    """How many records of one form come over by one of its fields. `seen`: how many of them the person sees."""

    place: Place
    count: int
    seen: int


@dataclass(frozen=True)
class Preview:
    """What a merge would do; nothing is written. The records are as the person sees them."""

    keep: Record
    other: Record
    pairs: list[Pair]
    moves: list[Moves]
    talk: dict[str, int]
    tags: dict[str, list[str]]
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True)
class Merged:
    """`id`: the number of the merge. `moved`: how many of what came over, by place; `taken`: the fields that changed."""

    id: int
    keep: int
    other: int
    moved: dict[str, int]
    taken: tuple[str, ...]


@dataclass(frozen=True)
class Undone:
    """`left`: how many records and rows stay with the one that stayed, because somebody has moved or changed them since."""

    keep: int
    other: int
    form: str
    left: int


# -- looking ------------------------------------------------------------------------------------------------------------------------
def preview(act: Act, form: str, keep: int, other: int) -> Preview:
    """Raises NotFound and NotAllowed as the merge itself would."""
    plan_for(act, form)
    pair = _both(act, form, keep, other, lock=False)
    return Preview(
        query.get(act, form, keep),
        query.get(act, form, other),
        choosing.pairs_of(act, *pair),
        _moves(act, form, keep, other),
        belongings.counts(act, form, keep, other),
        _tags(act, form, keep, other),
        _problems(act, form, keep, other),
    )


def _moves(act: Act, form: str, keep: int, other: int) -> list[Moves]:
    found = [Moves(place, *merging.counted(act, place, other, _beside(place, form, keep, other))) for place in merging.places(act, form)]
    return [each for each in found if each.count]


def _beside(place: Place, form: str, keep: int, other: int) -> tuple[int, ...]:
    """Of the form itself the two records: the one gets its values chosen, the other stays as it was."""
    return (keep, other) if place.form == form else ()


def _tags(act: Act, form: str, keep: int, other: int) -> dict[str, list[str]]:
    """The tags that come over, by dictionary, as far as the person sees them."""
    found = {}
    for tags in belongings.dictionaries(act, form):
        fields = belongings.shown_by(act, tags)
        if not fields or any(sees(act.person, form, key, other) >= VIEW for key in fields):
            found[tags.key] = belongings.tags_to_come(act, tags, keep, other)[0]
    return {key: tags for key, tags in found.items() if tags}


def _problems(act: Act, form: str, keep: int, other: int) -> list[Problem]:
    """What would belong to one record twice and may only once."""
    taken = [each for each in merging.places(act, form) if each.form != form and merging.taken_twice(act, each, keep, other)]
    return [
        Problem(
            "",
            _(
                "Each of the two has its own record in {form}, where one is allowed. Merge or delete one of these first.",
                form=act.catalogue.forms[each.form].label,
            ),
        )
        for each in taken
    ]


def _both(act: Act, form: str, keep: int, other: int, lock: bool = True) -> tuple[Record, Record]:
    """The two living records. They are locked in the order of their numbers, so that two merges never wait for each other crosswise."""
    if keep == other:
        raise Refused([Problem("other", _("These are one and the same record. Choose another one to merge it with."))])
    found = {number: read_record(act, form, number, lock=lock) for number in sorted((keep, other))}
    for number in (keep, other):
        _require_living(act, form, found[number], number)
    for number in (keep, other):
        require(act.person, "edit", form, number)
    require(act.person, "delete", form, other)
    pair = found[keep], found[other]
    assert pair[0] is not None and pair[1] is not None
    return pair[0], pair[1]


def _require_living(act: Act, form: str, record: Record | None, number: int) -> None:
    if record is not None and record.deleted_at is None and may(act.person, "view", form, number):
        return
    row = merge_of(act, form, number)
    if row is None or not may(act.person, "view", form, number):
        raise NotFound(_("This record does not exist, or it is in the trash."))
    raise Stale(
        _(
            "{who} has merged “{record}” into “{into}” already. Go on with “{into}”.",
            who=query.people_names(act, [row.person]).get(row.person, "Tierloom"),
            record=title_of(act, form, number),
            into=title_of(act, form, row.keep),
        )
    )


def title_of(act: Act, form: str, record: int) -> str:
    return query.titles(act, {form: {record}}).get((form, record), f"#{record}")


# -- merging ------------------------------------------------------------------------------------------------------------------------
def merge(
    act: Act,
    form: str,
    keep: int,
    other: int,
    take: Mapping[str, str] | None = None,
    versions: tuple[int | None, int | None] = (None, None),
) -> Merged:
    """`take`: by field whose value is taken where it is not the proposed one: keep, other, both. `versions`: of the two as they were looked
    at; Stale when one has changed since. Raises Refused with what does not fit, and nothing is done."""
    plan = plan_for(act, form)
    act.source = "merge"
    mine, theirs = _both(act, form, keep, other)
    if any(wanted is not None and wanted != record.version for wanted, record in zip(versions, (mine, theirs), strict=True)):
        raise Stale(_("Somebody has changed one of the two records meanwhile. Look at both again before you merge them."))
    for each in (keep, other):
        locking.require_open(act, form, each)
    pairs = choosing.pairs_of(act, mine, theirs)
    values = choosing.chosen(pairs, take or {})
    if problems := _problems(act, form, keep, other):
        raise Refused(problems)
    states = states_of(act, form, (keep, other))
    changes = Changes(act.source)
    merging.bury(act, plan, theirs, keep, changes)
    entry = merging.rewrite(act, plan, mine, values, set(values), changes)
    if entry.problems:
        raise Refused([_veiled(act, plan, each, pairs) for each in entry.problems])
    moved = _move_all(act, form, keep, other, changes)
    moved |= belongings.bring(act, form, keep, other, changes)
    counts: dict[str, int] = {}
    for name, rows in moved.items():
        counts[name.removesuffix(NAMED_BOTH)] = counts.get(name.removesuffix(NAMED_BOTH), 0) + len(rows)
    payload = {"changes": _as_json(plan, entry.changes), "states": states, "moved": counts}
    number = _note(act, form, mine, theirs, payload, moved, changes.event)
    derived.derive_all(act, changes)
    return Merged(number, keep, other, counts, tuple(key for key in entry.changes if key in plan.writable))


def _veiled(act: Act, plan: Plan, problem: Problem, pairs: list[Pair]) -> Problem:
    """What is wrong with a value that the person does not see is said without it."""
    hidden = {each.key for each in pairs if not each.shown}
    if problem.path.partition("/")[0] not in hidden:
        return problem
    return Problem("", _("Something that you may not see stands in the way. Ask somebody who sees all of both records to merge them."))


def _move_all(act: Act, form: str, keep: int, other: int, changes: Changes) -> dict[str, list[int]]:
    moved = {}
    for place in merging.places(act, form):
        rows = merging.pointing(act, place, other, _beside(place, form, keep, other))
        if rows:
            both = set(merging.naming_too(act, place, rows, keep))
            done = merging.repoint(act, place, rows, other, keep, changes)
            moved[place.name] = [row for row in done if row not in both]
            moved[place.name + NAMED_BOTH] = [row for row in done if row in both]
    return {name: rows for name, rows in moved.items() if rows}


def _as_json(plan: Plan, changes: Mapping[str, tuple[Any, Any]]) -> dict[str, list[Any]]:
    fields = plan.writable
    return {key: [_stored(fields[key], each) for each in pair] for key, pair in changes.items() if key in plan.writable}


def _note(
    act: Act, form: str, keep: Record, other: Record, payload: dict[str, Any], moved: Mapping[str, list[int]], event: int | None
) -> int:
    number = act.take_ids("record_merge")
    values = {"id": number, "form": form, "keep": keep.id, "other": other.id, "other_version": other.version + 1}
    act.connection.execute(
        record_merge.insert().values(**values, person=act.person.id, at=act.micros, event=event, payload=to_json(payload))
    )
    statement = prepared(act.catalogue.memo, "merge rows", act.connection.dialect, _rows_insert)
    statement.many(act.connection, [{"merge": number, "place": name, "row": row} for name, rows in moved.items() for row in rows])
    audit.note(act, "records_merged", f"form:{form}", merge=number, keep=keep.id, other=other.id, moved=payload["moved"])
    return number


def _rows_insert() -> Any:
    return record_merge_row.insert().values({name: sa.bindparam(name) for name in ("merge", "place", "row")})


# -- taking back --------------------------------------------------------------------------------------------------------------------
def may_be_undone(act: Act, row: Any) -> bool:
    """Whether a merge is in force and young enough; whether the person may is asked when they do."""
    return row.undone_at is None and act.micros - row.at < KEPT // clock.MICROSECOND


def undo(act: Act, number: int) -> Undone:
    """Takes a merge back: both records, what came over and both tiers, as far as it has stayed. Raises Refused with what stands in the way."""
    row = act.connection.execute(sa.select(record_merge).where(record_merge.c.id == number).with_for_update()).first()
    if row is None or row.form not in act.catalogue.forms or not may(act.person, "view", row.form, row.keep):
        raise NotFound(_("There is no such merge."))
    act.source = "undo"
    plan, payload = plan_for(act, row.form), json.loads(row.payload)
    keep, other = _both_again(act, row)
    given = {key: old for key, (old, _new) in payload["changes"].items() if key in plan.writable}
    if problems := _changed_since(act, plan, keep, payload["changes"]):
        raise Refused(problems)
    changes = Changes(act.source)
    entry = merging.rewrite(act, plan, keep, given, set(given), changes)
    if problems := entry.problems or merging.unbury(act, plan, other, changes):
        raise Refused(problems)
    left = _move_back(act, row, changes)
    put_back(act, row.form, payload["states"], row.other, changes)
    act.connection.execute(record_merge.update().where(record_merge.c.id == number).values(undone_at=act.micros, undone_by=act.person.id))
    audit.note(act, "merge_undone", f"form:{row.form}", merge=number, keep=row.keep, other=row.other, left=left)
    derived.derive_all(act, changes)
    return Undone(row.keep, row.other, row.form, left)


def _both_again(act: Act, row: Any) -> tuple[Record, Record]:
    """The record that stayed, living, and the other, in the trash as the merge put it there."""
    found = {number: read_record(act, row.form, number, lock=True) for number in sorted((row.keep, row.other))}
    for number in (row.keep, row.other):
        require(act.person, "edit", row.form, number)
    require(act.person, "delete", row.form, row.other)
    keep, other = found[row.keep], found[row.other]
    if wrong := _not_any_more(act, row, keep, other):
        raise Refused([Problem("", wrong)])
    assert keep is not None and other is not None
    return keep, other


def _not_any_more(act: Act, row: Any, keep: Record | None, other: Record | None) -> Message | None:
    if row.undone_at is not None:
        return _("This merge has been taken back already.")
    if not may_be_undone(act, row):
        return _("A merge can be taken back for 30 days; this one is older.")
    if keep is None or keep.deleted_at is not None:
        further = merge_of(act, row.form, row.keep)
        if further is None:
            return _("The record that stayed is in the trash. Restore it first.")
        return _(
            "The record that stayed was itself merged into “{into}”. Take that merge back first.",
            into=title_of(act, row.form, further.keep),
        )
    if other is None or other.deleted_at is None or other.version != row.other_version:
        return _("The record that went is not in the trash any more as the merge left it.")
    return None


def _changed_since(act: Act, plan: Plan, keep: Record, changed: Mapping[str, Any]) -> list[Problem]:
    found = []
    for key, (_old, new) in changed.items():
        field_type = plan.writable.get(key)
        if field_type is None:
            continue
        if _stored(field_type, keep.values.get(key)) == new:
            continue
        if sees(act.person, plan.form.key, key, keep.id) >= VIEW:
            sentence = _(
                "{field} has been changed since the merge, so taking it back would lose that. Set it back first.", field=field_type.label
            )
            found.append(Problem(key, sentence))
        else:
            found.append(Problem("", _("A field that you may not see has been changed since the merge. Ask somebody who sees all of it.")))
    return found


def _stored(field_type: FieldType, value: Any) -> Any:
    """A value as the payload of a merge keeps it."""
    return None if field_type.is_blank(value) else json.loads(to_json(field_type.to_json(value)))


def _move_back(act: Act, row: Any, changes: Changes) -> int:
    """Lets what came over go back; gives how much of it has been moved or changed since, and so stays."""
    own, moved = record_merge_row.c, {}
    for place, number in act.connection.execute(sa.select(own.place, own.row).where(own.merge == row.id).order_by(own.place, own.row)):
        moved.setdefault(place, []).append(number)
    left = 0
    for place in merging.places(act, row.form):
        rows = moved.get(place.name, [])
        left += len(rows) - len(merging.repoint(act, place, rows, row.keep, row.other, changes))
        both = moved.get(place.name + NAMED_BOTH, [])
        left += len(both) - len(merging.name_again(act, place, both, row.keep, row.other, changes)) if both else 0
    belongings.send_back(act, row.form, row.keep, row.other, moved, changes)
    return left
