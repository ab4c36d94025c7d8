"""The versions of a definition: who, when and why; two of them side by side in words and as JSON; an older one back in force."""

from __future__ import annotations

import difflib
import json
from typing import Any

from flask import Blueprint, g, render_template, request
from werkzeug.wrappers import Response

from builder.differences import differences
from builder.drafts import ANY_FOLDER, open_draft, problems_of
from builder.pages.frame import address, as_text, check_app, kind_of, moment, written
from builder.role_names import role_names
from builder.words import KIND_NAMES
from runtime.definitions import reasons, versions
from runtime.errors import NotFound
from runtime.pages.web import designer_only, done, reader, reading, workspace, writing
from runtime.records import publishing
from runtime.records.preparing import prepare
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("build_versions", __name__)

PLACE = f"/build/<app>/<{ANY_FOLDER}:folder>/<key>"


@blueprint.get(f"{PLACE}/versions")
@designer_only
def history(app: str, folder: str, key: str) -> str:
    kind = kind_of(folder)
    with reading() as act:
        check_app(act, app)
        opened = open_draft(act, kind, key)
        found, why = versions.versions(act.connection, kind, key), reasons.of_versions(act, kind, key)
        reader().know_people(each.author for each in found if each.author)
        lines = [
            {
                "version": each.version,
                "live": each.live,
                "at": moment(each.at),
                "by": reader().person_name(each.author),
                "note": reader().say(versions.SET_ASIDE) if each.note == str(versions.SET_ASIDE) else each.note,
                "reasons": why.get(each.version, []),
                "changes": [reader().say(one.message) for one in differences(before.body if before else None, each.body, role_names(act))],
            }
            for each, before in zip(found, [*found[1:], None], strict=True)
        ]
        comparison = _comparison(act, opened, found)
        return render_template(
            "builder/versions.html",
            app=app,
            kind=KIND_NAMES[kind],
            key=key,
            label=as_text(opened.body.get("label")) or key,
            here=address(app, kind, key),
            lines=lines,
            draft=opened.draft,
            comparison=comparison,
        )


def _comparison(act: Act, opened: Any, found: list[versions.Version]) -> dict[str, Any] | None:
    """What is asked for in the address: `from` and `to` are numbers of versions, `to` may be `draft`."""
    if "from" not in request.args:
        return None
    bodies: dict[str, Any] = {str(each.version): each.body for each in found}
    if opened.draft is not None:
        bodies["draft"] = opened.draft.body
    before, after = request.args["from"], request.args.get("to", "")
    if before not in bodies or after not in bodies:
        raise NotFound(_("There is no such version to compare."))
    one, other = (json.dumps(bodies[each], ensure_ascii=False, indent=2).splitlines() for each in (before, after))
    lines = [line for line in difflib.unified_diff(one, other, lineterm="", n=3)][2:]
    return {
        "before": before,
        "after": after,
        "changes": [reader().say(each.message) for each in differences(bodies[before], bodies[after], role_names(act))],
        "json": [{"text": line, "kind": {"+": "added", "-": "removed", "@": "place"}.get(line[:1], "same")} for line in lines],
    }


@blueprint.get(f"{PLACE}/versions/<int:number>/restore")
@designer_only
def ask(app: str, folder: str, key: str, number: int) -> str:
    """What bringing a version back would change."""
    kind = kind_of(folder)
    with reading() as act:
        check_app(act, app)
        opened = open_draft(act, kind, key)
        old = versions.find_version(act.connection, kind, key, number)
        live = opened.live.body if opened.live else None
        return render_template(
            "builder/restore.html",
            app=app,
            kind=KIND_NAMES[kind],
            key=key,
            label=as_text(opened.body.get("label")) or key,
            here=address(app, kind, key),
            number=number,
            next=opened.next_version,
            draft=opened.draft,
            changes=[reader().say(each.message) for each in differences(live, old.body, role_names(act))],
            problems=written(problems_of(act, old.body)),
        )


@blueprint.post(f"{PLACE}/versions/<int:number>/restore")
@designer_only
def restore(app: str, folder: str, key: str, number: int) -> Response:
    kind = kind_of(folder)
    with reading() as act:
        wanted = versions.as_restored(act, kind, key, number)
        is_long = publishing.is_long(act, [wanted])
    if not is_long:
        prepare(workspace(), g.person, [wanted])
    with writing("publish") as act:
        check_app(act, app)
        if is_long:
            versions.ask_publishing(act, [wanted])
            publishing.later(act, [wanted], reader().say(_("Restored version {number}.", number=number)), None)
            return done(
                address(app, kind, key, "versions"),
                _("Many values have to be read first. Version {number} is put in force as soon as that is done.", number=number),
            )
        versions.restore(act, kind, key, number, reader().say(_("Restored version {number}.", number=number)))
    return done(address(app, kind, key, "versions"), _("Version {number} is in force again, as a new version.", number=number))
