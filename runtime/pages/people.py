"""/admin/people: who has an account, with which roles."""
from __future__ import annotations

import re

from flask import Blueprint, current_app, g, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import Problem, Refused
from runtime.pages.reader import say
from runtime.pages.web import builder_only, done, reading, workspace, writing
from runtime.people import accounts
from runtime.people.person import Person
from runtime.texts import _

blueprint = Blueprint("people", __name__, url_prefix="/admin/people")

BETWEEN = re.compile(r"[\s,，、;；]+")
MEANINGS = {
    "builder": _("designs forms, rules, and rights, and looks after accounts"),
    "member": _("works with the records"),
}


@blueprint.get("")
@builder_only
def list_people() -> str:
    return _page()


@blueprint.post("")
@builder_only
def add() -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            someone = accounts.add(act, email=request.form.get("email", ""), name=request.form.get("name", ""), roles=_chosen_roles())
            link = _link(accounts.invite(act, someone.id))
    except Refused as refusal:
        return _page(refusal, values=request.form), refusal.status
    return _with_link(someone, link)


@blueprint.post("/<int:person_id>/invite")
@builder_only
def invite(person_id: int) -> AnyResponse | tuple[str, int]:
    """A new link: for somebody who lost the first one, or forgot the password."""
    try:
        with writing() as act:
            link = _link(accounts.invite(act, person_id))
            someone = accounts.by_id(act.connection, person_id)
    except Refused as refusal:
        return _page(refusal), refusal.status
    assert someone is not None
    return _with_link(someone, link)


@blueprint.post("/<int:person_id>/roles")
@builder_only
def change_roles(person_id: int) -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            accounts.set_roles(act, person_id, _chosen_roles())
    except Refused as refusal:
        return _page(refusal, at=person_id), refusal.status
    stays = person_id != g.person.id or "builder" in _chosen_roles()
    return done("/admin/people" if stays else "/", _("The roles are saved."))


@blueprint.post("/<int:person_id>/deactivate")
@builder_only
def deactivate(person_id: int) -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            accounts.deactivate(act, person_id)
    except Refused as refusal:
        return _page(refusal, at=person_id), refusal.status
    return done("/admin/people", _("The account is switched off. What the person wrote stays."))


@blueprint.post("/<int:person_id>/reactivate")
@builder_only
def reactivate(person_id: int) -> AnyResponse:
    with writing() as act:
        accounts.reactivate(act, person_id)
    return done("/admin/people", _("The account is switched on again."))


def _chosen_roles() -> set[str]:
    """The ticked roles, and those typed as words of their own."""
    return {key for key in [*request.form.getlist("roles"), *BETWEEN.split(request.form.get("more_roles", ""))] if key}


def _link(token: str) -> str:
    return (workspace().settings.base_url or request.host_url.rstrip("/")) + f"/invite/{token}"


def _with_link(someone: Person, link: str) -> AnyResponse:
    response = current_app.make_response(_page(invited=someone, link=link))
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(refusal: Refused | None = None, *, values: object = None, at: int | None = None, invited: Person | None = None,
          link: str = "") -> str:
    problems: list[Problem] = [] if refusal is None else refusal.problems
    with reading() as act:
        people = accounts.everybody(act.connection)
        roles = accounts.known_roles(act.connection)
    return render_template(
        "people.html", people=people, roles=roles, meanings={key: say(text) for key, text in MEANINGS.items()}, values=values or {},
        ticked=request.form.getlist("roles") if values else ["member"], at=at, invited=invited, link=link,
        errors={each.path: say(each.message) for each in problems} if at is None else {},
        error_at=say(problems[0].message) if problems and at is not None else "")
