"""When follow-up plans are looked at: after events that concern them, on the day on which something comes due, every night, and after publishing."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import time
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.people import people_of
from runtime.cadence import plans
from runtime.cadence.asking import insert_new
from runtime.cadence.facts import targets
from runtime.cadence.running import bring
from runtime.collaboration import telling
from runtime.effect import adherence
from runtime.effect.contacts import contacts_of, replies_of
from runtime.people.person import SYSTEM
from runtime.records.tables import tables_of
from runtime.system import jobs
from runtime.system.sets import among
from runtime.system.tables import cadence, cadence_due, cadence_wanted, tier_state, todo
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.model import Definition
    from runtime.definitions.tier_model import TierModel
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

log = logging.getLogger("tierloom.cadence")
SYNC = "follow_up_plans"
AT = time(5, 30)
"""After the nightly runs of the tier models."""
CHUNK, WINDOW = 500, 5_000
LIVES = ("record_updated", "record_deleted", "record_restored")
WRITES = ("record_created", *LIVES)
DAY = 86_400_000_000


# -- after an event ---------------------------------------------------------------------------------------------------------------------
class Noted:
    """Records whose plans events concern; the matcher adds event by event and writes them at the end, in one order, so that two of them never
    wait for each other in a circle."""

    def __init__(self) -> None:
        self._wanted: dict[str, set[int]] = defaultdict(set)

    def add(self, act: Act, row: sa.Row[Any]) -> None:
        ways = _ways(act.catalogue).get(row.form)
        if not ways or row.kind not in ("tier_changed", *WRITES):
            return
        ids = json.loads(row.records) if row.records is not None else [row.record]
        for model, reference in ways:
            if reference is None and row.kind in ("tier_changed", *LIVES):
                self._wanted[model.key].update(ids)
            elif reference is not None and row.kind in WRITES:
                self._wanted[model.key].update(targets(act, row.form, reference, ids))

    def write(self, act: Act) -> None:
        for key in sorted(self._wanted):
            want(act, act.catalogue.tier_models[key], self._wanted[key])


def _ways(catalogue: Catalogue) -> dict[str, list[tuple[TierModel, str | None]]]:
    """Form → the models whose plans its records concern, and by which field; None: they are the rated records themselves."""
    if "cadence ways" not in catalogue.memo:
        found: dict[str, list[tuple[TierModel, str | None]]] = defaultdict(list)
        for model in plans.at_work(catalogue):
            found[model.form].append((model, None))
            for each in dict.fromkeys(
                (each.form, each.reference) for each in (*contacts_of(catalogue, model), *replies_of(catalogue, model))
            ):
                found[each[0]].append((model, each[1]))
        catalogue.memo["cadence ways"] = dict(found)
    return catalogue.memo["cadence ways"]


def want(act: Act, model: TierModel, ids: Collection[int]) -> None:
    number = act.catalogue.ids["tier_model", model.key]
    if ids:
        insert_new(act, cadence_wanted, [{"model": number, "record": record} for record in sorted(ids)])


# -- by the clock -----------------------------------------------------------------------------------------------------------------------
def work_off(workspace: Workspace) -> int:
    """Looks at whoever was noted, whose day has come, and whose to-do was ticked off; tells of what is overdue. Gives how many to-dos were made."""
    with workspace.reading(SYSTEM, "schedule") as act:
        models = [model.key for model in plans.at_work(act.catalogue)]
    made = 0
    for key in models:
        for some in (_noted, _due, _ticked):
            made += _portions(workspace, key, some)
        with workspace.reading(SYSTEM, "schedule") as act:
            late = key in act.catalogue.tier_models and any(_late(act, act.catalogue.tier_models[key]))
        if late:
            with workspace.writing(SYSTEM, "schedule") as act:
                escalate(act, act.catalogue.tier_models[key])
    return made


def _portions(workspace: Workspace, key: str, some: Callable[[Act, int, int], list[int]]) -> int:
    """Portion by portion, each in a transaction of its own; records beyond the last one, so that it comes to an end."""
    made, last = 0, 0
    while True:
        with workspace.reading(SYSTEM, "schedule") as act:
            if key not in act.catalogue.tier_models or not some(act, act.catalogue.ids["tier_model", key], last):
                return made
        with workspace.writing(SYSTEM, "schedule") as act:
            if key not in act.catalogue.tier_models:
                return made
            number = act.catalogue.ids["tier_model", key]
            ids = sorted(set(some(act, number, last)))
            if not ids:
                return made
            noted = cadence_wanted.c
            act.connection.execute(cadence_wanted.delete().where(noted.model == number, among(noted.record, ids)))
            made += bring(act, act.catalogue.tier_models[key], ids)
            last = ids[-1]


def _noted(act: Act, model: int, last: int) -> list[int]:
    own = cadence_wanted.c
    query = sa.select(own.record).where(own.model == model, own.record > last).order_by(own.record).limit(CHUNK)
    return list(act.connection.execute(query).scalars())


def _due(act: Act, model: int, last: int) -> list[int]:
    own = cadence.c
    come = (own.model == model, own.state == "running", own.wake_on <= act.day, own.record > last)
    return list(act.connection.execute(sa.select(own.record).where(*come).order_by(own.record).limit(CHUNK)).scalars())


def _ticked(act: Act, model: int, last: int) -> list[int]:
    own = cadence_due.c
    query = sa.select(own.record).select_from(cadence_due.join(todo, todo.c.id == own.todo))
    done = (own.model == model, own.state == "open", todo.c.done_at.is_not(None), own.record > last)
    return list(act.connection.execute(query.where(*done).order_by(own.record).limit(CHUNK)).scalars())


def escalate(act: Act, model: TierModel) -> int:
    """Tells those whom the plans name, once for each follow-up, that it is overdue; gives how many there are."""
    told, own = 0, cadence_due.c
    for tier, conditions in _overdue(act, model):
        people = people_of(act, model.plans[tier].escalate_to or "")
        if not people:
            continue  # once there is somebody, they are told
        marked = cadence_due.update().where(*conditions).values(escalated_at=act.micros)
        rows = act.connection.execute(marked.returning(own.id, own.record)).all()
        told += len(rows)
        if len(rows) == 1:
            name = telling.title_of(act, model.form, rows[0].record)
            subject = _("The follow-up with {record} is overdue.", record=name)
            telling.tell(act, "todo", people, subject, "", (model.form, rows[0].record), f"overdue:{rows[0].id}")
        elif rows:
            app = model.app or act.catalogue.forms[model.form].app
            link = f"/apps/{app}/-/tiers/{model.key}/follow-ups?box=late"
            subject = _("{n} follow-ups are overdue.", n=len(rows))
            telling.tell(act, "todo", people, subject, "", None, f"overdue:{min(row.id for row in rows)}", link)
    return told


def _overdue(act: Act, model: TierModel) -> Iterator[tuple[str, list[Any]]]:
    """Tiers with what marks a follow-up of them as overdue and not told of."""
    number, own = act.catalogue.ids["tier_model", model.key], cadence_due.c
    for tier, plan in model.plans.items():
        if plan.escalate_after_days is not None and plan.escalate_to is not None:
            before = act.micros - plan.escalate_after_days * DAY
            mine = [own.model == number, own.state == "open", own.tier == tier]
            yield tier, [*mine, own.due_at < before, own.escalated_at.is_(None)]


def _late(act: Act, model: TierModel) -> Iterator[bool]:
    for _tier, conditions in _overdue(act, model):
        yield act.connection.execute(sa.select(cadence_due.c.id).where(*conditions).limit(1)).first() is not None


# -- every night and after publishing -----------------------------------------------------------------------------------------------------
def register() -> None:
    jobs.KINDS.setdefault(SYNC, lambda workspace, job: sync(workspace, job.payload["model"], job, job.payload["everybody"]))
    adherence.register()


def nightly(act: Act) -> dict[str, Callable[[Act], Any]]:
    """What the clock has to do for follow-up plans today."""
    if act.now.astimezone(act.zone).time() < AT:
        return {}
    models = plans.at_work(act.catalogue)
    found: dict[str, Callable[[Act], Any]] = {f"follow-ups:{each.key}": partial(queue, model=each.key) for each in models}
    return found | {f"adherence:{each.key}": partial(adherence.queue, model=each) for each in models}


def queue(act: Act, model: str, everybody: bool = False) -> int:
    return jobs.start(act, SYNC, {"model": model, "everybody": everybody}, subject=f"tier_model:{model}")


def after_publish(act: Act, before: Catalogue, changed: list[Definition]) -> None:
    """Plans that were switched on, off or changed are at work right after."""
    for each in changed:
        was = before.tier_models.get(each.key) if each.kind == "tier_model" else None
        now = act.catalogue.tier_models.get(each.key) if each.kind == "tier_model" else None
        if now is not None and _tasks(now) != (_tasks(was) if was is not None else {}):
            queue(act, now.key, everybody=True)


def _tasks(model: TierModel) -> dict[str, Any]:
    return {tier: plan for tier, plan in model.plans.items() if plan.tasks}


def sync(workspace: Workspace, key: str, job: Job | None = None, everybody: bool = False) -> dict[str, int]:
    """Looks at whoever should have a plan and has none, or has one that may be over or done: what was imported or recomputed in silence is made
    good. `everybody`: at all plans that run, as after publishing. By windows of ids, each in a transaction of its own."""
    looked = made = low = 0
    while True:
        with workspace.writing(SYSTEM, "schedule") as act:
            model = act.catalogue.tier_models.get(key)
            last = _last(act, model) if model is not None else 0
            if model is None or low >= last:
                return {"records": looked, "to-dos": made}
            ids = _concerned(act, model, low, low + WINDOW, everybody)
            made += bring(act, model, ids) if ids else 0
        looked, low = looked + len(ids), low + WINDOW
        if job is not None:
            job.progress(min(low, last), last)


def _last(act: Act, model: TierModel) -> int:
    number = act.catalogue.ids["tier_model", model.key]
    rated = sa.select(sa.func.max(tier_state.c.record)).where(tier_state.c.model == number)
    running = sa.select(sa.func.max(cadence.c.record)).where(cadence.c.model == number, cadence.c.state == "running")
    return max(act.connection.execute(rated).scalar() or 0, act.connection.execute(running).scalar() or 0)


def _concerned(act: Act, model: TierModel, low: int, high: int, everybody: bool) -> list[int]:
    number, state, own, due = act.catalogue.ids["tier_model", model.key], tier_state.c, cadence.c, cadence_due.c
    tiers = [tier for tier in model.plans if plans.plan_by_tier(model, tier) is not None]
    main = tables_of(act.catalogue)[model.form].main.c
    runs = sa.exists().where(own.model == number, own.record == state.record, own.state == "running")
    lacking = sa.select(state.record).join(main.id.table, main.id == state.record)
    lacking = lacking.where(state.model == number, state.tier.in_(tiers), ~runs, main.deleted_at.is_(None))
    mine = sa.and_(state.model == number, state.record == own.record)
    running = sa.select(own.record).select_from(cadence.outerjoin(tier_state, mine).outerjoin(main.id.table, main.id == own.record))
    running = running.where(own.model == number, own.state == "running")
    if not everybody:
        open_ = sa.exists().where(due.cadence == own.id, due.state == "open")
        running = running.where(sa.or_(state.tier.is_distinct_from(own.tier), main.id.is_(None), main.deleted_at.is_not(None), open_))
    found: set[int] = set()
    for query, column in ((lacking, state.record), (running, own.record)):
        found.update(act.connection.execute(query.where(column > low, column <= high)).scalars())
    return sorted(found)
