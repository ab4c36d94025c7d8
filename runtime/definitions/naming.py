"""The fields that a definition names outside of its formulas: each such setting says so itself, by a marker that is read here.

`column: Annotated[str, Names()]` is a field of the form around it, `columns: tuple[Annotated[str, Names("form")], ...]` are fields of the form
whose key stands in the setting `form` beside it. Texts, mappings and lists are read alike. What formulas read is no business of this module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

Place = tuple[str, str]
"""A form and a field of it; a field of a sub-form's rows as `items.product`."""


@dataclass(frozen=True)
class Names:
    """Marks a setting whose texts, or whose keys where it is a mapping, name fields.

    `of`: the setting beside it that tells whose fields: it holds the key of a form or, where it is marked itself, names a reference, a
    sub-form or a relation of the form around it. Left out, or where that setting is blank, they are fields of the form around it.
    `within`: where in the text the name stands. `at`: the setting of a part that holds the name. `placing`: only says where on the page the
    field itself stands. `rows`: within the rows of a sub-form it names a field of the row; `parent.` before it, one of the form itself.
    """

    of: str = ""
    within: re.Pattern[str] | None = None
    at: str = ""
    placing: bool = False
    rows: bool = False

    def keys(self, value: Any) -> Iterator[str]:
        for each in (value,) if isinstance(value, str) else value or ():
            text = getattr(each, self.at) if self.at else each
            if isinstance(text, str):
                yield from (text,) if self.within is None else (found[1] for found in self.within.finditer(text))


@dataclass(frozen=True)
class OptionsOf:
    """Marks a setting whose texts are keys of options. `of`: the setting beside it that names the fields; left out, it is a mapping whose keys
    are the fields, and whose values the options. `inside`: the setting that names the sub-form in whose rows they stand."""

    of: str = ""
    inside: str = ""


ORDER = re.compile(r"^-?(.+)$")
"""A field to order by; with a minus, downwards."""
PARENT = "parent."
"""Before a field of the form itself, where the setting stands in the rows of a sub-form."""
PERSON_IN = re.compile(r"^field:(.+)$")
"""Whoever stands in a field of the record."""


@cache
def marker(model: type[BaseModel], setting: str) -> Names | None:
    return next((each for each in _marks(model, setting) if isinstance(each, Names)), None)


@cache
def options_marker(model: type[BaseModel], setting: str) -> OptionsOf | None:
    return next((each for each in _marks(model, setting) if isinstance(each, OptionsOf)), None)


def _marks(model: type[BaseModel], setting: str) -> tuple[Any, ...]:
    info = model.model_fields[setting]
    return (*info.metadata, *_metadata(info.annotation))


def _metadata(annotation: Any) -> Iterator[Any]:
    yield from getattr(annotation, "__metadata__", ())
    for each in get_args(annotation):
        yield from _metadata(each)


def fields_named(
    model: BaseModel, form: str | None, catalogue: Catalogue, placing: bool = False, inside: str | None = None
) -> Iterator[Place]:
    """What a definition, or a part of one, names. `form`: the form around it, `inside`: the sub-form in whose rows it stands. `placing`: also
    where it only says where a field stands."""
    for setting in type(model).model_fields:
        value, mark = getattr(model, setting, None), marker(type(model), setting)
        if mark is not None and (placing or not mark.placing):
            for key in mark.keys(value):
                yield from _meant(mark, model, form, key, catalogue, inside)
        for part in _parts(value):
            yield from fields_named(part, form, catalogue, placing, rows_around(model, inside))


def rows_around(model: BaseModel, inside: str | None) -> str | None:
    """The sub-form in whose rows the parts of a model stand."""
    lines = getattr(model, "lines", None)
    return getattr(model, "key") if callable(lines) and lines() else inside


def in_rows(mark: Names, key: str, inside: str | None) -> tuple[str | None, str]:
    """The sub-form whose field a key names, and the bare key."""
    if not mark.rows or inside is None:
        return None, key
    return (None, key.removeprefix(PARENT)) if key.startswith(PARENT) else (inside, key)


def _parts(value: Any) -> Iterator[BaseModel]:
    if isinstance(value, BaseModel):
        yield value
    elif isinstance(value, (tuple, list)):
        yield from (part for each in value for part in _parts(each))
    elif isinstance(value, Mapping):
        yield from (part for each in value.values() for part in _parts(each))


def _meant(mark: Names, model: BaseModel, form: str | None, key: str, catalogue: Catalogue, inside: str | None) -> Iterator[Place]:
    target, rows = _whose(mark, model, form, catalogue)
    if mark.rows:
        rows, key = in_rows(mark, key, inside)
    if target is None:
        return
    if rows is not None:
        yield target, f"{rows}.{key}"
        return
    yield target, key
    if mark.of == "" and key in (relations := catalogue.relations_to(target)):
        yield relations[key]


def _whose(mark: Names, model: BaseModel, form: str | None, catalogue: Catalogue) -> tuple[str | None, str | None]:
    """The form whose fields are named, and the sub-form in whose rows they stand."""
    beside = getattr(model, mark.of, None) if mark.of else None
    if beside is None:
        return form, None
    return leads_to(form, beside, catalogue) if marker(type(model), mark.of) is not None else (beside, None)


def leads_to(form: str | None, name: str, catalogue: Catalogue) -> tuple[str | None, str | None]:
    """Where a reference, a sub-form or a relation of a form leads: the form, and the sub-form where it is one."""
    known = catalogue.forms.get(form or "")
    field = known.by_key.get(name) if known is not None else None
    if known is not None and field is not None:
        return (known.key, name) if field.lines() else (getattr(field, "form", None), None)
    relation = catalogue.relations_to(form or "").get(name)
    return (None if relation is None else relation[0]), None
