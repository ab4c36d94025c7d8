"""What strangers try: pages sent twice, links that are over or forged, fields that are not asked, other people's pages, names of customers."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from itsdangerous import URLSafeSerializer

from runtime.errors import NotAllowed, Refused
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.public import inviting, links, tickets
from runtime.public.links import Link
from runtime.public.settings import LinkSettings
from runtime.records import gateway, query
from tests.public.world import World, sentence, texts, ticket_in, words

CHECK = {"Accept": "application/json"}


def signed(world: World, link: Link, record: int, days: int = 1, uses: int = 1) -> str:
    with world.building() as act:
        return inviting.one(act, link, record, days, uses)


def survey(world: World, **settings: Any) -> tuple[Link, int]:
    return world.link(bound="customer", **settings), world.customer("Lin Zhenzhen", secret="owes money", level="gold")


# -- pages and signed links -----------------------------------------------------------------------------------------------------------
def test_a_page_is_sent_once(world: World) -> None:
    link = world.link()
    stranger = world.stranger()
    ticket = stranger.open(link)

    answers = [stranger.send(link, ticket, name="Lin") for _time in range(3)]

    assert [each.status_code for each in answers] == [200, 409, 409] and "Nothing was saved twice" in sentence(answers[1])
    assert len(world.records(link)) == 1


def test_a_page_of_another_link_or_a_forged_one_is_none(world: World) -> None:
    link, other = world.link(), world.link()
    forged = URLSafeSerializer("guess", salt="page").dumps({"link": link.id, "at": 0, "number": "x", "proved": 0, "signed": ""})

    for ticket in (world.stranger().open(other), forged, "", "x" * 5_000):
        assert world.stranger().send(link, ticket, name="Lin").status_code == 422
    assert world.records(link) == []


def test_a_signed_link_fills_in_its_record_whatever_is_sent(world: World) -> None:
    link, customer = survey(world)
    another = world.customer("Chen")
    stranger = world.stranger()
    page = stranger.get(signed(world, link, customer))

    answer = stranger.send(link, ticket_in(page), name="Lin", customer=str(another))

    assert answer.status_code == 200 and [each.values["customer"] for each in world.records(link)] == [customer]
    assert "Lin Zhenzhen" not in page.get_data(as_text=True) and "f_customer" not in page.get_data(as_text=True)


def test_the_name_of_whom_a_signed_link_is_for_is_shown_only_where_the_link_says_so(world: World) -> None:
    link, customer = survey(world, greeting=True)

    page = world.stranger().get(signed(world, link, customer)).get_data(as_text=True)

    assert "For Lin Zhenzhen" in page and "owes money" not in page


def test_a_signed_link_is_used_as_often_as_it_says(world: World) -> None:
    link, customer = survey(world)
    path = signed(world, link, customer, uses=2)
    pages = [ticket_in(world.stranger().get(path)) for _each in range(3)]

    answers = [world.stranger().send(link, ticket, name="Lin") for ticket in pages]

    assert [each.status_code for each in answers] == [200, 200, 409] and "used already" in sentence(answers[2])
    assert "used already" in sentence(world.stranger().get(path))


def test_a_signed_link_ends_with_its_time_and_with_another_address_and_with_its_record(world: World) -> None:
    link, customer = survey(world, signed_only=True)
    over, rotated, gone = (signed(world, link, customer, days) for days in (1, 9, 9))
    assert "only by a personal link" in sentence(world.stranger().get(link.path))
    world.later(days=2)
    assert "time of this personal link is over" in sentence(world.stranger().get(over))
    with world.workspace.writing(SYSTEM) as act:
        gateway.delete(act, "customer", customer)
    assert "does not hold" in sentence(world.stranger().get(gone))
    with world.building() as act:
        fresh = links.rotate(act, link.id)
    assert "does not hold" in sentence(world.stranger().get(rotated.replace(link.token, fresh.token)))


@pytest.mark.parametrize("change", [{"target": 1}, {"uses": 999}, {"until": 2**60}, {"turn": 1}])
def test_a_signed_link_that_was_changed_does_not_hold(world: World, change: dict[str, int]) -> None:
    link, customer = survey(world)
    path = signed(world, link, customer)
    own, _dot, seal = path.partition("_to=")[2].rpartition(".")
    invitation = tickets.read_invitation(world.workspace, f"{own}.{seal}")
    assert invitation is not None
    tampered = tickets.write_invitation(world.workspace, tickets.replace(invitation, **change)).rpartition(".")[0] + "." + seal
    if change != {"turn": 1}:
        assert "does not hold" in sentence(world.stranger().get(f"{link.path}?_to={tampered}"))
    other, _customer = survey(world)
    assert "does not hold" in sentence(world.stranger().get(f"{other.path}?_to={own}.{seal}"))


# -- fields -------------------------------------------------------------------------------------------------------------------------
def test_what_is_sent_for_fields_that_are_not_asked_is_left_out_and_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    link = world.link()
    customer = world.customer("Lin")

    with caplog.at_level(logging.WARNING, "tierloom.public"):
        answer = world.stranger().send(link, name="Lin", internal="vip", customer=str(customer), worth="5", nonsense="x", id="7")

    assert answer.status_code == 200
    [record] = world.records(link)
    assert (record.values["internal"], record.values["customer"]) == (None, None)
    assert "['customer', 'id', 'internal', 'nonsense', 'worth']" in caplog.text


def test_results_of_formulas_are_told_only_where_the_link_shows_them(world: World) -> None:
    quiet, telling = world.link(), world.link(fields=("name", "stars", "twice"))

    for link, told in ((quiet, {}), (telling, {"f_twice": "10.00"})):
        stranger = world.stranger()
        page = stranger.get(link.path).get_data(as_text=True)
        checked = stranger.post(f"{link.path}/check", {"page": stranger.open(link), "f_stars": "5", "_field": "f_stars"}, **CHECK)
        assert texts(checked)["values"] == told and "vip" not in page and "f_worth" not in page


def test_a_field_that_is_not_asked_is_not_checked_either(world: World) -> None:
    link, customer = survey(world)
    stranger = world.stranger()
    ticket = ticket_in(stranger.get(signed(world, link, customer)))

    for field in ("f_internal", "f_customer", "f_customer-0-f_x"):
        answer = stranger.post(f"{link.path}/check", {"page": ticket, "_field": field}, **CHECK)
        assert answer.status_code == 404 and "owes money" not in answer.get_data(as_text=True)


# -- other records --------------------------------------------------------------------------------------------------------------------
def test_a_reference_lists_nobody_unless_the_link_says_whom(world: World) -> None:
    gold, basic = world.customer("Gold Gate", level="gold"), world.customer("Basic Bay", level="basic")
    closed, some = world.link(), world.link(fields=("name", "customer"), pick={"customer": "level == 'gold'"})
    stranger = world.stranger()

    refused = stranger.get(f"{closed.path}/find/customer?q=a&page={stranger.open(closed)}", **CHECK)
    listed = stranger.get(f"{some.path}/find/customer?q=Ga&page={stranger.open(some)}", **CHECK)
    none = stranger.get(f"{some.path}/find/customer?q=Bay&page={stranger.open(some)}", **CHECK)

    assert refused.status_code == 404 and texts(none) == []
    assert [each["title"] for each in texts(listed)] == ["Gold Gate"] and str(gold) == texts(listed)[0]["value"]
    assert stranger.send(some, name="Lin", customer=str(basic)).status_code == 422
    assert stranger.send(some, name="Lin", customer=str(gold)).status_code == 200
    assert stranger.get(f"{some.path}/find/customer?q=Ga", **CHECK).status_code == 403


def test_a_stranger_gets_no_further_with_what_the_link_may(world: World) -> None:
    from runtime.public.principal import stranger

    link, customer = survey(world)
    with world.building() as act:
        record = gateway.create(act, "feedback", {"name": "Somebody's"}).id
    with world.workspace.writing(SYSTEM) as act:
        act.act_for(stranger(act.catalogue, link, customer))
        assert query.page(act, "feedback", columns=["name"]).records == []
        assert query.page(act, "customer", columns=["name", "secret"]).records[0].values.get("secret") is None
        for deed in (
            lambda: gateway.update(act, "feedback", record, {"name": "x"}),
            lambda: gateway.delete(act, "feedback", record),
            lambda: gateway.create(act, "customer", {"name": "x"}),
            lambda: gateway.create(act, "feedback", {"name": "x", "internal": "vip"}),
        ):
            with pytest.raises(Exception) as refused:
                deed()
            assert refused.type.__name__ in ("NotAllowed", "NotFound", "Refused")


# -- where it comes from ----------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
def test_what_another_page_sends_is_refused(world: World, headers: dict[str, str]) -> None:
    link = world.link()
    stranger = world.stranger()

    answer = stranger.post(link.path, {"page": stranger.open(link), "f_name": "Lin"}, **headers)

    assert answer.status_code == 403 and world.records(link) == []


def test_a_page_stands_only_in_pages_that_the_link_and_the_administrator_name(world: World) -> None:
    with world.building() as act:
        links.set_hosts(act, "shop.example\nother.example")
    with world.building() as act:
        made = links.make(act, "feedback", "fill", "Framed", LinkSettings(fields=("name",), embed=("shop.example",)))
        link = links.switch(act, made.id, True)
    assert "frame-ancestors https://shop.example;" in world.stranger().get(link.path).headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in world.stranger().get("/sign-in").headers["Content-Security-Policy"]
    with world.building() as act:
        links.set_hosts(act, "other.example")
    assert "frame-ancestors 'none'" in world.stranger().get(link.path).headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "http://www.example.com/",
        "https://www.example.com@evil.example/",
        "https://www.example.com.evil.example/",
        "//www.example.com",
        "javascript:alert(1)",
        "https:\\\\www.example.com",
        "https://www.example.com\n.evil.example",
        "https://WWW.example.com:443@evil.example",
    ],
)
def test_a_link_leads_nowhere_else(world: World, address: str) -> None:
    with world.building() as act:
        links.set_hosts(act, "www.example.com")
    with world.building() as act:
        made = links.make(act, "feedback", "fill", "Onward", LinkSettings(fields=("name",), redirect=address))
        with pytest.raises(Refused):
            links.switch(act, made.id, True)


# -- too much, too often ----------------------------------------------------------------------------------------------------------------
def test_what_is_too_large_is_refused_with_a_sentence(world: World) -> None:
    link = world.link()
    stranger = world.stranger()

    assert stranger.send(link, name="x" * 100_000).status_code == 422
    assert stranger.send(link, name="Lin", note="x" * 5_000_000).status_code in (413, 422)
    assert stranger.get(f"/f/{'x' * 3_000}").status_code == 404
    assert world.records(link) == []


def test_a_network_address_and_a_link_have_their_limits(world: World) -> None:
    by_address, by_link = world.link(per_address=2), world.link(per_link=2)

    for link in (by_address, by_link):
        answers = [world.stranger().send(link, name="Lin") for _each in range(3)]
        assert [each.status_code for each in answers] == [200, 200, 429] and int(answers[2].headers["Retry-After"]) > 0


@pytest.mark.parametrize("value", ["<script>alert(1)</script>", "'; DROP TABLE x; --", "{{ 7*7 }}", "\x00\u202e", "=cmd|' /C calc'!A0"])
def test_hostile_text_comes_back_as_text(world: World, value: str) -> None:
    link = world.link()

    answer = world.stranger().send(link, name=value, mobile="wrong")

    assert answer.status_code == 422 and "<script>alert" not in answer.get_data(as_text=True) and "49" not in words(answer)


# -- who makes links ----------------------------------------------------------------------------------------------------------------------
def test_only_those_who_build_the_app_make_links_and_signed_links(world: World) -> None:
    link, customer = survey(world)
    with world.workspace.writing(SYSTEM) as act:
        ning = accounts.add(act, email=f"ning{link.id}@example.com", name="Ning", roles=("member",), password="kettle boils at noon")
    with world.workspace.writing(ning) as act:
        for deed in (
            lambda: links.make(act, "feedback", "fill", "Mine"),
            lambda: links.get(act, link.id),
            lambda: links.switch(act, link.id, False),
            lambda: links.set_hosts(act, "evil.example"),
        ):
            with pytest.raises(NotAllowed):
                deed()


def test_a_link_that_shows_too_much_cannot_be_switched_on(world: World) -> None:
    for settings in (
        {"fields": ("stars",)},
        {"fields": ()},
        {"fields": ("name", "customer")},
        {"fields": ("name",), "prefill": ("internal",)},
        {"fields": ("name",), "pick": {"customer": "no such thing("}},
        {"fields": ("name",), "bound": "stars"},
        {"fields": ("name",), "signed_only": True},
        {"fields": ("name",), "embed": ("nowhere.example",)},
    ):
        with pytest.raises(Refused), world.building() as act:
            links.switch(act, links.make(act, "feedback", "fill", "Wrong", LinkSettings(**settings)).id, True)
