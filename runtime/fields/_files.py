"""What fields that hold files share: a value is a tuple of tokens, see runtime/files/tokens.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Lookup, Reader
from runtime.errors import FieldError
from runtime.fields._entries import SeveralField, control
from runtime.fields._several import Several
from runtime.files import tokens
from runtime.files.keeping import MEGABYTE, Limits, too_large, wrong_family
from runtime.files.kinds import endings, kind_named
from runtime.texts import Message, _

Family = Literal["picture", "document", "sheet", "slides", "text", "archive", "audio", "video"]


class FilesField(SeveralField):
    """Tokens of files, sent before the form is."""


class Attached(Several):
    """Files that were sent beforehand, in the order in which they were chosen."""

    max_size: int = Field(20, ge=1, le=10_000, title="Largest size of one file in MB")

    widget = "files"
    operators = ("blank", "not_blank")
    in_rows = True
    without = ("unique", "default", "mask")

    @property
    def families(self) -> tuple[str, ...]:
        """The kinds of files it takes; all where none is named."""
        return ()

    @property
    def most_files(self) -> int:
        return 1

    @property
    def limits(self) -> Limits:
        return Limits(self.max_size * MEGABYTE, self.families)

    @property
    def accept(self) -> str:
        """The endings that are taken."""
        return ",".join(f".{each}" for each in endings(self.families))

    @property
    def offered(self) -> str:
        """What a browser offers when somebody chooses a file; `accept` is what is taken."""
        return self.accept

    @property
    def most_values(self) -> int:
        return self.most_files

    def to_column(self, value: Iterable[str] | None) -> str | None:
        """In the row of a sub-form: a token a line, for names have no line breaks. Elsewhere each token has a row of its own."""
        return "\n".join(value or ()) or None

    def from_column(self, stored: Any) -> tuple[str, ...]:
        return tuple(stored.split("\n")) if isinstance(stored, str) else tuple(stored or ())

    def parse(self, raw: Any, lookup: Lookup) -> tuple[str, ...]:
        """Ids, tokens, or objects with an `id`; what else they say of the file is not believed."""
        return tuple(dict.fromkeys(_found(each, lookup) for each in _given(raw)))

    def check(self, value: tuple[str, ...]) -> list[Message]:
        wrong = []
        if len(value) > self.most_files:
            wrong.append(self._too_many(len(value)))
        for each in value:
            _id, size, name = tokens.parts(each) or ("", 0, each)
            kind = kind_named(name)
            if size > self.limits.bytes:
                wrong.append(too_large(name, self.limits.bytes))
            elif self.families and (kind is None or kind.family not in self.families):
                wrong.append(wrong_family(name, self.families))
        return wrong

    def _too_many(self, count: int) -> Message:
        if self.most_files == 1:
            return _("One file goes here; these are {count}.", count=count)
        return _("Here go {most} files at most; these are {count}.", most=self.most_files, count=count)

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, FilesField, validators, reader, choices=[], validate_choice=False)

    def one_shown(self, value: str, reader: Reader) -> str:
        return _parts([value])[0][2]

    def to_json(self, value: tuple[str, ...]) -> list[dict[str, Any]]:
        return [{"id": id, "name": name, "size": size, "url": f"/files/{id}"} for id, size, name in _parts(value)]

    def one_schema(self) -> dict[str, Any]:
        text = {"type": "string"}
        return {
            "type": ["object", "string"],
            "properties": {"id": text, "name": text, "size": {"type": "integer"}, "url": text},
            "required": ["id"],
            "additionalProperties": False,
            "description": "A file that was sent to /api/v1/files: its id, or what that answered.",
        }

    def search_text(self, value: tuple[str, ...]) -> str:
        return " ".join(name for _id, _size, name in _parts(value))


def _parts(value: Iterable[str] | None) -> list[tuple[str, int, str]]:
    """What the tokens say; a text that is none stands for a name."""
    return [tokens.parts(each) or ("", 0, each) for each in value or ()]


def _given(raw: Any) -> list[Any]:
    if raw is None:
        return []
    if isinstance(raw, str):
        return [each for each in (line.strip("\u3000\u200b \t\r") for line in raw.split("\n")) if each]
    if isinstance(raw, (list, tuple)):
        return [each for each in raw if each is not None and each != ""]
    raise FieldError(NOT_SENT)


NOT_SENT = _("This is no file that was sent here. Choose the file again.")


def _token_of(given: dict[str, Any]) -> Any:
    """As the API and the history write a file."""
    id, size, name = given.get("id"), given.get("size"), given.get("name")
    return tokens.token(id, size, name) if isinstance(id, str) and isinstance(size, int) and isinstance(name, str) else id


def _found(given: Any, lookup: Lookup) -> str:
    text = _token_of(given) if isinstance(given, dict) else given
    id = tokens.id_in(text) if isinstance(text, str) else None
    found = None if id is None else lookup.file(id, text)
    if found is None:
        raise FieldError(NOT_SENT)
    return found
