"""A stranger opens a public link, fills the form in and sends it; the link says when, how often, and what follows."""

from __future__ import annotations

import html
import io
import json
import re

import pytest
import sqlalchemy as sa

from runtime.automation import engine, log
from runtime.definitions import versions
from runtime.files import tokens
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.public import inbox, links
from runtime.public.principal import person_of
from runtime.public.settings import LinkSettings
from runtime.records import query
from runtime.system import clock
from runtime.system.tables import event
from tests.public.world import Stranger, World, sentence, ticket_in, words


def figures(world: World, link: links.Link) -> dict[str, int]:
    with world.building() as act:
        return links.figures(act, [link.id])[link.id]


def test_what_a_stranger_sends_becomes_a_record_and_an_event(world: World) -> None:
    link = world.link()
    stranger = world.stranger("zh-CN")

    answer = stranger.send(link, name="林女士", stars="5")

    assert answer.status_code == 200 and "谢谢" in words(answer)
    [record] = world.records(link)
    assert (record.values["name"], record.values["stars"], record.created_by) == ("林女士", 5, person_of(link))
    with world.workspace.reading(SYSTEM) as act:
        rows = act.connection.execute(sa.select(event).where(event.c.record == record.id, event.c.form == "feedback")).all()
    assert {(each.kind, each.source, each.person) for each in rows} == {
        (kind, "public_form", person_of(link)) for kind in ("record_created", "form_submitted")
    }
    assert json.loads(next(each.payload for each in rows if each.kind == "form_submitted")) == {"link": link.id, "signed": False}
    assert figures(world, link) == {"views": 1, "starts": 0, "entries": 1, "spam": 0, "refused": 0}
    assert not stranger.client._cookies  # nothing is kept in the browser


def test_what_is_sent_by_a_link_sets_off_the_automations_that_listen_to_it(both: World) -> None:
    wanted, other = both.link(), both.link()
    steps = [{"type": "update_record", "values": {"stars": "IF(signed, 1, 2)"}}]
    trigger = {"type": "form_submitted", "form": "feedback", "link": wanted.id}
    with both.workspace.writing(SYSTEM) as act:
        versions.publish(act, [{"kind": "automation", "key": "thank", "label": "Thank", "trigger": trigger, "steps": steps}])
    for number, link in enumerate((wanted, other, wanted)):
        assert both.stranger().send(link, name=f"c{number}", stars="5").status_code == 200
    engine.settle(both.workspace)
    assert sorted(each.values["stars"] for link in (wanted, other) for each in both.records(link)) == [2, 2, 5]
    with both.workspace.reading(SYSTEM) as act:
        assert [(each.trigger, each.state) for each in log.runs(act, "thank").runs] == [("form_submitted", "done")] * 2


