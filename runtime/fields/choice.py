"""Choice: one of the given options."""
from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from wtforms import RadioField, SelectField

from runtime.definitions.field_type import Lookup, Reader
from runtime.definitions.shelf import FIELD_TYPES
from runtime.definitions.types import CHOICE, Type
from runtime.errors import Problem
from runtime.fields._columns import ColumnField
from runtime.fields._entries import OtherField, choices, control
from runtime.fields._options import Finder, Option, keys_read, no_option, option_problems, signature
from runtime.fields._texts import folded, text_of
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.form import Form

ALL_VISIBLE = 5
LONGEST_OTHER = 100
QUOTED = re.compile(r"""\s*(["'])([^"']*)\1\s*""")


@FIELD_TYPES.register
class Choice(ColumnField):
    type: Literal["choice"] = "choice"
    options: tuple[Option, ...] = Field(min_length=1, max_length=500, title="Options")
    control: Literal["auto", "radio", "select"] = Field("auto", title="Shown as")
    """auto: up to five options are all visible, more become a list."""
    other: bool = Field(False, title="Another answer may be written")

    family, icon = "basic", "circle-check"
    title, about = _("Choice"), _("One of the given options.")
    operators = ("is", "is_not", "any_of", "none_of", "blank", "not_blank")
    without = ("mask",)

    @property
    def widget(self) -> str:  # type: ignore[override]
        return "choice_other" if self.other else "choice"

    @property
    def parts(self) -> bool:  # type: ignore[override]
        return self.other

    @cached_property
    def finder(self) -> Finder:
        return Finder(self.options)

    def signature(self) -> str:
        return signature(self.type, self.options)

    def as_called_now(self, value: str) -> str:
        return self.finder.now.get(value, value)

    def formula_type(self) -> Type:
        return CHOICE() if self.other else CHOICE(tuple(option.key for option in self.options))

    def typed(self) -> dict[str, Any]:
        """An answer of one's own may be the label of an option: that is left to the server."""
        return {"type": "choice", "options": [option.key for option in self.options]}

    def parse(self, raw: Any, lookup: Lookup) -> str | None:
        """Of what stood in several controls the last counts: the text of one's own."""
        if self.other and isinstance(raw, (list, tuple)):
            raw = next((text for each in reversed(raw) if (text := text_of(each)) is not None), None)
        text = text_of(raw)
        if text is None:
            return None
        own = self.other and folded(text) not in self.finder.keys and text not in self.finder.now
        return " ".join(text.split()) if own else self.finder.key_of(text)

    def check(self, value: str) -> list[Message]:
        if self.other and value not in self.finder.by_key:
            return [] if len(value) <= LONGEST_OTHER else [_("Give at most {most} characters; these are {count}.", most=LONGEST_OTHER, count=len(value))]
        return [] if value in self.finder.by_key else [no_option(self.options, value)]

    @property
    def as_radio(self) -> bool:
        return self.control == "radio" or (self.control == "auto" and len(self.options) <= ALL_VISIBLE)

    def entry(self, validators: list[Any], reader: Reader) -> Any:
        if self.other:
            return control(self, OtherField, validators, reader, options=choices(self.options, reader), buttons=self.as_radio)
        return control(self, RadioField if self.as_radio else SelectField, validators, reader, choices=choices(self.options, reader),
                       validate_choice=False)

    def display(self, value: str | None, reader: Reader) -> str:
        return "" if value is None else self.finder.label_of(value, reader.language)

    def to_entry(self, value: str | None, reader: Reader) -> Any:
        return [value or "", ""] if self.other and (value is None or value in self.finder.by_key) else ["", value] if self.other else value

    def schema(self) -> dict[str, Any]:
        if self.other:
            return self.or_blank({"type": "string", "minLength": 1, "maxLength": LONGEST_OTHER})
        return self.or_blank({"type": "string", "enum": keys_read(self.options)})

    def problems(self, form: Form, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(form, catalogue)
        yield from option_problems(self.options)
        if self.other and any(option.formerly for option in self.options):
            yield Problem("other", _("Options have got other keys. What people write themselves cannot be told from those; switch one of the two off."))
        quoted = QUOTED.fullmatch(self.default or "")
        if quoted and not any(option.key == quoted[2] for option in self.options):
            yield Problem("default", _("The default {key} is no option. Write the key of one in quotes, like {example}.",
                                       key=quoted[2], example=f"'{self.options[0].key}'"))
