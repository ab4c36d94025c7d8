"""What the pages of public links share: who is asking, in which language, where the page may stand, and how often.

A stranger's page carries a signed ticket in place of a session, so it needs no cookie; what is sent must come from a page of ours.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, g, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import NotAllowed, Refused, TierloomError
from runtime.pages import errors
from runtime.pages.headers import policy
from runtime.pages.limits import TooOften
from runtime.pages.web import csrf, public, reader, reading, wants_json, workspace, writing
from runtime.people import passwords
from runtime.public import links, tickets
from runtime.public.arriving import unknown
from runtime.public.links import Link
from runtime.public.principal import stranger
from runtime.public.questions import new_sum
from runtime.public.tickets import Ticket
from runtime.system import database
from runtime.system.counters import Counters
from runtime.system.workspace import Act
from runtime.texts import LANGUAGES, _

log = logging.getLogger("tierloom.public")
COUNTERS = Counters()
HOUR = 3600
PASSWORDS_AN_HOUR = 20
PASSWORDS_OF_A_LINK = 300


def open_door(blueprint: Blueprint) -> None:
    """Makes all pages of a blueprint such that strangers may come in."""
    blueprint.before_request(_arrive)
    blueprint.after_request(_seal)
    blueprint.register_error_handler(TierloomError, _refused)
    blueprint.register_error_handler(HTTPException, _answered)


def for_strangers(view: Callable[..., Any]) -> Any:
    """For everybody. It proves itself by a ticket and by where it comes from, because there is no session to steal."""

    @csrf.exempt
    @public
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        if request.method == "POST":
            _require_own_page()
        return view(*args, **kwargs)

    return guarded


def _arrive() -> None:
    """Whoever is signed in here is a stranger like everybody else."""
    g.person, g.link = None, None
    g.pop("reader", None)
    if request.args.get("_lang") in LANGUAGES:
        g.language = request.args["_lang"]


def _require_own_page() -> None:
    """A browser says from where it sends; a page of somebody else's may not send in the name of who looks at it."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = {urlsplit(each).netloc for each in (workspace().settings.base_url, request.host_url) if each}
    if site not in (None, "same-origin") or (origin is not None and urlsplit(origin).netloc not in own):
        raise NotAllowed(_("This was sent from another page. Open the form by its own address and send it there."))


