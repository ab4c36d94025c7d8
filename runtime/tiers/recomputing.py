"""The full recompute: cut points and ratings of a whole form by sets.

Everything is worked out into temporary tables outside a writing transaction and applied in chunks, each in a transaction of its own, where
the stored state is still the one that was read. What somebody has rated anew meanwhile is rated again at the end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.model import Definition
from runtime.definitions.tier_model import TierModel
from runtime.formulas.to_sql import NotAsSql
from runtime.people.person import SYSTEM
from runtime.records import derived, passing
from runtime.records.changes import Changes
from runtime.records.streaming import attempted, over_everything, room_to_join
from runtime.records.tables import tables_of
from runtime.system import clock, jobs
from runtime.system.prepared import Prepared, prepared
from runtime.system.tables import event, tier_state
from runtime.system.workspace import Act, Workspace
from runtime.tiers.compiled import DAY_MICROS, CompiledModel, compile
from runtime.tiers.facts import BIG, Facts
from runtime.tiers.firsts import FirstTiers
from runtime.tiers.moving import Outcomes
from runtime.tiers.outcome import DECIDE, FIGURES, FIRST, MOVE, OUTCOME, outcomes
from runtime.tiers.quantiles import Cuts, cut_population, store, stored_cuts
from runtime.tiers.rating import everybody, facts_of, many_rows_of, ratings, streamed, touch_tier
from runtime.tiers.states import alone, hold
from runtime.tiers.statements import STATE, facts_place, layer, rated, unsettled, with_state

if TYPE_CHECKING:
    from runtime.records.passes import Pass
    from runtime.records.sources import Rows
    from runtime.system.jobs import Job

CHUNK = 5_000
KIND = "tier_recompute"
MARK = "tiers:{}"
"""What stands in `day_done` for a model, by its number."""
OLDEST = "SELECT mod(pg_snapshot_xmin(pg_current_snapshot())::text::bigint, 4294967296)"
"""Below it, every transaction of PostgreSQL has ended by now."""
TOLD = ("tier_changed", "tier_grace", "tier_override_ended")
"""The kinds of events that ratings bring about."""


def recompute(
    workspace: Workspace, model_key: str, as_of: date | None = None, source: str = "schedule", job: Job | None = None, fires: bool = True
) -> dict[str, int]:
    """Rates every record by a model, with new cut points; gives how many got a first tier, moved, or only got new figures.

    Raises NotFound, and Cancelled when the job is to stop: what is applied by then stays.
    """
    _refresh_day(workspace, model_key, as_of)
    found, unsure = _run(workspace, model_key, as_of, source, job, fires)
    if unsure:
        found.update(_run(workspace, model_key, as_of, source, job, fires)[0])
    return dict(found)


def finished(act: Act, model: CompiledModel, day: int) -> None:
    """Notes that everybody is rated as of a day: the nights after it need only look at whom the days since then concern."""
    if model.model.as_of == "today":
        passing.mark(act, MARK.format(model.number), day)


def _run(workspace: Workspace, model_key: str, as_of: date | None, source: str, job: Job | None, fires: bool) -> tuple[Counter[str], bool]:
    """One run; and whether somebody has written while first tiers were given, which may then tell of facts from before it."""
    with workspace.engine.connect() as connection:
        run = Run(workspace, connection, model_key, as_of, source, job, fires)
        try:
            run.prepare()
            run.apply()
            return run.counts, bool(run.counts["first"]) and run.written_meanwhile()
        finally:
            run.clean()


def _refresh_day(workspace: Workspace, model_key: str, as_of: date | None) -> None:
    """First the fields that change with the day, then the ratings that read them; a run for another day works its fields out by itself."""
    with workspace.reading(SYSTEM) as act:
        model = act.catalogue.tier_models.get(model_key)
    if model is not None and as_of is None and model.as_of == "today":
        derived.refresh_day(workspace, model.form)


class Run:
    def __init__(
        self, workspace: Workspace, connection: sa.Connection, model_key: str, as_of: date | None, source: str, job: Job | None, fires: bool
    ):
        self.workspace, self.connection, self.model_key = workspace, connection, model_key
        self.as_of, self.source, self.job, self.fires = as_of, source, job, fires
        self.counts: Counter[str] = Counter(first=0, up=0, down=0, left=0, moved=0, figures=0)
        self.tables: list[sa.Table] = []
        self.later: list[int] = []
        """Records to be rated one by one after all others."""
        self.done = 0

    # -- working out ----------------------------------------------------------------------------------------------------------
    def prepare(self) -> None:
        """Facts, cut points and new ratings, as of one moment."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execution_options(isolation_level="REPEATABLE READ")
        with self.workspace.writing(SYSTEM, self.source) as act:  # on SQLite whoever writes later sees a later instant
            self.read_at = act.micros
        with self.connection.begin():
            act = self.act = self._act()
            if self.connection.dialect.name == "postgresql":
                self.oldest = self.connection.exec_driver_sql(OLDEST).scalar()
            over_everything(act)
            self.model = compile(act.catalogue, self.model_key)
            self.day = clock.to_day(self.as_of) if self.as_of is not None else self.model.day(act.day)
            self.placing = self.source == "publish" and self.model.model.on_publish == "place"
            self.given = {"today": self.day, "now": act.micros}
            self._work_out(act, facts_of(act, self.model))
            self.total = sum(len(each) for each in self.ids.values())
        if self.connection.dialect.name == "postgresql":
            self.connection.execution_options(isolation_level="READ COMMITTED")

    def _work_out(self, act: Act, facts: Facts) -> None:
        """Facts go into a table where they are read more than once: for cut points, or for first tiers of everybody."""
        self._begin()
        mine = tier_state.c.model == self.model.number
        anybody = bool(self.connection.execute(sa.select(sa.exists().where(mine))).scalar())
        table = self.table
        if anybody and self._in_one_go(act, facts):
            self._gone(act)
        else:
            source = self._facts(act, facts, keyed=not anybody)
            room_to_join(act)
            self.cuts, self.sizes = cut_population(self.connection, facts, *facts_place(facts, source))
            if anybody:
                self._beside_states(act, facts, source)
            else:
                table = source
        self._known(act, facts, table, rated_before=anybody)

    def _beside_states(self, act: Act, facts: Facts, source: sa.Table) -> None:
        """Who is there and has no state yet, and who has one and is gone, are asked for only where there are any."""
        key = ("tier_recompute", f"outcomes {self.placing} counted", self.model.number)
        counted = self._counting(act, key, facts, source)
        if counted is not None:
            ranked, there = counted.all(self.connection, self.cuts.parameters)[0]
            if ranked > there:
                self._gone(act)
            return
        known, left, total = self._compared(source)
        name = f"outcomes {self.placing} {known == total}"
        key = ("tier_recompute", name, self.model.number)
        outcomes = prepared(act.catalogue.memo, key, self.connection.dialect, lambda: self._differing(facts, source, known == total))
        outcomes.run(self.connection, self.cuts.parameters)
        if left:
            self._gone(act)

    def _counting(self, act: Act, key: Any, facts: Facts, source: sa.Table) -> Prepared | None:
        """The outcomes in one statement that tells how many states are ranked, and how many of these are of somebody who is there: all who are
        there but those whose state has no rank, who are all looked at closer. None on SQLite, and where everybody is looked at closer."""
        waiting = self._waiting(facts, source)
        if self.connection.dialect.name != "postgresql" or waiting is source:
            return None
        return prepared(act.catalogue.memo, key, self.connection.dialect, lambda: self._counted(facts, source, waiting))

    def _counted(self, facts: Facts, source: sa.Table, waiting: Any) -> Any:
        state, many = tier_state.c, sa.func.count()
        ranked = sa.select(many).where(state.model == self.model.number, state.rank.is_not(None)).scalar_subquery()
        everybody = sa.select(many).select_from(source).scalar_subquery()
        without = sa.select(many).select_from(waiting).where(waiting.c.was_rank.is_(None)).scalar_subquery()
        done = self._outcomes(facts, waiting).returning(sa.literal_column("1").label("one")).cte("done")
        return sa.select(ranked, everybody - without).add_cte(done)

    def _compared(self, source: sa.Table) -> tuple[int, int, int]:
        """How many of those who are there have a state, how many ranked states are of somebody who is not, and how many are there."""
        state, row = tier_state.c, source.c
        both = tier_state.outerjoin(source, row.record == state.record)
        gone = sa.case((row.record.is_(None), state.rank))
        query = sa.select(sa.func.count(row.record), sa.func.count(gone)).select_from(both).where(state.model == self.model.number)
        total = sa.select(sa.func.count()).select_from(source)
        known, left = self.connection.execute(query).one()
        return known, left, self.connection.execute(total).scalar() or 0

    def _begin(self) -> None:
        self.table = self._temporary("tier_result", OUTCOME)
        self.outcomes = Outcomes(self.model, self.table, self.day, self.source)

    def _known(self, act: Act, facts: Facts, table: sa.Table, rated_before: bool) -> None:
        """All outcomes lie in their table, or where nobody was rated before, all facts do in theirs."""
        if self.connection.dialect.name == "postgresql":
            self.connection.exec_driver_sql("ANALYZE tier_result")
        self.firsts = FirstTiers(act, facts, table, self.cuts, self.day, self.source, rated_before)
        self.ids = {what: self.outcomes.ids(self.connection, what) for what in (FIGURES, MOVE, DECIDE)}
        self.ids[FIRST] = self.firsts.candidates()

    def _act(self) -> Act:
        return Act(
            self.workspace,
            self.connection,
            SYSTEM,
            self.source,
            self.workspace.now(),
            self.workspace.catalogue_of(self.connection),
            fires=self.fires,
        )

    def _temporary(self, name: str, columns: dict[str, Any], keyed: bool = True) -> sa.Table:
        """A table of this connection by record, which is the first of the columns. What is only read as a whole needs no key on PostgreSQL,
        whose index is a third of the work; SQLite lays the rows down by it."""
        keyed = keyed or self.connection.dialect.name == "sqlite"
        key = sa.Column("record", BIG.with_variant(sa.Integer(), "sqlite"), primary_key=keyed, autoincrement=False, nullable=False)
        others = [sa.Column(each, kind) for each, kind in columns.items() if each != "record"]
        table = sa.Table(name, sa.MetaData(), key, *others, prefixes=["TEMPORARY"])
        table.create(self.connection)
        self.tables.append(table)
        return table

    def _facts(self, act: Act, facts: Facts, keyed: bool) -> sa.Table:
        """A row of facts for every living record; `keyed` where parts of them are asked for."""
        table = self._temporary("tier_facts", {each.name: sa.Text() if each.is_text else BIG for each in facts.columns}, keyed)
        if self.model.in_sql and self._facts_in_sql(act, facts, table):
            return table
        main = tables_of(act.catalogue)[self.model.form].main
        insert = Prepared(table.insert().values({name: sa.bindparam(name) for name in facts.names}), self.connection.dialect)
        ids = self.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None)).order_by(main.c.id)).scalars().all()
        for start in range(0, len(ids), CHUNK):
            insert.many(self.connection, streamed(act, facts, list(ids[start : start + CHUNK]), self.day))
        return table

    def _facts_in_sql(self, act: Act, facts: Facts, table: sa.Table) -> bool:
        """Whether the database could work them all out."""
        try:
            insert, passes = self._of_the_day(act, "facts", lambda: self._facts_statement(act, facts, table))
        except NotAsSql:
            return False
        return attempted(act, self.model.may_pass_limits, lambda: self._filled(act, passes, insert)) is not None

    def _facts_statement(self, act: Act, facts: Facts, table: sa.Table) -> tuple[Prepared, list[Pass]]:
        query, passes = everybody(act, self.model, self.day, "all", lambda rows: self._in_order(rows, facts.select(rows)))
        return Prepared(table.insert().from_select(facts.names, query), self.connection.dialect), passes

    def _filled(self, act: Act, passes: list[Pass], insert: Prepared) -> Any:
        for each in passes:
            self.tables.append(each.table)
            each.fill(act, self.given)
        return insert.run(self.connection, self.given)

    def _of_the_day(self, act: Act, name: str, build: Callable[[], Any]) -> Any:
        """What is kept for the day: where a window begins stands in the text of a statement."""
        kept = act.catalogue.memo.setdefault(("tier_recompute", name), {})
        day, found = kept.get(self.model.number, (None, None))
        if day != (self.day, act.day):
            found = build()
            kept[self.model.number] = (self.day, act.day), found
        return found

    def _facts_query(self, act: Act, facts: Facts) -> sa.Select[Any]:
        rows = many_rows_of(act, self.model, self.day, "all")
        return self._in_order(rows, facts.select(rows))

    def _in_order(self, rows: Rows, query: sa.Select[Any]) -> sa.Select[Any]:
        # on SQLite it may else walk along another index, jumping in both tables
        return query.order_by(rows.id) if self.connection.dialect.name == "sqlite" else query

    def _in_one_go(self, act: Act, facts: Facts) -> bool:
        """Whether the outcomes could be had from the records at once, which needs no cut points."""
        if self.model.has_quantiles or not self.model.in_sql:
            return False
        try:
            source = layer(self._facts_query(act, facts), "facts")
            statement = self._of_the_day(
                act, f"outcomes {self.placing}", lambda: Prepared(self._differing(facts, source), self.connection.dialect)
            )
        except NotAsSql:
            return False
        self.cuts, self.sizes = Cuts(), {}
        return attempted(act, self.model.may_pass_limits, lambda: statement.run(self.connection, self.given)) is not None

    def _differing(self, facts: Facts, source: Any, all_known: bool = False) -> Any:
        """What is to be done with whom, from a table of facts."""
        waiting = self._waiting(facts, source, all_known)
        return self._outcomes(facts, waiting, with_states=waiting is not source)

    def _waiting(self, facts: Facts, source: Any, all_known: bool = False) -> Any:
        """Whom to look at closer. PostgreSQL cannot tell that they are few, and would put all states into a hash once more to find theirs."""
        if self.connection.dialect.name == "sqlite":
            return unsettled(facts, source, all_known)
        return unsettled(facts, source, beside=(*STATE, "at"))

    def _outcomes(self, facts: Facts, waiting: Any, with_states: bool = True) -> Any:
        """`with_states`: on PostgreSQL the states stand beside the facts already."""
        dialect = self.connection.dialect.name
        if with_states and dialect == "postgresql":
            found = rated(facts, waiting, dialect, [f"was_{name}" for name in (*STATE, "at")])
        else:
            found = with_state(self.model, rated(facts, waiting, dialect), ("at",)).subquery("found")
        return self.table.insert().from_select(list(OUTCOME), outcomes(self.model, found, self.placing))

    def _gone(self, act: Act) -> None:
        """Who has a tier and is not there any more."""
        main = tables_of(act.catalogue)[self.model.form].main
        alive = sa.exists().where(main.c.id == tier_state.c.record, main.c.deleted_at.is_(None))
        mine = (tier_state.c.model == self.model.number, tier_state.c.rank.is_not(None))
        query = sa.select(tier_state.c.record, sa.literal_column(str(DECIDE))).where(*mine, sa.not_(alive))
        self.connection.execute(self.table.insert().from_select(["record", "what"], query))

    # -- applying -------------------------------------------------------------------------------------------------------------
    def apply(self) -> None:
        with self._writing() as act:
            replaced = self.source == "publish" or stored_cuts(act, self.model) != self.cuts
            if replaced:
                alone(act, self.model)
                store(act, self.model, self.cuts, self.sizes, self.day)
            if self.as_of is not None:
                passing.forget(act, MARK.format(self.model.number))  # the next night rates everybody as of today again
        self.carry_out(self._by_old_cuts() if replaced else [])
        if self.as_of is None:
            with self._writing() as act:
                finished(act, self.model, self.day)

    def carry_out(self, late: Iterable[int]) -> None:
        """What the outcomes say, in chunks; then the `late` ones, and those whom somebody else has rated meanwhile, by this moment's facts."""
        for what, do in ((FIRST, self._first), (FIGURES, self._figures), (MOVE, self._move), (DECIDE, self._decide)):
            for low, high in self._chunks(what):
                with self._writing() as act:
                    do(act, low, high)
        late = sorted({*late, *self.later, *self.outcomes.overtaken})
        for start in range(0, len(late), CHUNK):
            with self._writing() as act:
                self._rate(act, late[start : start + CHUNK])
        if self.job is not None:
            self.job.progress(self.total, self.total)

    @contextmanager
    def _writing(self) -> Iterator[Act]:
        """A writing transaction on the connection that sees the temporary tables."""
        self.connection.execution_options(writing=True)
        try:
            with self.connection.begin():
                act = self._act()
                if compile(act.catalogue, self.model_key) is not self.model:
                    self.model = self._still_same(act)
                yield act
        except BaseException:
            self.workspace.ids.forget()
            raise
        for call in act.after_commit:
            call()
        self.workspace.bell.set()

    def _still_same(self, act: Act) -> CompiledModel:
        """The model as compiled for the definitions now in force. A new version has queued a recompute of its own, so this one ends."""
        now = compile(act.catalogue, self.model_key)
        if now.version != self.model.version or now.number != self.model.number:
            raise jobs.Cancelled
        return now

    def _chunks(self, what: int) -> Iterator[tuple[int, int]]:
        """Bounds (above, up to) of record ids that hold a chunk of rows each."""
        ids = self.ids[what]
        low = 0
        for start in range(0, len(ids), CHUNK):
            chunk = ids[start : start + CHUNK]
            yield low, chunk[-1]
            low = chunk[-1]
            self.done += len(chunk)
            if self.job is not None:
                self.job.progress(self.done, self.total)

    def _first(self, act: Act, low: int, high: int) -> None:
        given = self.firsts.give(act, low, high)
        self._follow(act, given)
        self.counts["first"] += len(given)

    def _figures(self, act: Act, low: int, high: int) -> None:
        self.counts["figures"] += self.outcomes.figures(act, low, high)

    def _move(self, act: Act, low: int, high: int) -> None:
        moved, counts = self.outcomes.moves(act, low, high)
        self._follow(act, moved)
        self.counts.update(counts)

    def _decide(self, act: Act, low: int, high: int) -> None:
        """One by one, from the facts of this moment."""
        ids = self.ids[DECIDE]
        self._rate(act, ids[bisect_right(ids, low) : bisect_right(ids, high)])

    def _rate(self, act: Act, ids: list[int]) -> None:
        hold(act, self.model, ids)
        found = ratings(act, self.model, set(ids), self.cuts, self.day, self.placing)
        self._follow(act, found.write(self.source))
        self.counts.update(Counter(move.decision.direction or "left" for move in found.moves))
        self.counts["figures"] += len(found.states) - len(found.moves)

    def _follow(self, act: Act, moved: list[int]) -> None:
        """Brings what reads the tiers up to date."""
        if moved:
            changes = Changes(self.source, late=True)
            touch_tier(act, self.model.model, changes, moved)
            derived.derive_all(act, changes)

    def _by_old_cuts(self) -> list[int]:
        """Records that were rated while this run was at work, by the cut points or the version from before it. Whoever rated so has ended."""
        query = sa.select(tier_state.c.record).where(tier_state.c.model == self.model.number, self._not_seen(tier_state))
        late = self.connection.execute(query).scalars().all()
        self.connection.commit()
        return list(late)

    def _not_seen(self, table: sa.Table) -> Any:
        """Rows that were written after this run has read, or so shortly before that it may not have seen them."""
        if self.connection.dialect.name == "postgresql":
            # an instant says when a transaction began; what this run could not see was written by one that is not older than the oldest of then
            return sa.literal_column(f"age({table.name}.xmin) <= age('{self.oldest}'::xid)", sa.Boolean())
        return table.c.at > self.read_at

    def written_meanwhile(self) -> bool:
        """Whether records that the model reads were written since the run began. A record without a tier has no state that tells."""
        with self.connection.begin():
            forms = _forms_read(self._act(), self.model.model)
            recent = event.c.at > self.read_at - DAY_MICROS
            query = sa.select(event.c.id).where(recent, self._not_seen(event), event.c.form.in_(forms), event.c.kind.not_in(TOLD))
            return self.connection.execute(query.limit(1)).first() is not None

    def clean(self) -> None:
        if self.connection.in_transaction():
            self.connection.rollback()
        for table in reversed(self.tables):
            self.connection.execute(sa.schema.DropTable(table, if_exists=True))
        self.connection.commit()


