"""/admin/people/departments: the tree of departments, with who heads what."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.errors import NotFound, Problem, Refused
from runtime.pages.people import options
from runtime.pages.web import builder_only, by_path, done, reading, writing
from runtime.people import accounts, departments
from runtime.people.organisation import organisation_of
from runtime.records.query import people_names
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("departments", __name__, url_prefix="/admin/people/departments")


@blueprint.get("")
@builder_only
def tree() -> str:
    return _page()


@blueprint.post("")
@builder_only
def add() -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            departments.add(act, request.form.get("name", ""), request.form.get("parent", type=int), _head(act))
    except Refused as refusal:
        return _page(refusal), refusal.status
    return done("/admin/people/departments", _("The department is there."))


@blueprint.post("/<int:its>")
@builder_only
def change(its: int) -> AnyResponse | tuple[str, int]:
    """Name, place and head at once; what has not changed is left alone."""
    try:
        with writing() as act:
            before = departments.one(organisation_of(act.connection), its)
            parent, head = request.form.get("parent", type=int), _head(act)
            if parent != before.parent:
                departments.move(act, its, parent)
            if request.form.get("name", "") != before.name:
                departments.rename(act, its, request.form.get("name", ""))
            if head != before.head:
                departments.set_head(act, its, head)
    except Refused as refusal:
        return _page(refusal, its), refusal.status
    return done(f"/admin/people/departments#department-{its}", _("Saved."))


@blueprint.post("/<int:its>/<any(up, down):way>")
@builder_only
def shift(its: int, way: str) -> AnyResponse:
    with writing() as act:
        departments.shift(act, its, -1 if way == "up" else 1)
    return done(f"/admin/people/departments#department-{its}", _("Moved."))


@blueprint.post("/<int:its>/remove")
@builder_only
def remove(its: int) -> AnyResponse | tuple[str, int]:
    try:
        with writing() as act:
            departments.remove(act, its)
    except Refused as refusal:
        return _page(refusal, its), refusal.status
    return done("/admin/people/departments", _("The department is removed."))


def _head(act: Act) -> int | None:
    text = request.form.get("head", "").strip()
    if not text:
        return None
    try:
        found = accounts.named(act.connection, text)
    except NotFound as error:
        raise Refused([Problem("head", error.message)]) from error
    if not found.active:
        raise Refused([Problem("head", _("Choose somebody whose account is switched on."))])
    return found.id


def _page(refusal: Refused | None = None, at: int | None = None) -> str:
    with reading() as act:
        its = organisation_of(act.connection)
        names = people_names(act, [each.head for each in its.departments.values() if each.head is not None])
    return render_template(
        "departments.html",
        tree=its,
        options=options(its),
        names=names,
        at=at,
        opened=request.args.get("open", type=int),
        errors=by_path(refusal),
        values=request.form if refusal else {},
    )
