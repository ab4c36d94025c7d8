"""GET /people/find?q=: active people by a part of their name or address, for fields that hold a person."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify, request

from runtime.pages.web import reading, signed_in
from runtime.system.tables import person

blueprint = Blueprint("people_find", __name__)

MOST = 20


@blueprint.get("/people/find")
@signed_in
def find() -> Response:
    """[{value, title, hint}]; every word must be in the name or the address."""
    words = request.args.get("q", "").strip()[:100].split()
    conditions = [
        sa.or_(
            sa.func.lower(person.c.name).contains(word.lower(), autoescape=True),
            sa.func.lower(person.c.email).contains(word.lower(), autoescape=True),
        )
        for word in words
    ]
    with reading() as act:
        rows = act.connection.execute(
            sa.select(person.c.id, person.c.name, person.c.email)
            .where(person.c.active == 1, *conditions)
            .order_by(person.c.name, person.c.id)
            .limit(MOST)
        ).all()
    return jsonify([{"value": str(row.id), "title": row.name, "hint": row.email} for row in rows])
