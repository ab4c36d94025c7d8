"""The places of texts: “{name} is due on {due_on}”. What stands in a place is a formula."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runtime.definitions.model import FormulaUse, LocalText
from runtime.definitions.types import Type
from runtime.texts import LANGUAGES, shown

PLACE = re.compile(r"\{([^{}\n]{1,200})\}")


def places(text: str | LocalText | None) -> list[str]:
    """The formulas in the places of a text, in all its languages."""
    written = [text] if isinstance(text, str) else [shown(text, language) for language in LANGUAGES] if text is not None else []
    return list(dict.fromkeys(place.strip() for each in written for place in PLACE.findall(each)))


def formulas_in(path: str, text: str | LocalText | None, form: str | None, names: dict[str, Type]) -> Iterator[FormulaUse]:
    for place in places(text):
        yield FormulaUse(path, place, form, names=names, allow=frozenset({"person"}))
