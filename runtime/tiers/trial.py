"""A trial: a draft of a tier model put in force for a moment, in a transaction that is always taken back.

The facts of the records to be rated lie in a temporary table, as in a full recompute; cut points come from the whole population.
"""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Literal, TypeVar

import sqlalchemy as sa

from runtime.definitions import loading
from runtime.definitions.companions import companions, problems_together
from runtime.definitions.loading import load
from runtime.definitions.tier_model import TierModel
from runtime.errors import DefinitionProblems, NotFound, Problem, Refused
from runtime.formulas.to_sql import NotAsSql
from runtime.people.person import Person
from runtime.records.sources import Rows
from runtime.records.streaming import attempted, over_everything, room_to_join
from runtime.records.tables import tables_of
from runtime.system import clock
from runtime.system.prepared import Prepared
from runtime.system.sets import among
from runtime.system.tables import tier_history, tier_state
from runtime.system.workspace import Act, Workspace
from runtime.texts import _
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.facts import BIG, NO, YES, Facts
from runtime.tiers.quantiles import Cuts, cut_points, cut_population
from runtime.tiers.rating import everybody, facts_of, many_rows_of, rows_of, streamed
from runtime.tiers.statements import facts_place, layer, rated
from runtime.tiers.worth import MONEY, OWNER, money_of, owner_field

Found = TypeVar("Found")
CHUNK = 20_000
BIN = 2
"""Points of a bin of the distribution of scores."""
ROW = ("record", "was", "rank", "bin", "owner", "money", "score", "was_score", "odd")
"""What a rating of a trial says of each record. `rank` is the tier of the draft, `odd` that movement, a freeze or an override has a say."""
COUNTED = (*ROW, "many")
"""The same of records that are counted together, which stay where they are; only a record that moves, or is odd, is named."""


@contextmanager
def scratch(workspace: Workspace, person: Person) -> Iterator[Act]:
    """An act at one moment that may make temporary tables and leaves nothing behind."""
    with workspace.engine.connect() as plain:
        postgres = plain.dialect.name == "postgresql"
        connection = plain.execution_options(isolation_level="REPEATABLE READ") if postgres else plain
        transaction = connection.begin()
        try:
            yield Act(workspace, connection, person, "form", workspace.now(), workspace.catalogue_of(connection))
        finally:
            transaction.rollback()


# -- drafts -----------------------------------------------------------------------------------------------------------------------
def load_model(body: Any) -> TierModel:
    """A draft as a model. Raises DefinitionProblems for another shape, and NotFound for another kind."""
    draft = load(body)
    if not isinstance(draft, TierModel):
        raise NotFound(_("Only a tier model can be tried out."))
    return draft


def put_in_force(act: Act, draft: TierModel) -> Act:
    """The act as it would be with this draft published, and with it what it names and was never published.

    Raises DefinitionProblems; failing rule tests keep nobody from trying out.
    """
    others = companions(act, draft.model_dump(mode="json", by_alias=True))
    problems = [each for each in problems_together(act, draft, others) if keeps_from_trying(each)]
    if problems:
        raise DefinitionProblems(problems)
    catalogue = act.catalogue.with_definitions([draft, *(each.definition for each in others)])
    catalogue.memo["tables"] = tables_of(act.catalogue)
    return replace(act, catalogue=catalogue, after_commit=[], notes=[])


def keeps_from_trying(problem: Problem) -> bool:
    """Whether a draft cannot be worked out at all; failing rule tests, and others that would lose a tier, keep it from being published only."""
    return not problem.path.startswith("tests/") and not loading.is_elsewhere(problem)


def rating_model(act: Act, draft: TierModel) -> str:
    """The model that writes tiers by this draft: itself, or the one that has it as a lane."""
    return next((each.key for each in act.catalogue.tier_models.values() for lane in each.lanes if lane.tier_model == draft.key), draft.key)


def check_day(act: Act, as_of: date | None) -> date | None:
    """The reference day of a trial; None for today. Raises Refused for a day that has not come yet."""
    if as_of is not None and as_of > act.today:
        raise Refused([Problem("as_of", _("Choose today or a day in the past: nothing is known of later days yet."))])
    return None if as_of == act.today else as_of


