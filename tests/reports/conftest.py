"""A small shop of three members, one of whom bought this month."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import kinds
from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.system import jobs
from runtime.system.workspace import Act, Workspace
from tests import makers

MEMBER = makers.form_json(
    makers.text("name", required=True),
    makers.choice("stage", "new", "steady", "lost"),
    makers.money("spend"),
    makers.day("joined_on"),
    makers.checkbox("agreed"),
    makers.multi_choice("interests"),
    makers.reference("friend", "member", many_name="friends"),
    makers.tier("tier", tier_model="value"),
    key="member",
)
MODEL = {
    "kind": "tier_model",
    "key": "value",
    "label": {"zh": "价值", "en": "Value"},
    "form": "member",
    "dimensions": [
        {"key": "spend", "label": "Spend", "weight": 100, "value": "spend", "bands": {"by": "cuts", "cuts": [100, 200, 300, 400]}}
    ],
    "tiers": [
        {"key": "gold", "label": {"zh": "金", "en": "Gold"}, "color": "yellow", "from": 50},
        {"key": "basic", "label": "Basic", "from": 0},
    ],
}


@pytest.fixture
def shop(workspace: Workspace) -> Workspace:
    kinds.load()
    with workspace.writing(SYSTEM) as act:
        versions.publish(act, [MEMBER, MODEL])
        lin = gateway.create(
            act, "member", {"name": "Lin", "stage": "steady", "spend": "450.50", "joined_on": act.today, "agreed": True}
        ).id
        gateway.create(act, "member", {"name": "Chen", "stage": "new", "spend": "120", "joined_on": first_of(act, 2), "friend": lin})
        gateway.create(act, "member", {"name": "Wu", "spend": "30", "joined_on": first_of(act, 40), "friend": lin})
    while jobs.run_next(workspace):
        pass
    return workspace


def first_of(act: Act, months: int) -> Any:
    from runtime.reports.monthly import month_before

    return month_before(act.today, months)