def test_a_page_of_a_link_is_for_no_search_engine_no_cache_and_no_frame(world: World) -> None:
    answer = world.stranger().get(world.link().path)

    assert answer.headers["Cache-Control"] == "no-store" and "noindex" in answer.headers["X-Robots-Tag"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(world: World) -> None:
    link = world.link()
    stranger = world.stranger()

    answer = stranger.send(link, name="Lin", mobile="12", note="A long story")

    assert answer.status_code == 422 and "A long story" in answer.get_data(as_text=True) and "1 thing to mend" in words(answer)
    assert stranger.send(link, ticket_in(answer), name="Lin", mobile="13812345678").status_code == 200
    assert [each.values["name"] for each in world.records(link)] == ["Lin"]


@pytest.mark.parametrize(
    ("opens", "closes", "said"), [(3600, None, "This page opens on"), (None, -3600, "This page was closed on"), (-7200, 3600, "")]
)
def test_a_link_is_open_only_in_its_time(world: World, opens: int | None, closes: int | None, said: str) -> None:
    now = clock.to_micros(world.at)
    link = world.link(
        opens_at=None if opens is None else now + opens * 1_000_000, closes_at=None if closes is None else now + closes * 1_000_000
    )

    assert sentence(world.stranger().get(link.path)).startswith(said)


def test_a_form_that_closes_while_somebody_fills_it_in_gives_back_what_was_typed(world: World) -> None:
    link = world.link(closes_at=clock.to_micros(world.at) + 60_000_000)
    stranger = world.stranger()
    ticket = stranger.open(link)
    world.later(minutes=2)

    answer = stranger.send(link, ticket, name="Lin", note="Half a page")

    assert answer.status_code == 409 and sentence(answer).startswith("This page was closed on")
    assert "is kept on this device" in words(answer) and "Half a page" in answer.get_data(as_text=True)
    assert "disabled" in answer.get_data(as_text=True) and world.records(link) == []


def test_a_page_that_was_open_for_more_than_a_day_is_looked_over_and_sent_again(world: World) -> None:
    link = world.link()
    stranger = world.stranger()
    ticket = stranger.open(link)
    world.later(hours=25)

    answer = stranger.send(link, ticket, name="Lin")

    assert answer.status_code == 422 and "more than a day" in words(answer) and 'value="Lin"' in answer.get_data(as_text=True)
    assert stranger.send(link, ticket_in(answer), name="Lin").status_code == 200


def test_a_password_is_asked_and_travels_with_the_page(world: World) -> None:
    link = world.link()
    with world.building() as act:
        link = links.set_password(act, link.id, "open sesame")
    stranger = world.stranger()
    asked = ticket_in(stranger.get(link.path))

    assert stranger.post(f"{link.path}/open", {"page": asked, "password": "wrong"}).status_code == 422
    assert "Enter the password again" in words(stranger.send(link, asked, name="Lin"))
    shown = stranger.post(f"{link.path}/open", {"page": asked, "password": "open sesame"})
    assert stranger.send(link, ticket_in(shown), name="Lin").status_code == 200
    assert len(world.records(link)) == 1


def test_what_the_address_fills_is_still_there_behind_the_password(world: World) -> None:
    link = world.link(prefill=("name",))
    with world.building() as act:
        link = links.set_password(act, link.id, "open sesame")
    stranger = world.stranger()
    asked = stranger.get(f"{link.path}?name=Lin+%26+Co&note=Forged")

    for password in ("wrong", "open sesame"):
        action = html.unescape(re.findall(r'<form[^>]* action="([^"]+)"', asked.get_data(as_text=True))[0])
        asked = stranger.post(action, {"page": ticket_in(asked), "password": password})

    shown = asked.get_data(as_text=True).partition("<form")[2]
    assert 'value="Lin &amp; Co"' in shown and "Forged" not in shown


def test_guessing_a_password_is_slowed_down(world: World) -> None:
    link = world.link()
    with world.building() as act:
        link = links.set_password(act, link.id, "open sesame")
    stranger = world.stranger()

    answers = [stranger.post(f"{link.path}/open", {"password": "guess"}).status_code for _each in range(21)]

    assert answers[:20] == [422] * 20 and answers[20] == 429


def test_once_from_each_device(world: World) -> None:
    link = world.link(once_device=True)
    stranger = world.stranger()
    assert stranger.send(link, name="Lin").status_code == 200

    assert "already" in words(stranger.get(link.path))
    assert world.stranger().send(link, name="Chen").status_code == 200
    careless = world.stranger()
    ticket = careless.open(link)
    careless.client.delete_cookie(f"tierloom_device_{link.id}", path=link.path)
    assert "accept cookies" in sentence(careless.send(link, ticket, name="Wu"))


def test_once_for_each_phone_number_however_it_is_written(world: World) -> None:
    link = world.link(once_field="mobile")
    assert world.stranger().send(link, name="Lin", mobile="138 1234 5678").status_code == 200

    again = world.stranger().send(link, name="Somebody", mobile="+86 138-1234-5678")

    assert again.status_code == 409 and "Mobile" in sentence(again)
    assert world.stranger().send(link, name="Chen", mobile="13912345678").status_code == 200


def test_the_last_page_says_what_the_link_says_in_the_readers_language(world: World) -> None:
    link = world.link(thanks={"zh": "<p>谢谢<strong>光临</strong></p><script>x()</script>", "en": "<p>Come again</p>"}, another=True)

    chinese = world.stranger("zh-CN").send(link, name="Lin").get_data(as_text=True)

    assert "<strong>光临</strong>" in chinese and "x()" not in chinese and "再填一份" in chinese
    assert "Come again" in words(world.stranger().send(link, name="Lin"))


def test_a_page_leads_on_only_to_hosts_that_are_allowed_now(world: World) -> None:
    with world.building() as act:
        links.set_hosts(act, "www.example.com")
    with world.building() as act:
        link = links.make(
            act, "feedback", "fill", "Onward", LinkSettings(fields=("name",), seconds=0, redirect="https://www.example.com/done")
        )
        link = links.switch(act, link.id, True)
    assert 'content="2; url=https://www.example.com/done"' in world.stranger().send(link, name="Lin").get_data(as_text=True)

    with world.building() as act:
        links.set_hosts(act, "")

    assert "not open" in sentence(world.stranger().get(link.path))


def test_the_address_fills_only_what_the_link_lets_it(world: World) -> None:
    link = world.link(prefill=("name",))

    shown = world.stranger().get(f"{link.path}?name=Lin&note=Forged&internal=vip").get_data(as_text=True).partition("<form")[2]

    assert 'value="Lin"' in shown and "Forged" not in shown and "vip" not in shown


def test_a_link_rests_when_whoever_switched_it_on_has_left(world: World) -> None:
    with world.workspace.writing(SYSTEM) as act:
        ben = accounts.add(act, email="ben@example.com", name="Ben", roles=("builder",), password="kettle boils at noon")
    link = world.link()
    with world.workspace.writing(ben) as act:
        links.switch(act, link.id, True)
    assert sentence(world.stranger().get(link.path)) == ""

    with world.building() as act:
        accounts.deactivate(act, ben.id)

    assert "not open" in sentence(world.stranger().get(link.path))


def test_another_address_makes_the_old_one_void(world: World) -> None:
    link = world.link()
    ticket = world.stranger().open(link)
    with world.building() as act:
        links.rotate(act, link.id)

    assert world.stranger().get(link.path).status_code == 404
    assert world.stranger().send(link, ticket, name="Lin").status_code == 404
    assert world.records(link) == []


def test_a_sum_in_words_keeps_scripts_out_and_asks_another_one_after_a_wrong_answer(world: World) -> None:
    link = world.link(question=True)
    stranger = world.stranger()
    page = stranger.get(link.path)

    wrong = stranger.send(link, ticket_in(page), name="Lin", answer="99")

    assert wrong.status_code == 422 and "That is not the sum" in words(wrong)
    figures_of = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    found = re.search(r"How much is (\w+) plus (\w+)", words(wrong))
    assert found is not None
    answer = figures_of.index(found[1]) + figures_of.index(found[2])
    assert stranger.send(link, ticket_in(wrong), name="Lin", answer=str(answer)).status_code == 200


# -- set aside ----------------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("settings", "values", "reason"),
    [
        ({}, {"second_name": "x"}, "trap"),
        ({"seconds": 3}, {}, "quick"),
        ({}, {"note": "http://a.example http://b.example http://c.example http://d.example"}, "links"),
    ],
)
def test_a_suspicious_entry_is_set_aside_and_the_sender_is_not_told(world: World, settings: dict, values: dict, reason: str) -> None:
    link = world.link(**settings)

    answer = world.stranger().send(link, name="Bot", **values)

    assert answer.status_code == 200 and "Thank you" in words(answer)
    assert world.records(link) == []
    with world.building() as act:
        [row] = inbox.entries(act, link)
        assert json.loads(row.reasons) == [reason]
    assert figures(world, link)["spam"] == 1


