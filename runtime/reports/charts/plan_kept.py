"""Plan kept: the share of customers who were contacted as often as the service plan of their tier says, of all of them or by tier or owner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.model import Key
from runtime.definitions.shelf import CHARTS
from runtime.effect import adherence
from runtime.errors import Problem
from runtime.reports.charts._tile import Drawing, Tile
from runtime.texts import _
from runtime.tiers.seeing import require_tiers

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act

MOST = 20


@CHARTS.register
class PlanKept(Tile):
    """Of many customers it shows what was worked out in the night."""

    type: Literal["plan_kept"] = "plan_kept"
    tier_model: Key = Field(title="Tier model")
    by: Literal["all", "tier", "owner"] = Field("all", title="By")
    days: int = Field(90, ge=1, le=366, title="Days")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.tier_model not in catalogue.tier_models:
            yield Problem("tier_model", _("There is no tier model with the key {key}.", key=self.tier_model))

    def figures(self, act: Act) -> dict[str, Any]:
        model = act.catalogue.tier_models[self.tier_model]
        require_tiers(act, model)
        given = adherence.figures(act, model, act.today - timedelta(days=self.days - 1), act.today)
        found = given.found
        if found is None:
            return {"whole": None, "rows": [], "at": None}
        rows = found.tiers if self.by == "tier" else (found.owners or ())[:MOST] if self.by == "owner" else ()
        return {
            "whole": (found.whole.kept, found.whole.due),
            "rows": [(key, each.kept, each.due, each.overdue) for key, each in rows],
            "at": None if given.at is None else given.at.isoformat(),
        }

    def drawing(self, act: Act, figures: dict[str, Any], reader: Any, app: str) -> Drawing:
        href = f"/apps/{app}/-/tiers/{self.tier_model}/effect#cadence-title"
        if figures["whole"] is None:
            return Drawing(value="–", note=reader.say(_("Not worked out yet; every night it is.")), href=href)
        share = reader.share(*figures["whole"])
        if self.by == "all":
            kept, due = figures["whole"]
            return Drawing(value=share, note=f"{reader.number(kept)}/{reader.number(due)}", href=href)
        rows = [
            [self._named(act, key, reader), reader.share(kept, due), f"{reader.number(kept)}/{reader.number(due)}", reader.number(late)]
            for key, kept, due, late in figures["rows"]
        ]
        head = reader.say(_("Tier")) if self.by == "tier" else reader.say(_("Owner"))
        columns = [head, reader.say(_("Plan kept")), reader.say(_("Customers")), reader.say(_("Overdue"))]
        return Drawing(columns=columns, rows=rows, note=share, href=href)

    def _named(self, act: Act, key: Any, reader: Any) -> str:
        if self.by == "owner":
            return reader.person_name(key) if key is not None else reader.say(_("Nobody looks after them"))
        tier = act.catalogue.tier_models[self.tier_model].by_key.get(key)
        return reader.shown(tier.label) if tier is not None else str(key)
