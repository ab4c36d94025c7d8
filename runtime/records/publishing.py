"""Publishing that has many values to read first: a job, which goes on where it stood when its process dies.

A field with another type gets a new column; its values are taken over in blocks while the version before goes on answering
(records/converting.py), then the version is published in one short transaction. Few values are read at once, without a job.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runtime.definitions import versions
from runtime.errors import Refused
from runtime.records.preparing import prepare, to_convert
from runtime.system import jobs
from runtime.system.database import to_json
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

KIND = "publish"
AT_ONCE = 20_000
"""So many values are read while somebody waits."""
Json = dict[str, Any]


def is_long(act: Act, bodies: list[Json]) -> bool:
    return to_convert(act, bodies) > AT_ONCE


def later(act: Act, bodies: list[Json], note: str | None, reason: str | None) -> int:
    """Publishes a set as soon as its values are taken over; gives the number of the job."""
    live = {f"{each['kind']}:{each['key']}": act.catalogue.versions.get((each["kind"], each["key"])) for each in bodies}
    payload = {"bodies": bodies, "note": note, "reason": reason, "live": live}
    return jobs.start(act, KIND, payload, subject=next(iter(live), None), total=to_convert(act, bodies))


def run(workspace: Workspace, job: Job) -> Json:
    person, bodies = job.person(), job.payload["bodies"]
    already = job.done
    prepare(workspace, person, bodies, lambda read: job.progress(already + read))
    with workspace.writing(person, "publish") as act:
        versions.lock(act)
        for name, number in job.payload["live"].items():
            kind, _colon, key = name.partition(":")
            if act.catalogue.versions.get((kind, key)) != number:
                raise Refused([], _("Somebody else has published this meanwhile. Look at their version, and publish again."))
        edited = _edited_since(act, bodies)
        published = versions.publish(act, bodies, job.payload["note"], reason=job.payload["reason"])
        for body in edited:
            versions.save_draft(act, body["kind"], body["key"], body)
    job.done = job.total or job.done
    return {"published": [{"kind": kind, "key": key, "version": version} for kind, key, version in published]}


def _edited_since(act: Act, bodies: list[Json]) -> list[Json]:
    """Drafts on which somebody has worked on after their publication was asked for: they stay."""
    found = []
    for body in bodies:
        draft = versions.find_draft(act.connection, body["kind"], body["key"])
        if draft is not None and to_json(draft.body) != to_json(body):
            found.append(draft.body)
    return found


def register() -> None:
    jobs.KINDS[KIND] = run
