"""E-mail, by the mail server of TIERLOOM_SMTP_URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.automation import mail
from runtime.automation.channels._base import Channel

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace


def send(workspace: Workspace, address: str, subject: str, body: str, key: str) -> None:
    mail.send(workspace.settings, address, subject, body, key)


EMAIL = Channel("email", "email", True, True, send)
