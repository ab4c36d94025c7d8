"""The frame around a page: the apps, the menu of the present one, the tools, what the bell has to say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import sqlalchemy as sa
from flask import current_app, g, request
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from runtime.collaboration.todos import counting_due
from runtime.pages.speaking import Own
from runtime.pages.web import reader, reading, workspace
from runtime.people.may import may
from runtime.people.person import Person
from runtime.people.rights import names
from runtime.reviews.deciding import first_unread
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
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Shell:
    workspace_name: str
    apps: tuple[Item, ...] = ()
    app: Item | None = None
    menu: tuple[Section, ...] = ()
    tools: tuple[Item, ...] = ()
    notifications: int = 0
    """How many the person has not read."""
    todos: Item | None = None
    notice: Item | None = None
    """What a review has announced and the person has not read yet."""

    top: tuple[Item, ...] = ()
    """What stands above all sections: home and to-dos, or the first section of the menu if it has no name."""

    @property
    def home(self) -> str:
        return self.app.href if self.app else "/"

    @property
    def named(self) -> tuple[Section, ...]:
        return self.menu[1:] if self.menu and not self.menu[0].label else self.menu

    @property
    def first(self) -> Item | None:
        """The first form of the app, to which a key leads."""
        return self.named[0].items[0] if self.named else None

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.workspace_name, self.apps, self.app, self.menu, self.tools, self.notifications, self.top))


def present_shell() -> Shell:
    """The frame for the page being made, once a request."""
    if "shell" not in g:
        g.shell = _build()
    return g.shell


def own() -> Own:
    """What of the frame is the reader's own: everything else of it many have in common."""
    person = g.get("person")
    found = Own(token=generate_csrf(), next=request.full_path)
    if person is not None:
        found.update(name=person.name, email=person.email, avatar=_avatar(person.name))
    return found


@lru_cache(1_000)
def _avatar(name: str) -> Markup:
    return Markup(getattr(current_app.jinja_env.get_template("macros/parts.html").module, "avatar")(name))


def apps_of(person: Person, catalogue: Any) -> list[Any]:
    """The apps a person works in: builders and members in all, others where the app names them or one of their roles."""
    return [
        app
        for app in catalogue.apps.values()
        if person.is_builder or "member" in person.roles or any(names(person, who) for who in _named(app))
    ]


def _named(app: Any) -> Iterator[str]:
    for people in app.roles_:
        yield from people[1]


def app_href(app: Any) -> str:
    return f"/apps/{app.key}"


def _build() -> Shell:
    if g.get("person") is None:
        return Shell(workspace_name=workspace().name, top=(_home(None, Place.of_request()),))
    with reading() as act:
        theirs = apps_of(g.person, act.catalogue)
        here, place = _present_app(theirs), Place.of_request()
        unread_news, due, notice = _waiting(act)
        menu, todos = tuple(_menu(act, here, place)) if here else (), _todos(act, place, due)
        return Shell(
            workspace_name=act.workspace.name,
            apps=tuple(_app_item(app, app is here) for app in theirs),
            app=_app_item(here, True) if here else None,
            menu=menu,
            tools=place.mark(_kept(act, here, "tools", lambda: tuple(_tools(here)))),
            notifications=unread_news,
            todos=todos,
            notice=_notice(act, notice),
            top=menu[0].items if menu and not menu[0].label else (_home(here, place), *([todos] if todos else [])),
        )


def _home(app: Any, place: Place) -> Item:
    href = app_href(app) if app else "/"
    return Item(say(_("Home")), href, "home", place.path == href)


def _waiting(act: Any) -> tuple[int, int, int | None]:
    """Unread notifications, to-dos that are due, and the oldest review to be acknowledged: in one statement, asked on every page."""
    statement = prepared(act.catalogue.memo, "shell", act.connection.dialect, _all_waiting)
    found = statement.first(act.connection, {"person": g.person.id, "the_person": g.person.id, "today": act.day})
    assert found is not None
    return found[0], found[1], found[2]


