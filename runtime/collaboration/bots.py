"""Bots of group chats: WeCom, DingTalk and Feishu are told what happens, through the same guard as every other call to the outside."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import sqlalchemy as sa

from runtime.automation import outbound
from runtime.automation.trouble import Trouble
from runtime.collaboration import telling
from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import require
from runtime.system import audit, jobs
from runtime.system.database import reading, to_json, writing
from runtime.system.secrets import get_secret, set_secret
from runtime.system.tables import message_bot as table
from runtime.system.tables import secret
from runtime.texts import LANGUAGES, Message, _, in_language

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

SERVICES: dict[str, Message] = {"wecom": _("WeCom"), "dingtalk": _("DingTalk"), "feishu": _("Feishu")}
KINDS: dict[str, Message] = {
    "comment": _("Comments"),
    "todo": _("To-dos that are given"),
    "tier": _("Moves between tiers"),
    "change": _("Changes of records"),
}
LONGEST = 2000
JOB = "bot_message"


@dataclass(frozen=True)
class Bot:
    """`key` signs, where the service asks for that; both stay what they were when an existing bot is saved with a blank address."""

    name: str
    service: str
    address: str
    key: str = ""
    form: str | None = None
    kinds: tuple[str, ...] = tuple(KINDS)
    language: str = "zh"
    enabled: bool = True


# -- keeping ------------------------------------------------------------------------------------------------------------------------
def listed(act: Act) -> list[Any]:
    return list(act.connection.execute(sa.select(table).order_by(table.c.name, table.c.id)))


def save(act: Act, bot: Bot, number: int | None = None) -> int:
    """Adds a bot or changes one. Its address opens the chat to whoever knows it, so it is kept as a secret and never shown again."""
    require(act.person, "administer")
    _check(act, bot, number)
    new = number is None
    number = act.take_ids("message_bot") if number is None else number
    values = {
        "name": bot.name.strip(),
        "service": bot.service,
        "secret": f"bot_{number}",
        "form": bot.form or None,
        "kinds": to_json(list(bot.kinds)),
        "language": bot.language,
        "enabled": int(bot.enabled),
    }
    if new:
        act.connection.execute(table.insert().values(id=number, created_at=act.micros, **values))
    elif not act.connection.execute(table.update().where(table.c.id == number).values(values)).rowcount:
        raise NotFound(_("There is no such bot."))
    if bot.address.strip():
        kept = to_json({"address": bot.address.strip(), "key": bot.key.strip()})
        set_secret(act.connection, act.workspace.settings.secret_key, f"bot_{number}", kept)
    audit.note(act, "bot_saved", f"bot:{number}", name=values["name"], service=bot.service, kinds=list(bot.kinds), form=bot.form or None)
    return number


def remove(act: Act, number: int) -> None:
    require(act.person, "administer")
    if not act.connection.execute(table.delete().where(table.c.id == number)).rowcount:
        raise NotFound(_("There is no such bot."))
    act.connection.execute(secret.delete().where(secret.c.name == f"bot_{number}"))
    audit.note(act, "bot_removed", f"bot:{number}")


def _check(act: Act, bot: Bot, number: int | None) -> None:
    problems = []
    if not 1 <= len(bot.name.strip()) <= 100:
        problems.append(Problem("name", _("Give the bot a name, such as that of its group.")))
    if bot.service not in SERVICES:
        problems.append(Problem("service", _("Choose one of the list.")))
    if number is None and not bot.address.strip():
        problems.append(Problem("address", _("Paste the address that the group's bot shows.")))
    elif bot.address.strip() and (wrong := outbound.problem_of(bot.address.strip())) is not None:
        problems.append(Problem("address", wrong))
    if bot.form and bot.form not in act.catalogue.forms:
        problems.append(Problem("form", _("Choose one of the list.")))
    if not bot.kinds or not set(bot.kinds) <= set(KINDS):
        problems.append(Problem("kinds", _("Choose at least one.")))
    if bot.language not in LANGUAGES:
        problems.append(Problem("language", _("Choose a language from the list.")))
    if problems:
        raise Refused(problems)


# -- telling ------------------------------------------------------------------------------------------------------------------------
def wanted(act: Act, kind: str, form: str | None) -> list[Any]:
    """The bots that want to hear of this kind of thing from this form."""
    on = act.connection.execute(sa.select(table).where(table.c.enabled == 1)).all()
    return [each for each in on if kind in json.loads(each.kinds) and each.form in (None, form)]


def say(act: Act, kind: str, form: str, record: int, subject: Message, body: str = "") -> None:
    """Has it said after the commit, by a worker."""
    for each in wanted(act, kind, form):
        page = telling.page_of(act, form, record)
        link = act.workspace.settings.base_url + page if page and act.workspace.settings.base_url else ""
        text = "\n".join(part for part in (str(in_language(subject, each.language)), body, link) if part)
        jobs.start(act, JOB, {"bot": each.id, "text": text[:LONGEST]}, f"bot:{each.id}")


def say_later(act: Act, name: str, text: str) -> None:
    """Has the bot with this name say something after the commit, by a worker."""
    row = act.connection.execute(sa.select(table.c.id).where(table.c.name == name, table.c.enabled == 1).order_by(table.c.id)).first()
    if row is None:
        raise Refused([], _no_bot(name))
    jobs.start(act, JOB, {"bot": row.id, "text": text[:LONGEST]}, f"bot:{row.id}")


def try_out(act: Act, number: int) -> None:
    """A message that says that it works."""
    require(act.person, "administer")
    row = act.connection.execute(sa.select(table).where(table.c.id == number)).first()
    if row is None:
        raise NotFound(_("There is no such bot."))
    text = _("{workspace} is connected to this group.", workspace=act.workspace.name).in_language(row.language)
    jobs.start(act, JOB, {"bot": number, "text": text}, f"bot:{number}")


def send(workspace: Workspace, job: jobs.Job) -> dict[str, Any]:
    """The work of one message; how it went stands beside the bot."""
    with reading(workspace.engine) as connection:
        row = connection.execute(sa.select(table).where(table.c.id == job.payload["bot"])).first()
        if row is None:
            return {}
        kept = json.loads(get_secret(connection, workspace.settings.secret_key, row.secret))
    address, message = MESSAGES[row.service](job.payload["text"], kept["address"], kept["key"], workspace.now())
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"bot:{job.id}"}
    said: Message | None = None
    try:
        answer = outbound.send("POST", address, to_json(message).encode(), headers, workspace.settings.outbound_allow)
        said = _refusal(answer.text)
    except Trouble as trouble:
        said = trouble.message
    told = None if said is None else to_json({language: said.in_language(language) for language in LANGUAGES})
    with writing(workspace.engine) as connection:
        connection.execute(
            table.update().where(table.c.id == row.id).values(said=told, said_at=int(workspace.now().timestamp() * 1_000_000))
        )
    if said is not None:
        raise Trouble(said, again=False)
    return {}


def say_now(workspace: Workspace, name: str, text: str, key: str) -> None:
    """Has a bot say something at once, for a worker. Raises Trouble; the same `key` is the same message."""
    with reading(workspace.engine) as connection:
        row = connection.execute(sa.select(table).where(table.c.name == name, table.c.enabled == 1).order_by(table.c.id)).first()
        if row is None:
            raise Trouble(_no_bot(name), again=False)
        kept = json.loads(get_secret(connection, workspace.settings.secret_key, row.secret))
    address, message = MESSAGES[row.service](text[:LONGEST], kept["address"], kept["key"], workspace.now())
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    refused = _refusal(outbound.send("POST", address, to_json(message).encode(), headers, workspace.settings.outbound_allow).text)
    if refused is not None:
        raise Trouble(refused, again=False)


def _no_bot(name: str) -> Message:
    return _("There is no bot called {name}, or it is switched off.", name=name)


def _refusal(text: str) -> Message | None:
    """The services answer 200 to everything and say in the body whether they took it."""
    try:
        answer = json.loads(text)
    except ValueError:
        return None
    code = answer.get("errcode", answer.get("code", 0)) if isinstance(answer, dict) else 0
    return None if code in (0, "0", None) else _("The group's service refused the message ({code}).", code=str(code)[:20])


# -- how each service wants it --------------------------------------------------------------------------------------------------------
def _wecom(text: str, address: str, _key: str, _now: datetime) -> tuple[str, dict[str, Any]]:
    return address, {"msgtype": "text", "text": {"content": text}}


def _dingtalk(text: str, address: str, key: str, now: datetime) -> tuple[str, dict[str, Any]]:
    """With a key: HMAC-SHA256 over `milliseconds, line break, key`, both in the address."""
    if key:
        stamp = str(int(now.timestamp() * 1000))
        seal = base64.b64encode(hmac.new(key.encode(), f"{stamp}\n{key}".encode(), hashlib.sha256).digest()).decode()
        address += f"{'&' if '?' in address else '?'}timestamp={stamp}&sign={quote_plus(seal)}"
    return address, {"msgtype": "text", "text": {"content": text}}


def _feishu(text: str, address: str, key: str, now: datetime) -> tuple[str, dict[str, Any]]:
    """With a key: HMAC-SHA256 of nothing with `seconds, line break, key` as its key, both in the body."""
    message: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
    if key:
        stamp = str(int(now.timestamp()))
        message |= {
            "timestamp": stamp,
            "sign": base64.b64encode(hmac.new(f"{stamp}\n{key}".encode(), b"", hashlib.sha256).digest()).decode(),
        }
    return address, message


MESSAGES: dict[str, Callable[[str, str, str, datetime], tuple[str, dict[str, Any]]]] = {
    "wecom": _wecom,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
}
