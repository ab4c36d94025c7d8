"""Dashboard: tiles on a grid of twelve columns."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from runtime.definitions.chart import Part
from runtime.definitions.model import Definition, FormulaUse
from runtime.definitions.shelf import CHARTS, OneOf
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

AnyPart = Annotated[Part, OneOf(CHARTS)]


class Dashboard(Definition):
    kind: Literal["dashboard"] = "dashboard"
    parts: tuple[AnyPart, ...] = ()

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(catalogue)
        for number, part in enumerate(self.parts):
            if part.at[0] + part.at[2] > 12:
                yield Problem(f"parts/{number}/at", _("The tile reaches beyond the twelve columns."))
            yield from (each.under(f"parts/{number}") for each in part.problems(catalogue))

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        for number, part in enumerate(self.parts):
            yield from (use.under(f"parts/{number}") for use in part.formulas(catalogue))
