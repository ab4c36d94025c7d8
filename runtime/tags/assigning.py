"""Giving and taking tags: by people and automations here, by rule in rules.py. An assignment is a row; taking a tag keeps the row with
its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.tag_set import Tag, TagSet
from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.people.may import require
from runtime.people.person import SYSTEM, Person
from runtime.people.rights import names
from runtime.records import derived, outbox
from runtime.records.changes import Changes
from runtime.records.tables import tables_of
from runtime.system import clock
from runtime.system.database import to_json
from runtime.system.prepared import prepared
from runtime.system.sets import among
from runtime.system.tables import record_change, tag_assignment
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

ADDED = ("id", "form", "record", "tag_set", "tag", "by_rule", "person", "at", "expires_at", "reason")


@dataclass(frozen=True)
class Present:
    """An assignment that is in force."""

    id: int
    record: int
    tag: str
    by_rule: bool


def assign(act: Act, form: str, record: int, tag: str, reason: str | None = None) -> bool:
    """Gives one record a tag of its form's dictionary; False when it had it. A tag that a rule gave becomes the person's, so no rule
    takes it again."""
    return bool(give(act, _set_with(act, form, tag).key, tag, [record], reason))


def remove(act: Act, form: str, record: int, tag: str, reason: str | None = None) -> bool:
    """Takes a tag from one record; False when it did not have it."""
    return bool(take(act, _set_with(act, form, tag).key, tag, [record], reason))


def give(act: Act, tag_set: str, tag: str, records: Iterable[int], reason: str | None = None) -> list[int]:
    """Gives records a tag; gives back those that did not have it. One event and what follows from it in the same transaction."""
    tags, chosen = _found(act, tag_set, tag)
    if chosen.archived:
        raise Refused(
            [
                Problem(
                    "tag",
                    _("The tag “{tag}” is archived and is given no more. Choose another, or take it out of the archive.", tag=chosen.label),
                )
            ]
        )
    wanted = _living(act, tags.form, records)
    _may(act.person, tags.may_assign, act, tags, wanted, _("You may not give tags of this dictionary. Ask one of those who may."))
    here = {each.record: each for each in present(act, tags, wanted) if each.tag == tag}
    mine = [each.id for each in here.values() if each.by_rule]
    if mine:
        act.connection.execute(
            tag_assignment.update().where(among(tag_assignment.c.id, mine)).values(by_rule=0, person=act.person.id, reason=reason)
        )
    fresh = [record for record in wanted if record not in here]
    change(act, tags, {record: ([tag], []) for record in fresh}, Changes(act.source), reason=reason)
    return fresh


def take(act: Act, tag_set: str, tag: str, records: Iterable[int], reason: str | None = None) -> list[int]:
    """Takes a tag from records; gives back those that had it. What a rule gives, only the rule takes."""
    tags, chosen = _found(act, tag_set, tag)
    wanted = _living(act, tags.form, records)
    _may(act.person, tags.may_remove, act, tags, wanted, _("You may not take tags of this dictionary away. Ask one of those who may."))
    here = [each for each in present(act, tags, wanted) if each.tag == tag]
    if any(each.by_rule for each in here) and not chosen.archived:
        raise Refused(
            [
                Problem(
                    "tag",
                    _(
                        "The tag “{tag}” follows a rule and would come back at once. Change the rule in the tag dictionary instead.",
                        tag=chosen.label,
                    ),
                )
            ]
        )
    change(act, tags, {each.record: ([], [tag]) for each in here}, Changes(act.source), reason=reason)
    return [each.record for each in here]


def tags_of(act: Act, form: str, ids: Iterable[int], tag_set: str | None = None) -> dict[int, list[str]]:
    """The tags of each record, in the order in which they were given; of one dictionary or of all the form has."""
    wanted = list(ids)
    found: dict[int, list[str]] = {record: [] for record in wanted}
    query = (
        sa.select(tag_assignment.c.record, tag_assignment.c.tag)
        .where(tag_assignment.c.form == form, among(tag_assignment.c.record, wanted), tag_assignment.c.removed_at.is_(None))
        .order_by(tag_assignment.c.id)
    )
    for record, tag in act.connection.execute(query if tag_set is None else query.where(tag_assignment.c.tag_set == tag_set)):
        found[record].append(tag)
    return found


# -- for rules.py too ---------------------------------------------------------------------------------------------------------------
def present(act: Act, tags: TagSet, ids: Iterable[int]) -> list[Present]:
    """The assignments of a dictionary's tags to these records that are in force."""
    statement = prepared(act.catalogue.memo, "tags.present", act.connection.dialect, _present)
    rows = statement.all(act.connection, {"form": tags.form, "tag_set": tags.key, "ids": sorted(ids)})
    return [Present(number, record, tag, bool(by_rule)) for number, record, tag, by_rule in rows]


