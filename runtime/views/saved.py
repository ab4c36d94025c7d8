"""Views as a person has them: those that are published for them, those they keep for themselves, and the one a form opens with.

What people keep is read once and remembered until somebody saves a view: the workspace's setting `views`, which every act reads anyway,
tells when. A list therefore costs no statement more for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.definitions.view import View
from runtime.errors import DefinitionProblems, FormulaProblems, NotFound, Problem, Refused
from runtime.definitions.loading import load
from runtime.people.may import may, require
from runtime.people.rights import names
from runtime.records import query
from runtime.system.database import to_json
from runtime.system.tables import first_view, own_view, workspace_setting
from runtime.system.workspace import set_setting
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.definitions.form import Form
    from runtime.system.workspace import Act

MINE = "my-"
"""Begins the name of one's own view in an address; no key of a definition has a hyphen."""
ALL = "-"
"""The list of all records, where a form opens with a view."""
MOST = 50
SETTING = "views"
REMEMBERED = 2_000


@dataclass(frozen=True)
class Named:
    """A view with its name in an address. `own`: the person keeps it for themselves."""

    name: str
    view: View
    own: bool = False


@dataclass(frozen=True)
class Kept:
    """What one person keeps: own views by form, and the name of the view that each form opens with."""

    stamp: str
    own: dict[str, tuple[Named, ...]]
    first: dict[str, str]


_remembered: dict[tuple[int, int], Kept] = {}
_lock = Lock()


def kept(act: Act) -> Kept:
    """What the person of the act keeps."""
    place = (id(act.workspace), act.person.id)
    found = _remembered.get(place)
    if found is None or found.stamp != act.workspace.setting(SETTING, ""):
        found = _read(act)
        with _lock:
            if len(_remembered) >= REMEMBERED:
                _remembered.clear()
            _remembered[place] = found
    return found


def _read(act: Act) -> Kept:
    connection, person = act.connection, act.person.id
    stamp = connection.execute(sa.select(workspace_setting.c.value).where(workspace_setting.c.name == SETTING)).scalar() or ""
    own: dict[str, tuple[Named, ...]] = {}
    for row in connection.execute(sa.select(own_view).where(own_view.c.person == person).order_by(own_view.c.id)):
        try:
            own[row.form] = (*own.get(row.form, ()), Named(f"{MINE}{row.id}", load(json.loads(row.body)), True))  # type: ignore[arg-type]
        except (DefinitionProblems, ValueError):
            continue  # kept by a later release and read by this one: it is there again after the upgrade
    firsts = connection.execute(sa.select(first_view.c.form, first_view.c.view).where(first_view.c.person == person))
    return Kept(stamp, own, {form: view for form, view in firsts})


def published(act: Act, form: str) -> list[Named]:
    """The published views of a form that are meant for the person."""
    return [Named(key, each) for key, each in act.catalogue.views.items() if each.form == form and is_for(act, each)]


def is_for(act: Act, view: View) -> bool:
    return not view.for_ or act.person.is_builder or any(names(act.person, who) for who in view.for_)


def views_of(act: Act, form: str) -> list[Named]:
    """All views of a form that the person has, in the order of the tabs."""
    return [*published(act, form), *kept(act).own.get(form, ())]


def find(act: Act, form: str, name: str) -> Named:
    """A view by its name in an address. One that is published for others opens too: its link was given to the person, the gate stands behind it."""
    if name.startswith(MINE):
        found = next((each for each in kept(act).own.get(form, ()) if each.name == name), None)
    else:
        view = act.catalogue.views.get(name)
        found = Named(name, view) if view is not None and view.form == form else None
    if found is None:
        raise NotFound(_("There is no such view of this form."))
    return found


def opening(act: Act, form: str) -> Named | None:
    """The view a form opens with: the person's own choice, else the one published as the default."""
    wanted = kept(act).first.get(form)
    if wanted == ALL:
        return None
    mine = views_of(act, form)
    return next((each for each in mine if each.name == wanted), None) or next(
        (each for each in mine if not each.own and each.view.default), None
    )


