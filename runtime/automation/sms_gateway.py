"""The gateway for text messages, as the page “Text messages” keeps it: sealed as a whole in the secret `sms_gateway`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from runtime.automation import outbound
from runtime.automation.channels.sms import SECRET, Gateway
from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import require
from runtime.system import audit
from runtime.system.database import to_json
from runtime.system.secrets import get_secret, set_secret
from runtime.system.tables import secret
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

METHODS, FORMATS = ("POST", "PUT", "GET"), ("json", "form")
SIGNATURES = ("", "hmac", "aliyun", "tencent")
HEADER = re.compile(r"([A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}):[ \t]*(.{0,500})")
HIDDEN = "••••"
"""Stands for a value that may hold a secret and is not shown; sent back unchanged, it stays what it was."""
PLAIN = ("accept", "content-type", "user-agent")
MOST_HEADERS, LONGEST = 20, 8_000


def find(act: Act) -> Gateway | None:
    """What is kept; None where nothing is, or nothing that can be read. Raises NotAllowed."""
    require(act.person, "administer")
    try:
        return Gateway.model_validate_json(get_secret(act.connection, act.workspace.settings.secret_key, SECRET))
    except (NotFound, Refused, ValidationError):
        return None


def is_kept(act: Act) -> bool:
    return act.connection.execute(secret.select().where(secret.c.name == SECRET)).first() is not None


def as_written(gateway: Gateway | None) -> dict[str, str]:
    """The values of the page's fields; the secret itself is never among them."""
    if gateway is None:
        return {
            "method": "POST",
            "format": "json",
            "body": '{"mobile": "{to}", "content": "{text}"}',
            "url": "",
            "headers": "",
            "taken": "",
            "sign": "",
            "key_id": "",
        }
    return {
        "url": gateway.url,
        "method": gateway.method,
        "format": gateway.format,
        "headers": "\n".join(f"{name}: {_shown(name, value)}" for name, value in gateway.headers.items()),
        "body": json.dumps(gateway.body, ensure_ascii=False, indent=2),
        "taken": "\n".join(f"{name} = {value}" for name, value in gateway.taken.items()),
        "sign": gateway.sign,
        "key_id": gateway.key_id,
    }


def _shown(name: str, value: str) -> str:
    return value if name.lower() in PLAIN or "{secret}" in value else HIDDEN


def save(act: Act, given: Mapping[str, str]) -> None:
    """Keeps what the page sent. A blank `secret` stays what it was. Raises Refused with a problem at each field."""
    require(act.person, "administer")
    before = find(act)
    problems: list[Problem] = []
    found = Gateway(
        url=given.get("url", "").strip()[:2000],
        method=given.get("method") if given.get("method") in METHODS else "POST",  # type: ignore[arg-type]
        headers=_headers(given.get("headers", ""), before, problems),
        body=_body(given.get("body", ""), problems),
        format=given.get("format") if given.get("format") in FORMATS else "json",  # type: ignore[arg-type]
        taken=_taken(given.get("taken", ""), problems),
        sign=given.get("sign") if given.get("sign") in SIGNATURES else "",  # type: ignore[arg-type]
        key_id=given.get("key_id", "").strip()[:200],
        secret=given.get("secret", "").strip()[:2000] or (before.secret if before is not None else ""),
    )
    problems += _problems(found)
    if problems:
        raise Refused(problems)
    set_secret(act.connection, act.workspace.settings.secret_key, SECRET, to_json(found.model_dump()))
    audit.note(act, "secret_set", f"secret:{SECRET}", host=urlsplit(found.url).hostname)


def forget(act: Act) -> None:
    """There is no gateway any more."""
    require(act.person, "administer")
    act.connection.execute(secret.delete().where(secret.c.name == SECRET))
    audit.note(act, "secret_forgotten", f"secret:{SECRET}")


def _problems(found: Gateway) -> Iterator[Problem]:
    wrong = outbound.problem_of(found.url)
    if wrong is not None:
        yield Problem("url", wrong)
    said = to_json(found.body)
    for places in (("{to}",), ("{text}", "{text_json}")):
        if not any(place in said for place in places):
            place = places[0]
            yield Problem("body", _("The message needs {place} somewhere: it stands for what is sent.", place=place))
            break
    if "{secret}" in f"{said} {' '.join(found.headers.values())}" and not found.secret:
        yield Problem("secret", _("Something names {secret}; write it here.", secret="{secret}"))
    elif found.sign and not found.secret:
        yield Problem("secret", _("The message is signed with it."))
    if found.sign in ("aliyun", "tencent") and not found.key_id.isascii():
        yield Problem("key_id", _("Write it as the provider gave it, in plain letters."))
    elif found.sign in ("aliyun", "tencent") and not found.key_id:
        yield Problem("key_id", _("The provider finds the secret by it."))
    if found.sign == "tencent" and (found.method != "POST" or found.format != "json"):
        yield Problem("sign", _("This signature goes with POST and JSON."))


def _headers(text: str, before: Gateway | None, problems: list[Problem]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _lines(text):
        match = HEADER.fullmatch(line)
        if match is None or len(found) == MOST_HEADERS or not (line.isascii() or HIDDEN in line):
            problems.append(
                Problem(
                    "headers",
                    _("Write a header a line, such as “Authorization: Bearer {secret}”: {line}", secret="{secret}", line=line[:80]),
                )
            )
            break
        name, value = match[1], match[2].strip()
        if value == HIDDEN:
            value = next((kept for one, kept in (before.headers if before is not None else {}).items() if one.lower() == name.lower()), "")
        found[name] = value
    return found


def _body(text: str, problems: list[Problem]) -> dict[str, Any]:
    try:
        found = json.loads(text[:LONGEST])
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    problems.append(Problem("body", _("Write the message as JSON: names and values in braces.")))
    return {}


def _taken(text: str, problems: list[Problem]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _lines(text):
        name, equals, value = line.partition("=")
        if not equals or not name.strip() or len(found) == MOST_HEADERS:
            problems.append(Problem("taken", _("Write a line each, such as “code = 0”: {line}", line=line[:80])))
            break
        found[name.strip()[:60]] = value.strip()[:200]
    return found


def _lines(text: str) -> list[str]:
    return [each for each in (line.strip() for line in text[:LONGEST].splitlines()) if each]
