"""The one gateway: every write to a form's records passes here.

Coerce → may → rules → formulas → uniqueness and references → row, history, search entry, derived values and event, in ONE transaction.
A batch means the same and is set-based. Nothing else writes to a form's tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.field_type import FieldType, Lookup
from runtime.definitions.form import Form
from runtime.errors import NotFound, Problem, Refused, Stale
from runtime.files import using
from runtime.people.may import may, require
from runtime.records import derived, limits, locking, outbox
from runtime.records.affected import relation_matters
from runtime.records.changes import EVERYTHING, Changes
from runtime.records.entries import Entry, Parsed, prepare
from runtime.records.guard import seen_as
from runtime.records.looking_up import looked_up_by
from runtime.records.lookup import ActLookup
from runtime.records.merged import merge_of
from runtime.records.plan import Plan, plan_of
from runtime.records.pointing import names_one_of, points_at
from runtime.records.rows import Record, read_record, read_records
from runtime.records.search import grams, initials, search_text
from runtime.records.tables import LISTS, tables_of
from runtime.system import ids
from runtime.system.database import to_json
from runtime.system.prepared import COPY_FROM, copy_rows, prepared
from runtime.system.sets import among
from runtime.system.tables import record_change
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST_FOLLOWERS = 1_000


@dataclass(frozen=True)
class Saved:
    """What a write did. `event` is None when nothing was different and so nothing was written."""

    id: int
    version: int
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    event: int | None = None
    starts: tuple[str, ...] = ()
    """The workflows that a limit has sent it to."""

    @property
    def written(self) -> int | None:
        """The version that it made; None where nothing was different."""
        return self.version if self.event is not None else None


@dataclass
class BatchRow:
    """One row of a batch: a new record, or with `id` a change of that one."""

    values: Mapping[str, Any]
    id: int | None = None


@dataclass
class BatchResult:
    """Row by row: what was saved, or the problems for which it was not."""

    saved: list[Saved | None]
    problems: list[list[Problem]]
    event: int | None = None
    before: list[dict[str, Any] | None] = field(default_factory=list)


def create(act: Act, form: str, values: Mapping[str, Any], lookup: Lookup | None = None) -> Saved:
    """Adds a record. Raises Refused with every problem at its field's key."""
    plan = plan_for(act, form)
    require(act.person, "add", form)
    entry = prepare(act, plan, values, None, lookup or ActLookup(act))
    return _write_one(act, plan, entry, "create")


def update(act: Act, form: str, record: int, values: Mapping[str, Any], version: int | None = None, lookup: Lookup | None = None) -> Saved:
    """Changes fields of a record; with `version`, only if nobody has changed it since (Stale carries the record as it is now)."""
    plan = plan_for(act, form)
    before = _present(act, form, record)
    require(act.person, "edit", form, record)
    locking.require_open(act, form, record)
    if version is not None and version != before.version:
        raise Stale(_("Somebody changed this record while you were editing. Choose which values to keep."), seen_as(act, before))
    entry = prepare(act, plan, values, before, lookup or ActLookup(act, present=before))
    return _write_one(act, plan, entry, "update")


def delete(act: Act, form: str, record: int, version: int | None = None) -> Saved:
    """Puts a record into the trash. Records that point at it forbid that, are freed or follow, as their reference says."""
    plan = plan_for(act, form)
    before = _present(act, form, record)
    require(act.person, "delete", form, record)
    locking.require_open(act, form, record)
    if version is not None and version != before.version:
        raise Stale(_("Somebody changed this record while you were looking at it. Look again before you delete it."), seen_as(act, before))
    _followers(act, form, record)
    return _bury(act, plan, before, act.micros, "delete")


def restore(act: Act, form: str, record: int) -> Saved:
    """Brings a record back from the trash; refused when a unique value now belongs to another."""
    plan = plan_for(act, form)
    require(act.person, "delete", form, record)
    before = read_record(act, form, record, lock=True)
    if before is None or before.deleted_at is None:
        raise NotFound(_("This record is not in the trash."))
    if merge_of(act, form, record) is not None:
        raise Refused([Problem("", _("This record was merged into another. Take the merge back instead, on the page of that one."))])
    entry = Entry(record, before, before.values, {each.key: (None, before.values.get(each.key)) for each in plan.distinct})
    check_together(act, plan, [entry])
    limits.check(act, plan, [] if entry.problems else [entry])
    if entry.problems or entry.starts:
        raise Refused(entry.problems or [Problem("", limits.NOT_BACK)])
    return _bury(act, plan, before, None, "restore")


