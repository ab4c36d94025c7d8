"""/hooks/{secret}: where other systems send their messages. See docs/automations.md."""

from __future__ import annotations

import json
import re
from typing import Any

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from runtime.api import errors, shapes
from runtime.api.route import TOKEN
from runtime.automation import incoming
from runtime.automation.triggers.webhook import Webhook
from runtime.errors import Problem, Refused
from runtime.pages.limits import TooOften
from runtime.pages.web import csrf, public, workspace
from runtime.people.person import SYSTEM
from runtime.system.workspace import Act
from runtime.texts import LANGUAGES, _

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
errors.install(blueprint)


@blueprint.before_request
def _arrive() -> None:
    """Whoever is signed in here is a sender like every other."""
    g.person = None
    wanted = request.accept_languages.best_match(LANGUAGES) if request.headers.get("Accept-Language") else None
    g.language = wanted or g.language


@blueprint.post("/<token>")
@csrf.exempt
@public
def take(token: str) -> Response:
    """202 with the number of the run; 200 for a message that came before under the same Idempotency-Key."""
    with workspace().reading(SYSTEM, "api") as act:
        hook, automation = incoming.find(act, token[:200])
        trigger = automation.trigger
        assert isinstance(trigger, Webhook)
        raw = _raw(trigger.largest_kb * 1024)
        if trigger.signed:
            headers = request.headers
            incoming.check_signature(act, hook, headers.get("X-Tierloom-Timestamp", ""), headers.get("X-Tierloom-Signature", ""), raw)
        message = _message(act, trigger, raw)
    key = request.headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(TOKEN, key):
        raise Refused([Problem("Idempotency-Key", _("A key has 1 to 200 letters, digits and signs, without blanks."))])
    with workspace().writing(SYSTEM, "api") as act:
        _hook, automation = incoming.find(act, token[:200])  # locked from here on, and as it is now
        seconds = incoming.wait(act, automation)
        known = incoming.before(act, automation, key, raw) if key is not None else None
        if known is None and seconds:
            raise TooOften(seconds)
        run = known if known is not None else incoming.take(act, automation, key, raw, message)
    return Response(json.dumps({"run": str(run)}), 200 if known is not None else 202, content_type="application/json")


def _raw(largest: int) -> bytes:
    request.max_content_length = largest
    try:
        raw = request.get_data(cache=False)
    except RequestEntityTooLarge as error:
        raise errors.NotReadable(413) from error
    if request.mimetype != "application/json":
        raise errors.NotReadable(415)
    return raw


def _message(act: Act, trigger: Webhook, raw: bytes) -> Any:
    try:
        message = shapes.json_of(raw)
    except ValueError as error:
        raise errors.NotReadable() from error
    if not shapes.storable(message):
        raise errors.NotReadable()
    memo = act.catalogue.memo.setdefault("hook validators", {})
    if trigger not in memo:
        memo[trigger] = shapes.validator(trigger.schema())
    wrong = shapes.problems(memo[trigger], message)
    if wrong:
        raise Refused(wrong)
    return message
