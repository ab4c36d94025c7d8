"""Signed links: each bound to one record, for some uses, until a day. Nothing of them is stored but how often they were used."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from runtime.errors import NotAllowed, Problem, Refused
from runtime.people.may import may, refusal
from runtime.public import tickets
from runtime.public.links import Link
from runtime.public.settings import FILL
from runtime.public.tickets import Invitation
from runtime.records import query
from runtime.system import audit
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

MOST_DAYS, MOST_USES, MOST_AT_ONCE = 365, 1_000, 20_000
DAY = 86_400 * 1_000_000


def bound_form(act: Act, link: Link) -> str:
    """The form of the records to which signed links of this link are bound. Raises Refused where the link has no such field."""
    form = act.catalogue.forms.get(link.form)
    kind = form.field(link.settings.bound) if form is not None and link.settings.bound is not None and link.kind == FILL else None
    if kind is None or kind.type != "reference":
        raise Refused([Problem("bound", _("Choose the reference that a signed link fills in."))])
    return str(getattr(kind, "form"))


def one(act: Act, link: Link, record: int, days: int, uses: int) -> str:
    """The address for one record; the person must see it."""
    query.get(act, bound_form(act, link), record)
    _check(days, uses)
    audit.note(act, "public_link_signed", f"public_link:{link.id}", count=1, days=days, uses=uses)
    return _path(act, link, record, days, uses)


def many(act: Act, link: Link, filter: str, days: int, uses: int) -> list[tuple[int, str, str]]:
    """Record, title and address for each record of a filter; the person must be allowed to export them."""
    form = bound_form(act, link)
    if not may(act.person, "export", form):
        raise NotAllowed(refusal("export"))
    _check(days, uses)
    ids = query.ids(act, form, filter=filter or None, limit=MOST_AT_ONCE + 1)
    if len(ids) > MOST_AT_ONCE:
        raise Refused([Problem("filter", _("These are more than {most} records. Choose fewer at once.", most=MOST_AT_ONCE))])
    audit.note(act, "public_link_signed", f"public_link:{link.id}", count=len(ids), days=days, uses=uses, filter=filter)
    titles = _titles(act, form, ids)
    return [(each, titles.get(each, f"#{each}"), _path(act, link, each, days, uses)) for each in ids]


def _titles(act: Act, form: str, ids: Iterable[int]) -> dict[int, str]:
    return {record: title for (_form, record), title in query.titles(act, {form: set(ids)}).items() if title}


def _path(act: Act, link: Link, record: int, days: int, uses: int) -> str:
    invitation = Invitation(link.id, link.turn, record, act.micros + days * DAY, uses, secrets.token_urlsafe(9))
    return f"{link.path}?_to={tickets.write_invitation(act.workspace, invitation)}"


def _check(days: int, uses: int) -> None:
    if not (1 <= days <= MOST_DAYS and 1 <= uses <= MOST_USES):
        raise Refused([Problem("days", _("A signed link holds for 1 to 365 days and 1 to 1,000 uses."))])
