"""Letters about accounts: an invitation, a link for a new password. Sent by a worker, so that no page waits for the mail server."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from runtime.automation import mail
from runtime.system import jobs
from runtime.system.secrets import seal, unseal
from runtime.system.tables import person
from runtime.system.workspace import Act, Workspace
from runtime.texts import Message, _

LETTERS: dict[str, tuple[Message, Message]] = {
    "invitation": (
        _("Your account in {workspace}"),
        _(
            "Hello {name},\n\nyou have an account in {workspace}. Choose a password here; the link works once and for seven days:\n\n{link}\n"
        ),
    ),
    "reset": (
        _("A new password for {workspace}"),
        _(
            "Hello {name},\n\nsomebody asked for a new password for your account in {workspace}. Set it here; the link works once and for an "
            "hour:\n\n{link}\n\nIf that was not you, do nothing: the password stays as it is.\n"
        ),
    ),
}


def can_be_sent(workspace: Workspace) -> bool:
    return bool(workspace.settings.smtp_url)


def post(act: Act, letter: str, to: int, link: str) -> None:
    """Has it sent after the commit. The link opens an account, so it is sealed while it waits."""
    jobs.start(act, "letter", {"letter": letter, "to": to, "link": seal(act.workspace.settings.secret_key, link)})


def send(workspace: Workspace, job: jobs.Job) -> dict[str, Any]:
    with workspace.engine.connect() as connection:
        someone = connection.execute(sa.select(person).where(person.c.id == job.payload["to"])).one()
    if someone.active:
        language = someone.language or workspace.language
        values = {"name": someone.name, "workspace": workspace.name, "link": unseal(workspace.settings.secret_key, job.payload["link"])}
        subject, body = (Message(each.text, values).in_language(language) for each in LETTERS[job.payload["letter"]])
        mail.send(workspace.settings, someone.email, subject, body, f"letter:{job.id}")
    return {}


def register() -> None:
    jobs.KINDS["letter"] = send
