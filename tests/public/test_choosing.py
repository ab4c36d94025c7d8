"""What strangers choose from records and people of the house: only what the link releases, found and sent through one gate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from runtime.definitions import versions
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.public import effort, inviting, links
from runtime.public.settings import LinkSettings
from tests import makers
from tests.makers import field as field_json
from tests.pages.visitor import Visitor
from tests.public.world import FEEDBACK, PASSWORD, World, sentence, texts, ticket_in, words

CHECK = {"Accept": "application/json"}
FORM = {
    **FEEDBACK,
    "fields": [
        *FEEDBACK["fields"],
        field_json("linked_choice", "who", form="customer", field="name"),
        field_json("multi_reference", "friends", form="customer"),
        field_json("member", "seller"),
        field_json("members", "sellers"),
        field_json("department", "shop"),
        makers.subform("lines", makers.reference("of", "customer")),
    ],
}


@pytest.fixture(scope="module")
def choosing(world: World) -> Iterator[World]:
    with world.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [FORM])
        for name in ("Mei Seller", "Bo Seller", "Zed Other"):
            accounts.add(act, email=f"{name[:3].lower().strip()}@choose.example", name=name, roles=("member",), password=PASSWORD)
    yield world
    with world.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [FEEDBACK])


def person(world: World, name: str) -> int:
    with world.workspace.reading(SYSTEM) as act:
        return accounts.named(act.connection, f"{name[:3].lower().strip()}@choose.example").id


def found(world: World, link: Any, field: str, q: str = "") -> list[str]:
    stranger = world.stranger()
    return [each["title"] for each in texts(stranger.get(f"{link.path}/find/{field}?q={q}&page={stranger.open(link)}", **CHECK))]


def test_of_records_only_those_are_chosen_that_the_link_releases(choosing: World) -> None:
    gold, basic = choosing.customer("Vera Gold", level="gold"), choosing.customer("Vera Basic", level="basic")
    where = "level == 'gold' and STARTSWITH(name, 'Vera')"
    link = choosing.link(fields=("name", "who", "friends"), pick={"who": where, "friends": where})
    stranger = choosing.stranger()

    assert found(choosing, link, "who") == found(choosing, link, "friends") == ["Vera Gold"]
    sent = stranger.send(link, name="Lin", who="vera gold", friends=[str(gold)])
    assert sent.status_code == 200, words(sent)
    [record] = choosing.records(link)
    assert (record.values["who"], record.values["friends"]) == ("Vera Gold", (gold,))
    hidden, absent = stranger.send(link, name="Lin", who="Vera Basic"), stranger.send(link, name="Lin", who="Vera Nobody")
    assert hidden.status_code == absent.status_code == 422  # the same answer for one that is there and one that is not
    assert words(hidden).replace("Vera Basic", "…") == words(absent).replace("Vera Nobody", "…")
    assert stranger.send(link, name="Lin", friends=[str(basic)]).status_code == 422 and len(choosing.records(link)) == 1


def test_of_people_only_those_are_chosen_whom_the_link_names(choosing: World) -> None:
    mei, zed = person(choosing, "Mei Seller"), person(choosing, "Zed Other")
    link = choosing.link(fields=("name", "seller", "sellers"), people=(mei, person(choosing, "Bo Seller")))
    stranger = choosing.stranger()

    assert found(choosing, link, "seller") == ["Bo Seller", "Mei Seller"] and found(choosing, link, "sellers", "mei") == ["Mei Seller"]
    assert stranger.send(link, name="Lin", seller=str(mei), sellers=[str(mei)]).status_code == 200
    [record] = choosing.records(link)
    assert (record.values["seller"], record.values["sellers"]) == (mei, (mei,))
    for other in (str(zed), "zed@choose.example", "Zed Other"):
        refused = stranger.send(link, name="Lin", seller=other)
        assert refused.status_code == 422 and (other == "Zed Other" or "Zed Other" not in words(refused))
    assert len(choosing.records(link)) == 1


def test_whoever_makes_a_link_reads_why_a_field_cannot_be_asked(choosing: World) -> None:
    link = choosing.link(on=False)
    builder = Visitor(choosing.app).sign_in("ada@example.com", PASSWORD)
    here = f"/build/shop/public/{link.id}"

    page = words(builder.get(here))
    assert "It would show how the house is organised." in page and "Its rows hold “Of”, which is chosen from" in page
    given = {"label": "x", "fields": ["name", "who", "seller", "shop"], "seconds": "0", "changed_at": ""}
    builder.post(here, given)
    refused = words(builder.post(f"{here}/on", {}))
    for why in (
        "“Who” cannot be asked: Say which records",
        "“Seller” cannot be asked: Say which people",
        "“Shop” cannot be asked: It would",
    ):
        assert why in refused
    mei = person(choosing, "Mei Seller")
    builder.post(here, {**given, "fields": ["name", "who", "seller"], "pick_who": "level == 'gold'", "people": [str(mei)]})
    assert builder.post(f"{here}/on", {}).status_code == 303
    assert choosing.again(link).settings.people == (mei,)


# -- the arithmetic of the device -----------------------------------------------------------------------------------------------------
def test_a_link_may_want_some_arithmetic_of_the_device_for_each_page(world: World) -> None:
    link, stranger = world.link(effort=True), world.stranger()
    page = stranger.get(link.path).get_data(as_text=True)
    number = page.partition('data-effort="')[2].partition('"')[0]

    without = stranger.send(link, ticket_in(stranger.get(link.path)), name="Lin")
    other = stranger.post(link.path, {"page": stranger.open(link), "f_name": "Lin", "effort": effort.do(number)})
    assert without.status_code == other.status_code == 422 and "small piece of arithmetic" in sentence(without)
    assert 'value="Lin"' in without.get_data(as_text=True) and world.records(link) == []
    ticket = ticket_in(without)
    again = without.get_data(as_text=True).partition('data-effort="')[2].partition('"')[0]
    assert stranger.post(link.path, {"page": ticket, "f_name": "Lin", "effort": effort.do(again)}).status_code == 200
    assert len(world.records(link)) == 1


@pytest.mark.parametrize("given", ["", "x", "-1", "٣", "1" * 17, "1.0"])
def test_what_is_no_number_is_no_arithmetic(given: str) -> None:
    assert not effort.is_done("abc", given)


# -- signed links are revoked one by one ----------------------------------------------------------------------------------------------
def test_a_signed_link_is_listed_and_revoked_alone(world: World) -> None:
    link = world.link(bound="customer")
    lin, mo = world.customer("Revoked Lin"), world.customer("Open Mo")
    with world.building() as act:
        of_lin, of_mo = inviting.one(act, link, lin, 5, 1), inviting.one(act, link, mo, 5, 1)
    builder = Visitor(world.app).sign_in("ada@example.com", PASSWORD)
    here, stranger = f"/build/shop/public/{link.id}/signed", world.stranger()
    with world.workspace.reading(world.builder) as act:
        numbers = {each.name: each.id for each in inviting.given(act, link)[0]}

    assert builder.post(f"{here}/{numbers['Revoked Lin']}/revoke", {}).status_code == 303
    assert "does not hold any more" in sentence(stranger.get(of_lin)) and "f_name" in stranger.get(of_mo).get_data(as_text=True)
    stranger.post(link.path, {"page": ticket_in(stranger.get(of_mo)), "f_name": "Mo"})
    with world.workspace.reading(world.builder) as act:
        states = {each.name: (each.state, each.used) for each in inviting.given(act, link)[0]}
        assert [each.name for each in inviting.given(act, link, record=mo)[0]] == ["Open Mo"]
        first, after = inviting.given(act, link, limit=1)
        assert [each.name for each in (*first, *inviting.given(act, link, before=after)[0])] == ["Open Mo", "Revoked Lin"]
    assert states == {"Revoked Lin": ("revoked", 0), "Open Mo": ("used", 1)}
    page = words(builder.get(here))
    assert "Revoked Lin revoked 0 / 1" in page and "Open Mo used 1 / 1" in page
    builder.post(f"{here}/{numbers['Revoked Lin']}/back", {})
    assert "f_name" in stranger.get(of_lin).get_data(as_text=True)
    other = world.link(bound="customer")
    assert builder.post(f"/build/shop/public/{other.id}/signed/{numbers['Open Mo']}/revoke", {}).status_code == 404
    with world.building() as act:
        links.rotate(act, link.id)
        assert {each.state for each in inviting.given(act, links.get(act, link.id))[0]} == {"void"}


def test_a_needed_reference_that_only_signed_links_fill_in_keeps_everybody_else_out(world: World) -> None:
    needed = {
        **FEEDBACK,
        "key": "survey",
        "fields": [{**each, "required": each["key"] in ("name", "customer")} for each in FEEDBACK["fields"]],
    }
    with world.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [needed])
    for only in (False, True):
        with world.building() as act:
            link = links.make(act, "survey", "fill", "Survey", LinkSettings(fields=("name",), bound="customer", signed_only=only))
            assert ([each.path for each in links.found_wrong(act, link)] == []) is only
