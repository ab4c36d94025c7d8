"""What follow-up plans have asked for, as lists and for one record, of the records that a person sees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.cadence.facts import shown_day
from runtime.system.tables import cadence, cadence_due
from runtime.tiers.seeing import of_seen_records, require_tiers

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.workspace import Act

BOXES = ("open", "late", "skipped")
DAY = 86_400_000_000


@dataclass(frozen=True)
class Due:
    """One follow-up. `late`: its time is over; `escalated`: somebody was told of it."""

    number: int
    record: int
    tier: str
    what: str
    due: date
    late: bool
    person: int | None
    escalated: bool
    reason: str | None


def dues(
    act: Act, model: TierModel, box: str, person: int | None = None, skip: int = 0, limit: int = 50
) -> tuple[list[Due], dict[str, int]]:
    """Those of a box, the most urgent first (skipped ones: the last first), and how many each box holds. Raises NotAllowed."""
    require_tiers(act, model)
    own = cadence_due.c
    mine = [own.model == act.catalogue.ids["tier_model", model.key], *of_seen_records(act, model, own.record)]
    if person is not None:
        mine.append(own.person == person)
    boxes = {
        "open": [own.state == "open"],
        "late": [own.state == "open", own.due_at < act.micros],
        "skipped": [own.state == "skipped", own.closed_at > act.micros - 90 * DAY],
    }
    counts = {
        name: act.connection.execute(sa.select(sa.func.count()).select_from(cadence_due).where(*mine, *more)).scalar() or 0
        for name, more in boxes.items()
    }
    order = (own.closed_at.desc(), own.id.desc()) if box == "skipped" else (own.due_at, own.id)
    rows = act.connection.execute(sa.select(cadence_due).where(*mine, *boxes[box]).order_by(*order).limit(limit).offset(skip))
    return [_due(act, row) for row in rows], counts


def of_record(act: Act, model: TierModel, record: int) -> tuple[Any, list[Due]]:
    """The running plan of a record, if any, and what is open of it."""
    number = act.catalogue.ids["tier_model", model.key]
    own = cadence.c
    row = act.connection.execute(sa.select(cadence).where(own.model == number, own.record == record, own.state == "running")).first()
    if row is None:
        return None, []
    open_ = sa.select(cadence_due).where(cadence_due.c.cadence == row.id, cadence_due.c.state == "open").order_by(cadence_due.c.due_at)
    return row, [_due(act, each) for each in act.connection.execute(open_)]


def _due(act: Act, row: Any) -> Due:
    day = shown_day(row.due)
    assert day is not None
    late = row.state == "open" and row.due_at < act.micros
    return Due(row.id, row.record, row.tier, row.what, day, late, row.person, row.escalated_at is not None, row.reason)
