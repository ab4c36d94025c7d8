"""Letters about accounts, taken by a mail server of the test; and the settings of the company's provider."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from runtime.automation import letters
from runtime.errors import SettingsError
from runtime.kinds import load
from runtime.people import accounts
from runtime.people.person import SYSTEM, Person
from runtime.settings import read_settings
from runtime.system import jobs
from runtime.system.workspace import Workspace


class PostOffice(Controller):
    """Takes any free port; the original looks for the server at the port it was asked for."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def taken(workspace: Workspace) -> Iterator[list[EmailMessage]]:
    """The letters that have arrived."""
    load()
    found: list[EmailMessage] = []

    class Post:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
            found.append(message_from_bytes(envelope.content, policy=default))
            return "250 OK"

    office = PostOffice(Post(), hostname="127.0.0.1", port=0)
    office.start()
    workspace.settings = replace(workspace.settings, smtp_url=f"smtp://127.0.0.1:{office.port}?from=crm@example.com")
    yield found
    office.stop()


def test_a_letter_arrives_in_the_persons_language_with_its_link(
    workspace: Workspace, add_person: Callable[..., Person], taken: list[EmailMessage]
):
    ning = add_person("ning@example.com", "member")
    with workspace.writing(SYSTEM) as act:
        accounts.set_language(act, ning.id, "zh")
        letters.post(act, "invitation", ning.id, "https://crm.example.com/invite/abc")

    assert jobs.run_next(workspace)
    [letter] = taken
    assert letter["To"] == "ning@example.com" and "账号" in letter["Subject"]
    assert re.findall(r"https://\S+", letter.get_content()) == ["https://crm.example.com/invite/abc"]


def test_who_was_switched_off_meanwhile_gets_no_letter(workspace: Workspace, add_person: Callable[..., Person], taken: list[EmailMessage]):
    ning = add_person("ning@example.com", "member")
    with workspace.writing(SYSTEM) as act:
        letters.post(act, "reset", ning.id, "https://crm.example.com/reset/abc")
        accounts.deactivate(act, ning.id)

    assert jobs.run_next(workspace) and taken == []


@pytest.mark.parametrize("given", [
    {"OIDC_ISSUER": "http://login.example.com", "OIDC_CLIENT_ID": "tierloom"}, {"OIDC_ISSUER": "https://login.example.com"},
    {"OIDC_ISSUER": "login", "OIDC_CLIENT_ID": "tierloom"}, {"OIDC_ADD": "perhaps"},
])  # fmt: skip
def test_a_provider_that_cannot_be_asked_safely_stops_the_start(tmp_path: Path, given: dict[str, str]):
    environment = {"TIERLOOM_DATA_DIR": str(tmp_path), **{f"TIERLOOM_{name}": value for name, value in given.items()}}
    with pytest.raises(SettingsError, match="TIERLOOM_OIDC"):
        read_settings(environment)


def test_the_settings_of_a_provider_are_read_and_its_secret_is_not_shown(tmp_path: Path):
    names = {"ISSUER": "https://login.example.com/", "CLIENT_ID": "tierloom", "CLIENT_SECRET": "hush", "NAME": "Loom ID", "ADD": "on"}
    settings = read_settings({"TIERLOOM_DATA_DIR": str(tmp_path), **{f"TIERLOOM_OIDC_{name}": value for name, value in names.items()}})

    assert (settings.oidc_issuer, settings.oidc_add, settings.oidc_name) == ("https://login.example.com", True, "Loom ID")
    assert "hush" not in repr(settings)
