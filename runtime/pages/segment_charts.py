"""The picture of a segment over time, with the same figures as a table."""

from __future__ import annotations

from datetime import date
from typing import Any

from runtime.definitions.segment import Segment
from runtime.pages.tier_charts import Drawn
from runtime.pages.web import reader
from runtime.texts import _


def members_line(segment: Segment, points: list[tuple[date, int]]) -> Drawn:
    """How many belonged to it at the end of each day; a single day is no line yet."""
    name = reader().say(_("Members"))
    rows: list[list[Any]] = [[reader().date(day), reader().number(members)] for day, members in reversed(points)]
    option = {
        "grid": {"left": 8, "right": 16, "top": 12, "bottom": 8, "containLabel": True},
        "xAxis": {"type": "category", "boundaryGap": False, "data": [reader().date(day) for day, _members in points]},
        "yAxis": {"type": "value", "minInterval": 1, "scale": True},
        "series": [
            {
                "type": "line",
                "name": name,
                "data": [members for _day, members in points],
                "showSymbol": False,
                "step": "end",
                "lineStyle": {"width": 2},
                "areaStyle": {"opacity": 0.08},
            }
        ],
    }
    return Drawn(_("How many belong to it"), "", option if len(points) > 1 else None, [reader().say(_("Day")), name], rows)
