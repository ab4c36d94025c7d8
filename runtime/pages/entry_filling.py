"""What choosing a record fills in, as the controls of the page take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import wtforms
from wtforms.fields import BooleanField

from runtime.definitions.field_type import FieldType, Reader
from runtime.definitions.form import Form
from runtime.errors import FieldError
from runtime.fields._entries import PartsField, SearchedField, SeveralField
from runtime.forms import PREFIX
from runtime.people.may import may
from runtime.records.filling import filled
from runtime.records.lookup import ActLookup
from runtime.records.plan import Checked, plan_of
from runtime.records.values import RecordValues, SubformRow
from runtime.system.workspace import Act

Json = dict[str, Any]


def fillings(
    act: Act, form: Form, touched: str, raw: Mapping[str, Any], values: Mapping[str, Any], record: int | None, reader: Reader
) -> Json:
    """What the reference that was just left fills in: name of a control → its texts, and the title of what they name."""
    plan = plan_of(act.catalogue, form.key, act.connection.dialect)
    source = RecordValues(act, form, values, record)
    subform, number, key = _place(touched)
    found: Json = {}
    for each in plan.fills:
        if (each.rule.subform, each.rule.chosen) != (subform, key):
            continue
        if subform is None:
            found |= _texts(act, form, each, form.by_key, source, values, record, PREFIX, reader)
        elif subform in form.by_key:
            row = _row(act, form.by_key[subform].lines(), raw.get(subform), number)
            inside = SubformRow(source, form.by_key[subform].lines(), row)
            found |= _texts(
                act, form, each, form.by_key[subform].lines(), inside, row, record, f"{PREFIX}{subform}-{number}-{PREFIX}", reader
            )
    return found


def _place(touched: str) -> tuple[str | None, int, str]:
    """`items-3-f_product` is the product of row 3."""
    start, _dash, key = touched.rpartition(f"-{PREFIX}")
    subform, _dash, number = start.rpartition("-")
    return (subform, int(number), key) if subform and number.isdecimal() else (None, 0, touched)


def _texts(
    act: Act,
    form: Form,
    rule: Checked,
    fields: Mapping[str, FieldType],
    source: Any,
    values: Mapping[str, Any],
    record: int | None,
    prefix: str,
    reader: Reader,
) -> Json:
    if source.field(rule.rule.chosen or "") is None:
        return {}
    plan = plan_of(act.catalogue, form.key, act.connection.dialect)
    action = "edit" if record is not None else "add"
    return {
        prefix + key: entry_texts(fields[key], value, reader)
        for key, value in filled(act, plan, rule, source)
        if may(act.person, action, form.key, record, rule.rule.subform or key)
        and not (rule.rule.only_blank and values.get(key) not in (None, ()))
    }


def _row(act: Act, lines: Mapping[str, FieldType], raws: Any, number: int) -> dict[str, Any]:
    """The values of one row; what cannot be understood yet is blank."""
    if not isinstance(raws, list) or number >= len(raws):
        return {}
    row, lookup = {}, ActLookup(act)
    for key, raw in raws[number].items():
        try:
            row[key] = lines[key].parse(raw, lookup)
        except FieldError:
            row[key] = None
    return row


def entry_texts(kind: FieldType, value: Any, reader: Reader) -> Json:
    """What stands in the controls of a field for a value: a text for each, those of what is ticked, and the title of what is searched for."""
    name = PREFIX + kind.key
    field = type("One", (wtforms.Form,), {name: kind.entry([], reader)})(data={name: kind.to_entry(value, reader)})[name]
    title = kind.display(value, reader) if isinstance(field, SearchedField) else ""
    if isinstance(field, BooleanField):
        return {"texts": ["true"] if field.data else [], "title": title}
    if isinstance(field, (PartsField, SeveralField)):
        given = field.data if isinstance(field.data, (list, tuple)) else [field.data]
        return {"texts": ["" if each is None else str(each) for each in given], "title": title}
    text = field._value() if hasattr(field, "_value") else field.data
    return {"texts": ["" if text is None else str(text)], "title": title}
