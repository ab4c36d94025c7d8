"""What Ctrl K offers (GET /jump?q=) and the page of everything found (GET /search?q=). Pages and actions first, then records."""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, jsonify, render_template, request
from pypinyin import Style, lazy_pinyin

from runtime.pages import shell
from runtime.pages.web import reader, reading, signed_in
from runtime.people.may import may
from runtime.records import query
from runtime.system.workspace import Act
from runtime.texts import LANGUAGES, _, in_language

blueprint = Blueprint("jump", __name__)

PAGES, RECORDS_OF_A_FORM, RECORDS, FURTHER = 8, 5, 12, 8
PAGES_FOUND, RECORDS_FOUND = 40, 20  # on the page of everything found; of a form, with a way to all of them in its list
LONGEST = 100
FOLDERS = {"form": "forms", "tag_set": "tags", "tier_model": "tiers", "segment": "segments", "automation": "automations",
           "view": "views", "dashboard": "dashboards", "workflow": "workflows"}


@blueprint.get("/jump")
@signed_in
def jump() -> Response:
    wanted = _wanted().casefold()
    with reading() as act:
        pages = _places(act, wanted)[:PAGES]
        records = [entry for group in _records(act, wanted, RECORDS_OF_A_FORM) for entry in group["entries"]][:RECORDS]
        further = _further(act, wanted)[:FURTHER]
    return jsonify([*pages, *records, *further])


@blueprint.get("/search")
@signed_in
def search() -> str:
    """Works without scripts and is where a phone's shortcut leads."""
    query = _wanted()
    with reading() as act:
        pages = [*_places(act, query.casefold()), *_further(act, query.casefold())][:PAGES_FOUND] if query else []
        groups = list(_records(act, query.casefold(), RECORDS_FOUND))
        return render_template("search.html", query=query, pages=pages, groups=groups, short=len(query) == 1, longest=LONGEST)


def _wanted() -> str:
    return request.args.get("q", "").strip()[:LONGEST]


def _places(act: Act, wanted: str) -> list[dict[str, str]]:
    return _once(entry for names, entry in _pages(act) if _fits(wanted, names))


def _further(act: Act, wanted: str) -> list[dict[str, str]]:
    """What a builder does with one definition or one field; below the records, whose names are more likely meant."""
    return _once(entry for names, entry in _deeds(act) if _fits(wanted, names)) if g.person.is_builder and wanted else []


