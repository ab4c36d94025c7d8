"""A page on which people without an account ask for what is known of them: /q/{token}."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, g, render_template, request

from runtime.definitions.form import Form
from runtime.forms import Entry, fill, opened
from runtime.pages.public_frame import (
    address,
    at_most,
    become,
    check_password,
    for_strangers,
    heading,
    looking,
    new_ticket,
    open_door,
    opens_at,
    proved,
    tally,
    ticket_of,
)
from runtime.pages.web import reader, workspace
from runtime.public import tickets
from runtime.public.links import Link, closed_because
from runtime.public.querying import found
from runtime.public.settings import QUERY, may_be_matched, may_be_shown
from runtime.public.tickets import Ticket
from runtime.records import query
from runtime.records.lookup import NoLookup
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("public_query", __name__)
open_door(blueprint)

NOTHING = _("Nothing was found with exactly these values. Check each of them, then ask again.")


@blueprint.get("/q/<token>")
@for_strangers
def show(token: str) -> Any:
    with looking(token, QUERY) as (act, link):
        day = act.day
        if (because := closed_because(act, link, counting=False)) is not None:
            page: Any = _closed(act, link, because)
        elif link.password is not None:
            page = _ask_password(act, link, new_ticket(act, link))
        else:
            page = asking(act, link, tickets.write(workspace(), new_ticket(act, link)), address())
    tally(link, day, "views")
    return page


@blueprint.post("/q/<token>/open")
@for_strangers
def enter(token: str) -> Any:
    with looking(token, QUERY) as (act, link):
        if (because := closed_because(act, link, counting=False)) is not None:
            return _closed(act, link, because)
        if not check_password(link):
            return _ask_password(act, link, new_ticket(act, link), _("This is not the password. Try again.")), 422
        return asking(act, link, tickets.write(workspace(), replace(new_ticket(act, link), proved=link.turn)), address())


def _closed(act: Act, link: Link, because: Message, status: int = 200) -> str:
    return render_template("public/said.html", sentence=reader().say(because), status=status, **heading(link, act))


@blueprint.post("/q/<token>")
@for_strangers
def ask(token: str) -> Any:
    with looking(token, QUERY) as (act, link):
        day = act.day
        if (because := closed_because(act, link, counting=False)) is not None:
            return _closed(act, link, because, 409), 409
        at_most(link.settings.per_address, "ask", link, request.remote_addr or "unknown")
        at_most(link.settings.per_link, "ask", link)
        read = ticket_of(link, request.form.get("page"))
        if read is None or not proved(link, read[0]) or act.micros - read[0].at > tickets.LASTS:
            fresh = new_ticket(act, link)
            return (
                _ask_password(act, link, fresh) if link.password else asking(act, link, tickets.write(workspace(), fresh), address())
            ), 422
        page, some = answered(act, link, request.form["page"], address())
    tally(link, day, "entries" if some else "refused")
    return page


def answered(act: Act, link: Link, page: str, here: str) -> tuple[str, bool]:
    """The answer and whether anything was found. What is shown passes the gate as what the link may see of these very records."""
    form = act.catalogue.forms[link.form]
    entry = fill(form, request.form, NoLookup(act.zone), reader(), editable=_asked(form, link))
    ids = found(act, link, entry.raw)
    become(act, link, found=tuple(ids))
    keys = [key for key in link.settings.fields if key in form.by_key and may_be_shown(form.by_key[key])]
    rows = [
        [
            {"label": reader().shown(form.by_key[key].label), "value": form.by_key[key].display(record.values.get(key), reader())}
            for key in keys
            if key in record.values
        ]
        for record in (query.get(act, link.form, each) for each in ids)
    ]
    entry.problems = []
    for key in _asked(form, link):
        entry[key].errors = []  # not even that a value could be no phone number: nothing says which one was wrong
    return _page(act, link, form, entry, page, here, rows=rows, nothing=None if ids else NOTHING), bool(ids)


def asking(act: Act, link: Link, page: str, here: str) -> str:
    form = act.catalogue.forms[link.form]
    return _page(act, link, form, opened(form, reader(), editable=_asked(form, link)), page, here)


def _asked(form: Form, link: Link) -> list[str]:
    return [key for key in link.settings.ask if key in form.by_key and may_be_matched(form.by_key[key])]


def _page(act: Act, link: Link, form: Form, entry: Entry, page: str, here: str, rows: Any = (), nothing: Message | None = None) -> str:
    g.person = act.person
    return render_template(
        "public/query.html",
        link=link,
        entry=entry,
        keys=_asked(form, link),
        page=page,
        here=here,
        rows=rows,
        nothing=nothing,
        **heading(link, act),
    )


def _ask_password(act: Act, link: Link, ticket: Ticket, problem: Message | None = None) -> str:
    return render_template(
        "public/password.html",
        link=link,
        opens_at=opens_at(),
        page=tickets.write(workspace(), ticket),
        problem=problem,
        here=address(),
        **heading(link, act),
    )
