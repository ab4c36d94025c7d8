"""The page of the app designer: an app's menu and home page, put in order by dragging."""

from __future__ import annotations

from typing import Any

from flask import Blueprint

from builder.pages.app_designer_texts import APPS
from builder.pages.designer_texts import FRAME
from builder.pages.editor import opened_page
from builder.pages.frame import as_text
from runtime.pages.shell import ICONS
from runtime.pages.web import designer_only, reader
from runtime.people.may import may
from runtime.system.workspace import Act

blueprint = Blueprint("app_designer_page", __name__)


@blueprint.get("/build/<app>/apps/<key>")
@designer_only
def page(app: str, key: str) -> str:
    return opened_page(app, "app", key, "builder/app_designer.html", _given)


def _given(act: Act) -> dict[str, Any]:
    """Beside the draft: what a menu can lead to, with name and icon, and the tiles that dashboards have."""
    catalogue, shown = act.catalogue, reader().shown
    things = [
        {"key": f"{kind}:{each.key}", "label": shown(each.label), "icon": getattr(each, "icon", None) or ICONS[kind], "kind": kind}
        for kind in ("form", "view", "dashboard")
        for each in catalogue.of_kind(kind).values()
        if kind == "dashboard" or may(act.person, "view", each.key if kind == "form" else each.form)
    ]
    return {
        "texts": {name: reader().say(message) for name, message in (FRAME | APPS).items()},
        "menu_things": things,
        "tiles": {each.key: [as_text(part.model_dump()["label"]) for part in each.parts] for each in catalogue.dashboards.values()},
    }
