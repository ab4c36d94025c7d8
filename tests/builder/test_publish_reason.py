"""Publishing asks for a written reason where a tier changes nothing for anybody: in the dialog, for all drafts, and in the history."""

from __future__ import annotations

from tests.builder.conftest import HOME, VALUE
from tests.pages.visitor import words

PLACE = f"{HOME}/tiers/value"
PLANS = {"diamond": {"channel": "phone"}, "gold": {"channel": "phone"}, "silver": {"channel": "mail"}}
CHANGED = {**VALUE, "label": "New", "plans": PLANS}
NOTHING = "Nothing uses the tier “Basic” of “New”: no plan, automation, permission, list, or report."


def publish(ada, **more):
    read = ada.given(PLACE)
    return ada.ask("POST", f"{PLACE}/publish", {name: read[name] for name in ("edit", "stamp", "live")} | more)


def test_the_dialog_is_told_beforehand_what_needs_a_reason(ada):
    ada.save(PLACE, CHANGED)
    assert ada.ask("POST", f"{PLACE}/preview", {"body": CHANGED}).get_json()["reason"] == [NOTHING]
    whole = {**CHANGED, "plans": {**PLANS, "basic": {"channel": "mail"}}}
    assert ada.ask("POST", f"{PLACE}/preview", {"body": whole}).get_json()["reason"] == []


def test_the_dialog_is_refused_without_the_reason_and_served_with_it(ada):
    ada.save(PLACE, CHANGED)
    refused = publish(ada, note="")
    assert refused.status_code == 422 and refused.get_json()["errors"][0]["message"].startswith(NOTHING)
    assert publish(ada, note="", reason="Basic goes soon.").get_json()["version"] == 2
    assert "Basic goes soon." in words(ada.get(f"{PLACE}/versions"))
    assert ada.ask("POST", f"{PLACE}/preview", {"body": {**CHANGED, "label": "Newer"}}).get_json()["reason"] == []


def test_all_drafts_are_published_together_with_a_reason(ada):
    ada.save(PLACE, CHANGED)
    page = ada.get(f"{HOME}/publish")
    assert NOTHING in words(page) and 'name="reason"' in page.get_data(as_text=True)
    assert ada.post(f"{HOME}/publish", {"note": ""}).status_code == 422
    assert ada.post(f"{HOME}/publish", {"note": "", "reason": "Basic goes soon."}).status_code == 303
    assert "Why that is right: Basic goes soon." in words(ada.get("/apps/shop/-/tiers/value/uses"))
