"""The workspace this process serves, and the acts people do in it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from runtime.definitions.catalogue import Catalogue, read_catalogue
from runtime.people.person import Person
from runtime.settings import Settings
from runtime.system import audit, clock, database
from runtime.system.ids import Blocks
from runtime.system.prepared import Prepared
from runtime.system.tables import workspace_setting

SOURCES = ("form", "public_form", "api", "import", "automation", "workflow", "schedule", "merge", "publish", "undo")
ROLES_AT = "roles_at"
"""The setting that says when a role was last given another name: definitions are read again, since they say roles by their names."""


@dataclass(frozen=True)
class Cause:
    """What led to an act of an automation: the event, and the automations in the chain as KEY:RECORD (KEY where there is no record), oldest first."""

    event: int | None = None
    automations: tuple[str, ...] = ()
    bulk: bool = False
    """Whether it came in bulk: what follows from it does not go before what a person waits for."""

    @property
    def depth(self) -> int:
        return len(self.automations)


@dataclass
class Act:
    """One transaction of one person: the connection, the definitions in force, who, when, and through which door."""

    workspace: Workspace
    connection: sa.Connection
    person: Person
    source: str
    now: datetime
    catalogue: Catalogue
    cause: Cause | None = None
    fires: bool = True
    """Whether automations may answer to what happens; an import fires nothing unless the person asked for it."""
    after_commit: list[Callable[[], None]] = field(default_factory=list)
    opened: tuple[str, int, str] | None = None
    """Form, record and workflow: what whoever acts may change although the workflow keeps it as it is, because it is they who are asked there."""
    notes: list[dict[str, Any]] = field(default_factory=list)
    """Lines for the audit log, written as the last thing before the commit."""

    def __post_init__(self) -> None:
        self.act_for(self.person)

    def act_for(self, person: Person) -> None:
        """From here on the act is this person's."""
        self.person = BIND[0](self, person) if BIND else person

    @property
    def zone(self) -> ZoneInfo:
        return self.workspace.zone

    @cached_property
    def today(self) -> date:
        """The day in the workspace's zone on which this act happens: the as-of day of every formula in it."""
        return self.now.astimezone(self.zone).date()

    @cached_property
    def day(self) -> int:
        return clock.to_day(self.today)

    @cached_property
    def micros(self) -> int:
        return clock.to_micros(self.now)

    def take_ids(self, name: str, count: int = 1) -> int:
        return self.workspace.ids.take(self.connection, name, count)

    def refresh(self) -> None:
        """Reads the definitions anew, after this act has published."""
        self.catalogue = self.workspace.catalogue_of(self.connection)


BIND: list[Callable[[Act, Person], Person]] = []
"""Gives the person of an act the rights they have in it; filled by runtime/kinds.py."""


class Workspace:
    """One company: one database, one time zone, one set of published definitions."""

    def __init__(self, settings: Settings, engine: sa.Engine | None = None, now: Callable[[], datetime] = clock.now):
        self.settings = settings
        self.engine = engine or database.open_engine(settings.database_url)
        self.ids = Blocks(self.engine)
        self.now = now
        self.bell: Any = threading.Event()
        """Set after each commit of a writer: workers wait on it instead of polling. Where they are in another process, it rings there."""
        self._catalogue: Catalogue | None = None
        self._roles_at: str | None = None
        self._own: dict[str, str] | None = None
        self._read_settings = Prepared(_SETTINGS, self.engine.dialect)

    @contextmanager
    def reading(self, person: Person, source: str = "form") -> Iterator[Act]:
        """An act that only reads, at one moment."""
        with database.reading(self.engine) as connection:
            yield Act(self, connection, person, source, self.now(), self.catalogue_of(connection))

    @contextmanager
    def writing(self, person: Person, source: str = "form", cause: Cause | None = None) -> Iterator[Act]:
        """An act that writes; commits at the end, or leaves no trace when an exception passes."""
        try:
            with database.writing(self.engine) as connection:
                act = Act(self, connection, person, source, self.now(), self.catalogue_of(connection), cause)
                yield act
                audit.write(act)
        except BaseException:
            self.ids.forget()
            self._catalogue = None
            raise
        for call in act.after_commit:
            call()
        self.bell.set()

    def catalogue_of(self, connection: sa.Connection) -> Catalogue:
        """The published definitions as this transaction sees them; read again only when somebody has published."""
        settings = dict(self._read_settings.all(connection))
        self._own = settings
        revision = int(settings.get("revision", 0))
        if self._catalogue is None or self._catalogue.revision != revision or self._roles_at != settings.get(ROLES_AT):
            self._catalogue, self._roles_at = read_catalogue(connection, revision), settings.get(ROLES_AT)
        return self._catalogue

    def adopt(self, catalogue: Catalogue) -> None:
        """Takes over the catalogue of the act that is publishing; a rollback forgets it again."""
        self._catalogue = catalogue

    # -- the workspace's own settings ---------------------------------------------------------------------------------------
    def setting(self, name: str, default: str = "") -> str:
        if self._own is None:
            with database.reading(self.engine) as connection:
                self._own = dict(self._read_settings.all(connection))
        return self._own.get(name, default)

    @property
    def zone(self) -> ZoneInfo:
        return _zone(self.setting("timezone", self.settings.timezone))

    @property
    def language(self) -> str:
        return self.setting("language", self.settings.locale or "zh")

    @property
    def holidays(self) -> str:
        """The country whose public holidays are no working days, by its two letters."""
        return self.setting("holidays", "CN")

    @property
    def calendar(self) -> str:
        """That country, and behind it the days of the workspace's own on which it is otherwise: `CN 2027-01-04- 2027-01-09+`."""
        return " ".join((self.holidays, *self.setting("own_days").split()))

    @property
    def currency(self) -> str:
        return self.setting("currency", "CNY")

    @property
    def name(self) -> str:
        return self.setting("name", "Tierloom")


_SETTINGS = sa.select(workspace_setting.c.name, workspace_setting.c.value)
_zones: dict[str, ZoneInfo] = {}


def _zone(name: str) -> ZoneInfo:
    if name not in _zones:
        _zones[name] = ZoneInfo(name)
    return _zones[name]


def set_setting(connection: sa.Connection, name: str, value: Any) -> None:
    """Writes one of the workspace's own settings (name, timezone, language, currency, holidays, revision)."""
    changed = connection.execute(workspace_setting.update().where(workspace_setting.c.name == name).values(value=str(value)))
    if not changed.rowcount:
        connection.execute(workspace_setting.insert().values(name=name, value=str(value)))
