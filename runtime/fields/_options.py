"""Options of a choice: a key that is stored for ever and a label that may change."""
from __future__ import annotations

import hashlib
from collections.abc import Iterator

from pydantic import Field

from runtime.definitions.model import Color, Key, Model, Text, repeated
from runtime.definitions.renames import former_problems
from runtime.errors import FieldError, Problem
from runtime.fields._texts import folded
from runtime.texts import LANGUAGES, Message, _, shown

SHOWN_IN_REFUSAL = 8


class Option(Model):
    key: Key
    label: Text
    color: Color | None = None
    formerly: tuple[Key, ...] = Field((), max_length=50, title="Former keys")
    """Keys that it had before: read as this one wherever a value is given."""

    def names(self) -> set[str]:
        return {folded(shown(self.label, language)) for language in LANGUAGES}


class Finder:
    """Finds options by key, else by label in either language; made once for a field, as an import asks it for every cell."""

    def __init__(self, options: tuple[Option, ...]):
        self.options = options
        self.by_key: dict[str, Option] = {option.key: option for option in options}
        self.now: dict[str, str] = {was: option.key for option in options for was in option.formerly if was not in self.by_key}
        self.keys: dict[str, list[str]] = {}
        for option in options:
            for name in option.names() | {option.key}:
                self.keys.setdefault(name, []).append(option.key)

    def key_of(self, text: str) -> str:
        if text in self.by_key:
            return text
        if text in self.now:
            return self.now[text]
        found = self.keys.get(folded(text), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise FieldError(_("“{text}” is the label of several options. Give the key instead: {keys}.", text=text, keys=found))
        raise FieldError(no_option(self.options, text))

    def label_of(self, key: str, language: str) -> str:
        """The label of an option; a key that is no option any more stands for itself."""
        option = self.by_key.get(self.now.get(key, key))
        return key if option is None else shown(option.label, language)


def no_option(options: tuple[Option, ...], text: str) -> Message:
    some = [option.label for option in options[:SHOWN_IN_REFUSAL]]
    if len(options) <= SHOWN_IN_REFUSAL:
        return _("“{text}” is none of the options. Choose from {options}.", text=text, options=some)
    return _("“{text}” is none of the {count} options. Choose one of them, such as {options}.", text=text, count=len(options), options=some)


def keys_read(options: tuple[Option, ...]) -> list[str]:
    """The keys that are understood: those of the options, and those that they had."""
    finder = Finder(options)
    return [*finder.by_key, *finder.now]


def signature(type: str, options: tuple[Option, ...]) -> str:
    """Options with other keys are another column, into which values are carried under those."""
    renamed = sorted(f"{was}>{option.key}" for option in options for was in option.formerly)
    return type if not renamed else f"{type}:{hashlib.sha256(' '.join(renamed).encode()).hexdigest()[:12]}"


def option_problems(options: tuple[Option, ...]) -> Iterator[Problem]:
    for key in sorted(repeated([option.key for option in options])):
        yield Problem("options", _("The key {key} stands there twice.", key=key))
    yield from former_problems("options", options)
