"""People are told, and nobody waits for them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from runtime.definitions.model import Who
from runtime.definitions.naming import Names
from runtime.definitions.node import Node
from runtime.definitions.shelf import NODES


@NODES.register
class Copy(Node):
    type: Literal["copy"] = "copy"
    to: tuple[Who, ...] = Field(min_length=1, max_length=50, title="To")
    fields: Annotated[dict[str, Literal["view", "hidden"]], Names()] = Field({"*": "view"}, title="Fields")
