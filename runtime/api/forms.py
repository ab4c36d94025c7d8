"""Schemas of a form's records, as the API takes and gives them."""

from __future__ import annotations

from typing import Any

from runtime.api.route import RECORD_ID, PerForm
from runtime.definitions.field_type import FieldType
from runtime.definitions.form import Form
from runtime.definitions.model import SYSTEM_FIELDS
from runtime.people.may import may, sees
from runtime.people.rights import MASKED
from runtime.system.workspace import Act

MOST_IN_BATCH = 1_000
INSTANT = {"type": "string", "format": "date-time"}
SYSTEM = {
    "id": {"type": "string", "pattern": RECORD_ID},
    "version": {"type": "integer", "minimum": 1},
    "created_at": INSTANT,
    "created_by": {"type": "string"},
    "updated_at": INSTANT,
    "updated_by": {"type": "string"},
}
assert set(SYSTEM) < set(SYSTEM_FIELDS)


def new_record(act: Act, form: str) -> dict[str, Any]:
    """A record as it is added. Nothing else is accepted; rules, uniqueness, references and rights may still refuse it."""
    definition = act.catalogue.forms[form]
    fields = _fields(act, definition, "add")
    needed = [key for key, each in fields.items() if each.required and each.default is None and key not in shown_by_rule(definition)]
    return _object(definition, fields, needed)


def changed_record(act: Act, form: str) -> dict[str, Any]:
    """The fields that change; the others stay as they are."""
    definition = act.catalogue.forms[form]
    return _object(definition, _fields(act, definition, "edit"), [])


def batch(act: Act, form: str) -> dict[str, Any]:
    new, changed = new_record(act, form), changed_record(act, form)
    known = {"id": SYSTEM["id"], "version": SYSTEM["version"]}
    changed = {**changed, "properties": {**known, **changed["properties"]}, "required": ["id"]}
    items = {"type": "array", "minItems": 1, "maxItems": MOST_IN_BATCH, "items": {"if": {"required": ["id"]}, "then": changed, "else": new}}
    return {
        "type": "object",
        "properties": {"items": items, "all_or_nothing": {"type": "boolean", "default": False}},
        "required": ["items"],
        "additionalProperties": False,
    }


def record(act: Act, form: str) -> dict[str, Any]:
    """A record as it is read. Stored values may be older than today's bounds, so only their types are promised."""
    definition = act.catalogue.forms[form]
    shown = {
        key: {"title": _label(each), **_seen(act, form, key, as_read(each.schema()))}
        for key, each in definition.by_key.items()
        if sees(act.person, form, key)
    }
    return {
        "type": "object",
        "title": _label(definition),
        "properties": {**SYSTEM, **shown},
        "required": list(SYSTEM),
        "additionalProperties": False,
    }


def _seen(act: Act, form: str, key: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A value's schema for this person: where a set masks the field, the mask comes as a text."""
    rights = act.person.rights
    levels = set() if rights is None else {each.level(key) for each in rights.viewing(form)}
    if MASKED not in levels:
        return schema
    if max(levels) == MASKED:
        return {"type": ["string", "null"]}
    return {name: each for name, each in schema.items() if name != "format"} | {"type": list(dict.fromkeys([*schema["type"], "string"]))}


def records(act: Act, form: str) -> dict[str, Any]:
    next_page = {"type": ["string", "null"]}
    return {
        "type": "object",
        "properties": {"items": {"type": "array", "items": record(act, form)}, "next": next_page},
        "required": ["items", "next"],
        "additionalProperties": False,
    }


def shown_by_rule(form: Form) -> set[str]:
    """Fields that a rule may hide; they are needed only while they are shown."""
    return set(form.shown_by_rule)


def as_read(schema: dict[str, Any]) -> dict[str, Any]:
    """The type of a value as it comes back: decimals as texts, anything may be blank."""
    given = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kinds = [kind for kind in given if kind not in ("number", "null") or kind == "number" and "string" not in given]
    found: dict[str, Any] = {"type": [*kinds, "null"]}
    if schema.get("format") in ("date", "date-time"):
        found["format"] = schema["format"]
    if "items" in schema:
        found["items"] = as_read(schema["items"])
    if "properties" in schema:
        found["properties"] = {key: as_read(each) for key, each in schema["properties"].items()}
    return found


def _fields(act: Act, form: Form, action: str) -> dict[str, FieldType]:
    return {
        key: each
        for key, each in form.by_key.items()
        if each.writable and each.stores in ("column", "many", "rows") and may(act.person, action, form.key, None, key)
    }


def _object(form: Form, fields: dict[str, FieldType], needed: list[str]) -> dict[str, Any]:
    hidden = shown_by_rule(form)
    return {
        "type": "object",
        "title": _label(form),
        "properties": {key: _as_written(each, key in hidden) for key, each in fields.items()},
        "required": needed,
        "additionalProperties": False,
    }


def _as_written(field: FieldType, may_be_hidden: bool) -> dict[str, Any]:
    open_field = field.model_copy(update={"required": False}) if field.required and may_be_hidden else field
    about = {"title": _label(field)} | ({"description": str(_text(field.help))} if field.help is not None else {})
    return {**about, **_without_computed(open_field.schema())}


def _without_computed(schema: dict[str, Any]) -> dict[str, Any]:
    """What fills itself in the rows of a sub-form is not written."""
    if "items" not in schema or "properties" not in schema["items"]:
        return schema
    row = schema["items"]
    return {**schema, "items": {**row, "properties": {key: each for key, each in row["properties"].items() if not each.get("readOnly")}}}


def _label(given: Any) -> str:
    return _text(given.label)


def _text(text: Any) -> str:
    return text if isinstance(text, str) else text.in_language("en")


NEW_RECORD, CHANGED_RECORD, BATCH = PerForm("New", new_record), PerForm("Changed", changed_record), PerForm("Batch", batch)
RECORD, RECORDS = PerForm("Record", record), PerForm("Records", records)
