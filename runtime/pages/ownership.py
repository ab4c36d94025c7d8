"""Whose a record is, on its page: with whom it is shared, its team, its place in the pool; and the page on which that is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from flask import Blueprint, g, render_template, request

from runtime.definitions.form import Form
from runtime.errors import Problem, Refused
from runtime.ownership import claims, pool, reclaiming, sharing, teams, whom
from runtime.pages.apps import find_app
from runtime.pages.cells import title_of
from runtime.pages.lists import find_form
from runtime.pages.web import by_path, done, reader, reading, signed_in, writing
from runtime.people.may import may
from runtime.records import query
from runtime.records.rows import Record, read_record
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("ownership", __name__)

PLACE = "/apps/<app>/<form>/<int:record>"
LEVELS: dict[str, Message] = {"view": _("sees it"), "edit": _("may change it")}


# -- beside the record -----------------------------------------------------------------------------------------------------------------
def ownership_of(act: Act, app: str, form: Form, record: Record) -> dict[str, Any]:
    """What the record's page says of it: `pool`, `team`, `shares`, and whether the person may share it."""
    alive = record.deleted_at is None
    sharing_it = alive and may(g.person, "share", form.key, record.id)
    return {
        "href": f"/apps/{app}/{form.key}/{record.id}/sharing",
        "may_share": sharing_it,
        "pool": _pool(act, app, form, record) if alive else None,
        "team": teams.members(act, form.key, record.id) if form.team else [],
        "has_team": bool(form.team),
        "shares": _shares(act, form.key, record.id) if sharing_it else [],
    }


def _pool(act: Act, app: str, form: Form, record: Record) -> dict[str, Any] | None:
    """The record's standing in the pool; None where the form has none, or the person neither owns the record nor may claim it."""
    if form.pool is None:
        return None
    stored = read_record(act, form.key, record.id)
    owner = None if stored is None else stored.values.get(form.pool.owner)
    base = f"/apps/{app}/-/pool/{form.key}"
    if owner is None:
        return {"free": True, "claim": f"{base}/claim", "goes_back": None} if may(g.person, "claim", form.key, record.id) else None
    mine = owner == g.person.id
    if not mine and not may(g.person, "edit", form.key, record.id, form.pool.owner):
        return None
    back = reclaiming.going_back(act, form.key, owner).get(record.id) if mine else None
    return {"free": False, "release": f"{base}/{record.id}/release", "goes_back": back, "mine": mine}


def _shares(act: Act, form: str, record: int) -> list[dict[str, Any]]:
    found = sharing.shared_with(act, form, record)
    names = whom.named(act, [each.who for each in found])
    reader().know_people(each.by for each in found)
    return [
        {
            "id": each.id,
            "name": names[each.who],
            "person": each.who.startswith("user:"),
            "may": LEVELS[each.may],
            "until": each.until,
            "by": reader().person_name(each.by),
        }
        for each in found
    ]


@contextmanager
def _writing(app: str, form: str) -> Iterator[Act]:
    """An act on a form of an app that the person may see. Raises NotFound."""
    with writing() as act:
        find_app(act, app)
        find_form(act, form)
        yield act


# -- the page ---------------------------------------------------------------------------------------------------------------------------
@blueprint.get(f"{PLACE}/sharing")
@signed_in
def page(app: str, form: str, record: int) -> str:
    return _page(app, form, record)


def _page(app: str, form: str, record: int, refusal: Refused | None = None) -> str:
    with reading() as act:
        found_app, definition = find_app(act, app), find_form(act, form)
        found = query.get(act, form, record)
        return render_template(
            "record_sharing.html",
            app=found_app,
            form=definition,
            record=found,
            name=title_of(definition, found),
            own=ownership_of(act, app, definition, found),
            may_edit=may(g.person, "edit", form, record),
            offered=[{"key": key, "label": label} for key, label in whom.offered(act)],
            happened=_happened(act, definition, record),
            errors=by_path(refusal),
            given=request.form if refusal else {},
            today=act.today,
        )


def _happened(act: Act, form: Form, record: int) -> list[dict[str, Any]]:
    if form.pool is None or not may(g.person, "view", form.key, record, form.pool.owner):
        return []
    rows = pool.happened(act, form.key, record, 20)
    reader().know_people(row.person for row in rows)
    return [event(row) for row in rows]


def event(row: Any) -> dict[str, Any]:
    """One line of what happened in a pool."""
    return {"who": reader().person_name(row.person), "what": pool.WORDS[row.act], "at": clock.from_micros(row.at), "reason": row.reason}


@blueprint.post(f"{PLACE}/sharing")
@signed_in
def share(app: str, form: str, record: int) -> Any:
    asked = request.form
    person = asked.get("person", "").strip()
    try:
        with _writing(app, form) as act:
            who = asked.get("who", "") or (f"user:{person}" if person else "")
            sharing.share(act, form, record, who, asked.get("may", "view"), _day(asked.get("until", "")))
    except Refused as refusal:
        return _page(app, form, record, refusal), refusal.status
    return done(f"/apps/{app}/{form}/{record}/sharing", _("The record is shared."))


@blueprint.post(f"{PLACE}/sharing/<int:number>/revoke")
@signed_in
def revoke(app: str, form: str, record: int, number: int) -> Any:
    with _writing(app, form) as act:
        sharing.revoke(act, form, record, number)
    return done(f"/apps/{app}/{form}/{record}/sharing", _("It is not shared with them any more."))


@blueprint.post(f"{PLACE}/team")
@signed_in
def join(app: str, form: str, record: int) -> Any:
    try:
        with _writing(app, form) as act:
            member = whom.somebody(act, request.form.get("member", ""), "member")
            teams.join(act, form, record, member.id, request.form.get("role", ""))
    except Refused as refusal:
        return _page(app, form, record, refusal), refusal.status
    return done(f"/apps/{app}/{form}/{record}/sharing", _("{name} is in the team.", name=member.name))


@blueprint.post(f"{PLACE}/team/<int:person>/leave")
@signed_in
def leave(app: str, form: str, record: int, person: int) -> Any:
    with _writing(app, form) as act:
        teams.leave(act, form, record, person)
        seen = may(act.person, "view", form, record)
    return done(f"/apps/{app}/{form}/{record}/sharing" if seen else f"/apps/{app}/{form}", _("No longer in the team."))


@blueprint.post("/apps/<app>/-/pool/<form>/<int:record>/release")
@signed_in
def release(app: str, form: str, record: int) -> Any:
    try:
        with _writing(app, form) as act:
            claims.release(act, form, record, request.form.get("reason", ""))
            seen = may(act.person, "view", form, record)
    except Refused as refusal:
        return _page(app, form, record, refusal), refusal.status
    return done(f"/apps/{app}/{form}/{record}" if seen else f"/apps/{app}/{form}", _("The record is back in the pool."))


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused([Problem("until", _("Give a day like 2024-01-31."))]) from None
