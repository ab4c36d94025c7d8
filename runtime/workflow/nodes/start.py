"""Where the starter submits."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from runtime.definitions.naming import Names
from runtime.definitions.node import Node, Right
from runtime.definitions.shelf import NODES


@NODES.register
class Start(Node):
    type: Literal["start"] = "start"
    fields: Annotated[dict[str, Right], Names()] = Field({"*": "edit"}, title="Fields")
