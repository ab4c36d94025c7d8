"""One tag: where it is used, merging it, its further names, the archive; and the list of what was done, with the way back."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request

from runtime.errors import NotFound, Refused
from runtime.pages import jobs as job_pages
from runtime.pages.tag_frame import Frame, need_frame, pill, tag_of
from runtime.pages.web import by_path, done, go_to, reader, reading, signed_in, writing
from runtime.system import clock, jobs
from runtime.system.workspace import Act
from runtime.tags import curating, journal, references, requests, undoing
from runtime.tags.journal import Change
from runtime.texts import Message, _

blueprint = Blueprint("tag_curating", __name__)

SAID: dict[str, Message] = {
    "give": _("gave the tag “{tag}” to many records"),
    "take": _("took the tag “{tag}” from many records"),
    "archive": _("archived the tag “{tag}”"),
    "restore": _("took the tag “{tag}” out of the archive"),
    "merge": _("merged the tag “{tag}” into “{into}”"),
    "alias": _("changed the names of the tag “{tag}”"),
    "clean_up": _("cleaned up {tags}"),
}
STATES: dict[str, Message] = {
    "running": _("under way"),
    "done": _("done"),
    "stopped": _("stopped on the way"),
    "undoing": _("being taken back"),
    "undone": _("taken back"),
}
KINDS: dict[str, Message] = {
    "form": _("form"),
    "tag_set": _("rule of another tag"),
    "tier_model": _("tier model"),
    "segment": _("segment"),
    "automation": _("automation"),
    "view": _("view"),
    "dashboard": _("dashboard"),
    "permission_set": _("right"),
    "workflow": _("workflow"),
    "plan": _("service plan"),
}


# -- one tag ------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/tags/of/<tag>")
@signed_in
def one(app: str, tag: str) -> str:
    """?into= shows what a merge would do."""
    with reading() as act:
        return _page(act, need_frame(act, app), tag, request.args.to_dict())


def _page(act: Act, here: Frame, key: str, values: dict[str, str], refusal: Refused | None = None) -> str:
    tag = tag_of(here, key)
    others = [each for each in here.set.tags if each is not tag and not each.archived]
    into = next((each for each in others if each.key == values.get("into")), None)
    plan = curating.plan(act, here.set.key, key, into.key) if here.approves and into is not None and not tag.merged_into else None
    return render_template(
        "tag_one.html",
        app=here.app,
        here=here,
        set=here.set,
        form=here.form,
        tag=tag,
        pill=pill(tag),
        final=here.set.final(tag),
        others=[(each.key, reader().shown(each.label)) for each in others],
        into=into if plan is not None else None,
        plan=plan,
        uses=[_use(each) for each in references.references(act.catalogue, here.set, key)],
        values=values,
        problems=by_path(refusal),
        refused=reader().say(refusal.message) if refusal is not None else None,
        full=requests.is_full(here.set) and tag.exception is None,
        full_sentence=requests.full_sentence(here.set),
    )


def _use(each: references.Reference) -> dict[str, Any]:
    return {
        "kind": reader().say(KINDS.get(each.kind, _("definition"))),
        "label": reader().shown(each.label),
        "text": each.text,
        "exact": each.exact,
    }


@blueprint.post("/apps/<app>/-/tags/of/<tag>")
@signed_in
def change(app: str, tag: str) -> Any:
    """`do`: merge, alias, archive or restore."""
    values = request.form.to_dict()
    with reading() as act:
        here = need_frame(act, app)
        tag_of(here, tag)
    try:
        with writing() as act:
            number = _change(act, here.set.key, tag, values)
            found = journal.find(act, number)
    except Refused as error:
        with reading() as act:
            return _page(act, need_frame(act, app), tag, values, error), 422
    with reading() as act:
        said = sentence(need_frame(act, app), found)
    flash({"text": said, "undo": here.href(f"/changes/{number}/undo")}, "good")  # type: ignore[arg-type]
    return go_to(here.href(f"/of/{tag}"))


def _change(act: Act, tag_set: str, tag: str, values: dict[str, str]) -> int:
    do = values.get("do")
    if do == "merge":
        return curating.merge(act, tag_set, tag, values.get("into", ""), rewrite=bool(values.get("rewrite")))
    if do == "alias":
        return curating.rename(act, tag_set, tag, values.get("aliases", "").splitlines())
    if do == "archive":
        return curating.archive(act, tag_set, tag)
    return curating.restore(act, tag_set, tag, values.get("reason", "").strip() or None)


# -- what was done ------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/tags/changes")
@signed_in
def changes(app: str) -> str:
    """The newest first: ?before="""
    before = request.args.get("before", "")
    with reading() as act:
        here = need_frame(act, app)
        found = journal.listed(act, here.set.key, int(before) if before.isdecimal() and len(before) < 19 else None, 51)
        reader().know_people(each.person for each in found)
        return render_template(
            "tag_changes.html",
            app=here.app,
            here=here,
            set=here.set,
            rows=[_row(act, here, each) for each in found[:50]],
            next_href=here.href("/changes", before=found[49].id) if len(found) > 50 else None,
            first_href=here.href("/changes") if before else None,
        )


def _row(act: Act, here: Frame, found: Change) -> dict[str, Any]:
    running = found.job is not None and found.state in ("running", "undoing")
    return {
        "id": found.id,
        "said": sentence(here, found),
        "who": reader().person_name(found.person),
        "at": clock.from_micros(found.at),
        "state": reader().say(STATES[found.state]),
        "tone": {"done": "good", "stopped": "care", "undone": "quiet"}.get(found.state),
        "records": int(found.payload.get("records") or 0),
        "undo": here.href(f"/changes/{found.id}/undo")
        if found.may_be_undone(act.micros) and (here.approves or found.person == act.person.id)
        else None,
        "href": here.href(f"/changes/{found.id}") if running else None,
    }


def sentence(here: Frame, found: Change) -> str:
    """What somebody did, in words."""
    label = {key: tag.label for key, tag in here.set.by_key.items()}
    names = [label.get(key, key) for key in found.payload.get("after", {})]
    into = found.payload.get("into", "")
    said = Message(SAID[found.kind].text, {"tag": label.get(found.tag or "", found.tag), "into": label.get(into, into), "tags": names})
    return reader().say(said)


@blueprint.get("/apps/<app>/-/tags/changes/<int:number>")
@signed_in
def progress(app: str, number: int) -> Any:
    """How far long work is; done, it leads back to the list of what was done."""
    with reading() as act:
        here = need_frame(act, app)
        found = _within(act, here, number)
        job = jobs.find(act.connection, found.job) if found.job is not None else None
        said = sentence(here, found)
    if job is None or job.state not in jobs.OPEN:
        return redirect(here.href("/changes"), 303)
    return render_template(
        "tag_progress.html", app=here.app, here=here, set=here.set, said=said, job=job_pages.line(job, _("Changing tags"))
    )


@blueprint.post("/apps/<app>/-/tags/changes/<int:number>/undo")
@signed_in
def undo(app: str, number: int) -> Any:
    with writing("undo") as act:
        here = need_frame(act, app)
        _within(act, here, number)
        job = undoing.start(act, number)
    if job is not None:
        return go_to(here.href(f"/changes/{number}"))
    return done(here.href("/changes"), _("Taken back."))


def _within(act: Act, here: Frame, number: int) -> Change:
    found = journal.find(act, number)
    if found.tag_set != here.set.key:
        raise NotFound(_("There is no such change of tags."))
    return found
