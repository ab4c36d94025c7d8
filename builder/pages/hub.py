"""The design hub: everything that is defined, what is still a draft, what is wrong, and who uses what."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, g, render_template, request
from werkzeug.wrappers import Response

from builder.beside import drafts_of, what_changes
from builder.drafts import ANY_FOLDER, WORKSPACE, check_key, key_from, new_body
from builder.pages.frame import address, as_text, check_app, kind_of, link, moment, written
from builder.uses import used_by
from builder.words import KIND_ICONS, KIND_NAMES
from runtime.automation import log
from runtime.definitions import reasons, versions
from runtime.definitions.kinds import KINDS
from runtime.errors import DefinitionProblems, NotFound, Problem, Refused
from runtime.people.may import may
from runtime.records import authoring
from runtime.records.preparing import prepare
from runtime.pages.web import designer_only, done, go_to, reader, reading, workspace, writing
from runtime.system.tables import definition
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("hub", __name__)

MOST_USES = 3


@blueprint.get("/build")
@designer_only
def start() -> str:
    return _hub(WORKSPACE)


@blueprint.get("/build/<app>")
@designer_only
def hub(app: str) -> str:
    return _hub(app)


def _hub(app: str) -> str:
    with reading() as act:
        own = check_app(act, app)
        drafts = [each for each in versions.drafts(act.connection) if authoring.may_change(act, each.kind, each.key, each.body.get("app"))]
        reader().know_people(each.author for each in drafts if each.author)
        lines = _lines(act, app, own, drafts)
        groups = [
            {"kind": kind, "label": KIND_NAMES[kind], "icon": KIND_ICONS[kind], "lines": [each for each in lines if each["kind"] == kind]}
            for kind in KINDS
        ]
        apps = [
            {"label": reader().shown(each.label), "href": f"/build/{each.key}", "active": each.key == app}
            for each in act.catalogue.apps.values()
            if may(act.person, "build", app=each.key)
        ]
        return render_template(
            "builder/hub.html",
            app=app,
            app_here=act.catalogue.apps.get(app),
            parts_shown=[each for each in groups if each["lines"]],
            apps=apps,
            drafts=sum(1 for each in lines if each["draft"]),
            faulty=sum(1 for each in lines if each["problems"] or each["broken"]),
            kinds=[(kind, KIND_NAMES[kind]) for kind in KINDS],
            forms=len(act.catalogue.forms),
        )


def _lines(act: Act, app: str, own: str | None, drafts: list[versions.Draft]) -> list[dict[str, Any]]:
    """What belongs to the app or to no app; in the workspace's own hub everything."""
    problems = _problems(act, drafts)
    by_name = {(each.kind, each.key): each for each in drafts}
    uses, ran = used_by(act.catalogue), log.summaries(act)
    names = dict.fromkeys([*((each.kind, each.key) for each in act.catalogue.all()), *act.catalogue.broken, *by_name])
    found = []
    for kind, key in names:
        draft, live = by_name.get((kind, key)), act.catalogue.of_kind(kind).get(key)
        home = live.app if live is not None else draft.body.get("app") if draft else None
        if own is not None and home not in (own, None) and not (kind == "app" and key == own):
            continue
        if own is not None and kind == "app" and key != own:
            continue
        if not authoring.may_change(act, kind, key, home):
            continue
        users = uses.get((kind, key), [])
        found.append(
            {
                "kind": kind,
                "key": key,
                "label": live.label if live is not None else (draft and as_text(draft.body.get("label"))) or key,
                "href": address(app, kind, key),
                "version": act.catalogue.versions.get((kind, key)),
                "everybody": home is None and kind != "app",
                "draft": draft and {"at": moment(draft.updated_at), "by": reader().person_name(draft.author)},
                "problems": len(problems.get((kind, key), ())),
                "broken": act.catalogue.broken.get((kind, key)),
                "uses": [link(act, app, *each) for each in users[:MOST_USES]],
                "more": max(0, len(users) - MOST_USES),
                "at_work": _at_work(app, live, ran.get(key)) if kind == "automation" and live is not None else None,
            }
        )
    return found


def _at_work(app: str, live: Any, ran: log.Summary | None) -> dict[str, Any]:
    """Of an automation whether it is switched on, when it last ran, and how much failed lately."""
    home = live.app or app
    return {
        "enabled": live.enabled,
        "last": None if ran is None or ran.last is None else reader().ago(ran.last),
        "failed": 0 if ran is None else ran.failed,
        "log": f"/apps/{home}/-/runs?automation={live.key}" if home != WORKSPACE else None,
    }


