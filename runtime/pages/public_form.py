"""A form that people without an account fill in: /f/{token}."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Response, g, jsonify, make_response, render_template, request

from runtime.definitions.form import Form
from runtime.errors import DiskFull, FieldError, NotAllowed, NotFound, Problem, Refused
from runtime.fields._files import Attached
from runtime.fields._html import clean
from runtime.files import keeping, using
from runtime.forms import PREFIX, Entry, fill, opened, rows_in
from runtime.pages import entry as entry_page
from runtime.pages import linked
from runtime.pages.cells import title_of
from runtime.pages.files import delivered, kept_answer, sent_file
from runtime.pages.identity import is_secure
from runtime.pages.public_frame import (
    address,
    at_most,
    become,
    check_password,
    for_strangers,
    heading,
    log,
    looking,
    new_ticket,
    open_door,
    opens_at,
    proved,
    sending,
    tally,
    ticket_of,
)
from runtime.pages.web import reader, workspace
from runtime.public import effort, links, tickets
from runtime.public.arriving import Arrival, Closed, bound, invitation_of, receive, was_claimed
from runtime.public.links import Link, closed_because, hosts
from runtime.public.questions import in_words, new_sum
from runtime.public.settings import CHOSEN, FILL, PEOPLE, asked, host_of, shown
from runtime.public.tickets import Invitation, Ticket
from runtime.records import query
from runtime.records.lookup import ActLookup
from runtime.records.plan import plan_of
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("public_form", __name__)
open_door(blueprint)

DEVICE = "tierloom_device"
A_YEAR = 365 * 24 * 3600
TRAP = "second_name"
"""A field that people do not see; scripts like its name."""
FILES_AN_HOUR = 200
CHECKS_AN_HOUR = 3_000
FINDS_AN_HOUR = 3_000
OLD = _("This page was open for more than a day. Look over what you filled in, then send it once more.")
WRONG_SUM = _("That is not the sum. Try this one.")
NO_EFFORT = _("Your device had not finished the small piece of arithmetic that keeps scripts out. It does so now: send it once more.")
HIDDEN_TROUBLE = _("The form cannot be sent just now. Tell whoever gave you the address.")
GIVEN = _("This was given already. Use another value, or ask whoever gave you the address.")
OF_THE_HOUSE = ("a record that you may not see",)
"""Sentences for people of the house, who could ask somebody; strangers are told in their own words."""
SENT = _("Thank you. It has arrived.")


@blueprint.get("/f/<token>")
@for_strangers
def show(token: str) -> Any:
    with looking(token, FILL) as (act, link):
        day = act.day
        page = _opened(act, link)
    tally(link, day, "views")
    return page


def _opened(act: Act, link: Link) -> Any:
    if (because := closed_because(act, link)) is not None:
        return _said(act, link, because)
    signed = request.args.get("_to", "")
    try:
        invitation = invitation_of(act, link, signed)
    except Closed as closed:
        return _said(act, link, closed.message)
    if link.settings.once_device and _has_sent(act, link):
        return _said(act, link, _("This device has sent the form already. Thank you!"))
    if link.password is not None:
        return _ask_password(act, link, new_ticket(act, link, signed))
    return _fresh(act, link, new_ticket(act, link, signed), invitation)


@blueprint.post("/f/<token>/open")
@for_strangers
def enter(token: str) -> Any:
    """The form, for whoever knows the password; it is kept in the page's ticket, not in a cookie."""
    with looking(token, FILL) as (act, link):
        found = ticket_of(link, request.form.get("page"))
        if (because := closed_because(act, link)) is not None:
            return _said(act, link, because)
        ticket = found[0] if found is not None else new_ticket(act, link)
        if not check_password(link):
            return _ask_password(act, link, ticket, _("This is not the password. Try again.")), 422
        sum = new_sum() if link.settings.question else None
        proved_now = replace(new_ticket(act, link, ticket.signed), proved=link.turn, sum=sum)
        return _fresh(act, link, proved_now, invitation_of(act, link, ticket.signed))


