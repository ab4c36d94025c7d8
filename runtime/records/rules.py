"""The rules of a form over the values of one record: what they hide, and what they demand. static/src/formulas/live.ts does the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime.errors import Problem, TierloomError
from runtime.formulas import Formula
from runtime.formulas.evaluate import evaluate
from runtime.records.filling import filled
from runtime.records.fitting import is_blank, stored
from runtime.records.plan import Checked, Plan
from runtime.records.values import RecordValues, SubformRow
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.records.entries import Entry
    from runtime.system.workspace import Act

NEEDED = _("This is needed.")
LOCKED = _("This cannot be changed now.")
NOT_ON_OFFER = _("This option cannot be chosen now. Choose one of those on offer.")
Place = tuple[str, int, str]
"""A field of a row: sub-form, number of the row, key."""


@dataclass(frozen=True)
class Hidden:
    fields: frozenset[str] = frozenset()
    in_rows: frozenset[Place] = frozenset()


NOTHING_HIDDEN = Hidden()


class Ruled:
    """A record about to be written, as its rules see it. `compute` works out the computed fields for what is hidden."""

    def __init__(self, act: Act, plan: Plan, entry: Entry, source: RecordValues, compute: Callable[[Hidden], None]):
        self.act, self.plan, self.entry, self.source, self.compute = act, plan, entry, source, compute
        self.old: Mapping[str, Any] = entry.before.values if entry.before else {}

    # -- hiding -----------------------------------------------------------------------------------------------------------------
    def settle(self) -> Hidden:
        """Computes, and treats what no rule shows as its rule says. What a field was may decide about the next, so it goes round."""
        if not (self.plan.shown_by_rule or self.plan.shown_in_rows):
            self.compute(NOTHING_HIDDEN)
            return NOTHING_HIDDEN
        given, problems = _copied(self.entry.values), list(self.entry.problems)
        hidden = NOTHING_HIDDEN
        for _round in range(self.plan.most_rounds):
            self._treat(hidden)
            now = self._hidden()
            if now == hidden:
                return hidden
            hidden = now
            self.entry.values.update(_copied(given))
            self.entry.problems[:] = problems
        self._treat(hidden)
        return hidden

    def _hidden(self) -> Hidden:
        fields = self.plan.shown_by_rule - self._named("show")
        places = set()
        for subform, number, _row, source in self.rows():
            rules = self.plan.row_rules[subform]
            shown = {key for each in rules if each.rule.show and self.holds(each.when, source) for key in each.rule.show}
            places |= {(subform, number, key) for key in self.plan.shown_in_rows.get(subform, ()) if key not in shown}
        return Hidden(fields, frozenset(places))

    def _named(self, purpose: str) -> set[str]:
        rules = ((each, getattr(each.rule, purpose)) for each in self.plan.rules)
        return {key for each, keys in rules if keys and self.holds(each.when, self.source) for key in keys}

    def rows(self) -> Iterator[tuple[str, int, dict[str, Any], SubformRow]]:
        """Rows in which rules hold; hidden sub-forms have none."""
        for subform in self.plan.row_rules:
            lines = self.plan.form.by_key[subform].lines()
            for number, row in enumerate(self.entry.values.get(subform) or ()):
                yield subform, number, row, SubformRow(self.source, lines, row)

    def _treat(self, hidden: Hidden) -> None:
        """Gives what is hidden its value, and computes. What is hidden never has the value that somebody sent for it."""
        by_default = []
        for key in hidden.fields:
            treatment = self.plan.treatments[key]
            if treatment != "clear" and key in self.plan.defaults and (treatment == "recompute" or self.entry.before is None):
                by_default.append(key)
            self.entry.values[key] = self.old.get(key) if treatment != "clear" and key not in by_default else None
        for subform, number, key in hidden.in_rows:
            rows = self.entry.values.get(subform) or ()
            if number < len(rows):
                rows[number][key] = None
        self.compute(hidden)
        for _round in range(len(by_default)):
            if not self._by_default(by_default):
                break
            self.compute(hidden)

    def _by_default(self, keys: list[str]) -> bool:
        """Works out defaults, which may read one another; whether any of them is another value now."""
        before = [self.entry.values[key] for key in keys]
        for key in keys:
            self.entry.values[key] = stored(self.plan.form.by_key[key], self.worked_out(key, self.plan.defaults[key], self.source))
        return before != [self.entry.values[key] for key in keys]

    # -- demanding --------------------------------------------------------------------------------------------------------------
    def demand(self, hidden: Hidden) -> None:
        """Tells what the rules refuse."""
        for each in self.plan.rules:
            if each.rule.show is None and self.holds(each.when, self.source):
                self._demand(each, hidden)
        for subform, number, row, source in self.rows():
            if subform in hidden.fields:
                continue
            for each in self.plan.row_rules[subform]:
                if each.rule.show is None and each.rule.read_only is None and self.holds(each.when, source):
                    self._demand_of_row(each, subform, number, row, source, hidden)
        for subform, rules in self.plan.row_rules.items():
            for each in rules:
                if each.rule.read_only is not None and subform in self.entry.given and subform not in hidden.fields:
                    self._keep_rows(each, subform)
        self._limit(hidden)

    def _demand(self, each: Checked, hidden: Hidden) -> None:
        rule, entry = each.rule, self.entry
        for key in rule.require or ():
            if key not in hidden.fields and is_blank(entry.values.get(key)):
                entry.wrong(key, NEEDED)
        for key in rule.read_only or ():
            if key in entry.given and key not in hidden.fields and not self._as_before(key):
                entry.wrong(key, LOCKED)
        if each.check is not None and not self.holds(each.check, self.source):
            for key in rule.fields or ("",):
                entry.wrong(key, _("{message}", message=rule.message))

    def _as_before(self, key: str) -> bool:
        """Whether a locked field has the value it had, or the one that a choice fills in."""
        value = self.entry.values.get(key)
        return value == self.old.get(key) or any(key == name and value == given for name, given in self._fillings(None, self.source))

    def _fillings(self, subform: str | None, source: Any) -> Iterator[tuple[str, Any]]:
        for each in self.plan.fills:
            if each.rule.subform == subform and source.field(each.rule.chosen or "") is not None:
                yield from filled(self.act, self.plan, each, source)

    def _demand_of_row(self, each: Checked, subform: str, number: int, row: dict[str, Any], source: SubformRow, hidden: Hidden) -> None:
        for key in each.rule.require or ():
            if (subform, number, key) not in hidden.in_rows and is_blank(row.get(key)):
                self.entry.wrong(f"{subform}/{number}/{key}", NEEDED)
        if each.check is not None and not self.holds(each.check, source):
            for key in each.rule.fields or ("",):
                self.entry.wrong(f"{subform}/{number}/{key}" if key else subform, _("{message}", message=each.rule.message))

    def _keep_rows(self, each: Checked, subform: str) -> None:
        """Rows have no names, so what is locked in them must be together in a row that was there, or what fills itself in."""
        keys = each.rule.read_only or ()
        there = Counter(tuple(row.get(key) for key in keys) for row in self.old.get(subform) or ())
        for place, number, row, source in self.rows():
            if place != subform or not self.holds(each.when, source):
                continue
            values = tuple(row.get(key) for key in keys)
            if there[values] > 0:
                there[values] -= 1
                continue
            fills = dict(self._fillings(subform, source))
            for key, value in zip(keys, values, strict=True):
                if not is_blank(value) and value != fills.get(key) and value != self._line_default(subform, key, source):
                    self.entry.wrong(f"{subform}/{number}/{key}", LOCKED)

    def _line_default(self, subform: str, key: str, source: SubformRow) -> Any:
        default = self.plan.line_defaults[subform].get(key)
        return None if default is None else stored(self.plan.form.by_key[subform].lines()[key], self.worked_out("", default, source))

    # -- options on offer -------------------------------------------------------------------------------------------------------
    def _limit(self, hidden: Hidden) -> None:
        for key, options in offered(self.plan.rules, lambda formula: self.holds(formula, self.source)).items():
            value = self.entry.values.get(key)
            if key not in hidden.fields and not _among(value, options, self.plan.form.by_key[key]):
                self.entry.wrong(key, NOT_ON_OFFER)
        for subform, number, row, source in self.rows():
            lines = self.plan.form.by_key[subform].lines()
            for key, options in self._offered_in(subform, source).items():
                if (subform, number, key) not in hidden.in_rows and not _among(row.get(key), options, lines[key]):
                    self.entry.wrong(f"{subform}/{number}/{key}", NOT_ON_OFFER)

    def _offered_in(self, subform: str, source: SubformRow) -> dict[str, frozenset[str]]:
        return offered(self.plan.row_rules[subform], lambda formula: self.holds(formula, source))

    # -- conditions -------------------------------------------------------------------------------------------------------------
    def holds(self, formula: Formula | None, source: Any) -> bool:
        return formula is None or bool(self.worked_out("", formula, source))

    def worked_out(self, path: str, formula: Formula, source: Any) -> Any:
        try:
            return evaluate(formula, source)
        except TierloomError as error:
            if (problem := Problem(path, error.message)) not in self.entry.problems:
                self.entry.problems.append(problem)
            return None


def offered(rules: list[Checked], holds: Callable[[Formula | None], bool]) -> dict[str, frozenset[str]]:
    """The options that limited fields offer; a field whose rules all do not hold is not limited."""
    found: dict[str, frozenset[str]] = {}
    for each in rules:
        if each.rule.limit and holds(each.when):
            for key in each.rule.limit:
                found[key] = found.get(key, frozenset()) | frozenset(each.rule.options)
    return found


def _among(value: Any, options: frozenset[str], field: Any) -> bool:
    """Whether options alone are chosen that are on offer; an answer of one's own is no option."""
    if is_blank(value):
        return True
    known = field.finder.by_key
    return all(each in options or each not in known for each in ((value,) if isinstance(value, str) else value))


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values whose rows may be changed without those they were copied from."""
    return {
        key: tuple(dict(row) for row in value) if isinstance(value, tuple) and value and isinstance(value[0], dict) else value
        for key, value in values.items()
    }
