"""A dashboard as a page: figures as numbers, pictures with the same figures as a table, everything leads to its records."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template

from runtime.pages.apps import find_app
from runtime.pages.web import reader, reading, signed_in
from runtime.reports.dashboards import TileFigures, figures_of, find_dashboard
from runtime.system.workspace import Act

blueprint = Blueprint("dashboards", __name__)

TALL = 4


@blueprint.get("/apps/<app>/-/dashboards/<key>")
@signed_in
def dashboard(app: str, key: str) -> str:
    with reading() as act:
        found_app, found = find_app(act, app), find_dashboard(act, key)
        rows = _rows([_tile(act, each, number, app) for number, each in enumerate(figures_of(act, found))])
        return render_template("dashboard.html", app=found_app, dashboard=found, rows=rows, today=act.today, empty=not found.parts)


def _tile(act: Act, figures: TileFigures, number: int, app: str) -> dict[str, Any]:
    part: Any = figures.part
    drawing = None if figures.figures is None else part.drawing(act, figures.figures, reader(), app)
    return {
        "id": f"tile-{number}",
        "part": part,
        "label": reader().shown(part.label),
        "drawing": drawing,
        "trouble": figures.trouble,
        "small": part.at[3] <= TALL,
        "width": part.at[2],
        "row": part.at[1],
    }


def _rows(tiles: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Tiles that begin in the same row of the grid stand beside each other."""
    found: dict[int, list[dict[str, Any]]] = {}
    for each in tiles:
        found.setdefault(each["row"], []).append(each)
    return list(found.values())
