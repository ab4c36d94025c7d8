"""A form of 100 fields with 100 rules and 200 rows in Chromium: what a keystroke costs, against the 16.7 ms of a frame."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from runtime.definitions import versions
from runtime.people.person import SYSTEM
from runtime.records import gateway
from scripts.dev import find_chromium
from tests import makers
from tests.bench.browser_rules import FORM, RULES
from tests.bench.databases import workspace_on
from tests.bench.measuring import Result

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.server import Live

FRAME = 1000 / 60
AT_ONCE = 100
"""What follows an act within so many milliseconds seems to follow at once (Miller 1968; Card, Robertson and Mackinlay 1991)."""
FIELDS, ROWS = 100, 200
APP = {"kind": "app", "key": "shop", "label": "Shop", "menu": [{"section": "Forms", "items": ["form:quote"]}]}
TYPED = """name => {
  const control = document.querySelector(`[name="${name}"]`);
  const times = [];
  for (let n = 0; n < 25; n++) {
    control.value = String(n + 1);
    const start = performance.now();
    control.dispatchEvent(new Event('input', { bubbles: true }));
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[1];
}"""
ADDED = """() => {
  const start = performance.now();
  document.querySelector('[data-row-add]').click();
  return performance.now() - start;
}"""


def run(rows: int | None, database_name: str) -> Iterator[Result]:
    """Milliseconds of one keystroke in a field that rules read, of one in a row, and of adding a row; those that were disturbed least, because a
    browser tells no time but that of the clock."""
    if database_name != "sqlite":
        return
    from playwright.sync_api import sync_playwright

    from tests.support.browser import FLAGS
    from tests.support.server import serving

    count = rows or ROWS
    with workspace_on(database_name) as workspace, serving(workspace) as live, sync_playwright() as tool:
        record = _publish(live, count)
        browser = tool.chromium.launch(executable_path=str(find_chromium()), args=FLAGS)
        page = browser.new_context(base_url=live.url, viewport={"width": 1280, "height": 800}).new_page()
        live.sign_in(page)
        _open(page, record)
        for name, what in (("f_amount", "field"), ("f_items-3-f_quantity", "row")):
            yield _result(f"keystroke in a {what}", min(page.evaluate(TYPED, name) for _round in range(4)), count)
        yield _result("row added", min(page.evaluate(ADDED) for _round in range(6)), count, AT_ONCE)
        browser.close()


def _result(name: str, found: float, count: int, limit: float = FRAME) -> Result:
    return Result(name, found / limit, 1.0, found, limit, "ms of script", count, "sqlite")


def _publish(live: Live, count: int) -> int:
    """The rules of the other benchmark, each of which hides or demands one of a hundred fields; and a check in every row."""
    live.person("admin@example.com", "builder")
    more = [makers.text(f"t{number}") for number in range(FIELDS - len(FORM["fields"]))]
    conditions = [rule.format(n=n) for n in range(1, 11) for rule in RULES]
    rules: list[dict[str, Any]] = [
        {"show" if number % 2 else "require": [more[number % 45 + 45 * (number % 2)]["key"]], "when": condition}
        for number, condition in enumerate(conditions)
    ]
    rules.append({"check": "quantity < 1000", "fields": ["quantity"], "message": "Too many.", "subform": "items"})
    fields = [*FORM["fields"], *more]
    items = next(each for each in fields if each["key"] == "items")
    total = makers.formula("line_total", "quantity * price", result="number", decimals=2)
    extra = [makers.text("note"), makers.day("due_on"), makers.choice("color", "red", "blue"), makers.text("place"), total]
    fields = [each if each is not items else {**items, "max_rows": 1000, "fields": [*items["fields"], *extra]} for each in fields]
    with live.workspace.writing(SYSTEM, "publish") as act:
        versions.publish(act, [APP, {**FORM, "fields": fields, "rules": rules, "app": "shop"}])
    filled = {each["key"]: "x" for each in more[:45]}
    rows = [{"quantity": number % 9 + 1, "price": "1.50", "note": "x", "color": "red"} for number in range(count)]
    with live.workspace.writing(SYSTEM) as act:
        return gateway.create(act, "quote", {"name": "Ann", "sort": "company", "amount": "5", "items": rows, **filled}).id


def _open(page: Page, record: int) -> None:
    page.goto(f"/apps/shop/quote/{record}/edit")
    page.locator("[name=_left_out]").wait_for(state="attached")