def _present() -> Any:
    named = [tag_assignment.c[name] == sa.bindparam(name) for name in ("form", "tag_set")]
    return (
        sa.select(tag_assignment.c.id, tag_assignment.c.record, tag_assignment.c.tag, tag_assignment.c.by_rule)
        .where(*named, among(tag_assignment.c.record), tag_assignment.c.removed_at.is_(None))
        .order_by(tag_assignment.c.id)
    )


def change(
    act: Act,
    tags: TagSet,
    wanted: dict[int, tuple[list[str], list[str]]],
    changes: Changes,
    by_rule: bool = False,
    reason: str | None = None,
    follow: bool = True,
    expired: bool = False,
) -> list[int]:
    """Writes (added, removed) tags of records with history and one event, and notes what was touched; `follow` works out what depends on
    it. `expired`: what is removed goes because its time is over."""
    changed = {record: each for record, each in wanted.items() if each[0] or each[1]}
    if not changed:
        return []
    before = tags_of(act, tags.form, changed)
    _remove(act, tags, changed, reason)
    _add(act, tags, changed, by_rule, reason)
    _after(act, tags, changed, before, changes, follow, expired)
    return list(changed)


def revive(act: Act, tags: TagSet, assignments: Iterable[int]) -> list[int]:
    """Puts assignments that were ended into force again as they were, on living records that have not got the tag since; gives those it did.
    Past days stay as they were: what was ended before today is there again from now on, by a row of its own."""
    given = tag_assignment.c
    rows = act.connection.execute(
        sa.select(tag_assignment).where(among(given.id, list(assignments)), given.removed_at.is_not(None)).order_by(given.id)
    ).all()
    here = {(each.record, each.tag) for each in present(act, tags, {row.record for row in rows})}
    main = tables_of(act.catalogue)[tags.form].main
    living = set(
        act.connection.execute(
            sa.select(main.c.id).where(among(main.c.id, sorted({row.record for row in rows})), main.c.deleted_at.is_(None))
        ).scalars()
    )
    back = {(row.record, row.tag): row for row in rows if (row.record, row.tag) not in here and row.record in living}
    changed: dict[int, tuple[list[str], list[str]]] = {}
    for record, tag in back:
        changed.setdefault(record, ([], []))[0].append(tag)
    if not changed:
        return []
    before = tags_of(act, tags.form, changed)
    _put_back(act, list(back.values()))
    _after(act, tags, changed, before, Changes(act.source), True)
    return [row.id for row in back.values()]


def _put_back(act: Act, rows: list[Any]) -> None:
    midnight = clock.to_micros(datetime.combine(act.today, time(), act.zone))
    today = [row.id for row in rows if row.removed_at >= midnight]
    act.connection.execute(tag_assignment.update().where(among(tag_assignment.c.id, today)).values(removed_at=None, removed_by=None))
    earlier = [row for row in rows if row.removed_at < midnight]
    if earlier:
        first = act.take_ids("tag_assignment", len(earlier))
        same = [{name: row._mapping[name] for name in ADDED} for row in earlier]
        again = [{**each, "id": number, "at": act.micros} for number, each in enumerate(same, first)]
        act.connection.execute(tag_assignment.insert(), again)


def _after(
    act: Act,
    tags: TagSet,
    changed: dict[int, tuple[list[str], list[str]]],
    before: dict[int, list[str]],
    changes: Changes,
    follow: bool,
    expired: bool = False,
) -> None:
    """The event, the lines in the timelines, and what depends on the tags."""
    event = _tell(act, tags, changed, changes.source, expired)
    _remember(act, tags, changed, before, event, changes.source)
    changes.event = changes.event or event
    for name in ("tags", *tag_fields(act, tags)):
        changes.touch(tags.form, name, changed)
    if follow:
        derived.derive_all(act, changes)


def tag_fields(act: Act, tags: TagSet) -> list[str]:
    """The fields that show the tags of a dictionary."""
    return [
        each.key for each in act.catalogue.forms[tags.form].fields if each.stores == "assigned" and getattr(each, "tag_set") == tags.key
    ]


def _add(act: Act, tags: TagSet, changed: dict[int, tuple[list[str], list[str]]], by_rule: bool, reason: str | None) -> None:
    pairs = [(record, tag) for record, (added, _removed) in changed.items() for tag in added]
    if not pairs:
        return
    first = act.take_ids("tag_assignment", len(pairs))
    statement = prepared(
        act.catalogue.memo,
        "tags.add",
        act.connection.dialect,
        lambda: tag_assignment.insert().values({name: sa.bindparam(name) for name in ADDED}),
    )
    statement.many(
        act.connection,
        [
            {
                "id": number,
                "form": tags.form,
                "record": record,
                "tag_set": tags.key,
                "tag": tag,
                "by_rule": int(by_rule),
                "person": act.person.id,
                "at": act.micros,
                "expires_at": expiry(act, tags.by_key[tag]),
                "reason": reason,
            }
            for number, (record, tag) in enumerate(pairs, first)
        ],
    )


