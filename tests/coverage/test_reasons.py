"""A tier that nothing uses is published with a written reason or not at all."""

from __future__ import annotations

import pytest

from builder import comparing
from runtime.definitions import reasons, versions
from runtime.definitions.reasons import ReasonNeeded
from runtime.people import accounts
from runtime.people.person import SYSTEM
from tests.tiers.world import World, model

USED = {"channel": "phone"}
PLANS = {"diamond": USED, "gold": USED, "silver": USED}
APP = {"kind": "app", "key": "shop", "label": "Shop"}
WHY = "Basic customers are left to the shop."


@pytest.fixture
def world(workspace):
    """A model in force, of which nothing uses the tier basic; Ada builds."""
    world = World(workspace, APP, model(plans=PLANS))
    with workspace.writing(SYSTEM) as act:
        world.ada = accounts.add(act, email="ada@example.com", name="Ada", roles=("builder",), password=None)
    return world


def publish(world, *bodies, reason=None, person=None):
    with world.workspace.writing(person or world.ada, "publish") as act:
        return versions.publish(act, bodies, reason=reason)


def given(world, version=None):
    with world.workspace.reading(SYSTEM) as act:
        return reasons.given(act, "tier_model", "value", version)


def test_a_changed_model_in_force_asks_for_the_reason_and_changes_nothing_without_it(world):
    with pytest.raises(ReasonNeeded) as caught:
        publish(world, model(plans=PLANS, label="New"))
    assert [(each.path, "普通" in each.message.in_language("zh")) for each in caught.value.problems] == [("reason", True)]
    with pytest.raises(ReasonNeeded):
        publish(world, model(plans=PLANS, label="New"), reason="   ")
    assert given(world) == {}
    assert world.rows(versions.definition_version.select().where(versions.definition_version.c.version == 2)) == []


def test_the_reason_is_kept_with_the_version_and_holds_for_later_ones(world):
    publish(world, model(plans=PLANS, label="New"), reason=WHY)
    assert given(world) == {"tier:basic": WHY} and given(world, 1) == {}
    publish(world, model(plans=PLANS, label="Newer"))
    assert given(world, 3) == {"tier:basic": WHY}
    publish(world, model(plans={**PLANS, "basic": USED}))
    assert given(world) == {}
    with pytest.raises(ReasonNeeded):
        publish(world, model(plans=PLANS))


def test_a_model_that_is_published_as_it_stands_is_not_asked(world):
    publish(world, model(plans=PLANS))
    assert given(world) == {}


def test_another_unused_tier_needs_a_reason_of_its_own(world):
    publish(world, model(plans=PLANS, label="New"), reason=WHY)
    fewer = {key: plan for key, plan in PLANS.items() if key != "silver"}
    with pytest.raises(ReasonNeeded) as caught:
        publish(world, model(plans=fewer))
    assert len(caught.value.problems) == 1
    publish(world, model(plans=fewer), reason="Silver goes soon.")
    assert given(world) == {"tier:basic": WHY, "tier:silver": "Silver goes soon."}


def test_what_is_published_along_with_it_counts(world):
    view = {"kind": "view", "key": "rest", "label": "Rest", "form": "customer", "filter": "tier == 'basic'"}
    publish(world, model(plans=PLANS, label="New"), view)
    assert given(world) == {}


def test_a_first_model_is_not_asked_unless_its_app_has_automations_at_work(world):
    publish(world, model(key="second", app="shop"))
    step = {"type": "add_tag", "tag_set": "customer_tags", "tag": "vip"}
    automation = {
        "kind": "automation",
        "key": "a",
        "label": "A",
        "app": "shop",
        "trigger": {"type": "record_created", "form": "customer"},
        "steps": [step],
    }
    publish(world, automation)
    with pytest.raises(ReasonNeeded):
        publish(world, model(key="third", app="shop"))


def test_the_model_of_a_lane_is_asked_by_its_main_model_alone(world):
    publish(
        world,
        model(plans=PLANS, label="New", lanes=[{"key": "new", "when": "points < 3", "tier_model": "lane"}]),
        model(key="lane"),
        reason=WHY,
    )
    publish(world, model(key="lane", label="Changed"))


def test_going_back_to_an_older_version_is_not_held_up(world):
    publish(world, model(plans={**PLANS, "basic": USED}))
    with world.workspace.writing(world.ada, "publish") as act:
        versions.restore(act, "tier_model", "value", 1)
    assert given(world) == {}


def test_the_system_is_not_asked_but_the_command_line_and_the_api_are(world):
    publish(world, model(plans=PLANS, label="New"), person=SYSTEM)
    with world.workspace.writing(SYSTEM, "publish") as act, pytest.raises(ReasonNeeded):
        comparing.publish(act, [model(plans=PLANS, label="Newer")])
    with world.workspace.writing(SYSTEM, "publish") as act:
        comparing.publish(act, [model(plans=PLANS, label="Newer")], reason=WHY)
    assert given(world) == {"tier:basic": WHY}


def test_the_reasons_of_all_versions_can_be_listed(world):
    publish(world, model(plans=PLANS, label="New"), reason=WHY)
    with world.workspace.reading(SYSTEM) as act:
        assert reasons.of_versions(act, "tier_model", "value") == {2: [WHY]}
