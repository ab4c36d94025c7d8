"""/notifications: what people and automations told the person. Opening one marks it as read."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, g, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import NotFound
from runtime.pages.web import done, go_to, local_path, reader, reading, signed_in, writing
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
        conditions = [notification.c.person == g.person.id]
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
    lines = [_line(row) for row in rows[:ROWS]]
    more = f"/notifications?{'unread=1&' if unread else ''}before={rows[ROWS - 1].id}" if len(rows) > ROWS else None
    return render_template(
        "notifications.html",
        days=_by_day(lines),
        open=open_ones,
        unread=unread,
        next_href=more,
        first_href="/notifications" if before else None,
    )


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
