"""The pages on which links are made, and the automation that follows an entry."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest

from runtime.automation.triggers.form_submitted import FormSubmitted
from runtime.people import accounts
from runtime.people.person import SYSTEM
from runtime.public import links
from runtime.records import gateway
from runtime.system import audit
from tests.pages.visitor import Visitor
from tests.public.world import PASSWORD, World, sentence, words


@pytest.fixture(scope="module")
def builder(world: World) -> Visitor:
    return Visitor(world.app).sign_in("ada@example.com", PASSWORD)


def settings(link: Any, **more: Any) -> dict[str, Any]:
    return {"label": link.label, "fields": ["name", "stars"], "seconds": "0", "keep": "1", "changed_at": "", **more}


def test_settings_are_kept_and_those_of_an_open_link_stay_sound(world: World, builder: Visitor) -> None:
    link = world.link()
    here = f"/build/shop/public/{link.id}"

    saved = builder.post(
        here, settings(link, quota="5", opens_at="2026-05-01T08:00", heading_zh="您好", thanks_en="<p>Bye<script>x</script></p>")
    )
    faulty = builder.post(here, settings(link, fields=["stars"]))

    assert saved.status_code == 303 and faulty.status_code == 422 and "needed and not asked" in words(faulty)
    kept = world.again(link).settings
    assert (kept.fields, kept.quota, kept.heading.zh, kept.thanks.en) == (("name", "stars"), 5, "您好", "<p>Bye</p>")
    assert 'value="2026-05-01T08:00"' in builder.get(here).get_data(as_text=True)
    assert builder.post(here, settings(link, changed_at="1")).status_code == 422  # somebody else was quicker


def test_a_link_is_looked_at_before_it_is_switched_on_and_nothing_is_kept(world: World, builder: Visitor) -> None:
    link = world.link(on=False)
    here = f"/build/shop/public/{link.id}/preview"

    assert "f_name" in builder.get(here).get_data(as_text=True) and "f_internal" not in builder.get(here).get_data(as_text=True)
    assert "This is needed." in words(builder.post(here, {"f_name": ""}))
    assert "Thank you" in words(builder.post(here, {"f_name": "Trial"}))
    assert world.records(link) == [] and "not open" in sentence(world.stranger().get(link.path))


def test_signed_links_are_made_for_one_and_for_many(world: World, builder: Visitor) -> None:
    link = world.link(bound="customer")
    here, lin = f"/build/shop/public/{link.id}", world.customer("=Signed Lin", level="gold")

    one = builder.post(f"{here}/signed", {"record": str(lin), "days": "5", "uses": "1"})
    many = builder.post(f"{here}/signed.csv", {"filter": "CONTAINS(name, 'Signed')", "days": "5", "uses": "1"})

    found = re.search(r"data-signed>http://localhost([^<]+)<", one.get_data(as_text=True))
    assert found is not None and "f_name" in world.stranger().get(found[1]).get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(many.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [each[:2] for each in rows[1:]] == [[str(lin), "'=Signed Lin"]]
    assert world.stranger().get(rows[1][2].removeprefix("http://localhost")).status_code == 200
    assert builder.post(f"{here}/signed.csv", {"filter": "", "days": "0", "uses": "1"}).status_code == 422


def test_what_is_done_with_a_link_stands_in_the_audit_log(world: World, builder: Visitor) -> None:
    link = world.link(on=False)
    here = f"/build/shop/public/{link.id}"
    for what, form in (("on", {}), ("password", {"password": "open sesame"}), ("rotate", {}), ("off", {}), ("remove", {})):
        assert builder.post(f"{here}/{what}", form).status_code == 303
    assert builder.get(here).status_code == 404
    with world.workspace.reading(SYSTEM) as act:
        kinds = [each.kind for each in audit.page(act.connection, audit.Wanted(subject=f"public_link:{link.id}"))]
    wanted = ["removed", "off", "rotated", "password", "on", "made"]
    assert kinds == [f"public_link_{each}" for each in wanted]


def test_who_does_not_build_the_app_gets_to_none_of_its_pages(world: World) -> None:
    link = world.link()
    with world.workspace.writing(SYSTEM) as act:
        accounts.add(act, email="mei@example.com", name="Mei", roles=("member",), password=PASSWORD)
    mei = Visitor(world.app).sign_in("mei@example.com", PASSWORD)

    for path in ("", f"/{link.id}", f"/{link.id}/preview", f"/{link.id}/inbox", f"/{link.id}/code.svg"):
        assert mei.get(f"/build/shop/public{path}").status_code == 403
    for path in (f"/{link.id}", f"/{link.id}/off", f"/{link.id}/signed", f"/{link.id}/signed.csv", f"/{link.id}/inbox/1/release"):
        assert mei.post(f"/build/shop/public{path}", {}).status_code == 403
    assert mei.post("/admin/public-hosts", {"hosts": "evil.example"}).status_code == 403 and world.again(link).is_on


def test_a_link_that_is_removed_takes_its_figures_but_no_records_along(world: World) -> None:
    link = world.link()
    world.stranger().send(link, name="Stays")
    with world.building() as act:
        links.remove(act, link.id)

    assert [each.values["name"] for each in world.records(link)] == ["Stays"]


def test_an_automation_can_follow_what_came_by_one_link_or_by_any() -> None:
    class Event:
        form = "feedback"

    item = {"link": 7, "signed": True}
    assert FormSubmitted(form="feedback").matches(Event, 1, item, None)  # type: ignore[arg-type]
    assert FormSubmitted(form="feedback", link=7).matches(Event, 1, item, None)  # type: ignore[arg-type]
    assert not FormSubmitted(form="feedback", link=8).matches(Event, 1, item, None)  # type: ignore[arg-type]
    assert FormSubmitted(form="feedback").facts(item) == {"signed": True}


def test_somebody_who_is_signed_in_is_a_stranger_there_too(world: World, builder: Visitor) -> None:
    link = world.link()
    with world.building() as act:
        gateway.create(act, "feedback", {"name": "x", "internal": "watch"})

    page = builder.get(link.path)

    assert "f_internal" not in page.get_data(as_text=True) and "Main menu" not in page.get_data(as_text=True)
