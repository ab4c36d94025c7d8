"""Somebody approves or rejects."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from runtime.definitions.node import PeopleNode
from runtime.definitions.shelf import NODES

Action = Literal["approve", "reject", "return", "transfer", "add_approver"]


@NODES.register
class Approval(PeopleNode):
    type: Literal["approval"] = "approval"
    actions: tuple[Action, ...] = Field(("approve", "reject", "return", "transfer", "add_approver"), min_length=1, title="What they may do")
