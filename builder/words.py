"""What the parts of a definition are called on screen: settings, their choices, and the things in lists."""
from __future__ import annotations

from functools import cache
from typing import Any

from runtime.definitions.loading import schema
from runtime.texts import Message, _

KIND_NAMES: dict[str, Message] = {
    "app": _("App"), "form": _("Form"), "tag_set": _("Tag dictionary"), "tier_model": _("Tier model"), "segment": _("Segment"),
    "automation": _("Automation"), "view": _("View"), "dashboard": _("Dashboard"), "permission_set": _("Permissions")}
KIND_ICONS = {"app": "apps", "form": "forms", "tag_set": "tags", "tier_model": "stairs-up", "segment": "users-group", "automation": "bolt",
              "view": "filter", "dashboard": "layout-dashboard", "permission_set": "shield-lock"}

SETTINGS: dict[str, Message] = {
    "actions": _("Actions"), "analyst": _("Analysts"), "app": _("App"), "archive_unused_after_days": _("Archive unused tags after (days)"),
    "archived": _("Archived"), "as": _("Shown as"), "as_of": _("As-of day"), "at": _("Time"), "at_least": _("Alike at least"), "bands": _("Bands"),
    "becomes": _("Starts when this becomes true"), "better": _("Better is"), "body": _("Text"), "builder": _("Builders"), "by": _("By"),
    "capacity": _("At most per person"), "catch_up": _("Catch up missed times"), "ceilings": _("Ceilings"), "channel": _("Channel"),
    "check": _("Must hold"), "color": _("Colour"), "columns": _("Columns"), "contact_every_days": _("Contact every (days)"),
    "control": _("Shown as"), "count": _("Number of bands"), "cron": _("Schedule (cron)"), "currency": _("Currency"), "cuts": _("Cuts"),
    "days": _("Days"), "decimals": _("Decimals"), "default": _("Default value"), "demotion": _("A step down"), "dimensions": _("Dimensions"),
    "direction": _("Direction"), "down": _("How far down at once"), "duplicates": _("Duplicate checks"), "enabled": _("Switched on"),
    "event_date": _("Date that counts"), "every": _("Every"), "expect": _("Expected"), "expires": _("Ends on"), "family": _("Family"),
    "field": _("Field"), "fields": _("Fields"), "filter": _("Filter"), "floors": _("Floors"), "for": _("For whom"), "form": _("Form"),
    "formula": _("Formula"), "freeze": _("Freezes"), "from": _("From"), "grace_automation": _("Automation in the grace period"),
    "grace_days": _("Grace period (days)"), "grace_hours": _("Still run when late by (hours)"), "guest": _("Guests"), "help": _("Help text"),
    "hidden_value": _("Value while hidden"), "icon": _("Icon"), "items": _("Entries"), "keep_from": _("Keep border"), "key": _("Key"),
    "label": _("Name"), "lanes": _("New-customer lanes"), "layout": _("Layout"), "least": _("At least"),
    "least_stay_days": _("Least stay (days)"), "least_stay_months": _("Least stay (months)"), "limit": _("Limit"),
    "many_name": _("Name of the list on the other side"), "mask": _("Show masked"), "match": _("Match by"), "max": _("Greatest value"),
    "max_length": _("Greatest length"), "max_rows": _("Most rows"), "may_approve": _("May approve tags"), "may_assign": _("May assign tags"),
    "may_remove": _("May take tags off"), "may_request": _("May ask for tags"), "meaning": _("Meaning"), "member": _("Members"),
    "menu": _("Menu"), "message": _("Message"), "method": _("Method"), "min": _("Least value"), "min_length": _("Least length"),
    "min_rows": _("Fewest rows"), "missing": _("If missing"), "missing_when": _("Missing when"), "most": _("At most"),
    "movement": _("Movement"), "name": _("Name"), "nightly_at": _("Nightly run at"), "on_change": _("Rate at once on a change"),
    "on_delete": _("When the other record is deleted"), "on_publish": _("When published"), "options": _("Options"),
    "otherwise": _("Otherwise"), "owner": _("Owner"), "owner_pool": _("Looked after by"), "pattern": _("Pattern"), "plans": _("Service plans"),
    "pool": _("From among"), "population": _("Who takes part"), "provisional": _("Also for provisional tiers"),
    "provisional_below_quality": _("Provisional below a completeness of (%)"), "purpose": _("Purpose"), "quality": _("Completeness counts"),
    "read_only": _("Read-only"), "recompute": _("Recompute"), "region": _("Region"), "require": _("Require"), "required": _("Required"),
    "reset": _("Start again every"), "respond_within_hours": _("Answer within (hours)"), "result": _("Result"), "retry": _("Retry"),
    "review": _("Review"), "roles": _("Roles"), "rows": _("Which records"), "rule": _("Rule"), "rules": _("Rules"),
    "runs_per_minute": _("Runs per minute"), "score": _("Score"), "script": _("What to say"), "secret": _("Secret"), "section": _("Section"),
    "show": _("Show"), "sort": _("Order"), "sources": _("Sources"), "standing": _("Standing"), "steps": _("Steps"), "subject": _("Subject"),
    "summary": _("Summary"), "tag": _("Tag"), "tag_set": _("Tag dictionary"), "tags": _("Tags"), "target": _("Which record"),
    "tests": _("Rule tests"), "then": _("Then"), "tier": _("Tier"), "tier_model": _("Tier model"), "tiers": _("Tiers"), "times": _("Tries"),
    "timezone": _("Time zone"), "title": _("Field that names a record"), "to": _("To"), "trigger": _("Trigger"), "type": _("Type"),
    "unique": _("No two records alike"), "unit": _("Unit"), "url": _("Address"), "use": _("Use"), "value": _("Value"), "values": _("Values"),
    "wait": _("Wait between tries"), "weight": _("Weight"), "when": _("Only if"), "where": _("Condition"), "why": _("Why"),
    "parts": _("Tiles"), "measure": _("Measure"), "kind": _("Kind"), "format": _("Format"), "zh": _("Chinese"), "en": _("English")}

