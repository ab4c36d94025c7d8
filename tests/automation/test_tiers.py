"""Promotions and falls as triggers."""

from __future__ import annotations

import pytest

from runtime.people.person import SYSTEM
from runtime.records import outbox
from tests.automation.conftest import House, automation, tell
from tests.makers import form_json, text


def model() -> dict:
    return {
        "kind": "tier_model",
        "key": "value",
        "label": "Value",
        "form": "customer",
        "dimensions": [{"key": "length", "label": "Length", "weight": 100, "value": "LEN(name)", "bands": {"by": "cuts", "cuts": [3, 6]}}],
        "tiers": [
            {"key": "gold", "label": "Gold", "from": 100},
            {"key": "silver", "label": "Silver", "from": 50},
            {"key": "basic", "label": "Basic", "from": 0},
        ],
    }


def rule(**trigger: object) -> dict:
    provisional = trigger.pop("provisional", False)
    return automation(
        {"type": "tier_changed", "tier_model": "value", **trigger}, tell(subject="{tier_before}>{tier_after}"), provisional=provisional
    )


@pytest.fixture
def tiers(house: House) -> House:
    house.person("boss@example.com", "boss", language="en")
    house.publish(form_json(text()), model())
    return house


def happens(house: House, record: int, old: str | None, new: str | None, direction: str, **more: object) -> None:
    """An event as a tier model writes it."""
    with house.workspace.writing(SYSTEM) as act:
        outbox.append(
            act,
            "tier_changed",
            "customer",
            record,
            {"model": "value", "from": old, "to": new, "direction": direction, "provisional": False, **more},
        )
    house.settle()


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        ({}, ["first", "up", "up", "down", "left"]),
        ({"direction": "up"}, ["up", "up"]),
        ({"direction": "down"}, ["down"]),
        ({"to": ["gold"]}, ["up"]),
        ({"from": ["silver"]}, ["up"]),
        ({"direction": "up", "to": ["gold"], "from": ["basic"]}, []),
        ({"direction": "up", "to": ["basic"]}, []),
    ],
)
def test_moves_start_what_asks_for_them_and_a_first_tier_is_no_promotion(tiers: House, trigger: dict, expected: list[str]) -> None:
    tiers.publish(rule(**trigger))
    record = tiers.create(name="a")
    tiers.settle()
    before = len(tiers.runs())
    moves = {
        "first": (None, "basic"),
        "up": ("basic", "silver"),
        "up again": ("silver", "gold"),
        "down": ("gold", "basic"),
        "left": ("basic", None),
    }
    seen = []
    for name, (old, new) in moves.items():
        happens(tiers, record, old, new, name.partition(" ")[0])
        if len(tiers.runs()) > before:
            seen.append(name.partition(" ")[0])
            before = len(tiers.runs())
    assert seen == expected


@pytest.mark.parametrize(("provisional", "count"), [(False, 0), (True, 1)])
def test_a_promotion_to_a_provisional_tier_starts_only_what_says_so(tiers: House, provisional: bool, count: int) -> None:
    tiers.publish(rule(direction="up", provisional=provisional))
    happens(tiers, tiers.create(name="a"), "basic", "silver", "up", provisional=True)
    assert len(tiers.runs()) == count


def test_a_grace_period_starts_a_run_that_knows_its_last_day(tiers: House) -> None:
    tiers.publish(automation({"type": "tier_grace", "tier_model": "value"}, tell(subject="{name} until {grace_until}")))
    record = tiers.create(name="a")
    with tiers.workspace.writing(SYSTEM) as act:
        outbox.append(act, "tier_grace", "customer", record, {"model": "value", "tier": "gold", "until": "2024-06-01"})
    tiers.settle()
    assert tiers.notifications() == [(1, "a until 2024-06-01")]


def test_a_change_of_data_that_lifts_a_tier_starts_the_promotion(tiers: House) -> None:
    tiers.publish(rule(direction="up"))
    record = tiers.create(name="ab")
    tiers.settle()
    assert tiers.runs() == []
    tiers.update(record, name="abcdef")
    tiers.settle()
    assert [subject for _person, subject in tiers.notifications()] == ["basic>gold"]
    assert tiers.run().source == "form"
