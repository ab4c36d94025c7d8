"""What a definition takes from others that are not published with it is foreseen, and said with their names."""

from __future__ import annotations

import pytest

from runtime import kinds
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.loading import check, is_elsewhere, load
from tests.makers import Json, choice, form_json, text
from tests.tiers.world import CUSTOMER, ORDER, TAGS, TIERS, model

STAGES = form_json(text("name"), choice("stage", "new", "lost"), title="name", key="visit")
SEGMENT = {"kind": "segment", "key": "top", "label": "Top of them", "form": "customer", "where": "tier == 'diamond'"}


def catalogue(*bodies: Json) -> Catalogue:
    kinds.load()
    return Catalogue(revision=1).with_definitions([load(each) for each in bodies])


def without_diamond() -> Json:
    return model(tiers=TIERS[1:])


def left(now: Catalogue, *bodies: Json) -> list[tuple[str, str]]:
    return [(each.path, str(each.message)) for each in check([load(body) for body in bodies], now) if is_elsewhere(each)]


def test_a_tier_that_a_segment_asks_for_cannot_go_alone() -> None:
    now = catalogue(CUSTOMER, ORDER, model(), SEGMENT)
    ((path, sentence),) = left(now, without_diamond())
    assert path == "segment:top/where" and "“Top of them” needs this" in sentence and "diamond" in sentence


def test_it_goes_together_with_the_segment() -> None:
    now = catalogue(CUSTOMER, ORDER, model(), SEGMENT)
    found = check([load(without_diamond()), load({**SEGMENT, "where": "tier == 'gold'"})], now)
    assert not [each for each in found if "needs this" in str(each.message)]


@pytest.mark.parametrize(
    ("before", "where", "after"),
    [
        (TAGS, "'vip' in tags", {**TAGS, "tags": TAGS["tags"][1:]}),
        (STAGES, "stage == 'lost'", form_json(text("name"), choice("stage", "new"), title="name", key="visit")),
    ],
    ids=["a tag", "an option"],
)
def test_so_it_is_with_a_tag_and_an_option(before: Json, where: str, after: Json) -> None:
    form = "visit" if before is STAGES else "customer"
    now = catalogue(CUSTOMER, ORDER, model(), before, {**SEGMENT, "form": form, "where": where})
    assert [path for path, _sentence in left(now, after)] == ["segment:top/where"]


def test_what_was_wrong_before_keeps_nobody_from_publishing() -> None:
    now = catalogue(CUSTOMER, ORDER, model(), {**SEGMENT, "where": "tier == 'unheard_of'"})
    assert left(now, without_diamond()) == []
