"""Giving a tag to many records, or taking it from them: counted beforehand, done at once or as a job, and taken back as exactly that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.tag_set import Tag, TagSet
from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.people.may import may
from runtime.people.person import SYSTEM
from runtime.records.changes import Changes
from runtime.records.tables import tables_of
from runtime.system import audit, jobs
from runtime.system.chunks import chunks, work_through
from runtime.system.sets import among
from runtime.system.tables import tag_assignment
from runtime.tags import journal, undoing
from runtime.tags.assigning import change, is_one_of, present
from runtime.tags.requests import set_of
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

KIND = "tag_bulk"
AT_ONCE, CHUNK = 500, 2_000
MOST = 200_000
"""More records than this are tagged by a rule."""


@dataclass(frozen=True)
class Preview:
    """`changed`: records that get or lose the tag; `same`: those that are so already; `ruled`: those whose tag only its rule takes; `kept`:
    those that the person may not change."""

    changed: int
    same: int
    ruled: int
    kept: int

    @property
    def all(self) -> int:
        return self.changed + self.same + self.ruled + self.kept


def preview(act: Act, tag_set: str, tag: str, taking: bool, records: Iterable[int]) -> Preview:
    """What `start` would do to these records. Raises NotFound, NotAllowed, Refused."""
    tags, chosen = _checked(act, tag_set, tag, taking)
    wanted = list(dict.fromkeys(records))
    changed = same = ruled = kept = 0
    for some in chunks(wanted, CHUNK):
        fresh, stuck, allowed = _sorted(act, tags, chosen, taking, some)
        changed, ruled, kept = changed + len(fresh), ruled + len(stuck), kept + len(some) - len(allowed)
        same += len(allowed) - len(fresh) - len(stuck)
    return Preview(changed, same, ruled, kept)


def start(act: Act, tag_set: str, tag: str, taking: bool, records: Iterable[int], reason: str | None = None) -> int:
    """Does it, at once or beyond a limit as a job; gives the number of the change."""
    tags, chosen = _checked(act, tag_set, tag, taking)
    wanted = list(dict.fromkeys(records))
    if len(wanted) > MOST:
        raise Refused([Problem("", _("At most {most} records at once. Narrow the list, or give the tag a rule.", most=f"{MOST:,}"))])
    audit.note(act, "tag_bulk", f"tag_set:{tag_set}", tag=tag, taking=taking, records=len(wanted))
    kind = "take" if taking else "give"
    number = journal.begin(act, tags, kind, tag, state="running", records=len(wanted), reason=reason)
    if len(wanted) <= AT_ONCE:
        part(act, tags, number, chosen, taking, wanted, reason)
        journal.set_state(act, number, "done")
        return number
    job = queue(act, tags, number, [(tag, taking, wanted)], reason)
    journal.set_state(act, number, "running", job=job)
    return number


def queue(act: Act, tags: TagSet, number: int, parts: list[tuple[str, bool, list[int]]], reason: str | None, curating: bool = False) -> int:
    """The work as a job: (tag, whether it is taken, records). `curating`: who looks after the dictionary, not who may change each record."""
    total = sum(len(records) for _tag, _taking, records in parts)
    payload = {"change": number, "tag_set": tags.key, "parts": parts, "reason": reason, "curating": curating}
    return jobs.start(act, KIND, payload, subject=f"tag_set:{tags.key}", total=total)


def run(workspace: Workspace, job: Job) -> dict[str, Any]:
    """The job; begun again it finds what is done already done. Cancelled, it keeps what is done, which can be taken back."""
    number, reason, person = job.payload["change"], job.payload["reason"], job.person()

    def work(one: tuple[str, bool, list[int]]) -> int:
        tag, taking, some = one
        with workspace.writing(person) as act:
            tags, chosen = _known(act, job.payload["tag_set"], tag)
            part(act, tags, number, chosen, taking, some, reason, job.payload["curating"])
        return len(some)

    parts = ((tag, taking, some) for tag, taking, records in job.payload["parts"] for some in chunks(records, CHUNK))
    return {"records": work_through(job, parts, work, lambda state: _end(workspace, number, state))}


def _end(workspace: Workspace, number: int, state: str) -> None:
    with workspace.writing(SYSTEM) as act:
        journal.set_state(act, number, state)


def part(
    act: Act, tags: TagSet, number: int, tag: Tag, taking: bool, records: list[int], reason: str | None, curating: bool = False
) -> None:
    """Does it to some records, and notes what was done to their assignments."""
    fresh, _stuck, allowed = _sorted(act, tags, tag, taking, records, curating)
    if taking:
        ended = journal.alive(act, tags, tag.key, fresh)
        change(act, tags, {record: ([], [tag.key]) for record in fresh}, Changes(act.source), reason=reason)
        journal.note(act, number, journal.TAKEN, ended)
        return
    ruled = [each.id for each in present(act, tags, allowed) if each.tag == tag.key and each.by_rule]
    act.connection.execute(
        tag_assignment.update().where(among(tag_assignment.c.id, ruled)).values(by_rule=0, person=act.person.id, reason=reason)
    )
    change(act, tags, {record: ([tag.key], []) for record in fresh}, Changes(act.source), reason=reason)
    journal.note(act, number, journal.CLAIMED, ruled)
    journal.note(act, number, journal.GIVEN, journal.alive(act, tags, tag.key, fresh))


def _sorted(
    act: Act, tags: TagSet, tag: Tag, taking: bool, records: list[int], curating: bool = False
) -> tuple[list[int], list[int], list[int]]:
    """Of some records: those that change, those whose tag only its rule takes, and all that the person may change."""
    allowed = _living(act, tags, records) if curating else _changeable(act, tags, records)
    here = {each.record: each.by_rule for each in present(act, tags, allowed) if each.tag == tag.key}
    if not taking:
        return [record for record in allowed if record not in here], [], allowed
    ruled = tag.rule is not None and not tag.archived and not curating
    stuck = [record for record, by_rule in here.items() if by_rule and ruled]
    return [record for record in here if record not in set(stuck)], stuck, allowed


def _changeable(act: Act, tags: TagSet, records: list[int]) -> list[int]:
    living = _living(act, tags, records)
    if act.person.rights is not None and not act.person.is_builder:
        act.person.rights.know(tags.form, living)
    return [record for record in living if may(act.person, "edit", tags.form, record)]


def _living(act: Act, tags: TagSet, records: list[int]) -> list[int]:
    main = tables_of(act.catalogue)[tags.form].main
    query = sa.select(main.c.id).where(among(main.c.id, records), main.c.deleted_at.is_(None)).order_by(main.c.id)
    return list(act.connection.execute(query).scalars())


def _known(act: Act, tag_set: str, tag: str) -> tuple[TagSet, Tag]:
    tags = act.catalogue.tag_sets.get(tag_set)
    if tags is None or tag not in tags.by_key:
        raise NotFound(_("There is no tag set with the key {key}.", key=tag_set))
    return tags, tags.by_key[tag]


def _checked(act: Act, tag_set: str, tag: str, taking: bool) -> tuple[TagSet, Tag]:
    set_of(act, tag_set)
    tags, chosen = _known(act, tag_set, tag)
    allowed = tags.may_remove if taking else tags.may_assign
    if allowed and not is_one_of(act.person, allowed):
        sentence = (
            _("You may not take tags of this dictionary away. Ask one of those who may.")
            if taking
            else _("You may not give tags of this dictionary. Ask one of those who may.")
        )
        raise NotAllowed(sentence)
    if not may(act.person, "edit", tags.form):
        raise NotAllowed(_("You may not change records of this form."))
    if chosen.archived and not taking:
        raise Refused(
            [
                Problem(
                    "tag",
                    _("The tag “{tag}” is archived and is given no more. Choose another, or take it out of the archive.", tag=chosen.label),
                )
            ]
        )
    return tags, chosen


def register() -> None:
    jobs.KINDS.setdefault(KIND, run)
    undoing.register()
