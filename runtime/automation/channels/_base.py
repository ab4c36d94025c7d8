"""Channel: a way in which a message reaches somebody. One file a channel in runtime/automation/channels/."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace

Send = Callable[["Workspace", str, str, str, str], None]


@dataclass(frozen=True)
class Channel:
    """`address`: the type of field that holds an address of this kind. `people`: whether people with an account can be reached by it.
    `subject`: whether a message has one. `send(workspace, address, subject, body, key)` raises Trouble; the same key is the same message."""

    name: str
    address: str
    people: bool
    subject: bool
    send: Send
