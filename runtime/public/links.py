"""Public links: made, changed, switched on and off, given another address, counted."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.automation.once import insert_once
from runtime.definitions.form import Form
from runtime.errors import NotFound, Problem, Refused
from runtime.people import accounts, passwords
from runtime.people.may import require
from runtime.people.rights import DESIGNING, is_one_of
from runtime.public.settings import FILL, HOST, QUERY, LinkSettings, may_be_asked, problems, read_settings
from runtime.system import audit, clock
from runtime.system.database import to_json
from runtime.system.tables import person, public_claim, public_day, public_entry, public_invitation, public_link
from runtime.system.workspace import set_setting
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

HOSTS = "public_hosts"
"""Setting of the workspace: the hosts to which public pages may lead and in whose pages they may stand, one a line."""
MOST_HOSTS = 100
SHORTEST_PASSWORD = 4
KINDS: dict[str, Message] = {FILL: _("Form to fill in"), QUERY: _("Query page")}


@dataclass(frozen=True)
class Link:
    id: int
    token: str
    kind: str
    form: str
    label: str
    settings: LinkSettings
    password: str | None
    turn: int
    is_on: bool
    owner: int
    taken: int
    created_at: int
    changed_at: int

    @property
    def path(self) -> str:
        return f"/{'q' if self.kind == QUERY else 'f'}/{self.token}"


def _read(row: Any) -> Link:
    settings, _wrong = read_settings(json.loads(row.settings))
    return Link(**{**row._mapping, "settings": settings, "is_on": bool(row.is_on)})


# -- finding ------------------------------------------------------------------------------------------------------------------------
def by_token(connection: sa.Connection, token: str, kind: str) -> Link | None:
    row = connection.execute(sa.select(public_link).where(public_link.c.token == token, public_link.c.kind == kind)).first()
    return None if row is None else _read(row)


def of_form(act: Act, form: str) -> list[Link]:
    require_form(act, form)
    return [
        _read(row) for row in act.connection.execute(sa.select(public_link).where(public_link.c.form == form).order_by(public_link.c.id))
    ]


def every(act: Act) -> list[Link]:
    """All links of the workspace, for those who administer it."""
    require(act.person, "administer")
    return [_read(row) for row in act.connection.execute(sa.select(public_link).order_by(public_link.c.form, public_link.c.id))]


def get(act: Act, id: int, lock: bool = False) -> Link:
    """A link of a form that the person designs. Raises NotFound or NotAllowed."""
    statement = sa.select(public_link).where(public_link.c.id == id)
    row = act.connection.execute(statement.with_for_update() if lock else statement).first()
    if row is None:
        raise NotFound(_("There is no such public link."))
    require_form(act, row.form)
    return _read(row)


def require_form(act: Act, form: str) -> Form:
    """Links are the business of those who build the form's app."""
    found = act.catalogue.forms.get(form)
    if found is None:
        raise NotFound(_("There is no form with the key {key}.", key=form))
    require(act.person, "build", app=found.app)
    return found


def owner_may(act: Act, link: Link) -> bool:
    """Whether whoever switched the link on could still do so; else it rests."""
    owner = accounts.by_id(act.connection, link.owner)
    form = act.catalogue.forms.get(link.form)
    if owner is None or not owner.active or form is None:
        return False
    return owner.is_builder or is_one_of(owner, act.catalogue.apps.get(form.app or ""), *DESIGNING)


def everywhere(connection: sa.Connection) -> list[Link]:
    """Every link, whoever asks: to find those that name what is about to be changed."""
    return [_read(row) for row in connection.execute(sa.select(public_link).order_by(public_link.c.id))]


def people(act: Act, link: Link) -> list[tuple[int, str]]:
    """Those whom strangers may choose, with their names; who left is not among them."""
    own = person.c
    statement = sa.select(own.id, own.name).where(own.id.in_(link.settings.people), own.active == 1).order_by(own.name, own.id)
    return [(id, name) for id, name in act.connection.execute(statement)]


