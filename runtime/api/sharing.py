"""With whom a record is shared: what its sharing page says and does, through the same gate."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Literal

from pydantic import Field

from runtime.api.records import instant
from runtime.api.route import NOTHING_HERE, RECORD_ID, Answer, Call, Route, Shape, page
from runtime.errors import NotFound
from runtime.ownership import sharing, whom
from runtime.people.may import require
from runtime.system import clock
from runtime.texts import Message

WHO = r"^(user|role|department|group):[^\x00-\x1f]{1,200}$"


class Wanted(Shape):
    """`who` is `user:` with an id or an e-mail address, or `role:`, `department:` or `group:` with a key; `until` the last day."""

    who: str = Field(pattern=WHO)
    may: Literal["view", "edit"] = "view"
    until: date | None = None


class Share(Shape):
    """`by` is the id of whoever shared it."""

    id: str
    who: str
    name: str
    may: str
    until: str | None
    by: str
    at: str


class Shares(Shape):
    items: tuple[Share, ...]
    next: int | None


def listed(call: Call, form: str, id: int) -> dict[str, Any]:
    found = sharing.shared_with(call.act, form, id)
    require(call.act.person, "share", form, id)
    return page(_shown(call, found))


def share(call: Call, form: str, id: int) -> dict[str, Any]:
    number = sharing.share(call.act, form, id, call.body.who, call.body.may, call.body.until)
    return _shown(call, [each for each in sharing.shared_with(call.act, form, id) if each.id == number])[0]


def revoke(call: Call, form: str, id: int, share: str) -> Answer:
    sharing.revoke(call.act, form, id, number_of(share))
    return Answer()


def number_of(text: str) -> int:
    """A number in the path; what is none leads nowhere."""
    if not re.fullmatch(RECORD_ID, text, re.ASCII):
        raise NotFound(NOTHING_HERE)
    return int(text)


def said(call: Call, name: Message | str) -> str:
    return call.say(name) if isinstance(name, Message) else str(name)


def _shown(call: Call, found: Iterable[sharing.Shared]) -> list[dict[str, Any]]:
    shares = list(found)
    names = whom.named(call.act, [each.who for each in shares])
    shown = []
    for each in shares:
        at = clock.from_micros(each.at)
        assert at is not None
        until = None if each.until is None else each.until.isoformat()
        facts = {"id": str(each.id), "who": each.who, "name": said(call, names[each.who]), "may": each.may}
        shown.append({**facts, "until": until, "by": str(each.by), "at": instant(at)})
    return shown


HERE = "/forms/{form}/records/{id}/shares"
NUMBER = {"share": {"type": "string", "pattern": RECORD_ID}}
ROUTES = [
    Route("GET", HERE, listed, "With whom a record is shared", "sharing", Shares),
    Route("POST", HERE, share, "Share a record; once more with the same changes it", "sharing", Share, Wanted, status=201, writes=True),
    Route("DELETE", f"{HERE}/{{share}}", revoke, "Share it no longer", "sharing", None, status=204, writes=True, schemas=NUMBER),
]
