"""Number: one figure over the records of a form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from runtime.definitions.shelf import CHARTS
from runtime.records import query
from runtime.reports.charts._tile import Drawing, FormTile, in_words, plain

if TYPE_CHECKING:
    from runtime.system.workspace import Act


@CHARTS.register
class Number(FormTile):
    type: Literal["number"] = "number"

    def figures(self, act: Act) -> dict[str, Any]:
        self.require(act)
        found = query.aggregate(act, self.form, measures=[self.measure], filter=self.filter)
        return {"value": plain(found[0][self.measure])}

    def drawing(self, act: Act, figures: dict[str, Any], reader: Any, app: str) -> Drawing:
        return Drawing(value=in_words(figures["value"], self.measured(act), reader, whole=True), href=self.list_href(app))