def _problems(act: Act, drafts: list[versions.Draft]) -> dict[tuple[str, str], list[Problem]]:
    """What keeps all drafts together from being published, by definition."""
    given = [each.body for each in drafts]
    found: dict[tuple[str, str], list[Problem]] = defaultdict(list)
    for problem in versions.dry_run(act, given):
        if len(given) == 1 and not problem.path.startswith(f"{drafts[0].kind}:"):
            found[drafts[0].kind, drafts[0].key].append(problem)
            continue
        name, _slash, path = problem.path.partition("/")
        kind, _colon, key = name.partition(":")
        found[kind, key].append(Problem(path, problem.message))
    return found


@blueprint.post("/build/<app>/new")
@designer_only
def new(app: str) -> Response:
    """Begins a definition as a draft and opens it."""
    kind, label = request.form.get("kind", ""), request.form.get("label", "").strip()[:200]
    if not label:
        raise Refused([Problem("label", _("Give it a name."))])
    key = request.form.get("key", "").strip() or key_from(label)
    check_key(kind, key)
    with writing() as act:
        home = check_app(act, app)
        if act.connection.execute(
            sa.select(definition.c.id).where(definition.c.kind == kind, definition.c.key == key, definition.c.version.is_not(None))
        ).first():
            raise Refused([Problem("key", _("The key {key} is taken. Choose another one.", key=key))])
        if versions.find_draft(act.connection, kind, key) is not None:
            raise Refused([Problem("key", _("A draft with the key {key} is already there. Open it, or choose another key.", key=key))])
        versions.save_draft(act, kind, key, new_body(act, kind, key, label, home), 0)
    return go_to(address(app, kind, key))


@blueprint.post(f"/build/<app>/<{ANY_FOLDER}:folder>/<key>/discard")
@designer_only
def discard(app: str, folder: str, key: str) -> Response:
    kind = kind_of(folder)
    with writing() as act:
        check_app(act, app)
        if versions.find_draft(act.connection, kind, key) is None:
            raise NotFound(_("There is no draft to discard."))
        versions.discard_draft(act, kind, key)
    return done(f"/build/{app}" if app != WORKSPACE else "/build", _("The draft is discarded; what is live stays as it is."))


@blueprint.get("/build/<app>/publish")
@designer_only
def look(app: str) -> str:
    """All drafts with what they change, before they are published together."""
    with reading() as act:
        own = check_app(act, app)
        drafts = drafts_of(act, own)
        problems = _problems(act, drafts)
        reader().know_people(each.author for each in drafts if each.author)
        changes = []
        for each in drafts:
            changes.append(
                {
                    "kind": KIND_NAMES[each.kind],
                    "icon": KIND_ICONS[each.kind],
                    "label": as_text(each.body.get("label")) or each.key,
                    "href": address(app, each.kind, each.key),
                    "by": reader().person_name(each.author),
                    "at": moment(each.updated_at),
                    "changes": [reader().say(one) for one in what_changes(act, each)],
                    "problems": written(problems.get((each.kind, each.key), ())),
                }
            )
        return render_template(
            "builder/publish.html",
            reasons=_reasons(act, [each.body for each in drafts]) if not any(problems.values()) else [],
            app=app,
            app_here=act.catalogue.apps.get(app),
            changes=changes,
            faulty=sum(map(len, problems.values())),
        )


@blueprint.post("/build/<app>/publish")
@designer_only
def publish_all(app: str) -> Response:
    with reading() as act:
        wanted = [each.body for each in drafts_of(act, check_app(act, app))]
    prepare(workspace(), g.person, wanted)
    with writing("publish") as act:
        own = check_app(act, app)
        drafts = drafts_of(act, own)
        if not drafts:
            raise Refused([], _("There is no draft to publish."))
        try:
            done_ = versions.publish(
                act, [each.body for each in drafts], request.form.get("note", "").strip()[:500] or None, reason=request.form.get("reason")
            )
        except DefinitionProblems as error:
            raise DefinitionProblems(error.problems) from error
    flash(reader().say(_("Published: {count} definitions.", count=len(done_))), "good")
    return go_to(f"/build/{app}" if app != WORKSPACE else "/build")


def _reasons(act: Act, bodies: list[dict[str, Any]]) -> list[str]:
    """What publishing asks a written reason for, in sentences."""
    return [reader().say(each.sentence) for each in reasons.open_needs(act, versions.load_all(bodies))] if bodies else []
