"""Chromium for tests: a page is watched for what a page must never do."""
from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import ConsoleMessage, Page, Request

FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync"]
if os.name == "posix" and os.geteuid() == 0:
    FLAGS.append("--no-sandbox")  # Chromium refuses to be root inside its sandbox
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"

# Typing over coloured text in an editor makes Chromium itself try a style attribute; it is blocked and no page of ours did it.
COLLECT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', event => {
  const byChromium = event.effectiveDirective === 'style-src-attr' && !event.sourceFile
    && event.target.closest && event.target.closest('[contenteditable=true]');
  if (!byChromium) window.reportViolation(
    [event.effectiveDirective, event.blockedURI, event.sourceFile, event.lineNumber, event.sample].join(' | '));
});
"""


class Watch:
    """Collects what a page does wrong: policy violations, errors in the console, requests to other hosts.

    A test that provokes a failed request on purpose names it: `watch.expected.append("status of 422")`.
    """

    def __init__(self, page: Page, home: str):
        self.page, self.home = page, home
        self.expected: list[str] = []
        self._violations: list[str] = []
        self._said: list[str] = []
        self._foreign: list[str] = []
        page.expose_function("reportViolation", self._report)
        page.add_init_script(COLLECT_VIOLATIONS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self._said.append(f"pageerror: {error}"))
        page.on("request", self._see)

    def faults(self) -> list[str]:
        self.page.evaluate("0")  # what the page has reported arrives before this answer
        found = [*(f"policy: {each}" for each in self._violations), *self._said, *(f"request to {url}" for url in self._foreign)]
        return [fault for fault in found if not any(part in fault for part in self.expected)]

    def _report(self, violation: str) -> None:
        self._violations.append(violation)

    def _hear(self, message: ConsoleMessage) -> None:
        # what the policy blocked arrives as a violation, with the place it came from
        if message.type in ("error", "warning") and "Content Security Policy" not in message.text:
            self._said.append(f"{message.type}: {message.text}")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self.home + "/", "data:", "blob:", "about:")):
            self._foreign.append(request.url)


def axe(page: Page) -> list[str]:
    """The serious and critical accessibility faults of what the page shows now, one line each."""
    page.evaluate(AXE.read_text())  # add_script_tag would break the page's own policy
    result = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")
    return [f"{fault['id']} ×{len(fault['nodes'])}: {fault['help']}: {fault['nodes'][0]['html'][:160]}"
            for fault in result["violations"] if fault["impact"] in ("serious", "critical")]


def wait_until(page: Page, true: Callable[[], object], sentence: str = "", seconds: float = 10) -> None:
    """Looks again until `true()` holds. (Playwright's wait_for_function evaluates text, which the page's policy forbids.)"""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"Not within {seconds:g} s: {sentence or true}")
        page.wait_for_timeout(50)
