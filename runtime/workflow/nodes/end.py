"""Where a line of the flow is over. The whole is over when nothing is open any more."""

from __future__ import annotations

from typing import ClassVar, Literal

from runtime.definitions.node import Node, Passing
from runtime.definitions.shelf import NODES


@NODES.register
class End(Node):
    type: Literal["end"] = "end"
    passing: ClassVar[Passing] = "ends"
