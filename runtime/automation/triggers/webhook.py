"""Webhook: another system sends a message to an address of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.triggers import _inputs
from runtime.automation.triggers._base import EventTrigger
from runtime.automation.triggers._inputs import Input
from runtime.definitions.shelf import TRIGGERS
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

PART = re.compile(r"[^.\s]{1,100}")


class Sent(Input):
    """`path`: where it stands in the message, such as `order.items.0.sku`; left out: under its key."""

    path: str | None = Field(None, min_length=1, max_length=200, title="Where it stands in the message")

    @property
    def parts(self) -> list[str]:
        return (self.path or self.key).split(".")


@TRIGGERS.register
class Webhook(EventTrigger):
    """About no record. No event fires it: `runtime/automation/incoming.py` makes the run. Formulas may use `body.KEY`.

    Whoever knows the address may send; `signed` asks for an HMAC of the message besides.
    """

    type: Literal["webhook"] = "webhook"
    inputs: tuple[Sent, ...] = Field((), max_length=100, title="Values taken from the message")
    signed: bool = Field(False, title="Messages must be signed")
    per_minute: int = Field(60, ge=1, le=6000, title="Messages a minute at most")
    largest_kb: int = Field(64, ge=1, le=1024, title="Largest message (KB)")

    grouped: ClassVar[bool] = False

    def listens(self, catalogue: Catalogue) -> Iterator[tuple[str | None, str]]:
        yield from ()

    def names(self, catalogue: Catalogue) -> dict[str, Type]:
        return _inputs.names(self.inputs, "body")

    def values(self, doing: Doing) -> dict[str, Any]:
        return _inputs.values(self.inputs, "body", doing.facts.get("body", {}), doing.workspace.zone)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        yield from _inputs.problems(self.inputs)
        for number, each in enumerate(self.inputs):
            if not all(PART.fullmatch(part) for part in each.parts):
                yield Problem(f"inputs/{number}/path", _("Write names with dots between them, such as order.items.0.sku."))

    def sentence(self, language: str, catalogue: Catalogue) -> str:
        return _("when another system sends a message to its address").in_language(language)

    # -- the message ------------------------------------------------------------------------------------------------------------
    def schema(self) -> dict[str, Any]:
        """JSON Schema (2020-12) of a message. What it does not name is passed over."""
        found: dict[str, Any] = {"type": "object"}
        for each in self.inputs:
            _put(found, each.parts, each.schema(), each.required)
        return found

    def taken(self, message: Any) -> dict[str, Any]:
        """The values of a message that fits the schema, by key, as JSON."""
        return {each.key: _found(message, each.parts) for each in self.inputs}


def _put(schema: dict[str, Any], parts: list[str], wanted: dict[str, Any], required: bool) -> None:
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        inner = wanted if last else {"type": "object" if not parts[number + 1].isdecimal() else "array"}
        if part.isdecimal() and schema.get("type") == "array":
            items = schema.setdefault("prefixItems", [])
            items += [{} for _each in range(int(part) + 1 - len(items))][:1000]
            items[int(part)] = {**inner, **items[int(part)]} if not last else inner
            if required:
                schema["minItems"] = max(schema.get("minItems", 0), int(part) + 1)
            schema = items[int(part)]
            continue
        named = schema.setdefault("properties", {})
        named[part] = {**inner, **named.get(part, {})} if not last else inner
        if required:
            schema["required"] = sorted({*schema.get("required", ()), part})
        schema = named[part]


def _found(message: Any, parts: list[str]) -> Any:
    for part in parts:
        if isinstance(message, dict):
            message = message.get(part)
        elif isinstance(message, list) and part.isdecimal() and len(part) < 5:
            message = message[int(part)] if int(part) < len(message) else None
        else:
            return None
    return message if not isinstance(message, (dict, list)) else None
