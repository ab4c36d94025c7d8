"""Field by field, which of two records has the better value, and why.

A filled value beats a blank one, one that passes the checks of its field beats one that does not, a text that holds the other beats it,
then the one that was changed later, then the longer text; where nothing speaks for the other, the record that stays keeps its own.
Of values that the person may not change, or not see, only blanks are filled: nobody decides about what they cannot look at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from runtime.definitions.field_type import FieldType
from runtime.errors import FieldError, Problem, Refused
from runtime.people.may import may, sees
from runtime.people.rights import VIEW
from runtime.records.entries import MOST_ROWS
from runtime.records.gateway import plan_for
from runtime.records.lookup import NoLookup
from runtime.records.rows import Record
from runtime.system import clock
from runtime.system.sets import among
from runtime.system.tables import record_change
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

Taken = Literal["keep", "other", "both"]
MOST_CHANGES = 2_000
TEXTS = ("text", "long_text")


@dataclass(frozen=True)
class Pair:
    """One field of the two records. `taken`: whose value is, or is proposed to be, taken, `why` what speaks for it; `open`: the person may
    choose otherwise, `shown`: they see both values whole; `both`: the values can be joined."""

    field: FieldType
    keep: Any
    other: Any
    taken: Taken
    why: Message
    open: bool
    shown: bool
    both: bool = False

    @property
    def key(self) -> str:
        return self.field.key

    @property
    def differs(self) -> bool:
        return self.keep != self.other

    def value(self, taken: Taken) -> Any:
        if taken == "both":
            return joined(self.field, self.keep, self.other)
        return self.keep if taken == "keep" else self.other


def pairs_of(act: Act, keep: Record, other: Record) -> list[Pair]:
    """The fields that people fill in, with what is proposed for each."""
    ages = _Ages(act, keep, other)
    fields = plan_for(act, keep.form.key).writable.values()
    return [_pair(act, each, keep, other, ages) for each in fields]


def chosen(pairs: list[Pair], take: Mapping[str, str]) -> dict[str, Any]:
    """The new values of the record that stays, of the fields in which it changes. Raises Refused for what cannot be chosen."""
    by_key = {each.key: each for each in pairs}
    problems = [problem for key, wanted in take.items() if (problem := _unchoosable(by_key.get(key), key, wanted)) is not None]
    if problems:
        raise Refused(problems)
    values = {}
    for each in pairs:
        value = each.value(take.get(each.key, each.taken))  # type: ignore[arg-type]
        if value != each.keep:
            values[each.key] = value
    return values


def _unchoosable(pair: Pair | None, key: str, wanted: str) -> Problem | None:
    if pair is None:
        return Problem(key, _("This form has no field with the key {key} that could be chosen.", key=key))
    if wanted == pair.taken:
        return None
    if not pair.open:
        return Problem(
            key, _("You may not change this field, so it is merged by the rule: the record that stays keeps its value, a blank is filled.")
        )
    if wanted not in ("keep", "other") and not (wanted == "both" and pair.both):
        return Problem(key, _("Choose whose value is taken."))
    return None


def joined(field: FieldType, keep: Any, other: Any) -> Any:
    """The rows or options of both, what stands in both once."""
    found = list(keep or ())
    if field.stores != "rows":
        return tuple(dict.fromkeys([*found, *(other or ())]))
    lines = [key for key, line in field.lines().items() if line.writable]
    known = [{key: row.get(key) for key in lines} for row in found]
    return tuple([*found, *(row for row in other or () if {key: row.get(key) for key in lines} not in known)])


# -- one field ----------------------------------------------------------------------------------------------------------------------
def _pair(act: Act, field: FieldType, keep: Record, other: Record, ages: _Ages) -> Pair:
    mine, theirs = _value(field, keep, other), _value(field, other, keep)
    form = keep.form.key
    shown = min(sees(act.person, form, field.key, each.id) for each in (keep, other)) >= VIEW
    free = shown and may(act.person, "edit", form, keep.id, field.key)
    both = field.stores in ("rows", "many") and not field.is_blank(mine) and not field.is_blank(theirs)
    if both:
        taken, why = _joined_if_it_fits(field, mine, theirs)
    elif not free:
        taken, why = _filled(field, mine, theirs)
    else:
        taken, why = _better(act, field, mine, theirs, ages)
    return Pair(field, mine, theirs, taken, why, free and mine != theirs, shown, both)


def _value(field: FieldType, record: Record, beside: Record) -> Any:
    """A value as it counts: blank is None, and so is a reference of one of the two records to the other."""
    value = record.values.get(field.key)
    if field.is_blank(value) or value == "":
        return None
    if field.type == "reference" and getattr(field, "form") == record.form.key and value in (record.id, beside.id):
        return None
    return value


SAME = _("the same in both")
STAYS = _("stays, as nothing speaks for the other")


def _filled(field: FieldType, mine: Any, theirs: Any) -> tuple[Taken, Message]:
    if mine == theirs:
        return "keep", SAME
    return ("other", _("fills a blank")) if mine is None else ("keep", _("the other is blank") if theirs is None else STAYS)


def _joined_if_it_fits(field: FieldType, mine: Any, theirs: Any) -> tuple[Taken, Message]:
    both = joined(field, mine, theirs)
    if both == mine:
        return "keep", SAME if mine == theirs else _("holds all that the other holds")
    if (field.stores == "rows" and len(both) > MOST_ROWS) or field.check(both):
        return "keep", _("both together are too many")
    return "both", _("so nothing is lost")


def _better(act: Act, field: FieldType, mine: Any, theirs: Any, ages: _Ages) -> tuple[Taken, Message]:
    if mine is None or theirs is None or mine == theirs:
        return _filled(field, mine, theirs)
    passes = _passes(act, field, mine), _passes(act, field, theirs)
    if passes[0] != passes[1]:
        return ("keep" if passes[0] else "other"), _("passes the checks of this field, the other does not")
    if field.type in TEXTS and (mine in theirs or theirs in mine):
        return ("keep" if theirs in mine else "other"), _("holds all that the other says, and more")
    at = ages.of("keep", field.key), ages.of("other", field.key)
    if at[0] != at[1]:
        return ("keep" if at[0] > at[1] else "other"), _("filled in later: {day}", day=_day(act, max(at)))
    if field.type in TEXTS and len(mine) != len(theirs):
        return ("keep" if len(mine) > len(theirs) else "other"), _("the longer text")
    return "keep", STAYS


def _passes(act: Act, field: FieldType, value: Any) -> bool:
    """Whether a value would be taken today; options may have gone and bounds may have moved since it was stored."""
    try:
        field.parse(value, NoLookup(act.zone))
    except FieldError:
        return False
    return not field.check(value)


def _day(act: Act, micros: int) -> str:
    at = clock.from_micros(micros)
    assert isinstance(at, datetime)
    return at.astimezone(act.zone).date().isoformat()


class _Ages:
    """When each field of the two records was filled in last."""

    def __init__(self, act: Act, keep: Record, other: Record):
        self.records = {"keep": keep, "other": other}
        self.known: dict[tuple[int, str], int] = {}
        for each in self.records.values():
            self._read(act, each)

    def of(self, which: str, key: str) -> int:
        record = self.records[which]
        return self.known.get((record.id, key), record.created_micros)

    def _read(self, act: Act, record: Record) -> None:
        own = record_change.c
        query = (
            sa.select(own.at, own.changes)
            .where(own.form == record.form.key, among(own.record, [record.id]), own.action.in_(("create", "update")))
            .order_by(own.id.desc())
            .limit(MOST_CHANGES)
        )
        for at, changes in act.connection.execute(query):
            for key in record.form.as_called_now(json.loads(changes)):
                self.known.setdefault((record.id, key), at)
