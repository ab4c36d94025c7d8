"""The public links of an app's forms: made, set, looked at beforehand, switched on and off; signed links; hosts that are allowed."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import segno
from flask import Blueprint, Response, flash, g, render_template, request
from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from builder.pages.frame import check_app
from runtime.definitions.form import Form
from runtime.errors import NotFound, Problem, Refused
from runtime.forms import fill, opened
from runtime.pages import public_form, public_query
from runtime.pages.public_frame import become
from runtime.pages.web import builder_only, designer_only, done, go_to, reader, reading, workspace, writing
from runtime.people.may import may
from runtime.public import inbox, inviting, links
from runtime.public.links import KINDS, Link
from runtime.public.settings import (
    CHOSEN,
    FILL,
    PEOPLE,
    QUERY,
    asked,
    may_be_asked,
    may_be_matched,
    may_be_shown,
    read_settings,
    why_never_asked,
)
from runtime.records.entries import prepare
from runtime.records.lookup import ActLookup
from runtime.records.plan import plan_of
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.transfer.escaping import escaped

blueprint = Blueprint("public_links", __name__)

PLACE = "/build/<app>/public"
ONE = f"{PLACE}/<int:id>"
LANGUAGES = (("zh", "中文"), ("en", "English"))
STATES: dict[str, tuple[Message, str]] = {
    inviting.OPEN: (_("open"), "good"),
    inviting.USED: (_("used"), "quiet"),
    inviting.OVER: (_("its time is over"), "quiet"),
    inviting.VOID: (_("void: the address or the password changed"), "quiet"),
    inviting.REVOKED: (_("revoked"), "care"),
}


@blueprint.get(PLACE)
@designer_only
def listed(app: str) -> str:
    with reading() as act:
        own = check_app(act, app)
        forms = _forms(act, own)
        found = [link for form in forms for link in links.of_form(act, form.key)]
        numbers, waiting = links.figures(act, [each.id for each in found]), inbox.waiting(act, [each.id for each in found])
        reader().know_people(each.owner for each in found)
        lines = [{**_line(act, app, each), "figures": numbers[each.id], "waiting": waiting.get(each.id, 0)} for each in found]
        return render_template(
            "builder/public_links.html",
            app=app,
            forms=forms,
            kinds=KINDS,
            lines=lines,
            hosts=sorted(links.hosts(act)) if act.person.is_builder else None,
        )


@blueprint.post(PLACE)
@designer_only
def make(app: str) -> Any:
    with writing() as act:
        own = check_app(act, app)
        form = request.form.get("form", "")
        if form not in {each.key for each in _forms(act, own)}:
            raise NotFound(_("There is no form with the key {key}.", key=form[:60]))
        link = links.make(act, form, request.form.get("kind", ""), request.form.get("label", ""))
    return go_to(f"/build/{app}/public/{link.id}")


@blueprint.post("/admin/public-hosts")
@builder_only
def allow_hosts() -> Any:
    with writing() as act:
        links.set_hosts(act, request.form.get("hosts", "")[:20_000])
    return done(f"/build/{_back_app()}/public#hosts", _("Saved."))


def _back_app() -> str:
    given = request.form.get("app", "-")
    return given if given.replace("_", "").isalnum() and given.isascii() else "-"


@blueprint.get(ONE)
@designer_only
def show(app: str, id: int) -> str:
    with reading() as act:
        check_app(act, app)
        return _page(act, app, links.get(act, id))


@blueprint.post(ONE)
@designer_only
def save(app: str, id: int) -> Any:
    """Keeps the settings. What keeps a link from being switched on is said; of one that is on, nothing faulty is kept."""
    try:
        with writing() as act:
            check_app(act, app)
            link = links.get(act, id)
            settings, wrong = read_settings(_sent(act, link, request.form))
            if wrong:
                raise Refused(wrong)
            seen = request.form.get("changed_at", "")
            links.save(act, id, request.form.get("label", ""), settings, int(seen) if seen.isdecimal() else None)
    except Refused as error:
        with reading() as act:
            link = links.get(act, id)
            given, _wrong = read_settings(_sent(act, link, request.form))
            return _page(act, app, links.replace(link, settings=given), error.problems), error.status
    return done(f"/build/{app}/public/{id}", _("Saved."))


@blueprint.post(f"{ONE}/<any(on,off,rotate,password,remove):what>")
@designer_only
def change(app: str, id: int, what: str) -> Any:
    here = f"/build/{app}/public/{id}"
    try:
        with writing() as act:
            check_app(act, app)
            said = _change(act, id, what)
    except Refused as error:
        return _refused(app, id, error)
    return done(f"/build/{app}/public" if what == "remove" else here, said)


def _change(act: Act, id: int, what: str) -> Message:
    if what in ("on", "off"):
        links.switch(act, id, what == "on")
        return _("The link is on.") if what == "on" else _("The link is off. Its address says so.")
    if what == "rotate":
        links.rotate(act, id)
        return _("The link has another address. The old one is void, and so are its QR codes and signed links.")
    if what == "password":
        link = links.set_password(act, id, request.form.get("password", ""))
        return _("The password is set.") if link.password else _("No password is asked any more.")
    links.remove(act, id)
    return _("The link is removed.")


@blueprint.get(f"{ONE}/code.svg")
@designer_only
def code(app: str, id: int) -> Response:
    """The QR code as a file for print."""
    with reading() as act:
        check_app(act, app)
        link = links.get(act, id)
    buffer = io.BytesIO()
    segno.make(_absolute(link.path), micro=False).save(buffer, kind="svg", scale=8, border=4, light="#fff")
    return Response(buffer.getvalue(), mimetype="image/svg+xml", headers=_attached(f"link-{id}.svg"))


# -- before it is switched on ---------------------------------------------------------------------------------------------------------
@blueprint.route(f"{ONE}/preview", methods=["GET", "POST"])
@designer_only
def preview(app: str, id: int) -> str:
    """The page as strangers will see it, with their rights. Nothing that is filled in is kept."""
    here = f"/build/{app}/public/{id}/preview"
    with reading() as act:
        check_app(act, app)
        link = links.get(act, id)
        form = links.require_form(act, link.form)
        g.link = link
        become(act, link)
        if link.kind == QUERY:
            return public_query.answered(act, link, "", here)[0] if request.method == "POST" else public_query.asking(act, link, "", here)
        plan = plan_of(act.catalogue, form.key, act.connection.dialect)
        if request.method == "GET":
            entry = opened(form, reader(), prepare(act, plan, {}, None, ActLookup(act)).values, asked(form, link.settings))
        else:
            entry = fill(form, request.form, ActLookup(act), reader(), editable=asked(form, link.settings))
            if entry.ok:
                entry.tell(prepare(act, plan, entry.values, None, ActLookup(act)).problems)
            if entry.ok:
                return public_form.thanks(act, link)
        return public_form.drawn(act, link, form, entry, "", here=here, tried_at=here)


def _refused(app: str, id: int, error: Refused) -> Any:
    """The page of the link again, with what is wrong."""
    with reading() as act:
        return _page(act, app, links.get(act, id), error.problems), error.status


# -- signed links -----------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{ONE}/signed")
@designer_only
def sign(app: str, id: int) -> Any:
    """One signed link, shown once."""
    try:
        with writing() as act:
            check_app(act, app)
            link = links.get(act, id)
            record = request.form.get("record", "")
            path = inviting.one(act, link, int(record) if record.isdecimal() else 0, *_days_and_uses())
    except Refused as error:
        return _refused(app, id, error)
    with reading() as act:
        return _page(act, app, links.get(act, id), signed=_absolute(path))


@blueprint.post(f"{ONE}/signed.csv")
@designer_only
def sign_many(app: str, id: int) -> Any:
    try:
        with writing() as act:
            check_app(act, app)
            link = links.get(act, id)
            segment, text = request.form.get("segment", ""), request.form.get("filter", "")
            chosen = act.catalogue.segments.get(segment)
            wanted = [f"IN_SEGMENT('{chosen.key}')"] if chosen is not None else []
            wanted += [f"({text})"] if text.strip() else []
            rows = inviting.many(act, link, " and ".join(wanted), *_days_and_uses())
    except Refused as error:
        return _refused(app, id, error)
    lines = io.StringIO()
    lines.write("\ufeff")
    table = csv.writer(lines)
    table.writerow([reader().say(each) for each in (_("Number"), _("Name"), _("Link"))])
    table.writerows([record, escaped(title), _absolute(path)] for record, title, path in rows)
    return Response(lines.getvalue(), content_type="text/csv; charset=utf-8", headers=_attached(f"signed-links-{id}.csv"))


@blueprint.get(f"{ONE}/signed")
@designer_only
def signed(app: str, id: int) -> str:
    """Which signed links were made, for whom, and what became of them; `?before=` goes on, `?record=` shows those of one record."""
    with reading() as act:
        check_app(act, app)
        link = links.get(act, id)
        form, record = inviting.bound_form(act, link), request.args.get("record", type=int)
        found, after = inviting.given(act, link, request.args.get("before", type=int), record)
        reader().know_people(each.person for each in found)
        return render_template(
            "builder/public_signed.html",
            app=app,
            here=f"/build/{app}/public/{id}",
            link=link,
            lines=found,
            after=after,
            record=record,
            states=STATES,
            records=f"/apps/{app}/{form}",
            find=f"/apps/{app}/{form}/find",
        )


@blueprint.post(f"{ONE}/signed/<int:number>/<any(revoke,back):what>")
@designer_only
def revoke(app: str, id: int, number: int, what: str) -> Any:
    here = f"/build/{app}/public/{id}/signed"
    with writing() as act:
        check_app(act, app)
        inviting.revoke(act, links.get(act, id), number, back=what == "back")
    if what == "back":
        return done(here, _("The signed link holds again."))
    flash({"text": reader().say(_("The signed link is revoked.")), "undo": f"{here}/{number}/back"})  # type: ignore[arg-type]
    return go_to(here)


def _days_and_uses() -> tuple[int, int]:
    days, uses = (request.form.get(name, "") for name in ("days", "uses"))
    return (int(days) if days.isdecimal() and len(days) < 5 else 0, int(uses) if uses.isdecimal() and len(uses) < 5 else 0)


# -- pages --------------------------------------------------------------------------------------------------------------------------
def _forms(act: Act, own: str | None) -> list[Form]:
    return [each for each in act.catalogue.forms.values() if own in (None, each.app) and may(act.person, "build", app=each.app)]


def _line(act: Act, app: str, link: Link) -> dict[str, Any]:
    form = act.catalogue.forms.get(link.form)
    return {
        "link": link,
        "href": f"/build/{app}/public/{link.id}",
        "form": reader().shown(form.label) if form else link.form,
        "kind": KINDS[link.kind],
        "owner": reader().person_name(link.owner),
        "closed": links.closed_because(act, link) if link.is_on else None,
    }


def _page(act: Act, app: str, link: Link, problems: list[Problem] | None = None, signed: str = "") -> str:
    form = links.require_form(act, link.form)
    settings = link.settings
    wrong = problems if problems is not None else links.found_wrong(act, link)
    today = act.day
    return render_template(
        "builder/public_link.html",
        app=app,
        here=f"/build/{app}/public/{link.id}",
        link=link,
        form=form,
        s=settings,
        line=_line(act, app, link),
        problems=wrong,
        address=_absolute(link.path),
        picture=drawing(_absolute(link.path)),
        figures=links.figures(act, [link.id])[link.id],
        lately=links.figures(act, [link.id], today - 29)[link.id],
        waiting=inbox.waiting(act, [link.id]).get(link.id, 0),
        fields=_fields(form, link),
        references=[each for each in form.fields if each.type == "reference"],
        onces=[
            each for each in form.fields if may_be_asked(each, settings) and each.stores == "column" and each.type not in ("file", "image")
        ],
        times={name: _local(act, getattr(settings, name)) for name in ("opens_at", "closes_at")},
        thanks=[_rich(f"thanks_{key}", name, getattr(settings.thanks, key, None) if settings.thanks else None) for key, name in LANGUAGES],
        languages=LANGUAGES,
        hosts=sorted(links.hosts(act)),
        segments=_segments(act, link),
        signed=signed,
        bound_to=_bound_to(act, link),
        people=links.people(act, link),
        find=f"/apps/{app}/{_bound_to(act, link)}/find",
    )


def _fields(form: Form, link: Link) -> list[dict[str, Any]]:
    """Each field with what may be ticked for it. Of one that people fill in and strangers cannot, why: none is missing silently."""
    own = link.settings
    opened_up = {"pick": {**own.pick, **{each.key: "1" for each in form.fields if each.type in CHOSEN}}, "people": own.people or (1,)}
    widest = own.model_copy(update=opened_up)
    found = []
    for each in form.fields:
        why = None
        if link.kind == QUERY:
            able = {"ask": may_be_matched(each), "fields": may_be_shown(each), "prefill": False}
        else:
            open_ = may_be_asked(each, widest)
            why = why_never_asked(each) if each.writable and each.type != "serial" and each.stores != "nothing" else None
            able = {
                "ask": False,
                "fields": open_ or (each.stores == "computed" and may_be_shown(each)),
                "prefill": open_ and each.stores == "column",
            }
        if any(able.values()) or why is not None:
            fill = link.kind == FILL
            found.append(
                {"field": each, "able": able, "why": why, "pick": each.type in CHOSEN and fill, "people": each.type in PEOPLE and fill}
            )
    return found


def _bound_to(act: Act, link: Link) -> str:
    try:
        return inviting.bound_form(act, link)
    except Refused:
        return ""


def _segments(act: Act, link: Link) -> list[Any]:
    form = _bound_to(act, link)
    return [each for each in act.catalogue.segments.values() if form and each.form == form]


def _rich(name: str, label: str, value: str | None) -> Any:
    """What the macro of the editor needs of a field."""
    return SimpleNamespace(id=name, name=name, label=SimpleNamespace(text=label), _value=lambda: value or "")


def drawing(text: str) -> Markup:
    return Markup(
        segno.make(text, micro=False).svg_inline(
            scale=4, border=2, svgclass="tl-qr", lineclass=None, light="#fff", dark="#000", omitsize=True
        )
    )


def _absolute(path: str) -> str:
    return (workspace().settings.base_url or request.host_url).rstrip("/") + path


def _attached(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


# -- what was filled in -----------------------------------------------------------------------------------------------------------------
def _sent(act: Act, link: Link, sent: MultiDict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: sent.getlist(name) for name in ("fields", "ask", "prefill", "embed")}
    found |= {name: name in sent for name in ("another", "once_device", "question", "effort", "keep", "signed_only", "greeting")}
    found |= {name: _text(sent, name) for name in ("heading", "intro", "thanks")}
    found |= {name: sent.get(name, "").strip() or None for name in ("once_field", "bound")}
    found |= {name: sent[name].strip() for name in ("most", "seconds", "per_address", "per_link", "quota") if sent.get(name, "").strip()}
    found |= {name: _micros(act, sent.get(name, "")) for name in ("opens_at", "closes_at")}
    found["people"] = list(dict.fromkeys(int(each) for each in sent.getlist("people") if each.isdecimal() and len(each) < 17))
    found["redirect"] = sent.get("redirect", "").strip()
    form = links.require_form(act, link.form)
    ticked = {each for each in found["fields"]}
    found["pick"] = {
        each.key: text.strip()
        for each in form.fields
        if each.type in CHOSEN and each.key in ticked and (text := sent.get(f"pick_{each.key}", "")).strip()
    }
    return found


def _text(sent: MultiDict[str, str], name: str) -> dict[str, str] | None:
    texts = {key: text for key, _label in LANGUAGES if (text := sent.get(f"{name}_{key}", "").strip())}
    return texts or None


def _micros(act: Act, text: str) -> int | None:
    """A moment typed in the time of the workspace."""
    try:
        return clock.to_micros(datetime.fromisoformat(text).replace(tzinfo=act.zone)) if text else None
    except ValueError as error:
        raise Refused([Problem("opens_at", _("This is not a day with a time."))]) from error


def _local(act: Act, micros: int | None) -> str:
    found = clock.from_micros(micros)
    return "" if found is None else f"{found.astimezone(act.zone):%Y-%m-%dT%H:%M}"
