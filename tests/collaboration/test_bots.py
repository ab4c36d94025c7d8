"""Bots of group chats: in the words of each service, through the guard, and without showing their address."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.collaboration import bots, comments
from runtime.collaboration.bots import Bot
from runtime.errors import NotAllowed, Refused
from runtime.people.person import SYSTEM
from runtime.system.tables import audit_log, message_bot
from tests.automation.conftest import Receiver, receiver  # noqa: F401
from tests.collaboration.conftest import Team

Tell = Callable[..., int]


@pytest.fixture
def tell(small_team: Team, receiver: Receiver) -> Tell:  # noqa: F811
    """Adds a bot that calls the receiver, and lets it."""
    own = small_team.workspace
    own.settings = replace(own.settings, outbound_allow=(receiver.host,), base_url="https://crm.example.com")
    return lambda **more: small_team.does(
        small_team.ada, bots.save, Bot(**{"name": "Sales", "service": "wecom", "address": receiver.url, "language": "en", **more})
    )


def said(team: Team) -> Any:
    with team.workspace.reading(SYSTEM) as act:
        return act.connection.execute(sa.select(message_bot.c.said)).scalar()


@pytest.mark.parametrize(
    ("service", "text_at"), [("wecom", ("text", "content")), ("dingtalk", ("text", "content")), ("feishu", ("content", "text"))]
)
def test_each_service_gets_its_own_shape(small_team: Team, receiver: Receiver, tell: Tell, service: str, text_at: tuple[str, str]):  # noqa: F811
    tell(service=service)
    record = small_team.customer(small_team.bo)
    small_team.settle()
    small_team.does(small_team.cy, comments.add, "customer", record, "Look here")
    small_team.settle()
    (call,) = receiver.calls
    assert call.json[text_at[0]][text_at[1]] == f"Cy comments on Lin\nLook here\nhttps://crm.example.com/apps/shop/customer/{record}"
    assert call.headers["Idempotency-Key"].startswith("bot:") and said(small_team) is None


def test_signatures_as_the_services_reckon_them():
    now = datetime(2026, 5, 6, tzinfo=UTC)
    address, _message = bots.MESSAGES["dingtalk"]("hi", "https://example.com/send?token=1", "SECabc", now)
    assert address.startswith("https://example.com/send?token=1&timestamp=1778025600000&sign=") and address.endswith("%3D")
    _address, message = bots.MESSAGES["feishu"]("hi", "https://example.com", "abc", now)
    assert message["timestamp"] == "1778025600" and len(message["sign"]) == 44


def test_only_what_it_wants_to_hear_of_and_from_its_form(small_team: Team, receiver: Receiver, tell: Tell):  # noqa: F811
    tell(kinds=("change",))
    tell(kinds=("comment",), form="secret")
    record = small_team.customer(small_team.bo)
    small_team.does(small_team.cy, comments.add, "customer", record, "Look")
    small_team.settle()
    assert receiver.calls == []
    small_team.change(small_team.cy, record, city="Kiel")
    small_team.settle()
    assert [call.json["text"]["content"].splitlines()[0] for call in receiver.calls] == ["Cy has changed Lin"]


def test_a_private_address_is_not_called_and_the_page_says_why(small_team: Team, receiver: Receiver, tell: Tell):  # noqa: F811
    number = tell()
    small_team.workspace.settings = replace(small_team.workspace.settings, outbound_allow=())
    small_team.does(small_team.ada, bots.try_out, number)
    small_team.settle()
    assert receiver.calls == [] and "private network" in json.loads(said(small_team))["en"]


def test_a_refusal_in_the_answer_is_a_refusal(small_team: Team, receiver: Receiver, tell: Tell):  # noqa: F811
    def refuse(handler: Any) -> None:
        body = b'{"errcode": 93000, "errmsg": "invalid webhook"}'
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    number = tell()
    receiver.answers = [refuse]
    small_team.does(small_team.ada, bots.try_out, number)
    small_team.settle()
    assert "93000" in json.loads(said(small_team))["en"]


def test_its_address_is_sealed_and_in_no_log(small_team: Team, tell: Tell, receiver: Receiver):  # noqa: F811
    number = tell(key="SECabc")
    small_team.does(small_team.ada, bots.save, Bot("New name", "wecom", "", language="en"), number)
    with small_team.workspace.reading(SYSTEM) as act:
        everything = str(act.connection.execute(sa.select(message_bot)).all()) + str(act.connection.execute(sa.select(audit_log)).all())
    assert "New name" in everything and receiver.url not in everything and "SECabc" not in everything
    small_team.does(small_team.ada, bots.try_out, number)
    small_team.settle()
    assert len(receiver.calls) == 1


@pytest.mark.parametrize(("given", "path"), [
    ({"name": " "}, "name"), ({"service": "fax"}, "service"), ({"address": ""}, "address"), ({"address": "ftp://x"}, "address"),
    ({"form": "nothing"}, "form"), ({"kinds": ()}, "kinds"), ({"kinds": ("mention",)}, "kinds"), ({"language": "xx"}, "language"),
])  # fmt: skip
def test_what_is_wrong_is_said_beside_its_field(small_team: Team, tell: Tell, given: dict[str, Any], path: str):
    with pytest.raises(Refused) as refused:
        tell(**given)
    assert [each.path for each in refused.value.problems] == [path]


def test_bots_are_for_those_who_administer(small_team: Team):
    with pytest.raises(NotAllowed):
        small_team.does(small_team.bo, bots.save, Bot("Sales", "wecom", "https://example.com"))
