"""/admin/hooks: the addresses at which other systems send messages to automations."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.automation import incoming
from runtime.automation.incoming import Hook
from runtime.automation.triggers.webhook import Webhook
from runtime.definitions.automation import Automation
from runtime.pages.web import builder_only, done, reading, workspace, writing
from runtime.system import clock
from runtime.texts import _

blueprint = Blueprint("admin_hooks", __name__, url_prefix="/admin/hooks")


@blueprint.get("")
@builder_only
def show() -> str:
    with reading() as act:
        known = incoming.hooks(act)
        taking = [each for each in act.catalogue.automations.values() if isinstance(each.trigger, Webhook)]
        return render_template("hooks.html", hooks=[_line(each, each.trigger, known.get(each.key)) for each in taking])


@blueprint.post("/<key>/renew")
@builder_only
def renew(key: str) -> AnyResponse:
    with writing() as act:
        incoming.renew(act, key)
    return done(f"/admin/hooks#hook-{key}", _("The address is made. Give it to whoever sends."))


def _line(automation: Automation, trigger: Any, hook: Hook | None) -> dict[str, Any]:
    assert isinstance(trigger, Webhook)
    base = workspace().settings.base_url or request.host_url
    return {
        "key": automation.key,
        "label": automation.label,
        "enabled": automation.enabled,
        "address": None if hook is None else base.rstrip("/") + hook.path,
        "signed_with": hook.key if hook is not None and trigger.signed else None,
        "made_at": None if hook is None else clock.from_micros(hook.made_at),
        "schema": json.dumps(trigger.schema(), ensure_ascii=False, indent=2),
        "per_minute": trigger.per_minute,
        "largest_kb": trigger.largest_kb,
    }