@blueprint.post("/f/<token>")
@for_strangers
def send(token: str) -> Any:
    """Lets in what was filled in. Whatever goes wrong, the page comes back with everything that was typed."""
    with looking(token, FILL) as (act, link):
        found = ticket_of(link, request.form.get("page"))
        if found is None:
            because = closed_because(act, link)
            return _again(act, link, new_ticket(act, link), because or OLD, closed=because is not None), 422
        ticket, seal = found
        if not proved(link, ticket):
            return _ask_password(
                act, link, new_ticket(act, link, ticket.signed), _("Enter the password again. What you typed is kept.")
            ), 422
        if act.micros - ticket.at > tickets.LASTS:
            fresh = replace(new_ticket(act, link, ticket.signed), proved=ticket.proved)
            return _again(act, link, fresh, OLD), 422
        at_most(link.settings.per_address, "send", link, request.remote_addr or "unknown")
        at_most(link.settings.per_link, "send", link)
        if link.settings.question and not tickets.answers(workspace(), ticket, seal, request.form.get("answer", "")):
            return _again(act, link, tickets.again(ticket, new_sum()), WRONG_SUM, field="answer"), 422
        if link.settings.effort and not effort.is_done(ticket.number, request.form.get("effort", "")):
            return _again(act, link, tickets.again(ticket, new_sum() if link.settings.question else None), NO_EFFORT), 422
    return _let_in(token, link, tickets.again(ticket, new_sum() if link.settings.question else None))


def _let_in(token: str, link: Link, ticket: Ticket) -> Any:
    problem: Message | None = None
    problems: list[Problem] = []
    status, gone = 422, False
    g.person = None
    try:
        with sending(token, FILL) as (act, link):
            _note_foreign(act, link)
            entry = _filled(act, link)
            if entry.ok:
                invitation = invitation_of(act, link, ticket.signed)
                become(act, link, invitation.target if invitation else None)
                receive(act, link, Arrival(ticket, _device(link), bool(request.form.get(TRAP))), entry.raw, entry.values)
            else:
                problems = entry.problems
    except Refused as error:
        problems = error.problems
    except Closed as error:
        problem, status, gone = error.message, error.status, True
    except DiskFull as error:
        problem, status = error.message, error.status
    g.person = None
    with looking(token, FILL) as (act, link):
        day = act.day
        good = problem is None and not problems
        page = _thanks(act, link) if good else _again(act, link, ticket, problem, problems, closed=gone)
    if good:
        return page
    tally(link, day, "refused")
    return page, status


@blueprint.post("/f/<token>/check")
@for_strangers
def check(token: str) -> Response:
    """How the rules stand for what is filled in so far; the same answer as for people, of the fields that this link shows."""
    with looking(token, FILL) as (act, link):
        ticket = _require_ticket(link, request.form.get("page"))
        at_most(CHECKS_AN_HOUR, "check", link, request.remote_addr or "unknown")
        invitation = invitation_of(act, link, ticket.signed)
        become(act, link, invitation.target if invitation else None)
        definition = act.catalogue.forms[link.form]
        touched = request.form.get("_field", "").removeprefix(PREFIX).split("-")[0]
        if touched and touched not in asked(definition, link.settings):
            raise NotFound(_("This form has no field with the key {key}.", key=touched[:60]))
        return entry_page.checked(act, "", definition, None, asked(definition, link.settings), bound(link, invitation))


@blueprint.post("/f/<token>/started")
@for_strangers
def started(token: str) -> Any:
    """That somebody has begun to fill in, once a page."""
    with looking(token, FILL) as (act, link):
        _require_ticket(link, request.form.get("page"))
        at_most(link.settings.per_address, "start", link, request.remote_addr or "unknown")
        day = act.day
    tally(link, day, "starts")
    return "", 204


@blueprint.route("/f/<token>/find/<field>", methods=["GET", "POST"])
@for_strangers
def find(token: str, field: str) -> Response:
    """What a field of this link may be filled with: the records and values that the gate shows, the people that the link names."""
    with looking(token, FILL) as (act, link):
        ticket = _require_ticket(link, request.args.get("page"))
        at_most(FINDS_AN_HOUR, "find", link, request.remote_addr or "unknown")
        definition = act.catalogue.forms[link.form]
        if field not in asked(definition, link.settings) or definition.by_key[field].type not in (*CHOSEN, *PEOPLE):
            raise NotFound(_("This form has no field with the key {key}.", key=field[:60]))
        if definition.by_key[field].type == "linked_choice":
            invitation = invitation_of(act, link, ticket.signed)
            become(act, link, invitation.target if invitation else None)
            return linked.choices(act, definition, field, None, asked(definition, link.settings), bound(link, invitation))
        found = _choices(act, link, definition.by_key[field], request.args.get("q", "").strip()[:100])
        return jsonify([{"value": value, "title": title, "hint": ""} for value, title in found])


def _choices(act: Act, link: Link, kind: Any, search: str) -> list[tuple[str, str]]:
    if kind.type in PEOPLE:
        return [(str(id), name) for id, name in links.people(act, link) if search.casefold() in name.casefold()]
    other = act.catalogue.forms[kind.form]
    page = query.page(act, other.key, search=search, columns=[other.title], limit=10)
    return [(str(each.id), title_of(other, each)) for each in page.records]


