"""View: a saved way of looking at a form's records, as a list, a board, a calendar, cards or a timeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.field_type import FieldType
from runtime.definitions.model import SYSTEM_FIELDS, Color, Definition, FormulaText, FormulaUse, Key, Model, Who
from runtime.definitions.naming import ORDER, Names
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

Width = Annotated[int, Field(ge=60, le=800)]
Layout = Literal["list", "kanban", "calendar", "cards", "timeline"]
GROUPING = ("choice", "member", "checkbox", "department", "tier", "approval_state")
"""Types of fields that have few values, each of which can be a group or a lane."""


class Coloring(Model):
    """Records for which the condition holds are drawn in this colour; of several conditions the first that holds."""

    when: FormulaText
    color: Color


class View(Definition):
    kind: Literal["view"] = "view"
    form: Key
    as_: Layout = Field("list", alias="as")
    filter: FormulaText | None = None
    columns: tuple[Annotated[str, Names()], ...] = ()
    sort: tuple[Annotated[str, Names(within=ORDER)], ...] = ()
    group: Annotated[str, Names()] | None = None
    """Groups of a list, lanes of a board: a choice, a tier, a member, a department or a yes/no field."""
    date: Annotated[str, Names()] | None = None
    """The day on a calendar; where a bar of a timeline begins."""
    until: Annotated[str, Names()] | None = None
    """The last day of what takes several days."""
    image: Annotated[str, Names()] | None = None
    """The picture on a card."""
    color: Annotated[str, Names()] | None = None
    """The field whose option or tier colours a record."""
    colors: tuple[Coloring, ...] = Field((), max_length=20)
    widths: dict[Annotated[str, Names()], Width] = {}
    """Widths of columns in pixels."""
    size: int | None = Field(None, ge=10, le=200)
    """How many records a page shows."""
    default: bool = False
    """Whether the form opens with this view."""
    for_: tuple[Who, ...] = Field((), alias="for")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        form = catalogue.forms.get(self.form)
        if form is None:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        for name, keys in (("columns", self.columns), ("sort", tuple(key.lstrip("-") for key in self.sort))):
            for number, key in enumerate(keys):
                if key not in form.by_key and key not in SYSTEM_FIELDS:
                    yield Problem(f"{name}/{number}", _("This form has no field with the key {key}.", key=key))
        yield from self._misplaced(form)

    def _misplaced(self, form: Form) -> Iterator[Problem]:
        """Fields that are not there, or are of a kind that the place cannot draw; and places left open without which nothing can be drawn."""
        for name, fits in PLACES.items():
            key = getattr(self, name)
            if key is None:
                continue
            if key not in form.by_key:
                yield Problem(name, _("This form has no field with the key {key}.", key=key))
            elif not fits(form.by_key[key]):
                yield Problem(name, _("The field {key} is of a kind that cannot be used here.", key=key))
        needed = NEEDS.get(self.as_)
        if needed is not None and getattr(self, needed) is None:
            yield Problem(needed, _("Choose the field by which this view is drawn."))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        if self.filter is not None:
            yield FormulaUse("filter", self.filter, self.form, None, ("boolean",), allow=frozenset({"person"}))
        for number, each in enumerate(self.colors):
            yield FormulaUse(f"colors/{number}/when", each.when, self.form, None, ("boolean",), allow=frozenset({"person"}), kept=False)


def can_group(field: FieldType) -> bool:
    return field.type in GROUPING


def can_date(field: FieldType) -> bool:
    return field.stores in ("column", "computed") and field.formula_type().kind in ("date", "datetime")


def can_picture(field: FieldType) -> bool:
    return field.type in ("image", "signature")


def can_color(field: FieldType) -> bool:
    return field.type in ("choice", "tier")


PLACES = {"group": can_group, "date": can_date, "until": can_date, "image": can_picture, "color": can_color}
"""What a view names fields for, and which fields fit."""
NEEDS = {"kanban": "group", "calendar": "date", "timeline": "date"}
"""Without which field a layout has nothing to draw."""
