"""All lines at once, closed by a join."""

from __future__ import annotations

from typing import ClassVar, Literal

from runtime.definitions.node import Node, Passing
from runtime.definitions.shelf import NODES


@NODES.register
class Parallel(Node):
    type: Literal["parallel"] = "parallel"
    passing: ClassVar[Passing] = "splits"