CHOICES: dict[str, Message] = {
    "add": _("add"), "any": _("any direction"), "api": _("interface"), "attribute": _("attribute"), "auto": _("by itself"),
    "automation": _("automation"), "behaviour": _("behaviour"), "block": _("refuse"), "campaign": _("campaign"), "cascade": _("delete too"),
    "clear": _("empty it"), "control": _("control group"), "core": _("lasting"), "cuts": _("fixed cuts"), "day": _("day"),
    "delete": _("delete"), "direct": _("as far as the score says"), "down": _("down"), "edit": _("edit"), "exact": _("exactly alike"),
    "exponential": _("longer each time"), "export": _("export"), "fixed": _("always the same"), "form": _("form"),
    "half_year": _("half-year"), "hidden": _("hidden"), "higher": _("higher"), "import": _("import"), "keep": _("keep it"),
    "least_loaded": _("who has least to do"), "leave_out": _("leave the dimension out"), "list": _("list"), "lower": _("lower"),
    "masked": _("masked"), "merge": _("merge"), "month": _("month"), "neutral": _("half the weight"), "none": _("never"),
    "once": _("once"), "one_step": _("one tier at a time"), "place": _("place everybody by the borders at once"),
    "potential": _("potential"), "propose": _("only propose it"), "public_form": _("public form"), "publish": _("publishing"),
    "quantiles": _("shares of the population"), "quarter": _("quarter"), "radio": _("all visible"), "recompute": _("work it out anew"),
    "respect_movement": _("follow the rules of movement"), "restrict": _("refuse"), "round_robin": _("in turn"),
    "schedule": _("schedule"), "select": _("list"), "similar": _("similar"), "temporary": _("for a time"), "today": _("today"),
    "undo": _("undo"), "up": _("up"), "view": _("view"), "warn": _("warn"), "workflow": _("workflow"), "worst": _("the lowest band"),
    "year": _("year"), "true": _("yes"), "false": _("no"),
    # types of fields, triggers, steps
    "text": _("Text"), "long_text": _("Long text"), "number": _("Number"), "money": _("Money"), "date": _("Date"),
    "datetime": _("Date and time"), "checkbox": _("Checkbox"), "choice": _("Choice"), "multi_choice": _("Several choices"),
    "phone": _("Phone"), "email": _("E-mail"), "url": _("Web address"), "serial": _("Serial number"), "member": _("Person"),
    "reference": _("Reference"), "subform": _("Sub-form"), "formula": _("Formula"), "tags": _("Tags"), "tier": _("Tier"),
    "record_created": _("A record is added"), "record_updated": _("A record is changed"), "date_field": _("A date comes near"),
    "tier_changed": _("A tier changes"), "tier_grace": _("A grace period begins"), "add_tag": _("Add a tag"),
    "remove_tag": _("Take a tag off"), "assign": _("Assign to a person"), "update_record": _("Change a record"),
    "create_record": _("Add a record"), "notify": _("Notify"), "branch": _("Branch"), "call_webhook": _("Call a web address"),
    "boolean": _("yes or no"),
    # colours of tiers
    "purple": _("purple"), "yellow": _("yellow"), "gray": _("grey"), "blue": _("blue"), "green": _("green"), "teal": _("teal"),
    "orange": _("orange"), "red": _("red"), "pink": _("pink"), "cyan": _("cyan"), "indigo": _("indigo"), "lime": _("lime"), "azure": _("azure")}

THINGS: dict[str, Message] = {
    "fields": _("field"), "options": _("option"), "dimensions": _("dimension"), "tiers": _("tier"), "tags": _("tag"), "steps": _("step"),
    "then": _("step"), "otherwise": _("step"), "floors": _("floor"), "ceilings": _("ceiling"), "freeze": _("freeze"), "lanes": _("lane"),
    "layout": _("section"), "menu": _("section"), "rules": _("rule"), "duplicates": _("duplicate check"), "match": _("match"),
    "tests": _("rule test"), "plans": _("service plan"), "parts": _("tile")}
"""What one entry of a list is called."""


@cache
def settings_of(kind: str) -> dict[str, str]:
    """Titles that the schema of a kind gives its own settings, where it gives any."""
    found: dict[str, str] = {}
    try:
        _collect(schema(kind), found)
    except RuntimeError:  # a shelf of this kind is still empty
        return {}
    return found


def _collect(node: Any, found: dict[str, str]) -> None:
    if isinstance(node, dict):
        for name, each in node.get("properties", {}).items():
            if isinstance(each, dict) and "title" in each:
                found.setdefault(name, each["title"])
        for value in node.values():
            _collect(value, found)
    elif isinstance(node, list):
        for value in node:
            _collect(value, found)


def setting(name: str) -> Any:
    """What a setting is called."""
    return SETTINGS.get(name, name)


def choice(value: str) -> Any:
    return CHOICES.get(value, value)