# -- rating without writing -------------------------------------------------------------------------------------------------------
class Trial:
    """A draft among its records. `fill` facts, `cut`, then ask for `rows`.

    `from_history`: on a past day that the model's history reaches, records are compared with the tier they had then, and placed by the
    borders alone; otherwise with their present tier, by what publishing would do.
    """

    def __init__(self, act: Act, draft: TierModel, as_of: date | None = None, with_owners: bool = False, with_money: bool = False):
        self.act = put_in_force(act, draft)
        self.model: CompiledModel = compile(self.act.catalogue, rating_model(self.act, draft))
        if self.model.form not in tables_of(self.act.catalogue):
            raise NotFound(_("The form {key} is not published yet, so there is nobody to rate.", key=self.model.form))
        self.main = tables_of(self.act.catalogue)[self.model.form].main
        self.facts: Facts = facts_of(self.act, self.model)
        as_of = check_day(act, as_of)
        self.day = self.model.day(act.day) if as_of is None else clock.to_day(as_of)
        self.from_history = as_of is not None and self._history_reaches(as_of)
        self.placing = self.from_history or self.model.model.on_publish == "place"
        self.owner = owner_field(self.act.catalogue, self.model.model) if with_owners else None
        self.money = money_of(self.act.catalogue, self.model, self.facts) if with_money else None
        self.cuts, self.tables = Cuts(), 0
        over_everything(self.act)

    @property
    def connection(self) -> sa.Connection:
        return self.act.connection

    @property
    def dialect(self) -> sa.Dialect:
        return self.act.connection.dialect

    @cached_property
    def given(self) -> dict[str, int]:
        return {"today": self.day, "now": self.act.micros}

    def _history_reaches(self, day: date) -> bool:
        first = sa.select(sa.func.min(tier_history.c.valid_from)).where(tier_history.c.model == self.model.number)
        found = self.connection.execute(first).scalar()
        return found is not None and found < self._end_of(day)

    def _end_of(self, day: date) -> int:
        return clock.to_micros(datetime.combine(day + timedelta(days=1), time(), self.act.zone))

    # -- who is there ---------------------------------------------------------------------------------------------------------
    def count(self) -> int:
        """How many living records the form has."""
        query = sa.select(sa.func.count()).select_from(self.main).where(self.main.c.deleted_at.is_(None))
        return self.connection.execute(query).scalar() or 0

    def ids(self) -> list[int]:
        query = sa.select(self.main.c.id).where(self.main.c.deleted_at.is_(None)).order_by(self.main.c.id)
        return [row[0] for row in Prepared(query, self.dialect).all(self.connection)]

    def bounds(self, after: int = 0, size: int = CHUNK) -> Iterator[tuple[int, int]]:
        """(above, up to) of record ids that hold a chunk of records each."""
        low = _bound("low")
        chunk = sa.select(self.main.c.id).where(self.main.c.id > low).order_by(self.main.c.id).limit(size).subquery("chunk")
        last = Prepared(sa.select(sa.func.max(chunk.c.id)), self.dialect)
        while (high := last.scalar(self.connection, {"low": after})) is not None:
            yield after, high
            after = high

    @staticmethod
    def sample(ids: list[int], size: int) -> list[int]:
        """So many of the records, the same ones each time while there are as many."""
        return ids if len(ids) <= size else sorted(random.Random(len(ids)).sample(ids, size))

    # -- facts ----------------------------------------------------------------------------------------------------------------
    @cached_property
    def extra(self) -> dict[str, str]:
        """Columns of facts beside those that rate: who looks after a record, and what it brings in."""
        field = self.money.field if self.money is not None else None
        return {name: key for name, key in ((OWNER, self.owner), (MONEY, field)) if key is not None}

    @cached_property
    def table(self) -> sa.Table:
        """The temporary table of facts."""
        texts = {each.name for each in self.facts.columns if each.is_text}
        record = sa.Column("record", BIG.with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False)
        columns = [sa.Column(name, sa.Text() if name in texts else BIG) for name in (*self.facts.names[1:], *self.extra)]
        table = sa.Table("trial_facts", sa.MetaData(), record, *columns, prefixes=["TEMPORARY"])
        table.create(self.connection)
        return table

    def pass_over_everybody(self) -> None:
        """Aggregates that `fill` would ask of each record are worked out for all of them at once, where that pays: before everybody is filled
        in."""
        if not self.model.in_sql:
            return
        try:
            query, passes = everybody(self.act, self.model, self.day, "between", self._select)
        except NotAsSql:
            return
        done = attempted(self.act, self.model.may_pass_limits, lambda: [each.fill(self.act, self.given) for each in passes])
        if done is not None:
            self._by_bounds = self._inserting(query)

    def fill(self, low: int, high: int) -> None:
        """Adds the facts of the living records above `low` and up to `high`."""
        if not self._filled_by(self._by_bounds, {"low": low, "high": high}):
            alive = self.main.c.deleted_at.is_(None)
            ids = sa.select(self.main.c.id).where(alive, self.main.c.id > low, self.main.c.id <= high).order_by(self.main.c.id)
            self._streamed(list(self.connection.execute(ids).scalars()))

    def fill_ids(self, ids: list[int]) -> None:
        if not self._filled_by(self._by_ids, {"ids": ids}):
            self._streamed(ids)

    def _filled_by(self, statement: Prepared | None, wanted: dict[str, Any]) -> bool:
        """Whether the database could work the facts out by itself."""
        if statement is None:
            return False
        given = {**self.given, **wanted}
        return attempted(self.act, self.model.may_pass_limits, lambda: statement.run(self.connection, given)) is not None

    @cached_property
    def _by_bounds(self) -> Prepared | None:
        return self._insert("between")

    @cached_property
    def _by_ids(self) -> Prepared | None:
        return self._insert("ids")

    def _insert(self, of: Literal["ids", "between"]) -> Prepared | None:
        try:
            query = self._select(many_rows_of(self.act, self.model, self.day, of)) if self.model.in_sql else None
        except NotAsSql:
            query = None
        return None if query is None else self._inserting(query)

    def _select(self, rows: Rows) -> sa.Select[Any]:
        return select_facts(self.facts, rows, extra=self.extra).where(rows.asked(rows.id))

    def _inserting(self, query: sa.Select[Any]) -> Prepared:
        return Prepared(self.table.insert().from_select([*self.facts.names, *self.extra], query), self.dialect)

    def _streamed(self, ids: list[int]) -> None:
        beside = self._beside(ids)
        names = [*self.facts.names, *self.extra]
        insert = Prepared(self.table.insert().values({name: sa.bindparam(name) for name in names}), self.dialect)
        nothing = dict.fromkeys(self.extra)
        insert.many(
            self.connection, [{**each, **beside.get(each["record"], nothing)} for each in streamed(self.act, self.facts, ids, self.day)]
        )

    def _beside(self, ids: list[int]) -> dict[int, dict[str, Any]]:
        if not self.extra:
            return {}
        rows = rows_of(self.act, self.model, self.day)
        columns = [rows.source.field(key).label(name) for name, key in self.extra.items()]
        query = rows.select(rows.id, *columns).where(among(rows.id, ids)).params(**self.given)
        return {record: dict(zip(self.extra, values, strict=True)) for record, *values in self.connection.execute(query)}

    # -- cut points -----------------------------------------------------------------------------------------------------------
    def cut(self, whole: bool) -> None:
        """Works the cut points out: from the table where it holds the `whole` population, else from everybody apart."""
        if not self.model.has_quantiles:
            return
        if whole:
            room_to_join(self.act)
            self.cuts, _sizes = cut_population(self.connection, self.facts, *facts_place(self.facts, self.table))
            return
        needed = placing_facts(self.facts) | {self.facts.of(measure.value) for _n, _d, _part, measure in self.model.quantiles()}
        self.cuts = over_everybody(self, needed, self._cuts_of)

    def _cuts_of(self, table: Any) -> Cuts:
        """The cut points of everybody in a table of facts, read in one go: sorting here costs less than counting values there."""
        source, inside, part_of = facts_place(self.facts, table)
        found = Cuts()
        for number, part in enumerate(self.model.parts):
            shared = [(place, measure) for place, measure in enumerate(part.measures) if measure.cuts is None]
            if not shared:
                continue
            query = sa.select(*[source.c[self.facts.of(measure.value)] for _place, measure in shared])
            rows = Prepared(query.where(inside == YES, part_of == sa.literal_column(str(number))), self.dialect).all(
                self.connection, self.given
            )
            columns = zip(*rows, strict=True) if rows else [()] * len(shared)
            for (place, measure), values in zip(shared, columns, strict=True):
                found[number, place] = cut_points([each for each in values if each is not None], measure.better, measure.count)
        return found

    # -- ratings --------------------------------------------------------------------------------------------------------------
    @cached_property
    def _rated(self) -> Prepared:
        return Prepared(self._rating(_between), self.dialect)

    @cached_property
    def _rated_ids(self) -> Prepared:
        return Prepared(self._rating(among), self.dialect)

    @cached_property
    def _listed(self) -> Prepared:
        """Of each record that stays where it is its place, of each other one its id below zero; and what each brings in."""
        row = self._rating(_between).subquery("every").c
        listed = [sa.case((self._moves(row), -row.record), else_=self._place(row)), *([row.money] if self.money else [])]
        return Prepared(sa.select(*[sa.func.json_group_array(each, type_=sa.Text()) for each in listed]), self.dialect)

    def _moves(self, row: Any) -> Any:
        after = sa.case(
            {sa.literal_column(str(rank)): sa.literal(key, sa.Text()) for key, rank in self.model.rules.ranks.items()}, value=row["rank"]
        )
        return sa.or_(row.odd == YES, row.was.is_distinct_from(after))

    def _place(self, row: Any) -> Any:
        """Bin and rank in one number."""
        return sa.func.coalesce(row.bin, NO) * sa.literal_column(str(self._ranks)) + sa.func.coalesce(row["rank"], NO)

    @property
    def _ranks(self) -> int:
        return len(self.model.rules.ranks) + 1

    @cached_property
    def _counted(self) -> Prepared:
        row = self._rating(_between).subquery("every").c
        who = sa.case((self._moves(row), row.record))
        groups = [self._place(row), row.was, who, *([row.owner] if self.owner else [])]
        columns = {name: sa.func.max(row[name]) for name in ROW} | {"record": who, "was": row.was, "many": sa.func.count()}
        if self.owner:
            columns["owner"] = row.owner
        columns["money"] = sa.cast(sa.func.sum(row.money), BIG) if self.money else sa.null()
        return Prepared(sa.select(*[columns[name].label(name) for name in COUNTED]).group_by(*groups), self.dialect)

    def _rating(self, asked: Callable[[Any], Any]) -> sa.Select[Any]:
        table = self.table
        source = sa.select(*table.c).where(asked(table.c.record)).subquery("facts")
        money = [self.money.column] if self.money is not None else []
        found = rated(self.facts, source, self.dialect.name, [*([OWNER] if self.owner else []), *money], with_bands=False)
        was = self._before(asked)
        joined = found.join(was, was.c.record == found.c.record, isouter=True)
        columns = {
            "record": found.c.record,
            "was": was.c.tier,
            "rank": found.c.rank,
            "bin": found.c.score.op("/", return_type=BIG)(sa.literal_column(str(BIN * 10_000))),
            "owner": found.c[OWNER] if self.owner else sa.null(),
            "money": found.c[self.money.column] if self.money else sa.null(),
            "score": found.c.score,
            "was_score": was.c.score,
            "odd": self._odd(found.c, was.c),
        }
        return sa.select(*[columns[name].label(name) for name in ROW]).select_from(joined)

    def _before(self, asked: Callable[[Any], Any]) -> Any:
        """Tier and score to compare with: the present ones, or those at the end of the past day."""
        if not self.from_history:
            state = tier_state.c
            mine = [state.model == sa.literal_column(str(self.model.number)), asked(state.record)]
            return sa.select(state.record, state.tier, state.score, state.fixed).where(*mine).subquery("was")
        row, day = tier_history.c, clock.from_day(self.day)
        assert day is not None
        end = self._end_of(day)
        mine = [row.model == sa.literal_column(str(self.model.number)), asked(row.record), row.valid_from < end]
        still = sa.or_(row.valid_to.is_(None), row.valid_to >= end)
        return sa.select(row.record, row.tier_to.label("tier"), row.score_to.label("score")).where(*mine, still).subquery("was")

    def _odd(self, found: Any, was: Any) -> Any:
        """1 where the tier is not simply that of the borders, 0 elsewhere."""
        if self.from_history:
            return NO
        ranks = self.model.rules.ranks
        before = sa.case({sa.literal(key, sa.Text()): sa.literal_column(str(rank)) for key, rank in ranks.items()}, value=was.tier)
        conditions = [was.fixed.is_not(None), sa.and_(found.frozen == YES, before.is_not(None))]
        if not self.placing:
            conditions.append(found.rank < before)
        return sa.case((sa.or_(*conditions), YES), else_=NO)

    def rows(self, low: int, high: int) -> list[tuple[Any, ...]]:
        """ROW of each record of the table above `low` and up to `high`; `rank` of the odd ones is not decided yet."""
        return self._rated.all(self.connection, {**self.given, "low": low, "high": high, **self.cuts.parameters})

    def counted(self, low: int, high: int) -> list[tuple[Any, ...]]:
        """COUNTED of the same records; those of the odd ones are not decided yet."""
        if self.dialect.name == "sqlite" and not self.owner:
            return self._counted_here(low, high)
        return self._counted.all(self.connection, {**self.given, "low": low, "high": high, **self.cuts.parameters})

    def _counted_here(self, low: int, high: int) -> list[tuple[Any, ...]]:
        """SQLite would sort everybody to count them: it lists them instead, and they are counted here."""
        given = {**self.given, **self.cuts.parameters}
        places, *rest = [json.loads(each) for each in self._listed.all(self.connection, {**given, "low": low, "high": high})[0]]
        movers = sorted([-each for each in places if each < 0])
        rows = [(*row, 1) for row in self._rated_ids.all(self.connection, {**given, "ids": movers})] if movers else []
        sums: dict[int, int] = defaultdict(int)
        for place, amount in zip(places, rest[0], strict=True) if rest else ():
            sums[place] += amount or 0
        for place, many in Counter(places).items():
            if place >= 0:
                bin, rank = divmod(place, self._ranks)
                figures = (rank or None, bin if rank else None, None, sums.get(place))
                rows.append((None, self.model.tiers[rank], *figures, None, None, 0, many))
        return rows

    def owners(self) -> int:
        """How many people look after a record of the form."""
        if self.owner is None:
            return 0
        column = tables_of(self.act.catalogue)[self.model.form].column(self.owner)
        return self.connection.execute(sa.select(sa.func.count(sa.distinct(column))).where(self.main.c.deleted_at.is_(None))).scalar() or 0


