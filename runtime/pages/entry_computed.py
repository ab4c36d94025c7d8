"""What the computed fields of a page show while it is being filled in, and which of them have to wait for what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from runtime.definitions.form import Form
from runtime.errors import TierloomError
from runtime.formulas.evaluate import evaluate
from runtime.pages.entry_rules import reads
from runtime.people.may import may
from runtime.records.filling import is_open
from runtime.records.fitting import stored
from runtime.records.plan import Plan
from runtime.records.values import RecordValues
from runtime.system.workspace import Act
from runtime.texts import Message, _

AFTER_SAVING = _("worked out after saving")
AFTER_MENDING = _("worked out once everything it needs can be read")
Json = dict[str, Any]


def followed(act: Act, plan: Plan, values: Mapping[str, Any], record: int | None) -> Json:
    """The computed fields that are kept beside the record and can be told already; those are left out that read of another record what the
    person may not see there."""
    found: Json = {}
    source = RecordValues(act, plan.form, {**values, **found}, record)
    for key, formula in plan.followed.items():
        needed = plan.followed.keys() & formula.uses.fields
        if not needed <= found.keys() or not is_open(act, plan, None, formula, source):
            continue
        try:
            found[key] = stored(plan.form.by_key[key], evaluate(formula, source))
        except TierloomError:
            found[key] = None
        source = RecordValues(act, plan.form, {**values, **found}, record)
    return found


def waiting(plan: Plan, unread: Collection[str], told: Collection[str], changed: Collection[str] | None) -> dict[str, Message]:
    """By their keys the computed fields that show no value now, each with what it waits for. `unread`: the fields whose input means nothing;
    `told`: the followed fields that have a value; `changed`: the fields of a record that differ from what is stored, None for a new one."""
    late: dict[str, Message] = {}
    for key, formula in (plan.computed | plan.followed).items():
        needs = reads(formula)
        if needs & set(unread) or any(late.get(each) is AFTER_MENDING for each in needs):
            late[key] = AFTER_MENDING
        elif key in plan.followed and key not in told and (changed is None or needs & {*changed, *late}):
            late[key] = AFTER_SAVING
    return late


def worked_out_later(form: Form, plan: Plan, act: Act, placed: Iterable[str]) -> list[str]:
    """The labels of what a new record will show once it is saved, of the fields that have a place on its page."""
    return [
        form.by_key[key].label
        for key in placed
        if form.by_key[key].stores == "computed"
        and key not in plan.computed
        and key not in plan.followed
        and may(act.person, "view", form.key, None, key)
    ]
