"""The permission sets of a form in one matrix, begun from ready-made ones."""

from __future__ import annotations

import pytest

from builder.pages.permissions import READY, ready_made
from runtime.definitions import versions
from runtime.definitions.permission_set import PermissionSet
from runtime.people.person import SYSTEM
from tests import makers
from tests.builder.conftest import Designer
from tests.pages.visitor import words
from tests.tiers.world import World

PLACE = "/build/shop/permissions/customer"


def test_a_form_without_sets_says_what_that_means(ada: Designer) -> None:
    assert "every member may do everything" in words(ada.get(PLACE))


def test_a_ready_made_set_becomes_a_draft_and_the_matrix_shows_it(ada: Designer, shop: World) -> None:
    answer = ada.post(PLACE, {"ready": "look", "label": "Readers"})
    assert answer.status_code == 303
    place = answer.headers["Location"]
    given = ada.given(place)
    assert given["body"]["actions"] == ["view", "export"] and given["body"]["fields"] == {"*": "view"} and given["problems"] == []
    assert {each["key"] for each in given["known"]["whom"]} >= {"role:member", "role:builder", "user:ada@example.com"}
    said = words(ada.get(PLACE))
    assert "Readers draft nobody" in said
    with shop.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(
            act, [{**given["body"], "for": ["role:member"], "rows": "points > 3", "fields": {"*": "view", "points": "hidden"}}]
        )
    said = words(ada.get(PLACE))
    assert "Points is more than 3" in said and "draft" not in said.partition("Fields")[0]
    assert "Points hidden" in said


def test_only_builders_come_in(enter: object, ada: Designer) -> None:
    member = enter("Mia", "member")  # type: ignore[operator]
    assert member.get(PLACE).status_code == 403
    assert member.post(PLACE, {"ready": "look"}).status_code == 403
    assert ada.post(PLACE, {"ready": "everything"}).status_code == 422
    assert ada.get("/build/shop/permissions/nothing").status_code == 404


@pytest.mark.parametrize("name", READY)
@pytest.mark.parametrize("owner", [True, False])
def test_every_ready_made_set_can_be_published_as_it_is(name: str, owner: bool) -> None:
    form = makers.form_of(makers.text("name"), *([makers.member("owner")] if owner else []), title="name")
    body = {"kind": "permission_set", "key": "s", "label": "S", **ready_made(form, name)}
    found = makers.definition(body)
    assert isinstance(found, PermissionSet)
    assert not list(found.problems(makers.catalogue_of(form)))
