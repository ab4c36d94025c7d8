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
TRIGGER_ICONS = {
    "schedule": "clock",
    "date_field": "calendar-event",
    "tier_changed": "stairs-up",
    "tier_grace": "hourglass",
    "segment_entered": "login",
    "segment_left": "logout",
    "button": "pointer",
    "form_submitted": "world",
    "record_created": "file-plus",
    "record_updated": "edit",
    "record_deleted": "trash",
    "record_restored": "trash-off",
    "tag_added": "tag",
    "tag_removed": "tag-off",
    "tag_expired": "clock-off",
    "no_activity": "zzz",
    "import_finished": "file-import",
    "workflow_finished": "checklist",
    "workflow_step": "git-branch",
    "webhook": "webhook",
    "selection": "list-check",
}


def palette(say: Callable[[Message], str]) -> list[dict[str, Any]]:
    """Families with their steps, empty ones left out."""
    found: dict[str, dict[str, Any]] = {key: {"family": key, "label": say(label), "kinds": []} for key, label in FAMILIES.items()}
    for name in sorted(STEPS.kinds, key=_order):
        kind = STEPS[name]
        family, icon = _place(name, kind)
        found[family]["kinds"].append({"type": name, "label": _label(name, say), "icon": icon, "outside": _is_outside(kind)})
    return [each for each in found.values() if each["kinds"]]


def triggers(say: Callable[[Message], str]) -> list[dict[str, Any]]:
    return [{"type": name, "label": _label(name, say), "icon": TRIGGER_ICONS.get(name, "bolt")} for name in TRIGGERS.kinds]


def _place(name: str, kind: Any) -> tuple[str, str]:
    if name in SHOWN:
        return SHOWN[name]
    return ("outside", "plug-connected") if _is_outside(kind) else ("more", "point")


def _is_outside(kind: Any) -> bool:
    """Told by the class alone: some kinds decide it by their settings, and those count as inside."""
    return getattr(kind, "outside", False) is True


def _order(name: str) -> int:
    names = list(SHOWN)
    return names.index(name) if name in names else len(names)


def _label(name: str, say: Callable[[Message], str]) -> str:
    return say(CHOICES[name]) if name in CHOICES else name.replace("_", " ").capitalize()