def test_an_entry_that_was_set_aside_is_released_with_the_rights_of_the_link_and_taken_back(world: World) -> None:
    link = world.link(seconds=9, quota=5)
    world.stranger().send(link, name="Fast typist", stars="4")
    with world.building() as act:
        number = inbox.entries(act, link)[0].id
        inbox.release(act, link, number)

    [record] = world.records(link)
    assert (record.values["name"], record.created_by, world.again(link).taken) == ("Fast typist", person_of(link), 1)
    with world.building() as act:
        inbox.undo(act, link, number)
    assert world.records(link) == [] and world.again(link).taken == 0
    with world.building() as act:
        inbox.delete(act, link, number)
        assert inbox.entries(act, link) == []
        inbox.undo(act, link, number)
        assert [each.id for each in inbox.entries(act, link)] == [number]


# -- files --------------------------------------------------------------------------------------------------------------------------
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def send_file(stranger: Stranger, link: links.Link, ticket: str, field: str = "photos", content: bytes = PIXEL) -> object:
    return stranger.client.post(
        f"{link.path}/files/{field}?page={ticket}",
        data={"file": (io.BytesIO(content), "a.png")},
        headers={"Accept": "application/json", "Accept-Language": "en"},
    )


def test_a_stranger_sends_a_picture_and_sees_it_until_the_form_is_sent(world: World) -> None:
    link = world.link(fields=("name", "photos"))
    stranger = world.stranger()
    ticket = stranger.open(link)
    sent = send_file(stranger, link, ticket).get_json()

    assert sent["url"] == f"{link.path}/files/{sent['id']}"
    with stranger.get(sent["url"]) as shown:
        assert shown.status_code == 200 and shown.data.startswith(b"\x89PNG")
    assert stranger.send(link, ticket, name="Lin", photos=sent["token"]).status_code == 200
    assert [len(each.values["photos"]) for each in world.records(link)] == [1]
    assert stranger.get(sent["url"]).status_code == 404


