"""The form designer opened in Chromium with 300 fields, against the same with 30: time that scripts take until the form stands there."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from scripts.dev import find_chromium
from tests import makers
from tests.bench.databases import workspace_on
from tests.bench.measuring import Result

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.server import Live

LIMIT = 3.0
FEW, MANY = 30, 300
ROUNDS = 5
TYPES = (makers.text, makers.number, makers.money, makers.day, makers.choice, makers.phone, makers.checkbox, makers.multi_choice)
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Forms", "items": ["form:few", "form:many"]}]}


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """Milliseconds of script time; each opening is of a page that the browser has seen before, as on every day but the first."""
    if database_name != "sqlite":
        return
    from playwright.sync_api import sync_playwright

    from tests.support.browser import FLAGS
    from tests.support.server import serving

    many = rows or MANY
    with workspace_on(database_name) as workspace, serving(workspace) as live, sync_playwright() as tool:
        _publish(live, many)
        browser = tool.chromium.launch(executable_path=str(find_chromium()), args=FLAGS)
        page = browser.new_context(base_url=live.url, viewport={"width": 1280, "height": 800}).new_page()
        live.sign_in(page)
        pairs = [(_opened(page, "many", many), _opened(page, "few", FEW)) for _number in range(ROUNDS + 1)][1:]
        browser.close()
    ours, reference = (statistics.median(each[side] for each in pairs) for side in (0, 1))
    yield Result("form designer", statistics.median(a / b for a, b in pairs), LIMIT, ours, reference, "ms of script", many, database_name)


def _publish(live: Live, many: int) -> None:
    live.person("admin@example.com", "builder")
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, _form("few", FEW), _form("many", many)])


def _form(key: str, count: int) -> dict[str, Any]:
    """Every type in turn, twelve fields a section."""
    fields = [TYPES[number % len(TYPES)](f"f{number}") for number in range(count)]
    layout = [
        {"section": f"Section {number // 12 + 1}", "columns": 2, "fields": [each["key"] for each in fields[number : number + 12]]}
        for number in range(0, count, 12)
    ]
    return {**makers.form_json(*fields, key=key), "app": "shop", "layout": layout}


def _opened(page: Page, form: str, count: int) -> float:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto(f"/build/shop/forms/{form}")
    page.locator(f"[data-fd=f{count - 1}]").wait_for(state="attached")
    page.locator(".fd-control .tl-field").first.wait_for(state="attached")
    found = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    session.detach()
    return 1000 * float(found["ScriptDuration"])