def _once(entries: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """What leads to one place under several names is offered once."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for entry in entries:
        found.setdefault((entry["href"], entry["label"]), entry)
    return list(found.values())


def _fits(wanted: str, names: Any) -> bool:
    """Every word is in the name in one of the languages, or the letters begin its pinyin initials."""
    written = {str(in_language(names, language)).casefold() for language in LANGUAGES}
    return any(all(word in name for word in wanted.split()) or initials(name).startswith(wanted.replace(" ", "")) for name in written)


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """客户等级 → khdj; Latin letters stay as they are."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).replace(" ", "")


# -- pages and actions ------------------------------------------------------------------------------------------------------------
def _pages(act: Act) -> Iterator[tuple[Any, dict[str, str]]]:
    for app in shell.apps_of(g.person, act.catalogue):
        yield app.label, _entry(app.label, shell.app_href(app), _("App"))
        for part in app.menu:
            for item in part.items:
                yield from _of_menu(act, app, item)
        yield from _tags(act, app)
    for label, href, access in _own_pages():
        if (access != "build" or g.person.is_builder) and shell.has_page(href):
            yield label, _entry(label, href, _("Page"))
    if g.person.is_builder:
        yield from _designers(act)


def _of_menu(act: Act, app: Any, item: str) -> Iterator[tuple[Any, dict[str, str]]]:
    line = shell.menu_item(app, item, act.catalogue)
    if line is None:
        return
    kind, key = item.split(":", 1)
    label = act.catalogue.of_kind(kind)[key].label
    yield label, _entry(label, line.href, app.label)
    if kind == "form" and may(g.person, "add", key) and shell.has_page(f"{line.href}/new"):
        action = _("New: {form}", form=label)
        yield action, _entry(action, f"{line.href}/new", app.label)


def _tags(act: Act, app: Any) -> Iterator[tuple[Any, dict[str, str]]]:
    """The tags of an app's dictionaries by every name they have or had."""
    for tags in act.catalogue.tag_sets.values():
        if tags.app in (None, app.key) and may(g.person, "view", tags.form):
            for tag in tags.tags:
                final = tags.final(tag)
                for name in (tag.label, *tag.aliases):
                    yield name, _entry(final.label, f"{shell.app_href(app)}/-/tags/of/{final.key}?set={tags.key}", _("Tag"))


def _own_pages() -> list[tuple[Any, str, str]]:
    return [
        (_("To-dos"), "/tasks", ""), (_("My account"), "/me", ""), (_("Notifications"), "/notifications", ""),
        (_("Templates"), "/templates", "build"), (_("Design"), "/build", "build"), (_("People"), "/admin/people", "build"),
        (_("Settings"), "/admin/settings", "build"), (_("Health"), "/admin/health", "build"), (_("Audit log"), "/admin/audit", "build"),
        (_("Bots"), "/admin/bots", "build"), (_("Working calendar"), "/admin/calendar", "build")]


def _designers(act: Act) -> Iterator[tuple[Any, dict[str, str]]]:
    for app in shell.apps_of(g.person, act.catalogue):
        action = _("Publish all drafts of {app}", app=app.label)
        yield action, _entry(action, f"/build/{app.key}/publish", app.label)
    for definition, href in _designed(act):
        action = _("Design: {name}", name=definition.label)
        yield action, _entry(action, href, definition.key)


def _designed(act: Act) -> Iterator[tuple[Any, str]]:
    """Each definition that has a designer, and its address."""
    for kind, folder in FOLDERS.items():
        for key, definition in act.catalogue.of_kind(kind).items():
            href = f"/build/{definition.app}/{folder}/{key}"
            if definition.app and shell.has_page(href):
                yield definition, href


def _deeds(act: Act) -> Iterator[tuple[Any, dict[str, str]]]:
    for definition, href in _designed(act):
        if definition.kind == "automation":
            action = _("Dry run on last month: {name}", name=definition.label)
            yield action, _entry(action, f"{href}?dry=month", definition.key)
        action = _("Versions and comparing: {name}", name=definition.label)
        yield action, _entry(action, f"{href}/versions", definition.key)
    for definition, href in _designed(act):
        for field in definition.fields if definition.kind == "form" else ():
            action = _("Where it is used: {name}", name=field.label)
            yield action, _entry(action, f"{href}?select=f:{field.key}", definition.label)


def _entry(label: Any, href: str, hint: Any) -> dict[str, str]:
    here = reader()
    return {"label": here.shown(label), "href": href, "hint": here.shown(hint)}


# -- records ----------------------------------------------------------------------------------------------------------------------
def _records(act: Act, wanted: str, limit: int) -> Iterator[dict[str, Any]]:
    """Of each form in the menus of this person's apps: {form, entries, all}, `all` being the list where the search goes on, or "".

    One letter is in nearly every record, so nothing is looked for below two.
    """
    if len(wanted) < 2:
        return
    for app in shell.apps_of(g.person, act.catalogue):
        for key in dict.fromkeys(item.removeprefix("form:") for part in app.menu for item in part.items if item.startswith("form:")):
            form = act.catalogue.forms.get(key)
            if form is None or not may(g.person, "view", key):
                continue
            found = query.page(act, key, search=wanted, limit=limit)
            reader().know_records(key, [record.id for record in found.records])
            href = f"{shell.app_href(app)}/{key}"
            entries = [_entry(reader().record_title(key, record.id), f"{href}/{record.id}", form.label) for record in found.records]
            if entries:
                yield {"form": form, "entries": entries, "all": f"{href}?{urlencode({'q': wanted})}" if found.next else ""}
