"""What pages stand on: who is asking, the acts they open, and what a view declares about who may come in."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Response, current_app, flash, g, jsonify, redirect, request
from flask_wtf import CSRFProtect

from runtime.errors import NotAllowed, Refused, TierloomError
from runtime.pages.reader import Reader
from runtime.people.may import require
from runtime.people.person import Person
from runtime.system.workspace import Act, Workspace
from runtime.texts import Message, _

View = TypeVar("View", bound=Callable[..., Any])

NOBODY = Person(-1, active=False)
"""Who acts on a page that needs no account; may do nothing by right."""

csrf = CSRFProtect()
"""Every form carries a token; `@csrf.exempt` only for doors that prove themselves in another way."""


ONLY_LOOKING = _("You are looking as somebody else, so nothing can be changed. Stop looking first.")


class NotSignedIn(TierloomError):
    status = 401

    def __init__(self) -> None:
        super().__init__(_("Sign in to go on."))


# -- who may come in ------------------------------------------------------------------------------------------------------------
def public(view: View) -> View:
    """For everybody, with or without an account."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """For people with an account."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if g.person is None:
            raise NotSignedIn()
        return view(*args, **kwargs)

    guarded.access = "signed_in"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def builder_only(view: View) -> View:
    """For those who design and administer."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if g.person is None:
            raise NotSignedIn()
        require(g.person, "administer")
        return view(*args, **kwargs)

    guarded.access = "builder_only"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


def designer_only(view: View) -> View:
    """For those who design the app of the address; without one, the whole workspace."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if g.person is None:
            raise NotSignedIn()
        app = kwargs.get("app", "-")
        if not g.person.is_builder:
            with reading() as act:
                require(act.person, "build", app=None if app == "-" else app)
        return view(*args, **kwargs)

    guarded.access = "designer_only"  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


# -- acts -----------------------------------------------------------------------------------------------------------------------
def workspace() -> Workspace:
    return current_app.extensions["workspace"]


@contextmanager
def reading() -> Iterator[Act]:
    """An act that reads, for the person asking; inside another act of this request it is that one."""
    if g.get("act") is not None:
        yield g.act
        return
    with workspace().reading(g.get("person") or NOBODY) as act:
        g.act = act
        _adopt(act)
        try:
            yield act
        finally:
            g.act = None


@contextmanager
def writing(source: str = "form") -> Iterator[Act]:
    """An act that writes, for the person asking; committed when the block ends."""
    if g.get("viewer") is not None:
        raise NotAllowed(ONLY_LOOKING)
    if g.get("scope") == "read":
        raise NotAllowed(_("This API token may only read. Make one that may also change records."))
    outer = g.get("act")
    with workspace().writing(g.get("person") or NOBODY, source) as act:
        g.act = act
        _adopt(act)
        try:
            yield act
        finally:
            g.act = outer


def _adopt(act: Act) -> None:
    """The asking person, with the rights they have in this act."""
    if g.get("person") is not None:
        g.person = act.person


def reader() -> Reader:
    """The reader of the page being made."""
    if "reader" not in g:
        own = workspace()
        g.reader = Reader(g.language, own.zone, reading, own.now, g.get("person"))
    return g.reader


def by_path(refusal: Refused | None) -> dict[str, str]:
    """The problems as sentences beside their fields; of several at one field the first."""
    return {} if refusal is None else {each.path: reader().say(each.message) for each in reversed(refusal.problems)}


# -- answers --------------------------------------------------------------------------------------------------------------------
def wants_json() -> bool:
    """Does the asker read JSON rather than pages?"""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"], default="text/html")
    return best != "text/html"


def is_htmx() -> bool:
    return "HX-Request" in request.headers


def go_to(address: str) -> Response:
    """Sends the browser to another page; htmx is told to load it whole."""
    if is_htmx():
        return Response(status=204, headers={"HX-Redirect": address})
    if wants_json():
        return jsonify(href=address)
    return redirect(address, 303)  # type: ignore[return-value]


def done(address: str, message: Message) -> Response:
    """Goes on to another page, which says what was done."""
    flash(reader().say(message), "good")
    return go_to(address)


def local_path(address: str | None, otherwise: str = "/") -> str:
    """An address given by a visitor, if it stays in this house."""
    if not address or not address.startswith("/") or address.startswith("//") or "\\" in address or len(address) > 2000:
        return otherwise
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in address):
        return otherwise
    try:
        parts = urlsplit(address)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else address
