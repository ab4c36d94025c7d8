"""What follows from a change: computed fields, tags by rule and tiers, each after what it reads (records/graph.py).

Up to 200 affected records of a form are brought up to date inside the writing transaction. More leave rows in `derived_dirty`, in the same
transaction, and are worked off by sets right after; until then such a record shows “being updated”.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue
from runtime.formulas.definitions import computed
from runtime.people.person import SYSTEM
from runtime.records import passing
from runtime.records.affected import CALENDAR, DAY, all_touched, names_read, spread, ways
from runtime.records.changes import EVERYTHING, Changes
from runtime.records.computing import Computing
from runtime.records.graph import FIELD, Atom, depths
from runtime.records.holding import hold
from runtime.records.looking_up import NAME, PEOPLE
from runtime.records.population import recut
from runtime.records.population import wanted as wanted_cuts
from runtime.records.tables import tables_of
from runtime.system.database import to_json
from runtime.system.prepared import prepared
from runtime.system.sets import among
from runtime.system.tables import derived_dirty
from runtime.system.workspace import Cause

if TYPE_CHECKING:
    from runtime.system.workspace import Act, Workspace

AT_ONCE = 200
CHUNK = 5_000


@dataclass(frozen=True)
class Step:
    """Something worked out for records of a form when one of the names in `reads` was touched. `settle` writes what differs and touches
    the names that it changed."""

    kind: str
    form: str
    reads: frozenset[str]
    settle: Callable[[Act, Changes, set[int]], None]


STEPS: dict[str, Callable[[Catalogue, list[Atom]], Step | None]] = {}
"""How tags and tiers are brought up to date; filled by runtime/kinds.py in plain sight."""


def steps(catalogue: Catalogue) -> list[Step]:
    """Everything that is worked out, in an order in which each step comes after those that it reads."""
    if "steps" not in catalogue.memo:
        groups: dict[tuple[int, str, str, str], list[Atom]] = defaultdict(list)
        for atom, depth in depths(catalogue).items():
            groups[depth, atom.kind, atom.form, atom.owner].append(atom)
        found = [step for name in sorted(groups) if (step := _step(catalogue, groups[name])) is not None]
        for step in found:
            if isinstance(step.settle, Computing):
                read = frozenset().union(*(each.reads for each in found if each.form == step.form))
                step.settle.heeded = [key for key in step.settle.formulas if key in read or ways(catalogue, step.form, key)]
        catalogue.memo["steps"] = found
    return catalogue.memo["steps"]


def _step(catalogue: Catalogue, atoms: list[Atom]) -> Step | None:
    if atoms[0].kind != FIELD:
        return STEPS[atoms[0].kind](catalogue, atoms)
    built = tables_of(catalogue).get(atoms[0].form)
    keys = [each.key for each in atoms if built is not None and built.places.get(each.key) == "calc"]
    if built is None or not keys:
        return None
    formulas = computed(catalogue, built.form)
    reads = frozenset().union(*(names_read(catalogue, built.form.key, formulas[key]) for key in keys))
    return Step(FIELD, built.form.key, reads, Computing(built, {key: formulas[key] for key in keys}))


# -- following a change -------------------------------------------------------------------------------------------------------------
def derive_all(act: Act, changes: Changes) -> None:
    """Brings everything derived from the changes up to date, now or (where many records are affected) by a note for right after."""
    begin = all_touched(act.catalogue, changes)
    if begin:
        spread(act, changes, begin)
    hold(act, changes, AT_ONCE)
    settle(act, changes, AT_ONCE)


def names_changed(act: Act, people: list[int]) -> None:
    """Brings what is kept with the names of these people up to date."""
    changes = Changes(act.source)
    changes.touch(PEOPLE, NAME, people)
    derive_all(act, changes)


def calendar_changed(act: Act) -> None:
    """Brings what is kept of working days up to date."""
    changes = Changes(act.source, late=True)
    for form in {step.form for step in steps(act.catalogue) if CALENDAR in step.reads}:
        main = tables_of(act.catalogue)[form].main
        changes.touch(form, CALENDAR, act.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None))).scalars().all())
    settle(act, changes, AT_ONCE)


def settle(act: Act, changes: Changes, most: int | None = None, kinds: Iterable[str] | None = None) -> None:
    """Does the steps whose names were touched, each spreading what it changed; forms of which more than `most` records are affected get
    notes instead."""
    noted: dict[str, set[int]] = {}
    touched = changes.touched
    for step in steps(act.catalogue):
        if step.form not in touched:
            continue
        ids = changes.ids(step.form, step.reads)
        if not ids or (kinds is not None and step.kind not in kinds):
            continue
        if most is not None and (step.form in noted or _more_than(most, changes, step.form)):
            left = _all(changes, step.form) - noted.get(step.form, set())
            leave_note(act, step.form, left, changes)
            noted[step.form] = noted.get(step.form, set()) | left
            continue
        start = len(changes.log)
        step.settle(act, changes, ids)
        if len(changes.log) > start:
            spread(act, changes, [(form, name, some, False) for form, name, some in changes.log[start:]])
            hold(act, changes, most)


def _more_than(most: int, changes: Changes, form: str) -> bool:
    return sum(map(len, changes.touched[form].values())) > most and len(_all(changes, form)) > most


def _all(changes: Changes, form: str) -> set[int]:
    return set().union(*changes.touched[form].values())


def leave_note(act: Act, form: str, ids: Iterable[int], changes: Changes) -> None:
    """Rows in `derived_dirty` for these records; one that is there stays as it is."""
    cause = to_json(
        {
            "quiet": not act.fires,
            "event": act.cause.event if act.cause else None,
            "automations": list(act.cause.automations) if act.cause else [],
            **({"bulk": True} if act.cause and act.cause.bulk else {}),
        }
    )
    statement = prepared(act.catalogue.memo, "dirty", act.connection.dialect, lambda: _upsert_nothing(act.connection.dialect))
    statement.many(
        act.connection,
        [
            {"form": form, "record": record, "what": "all", "source": changes.source, "event": changes.event, "cause": cause}
            for record in sorted(ids)
        ],
    )


def _upsert_nothing(dialect: sa.Dialect) -> Any:
    from sqlalchemy.dialects import postgresql, sqlite

    insert = sqlite.insert if dialect.name == "sqlite" else postgresql.insert
    names = ("form", "record", "what", "source", "event", "cause")
    return insert(derived_dirty).values({name: sa.bindparam(name) for name in names}).on_conflict_do_nothing()


def work_off(workspace: Workspace, stop: Callable[[], bool] = lambda: False) -> int:
    """Works off the notes by sets; gives how many records it brought up to date."""
    done = 0
    while not stop():
        with workspace.engine.connect() as connection:
            waiting = connection.execute(sa.select(derived_dirty.c.form, derived_dirty.c.source, derived_dirty.c.cause).limit(1)).first()
        if waiting is None:
            return done
        done += _work_off_some(workspace, waiting.form, waiting.source, waiting.cause)
    return done


def _work_off_some(workspace: Workspace, form: str, source: str, cause: str | None) -> int:
    told = json.loads(cause) if cause else {}
    chain = Cause(told.get("event"), tuple(told.get("automations", ())), told.get("bulk", False)) if told.get("event") else None
    with workspace.writing(SYSTEM, source, chain) as act:
        act.fires = not told.get("quiet", False)
        same = (
            derived_dirty.c.form == form,
            derived_dirty.c.source == source,
            derived_dirty.c.cause == cause if cause is not None else derived_dirty.c.cause.is_(None),
        )
        rows = act.connection.execute(
            sa.select(derived_dirty.c.record, derived_dirty.c.event).where(*same).order_by(derived_dirty.c.record).limit(CHUNK)
        ).all()
        ids = [row.record for row in rows]
        act.connection.execute(derived_dirty.delete().where(*same, among(derived_dirty.c.record, ids)))
        if form in act.catalogue.forms and ids:
            changes = Changes(source, rows[-1].event, late=True)
            changes.touch(form, EVERYTHING, ids)
            settle(act, changes, CHUNK)
    return len(ids)


def is_waiting(act: Act, form: str, record: int) -> bool:
    """Whether a record's derived values are still to be worked off."""
    return (
        act.connection.execute(
            sa.select(derived_dirty.c.record).where(derived_dirty.c.form == form, derived_dirty.c.record == record)
        ).first()
        is not None
    )


