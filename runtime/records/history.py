"""Taking back one change of a record: the values before it, written through the gateway, as long as nobody has changed them since."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.people.may import may, refusal
from runtime.records import gateway, query
from runtime.records.gateway import Saved
from runtime.records.rows import Record
from runtime.system.tables import record_change as table
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act


def can_be_taken_back(act: Act, form: str, row: Any) -> bool:
    """Whether a change holds something that this person could set back; what has happened since is looked at when they do."""
    return (
        row.action == "update"
        and row.source != "merge"
        and any(may(act.person, "edit", form, row.record, key) for key in _writable(act, form, row))
    )


def take_back(act: Act, form: str, record: int, number: int) -> Saved:
    """Sets back what change `number` did. Refused, with a sentence for each field, where somebody has changed it since."""
    row = act.connection.execute(sa.select(table).where(table.c.id == number, table.c.form == form, table.c.record == record)).first()
    if row is None or row.action != "update" or row.source == "merge":  # a merge is taken back as a whole
        raise NotFound(_("There is no such change of this record."))
    now = query.get(act, form, record)
    changes = _writable(act, form, row)
    if not changes:
        raise Refused([Problem("", _("Nothing of this change can be taken back: its fields are computed, or are gone."))])
    if not all(may(act.person, "edit", form, record, key) for key in changes):
        raise NotAllowed(refusal("edit"))
    since = [problem for key, (_old, new) in changes.items() if (problem := _changed_since(act, now, row, key, new)) is not None]
    if since:
        raise Refused(since)
    return gateway.update(act, form, record, {key: old for key, (old, _new) in changes.items()}, now.version)


def _writable(act: Act, form: str, row: Any) -> dict[str, list[Any]]:
    """Of a change, the fields that people fill in and that still are there."""
    plan = gateway.plan_for(act, form)
    changes = plan.form.as_called_now(json.loads(row.changes))
    return {key: change for key, change in changes.items() if key in plan.writable}


def _changed_since(act: Act, now: Record, row: Any, key: str, new: Any) -> Problem | None:
    field_type = now.form.by_key[key]
    value = now.values.get(key)
    if (None if value is None else field_type.to_json(value)) == new:
        return None
    since = (table.c.form == row.form, table.c.record == row.record, table.c.version > row.version)
    later = act.connection.execute(sa.select(table).where(*since).order_by(table.c.version))
    person = next((each.person for each in later if key in now.form.as_called_now(json.loads(each.changes))), None)
    if person is None:
        return Problem(key, _("{field} has another value by now. Set it by hand if you want the old one back.", field=field_type.label))
    return Problem(
        key,
        _(
            "{who} has changed {field} since, so this cannot be taken back. Set it by hand if you want the old value.",
            who=query.people_names(act, [person]).get(person, "Tierloom"),
            field=field_type.label,
        ),
    )
