"""Tags by rule, kept right by sets: after every change for the records it touched, after every day for all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.tag_set import Tag, TagSet
from runtime.errors import NotFound
from runtime.formulas import evaluate, to_sql
from runtime.formulas.definitions import formula
from runtime.people.person import SYSTEM
from runtime.records import derived
from runtime.records.changes import Changes
from runtime.records.derived import names_read
from runtime.records.sources import Rows
from runtime.records.tables import tables_of
from runtime.records.values import RecordValues
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

CHUNK = 5_000
CONDITION = ("boolean",)


def derive(act: Act, changes: Changes) -> None:
    """Brings the tags by rule of the touched records up to date; the tags that change are noted for what comes after."""
    for form in list(changes.touched):
        for tags in act.catalogue.tag_sets.values():
            if tags.form == form and tags.ruled:
                ids = changes.ids(form, names(act.catalogue, tags))
                if ids:
                    settle(act, tags, ids, changes)


def settle(act: Act, tags: TagSet, ids: Iterable[int], changes: Changes) -> list[int]:
    """Gives and takes the tags by rule of these records; gives those whose tags changed."""
    wanted = _wanted(act, tags, ids)
    given: dict[int, dict[str, bool]] = {record: {} for record in wanted}
    for each in present(act, tags, wanted):
        given[each.record][each.tag] = each.by_rule
    ruled = [tag.key for tag in ruling(act, tags)]
    moves = {}
    for record, right in wanted.items():
        here = given[record]
        added = [tag for tag in ruled if tag in right and tag not in here]
        moves[record] = (added, [tag for tag, by_rule in here.items() if by_rule and tag in ruled and tag not in right])
    return change(act, tags, moves, changes, by_rule=True, follow=False)


def ruling(act: Act, tags: TagSet) -> list[Tag]:
    """The tags with a rule whose last day is not over."""
    return [tag for tag in tags.ruled if tag.expires is None or tag.expires >= act.today]


def names(catalogue: Catalogue, tags: TagSet) -> frozenset[str]:
    """The names of the form that the rules of a dictionary read."""
    memo = catalogue.memo.setdefault("tag_names", {})
    if tags.key not in memo:
        memo[tags.key] = frozenset().union(*(_names(catalogue, tags.form, each) for each in rules(catalogue, tags).values()))
    return memo[tags.key]


def _names(catalogue: Catalogue, form: str, rule: Formula) -> set[str]:
    found = set(names_read(rule))
    for key in rule.uses.segments:
        found |= _names(catalogue, form, formula(catalogue, form, catalogue.segments[key].where, expect=CONDITION))
    return found


def rules(catalogue: Catalogue, tags: TagSet) -> dict[str, Formula]:
    return {tag.key: formula(catalogue, tags.form, tag.rule or "", expect=CONDITION) for tag in tags.ruled}


# -- asking -----------------------------------------------------------------------------------------------------------------------
def _wanted(act: Act, tags: TagSet, ids: Iterable[int]) -> dict[int, set[str]]:
    """For each living record of the ids the tags whose rule holds."""
    found = rules(act.catalogue, tags)
    if not all(each.sql for each in found.values()):
        return _by_evaluation(act, tags, found, ids)
    rows = _statement(act, tags, found).all(act.connection, {"ids": sorted(ids), "today": act.day, "now": act.micros})
    return {row[0]: {tag for tag, holds in zip(found, row[1:], strict=True) if holds} for row in rows}


def _statement(act: Act, tags: TagSet, found: dict[str, Formula]) -> Prepared:
    """The rules of a set of records; windows of days are written into its text, so it is made anew each day."""
    memo, key = act.catalogue.memo, ("tag_rules", tags.key)
    if key not in memo or memo[key][0] != act.day:
        rows = Rows(act, tags.form)
        columns = [_flag(to_sql(each, rows.source)) for each in found.values()]
        memo[key] = (act.day, Prepared(rows.select(rows.id, *columns).where(among(rows.id)), act.connection.dialect))
    return memo[key][1]


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
    if not all(each.sql for each in found.values()):
        return list(act.connection.execute(sa.select(main.c.id).where(main.c.deleted_at.is_(None)).order_by(main.c.id)).scalars())
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
    query = rows.select(rows.id).where(sa.or_(*differs)).order_by(rows.id)
    return list(act.connection.execute(query, {"today": act.day, "now": act.micros}).scalars())


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
    return change(act, tags, moves, Changes(act.source), by_rule=True)
