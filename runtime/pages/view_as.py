"""Looking as somebody else: whoever administers sees every page as that person does, and can change nothing meanwhile."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, request, session

from runtime.errors import NotAllowed, Problem, Refused
from runtime.pages.web import ONLY_LOOKING, builder_only, done, go_to, signed_in, workspace, writing
from runtime.people import accounts
from runtime.system import audit, database
from runtime.texts import _

blueprint = Blueprint("view_as", __name__)

KEPT = "view_as"
SECONDS = 3600
SAFE = {"GET", "HEAD", "OPTIONS"}
ONLY_ASKING = {"view_as.stop", "sign_in.sign_out", "entry.check", "lists.add_condition", "headers.csp_report"}
"""What is posted and changes nothing of the workspace's."""


def begin() -> None:
    """Puts the person who is looked as in the place of the one who looks, while that one may administer and the hour is not over."""
    kept = session.get(KEPT)
    if kept is None:
        return
    who, by, until = kept
    own = workspace()
    if by != g.person.id or not g.person.is_builder or own.now().timestamp() > until:
        session.pop(KEPT)
        return
    with database.reading(own.engine) as connection:
        someone = accounts.by_id(connection, who)
    if someone is None or not someone.active:
        session.pop(KEPT)
        return
    g.viewer, g.person = g.person, someone


def refuse_writing() -> None:
    if g.viewer is not None and request.method not in SAFE and request.endpoint not in ONLY_ASKING:
        raise NotAllowed(ONLY_LOOKING)


@blueprint.post("/admin/people/<int:person_id>/view-as")
@builder_only
def start(person_id: int) -> Any:
    with writing() as act:
        someone = accounts.by_id(act.connection, person_id)
        if someone is None or not someone.active or someone.id == g.person.id:
            raise Refused([Problem("", _("Choose somebody else, whose account is switched on."))])
        audit.note(act, "impersonation_started", f"person:{person_id}")
    session[KEPT] = [person_id, g.person.id, workspace().now().timestamp() + SECONDS]
    return go_to("/")


@blueprint.post("/view-as/stop")
@signed_in
def stop() -> Any:
    looked_as = g.person.id
    session.pop(KEPT, None)
    if g.viewer is None:
        return go_to("/")
    with workspace().writing(g.viewer) as act:
        audit.note(act, "impersonation_ended", f"person:{looked_as}")
    return done(f"/admin/people/{looked_as}", _("You are yourself again."))
