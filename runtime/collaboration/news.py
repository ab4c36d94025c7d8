"""From events to notifications: those who follow a record hear that others changed it or that its tier moved.

Called by the matcher, after the change was committed. What came in bulk tells nobody: an import, a recompute, and what
automations do because of them.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration import bots, telling
from runtime.collaboration.following import follow_by_themselves, follows_by_itself
from runtime.people.may import may
from runtime.people.may import sees as level_of
from runtime.people.rights import VIEW
from runtime.records import outbox, query
from runtime.records.rows import read_records
from runtime.system.sets import among
from runtime.system.tables import notification, record_follow
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.people.person import Person
    from runtime.system.workspace import Act

log = logging.getLogger("tierloom.collaboration")
MOST_RECORDS = 200
OWNER = "owner"
BY_HAND = ("form", "api")


def tell_of(act: Act, row: sa.Row[Any]) -> None:
    """Tells of one event. What goes wrong here is logged and holds up nothing else."""
    if row.kind not in TELLERS or row.form not in act.catalogue.forms:
        return
    items = list(_items(row))
    if not items or len(items) > MOST_RECORDS:
        return
    try:
        with act.connection.begin_nested():
            if row.lane == outbox.BULK:
                _follow_alone(act, row, items)
            else:
                TELLERS[row.kind](act, row, items)
    except Exception:
        log.exception("event %s could not be told to those who follow", row.id)


def _items(row: sa.Row[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    payload = json.loads(row.payload)
    if row.records is None:
        if row.record is not None:
            yield row.record, payload
        return
    items = {record: item for record, item in payload.get("items", ())}
    for record in json.loads(row.records):
        yield record, items.get(record, {})


def _follow_alone(act: Act, row: sa.Row[Any], items: list[tuple[int, dict[str, Any]]]) -> None:
    """What came in bulk, one by one or not, is told to nobody; whoever owns a record from then on follows it."""
    if row.kind != "tier_changed":
        _owners(act, row.form, [record for record, item in items if row.kind == "record_created" or OWNER in item.get("changes", {})])


# -- who follows by themselves ------------------------------------------------------------------------------------------------------
def _created(act: Act, row: sa.Row[Any], items: list[tuple[int, dict[str, Any]]]) -> None:
    for record, _item in items:
        if row.source in BY_HAND:
            follows_by_itself(act, row.form, record, row.person)
    _owners(act, row.form, [record for record, _item in items])


def _owners(act: Act, form: str, records: list[int]) -> None:
    """Whoever stands in the field `owner` follows."""
    field = act.catalogue.forms[form].by_key.get(OWNER)
    if field is None or field.type != "member" or not records:
        return
    owned = {each.id: each.values.get(OWNER) for each in read_records(act, form, records)}
    follow_by_themselves(
        act,
        form,
        [
            (record, person)
            for record, owner in owned.items()
            for person in (owner if isinstance(owner, (list, tuple)) else [owner])
            if person is not None
        ],
    )


# -- what they hear -------------------------------------------------------------------------------------------------------------------
def _updated(act: Act, row: sa.Row[Any], items: list[tuple[int, dict[str, Any]]]) -> None:
    _owners(act, row.form, [record for record, item in items if OWNER in item.get("changes", {})])
    people, chats = _followers(act, row.form, [record for record, _item in items]), bots.wanted(act, "change", row.form)
    who = query.people_names(act, [row.person]).get(row.person, "Tierloom")
    for record, item in items:
        changed = list(item.get("changes", {}))
        for person in people.get(record, ()):
            if person != row.person and not _has_unread(act, person, row.form, record):
                _tell_change(act, row, record, person, who, changed)
        if chats:
            bots.say(
                act, "change", row.form, record, _("{who} has changed {record}", who=who, record=telling.title_of(act, row.form, record))
            )


def _tell_change(act: Act, row: sa.Row[Any], record: int, person: int, who: str, changed: list[str]) -> None:
    """Names the fields that this person may see; of a change in others they hear nothing."""
    someone = telling.person_in(act, person)
    if someone is None or not telling.sees(act, someone, row.form, record):
        return
    fields = act.catalogue.forms[row.form].by_key
    seen = [fields[key].label for key in changed if key in fields and level_of(someone, row.form, key, record) >= VIEW]
    if seen:
        subject = _("{who} has changed {record}", who=who, record=telling.title_of(act, row.form, record))
        body = Message("{fields}", {"fields": seen}).in_language(someone.language or act.workspace.language)
        telling.tell(act, "change", [person], subject, body, (row.form, record), f"change:{row.id}:{record}")


def _tier(act: Act, row: sa.Row[Any], items: list[tuple[int, dict[str, Any]]]) -> None:
    people, chats = _followers(act, row.form, [record for record, _item in items]), bots.wanted(act, "tier", row.form)
    field = next((each.key for each in act.catalogue.forms[row.form].fields if each.stores == "rated"), None)
    for record, item in items:
        following = [
            each
            for each in people.get(record, ())
            if (someone := telling.person_in(act, each)) and _sees_tier(someone, row.form, record, field)
        ]
        if not following and not chats:
            continue
        title = telling.title_of(act, row.form, record)
        before, after = (_tier_label(act, item, side) for side in ("from", "to"))
        subject = _("{record} is now {after} (was {before})", record=title, after=after, before=before)
        telling.tell(act, "tier", following, subject, "", (row.form, record), f"tier:{row.id}:{record}")
        if chats:
            bots.say(act, "tier", row.form, record, subject)


def _sees_tier(someone: Person, form: str, record: int, field: str | None) -> bool:
    return field is None or (may(someone, "view", form, record) and level_of(someone, form, field, record) >= VIEW)


def _tier_label(act: Act, item: dict[str, Any], side: str) -> Any:
    model = act.catalogue.tier_models.get(item.get("model", ""))
    key = item.get(side)
    if key is None or model is None:
        return _("no tier")
    return model.by_key[key].label if key in model.by_key else key


def _followers(act: Act, form: str, records: list[int]) -> dict[int, list[int]]:
    own = record_follow.c
    found: dict[int, list[int]] = defaultdict(list)
    wanted = sa.select(own.record, own.person).where(own.form == form, own.follows == 1, among(own.record, records))
    for record, person in act.connection.execute(wanted.order_by(own.record, own.person)):
        found[record].append(person)
    return found


def _has_unread(act: Act, person: int, form: str, record: int) -> bool:
    """Whoever has not yet looked at one change is not told of the next one too."""
    own = notification.c
    mine = (own.person == person, own.read_at.is_(None), own.kind == "change", own.form == form, own.record == record)
    return act.connection.execute(sa.select(own.id).where(*mine).limit(1)).first() is not None


TELLERS = {"record_created": _created, "record_updated": _updated, "tier_changed": _tier}
