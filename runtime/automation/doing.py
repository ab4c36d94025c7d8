"""Doing: one step of one run, with what it needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import sqlalchemy as sa

from runtime.automation.given import Given, stored_values
from runtime.automation.places import filled, places
from runtime.automation.reader import MessageReader
from runtime.automation.steps._base import STEP_FORMULAS
from runtime.automation.triggers._base import ClockTrigger, EventTrigger
from runtime.automation.trouble import Waits
from runtime.definitions.automation import Automation
from runtime.definitions.step import Names, Reached, reached
from runtime.errors import NotAllowed, NotFound
from runtime.formulas.definitions import formula
from runtime.formulas.evaluate import evaluate
from runtime.formulas.tree import Name, walk
from runtime.people.may import may
from runtime.people.rights import VIEW
from runtime.records.guard import reads_beyond, reads_whole
from runtime.records.lookup import NoLookup
from runtime.records.rows import Record, read_record, read_records
from runtime.records.values import RecordValues
from runtime.system.database import reading
from runtime.system.secrets import get_secret
from runtime.texts import LANGUAGES, Message, _

if TYPE_CHECKING:
    from runtime.formulas import Formula
    from runtime.system.workspace import Act, Workspace

SYSTEM_NAMES = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")
PERSON = frozenset({"person"})


class Beside:
    """Records that are dealt with at once, read by one question when the first of them is asked for."""

    def __init__(self, act: Act, form: str, records: Iterable[int]):
        self.act, self.form, self.wanted = act, form, list(records)

    @cached_property
    def found(self) -> dict[int, Record]:
        if self.act.person.rights is not None:
            self.act.person.rights.know(self.form, self.wanted)
        return {each.id: each for each in read_records(self.act, self.form, self.wanted)}


@dataclass
class Doing:
    """`act` is the transaction of a step inside; a step outside has none while it runs, only what it `prepared`."""

    workspace: Workspace
    run: sa.Row[Any]
    automation: Automation
    path: str = ""
    given_act: Act | None = None
    prepared: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    """What the step kept when it began to wait; empty when it is taken up for the first time."""
    keep: Callable[[dict[str, Any]], None] = lambda _result: None
    """Notes what an outside step has done so far, for a later try."""
    skipped: Message | None = None
    shared: dict[Any, Any] | None = None
    """What the steps for the records of a group need not ask anew within one transaction; None where a run is about one record."""
    beside: Beside | None = None
    """The records that are dealt with at once, this one among them."""

    @property
    def act(self) -> Act:
        assert self.given_act is not None, "a step outside has no transaction while it runs"
        return self.given_act

    @property
    def trigger(self) -> EventTrigger | ClockTrigger:
        trigger = self.automation.trigger
        assert isinstance(trigger, (EventTrigger, ClockTrigger))
        return trigger

    @property
    def form(self) -> str | None:
        return self.run.form

    @property
    def record_id(self) -> int | None:
        return self.run.record

    @property
    def key(self) -> str:
        """The same for every try of this step of this run, and for no other."""
        return f"{self.run.id}/{self.path}"

    @cached_property
    def facts(self) -> dict[str, Any]:
        return json.loads(self.run.facts) if self.run.facts else {}

    def once(self, name: Any, find: Callable[[], Any]) -> Any:
        """What is the same for all the records of a group, asked once in a transaction."""
        if self.shared is None:
            return find()
        if name not in self.shared:
            self.shared[name] = find()
        return self.shared[name]

    def begin_with(self, other: Doing) -> None:
        """Takes over the record that another has just read, where nobody can have changed it since: SQLite lets one write at a time."""
        if "record" in other.__dict__ and self.act.connection.dialect.name == "sqlite":
            self.__dict__["record"] = other.record

    def needed_record(self) -> int:
        if self.run.record is None:
            raise NotFound(_("This step needs a record, but the trigger is about none."))
        return self.run.record

    def wait_until(self, until: datetime, reason: Message, /, wakes: bool = False, **keep: Any) -> NoReturn:
        """Puts the run off; then the same step is taken up again, with what it keeps. With `wakes` a change of the record takes it up earlier."""
        raise Waits(until, reason, keep, wakes)

    def skip(self, why: Message) -> None:
        """The step has nothing to do; the run goes on."""
        self.skipped = why

    # -- the record and formulas about it -------------------------------------------------------------------------------------
    @cached_property
    def record(self) -> Record:
        """With all its values; what the owner may not see of it is kept from them where a formula asks for it."""
        found = self.read()
        if found is None or not may(self.act.person, "view", self.form, found.id):
            raise NotFound(_("This record does not exist any more."))
        return found

    def read(self) -> Record | None:
        """The record as it is now, whoever may see it; None when there is none."""
        if self.form not in self.act.catalogue.forms:
            return None
        if self.beside is not None:
            return self.beside.found.get(self.needed_record())
        return read_record(self.act, self.form, self.needed_record())

    @cached_property
    def reached(self) -> Reached:
        """What this step may use beside the record: names of the trigger, and what the steps before it gave."""
        names, catalogue = self.trigger.names(self.act.catalogue), self.act.catalogue
        return self.once(("reached", self.path), lambda: reached(self.automation.steps, self.path, self.form, names, catalogue))

    @property
    def names(self) -> Names:
        return self.reached.names

    @cached_property
    def given(self) -> Given:
        """The values of these names."""
        fixed = self.trigger.values(self) if self.trigger.names(self.act.catalogue) else {}
        return Given(self, fixed, stored_values(self, self.reached), self.names)

    @cached_property
    def values(self) -> RecordValues:
        """The record as it is now, for what is written."""
        return self._values({})

    @cached_property
    def seen(self) -> RecordValues:
        """The record as it was when it fired, for what is decided and told: a later change of the same field has a run of its own."""
        return self._values(self.trigger.seen(self) if self.record_id is not None else {})

    def _values(self, over: Mapping[str, Any]) -> RecordValues:
        names = self.given if self.names else {}
        if self.record_id is None:
            return RecordValues(self.act, None, {}, None, {}, names)  # type: ignore[arg-type]
        system = {name: getattr(self.record, name) for name in SYSTEM_NAMES}
        return RecordValues(self.act, self.record.form, {**self.record.values, **over}, self.record.id, system, names)

    def value(self, text: str) -> Any:
        """What a formula gives for the record as it is now."""
        return self._evaluated(text, STEP_FORMULAS, self.values)

    def told(self, text: str) -> Any:
        """What a formula gives for the record as it was when it fired."""
        return self._evaluated(text, STEP_FORMULAS, self.seen)

    def holds(self, text: str, before: Mapping[str, Any] | None = None) -> bool:
        """Whether a condition holds for the record as it was when it fired, or with the values it had before."""
        return bool(self._evaluated(text, PERSON, self.seen if before is None else self._values(before)))

    def _evaluated(self, text: str, allow: frozenset[str], values: RecordValues) -> Any:
        form = self.form if self.record_id is not None else None
        asked = formula(self.act.catalogue, form, text, self.names, allow)
        self.require_readable(asked)
        return evaluate(asked, values)

    def require_readable(self, asked: Formula) -> None:
        """Refuses what the owner of the automation may not read, or not of every record that it may come across."""
        form, rights = self.form, self.act.person.rights
        if rights is None:
            return
        named = [node.name for node in walk(asked.tree) if isinstance(node, Name)]
        before = [name.removeprefix("previous.") for name in named if name.startswith("previous.")]
        seen = all(rights.level(form, key, self.record_id) >= VIEW for key in before) if form is not None else True
        if (
            not seen
            or not all(self.sees_named(name) for name in named)
            or not (reads_beyond(self.act, "", asked) if form is None else reads_whole(self.act, form, asked, self.record_id))
        ):
            raise self.kept_back(asked.text)

    def kept_back(self, text: str) -> NotAllowed:
        return NotAllowed(
            _("{owner}, in whose name this runs, may not read all that “{formula}” uses.", owner=self.act.person.name, formula=text)
        )

    def sees_named(self, name: str) -> bool:
        """Whether the owner may read a field of a record that stands under a name."""
        key, _dot, field = name.partition(".")
        whole, rights = self.names.get(key), self.act.person.rights
        if whole is None or whole.kind != "record" or rights is None or field not in self.act.catalogue.forms[str(whole.form)].by_key:
            return True
        record = self.given[key]
        return record is None or rights.level(whole.form, field, record) >= VIEW

    def parsed(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Values of fields from an event's JSON; what no field knows any more is left out."""
        fields, lookup = self.record.form.by_key, NoLookup(self.act.zone)
        return {
            key: None if value is None else fields[key].parse(value, lookup)
            for key, value in stored.items()
            if key in fields and fields[key].writable
        }

    # -- messages ---------------------------------------------------------------------------------------------------------------
    def filled(self, text: Any, language: str | None) -> str:
        """A text with its places filled, in the reader's language or the workspace's."""
        chosen = language if language in LANGUAGES else self.workspace.language
        form = self.form if self.record_id is not None else None
        for place in places(text):
            self.require_readable(formula(self.act.catalogue, form, place, self.names, PERSON))
        return filled(text, self.seen, self.names, MessageReader(self.act, chosen or "en"))

    def link(self) -> str | None:
        """The page of the record."""
        if self.record_id is None or self.form not in self.act.catalogue.forms:
            return None
        app = self.act.catalogue.forms[self.form].app or self.automation.app or next(iter(self.act.catalogue.apps), None)
        return f"/apps/{app}/{self.form}/{self.record_id}" if app is not None else None

    def secret(self, name: str) -> str:
        """A secret's value. Raises NotFound with what to do."""
        key = self.workspace.settings.secret_key
        if self.given_act is not None:
            return get_secret(self.given_act.connection, key, name)
        with reading(self.workspace.engine) as connection:
            return get_secret(connection, key, name)
