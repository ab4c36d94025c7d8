"""The frame around a page: the apps, the menu of the present one, the tools, what the bell has to say."""
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, request
from werkzeug.exceptions import HTTPException

from runtime.collaboration.todos import due_count
from runtime.pages.web import reader, reading, workspace
from runtime.people.may import may
from runtime.people.person import Person
from runtime.people.rights import names
from runtime.reviews.deciding import unread as unread_notice
from runtime.reviews.reading import find as find_review
from runtime.reviews.reminding import app_of
from runtime.system.prepared import prepared
from runtime.system.tables import notification
from runtime.tags.requests import open_count
from runtime.texts import Message, _

ICONS = {"form": "table", "view": "filter", "dashboard": "chart-bar"}


@dataclass(frozen=True)
class Item:
    label: str
    href: str
    icon: str = ""
    active: bool = False
    count: int | None = None
    key: str = ""


@dataclass(frozen=True)
class Section:
    label: str
    items: list[Item]


@dataclass(frozen=True)
class Shell:
    workspace_name: str
    apps: list[Item] = field(default_factory=list)
    app: Item | None = None
    menu: list[Section] = field(default_factory=list)
    tools: list[Item] = field(default_factory=list)
    notifications: int = 0
    """How many the person has not read."""
    todos: Item | None = None
    notice: Item | None = None
    """What a review has announced and the person has not read yet."""


def present_shell() -> Shell:
    """The frame for the page being made, once a request."""
    if "shell" not in g:
        g.shell = _build()
    return g.shell


def apps_of(person: Person, catalogue: Any) -> list[Any]:
    """The apps a person works in: builders and members in all, others where the app names them or one of their roles."""
    return [app for app in catalogue.apps.values()
            if person.is_builder or "member" in person.roles or any(names(person, who) for who in _named(app))]


def _named(app: Any) -> Iterator[str]:
    for people in app.roles_:
        yield from people[1]


def app_href(app: Any) -> str:
    return f"/apps/{app.key}"


def _build() -> Shell:
    if g.get("person") is None:
        return Shell(workspace_name=workspace().name)
    with reading() as act:
        theirs = apps_of(g.person, act.catalogue)
        here = _present_app(theirs)
        return Shell(
            workspace_name=act.workspace.name,
            apps=[_app_item(app, app is here) for app in theirs],
            app=_app_item(here, True) if here else None,
            menu=_menu(here, act.catalogue) if here else [],
            tools=list(_tools(here)),
            notifications=unread(act.connection, g.person.id),
            todos=_todos(act),
            notice=_notice(act))


def _notice(act: Any) -> Item | None:
    """The way to an announcement that waits for the person, but not on its own page."""
    number = unread_notice(act)
    found = None if number is None else find_review(act, number)
    model = None if found is None else act.catalogue.tier_models[found.model]
    app = None if model is None else app_of(act, model)
    if model is None or app is None:
        return None
    href = f"/apps/{app}/-/reviews/{number}/notice"
    return None if request.path == href else Item(say(_("What changes in {model}: please read it", model=model.label)), href, "speakerphone")


def _todos(act: Any) -> Item | None:
    """The way to one's to-dos, with how many are due."""
    item = next(_known([(_("My to-dos"), "/tasks", "checklist")]), None)
    return replace(item, count=due_count(act.connection, g.person.id, act.day) or None) if item else None


def unread(connection: sa.Connection, person: int) -> int:
    """How many notifications a person has not read."""
    return prepared(_STATEMENTS, connection.dialect.name, connection.dialect, _unread).all(connection, {"person": person})[0][0]


def _unread() -> sa.Select[Any]:
    mine = sa.and_(notification.c.person == sa.bindparam("person", type_=sa.BigInteger()), notification.c.read_at.is_(None))
    return sa.select(sa.func.count()).select_from(notification).where(mine)


_STATEMENTS: dict[Any, Any] = {}


def _present_app(apps: list[Any]) -> Any:
    key = (request.view_args or {}).get("app")
    return next((app for app in apps if app.key == key), apps[0] if len(apps) == 1 else None)


def _app_item(app: Any, active: bool) -> Item:
    return Item(reader().shown(app.label), app_href(app), app.icon or "apps", active, key=app.key)


