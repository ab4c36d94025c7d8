"""Records of a form: list, read, add, change, delete, many at once, figures, history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from pydantic import Field

from runtime.api import forms
from runtime.api.errors import WrongFormula
from runtime.api.route import ROOT, Answer, Call, Shape, etag, page
from runtime.definitions.model import SYSTEM_FIELDS
from runtime.errors import FormulaProblems, Problem, Refused
from runtime.formulas import Formula
from runtime.formulas.definitions import formula
from runtime.people.may import may, require
from runtime.records import gateway, guard, query
from runtime.records.gateway import BatchRow, Saved
from runtime.records.rows import Record, read_records
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import _


# -- shapes -----------------------------------------------------------------------------------------------------------------------
class Line(Shape):
    path: str
    message: str


class BatchItem(Shape):
    """One row of a batch: what was saved, or why not."""

    id: str | None
    version: int | None
    errors: tuple[Line, ...]


class BatchDone(Shape):
    items: tuple[BatchItem, ...]
    saved: int
    refused: int


class Wanted(Shape):
    """Figures of groups of records. Measures are formulas over all of a group, such as COUNT(record) and SUM(amount)."""

    by: tuple[str, ...] = Field((), max_length=5, json_schema_extra={"uniqueItems": True})
    measures: tuple[str, ...] = Field(("COUNT(record)",), min_length=1, max_length=20)
    filter: str | None = None


class Groups(Shape):
    items: tuple[dict[str, Any], ...]


class Schema(Shape):
    """JSON Schema 2020-12."""

    model_config = {**Shape.model_config, "extra": "allow"}


class Change(Shape):
    """One line of a record's history; `changes` holds the value before and after of each field."""

    id: str
    version: int
    at: str
    by: str
    source: str
    action: str
    changes: dict[str, dict[str, Any]]


class History(Shape):
    items: tuple[Change, ...]
    next: int | None


# -- reading ----------------------------------------------------------------------------------------------------------------------
def schema(call: Call, form: str) -> dict[str, Any]:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **forms.new_record(call.act, form)}


def listed(call: Call, form: str) -> dict[str, Any]:
    act, asked = call.act, call.query
    fields = _fields(act, form, asked.get("fields"))
    if asked.get("filter"):
        readable(act, form, asked["filter"], "filter", expect=("boolean",), allow=frozenset({"person"}))
    sort = [key for key in asked.get("sort", "").split(",") if key]
    try:
        found = query.page(act, form, asked.get("filter"), asked.get("search"), sort, [], asked["limit"], asked.get("cursor"))
    except (sa.exc.DBAPIError, act.connection.dialect.loaded_dbapi.Error, OverflowError) as error:
        if asked.get("cursor") is None:  # a cursor that somebody made up may compare a text with a number
            raise
        raise Refused([Problem("cursor", _("This page address is not valid any more. Start again at the first page."))]) from error
    records = query.whole(act, form, [each.id for each in found.records])
    return page([shown(act, each, fields) for each in records], found.next)


def one(call: Call, form: str, id: int) -> Answer:
    return _shown(call.act, form, id)


def history(call: Call, form: str, id: int) -> dict[str, Any]:
    limit = call.query["limit"]
    rows = query.history(call.act, form, id, limit + 1, call.query.get("cursor"))
    items = [_change(call.act, form, row) for row in rows[:limit]]
    return page(items, rows[limit - 1].id if len(rows) > limit else None)


def aggregate(call: Call, form: str) -> dict[str, Any]:
    act, wanted = call.act, call.body
    figures = [readable(act, form, text, f"measures/{number}", own_rows=True) for number, text in enumerate(wanted.measures)]
    if wanted.filter is not None:
        readable(act, form, wanted.filter, "filter", expect=("boolean",), allow=frozenset({"person"}))
    rows = query.aggregate(act, form, wanted.by, wanted.measures, wanted.filter)
    by_key = act.catalogue.forms[form].by_key
    types = {text: figure.type for text, figure in zip(wanted.measures, figures, strict=True)}
    return {
        "items": [
            {name: json_value(types[name], value) if name in types else by_key[name].to_json(value) for name, value in row.items()}
            for row in rows
        ]
    }


def readable(act: Act, form: str, text: str, path: str, **scope: Any) -> Formula:
    """A formula of a request: it passes, and reads only what the person may see. Its problems stand at `path`."""
    try:
        found = formula(act.catalogue, form, text, **scope)
    except FormulaProblems as error:
        raise WrongFormula(path, error) from error
    for key in found.uses.fields:
        require(act.person, "view", form, None, key)
    for each in found.uses.relations:
        require(act.person, "view", each.form)
    guard.require_readable(act, form, found)
    return found


# -- writing ----------------------------------------------------------------------------------------------------------------------
def create(call: Call, form: str) -> Answer:
    saved = gateway.create(call.act, form, call.body)
    answer = _shown(call.act, form, saved.id)
    answer.headers["Location"] = f"{ROOT}/forms/{quote(form)}/records/{saved.id}"
    return answer


