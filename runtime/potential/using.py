"""Models of potential at work: learning as long work, switching on what has passed its test, and bringing the values up to date."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions import versions
from runtime.definitions.catalogue import Catalogue
from runtime.definitions.loading import load
from runtime.definitions.potential import Potential
from runtime.errors import NotFound, Problem, Refused
from runtime.people.person import SYSTEM
from runtime.potential import extra
from runtime.potential.reads import read_by, read_by_tiers
from runtime.records import derived
from runtime.records.tables import tables_of
from runtime.system import audit, jobs
from runtime.system.database import to_json
from runtime.system.prepared import Prepared
from runtime.system.tables import day_done, potential_fit, potential_use, potential_value
from runtime.system.tables import job as job_table
from runtime.tags import rules
from runtime.texts import Message, _
from runtime.tiers import recomputing

if TYPE_CHECKING:
    from runtime.potential.testing import Test
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

LEARN, REFRESH = "potential_learn", "potential_refresh"
NIGHTLY_AT = "01:30"
DAY_CHANGE = "day_change"
"""The work on fields that change with the day (automation/due.py)."""
KEPT = 20
"""So many learnings of a model are kept."""


@dataclass(frozen=True)
class Fit:
    """One learning of a model by a `version` of its definition; `at` in microseconds, `day` a day number. `test` is the back-test's JSON."""

    id: int
    model: int
    version: int
    at: int
    day: int
    person: int
    learnt: dict[str, Any]
    test: dict[str, Any]
    passed: bool

    def tested(self) -> Test | None:
        """The back-test; None where none could be made, which `test["refused"]` explains."""
        from runtime.potential.testing import Test

        return None if "refused" in self.test else Test.of_json(self.test)


@dataclass(frozen=True)
class Use:
    """A model that is switched on; `refreshed_at` in microseconds, None until its first values are there."""

    fit: Fit
    at: int
    person: int
    refreshed_at: int | None
    records: int | None


# -- looking --------------------------------------------------------------------------------------------------------------------------
def find(act: Act, key: str) -> Potential:
    found = act.catalogue.potentials.get(key)
    if found is None:
        raise NotFound(_("There is no model of potential with the key {key}.", key=key))
    return found


def number_of(catalogue: Catalogue, key: str) -> int:
    return catalogue.ids.get(("potential", key), 0)


def fits(act: Act, key: str) -> list[Fit]:
    """The learnings of a model, newest first."""
    own = potential_fit.c
    query = sa.select(potential_fit).where(own.model == number_of(act.catalogue, key)).order_by(own.id.desc())
    return [_fit(row) for row in act.connection.execute(query)]


def _fit(row: Any) -> Fit:
    return Fit(row.id, row.model, row.version, row.at, row.day, row.person, json.loads(row.learnt), json.loads(row.test), bool(row.passed))


def find_fit(act: Act, number: int) -> Fit | None:
    row = act.connection.execute(sa.select(potential_fit).where(potential_fit.c.id == number)).first()
    return None if row is None else _fit(row)


def in_use(act: Act, key: str) -> Use | None:
    own = potential_use.c
    row = act.connection.execute(sa.select(potential_use).where(own.model == number_of(act.catalogue, key))).first()
    fit = None if row is None else find_fit(act, row.fit)
    return None if row is None or fit is None else Use(fit, row.at, row.person, row.refreshed_at, row.records)


def as_learnt(act: Act, key: str, fit: Fit) -> Potential:
    """The definition by which a model was learnt. Raises what loading raises where today's code cannot read it any more."""
    found = load(versions.find_version(act.connection, "potential", key, fit.version).body)
    assert isinstance(found, Potential)
    return found


# -- learning -------------------------------------------------------------------------------------------------------------------------
def queue_learning(act: Act, key: str) -> int:
    """Raises Missing without the extra. Gives the job's id."""
    extra.need()
    find(act, key)
    return jobs.start(act, LEARN, {"key": key}, subject=f"potential:{key}")


