"""Which browser, in words that people know: “Firefox, Windows”."""
from __future__ import annotations

BROWSERS = (("MicroMessenger", "WeChat"), ("DingTalk", "DingTalk"), ("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox", "Firefox"),
            ("FxiOS", "Firefox"), ("Chrome", "Chrome"), ("CriOS", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
           ("Linux", "Linux"))
"""In this order: each browser names those it wants to be taken for after itself."""


def browser_of(agent: str | None) -> str:
    """The browser and the system that a User-Agent header names; the header itself where it names neither."""
    named = [next((name for sign, name in signs if sign in (agent or "")), None) for signs in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in named if name) or (agent or "")[:60]
