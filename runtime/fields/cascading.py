"""Cascading choice: an option of a tree, chosen step by step; the key of the last step is kept."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.model import Key, LocalText, Model, Text, repeated
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import CHOICE, Type
from runtime.errors import FieldError, Problem
from runtime.fields._columns import ColumnField
from runtime.fields._entries import StepsField, control
from runtime.fields._options import Finder, Option, no_option
from runtime.fields._texts import folded, text_of
from runtime.texts import LANGUAGES, Message, _, shown

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

DEEPEST, MOST = 5, 2000
BETWEEN = " / "


class Branch(Model):
    key: Key
    label: Text
    children: tuple[Branch, ...] = Field((), max_length=500, title="Options below")


@FIELD_TYPES.register
class Cascading(ColumnField):
    type: Literal["cascading"] = "cascading"
    tree: tuple[Branch, ...] = Field(min_length=1, max_length=500, title="Tree of options")
    exact: bool = Field(True, title="Must go all the way down")

    family, icon = "basic", "list-tree"
    title, about = _("Cascading choice"), _("An option of a tree, chosen step by step.")
    widget = "cascading"
    operators = ("is", "is_not", "any_of", "none_of", "blank", "not_blank")
    without = ("mask",)

    @cached_property
    def places(self) -> dict[str, tuple[Branch, ...]]:
        """Key → the branches on the way to it, itself the last."""
        return {branches[-1].key: branches for branches in _walk(self.tree, ())}

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """All of them in one row, each labelled with its way."""
        return tuple(Option(key=key, label=LocalText(zh=self.way(key, "zh"), en=self.way(key, "en"))) for key in self.places)

    @cached_property
    def finder(self) -> Finder:
        return Finder(self.options)

    def way(self, key: str, language: str) -> str:
        branches = self.places.get(key)
        return key if branches is None else BETWEEN.join(shown(each.label, language) for each in branches)

    def formula_type(self) -> Type:
        return CHOICE(tuple(self.places))

    def typed(self) -> dict[str, Any]:
        return {"type": "choice", "options": list(self.places)}

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        """A key, a way like Drinks / Tea / Green, or a label that stands once in the tree."""
        text = text_of(raw)
        if text is None:
            return None
        if text in self.places:
            return text
        wanted = folded(BETWEEN.join(part.strip() for part in text.replace("／", "/").split("/")))
        found = [key for key in self.places if wanted in {folded(self.way(key, language)) for language in LANGUAGES}]
        found = found or [
            key for key, branches in self.places.items() if wanted in {folded(shown(branches[-1].label, each)) for each in LANGUAGES}
        ]
        if len(found) == 1:
            return found[0]
        if found:
            raise FieldError(_("“{text}” is the label of several options. Give the key instead: {keys}.", text=text, keys=found))
        raise FieldError(no_option(self.options, text))

    def check(self, value: str) -> list[Message]:
        branches = self.places.get(value)
        if branches is None:
            return [no_option(self.options, value)]
        return [_("Choose further: below this there are more options.")] if self.exact and branches[-1].children else []

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        steps = [(key, len(branches), shown(branches[-1].label, reader.language)) for key, branches in self.places.items()]
        return control(self, StepsField, validators, reader, steps=steps)

    def display(self, value: str | None, reader: Reader) -> str:
        return "" if value is None else self.way(value, reader.language)

    def in_file(self, value: str, reader: Reader) -> str:
        return self.display(value, reader)

    def schema(self) -> dict[str, Any]:
        return self.or_blank(
            {"type": "string", "enum": [key for key, branches in self.places.items() if not (self.exact and branches[-1].children)]}
        )

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        every = list(_walk(self.tree, ()))
        for key in sorted(repeated([branches[-1].key for branches in every])):
            yield Problem("tree", _("The key {key} stands there twice.", key=key))
        if len(every) > MOST:
            yield Problem("tree", _("A tree has {most} options at most; these are {count}.", most=MOST, count=len(every)))
        if any(len(branches) > DEEPEST for branches in every):
            yield Problem("tree", _("A tree is {most} steps deep at most.", most=DEEPEST))


def _walk(branches: tuple[Branch, ...], above: tuple[Branch, ...]) -> Iterator[tuple[Branch, ...]]:
    for each in branches:
        yield (*above, each)
        yield from _walk(each.children, (*above, each))
