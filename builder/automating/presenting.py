"""Dry runs as the designer's page shows them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.automation.dry_run import Tried, as_json
from runtime.automation.replaying import Slice
from runtime.texts import Message, _

STATES: dict[str, Message] = {
    "done": _("done"),
    "skipped": _("skipped"),
    "failed": _("failed"),
    "prepared": _("would be sent"),
    "waits": _("waits"),
}


def tried_json(found: Tried, title: str, moment: str | None, say: Callable[[Message], str]) -> dict[str, Any]:
    verdict = found.verdict
    return {
        **as_json(found.case),
        "title": title,
        "moment": moment,
        "state": verdict.state,
        "reason": say(verdict.reason) if verdict.reason is not None else None,
        "explanation": verdict.explanation,
        "broken_off": found.broken_off,
        "steps": [
            {
                "place": each.place,
                "type": each.type,
                "words": each.words,
                "state": each.state,
                "label": say(STATES[each.state]) if each.state in STATES else each.state,
                "message": each.message,
                "changes": each.changes,
                "messages": each.messages,
                "sends": each.sends,
            }
            for each in found.steps
        ],
    }


def slice_json(found: Slice) -> dict[str, Any]:
    return {
        "matched": found.matched,
        "runs": found.runs,
        "skipped": found.skipped,
        "failed": found.failed,
        "reasons": found.reasons,
        "samples": [as_json(each) for each in found.samples],
        "next": found.next,
        "done": found.done,
        "of": found.of,
    }
