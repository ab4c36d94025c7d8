"""/notifications: what people and automations told the person, and what they want to hear of. Opening one marks it as read."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, g, jsonify, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.collaboration import choices
from runtime.collaboration.choices import Choice
from runtime.errors import NotFound, Refused
from runtime.pages.shell import unread as unread_count
from runtime.pages.web import by_path, done, go_to, local_path, reader, reading, signed_in, workspace, writing
from runtime.people.may import may
from runtime.system import clock
from runtime.system.tables import notification
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("notifications", __name__, url_prefix="/notifications")

ROWS = 50


@blueprint.get("")
@signed_in
def list_notifications() -> str:
    """The newest first: ?unread=1&before="""
    unread, before = bool(request.args.get("unread")), request.args.get("before", "")
    with reading() as act:
        conditions = [notification.c.person == g.person.id, notification.c.hidden == 0]
        open_ones = (
            act.connection.execute(
                sa.select(sa.func.count()).select_from(notification).where(*conditions, notification.c.read_at.is_(None))
            ).scalar()
            or 0
        )
        if unread:
            conditions.append(notification.c.read_at.is_(None))
        if before.isdecimal() and len(before) < 19:
            conditions.append(notification.c.id < int(before))
        rows = act.connection.execute(sa.select(notification).where(*conditions).order_by(notification.c.id.desc()).limit(ROWS + 1)).all()
        lines = [_line(row) if _may_read(act, row) else _veiled(row) for row in rows[:ROWS]]
    more = f"/notifications?{'unread=1&' if unread else ''}before={rows[ROWS - 1].id}" if len(rows) > ROWS else None
    return render_template(
        "notifications.html",
        days=_by_day(lines),
        open=open_ones,
        unread=unread,
        next_href=more,
        first_href="/notifications" if before else None,
    )


@blueprint.get("/count")
@signed_in
def count() -> Response:
    """How many are unread, for the bell: asked now and then, and answered with 304 as long as nothing has changed."""
    with reading() as act:
        number = unread_count(act.connection, g.person.id)
    answer = jsonify(unread=number)
    answer.set_etag(f"unread-{g.person.id}-{number}")
    answer.cache_control.private = True
    answer.cache_control.no_cache = True
    return answer.make_conditional(request)  # type: ignore[return-value]


# -- what one wants to hear of ------------------------------------------------------------------------------------------------------
@blueprint.get("/settings")
@signed_in
def settings() -> str:
    return _settings_page()


@blueprint.post("/settings")
@signed_in
def choose() -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            choices.choose(act, _chosen(), *(request.form.get(name, "") for name in TIMES))
    except Refused as refusal:
        return _settings_page(refusal), refusal.status
    return done("/notifications/settings", _("Saved."))


TIMES = ("quiet_from", "quiet_until", "digest_at")


def _chosen() -> dict[str, Choice]:
    return {kind: Choice(f"app_{kind}" in request.form, request.form.get(f"mail_{kind}", choices.NEVER)) for kind in choices.KINDS}


def _settings_page(refusal: Refused | None = None) -> str:
    with reading() as act:
        wishes = choices.wishes_of(act.connection, g.person.id, choices.usual_quiet(act.workspace))
        zone = choices.clock_of(g.person, act.zone).key
    times = {name: request.form.get(name, "") if refusal else _time(getattr(wishes, name)) for name in TIMES}
    return render_template(
        "notification_settings.html",
        kinds=choices.KINDS,
        chosen=_chosen() if refusal else wishes.kinds,
        mails=choices.MAIL,
        times=times,
        zone=zone,
        errors=by_path(refusal),
        can_mail=bool(workspace().settings.smtp_url),
    )


def _time(minute: int | None) -> str:
    return "" if minute is None else f"{minute // 60:02d}:{minute % 60:02d}"


# -- reading ------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/<int:number>")
@signed_in
def open_one(number: int) -> AnyResponse:
    """Goes to what a notification is about, and marks it as read."""
    with writing() as act:
        found = _mine(act, number)
        _mark(act, number)
    return go_to(local_path(found.link, "/notifications"))


@blueprint.post("/<int:number>/read")
@signed_in
def mark(number: int) -> AnyResponse:
    with writing() as act:
        _mine(act, number)
        _mark(act, number)
    return go_to(_back())


@blueprint.post("/read")
@signed_in
def mark_all() -> AnyResponse:
    with writing() as act:
        count = _mark(act, None)
    return done(_back(), _("{count} notifications are marked as read.", count=count))


def _mine(act: Act, number: int) -> Any:
    row = act.connection.execute(sa.select(notification).where(notification.c.id == number, notification.c.person == g.person.id)).first()
    if row is None:
        raise NotFound(_("There is no such notification."))
    return row


def _mark(act: Act, number: int | None) -> int:
    """Marks one, or all, of the person's own; gives how many were unread."""
    one = [] if number is None else [notification.c.id == number]
    return act.connection.execute(
        notification.update().where(notification.c.person == g.person.id, notification.c.read_at.is_(None), *one).values(read_at=act.micros)
    ).rowcount


def _back() -> str:
    return local_path(request.form.get("back"), "/notifications")


def _may_read(act: Act, row: Any) -> bool:
    """Whether the person may still see the record that it tells of."""
    return row.form is None or (row.form in act.catalogue.forms and may(g.person, "view", row.form, row.record))


def _veiled(row: Any) -> dict[str, Any]:
    return {**_line(row), "subject": reader().say(_("About a record that you may not see any more.")), "body": "", "linked": False}


def _line(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "subject": row.subject,
        "body": row.body or "",
        "at": clock.from_micros(row.at),
        "read": row.read_at is not None,
        "linked": bool(row.link),
    }


def _by_day(lines: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    found: dict[date, list[dict[str, Any]]] = {}
    for line in lines:
        found.setdefault(line["at"].astimezone(reader().zone).date(), []).append(line)
    return [(reader().ago(day), each) for day, each in found.items()]
