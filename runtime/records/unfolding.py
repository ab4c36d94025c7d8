"""An explanation for a page or the API: plain texts in one language, and of related rows only what the reader may see."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runtime.definitions.types import Type
from runtime.errors import FormulaProblems, Refused
from runtime.formulas import Formula, Scope
from runtime.formulas.definitions import formula
from runtime.formulas.explaining import Naming, Part, Rows, explain
from runtime.formulas.saying import rows_filter
from runtime.people.may import may
from runtime.records import query
from runtime.records.guard import require_readable
from runtime.records.values import RecordValues
from runtime.system.workspace import Act
from runtime.texts import Message, _, in_language

Write = Callable[[Type, Any], Any]


def unfold(act: Act, found: Formula, values: RecordValues, scope: Scope, language: str, write: Write | None = None) -> dict[str, Any]:
    """How a formula's value for a record comes about. `write` gives values in another form beside the text. Raises CannotCompute."""
    return _Unfolding(act, values, scope, language, write).part(explain(found, values, scope, naming(act)))


def naming(act: Act) -> Naming:
    """What people and records are called, as far as the person may know."""

    def name(type: Type, value: Any) -> str | None:
        if type.kind == "member":
            return query.people_names(act, [value]).get(value)
        if type.form is None or not may(act.person, "view", type.form, value):
            return f"#{value}"
        return query.titles(act, {type.form: {value}}).get((type.form, value), f"#{value}")

    return name


class _Unfolding:
    def __init__(self, act: Act, values: RecordValues, scope: Scope, language: str, write: Write | None):
        self.act, self.values, self.scope, self.language, self.write = act, values, scope, language, write

    def say(self, text: Any) -> str:
        return str(in_language(text, self.language))

    def part(self, part: Part) -> dict[str, Any]:
        """{text, shown, sentence, note, taken, rows, children}, and value where it is asked for."""
        found = {
            "text": self.say(part.text),
            "shown": self.say(part.shown),
            "sentence": part.said(self.language),
            "note": self.say(part.note) if part.note is not None else None,
            "taken": part.taken,
            "rows": self._rows(part.rows) if part.rows is not None else None,
            "children": [self.part(each) for each in part.children],
        }
        return {**found, "value": self.write(part.type, part.value)} if self.write is not None else found

    def _rows(self, rows: Rows) -> dict[str, Any]:
        form = rows.relation.form
        seen = [each for each in rows.first if may(self.act.person, "view", form, each.record)]
        return {
            "form": form,
            "own": rows.own,
            "counted": rows.counted,
            "seen": rows.seen,
            "since": rows.window[0].isoformat() if rows.window else None,
            "until": rows.window[1].isoformat() if rows.window else None,
            "summary": self.say(_summary(rows)),
            "filter": related_filter(self.act, rows, self.values.record, self.scope),
            "first": [
                {
                    "record": str(each.record) if each.record is not None and not rows.own else None,
                    "day": each.day.isoformat() if each.day is not None else None,
                    "shown": self.say(each.value) if each.value is not None else None,
                }
                for each in seen
            ],
        }


def _summary(rows: Rows) -> Message:
    words = {"counted": rows.counted, "seen": rows.seen, "relation": rows.relation.label}
    if rows.window is None:
        return _("{relation}: {counted} of {seen} count", **words)
    since, until = (day.isoformat() for day in rows.window)
    return _("{relation}: {counted} of {seen} count, from {since} to {until}", **words, since=since, until=until)


def related_filter(act: Act, rows: Rows, record: int | None, scope: Scope) -> str | None:
    """The filter of the related form's list that shows what was counted; None where there is no such list for this person."""
    if record is None or rows.relation.subform is not None or not may(act.person, "view", rows.relation.form):
        return None
    text = rows_filter(rows.node, rows.relation, record, rows.window, scope)
    try:
        found = formula(act.catalogue, rows.relation.form, text, expect="boolean") if text is not None else None
    except FormulaProblems:
        return None
    return found.text if found is not None and may_read(act, found, rows.relation.form) else None


def may_read(act: Act, found: Formula, form: str) -> bool:
    """Whether the person may use a formula in a list, which then keeps from them what they may not see of each record."""
    try:
        require_readable(act, form, found)
    except Refused:
        return False
    return all(may(act.person, "view", each.form) for each in found.uses.relations)
