"""What fields of people share: a person is kept by id, and answers to it, to the e-mail address and to the name."""

from __future__ import annotations

from typing import Any

from runtime.definitions.field_type import Lookup
from runtime.errors import FieldError
from runtime.fields._columns import SOMEONE
from runtime.texts import _

SCHEMA: dict[str, Any] = SOMEONE.schema()


def person_found(text: str, lookup: Lookup) -> int:
    found = lookup.person(text)
    if found is None:
        raise FieldError(_("Nobody here answers to “{text}”, or several people do. Give the e-mail address.", text=text))
    return found
