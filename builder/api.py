"""The REST API of the design half: definitions, their drafts, versions and publication."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

import sqlalchemy as sa
from flask import g
from pydantic import Field

from builder import comparing
from runtime.api.records import instant
from runtime.api.route import CURSOR, LIMIT, Answer, Call, Param, Route, Shape, etag, page
from runtime.api.serving import blueprint_of
from runtime.definitions import loading, versions
from runtime.definitions.kinds import KINDS
from runtime.definitions.model import KEY
from runtime.errors import DefinitionProblems, NotAllowed, NotFound, Problem
from runtime.people.may import require
from runtime.records import authoring, publishing
from runtime.records.preparing import prepare
from runtime.system import clock
from runtime.system.tables import definition, definition_draft, job
from runtime.system.workspace import Act
from runtime.texts import _

KIND: dict[str, Any] = {"type": "string", "enum": list(KINDS)}
NUMBER = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
VERSION = Param("version", NUMBER, "That version instead of the one in force.")
FROM, TO = Param("from", NUMBER, "The older version.", True), Param("to", NUMBER, "The newer version; without it the one in force.")
NAMED: dict[str, dict[str, Any]] = {"kind": KIND, "key": {"type": "string", "pattern": KEY}}
ONE = "/definitions/{kind}/{key}"


# -- shapes -----------------------------------------------------------------------------------------------------------------------
class Schema(Shape):
    """JSON Schema 2020-12."""

    model_config = {**Shape.model_config, "extra": "allow"}


class Body(Shape):
    """A definition, or a part of one. What it may hold: GET /definitions/schemas/{kind}."""

    model_config = {**Shape.model_config, "extra": "allow"}

    kind: str = Field(min_length=1, max_length=40)
    key: str = Field(min_length=1, max_length=41)


class Line(Shape):
    path: str
    message: str


class Named(Shape):
    """`version` is the one in force, `draft` whether somebody is working on it."""

    kind: str
    key: str
    label: Any
    version: int | None
    draft: bool


class List(Shape):
    items: tuple[Named, ...]
    next: str | None


class Draft(Shape):
    """`edit` counts its saves: as ETag it goes into If-Match."""

    definition: dict[str, Any]
    edit: int
    based_on: int | None
    at: str
    by: str | None


class One(Shape):
    kind: str
    key: str
    version: int | None
    live: bool
    at: str | None
    by: str | None
    note: str | None
    definition: dict[str, Any] | None
    draft: Draft | None


class Saved(Shape):
    """A draft is kept however incomplete it is; `problems` are what publishing it would demand."""

    edit: int
    problems: tuple[Line, ...]


class Version(Shape):
    version: int
    live: bool
    at: str
    by: str | None
    note: str | None


class Versions(Shape):
    items: tuple[Version, ...]
    next: None


class Difference(Shape):
    path: str
    act: Literal["added", "removed", "changed", "moved"]
    from_: Any = Field(alias="from")
    to: Any


class Differences(Shape):
    items: tuple[Difference, ...]


class Impact(Shape):
    kind: str
    key: str
    act: Literal["new", "changed", "same"]
    differences: tuple[Difference, ...]


class Consequences(Shape):
    """`roles` are made, empty: nobody has them yet."""

    definitions: tuple[Impact, ...]
    roles: tuple[str, ...]


class Restoring(Shape):
    version: int = Field(ge=1, le=2**31 - 1)
    note: str | None = Field(None, max_length=2000)


class ToCheck(Shape):
    definitions: tuple[dict[str, Any], ...] = Field(min_length=1, max_length=500)


class Found(Shape):
    """Nothing when the set can be published."""

    errors: tuple[Line, ...]


class ToPublish(Shape):
    """These definitions, or all drafts. `dry_run` says what would happen and changes nothing. `reason`: why a tier that nothing uses is right;
    asked for with an error at the path `reason`."""

    definitions: tuple[dict[str, Any], ...] | None = Field(None, min_length=1, max_length=500)
    note: str | None = Field(None, max_length=2000)
    reason: str | None = Field(None, max_length=1000)
    dry_run: bool = False


class Name(Shape):
    kind: str
    key: str
    version: int


class Published(Shape):
    """`job`: the long work that publishing has set in motion, if any. Where many values have to be read first, `published` is empty and the job
    publishes."""

    published: tuple[Name, ...]
    impact: Consequences
    job: str | None


# -- reading ----------------------------------------------------------------------------------------------------------------------
def schema(_call: Call, kind: str) -> dict[str, Any]:
    _known(kind)
    return loading.schema(kind)


def listed(call: Call, kind: str) -> dict[str, Any]:
    act, limit = _design(call, kind), call.query["limit"]
    has_draft = sa.exists().where(definition_draft.c.definition == definition.c.id)
    query = (
        sa.select(definition.c.key, definition.c.version, has_draft.label("draft"))
        .where(definition.c.kind == kind)
        .order_by(definition.c.key)
        .limit(limit + 1)
    )
    query = query.where(sa.or_(definition.c.version.is_not(None), has_draft))
    if not act.person.is_builder:
        query = query.where(definition.c.key.in_(_own(act, kind)))
    if "cursor" in call.query:
        query = query.where(definition.c.key > call.query["cursor"])
    rows = act.connection.execute(query).all()
    items = [
        {"kind": kind, "key": row.key, "label": _label(act, kind, row.key), "version": row.version, "draft": bool(row.draft)}
        for row in rows[:limit]
    ]
    return page(items, rows[limit - 1].key if len(rows) > limit else None)


def one(call: Call, kind: str, key: str) -> dict[str, Any]:
    act, number = _design(call, kind, key), call.query.get("version")
    draft = versions.find_draft(act.connection, kind, key)
    found = _published(act, kind, key, number, needed=draft is None or number is not None)
    told = (
        {"version": None, "live": False, "at": None, "by": None, "note": None, "definition": None}
        if found is None
        else {**_version(found), "definition": found.body}
    )
    return {"kind": kind, "key": key, **told, "draft": None if draft is None else _draft(draft)}


def all_versions(call: Call, kind: str, key: str) -> dict[str, Any]:
    act = _design(call, kind, key)
    _published(act, kind, key, None, needed=True)
    return page([_version(each) for each in versions.versions(act.connection, kind, key)])


def diff(call: Call, kind: str, key: str) -> dict[str, Any]:
    act = _design(call, kind, key)
    before, after = (_published(act, kind, key, call.query.get(name), needed=True) for name in ("from", "to"))
    assert before is not None and after is not None
    return {"items": [each.to_json() for each in comparing.differences(before.body, after.body)]}


def check(call: Call) -> dict[str, Any]:
    _building(call)
    return {"errors": _lines(call, comparing.problems(call.act, list(call.body.definitions)))}


# -- writing ----------------------------------------------------------------------------------------------------------------------
def save_draft(call: Call, kind: str, key: str) -> Answer:
    act = _design(call, kind, key)
    body = call.body.model_dump(mode="json")
    edit = versions.save_draft(act, kind, key, body, call.version)
    return Answer({"edit": edit, "problems": _lines(call, comparing.problems(act, [body]))}, {"ETag": etag(edit)})


def publish(call: Call) -> dict[str, Any]:
    act, wanted = _building(call), call.body
    bodies = _drafts(act) if wanted.definitions is None else list(wanted.definitions)
    wrong = comparing.problems(act, bodies)
    if wrong:
        raise DefinitionProblems(wrong)
    told = {"definitions": [each.to_json() for each in comparing.impact(act, bodies)], "roles": comparing.new_roles(act, bodies)}
    versions.ask_publishing(act, bodies)
    versions.ask_reason(act, bodies, wanted.reason)
    if wanted.dry_run:
        return {"published": [], "impact": told, "job": None}
    if publishing.is_long(act, bodies):
        return {
            "published": [],
            "impact": told,
            "job": str(publishing.later(act, comparing.settled(act, bodies), wanted.note, wanted.reason)),
        }
    return _done(act, comparing.publish(act, bodies, wanted.note, wanted.reason), told)


def publish_ahead(act: Act, wanted: ToPublish, _names: dict[str, Any]) -> Callable[[], None] | None:
    """Room for new columns, and values of few records under their new types."""
    bodies = _drafts(act) if wanted.definitions is None else list(wanted.definitions)
    if wanted.dry_run or publishing.is_long(act, bodies):
        return None
    return lambda: _prepared(act, bodies)


def restore_ahead(act: Act, wanted: Restoring, names: dict[str, Any]) -> Callable[[], None] | None:
    try:
        body = versions.as_restored(act, names["kind"], names["key"], wanted.version)
    except (NotFound, KeyError):
        return None
    return lambda: _prepared(act, [body])


def _prepared(act: Act, bodies: list[dict[str, Any]]) -> None:
    with suppress(NotAllowed):  # said by the view
        prepare(act.workspace, act.person, bodies)


def restore(call: Call, kind: str, key: str) -> dict[str, Any]:
    """Publishes an older version again, as a new one."""
    act = _design(call, kind, key)
    old = _published(act, kind, key, call.body.version, needed=True)
    assert old is not None
    told = {"definitions": [each.to_json() for each in comparing.impact(act, [old.body])], "roles": []}
    return _done(act, versions.restore(act, kind, key, call.body.version, call.body.note), told)


def _done(act: Act, published: list[tuple[str, str, int]], told: dict[str, Any]) -> dict[str, Any]:
    started = act.connection.execute(
        sa.select(sa.func.min(job.c.id)).where(job.c.created_at == act.micros, job.c.person == act.person.id)
    ).scalar()
    names = [{"kind": kind, "key": key, "version": version} for kind, key, version in published]
    return {"published": names, "impact": told, "job": None if started is None else str(started)}


# -- pieces -----------------------------------------------------------------------------------------------------------------------
def _known(kind: str) -> None:
    if kind not in KINDS:
        raise NotFound(_("There is no kind of definition called {kind}; choose one of {kinds}.", kind=kind, kinds=", ".join(KINDS)))


def _building(call: Call) -> Act:
    """For those who build the workspace or one of its apps; a token of theirs must be one for administering."""
    if not call.act.person.is_builder and g.scope != "admin":
        require(call.act.person, "build")
    authoring.require_any(call.act)
    return call.act


def _design(call: Call, kind: str, key: str | None = None) -> Act:
    act = _building(call)
    _known(kind)
    if key is not None:
        authoring.require_saving(act, kind, key)
    return act


def _drafts(act: Act) -> list[dict[str, Any]]:
    """All drafts that the person may publish."""
    return [each.body for each in versions.drafts(act.connection) if authoring.may_change(act, each.kind, each.key, each.body.get("app"))]


def _own(act: Act, kind: str) -> list[str]:
    """The keys of the definitions of a kind, drafts among them, in the apps that the person designs."""
    live = {key: each.app for key, each in act.catalogue.of_kind(kind).items()}
    begun = {each.key: each.body.get("app") for each in versions.drafts(act.connection, kind) if each.key not in live}
    return [key for key, app in {**live, **begun}.items() if authoring.may_change(act, kind, key, app)]


def _published(act: Act, kind: str, key: str, number: int | None, needed: bool) -> versions.Version | None:
    try:
        return versions.find_version(act.connection, kind, key, number)
    except NotFound:
        if needed:
            raise
        return None


def _version(found: versions.Version) -> dict[str, Any]:
    return {
        "version": found.version,
        "live": found.live,
        "at": _at(found.at),
        "by": None if found.author is None else str(found.author),
        "note": found.note,
    }


def _draft(draft: versions.Draft) -> dict[str, Any]:
    return {
        "definition": draft.body,
        "edit": draft.edit,
        "based_on": draft.based_on,
        "at": _at(draft.updated_at),
        "by": None if draft.author is None else str(draft.author),
    }


def _label(act: Act, kind: str, key: str) -> Any:
    found = act.catalogue.of_kind(kind).get(key)
    if found is None:
        draft = versions.find_draft(act.connection, kind, key)
        return draft.body.get("label") if draft is not None else None
    return found.label if isinstance(found.label, str) else found.label.model_dump()


def _lines(call: Call, problems: list[Problem]) -> list[dict[str, str]]:
    return [{"path": each.path, "message": call.say(each.message)} for each in problems]


def _at(micros: int) -> str:
    at = clock.from_micros(micros)
    assert at is not None
    return instant(at)


ROUTES = [
    Route("GET", "/definitions/schemas/{kind}", schema, "JSON Schema of a kind of definition", "definitions", Schema, schemas=NAMED),
    Route("POST", "/definitions/check", check, "What keeps a set from being published", "definitions", Found, ToCheck),
    Route(
        "POST",
        "/definitions/publish",
        publish,
        "Publish a set, or all drafts, as a whole",
        "definitions",
        Published,
        ToPublish,
        writes=True,
        before=publish_ahead,
        source="publish",
    ),
    Route("GET", "/definitions/{kind}", listed, "Definitions of a kind", "definitions", List, query=(LIMIT, CURSOR), schemas=NAMED),
    Route("GET", ONE, one, "One definition", "definitions", One, query=(VERSION,), schemas=NAMED),
    Route("PUT", f"{ONE}/draft", save_draft, "Keep a draft", "definitions", Saved, Body, writes=True, versioned=True, schemas=NAMED),
    Route("GET", f"{ONE}/versions", all_versions, "Versions of a definition", "definitions", Versions, schemas=NAMED),
    Route("GET", f"{ONE}/diff", diff, "What differs between two versions", "definitions", Differences, query=(FROM, TO), schemas=NAMED),
    Route(
        "POST",
        f"{ONE}/restore",
        restore,
        "Publish an older version again",
        "definitions",
        Published,
        Restoring,
        writes=True,
        before=restore_ahead,
        source="publish",
        schemas=NAMED,
    ),
]

blueprint = blueprint_of("api_definitions", __name__, ROUTES)
