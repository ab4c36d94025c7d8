"""Multiple choice: any number of the given options, kept in the order of the options."""
from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import CHOICE, Type
from runtime.errors import FieldError, Problem
from runtime.fields._entries import SeveralField, choices, control
from runtime.fields._lists import parts_of
from runtime.fields._options import Finder, Option, keys_read, option_problems, signature
from runtime.fields._several import Several
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form


@FIELD_TYPES.register
class MultiChoice(Several):
    type: Literal["multi_choice"] = "multi_choice"
    options: tuple[Option, ...] = Field(min_length=1, max_length=500, title="Options")
    least: int | None = Field(None, ge=1, le=500, title="Least number")
    most: int | None = Field(None, ge=1, le=500, title="Greatest number")

    family, icon = "basic", "list-check"
    title, about = _("Multiple choice"), _("Any number of the given options.")

    @cached_property
    def finder(self) -> Finder:
        return Finder(self.options)

    def signature(self) -> str:
        return signature(self.type, self.options)

    def as_called_now(self, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.finder.now.get(each, each) for each in value))

    @property
    def one_type(self) -> Type:
        return CHOICE(tuple(option.key for option in self.options))

    def one_shown(self, value: str, reader: Reader) -> str:
        return self.finder.label_of(value, reader.language)

    def one_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": keys_read(self.options)}

    @property
    def least_values(self) -> int:
        return self.least or 1

    @property
    def most_values(self) -> int:
        return self.most or len(self.options)

    def parse(self, raw: Any, lookup: Lookup) -> tuple[str, ...]:
        chosen = {self.finder.key_of(text) for text in self._texts(raw)}
        return tuple(option.key for option in self.options if option.key in chosen)

    def _texts(self, raw: Any) -> list[str]:
        try:
            return [self.finder.key_of(raw.strip())] if isinstance(raw, str) else parts_of(raw)  # a label may hold a comma itself
        except FieldError:
            return parts_of(raw)

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        # “required” on each box would make the browser demand every one
        return control(self, SeveralField, [], reader, choices=choices(self.options, reader), validate_choice=False)

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        yield from option_problems(self.options)
        if self.least is not None and self.most is not None and self.least > self.most:
            yield Problem("least", _("The least value is more than the most."))
