"""Linked choices that are narrowed by what is filled in: whether what was chosen still fits beside it."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from runtime.definitions.naming import PARENT
from runtime.fields._pairs import ours_of
from runtime.records.fitting import is_blank
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.field_type import FieldType, Lookup
    from runtime.definitions.form import Form
    from runtime.records.entries import Entry
    from runtime.records.rules import Hidden

Values = Mapping[str, Any]


def beside(field: Any, values: Values, row: Values | None = None) -> dict[str, Any]:
    """What the fields hold by which a linked choice is narrowed, by the words of its pairs."""
    return {
        ours: values.get(ours.removeprefix(PARENT)) if row is None or ours.startswith(PARENT) else row.get(ours) for ours in field.asks
    }


def narrowed_fields(form: Form) -> tuple[tuple[FieldType | None, FieldType], ...]:
    """(the sub-form in whose rows it stands, the field) for each that is narrowed and takes no other answer."""
    fields = [(None, each) for each in form.fields] + [(rows, line) for rows in form.fields for line in rows.lines().values()]
    return tuple((rows, each) for rows, each in fields if getattr(each, "pairs", ()) and not getattr(each, "other"))


def unfit(
    form: Form,
    fields: tuple[tuple[FieldType | None, FieldType], ...],
    entry: Entry,
    hidden: Hidden,
    lookup: Lookup,
    trusted: Container[str] = (),
) -> Iterator[tuple[str, Message]]:
    """(path, sentence) for each value that does not fit. What a record has already may stay as long as nothing it hangs on changes."""
    old = entry.before.values if entry.before is not None else {}
    for rows, field in fields:
        key = field.key if rows is None else rows.key
        if key in trusted or key in hidden.fields:
            continue
        kept = [_told(field, old, each) for each in (old.get(key) or () if rows is not None else [None])] if old else []
        for number, row in enumerate(entry.values.get(key) or ()) if rows is not None else [(0, None)]:
            value, ours = _told(field, entry.values, row)
            if is_blank(value) or (value, ours) in kept or (rows is not None and (key, number, field.key) in hidden.in_rows):
                continue
            if not lookup.fits(form.key, field, value, ours):
                yield (key if rows is None else f"{key}/{number}/{field.key}"), _sentence(form, rows, field, value, ours)


def _told(field: Any, values: Values, row: Values | None) -> tuple[Any, dict[str, Any]]:
    return (values if row is None else row).get(field.key), beside(field, values, row)


def _sentence(form: Form, rows: FieldType | None, field: Any, value: Any, ours: dict[str, Any]) -> Message:
    named = {pair.ours: found.label for pair in field.pairs if (found := ours_of(pair, form, rows)) is not None}
    blank = next((label for key, label in named.items() if is_blank(ours.get(key))), None)
    if blank is not None:
        return _("Fill in {field} first; “{value}” is chosen by it.", field=blank, value=value)
    return _("“{value}” does not fit {fields}. Choose again, or clear it.", value=value, fields=list(named.values()))
