"""Somebody fills something in and submits it; there is nothing to reject."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from runtime.definitions.node import PeopleNode
from runtime.definitions.shelf import NODES

Action = Literal["approve", "return", "transfer", "add_approver"]


@NODES.register
class Handle(PeopleNode):
    type: Literal["handle"] = "handle"
    actions: tuple[Action, ...] = Field(("approve", "return", "transfer"), min_length=1, title="What they may do")
