"""Everything said to people passes here: an English sentence and its translations.

`_("Give a {name}.", name=…)` marks a sentence where it is written and yields a `Message`; the sentence itself is the key of the
catalogue. A message is put into a language only at the edge, where the reader is known.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LANGUAGES = ("zh", "en")
FOLDER = Path(__file__).parent / "translations"


@dataclass(frozen=True)
class Message:
    """A sentence with `{places}`; a value may be a message or a localised text itself."""

    text: str
    values: dict[str, Any] = field(default_factory=dict, hash=False)

    def in_language(self, language: str) -> str:
        """The sentence for a reader of `language` ("zh" or "en")."""
        sentence = catalogue(language).get(self.text, self.text)
        if not self.values:
            return sentence
        return sentence.format_map({name: in_language(value, language) for name, value in self.values.items()})

    def __str__(self) -> str:
        return self.in_language("en")


def _(sentence: str, **values: Any) -> Message:
    return Message(sentence, values)


@dataclass(frozen=True)
class Bilingual(Message):
    """A text that somebody wrote in both languages, where a message is wanted; `values` holds it by language."""

    def in_language(self, language: str) -> str:
        return shown(dict(self.values), language)


def in_language(value: Any, language: str) -> Any:
    """A message, a localised text ({"zh", "en"}) or a list of either as plain text; anything else as it is."""
    if isinstance(value, Message):
        return value.in_language(language)
    if hasattr(value, "in_language"):
        return value.in_language(language)
    if isinstance(value, dict) and value.keys() <= {"zh", "en"}:
        return shown(value, language)
    if isinstance(value, (list, tuple)):
        return ("、" if language == "zh" else ", ").join(str(in_language(each, language)) for each in value)
    return value


def shown(text: Any, *languages: str) -> str:
    """A text of a definition for a reader: the first of `languages` that is there, else whatever is there."""
    if text is None:
        return ""
    if isinstance(text, str):
        return text
    if isinstance(text, Message):
        return text.in_language(languages[0] if languages else "en")
    written = text if isinstance(text, dict) else {"zh": text.zh, "en": text.en}
    for language in (*languages, *LANGUAGES):
        if written.get(language):
            return str(written[language])
    return ""


@cache
def catalogue(language: str) -> dict[str, str]:
    """All translated sentences of a language; English is what stands in the sources."""
    found: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            found.update({str(entry.id): str(entry.string) for entry in read_po(file, locale=language) if entry.id and entry.string})
    return found
