"""Cleaning up a dictionary: tags whose time is over and tags nobody uses are archived, and records lose those that are over.

Unused: no record has the tag, none has got it for as many days as the dictionary says, it has been there as long, and nothing names it.
Temporary tags are cleaned up every night; core ones are proposed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from runtime.definitions.tag_set import Tag, TagSet
from runtime.errors import Problem, Refused
from runtime.people.person import SYSTEM
from runtime.system import audit, clock, jobs
from runtime.system.tables import definition, definition_version, tag_assignment
from runtime.tags import bulk, journal, publishing
from runtime.tags.references import consumers, references
from runtime.tags.requests import need_approver, set_of
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

KIND = "tag_clean_up"
OVER, UNUSED = "over", "unused"


@dataclass(frozen=True)
class Proposal:
    """A tag to clean up. `records`: how many have it, who lose it where it is over; `last`: when somebody last got it."""

    tag: Tag
    why: str
    records: int
    last: datetime | None

    @property
    def temporary(self) -> bool:
        return self.tag.standing == "temporary"


def proposals(act: Act, tags: TagSet) -> list[Proposal]:
    """What there is to clean up, tags that are over first."""
    alive, last = _figures(act, tags)
    since = act.day - (tags.archive_unused_after_days or 0)
    appeared = _appeared(act, tags) if tags.archive_unused_after_days else {}
    used = consumers(act.catalogue, tags)
    over, unused = [], []
    for tag in tags.tags:
        if tag.archived:
            continue
        given = last.get(tag.key)
        one = Proposal(tag, OVER, alive.get(tag.key, 0), clock.from_micros(given))
        if tag.expires is not None and tag.expires < act.today and not _by_steps(act, tags, tag):
            over.append(one)
        elif tags.archive_unused_after_days and not one.records and not used[tag.key] and tag.family != "control":
            newest = max(given or 0, appeared.get(tag.key, act.micros))
            if clock.to_day(clock.from_micros(newest).astimezone(act.zone).date()) < since:  # type: ignore[union-attr]
                unused.append(Proposal(tag, UNUSED, 0, clock.from_micros(given)))
    return [*over, *unused]


def _by_steps(act: Act, tags: TagSet, tag: Tag) -> bool:
    """Whether an automation still gives or takes it: that has to be changed first."""
    return any(not each.formula for each in references(act.catalogue, tags, tag.key))


def _figures(act: Act, tags: TagSet) -> tuple[dict[str, int], dict[str, int]]:
    """tag → how many records have it, tag → when it was last given."""
    given = tag_assignment.c
    rows = act.connection.execute(
        sa.select(given.tag, sa.func.sum(sa.case((given.removed_at.is_(None), 1), else_=0)), sa.func.max(given.at))
        .where(given.form == tags.form, given.tag_set == tags.key)
        .group_by(given.tag)
    ).all()
    return {tag: int(alive) for tag, alive, _last in rows}, {tag: last for tag, _alive, last in rows}


def _appeared(act: Act, tags: TagSet) -> dict[str, int]:
    """tag → when the first version that has it was published."""
    query = (
        sa.select(definition_version.c.body, definition_version.c.at)
        .join(definition, definition.c.id == definition_version.c.definition)
        .where(definition.c.kind == "tag_set", definition.c.key == tags.key)
        .order_by(definition_version.c.version.desc())
    )
    found: dict[str, int] = {}
    for body, at in act.connection.execute(query):
        found.update({tag["key"]: at for tag in json.loads(body).get("tags", ())})
    return found


def clean_up(act: Act, tag_set: str, keys: Iterable[str]) -> int:
    """Archives these of the proposed tags and takes those that are over from their records; gives the number of the change."""
    tags = set_of(act, tag_set)
    if act.person.id != SYSTEM.id:
        need_approver(act, tags)
    wanted = set(keys)
    chosen = [each for each in proposals(act, tags) if each.tag.key in wanted]
    if not chosen:
        raise Refused([Problem("tags", _("Choose at least one tag that can be cleaned up."))])
    after = {each.tag.key: {"archived": True} for each in chosen}
    edit = publishing.both(*(publishing.changing(tag, **values) for tag, values in after.items()))
    names = [each.tag.label for each in chosen]
    publishing.publish(act, {("tag_set", tag_set): edit}, _("Cleaned up: {tags}.", tags=names))
    parts = [(each.tag.key, True, _holders(act, tags, each.tag.key)) for each in chosen if each.why == OVER and each.records]
    total = sum(len(records) for _tag, _taking, records in parts)
    number = journal.begin(
        act, tags, KIND.removeprefix("tag_"), state="done", before={tag: {"archived": None} for tag in after}, after=after, records=total
    )
    audit.note(act, "tag_clean_up", f"tag_set:{tag_set}", tags=sorted(after), records=total)
    _take(act, act.catalogue.tag_sets[tag_set], number, parts, total)
    return number


def _take(act: Act, tags: TagSet, number: int, parts: list[tuple[str, bool, list[int]]], total: int) -> None:
    if total > bulk.AT_ONCE:
        journal.set_state(act, number, "running", job=bulk.queue(act, tags, number, parts, None, curating=True))
        return
    for tag, taking, records in parts:
        bulk.part(act, tags, number, tags.by_key[tag], taking, records, None, curating=True)


def _holders(act: Act, tags: TagSet, tag: str) -> list[int]:
    given = tag_assignment.c
    query = sa.select(given.record).where(given.form == tags.form, given.tag_set == tags.key, given.tag == tag, given.removed_at.is_(None))
    return list(act.connection.execute(query.order_by(given.record)).scalars())


# -- every night --------------------------------------------------------------------------------------------------------------------
def nightly(workspace: Workspace, tag_set: str, job: Job | None = None) -> dict[str, int]:
    """Archives the temporary tags that are over or unused; records lost them when their last day ended."""
    with workspace.writing(SYSTEM, "schedule") as act:
        tags = act.catalogue.tag_sets.get(tag_set)
        chosen = [each.tag.key for each in proposals(act, tags) if each.temporary] if tags is not None else []
        if chosen:
            clean_up(act, tag_set, chosen)
    return {"archived": len(chosen)}


def register() -> None:
    jobs.KINDS.setdefault(KIND, lambda workspace, job: nightly(workspace, job.payload["tag_set"], job))


def queue(act: Act, tag_set: str) -> int:
    return jobs.start(act, KIND, {"tag_set": tag_set}, subject=f"tag_set:{tag_set}")
