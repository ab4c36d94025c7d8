"""What changed between two versions, said in sentences of both languages."""

from __future__ import annotations

from typing import Any

import pytest

from builder.differences import differences
from tests.tiers.world import dimension, model

ONE = {**dimension("spend", cuts=[1, 2, 3], weight=20), "label": {"zh": "净消费", "en": "Net spend"}}
OTHER = {**dimension("points", "points", cuts=[5, 9], weight=80), "label": {"zh": "积分", "en": "Points"}}
BEFORE = model(ONE, OTHER)


def said(before: Any, after: Any, language: str = "en") -> list[str]:
    return [each.message.in_language(language) for each in differences(before, after)]


def with_dimension(**changed: Any) -> dict[str, Any]:
    return {**BEFORE, "dimensions": [{**ONE, **changed}, OTHER]}


@pytest.mark.parametrize(
    ("after", "en", "zh"),
    [
        (with_dimension(weight=30), "Net spend · Weight: 20 → 30", "净消费 · 权重：20 → 30"),
        (
            with_dimension(bands={**ONE["bands"], "cuts": [1, 2, 4]}),
            "Net spend · Cuts: 1, 2, 3 → 1, 2, 4",
            "净消费 · 切点：1、2、3 → 1、2、4",
        ),
        (with_dimension(missing="neutral"), "Net spend · If missing: now half the weight", "净消费 · 缺数据时：现为 算一半权重"),
        (
            with_dimension(label={"zh": "消费", "en": "Net spend"}),
            "Net spend · Name · Chinese: 净消费 → 消费",
            "消费 · 名称 · 中文：净消费 → 消费",
        ),
        ({**BEFORE, "dimensions": [ONE]}, "Removed: dimension “Points”", "去掉：维度「积分」"),
        ({**BEFORE, "dimensions": [OTHER, ONE]}, "Dimensions: another order", "维度：顺序变了"),
        ({**BEFORE, "population": "points > 0"}, "Who takes part: now points > 0", "谁参与：现为 points > 0"),
        ({**BEFORE, "recompute": {"on_change": False}}, "Recompute: now Rate at once on a change: no", "重算：现为 数据一变就重新评：否"),
    ],
)
def test_a_change_is_one_sentence(after: dict[str, Any], en: str, zh: str) -> None:
    assert (said(BEFORE, after), said(BEFORE, after, "zh")) == ([en], [zh])


def test_a_new_part_is_named_and_found() -> None:
    third = {**dimension("note"), "label": {"zh": "互动", "en": "Engagement"}}
    (found,) = differences(BEFORE, {**BEFORE, "dimensions": [ONE, third, OTHER]})
    assert (str(found.message), found.path) == ("Added: dimension “Engagement”", "dimensions/1")


def test_the_same_says_nothing() -> None:
    assert differences(BEFORE, {**BEFORE}) == []


def test_what_was_never_published_is_new() -> None:
    assert said(None, {**BEFORE, "label": {"zh": "价值", "en": "Value"}}) == ["New: Tier model “Value”"]


def test_parts_inside_parts_carry_the_names_of_both() -> None:
    before = {"kind": "form", "fields": [{"key": "stage", "label": "Stage", "options": [{"key": "new", "label": "New"}]}]}
    after = {
        "kind": "form",
        "fields": [{"key": "stage", "label": "Stage", "options": [{"key": "new", "label": "Fresh"}, {"key": "lost", "label": "Lost"}]}],
    }
    assert said(before, after) == ["Stage · Fresh · Name: New → Fresh", "Added: Stage · option “Lost”"]


def test_yes_and_no_are_words_and_long_values_are_cut() -> None:
    assert said({"enabled": True}, {"enabled": False}) == ["Switched on: yes → no"]
    assert len(said({"population": "a"}, {"population": "b" * 500})[0]) < 120


@pytest.mark.parametrize("odd", [None, 7, "text", [], [1, [2]], {"a": {"b": []}}, {"zh": 5}])
def test_nonsense_in_a_draft_is_compared_as_well(odd: Any) -> None:
    for before, after in (({"fields": odd, "label": "x"}, {"fields": [{"key": 5}], "label": odd}), ({"fields": [{}]}, {"fields": odd})):
        assert all(isinstance(each, str) for each in said(before, after) + said(after, before, "zh"))


