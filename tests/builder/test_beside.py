"""A draft that cannot be published alone, and the other drafts of the app that solve it: they are offered, and published together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from tests.builder.conftest import HOME, VALUE, Designer
from tests.makers import Json

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.tiers.world import World

TIERS = f"{HOME}/tiers/value"
LAST = VALUE["tiers"][0]
RENAMED: Json = {**VALUE, "tiers": [{**LAST, "key": "top", "label": "Top"}, *VALUE["tiers"][1:]]}
BEST: Json = {"kind": "segment", "key": "best", "label": "The best", "app": "shop", "form": "customer", "where": f"tier == '{LAST['key']}'"}
MENDED: Json = {**BEST, "where": "tier == 'top'"}
OTHER: Json = {"kind": "segment", "key": "other", "label": "Somebody else", "app": "shop", "form": "customer", "where": "spend > 5"}


@pytest.fixture
def drafts(shop: World) -> World:
    """A model that calls its highest tier something else, and a segment that follows it; both are drafts, and so is one with neither."""
    with shop.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [BEST])
    save(shop, RENAMED, MENDED, OTHER)
    return shop


def save(shop: World, *bodies: Json) -> None:
    with shop.workspace.writing(SYSTEM) as act:
        for each in bodies:
            versions.save_draft(act, each["kind"], each["key"], each)


def preview(ada: Designer, body: Json = RENAMED) -> Json:
    return ada.ask("POST", f"{TIERS}/preview", {"body": body}).get_json()


def publish(ada: Designer, beside: Any, read: Json | None = None) -> TestResponse:
    given = read or ada.given(TIERS)
    return ada.ask(
        "POST",
        f"{TIERS}/publish",
        {**{name: given[name] for name in ("edit", "stamp", "live")}, "note": "", "reason": "its plans follow", "beside": beside},
    )


def live(shop: World) -> tuple[str, str]:
    with shop.workspace.reading(SYSTEM) as act:
        return act.catalogue.tier_models["value"].tiers[0].key, act.catalogue.segments["best"].where


BEFORE = LAST["key"], BEST["where"]


def test_what_solves_the_problems_is_offered_with_what_it_changes_and_nothing_else(ada: Designer, drafts: World) -> None:
    given = ada.given(TIERS)
    assert given["problems"] == [] and [each["key"] for each in given["beside"]] == ["best"]
    found = preview(ada)
    assert found["problems"] == []
    (other,) = found["beside"]
    assert other["label"] == "The best" and other["href"] == f"{HOME}/segments/best"
    assert any("top" in each for each in other["changes"])


def test_what_would_only_be_shown_as_broken_comes_along_too(ada: Designer, drafts: World) -> None:
    view: Json = {"kind": "view", "key": "bests", "label": "Bests", "app": "shop", "form": "customer", "filter": BEST["where"]}
    with drafts.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [view])
    save(drafts, {**view, "filter": MENDED["where"]})
    assert [each["key"] for each in preview(ada)["beside"]] == ["best", "bests"]


def test_both_are_published_at_once(ada: Designer, drafts: World) -> None:
    assert publish(ada, preview(ada)["beside"]).status_code == 200
    assert live(drafts) == ("top", MENDED["where"])
    with drafts.workspace.reading(SYSTEM) as act:
        assert [each.key for each in versions.drafts(act.connection)] == ["other"]


def test_nothing_is_published_with_another_draft_than_the_one_that_was_shown(ada: Designer, drafts: World) -> None:
    beside = preview(ada)["beside"]
    save(drafts, {**MENDED, "where": "tier == 'top' and spend > 7"})
    answer = publish(ada, beside)
    assert answer.status_code == 422 and "Somebody changed or published “The best”" in answer.get_json()["detail"]
    assert live(drafts) == BEFORE
    assert publish(ada, preview(ada)["beside"]).status_code == 200


def test_nothing_is_published_where_somebody_was_quicker_with_the_same(
    enter: Callable[..., Designer], ada: Designer, drafts: World
) -> None:
    bea = enter("Bea", "builder", "member")
    read, beside = ada.given(TIERS), preview(ada)["beside"]
    assert publish(bea, preview(bea)["beside"]).status_code == 200
    answer = publish(ada, beside, read)
    assert answer.status_code in (409, 422) and "meantime" in answer.get_json()["detail"]
    with drafts.workspace.reading(SYSTEM) as act:
        assert act.catalogue.versions["tier_model", "value"] == act.catalogue.versions["segment", "best"] == 2


def test_alone_it_is_refused_as_before(ada: Designer, drafts: World) -> None:
    assert publish(ada, []).status_code == 422
    assert live(drafts) == BEFORE


@pytest.mark.parametrize("beside", ["best", [1, None, "x"], {"kind": "segment"}, None])
def test_nonsense_beside_it_is_nothing_beside_it(ada: Designer, drafts: World, beside: Any) -> None:
    assert publish(ada, beside).status_code == 422
    assert live(drafts) == BEFORE


def test_a_problem_of_the_draft_itself_offers_nothing(ada: Designer, drafts: World) -> None:
    found = preview(ada, {**RENAMED, "dimensions": [{**RENAMED["dimensions"][0], "value": "nonsense"}]})
    assert found["problems"] and found["beside"] == []


def test_drafts_that_leave_it_faulty_are_not_offered(ada: Designer, drafts: World) -> None:
    save(drafts, {**MENDED, "where": "tier == 'nobody'"})
    found = preview(ada)
    assert found["beside"] == [] and found["problems"][0]["href"] == f"{HOME}/segments/best"


def test_a_draft_of_another_app_is_not_taken_along(ada: Designer, drafts: World) -> None:
    with drafts.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{"kind": "app", "key": "away", "label": "Away", "menu": []}])
    save(drafts, {**MENDED, "app": "away"})
    assert preview(ada)["beside"] == []