def write_batch(act: Act, form: str, rows: Sequence[BatchRow], lookup: Lookup | None = None, keep_before: bool = False) -> BatchResult:
    """Writes many rows with the meaning of `create` and `update`, by sets: up to 5,000 rows, their history and ONE event.

    Rows with problems are left out and reported; the others are written. `keep_before`: also gives the old values of changed records.
    """
    plan = plan_for(act, form)
    require_batch(act, form, rows)
    entries = entries_of(act, plan, rows, lookup or ActLookup(act), lock=True)
    _assign_serials(act, plan, [each for each in entries if not each.problems])
    check_together(act, plan, [each for each in entries if not each.problems])
    limits.check(act, plan, [each for each in entries if not each.problems])
    return _write_many(act, plan, entries, keep_before)


def require_batch(act: Act, form: str, rows: Sequence[BatchRow]) -> None:
    """Asks the gate for what these rows would do; each record and field is asked for again."""
    if act.source == "import":
        return require(act.person, "import", form)
    for action, wanted in (("add", any(row.id is None for row in rows)), ("edit", any(row.id is not None for row in rows))):
        if wanted:
            require(act.person, action, form)


def entries_of(act: Act, plan: Plan, rows: Sequence[BatchRow], lookup: Lookup, lock: bool) -> list[Entry]:
    """The rows as they would be stored, each with what is wrong with it alone."""
    known = {
        each.id: each
        for each in read_records(act, plan.form.key, [row.id for row in rows if row.id is not None], lock)
        if each.deleted_at is None
    }
    if act.person.rights is not None:
        act.person.rights.know(plan.form.key, known)
        known = {record: each for record, each in known.items() if may(act.person, "view", plan.form.key, record)}
    locked = locking.refusals(act, plan.form.key, known)
    entries: list[Entry] = []
    parsed: Parsed = {}
    for row in rows:
        if row.id is not None and row.id not in known:
            entries.append(Entry(row.id, None, problems=[Problem("", _("This record does not exist any more."))]))
        elif row.id is not None and row.id in locked:
            entries.append(Entry(row.id, None, problems=[Problem("", locked[row.id])]))
        else:
            entries.append(prepare(act, plan, row.values, known[row.id] if row.id is not None else None, lookup, parsed))
    return entries


# -- one record -----------------------------------------------------------------------------------------------------------------
def plan_for(act: Act, form: str) -> Plan:
    if form not in act.catalogue.forms:
        raise NotFound(_("There is no form with the key {key}.", key=form))
    return plan_of(act.catalogue, form, act.connection.dialect)


def _present(act: Act, form: str, record: int) -> Record:
    found = read_record(act, form, record, lock=True)
    if found is None or found.deleted_at is not None or not may(act.person, "view", form, record):
        raise NotFound(_("This record does not exist, or it is in the trash."))
    return found


def _write_one(act: Act, plan: Plan, entry: Entry, action: str) -> Saved:
    if not entry.problems:
        _assign_serials(act, plan, [entry])
        check_together(act, plan, [entry])
        limits.check(act, plan, [] if entry.problems else [entry])
    if entry.problems:
        raise Refused(entry.problems)
    if action == "update" and not entry.changes:
        assert entry.before is not None
        limits.follow(act, [entry])
        return Saved(entry.before.id, entry.before.version, starts=tuple(entry.starts))
    changed = _store(act, plan, [entry])
    json_changes = _json_changes(plan, entry)
    payload = {"changes": json_changes} if action == "update" else {"values": {key: new for key, (_old, new) in json_changes.items()}}
    assert entry.record is not None
    event = outbox.append(act, "record_updated" if action == "update" else "record_created", plan.form.key, entry.record, payload)
    _history(act, plan, [entry], [json_changes], event)
    changed.event = event
    derived.derive_all(act, changed)
    limits.follow(act, [entry])
    return Saved(entry.record, _version(entry), entry.changes, event, tuple(entry.starts))


def _version(entry: Entry) -> int:
    return entry.before.version + 1 if entry.before else 1