@blueprint.post("/f/<token>/files/<field>")
@for_strangers
def send_file(token: str, field: str) -> Response:
    with looking(token, FILL) as (act, link):
        _require_ticket(link, request.args.get("page"))
        if (because := closed_because(act, link)) is not None:
            raise Closed(because)
        at_most(FILES_AN_HOUR, "file", link, request.remote_addr or "unknown")
        kind = act.catalogue.forms[link.form].at(field)
        if not isinstance(kind, Attached) or field.partition(".")[0] not in asked(act.catalogue.forms[link.form], link.settings):
            raise NotFound(_("This form has no field with the key {key}.", key=field[:60]))
    request.max_content_length = kind.limits.bytes + keeping.MEGABYTE
    name, stream = sent_file(kind)
    g.person = None
    with keeping.received(workspace(), name, stream, kind.limits) as arrived, sending(token, FILL) as (act, link):
        made = keeping.keep(act, arrived)
    return kept_answer(made)


@blueprint.get("/f/<token>/files/<id>")
@for_strangers
def fetch_file(token: str, id: str) -> Response:
    """A file that was sent just now, to be looked at before the form is sent. Afterwards nobody gets it here."""
    with looking(token, FILL) as (act, _link):
        return delivered(using.seen(act, id))


def _require_ticket(link: Link, text: str | None) -> Ticket:
    found = ticket_of(link, text)
    if found is None or not proved(link, found[0]):
        raise NotAllowed(_("Open the form by its address first."))
    return found[0]


# -- what was sent ------------------------------------------------------------------------------------------------------------------
def _filled(act: Act, link: Link) -> Entry:
    definition = act.catalogue.forms[link.form]
    return fill(definition, request.form, ActLookup(act), reader(), editable=asked(definition, link.settings))


def _note_foreign(act: Act, link: Link) -> None:
    """What was sent for fields that this link does not ask is left out, and logged by name."""
    known = asked(act.catalogue.forms[link.form], link.settings)
    names = {each.removeprefix(PREFIX).split("-")[0] for each in request.form if each.startswith(PREFIX)}
    if foreign := sorted(names - set(known)):
        log.warning("public link %s: left out what was sent for %s", link.id, [each[:60] for each in foreign[:10]])


def _device(link: Link) -> str:
    given = request.cookies.get(_cookie(link), "") if link.settings.once_device else ""
    return hashlib.sha256(f"{link.id} {given}".encode()).hexdigest() if 16 <= len(given) <= 64 else ""


def _cookie(link: Link) -> str:
    return f"{DEVICE}_{link.id}"


def _has_sent(act: Act, link: Link) -> bool:
    return bool(_device(link)) and was_claimed(act, link, "device", _device(link))


# -- pages --------------------------------------------------------------------------------------------------------------------------
def _fresh(act: Act, link: Link, ticket: Ticket, invitation: Invitation | None) -> Response:
    """The form as it is first shown: with defaults, with what the address may fill, and bound to whom the signed link names."""
    definition = act.catalogue.forms[link.form]
    become(act, link, invitation.target if invitation else None)
    plan = plan_of(act.catalogue, link.form, act.connection.dialect)
    values = entry_page.proposed(act, plan, bound(link, invitation), ActLookup(act))
    values.update(_from_address(act, link, definition))
    entry = opened(definition, reader(), values, asked(definition, link.settings))
    answer = make_response(_drawn(act, link, entry, ticket))
    if link.settings.once_device and not _device(link):
        frames = bool(link.settings.embed) and is_secure()
        answer.set_cookie(
            _cookie(link), secrets.token_urlsafe(16), max_age=A_YEAR, path=link.path, httponly=True, secure=is_secure(),
            samesite="None" if frames else "Lax", partitioned=frames,
        )  # fmt: skip
    return answer


def _from_address(act: Act, link: Link, form: Form) -> dict[str, Any]:
    found, lookup = {}, ActLookup(act)
    for key in link.settings.prefill:
        if key not in request.args or key not in asked(form, link.settings) or form.by_key[key].stores != "column":
            continue
        try:
            found[key] = form.by_key[key].parse(request.args[key][:2_000], lookup)
        except FieldError:
            continue
    return found