def select_facts(facts: Facts, rows: Rows, names: set[str] | None = None, extra: dict[str, str] | None = None) -> sa.Select[Any]:
    """Columns of facts of the living records, all or only these, and fields beside them."""
    columns = [each.sql(rows).label(each.name) for each in facts.columns if names is None or each.name in names]
    columns += [rows.source.field(key).label(name) for name, key in (extra or {}).items()]
    return rows.select(rows.id.label("record"), *columns)


def placing_facts(facts: Facts) -> set[str]:
    """The columns that say by which part a record is rated, and whether it is inside."""
    wanted = [each for part in facts.model.parts for each in (part.population, part.when) if each is not None]
    return {facts.of(each) for each in wanted}


def over_everybody(trial: Trial, names: set[str], ask: Callable[[Any], Found]) -> Found:
    """What `ask` finds in a table of these columns of facts of all living records. The table exists in the statement only or, where SQL
    cannot express a formula, for the length of the trial."""
    if trial.model.in_sql:
        try:
            table = layer(
                select_facts(trial.facts, many_rows_of(trial.act, trial.model, trial.day, "all"), names).params(**trial.given), "facts"
            )
        except NotAsSql:
            return ask(_streamed_table(trial, names))
        found = attempted(trial.act, trial.model.may_pass_limits, lambda: ask(table))
        if found is not None:
            return found
    return ask(_streamed_table(trial, names))


def _streamed_table(trial: Trial, names: set[str]) -> sa.Table:
    columns = [sa.Column(each.name, sa.Text() if each.is_text else BIG) for each in trial.facts.columns if each.name in names]
    trial.tables += 1
    table = sa.Table(f"trial_everybody_{trial.tables}", sa.MetaData(), *columns, prefixes=["TEMPORARY"])
    table.create(trial.connection)
    insert = Prepared(table.insert().values({each.name: sa.bindparam(each.name) for each in columns}), trial.dialect)
    ids = trial.ids()
    for start in range(0, len(ids), CHUNK):
        found = streamed(trial.act, trial.facts, ids[start : start + CHUNK], trial.day)
        insert.many(trial.connection, [{each.name: row[each.name] for each in columns} for row in found])
    return table


def _between(column: Any) -> Any:
    return sa.and_(column > _bound("low"), column <= _bound("high"))


def _bound(name: str) -> sa.BindParameter[Any]:
    return sa.bindparam(name, type_=BIG)
