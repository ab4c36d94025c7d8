"""/admin/people: who has an account, with which roles, in which departments and groups."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.automation import letters
from runtime.errors import NotFound, Refused
from runtime.pages.reader import say
from runtime.pages.sign_in import link_to
from runtime.pages.web import builder_only, by_path, done, reading, workspace, writing
from runtime.people import accounts, departments, listing, second_factor, sessions, tokens
from runtime.people.organisation import Organisation, organisation_of
from runtime.people.person import Person
from runtime.records import handing_over
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("people", __name__, url_prefix="/admin/people")

BETWEEN = re.compile(r"[\s,，、;；]+")
MEANINGS = {
    "builder": _("designs forms, rules, and rights, and looks after accounts"),
    "member": _("works with the records"),
}
STATES = {"": _("All"), "active": _("Active"), "invited": _("Invited"), "off": _("Switched off")}


# -- the list -----------------------------------------------------------------------------------------------------------------
@blueprint.get("")
@builder_only
def list_people() -> str:
    return _list_page()


@blueprint.post("")
@builder_only
def add() -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            someone = accounts.add(act, email=request.form.get("email", ""), name=request.form.get("name", ""), roles=_chosen_roles())
            departments.place(act, someone.id, _ids("departments"))
            link = invite_by_link(act, someone.id)
    except Refused as refusal:
        return _list_page(refusal), refusal.status
    return _unkept(_list_page(invited=someone, link=link))


def invite_by_link(act: Act, person_id: int) -> str:
    """A fresh invitation as a link to copy; sent by mail as well where the workspace sends mail."""
    link = link_to(f"/invite/{accounts.invite(act, person_id)}")
    if letters.can_be_sent(act.workspace):
        letters.post(act, "invitation", person_id, link)
    return link


def _list_page(refusal: Refused | None = None, invited: Person | None = None, link: str = "") -> str:
    asked = request.args
    wanted = listing.Wanted(asked.get("q", ""), asked.get("department", type=int), asked.get("role", ""), asked.get("state", ""))
    with reading() as act:
        found = listing.find(act.connection, wanted, asked.get("after", type=int))
        roles, tree = accounts.known_roles(act.connection), organisation_of(act.connection)
    return render_template(
        "people.html",
        found=found,
        wanted=wanted,
        states=STATES,
        roles=roles,
        meanings=_meanings(),
        tree=tree,
        options=options(tree),
        values=request.form if refusal else {},
        errors=by_path(refusal),
        ticked=request.form.getlist("roles") if refusal else ["member"],
        placed=_ids("departments") if refusal else [],
        invited=invited,
        link=link,
        mailed=letters.can_be_sent(workspace()),
    )


# -- one person ---------------------------------------------------------------------------------------------------------------
@blueprint.get("/<int:person_id>")
@builder_only
def one(person_id: int) -> str:
    return _person_page(person_id)


@blueprint.post("/<int:person_id>/invite")
@builder_only
def invite(person_id: int) -> AnyResponse | tuple[str, int]:
    """A new link: for somebody who lost the first one, or forgot the password."""
    try:
        with writing() as act:
            link = invite_by_link(act, person_id)
    except Refused as refusal:
        return _person_page(person_id, refusal), refusal.status
    return _unkept(_person_page(person_id, link=link))


@blueprint.post("/<int:person_id>")
@builder_only
def change(person_id: int) -> AnyResponse | tuple[str, int]:
    """Name and departments; the department ticked as main comes first."""
    main, chosen = request.form.get("main", type=int), _ids("departments")
    try:
        with writing() as act:
            accounts.set_name(act, person_id, request.form.get("name", ""))
            departments.place(act, person_id, sorted(chosen, key=lambda each: each != main))
    except Refused as refusal:
        return _person_page(person_id, refusal), refusal.status
    return done(f"/admin/people/{person_id}", _("Saved."))


@blueprint.post("/<int:person_id>/roles")
@builder_only
def change_roles(person_id: int) -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            accounts.set_roles(act, person_id, _chosen_roles())
    except Refused as refusal:
        return _person_page(person_id, refusal), refusal.status
    stays = person_id != g.person.id or "builder" in _chosen_roles()
    return done(f"/admin/people/{person_id}" if stays else "/", _("The roles are saved."))


@blueprint.post("/<int:person_id>/sign-out")
@builder_only
def sign_out_everywhere(person_id: int) -> AnyResponse:
    with writing() as act:
        _known(act, person_id)
        accounts.end_access(act, person_id)
    return done(f"/admin/people/{person_id}", _("Signed out everywhere; the API tokens are gone."))


@blueprint.post("/<int:person_id>/second-factor/off")
@builder_only
def second_factor_off(person_id: int) -> AnyResponse:
    with writing() as act:
        _known(act, person_id)
        second_factor.switch_off(act, person_id)
    return done(f"/admin/people/{person_id}", _("The second factor is off."))


# -- leaving and coming back ----------------------------------------------------------------------------------------------------
@blueprint.get("/<int:person_id>/deactivate")
@builder_only
def leaving(person_id: int) -> str | AnyResponse:
    with reading() as act:
        if not _known(act, person_id).active:
            return redirect(f"/admin/people/{person_id}", 303)
    return _leaving_page(person_id)


@blueprint.post("/<int:person_id>/deactivate")
@builder_only
def deactivate(person_id: int) -> AnyResponse | tuple[str, int]:
    """With a successor everything owned moves in the same transaction; without one it stays as it is."""
    given = None
    try:
        with writing() as act:
            if text := request.form.get("successor", "").strip():
                given = handing_over.hand_over(act, person_id, handing_over.successor(act, person_id, text))
            accounts.deactivate(act, person_id)
    except Refused as refusal:
        return _leaving_page(person_id, refusal), refusal.status
    if given is None:
        return done("/admin/people", _("The account is switched off. What the person wrote stays."))
    if given.why is not None:
        return done(
            f"/admin/people/{person_id}",
            _(
                "The account is switched off. {moved} records and to-dos moved; {left} could not: {why}",
                moved=given.moved,
                left=given.left,
                why=given.why,
            ),
        )
    return done(
        "/admin/people", _("The account is switched off. {moved} records and to-dos now belong to the successor.", moved=given.moved)
    )


def _leaving_page(person_id: int, refusal: Refused | None = None) -> str:
    with reading() as act:
        someone = _known(act, person_id)
        owned = handing_over.owned(act, person_id)
        open_sessions, api_tokens = sessions.of_person(act.connection, person_id, act.now), tokens.of_person(act.connection, person_id)
        tree = organisation_of(act.connection)
    headed = [tree.path(each) for each in tree.headed.get(person_id, [])]
    return render_template(
        "person_leaving.html",
        someone=someone,
        owned=owned,
        sessions=len(open_sessions),
        tokens=len(api_tokens),
        headed=headed,
        errors=by_path(refusal),
    )


@blueprint.post("/<int:person_id>/reactivate")
@builder_only
def reactivate(person_id: int) -> AnyResponse:
    with writing() as act:
        accounts.reactivate(act, person_id)
    return done(f"/admin/people/{person_id}", _("The account is switched on again."))


# -- pieces -----------------------------------------------------------------------------------------------------------------------
def options(tree: Organisation) -> list[tuple[int, str, str]]:
    """The departments to choose from, as a tree is read: id, name with an indent, whole path."""
    return [(each.id, "\u2003" * depth + each.name, tree.path(each.id)) for each, depth in tree.walk()]


def _person_page(person_id: int, refusal: Refused | None = None, link: str = "") -> str:
    with reading() as act:
        someone = _known(act, person_id)
        account = listing.account(act.connection, person_id)
        roles, tree = accounts.known_roles(act.connection), organisation_of(act.connection)
        open_sessions, api_tokens = sessions.of_person(act.connection, person_id, act.now), tokens.of_person(act.connection, person_id)
    name = request.form.get("name", someone.name) if refusal else someone.name
    return render_template(
        "person.html",
        someone=someone,
        account=account,
        roles=roles,
        meanings=_meanings(),
        tree=tree,
        options=options(tree),
        name=name,
        errors=by_path(refusal),
        sessions=open_sessions,
        tokens=api_tokens,
        scopes=tokens.SCOPES,
        link=link,
        mailed=letters.can_be_sent(workspace()),
    )


def _known(act: Act, person_id: int) -> Person:
    found = accounts.by_id(act.connection, person_id)
    if found is None:
        raise NotFound(_("This person is not known here."))
    return found


def _chosen_roles() -> set[str]:
    """The ticked roles, and those typed as words of their own."""
    return {key for key in [*request.form.getlist("roles"), *BETWEEN.split(request.form.get("more_roles", ""))] if key}


def _ids(name: str) -> list[int]:
    return [int(each) for each in request.form.getlist(name) if each.isdecimal() and len(each) < 16]


def _meanings() -> dict[str, Any]:
    return {key: say(text) for key, text in MEANINGS.items()}


def _unkept(page: str) -> AnyResponse:
    response = current_app.make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response
