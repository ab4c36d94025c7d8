"""/decide/LINK: what somebody is asked, from the link in a mail and without signing in. Opening it decides nothing; its buttons do."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import Refused, Stale, TierloomError
from runtime.pages import approvals
from runtime.pages.public_frame import for_strangers, open_door, said
from runtime.pages.web import NOBODY, reader, workspace
from runtime.records import query
from runtime.system.workspace import Act
from runtime.texts import LANGUAGES, _
from runtime.workflow import mail_links

blueprint = Blueprint("mail_decisions", __name__)
open_door(blueprint)

LONGEST_COMMENT = 2000


@blueprint.get("/decide/<token>")
@for_strangers
def show(token: str) -> Any:
    return _page(token)


@blueprint.post("/decide/<token>")
@for_strangers
def decide(token: str) -> AnyResponse:
    """`act`: approve, reject, return (`to`: where to); `comment`."""
    what, comment = request.form.get("act", ""), request.form.get("comment", "").replace("\x00", "").strip()[:LONGEST_COMMENT]
    try:
        with workspace().writing(NOBODY, "workflow") as act:
            person = mail_links.decide(act, token, what, request.form.get("to", ""), comment)
            g.language = person.language or act.workspace.language
            g.pop("reader", None)
    except Refused as error:
        return Response(_page(token, error), error.status)
    except Stale as error:
        raise mail_links.Gone(error.message) from error
    return said(reader().say(approvals.SAID[what]), 200, heading=reader().say(_("Your decision is noted")), icon_name="circle-check")


def _page(token: str, error: TierloomError | None = None) -> str:
    with workspace().reading(NOBODY) as act:
        wanted = mail_links.open_(act, token)
        g.act = act
        try:
            return _drawn(act, wanted, error)
        finally:
            g.act, g.person = None, None


def _drawn(act: Act, wanted: Any, error: TierloomError | None) -> str:
    """The record as far as the node shows it to that person: no more than on the page of the approval."""
    act.act_for(wanted.person)
    g.person = act.person
    if request.args.get("_lang") not in LANGUAGES:
        g.language = wanted.person.language or act.workspace.language
    g.pop("reader", None)
    form = act.catalogue.forms[wanted.row.form]
    app = approvals.home_of(act, form)
    with approvals.handling(act, wanted.row, wanted.node, True):
        record = query.get(act, wanted.row.form, wanted.row.record)
        lines = approvals.lines_in(act, app.key, form, record, set())
    problems = {each.path: reader().say(each.message) for each in error.problems} if isinstance(error, Refused) else {}
    page = render_template(
        "decide.html",
        heading=reader().shown(wanted.flow.label),
        intro=reader().say(_("{name} asks you, {person}", name=reader().person_name(wanted.state.starter), person=wanted.person.name)),
        icon_name="user-check",
        other=None,
        token=token_of(request.path),
        run=wanted.run,
        parts=lines,
        form=form,
        actions=mail_links.choices_of(wanted),
        returns=approvals.returns_of(wanted.flow, wanted.state, wanted.mine, wanted.node),
        needs_comment=wanted.node.comment == "required",
        comment=request.form.get("comment", ""),
        errors=problems,
        error=None if error is None else reader().say(error.message),
    )
    return page


def token_of(path: str) -> str:
    return path.rsplit("/", 1)[1]
