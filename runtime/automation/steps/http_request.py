"""HTTP request: calls another system and gives what it answers to the steps behind."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import quote, urlencode, urlsplit

from pydantic import Field

from runtime.automation import outbound
from runtime.automation.places import PLACE, formulas_in, json_value
from runtime.automation.steps._base import STEP_FORMULAS, Outside
from runtime.automation.trouble import Trouble
from runtime.definitions.model import FormulaText, FormulaUse, Key, Model
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import BOOLEAN, DATE, DATETIME, NUMBER, TEXT, Type
from runtime.errors import Problem
from runtime.system.database import to_json
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

HEADER = r"^[A-Za-z][A-Za-z0-9-]{0,60}$"
OURS = frozenset({"host", "content-length", "content-type", "transfer-encoding", "connection", "idempotency-key", "cookie"})
SECRET = re.compile(r"\{([a-z][a-z0-9_]{0,60})\}")
TYPES: dict[str, Type] = {"text": TEXT, "number": NUMBER(6), "boolean": BOOLEAN, "date": DATE, "datetime": DATETIME}
LONGEST_VALUE = 2_000


class Taken(Model):
    """A value of the answer: `path` leads to it through names and numbers, such as `data/items/0/id`."""

    path: str = Field(min_length=1, max_length=200, title="Where it stands")
    type: Literal["text", "number", "boolean", "date", "datetime"] = Field("text", title="Type")


@STEPS.register
class HttpRequest(Outside):
    """Places in the path of the address are filled and encoded; its host is fixed. `secrets_in` are headers with secrets, such as
    `Bearer {crm_token}`, which stand nowhere in the log. An answer that is not 2xx fails, or is tried again, unless it is among `fine`."""

    type: Literal["http_request"] = "http_request"
    url: str = Field(min_length=8, max_length=2000, title="Address", pattern=r"^https?://")
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field("POST", title="Method")
    headers: dict[Annotated[str, Field(pattern=HEADER)], Annotated[str, Field(max_length=500)]] = Field({}, title="Headers")
    secrets_in: dict[Annotated[str, Field(pattern=HEADER)], Annotated[str, Field(max_length=500)]] = Field({}, title="Headers with secrets")
    body: dict[str, FormulaText] | None = Field(None, title="Values to send")
    send_as: Literal["json", "form"] = Field("json", title="Send as")
    secret: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,60}$", title="Secret for the signature")
    take: dict[Key, Taken] = Field({}, title="Values of the answer")
    fine: tuple[Annotated[int, Field(ge=100, le=599)], ...] = Field((), max_length=20, title="Other answers that are no failure")
    seconds: int = Field(10, ge=1, le=30, title="Time limit in seconds")

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        if PLACE.search(self.url.partition("://")[2].partition("/")[0]):
            yield Problem("url", _("The host of the address is fixed: places stand behind the first slash."))
        problem = outbound.problem_of(PLACE.sub("x", self.url))
        if problem is not None:
            yield Problem("url", problem)
        for setting in ("headers", "secrets_in"):
            for name, value in getattr(self, setting).items():
                if name.lower() in OURS:
                    yield Problem(f"{setting}/{name}", _("The header {name} is set by itself.", name=name))
                elif any(ord(letter) < 32 or ord(letter) > 126 for letter in value):
                    yield Problem(f"{setting}/{name}", _("A header holds one line of plain letters."))
        for name, value in self.secrets_in.items():
            if not SECRET.search(value):
                yield Problem(f"secrets_in/{name}", _("Name the secret in braces."))
        if self.take and self.key is None:
            yield Problem("key", _("Give the step a name, so that the steps behind can use what it takes from the answer."))
        if self.body is not None and self.method == "GET":
            yield Problem("body", _("A GET request sends no body. Put the values into the address, or use POST."))

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from formulas_in("url", self.url, form, names)
        for key, text in (self.body or {}).items():
            yield FormulaUse(f"body/{key}", text, form, names=names, allow=STEP_FORMULAS)

    def gives(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> dict[str, Type]:
        return {f"{self.key}.status": NUMBER(0), **{f"{self.key}.{name}": TYPES[each.type] for name, each in self.take.items()}}

    def secrets(self) -> Iterator[str]:
        yield from (name for value in self.secrets_in.values() for name in SECRET.findall(value))
        if self.secret is not None:
            yield self.secret

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        host = urlsplit(PLACE.sub("x", self.url)).hostname or self.url
        return _("call {host} ({method})", host=host, method=self.method).in_language(language)

    def prepare(self, doing: Doing) -> dict[str, Any]:
        for name in self.secrets():
            doing.secret(name)  # a missing one is told before anything is sent
        url = PLACE.sub(lambda place: quote(_plain(json_value(doing.told(place[1].strip()))), safe=""), self.url)
        problem = outbound.problem_of(url)
        if problem is not None:
            raise Trouble(problem, again=False)
        values = None if self.body is None else {key: json_value(doing.told(text)) for key, text in self.body.items()}
        return {"url": url, "body": values}

    def run(self, doing: Doing) -> dict[str, Any] | None:
        values = doing.prepared["body"]
        body, headers = b"", {**self.headers, "Idempotency-Key": doing.key}
        if values is not None and self.send_as == "form":
            body = urlencode({key: _plain(value) for key, value in values.items()}).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif values is not None:
            body, headers["Content-Type"] = to_json(values).encode(), "application/json"
        for name, value in self.secrets_in.items():
            headers[name] = SECRET.sub(lambda place: _one_line(doing.secret(place[1])), value)
        if self.secret is not None:
            headers |= outbound.signature(doing.secret(self.secret), body, doing.workspace.now())
        allow = doing.workspace.settings.outbound_allow
        answer = outbound.send(self.method, doing.prepared["url"], body, headers, allow, float(self.seconds), self.fine)
        if self.key is None:
            return {"status": answer.status}
        return {"status": answer.status, "gives": {f"{self.key}.status": answer.status, **self._taken(answer)}}

    def _taken(self, answer: outbound.Answer) -> dict[str, Any]:
        """The values of the answer, each of the type that it was said to have; what is missing is blank."""
        if not self.take or answer.status in self.fine:
            return {f"{self.key}.{name}": None for name in self.take}
        try:
            whole = json.loads(answer.text)
        except ValueError:
            raise Trouble(_("The answer cannot be read: it is no JSON, or larger than 64 KB."), again=False) from None
        found = {}
        for name, each in self.take.items():
            value = _at(whole, each.path)
            try:
                found[f"{self.key}.{name}"] = None if value is None else _READ[each.type](value)
            except (ValueError, TypeError, InvalidOperation):
                raise Trouble(
                    _("What stands at {path} in the answer is not of the type {type}.", path=each.path, type=each.type), again=False
                ) from None
        return found


def _at(whole: Any, path: str) -> Any:
    for part in path.strip("/").split("/"):
        if isinstance(whole, dict):
            whole = whole.get(part)
        elif isinstance(whole, list) and part.isdecimal() and int(part) < len(whole):
            whole = whole[int(part)]
        else:
            return None
    return whole


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _one_line(secret: str) -> str:
    return "".join(secret.split("\n")).replace("\r", "").strip()


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError
    number = Decimal(str(value))
    if not number.is_finite() or abs(number) >= 10**15:
        raise ValueError
    return f"{number.quantize(Decimal('0.000001')):f}"


def _text(value: Any) -> str:
    return (value if isinstance(value, str) else to_json(value))[:LONGEST_VALUE]


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _day(value: Any) -> str:

    return date.fromisoformat(value[:10]).isoformat()


def _instant(value: Any) -> str:

    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


_READ: dict[str, Any] = {"text": _text, "number": _number, "boolean": _truth, "date": _day, "datetime": _instant}
