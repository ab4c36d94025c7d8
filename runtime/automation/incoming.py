"""Messages from other systems: the address of each automation that takes them, and what becomes of a message.

An address carries a secret; only a hash of it is looked up, and it is kept sealed so that an administrator can read it again.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.listening import problems_of
from runtime.automation.matching import add, new_run
from runtime.automation.once import insert_once
from runtime.automation.triggers.webhook import Webhook
from runtime.definitions.automation import Automation
from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.people.may import require
from runtime.system import audit
from runtime.system.database import to_json
from runtime.system.secrets import seal, unseal
from runtime.system.tables import automation_run, hook_delivery, incoming_hook
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MINUTE = 60_000_000
OLDEST_SIGNATURE = timedelta(minutes=5)
NOTHING_HERE = _("There is nothing at this address. It may have been moved or deleted.")


@dataclass(frozen=True)
class Hook:
    """`token`: the secret part of the address; `key`: with which messages are signed."""

    automation: str
    token: str
    key: str
    made_at: int
    made_by: int

    @property
    def path(self) -> str:
        return f"/hooks/{self.token}"


# -- addresses ----------------------------------------------------------------------------------------------------------------------
def hooks(act: Act) -> dict[str, Hook]:
    """The addresses there are, by automation."""
    require(act.person, "administer")
    return {row.automation: _opened(act, row) for row in act.connection.execute(sa.select(incoming_hook))}


def renew(act: Act, key: str) -> Hook:
    """Gives an automation an address and a key, or others in their place: from now on the old ones lead nowhere."""
    require(act.person, "administer")
    automation = act.catalogue.automations.get(key)
    if automation is None or not isinstance(automation.trigger, Webhook):
        raise NotFound(_("There is no automation with the key {key} that takes messages from other systems.", key=key))
    hook = Hook(key, secrets.token_urlsafe(32), secrets.token_urlsafe(32), act.micros, act.person.id)
    audit.note(act, "hook_address", key)
    act.connection.execute(incoming_hook.delete().where(incoming_hook.c.automation == key))
    act.connection.execute(
        incoming_hook.insert().values(
            automation=key,
            address=_hash(hook.token),
            sealed=seal(act.workspace.settings.secret_key, to_json([hook.token, hook.key])),
            made_at=hook.made_at,
            made_by=hook.made_by,
        )
    )
    return hook


def find(act: Act, token: str) -> tuple[Hook, Automation]:
    """What stands at an address. Raises NotFound where nothing does, and Refused where the automation is off or broken."""
    row = act.connection.execute(sa.select(incoming_hook).where(incoming_hook.c.address == _hash(token))).first()
    automation = act.catalogue.automations.get(row.automation) if row is not None else None
    if row is None or automation is None or not isinstance(automation.trigger, Webhook):
        raise NotFound(NOTHING_HERE)
    if not automation.enabled or problems_of(automation, act.catalogue):
        raise Refused([], _("What takes messages here is switched off or broken."))
    return _opened(act, row), automation


def _opened(act: Act, row: Any) -> Hook:
    token, key = json.loads(unseal(act.workspace.settings.secret_key, row.sealed))
    return Hook(row.automation, token, key, row.made_at, row.made_by)


def _hash(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


# -- messages -----------------------------------------------------------------------------------------------------------------------
def signature(key: str, timestamp: str, raw: bytes) -> str:
    """As our own webhooks are signed, see docs/automations.md."""
    return "sha256=" + hmac.new(key.encode(), timestamp.encode() + b"." + raw, hashlib.sha256).hexdigest()


def check_signature(act: Act, hook: Hook, timestamp: str, given: str, raw: bytes) -> None:
    fresh = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 12
    if not fresh or not hmac.compare_digest(signature(hook.key, timestamp, raw).encode(), given.encode("utf-8", "replace")):
        raise NotAllowed(_("The signature does not fit the message and its time."))
    if abs(act.now.timestamp() - int(timestamp)) > OLDEST_SIGNATURE.total_seconds():
        raise NotAllowed(_("The message was signed too long ago, or by a clock that is wrong."))


def wait(act: Act, automation: Automation) -> int:
    """How many seconds the sender has to wait because of too many messages in the last minute; 0: none. Senders wait for each other here."""
    trigger = automation.trigger
    assert isinstance(trigger, Webhook)
    own = incoming_hook.c.automation == automation.key
    act.connection.execute(sa.select(incoming_hook.c.automation).where(own).with_for_update())
    recent = (
        sa.select(hook_delivery.c.at)
        .where(hook_delivery.c.automation == automation.key, hook_delivery.c.at.between(act.micros - MINUTE + 1, act.micros))
        .order_by(hook_delivery.c.at.desc())
        .limit(1)
        .offset(trigger.per_minute - 1)
    )
    first = act.connection.execute(recent).scalar()
    return 0 if first is None else max(1, -(-(first + MINUTE - act.micros) // 1_000_000))


def before(act: Act, automation: Automation, token: str, raw: bytes) -> int | None:
    """The run of a message that came before under the same key; Refused when it was another message."""
    own = (hook_delivery.c.automation == automation.key, hook_delivery.c.token == token)
    row = act.connection.execute(sa.select(hook_delivery).where(*own)).first()
    if row is not None and row.body != _hash(raw):
        raise Refused([Problem("Idempotency-Key", _("This key belongs to another request. Use a new key for each new request."))])
    return None if row is None else row.run


def take(act: Act, automation: Automation, token: str | None, raw: bytes, message: Any) -> int:
    """Makes the run of a message that fits the schema, and gives its number."""
    trigger = automation.trigger
    assert isinstance(trigger, Webhook)
    token = token or f"-{uuid.uuid4().hex}"
    facts = to_json({"body": trigger.taken(message)})
    cause = f"hook:{_hash(token)[:32]}:{act.micros}"
    add(act, [new_run(act, automation, cause, None, "api", facts=facts)])
    run = act.connection.execute(
        sa.select(automation_run.c.id).where(automation_run.c.automation == automation.key, automation_run.c.cause_key == cause)
    ).scalar_one()
    insert_once(
        act.connection, hook_delivery, {"automation": automation.key, "token": token, "at": act.micros, "run": run, "body": _hash(raw)}
    )
    return run