# -- the menu of an app ---------------------------------------------------------------------------------------------------------
def _menu(app: Any, catalogue: Any) -> list[Section]:
    sections = []
    for part in app.menu:
        items = [item for each in part.items if (item := menu_item(app, each, catalogue)) is not None]
        if items:
            sections.append(Section(reader().shown(part.section), items))
    tiering = list(_known([
        (_("Tiers"), f"/apps/{app.key}/-/tiers", "stairs-up"), (_("Tag dictionary"), f"/apps/{app.key}/-/tags", "tags"),
        (_("Segments"), f"/apps/{app.key}/-/segments", "users-group"),
        *([(_("Reviews"), f"/apps/{app.key}/-/reviews", "clipboard-check")] if catalogue.tier_models else []),
        (_("Data quality"), f"/apps/{app.key}/-/quality", "shield-check"), (_("Duplicates"), f"/apps/{app.key}/-/duplicates", "copy")]))
    tiering = [replace(each, count=_asked_for(app)) if each.icon == "tags" else each for each in tiering]
    if tiering and any(each.app in (None, app.key) for each in (*catalogue.tier_models.values(), *catalogue.segments.values())):
        sections.append(Section(say(_("Tiering")), tiering))
    log = [(_("Run log"), f"/apps/{app.key}/-/runs", "player-play")] if g.person.is_builder else []
    running = list(_known([*_pools(app, catalogue), *log, (_("Trash"), f"/apps/{app.key}/-/trash", "trash")]))
    return [section for section in [*sections, Section(say(_("Running")), running)] if section.items]


def _pools(app: Any, catalogue: Any) -> Iterator[tuple[Message, str, str]]:
    """The pools of the forms in the app's menu from which the person may claim."""
    listed = dict.fromkeys(item.removeprefix("form:") for part in app.menu for item in part.items if item.startswith("form:"))
    for key in listed:
        form = catalogue.forms.get(key)
        if form is not None and form.pool is not None and may(g.person, "claim", key):
            yield _("Pool: {form}", form=form.label), f"/apps/{app.key}/-/pool/{key}", "inbox"


def _asked_for(app: Any) -> int | None:
    """How many requests for tags wait for the person in an app's dictionaries."""
    with reading() as act:
        return open_count(act, [each for each in act.catalogue.tag_sets.values() if each.app in (None, app.key)]) or None


def menu_item(app: Any, text: str, catalogue: Any) -> Item | None:
    """`form:customer` and its like as a line of the menu; what is not published has no line."""
    kind, key = text.split(":", 1)
    definition = catalogue.of_kind(kind).get(key)
    if definition is None:
        return None
    href = f"/apps/{app.key}/{key}"
    if kind == "dashboard":
        href = f"/apps/{app.key}/-/dashboards/{key}"
    elif kind == "view":
        href = f"/apps/{app.key}/{definition.form}?view={key}"
    icon = getattr(definition, "icon", None) or ICONS[kind]
    return Item(reader().shown(definition.label), href, icon, _is_here(href), key=key)


def _tools(app: Any) -> Iterator[Item]:
    if not g.person.is_builder:
        if app is not None and may(g.person, "build", app=app.key):
            yield from _known([(_("Design"), f"/build/{app.key}", "tool")])
        return
    yield from _known([
        (_("Design"), f"/build/{app.key}" if app else "/build", "tool"), (_("Templates"), "/templates", "layout-grid"),
        (_("People"), "/admin/people", "users"), (_("Bots"), "/admin/bots", "robot"), (_("Audit log"), "/admin/audit", "shield-check"),
        (_("Settings"), "/admin/settings", "settings"), (_("Health"), "/admin/health", "activity")])


def _known(entries: list[tuple[Message, str, str]]) -> Iterator[Item]:
    """Those of the entries that this installation has a page for."""
    for label, href, icon in entries:
        if has_page(href):
            yield Item(say(label), href, icon, _is_here(href))


def has_page(href: str) -> bool:
    """Whether this installation has a page at this address of an app or of its own."""
    known = current_app.extensions.setdefault("known pages", {})
    pattern = _OF_AN_APP.sub(r"/\1/app", href)
    if pattern not in known:
        known[pattern] = _matches(pattern)
    return known[pattern]


def _matches(href: str) -> bool:
    try:
        current_app.url_map.bind("localhost").match(href)
    except HTTPException:
        return False
    return True


_OF_AN_APP = re.compile(r"^/(apps|build)/[^/]+")


def _is_here(href: str) -> bool:
    path, _mark, query = href.partition("?")
    if query:
        return request.path == path and request.args.get("view") == query.removeprefix("view=")
    if path.count("/") <= 2 and path.startswith("/apps/"):
        return request.path == path
    return (request.path == path or request.path.startswith(path + "/")) and "view" not in request.args


def say(message: Message) -> str:
    return reader().say(message)