def _again(
    act: Act,
    link: Link,
    ticket: Ticket,
    problem: Message | None,
    problems: list[Problem] | None = None,
    closed: bool = False,
    field: str = "",
) -> str:
    """The page with what was typed; where the form is closed, there is nothing left to press."""
    definition = act.catalogue.forms[link.form]
    try:
        invitation = invitation_of(act, link, ticket.signed)
    except Closed:
        invitation = None
    become(act, link, invitation.target if invitation else None)
    entry = _filled(act, link)
    entry.values.update(bound(link, invitation))
    entry.tell(_speakable(link, definition, problems or ()))
    return _drawn(act, link, entry, ticket, problem, closed, field)


def _speakable(link: Link, form: Form, problems: Any) -> list[Problem]:
    """Of fields that a stranger does not see nothing is said, not even that they are wrong."""
    known = asked(form, link.settings)
    told = [_plainly(each) for each in problems if not each.path or each.path.split("/")[0] in known]
    if len(told) < len(problems):
        log.warning(
            "public link %s: refused for fields it does not ask: %s", link.id, sorted({each.path for each in problems} - set(known))
        )
        told.append(Problem("", HIDDEN_TROUBLE))
    return told


def _plainly(problem: Problem) -> Problem:
    return Problem(problem.path, GIVEN) if any(each in problem.message.text for each in OF_THE_HOUSE) else problem


def _drawn(
    act: Act, link: Link, entry: Entry, ticket: Ticket, problem: Message | None = None, closed: bool = False, field: str = ""
) -> str:
    definition = act.catalogue.forms[link.form]
    text = tickets.write(workspace(), ticket)
    return drawn(
        act,
        link,
        definition,
        entry,
        text,
        problem=problem,
        closed=closed,
        wrong_answer=field == "answer",
        sum=ticket.sum,
        number=ticket.number,
    )


def drawn(act: Act, link: Link, form: Form, entry: Entry, page: str, **more: Any) -> str:
    """The form as a stranger sees it; also for whoever looks at it before it is switched on."""
    sum, number = more.pop("sum", None), more.pop("number", "")
    return entry_page.drawn(
        act,
        SimpleNamespace(key="-"),
        form,
        entry,
        [*asked(form, link.settings), *shown(form, link.settings)],
        "public/form.html",
        link=link,
        page=page,
        trap=TRAP,
        question=in_words(sum) if sum is not None else None,
        effort=SimpleNamespace(number=number, bits=effort.BITS) if number and link.settings.effort else None,
        here=more.pop("here", None) or address(),
        equip=lambda: _equip(link, form, entry, page),
        greeted=_greeted(act, link, form, entry),
        **{"problem": None, "closed": False, "wrong_answer": False, **heading(link, act), **more},
    )


def _greeted(act: Act, link: Link, form: Form, entry: Entry) -> str:
    """The name of the record a signed link is bound to, where the link says so."""
    target = entry.values.get(link.settings.bound or "")
    if target is None or not link.settings.greeting:
        return ""
    return reader().record_title(getattr(form.by_key[str(link.settings.bound)], "form"), target)


def _equip(link: Link, form: Form, entry: Entry, page: str) -> str:
    """References and files of this page ask the link, not the house."""
    for each in form.fields:
        if each.key not in entry:
            continue
        if each.type in (*CHOSEN, *PEOPLE):
            entry[each.key].search_url = f"{link.path}/find/{each.key}?page={page}"
            entry[each.key].asks = " ".join(each.asks)
        elif isinstance(each, Attached):
            entry[each.key].send_url = f"{link.path}/files/{each.key}?page={page}"
        for row in rows_in(entry[each.key]):
            for key, line in each.lines().items():
                if isinstance(line, Attached):
                    row[PREFIX + key].send_url = f"{link.path}/files/{each.key}.{key}?page={page}"
    return ""


def _ask_password(act: Act, link: Link, ticket: Ticket, problem: Message | None = None) -> str:
    return render_template(
        "public/password.html",
        link=link,
        opens_at=opens_at(),
        page=tickets.write(workspace(), tickets.again(ticket)),
        problem=problem,
        here=address(),
        **heading(link, act),
    )


def _said(act: Act, link: Link, sentence: Message) -> str:
    return render_template("public/said.html", sentence=reader().say(sentence), status=200, **heading(link, act))


def _thanks(act: Act, link: Link) -> str:
    return thanks(act, link)


def thanks(act: Act, link: Link) -> str:
    """The last page; it leads on to another host only if the administrator allows that host still."""
    settings = link.settings
    onward = settings.redirect if host_of(settings.redirect) in hosts(act) else ""
    text = clean(reader().shown(settings.thanks)) if settings.thanks else ""
    again = settings.another and not (settings.once_device or settings.signed_only)
    return render_template(
        "public/thanks.html", link=link, text=text, plain=SENT, onward=onward, again=address() if again else "", **heading(link, act)
    )
