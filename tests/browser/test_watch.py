"""The page fixture sees what a page must not do."""
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page

from tests.support.browser import axe, wait_until

if TYPE_CHECKING:
    from tests.support.server import Live

pytestmark = pytest.mark.browser


def test_the_page_for_signing_in_breaks_no_rule(live: Live, page: Page) -> None:
    live.person("admin@example.com")
    page.goto("/")
    assert "/sign-in" in page.url
    assert axe(page) == []


def test_who_is_signed_in_is_not_sent_away(live: Live, page: Page) -> None:
    live.sign_in(page)
    page.goto("/")
    assert "/sign-in" not in page.url


@pytest.mark.parametrize(("misdeed", "seen"), [
    ("document.body.setAttribute('style', 'color: red')", "policy: style-src-attr"),
    ("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.done = 1'}))", "policy: script-src-elem"),
    ("console.error('it broke')", "error: it broke"),
    ("setTimeout(() => { throw new Error('it broke') })", "pageerror: it broke"),
    ("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.2:1/pixel.png'}))", "127.0.0.2"),
])
def test_a_misdeed_is_seen(live: Live, page: Page, misdeed: str, seen: str) -> None:
    live.person("admin@example.com")
    page.goto("/")
    page.evaluate(misdeed)
    wait_until(page, lambda: any(seen in fault for fault in page.watch.faults()), seen)
    page.watch.expected += ["policy: ", "it broke", "127.0.0.2"]
