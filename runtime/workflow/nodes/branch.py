"""A choice between lines: the first whose condition holds, or all whose condition holds, closed by a join."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from runtime.definitions.node import Node, Passing
from runtime.definitions.shelf import NODES


@NODES.register
class Branch(Node):
    type: Literal["branch"] = "branch"
    lines: Literal["exclusive", "inclusive"] = Field("exclusive", title="Lines")

    @property
    def passing(self) -> Passing:  # type: ignore[override]
        return "splits" if self.lines == "inclusive" else "through"
