"""What tiles have in common: figures asked through the gate, and how a figure, a group and a picture look to a reader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from pydantic import Field

from runtime.definitions.chart import Part
from runtime.definitions.model import FormulaText, FormulaUse, Key
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.formulas.definitions import formula
from runtime.people.may import require
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.formulas import Formula
    from runtime.system.workspace import Act

FIGURES = ("number", "money", "duration", "date", "datetime", "text")
PERSON = frozenset({"person"})


@dataclass
class Drawing:
    """A tile for one reader: a figure or a picture (an option for the chart script), with the same figures as a table."""

    value: str | None = None
    option: dict[str, Any] | None = None
    columns: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    links: list[str | None] = field(default_factory=list)
    """An address for each row, where there is one."""
    note: str | None = None
    href: str | None = None


class Tile(Part):
    """A part that can draw itself."""

    def drawing(self, act: Act, figures: dict[str, Any], reader: Any, app: str) -> Drawing:
        """The figures of `figures(act)` as the reader sees them; `app` is where its links lead."""
        raise NotImplementedError


class FormTile(Tile):
    """A tile about the records of one form: an aggregate over those that satisfy `filter`."""

    form: Key = Field(title="Form")
    measure: FormulaText = Field("COUNT(record)", title="Figure")
    filter: FormulaText | None = Field(None, title="Only records for which this holds")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield FormulaUse("measure", self.measure, self.form, None, FIGURES, own_rows=True)
        if self.filter is not None:
            yield FormulaUse("filter", self.filter, self.form, None, ("boolean",), allow=PERSON)

    def require(self, act: Act, *keys: str) -> None:
        """Everything the tile reads must be open to the person: the form, these fields and those of its formulas."""
        require(act.person, "view", self.form)
        for key in keys:
            require(act.person, "view", self.form, None, key)
        ask(act, self.form, formula(act.catalogue, self.form, self.measure, own_rows=True))
        if self.filter is not None:
            ask(act, self.form, formula(act.catalogue, self.form, self.filter, allow=PERSON, expect=("boolean",)))

    def measured(self, act: Act) -> Type:
        return formula(act.catalogue, self.form, self.measure, own_rows=True).type

    def list_href(self, app: str, *conditions: str, where: str | None = None) -> str:
        """The list of the records behind a figure; `where` is a condition as people pick it (`field|is|value`)."""
        wanted = [each for each in (self.filter, *conditions) if each]
        query = {"filter": " and ".join(f"({each})" for each in wanted) if len(wanted) > 1 else wanted[0]} if wanted else {}
        query |= {"where": where} if where else {}
        return f"/apps/{app}/{self.form}{'?' + urlencode(query) if query else ''}"


def ask(act: Act, form: str, checked: Formula) -> None:
    """Asks the gate for every field that a formula about records of `form` reads, there and beyond its relations and references."""
    for key in sorted(checked.uses.fields):
        require(act.person, "view", form, None, key)
    for use in checked.uses.relations:
        for key in sorted(use.fields) if use.subform is None else [use.subform]:
            require(act.person, "view", use.form, None, key)
    for reference, key in sorted(checked.uses.paths):
        target: Any = form
        for step in reference.split("."):
            target = getattr(act.catalogue.forms[target].by_key[step], "form")
        require(act.person, "view", target, None, key)


# -- how figures look ---------------------------------------------------------------------------------------------------------------
def plain(value: Any) -> Any:
    """A figure as JSON has it: whole numbers as they are, decimals as text, days in ISO form."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def in_words(value: Any, type: Type, reader: Any, whole: bool = False) -> str:
    """A figure of a measure for a reader; `whole`: amounts without the small change, as in lists."""
    if value is None:
        return "–"
    if type.kind == "money":
        return str(reader.money(Decimal(value), type.currency, 0 if whole else type.scale))
    if type.kind == "number":
        return str(reader.number(Decimal(value), min(type.scale, 2) if type.scale else 0))
    return str(value)


def height(value: Any) -> float | None:
    """A figure as the chart script draws it."""
    return None if value is None or isinstance(value, str) and not _is_number(value) else float(value)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).lstrip("-").isdigit()
