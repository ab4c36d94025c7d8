"""Waits until all lines that were opened together have come here or have ended."""

from __future__ import annotations

from typing import ClassVar, Literal

from runtime.definitions.node import Node, Passing
from runtime.definitions.shelf import NODES


@NODES.register
class Join(Node):
    type: Literal["join"] = "join"
    passing: ClassVar[Passing] = "joins"
