"""What settings of triggers and steps are called where the same key means something else than elsewhere: “KIND.SETTING”."""

from __future__ import annotations

from builder.words import SETTINGS as EVERY_SETTING
from runtime.definitions.shelf import STEPS
from runtime.texts import Message, _

_WHERE = _("Only those for which")
_SECRET = _("Secret for the signature")
_BODY = _("Values to send")
_AT = _("At")
_LATE = _("May start late by (hours)")
_MADE_UP = _("Make up for days that had passed already")
_ONE_OF_TAGS = _("One of these tags")
_OF_MESSAGES = ("notify", "send_to_segment")
_OF_ROWS = ("delete_related", "update_related", "delete_rows", "update_rows", "find_one", "find_many")

SETTINGS: dict[str, Message] = {
    # triggers
    "called.form": _("About a record of"),
    "called.inputs": _("Values that it is given"),
    "date_field.at": _AT,
    "date_field.catch_up": _MADE_UP,
    "date_field.days": _("Days after the date (negative: before)"),
    "date_field.every": _("How often"),
    "date_field.field": _("Date"),
    "date_field.grace_hours": _LATE,
    "date_field.hours": _("Hours after the time (negative: before)"),
    "form_submitted.link": _("Number of the public link"),
    "no_activity.at": _AT,
    "no_activity.catch_up": _MADE_UP,
    "no_activity.days": _("Days without anything"),
    "no_activity.field": _("Date of the last contact, if not of the last change"),
    "no_activity.grace_hours": _LATE,
    "record_updated.becomes": _("Only when this becomes true"),
    "record_updated.fields": _("Only when one of these changes"),
    "schedule.at": _AT,
    "schedule.cron": _("Times, as in crontab"),
    "schedule.day": _("Day of the month"),
    "schedule.days_off": _("When nobody works on that day"),
    "schedule.grace_hours": _LATE,
    "schedule.missed": _("Times that were missed"),
    "schedule.starting": _("Counted from"),
    "schedule.timezone": _("Time zone, if not the workspace's"),
    "schedule.weekdays": _("On these weekdays"),
    **{f"{kind}.tags": _ONE_OF_TAGS for kind in ("tag_added", "tag_removed", "tag_expired")},
    "selection.may_start": _("Who may start it"),
    "tier_changed.from": _("From one of these tiers"),
    "tier_changed.to": _("To one of these tiers"),
    "webhook.inputs": _("Values taken from the message"),
    "webhook.largest_kb": _("Largest message (KB)"),
    "webhook.per_minute": _("Messages a minute at most"),
    "webhook.signed": _("Messages must be signed"),
    "workflow_finished.status": _("How it went"),
    # steps
    **{f"{kind}.where": _WHERE for kind in _OF_ROWS},
    **{f"{kind}.channel": _("How it is sent") for kind in _OF_MESSAGES},
    **{f"{kind}.secret": _SECRET for kind in ("call_webhook", "http_request")},
    **{f"{kind}.body": _BODY for kind in ("call_webhook", "http_request")},
    "assign.by": _("Choose by"),
    "assign.capacity": _("Most records a person"),
    "assign.field": _("Field that holds the person"),
    "assign.pool": _("Who may get it"),
    "branch.when": _("If"),
    "cancel_workflow.why": _("Reason"),
    "create_task.title": _("What is to be done"),
    "create_task.to": _("For"),
    "find_many.limit": _("At most"),
    "find_one.otherwise": _("When there is none"),
    "for_each.field": _("That point here with"),
    "for_each.form": _("Records of the form"),
    "for_each.items": _("List that was found"),
    "for_each.key": _("Name of the present one"),
    "for_each.limit": _("At most"),
    "for_each.rows": _("Rows of the sub-form"),
    "notify.to": _("Who is told"),
    "run_automation.wait": _("Wait for its end"),
    "stop.reason": _("Reason for the log"),
    "stop_cadence.why": _("Reason"),
    "update_or_create.match": _("Known by"),
    "wait.at": _("Time of day"),
    "wait.becomes": _("Until this becomes true"),
    "wait.minutes": _("Minutes"),
    "wait.until": _("Until this day or time"),
}

GIVEN: dict[str, Message] = {
    "tier_before": _("Tier before"),
    "tier_after": _("Tier now"),
    "grace_until": _("Last day of the grace period"),
    "changed_tags": _("Tags that changed"),
    "pressed_by": _("Who started it"),
    "signed": _("By a signed link"),
    "import.file": _("Imported file"),
    "import.state": _("How the import ended"),
    "import.rows": _("Rows of the import"),
    "import.new": _("New records of the import"),
    "import.changed": _("Records that the import changed"),
    "import.unchanged": _("Rows that changed nothing"),
    "import.refused": _("Rows that were refused"),
    "workflow.status": _("How the workflow ended"),
    "workflow.how": _("How the step went"),
    "workflow.person": _("Who decided"),
    "workflow.starter": _("Who started the workflow"),
}
"""What a trigger gives, by the name that formulas use."""


def settings() -> dict[str, Message]:
    """Every setting, those of triggers and steps under “KIND.SETTING” where they are called otherwise."""
    return EVERY_SETTING | {f"{kind}.key": _("Name by which later steps know it") for kind in STEPS.kinds} | SETTINGS
