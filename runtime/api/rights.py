"""Why a person may or may not do something with a record. For those who administer."""

from __future__ import annotations

from typing import Any

from runtime.api.route import RECORD_ID, Call, Param, Shape
from runtime.errors import NotFound
from runtime.people import accounts
from runtime.people.rights import LEVELS
from runtime.records import query
from runtime.records.why import Source, why
from runtime.texts import Message, _, shown

PERSON = Param("person", {"type": "string", "pattern": RECORD_ID}, "The person's number.", True)
WORDS = {level: word for word, level in LEVELS.items()}


class From(Shape):
    """`set` is null for a right that comes from no permission set; `named` is the entry that means the person; `rows` the condition."""

    set: str | None
    label: str
    named: str | None
    rows: str | None
    holds: bool


class Action(Shape):
    action: str
    allowed: bool
    why: tuple[str, ...]


class FieldRight(Shape):
    """`right` is hidden, masked, view or edit."""

    field: str
    right: str
    why: str


class Rights(Shape):
    person: str
    name: str
    sources: tuple[From, ...]
    actions: tuple[Action, ...]
    fields: tuple[FieldRight, ...]


def of_record(call: Call, form: str, id: int) -> dict[str, Any]:
    query.get(call.act, form, id, deleted=True)
    someone = accounts.by_id(call.act.connection, int(call.query["person"]))
    if someone is None:
        raise NotFound(_("This person is not known here."))
    found = why(call.act, someone, form, id)
    return {
        "person": str(someone.id),
        "name": someone.name,
        "sources": [_source(call, each) for each in found.sources],
        "actions": [
            {"action": each.action, "allowed": each.allowed, "why": [call.say(one) for one in each.why]} for each in found.verdicts
        ],
        "fields": [{"field": each.field.key, "right": WORDS[each.level], "why": call.say(each.why)} for each in found.fields],
    }


def _source(call: Call, source: Source) -> dict[str, Any]:
    label = call.say(source.label) if isinstance(source.label, Message) else shown(source.label, call.language)
    return {"set": source.key, "label": label, "named": source.named, "rows": source.grant.rows, "holds": bool(source.holds)}