def _bury(act: Act, plan: Plan, before: Record, at: int | None, action: str) -> Saved:
    done = plan.deletion.run(
        act.connection,
        {
            "the_id": before.id,
            "the_version": before.version,
            "version": before.version + 1,
            "updated_at": act.micros,
            "updated_by": act.person.id,
            "deleted_at": at,
        },
    )
    if done.rowcount != 1:
        raise Stale(_("Somebody changed this record in the meantime. Look again."), seen_as(act, before))
    event = outbox.append(
        act,
        "record_deleted" if action == "delete" else "record_restored",
        plan.form.key,
        before.id,
        {"values": _jsonable(plan, before.values)},
    )
    insert_history(act, [(before.id, before.version + 1, {})], plan.form.key, action, event)
    changes = Changes(act.source, event)
    changes.touch(plan.form.key, EVERYTHING, [before.id])
    touch_pointed(act, changes, plan, [before])
    derived.derive_all(act, changes)
    return Saved(before.id, before.version + 1, {}, event)


def _followers(act: Act, form: str, record: int) -> None:
    """Deals with the living records that point at one that is being deleted."""
    for other_key, other in act.catalogue.forms.items():
        built = tables_of(act.catalogue).get(other_key)
        for each in other.fields:
            if built is None or not points_at(built, each, form):
                continue
            rule = getattr(each, "on_delete", "restrict")
            pointing = (
                act.connection.execute(
                    sa.select(built.main.c.id)
                    .where(names_one_of(built, each.key, [record]), built.main.c.deleted_at.is_(None))
                    .limit(MOST_FOLLOWERS + 1)
                )
                .scalars()
                .all()
            )
            if not pointing:
                continue
            if rule == "restrict" or len(pointing) > MOST_FOLLOWERS:
                raise Refused([Problem("", _belonging(act, other, each.key, pointing))])
            for follower in pointing:
                if rule == "clear":
                    update(act, other_key, follower, {each.key: _without(act, other_key, follower, each, record)})
                else:
                    delete(act, other_key, follower)


def _belonging(act: Act, form: Form, key: str, pointing: Sequence[int]) -> Message:
    """That records of a form belong to one, and how many; of those that the person does not see only that there are some."""
    rights = act.person.rights
    if rights is not None:
        rights.know(form.key, pointing)
    if all(may(act.person, "view", form.key, each, key) for each in pointing):
        return _("{count} records of {form} belong to this one. Delete or move them first.", count=len(pointing), form=form.label)
    return _("Other records belong to this one, some of which you may not see. Ask somebody who sees them to delete or move them first.")


def _without(act: Act, form: str, record: int, field: FieldType, gone: int) -> Any:
    """What is left of a reference that named a record which goes: nothing, or the others that it names."""
    if field.stores != "many":
        return None
    kept = read_record(act, form, record)
    return [each for each in (kept.values.get(field.key) if kept is not None else ()) or () if each != gone]


# -- many records -----------------------------------------------------------------------------------------------------------------
def _write_many(act: Act, plan: Plan, entries: list[Entry], keep_before: bool) -> BatchResult:
    good = [each for each in entries if not each.problems and (each.before is None or each.changes)]
    result = BatchResult([None] * len(entries), [each.problems for each in entries], before=[None] * len(entries))
    if good:
        changed = write_entries(act, plan, good)
        result.event = changed.event
        derived.derive_all(act, changed)
    limits.follow(act, [each for each in entries if not each.problems])
    for number, each in enumerate(entries):
        if each.problems:
            continue
        assert each.record is not None
        if each.before is not None and not each.changes:
            result.saved[number] = Saved(each.record, each.before.version)
            continue
        result.saved[number] = Saved(each.record, _version(each), each.changes, result.event)
        if keep_before and each.before is not None:
            result.before[number] = {key: old for key, (old, _new) in _json_changes(plan, each).items() if key in plan.writable}
    return result


def write_entries(act: Act, plan: Plan, entries: list[Entry]) -> Changes:
    """Writes what has been prepared and checked, with its history and one event. What follows from it is left to `derive_all`."""
    changed = _store(act, plan, entries)
    texts = [_json_changes(plan, each) for each in entries]
    changed.event = _batch_event(act, plan, entries, texts)
    _history(act, plan, entries, texts, changed.event)
    return changed


