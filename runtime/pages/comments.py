"""Comments, followers and to-dos of a record: what its page shows of them, and what is posted there."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, current_app, flash, g, request
from werkzeug.wrappers import Response as AnyResponse

from runtime.collaboration import comments, following, telling, todos
from runtime.definitions.form import Form
from runtime.errors import Problem, Refused
from runtime.pages.apps import find_app
from runtime.pages.lists import find_form
from runtime.pages.web import by_path, done, go_to, reader, signed_in, writing
from runtime.pages.wordings import has_wordings
from runtime.people.may import may
from runtime.records.rows import Record
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("comments", __name__)

RECORD = "/apps/<app>/<form>/<int:record>"
FIRST, MOST = 20, 500


# -- what the record's page shows -------------------------------------------------------------------------------------------------
def talk_of(act: Act, form: Form, record: Record) -> dict[str, Any]:
    """Comments oldest first, whether the person follows, and the open to-dos; what a refused form held stands in its fields again."""
    wanted = MOST if request.args.get("comments") == "all" else FIRST
    rows = comments.listed(act, form.key, record.id, wanted + 1)
    shown = [row for row in reversed(rows[:wanted])]
    names = comments.names_in(act, [row.body for row in shown])
    open_ones = todos.of_record(act, form.key, record.id)
    reader().know_people({row.person for row in [*shown, *open_ones]})
    people = following.followers(act, form.key, record.id)
    editing = request.args.get("edit", type=int)
    return {
        "comments": [_comment(act, row, names, editing) for row in shown],
        "more": len(rows) > wanted,
        "count": comments.count(act, form.key, record.id),
        "follows": g.person.id in people,
        "followers": len(people),
        "todos": [todo_line(act, row) for row in open_ones],
        "longest": comments.LONGEST,
        **g.get("talk_refused", {"errors": {}, "values": {}}),
    }


def _comment(act: Act, row: Any, names: dict[int, str], editing: int | None) -> dict[str, Any]:
    mine = row.person == g.person.id and row.removed_at is None
    return {
        "id": row.id,
        "who": reader().person_name(row.person),
        "at": clock.from_micros(row.at),
        "edited": clock.from_micros(row.edited_at),
        "removed": row.removed_at is not None,
        "pieces": comments.pieces(row.body, names),
        "mine": mine,
        "removable": row.removed_at is None and (mine or g.person.is_builder),
        "editing": mine and row.id == editing,
        "plain": comments.plain(act, row.body) if mine and row.id == editing else "",
    }


def todo_line(act: Act, row: Any) -> dict[str, Any]:
    due = clock.from_day(row.due)
    return {
        "id": row.id,
        "title": row.title,
        "who": reader().person_name(row.person),
        "person": row.person,
        "mine": row.person == g.person.id,
        "by": "" if row.created_by == row.person else reader().person_name(row.created_by),
        "words": _words_for(act, row),
        "due": due,
        "late": due is not None and due < act.today,
        "today": due == act.today,
        "done_at": clock.from_micros(row.done_at),
        "may_tick": g.person.id in (row.person, row.created_by) or g.person.is_builder,
        "may_remove": row.created_by == g.person.id or g.person.is_builder,
    }


def _words_for(act: Act, row: Any) -> str | None:
    """Where the words for the record stand that a to-do is about, such as a follow-up of a plan; None where the library has none."""
    if row.form not in act.catalogue.forms or not has_wordings(act, row.form) or not may(g.person, "view", row.form, row.record):
        return None
    return telling.page_of(act, row.form, row.record, "/wordings")


def _again(app: str, form: str, record: int, refusal: Refused, part: str) -> tuple[Any, int]:
    """The page once more, with what was typed and what is wrong with it."""
    errors = {f"{part}_{path}" if path else part: sentence for path, sentence in by_path(refusal).items()}
    g.talk_refused = {"errors": errors, "values": request.form}
    return current_app.view_functions["record.show"](app=app, form=form, record=record), refusal.status


def _here(app: str, form: str, record: int, part: str = "comments") -> str:
    return f"/apps/{app}/{form}/{record}#{part}"


def _find(act: Act, app: str, form: str) -> None:
    find_app(act, app)
    find_form(act, form)


# -- comments ---------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{RECORD}/comments")
@signed_in
def add(app: str, form: str, record: int) -> AnyResponse | tuple[Any, int]:
    try:
        with writing() as act:
            _find(act, app, form)
            said = comments.add(act, form, record, request.form.get("body", ""))
            _warn(act, said)
    except Refused as refusal:
        return _again(app, form, record, refusal, "comment")
    return go_to(_here(app, form, record, f"comment-{said.id}"))


@blueprint.post(f"{RECORD}/comments/<int:number>")
@signed_in
def edit(app: str, form: str, record: int, number: int) -> AnyResponse | tuple[Any, int]:
    try:
        with writing() as act:
            _find(act, app, form)
            _warn(act, comments.edit(act, form, record, number, request.form.get("body", "")))
    except Refused as refusal:
        return _again(app, form, record, refusal, f"comment_{number}")
    return go_to(_here(app, form, record, f"comment-{number}"))


@blueprint.post(f"{RECORD}/comments/<int:number>/remove")
@signed_in
def remove(app: str, form: str, record: int, number: int) -> AnyResponse:
    with writing() as act:
        _find(act, app, form)
        comments.remove(act, form, record, number)
    return done(_here(app, form, record), _("The comment is removed."))


def _warn(act: Act, said: comments.Said) -> None:
    if said.untold:
        names = [reader().person_name(each) for each in said.untold]
        flash(reader().say(_("{names} may not see this record, and so hears nothing of the comment.", names=names)), "care")


# -- following --------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{RECORD}/follow")
@signed_in
def follow(app: str, form: str, record: int) -> AnyResponse:
    wanted = request.form.get("follow") == "1"
    with writing() as act:
        _find(act, app, form)
        (following.follow if wanted else following.unfollow)(act, form, record)
    message = _("You hear of comments and changes from now on.") if wanted else _("You do not hear of this record any more.")
    return done(f"/apps/{app}/{form}/{record}", message)


# -- to-dos -----------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{RECORD}/todos")
@signed_in
def add_todo(app: str, form: str, record: int) -> AnyResponse | tuple[Any, int]:
    try:
        with writing() as act:
            _find(act, app, form)
            todos.add(act, wanted_todo(form, record))
    except Refused as refusal:
        return _again(app, form, record, refusal, "todo")
    return done(_here(app, form, record, "todos"), _("The to-do is added."))


def wanted_todo(form: str | None = None, record: int | None = None) -> todos.Wanted:
    """The to-do of a posted form. Raises Refused with what cannot be read."""
    person, due = request.form.get("person", "").strip(), request.form.get("due", "").strip()
    problems = []
    if person and not (person.isascii() and person.isdecimal() and len(person) < 16):
        problems.append(Problem("person", _("Choose somebody with an account.")))
    try:
        day = date.fromisoformat(due) if due else None
    except ValueError:
        problems.append(Problem("due", _("Write a day like 2026-11-21.")))
    if problems:
        raise Refused(problems)
    return todos.Wanted(request.form.get("title", ""), int(person) if person else None, day, form, record)
