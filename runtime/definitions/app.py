"""App: a menu and a home page, with its roles. Definitions name it as their home."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from runtime.definitions.home import AnyBlock, MenuItem, unknown_item
from runtime.definitions.model import Definition, Model, Text, Who
from runtime.errors import Problem

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


class MenuSection(Model):
    section: Text
    items: tuple[MenuItem, ...]
    for_: tuple[Who, ...] = Field((), alias="for")
    """Who sees it; left out, everybody."""


class MenuEntry(Model):
    """How an entry of the menu differs from what it leads to: its name, its icon, who sees it."""

    label: Text | None = None
    icon: str | None = Field(None, pattern=r"^[a-z0-9-]{1,40}$")
    for_: tuple[Who, ...] = Field((), alias="for")


class AppRoles(Model):
    owner: tuple[Who, ...] = ()
    builder: tuple[Who, ...] = ()
    analyst: tuple[Who, ...] = ()
    member: tuple[Who, ...] = ()
    guest: tuple[Who, ...] = ()


class App(Definition):
    kind: Literal["app"] = "app"
    icon: str | None = Field(None, pattern=r"^[a-z0-9-]{1,40}$")
    summary: Text | None = None
    menu: tuple[MenuSection, ...] = ()
    entries: dict[str, MenuEntry] = {}
    """By entry, as it stands in the menu: how it is shown."""
    home: tuple[AnyBlock, ...] = Field((), max_length=40)
    """The blocks of the home page; left out, the usual ones."""
    roles_: AppRoles = Field(AppRoles(), alias="roles")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        for number, section in enumerate(self.menu):
            for place, item in enumerate(section.items):
                yield from unknown_item(item, f"menu/{number}/items/{place}", catalogue)
        for number, block in enumerate(self.home):
            yield from (each.under(f"home/{number}") for each in block.problems(catalogue))

    def first_form(self) -> str | None:
        for section in self.menu:
            for item in section.items:
                if item.startswith("form:"):
                    return item.removeprefix("form:")
        return None
