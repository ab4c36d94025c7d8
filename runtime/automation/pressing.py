"""Buttons: a person starts an automation on one record by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.listening import problems_of
from runtime.automation.matching import add, new_run
from runtime.errors import NotFound, Problem, Refused
from runtime.people.may import may, require
from runtime.records.rows import read_record
from runtime.system.database import to_json
from runtime.system.tables import automation_run as table
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.form import Form
    from runtime.system.workspace import Act


def button_of(form: Form, key: str) -> Any:
    field = form.field(key)
    if field is None or field.type != "button":
        raise NotFound(_("There is no such button."))
    return field


def press(act: Act, form: Form, record: int, key: str, once: str) -> int:
    """Queues the run and gives its number. Whoever presses sees the button and may change the record; the steps run with the rights of the
    automation's owner. The same `once`, which a page has given out, makes one run however often it is sent."""
    field = button_of(form, key)
    require(act.person, "view", form.key, record, key)
    require(act.person, "edit", form.key, record)
    found = read_record(act, form.key, record)
    if found is None or found.deleted_at is not None:
        raise NotFound(_("This record does not exist any more."))
    automation = act.catalogue.automations.get(field.automation)
    if automation is None or not automation.enabled or automation.trigger.type != "button" or problems_of(automation, act.catalogue):
        raise Refused([Problem("", _("What this button starts is switched off or broken. Tell whoever builds in this workspace."))])
    cause = f"button:{key}:{record}:{act.person.id}:{once[:64]}"
    add(act, [new_run(act, automation, cause, record, "form", facts=to_json({"pressed_by": act.person.id}))])
    run = act.connection.execute(sa.select(table.c.id).where(table.c.automation == automation.key, table.c.cause_key == cause)).scalar()
    assert run is not None
    return run


def state_of(act: Act, form: Form, record: int, key: str, run: int) -> tuple[str, str | None]:
    """(state, the reason in both languages as JSON) of a run that this person started with this button."""
    field = button_of(form, key)
    if not may(act.person, "view", form.key, record, key):
        raise NotFound(_("There is no such button."))
    own = f"button:{key}:{record}:{act.person.id}:"
    row = act.connection.execute(
        sa.select(table.c.state, table.c.reason).where(
            table.c.id == run, table.c.automation == field.automation, table.c.cause_key.startswith(own, autoescape=True)
        )
    ).first()
    if row is None:
        raise NotFound(_("There is no such run."))
    return row.state, row.reason