# -- the day changes ----------------------------------------------------------------------------------------------------------------
def refresh_day(workspace: Workspace, form: str, answers: passing.Answers | None = None) -> int:
    """Brings the computed fields of a form that change with the day, and the fields that read them, up to date by sets; gives how many records
    were looked at: those whom the days since the last time concern, or all. Only what differs is written. Tags and tiers have runs of their
    own every night, for which `answers` keeps whom it has found."""
    recut(workspace, form)
    with workspace.reading(SYSTEM, "schedule") as act:
        if form not in act.catalogue.forms or not day_fields(act.catalogue, form):
            return 0
        settled = passing.nobody_from_before(act)
    with workspace.reading(SYSTEM, "schedule") as act:  # what ended before this moment is seen from it
        if form not in act.catalogue.forms:
            return 0
        ids = _concerned(act, form, answers)
        if ids is None:
            main = tables_of(act.catalogue)[form].main
            ids = list(act.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None)).order_by(main.c.id)).scalars())
        day, revision = act.day, act.catalogue.revision
    for start in range(0, len(ids), CHUNK):
        with workspace.writing(SYSTEM, "schedule") as act:
            if act.catalogue.revision != revision and not (form in act.catalogue.forms and day_fields(act.catalogue, form)):
                return start
            changes = Changes(act.source, late=True)
            changes.touch(form, DAY, ids[start : start + CHUNK])
            settle(act, changes, kinds=(FIELD,))
    with workspace.writing(SYSTEM, "schedule") as act:
        if act.catalogue.revision == revision:
            passing.mark(act, f"fields:{form}", day, settled)
    return len(ids)


def _concerned(act: Act, form: str, answers: passing.Answers | None) -> list[int] | None:
    """The records whose computed fields the days since the last refresh concern; None: they may be all."""
    found = passing.passed(act, f"fields:{form}", form, others=True, answers=answers)
    if found is None:
        return None
    fields = computed(act.catalogue, act.catalogue.forms[form])
    for key in day_fields(act.catalogue, form):
        found.follow(fields[key])
    return found.records()


def follows_day(catalogue: Catalogue, form: str) -> bool:
    """Whether anything of a form is worked out anew every night: fields, or cut points that fields, segments or views read."""
    return bool(day_fields(catalogue, form) or wanted_cuts(catalogue, form))


def day_fields(catalogue: Catalogue, form: str) -> list[str]:
    """The computed fields of a form whose value changes with the day."""
    found: dict[str, Any] = {}
    for key, each in computed(catalogue, catalogue.forms[form]).items():
        if DAY in names_read(catalogue, form, each) or any(name in found for name in each.uses.fields):
            found[key] = each
    return list(found)
