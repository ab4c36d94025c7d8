"""What every part of a definition has in common: frozen, strict, and unknown keys refused."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from runtime.definitions.naming import PERSON_IN, Names
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.texts import _, shown

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

KEY = r"^[a-z\u3400-\u9fff][a-z0-9_\u3400-\u9fff]{0,40}$"
SYSTEM_FIELDS = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "record")
RESERVED = frozenset((*SYSTEM_FIELDS, "where", "on", "days", "months", "by"))
WHO = r"^(role|user|department|group|field|team|head_of|handler_of):.+$"


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", defer_build=True, use_attribute_docstrings=True)


def _key_of_a_field(key: str) -> str:
    if keyword.iskeyword(key) or key in RESERVED:
        raise PydanticCustomError("reserved_key", "“{key}” has a meaning of its own in formulas; choose another key", {"key": key})
    return key


Key = Annotated[str, Field(pattern=KEY, title="Key")]
FieldKey = Annotated[str, Field(pattern=KEY, title="Key"), AfterValidator(_key_of_a_field)]
FormulaText = Annotated[str, Field(min_length=1, max_length=2000, json_schema_extra={"format": "formula"})]
Who = Annotated[str, Field(pattern=WHO, json_schema_extra={"format": "who"}), Names(within=PERSON_IN)]
Color = Annotated[str, Field(pattern=r"^(purple|yellow|gray|blue|green|teal|orange|red|pink|cyan|indigo|lime|azure)$")]


class LocalText(Model):
    """A text in two languages; either may be missing."""

    zh: str | None = None
    en: str | None = None

    @model_validator(mode="after")
    def says_something(self) -> LocalText:
        if not (self.zh or self.en):
            raise PydanticCustomError("empty_text", "write the text in at least one language")
        return self

    def in_language(self, language: str) -> str:
        return shown(self, language)


Text = Annotated[str, Field(min_length=1, max_length=2000)] | LocalText


@dataclass(frozen=True)
class FormulaUse:
    """A formula in a definition and what it may use: `form` whose record it reads, extra `names`, restricted groups in `allow`, result kinds in `expect`."""

    path: str
    text: str
    form: str | None
    subform: str | None = None
    expect: tuple[str, ...] | Type | None = None
    names: dict[str, Type] = field(default_factory=dict)
    allow: frozenset[str] = frozenset()
    own_rows: bool = False
    kept: bool = True
    """Whether something of its result is kept with the records, and follows when they change; else it is worked out when somebody looks."""

    def under(self, prefix: str) -> FormulaUse:
        return replace(self, path=f"{prefix}/{self.path}")


class Definition(Model):
    """The root of every kind of definition. Its kind and key name it in the workspace; `app` is its home."""

    kind: str
    key: Key
    label: Text
    app: Key | None = None
    format: int = Field(1, ge=1, le=1)

    def problems(self, catalogue: Catalogue) -> Iterator[Problem]:
        """What is wrong beyond its shape, given the other definitions in force."""
        if self.app is not None and self.app not in catalogue.apps:
            yield Problem("app", _("There is no app with the key {key}.", key=self.app))

    def form_around(self, catalogue: Catalogue) -> str | None:
        """The form whose fields it names where it does not say of which form they are."""
        return getattr(self, "form", None)

    def formulas(self, catalogue: Catalogue) -> Iterator[FormulaUse]:
        """Every formula in it, for checking, dependencies and “where is this used”."""
        yield from ()

    @classmethod
    def restored(cls, body: dict[str, Any], live: dict[str, Any] | None) -> dict[str, Any]:
        """An older version's body as it is published again over the live one."""
        return body

    def roles(self) -> Iterator[str]:
        """Keys of the roles it mentions; publishing makes the missing ones."""
        for who in _strings(self.model_dump(mode="json")):
            if who.startswith("role:") and re.fullmatch(WHO, who):
                yield who.removeprefix("role:")


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _strings(each)


def repeated(keys: list[str]) -> set[str]:
    """The keys that stand more than once."""
    return {key for key in keys if keys.count(key) > 1}
