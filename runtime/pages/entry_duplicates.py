"""Records like the one that is being typed, by the form's own rules of what is a duplicate. Only what the person may see is found."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

from flask import g

from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Duplicates, Form
from runtime.pages.cells import title_of
from runtime.people.may import may
from runtime.records import query
from runtime.records.rows import Record
from runtime.system.counters import Counters
from runtime.system.workspace import Act

MOST = 3
LOOKED_AT = 50
SHORTEST_HALF = 2
PER_MINUTE = 60
ASKED = Counters()


def watched(form: Form) -> list[str]:
    """The fields in which typing may meet a record that is there already."""
    named = {each.field for rule in form.duplicates for each in rule.match}
    return [each.key for each in form.fields if each.key in named or each.distinct]


def duplicates(act: Act, app: str, form: Form, touched: str, values: Mapping[str, Any], record: int | None) -> list[dict[str, Any]]:
    """Records that have what somebody is typing where the form wants it once, or that its rules call alike. Too many questions get no answer."""
    field = form.by_key.get(touched)
    if (
        field is None
        or touched not in watched(form)
        or values.get(touched) in (None, ())
        or not may(act.person, "view", form.key)
        or _too_often()
    ):
        return []
    found: dict[int, tuple[Record, tuple[str, ...]]] = {}
    for each, keys in _alike(act, form, field, values):
        if each.id != record:
            found.setdefault(each.id, (each, keys))
    return [
        {
            "title": title_of(form, each),
            "href": f"/apps/{app}/{form.key}/{each.id}",
            "fields": [f"f_{key}" for key in keys],
        }
        for each, keys in list(found.values())[:MOST]
    ]


def _too_often() -> bool:
    return bool(ASKED.hit(f"person {g.person.id}", PER_MINUTE, 60, time.time()))


def _alike(act: Act, form: Form, field: FieldType, values: Mapping[str, Any]) -> Iterator[tuple[Record, tuple[str, ...]]]:
    if field.distinct:
        for each in _candidates(act, form, field, values[field.key], similar=False):
            if each.values.get(field.key) == values[field.key]:
                yield each, (field.key,)
    for rule in form.duplicates:
        keys = tuple(each.field for each in rule.match)
        own = next((each for each in rule.match if each.field == field.key), None)
        if own is None or any(values.get(key) in (None, ()) for key in keys):
            continue
        for each in _candidates(act, form, field, values[field.key], own.by == "similar", keys):
            if _fits(form, rule, each, values):
                yield each, keys


def _candidates(act: Act, form: Form, field: FieldType, value: Any, similar: bool, keys: tuple[str, ...] = ()) -> Iterator[Record]:
    """Records in which the value stands; for a similar one those with either half of it, as one slip of the pen leaves the other half whole."""
    text = field.search_text(value)
    if not text:
        return
    half = len(text) // 2
    parts = (text[:half], text[half:]) if similar and half >= SHORTEST_HALF else (text,)
    for part in parts:
        yield from query.page(act, form.key, search=part, columns=[form.title, field.key, *keys], limit=LOOKED_AT).records


def _fits(form: Form, rule: Duplicates, record: Record, values: Mapping[str, Any]) -> bool:
    for each in rule.match:
        mine, theirs = values[each.field], record.values.get(each.field)
        if theirs in (None, ()):
            return False
        if each.by == "exact":
            if mine != theirs:
                return False
        elif likeness(form.by_key[each.field], mine, theirs) < each.at_least:
            return False
    return True


def likeness(field: FieldType, one: Any, other: Any) -> Decimal:
    """How much of two texts is the same, from 0 to 1: twice what they share, by the length of both (Ratcliff and Obershelp)."""
    mine, theirs = ((field.search_text(each) or str(each)).casefold().replace(" ", "") for each in (one, other))
    return Decimal(str(SequenceMatcher(None, mine, theirs, autojunk=False).ratio()))
