"""Letters that steps send, by a mail server of the test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.automation.conftest import House, automation, created, tell
from tests.makers import email, form_json, text


@dataclass
class Post:
    """A mail server; `refusals` are answered instead of taking a letter, one after the other."""

    letters: list[EmailMessage] = field(default_factory=list)
    refusals: list[str | None] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.unknown:
            return "550 no such person"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        refusal = self.refusals.pop(0) if self.refusals else None
        if refusal is not None:
            return refusal
        self.letters.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    @property
    def sent(self) -> list[tuple[str, str]]:
        return [(letter["To"], letter["Subject"]) for letter in self.letters]


class PostOffice(Controller):
    """Takes any free port; the original looks for the server at the port it was asked for."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def post() -> Iterator[tuple[Post, str]]:
    post = Post()
    controller = PostOffice(post, hostname="127.0.0.1", port=0)
    controller.start()
    yield post, f"smtp://127.0.0.1:{controller.port}?from=crm@example.com"
    controller.stop()


@pytest.fixture
def office(small_house: House, post: tuple[Post, str]) -> House:
    small_house.workspace.settings = replace(small_house.workspace.settings, smtp_url=post[1])
    small_house.person("ning@example.com", "sales", language="zh")
    small_house.person("lee@example.com", "sales", language="en")
    small_house.publish(form_json(text(), email()))
    return small_house


def mailing(*to: str, subject: Any = "Hello {name}", body: Any = "Dear {name}") -> dict:
    return automation(created(), tell(*to, channel="email", subject=subject, body=body))


def test_a_letter_goes_to_a_customers_address_with_its_places_filled(office: House, post: tuple[Post, str]) -> None:
    office.publish(mailing("field:email", body="Dear {name},\nwelcome."))
    office.create(name="林", email="lin@example.com")
    office.settle()
    (letter,) = post[0].letters
    assert (letter["From"], letter["To"], letter["Subject"]) == ("crm@example.com", "lin@example.com", "Hello 林")
    assert letter.get_content().splitlines() == ["Dear 林,", "welcome."] and letter["Auto-Submitted"] == "auto-generated"
    assert office.run().steps[0].result == {"to": ["lin@example.com"]}


def test_everybody_gets_a_letter_of_their_own_in_their_language(office: House, post: tuple[Post, str]) -> None:
    office.publish(mailing("role:sales", "user:ning@example.com", subject={"zh": "新客户 {name}", "en": "New: {name}"}))
    office.create(name="Lin")
    office.settle()
    assert post[0].sent == [("ning@example.com", "新客户 Lin"), ("lee@example.com", "New: Lin")]


def test_a_later_try_sends_only_what_was_not_sent(office: House, post: tuple[Post, str]) -> None:
    office.publish(mailing("role:sales"))
    post[0].refusals = [None, "451 try later"]
    office.create(name="Lin")
    office.settle()
    assert [to for to, _subject in post[0].sent] == ["ning@example.com"] and office.run().state == "running"
    office.later(seconds=10).settle()
    assert [to for to, _subject in post[0].sent] == ["ning@example.com", "lee@example.com"] and office.run().state == "done"


def test_a_letter_has_the_same_message_id_in_every_try(office: House, post: tuple[Post, str], monkeypatch: pytest.MonkeyPatch) -> None:
    from runtime.automation import mail

    ids: list[str] = []
    real = mail._letter

    def noting(*given: Any) -> EmailMessage:
        letter = real(*given)
        ids.append(letter["Message-ID"])
        return letter

    monkeypatch.setattr(mail, "_letter", noting)
    post[0].refusals = ["451 later"]
    office.publish(mailing("field:email"))
    office.create(name="Lin", email="lin@example.com")
    office.settle()
    office.later(seconds=10).settle()
    assert len(ids) == 2 and len(set(ids)) == 1


def test_an_address_nobody_has_is_not_tried_again(office: House, post: tuple[Post, str]) -> None:
    post[0].unknown = {"gone@example.com"}
    office.publish(mailing("field:email"))
    office.create(name="Lin", email="gone@example.com")
    office.settle()
    assert office.run().state == "failed" and "gone@example.com (550)" in office.run().reason["en"]


def test_a_record_without_an_address_gets_no_letter_and_is_no_failure(office: House, post: tuple[Post, str]) -> None:
    office.publish(mailing("field:email"))
    office.create(name="Lin")
    office.settle()
    assert office.run().state == "done" and office.run().steps[0].state == "skipped" and post[0].letters == []


def test_without_a_mail_server_the_run_says_what_to_set_up(small_house: House) -> None:
    small_house.publish(form_json(text(), email()), mailing("field:email"))
    small_house.create(name="Lin", email="lin@example.com")
    small_house.settle()
    assert (
        small_house.run().state == "failed"
        and "TIERLOOM_SMTP_URL" in small_house.run().reason["en"]
        and "TIERLOOM_SMTP_URL" in small_house.run().reason["zh"]
    )


def test_a_mail_server_that_is_down_is_tried_again(small_house: House) -> None:
    import socket

    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        small_house.workspace.settings = replace(small_house.workspace.settings, smtp_url=f"smtp://127.0.0.1:{unused.getsockname()[1]}")
        small_house.publish(form_json(text(), email()), mailing("field:email"))
        small_house.create(name="Lin", email="lin@example.com")
        small_house.settle()
    assert small_house.run().state == "running" and small_house.run().reason is not None


@pytest.mark.parametrize("name", ["a\r\nBcc: all@example.com", "a\nX-Evil: 1", "a\r\n\r\nbody"])
def test_a_name_cannot_add_headers_or_recipients(office: House, post: tuple[Post, str], name: str) -> None:
    office.publish(mailing("field:email", subject="{name}"))
    office.create(name=name, email="lin@example.com")
    office.settle()
    (letter,) = post[0].letters
    assert letter["Bcc"] is None and letter["X-Evil"] is None and letter["To"] == "lin@example.com"
