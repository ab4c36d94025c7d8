"""Button: what it starts, who may press it, and that pressing twice runs once."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.automation import engine, log, pressing
from runtime.definitions import versions
from runtime.errors import NotAllowed, Refused
from runtime.people.accounts import add
from runtime.people.person import SYSTEM
from runtime.records import gateway, query
from runtime.system.workspace import Workspace
from tests import makers
from tests.makers import catalogue_of, field, form_of

SEND = field("button", "send", automation="send_offer")
FORM = makers.form_json(makers.text("name"), makers.number("offers", decimals=0), makers.member("sent_by"), SEND)
SEND_OFFER: dict[str, Any] = {
    "kind": "automation", "key": "send_offer", "label": "Send an offer", "trigger": {"type": "button", "form": "customer"},
    "when": "not ISEMPTY(name)",
    "steps": [{"type": "update_record", "values": {"offers": "IF(ISEMPTY(offers), 0, offers) + 1", "sent_by": "pressed_by"}}],
}  # fmt: skip


@pytest.fixture
def pressed(sqlite_workspace: Workspace) -> Workspace:
    kinds.load()
    with sqlite_workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [FORM, SEND_OFFER])
    with sqlite_workspace.writing(SYSTEM) as act:
        gateway.create(act, "customer", {"name": "Lin"})
    return sqlite_workspace


def press(workspace: Workspace, once: str, record: int = 1, person: Any = SYSTEM) -> int:
    with workspace.writing(person) as act:
        return pressing.press(act, act.catalogue.forms["customer"], record, "send", once)


def test_pressed_twice_at_once_it_runs_once_and_pressed_again_it_runs_again(pressed: Workspace) -> None:
    first = press(pressed, "a")
    assert press(pressed, "a") == first and press(pressed, "b") != first
    engine.settle(pressed)
    with pressed.reading(SYSTEM) as act:
        assert query.get(act, "customer", 1).values["offers"] == 2
        assert [each.state for each in log.runs(act, "send_offer").runs] == ["done", "done"]
        assert pressing.state_of(act, act.catalogue.forms["customer"], 1, "send", first) == ("done", None)


def test_no_event_starts_it(pressed: Workspace) -> None:
    engine.settle(pressed)
    with pressed.reading(SYSTEM) as act:
        assert log.runs(act, "send_offer").runs == []


def test_who_may_not_change_the_record_may_not_press(pressed: Workspace) -> None:
    with pressed.writing(SYSTEM) as act:
        guest = add(act, email="guest@example.com", name="Guest", roles=("guest",))
    with pytest.raises(NotAllowed):
        press(pressed, "a", person=guest)


def test_what_is_switched_off_is_not_started(pressed: Workspace) -> None:
    with pressed.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**SEND_OFFER, "enabled": False}])
    with pytest.raises(Refused, match="switched off"):
        press(pressed, "a")


def test_an_automation_that_no_button_starts_is_named() -> None:
    form = form_of(makers.text("name"), SEND)
    other = makers.definition({**SEND_OFFER, "trigger": {"type": "record_created", "form": "customer"}})
    for catalogue in (catalogue_of(), catalogue_of(other)):
        assert [each.path for each in form.by_key["send"].problems(form, catalogue)] == ["automation"]
