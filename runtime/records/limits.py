"""Limits across forms: whether what is being saved keeps within a bound that the record it belongs to has, or goes to approval instead.

Whoever writes holds the records with the bounds first, in the order of their forms and ids, and counts only then, in a new statement: of two
who would pass a bound only together, the second waits here for the first one's commit and counts what was written. SQLite has one writer at
a time. What the total would be is worked out over the stored records with the entries in their places, so that a check of an import, the page
while somebody types, and a write get the same answer.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.form import Form
from runtime.definitions.limit import FIGURE, PERSON, Limit
from runtime.definitions.model import Definition
from runtime.errors import FormulaProblems, Problem, TierloomError
from runtime.formulas import Formula
from runtime.formulas.definitions import computed, formula
from runtime.formulas.evaluate import evaluate
from runtime.people.may import may
from runtime.records.entries import Entry, fill_anew
from runtime.records.fitting import stored
from runtime.records.guard import reads_whole
from runtime.records.holding import lock_rows
from runtime.records.plan import Plan
from runtime.records.rows import Record
from runtime.records.tables import tables_of
from runtime.records.values import RecordValues, SubformRow
from runtime.system.tables import record_change, workflow_run
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

START: list[Callable[[Act, str, int], Any]] = []
"""Starts a workflow for a record; filled by runtime/kinds.py in plain sight."""
WAITS = _("Its approval is under way. What passes the limit counts only once that has been decided.")
NOT_BACK = _("With this record a limit is passed, and only a workflow may decide about that. Change what counts beside it first.")
OFF = _("The workflow that decides about it is switched off. Ask whoever designed it.")


# -- what would be ------------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Coming:
    """Records of one form as they are about to be: changed ones by their id, and new ones."""

    form: str
    entries: tuple[Entry, ...]

    def stands_for(self, record: int | None) -> bool:
        return any(each.before is not None and each.before.id == record for each in self.entries)


class Foreseen(RecordValues):
    """A record as it will be once `coming` is written: related rows are taken from there, and what follows from them is worked out."""

    coming: Coming
    kept: dict[Any, Any]

    @classmethod
    def over(cls, values: RecordValues, coming: Coming, kept: dict[Any, Any], fresh: bool = False) -> Foreseen:
        """`kept`: stored rows that were read already, by record and relation. `fresh`: nothing that is computed can be stored yet."""
        found = cls(values.act, values.form, values.values, values.record, values._system)
        found.coming, found.kept, found.fresh, found.done = coming, kept, fresh, {}
        return found

    fresh: bool
    done: dict[str, Any]

    def field(self, key: str) -> Any:
        built = tables_of(self.act.catalogue)[self.form.key]
        if built.places.get(key) != "calc" or not (self.fresh or follows(self.act.catalogue, self.form.key, key, self.coming.form)):
            return super().field(key)
        if key not in self.done:
            wanted = computed(self.act.catalogue, self.form)[key]
            self.done[key] = stored(self.form.by_key[key], evaluate(wanted, self))
        return self.done[key]

    def related(self, relation: str) -> Iterator[RecordValues]:
        if self.form.field(relation) is not None:
            own = self.form.by_key[relation]
            yield from (SubformRow(self, own.lines(), row) for row in self.values.get(relation) or ())
            return
        form, reference = self.act.catalogue.relations_to(self.form.key)[relation]
        for each in self._stored(relation):
            if form != self.coming.form or not self.coming.stands_for(each.record):
                yield Foreseen.over(each, self.coming, self.kept)
        if form == self.coming.form:
            for entry in self.coming.entries:
                if self.record is not None and self.record in _named(entry.values.get(reference)):
                    yield Foreseen.over(_values_of(self.act, self.act.catalogue.forms[form], entry), self.coming, self.kept, fresh=True)

    def _stored(self, relation: str) -> list[RecordValues]:
        key = (self.form.key, self.record, relation)
        if key not in self.kept:
            self.kept[key] = list(super().related(relation))
        return self.kept[key]


def _named(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


def _values_of(act: Act, form: Form, entry: Entry) -> RecordValues:
    before = entry.before
    system = {} if before is None else {"id": before.id, "created_at": before.created_at, "created_by": before.created_by}
    return RecordValues(act, form, entry.values, entry.record, system)


def follows(catalogue: Catalogue, form: str, key: str, written: str) -> bool:
    """Whether a computed field can change when records of the form `written` do."""
    memo: dict[Any, bool] = catalogue.memo.setdefault("limits follow", {})
    name = (form, key, written)
    if name not in memo:
        memo[name] = False  # a circle changes nothing
        memo[name] = _follows(catalogue, form, computed(catalogue, catalogue.forms[form])[key], written)
    return memo[name]


def _follows(catalogue: Catalogue, form: str, wanted: Formula, written: str) -> bool:
    related = [(each.form, key) for each in wanted.uses.relations for key in each.fields]
    beside = [(form, key) for key in wanted.uses.fields] + related
    known = [(place, key) for place, key in beside if place in catalogue.forms and key in computed(catalogue, catalogue.forms[place])]
    return any(each.form == written for each in wanted.uses.relations) or any(follows(catalogue, *each, written) for each in known)


# -- checking -----------------------------------------------------------------------------------------------------------------------
def check(act: Act, plan: Plan, entries: Sequence[Entry], hold: bool = True) -> None:
    """Tells which of the entries pass a limit, and sends those to approval whose limit says so. `hold`: they are about to be written."""
    if not plan.form.limits or not entries:
        return
    concerned = {number: _concerned(act, plan, limit, entries) for number, limit in enumerate(plan.form.limits)}
    if hold:
        _hold(act, plan, concerned)
    for number, by_target in concerned.items():
        for target, some in sorted(by_target.items()):
            Checking(act, plan, plan.form.limits[number], target).check([each for each in some if not each.problems], entries)


def _concerned(act: Act, plan: Plan, limit: Limit, entries: Sequence[Entry]) -> dict[int, list[Entry]]:
    """By record with the bound those of the entries that the limit speaks of."""
    found: dict[int, list[Entry]] = defaultdict(list)
    for each in entries:
        target = each.values.get(limit.through)
        new = each.before is None or each.before.deleted_micros is not None
        if target is not None and (new or each.changes) and _holds(act, plan, limit, each):
            found[target].append(each)
    return found


def _holds(act: Act, plan: Plan, limit: Limit, entry: Entry) -> bool:
    if limit.when is None:
        return True
    condition = formula(act.catalogue, plan.form.key, limit.when, {}, PERSON, expect=("boolean",))
    try:
        return bool(evaluate(condition, _values_of(act, plan.form, entry)))
    except TierloomError as error:
        entry.wrong("", error.message)
        return False


def _hold(act: Act, plan: Plan, concerned: dict[int, dict[int, list[Entry]]]) -> None:
    wanted: dict[str, set[int]] = defaultdict(set)
    for number, by_target in concerned.items():
        wanted[getattr(plan.form.by_key[plan.form.limits[number].through], "form")].update(by_target)
    if act.connection.dialect.name == "postgresql":
        for form, ids in sorted(wanted.items()):
            if ids:
                lock_rows(act, form, ids)


class Checking:
    """One limit of one record that has the bound."""

    def __init__(self, act: Act, plan: Plan, limit: Limit, target: int):
        self.act, self.plan, self.limit, self.target = act, plan, limit, target
        self.over_there: Form = act.catalogue.forms[getattr(plan.form.by_key[limit.through], "form")]
        self.total = formula(act.catalogue, self.over_there.key, limit.total, {}, expect=FIGURE)
        self.at_most = formula(act.catalogue, self.over_there.key, limit.at_most, {}, expect=FIGURE)
        self.kept: dict[Any, Any] = {}

    def check(self, entries: list[Entry], beside: Sequence[Entry]) -> None:
        """All together first; only where that is too much one after the other, so that those pass which come first and fit."""
        others = [each for each in beside if not any(each is one for one in entries) and not each.problems]
        try:
            if not entries or not self._over([*others, *entries], others):
                return
            taken = list(others)
            for each in entries:
                passed = self._over([*taken, each], taken)
                if passed is not None:
                    self._beyond(each, *passed)
                if not each.problems:
                    taken.append(each)
        except TierloomError as error:
            for each in entries:
                each.wrong(self.limit.through, error.message)

    def _over(self, entries: list[Entry], before: list[Entry]) -> tuple[Decimal, Decimal] | None:
        """(total, bound) where the entries pass the bound by more than what stands there without them."""
        total, bound = self._figures(entries)
        if total is None or bound is None or total <= bound:
            return None
        without, _bound = self._figures(before)
        return None if without is not None and total <= without else (total, bound)

    def _figures(self, entries: list[Entry]) -> tuple[Any, Any]:
        values = self.kept.get("target")
        if values is None:
            values = self.kept["target"] = RecordValues.of(self.act, self.over_there.key, self.target)
        if values is None:
            return None, None  # that it is gone is said elsewhere
        seen = Foreseen.over(values, Coming(self.plan.form.key, tuple(entries)), self.kept)
        return evaluate(self.total, seen), evaluate(self.at_most, seen)

    # -- what follows -----------------------------------------------------------------------------------------------------------
    def _beyond(self, entry: Entry, total: Decimal, bound: Decimal) -> None:
        key = self.limit.workflow
        if self.limit.then == "block" or key is None:
            return entry.wrong(self.limit.through, self.sentence(total, bound))
        if self.act.opened == (self.plan.form.key, entry.record, key):
            return None  # it is they who decide about it
        runs = _runs(self.act, key, self.plan.form.key, entry.before)
        if any(each.open_record is not None and each.status not in ("returned", "withdrawn") for each in runs):
            return entry.wrong(self.limit.through, WAITS)
        if runs and runs[0].status == "approved" and not self._changed_since(entry, runs[0].ended_at):
            return None
        if not self.act.catalogue.workflows[key].enabled:
            return entry.wrong(self.limit.through, OFF)
        self._divert(entry)
        return entry.starts.append(key)

    def _divert(self, entry: Entry) -> None:
        """What waits for its approval is saved so that it does not count yet."""
        fields, source = self.plan.form.by_key, _values_of(self.act, self.plan.form, entry)
        given = {each.field: formula(self.act.catalogue, self.plan.form.key, each.by, {}, PERSON, None, fields[each.field].formula_type())
                 for each in self.limit.meanwhile}  # fmt: skip
        fill_anew(self.act, self.plan, entry, {key: stored(fields[key], evaluate(each, source)) for key, each in given.items()})

    def _changed_since(self, entry: Entry, at: int) -> bool:
        """Whether what counts of the record has become something else since it was approved. What it is set to meanwhile does not count."""
        meanwhile = {each.field for each in self.limit.meanwhile}
        counts = {self.limit.through} | {
            key for each in self.total.uses.relations if each.form == self.plan.form.key for key in each.fields
        }
        counts |= {key for each in self._computed() for key in each}
        counts = (counts - meanwhile) & self.plan.form.by_key.keys()
        if counts & entry.changes.keys():
            return True
        own = record_change.c
        later = sa.select(own.changes).where(own.form == self.plan.form.key, own.record == entry.record, own.at > at)
        return any(counts & json.loads(each).keys() for each in self.act.connection.execute(later).scalars())

    def _computed(self) -> Iterator[frozenset[str]]:
        """The fields of this form that computed fields over there count."""
        formulas = computed(self.act.catalogue, self.over_there)
        waiting, seen = [key for key in self.total.uses.fields if key in formulas], set()
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen.add(key)
                yield from (each.fields for each in formulas[key].uses.relations if each.form == self.plan.form.key)
                waiting += [each for each in formulas[key].uses.fields if each in formulas]

    # -- in words ---------------------------------------------------------------------------------------------------------------
    def sentence(self, total: Decimal, bound: Decimal) -> Message:
        """What is too much, with the figures for those who see everything that they are made of."""
        if self._may_know():
            figures = {name: _figure(value) for name, value in (("total", total), ("limit", bound), ("over", total - bound))}
            said = _("With this it comes to {total}; at most {limit} is allowed, so {over} is too much.", **figures)
        else:
            said = _("With this a limit is passed that you may not see.")
        return said if self.limit.message is None else _("{said} {message}", said=said, message=self.limit.message)

    def _may_know(self) -> bool:
        act, there = self.act, self.over_there.key
        seen = may(act.person, "view", there, self.target)
        return seen and all(reads_whole(act, there, each, self.target) for each in (self.total, self.at_most))


def _figure(value: Decimal) -> str:
    return f"{value:,f}"


def _runs(act: Act, workflow: str, form: str, before: Record | None) -> list[Any]:
    """The runs of a workflow for a record, the newest first."""
    if before is None:
        return []
    own = workflow_run.c
    mine = (own.workflow == workflow, own.form == form, own.record == before.id)
    return list(act.connection.execute(sa.select(workflow_run).where(*mine).order_by(own.id.desc())).all())


def follow(act: Act, entries: Iterable[Entry]) -> None:
    """Starts the workflows that decide about what has been written."""
    for each in entries:
        for key in dict.fromkeys(each.starts):
            for start in START:
                start(act, key, each.record or 0)


# -- while somebody types -----------------------------------------------------------------------------------------------------------
def foretold(act: Act, plan: Plan, entry: Entry) -> list[Message]:
    """What limits will say to an entry once it is saved."""
    if not plan.form.limits:
        return []
    tried = Entry(entry.record, entry.before, dict(entry.values), dict(entry.changes), given=entry.given, hidden=entry.hidden)
    check(act, plan, [tried], hold=False)
    going = [act.catalogue.workflows[key].label for key in dict.fromkeys(tried.starts)]
    return [each.message for each in tried.problems] + [
        _("This passes a limit. When you save it, “{workflow}” starts and decides about it.", workflow=each) for each in going
    ]


# -- publishing ---------------------------------------------------------------------------------------------------------------------
def problems(definition: Definition, catalogue: Catalogue) -> Iterator[Problem]:
    """One of the checks of publishing (runtime/kinds.py): both figures of a limit are of one kind."""
    if not isinstance(definition, Form):
        return
    for number, limit in enumerate(definition.limits):
        form = getattr(definition.field(limit.through), "form", None)
        if form not in catalogue.forms:
            continue
        try:
            total, bound = (formula(catalogue, form, each, {}, expect=FIGURE).type for each in (limit.total, limit.at_most))
        except FormulaProblems:
            continue  # said where they stand
        if (total.kind, total.currency) != (bound.kind, bound.currency):
            yield Problem(f"limits/{number}/at_most", _("This cannot be compared with what counts together: it is another kind of figure."))
