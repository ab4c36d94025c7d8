"""Who works in an app as what: its owners, builders, analysts, members and guests. Saved at once, as a new version of the app."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, g, render_template, request

from builder.pages.frame import check_app
from runtime.definitions import versions
from runtime.errors import NotFound, Problem, Refused
from runtime.ownership import whom
from runtime.pages.web import by_path, designer_only, done, reader, reading, writing
from runtime.people import accounts
from runtime.people.may import may
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("build_roles", __name__)

PLACE = "/build/<app>/roles"
ROLES: dict[str, tuple[Message, Message]] = {
    "owner": (_("Owners"), _("build the app and say who works in it as what")),
    "builder": (_("Builders"), _("design its forms, rules and pages, and may do everything with its records")),
    "analyst": (_("Analysts"), _("see and export all its records")),
    "member": (_("Members"), _("work with its records as far as the permissions let them")),
    "guest": (_("Guests"), _("open the app and see only what permissions or sharing give them")),
}


@blueprint.get(PLACE)
@designer_only
def page(app: str) -> str:
    return _page(app)


def _page(app: str, refusal: Refused | None = None) -> str:
    with reading() as act:
        found = act.catalogue.apps[_key(act, app)]
        named = {role: list(getattr(found.roles_, role)) for role in ROLES}
        names = _names(act, {who for its in named.values() for who in its})
        return render_template(
            "builder/roles.html",
            app=app,
            app_here=found,
            roles=[
                {"key": key, "label": label, "meaning": meaning, "named": [{"who": who, "name": names[who]} for who in named[key]]}
                for key, (label, meaning) in ROLES.items()
            ],
            offered=[{"key": key, "label": label} for key, label in whom.offered(act)],
            may_change=_may_change(act, app),
            errors=by_path(refusal),
            given=request.form if refusal else {},
        )


@blueprint.post(PLACE)
@designer_only
def add(app: str) -> Any:
    role, person = request.form.get("role", ""), request.form.get("person", "").strip()
    try:
        with writing("publish") as act:
            who = request.form.get("who", "") or (f"user:{person}" if person else "")
            _change(act, app, role, _as_named(act, who), True)
    except Refused as refusal:
        return _page(app, refusal), refusal.status
    return done(f"/build/{app}/roles", _("Saved."))


@blueprint.post(f"{PLACE}/remove")
@designer_only
def remove(app: str) -> Any:
    with writing("publish") as act:
        _change(act, app, request.form.get("role", ""), request.form.get("who", ""), False)
    stays = g.person.is_builder or _still_designs(app)
    return done(f"/build/{app}/roles" if stays else "/", _("Saved."))


def _change(act: Act, app: str, role: str, who: str, there: bool) -> None:
    """Publishes the app with somebody added to a role, or taken out of it; a draft that somebody works on keeps what else it says."""
    if role not in ROLES:
        raise Refused([Problem("role", _("Choose what they are in the app."))])
    versions.lock(act)
    body = versions.find_version(act.connection, "app", _key(act, app)).body
    draft = versions.find_draft(act.connection, "app", app)
    roles = {key: [each for each in its or ()] for key, its in (body.get("roles") or {}).items()}
    others = [each for each in roles.get(role, []) if each != who]
    if not there and role == "owner" and not others and not act.person.is_builder:
        raise Refused([Problem("who", _("Name another owner first: an app that you own would be left without one."))])
    roles[role] = [*others, who] if there else others
    versions.publish(act, [{**body, "roles": {key: its for key, its in roles.items() if its}}], reader().say(_("Who works in it as what.")))
    if draft is not None:
        versions.save_draft(act, "app", app, {**draft.body, "roles": roles}, 0)


def _as_named(act: Act, who: str) -> str:
    """People by e-mail, as definitions that are kept as files name them."""
    found = whom.checked(act, who)
    if not found.startswith("user:"):
        return found
    person = accounts.by_id(act.connection, int(found.removeprefix("user:")))
    assert person is not None
    return f"user:{person.email}"


def _names(act: Act, wanted: set[str]) -> dict[str, Any]:
    by_address = {f"user:{each.person.email}": each.person.name for each in accounts.everybody(act.connection)}
    return {**whom.named(act, wanted), **{who: name for who, name in by_address.items() if who in wanted}}


def _key(act: Act, app: str) -> str:
    key = check_app(act, app)
    if key is None or key not in act.catalogue.apps:
        raise NotFound(_("There is no app with the key {key}.", key=app))
    return key


def _may_change(act: Act, app: str) -> bool:
    return act.person.is_builder or act.person.rights.owns(app)


def _still_designs(app: str) -> bool:
    with reading() as act:
        return may(act.person, "build", app=app)