def _all_waiting() -> sa.Select[Any]:
    return sa.select(*(each.scalar_subquery() for each in (_unread(), counting_due(), first_unread())))


def _kept(act: Any, app: Any, what: str, build: Callable[[], Any]) -> Any:
    """What depends on the definitions, the reader's language and whether they build the app, worked out once for all pages."""
    rights = g.person.is_builder or (app is not None and may(g.person, "build", app=app.key))
    key = ("shell", what, app.key if app else None, g.language, g.person.is_builder, rights)
    if key not in act.catalogue.memo:
        act.catalogue.memo[key] = build()
    return act.catalogue.memo[key]


@dataclass(frozen=True)
class Place:
    """Where the page being made stands, so that its entry in the menu can be marked."""

    path: str
    view: str | None

    @classmethod
    def of_request(cls) -> Place:
        return cls(request.path, request.args.get("view"))

    def mark(self, items: tuple[Item, ...]) -> tuple[Item, ...]:
        return tuple(replace(each, active=True) if self.is_at(each.href) else each for each in items)

    def is_at(self, href: str) -> bool:
        path, _mark, query = href.partition("?")
        if query:
            return self.path == path and self.view == query.removeprefix("view=")
        if path.count("/") <= 2 and path.startswith("/apps/"):
            return self.path == path
        return (self.path == path or self.path.startswith(path + "/")) and self.view is None


def _notice(act: Any, number: int | None) -> Item | None:
    """The way to an announcement that waits for the person, but not on its own page."""
    found = None if number is None else find_review(act, number)
    model = None if found is None else act.catalogue.tier_models[found.model]
    app = None if model is None else app_of(act, model)
    if model is None or app is None:
        return None
    href = f"/apps/{app}/-/reviews/{number}/notice"
    return (
        None if request.path == href else Item(say(_("What changes in {model}: please read it", model=model.label)), href, "speakerphone")
    )


def _todos(act: Any, place: Place, due: int) -> Item | None:
    """The way to one's to-dos, with how many are due."""
    found = _kept(act, None, "todos", lambda: tuple(_known([(_("My to-dos"), "/tasks", "checklist")])))
    return replace(found[0], count=due or None, active=place.is_at(found[0].href)) if found else None


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
def _menu(act: Any, app: Any, place: Place) -> Iterator[Section]:
    """Tiering stands after the app's first named section, where it is seen without scrolling however long the menu is."""
    own, tiering, running = _kept(act, app, f"menu {_meant(app)}", lambda: _standing(app, act.catalogue))
    before = next((number for number, section in enumerate(own, 1) if section.label), len(own))
    for section in own[:before]:
        yield Section(section.label, place.mark(section.items))
    if tiering is not None:
        asked = _asked_for(act, app)
        counted = tuple(replace(each, count=asked) if asked and each.icon == "tags" else each for each in tiering.items)
        yield Section(tiering.label, place.mark(counted))
    for section in own[before:]:
        yield Section(section.label, place.mark(section.items))
    pools = tuple(_known(list(_pools(app, act.catalogue))))
    if pools or running.items:
        yield Section(running.label, place.mark((*pools, *running.items)))


def _standing(app: Any, catalogue: Any) -> tuple[list[Section], Section | None, Section]:
    """The menu of an app as it is on all pages: its own sections, tiering where something is tiered, what runs."""
    sections = []
    for part in app.menu:
        if not for_person(part.for_):
            continue
        items = tuple(item for each in part.items if (item := menu_item(app, each, catalogue)) is not None)
        if items:
            sections.append(Section(reader().shown(part.section), items))
    tiering = tuple(
        _known(
            [
                (_("Tiers"), f"/apps/{app.key}/-/tiers", "stairs-up"),
                (_("Tag dictionary"), f"/apps/{app.key}/-/tags", "tags"),
                (_("Segments"), f"/apps/{app.key}/-/segments", "users-group"),
                *([(_("Reviews"), f"/apps/{app.key}/-/reviews", "clipboard-check")] if catalogue.tier_models else []),
                (_("Data quality"), f"/apps/{app.key}/-/quality", "shield-check"),
                (_("Duplicates"), f"/apps/{app.key}/-/duplicates", "copy"),
            ]
        )
    )
    tiers = any(each.app in (None, app.key) for each in (*catalogue.tier_models.values(), *catalogue.segments.values()))
    log = [(_("Run log"), f"/apps/{app.key}/-/runs", "player-play")] if g.person.is_builder else []
    if g.person.is_builder and any(each.app in (None, app.key) for each in catalogue.workflows.values()):
        log.append((_("Workflow runs"), f"/apps/{app.key}/-/workflows", "checklist"))
    running = tuple(_known([*log, (_("Trash"), f"/apps/{app.key}/-/trash", "trash")]))
    return sections, Section(say(_("Tiering")), tiering) if tiering and tiers else None, Section(say(_("Running")), running)


