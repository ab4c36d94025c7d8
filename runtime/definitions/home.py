"""The blocks of an app's home page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.model import Key, Model, Text, Who
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

MenuItem = Annotated[str, Field(pattern=r"^((form|view|dashboard):.+|link:(https://[^\s]+|/[^/\s][^\s]*|/))$", max_length=500)]
"""`form:customer`, `view:high_value`, `dashboard:overview`, or `link:` and an address of this house or of another."""


class Block(Model):
    """Where a block stands, and who sees it: everybody, or those who are named."""

    place: Literal["main", "side"] = "main"
    for_: tuple[Who, ...] = Field((), alias="for")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from ()


class Welcome(Block):
    """A text."""

    block: Literal["welcome"] = "welcome"
    title: Text | None = None
    text: Text


class Shortcuts(Block):
    """Large links."""

    block: Literal["shortcuts"] = "shortcuts"
    items: tuple[MenuItem, ...] = Field((), max_length=24)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        for number, item in enumerate(self.items):
            yield from unknown_item(item, f"items/{number}", catalogue)


class Tasks(Block):
    """What is due: one's to-dos and follow-ups."""

    block: Literal["tasks"] = "tasks"


class Tiers(Block):
    """Customers by tier. `mine`: only those whose owner one is."""

    block: Literal["tiers"] = "tiers"
    mine: bool = False


class HomeChart(Block):
    """One tile of a dashboard. `tile` counts from 0, in the order of the dashboard's definition."""

    block: Literal["chart"] = "chart"
    dashboard: Key
    tile: int = Field(0, ge=0, le=200)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        found = catalogue.dashboards.get(self.dashboard)
        if found is None:
            yield Problem("dashboard", _("There is no {kind} with the key {key}.", kind="dashboard", key=self.dashboard))
        elif self.tile >= len(found.parts):
            yield Problem("tile", _("This dashboard has no tile with that number."))


class HomeList(Block):
    """The first records of a view."""

    block: Literal["list"] = "list"
    view: Key
    rows: int = Field(5, ge=1, le=20)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        if self.view not in catalogue.views:
            yield Problem("view", _("There is no {kind} with the key {key}.", kind="view", key=self.view))


class NextSteps(Block):
    """What remains to be set up; each step vanishes once it is done."""

    block: Literal["next"] = "next"


class Records(Block):
    """The forms of the menu with how many records each has."""

    block: Literal["records"] = "records"


AnyBlock = Annotated[Welcome | Shortcuts | Tasks | Tiers | HomeChart | HomeList | NextSteps | Records, Field(discriminator="block")]
USUAL: tuple[Block, ...] = (Tiers(), Tasks(), NextSteps(place="side"), Records(place="side"))
"""The home page of an app that says nothing of it."""


def unknown_item(item: str, path: str, catalogue: Catalogue) -> Iterator[Problem]:
    """What is wrong with an entry of a menu: it names something that is not there."""
    kind, key = item.split(":", 1)
    if kind != "link" and key not in catalogue.of_kind(kind):
        yield Problem(path, _("There is no {kind} with the key {key}.", kind=kind, key=key))
