"""Nothing happens for a while, or until a day of the record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from runtime.definitions.model import Key
from runtime.definitions.naming import Names
from runtime.definitions.node import Node, Passing
from runtime.definitions.shelf import NODES
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue


@NODES.register
class Wait(Node):
    type: Literal["wait"] = "wait"
    hours: float | None = Field(None, gt=0, le=24 * 366, title="Hours")
    field: Annotated[Key | None, Names()] = Field(None, title="Until a date of the record")
    passing: ClassVar[Passing] = "waits"

    def problems(self, form: str, catalogue: Catalogue) -> Iterator[Problem]:
        if (self.hours is None) == (self.field is None):
            yield Problem("hours", _("Say for how many hours, or until which date of the record."))
