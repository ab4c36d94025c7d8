"""The night: ratings follow the day by the cut points in force, for the records that the passing of days concerns.

Everybody else has been rated when it was written, in the same transaction. New cut points come with a full recompute only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.formulas.to_sql import NotAsSql
from runtime.people.person import SYSTEM
from runtime.records import passing
from runtime.records.derived import refresh_day
from runtime.records.passing import Cut
from runtime.records.streaming import attempted
from runtime.system import jobs
from runtime.system.prepared import Prepared
from runtime.system.tables import tier_override, tier_state
from runtime.system.workspace import Act, Workspace
from runtime.tiers import recomputing
from runtime.tiers.compiled import CompiledModel, Measure, compile
from runtime.tiers.facts import Facts
from runtime.tiers.quantiles import Cuts, stored_cuts
from runtime.tiers.rating import kept, many_rows_of
from runtime.tiers.recomputing import CHUNK, MARK, Run, finished
from runtime.tiers.statements import layer

if TYPE_CHECKING:
    from runtime.system.jobs import Job

KIND = "tier_day"


def follow_day(workspace: Workspace, model_key: str, job: Job | None = None) -> dict[str, int] | None:
    """Brings a model's ratings, and the fields they read, from the day on which everybody was rated to today; gives what moved. None where
    that may concern everybody, or nobody knows: then nothing is done.

    Raises NotFound, and Cancelled when the job is to stop: what is applied by then stays.
    """
    with workspace.reading(SYSTEM) as act:
        form = compile(act.catalogue, model_key).form
    answers: passing.Answers = {}
    refresh_day(workspace, form, answers)
    with workspace.reading(SYSTEM, "schedule") as act:
        model = compile(act.catalogue, model_key)
        ids, cuts, day = concerned(act, model, answers), stored_cuts(act, model), act.day
    if ids is None or cuts is None:
        return None
    with workspace.engine.connect() as connection:
        run = Night(workspace, connection, model_key, job, ids, cuts)
        try:
            if ids:
                run.prepare()
                run.apply()
        finally:
            run.clean()
    with workspace.writing(SYSTEM, "schedule") as act:
        if compile(act.catalogue, model_key) is model and stored_cuts(act, model) == cuts:
            finished(act, model, day)
    return dict(run.counts)


def recompute(workspace: Workspace, job: Job) -> dict[str, int]:
    """A full recompute in the background. What is due every night needs none where no band has a population and the day concerns a few."""
    wanted, found = job.payload, None
    if wanted.get("nightly"):
        with workspace.reading(SYSTEM) as act:
            by_population = compile(act.catalogue, wanted["model"]).has_quantiles
        found = None if by_population else follow_day(workspace, wanted["model"], job)
    if found is not None:
        return found
    day = date.fromisoformat(wanted["as_of"]) if wanted.get("as_of") else None
    return recomputing.recompute(workspace, wanted["model"], day, wanted.get("source", "schedule"), job, wanted.get("fires", True))


def register() -> None:
    """Makes both known as kinds of long work."""
    jobs.KINDS[recomputing.KIND] = recompute
    jobs.KINDS[KIND] = lambda workspace, job: follow_day(workspace, job.payload["model"], job) or {}


def queue_day(act: Act, model: str) -> int:
    """Queues what follows from a new day; gives the job's id."""
    return jobs.start(act, KIND, {"model": model}, subject=f"tier_model:{model}")


# -- whom the day concerns --------------------------------------------------------------------------------------------------------
def concerned(act: Act, model: CompiledModel, answers: passing.Answers | None = None) -> list[int] | None:
    """The records whose rating the days since the last one may have changed; None: all, or it is not known."""
    if not model.model.recompute.on_change or not model.in_sql:
        return None
    found = passing.passed(act, MARK.format(model.number), model.form, answers=answers)
    if found is None or model.model.as_of != "today":
        return None
    cuts = stored_cuts(act, model) or Cuts()
    measured = {id(measure.value): _cuts(measure, cuts.get(place)) for place, measure in _measures(model)}
    for each in model.formulas():
        found.follow(each, measured.get(id(each), ()))
    ids = found.records()
    return None if ids is None else sorted({*ids, *_held(act, model, found.before)})


def _measures(model: CompiledModel) -> Iterator[tuple[tuple[int, int], Measure]]:
    for number, part in enumerate(model.parts):
        for place, measure in enumerate(part.measures):
            yield (number, place), measure


def _cuts(measure: Measure, stored: list[int | None] | None) -> list[Cut]:
    """The cuts of a number of days, which has no smaller unit."""
    return [("<=" if measure.better == "lower" else ">=", cut) for cut in measure.cuts or stored or () if cut is not None]


def _held(act: Act, model: CompiledModel, before: int) -> set[int]:
    """Whom a date of the state concerns: the end of grace or of a tier by hand, of the least stay, or a step down of the day before. The first
    two have indexes; for the others the states are looked through, where the model has such rules."""
    state, fixed, rules, day = tier_state.c, tier_override.c, model.rules, act.day
    queries = [
        sa.select(state.record).where(state.model == model.number, state.grace_until <= day),
        sa.select(fixed.record).where(fixed.model == model.number, fixed.ended_at.is_(None), fixed.until < day),
    ]
    ends: list[Any] = []
    if rules.least_stay_days or rules.least_stay_months:
        first = before - rules.least_stay_days - 31 * (rules.least_stay_months + 1)
        ends.append(state.risen_on.in_([each for each in range(first, day + 1) if before < rules.lower_from(each) <= day]))
    if rules.one_step:
        ends.append(state.fell_on >= before)
    if ends:
        queries.append(sa.select(state.record).where(state.model == model.number, state.tier.is_not(None), sa.or_(*ends)))
    return {record for query in queries for record in act.connection.execute(query).scalars()}


# -- rating them ------------------------------------------------------------------------------------------------------------------
class Night(Run):
    """A recompute of some records by cut points that are known."""

    def __init__(self, workspace: Workspace, connection: sa.Connection, model_key: str, job: Job | None, some: list[int], cuts: Cuts):
        super().__init__(workspace, connection, model_key, None, "schedule", job, True)
        self.some, self.cuts, self.sizes = some, cuts, {}

    def _work_out(self, act: Act, facts: Facts) -> None:
        self._begin()
        for start in range(0, len(self.some), 10 * CHUNK):
            self._some(act, facts, self.some[start : start + 10 * CHUNK])
        self._known(act, facts, self.table, rated_before=True)

    def _some(self, act: Act, facts: Facts, ids: list[int]) -> None:
        statement = kept(act, ("tier_night", self.model.number), self.day, lambda: self._statement(act, facts))
        given = {**self.given, "ids": ids, **self.cuts.parameters}
        if statement is None or attempted(act, self.model.may_pass_limits, lambda: statement.run(self.connection, given)) is None:
            self.later += ids

    def _statement(self, act: Act, facts: Facts) -> Any:
        rows = many_rows_of(act, self.model, self.day, "ids")
        try:
            source = layer(facts.select(rows).where(rows.asked(rows.id)), "facts")
            return Prepared(self._differing(facts, source), self.connection.dialect)
        except NotAsSql:
            return None

    def apply(self) -> None:
        self.carry_out([])

    @contextmanager
    def _writing(self) -> Iterator[Act]:
        """Only while the cut points are those that were read: a recompute that has brought others rates everybody."""
        with super()._writing() as act:
            if stored_cuts(act, self.model) != self.cuts:
                raise jobs.Cancelled
            yield act
