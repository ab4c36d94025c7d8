"""Bots of group chats: WeCom, DingTalk and Feishu, as set up on the page “Message bots”. The address is the bot's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.automation.channels._base import Channel
from runtime.collaboration import bots

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace


def send(workspace: Workspace, address: str, subject: str, body: str, key: str) -> None:
    bots.say_now(workspace, address, "\n".join(part for part in (subject, body) if part), key)


BOT = Channel("bot", "", False, True, send)