# -- changing ---------------------------------------------------------------------------------------------------------------------
def keep(act: Act, form: Form, body: dict[str, Any], name: str | None = None) -> Named:
    """Keeps a view for the person alone, in place of their own one called `name`. Raises Refused with what is wrong with it."""
    require(act.person, "view", form.key)
    number = _number(act, form.key, name) if name is not None else None
    if number is None and sum(len(each) for each in kept(act).own.values()) >= MOST:
        raise Refused([Problem("label", _("You keep {most} views already. Remove one first.", most=MOST))])
    number, is_new = (number, False) if number is not None else (act.take_ids("own_view"), True)
    view = check(act, {**body, "kind": "view", "key": f"own_{number}", "form": form.key})
    values = {
        "body": to_json(view.model_dump(mode="json", by_alias=True, exclude_defaults=True) | {"kind": "view"}),
        "updated_at": act.micros,
    }
    if is_new:
        act.connection.execute(own_view.insert().values(id=number, person=act.person.id, form=form.key, **values))
    else:
        act.connection.execute(own_view.update().where(own_view.c.id == number).values(**values))
    _tell(act)
    return Named(f"{MINE}{number}", view, True)


def check(act: Act, body: dict[str, Any]) -> View:
    """A view that the person may have: its fields are there for them, and its conditions read nothing that is kept from them."""
    view: Any = load(body)
    problems = list(view.problems(act.catalogue))
    form = act.catalogue.forms[view.form]
    for place in ("group", "date", "until", "image", "color"):
        key = getattr(view, place)
        if key is not None and key in form.by_key and not may(act.person, "view", form.key, None, key):
            problems.append(Problem(place, _("This form has no field with the key {key}.", key=key)))
    if problems:
        raise Refused(problems)
    try:
        query.page(
            act,
            form.key,
            also=[view.filter] if view.filter else [],
            columns=[],
            limit=1,
            narrow=query.Narrow(marks=tuple(each.when for each in view.colors)),
        )
    except FormulaProblems as error:
        raise Refused([Problem("filter", error.message)]) from error
    return view


def drop(act: Act, form: str, name: str) -> dict[str, Any]:
    """Removes one's own view; gives its body, from which it can be kept again."""
    number = _number(act, form, name)
    body = json.loads(act.connection.execute(sa.select(own_view.c.body).where(own_view.c.id == number)).scalar() or "{}")
    act.connection.execute(own_view.delete().where(own_view.c.id == number))
    act.connection.execute(first_view.delete().where(first_view.c.person == act.person.id, first_view.c.view == name))
    _tell(act)
    return body


def open_with(act: Act, form: str, name: str | None) -> None:
    """From now on the form opens for the person with this view; None: as everybody's."""
    if name is not None and name != ALL:
        find(act, form, name)
    act.connection.execute(first_view.delete().where(first_view.c.person == act.person.id, first_view.c.form == form))
    if name is not None:
        act.connection.execute(first_view.insert().values(person=act.person.id, form=form, view=name))
    _tell(act)


def _number(act: Act, form: str, name: str) -> int:
    """The number of one's own view."""
    text = name.removeprefix(MINE)
    if not name.startswith(MINE) or not text.isdecimal() or len(text) > 18:
        raise NotFound(_("There is no such view of this form."))
    wanted = sa.select(own_view.c.id).where(own_view.c.id == int(text), own_view.c.person == act.person.id, own_view.c.form == form)
    found = act.connection.execute(wanted).scalar()
    if found is None:
        raise NotFound(_("There is no such view of this form."))
    return found


def _tell(act: Act) -> None:
    """What is remembered of anybody's views anywhere is read again."""
    set_setting(act.connection, SETTING, f"{act.micros}-{act.person.id}")
    with _lock:
        _remembered.pop((id(act.workspace), act.person.id), None)
