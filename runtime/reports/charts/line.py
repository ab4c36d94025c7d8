"""Line: a figure month by month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.model import FormulaUse
from runtime.definitions.naming import Names
from runtime.definitions.shelf import CHARTS
from runtime.errors import Problem
from runtime.reports.charts._tile import Drawing, FormTile, height, in_words, plain
from runtime.reports.monthly import by_month, month_before
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act


@CHARTS.register
class Line(FormTile):
    """Months without a record count as nothing: 0 for a sum or a count, a gap for a mean."""

    type: Literal["line"] = "line"
    on: Annotated[str, Names("form")] = Field(title="Date that counts")
    months: int = Field(12, ge=2, le=120, title="Months, the present one included")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        form = catalogue.forms.get(self.form)
        field = form.field(self.on) if form is not None else None
        if form is not None and field is None:
            yield Problem("on", _("This form has no field with the key {key}.", key=self.on))
        elif field is not None and field.formula_type().kind not in ("date", "datetime"):
            yield Problem("on", _("The field {key} is not a date.", key=self.on))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from super().formulas(catalogue)
        form = catalogue.forms.get(self.form)
        if form is not None and form.field(self.on) is not None:
            yield FormulaUse("on", f"YEAR({self.on})", self.form, None, ("number",))

    def figures(self, act: Act) -> dict[str, Any]:
        self.require(act, self.on)
        first = month_before(act.today, self.months - 1)
        found = by_month(act, self.form, self.on, self.measure, self.filter, first, act.today)
        nothing = 0 if self.measure.lstrip().upper().startswith(("COUNT", "SUM")) else None
        wanted = [month_before(act.today, back) for back in range(self.months - 1, -1, -1)]
        return {"months": [{"month": f"{each:%Y-%m}", "value": plain(found.get((each.year, each.month), nothing))} for each in wanted]}

    def drawing(self, act: Act, figures: dict[str, Any], reader: Any, app: str) -> Drawing:
        type, months = self.measured(act), figures["months"]
        points = [
            {
                "name": each["month"],
                "value": height(each["value"]),
                "href": self._href(each["month"], app),
                "text": f"{each['month']}: {in_words(each['value'], type, reader, whole=True)}",
            }
            for each in months
        ]
        option = {
            "xAxis": {"type": "category", "data": [each["month"] for each in months], "boundaryGap": False},
            "yAxis": {"type": "value"},
            "series": [{"type": "line", "data": points, "name": reader.shown(self.label), "symbolSize": 6}],
        }
        return Drawing(
            option=option,
            columns=[reader.say(_("Month")), reader.shown(self.label)],
            links=[self._href(each["month"], app) for each in months],
            rows=[[each["month"], in_words(each["value"], type, reader)] for each in months],
        )

    def _href(self, month: str, app: str) -> str:
        year, number = (int(each) for each in month.split("-"))
        after = date(year + number // 12, number % 12 + 1, 1)
        return self.list_href(app, f"{self.on} >= DATE({year}, {number}, 1)", f"{self.on} < DATE({after.year}, {after.month}, 1)")