def _batch_event(act: Act, plan: Plan, entries: list[Entry], texts: list[dict[str, list[Any]]]) -> int | None:
    """One event for the new records and one for the changed ones; the ids are named, of changed ones also what changed."""
    created = [each.record for each in entries if each.before is None and each.record is not None]
    updated = [(each.record, text) for each, text in zip(entries, texts, strict=True) if each.before is not None]
    event = None
    if created:
        event = outbox.append(act, "record_created", plan.form.key, None, {"items": []}, records=created)
    if updated:
        event = outbox.append(
            act,
            "record_updated",
            plan.form.key,
            None,
            {"items": [[record, {"changes": text}] for record, text in updated]},
            records=[record for record, _text in updated if record is not None],
        )
    return event


# -- checks that need the database ------------------------------------------------------------------------------------------------
def _assign_serials(act: Act, plan: Plan, entries: list[Entry]) -> None:
    """Numbers for new records, without gaps, going on after those an import brought."""
    for serial in plan.serials:
        new = [each for each in entries if each.before is None]
        brought: dict[str, int] = {}
        for each in new:
            read = serial.read(plan.form.key, each.values[serial.key]) if each.values.get(serial.key) is not None else None
            if read is not None:
                brought[read[0]] = max(brought.get(read[0], 0), read[1])
        for counter, number in brought.items():
            ids.pass_by(act.connection, counter, number)
        fresh = [each for each in new if each.values.get(serial.key) is None]
        counted: dict[str, list[Entry]] = {}
        for each in fresh:
            counted.setdefault(serial.counter_name(plan.form.key, act.today, each.values), []).append(each)
        for counter, together in counted.items():
            first = ids.take(act.connection, counter, len(together))
            for number, each in enumerate(together, first):
                each.values[serial.key] = serial.assign(number, act.today, each.values)
                each.changes[serial.key] = (None, each.values[serial.key])


def check_distinct(act: Act, plan: Plan, entries: list[Entry]) -> None:
    """Whether no other living record has a value that must not repeat."""
    for field_type in plan.distinct:
        _check_distinct(act, plan, field_type, entries)


def check_together(act: Act, plan: Plan, entries: list[Entry]) -> None:
    check_distinct(act, plan, entries)
    for reference in plan.references:
        _check_reference(
            act,
            reference.key,
            reference.form,
            [(each, each.changes[reference.key][1], reference.key) for each in entries if reference.key in each.changes],
        )
    for reference in plan.multi_references:
        _check_reference(
            act,
            reference.key,
            reference.form,
            [
                (each, target, reference.key)
                for each in entries
                if reference.key in each.changes
                for target in dict.fromkeys(each.changes[reference.key][1] or ())
            ],
        )
    for subform in plan.built.rows:
        for line in plan.form.by_key[subform].lines().values():
            if line.type == "reference":
                _check_reference(
                    act,
                    line.key,
                    getattr(line, "form"),
                    [
                        (each, row.get(line.key), f"{subform}/{number}/{line.key}")
                        for each in entries
                        if subform in each.changes
                        for number, row in enumerate(each.values.get(subform) or ())
                    ],
                )
    _check_duplicates(act, plan, entries)


def _check_distinct(act: Act, plan: Plan, field_type: Any, entries: list[Entry]) -> None:
    key = field_type.key
    wanted: dict[Any, Entry] = {}
    for each in entries:
        if key not in each.changes or each.changes[key][1] is None:
            continue
        stored = field_type.to_column(each.changes[key][1])
        if stored in wanted:
            each.wrong(key, _("This value stands twice in what you are saving."))
        else:
            wanted[stored] = each
    if not wanted:
        return
    main, column = plan.built.main, plan.built.column(key)
    title = plan.built.columns.get(plan.form.title, column)
    values = list(wanted)
    for start in range(0, len(values), 500):
        part = values[start : start + 500]
        statement = prepared(
            act.catalogue.memo,
            ("distinct", plan.form.key, key, len(part)),
            act.connection.dialect,
            lambda size=len(part): sa.select(column, main.c.id, title).where(
                column.in_([sa.bindparam(f"v{number}", type_=column.type) for number in range(size)]), main.c.deleted_at.is_(None)
            ),
        )
        for stored, record, name in statement.all(act.connection, {f"v{number}": value for number, value in enumerate(part)}):
            if record != wanted[stored].record:
                value = str(wanted[stored].values.get(key))
                wanted[stored].wrong(
                    key,
                    _("{value} already belongs to {title}. Open that record or use another value.", value=value, title=str(name or record))
                    if _may_be_named(act, plan, record)
                    else _("{value} already belongs to a record that you may not see. Use another value.", value=value),
                )


