"""/admin/sms: the gateway for text messages, and a message to try it with."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.automation import sms_gateway
from runtime.automation.channels import sms
from runtime.automation.trouble import Trouble
from runtime.errors import Problem, Refused
from runtime.pages.web import builder_only, by_path, done, reading, workspace, writing
from runtime.texts import _

blueprint = Blueprint("sms", __name__, url_prefix="/admin/sms")

TO, TEXT = 40, 500


@blueprint.get("")
@builder_only
def show() -> str:
    return _page()


@blueprint.post("")
@builder_only
def save() -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            sms_gateway.save(act, request.form)
    except Refused as refusal:
        return _page(refusal), refusal.status
    return done("/admin/sms", _("Saved."))


@blueprint.post("/forget")
@builder_only
def forget() -> AnyResponse:
    with writing() as act:
        sms_gateway.forget(act)
    return done("/admin/sms", _("Text messages are switched off. What waits to be sent fails and can be run again."))


@blueprint.post("/try")
@builder_only
def try_out() -> AnyResponse | tuple[str, int]:
    """Sends one message now, as steps would, and says what the gateway answered."""
    to, text = " ".join(request.form.get("to", "").split())[:TO], request.form.get("text", "").strip()[:TEXT]
    with reading() as act:
        gateway = sms_gateway.find(act)
    try:
        if gateway is None:
            raise Refused([Problem("", _("Save the gateway first."))])
        if not to or not text:
            raise Refused([Problem("to" if not to else "text", _("This is needed."))])
        sms.call(workspace(), gateway, to, text, f"try/{uuid.uuid4()}")
    except Trouble as trouble:
        return _page(Refused([Problem("to", trouble.message)]), trying=True), 422
    except Refused as refusal:
        return _page(refusal, trying=True), refusal.status
    return done("/admin/sms", _("The gateway took the message to {to}.", to=to))


def _page(refusal: Refused | None = None, trying: bool = False) -> str:
    with reading() as act:
        gateway, kept = sms_gateway.find(act), sms_gateway.is_kept(act)
    stored: dict[str, Any] = sms_gateway.as_written(gateway)
    errors = by_path(refusal)
    return render_template(
        "sms.html",
        values={**stored, **request.form} if refusal and not trying else stored,
        tried=request.form if trying else {},
        errors={} if trying else errors,
        try_errors=errors if trying else {},
        set_up=gateway is not None,
        unreadable=kept and gateway is None,
        has_secret=gateway is not None and bool(gateway.secret),
        methods=sms_gateway.METHODS,
        longest=TEXT,
    )
