"""Files in Chromium: a photo from a phone, seen, removed and sent again; a signature by hand and by keyboard; text with marks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from runtime.definitions.versions import publish
from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.system.tables import person as people
from tests.files.conftest import PDF, png
from tests.makers import file, form_json, image, rich_text, signature, text
from tests.support.browser import axe, wait_until

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "zh-CN"}
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Work", "items": ["form:visit"]}]}
VISIT = form_json(
    text("name"), image("photos", most=2), file("papers", max_size=1, kinds=["document"]), rich_text("story"), signature("signed"),
    key="visit", app="shop",
)  # fmt: skip


@pytest.fixture
def visits(live: Live) -> Live:
    with live.workspace.writing(SYSTEM) as act:
        publish(act, [APP, VISIT])
    return live


def newest(live: Live) -> dict[str, object]:
    with live.workspace.reading(SYSTEM) as act:
        return query.get(act, "visit", max(query.ids(act, "visit"))).values


def picture(name: str = "店面.png") -> dict[str, object]:
    return {"name": name, "mimeType": "image/png", "buffer": png()}


def test_a_photo_a_paper_and_a_signature_on_a_phone(visits: Live, new_page: Callable[..., Page]) -> None:
    page = new_page(**PHONE)
    person = visits.sign_in(page)
    with visits.workspace.writing(SYSTEM) as act:
        act.connection.execute(people.update().where(people.c.id == person.id).values(language="zh"))
    page.goto("/apps/shop/visit/new")
    photos = page.locator("[data-field=f_photos]")
    photos.locator("[data-ready]").wait_for()
    chooser = photos.locator("input[type=file]")
    chooser.set_input_files([picture(), picture("第二张.png")])
    photos.get_by_role("link", name="第二张.png").first.wait_for()
    chooser.set_input_files([picture("第三张.png")])
    photos.get_by_text("这里最多放 2 个文件，先移除一个再添加。").wait_for()
    photos.get_by_role("button", name="删除 店面.png").click()
    wait_until(page, lambda: photos.locator("li").count() == 1)
    photos.locator("a[data-picture]").click()
    page.get_by_role("dialog", name="第二张.png").get_by_role("button", name="关闭").click()
    papers = page.locator("[data-field=f_papers]")
    papers.locator("input[type=file]").set_input_files({"name": "a.exe", "mimeType": "application/pdf", "buffer": b"MZ"})
    assert papers.get_by_text("不接受「a.exe」这类文件").is_visible()
    page.watch.expected.append("status of 422")
    papers.locator("input[type=file]").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"MZ"})
    papers.get_by_text("「a.pdf」的内容与文件名不符").wait_for()
    assert papers.get_by_role("button", name="再试一次").is_visible()
    page.get_by_label("Name", exact=True).fill("茶馆")
    page.locator("main .tl-save button.btn-primary").click()
    expect(page.locator(".tl-toast")).to_contain_text("「a.pdf」没有上传成功。请再试一次，或将其删除。")
    expect(papers.get_by_role("button", name="再试一次")).to_be_focused()
    papers.get_by_role("button", name="删除 a.pdf").click()
    papers.locator("input[type=file]").set_input_files({"name": "合同.pdf", "mimeType": "application/pdf", "buffer": PDF})
    papers.get_by_role("link", name="合同.pdf").wait_for()
    signed = page.locator("[data-field=f_signed]")
    signed.locator("[data-ready]").wait_for()
    canvas = signed.locator("canvas")
    canvas.evaluate("canvas => canvas.scrollIntoView({ block: 'center', behavior: 'instant' })")  # clear of the bars at the foot
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 110, steps=8)
    page.mouse.up()
    signed.get_by_role("img", name="手写签名").wait_for()
    assert axe(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_label("Name", exact=True).fill("茶馆")
    page.locator("main button[type=submit], main .tl-save button.btn-primary").last.click()
    page.wait_for_url(re.compile(r"/visit/\d+"))
    assert page.get_by_role("link", name="合同.pdf").is_visible()
    wait_until(page, lambda: page.locator("a[data-picture] img").first.evaluate("image => image.naturalWidth > 0"), "the picture is drawn")
    assert axe(page) == []
    values = newest(visits)
    assert [str(values[key][0]).rpartition(":")[2] for key in ("photos", "papers", "signed")] == ["第二张.png", "合同.pdf", "signature.png"]  # type: ignore[index]


def test_the_form_waits_for_what_is_still_on_its_way_and_text_has_marks(visits: Live, page: Page) -> None:
    visits.sign_in(page)
    page.goto("/apps/shop/visit/new")
    page.locator("[data-field=f_story] [data-rich][data-ready]").wait_for()
    page.get_by_label("Name", exact=True).fill("Tea house")
    story = page.get_by_role("textbox", name="Story")
    story.click()
    page.get_by_role("button", name="Bold").click()
    page.keyboard.type("A big order")
    assert page.get_by_role("button", name="Bold").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Control+b")
    page.keyboard.type(" at last")
    page.get_by_role("textbox", name="Or type your name").fill("Lin Yue")
    assert axe(page) == []
    page.locator("main button[type=submit], main .tl-save button.btn-primary").last.click()
    page.wait_for_url(re.compile(r"/visit/\d+"))
    values = newest(visits)
    assert values["story"] == "<p><strong>A big order</strong> at last</p>" and len(values["signed"]) == 1  # type: ignore[arg-type]
    assert page.locator(".tl-rich-shown strong").inner_text() == "A big order"
