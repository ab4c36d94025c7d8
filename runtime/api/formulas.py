"""Trying out formulas: does it pass, what does it read, and what does it give for a record."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from runtime.api.errors import WrongFormula
from runtime.api.records import json_value, readable
from runtime.api.route import Call, Shape
from runtime.definitions.form import Form
from runtime.definitions.types import Type
from runtime.errors import FieldError, NotFound, Problem, Refused, TierloomError
from runtime.formulas import Formula, Scope, evaluate
from runtime.formulas.definitions import computed
from runtime.people.may import may, require
from runtime.records import query
from runtime.records.lookup import ActLookup
from runtime.records.guard import reads_whole
from runtime.records.plan import plan_of
from runtime.records.unfolding import unfold
from runtime.records.values import RecordValues, SubformRow
from runtime.system.workspace import Act
from runtime.texts import _


class ToCheck(Shape):
    """`own_rows`: a measure over all records of the form, as in grouped figures."""

    form: str
    formula: str = Field(max_length=2000)
    own_rows: bool = False


class ToEvaluate(Shape):
    """For one record, by id; or for values given by field key; or for a record without any value."""

    form: str
    formula: str = Field(max_length=2000)
    record: str | None = Field(None, pattern=r"^[0-9]{1,16}$")
    values: dict[str, Any] | None = None


class FormulaType(Shape):
    kind: str
    decimals: int | None
    currency: str | None
    form: str | None


class Names(Shape):
    """What a formula reads: fields of its form, relations such as `orders`, and paths such as `customer.name`."""

    fields: tuple[str, ...]
    relations: tuple[str, ...]
    paths: tuple[str, ...]
    functions: tuple[str, ...]


class Checked(Shape):
    """`formula` is the stored spelling: keys instead of labels."""

    formula: str
    type: FormulaType
    names: Names


class CountedRow(Shape):
    """One of the first rows that count: the record it is or belongs to (`null` for a row of the record's own sub-form)."""

    record: str | None
    day: str | None
    shown: str | None


class CountedRows(Shape):
    """What an aggregate looked at: `counted` of `seen` rows of `form`, and the first few of them that the person may see. `filter` finds
    them in the list of the form."""

    form: str
    own: bool
    counted: int
    seen: int
    since: str | None
    until: str | None
    summary: str
    filter: str | None
    first: tuple[CountedRow, ...]


class Explained(Shape):
    """A part of the formula: its text with labels, its value and how the value is written. `sentence` is the part with values in place
    of names; `taken` is false where the value was not needed."""

    text: str
    value: Any
    shown: str
    sentence: str | None
    note: str | None
    taken: bool
    rows: CountedRows | None
    children: tuple[Explained, ...]


class Evaluated(Shape):
    type: FormulaType
    names: Names
    value: Any
    explanation: Explained


PERSON = frozenset({"person"})


def check(call: Call) -> dict[str, Any]:
    _require_form(call.act, call.body.form)
    found = readable(call.act, call.body.form, call.body.formula, "formula", allow=PERSON, own_rows=call.body.own_rows)
    return {"formula": found.text, "type": _type(found.type), "names": _names(found)}


def evaluated(call: Call) -> dict[str, Any]:
    act, wanted = call.act, call.body
    form = _require_form(act, wanted.form)
    if wanted.record is not None and wanted.values is not None:
        raise Refused([Problem("values", _("Give a record or values, not both."))])
    found = readable(act, form.key, wanted.formula, "formula", allow=PERSON)
    record = int(wanted.record) if wanted.record is not None else None
    values = _of_record(act, form, record) if record is not None else _of_values(act, form, wanted.values or {})
    if not reads_whole(act, form.key, found, record):
        sentence = _("This formula uses something that you may not see. Ask somebody who builds in this workspace.")
        raise Refused([Problem("formula", sentence)])
    scope = Scope(act.catalogue, form.key, allow=PERSON)
    try:
        explanation = unfold(act, found, values, scope, call.language, json_value)
    except TierloomError as error:
        raise WrongFormula("formula", error) from error
    return {"type": _type(found.type), "names": _names(found), "value": explanation["value"], "explanation": explanation}


def _require_form(act: Act, key: str) -> Form:
    if key not in act.catalogue.forms:
        raise Refused([Problem("form", _("There is no form with the key {key}.", key=key))])
    require(act.person, "view", key)
    return act.catalogue.forms[key]


def _of_record(act: Act, form: Form, record: int) -> RecordValues:
    try:
        query.get(act, form.key, record)
    except NotFound as error:
        raise Refused([Problem("record", error.message)]) from error
    values = RecordValues.of(act, form.key, record)
    assert values is not None
    return values


def _of_values(act: Act, form: Form, given: dict[str, Any]) -> RecordValues:
    """Values as a new record would have them, what is worked out from them included."""
    lookup, values, problems = ActLookup(act), {}, []
    for key, raw in given.items():
        field = form.by_key.get(key)
        if field is None or not field.writable or not may(act.person, "view", form.key, None, key):
            problems.append(Problem(f"values/{key}", _("This form has no field with the key {key}.", key=key)))
            continue
        try:
            values[key] = field.parse(raw, lookup)
        except FieldError as error:
            problems += [each.under("values") for each in error.problems] or [Problem(f"values/{key}", error.message)]
    if problems:
        raise Refused(problems)
    source = RecordValues(act, form, values)
    _work_out_rows(act, form, source, values)
    for key, each in computed(act.catalogue, form).items():
        values[key] = _if_possible(each, source)
    return source


def _work_out_rows(act: Act, form: Form, source: RecordValues, values: dict[str, Any]) -> None:
    """Every row of a sub-form gets every key of it, and what is worked out in it."""
    for key, formulas in plan_of(act.catalogue, form.key, act.connection.dialect).line_computed.items():
        lines = form.by_key[key].lines()
        values[key] = tuple({line: row.get(line) for line in lines} for row in values.get(key) or ())
        for row in values[key]:
            for line, each in formulas.items():
                row[line] = _if_possible(each, SubformRow(source, lines, row))


def _if_possible(found: Formula, source: RecordValues) -> Any:
    """A value on the way to the one asked for, which may not even read it."""
    try:
        return evaluate(found, source)
    except TierloomError:
        return None


def _type(type: Type) -> dict[str, Any]:
    has_decimals = type.kind in ("number", "money")
    return {"kind": type.kind, "decimals": type.scale if has_decimals else None, "currency": type.currency, "form": type.form}


def _names(found: Formula) -> dict[str, Any]:
    uses = found.uses
    return {
        "fields": sorted(uses.fields),
        "relations": sorted({".".join(each.path) for each in uses.relations}),
        "paths": sorted(f"{reference}.{key}" for reference, key in uses.paths),
        "functions": sorted(uses.functions),
    }
