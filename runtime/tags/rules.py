"""Tags by rule, kept right by sets: after every change for the records it touched, after every day for all."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.model import Definition
from runtime.definitions.tag_set import Tag, TagSet
from runtime.errors import NotFound
from runtime.formulas import evaluate, to_sql
from runtime.formulas.definitions import formula
from runtime.formulas.to_sql import NotAsSql
from runtime.people.person import SYSTEM
from runtime.records import derived
from runtime.records.affected import names_read
from runtime.records.changes import Changes
from runtime.records.derived import Step
from runtime.records.graph import TAG, Atom
from runtime.records.sources import Rows
from runtime.records.streaming import attempted, by_rows, may_pass_limits
from runtime.records.tables import tables_of
from runtime.records.values import RecordValues
from runtime.system import jobs
from runtime.system.prepared import Prepared
from runtime.system.sets import among
from runtime.system.tables import tag_assignment
from runtime.tags.assigning import change, present
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue
    from runtime.formulas import Formula
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

KIND = "tag_recompute"
CHUNK = 5_000
CONDITION = ("boolean",)


def step(catalogue: Catalogue, atoms: list[Atom]) -> Step:
    """How some tags by rule of a dictionary are brought up to date."""
    tags, only = catalogue.tag_sets[atoms[0].owner], {each.key for each in atoms}

    def do(act: Act, changes: Changes, ids: set[int]) -> None:
        settle(act, tags, ids, changes, only)

    reads = (names_read(catalogue, tags.form, each) for key, each in rules(catalogue, tags).items() if key in only)
    return Step(TAG, tags.form, frozenset().union(*reads), do)


def settle(act: Act, tags: TagSet, ids: Iterable[int], changes: Changes, only: Container[str] | None = None) -> list[int]:
    """Gives and takes the tags by rule of these records, all or `only` some; gives the records whose tags changed."""
    wanted = _wanted(act, tags, ids)
    given: dict[int, dict[str, bool]] = {record: {} for record in wanted}
    for each in present(act, tags, wanted):
        given[each.record][each.tag] = each.by_rule
    ruled = [tag.key for tag in ruling(act, tags) if only is None or tag.key in only]
    moves = {}
    for record, right in wanted.items():
        here = given[record]
        added = [tag for tag in ruled if tag in right and tag not in here]
        moves[record] = (added, [tag for tag, by_rule in here.items() if by_rule and tag in ruled and tag not in right])
    return change(act, tags, moves, changes, by_rule=True, follow=False)


def ruling(act: Act, tags: TagSet) -> list[Tag]:
    """The tags with a rule whose last day is not over."""
    return [tag for tag in tags.ruled if tag.expires is None or tag.expires >= act.today]


def rules(catalogue: Catalogue, tags: TagSet) -> dict[str, Formula]:
    return {tag.key: formula(catalogue, tags.form, tag.rule or "", expect=CONDITION) for tag in tags.ruled}


def after_publish(act: Act, before: Catalogue, changed: list[Definition]) -> None:
    """Queues a recompute of each dictionary of which a publication changed a rule, or what a rule reads."""
    forms = {each.key for each in changed if each.kind == "form"}
    published = {each.key for each in changed if each.kind == "tag_set"}
    segments = any(each.kind == "segment" for each in changed)
    for tags in act.catalogue.tag_sets.values():
        old = before.tag_sets.get(tags.key)
        other = tags.key in published and (old is None or _rules_as_they_stand(old) != _rules_as_they_stand(tags))
        if tags.ruled and (other or tags.form in forms or segments) and _has_records(act, tags.form):
            jobs.start(act, KIND, {"tag_set": tags.key, "source": "publish"}, subject=f"tag_set:{tags.key}")


def _rules_as_they_stand(tags: TagSet) -> dict[str, tuple[str | None, date | None]]:
    return {tag.key: (tag.rule, tag.expires) for tag in tags.ruled}


def _has_records(act: Act, form: str) -> bool:
    main = tables_of(act.catalogue)[form].main
    return act.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None)).limit(1)).first() is not None


# -- asking -----------------------------------------------------------------------------------------------------------------------
def _wanted(act: Act, tags: TagSet, ids: Iterable[int]) -> dict[int, set[str]]:
    """For each living record of the ids the tags whose rule holds."""
    found, wanted = rules(act.catalogue, tags), sorted(ids)
    statement = _statement(act, tags, found)
    if statement is not None:
        given = {"ids": wanted, "today": act.day, "now": act.micros}
        rows = attempted(act, any(map(may_pass_limits, found.values())), lambda: statement.all(act.connection, given))
        if rows is not None:
            return {row[0]: {tag for tag, holds in zip(found, row[1:], strict=True) if holds} for row in rows}
    streamed = by_rows(act, ("tag rules", tags.key), tags.form, found, wanted)
    if streamed is not None:
        return {record: {tag for tag, holds in values.items() if holds} for record, values in streamed}
    return _by_evaluation(act, tags, found, wanted)


def _statement(act: Act, tags: TagSet, found: dict[str, Formula]) -> Prepared | None:
    """The rules of a set of records; windows of days are written into its text, so it is made anew each day. None where SQL cannot tell."""
    memo, key = act.catalogue.memo, ("tag_rules", tags.key)
    kept = memo.get(key)
    if kept is None or kept[0] != act.day:
        kept = memo[key] = (act.day, _prepared(act, tags, found))
    return kept[1]


def _prepared(act: Act, tags: TagSet, found: dict[str, Formula]) -> Prepared | None:
    rows = Rows(act, tags.form)
    try:
        columns = [_flag(to_sql(each, rows.source)) for each in found.values()]
    except NotAsSql:
        return None
    return Prepared(rows.select(rows.id, *columns).where(among(rows.id)), act.connection.dialect)


def _flag(condition: Any) -> Any:
    return sa.case((condition, sa.literal_column("1")), else_=sa.literal_column("0"))


def _by_evaluation(act: Act, tags: TagSet, found: dict[str, Formula], ids: Iterable[int]) -> dict[int, set[str]]:
    wanted = {}
    for record in sorted(ids):
        values = RecordValues.of(act, tags.form, record)
        if values is not None:
            wanted[record] = {tag for tag, each in found.items() if evaluate(each, values) is True}
    return wanted


# -- all records ------------------------------------------------------------------------------------------------------------------
def recompute(workspace: Workspace, tag_set: str, job: Job | None = None, source: str = "schedule") -> dict[str, int]:
    """Brings the tags by rule of every record up to date: one statement finds the records that differ, and only those are touched."""
    with workspace.reading(SYSTEM) as act:
        tags = act.catalogue.tag_sets.get(tag_set)
        if tags is None:
            raise NotFound(_("There is no tag set with the key {key}.", key=tag_set))
    derived.refresh_day(workspace, tags.form)
    with workspace.reading(SYSTEM) as act:
        ids = _differing(act, act.catalogue.tag_sets[tag_set])
    return {
        "changed": _in_chunks(workspace, ids, job, source, lambda act, some: _settle_and_follow(act, act.catalogue.tag_sets[tag_set], some))
    }


def _in_chunks(workspace: Workspace, ids: list[int], job: Job | None, source: str, do: Any) -> int:
    changed = 0
    for start in range(0, len(ids), CHUNK):
        with workspace.writing(SYSTEM, source) as act:
            changed += len(do(act, ids[start : start + CHUNK]))
        if job is not None:
            job.progress(min(start + CHUNK, len(ids)), len(ids))
    return changed


def _settle_and_follow(act: Act, tags: TagSet, ids: list[int]) -> list[int]:
    changes = Changes(act.source)
    changed = settle(act, tags, ids, changes)
    if changed:
        derived.derive_all(act, changes)
    return changed


def _differing(act: Act, tags: TagSet) -> list[int]:
    """The records whose tags by rule are not what the rules say; all of them where SQL cannot tell."""
    found = {tag.key: rules(act.catalogue, tags)[tag.key] for tag in ruling(act, tags)}
    if not found:
        return []
    main = tables_of(act.catalogue)[tags.form].main

    def everybody() -> list[int]:
        return list(act.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None)).order_by(main.c.id)).scalars())

    try:
        query = _differing_rows(act, tags, found)
    except NotAsSql:
        return everybody()
    guarded = any(map(may_pass_limits, found.values()))
    given = {"today": act.day, "now": act.micros}
    differing = attempted(act, guarded, lambda: list(act.connection.execute(query, given).scalars()))
    return everybody() if differing is None else differing


def _differing_rows(act: Act, tags: TagSet, found: dict[str, Formula]) -> sa.Select[Any]:
    rows = Rows(act, tags.form)
    differs = []
    for tag, rule in found.items():
        given = tag_assignment.alias()
        here = sa.exists().where(
            given.c.form == tags.form,
            given.c.tag_set == tags.key,
            given.c.record == rows.id,
            given.c.tag == tag,
            given.c.removed_at.is_(None),
        )
        by_rule = here.where(given.c.by_rule == 1)
        holds = to_sql(rule, rows.source)
        differs.append(
            sa.or_(sa.and_(holds, sa.not_(here.correlate_except(given))), sa.and_(sa.not_(holds), by_rule.correlate_except(given)))
        )
    return rows.select(rows.id).where(sa.or_(*differs)).order_by(rows.id)


def expire(workspace: Workspace, job: Job | None = None) -> dict[str, int]:
    """Takes away the temporary tags whose last day is over."""
    expired = 0
    with workspace.reading(SYSTEM) as act:
        over = tag_assignment.c.removed_at.is_(None), tag_assignment.c.expires_at <= act.micros
        rows = act.connection.execute(
            sa.select(tag_assignment.c.tag_set, tag_assignment.c.record, tag_assignment.c.tag)
            .where(*over)
            .order_by(tag_assignment.c.record)
        ).all()
    for tag_set in {row.tag_set for row in rows}:
        tags_by_record: dict[int, list[str]] = {}
        for row in rows:
            if row.tag_set == tag_set:
                tags_by_record.setdefault(row.record, []).append(row.tag)
        expired += _in_chunks(
            workspace,
            list(tags_by_record),
            job,
            "schedule",
            lambda act, some, key=tag_set, over=tags_by_record: _end(act, key, {record: over[record] for record in some}),
        )
    return {"expired": expired}


def _end(act: Act, tag_set: str, tags_by_record: dict[int, list[str]]) -> list[int]:
    tags = act.catalogue.tag_sets.get(tag_set)
    if tags is None:
        return []
    here = {(each.record, each.tag) for each in present(act, tags, tags_by_record)}
    moves: dict[int, tuple[list[str], list[str]]] = {
        record: ([], [tag for tag in over if (record, tag) in here]) for record, over in tags_by_record.items()
    }
    return change(act, tags, moves, Changes(act.source), by_rule=True, expired=True)
