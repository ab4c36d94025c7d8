"""An app's menu and home page as its definition arranges them, each part for those it is meant for; and what an installed app needs."""

from __future__ import annotations

import struct
import zlib

from runtime.definitions.loading import load
from runtime.pages.phone import drawn
from tests.pages.visitor import Visitor, words
from tests.views.conftest import APP, SALES, Shop

HOME = "/apps/shop"


def test_an_app_that_says_nothing_has_the_usual_home_page(shop: Shop, ada: Visitor) -> None:
    said = words(ada.get(HOME))

    assert "Due next" in said and "Records" in said


def test_blocks_stand_as_they_are_arranged_and_show_only_what_the_person_may_see(shop: Shop, ada: Visitor, sue: Visitor) -> None:
    shop.add(name="Hers", stage="new", owner=shop.sue.id)
    shop.add(name="Other", stage="new", owner=shop.ada.id)
    view = {"kind": "view", "key": "fresh", "label": "Fresh ones", "form": "customer", "app": "shop", "filter": "stage == 'new'"}
    home = [
        {"block": "welcome", "title": "Good day", "text": "First line\n<b>second</b>"},
        {"block": "list", "view": "fresh", "place": "side"},
        {"block": "shortcuts", "items": ["form:customer", "link:/tasks"]},
        {"block": "records", "for": ["role:lead"]},
    ]
    shop.publish(view, {**APP, "home": home})

    hers, builders = words(sue.get(HOME)), words(ada.get(HOME))

    assert hers.index("Good day") < hers.index("Fresh ones") and "<b>second</b>" in hers
    assert "Hers" in hers and "Other" not in hers and "Records" not in hers
    assert "Other" in builders and "Records" in builders


def test_a_menu_has_names_icons_links_and_parts_for_some(shop: Shop, ada: Visitor, sue: Visitor) -> None:
    menu = [
        {"section": "Work", "items": ["form:customer", "link:https://example.com/help"]},
        {"section": "Leads only", "items": ["link:/tasks"], "for": ["role:lead"]},
    ]
    entries = {
        "form:customer": {"label": "Clients"},
        "link:https://example.com/help": {"label": "Handbook", "icon": "book", "for": ["role:sales"]},
    }
    shop.publish({**APP, "menu": menu, "entries": entries})

    hers = sue.get("/tasks").get_data(as_text=True), sue.get(HOME).get_data(as_text=True)

    assert all(each in hers[1] for each in ("Clients", "Handbook", 'href="https://example.com/help"')) and "Leads only" not in hers[1]
    assert "Leads only" in ada.get(HOME).get_data(as_text=True)


def test_a_home_page_that_names_what_is_not_there_is_a_problem_of_the_definition(shop: Shop) -> None:
    faulty = load(
        {
            **APP,
            "menu": [{"section": "W", "items": ["view:gone"]}],
            "home": [{"block": "list", "view": "gone"}, {"block": "chart", "dashboard": "gone"}],
        }
    )
    with shop.workspace.reading(shop.ada) as act:
        paths = [each.path for each in faulty.problems(act.catalogue)]

    assert paths == ["menu/0/items/0", "home/0/view", "home/1/dashboard"]


def test_a_form_without_rights_has_no_block(shop: Shop, sue: Visitor) -> None:
    view = {"kind": "view", "key": "every", "label": "Every one", "form": "customer", "app": "shop"}
    shop.publish(
        {**SALES, "for": ["role:nobody"]},
        view,
        {**APP, "home": [{"block": "list", "view": "every"}, {"block": "shortcuts", "items": ["form:customer"]}]},
    )

    page = sue.get(HOME)
    assert "Every one" not in words(page) and "tl-home-shortcuts" not in page.get_data(as_text=True)


def test_the_manifest_speaks_the_language_of_its_address_and_its_icons_are_pictures(shop: Shop) -> None:
    stranger = Visitor(shop.app)

    zh, en = (stranger.get(f"/manifest.webmanifest?language={each}").get_json() for each in ("zh", "en"))

    assert (zh["lang"], en["lang"], zh["start_url"]) == ("zh-CN", "en", "/") and zh["shortcuts"][0]["name"] == "我的待办"
    assert {(each["sizes"], each["purpose"]) for each in en["icons"]} == {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")}
    for each in en["icons"]:
        picture = stranger.get(each["src"]).data
        assert picture.startswith(b"\x89PNG") and "x".join(map(str, struct.unpack(">II", picture[16:24]))) == each["sizes"]
    assert stranger.get("/app-icon/7.png").status_code == 404
    assert "现在连不上" in words(stranger.get("/offline?language=zh")) and "has no connection" in words(
        stranger.get("/offline?language=en")
    )


def test_an_icon_is_round_at_its_corners_unless_the_whole_square_is_wanted() -> None:
    corner = {whole: zlib.decompress(drawn(192, whole)[41:-16])[1:5] for whole in (False, True)}

    assert corner[False][3] == 0 and corner[True] == bytes((0x1F, 0x5F, 0xD0, 255))
