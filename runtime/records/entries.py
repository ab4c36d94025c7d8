"""From what was given to what will be stored: parse, defaults, rules, formulas, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from runtime.definitions.field_type import FieldType, Lookup
from runtime.definitions.renames import not_there
from runtime.errors import FieldError, Problem, TierloomError
from runtime.formulas import Formula
from runtime.formulas.evaluate import evaluate
from runtime.people.may import may
from runtime.records.filling import fill
from runtime.records.fitting import is_blank, stored
from runtime.records.narrowing import unfit
from runtime.records.plan import Plan
from runtime.records.rows import Record
from runtime.records.rules import NOTHING_HIDDEN, Hidden, Ruled
from runtime.records.values import RecordValues, SubformRow
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST_ROWS = 1_000


@dataclass
class Entry:
    """One record about to be written. `values` is complete once `prepare` is done; `changes` holds (old, new) of what differs."""

    record: int | None
    before: Record | None
    values: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    given: frozenset[str] = frozenset()
    given_in_rows: dict[str, list[frozenset[str]]] = field(default_factory=dict)
    search: str = ""
    hidden: Hidden = NOTHING_HIDDEN
    unfit: dict[str, Message] = field(default_factory=dict)
    """Linked choices that do not fit what stands beside them, by their paths; they are among the problems."""
    starts: list[str] = field(default_factory=list)
    """The workflows that decide about it, because it passes a limit."""

    def wrong(self, path: str, message: Any) -> None:
        problem = Problem(path, message)
        if problem not in self.problems:
            self.problems.append(problem)


Parsed = dict[tuple[str, str], tuple[Any, list[Problem]]]
"""(field, text) → what it means; rows of a file repeat the same few days, options and names."""


def prepare(
    act: Act,
    plan: Plan,
    given: Mapping[str, Any],
    before: Record | None,
    lookup: Lookup,
    parsed: Parsed | None = None,
    trusted: Container[str] = (),
) -> Entry:
    """Works out the values of a new record (`before` None) or a changed one. Never raises for bad input: see `problems`.

    `parsed` is filled by and for the rows of one batch. For fields in `trusted` the person's right to change them is not asked.
    """
    entry = Entry(before.id if before else None, before, dict(before.values) if before else {}, given=frozenset(given))
    _parse(act, plan, entry, given, lookup, parsed, trusted)
    names = plan.names_before(before.values if before else {})
    source = RecordValues(act, plan.form, entry.values, entry.record, _system(before), names)
    if before is None:
        _look_up(plan, entry, source)
        _defaults(plan, entry, source)
    if not entry.problems:
        if plan.fills:
            fill(act, plan, entry, source)
        rules = Ruled(act, plan, entry, source, lambda hidden: _compute(plan, entry, source, hidden))
        entry.hidden = hidden = rules.settle()
        rules.demand(hidden)
        _required(plan, entry, hidden.fields)
        if plan.narrowed:
            entry.unfit = dict(unfit(plan.form, plan.narrowed, entry, hidden, lookup, trusted))
            for path, sentence in entry.unfit.items():
                entry.wrong(path, sentence)
    note_changes(plan, entry)
    return entry


def note_changes(plan: Plan, entry: Entry) -> None:
    """Tells what differs from what is stored."""
    old = entry.before.values if entry.before else {}
    for key in (*plan.writable, *plan.imported, *plan.computed):
        new = entry.values.get(key)
        if new != old.get(key) and not (is_blank(new) and is_blank(old.get(key))):
            entry.changes[key] = (old.get(key), new)
        else:
            entry.changes.pop(key, None)


def fill_anew(act: Act, plan: Plan, entry: Entry, values: Mapping[str, Any]) -> None:
    """Gives a prepared entry further values; what is computed follows."""
    entry.values.update(values)
    names = plan.names_before(entry.before.values if entry.before else {})
    _compute(plan, entry, RecordValues(act, plan.form, entry.values, entry.record, _system(entry.before), names), entry.hidden)
    note_changes(plan, entry)


def _system(before: Record | None) -> dict[str, Any]:
    return (
        {}
        if before is None
        else {name: getattr(before, name) for name in ("id", "version", "created_at", "created_by", "updated_at", "updated_by")}
    )


def _parse(
    act: Act, plan: Plan, entry: Entry, given: Mapping[str, Any], lookup: Lookup, parsed: Parsed | None, trusted: Container[str]
) -> None:
    action = "import" if act.source == "import" else "add" if entry.before is None else "edit"
    for key, raw in given.items():
        field_type = plan.writable.get(key) or (plan.imported.get(key) if act.source == "import" else None)
        if field_type is None:
            known = plan.form.field(key)
            entry.wrong(
                key,
                plan.form.unknown(key) if known is None else _("This field fills itself and cannot be written."),
            )
            continue
        if key not in trusted and not may(act.person, action, plan.form.key, entry.record, key):
            entry.wrong(key, _("You may not change this field."))
            continue
        if field_type.stores == "rows":
            entry.values[key] = _parse_rows(act, plan, entry, field_type, raw, lookup)
            continue
        value, problems = (
            _one(field_type, raw, lookup) if parsed is None or raw.__class__ is not str else _known(field_type, raw, lookup, parsed)
        )
        if problems:
            entry.problems += [each.under(key) if each.path else Problem(key, each.message) for each in problems]
        entry.values[key] = value


def _known(field_type: FieldType, raw: str, lookup: Lookup, parsed: Parsed) -> tuple[Any, list[Problem]]:
    found = parsed.get((field_type.key, raw))
    if found is None:
        found = parsed[field_type.key, raw] = _one(field_type, raw, lookup)
    return found


def _one(field_type: FieldType, raw: Any, lookup: Lookup) -> tuple[Any, list[Problem]]:
    if raw is None:
        return None, []
    try:
        value = field_type.parse(raw, lookup)
    except FieldError as error:
        return None, list(getattr(error, "problems", ())) or [Problem("", error.message)]
    if value is None or value == ():
        return value, []
    return value, [Problem("", message) for message in field_type.check(value)]


def _parse_rows(act: Act, plan: Plan, entry: Entry, subform: FieldType, raw: Any, lookup: Lookup) -> tuple[dict[str, Any], ...]:
    """The rows of a sub-form, each field at a path like `items/0/price`."""
    if raw in (None, ""):
        return ()
    if not isinstance(raw, (list, tuple)) or not all(isinstance(each, Mapping) for each in raw):
        entry.wrong(subform.key, _("A sub-form takes a list of rows."))
        return ()
    if len(raw) > MOST_ROWS:
        entry.wrong(subform.key, _("A sub-form takes {most} rows at most.", most=MOST_ROWS))
        return ()
    lines, rows = subform.lines(), []
    for number, given in enumerate(raw):
        row: dict[str, Any] = {}
        for key in given:
            if key not in lines or not lines[key].writable:
                entry.wrong(
                    f"{subform.key}/{number}/{key}",
                    not_there(key, lines.values()) if key not in lines else _("This field fills itself and cannot be written."),
                )
        for key, line in lines.items():
            if not line.writable:
                continue
            value, problems = _one(line, given.get(key), lookup)
            entry.problems += [Problem(f"{subform.key}/{number}/{key}", each.message) for each in problems]
            row[key] = None if value == () else value  # as it is read again: a row has one column for each field
            if line.required and is_blank(value) and key not in plan.line_defaults[subform.key]:
                entry.wrong(f"{subform.key}/{number}/{key}", _("This is needed."))
        rows.append(row)
    entry.given_in_rows[subform.key] = [frozenset(given) for given in raw]
    for message in subform.check(tuple(rows)) if rows else ():  # no rows are a blank, which `required` is asked about
        entry.wrong(subform.key, message)
    return tuple(rows)


def _defaults(plan: Plan, entry: Entry, source: RecordValues) -> None:
    for key, formula in plan.defaults.items():
        if key not in entry.given:
            entry.values[key] = stored(plan.writable[key], _worked_out(entry, key, formula, source))


def _worked_out(entry: Entry, path: str, formula: Formula, source: Any) -> Any:
    try:
        return evaluate(formula, source)
    except TierloomError as error:
        entry.wrong(path, error.message)
        return None


def _required(plan: Plan, entry: Entry, hidden: frozenset[str]) -> None:
    for key, field_type in plan.writable.items():
        if field_type.required and key not in hidden and (entry.before is None or key in entry.given) and is_blank(entry.values.get(key)):
            entry.wrong(key, _("This is needed."))


def _look_up(plan: Plan, entry: Entry, source: RecordValues) -> None:
    """What rules, defaults and rows read of the records that this one points at. It is kept elsewhere, and worked out there once more."""
    for key, formula in plan.looked_up.items():
        try:
            entry.values[key] = stored(plan.form.by_key[key], evaluate(formula, source))
        except TierloomError:
            entry.values[key] = None


def _compute(plan: Plan, entry: Entry, source: RecordValues, hidden: Hidden = NOTHING_HIDDEN) -> None:
    if plan.line_computed:
        _look_up(plan, entry, source)
    for subform, formulas in plan.line_computed.items():
        lines = plan.form.by_key[subform].lines()
        for number, row in enumerate(entry.values.get(subform) or ()):
            place = SubformRow(source, lines, row)
            for key, formula in plan.line_defaults[subform].items():
                if row.get(key) is None and ((subform, number, key) not in hidden.in_rows or plan.row_treatments[subform, key] != "clear"):
                    row[key] = stored(lines[key], _worked_out(entry, f"{subform}/{number}/{key}", formula, place))
            for key, formula in formulas.items():
                row[key] = _fitting(
                    entry, f"{subform}/{number}/{key}", stored(lines[key], _worked_out(entry, f"{subform}/{number}/{key}", formula, place))
                )
    for key, formula in plan.computed.items():
        entry.values[key] = _fitting(entry, key, stored(plan.form.by_key[key], _worked_out(entry, key, formula, source)))
    _look_up(plan, entry, source)


def _fitting(entry: Entry, path: str, value: Any) -> Any:
    """A number too large for its column is an error, never a wrapped number."""
    if isinstance(value, Decimal) and abs(value.scaleb(-int(value.as_tuple().exponent))) >= 2**61:
        entry.wrong(path, _("The result is too large to be stored."))
        return None
    return value
