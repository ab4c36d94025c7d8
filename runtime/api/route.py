"""What a line of the table of routes says, and what a view is given and gives back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import IO, Any

from pydantic import BaseModel, ConfigDict

from runtime.system.workspace import Act
from runtime.texts import Message, _

ROOT = "/api/v1"
RECORD_ID = r"^[0-9]{1,16}$"
VERSION = r'^(\*|(W/)?"[0-9]{1,9}")$'
TOKEN = r"^[!-~]{1,200}$"
MOST_ITEMS = 200


class Shape(BaseModel):
    """A fixed body or answer. Unknown names and values of another type are refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", use_attribute_docstrings=True)


@dataclass(frozen=True)
class PerForm:
    """A body or answer whose schema depends on the form: `schema(act, form)`, complete in itself; `name` names it in the document."""

    name: str
    schema: Callable[[Act, str], dict[str, Any]]


@dataclass(frozen=True)
class Param:
    """A parameter of the query, or a text beside a file. Its schema is of type string, integer or boolean."""

    name: str
    schema: dict[str, Any]
    about: str
    required: bool = False


@dataclass(frozen=True)
class Upload:
    """A body of multipart/form-data: the part `file`, and texts beside it.

    `receive(names of the path, file)` is entered before the writing transaction; the view's body is what it gives.
    """

    about: str
    beside: tuple[Param, ...]
    receive: Callable[[dict[str, Any], SentFile], AbstractContextManager[Any]]


@dataclass(frozen=True)
class SentFile:
    """A file as it was sent, and the texts beside it."""

    name: str
    stream: IO[bytes]
    beside: dict[str, Any]


@dataclass(frozen=True)
class File:
    """An answer that is a text file of this type."""

    content_type: str
    about: str


LIMIT = Param("limit", {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS, "default": 50}, "How many items at most.")
CURSOR = Param("cursor", {"type": "string", "minLength": 1, "maxLength": 2000}, "Where the page begins: `next` of the page before.")
NUMBER_CURSOR = Param("cursor", {"type": "integer", "minimum": 1, "maximum": 2**53}, "Where the page begins: `next` of the page before.")


@dataclass(frozen=True)
class Route:
    """One operation. `{form}` and other names in braces are handed to the view by name; `{id}` arrives as a number.

    `writes`: runs in one writing transaction and takes `Idempotency-Key`. `versioned`: takes `If-Match` and gives `ETag`.
    """

    method: str
    path: str
    view: Callable[..., Any]
    about: str
    group: str
    answer: type[Shape] | PerForm | File | None
    body: type[Shape] | PerForm | Upload | None = None
    query: tuple[Param, ...] = ()
    status: int = 200
    writes: bool = False
    versioned: bool = False
    before: Callable[[Act, Any, dict[str, Any]], Callable[[], None] | None] | None = None
    """Of a writing one: what is done ahead, so that no writer waits for it. Asked in a reading act for the body and the names in the path;
    what it gives is called once that act is over."""
    source: str = "api"
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict, hash=False, compare=False)
    """Schemas of names in the path, where they are more than texts."""

    @property
    def body_may_be_left_out(self) -> bool:
        """Whether an empty body says all there is to say."""
        return isinstance(self.body, type) and not any(each.is_required() for each in self.body.model_fields.values())


@dataclass
class Call:
    """One request: the act it happens in, what came along, and the language of the answer."""

    act: Act
    language: str
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    version: int | None = None
    """Of If-Match: the record as the caller knows it."""

    def say(self, message: Message) -> str:
        return message.in_language(self.language)


@dataclass
class Answer:
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


NOTHING_HERE = _("There is nothing at this address. It may have been moved or deleted.")


def etag(version: int) -> str:
    return f'"{version}"'


def page(items: list[Any], next: Any = None) -> dict[str, Any]:
    return {"items": items, "next": next}
