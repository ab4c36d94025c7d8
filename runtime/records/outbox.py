"""Events: written in the transaction of the change they tell of, handed on after the commit by automation/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.system.database import to_json
from runtime.system.prepared import prepared
from runtime.system.tables import event

if TYPE_CHECKING:
    from runtime.system.workspace import Act

KINDS = (
    "record_created",
    "record_updated",
    "record_deleted",
    "record_restored",
    "tier_changed",
    "tags_changed",
    "segment_entered",
    "segment_left",
    "import_finished",
    "form_submitted",
    "workflow_finished",
    "workflow_step",
)


BULK, BULK_FROM = 1, 20
"""As runtime/automation/lanes.py has it, which is further down the line."""


def append(
    act: Act,
    kind: str,
    form: str | None,
    record: int | None,
    payload: Any,
    records: list[int] | None = None,
    source: str | None = None,
    cause: dict[str, Any] | None = None,
) -> int:
    """Adds an event and gives its id. One that tells of many records names them in `records` and has no `record`; a tier, tag or segment event inherits the
    source of the change that caused it."""
    if act.person.rights is not None:
        act.person.rights.forget()
    number = act.take_ids("event")
    if cause is None and act.cause is not None:
        cause = {"event": act.cause.event, "automations": list(act.cause.automations), **({"bulk": True} if act.cause.bulk else {})}
    statement = prepared(act.catalogue.memo, "outbox.append", act.connection.dialect, lambda: _INSERT)
    statement.run(
        act.connection,
        {
            "id": number,
            "at": act.micros,
            "kind": kind,
            "form": form,
            "record": record,
            "records": None if records is None else to_json(records),
            "source": source or act.source,
            "person": act.person.id,
            "payload": payload if isinstance(payload, str) else to_json(payload),
            "cause": None if cause is None else to_json(cause),
            "handled_at": None if act.fires else act.micros,
            "revision": act.catalogue.revision,
            "lane": BULK if _is_bulk(act, records, source, cause) else 0,
        },
    )
    return number


def _is_bulk(act: Act, records: list[int] | None, source: str | None, cause: dict[str, Any] | None) -> bool:
    many = records is not None and len(records) >= BULK_FROM
    return many or (source or act.source) == "import" or (cause is not None and bool(cause.get("bulk")))


_INSERT = sa.insert(event).values(
    {
        name: sa.bindparam(name)
        for name in ("id", "at", "kind", "form", "record", "records", "source", "person", "payload", "cause", "handled_at", "revision", "lane")
    }
)
