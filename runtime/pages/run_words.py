"""What runs, their steps and what set them off are called on screen."""

from __future__ import annotations

from flask import g

from runtime.pages.web import reader
from runtime.people.may import may
from runtime.system.workspace import Act
from runtime.texts import Message, _

STATES: dict[str, tuple[Message, str, str]] = {
    "waiting": (_("waiting"), "quiet", "clock"),
    "running": (_("running"), "accent", "player-play"),
    "paused": (_("paused"), "care", "player-pause"),
    "queued": (_("queued"), "quiet", "clock"),
    "done": (_("done"), "good", "check"),
    "skipped": (_("nothing to do"), "quiet", "player-skip-forward"),
    "held_out": (_("held out"), "quiet", "users-group"),
    "failed": (_("failed"), "bad", "alert-circle"),
    "stopped": (_("stopped"), "care", "player-stop"),
}
"""Each state of a run in words, with its tone and icon."""
STEP_STATES: dict[str, tuple[Message, str, str]] = {
    "started": (_("under way"), "accent", "player-play"),
    **{key: STATES[key] for key in ("done", "skipped", "failed", "waiting", "stopped")},
}
TRIGGERS: dict[str, Message] = {
    "record_created": _("a new record"),
    "record_updated": _("a changed record"),
    "tier_changed": _("a changed tier"),
    "tier_grace": _("a grace period"),
    "form_submitted": _("a public form"),
    "segment_entered": _("entering a segment"),
    "segment_left": _("leaving a segment"),
    "date_field": _("a date of the record"),
    "schedule": _("the clock"),
    "record_deleted": _("a deleted record"),
    "record_restored": _("a restored record"),
    "tag_added": _("a tag given"),
    "tag_removed": _("a tag taken"),
    "tag_expired": _("a tag whose time is over"),
    "no_activity": _("no activity"),
    "webhook": _("a message from another system"),
    "import_finished": _("a finished import"),
    "workflow_finished": _("a finished workflow"),
    "workflow_step": _("a step of a workflow"),
    "selection": _("picked records"),
    "called": _("another automation"),
    "button": _("a button"),
}
SOURCES: dict[str, Message] = {
    "form": _("entered by hand"),
    "public_form": _("from a public form"),
    "api": _("through the interface"),
    "import": _("from an import"),
    "automation": _("by an automation"),
    "workflow": _("by a workflow"),
    "schedule": _("in the nightly run"),
    "merge": _("after a merge"),
    "publish": _("after publishing"),
    "undo": _("after an undo"),
}


def why_of(trigger: str, source: str) -> str:
    """What set a run off, in words."""
    words = reader().say(TRIGGERS[trigger]) if trigger in TRIGGERS else trigger
    if trigger == "schedule" or source not in SOURCES:
        return words
    return reader().say(_("{what}, {source}", what=words, source=SOURCES[source]))


def state_of(state: str, words: dict[str, tuple[Message, str, str]] = STATES) -> dict[str, str]:
    label, tone, icon = words.get(state, (Message("{state}", {"state": state}), "quiet", "point"))
    return {"key": state, "label": reader().say(label), "tone": tone, "icon": icon}


def label_of(act: Act, key: str) -> str:
    found = act.catalogue.automations.get(key)
    return reader().shown(found.label) if found is not None else key


def about_of(act: Act, app: str, form: str | None, record: int | None, titles: dict[tuple[str, int], str]) -> tuple[str, str | None]:
    if form is None or record is None:
        return "", None
    seen = form in act.catalogue.forms and may(g.person, "view", form, record)
    return titles.get((form, record), f"#{record}"), f"/apps/{app}/{form}/{record}" if seen else None
