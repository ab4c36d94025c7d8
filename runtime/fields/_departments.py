"""What fields of departments share: a department is kept by its key, which never changes."""

from __future__ import annotations

from typing import Any

from wtforms.fields.choices import SelectChoice

from runtime.definitions.field_type import Lookup, Reader
from runtime.errors import FieldError
from runtime.texts import _


def found(text: str, lookup: Lookup) -> str:
    """The key of the department that a text means: its key, its name, or its path."""
    key = lookup.department(text)
    if key is None:
        raise FieldError(_("There is no department “{text}”, or several have this name. Give its key.", text=text))
    return key


def offered(reader: Reader) -> list[SelectChoice]:
    """All departments, each with those above it."""
    known: dict[str, str] = getattr(reader, "departments", dict)()
    return [SelectChoice(key, path) for key, path in known.items()]


def name(key: str, reader: Reader) -> str:
    """A department that is no more stands for itself."""
    known: dict[str, str] = getattr(reader, "departments", dict)()
    return known.get(key, key).rpartition(" / ")[2]


SCHEMA: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 200}