# -- changing -----------------------------------------------------------------------------------------------------------------------
def make(act: Act, form: str, kind: str, label: str, settings: LinkSettings | None = None) -> Link:
    """A new link, switched off."""
    definition = require_form(act, form)
    if kind not in KINDS:
        raise Refused([Problem("kind", _("A link leads to a form or to a query."))])
    link = Link(
        id=act.take_ids("public_link"),
        token=_new_token(),
        kind=kind,
        form=form,
        label=_named(label),
        settings=settings or beginning(definition, kind),
        password=None,
        turn=1,
        is_on=False,
        owner=act.person.id,
        taken=0,
        created_at=act.micros,
        changed_at=act.micros,
    )
    act.connection.execute(public_link.insert().values(**_row(link)))
    _note(act, "public_link_made", link)
    return link


def beginning(form: Form, kind: str) -> LinkSettings:
    """What a new link begins with: the fields that strangers fill in without seeing anything of the house."""
    if kind == QUERY:
        return LinkSettings(per_address=20, per_link=500)
    plain = LinkSettings()
    return LinkSettings(fields=tuple(each.key for each in form.fields if may_be_asked(each, plain)))


def save(act: Act, id: int, label: str, settings: LinkSettings, changed_at: int | None = None) -> Link:
    """Keeps new settings; those of a link that is on must be without fault. With `changed_at`, only if nobody changed it since."""
    link = get(act, id, lock=True)
    if changed_at is not None and changed_at != link.changed_at:
        raise Refused([Problem("", _("Somebody changed this link in the meantime. Reload the page, then change it again."))])
    link = replace(link, label=_named(label), settings=settings)
    if link.is_on:
        _require_sound(act, link)
    _keep(act, link)
    _note(act, "public_link_changed", link)
    return link


def switch(act: Act, id: int, on: bool) -> Link:
    """Whoever switches it on answers for it from then on."""
    link = get(act, id, lock=True)
    if on:
        _require_sound(act, link)
    link = replace(link, is_on=on, owner=act.person.id if on else link.owner)
    _keep(act, link)
    _note(act, "public_link_on" if on else "public_link_off", link)
    return link


def rotate(act: Act, id: int) -> Link:
    """Another address; the old one, its QR codes and all signed links are void from now on."""
    link = get(act, id, lock=True)
    link = replace(link, token=_new_token(), turn=link.turn + 1)
    _keep(act, link)
    _note(act, "public_link_rotated", link)
    return link


def set_password(act: Act, id: int, password: str) -> Link:
    """A blank one takes it away. Whoever had entered the one before must enter the new one."""
    link = get(act, id, lock=True)
    if password and not SHORTEST_PASSWORD <= len(password) <= passwords.LONGEST:
        raise Refused([Problem("password", _("A link's password has 4 to 200 characters."))])
    link = replace(link, password=passwords.hashed(password) if password else None, turn=link.turn + 1)
    _keep(act, link)
    _note(act, "public_link_password", link)
    return link


def remove(act: Act, id: int) -> None:
    """The link with its figures and what waits in its inbox; records that came by it stay."""
    link = get(act, id, lock=True)
    for table in (public_claim, public_day, public_entry, public_invitation):
        act.connection.execute(table.delete().where(table.c.link == id))
    act.connection.execute(public_link.delete().where(public_link.c.id == id))
    _note(act, "public_link_removed", link)


def found_wrong(act: Act, link: Link) -> list[Problem]:
    form = act.catalogue.forms.get(link.form)
    if form is None:
        return [Problem("", _("There is no form with the key {key}.", key=link.form))]
    return list(problems(link.settings, link.kind, form, act.catalogue, hosts(act)))


def _require_sound(act: Act, link: Link) -> None:
    if wrong := found_wrong(act, link):
        raise Refused(wrong)


