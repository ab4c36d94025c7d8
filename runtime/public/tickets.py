"""What a page that was handed out carries and brings back: which link, when, a number used once, and what was proved before.

Signed, not secret. It takes the place of a session: nobody needs a cookie to fill in a form.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from itsdangerous import BadData, URLSafeSerializer

from runtime.system.secrets import derive

if TYPE_CHECKING:
    from runtime.public.links import Link
    from runtime.system.workspace import Workspace

LASTS = 24 * 3600 * 1_000_000
"""Microseconds for which a page can be sent."""


@dataclass(frozen=True)
class Ticket:
    """`proved`: the turn of the link's password that was entered; 0: none. `signed`: the signed link by which somebody came."""

    link: int
    at: int
    number: str
    proved: int = 0
    signed: str = ""
    sum: tuple[int, int] | None = None


@dataclass(frozen=True)
class Invitation:
    """A signed link: bound to a record, for some uses, until an instant. `turn`: that of the link when it was made."""

    link: int
    turn: int
    target: int
    until: int
    uses: int
    number: str


def new(link: Link, now: int, signed: str = "", sum: tuple[int, int] | None = None) -> Ticket:
    return Ticket(link.id, now, secrets.token_urlsafe(12), signed=signed, sum=sum)


def again(ticket: Ticket, sum: tuple[int, int] | None = None) -> Ticket:
    """For the same page shown once more: it was begun when it was begun."""
    return replace(ticket, sum=sum)


def write(workspace: Workspace, ticket: Ticket) -> str:
    """The sum is written as a seal of its answer, so that a script has to read the question."""
    found = asdict(ticket)
    if ticket.sum is not None:
        found["sum"] = _seal(workspace, ticket.number, sum(ticket.sum))
    return str(_signer(workspace, "page").dumps(found))


def read(workspace: Workspace, text: str) -> tuple[Ticket, str] | None:
    """The ticket and the seal of the answer to its question; None for what we did not write."""
    found = _loads(workspace, "page", text)
    if found is None:
        return None
    seal = found.pop("sum", None)
    return Ticket(**found), seal or ""


def answers(workspace: Workspace, ticket: Ticket, seal: str, given: str) -> bool:
    digits = "".join(each for each in given if each.isdecimal())
    return 0 < len(digits) <= 3 and secrets.compare_digest(_seal(workspace, ticket.number, int(digits)), seal)


def write_invitation(workspace: Workspace, invitation: Invitation) -> str:
    own = invitation
    return str(_signer(workspace, "signed link").dumps([own.link, own.turn, own.target, own.until, own.uses, own.number]))


def read_invitation(workspace: Workspace, text: str) -> Invitation | None:
    found = _loads(workspace, "signed link", text)
    return None if found is None else Invitation(*found)


def _loads(workspace: Workspace, purpose: str, text: str) -> Any:
    try:
        return _signer(workspace, purpose).loads(text) if len(text) <= 2_000 else None
    except BadData:
        return None


def _signer(workspace: Workspace, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(derive(workspace.settings.secret_key, f"public {purpose}"), salt=purpose)


def _seal(workspace: Workspace, number: str, answer: int) -> str:
    return derive(workspace.settings.secret_key, f"public answer {number} {answer}").hex()[:32]