def _pools(app: Any, catalogue: Any) -> Iterator[tuple[Message, str, str]]:
    """The pools of the forms in the app's menu from which the person may claim."""
    listed = dict.fromkeys(item.removeprefix("form:") for part in app.menu for item in part.items if item.startswith("form:"))
    for key in listed:
        form = catalogue.forms.get(key)
        if form is not None and form.pool is not None and may(g.person, "claim", key):
            yield _("Pool: {form}", form=form.label), f"/apps/{app.key}/-/pool/{key}", "inbox"


def _asked_for(act: Any, app: Any) -> int | None:
    """How many requests for tags wait for the person in an app's dictionaries."""
    return open_count(act, [each for each in act.catalogue.tag_sets.values() if each.app in (None, app.key)]) or None


def for_person(who: tuple[str, ...]) -> bool:
    """Whether a part of an app that is meant for these is meant for the person; builders see all of it."""
    return not who or g.person.is_builder or any(names(g.person, each) for each in who)


def _meant(app: Any) -> str:
    """Which of the parts of a menu that are for some only are for the person: people with the same have the same menu."""
    limited = [each.for_ for each in (*app.menu, *app.entries.values()) if each.for_]
    return "".join(str(int(for_person(each))) for each in limited)


def menu_item(app: Any, text: str, catalogue: Any) -> Item | None:
    """`form:customer` and its like as a line of the menu; what is not published has no line."""
    kind, key = text.split(":", 1)
    entry = app.entries.get(text)
    if entry is not None and not for_person(entry.for_):
        return None
    if kind == "link":
        label = reader().shown(entry.label) if entry is not None and entry.label else key
        return Item(label, key, (entry and entry.icon) or "link", key=text)
    definition = catalogue.of_kind(kind).get(key)
    if definition is None:
        return None
    href = f"/apps/{app.key}/{key}"
    if kind == "dashboard":
        href = f"/apps/{app.key}/-/dashboards/{key}"
    elif kind == "view":
        href = f"/apps/{app.key}/{definition.form}?view={key}"
    icon = (entry and entry.icon) or getattr(definition, "icon", None) or ICONS[kind]
    return Item(reader().shown(entry.label if entry is not None and entry.label else definition.label), href, icon, key=key)


def _tools(app: Any) -> Iterator[Item]:
    if not g.person.is_builder:
        if app is not None and may(g.person, "build", app=app.key):
            yield from _known([(_("Design"), f"/build/{app.key}", "tool")])
        return
    yield from _known(
        [
            (_("Design"), f"/build/{app.key}" if app else "/build", "tool"),
            (_("Templates"), "/templates", "layout-grid"),
            (_("People"), "/admin/people", "users"),
            (_("Bots"), "/admin/bots", "robot"),
            (_("Audit log"), "/admin/audit", "shield-check"),
            (_("Settings"), "/admin/settings", "settings"),
            (_("Health"), "/admin/health", "activity"),
        ]
    )


def _known(entries: list[tuple[Message, str, str]]) -> Iterator[Item]:
    """Those of the entries that this installation has a page for."""
    for label, href, icon in entries:
        if has_page(href):
            yield Item(say(label), href, icon)


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


def say(message: Message) -> str:
    return reader().say(message)
