"""Ways in which a message leaves the house, by name."""

from __future__ import annotations

from runtime.automation.channels._base import Channel
from runtime.automation.channels.bot import BOT
from runtime.automation.channels.email import EMAIL
from runtime.automation.channels.sms import SMS

CHANNELS: dict[str, Channel] = {each.name: each for each in (EMAIL, SMS, BOT)}