@pytest.mark.parametrize("held", [False, True])
def test_a_picture_in_a_row_is_taken_and_waits_with_an_entry_that_is_held(world: World, held: bool) -> None:
    link = world.link(fields=("name", "spots"))
    stranger = world.stranger()
    ticket = stranger.open(link)
    assert f"{link.path}/files/spots.photos" in stranger.get(link.path).get_data(as_text=True)
    assert send_file(stranger, link, ticket, "spots.place").status_code == 404
    first, second = (send_file(stranger, link, ticket, "spots.photos").get_json() for _number in range(2))
    trap = {"second_name": "x"} if held else {}
    both = {"spots-0-f_place": "Door", "spots-0-f_photos": [first["token"], second["token"]]}
    if not held:
        assert "One file goes here; these are 2." in stranger.send(link, ticket, name="Lin", **both).get_data(as_text=True).replace(
            "&#39;", "'"
        )
    answer = stranger.send(link, ticket, name="Lin", **both | {"spots-0-f_photos": first["token"]}, **trap)
    assert answer.status_code == 200
    if held:
        with world.building() as act:
            inbox.release(act, link, inbox.entries(act, link)[0].id)
    (made,) = world.records(link)
    with world.workspace.reading(SYSTEM) as act:
        (row,) = query.get(act, "feedback", made.id).values["spots"]
    assert [tokens.id_in(each) for each in row["photos"]] == [first["id"]]


def test_files_go_only_into_fields_that_are_asked_by_whoever_has_the_page(world: World) -> None:
    link, without = world.link(fields=("name", "photos")), world.link()
    stranger = world.stranger()

    assert send_file(stranger, link, "made-up").status_code == 403
    assert send_file(stranger, without, stranger.open(without)).status_code == 404
    assert send_file(stranger, link, stranger.open(without)).status_code == 403


# -- publishing goes on ---------------------------------------------------------------------------------------------------------------
def test_only_fields_of_the_published_version_are_asked(world: World) -> None:
    from tests.public.world import FEEDBACK

    link = world.link()
    with world.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [{**FEEDBACK, "fields": [each for each in FEEDBACK["fields"] if each["key"] != "mobile"]}])
    try:
        page = world.stranger().get(link.path).get_data(as_text=True)
    finally:
        with world.workspace.writing(SYSTEM, "publish") as act:
            versions.publish(act, [FEEDBACK])
    assert "f_mobile" not in page
