"""The full recompute: cut points and ratings of a whole form by sets.

Everything is worked out into temporary tables outside a writing transaction and applied in chunks, each in a transaction of its own, where
the stored state is still the one that was read. What somebody has rated anew meanwhile is rated again at the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue
from runtime.definitions.model import Definition
from runtime.definitions.tier_model import TierModel
from runtime.formulas.to_sql import NotAsSql
from runtime.people.person import SYSTEM
from runtime.records import derived
from runtime.records.changes import Changes
from runtime.records.streaming import attempted
from runtime.records.tables import tables_of
from runtime.system import clock, jobs
from runtime.system.prepared import Prepared
from runtime.system.tables import tier_state
from runtime.system.workspace import Act, Workspace
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.facts import BIG, Facts
from runtime.tiers.firsts import FirstTiers
from runtime.tiers.quantiles import cut_population, store
from runtime.tiers.rating import facts_of, ratings, rows_of, streamed, touch_tier
from runtime.tiers.statements import NOTHING, RATED, facts_place, lane_of, rated, tier_of, with_state

if TYPE_CHECKING:
    from runtime.system.jobs import Job

CHUNK = 5_000
KIND = "tier_recompute"
FIRST, FIGURES, DECIDE = 1, 2, 3
"""What is to be done with a record: give its first tier, write new figures of the same tier, or decide about a move."""


def recompute(
    workspace: Workspace, model_key: str, as_of: date | None = None, source: str = "schedule", job: Job | None = None, fires: bool = True
) -> dict[str, int]:
    """Rates every record by a model, with new cut points; gives how many got a first tier, moved, or only got new figures.

    Raises NotFound, and Cancelled when the job is to stop: what is applied by then stays.
    """
    _refresh_day(workspace, model_key, as_of)
    with workspace.engine.connect() as connection:
        run = _Run(workspace, connection, model_key, as_of, source, job, fires)
        try:
            run.prepare()
            return run.apply()
        finally:
            run.clean()


def _refresh_day(workspace: Workspace, model_key: str, as_of: date | None) -> None:
    """First the fields that change with the day, then the ratings that read them; a run for another day works its fields out by itself."""
    with workspace.reading(SYSTEM) as act:
        model = act.catalogue.tier_models.get(model_key)
    if model is not None and as_of is None and model.as_of == "today":
        derived.refresh_day(workspace, model.form)


class _Run:
    def __init__(
        self, workspace: Workspace, connection: sa.Connection, model_key: str, as_of: date | None, source: str, job: Job | None, fires: bool
    ):
        self.workspace, self.connection, self.model_key = workspace, connection, model_key
        self.as_of, self.source, self.job, self.fires = as_of, source, job, fires
        self.counts: Counter[str] = Counter(first=0, up=0, down=0, left=0, moved=0, figures=0)
        self.tables: list[sa.Table] = []
        self.done = 0

    # -- working out ----------------------------------------------------------------------------------------------------------
    def prepare(self) -> None:
        """Facts, cut points and new ratings, as of one moment."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execution_options(isolation_level="REPEATABLE READ")
        with self.connection.begin():
            act = self.act = self._act()
            self.model = compile(act.catalogue, self.model_key)
            self.day = clock.to_day(self.as_of) if self.as_of is not None else self.model.day(act.day)
            self.placing = self.source == "publish" and self.model.model.on_publish == "place"
            self.read_at = act.micros
            facts = facts_of(act, self.model)
            table = self._facts(act, facts)
            self.cuts, self.sizes = cut_population(self.connection, facts, *facts_place(facts, table))
            self._result(act, facts, table)
            self.firsts = FirstTiers(act, facts, table, self.cuts, self.day, self.source)
            self.ids = {FIRST: self.firsts.candidates(), FIGURES: self._to_do(FIGURES), DECIDE: self._to_do(DECIDE)}
            self.total = sum(len(each) for each in self.ids.values())
        if self.connection.dialect.name == "postgresql":
            self.connection.execution_options(isolation_level="READ COMMITTED")

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

    def _temporary(self, name: str, columns: list[sa.Column[Any]]) -> sa.Table:
        table = sa.Table(name, sa.MetaData(), *columns, prefixes=["TEMPORARY"])
        table.create(self.connection)
        self.tables.append(table)
        return table

    def _facts(self, act: Act, facts: Facts) -> sa.Table:
        """A row of facts for every living record."""
        texts = {each.name for each in facts.columns if each.is_text}
        table = self._temporary(
            "tier_facts",
            [
                sa.Column("record", BIG.with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
                *[sa.Column(name, sa.Text() if name in texts else BIG) for name in facts.names[1:]],
            ],
        )
        given = {"today": self.day, "now": act.micros}
        if self.model.in_sql and self._facts_in_sql(act, facts, table, given):
            return table
        main = tables_of(act.catalogue)[self.model.form].main
        insert = Prepared(table.insert().values({name: sa.bindparam(name) for name in facts.names}), self.connection.dialect)
        ids = self.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None)).order_by(main.c.id)).scalars().all()
        for start in range(0, len(ids), CHUNK):
            insert.many(self.connection, streamed(act, facts, list(ids[start : start + CHUNK]), self.day))
        return table

    def _facts_in_sql(self, act: Act, facts: Facts, table: sa.Table, given: dict[str, int]) -> bool:
        """Whether the database could work them all out."""
        try:
            insert = self._facts_statement(act, facts, table)
        except NotAsSql:
            return False
        return attempted(act, self.model.may_pass_limits, lambda: insert.run(self.connection, given)) is not None

    def _facts_statement(self, act: Act, facts: Facts, table: sa.Table) -> Prepared:
        """Kept for the day: where a window begins stands in the statement's text."""
        kept = act.catalogue.memo.setdefault(("tier_recompute", "facts"), {})
        day, statement = kept.get(self.model.number, (None, None))
        if day != (self.day, act.day):
            rows = rows_of(act, self.model, self.day)
            query = facts.select(rows)
            if self.connection.dialect.name == "sqlite":  # else it may walk along another index, jumping in both tables
                query = query.order_by(rows.id)
            statement = Prepared(table.insert().from_select(facts.names, query), self.connection.dialect)
            kept[self.model.number] = (self.day, act.day), statement
        return statement

    def _result(self, act: Act, facts: Facts, table: sa.Table) -> None:
        """The new ratings that differ from the stored states, each with what is to be done."""
        kinds = {"bands": sa.Text(), "was_tier": sa.Text()}
        names = [*RATED, "was_at", "was_tier"]
        self.table = self._temporary(
            "tier_result",
            [
                sa.Column("record", BIG.with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
                sa.Column("what", sa.SmallInteger),
                *[sa.Column(name, kinds.get(name, BIG)) for name in names if name != "record"],
            ],
        )
        state = sa.exists().where(tier_state.c.model == self.model.number)
        if not self.connection.execute(sa.select(state)).scalar():
            return
        found = with_state(self.model, rated(facts, table, self.connection.dialect.name), ("at",), rated_before=True).subquery("found")
        what = _what(self.model, found.c)
        query = sa.select(*[found.c[name] for name in names], what.label("what")).where(what.is_not(None))
        Prepared(self.table.insert().from_select([*names, "what"], query), self.connection.dialect).run(
            self.connection, self.cuts.parameters
        )
        gone = (
            sa.select(tier_state.c.record, sa.literal_column(str(DECIDE)))
            .where(tier_state.c.model == self.model.number, tier_state.c.tier.is_not(None))
            .where(sa.not_(sa.exists().where(table.c.record == tier_state.c.record)))
        )
        self.connection.execute(self.table.insert().from_select(["record", "what"], gone))

    # -- applying -------------------------------------------------------------------------------------------------------------
    def apply(self) -> dict[str, int]:
        with self._writing() as act:
            store(act, self.model, self.cuts, self.sizes, self.day)
        late = self._overtaken()
        for what, do in ((FIRST, self._first), (FIGURES, self._figures), (DECIDE, self._decide)):
            for low, high in self._chunks(what):
                with self._writing() as act:
                    do(act, low, high)
        for start in range(0, len(late), CHUNK):
            with self._writing() as act:
                self._rate(act, late[start : start + CHUNK])
        if self.job is not None:
            self.job.progress(self.total, self.total)
        return dict(self.counts)

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

    def _to_do(self, what: int) -> list[int]:
        query = sa.select(self.table.c.record).where(self.table.c.what == what).order_by(self.table.c.record)
        return list(self.connection.execute(query).scalars())

    def _first(self, act: Act, low: int, high: int) -> None:
        given = self.firsts.give(act, low, high)
        self._follow(act, given)
        self.counts["first"] += len(given)

    def _rows(self, what: int, low: int, high: int) -> list[Any]:
        table = self.table
        return [table.c.what == what, table.c.record > low, table.c.record <= high]

    def _figures(self, act: Act, low: int, high: int) -> None:
        """New figures of records that keep their tier, by sets; whom somebody else has rated meanwhile is left alone."""
        table, model = self.table, self.model
        rows = self._rows(FIGURES, low, high)
        mine = sa.and_(tier_state.c.model == model.number, tier_state.c.record == table.c.record)
        values = {name: table.c[name] for name in ("score", "bands", "floor", "provisional")}
        done = self.connection.execute(
            tier_state.update()
            .where(mine, *rows, tier_state.c.at == table.c.was_at)
            .values({**values, "lane": lane_of(model, table.c.part), "version": model.version, "as_of": self.day, "at": act.micros})
        )
        self.counts["figures"] += done.rowcount

    def _decide(self, act: Act, low: int, high: int) -> None:
        """Moves are decided one by one, from the facts of this moment."""
        self._rate(act, list(self.connection.execute(sa.select(self.table.c.record).where(*self._rows(DECIDE, low, high))).scalars()))

    def _rate(self, act: Act, ids: list[int]) -> None:
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

    def _overtaken(self) -> list[int]:
        """Records that were rated while this run was at work, by the cut points from before it."""
        if not self.model.has_quantiles:
            return []
        late = (
            self.connection.execute(
                sa.select(tier_state.c.record).where(tier_state.c.model == self.model.number, tier_state.c.at > self.read_at)
            )
            .scalars()
            .all()
        )
        self.connection.commit()
        return list(late)

    def clean(self) -> None:
        if self.connection.in_transaction():
            self.connection.rollback()
        for table in reversed(self.tables):
            self.connection.execute(sa.schema.DropTable(table, if_exists=True))
        self.connection.commit()


def _what(model: CompiledModel, row: Any) -> Any:
    """FIGURES or DECIDE for a record that has a state; NULL where nothing is to be done."""
    settled = sa.and_(
        row.rank == row.was_rank,
        row.was_tier == tier_of(model, row.rank),
        row.was_grace_until.is_(None),
        row.was_proposed.is_(None),
        row.was_fixed.is_(None),
    )
    same = sa.and_(
        *[row[name].is_not_distinct_from(row[f"was_{name}"]) for name in ("score", "bands", "floor", "provisional")],
        row.was_lane == lane_of(model, row.part),
    )
    return sa.case(
        (sa.and_(settled, same), NOTHING),
        (sa.and_(row.rank.is_(None), row.was_tier.is_(None), row.was_fixed.is_(None)), NOTHING),
        (settled, sa.literal_column(str(FIGURES))),
        else_=sa.literal_column(str(DECIDE)),
    )


# -- work in the background -------------------------------------------------------------------------------------------------------
def register() -> None:
    """Makes the recompute known as a kind of long work."""
    jobs.KINDS[KIND] = _do


def _do(workspace: Workspace, job: Job) -> dict[str, int]:
    wanted = job.payload
    day = date.fromisoformat(wanted["as_of"]) if wanted.get("as_of") else None
    return recompute(workspace, wanted["model"], day, wanted.get("source", "schedule"), job, wanted.get("fires", True))


def queue(act: Act, model: str, as_of: date | None = None, source: str = "schedule", fires: bool = True) -> int:
    """Queues a full recompute; gives the job's id."""
    compile(act.catalogue, model)
    return jobs.start(
        act,
        KIND,
        {"model": model, "as_of": None if as_of is None else as_of.isoformat(), "source": source, "fires": fires},
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
