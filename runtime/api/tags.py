"""Tags of a record: which it has, giving and taking them by the rules of their dictionary."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from pydantic import Field

from runtime.api.records import instant
from runtime.api.route import Call, Shape, page
from runtime.definitions.tag_set import TagSet
from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import may
from runtime.records import query
from runtime.system import clock
from runtime.system.tables import tag_assignment as table
from runtime.system.workspace import Act
from runtime.tags import assigning
from runtime.texts import _, shown


class Tagging(Shape):
    """`tag`: its key, label or a further name. `tag_set` is needed only where several dictionaries of the form have such a tag."""

    tag: str = Field(min_length=1, max_length=100)
    tag_set: str | None = None
    reason: str | None = Field(None, max_length=1000)


class Assigned(Shape):
    """`by_rule`: a rule gave it, and only the rule takes it."""

    tag_set: str
    tag: str
    label: str
    by_rule: bool
    by: str
    at: str
    expires_at: str | None
    reason: str | None


class Tags(Shape):
    items: tuple[Assigned, ...]
    next: None


def listed(call: Call, form: str, id: int) -> dict[str, Any]:
    query.get(call.act, form, id)
    open_sets = [each.key for each in _sets(call.act, form) if _sees(call.act, each, id)]
    rows = call.act.connection.execute(
        sa.select(table).where(table.c.form == form, table.c.record == id, table.c.removed_at.is_(None)).order_by(table.c.id)
    )
    return page([_assigned(call, row) for row in rows if row.tag_set in open_sets])


def give(call: Call, form: str, id: int) -> dict[str, Any]:
    query.get(call.act, form, id)
    wanted = call.body
    sets = [each for each in _sets(call.act, form) if each.find(wanted.tag) and wanted.tag_set in (None, each.key)]
    if len(sets) != 1:
        raise Refused(
            [
                Problem("tag", _("The tag dictionary of this form has no tag {tag}.", tag=wanted.tag))
                if not sets
                else Problem("tag_set", _("Several dictionaries have this tag. Name one of {sets}.", sets=[each.key for each in sets]))
            ]
        )
    found = sets[0].find(wanted.tag)
    assert found is not None
    assigning.give(call.act, sets[0].key, found.key, [id], wanted.reason)
    return listed(call, form, id)


def take(call: Call, form: str, id: int, tag: str) -> dict[str, Any]:
    query.get(call.act, form, id)
    sets = [each for each in _sets(call.act, form) if tag in each.by_key]
    if not sets:
        raise NotFound(_("The tag dictionary of this form has no tag {tag}.", tag=tag))
    for each in sets:
        assigning.take(call.act, each.key, tag, [id])
    return listed(call, form, id)


def _sets(act: Act, form: str) -> list[TagSet]:
    return [each for each in act.catalogue.tag_sets.values() if each.form == form]


def _sees(act: Act, tags: TagSet, record: int) -> bool:
    """Whether the person sees the field that shows the tags of a dictionary."""
    return all(may(act.person, "view", tags.form, record, key) for key in assigning.tag_fields(act, tags))


def _assigned(call: Call, row: Any) -> dict[str, Any]:
    tags = call.act.catalogue.tag_sets.get(row.tag_set)
    label = shown(tags.by_key[row.tag].label, call.language) if tags is not None and row.tag in tags.by_key else row.tag
    at, ends = clock.from_micros(row.at), clock.from_micros(row.expires_at)
    assert at is not None
    return {
        "tag_set": row.tag_set,
        "tag": row.tag,
        "label": label,
        "by_rule": bool(row.by_rule),
        "by": str(row.person),
        "at": instant(at),
        "expires_at": None if ends is None else instant(ends),
        "reason": row.reason,
    }
