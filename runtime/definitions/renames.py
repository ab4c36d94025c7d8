"""Other keys for published fields: which field of the form in force a field of the next one is.

A field says itself by which keys it was known: `{"key": "mobile", "formerly": ["phone"]}`. A former key counts as a renaming when it is new
in the definition, is a key of the form in force, and of none of its fields any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from runtime.errors import Problem
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.field_type import FieldType
    from runtime.definitions.form import Form


class Keyed(Protocol):
    """A field, or an option of a choice."""

    @property
    def key(self) -> str: ...
    @property
    def formerly(self) -> tuple[str, ...]: ...


Renames = dict[str, str]
"""Path of a field (`items.price` in a sub-form's rows) in the form in force → the same in the next one."""


def renames(before: Form | None, now: Form) -> Renames:
    """The fields whose path changes, those of rows among them."""
    if before is None:
        return {}
    found: Renames = {}
    for key, was in _pairs(before.by_key, now.by_key):
        found[was] = key
        lines, new_lines = before.by_key[was].lines(), now.by_key[key].lines()
        found |= {f"{was}.{old}": f"{key}.{line}" for line, old in _pairs(lines, new_lines)}
    return {was: path for was, path in found.items() if was != path}


def option_renames(before: Form | None, now: Form) -> dict[str, Renames]:
    """By the path of a field in the form in force: its options that get other keys."""
    found: dict[str, Renames] = {}
    if before is None:
        return found
    for key, was in _pairs(before.by_key, now.by_key):
        old, new = before.by_key[was], now.by_key[key]
        both = [
            (was, old, new),
            *((f"{was}.{there}", old.lines()[there], new.lines()[here]) for here, there in _pairs(old.lines(), new.lines())),
        ]
        found |= {path: keys for path, one, other in both if (keys := _options(one, other))}
    return found


def _options(old: FieldType, new: FieldType) -> Renames:
    if old.type != new.type or not new.writable:
        return {}
    then, now = ({each.key: each for each in getattr(field, "options", ())} for field in (old, new))
    return {was: key for key, was in _pairs(then, now) if key != was}


def _pairs(before: Mapping[str, Keyed], now: Mapping[str, Keyed]) -> Iterator[tuple[str, str]]:
    """(key, key before) of each field, or option, that there was before."""
    taken = {was for field in now.values() if (was := _renamed(field, before, now)) is not None}
    for field in now.values():
        was = _renamed(field, before, now)
        if was is not None:
            yield field.key, was
        elif field.key in before and field.key not in taken:
            yield field.key, field.key


def _renamed(field: Keyed, before: Mapping[str, Keyed], now: Mapping[str, Keyed]) -> str | None:
    known = before[field.key].formerly if field.key in before else ()
    return next(
        (key for key in reversed(field.formerly) if key in before and key not in known and _is_free(key, field.key, before, now)), None
    )


def _is_free(key: str, new: str, before: Mapping[str, Keyed], now: Mapping[str, Keyed]) -> bool:
    """Whether no other field has the key any more, or the one that has it took it from this field and gives it back."""
    return key not in now or (new not in before and new in before[key].formerly)


def again(fields: list[dict[str, Any]], live: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fields of an older version, each saying which keys it got since."""
    keys, now = {each["key"] for each in fields}, {each["key"]: each for each in live}
    return [_again(each, keys, now) for each in fields]


def _again(field: dict[str, Any], keys: set[str], now: dict[str, dict[str, Any]]) -> dict[str, Any]:
    key = field["key"]
    claimed = next((each for each in now.values() if key in each.get("formerly", ())), None)
    same = claimed if claimed is not None and (claimed["key"] not in keys or key not in now) else now.get(key)
    if same is None:
        return field
    if same["key"] != key:  # the key that it has now stands last: it is the one by which it is found
        known = dict.fromkeys([*field.get("formerly", ()), *same.get("formerly", ())])
        field = {**field, "formerly": [*(each for each in known if each not in (key, same["key"])), same["key"]]}
    for name in ("fields", "options"):
        if isinstance(field.get(name), list) and isinstance(same.get(name), list):
            field = {**field, name: again(field[name], same[name])}
    return field


def former_problems(path: str, fields: Iterable[Keyed]) -> Iterator[Problem]:
    """That two fields, or two options of a choice, claim one former key, or exchange theirs."""
    by_key = {field.key: field for field in fields}
    claimed: dict[str, str] = {}
    for number, field in enumerate(by_key.values()):
        for was in field.formerly:
            place = f"{path}/{number}/formerly"
            if was == field.key:
                yield Problem(place, _("Its own key is no former one. Leave it out."))
            elif was in claimed:
                yield Problem(place, _("Two of them say that they were called {key}. It was one of them.", key=was))
            elif was in by_key and field.key in by_key[was].formerly:
                yield Problem(place, _("Two cannot exchange their keys at once. Give one of them a third key, and publish in between."))
            claimed[was] = field.key


def not_there(key: str, fields: Iterable[FieldType], otherwise: Message | None = None) -> Message:
    """That there is no field with a key, and what it is called by now if it had that key once."""
    now = next((field.key for field in fields if key in field.formerly), None)
    if now is not None:
        return _("The field {key} is called {now} by now.", key=key, now=now)
    return otherwise or _("This form has no field with the key {key}.", key=key)
