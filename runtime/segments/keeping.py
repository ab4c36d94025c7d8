"""All members of a segment at once: found when keeping begins, compared with the rule every night and after publishing."""

from __future__ import annotations

from time import monotonic_ns
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from runtime.definitions.model import Definition
from runtime.formulas.to_sql import NotAsSql, to_sql
from runtime.people.person import SYSTEM
from runtime.records import derived
from runtime.records.changes import Changes
from runtime.records.sources import Rows
from runtime.records.streaming import attempted, may_pass_limits
from runtime.records.tables import tables_of
from runtime.segments import members
from runtime.segments.members import FILLING, KEPT, LARGE, number_of, rule
from runtime.system import jobs
from runtime.system.tables import segment_member, segment_state

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.definitions.segment import Segment
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

KIND = "segment_recompute"
CHUNK, FILLED_AT_ONCE = 5_000, 20_000
MOST = 1_000_000
"""Members that are kept over time; of a larger segment only the rule is asked."""


# -- when -----------------------------------------------------------------------------------------------------------------------------
def after_publish(act: Act, before: Catalogue, changed: list[Definition]) -> None:
    """From now on the members of a new segment are kept; those of a changed one, or of a changed form, are compared with the rule again."""
    published = {(each.kind, each.key) for each in changed}
    nested = any(kind == "segment" for kind, _key in published)
    wanted: dict[str, list[str]] = {}
    for segment in act.catalogue.segments.values():
        if segment.form not in tables_of(act.catalogue):
            continue
        fresh = _begin(act, segment)
        again = ("segment", segment.key) in published or ("form", segment.form) in published
        if (fresh or again or (nested and rule(act.catalogue, segment).uses.segments)) and _has_records(act, segment.form):
            wanted.setdefault(segment.form, []).append(segment.key)
    for form, keys in wanted.items():
        queue(act, form, keys, "publish")


def _begin(act: Act, segment: Segment) -> bool:
    """Notes that the members are kept from here on; a form without records has them all. False where that was known."""
    number = number_of(act.catalogue, segment.key)
    if _state(act, number) is not None:
        return False
    empty = not _has_records(act, segment.form)
    known = {"state": KEPT, "began": act.micros, "members": 0, "took": 0} if empty else {"state": FILLING}
    act.connection.execute(segment_state.insert().values(segment=number, at=act.micros, **known))
    return True


def _state(act: Act, number: int) -> Any:
    return act.connection.execute(sa.select(segment_state).where(segment_state.c.segment == number)).first()


def _has_records(act: Act, form: str) -> bool:
    main = tables_of(act.catalogue)[form].main
    return act.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None)).limit(1)).first() is not None


def queue(act: Act, form: str, keys: list[str] | None = None, source: str = "schedule") -> int:
    """Queues a comparison of all records of a form with the rules of these segments, or of all; gives the job's id."""
    return jobs.start(act, KIND, {"form": form, "segments": keys, "source": source}, subject=f"form:{form}")


def register() -> None:
    jobs.KINDS.setdefault(KIND, _do)


def _do(workspace: Workspace, job: Job) -> dict[str, Any]:
    given = job.payload
    return recompute(workspace, given["form"], given["segments"], job, given["source"])


# -- all records ----------------------------------------------------------------------------------------------------------------------
def recompute(
    workspace: Workspace, form: str, keys: list[str] | None = None, job: Job | None = None, source: str = "schedule"
) -> dict[str, Any]:
    """Brings the members of a form's segments up to date, after what changes with the day; gives how many rows changed, by segment."""
    derived.refresh_day(workspace, form)
    with workspace.reading(SYSTEM) as act:
        wanted = [each.key for each in act.catalogue.segments.values() if each.form == form and (keys is None or each.key in keys)]
        wanted = wanted if form in tables_of(act.catalogue) else []
    return {"changed": {key: _bring_up(workspace, key, job, source) for key in wanted}}


