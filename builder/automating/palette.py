"""The palette of the automation designer: every trigger and step of the shelves, by families. A kind that nobody has put into words here still stands in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from builder.words import CHOICES
from runtime.definitions.shelf import STEPS, TRIGGERS
from runtime.texts import Message, _

FAMILIES: dict[str, Message] = {
    "records": _("Records"),
    "people": _("People and messages"),
    "flow": _("The flow"),
    "outside": _("Other systems"),
    "more": _("More"),
}
SHOWN: dict[str, tuple[str, str]] = {
    "update_record": ("records", "edit"),
    "create_record": ("records", "file-plus"),
    "update_or_create": ("records", "copy-plus"),
    "delete_record": ("records", "trash"),
    "restore_record": ("records", "trash-off"),
    "create_related": ("records", "link-plus"),
    "update_related": ("records", "link"),
    "delete_related": ("records", "link-off"),
    "add_row": ("records", "row-insert-bottom"),
    "update_rows": ("records", "table"),
    "delete_rows": ("records", "row-remove"),
    "find_one": ("records", "file-search"),
    "find_many": ("records", "list-search"),
    "add_tag": ("records", "tag"),
    "remove_tag": ("records", "tag-off"),
    "set_override": ("records", "stairs-up"),
    "clear_override": ("records", "stairs-down"),
    "lock_record": ("records", "lock"),
    "unlock_record": ("records", "lock-open"),
    "write_comment": ("records", "message-plus"),
    "assign": ("people", "user-share"),
    "create_task": ("people", "checklist"),
    "start_cadence": ("people", "route"),
    "stop_cadence": ("people", "player-stop"),
    "start_workflow": ("people", "checklist"),
    "cancel_workflow": ("people", "player-stop"),
    "notify": ("people", "bell"),
    "send_to_segment": ("people", "send"),
    "branch": ("flow", "git-branch"),
    "for_each": ("flow", "repeat"),
    "wait": ("flow", "hourglass"),
    "stop": ("flow", "hand-stop"),
    "calculate": ("flow", "calculator"),
    "run_automation": ("flow", "bolt"),
    "call_webhook": ("outside", "webhook"),
    "http_request": ("outside", "world"),
}
"""Family and icon of the steps that are known by name; those of others are told by whether they have arms or call outside."""
ALSO_FOUND_BY: dict[str, Message] = {
    "notify": _("tell, mail, e-mail, message, text message, remind, greet, bot, group chat"),
    "send_to_segment": _("mail, e-mail, text message, campaign, newsletter"),
    "assign": _("give to, hand over, owner, distribute"),
    "create_record": _("new, call, follow-up, add"),
    "create_related": _("new, add, follow-up"),
    "create_task": _("task, remind, call"),
    "start_cadence": _("plan, cadence, calls"),
    "wait": _("delay, later, days, hours"),
    "branch": _("if, otherwise, condition"),
    "for_each": _("loop, repeat, all"),
    "update_record": _("set, write, field, edit"),
    "http_request": _("API, web, interface"),
    "call_webhook": _("API, web, interface"),
}
"""Words by which people look for a step beside its name."""
TRIGGER_FAMILIES: dict[str, Message] = {
    "records": _("Records"),
    "tiers": _("Tiers, tags, segments"),
    "times": _("Days and times"),
    "started": _("Started by somebody"),
    "outside": _("Workflows and other systems"),
    "more": _("More"),
}
TRIGGERS_SHOWN: dict[str, tuple[str, str]] = {
    "record_created": ("records", "file-plus"),
    "record_updated": ("records", "edit"),
    "record_deleted": ("records", "trash"),
    "record_restored": ("records", "trash-off"),
    "form_submitted": ("records", "world"),
    "import_finished": ("records", "file-import"),
    "tier_changed": ("tiers", "stairs-up"),
    "tier_grace": ("tiers", "hourglass"),
    "tag_added": ("tiers", "tag"),
    "tag_removed": ("tiers", "tag-off"),
    "tag_expired": ("tiers", "clock-off"),
    "segment_entered": ("tiers", "login"),
    "segment_left": ("tiers", "logout"),
    "schedule": ("times", "clock"),
    "date_field": ("times", "calendar-event"),
    "no_activity": ("times", "zzz"),
    "button": ("started", "pointer"),
    "selection": ("started", "list-check"),
    "called": ("started", "bolt"),
    "workflow_step": ("outside", "git-branch"),
    "workflow_finished": ("outside", "checklist"),
    "webhook": ("outside", "webhook"),
}
"""Family and icon of the triggers that are known by name, in the order in which they are offered."""


def palette(say: Callable[[Message], str]) -> list[dict[str, Any]]:
    """Families with their steps, empty ones left out."""
    found: dict[str, dict[str, Any]] = {key: {"family": key, "label": say(label), "kinds": []} for key, label in FAMILIES.items()}
    for name in sorted(STEPS.kinds, key=lambda name: _order(name, SHOWN)):
        kind = STEPS[name]
        family, icon = _place(name, kind)
        found[family]["kinds"].append({"type": name, "label": _label(name, say), "icon": icon, "outside": _is_outside(kind), "also": _also(name, say)})
    return [each for each in found.values() if each["kinds"]]


def triggers(say: Callable[[Message], str]) -> list[dict[str, Any]]:
    """Every trigger in the order of its family, whose name it carries."""
    found = []
    for name in sorted(TRIGGERS.kinds, key=lambda name: _order(name, TRIGGERS_SHOWN)):
        family, icon = TRIGGERS_SHOWN.get(name, ("more", "bolt"))
        found.append({"type": name, "label": _label(name, say), "icon": icon, "family": say(TRIGGER_FAMILIES[family])})
    return found


def _place(name: str, kind: Any) -> tuple[str, str]:
    if name in SHOWN:
        return SHOWN[name]
    return ("outside", "plug-connected") if _is_outside(kind) else ("more", "point")


def _is_outside(kind: Any) -> bool:
    """Told by the class alone: some kinds decide it by their settings, and those count as inside."""
    return getattr(kind, "outside", False) is True


def _order(name: str, shown: dict[str, tuple[str, str]]) -> int:
    names = list(shown)
    return names.index(name) if name in names else len(names)


def _also(name: str, say: Callable[[Message], str]) -> str:
    return say(ALSO_FOUND_BY[name]).lower() if name in ALSO_FOUND_BY else ""


def _label(name: str, say: Callable[[Message], str]) -> str:
    return say(CHOICES[name]) if name in CHOICES else name.replace("_", " ").capitalize()