# -- work in the background -------------------------------------------------------------------------------------------------------
def queue(act: Act, model: str, as_of: date | None = None, source: str = "schedule", fires: bool = True, nightly: bool = False) -> int:
    """Queues a full recompute, or what is due every night; gives the job's id."""
    compile(act.catalogue, model)
    return jobs.start(
        act,
        KIND,
        {"model": model, "as_of": None if as_of is None else as_of.isoformat(), "source": source, "fires": fires, "nightly": nightly},
        subject=f"tier_model:{model}",
    )


def after_publish(act: Act, before: Catalogue, changed: list[Definition]) -> None:
    """Queues a recompute of each model that a publication gives another meaning: itself, a lane, or what it reads. It fires nothing."""
    published = {(each.kind, each.key) for each in changed}
    for model in act.catalogue.tier_models.values():
        if model in act.catalogue.models_of(model.form) and _affected(act, before, model, published):
            queue(act, model.key, source="publish", fires=False)


def _affected(act: Act, before: Catalogue, model: TierModel, published: set[tuple[str, str]]) -> bool:
    family = [model.key, *(lane.tier_model for lane in model.lanes)]
    if any(("tier_model", key) in published for key in family):
        return True
    if model.key not in before.tier_models:
        return True
    return any(("form", key) in published for key in _forms_read(act, model)) or any(kind == "segment" for kind, _key in published)


def _forms_read(act: Act, model: TierModel) -> set[str]:
    """The form of a model and those whose records it reads."""
    found = {model.form}
    waiting = [model.form]
    while waiting:
        for other, _reference in act.catalogue.relations_to(waiting.pop()).values():
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