def change(call: Call, form: str, id: int) -> Answer:
    gateway.update(call.act, form, id, call.body, call.version)
    return _shown(call.act, form, id)


def delete(call: Call, form: str, id: int) -> Answer:
    gateway.delete(call.act, form, id, call.version)
    return Answer()


def restore(call: Call, form: str, id: int) -> Answer:
    gateway.restore(call.act, form, id)
    return _shown(call.act, form, id)


def batch(call: Call, form: str) -> dict[str, Any]:
    """Adds and changes many records. Rows with problems are left out, or with `all_or_nothing` everything is."""
    act, rows = call.act, call.body["items"]
    early = _batch_problems(act, form, rows)
    wanted = [number for number in range(len(rows)) if number not in early]
    result = gateway.write_batch(act, form, [_batch_row(rows[number]) for number in wanted])
    saved: dict[int, Saved | None] = dict(zip(wanted, result.saved, strict=True))
    problems = {**{number: found for number, found in zip(wanted, result.problems, strict=True) if found}, **early}
    if problems and call.body.get("all_or_nothing"):
        raise Refused([each.under(f"items/{number}") for number in sorted(problems) for each in problems[number]])
    items = [_batch_item(call, saved.get(number), problems.get(number, [])) for number in range(len(rows))]
    return {"items": items, "saved": sum(each is not None for each in saved.values()), "refused": len(problems)}


def _batch_row(row: dict[str, Any]) -> BatchRow:
    values = {key: value for key, value in row.items() if key not in ("id", "version")}
    return BatchRow(values, int(row["id"]) if "id" in row else None)


def _batch_problems(act: Act, form: str, rows: list[dict[str, Any]]) -> dict[int, list[Problem]]:
    """Rows that are not written whatever their values: without the right, of an older version, or of a record that stands there twice."""
    found: dict[int, list[Problem]] = {}
    ids = [int(row["id"]) for row in rows if "id" in row]
    present = {each.id: each for each in read_records(act, form, ids, lock=True)}
    seen: set[int] = set()
    for number, row in enumerate(rows):
        record = int(row["id"]) if "id" in row else None
        if record is None:
            continue
        if not may(act.person, "edit", form, record):
            found[number] = [Problem("", _("You may not change this record."))]
        elif record in seen:
            found[number] = [Problem("id", _("This record stands there twice. Put its changes into one row."))]
        elif "version" in row and record in present and present[record].version != row["version"]:
            found[number] = [Problem("version", _("Somebody else has changed this record. Read it again and decide anew."))]
        seen.add(record)
    return found


def _batch_item(call: Call, saved: Saved | None, problems: list[Problem]) -> dict[str, Any]:
    lines = [{"path": each.path, "message": call.say(each.message)} for each in problems]
    return {"id": str(saved.id) if saved else None, "version": saved.version if saved else None, "errors": lines}


# -- records as JSON --------------------------------------------------------------------------------------------------------------
def shown(act: Act, record: Record, fields: list[str] | None = None) -> dict[str, Any]:
    """A record as it is read: flat, without the fields that the person may not see."""
    found: dict[str, Any] = {
        "id": str(record.id),
        "version": record.version,
        "created_at": instant(record.created_at),
        "created_by": str(record.created_by),
        "updated_at": instant(record.updated_at),
        "updated_by": str(record.updated_by),
    }
    for each in record.form.fields:
        if each.stores == "nothing" or (fields is not None and each.key not in fields):
            continue
        if each.key in record.masked:
            found[each.key] = record.masked[each.key]
        elif may(act.person, "view", record.form.key, record.id, each.key):
            found[each.key] = each.to_json(record.values.get(each.key))
    return found


def json_value(type: Any, value: Any) -> Any:
    """A formula's value in JSON."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [json_value(type.item, each) for each in value]
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "days"):
        return str(value.days)
    return str(getattr(value, "record", value))


def instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _shown(act: Act, form: str, id: int) -> Answer:
    found = query.get(act, form, id)
    return Answer(shown(act, found), {"ETag": etag(found.version)})


def _change(act: Act, form: str, row: Any) -> dict[str, Any]:
    at = clock.from_micros(row.at)
    assert at is not None
    changes = {
        key: {"from": each[0], "to": each[1]}
        for key, each in act.catalogue.forms[form].as_called_now(json.loads(row.changes)).items()
        if may(act.person, "view", form, row.record, key)
    }
    return {
        "id": str(row.id),
        "version": row.version,
        "at": instant(at),
        "by": str(row.person),
        "source": row.source,
        "action": row.action,
        "changes": changes,
    }


def _fields(act: Act, form: str, given: str | None) -> list[str] | None:
    if given is None:
        return None
    keys = [key for key in given.split(",") if key]
    by_key = act.catalogue.forms[form].by_key
    unknown = [key for key in keys if key not in by_key and key not in SYSTEM_FIELDS]
    if unknown:
        raise Refused([Problem("fields", _("This form has no field with the key {key}.", key=unknown[0]))])
    return keys
