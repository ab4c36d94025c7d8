"""The palette of the form designer: every type of the server's shelf, by its families."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.definitions.field_type import FAMILIES
from runtime.definitions.shelf import FIELD_TYPES
from runtime.records.search import initials, pinyin
from runtime.texts import LANGUAGES, Message

FIRST = ("text", "long_text", "number", "money", "date", "datetime", "choice", "multi_choice", "checkbox") + (
    "phone",
    "email",
    "url",
    "reference",
    "multi_reference",
    "subform",
    "formula",
    "serial",
)
"""What people look for most stands first in its family; the others follow in the order of the shelf."""
SURE_ICON = "forms"


def palette(say: Callable[[Message], str]) -> list[dict[str, Any]]:
    """Families with their types, empty ones left out; a family that is not among the known ones comes last under its own name."""
    found: dict[str, dict[str, Any]] = {key: {"family": key, "label": say(label), "types": []} for key, label in FAMILIES.items()}
    for name in sorted(FIELD_TYPES.kinds, key=_place):
        kind = FIELD_TYPES[name]
        found.setdefault(kind.family, {"family": kind.family, "label": kind.family, "types": []})["types"].append(
            {
                "type": name,
                "label": say(kind.title),
                "about": say(kind.about),
                "words": _words(kind.title),
                "icon": kind.icon or SURE_ICON,
                "without": list(kind.without),
            }
        )
    return [each for each in found.values() if each["types"]]


def _words(title: Message) -> str:
    """By what a type is found beside its name: its name in every language, spelled out and by initials."""
    names = [title.in_language(language) for language in LANGUAGES]
    return " ".join(dict.fromkeys(word for name in names for word in (name.lower(), pinyin(name), initials(name)) if word))


def _place(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)