def _bring_up(workspace: Workspace, key: str, job: Job | None, source: str) -> int:
    """One segment: fills it if its members are not all known, then moves those who differ."""
    started = monotonic_ns()
    with workspace.reading(SYSTEM) as act:
        number, large = number_of(act.catalogue, key), _is_large(act, act.catalogue.segments[key])
    with workspace.writing(SYSTEM, source) as act:
        _begin(act, act.catalogue.segments[key])
        state = _state(act, number).state
        if large:
            _give_up(act, number)
        elif state == LARGE:
            act.connection.execute(segment_state.update().where(segment_state.c.segment == number).values(state=FILLING))
    if large:
        return 0
    moved = _fill(workspace, key, job) if state != KEPT else 0
    moved += _compare(workspace, key, job, source)
    _note(workspace, number, (monotonic_ns() - started) // 1_000)
    return moved


def _note(workspace: Workspace, number: int, took: int) -> None:
    """Writes down when the members were compared, how many there are, and how long it took."""
    member, state = segment_member.c, segment_state.c
    with workspace.writing(SYSTEM, "schedule") as act:
        count = sa.select(sa.func.count()).where(member.segment == number, member.until.is_(None)).scalar_subquery()
        act.connection.execute(segment_state.update().where(state.segment == number).values(members=count, at=act.micros, took=took))


def _is_large(act: Act, segment: Segment) -> bool:
    """Whether more belong to it than are kept. Where the database cannot tell, the size of the form decides."""
    rows, wanted = Rows(act, segment.form), rule(act.catalogue, segment)
    everybody = rows.select(rows.id)

    def more(query: Any) -> bool:
        first = sa.select(sa.func.count()).select_from(query.limit(MOST + 1).subquery())
        return (act.connection.execute(first, {"today": act.day, "now": act.micros}).scalar() or 0) > MOST

    if not more(everybody):
        return False
    try:
        query = rows.select(rows.id).where(to_sql(wanted, rows.source))
    except NotAsSql:
        return True
    found = attempted(act, may_pass_limits(wanted), lambda: more(query))
    return True if found is None else found


def _give_up(act: Act, number: int) -> None:
    """Keeps the members no longer; what was known of them would be wrong from now on."""
    act.connection.execute(segment_member.delete().where(segment_member.c.segment == number))
    gone = {"state": LARGE, "began": None, "members": None, "at": act.micros}
    act.connection.execute(segment_state.update().where(segment_state.c.segment == number).values(**gone))


def _fill(workspace: Workspace, key: str, job: Job | None) -> int:
    """The first members, silently: they have not come just now. Changes meanwhile are followed as silently."""
    last, entered = 0, 0
    while True:
        with workspace.writing(SYSTEM, "schedule") as act:
            segment, number = act.catalogue.segments[key], number_of(act.catalogue, key)
            main = tables_of(act.catalogue)[segment.form].main
            some = sa.select(main.c.id).where(main.c.id > last, main.c.deleted_at.is_(None)).order_by(main.c.id).limit(FILLED_AT_ONCE)
            upto = act.connection.execute(sa.select(sa.func.max(some.subquery().c.id))).scalar()
            if upto is None:
                known = {"state": KEPT, "began": act.micros}
                act.connection.execute(segment_state.update().where(segment_state.c.segment == number).values(**known))
                return entered
            entered += _fill_some(act, segment, number, last, upto)
            last = upto
        if job is not None:
            job.progress(entered)


def _fill_some(act: Act, segment: Segment, number: int, after: int, upto: int) -> int:
    """The members among the records of a range of ids, by one statement where the database can."""
    rows, wanted = Rows(act, segment.form), rule(act.catalogue, segment)
    here = rows.id > after, rows.id <= upto
    try:
        query = rows.select(sa.literal(number), rows.id, sa.literal(act.micros)).where(*here, to_sql(wanted, rows.source))
    except NotAsSql:
        query = None
    if query is not None:
        insert = (sqlite.insert if act.connection.dialect.name == "sqlite" else postgresql.insert)(segment_member)
        names = ["segment", "record", "since"]
        found = insert.from_select(names, query.params(today=act.day, now=act.micros)).on_conflict_do_nothing()
        count = attempted(act, may_pass_limits(wanted), lambda: act.connection.execute(found).rowcount)
        if count is not None:
            return count
    ids = act.connection.execute(rows.select(rows.id).where(*here)).scalars().all()
    belonging = members.belonging(act, segment.form, (segment.key,), ids)
    right = [record for record, keys in belonging.items() if keys]
    members.enter(act, number, right, None)
    return len(right)


def _compare(workspace: Workspace, key: str, job: Job | None, source: str) -> int:
    """Moves those whose row is not what the rule says: one statement finds them, and only they are touched."""
    with workspace.reading(SYSTEM) as act:
        segment = act.catalogue.segments[key]
        ids = _differing(act, segment)
    moved = 0
    for start in range(0, len(ids), CHUNK):
        with workspace.writing(SYSTEM, source) as act:
            moved += members.settle(act, segment.form, (key,), ids[start : start + CHUNK], Changes(act.source))
        if job is not None:
            job.progress(min(start + CHUNK, len(ids)), len(ids))
    return moved


def _differing(act: Act, segment: Segment) -> list[int]:
    """The records whose row is not what the rule says; all of them where the database cannot tell."""
    number, wanted = number_of(act.catalogue, segment.key), rule(act.catalogue, segment)
    main, member = tables_of(act.catalogue)[segment.form].main, segment_member
    mine = sa.and_(member.c.segment == number, member.c.until.is_(None))
    gone = (
        sa.select(member.c.record)
        .select_from(member.outerjoin(main, sa.and_(main.c.id == member.c.record, main.c.deleted_at.is_(None))))
        .where(mine, main.c.id.is_(None))
    )
    left = list(act.connection.execute(gone).scalars())
    rows = Rows(act, segment.form)
    try:
        here = sa.exists().where(mine, member.c.record == rows.id).correlate_except(member)
        differs = sa.case((to_sql(wanted, rows.source), 1), else_=0) != sa.case((here, 1), else_=0)
    except NotAsSql:
        return sorted({*left, *_everybody(act, rows)})
    query, given = rows.select(rows.id).where(differs), {"today": act.day, "now": act.micros}
    found = attempted(act, may_pass_limits(wanted), lambda: list(act.connection.execute(query, given).scalars()))
    return sorted({*left, *(_everybody(act, rows) if found is None else found)})


def _everybody(act: Act, rows: Rows) -> list[int]:
    return list(act.connection.execute(rows.select(rows.id)).scalars())