def learn(workspace: Workspace, job: Job) -> dict[str, Any]:
    """Learns and tests outside a writing transaction, then keeps both. Raises NoFit, and Cancelled when it is to stop."""
    extra.need()
    from runtime.potential import learning

    key, stage = job.payload["key"], 0

    def say(what: Message) -> None:
        nonlocal stage
        stage += 1
        job.progress(stage, learning.STAGES, what)

    with workspace.reading(SYSTEM) as act:
        model, version = find(act, key), act.catalogue.versions["potential", key]
        learnt, test, passed = learning.learn(act, model, say, lambda: job.progress(stage))
    say(_("Keeping the result"))
    with workspace.writing(SYSTEM, "schedule") as act:
        values = {"model": number_of(act.catalogue, key), "version": version, "at": act.micros, "day": act.day, "person": job.person_id}
        fit = act.take_ids("potential_fit")
        act.connection.execute(
            potential_fit.insert().values(id=fit, learnt=to_json(learnt), test=to_json(test), passed=int(passed), **values)
        )
        _forget_old(act, values["model"])
    return {"fit": fit, "passed": passed}


def _forget_old(act: Act, model: int) -> None:
    own = potential_fit.c
    newest = act.connection.execute(sa.select(own.id).where(own.model == model).order_by(own.id.desc()).limit(KEPT)).scalars().all()
    used = act.connection.execute(sa.select(potential_use.c.fit).where(potential_use.c.model == model)).scalar()
    act.connection.execute(potential_fit.delete().where(own.model == model, own.id < newest[-1], own.id != (used or 0)))


# -- switching ------------------------------------------------------------------------------------------------------------------------
def switch_on(act: Act, key: str) -> int:
    """Puts the newest learning to use; refuses one that has not passed its test. Gives the id of the job that works out the values."""
    extra.need()
    find(act, key)
    newest = next(iter(fits(act, key)), None)
    problem = why_not(act, key, newest)
    if problem is not None or newest is None:
        raise Refused([Problem("", problem or _("Let the model learn first."))])
    model = newest.model
    act.connection.execute(potential_use.delete().where(potential_use.c.model == model))
    act.connection.execute(potential_use.insert().values(model=model, fit=newest.id, at=act.micros, person=act.person.id))
    audit.note(act, "potential_on", f"potential:{key}", version=newest.version, fit=newest.id)
    return queue_refresh(act, key)


def why_not(act: Act, key: str, newest: Fit | None) -> Message | None:
    """Why a model cannot be switched on with its newest learning; None: it can."""
    if newest is None:
        return _("The model has not learnt anything yet, so there is no test that it could have passed. Let it learn first.")
    if newest.version != act.catalogue.versions.get(("potential", key)):
        return _("The model was changed after it learnt. Let it learn again, so that the test is about what would be used.")
    if "refused" in newest.test:
        return _("The model could not be tested on the past, so it cannot be switched on.")
    if not newest.passed:
        return _("The model has not passed its test on the past, so it cannot be switched on. The points below say where it failed.")
    return None


def switch_off(act: Act, key: str) -> None:
    """Takes a model out of use with all that it said; what reads it is worked out anew."""
    model = number_of(act.catalogue, key)
    act.connection.execute(potential_use.delete().where(potential_use.c.model == model))
    act.connection.execute(potential_value.delete().where(potential_value.c.model == model))
    audit.note(act, "potential_off", f"potential:{key}")
    _queue_readers(act, key, scheduled=False)


# -- values ---------------------------------------------------------------------------------------------------------------------------
def queue_refresh(act: Act, key: str, scheduled: bool = False) -> int:
    return jobs.start(act, REFRESH, {"key": key, "scheduled": scheduled}, subject=f"potential:{key}")


