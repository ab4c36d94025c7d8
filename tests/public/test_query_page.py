"""A query page: everything that is asked must match, and only what is released is shown."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.errors import Refused
from runtime.public import links
from runtime.public.links import Link
from runtime.public.settings import QUERY, LinkSettings
from runtime.records import gateway
from tests.public.world import Stranger, World, sentence, ticket_in, words


@pytest.fixture(scope="module")
def query_link(world: World) -> Link:
    with world.building() as act:
        for name, mobile, stars, internal in (
            ("Lin of the query", "13812345678", 5, "vip"),
            ("Lin of the query", "13900000000", 1, "watch"),
            ("Chen", "13812345678", 2, None),
        ):
            gateway.create(act, "feedback", {"name": name, "mobile": mobile, "stars": stars, "internal": internal})
    return world.link(QUERY, ask=("name", "mobile"), fields=("stars", "twice"), most=2, per_address=1_000, per_link=1_000)


def ask(stranger: Stranger, link: Link, **values: str) -> Any:
    return stranger.send(link, **values)


def test_all_fields_must_match_and_only_the_released_ones_are_shown(world: World, query_link: Link) -> None:
    answer = ask(world.stranger(), query_link, name="Lin of the query", mobile="138 1234 5678")

    assert "Stars 5 Twice 10" in words(answer) and "vip" not in answer.get_data(as_text=True)
    assert words(answer).count("Stars") == 1 and "noindex" in answer.headers["X-Robots-Tag"]


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Lin of the query", "mobile": "13911111111"},
        {"name": "Wang", "mobile": "13812345678"},
        {"name": "lin of the query", "mobile": "13812345678"},
        {"name": "Lin of the quer", "mobile": "13812345678"},
        {"name": "%", "mobile": "13812345678"},
        {"name": "Lin of the query", "mobile": "no number"},
        {"name": "Lin of the query"},
        {"mobile": "13812345678"},
        {},
        {"name": "Lin of the query' OR 1=1 --", "mobile": "13812345678"},
    ],
)
def test_every_other_answer_is_the_same_sentence(world: World, query_link: Link, values: dict[str, str]) -> None:
    answer = ask(world.stranger(), query_link, **values)

    assert answer.status_code == 200 and sentence(answer).startswith("Nothing was found with exactly these values.")
    assert "data-found" not in answer.get_data(as_text=True) and "aria-invalid" not in answer.get_data(as_text=True)


def test_no_more_records_than_the_link_says(world: World) -> None:
    with world.building() as act:
        for stars in (1, 2, 3):
            gateway.create(act, "feedback", {"name": "Twin", "stars": stars})
    link = world.link(QUERY, ask=("name",), fields=("stars",), most=2)

    assert words(ask(world.stranger(), link, name="Twin")).count("Stars") == 2


def test_asking_is_slowed_down_and_can_need_a_password(world: World) -> None:
    link = world.link(QUERY, ask=("name",), fields=("stars",), per_address=2)
    assert [ask(world.stranger(), link, name="x").status_code for _each in range(3)] == [200, 200, 429]
    link = world.link(QUERY, ask=("name",), fields=("stars",))
    with world.building() as act:
        link = links.set_password(act, link.id, "open sesame")
    stranger = world.stranger()
    asked = ticket_in(stranger.get(link.path))
    assert "Password" in words(stranger.send(link, asked, name="Lin of the query"))


def test_a_record_in_the_trash_is_not_found(world: World) -> None:
    link = world.link(QUERY, ask=("name",), fields=("stars",))
    with world.building() as act:
        record = gateway.create(act, "feedback", {"name": "Gone", "stars": 4}).id
        gateway.delete(act, "feedback", record)

    assert sentence(ask(world.stranger(), link, name="Gone")).startswith("Nothing was found")


@pytest.mark.parametrize(
    "settings", [{"ask": ("customer",)}, {"fields": ("customer",)}, {"fields": ("photos",)}, {"ask": ()}, {"ask": ("note",)}]
)
def test_what_leads_to_other_records_cannot_be_asked_or_shown(world: World, settings: dict[str, Any]) -> None:
    with pytest.raises(Refused), world.building() as act:
        made = links.make(act, "feedback", QUERY, "Wrong", LinkSettings(**{"ask": ("name",), "fields": ("stars",), **settings}))
        links.switch(act, made.id, True)
