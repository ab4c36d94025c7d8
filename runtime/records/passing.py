"""Whom the passing of days concerns: the records whose formulas may say something else on a later day although nobody wrote anything.

A window moves over the dates of related rows: only records with a row whose date has come into it or left it can change. The days since
something grow every night; compared with a number, or put into bands by cuts, they change on the day on which they pass it. Any other use of
the day may change every record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue
from runtime.formulas import Formula, tree
from runtime.formulas.definitions import computed, formula
from runtime.formulas.evaluate import window_of
from runtime.formulas.functions.base import SHELF
from runtime.formulas.sql_pieces import ends
from runtime.formulas.to_sql import row_writer, to_sql
from runtime.formulas.uses import POPULATION, Uses
from runtime.records.affected import CONDITION, DAY, names_read
from runtime.records.sources import Rows
from runtime.system import clock
from runtime.system.prepared import Prepared
from runtime.system.tables import day_done

if TYPE_CHECKING:
    from runtime.system.workspace import Act

SINCE = "DAYS_SINCE"
SETTLED = "/settled"
SLOW = timedelta(minutes=10)
"""So long an act may take at most between the look at its clock and its first statement, and so far apart may clocks be."""
FURTHEST = 31
"""After a longer pause everything is worked out anew."""
MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
DATES = (tree.Field, tree.Path)
"""What a date is read from without working anything out."""
Cut = tuple[str, Any]
"""How days are compared with a number: ("<=", 30)."""
Answers = dict[str, set[int]]
"""The records that statements have found, by their text. Whoever writes after that day began follows it by itself, so one night need not ask
twice."""
Days = tuple[int, int]
"""First and last day."""


class Passing:
    """Follows formulas of a form from one day to a later one. `others`: what other forms keep of the day reaches this form by itself."""

    def __init__(self, act: Act, form: str, before: int, day: int, others: bool = False, answers: Answers | None = None):
        self.act, self.form, self.before, self.day, self.others = act, form, before, day, others
        self.anybody = False
        """Every record may be concerned."""
        self.answers: Answers = {} if answers is None else answers
        self.rows = Rows(act, form)
        self.dates: dict[tuple[tuple[str, ...], tree.Node], set[Days]] = defaultdict(set)
        """(relation, date of a row) → days that matter."""
        self.own: list[tuple[Formula, Days]] = []
        """Dates of the record itself, and days that matter."""
        self._followed: set[str] = set()

    def follow(self, wanted: Formula, cuts: Sequence[Cut] = ()) -> None:
        """`cuts`: all that is asked of a number of days is on which side of these it lies."""
        if cuts and isinstance(wanted.tree, tree.Call) and wanted.tree.function == SINCE:
            self._since(wanted.tree, cuts)
        else:
            self._node(wanted.tree)

    def records(self) -> list[int] | None:
        """The records concerned, in order; None: they may be all."""
        if self.anybody:
            return None
        if self.before == self.day:
            return []
        found: set[int] = set()
        for query in self._queries():
            prepared = Prepared(query, self.act.connection.dialect)
            asked = f"{prepared.text} {prepared.constants}"
            if asked not in self.answers:
                self.answers[asked] = {row[0] for row in prepared.all(self.act.connection)}
            found |= self.answers[asked]
        return sorted(found - {None})  # type: ignore[arg-type]

    # -- what formulas ask of the day -----------------------------------------------------------------------------------------
    def _node(self, node: tree.Node, inside: bool = False) -> None:
        """`inside` an aggregate, where fields and calls speak of related rows."""
        if isinstance(node, tree.Compare) and not inside and (found := _of_days(node)) is not None:
            call, cut = found
            return self._since(call, [cut])
        if isinstance(node, tree.Call):
            self._call(node)
        elif isinstance(node, tree.Aggregate):
            self._window(node)
            inside = True
        elif isinstance(node, tree.Field) and not node.system:
            self._field(node, inside)
        elif isinstance(node, tree.Path) and not self.others:
            self.anybody |= node.key in all_day_fields(self.act.catalogue)
        for each in tree.children(node):
            self._node(each, inside)

    def _call(self, node: tree.Call) -> None:
        function = SHELF[node.function]
        if node.function == "IN_SEGMENT":
            segment = self.act.catalogue.segments[str(tree.literal_value(node.arguments[0]))]
            self.follow(formula(self.act.catalogue, segment.form, segment.where, expect=CONDITION))
        elif function.uses_day or function.beyond_record or node.function in POPULATION:
            self.anybody = True

    def _field(self, node: tree.Field, inside: bool) -> None:
        if node.relation or node.parent or inside:
            self.anybody |= not self.others and node.key in all_day_fields(self.act.catalogue)
            return
        wanted = computed(self.act.catalogue, self.act.catalogue.forms[self.form]).get(node.key)
        if wanted is not None and node.key not in self._followed:
            self._followed.add(node.key)
            self.follow(wanted)

    def _window(self, node: tree.Aggregate) -> None:
        then, now = (window_of(node, _date(each)) for each in (self.before, self.day))
        if then is None or now is None or node.on is None:
            return
        for days in ((then[0], now[0]), (then[1], now[1])):  # what left at the beginning, what came in at the end
            first, last = sorted(map(clock.to_day, days))
            if first < last:
                self._note(node.relation, node.on, (first, last))

    def _since(self, call: tree.Call, cuts: Sequence[Cut]) -> None:
        """The dates so many days ago that one of the cuts was passed."""
        inner = call.arguments[0]
        for cut in cuts:
            if isinstance(inner, tree.Aggregate) and inner.function in ("MIN", "MAX") and inner.value is not None:
                self._note(inner.relation, inner.value, self._passed(*cut))
            elif isinstance(inner, DATES):
                self.own.append((Formula("", inner, inner.type, Uses()), self._passed(*cut)))
            else:
                self.anybody = True
        self._node(inner)

    def _passed(self, operator: str, number: Any) -> Days:
        """The dates from which as many days have gone by as decide, since the earlier day."""
        if operator in ("<=", ">"):
            return self.before - floor(number), self.day - floor(number) - 1
        if operator in (">=", "<"):
            return self.before - ceil(number) + 1, self.day - ceil(number)
        return self.before - floor(number), self.day - floor(number)

    def _note(self, relation: tuple[str, ...], on: tree.Node, days: Days) -> None:
        if isinstance(on, DATES):
            self.dates[relation, on].add(days)
        else:
            self.anybody = True

    # -- asking ---------------------------------------------------------------------------------------------------------------
    def _queries(self) -> list[sa.Select[Any]]:
        found = []
        relations = {relation for relation, _on in self.dates}
        for relation in sorted(relations):
            related: Any = self.rows.source.related(relation)
            writer = row_writer(related)
            columns = [(writer.write(on), on.type.kind, days) for (other, on), days in self.dates.items() if other == relation]
            found.append(related.records([sa.or_(*[each for column in columns for each in self._among(*column)])]))
        columns = [(to_sql(wanted, self.rows.source), wanted.type.kind, {days}) for wanted, days in self.own]
        if columns:
            conditions = sa.or_(*[each for column in columns for each in self._among(*column)])
            found.append(self.rows.select(self.rows.id).where(conditions))
        return found

    def _among(self, column: Any, kind: str, days: set[Days]) -> list[Any]:
        bounds = [ends(kind, _date(first), _date(last), self.act.zone) for first, last in sorted(days)]
        return [column.between(sa.literal_column(str(first)), sa.literal_column(str(last))) for first, last in bounds]


def _date(day: int) -> date:
    return date.fromordinal(day + clock.FIRST_DAY)


def _of_days(node: tree.Compare) -> tuple[tree.Call, Cut] | None:
    """The call and its cut, where a number of days is compared with a number."""
    sides = [(node.left, node.right, node.operator), (node.right, node.left, MIRRORED.get(node.operator, node.operator))]
    for call, number, operator in sides:
        if isinstance(call, tree.Call) and call.function == SINCE and isinstance(number, tree.Literal):
            return call, (operator, number.value)
    return None


def all_day_fields(catalogue: Catalogue) -> set[str]:
    """The keys of computed fields of any form that change with the day, or read one that does."""
    if "all_day_fields" not in catalogue.memo:
        every = [(form, key, each) for form in catalogue.forms for key, each in computed(catalogue, catalogue.forms[form]).items()]
        reads = {(form, key): names_read(catalogue, form, each) | _read_elsewhere(each) for form, key, each in every}
        found: set[str] = set()
        while more := {key for (_form, key), names in reads.items() if key not in found and (DAY in names or names & found)}:
            found |= more
        catalogue.memo["all_day_fields"] = found
    return catalogue.memo["all_day_fields"]


def _read_elsewhere(wanted: Formula) -> set[str]:
    return {key for use in wanted.uses.relations for key in use.fields} | {key for _reference, key in wanted.uses.paths}


# -- up to which day everybody is right -------------------------------------------------------------------------------------------
def marked(act: Act, what: str, more: str = "") -> int | None:
    """The day up to which everybody is right, by the definitions now in force and in the zone of now; None where that is not known."""
    return act.connection.execute(sa.select(sa.func.max(day_done.c.day)).where(day_done.c.what == _name(act, what) + more)).scalar()


def mark(act: Act, what: str, day: int, settled: bool = False) -> None:
    """Notes that everybody is right as of a day; `settled`: and that nobody who began on an earlier one was writing any more."""
    if marked(act, what) != day:
        forget(act, what)
        act.connection.execute(day_done.insert().values(what=_name(act, what), day=day, at=act.micros))
    if settled and marked(act, what, SETTLED) != day:
        act.connection.execute(day_done.insert().values(what=_name(act, what) + SETTLED, day=day, at=act.micros))


def nobody_from_before(act: Act) -> bool:
    """Whether every transaction of this database that may have begun on an earlier day has ended: on SQLite there is one writer at a time. An
    act reads its clock before its transaction begins, so whoever began soon after midnight counts as one from before."""
    if act.connection.dialect.name != "postgresql":
        return True
    midnight = datetime.combine(act.today, time(), act.zone) + SLOW
    began = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' "
        "AND (usename IS DISTINCT FROM current_user OR xact_start < to_timestamp(:midnight))"
    )
    return act.connection.execute(began, {"midnight": midnight.timestamp()}).scalar() == 0


def forget(act: Act, what: str) -> None:
    act.connection.execute(day_done.delete().where(day_done.c.what.startswith(f"{what}/", autoescape=True)))


def passed(act: Act, what: str, form: str, others: bool = False, answers: Answers | None = None) -> Passing | None:
    """What has passed since the marked day. On PostgreSQL somebody who began on the day before may have ended after the mark was made, unless
    that was settled."""
    done = marked(act, what)
    if done is None or not 0 <= act.day - done <= FURTHEST:
        return None
    late = act.connection.dialect.name == "postgresql" and marked(act, what, SETTLED) != done
    return Passing(act, form, done - late, act.day, others, answers)


def _name(act: Act, what: str) -> str:
    return f"{what}/{act.catalogue.revision}/{act.zone.key}"
