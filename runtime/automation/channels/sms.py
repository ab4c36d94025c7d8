"""Text messages, through whatever gateway answers to HTTP: the secret `sms_gateway` says how it is called (runtime/automation/sms_gateway.py keeps it).

    {"url": "https://sms.example.com/send", "headers": {"Authorization": "Bearer …"},
     "body": {"mobile": "{to}", "content": "{text}", "id": "{key}"}, "format": "json", "taken": {"code": "0"}, "secret": "…"}

`{to}`, `{text}` and `{key}` are put in wherever they stand in the body, `{secret}` there and in headers; `{text_json}` is the words for a place in JSON that is itself a text.
`format`: json or form. `sign`: how the request is signed with the secret (signing.py), which `key_id` names to the provider. `taken`: what the answer must say for the message to
count as taken, by name or by path, such as `Response/SendStatusSet/0/Code`; left out, a 2xx answer is enough.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, ValidationError

from runtime.automation import outbound
from runtime.automation.channels._base import Channel
from runtime.automation.signing import Request, signed
from runtime.automation.trouble import Trouble
from runtime.errors import NotFound
from runtime.system.database import reading, to_json
from runtime.system.secrets import get_secret
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace

SECRET = "sms_gateway"
LONGEST = 500


class Gateway(BaseModel):
    model_config = ConfigDict(extra="forbid")

    url: str
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, str] = {}
    body: dict[str, Any]
    format: Literal["json", "form"] = "json"
    taken: dict[str, str] = {}
    secret: str = ""
    sign: Literal["", "hmac", "aliyun", "tencent"] = ""
    key_id: str = ""


def send(workspace: Workspace, address: str, subject: str, body: str, key: str) -> None:
    call(workspace, _gateway(workspace), address, body, key)


def call(workspace: Workspace, gateway: Gateway, address: str, body: str, key: str) -> None:
    """Has a message sent, however long that takes. Raises Trouble."""
    text = " ".join(body.split())[:LONGEST]
    places = {"to": "".join(address.split()), "text": text, "text_json": to_json(text)[1:-1], "key": key, "secret": gateway.secret}
    filled = _filled(gateway.body, places)
    url, content, kind = gateway.url, b"", {}
    if gateway.method == "GET":
        url += f"{'&' if '?' in url else '?'}{urlencode(filled)}"
    elif gateway.format == "form":
        content, kind = urlencode(filled).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    else:
        content, kind = to_json(filled).encode(), {"Content-Type": "application/json"}
    headers = {**kind, **_filled(gateway.headers, {"secret": gateway.secret}), "Idempotency-Key": key}
    if gateway.sign:
        headers |= signed(gateway.sign, Request(gateway.method, url, headers, content, gateway.key_id, gateway.secret, workspace.now()))
    answer = outbound.send(gateway.method, url, content, headers, workspace.settings.outbound_allow)
    if gateway.taken and not _taken(answer.text, gateway.taken):
        raise Trouble(_("The text message gateway did not take the message: {answer}", answer=answer.text[:200]), again=False)


def _gateway(workspace: Workspace) -> Gateway:
    try:
        with reading(workspace.engine) as connection:
            text = get_secret(connection, workspace.settings.secret_key, SECRET)
    except NotFound:
        raise Trouble(
            _("No gateway for text messages is set up. An administrator does that on the page “Text messages”."), again=False
        ) from None
    try:
        return Gateway.model_validate_json(text)
    except ValidationError:
        raise Trouble(
            _("What is kept of the gateway for text messages cannot be read. Set it up anew on the page “Text messages”."), again=False
        ) from None


def _filled(value: Any, places: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, places) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, places) for each in value]
    if not isinstance(value, str):
        return value
    parts = value.split("{")  # what is put in is not looked at again
    return parts[0] + "".join(_part(each, places) for each in parts[1:])


def _part(text: str, places: dict[str, str]) -> str:
    name, closed, rest = text.partition("}")
    return places[name] + rest if closed and name in places else "{" + text


def _taken(text: str, wanted: dict[str, str]) -> bool:
    try:
        answer = json.loads(text)
    except ValueError:
        return False
    return isinstance(answer, dict) and all(str(_at(answer, name)) == value for name, value in wanted.items())


def _at(answer: dict[str, Any], name: str) -> Any:
    """What stands under a name, or at the end of a path."""
    if name in answer:
        return answer[name]
    found: Any = answer
    for part in name.split("/"):
        if isinstance(found, dict):
            found = found.get(part)
        elif isinstance(found, list) and part.isdecimal() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return found


SMS = Channel("sms", "phone", False, False, send)
