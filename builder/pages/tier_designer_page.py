"""The page of the tier designer: the draft with its schema, as in the general editor, and the days by which it can be worked out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import Blueprint

from builder.pages.designer_texts import FRAME, TIERS
from builder.pages.editor import opened_page
from builder.pages.editor_data import whom
from runtime.pages.web import designer_only, reader
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("tier_designer_page", __name__)

QUARTERS = 4
"""How many past quarter ends are offered as reference days."""


@blueprint.get("/build/<app>/tiers/<key>")
@designer_only
def page(app: str, key: str) -> str:
    return opened_page(app, "tier_model", key, "builder/tier_designer.html", _given)


def _given(act: Act) -> dict[str, Any]:
    say = reader().say
    past = [
        (day.isoformat(), _("End of quarter {quarter} {year}", quarter=(day.month + 2) // 3, year=day.year))
        for day in quarter_ends(act.today)
    ]
    return {
        "texts": {name: say(message) for name, message in (FRAME | TIERS).items()},
        **whom(act, act.catalogue),
        "days": [{"day": day, "label": say(label)} for day, label in [("", _("As of today")), *past]],
    }


def quarter_ends(today: date, count: int = QUARTERS) -> list[date]:
    """The last days of the quarters that are over, the latest first."""
    found = []
    first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    for _number in range(count):
        last = first - timedelta(days=1)
        found.append(last)
        first = date(last.year, last.month - 2, 1)
    return found
