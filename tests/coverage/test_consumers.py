"""Who uses a tier and a tag, read from the definitions in force."""

from __future__ import annotations

import pytest

from runtime import kinds
from runtime.coverage.consumers import is_used, tag_consumers, tier_consumers
from tests.makers import catalogue_of
from tests.tiers.world import CUSTOMER, ORDER, TAGS, VISIT, model

kinds.load()
TELL = {"type": "add_tag", "tag_set": "customer_tags", "tag": "vip"}


def rule(trigger, key="rule", **more):
    return {"kind": "automation", "key": key, "label": key, "trigger": trigger, "steps": [TELL], **more}


def changed(**more):
    return {"type": "tier_changed", "tier_model": "value", **more}


CREATED = {"type": "record_created", "form": "customer"}
ABOUT_ORDERS = {"type": "record_created", "form": "order"}


def used_by(*definitions):
    """tier → kinds of its consumers."""
    catalogue = catalogue_of(CUSTOMER, ORDER, VISIT, TAGS, model(), *definitions)
    found = tier_consumers(catalogue, catalogue.tier_models["value"])
    return {tier: [each.kind for each in some] for tier, some in found.items() if some}


def only(kind, *tiers):
    return {tier: [kind] for tier in tiers}


ALL = ("diamond", "gold", "silver", "basic")


@pytest.mark.parametrize(
    ("definition", "expected"),
    [
        (rule(changed(to=["gold"])), only("automation", "gold")),
        (rule(changed(direction="up")), only("automation", "diamond", "gold", "silver")),
        (rule(changed(direction="down")), only("automation", "gold", "silver", "basic")),
        (rule(changed(**{"from": ["gold"]})), only("automation", "gold")),
        (rule(changed()), only("automation", *ALL)),
        (rule({"type": "tier_grace", "tier_model": "value"}), only("automation", "diamond", "gold", "silver")),
        (rule(CREATED, when="tier == 'gold'"), only("automation", "gold")),
        (rule(CREATED, when="tier in ('gold', 'silver') and name == 'basic'"), only("automation", "gold", "silver")),
        (
            rule(ABOUT_ORDERS, when="customer.tier == 'silver'", steps=[{"type": "create_record", "form": "visit", "values": {}}]),
            only("automation", "silver"),
        ),
        (rule(CREATED, when="TIER_AT('value', TODAY()) == 'basic'"), only("automation", "basic")),
        (rule(CREATED, when="ISEMPTY(tier)"), only("automation", *ALL)),
        (
            rule(CREATED, steps=[{"type": "branch", "when": "tier == 'diamond'", "then": [TELL]}]),
            only("automation", "diamond"),
        ),
        (rule(CREATED, when="name == 'gold'"), {}),
        (rule(CREATED, steps=[{"type": "notify", "to": ["role:boss"], "subject": "{name} is {tier}"}]), {}),
        (
            {"kind": "permission_set", "key": "p", "label": "P", "form": "customer", "rows": "tier == 'gold'"},
            only("permission_set", "gold"),
        ),
        ({"kind": "view", "key": "v", "label": "V", "form": "customer", "filter": "tier == 'basic'"}, only("view", "basic")),
        ({"kind": "view", "key": "v", "label": "V", "form": "customer", "columns": ["name", "tier"]}, {}),
        ({"kind": "segment", "key": "s", "label": "S", "form": "customer", "where": "tier == 'silver'"}, only("segment", "silver")),
        (
            {
                "kind": "dashboard",
                "key": "d",
                "label": "D",
                "parts": [{"type": "bar", "label": "L", "form": "customer", "by": "tier", "at": [0, 0, 4, 2]}],
            },
            only("dashboard", *ALL),
        ),
        (
            {
                "kind": "dashboard",
                "key": "d",
                "label": "D",
                "parts": [{"type": "number", "label": "L", "form": "customer", "filter": "tier == 'gold'", "at": [0, 0, 4, 2]}],
            },
            only("dashboard", "gold"),
        ),
        (model(key="other", population="tier == 'gold'"), only("tier_model", "gold")),
    ],
)
def test_a_definition_uses_the_tiers_that_it_tells_apart(definition, expected):
    assert used_by(definition) == expected


def test_a_service_plan_uses_its_tier_and_the_models_own_rules_do_not():
    assert used_by(model(plans={"gold": {"channel": "phone"}}, floors=[{"when": "points > 3", "tier": "silver"}])) == only("plan", "gold")


def test_a_tag_rule_that_asks_for_a_tier_uses_it():
    tags = {**TAGS, "tags": [{"key": "dear", "label": "Dear", "rule": "tier == 'diamond'"}]}
    assert used_by(tags) == only("tag_set", "diamond")


def test_who_uses_a_segment_uses_the_tiers_that_it_asks_for():
    inner = {"kind": "segment", "key": "inner", "label": "Inner", "form": "customer", "where": "tier == 'gold'"}
    outer = {"kind": "segment", "key": "outer", "label": "Outer", "form": "customer", "where": "IN_SEGMENT('inner') and points > 3"}
    entered = rule({"type": "segment_entered", "segment": "outer"})
    catalogue = catalogue_of(CUSTOMER, ORDER, VISIT, TAGS, model(), inner, outer, entered)
    found = tier_consumers(catalogue, catalogue.tier_models["value"])["gold"]
    assert {(each.kind, each.key, each.through) for each in found} == {
        ("segment", "inner", None),
        ("segment", "outer", "inner"),
        ("automation", "rule", "outer"),
    }


def test_what_is_switched_off_is_named_but_uses_nothing():
    catalogue = catalogue_of(CUSTOMER, ORDER, VISIT, TAGS, model(), rule(changed(to=["gold"]), enabled=False))
    (found,) = tier_consumers(catalogue, catalogue.tier_models["value"])["gold"]
    assert found.off and not is_used([found])


def test_giving_a_tag_is_no_use_of_it_but_asking_for_it_is():
    catalogue = catalogue_of(CUSTOMER, ORDER, VISIT, TAGS, model(), rule(CREATED), rule(CREATED, key="asks", when="'vip' in tags"))
    found = tag_consumers(catalogue, catalogue.tag_sets["customer_tags"])
    assert [(each.kind, each.key) for each in found["vip"]] == [("automation", "asks")]
    assert found["busy"] == [] and "old" not in found