def refresh(workspace: Workspace, job: Job) -> dict[str, Any]:
    """Works out today's values of a model that is in use, in portions by record; each takes the place of what stood for its records."""
    extra.need()
    from runtime.potential import learning

    key, done, low = job.payload["key"], 0, 0
    with workspace.reading(SYSTEM, "schedule") as act:
        use = in_use(act, key) if key in act.catalogue.potentials else None
        if use is None:
            return {"records": 0}
        model = as_learnt(act, key, use.fit)
        main = tables_of(act.catalogue)[model.form].main
        total = act.connection.execute(sa.select(sa.func.count()).select_from(main).where(main.c.deleted_at.is_(None))).scalar() or 0
        for rows in learning.expect(act, model, use.fit.learnt, lambda: job.progress(job.done, total)):
            job.progress(done, total)
            if not _replace(workspace, use.fit, rows, low, rows[-1]["record"]):
                return {"records": done}
            done, low = done + len(rows), rows[-1]["record"]
    if _replace(workspace, use.fit, [], low, None):
        _settle(workspace, key, use.fit, done, bool(job.payload.get("scheduled")))
    job.progress(total, total)
    return {"records": done}


def _settle(workspace: Workspace, key: str, fit: Fit, records: int, scheduled: bool) -> None:
    with workspace.writing(SYSTEM, "schedule") as act:
        own = potential_use.c
        mine = (own.model == fit.model, own.fit == fit.id)
        act.connection.execute(potential_use.update().where(*mine).values(refreshed_at=act.micros, records=records))
        if key in act.catalogue.potentials:
            _queue_readers(act, key, scheduled)


def _replace(workspace: Workspace, fit: Fit, rows: list[dict[str, Any]], above: int, up_to: int | None) -> bool:
    """Puts rows in the place of those of the records above one up to another; False when the model was switched off or over meanwhile."""
    own = potential_value.c
    with workspace.writing(SYSTEM, "schedule") as act:
        present = act.connection.execute(sa.select(potential_use.c.fit).where(potential_use.c.model == fit.model)).scalar()
        if present != fit.id:
            return False
        old = potential_value.delete().where(own.model == fit.model, own.record > above)
        act.connection.execute(old if up_to is None else old.where(own.record <= up_to))
        if rows:
            insert = Prepared(potential_value.insert().values({each.name: sa.bindparam(each.name) for each in own}), act.connection.dialect)
            common = {"model": fit.model, "fit": fit.id, "day": act.day}
            insert.many(act.connection, [{**common, **row, "basis": to_json(row["basis"])} for row in rows])
    return True


def _queue_readers(act: Act, key: str, scheduled: bool) -> None:
    """Queues the work on what reads the values: computed fields and tags by rule, and tiers that their own run of today does not reach."""
    catalogue, model = act.catalogue, act.catalogue.potentials[key]
    if derived.day_fields(catalogue, model.form):
        jobs.start(act, DAY_CHANGE, {"form": model.form}, subject=f"form:{model.form}")
    for tags in catalogue.tag_sets.values():
        if any(key in read_by(catalogue, use) for use in tags.formulas(catalogue)):
            jobs.start(act, rules.KIND, {"tag_set": tags.key}, subject=f"tag_set:{tags.key}")
    for each in catalogue.tier_models.values():
        comes_anyway = scheduled and _will_run(act, each.key)
        if each in catalogue.models_of(each.form) and key in read_by_tiers(catalogue, each) and not comes_anyway:
            recomputing.queue(act, each.key)


def _will_run(act: Act, tier_model: str) -> bool:
    """Whether today's nightly run of a tier model is still to begin."""
    waiting = sa.select(job_table.c.id).where(job_table.c.subject == f"tier_model:{tier_model}", job_table.c.state == "waiting")
    begun = sa.select(day_done.c.what).where(day_done.c.what == f"tier:{tier_model}", day_done.c.day == act.day)
    return act.connection.execute(waiting).first() is not None or act.connection.execute(begun).first() is None


def models_in_use(act: Act) -> list[str]:
    """The keys of the models that are switched on."""
    numbers = set(act.connection.execute(sa.select(potential_use.c.model)).scalars())
    return [key for key in act.catalogue.potentials if number_of(act.catalogue, key) in numbers]


def register() -> None:
    jobs.KINDS.setdefault(LEARN, learn)
    jobs.KINDS.setdefault(REFRESH, refresh)