def _keep(act: Act, link: Link) -> None:
    row = _row(replace(link, changed_at=max(act.micros, link.changed_at + 1)))
    del row["taken"]  # entries go on counting
    act.connection.execute(public_link.update().where(public_link.c.id == link.id).values(**row))


def _row(link: Link) -> dict[str, Any]:
    settings = to_json(link.settings.model_dump(mode="json", exclude_defaults=True))
    return {**{name: getattr(link, name) for name in public_link.c.keys()}, "settings": settings, "is_on": int(link.is_on)}


def _note(act: Act, kind: str, link: Link) -> None:
    audit.note(act, kind, f"public_link:{link.id}", form=link.form, label=link.label)


def _new_token() -> str:
    return secrets.token_urlsafe(16)


def _named(label: str) -> str:
    cleaned = " ".join(label.split())[:100]
    if not cleaned:
        raise Refused([Problem("label", _("Give it a name."))])
    return cleaned


# -- the hosts that are allowed -------------------------------------------------------------------------------------------------------
def hosts(act: Act) -> frozenset[str]:
    return frozenset(act.workspace.setting(HOSTS).split())


def set_hosts(act: Act, text: str) -> None:
    require(act.person, "administer")
    wanted = list(dict.fromkeys(each.strip().lower() for each in text.replace(",", "\n").split("\n") if each.strip()))
    wrong = [each for each in wanted if not HOST.fullmatch(each)]
    if wrong or len(wanted) > MOST_HOSTS:
        raise Refused(
            [
                Problem(
                    "hosts",
                    _("“{host}” is no host name. Write names such as www.example.com, one a line.", host=wrong[0] if wrong else "…"),
                )
            ]
        )
    set_setting(act.connection, HOSTS, "\n".join(wanted))
    audit.note(act, "public_hosts", "", hosts=wanted)


# -- state and figures ----------------------------------------------------------------------------------------------------------------
def closed_because(act: Act, link: Link, counting: bool = True) -> Message | None:
    """Why a stranger cannot go on now; None while the link is open."""
    settings = link.settings
    if not link.is_on or not owner_may(act, link) or found_wrong(act, link):
        return _("This page is not open at the moment.")
    if settings.opens_at is not None and act.micros < settings.opens_at:
        return _("This page opens on {when}.", when=_when(act, settings.opens_at))
    if settings.closes_at is not None and act.micros >= settings.closes_at:
        return _("This page was closed on {when}.", when=_when(act, settings.closes_at))
    if counting and settings.quota is not None and link.taken >= settings.quota:
        return FULL
    return None


FULL = _("All places are taken. Nothing more can be sent.")


def _when(act: Act, micros: int) -> str:
    return f"{_instant(micros).astimezone(act.zone):%Y-%m-%d %H:%M}"


def _instant(micros: int) -> datetime:
    return clock.EPOCH + micros * clock.MICROSECOND


def count(connection: sa.Connection, link: int, day: int, *names: str) -> None:
    """Adds one to figures of a day."""
    insert_once(connection, public_day, {"link": link, "day": day})
    mine = (public_day.c.link == link, public_day.c.day == day)
    connection.execute(public_day.update().where(*mine).values({name: public_day.c[name] + 1 for name in names}))


def figures(act: Act, links: Iterable[int], since: int | None = None) -> dict[int, dict[str, int]]:
    """Per link: views, starts, entries, spam, refused."""
    names = ("views", "starts", "entries", "spam", "refused")
    found = {id: dict.fromkeys(names, 0) for id in links}
    statement = (
        sa.select(public_day.c.link, *[sa.func.sum(public_day.c[name]).label(name) for name in names])
        .where(public_day.c.link.in_(list(found)), public_day.c.day >= (since or 0))
        .group_by(public_day.c.link)
    )
    for row in act.connection.execute(statement):
        found[row.link] = {name: int(getattr(row, name)) for name in names}
    return found
