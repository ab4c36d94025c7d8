"""Score histogram: how the scores of a tier model lie, by tier."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.model import Key
from runtime.definitions.shelf import CHARTS
from runtime.errors import Problem
from runtime.reports.charts._tile import Drawing, Tile, plain
from runtime.texts import _
from runtime.tiers.seeing import require_tiers
from runtime.tiers.explaining import histogram

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act


@CHARTS.register
class ScoreHistogram(Tile):
    type: Literal["score_histogram"] = "score_histogram"
    tier_model: Key = Field(title="Tier model")
    bins: int = Field(20, ge=5, le=50, title="Bars")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.tier_model not in catalogue.tier_models:
            yield Problem("tier_model", _("There is no tier model with the key {key}.", key=self.tier_model))

    def figures(self, act: Act) -> dict[str, Any]:
        require_tiers(act, act.catalogue.tier_models[self.tier_model])
        found = histogram(act, self.tier_model, self.bins)
        return {"edges": [plain(edge) for edge in found.edges], "counts": {tier: list(counts) for tier, counts in found.counts.items()}}

    def drawing(self, act: Act, figures: dict[str, Any], reader: Any, app: str) -> Drawing:
        model = act.catalogue.tier_models[self.tier_model]
        tiers = [model.by_key[key] for key in figures["counts"] if key in model.by_key]
        edges = figures["edges"]
        ranges = [f"{low}–{high}" for low, high in zip(edges, edges[1:], strict=False)]
        series = [
            {
                "type": "bar",
                "stack": "all",
                "name": reader.shown(tier.label),
                "data": figures["counts"][tier.key],
                "barCategoryGap": "8%",
                "itemStyle": {"color": f"var(--tier-{tier.color}-chart)"},
            }
            for tier in reversed(tiers)
        ]
        anybody = any(any(counts) for counts in figures["counts"].values())
        option = {
            "xAxis": {"type": "category", "data": ranges},
            "yAxis": {"type": "value", "minInterval": 1},
            "legend": {},
            "series": series if anybody else [],
        }
        rows = [[label, *(f"{figures['counts'][tier.key][place]:,}" for tier in tiers)] for place, label in enumerate(ranges)]
        return Drawing(option=option, columns=[reader.say(_("Score")), *(reader.shown(tier.label) for tier in tiers)], rows=rows)
