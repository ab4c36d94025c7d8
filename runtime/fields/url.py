"""Web address: http or https only."""
from __future__ import annotations

import re
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import Field
from wtforms import URLField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.model import Text
from runtime.definitions.shelf import FIELD_TYPES
from runtime.errors import FieldError
from runtime.fields._columns import ColumnField
from runtime.fields._entries import control
from runtime.fields._texts import text_of
from runtime.texts import _, shown

LONGEST = 2000
HOST_ALONE = re.compile(r"(?:[\w-]{1,63}\.)+[\w-]{2,63}(?::[0-9]{1,5})?(?:[/?#].*)?")


@FIELD_TYPES.register
class Url(ColumnField):
    type: Literal["url"] = "url"
    shown_as: Text | None = Field(None, title="Shown as")
    """The words of the link; the address itself where none are given."""

    family, icon = "contact", "link"
    title, about = _("Link"), _("A web address, with a text of its own if wanted.")
    widget = "url"
    operators = ("is", "is_not", "contains", "starts_with", "blank", "not_blank")

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        text = text_of(raw)
        if text is None:
            return None
        address = f"https://{text}" if HOST_ALONE.fullmatch(text) else text
        if len(address) > LONGEST:
            raise FieldError(_("Give at most {most} characters; these are {count}.", most=LONGEST, count=len(address)))
        if not is_web_address(address):
            raise FieldError(_("This is not a web address. It begins with https:// or http:// and has no blanks."))
        return address

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        return control(self, URLField, validators, reader, {"maxlength": LONGEST})

    def words(self, value: str, reader: Reader) -> str:
        """What the link says on a page."""
        return shown(self.shown_as, reader.language) or value

    def schema(self) -> dict[str, Any]:
        return self.or_blank({"type": "string", "format": "uri", "maxLength": LONGEST, "pattern": "^https?://"})

    def search_text(self, value: str | None) -> str:
        return value or ""


def is_web_address(address: str) -> bool:
    if any(char.isspace() or not char.isprintable() or char in '<>"\\^`{|}' for char in address):
        return False
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