def _may_be_named(act: Act, plan: Plan, record: int) -> bool:
    return may(act.person, "view", plan.form.key, record, plan.form.title if plan.form.title in plan.form.by_key else None)


def _check_reference(act: Act, key: str, form: str, wanted: list[tuple[Entry, Any, str]]) -> None:
    ids = {record for _entry, record, _path in wanted if record is not None}
    if not ids:
        return
    main = tables_of(act.catalogue)[form].main
    statement = prepared(
        act.catalogue.memo,
        ("exists", form),
        act.connection.dialect,
        lambda: sa.select(main.c.id).where(among(main.c.id), main.c.deleted_at.is_(None)),
    )
    living = {row[0] for row in statement.all(act.connection, {"ids": list(ids)})}
    if act.person.rights is not None:
        act.person.rights.know(form, living)
        living = {each for each in living if may(act.person, "view", form, each)}
    for entry, record, path in wanted:
        if record is not None and record not in living and not _pointed_at_before(entry, path, record):
            entry.wrong(path, _("The record this points at does not exist any more. Choose another."))


def _pointed_at_before(entry: Entry, path: str, record: int) -> bool:
    """Whether what names several, a list or the rows of a sub-form, points where it pointed before."""
    if "/" not in path:
        named = entry.before.values.get(path) if entry.before is not None else None
        return isinstance(named, tuple) and record in named
    subform, _number, line = path.split("/") if "/" in path else ("", "", "")
    return entry.before is not None and any(row.get(line) == record for row in entry.before.values.get(subform) or ())


def _check_duplicates(act: Act, plan: Plan, entries: list[Entry]) -> None:
    """Blocks what the form calls a duplicate by equal values; likeness is shown while filling in, it does not block here."""
    main = plan.built.main
    for rule in plan.form.duplicates:
        keys = [each.field for each in rule.match]
        if rule.then != "block" or any(each.by != "exact" or each.field not in plan.built.columns for each in rule.match):
            continue
        for entry in entries:
            values = [entry.values.get(key) for key in keys]
            if None in values or not any(key in entry.changes for key in keys) or any(plan.form.by_key[key].distinct for key in keys):
                continue
            condition = [plan.built.column(key) == plan.form.by_key[key].to_column(value) for key, value in zip(keys, values, strict=True)]
            found = act.connection.execute(
                sa.select(main.c.id, plan.built.columns.get(plan.form.title, main.c.id))
                .where(main.c.deleted_at.is_(None), *condition)
                .limit(2)
            ).all()
            for record, name in found:
                if record != entry.record:
                    entry.wrong(
                        keys[0],
                        _("This is the same as {title}. Open that record instead of making a second one.", title=str(name or record))
                        if _may_be_named(act, plan, record)
                        else _("This is the same as a record that you may not see. Ask somebody who may, instead of making a second one."),
                    )
                    break


# -- storing ----------------------------------------------------------------------------------------------------------------------
def _store(act: Act, plan: Plan, entries: list[Entry]) -> Changes:
    """Writes rows, values and search entries; says what was touched."""
    changes = Changes(act.source)
    new = [each for each in entries if each.before is None]
    if new:
        first = act.take_ids(f"r_{plan.built.id}", len(new))
        for number, each in enumerate(new, first):
            each.record = number
    _write_rows(act, plan, entries, new)
    _write_many_values(act, plan, entries)
    _note_files(act, plan, entries)
    _write_subforms(act, plan, entries)
    if new:
        changes.touch(plan.form.key, EVERYTHING, [each.record for each in new if each.record is not None])
    changed, matched = [each for each in entries if each.before is not None], looked_up_by(act.catalogue, plan.form.key)
    for each in changed:
        for key, (old, _new) in each.changes.items():
            changes.touch(plan.form.key, key, [each.record or 0])
            if key in matched and old is not None:
                changes.former[plan.form.key, key].add(plan.form.by_key[key].to_column(old))
    for reference in plan.multi_references:
        _touch_targets(act, changes, reference, new, changed)
    for reference in plan.references:
        touch_target(act, changes, reference, {each.values.get(reference.key) for each in new}, {EVERYTHING})
        targets: dict[Any, set[str]] = {}
        for each in changed:
            moved = reference.key in each.changes
            names = {EVERYTHING} if moved else set(each.changes)
            if moved:
                targets.setdefault(each.changes[reference.key][0], set()).update(names)
            targets.setdefault(each.values.get(reference.key), set()).update(names)
        for target, names in targets.items():
            touch_target(act, changes, reference, {target}, names)
    return changes


