"""Segments: what each means, how many belong to it and did, who they are. Everything among the records that the caller sees."""

from __future__ import annotations

from typing import Any

from runtime.api.records import instant
from runtime.api.route import Call, Shape, page
from runtime.definitions.segment import Segment
from runtime.errors import FormulaProblems, NotFound, Refused
from runtime.people.may import may
from runtime.records import query
from runtime.records.guard import require_readable
from runtime.segments import figures
from runtime.segments.figures import Count
from runtime.segments.members import rule
from runtime.segments.uses import users
from runtime.system.workspace import Act
from runtime.texts import _, shown

DAYS = 90


class Line(Shape):
    """`where` is null where the rule reads what the caller may not see. Of a segment that is not `kept` over time the members are counted by the
    rule, with `more` where there are beyond 10,000, and `since`, `entered` and `left` (of the last 30 days) are null."""

    key: str
    label: str
    form: str
    where: str | None
    members: int
    more: bool
    kept: bool
    since: str | None
    entered: int | None
    left: int | None


class Lines(Shape):
    items: tuple[Line, ...]
    next: None


class Day(Shape):
    """How many belonged to it at the end of a day, today up to now."""

    day: str
    members: int


class User(Shape):
    """A definition that uses it."""

    kind: str
    key: str


class Whole(Line):
    """`history` goes back 90 days, or to the day on which keeping began."""

    history: tuple[Day, ...]
    used_by: tuple[User, ...]


class Member(Shape):
    """`since` is null for those who belonged to it when keeping began, and where nothing is kept."""

    record: str
    since: str | None


class Members(Shape):
    items: tuple[Member, ...]
    next: int | None


def listed(call: Call) -> dict[str, Any]:
    segments = figures.seen_segments(call.act)
    counts = figures.counts(call.act, segments)
    return page([_line(call, each, counts[each.key]) for each in segments])


def one(call: Call, segment: str) -> dict[str, Any]:
    found = _found(call.act, segment)
    count = figures.count(call.act, found)
    used = [each for each in users(call.act.catalogue).get(segment, []) if each.kind != "permission_set" or may(call.act.person, "build")]
    return {
        **_line(call, found, count),
        "history": [{"day": day.isoformat(), "members": members} for day, members in figures.line(call.act, found, count, DAYS)],
        "used_by": [{"kind": each.kind, "key": each.key} for each in used],
    }


def members(call: Call, segment: str) -> dict[str, Any]:
    limit = call.query.get("limit", 50)
    found = figures.page(call.act, _found(call.act, segment), call.query.get("cursor", 0), limit + 1)
    items = [{"record": str(record), "since": None if since is None else instant(since)} for record, since in found[:limit]]
    return page(items, found[limit - 1][0] if len(found) > limit else None)


def _found(act: Act, key: str) -> Segment:
    found = next((each for each in figures.seen_segments(act) if each.key == key), None)
    if found is None:
        raise NotFound(_("There is no segment with the key {key}.", key=key))
    return found


def _line(call: Call, segment: Segment, count: Count) -> dict[str, Any]:
    return {
        "key": segment.key,
        "label": shown(segment.label, call.language),
        "form": segment.form,
        "where": segment.where if _reads(call.act, segment) else None,
        "members": min(count.members, query.COUNTED) if count.bounded else count.members,
        "more": count.bounded,
        "kept": count.kept,
        "since": instant(count.began) if count.began is not None else None,
        "entered": count.entered if count.kept else None,
        "left": count.left if count.kept else None,
    }


def _reads(act: Act, segment: Segment) -> bool:
    try:
        require_readable(act, segment.form, rule(act.catalogue, segment))
    except (FormulaProblems, Refused):
        return False
    return True