# -- headers ------------------------------------------------------------------------------------------------------------------------
def _seal(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers.setdefault("Content-Security-Policy", _policy())
    return response


def _policy() -> str:
    """Only the hosts that this link and the administrator name may put the page into theirs."""
    wanted = g.get("frames") or ()
    if not wanted:
        return policy(g.nonce)
    return policy(g.nonce).replace("frame-ancestors 'none'", "frame-ancestors " + " ".join(f"https://{each}" for each in wanted))


# -- the link and who acts ------------------------------------------------------------------------------------------------------------
@contextmanager
def looking(token: str, kind: str) -> Iterator[tuple[Act, Link]]:
    with reading() as act:
        yield act, _found(act, token, kind)


@contextmanager
def sending(token: str, kind: str) -> Iterator[tuple[Act, Link]]:
    with writing("public_form") as act:
        yield act, _found(act, token, kind)


def _found(act: Act, token: str, kind: str) -> Link:
    link = links.by_token(act.connection, token, kind) if len(token) <= 64 else None
    if link is None or link.form not in act.catalogue.forms:
        raise unknown()
    allowed = links.hosts(act)
    g.link, g.frames = link, [each for each in link.settings.embed if each in allowed]
    become(act, link)
    return link


def become(act: Act, link: Link, target: int | None = None, found: tuple[int, ...] = ()) -> None:
    """From here on the link acts, with the rights it has."""
    act.act_for(stranger(act.catalogue, link, target, found))
    g.person = act.person
    g.files_at = f"{link.path}/files"
    g.pop("reader", None)


# -- tickets and passwords --------------------------------------------------------------------------------------------------------------
def ticket_of(link: Link, text: str | None) -> tuple[Ticket, str] | None:
    """The ticket that came back with a page, if it is one of this link; and the seal of the answer to its question."""
    found = tickets.read(workspace(), text or "")
    return found if found is not None and found[0].link == link.id else None


def proved(link: Link, ticket: Ticket | None) -> bool:
    return link.password is None or (ticket is not None and ticket.proved == link.turn)


def new_ticket(act: Act, link: Link, signed: str = "") -> Ticket:
    return tickets.new(link, act.micros, signed, new_sum() if link.settings.question else None)


def check_password(link: Link) -> bool:
    """Compares what was typed; guessing is slowed down for the address and for the link."""
    at_most(PASSWORDS_AN_HOUR, "password", link, request.remote_addr or "unknown")
    at_most(PASSWORDS_OF_A_LINK, "password", link)
    return passwords.matches(link.password, request.form.get("password", ""))


def at_most(times: int, what: str, link: Link, *subject: str) -> None:
    """Refuses what comes more often than so many times an hour."""
    name = " ".join(("public", str(workspace().settings.data_dir), what, str(link.id), *subject))
    if seconds := COUNTERS.hit(name, times, HOUR, time.time()):
        raise TooOften(seconds)


# -- figures and answers ------------------------------------------------------------------------------------------------------------------
def tally(link: Link, day: int, name: str) -> None:
    """Counts beside the page: a busy database must not cost it."""
    try:
        with database.writing(workspace().engine) as connection:
            links.count(connection, link.id, day, name)
    except Exception:
        log.warning("a figure of public link %s was not counted", link.id, exc_info=True)


def address(**more: str) -> str:
    """This page with the language it is in, and what else it needs."""
    wanted = {"_lang": request.args.get("_lang"), **more}
    kept = urlencode({name: value for name, value in wanted.items() if value})
    return f"{g.link.path}?{kept}" if kept else g.link.path


def opens_at() -> str:
    """Where a password goes, with what the address said: the language, and what fills fields. The ticket knows whom a signed link is for."""
    rest = urlencode([(name, value) for name, value in request.args.items(multi=True) if name != "_to"])
    return f"{g.link.path}/open?{rest}" if rest else f"{g.link.path}/open"


def other_language() -> str | None:
    """The same page in the other language; none while a builder only looks at it."""
    if not request.path.startswith(("/f/", "/q/")):
        return None
    other = "en" if reader().language == "zh" else "zh"
    kept = {name: value for name, value in request.args.items(multi=True) if name != "_lang"} if request.method == "GET" else {}
    return f"{g.link.path if g.link else request.path}?{urlencode({**kept, '_lang': other})}"


def heading(link: Link, act: Act) -> dict[str, Any]:
    """What stands above every page of a link."""
    form, settings, own = act.catalogue.forms[link.form], link.settings, reader()
    return {
        "heading": own.shown(settings.heading) if settings.heading else own.shown(form.label),
        "intro": own.shown(settings.intro) if settings.intro else "",
        "icon_name": form.icon or "forms",
        "other": other_language(),
    }


def said(sentence: Any, status: int, **more: Any) -> Response:
    """A page with one sentence on it."""
    page = {
        "heading": g.link.label if more.pop("named", False) and g.link else "",
        "intro": "",
        "icon_name": "forms",
        "other": None,
        **more,
    }
    return Response(render_template("public/said.html", sentence=sentence, status=status, **page), status)


def _refused(error: TierloomError) -> AnyResponse:
    g.person = None
    g.pop("reader", None)
    if wants_json():
        return errors.answer(error.status, error.message, problems=error.problems if isinstance(error, Refused) else ())
    response = said(reader().say(error.message), error.status)
    if isinstance(error, TooOften):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _answered(error: HTTPException) -> AnyResponse:
    g.person = None
    g.pop("reader", None)
    return errors.answered_by_flask(error)
