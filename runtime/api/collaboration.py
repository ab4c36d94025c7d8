"""Comments of a record, whether one follows it, and to-dos. (Tasks of workflows are under /tasks.)"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from pydantic import Field

from runtime.api.records import instant
from runtime.api.route import NOTHING_HERE, RECORD_ID, Answer, Call, Param, Shape, page
from runtime.collaboration import comments, following, todos
from runtime.errors import NotFound, Problem, Refused
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import _

COMMENT = {"comment": {"type": "string", "pattern": RECORD_ID}}
BOX = Param(
    "box", {"type": "string", "enum": ["todo", "given", "done"], "default": "todo"}, "Mine, what I gave to others, or what I have done."
)


class Text(Shape):
    """`@` with a name or an e-mail address mentions somebody."""

    body: str = Field(min_length=1, max_length=comments.LONGEST)


class Comment(Shape):
    """`body` is null when it was removed; `mentions` are ids of people."""

    id: str
    by: str
    at: str
    body: str | None
    mentions: tuple[str, ...]
    edited_at: str | None


class Comments(Shape):
    items: tuple[Comment, ...]
    next: int | None


class Following(Shape):
    follows: bool
    followers: tuple[str, ...]


class NewTodo(Shape):
    """`person` is an id, oneself when left out; `due` a day; `form` and `record` both or neither."""

    title: str = Field(min_length=1, max_length=todos.LONGEST)
    person: str | None = Field(None, pattern=RECORD_ID)
    due: date | None = None
    form: str | None = None
    record: str | None = Field(None, pattern=RECORD_ID)


class Ticked(Shape):
    done: bool


class Todo(Shape):
    id: str
    title: str
    person: str
    due: str | None
    form: str | None
    record: str | None
    created_by: str
    done: bool


class Todos(Shape):
    items: tuple[Todo, ...]
    next: int | None


# -- comments ---------------------------------------------------------------------------------------------------------------------
def listed(call: Call, form: str, id: int) -> dict[str, Any]:
    limit = call.query["limit"]
    rows = comments.listed(call.act, form, id, limit + 1, call.query.get("cursor"))
    return page([_comment(call.act, row) for row in rows[:limit]], rows[limit - 1].id if len(rows) > limit else None)


def add(call: Call, form: str, id: int) -> dict[str, Any]:
    said = comments.add(call.act, form, id, call.body.body)
    return _comment(call.act, comments.find(call.act, form, id, said.id))


def edit(call: Call, form: str, id: int, comment: str) -> dict[str, Any]:
    comments.edit(call.act, form, id, _number(comment), call.body.body)
    return _comment(call.act, comments.find(call.act, form, id, _number(comment)))


def remove(call: Call, form: str, id: int, comment: str) -> Answer:
    comments.remove(call.act, form, id, _number(comment))
    return Answer()


def _number(text: str) -> int:
    if not re.fullmatch(RECORD_ID, text, re.ASCII):
        raise NotFound(NOTHING_HERE)
    return int(text)


def _comment(act: Act, row: Any) -> dict[str, Any]:
    at, edited = clock.from_micros(row.at), clock.from_micros(row.edited_at)
    assert at is not None
    return {
        "id": str(row.id),
        "by": str(row.person),
        "at": instant(at),
        "body": None if row.removed_at is not None else comments.plain(act, row.body),
        "mentions": [str(each) for each in sorted(comments.mentioned(row.body))],
        "edited_at": None if edited is None else instant(edited),
    }


# -- following --------------------------------------------------------------------------------------------------------------------
def follow(call: Call, form: str, id: int) -> dict[str, Any]:
    following.follow(call.act, form, id)
    return _following(call, form, id)


def unfollow(call: Call, form: str, id: int) -> dict[str, Any]:
    following.unfollow(call.act, form, id)
    return _following(call, form, id)


def _following(call: Call, form: str, id: int) -> dict[str, Any]:
    people = following.followers(call.act, form, id)
    return {"follows": call.act.person.id in people, "followers": [str(each) for each in people]}


# -- to-dos -----------------------------------------------------------------------------------------------------------------------
def todo_list(call: Call) -> dict[str, Any]:
    box = call.query["box"]
    if box != "done":
        rows = (todos.open_ones if box == "todo" else todos.given_ones)(call.act)
        return page([_todo(row) for row in rows])
    rows = todos.done_ones(call.act, call.query.get("cursor"))
    return page([_todo(row) for row in rows], rows[-1].done_at if len(rows) == todos.DONE_AT_ONCE else None)


def add_todo(call: Call) -> dict[str, Any]:
    given = call.body
    if (given.form is None) != (given.record is None):
        raise Refused([Problem("record" if given.record is None else "form", _("Name both the form and the record, or neither."))])
    wanted = todos.Wanted(
        given.title,
        None if given.person is None else int(given.person),
        given.due,
        given.form,
        None if given.record is None else int(given.record),
    )
    return _todo(todos.find(call.act, todos.add(call.act, wanted)))


def tick(call: Call, id: int) -> dict[str, Any]:
    todos.tick(call.act, id, call.body.done)
    return _todo(todos.find(call.act, id))


def remove_todo(call: Call, id: int) -> Answer:
    todos.remove(call.act, id)
    return Answer()


def _todo(row: Any) -> dict[str, Any]:
    due = clock.from_day(row.due)
    return {
        "id": str(row.id),
        "title": row.title,
        "person": str(row.person),
        "due": None if due is None else due.isoformat(),
        "form": row.form,
        "record": None if row.record is None else str(row.record),
        "created_by": str(row.created_by),
        "done": row.done_at is not None,
    }
