"""Part: one tile of a dashboard. One file a kind in runtime/reports/charts/."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from runtime.definitions.model import FormulaUse, Model, Text
from runtime.errors import Problem

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class Part(Model):
    type: str
    label: Text
    at: tuple[
        Annotated[int, Field(ge=0, le=11)],
        Annotated[int, Field(ge=0)],
        Annotated[int, Field(ge=1, le=12)],
        Annotated[int, Field(ge=1, le=24)],
    ]
    """Column, row, width and height on twelve columns."""

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from ()

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from ()

    def figures(self, act: Any) -> dict[str, Any]:
        """What the tile shows, asked through the gate: plain JSON for the page and the chart script."""
        raise NotImplementedError
