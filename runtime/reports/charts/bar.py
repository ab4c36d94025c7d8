"""Bar: a figure for each value of a field, such as customers by tier."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from runtime.definitions.naming import Names
from runtime.definitions.shelf import CHARTS
from runtime.errors import Problem
from runtime.records import query
from runtime.records.conditions import BY_KIND
from runtime.reports.charts._tile import Drawing, FormTile, height, in_words, plain
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.system.workspace import Act

SEVERAL = ("rows", "many", "assigned")
EVERY_NAME = {"interval": 0, "hideOverlap": False, "width": 160, "overflow": "truncate"}
NAMED = 14
"""So many names find room; of more bars the chart leaves names out."""


@CHARTS.register
class Bar(FormTile):
    """Tiers stand from the best down and choices in their own order; all others by their figure, the greatest first."""

    type: Literal["bar"] = "bar"
    by: Annotated[str, Names("form")] = Field(title="A bar for each value of")
    most: int = Field(12, ge=1, le=50, title="Most bars")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        form = catalogue.forms.get(self.form)
        field = form.field(self.by) if form is not None else None
        if form is not None and field is None:
            yield Problem("by", _("This form has no field with the key {key}.", key=self.by))
        if field is not None and field.stores in SEVERAL:
            yield Problem("by", _("A field with several values cannot be grouped by."))

    def figures(self, act: Act) -> dict[str, Any]:
        self.require(act, self.by)
        field = act.catalogue.forms[self.form].by_key[self.by]
        found = query.aggregate(act, self.form, by=[self.by], measures=[self.measure], filter=self.filter)
        groups = [
            {
                "key": plain(field.to_json(each[self.by])) if each[self.by] is not None else None,
                "raw": each[self.by],
                "value": plain(each[self.measure]),
            }
            for each in found
        ]
        groups = self._ordered(act, field, groups)
        return {
            "groups": [{"key": each["key"], "value": each["value"]} for each in groups[: self.most]],
            "left_out": max(0, len(groups) - self.most),
        }

    def _ordered(self, act: Act, field: Any, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
        own = list(self._looks(act, field))
        if own:
            return sorted(groups, key=lambda each: own.index(each["raw"]) if each["raw"] in own else len(own))
        if field.formula_type().kind in ("date", "datetime", "number", "money"):
            return sorted(groups, key=lambda each: (each["raw"] is None, each["raw"] if each["raw"] is not None else 0))
        return sorted(groups, key=lambda each: (each["raw"] is None, -(height(each["value"]) or 0)))

    def _looks(self, act: Act, field: Any) -> dict[str, str | None]:
        """Keys in their own order with their colours: tiers from the best down, options as they stand."""
        if field.stores == "rated":
            return {tier.key: tier.color for tier in reversed(act.catalogue.tier_models[field.tier_model].ranked)}
        return {option.key: option.color for option in getattr(field, "options", ())}

    def drawing(self, act: Act, figures: dict[str, Any], reader: Any, app: str) -> Drawing:
        field = act.catalogue.forms[self.form].by_key[self.by]
        type, looks = self.measured(act), self._looks(act, field)
        labels = [self._label(act, field, each["key"], reader) for each in figures["groups"]]
        links = [self._href(field, each["key"], app) for each in figures["groups"]]
        bars = []
        for label, link, each in zip(labels, links, figures["groups"], strict=True):
            shown = in_words(each["value"], type, reader, whole=True)
            color = looks.get(each["key"])
            bars.append(
                {
                    "name": label,
                    "value": height(each["value"]),
                    "href": link,
                    "text": f"{label}: {shown}",
                    "label": {"formatter": shown},
                    **({"itemStyle": {"color": f"var(--tier-{color}-chart)"}} if color else {}),
                }
            )
        option = (
            {
                "xAxis": {"type": "value"},
                "yAxis": {"type": "category", "data": labels, "inverse": True, "axisLabel": EVERY_NAME if len(labels) <= NAMED else {}},
                "grid": {"left": 8, "right": 64, "top": 8, "bottom": 8, "containLabel": True},
                "series": [{"type": "bar", "data": bars, "barMaxWidth": 22, "label": {"show": True, "position": "right"}}],
            }
            if bars
            else {"series": []}
        )
        note = reader.say(_("{count} more are not shown.", count=figures["left_out"])) if figures["left_out"] else None
        return Drawing(
            option=option,
            columns=[reader.shown(field.label), reader.shown(self.label)],
            links=links,
            note=note,
            rows=[[label, in_words(each["value"], type, reader)] for label, each in zip(labels, figures["groups"], strict=True)],
        )

    def _label(self, act: Act, field: Any, key: Any, reader: Any) -> str:
        if key is None:
            return str(reader.say(_("blank")))
        kind = field.formula_type().kind
        if field.stores == "rated":
            tier = act.catalogue.tier_models[field.tier_model].by_key.get(key)
            return reader.shown(tier.label) if tier is not None else str(key)
        if field.type == "reference":
            return str(reader.record_title(field.form, int(key)))
        if kind == "member":
            return str(reader.person_name(int(key)))
        if kind == "boolean":
            return str(reader.say(_("yes") if key else _("no")))
        return str(field.display(key, reader)) if kind in ("choice", "text") else str(key)

    def _href(self, field: Any, key: Any, app: str) -> str | None:
        if key is None:
            return self.list_href(app, where=f"{self.by}|blank|")
        if "is" not in BY_KIND.get(field.formula_type().kind, ()):
            return None
        return self.list_href(app, where=f"{self.by}|is|{str(key).lower() if isinstance(key, bool) else key}")
