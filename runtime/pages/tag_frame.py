"""What the pages of a tag dictionary have in common: which dictionary it is, its tabs, and who may do what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g, request

from runtime.definitions.form import Form
from runtime.definitions.tag_set import Tag, TagSet
from runtime.errors import NotFound
from runtime.pages.apps import find_app
from runtime.pages.cells import FAMILIES
from runtime.pages.web import reader
from runtime.people.may import may
from runtime.records.tables import tables_of
from runtime.system.workspace import Act
from runtime.tags import requests
from runtime.texts import Message, _

KINDS: dict[str, Message] = {
    "attribute": _("attribute"),
    "behaviour": _("behaviour"),
    "potential": _("potential"),
    "campaign": _("campaign"),
    "control": _("control group"),
}


@dataclass(frozen=True)
class Frame:
    """A dictionary as somebody sees it. `approves`, `asks`: what they may do with it."""

    app: Any
    set: TagSet
    form: Form
    sets: list[TagSet]
    approves: bool
    asks: bool
    open: int

    @property
    def base(self) -> str:
        return f"/apps/{self.app.key}/-/tags"

    def href(self, place: str = "", **more: Any) -> str:
        extra = "".join(f"&{name}={value}" for name, value in more.items())
        return f"{self.base}{place}?set={self.set.key}{extra}"

    @property
    def tabs(self) -> list[dict[str, Any]]:
        found = [("", _("Dictionary"), None), ("/requests", _("Requests"), self.open or None)]
        found.append(("/uses", _("What uses them"), None))
        if self.approves:
            found += [("/usefulness", _("Usefulness"), None), ("/clean-up", _("Clean up"), None)]
        found.append(("/changes", _("Record of changes"), None))
        return [
            {"label": reader().say(label), "href": self.href(place), "active": request.path == f"{self.base}{place}", "count": count}
            for place, label, count in found
        ]

    @property
    def switch(self) -> list[dict[str, Any]]:
        return [{"label": each.label, "href": f"{self.base}?set={each.key}", "active": each is self.set} for each in self.sets]


def sets_of(act: Act, app: str) -> list[TagSet]:
    """The dictionaries of an app whose forms the person may see."""
    return [
        each
        for each in act.catalogue.tag_sets.values()
        if each.app in (None, app) and each.form in tables_of(act.catalogue) and may(g.person, "view", each.form)
    ]


def frame(act: Act, app: str, key: str | None = None) -> Frame | None:
    """The dictionary of this key, else the one that the request names as `set` (a page in its address, an act in its form), else the first of
    the app; None where the app has none. Raises NotFound."""
    found_app, sets = find_app(act, app), sets_of(act, app)
    wanted = key or (request.args if request.method == "GET" else request.form).get("set")
    chosen = next((each for each in sets if wanted in (None, each.key)), None)
    if chosen is None:
        if wanted is not None:
            raise NotFound(_("There is no tag set with the key {key}.", key=wanted))
        return None
    person = act.person
    return Frame(
        found_app,
        chosen,
        act.catalogue.forms[chosen.form],
        sets,
        requests.may_approve(person, chosen),
        requests.may_request(person, chosen),
        requests.open_count(act, [chosen]),
    )


def need_frame(act: Act, app: str, key: str | None = None) -> Frame:
    found = frame(act, app, key)
    if found is None:
        raise NotFound(_("This app has no tag dictionary."))
    return found


def tag_of(here: Frame, key: str) -> Tag:
    if key not in here.set.by_key:
        raise NotFound(_("The dictionary “{name}” has no tag {tag}.", name=here.set.label, tag=key))
    return here.set.by_key[key]


def pill(tag: Tag) -> dict[str, Any]:
    """What drawing a tag needs."""
    return {
        "key": tag.key,
        "label": reader().shown(tag.label),
        "family": FAMILIES.get(tag.family, tag.family),
        "kind": reader().say(KINDS[tag.family]),
        "temporary": tag.standing == "temporary",
    }