def _remove(act: Act, tags: TagSet, changed: dict[int, tuple[list[str], list[str]]], reason: str | None) -> None:
    by_tag: dict[str, list[int]] = {}
    for record, (_added, removed) in changed.items():
        for tag in removed:
            by_tag.setdefault(tag, []).append(record)
    for tag, records in by_tag.items():
        values: dict[str, Any] = {"removed_at": act.micros, "removed_by": act.person.id}
        act.connection.execute(
            tag_assignment.update()
            .where(
                tag_assignment.c.form == tags.form,
                tag_assignment.c.tag_set == tags.key,
                tag_assignment.c.tag == tag,
                among(tag_assignment.c.record, records),
                tag_assignment.c.removed_at.is_(None),
            )
            .values(values if reason is None else {**values, "reason": reason})
        )


def expiry(act: Act, tag: Tag) -> int | None:
    """The instant at which a temporary tag ends: the end of its last day in the workspace's zone."""
    if tag.expires is None:
        return None
    return clock.to_micros(datetime.combine(tag.expires + timedelta(days=1), time(), act.zone))


def _tell(act: Act, tags: TagSet, changed: dict[int, tuple[list[str], list[str]]], source: str, expired: bool) -> int:
    why = {"expired": True} if expired else {}
    told = [(record, {"tag_set": tags.key, "added": added, "removed": removed, **why}) for record, (added, removed) in changed.items()]
    if len(told) == 1:
        return outbox.append(act, "tags_changed", tags.form, told[0][0], told[0][1], source=source)
    return outbox.append(act, "tags_changed", tags.form, None, to_json({"items": told}), records=list(changed), source=source)


def _remember(
    act: Act, tags: TagSet, changed: dict[int, tuple[list[str], list[str]]], before: dict[int, list[str]], event: int, source: str
) -> None:
    """A line in the record's timeline: the tags before and after."""
    main = tables_of(act.catalogue)[tags.form].main
    versions = dict(act.connection.execute(sa.select(main.c.id, main.c.version).where(among(main.c.id, list(changed)))).all())
    name = next(iter(tag_fields(act, tags)), "tags")
    first = act.take_ids("record_change", len(changed))
    rows = []
    for number, (record, (added, removed)) in enumerate(changed.items(), first):
        after = [tag for tag in before[record] if tag not in removed] + added
        rows.append(
            {
                "id": number,
                "form": tags.form,
                "record": record,
                "version": versions.get(record, 0),
                "at": act.micros,
                "person": act.person.id,
                "source": source,
                "action": "tags",
                "changes": to_json({name: [before[record], after]}),
                "event": event,
            }
        )
    act.connection.execute(record_change.insert(), rows)


# -- who may ------------------------------------------------------------------------------------------------------------------------
def _found(act: Act, tag_set: str, tag: str) -> tuple[TagSet, Tag]:
    tags = act.catalogue.tag_sets.get(tag_set)
    if tags is None:
        raise NotFound(_("There is no tag set with the key {key}.", key=tag_set))
    if tag not in tags.by_key:
        raise NotFound(_("The dictionary “{name}” has no tag {tag}.", name=tags.label, tag=tag))
    return tags, tags.by_key[tag]


def _set_with(act: Act, form: str, tag: str) -> TagSet:
    found = next((each for each in act.catalogue.tag_sets.values() if each.form == form and tag in each.by_key), None)
    if found is None:
        raise NotFound(_("The tag dictionary of this form has no tag {tag}.", tag=tag))
    return found


def _living(act: Act, form: str, records: Iterable[int]) -> list[int]:
    wanted = list(dict.fromkeys(records))
    main = tables_of(act.catalogue)[form].main
    living = set(act.connection.execute(sa.select(main.c.id).where(among(main.c.id, wanted), main.c.deleted_at.is_(None))).scalars())
    if len(wanted) == 1 and not living:
        raise NotFound(_("This record does not exist, or it is in the trash."))
    return [record for record in wanted if record in living]


def _may(person: Person, allowed: tuple[str, ...], act: Act, tags: TagSet, records: list[int], sentence: Any) -> None:
    """Asks the gate for the field that shows the tags, then the dictionary."""
    if person.rights is not None:
        person.rights.know(tags.form, records)
    action, field = "import" if act.source == "import" else "edit", next(iter(tag_fields(act, tags)), None)
    for record in records:
        require(person, action, tags.form, record, field)
    if allowed and not (person.id == SYSTEM.id or is_one_of(person, allowed)):
        raise NotAllowed(sentence)


def is_one_of(person: Person, allowed: Iterable[str]) -> bool:
    """Whether somebody builds, or is named by `role:…`, `user:…`, `department:…` or `group:…`."""
    return person.is_builder or any(names(person, who) or who.casefold() == f"user:{person.email}".casefold() for who in allowed)
