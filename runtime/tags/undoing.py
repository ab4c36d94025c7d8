"""Taking a change of tags back: exactly what it did to records and definitions, and nothing that came after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.definitions import versions
from runtime.definitions.tag_set import TagSet
from runtime.errors import NotAllowed, NotFound, Refused
from runtime.records.changes import Changes
from runtime.system import audit, jobs
from runtime.system.sets import among
from runtime.system.tables import tag_assignment
from runtime.tags import journal, publishing, references
from runtime.tags.assigning import change, revive
from runtime.tags.journal import CLAIMED, GIVEN, TAKEN, Change
from runtime.tags.requests import may_approve
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

KIND = "tag_undo"
AT_ONCE, CHUNK = 500, 2_000


def start(act: Act, number: int) -> int | None:
    """Takes a change back, at once or, where it touched many records, as a job whose number is given. Raises Refused, NotAllowed."""
    found = journal.find(act, number)
    tags = act.catalogue.tag_sets.get(found.tag_set)
    if tags is None:
        raise NotFound(_("There is no tag set with the key {key}.", key=found.tag_set))
    _may(act, tags, found)
    versions.lock(act)
    found = journal.find(act, number)
    if not found.may_be_undone(act.micros):
        raise Refused([], _("This cannot be taken back any more: it was taken back already, is still under way, or is older than 30 days."))
    audit.note(act, "tag_change_undone", f"tag_set:{tags.key}", change=number, what=found.kind, tag=found.tag)
    _definitions(act, found)
    total = sum(journal.count(act, number).values())
    if total <= AT_ONCE:
        _some(act, found, AT_ONCE)
        journal.set_state(act, number, "undone", undone_by=act.person.id, undone_at=act.micros)
        return None
    job = jobs.start(act, KIND, {"change": number}, subject=f"tag_set:{tags.key}", total=total)
    journal.set_state(act, number, "undoing", undone_by=act.person.id, undone_at=act.micros, job=job)
    return job


def run(workspace: Workspace, job: Job) -> dict[str, Any]:
    """The job; begun again it goes on with what is left."""
    number, done = job.payload["change"], 0
    person = job.person()
    more = True
    while more:
        with workspace.writing(person, "undo") as act:
            looked = _some(act, journal.find(act, number), CHUNK)
            done += looked
            more = looked > 0
            if not more:
                journal.set_state(act, number, "undone")
        job.progress(done, job.total)
    return {"records": done}


def _may(act: Act, tags: TagSet, found: Change) -> None:
    """Who did it, and who approves tags."""
    if found.person != act.person.id and not may_approve(act.person, tags):
        raise NotAllowed(_("Only who did this, or somebody who approves tags, takes it back."))


# -- records ------------------------------------------------------------------------------------------------------------------------
def _some(act: Act, found: Change, limit: int) -> int:
    """Takes back what was done to some assignments; gives how many were looked at."""
    rows = journal.left(act, found.id, limit)
    tags = act.catalogue.tag_sets.get(found.tag_set)
    if not rows or tags is None:
        return 0
    source, act.source = act.source, "undo"
    _take(act, tags, [row for row in rows if row.what == GIVEN and row.removed_at is None])
    claimed = [row.assignment for row in rows if row.what == CLAIMED and row.removed_at is None]
    act.connection.execute(tag_assignment.update().where(among(tag_assignment.c.id, claimed)).values(by_rule=1))
    revive(act, tags, [row.assignment for row in rows if row.what == TAKEN])
    act.source = source
    journal.taken_back(act, found.id, [row.assignment for row in rows])
    return len(rows)


def _take(act: Act, tags: TagSet, rows: list[Any]) -> None:
    moves: dict[int, tuple[list[str], list[str]]] = {}
    for row in rows:
        moves.setdefault(row.record, ([], []))[1].append(row.tag)
    change(act, tags, moves, Changes(act.source))


# -- definitions --------------------------------------------------------------------------------------------------------------------
def _definitions(act: Act, found: Change) -> None:
    """The tags' settings and the texts of other definitions as they were; what somebody has changed since stays, and refuses the whole."""
    before, after = found.payload.get("before", {}), found.payload.get("after", {})
    for tag, values in after.items():
        now = publishing.tag_in(act, found.tag_set, tag)
        if any(now.get(name) != value for name, value in values.items()):
            raise Refused([], _("The tag “{tag}” has been changed since. Change it in the dictionary instead.", tag=now["label"]))
    edits: dict[publishing.Name, publishing.Edit] = {}
    if before:
        name = ("tag_set", found.tag_set)
        edits[name] = publishing.both(*(publishing.changing(tag, **values) for tag, values in before.items()))
    for kind, key, path, was, now in found.payload.get("texts", ()):
        one = references.replacing([(path, now, was)])
        edits[kind, key] = publishing.both(edits[kind, key], one) if (kind, key) in edits else one
    if edits:
        publishing.publish(act, edits, _("Taken back: a change of tags."))


def register() -> None:
    jobs.KINDS.setdefault(KIND, run)
