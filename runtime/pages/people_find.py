"""GET /people/find?q=: active people by a part of their name or address, for fields that hold a person."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, g, jsonify, request

from runtime.pages.web import reading, signed_in
from runtime.people.may import may
from runtime.people.rights import is_outside
from runtime.system.tables import person
from runtime.system.workspace import Act

blueprint = Blueprint("people_find", __name__)

MOST = 20
LEAST_OUTSIDE = 2
"""Letters of a name that somebody from outside must know."""


@blueprint.get("/people/find")
@signed_in
def find() -> Response:
    """[{value, title, hint}]; every word must be in the name or the address.

    People from outside find names only, only by a part of the name that they know, and only if there is a field they may put a person in.
    """
    wanted = request.args.get("q", "").strip()[:100]
    with reading() as act:
        outside = is_outside(g.person, act.catalogue)
        if outside and (len(wanted) < LEAST_OUTSIDE or not _fills_in_people(act)):
            return jsonify([])
        rows = act.connection.execute(_named(wanted, by_address=not outside)).all()
    return jsonify([{"value": str(row.id), "title": row.name, "hint": "" if outside else row.email} for row in rows])


def _named(wanted: str, by_address: bool) -> sa.Select[tuple[int, str, str]]:
    searched = [person.c.name, person.c.email] if by_address else [person.c.name]
    conditions = [sa.or_(*(sa.func.lower(each).contains(word.lower(), autoescape=True) for each in searched)) for word in wanted.split()]
    found = sa.select(person.c.id, person.c.name, person.c.email).where(person.c.active == 1, *conditions)
    return found.order_by(person.c.name, person.c.id).limit(MOST)


def _fills_in_people(act: Act) -> bool:
    return any(
        field.type in ("member", "members") and any(may(act.person, action, form.key, None, field.key) for action in ("add", "edit"))
        for form in act.catalogue.forms.values()
        for field in form.fields
    )
