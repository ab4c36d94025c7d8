"""App: a menu with its roles. Definitions name it as their home."""
from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from runtime.definitions.model import Definition, Model, Text, Who
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

MenuItem = Annotated[str, Field(pattern=r"^(form|view|dashboard):.+$")]


class MenuSection(Model):
    section: Text
    items: tuple[MenuItem, ...]


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
    roles_: AppRoles = Field(AppRoles(), alias="roles")

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        for number, section in enumerate(self.menu):
            for place, item in enumerate(section.items):
                kind, key = item.split(":", 1)
                if key not in catalogue.of_kind(kind):
                    yield Problem(f"menu/{number}/items/{place}", _("There is no {kind} with the key {key}.", kind=kind, key=key))

    def first_form(self) -> str | None:
        for section in self.menu:
            for item in section.items:
                if item.startswith("form:"):
                    return item.removeprefix("form:")
        return None
