"""Versions: who, when, why; two compared in words first; an older one back in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from tests.builder.conftest import HOME, VALUE, Designer
from tests.pages.visitor import words
from tests.tiers.world import dimension

if TYPE_CHECKING:
    from tests.tiers.world import World

TIERS = f"{HOME}/tiers/value"
SECOND = {**VALUE, "dimensions": [dimension(cuts=[2000, 4000, 9000], weight=60), VALUE["dimensions"][1]]}


def test_the_list_says_what_each_version_changed(ada: Designer, shop: World) -> None:
    with shop.workspace.writing(SYSTEM) as act:
        versions.publish(act, [SECOND], "Spring review")
    page = words(ada.get(f"{TIERS}/versions"))
    assert (
        page.index("v2 live")
        < page.index("Spring review")
        < page.index("Spend · Cuts: 1000, 5000, 20000 → 2000, 4000, 9000")
        < page.rindex("New: Tier model")
    )


def test_two_versions_are_compared_in_words_and_then_as_json(ada: Designer, shop: World) -> None:
    shop.publish(SECOND)
    page = words(ada.get(f"{TIERS}/versions?from=1&to=2"))
    assert page.index("Spend · Cuts") < page.index("The same as JSON") < page.index("+ 2000,")


def test_a_lone_version_is_not_offered_for_comparing_with_itself(ada: Designer, shop: World) -> None:
    assert "Show the differences" not in words(ada.get(f"{TIERS}/versions"))
    shop.publish(SECOND)
    assert "Show the differences" in words(ada.get(f"{TIERS}/versions"))


def test_the_draft_is_compared_too(ada: Designer) -> None:
    ada.save(TIERS, SECOND)
    assert "v1 → draft Spend · Cuts" in words(ada.get(f"{TIERS}/versions?from=1&to=draft"))
    assert ada.get(f"{TIERS}/versions?from=1&to=9").status_code == 404


def test_restoring_says_what_changes_and_makes_a_new_version(ada: Designer, shop: World) -> None:
    shop.publish(SECOND)
    asked = words(ada.get(f"{TIERS}/versions/1/restore"))
    assert "Spend · Cuts: 2000, 4000, 9000 → 1000, 5000, 20000" in asked and "It becomes version 3." in asked
    assert ada.post(f"{TIERS}/versions/1/restore").status_code == 303
    with shop.workspace.reading(SYSTEM) as act:
        found = versions.find_version(act.connection, "tier_model", "value")
    assert (found.version, found.body, found.note) == (3, VALUE, "Restored version 1.")
