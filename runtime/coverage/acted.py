"""For how many records something was really done because of their tier or tag.

Counted are records for which, in the days asked for, a run of an automation that looks at the tier (or names the tag) ended well after at
least one step had done something, while the record was in that tier: by the history at the instant at which the run began. Runs that were
skipped, held out, stopped or failed do not count, nor do branches alone. A record counts once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.coverage.consumers import tag_consumers, tier_consumers
from runtime.records.guard import seen_ids
from runtime.system.tables import automation_run, automation_step, tag_assignment, tier_history
from runtime.tiers.history_at import tag_fields
from runtime.tiers.seeing import of_seen_records

if TYPE_CHECKING:
    from runtime.definitions.tag_set import TagSet
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

LATELY = timedelta(days=30)


def acted_by_tier(act: Act, model: TierModel, span: timedelta = LATELY) -> dict[str, dict[str | None, int]]:
    """tier → automation → how many records; under None those of all automations together, each once."""
    keys = {each.key for found in tier_consumers(act.catalogue, model).values() for each in found if each.kind == "automation"}
    run, held = automation_run.c, tier_history.alias()
    in_force = sa.and_(
        held.c.model == act.catalogue.ids["tier_model", model.key],
        held.c.record == run.record,
        held.c.valid_from <= run.started_at,
        sa.or_(held.c.valid_to.is_(None), held.c.valid_to > run.started_at),
    )
    conditions = [*_done(act, model.form, keys, span), held.c.tier_to.is_not(None), *of_seen_records(act, model, run.record)]
    return _counts(act, keys, automation_run.join(held, in_force), held.c.tier_to, conditions)


def acted_by_tag(act: Act, tags: TagSet, span: timedelta = LATELY) -> dict[str, dict[str | None, int]]:
    """The same by tag, of the automations that name it."""
    used = {tag: {each.key for each in found if each.kind == "automation"} for tag, found in tag_consumers(act.catalogue, tags).items()}
    keys = set().union(*used.values())
    run, given = automation_run.c, tag_assignment.alias()
    in_force = sa.and_(
        given.c.form == run.form,
        given.c.record == run.record,
        given.c.tag_set == tags.key,
        given.c.at <= run.started_at,
        sa.or_(given.c.removed_at.is_(None), given.c.removed_at > run.started_at),
    )
    seen = seen_ids(act, tags.form, *tag_fields(act, tags))
    names_it = sa.or_(sa.false(), *[sa.and_(given.c.tag == tag, run.automation.in_(sorted(each))) for tag, each in used.items() if each])
    conditions = [*_done(act, tags.form, keys, span), names_it, *([] if seen is None else [run.record.in_(seen)])]
    return _counts(act, keys, automation_run.join(given, in_force), given.c.tag, conditions)


def _done(act: Act, form: str, keys: set[str], span: timedelta) -> list[Any]:
    run, step = automation_run.c, automation_step.c
    did = sa.exists().where(step.run == run.id, step.state == "done", step.type.not_in(("branch", "for_each", "wait", "stop")))
    since = act.micros - span // timedelta(microseconds=1)
    return [run.form == form, run.automation.in_(sorted(keys)), run.state == "done", run.started_at > since, did]


def _counts(act: Act, keys: set[str], rows: Any, by: Any, conditions: list[Any]) -> dict[str, dict[str | None, int]]:
    if not keys:
        return {}
    run, found = automation_run.c, dict[str, dict[str | None, int]]()
    for columns in ([by, sa.null()], [by, run.automation]):
        query = sa.select(*columns, sa.func.count(run.record.distinct())).select_from(rows).where(*conditions)
        query = query.group_by(by) if columns[1] is not run.automation else query.group_by(*columns)
        for name, automation, count in act.connection.execute(query):
            found.setdefault(name, {})[automation] = count
    return found