def _touch_targets(act: Act, changes: Changes, reference: Any, new: list[Entry], changed: list[Entry]) -> None:
    """Those that a field of several records names, and those it named before."""
    touch_target(act, changes, reference, {target for each in new for target in each.values.get(reference.key) or ()}, {EVERYTHING})
    for each in changed:
        now = set(each.values.get(reference.key) or ())
        before = set(each.changes[reference.key][0] or ()) if reference.key in each.changes else now
        touch_target(act, changes, reference, now ^ before, {EVERYTHING})
        touch_target(act, changes, reference, now & before, set(each.changes))


def touch_pointed(act: Act, changes: Changes, plan: Plan, records: Iterable[Record]) -> None:
    """Everything that these records point at: they come, go or are back."""
    for record in records:
        for reference in plan.references:
            touch_target(act, changes, reference, {record.values.get(reference.key)}, {EVERYTHING})
        for reference in plan.multi_references:
            touch_target(act, changes, reference, set(record.values.get(reference.key) or ()), {EVERYTHING})


def touch_target(act: Act, changes: Changes, reference: Any, targets: set[Any], names: set[str]) -> None:
    targets.discard(None)
    if targets and reference.many_name and relation_matters(act.catalogue, reference.form, reference.many_name, names):
        changes.touch(reference.form, reference.many_name, targets)


def _write_rows(act: Act, plan: Plan, entries: list[Entry], new: list[Entry]) -> None:
    add, forget = plan.search_statements
    connection = act.connection
    postgresql = connection.dialect.name == "postgresql"
    index: list[tuple[Any, Any]] = []
    for each in entries:
        each.search = _search_of(plan, each)
        packed: Any = grams(each.search)
        if each.before is not None and each.search != each.before.search:
            connection.connection.cursor().execute(forget, (each.record, " ".join(grams(each.before.search))))
        if each.before is None or each.search != each.before.search:
            index.append((each.record, packed if postgresql else " ".join(packed)))
    columns = [(plan.built.columns[key].name, key, plan.built.by_path[key]) for key in plan.main_keys]
    if new:
        plan.insert.many(connection, [{**_new_system(act, each), **_stored(columns, each)} for each in new])
    for each in entries:
        if each.before is None:
            continue
        done = plan.update.run(
            connection,
            {
                "the_id": each.record,
                "the_version": each.before.version,
                "version": each.before.version + 1,
                "updated_at": act.micros,
                "updated_by": act.person.id,
                "search": each.search,
                **_stored(columns, each),
            },
        )
        if done.rowcount != 1:
            raise Stale(_("Somebody changed this record in the meantime. Look again."), seen_as(act, each.before))
    if postgresql and len(index) >= COPY_FROM:
        copy_rows(connection, plan.built.search.name, ("record", "grams"), index)
    elif index:
        connection.connection.cursor().executemany(add, index)


def _new_system(act: Act, entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.record,
        "version": 1,
        "created_at": act.micros,
        "created_by": act.person.id,
        "updated_at": act.micros,
        "updated_by": act.person.id,
        "deleted_at": None,
        "search": entry.search,
    }


def _stored(columns: list[tuple[str, str, Any]], entry: Entry) -> dict[str, Any]:
    found = {}
    for name, key, field_type in columns:
        value = entry.values.get(key)
        found[name] = None if value is None else field_type.to_column(value)
    return found


def _search_of(plan: Plan, entry: Entry) -> str:
    words = []
    for each in plan.searched:
        value = entry.values.get(each.key)
        if value is not None:
            text = each.search_text(value)
            if text:
                words.append(text)
                if each.key == plan.form.title and not text.isascii():
                    words.append(initials(text))
    return search_text(words)


