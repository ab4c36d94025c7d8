"""Who would move if the saved draft of a tier model were published: page by page, or those of one cell of the matrix."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from builder.drafts import open_draft
from builder.pages.frame import address, check_app, plain_json
from builder.pages.tier_designer import day_in, faults
from builder.tiering.presenting import mover_lines, tier_shown
from runtime.pages.web import designer_only, reader, reading, wants_json, workspace
from runtime.texts import _
from runtime.tiers.movers import NOBODY
from runtime.tiers.simulation import ANY, movers
from runtime.tiers.trial import load_model, put_in_force, rating_model

blueprint = Blueprint("tier_movers", __name__)


@blueprint.get("/build/<app>/tiers/<key>/movers")
@designer_only
def page(app: str, key: str) -> Any:
    """`before`, `after`: only those with this tier now or then, - for none; `cursor`: the record after which the page begins."""
    asked = {name: request.args[name] for name in ("as_of", "before", "after") if request.args.get(name)}
    with reading() as act:
        check_app(act, app)
        opened = open_draft(act, "tier_model", key)
        if (problems := faults(act, opened.body)) is not None:
            return problems if wants_json() else _cannot(app, key)
        draft = load_model(opened.body)
        before, after = (_wanted(asked.get(name)) for name in ("before", "after"))
        found = movers(workspace(), act.person, draft, day_in(asked), before, after, _cursor())
        model = put_in_force(act, draft).catalogue.tier_models[rating_model(act, draft)]
        live = act.catalogue.tier_models.get(model.key)
        lines = mover_lines(act, reader(), app, model, live, found.movers)
        if wants_json():
            return plain_json({"items": lines, "next": None if found.next is None else str(found.next)})
        here = address(app, "tier_model", key)
        return render_template(
            "builder/tier_movers.html",
            here=here,
            label=draft.label,
            form=act.catalogue.forms[model.form],
            lines=lines,
            cell=[None if each is ANY else tier_shown(reader(), model, live, each) for each in (before, after)],
            next_href=None if found.next is None else f"{here}/movers?{urlencode({**asked, 'cursor': found.next})}",
            first_href=f"{here}/movers?{urlencode(asked)}" if _cursor() else None,
        )


def _wanted(tier: str | None) -> Any:
    """A tier that was asked for: any, or none."""
    return ANY if tier is None else None if tier == NOBODY else tier


def _cursor() -> int:
    given = request.args.get("cursor", "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 17 else 0


def _cannot(app: str, key: str) -> Response:
    """A draft with problems is mended in its designer."""
    here = address(app, "tier_model", key)
    text = _("The draft has problems, so nobody can say yet who would move.")
    return Response(render_template("builder/tier_movers.html", here=here, label=key, problem=text, lines=[], cell=[None, None]), 422)
