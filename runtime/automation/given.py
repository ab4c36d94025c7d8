"""What one step gives to those behind it: names with types when it is checked, JSON in the run log, values when formulas ask."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.places import json_value
from runtime.definitions.step import Names, Reached
from runtime.definitions.types import DATETIME, MEMBER, NUMBER, RECORD, Type
from runtime.errors import NotFound
from runtime.people.may import may
from runtime.records.rows import Record, read_record
from runtime.system.tables import automation_step
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue

SYSTEM_TYPES = {"id": NUMBER(0), "created_at": DATETIME, "updated_at": DATETIME, "created_by": MEMBER, "updated_by": MEMBER}
SECOND = timedelta(microseconds=1)


# -- types --------------------------------------------------------------------------------------------------------------------------
def record_names(key: str, form: str, catalogue: Catalogue) -> Names:
    """A record under a name: `KEY` itself and `KEY.field` for each of its fields that has one value or a list of them."""
    memo = catalogue.memo.setdefault("names of records", {})
    if (key, form) not in memo:
        fields = catalogue.forms[form].fields if form in catalogue.forms else ()
        plain = {f"{key}.{each.key}": each.formula_type() for each in fields if each.stores not in ("rows", "nothing")}
        memo[key, form] = {
            key: RECORD(form),
            f"{key}.record": RECORD(form),
            **{f"{key}.{name}": kind for name, kind in SYSTEM_TYPES.items()},
            **plain,
        }
    return memo[key, form]


# -- values as JSON -------------------------------------------------------------------------------------------------------------------
def kept(value: Any) -> Any:
    """A value of a formula as the run log keeps it: nothing is rounded."""
    if isinstance(value, timedelta):
        return value // SECOND
    if isinstance(value, tuple):
        return [kept(each) for each in value]
    return json_value(value)


def read_back(stored: Any, type: Type) -> Any:
    """The value that was kept; what does not fit the type any more is blank."""
    if stored is None:
        return None
    try:
        return _READ.get(type.kind, _as_it_is)(stored, type)
    except (TypeError, ValueError, InvalidOperation):
        return None


def _as_it_is(stored: Any, _type: Type) -> Any:
    return stored


def _list(stored: Any, type: Type) -> Any:
    return tuple(read_back(each, type.item or Type("text")) for each in stored)


_READ: dict[str, Any] = {
    "number": lambda stored, _type: Decimal(str(stored)),
    "money": lambda stored, _type: Decimal(str(stored)),
    "date": lambda stored, _type: date.fromisoformat(stored),
    "datetime": lambda stored, _type: datetime.fromisoformat(stored),
    "duration": lambda stored, _type: stored * SECOND,
    "record": lambda stored, _type: int(stored),
    "member": lambda stored, _type: int(stored),
    "list": _list,
}


# -- values when formulas ask -----------------------------------------------------------------------------------------------------------
def stored_values(doing: Doing, reached: Reached) -> dict[str, Any]:
    """What the steps before this one gave, and the present items of the loops around it, as JSON."""
    wanted = {*reached.givers, *(path for path, _step, _arm, _time in reached.loops)}
    if not wanted:
        return {}
    own = automation_step.c
    rows = doing.act.connection.execute(
        sa.select(own.path, own.result).where(own.run == doing.run.id, own.path.in_(wanted), own.result.is_not(None))
    )
    results = {row.path: json.loads(row.result) for row in rows}
    found: dict[str, Any] = {}
    for path in reached.givers:
        found |= results.get(path, {}).get("gives", {})
    for path, step, arm, time in reached.loops:
        found |= step.values_inside(arm, time, results.get(path, {}))
    return found


class Given(Mapping[str, Any]):
    """The extra names of a step's formulas. Of a record only its number is kept: its fields are read as they are now."""

    def __init__(self, doing: Doing, fixed: Mapping[str, Any], stored: Mapping[str, Any], types: Names):
        self.doing, self.fixed, self.stored, self.types = doing, fixed, stored, types

    def __getitem__(self, name: str) -> Any:
        if name in self.fixed:
            return self.fixed[name]
        if name in self.stored:
            return read_back(self.stored[name], self.types[name])
        key, _dot, field = name.partition(".")
        whole = self.types.get(key)
        if whole is None or whole.kind != "record" or not field:
            return None
        record = self[key]
        return None if record is None else _value(named_record(self.doing, key, str(whole.form), record), field)

    def __iter__(self) -> Iterator[str]:
        return iter(self.types)

    def __len__(self) -> int:
        return len(self.types)


def _value(record: Record, field: str) -> Any:
    if field == "record":
        return record.id
    if field in SYSTEM_TYPES:
        found = getattr(record, field)
        return Decimal(found) if field == "id" else found
    return record.values.get(field)


def named_record(doing: Doing, key: str, form: str, record: int) -> Record:
    """The record that stands under a name. Raises NotFound when it is gone, or when the owner may not see it."""
    found = read_record(doing.act, form, record) if form in doing.act.catalogue.forms else None
    if found is None or found.deleted_at is not None or not may(doing.act.person, "view", form, record):
        raise NotFound(_("The record that “{name}” stands for does not exist any more.", name=key))
    return found
