"""The automation designer's page and what its script asks: starters, the draft in words, dry runs, and to whom all of it is open."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from builder.automating.names import settings
from builder.automating.palette import palette, triggers
from builder.automating.words import draft_in_words
from builder.drafts import new_body, problems_of
from runtime.definitions import versions
from runtime.definitions.shelf import STEPS, TRIGGERS
from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.texts import in_language
from tests.builder.conftest import HOME, Designer
from tests.makers import Json
from tests.tiers.world import World

PLACE = f"{HOME}/automations/care"
CARE: Json = {
    "kind": "automation",
    "key": "care",
    "label": "Care",
    "app": "shop",
    "enabled": False,
    "trigger": {"type": "record_created", "form": "customer"},
    "when": "points > 10",
    "steps": [
        {"type": "update_record", "values": {"note": "'seen ' & name"}},
        {"type": "branch", "when": "points > 50", "then": [{"type": "add_tag", "tag_set": "customer_tags", "tag": "vip"}]},
    ],
}


@pytest.fixture
def begun(ada: Designer, shop: World) -> Designer:
    with shop.workspace.writing(SYSTEM) as act:
        versions.save_draft(act, "automation", "care", new_body(act, "automation", "care", "Care", "shop"), 0)
    return ada


def words(shop: World, body: Json, language: str = "en") -> Json:
    with shop.workspace.reading(SYSTEM) as act:
        return draft_in_words(body, act.catalogue, lambda text: str(in_language(text, language)), language)


# -- the page -------------------------------------------------------------------------------------------------------------------------
def test_the_page_offers_every_kind_of_the_shelves_and_starters_that_can_be_published(begun: Designer, shop: World) -> None:
    given = begun.given(PLACE)
    assert {each["type"] for family in given["palette"] for each in family["kinds"]} == set(STEPS.kinds)
    assert [each["key"] for each in given["starters"]] == ["welcome", "birthday", "promoted", "win_back", "quiet"]
    missing = {each["key"]: each["missing"] for each in given["starters"] if each["body"] is None}
    assert missing == {
        "birthday": "It needs a field with the birthday in Customer.",
        "promoted": "It needs a field with the person in charge in Customer.",
    }
    with shop.workspace.reading(SYSTEM) as act:
        bodies = [{**given["body"], **each["body"]} for each in given["starters"] if each["body"] is not None]
        assert [(body["trigger"]["type"], problems_of(act, body)) for body in bodies] == [(body["trigger"]["type"], []) for body in bodies]


def test_a_kind_nobody_put_into_a_family_is_in_the_palette_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unheard(STEPS["add_tag"]):  # type: ignore[misc, valid-type]
        """A step of tomorrow."""

    monkeypatch.setitem(STEPS.kinds, "unheard_of", Unheard)
    found = {family["family"]: [each["label"] for each in family["kinds"]] for family in palette(str)}
    assert found["more"][-1] == "Unheard of"


def test_the_hub_says_which_automation_is_on_when_it_ran_and_what_failed(begun: Designer, shop: World) -> None:
    shop.publish({**CARE, "enabled": True})
    text = begun.get(HOME).get_data(as_text=True)
    assert "never ran" in text and f"{HOME}/automations/care" in text


# -- words ----------------------------------------------------------------------------------------------------------------------------
def test_the_whole_is_one_sentence_in_both_languages(shop: World) -> None:
    assert words(shop, CARE)["sentence"] == (
        "When a record is added to “Customer”, only if points > 10: set “Note”; if points > 50 (add the tag “VIP”)."
    )
    assert words(shop, CARE, "zh")["sentence"].startswith("当「Customer」")


def test_every_card_has_its_words_those_inside_others_too(shop: World) -> None:
    assert words(shop, CARE)["steps"] == {
        "steps/0": "Set “Note”",
        "steps/1": "If points > 50 (add the tag “VIP”)",
        "steps/1/then/0": "Add the tag “VIP”",
    }


FAULTY: list[Any] = [
    [{"type": "update_record"}],
    [{"type": "branch", "when": "", "then": [{"type": "nonsense"}]}],
    [{"type": "no_such_kind", "x": 1}],
    ["text", None, 5, {"type": 3}],
    "nonsense",
    None,
    {"type": "add_tag"},
]


def test_a_draft_that_holds_anything_still_has_a_sentence(shop: World) -> None:
    for steps, trigger in product(FAULTY, (CARE["trigger"], None, "x", {"type": "no_such"}, {})):
        found = words(shop, {**CARE, "trigger": trigger, "steps": steps})
        assert isinstance(found["sentence"], str) and isinstance(found["steps"], dict)


def test_a_step_that_was_just_put_in_has_words_or_none(shop: World) -> None:
    """As the designer begins one: only its kind, and with what is needed left blank."""
    for kind in STEPS.kinds:
        needed = {name: "" for name, each in STEPS[kind].model_fields.items() if each.is_required()}
        for step in ({"type": kind}, {"type": kind, **needed}):
            assert words(shop, {**CARE, "steps": [step]})["sentence"]


def test_settings_are_called_as_their_kind_means_them() -> None:
    called = settings()
    wrong = {
        f"{kind}.{name}": str(text.text)
        for shelf in (TRIGGERS, STEPS)
        for kind in shelf.kinds
        for field, each in shelf[kind].model_fields.items()
        if (name := each.alias or field) not in ("type", "key")
        and (text := called.get(f"{kind}.{name}") or called[name]).text != each.title
    }
    assert wrong == {
        "assign.field": "Field that holds the person",
        "notify.channel": "How it is sent",
        "notify.to": "Who is told",
        "send_to_segment.channel": "How it is sent",
        "wait.until": "Until this day or time",
    }


def test_names_that_a_trigger_gives_have_words(shop: World) -> None:
    body = {**CARE, "trigger": {"type": "tier_changed", "tier_model": "value"}, "when": None}
    assert {each["label"] for each in words(shop, body, "zh")["names"]["steps/0"]} == {"原等级", "现等级"}


@pytest.mark.parametrize(("language", "wanted"), [("en", "mail"), ("en", "remind"), ("zh", "邮件"), ("zh", "提醒")])
def test_a_step_is_found_by_the_word_people_have_for_it(language: str, wanted: str) -> None:
    kinds = [kind for family in palette(lambda message: str(in_language(message, language))) for kind in family["kinds"]]
    assert "notify" in [kind["type"] for kind in kinds if wanted in kind["also"]]


def test_triggers_stand_by_their_families() -> None:
    offered = triggers(lambda message: str(in_language(message, "en")))
    families = [each["family"] for each in offered]
    assert {each["type"] for each in offered} == set(TRIGGERS.kinds) and "More" not in families
    assert len(dict.fromkeys(families)) == sum(one != other for one, other in zip([None, *families], families, strict=False))


def test_names_that_a_step_may_use_are_told_where_it_stands(shop: World) -> None:
    body = {**CARE, "trigger": {"type": "tier_changed", "tier_model": "value"}, "when": None}
    assert {each["key"] for each in words(shop, body)["names"]["steps/0"]} == {"tier_before", "tier_after"}


# -- dry runs -------------------------------------------------------------------------------------------------------------------------
def test_a_chosen_record_is_tried_and_stays_as_it_is(begun: Designer, shop: World) -> None:
    record = shop.customer("Li", points=60)
    found = begun.ask("POST", f"{PLACE}/dry-run/record", {"draft": CARE, "record": record}).get_json()
    assert (found["title"], found["state"]) == ("Li", "runs")
    assert found["steps"][0]["changes"][0]["fields"] == [{"label": "Note", "before": "", "after": "seen Li"}]
    assert [each["place"] for each in found["steps"]] == ["steps/0", "steps/1", "steps/1/then/0"]
    with shop.workspace.reading(SYSTEM) as act:
        assert query.get(act, "customer", record).values["note"] is None


def test_several_records_are_tried_one_after_the_other(begun: Designer, shop: World) -> None:
    li, wu = shop.customer("Li", points=60), shop.customer("Wu", points=1)
    found = begun.ask("POST", f"{PLACE}/dry-run/records", {"draft": CARE, "records": [li, wu, li, None]}).get_json()
    assert [(each["title"], each["state"]) for each in found["tried"]] == [("Li", "runs"), ("Wu", "skipped")]
    for wrong in (["x"], [2**70], "all", None):
        answer = begun.ask("POST", f"{PLACE}/dry-run/records", {"draft": CARE, "records": wrong})
        assert answer.status_code in (404, 422), wrong


def test_the_past_and_then_its_sample(begun: Designer, shop: World) -> None:
    shop.customer("Li", points=60)
    shop.customer("Wu", points=1)
    past = begun.ask("POST", f"{PLACE}/dry-run/past", {"draft": CARE, "period": "30", "begin": ""}).get_json()
    assert (past["matched"], past["runs"], past["skipped"]) == (2, 1, 1)
    found = begun.ask("POST", f"{PLACE}/dry-run/cases", {"draft": CARE, "cases": past["samples"]}).get_json()
    assert [each["title"] for each in found["tried"]] == ["Li"]


def test_a_draft_with_problems_is_not_tried(begun: Designer, shop: World) -> None:
    record = shop.customer("Li", points=60)
    faulty = {**CARE, "when": "no_such_field"}
    for place, sent in (("record", {"record": record}), ("past", {"period": "30"}), ("cases", {"cases": []})):
        assert begun.ask("POST", f"{PLACE}/dry-run/{place}", {"draft": faulty, **sent}).get_json()["problems"]


def test_a_trigger_that_leaves_no_trace_says_so(begun: Designer) -> None:
    draft = {**CARE, "trigger": {"type": "button", "form": "customer"}}
    answer = begun.ask("POST", f"{PLACE}/dry-run/past", {"draft": draft, "period": "30"}).get_json()
    assert "chosen record" in answer["impossible"]


HOSTILE: list[Json] = [
    {"draft": CARE, "record": "1"},
    {"draft": CARE, "record": True},
    {"draft": CARE, "record": -1},
    {"draft": CARE, "record": 2**70},
    {"draft": CARE},
    {"draft": {**CARE, "key": "other"}, "record": 1},
    {"draft": {**CARE, "kind": "form"}, "record": 1},
    {"draft": None, "record": 1},
    {"draft": [], "record": 1},
]


def test_hostile_questions_are_refused_in_a_sentence(begun: Designer, shop: World) -> None:
    shop.customer("Li", points=60)
    for sent in HOSTILE:
        answer = begun.ask("POST", f"{PLACE}/dry-run/record", sent)
        assert answer.status_code in (404, 422) and answer.get_json()["errors"] is not None, sent


def test_facts_that_a_page_makes_up_count_for_nothing(begun: Designer, shop: World) -> None:
    shop.customer("Li", points=60)
    made_up = {"record": 1, "event": 999, "at": 1, "facts": {"changes": {}}}
    assert begun.ask("POST", f"{PLACE}/dry-run/cases", {"draft": CARE, "cases": [made_up]}).status_code == 404
    assert begun.ask("POST", f"{PLACE}/dry-run/cases", {"draft": CARE, "cases": "all"}).status_code == 422


def test_only_designers_ask(begun: Designer, shop: World, enter: Callable[..., Designer]) -> None:
    shop.customer("Li", points=60)
    mia = enter("Mia", "member")
    for place, sent in (
        ("words", {}),
        ("dry-run/record", {"record": 1}),
        ("dry-run/past", {"period": "30"}),
        ("dry-run/cases", {"cases": []}),
    ):
        assert mia.ask("POST", f"{PLACE}/{place}", {"draft": CARE, **sent}).status_code == 403
    assert mia.ask("GET", f"{PLACE}/runs").status_code == 403


# -- what settings choose from -----------------------------------------------------------------------------------------------------------
def test_plans_relations_words_and_bots_are_offered_by_name_for_every_form(begun: Designer, shop: World) -> None:
    named = begun.given(PLACE)["named"]
    with shop.workspace.reading(SYSTEM) as act:
        catalogue = act.catalogue
        assert named["plan"].keys() == named["relation"].keys() == named["wording"].keys() == set(catalogue.forms)
        for form in catalogue.forms:
            assert [each["key"] for each in named["relation"][form]] == list(catalogue.relations_to(form))
    assert named["bot"] == [] and any(named["relation"].values())
    assert all(each["label"] and each["label"] != each["key"] for some in named["relation"].values() for each in some)