def test_a_field_with_another_key_is_the_same_field_in_both_directions() -> None:
    before = {"kind": "form", "key": "f", "fields": [{"type": "text", "key": "phone", "label": "Phone"}]}
    after = {"kind": "form", "key": "f", "fields": [{"type": "text", "key": "mobile", "formerly": ["phone"], "label": "Phone"}]}
    assert said(before, after) == ["Phone · Key: phone → mobile"]
    assert said(after, before) == ["Phone · Key: mobile → phone"]


def test_a_new_plan_stands_under_the_name_of_its_tier_and_is_said_part_by_part() -> None:
    tiers = [{"key": "gold", "label": {"zh": "金", "en": "Gold"}, "rank": 1}]
    before = {"kind": "tier_model", "tiers": tiers}
    plan = {"contact_every_days": 14, "script": {"zh": "电话回访", "en": "Call back"}, "steps": [], "owner_pool": None}
    assert said(before, {**before, "plans": {"gold": plan}}) == [
        "Service plans: now Gold: Contact every (days): 14; What to say: Call back"
    ]
    with_one: dict[str, Any] = {**before, "plans": {"silver": {}}}
    assert said(with_one, {**with_one, "plans": {"silver": {}, "gold": plan}}, "zh") == [
        "服务标准 · 金：现为 多少天联系一次：14；怎么说：电话回访"
    ]


TIERED = {
    "kind": "tier_model",
    "tiers": [{"key": "gold", "label": {"zh": "金", "en": "Gold"}}, {"key": "low", "label": {"zh": "低", "en": "Low"}}],
    "plans": {"gold": {"channel": "phone", "owner_pool": "role:sales"}},
    "tests": [{"name": "one", "expect": {"tier": "gold"}}, {"name": "two", "expect": {"tier": "low"}}],
    "floors": [{"when": "spend > 9", "tier": "gold", "why": {"zh": "花得多", "en": "Spends much"}}],
}


@pytest.mark.parametrize(
    ("changed", "en", "zh"),
    [
        (
            {"plans": {"gold": {"channel": "wechat", "owner_pool": "role:sales"}}},
            "Gold · Channel: Phone → WeChat",
            "金 · 渠道：电话 → 微信",
        ),
        (
            {"plans": {"gold": {"channel": "phone", "owner_pool": "role:senior"}}},
            "Gold · Looked after by: Sales → role senior",
            "金 · 由谁照看：Sales → 角色 senior",
        ),
        ({"floors": [{**TIERED["floors"][0], "tier": "low"}]}, "Spends much · Tier: Gold → Low", "花得多 · 等级：金 → 低"),
        ({"tests": TIERED["tests"][1:]}, "Removed: rule test “one”", "去掉：规则测试「one」"),
        (
            {"tests": [{"name": "one", "expect": {"tier": "low"}}, TIERED["tests"][1]]},
            "one · Expected · Tier: Gold → Low",
            "one · 应得 · 等级：金 → 低",
        ),
        (
            {"tests": [{**TIERED["tests"][0], "name": "first"}, TIERED["tests"][1]]},
            "first · Name: one → first",
            "first · 名称：one → first",
        ),
        ({"floors": []}, "Removed: floor “Spends much”", "去掉：保底「花得多」"),
    ],
)
def test_tiers_roles_channels_and_examples_are_called_by_their_names(changed: dict[str, Any], en: str, zh: str) -> None:
    found = differences(TIERED, {**TIERED, **changed}, {"role:sales": "Sales"})
    assert [[each.message.in_language(language) for each in found] for language in ("en", "zh")] == [
        [_planned(en, "en")],
        [_planned(zh, "zh")],
    ]


def _planned(sentence: str, language: str) -> str:
    """A plan is named under its setting."""
    first = {"en": ("Gold · Channel", "Gold · Looked"), "zh": ("金 · 渠道", "金 · 由谁")}[language]
    return f"{'Service plans' if language == 'en' else '服务标准'} · {sentence}" if sentence.startswith(first) else sentence