def _write_many_values(act: Act, plan: Plan, entries: list[Entry]) -> None:
    rows: dict[str, list[dict[str, Any]]] = {}
    for key, place in plan.built.places.items():
        if place not in LISTS:
            continue
        number, table = plan.built.numbers[key], plan.built.several(key).name
        for each in entries:
            if key not in each.changes:
                continue
            if each.before is not None:
                plan.many_deletes[table].run(act.connection, {"the_field": number, "the_record": each.record})
            rows.setdefault(table, []).extend(
                {"field": number, "record": each.record, "value": value, "position": position}
                for position, value in enumerate(dict.fromkeys(each.values.get(key) or ()))
            )
    for table, added in rows.items():
        if added:
            plan.many_inserts[table].many(act.connection, added)


def _note_files(act: Act, plan: Plan, entries: list[Entry]) -> None:
    """Which record holds which file, in the transaction in which it takes it."""
    for path in plan.attached:
        key, _dot, line = path.partition(".")
        changed = [(each.record or 0, each.changes[key]) for each in entries if key in each.changes]
        using.note(act, plan.form.key, [(record, path, _held(old, line), _held(new, line)) for record, (old, new) in changed])


def _held(value: Any, line: str) -> list[str]:
    """The tokens in a field, or with `line` in that field of all its rows."""
    return [token for row in value or () for token in row.get(line) or ()] if line else list(value or ())


def _write_subforms(act: Act, plan: Plan, entries: list[Entry]) -> None:
    for key, table in plan.built.rows.items():
        lines = plan.form.by_key[key].lines()
        columns = [
            (plan.built.columns[f"{key}.{name}"].name, name, line) for name, line in lines.items() if f"{key}.{name}" in plan.built.columns
        ]
        rows = []
        for each in entries:
            if key not in each.changes:
                continue
            if each.before is not None:
                plan.row_deletes[key].run(act.connection, {"the_record": each.record})
            for position, row in enumerate(each.values.get(key) or ()):
                rows.append(
                    {
                        "record": each.record,
                        "position": position,
                        **{name: None if row.get(path) is None else line.to_column(row[path]) for name, path, line in columns},
                    }
                )
        if rows:
            first = act.take_ids(table.name, len(rows))
            plan.row_inserts[key].many(act.connection, [{"id": number, **row} for number, row in enumerate(rows, first)])


# -- history ------------------------------------------------------------------------------------------------------------------------
def _jsonable(plan: Plan, values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: None if values.get(key) is None else plan.form.by_key[key].to_json(values[key]) for key in (*plan.writable, *plan.imported)
    }


def _json_changes(plan: Plan, entry: Entry) -> dict[str, list[Any]]:
    fields = plan.form.by_key
    return {
        key: [None if old is None else fields[key].to_json(old), None if new is None else fields[key].to_json(new)]
        for key, (old, new) in entry.changes.items()
    }


def _history(act: Act, plan: Plan, entries: list[Entry], texts: list[dict[str, list[Any]]], event: int | None) -> None:
    for action, chosen in (
        ("create", [pair for pair in zip(entries, texts, strict=True) if pair[0].before is None]),
        ("update", [pair for pair in zip(entries, texts, strict=True) if pair[0].before is not None]),
    ):
        if chosen:
            insert_history(act, [(each.record or 0, _version(each), text) for each, text in chosen], plan.form.key, action, event)


def insert_history(act: Act, rows: list[tuple[int, int, Any]], form: str, action: str, event: int | None) -> None:
    statement = prepared(
        act.catalogue.memo,
        "history",
        act.connection.dialect,
        lambda: sa.insert(record_change).values({name: sa.bindparam(name) for name in _HISTORY}),
    )
    first = act.take_ids("record_change", len(rows))
    statement.many(
        act.connection,
        [
            {
                "id": number,
                "form": form,
                "record": record,
                "version": version,
                "at": act.micros,
                "person": act.person.id,
                "source": act.source,
                "action": action,
                "changes": to_json(text),
                "event": event,
            }
            for number, (record, version, text) in enumerate(rows, first)
        ],
    )


_HISTORY = ("id", "form", "record", "version", "at", "person", "source", "action", "changes", "event")
