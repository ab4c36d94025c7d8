"""Tier movement: who was in which tier at the end of two days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.model import FormulaText, FormulaUse, Key
from runtime.definitions.shelf import CHARTS
from runtime.errors import Problem
from runtime.formulas import evaluate
from runtime.formulas.definitions import formula
from runtime.reports.charts._tile import Drawing, Tile
from runtime.texts import _
from runtime.tiers.seeing import require_tiers
from runtime.tiers.explaining import movement

if TYPE_CHECKING:
    from datetime import date

    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act

NOWHERE = {"zh": "未分层", "en": "No tier"}


class Day:
    """What a formula about no record may ask: only the day and the hour."""

    person, as_of = None, False

    def __init__(self, act: Act):
        self.now, self.today, self.zone = act.now, act.today, act.zone

    def field(self, key: str) -> Any:
        raise LookupError(key)


@CHARTS.register
class TierMovement(Tile):
    type: Literal["tier_movement"] = "tier_movement"
    tier_model: Key = Field(title="Tier model")
    from_: FormulaText = Field("START_OF_QUARTER(TODAY())", alias="from", title="From")
    to: FormulaText = Field("TODAY()", title="To")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.tier_model not in catalogue.tier_models:
            yield Problem("tier_model", _("There is no tier model with the key {key}.", key=self.tier_model))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield FormulaUse("from", self.from_, None, None, ("date",))
        yield FormulaUse("to", self.to, None, None, ("date",))

    def figures(self, act: Act) -> dict[str, Any]:
        require_tiers(act, act.catalogue.tier_models[self.tier_model])
        first, last = self._day(act, self.from_), self._day(act, self.to)
        moved = movement(act, self.tier_model, first, last)
        return {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "tiers": list(moved.tiers),
            "flows": [list(each) for each in moved.flows],
            "up": moved.up,
            "down": moved.down,
            "stayed": moved.stayed,
            "entered": moved.entered,
            "left": moved.left,
        }

    def _day(self, act: Act, text: str) -> date:
        return evaluate(formula(act.catalogue, None, text, expect=("date",)), Day(act))  # type: ignore[arg-type]

    def drawing(self, act: Act, figures: dict[str, Any], reader: Any, app: str) -> Drawing:
        model = act.catalogue.tier_models[self.tier_model]
        names = {tier.key: reader.shown(tier.label) for tier in model.tiers} | {None: reader.shown(NOWHERE)}
        colors = {tier.key: f"var(--tier-{tier.color}-chart)" for tier in model.tiers} | {None: "var(--tl-chart-neutral)"}
        places = [*figures["tiers"], None]
        counts = {(then, now): count for then, now, count in figures["flows"]}
        nodes = [
            {"name": f"{side}:{key}", "depth": depth, "itemStyle": {"color": colors[key]}, "label": {"formatter": names[key]}}
            for depth, side in enumerate(("from", "to"))
            for key in places
            if any((key, each) in counts if depth == 0 else (each, key) in counts for each in places)
        ]
        links = [
            {
                "source": f"from:{then}",
                "target": f"to:{now}",
                "value": count,
                "text": f"{names[then]} → {names[now]}: {count:,}",
                "lineStyle": {"color": self._color(model, then, now), "opacity": 0.35},
            }
            for (then, now), count in counts.items()
        ]
        note = reader.say(
            _(
                "{from_day} to {to_day}: {up} up, {down} down, {entered} new.",
                from_day=figures["from"],
                to_day=figures["to"],
                up=figures["up"],
                down=figures["down"],
                entered=figures["entered"],
            )
        )
        rows = [[names[then], *(f"{counts.get((then, now), 0):,}" for now in places)] for then in places]
        option = {
            "series": [{"type": "sankey", "data": nodes, "links": links, "nodeGap": 14, "layoutIterations": 0, "right": 96}]
            if links
            else []
        }
        return Drawing(option=option, columns=[reader.say(_("then ↓ · now →")), *(names[key] for key in places)], rows=rows, note=note)

    def _color(self, model: Any, then: str | None, now: str | None) -> str:
        """Stayers grey, up green, down red."""
        ranks = model.ranks
        before, after = ranks.get(then, 0), ranks.get(now, 0)
        if then is None or before == after:
            return "var(--tl-chart-neutral)"
        return "var(--tl-good-chart)" if after > before else "var(--tl-bad-fill)"
