"""/admin/people/groups, /admin/roles, /admin/people/sign-in: groups, roles, and the rule about the second factor."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import NotFound, Problem, Refused
from runtime.pages.web import builder_only, by_path, done, reading, workspace, writing
from runtime.people import accounts, groups, provider, roles, second_factor
from runtime.texts import _

blueprint = Blueprint("people_rules", __name__, url_prefix="/admin")


# -- groups -----------------------------------------------------------------------------------------------------------------------
@blueprint.get("/people/groups")
@builder_only
def all_groups() -> str:
    return _groups_page()


@blueprint.post("/people/groups")
@builder_only
def add_group() -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            groups.add(act, request.form.get("name", ""))
    except Refused as refusal:
        return _groups_page(refusal), refusal.status
    return done("/admin/people/groups", _("The group is there. Add its people."))


@blueprint.post("/people/groups/<int:group>")
@builder_only
def change_group(group: int) -> AnyResponse | tuple[str, int]:
    """The name, who is ticked off, and one person to add."""
    try:
        with writing() as act:
            members = [int(each) for each in request.form.getlist("people") if each.isdecimal() and len(each) < 16]
            groups.rename(act, group, request.form.get("name", ""))
            if text := request.form.get("person", "").strip():
                try:
                    members.append(accounts.named(act.connection, text).id)
                except NotFound as error:
                    raise Refused([Problem("person", error.message)]) from error
            groups.set_members(act, group, members)
    except Refused as refusal:
        return _groups_page(refusal, group), refusal.status
    return done(f"/admin/people/groups#group-{group}", _("Saved."))


@blueprint.post("/people/groups/<int:group>/remove")
@builder_only
def remove_group(group: int) -> AnyResponse:
    with writing() as act:
        groups.remove(act, group)
    return done("/admin/people/groups", _("The group is removed."))


def _groups_page(refusal: Refused | None = None, at: int | None = None) -> str:
    with reading() as act:
        found = groups.all_groups(act.connection)
    return render_template("people_groups.html", groups=found, at=at, errors=by_path(refusal), values=request.form if refusal else {})


# -- roles ------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/roles")
@builder_only
def all_roles() -> str:
    return _roles_page()


@blueprint.post("/roles")
@builder_only
def save_role() -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            roles.save(act, request.form.get("key", "").strip(), request.form.get("label", ""))
    except Refused as refusal:
        return _roles_page(refusal), refusal.status
    return done("/admin/roles", _("The role is saved."))


@blueprint.post("/roles/<key>/remove")
@builder_only
def remove_role(key: str) -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            roles.remove(act, key)
    except Refused as refusal:
        return _roles_page(refusal), refusal.status
    return done("/admin/roles", _("The role is removed."))


def _roles_page(refusal: Refused | None = None) -> str:
    with reading() as act:
        found = roles.all_roles(act.connection)
    return render_template("people_roles.html", found=found, errors=by_path(refusal), values=request.form if refusal else {})


# -- signing in ---------------------------------------------------------------------------------------------------------------------
@blueprint.get("/people/sign-in")
@builder_only
def sign_in_rules() -> str:
    settings = workspace().settings
    with reading():
        rule = second_factor.rule_of(workspace())
    return render_template(
        "people_sign_in.html",
        rule=rule,
        rules=second_factor.RULES,
        provider=provider.is_there(settings),
        issuer=settings.oidc_issuer,
        adds=settings.oidc_add,
        mail=bool(settings.smtp_url),
    )


@blueprint.post("/people/sign-in")
@builder_only
def set_sign_in_rules() -> AnyResponse:
    with writing() as act:
        second_factor.set_rule(act, request.form.get("rule", ""))
    return done("/admin/people/sign-in", _("Saved."))
