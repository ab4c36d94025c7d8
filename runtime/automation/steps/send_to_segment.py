"""Send to segment: a message to everybody of a segment who agreed, in batches, not at night, nobody twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import Field

from runtime.automation.channels import CHANNELS
from runtime.automation.once import insert_all_once
from runtime.automation.places import filled, formulas_in, places
from runtime.automation.reader import MessageReader
from runtime.automation.steps._base import Outside
from runtime.automation.steps._message import message_problems, words_of
from runtime.automation.trouble import Trouble
from runtime.automation.words import form_label, quoted
from runtime.definitions.model import FormulaUse, Key, Text
from runtime.definitions.naming import Names
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.errors import Problem
from runtime.formulas.definitions import formula
from runtime.people.may import may
from runtime.records import query
from runtime.records.guard import reads_whole
from runtime.records.rows import read_records
from runtime.records.values import RecordValues
from runtime.system import clock
from runtime.system.database import reading, to_json, writing
from runtime.system.tables import mass_message as table
from runtime.texts import LANGUAGES, Message, _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue
    from runtime.records.rows import Record

CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
MOST = 100_000
SYSTEM_NAMES = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")


@STEPS.register
class SendToSegment(Outside):
    """Who belongs to the segment is settled when the step begins; whether somebody agreed is asked again right before they are written to.

    A batch is sent, then the run waits `minutes`; between `quiet_from` and `quiet_until`, in the workspace's time, nothing goes out. Every
    record has a line of its own: broken off and taken up again, only those are written to who were not. An address gets one message.
    """

    type: Literal["send_to_segment"] = "send_to_segment"
    segment: Key = Field(title="Segment")
    form: Key = Field(title="Form")
    channel: Literal["email", "sms"] = Field("email", title="How")
    address: Annotated[str, Names("form")] = Field(title="Field with the address")
    consent: Annotated[str, Names("form")] = Field(title="Field that says they agreed")
    wording: Key | None = Field(None, title="Words from the library")
    subject: Text | None = Field(None, title="Subject")
    body: Text | None = Field(None, title="Text")
    batch: int = Field(100, ge=1, le=500, title="So many at once")
    minutes: int = Field(1, ge=0, le=1440, title="Minutes between batches")
    quiet_from: str | None = Field("21:00", pattern=CLOCK, title="Quiet from")
    quiet_until: str | None = Field("09:00", pattern=CLOCK, title="Quiet until")

    @property
    def needs(self) -> str:
        return "body" if self.channel == "sms" else "subject"

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        segment = catalogue.segments.get(self.segment)
        if segment is None:
            yield Problem("segment", _("There is no segment with the key {key}.", key=self.segment))
        elif segment.form != self.form:
            yield Problem("form", _("This segment is one of another form."))
        if self.form not in catalogue.forms:
            yield Problem("form", _("There is no form with the key {key}.", key=self.form))
            return
        fields = catalogue.forms[self.form]
        address, consent = fields.field(self.address), fields.field(self.consent)
        if address is None or address.type != CHANNELS[self.channel].address:
            said = {
                "email": _("The field {key} holds no e-mail address.", key=self.address),
                "sms": _("The field {key} holds no phone number.", key=self.address),
            }
            yield Problem("address", said[self.channel])
        if consent is None or consent.formula_type().kind != "boolean":
            yield Problem("consent", _("The field {key} does not say yes or no.", key=self.consent))
        if (self.quiet_from is None) != (self.quiet_until is None):
            yield Problem("quiet_until", _("Quiet hours have a beginning and an end."))
        yield from message_problems(self, self.form, catalogue, self.needs)

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from formulas_in("subject", self.subject, self.form, {})
        yield from formulas_in("body", self.body, self.form, {})

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        segment = catalogue.segments.get(self.segment)
        named = {
            "segment": quoted([segment.label if segment is not None else self.segment], language),
            "form": quoted([form_label(self.form, catalogue)], language),
        }
        if self.channel == "sms":
            return _("send a text message to everybody of the segment {segment} who agreed", **named).in_language(language)
        return _("send an e-mail to everybody of the segment {segment} who agreed", **named).in_language(language)

    # -- one batch ----------------------------------------------------------------------------------------------------------------
    def prepare(self, doing: Doing) -> dict[str, Any]:
        """The next batch with all its words; waits while it is quiet."""
        act = doing.act
        if not doing.kept:
            self._list(doing)
        end = quiet_end(act.now, act.zone, self.quiet_from, self.quiet_until)
        if end is not None:
            doing.wait_until(
                end,
                _("Quiet hours: it goes on at {time}.", time=f"{end.astimezone(act.zone):%H:%M}"),
                prepare=True,
                batch=doing.kept.get("batch", 0),
            )
        letters: list[dict[str, Any]] = []
        while len(letters) < self.batch:
            records = self._next(doing, self.batch - len(letters), [each["record"] for each in letters])
            if not records:
                break
            found = {each.id: each for each in read_records(act, self.form, records)}
            if act.person.rights is not None:
                act.person.rights.know(self.form, found)
            for record in records:
                letter = self._letter(doing, record, found.get(record))
                letters += [letter] if letter is not None else []
        return {"letters": letters, "batch": doing.kept.get("batch", 0) + 1}

    def _list(self, doing: Doing) -> None:
        """A line for each record of the segment that the owner sees, once."""
        where = doing.act.catalogue.segments[self.segment].where
        ids = query.ids(doing.act, self.form, trusted=(where,), limit=MOST)
        lines = [{"run": doing.run.id, "path": doing.path, "record": each, "state": "waiting"} for each in ids]
        insert_all_once(doing.act.connection, table, lines)

    def _mine(self, doing: Doing, *states: str) -> tuple[Any, ...]:
        return table.c.run == doing.run.id, table.c.path == doing.path, *([table.c.state.in_(states)] if states else [])

    def _next(self, doing: Doing, count: int, taken: list[int]) -> list[int]:
        own = table.c
        rows = sa.select(own.record).where(*self._mine(doing, "waiting"), own.record.not_in(taken)).order_by(own.record).limit(count)
        return list(doing.act.connection.execute(rows).scalars())

    def _letter(self, doing: Doing, number: int, record: Record | None) -> dict[str, Any] | None:
        """What this record is sent; None where it is sent nothing, which its line says."""
        act = doing.act
        if record is None or record.deleted_at is not None or not may(act.person, "view", self.form, number):
            return self._note(doing, number, "skipped", _("This record does not exist any more."))
        if record.values.get(self.consent) is not True:
            return self._note(doing, number, "skipped", _("They did not agree."))
        address = str(record.values.get(self.address) or "").strip()
        if not address:
            return self._note(doing, number, "skipped", _("There is no address."))
        same = address.casefold() if self.channel == "email" else "".join(address.split())
        if act.connection.execute(
            sa.select(table.c.record).where(*self._mine(doing), table.c.address == same, table.c.record != number)
        ).first():
            return self._note(doing, number, "skipped", _("Another record with the same address was written to."))
        act.connection.execute(table.update().where(*self._mine(doing), table.c.record == number).values(address=same))
        subject, body = words_of(self, act.catalogue)
        return {"record": number, "to": address, "subject": self._filled(doing, record, subject), "body": self._filled(doing, record, body)}

    def _filled(self, doing: Doing, record: Record, text: Any) -> str:
        act, language = doing.act, doing.workspace.language
        for place in places(text):
            asked = formula(act.catalogue, self.form, place, {}, frozenset({"person"}))
            if not reads_whole(act, self.form, asked, record.id):
                raise doing.kept_back(place)
        system = {name: getattr(record, name) for name in SYSTEM_NAMES}
        values = RecordValues(act, record.form, record.values, record.id, system)
        return filled(text, values, {}, MessageReader(act, language if language in LANGUAGES else "en"))

    def _note(self, doing: Doing, record: int, state: str, message: Message | None = None, connection: Any = None) -> None:
        said = None if message is None else to_json({language: message.in_language(language) for language in LANGUAGES})
        at = clock.to_micros(doing.workspace.now())
        (connection or doing.act.connection).execute(
            table.update().where(*self._mine(doing), table.c.record == record).values(state=state, message=said, at=at)
        )

    # -- sending ------------------------------------------------------------------------------------------------------------------
    def run(self, doing: Doing) -> dict[str, Any] | None:
        """Sends the batch; what was sent is noted at once. Then waits for the next one, or tells how it went."""
        workspace, channel = doing.workspace, CHANNELS[self.channel]
        open_ones = self._waiting(doing)
        for letter in doing.prepared["letters"]:
            if letter["record"] not in open_ones:
                continue
            doing.keep(doing.prepared)  # still this worker's
            state, message = "sent", None
            try:
                channel.send(workspace, letter["to"], letter["subject"], letter["body"], f"{doing.key}:{letter['record']}")
            except Trouble as trouble:
                if trouble.again:
                    raise
                state, message = "failed", trouble.message
            with writing(workspace.engine) as connection:
                self._note(doing, letter["record"], state, message, connection)
        if self._waiting(doing):
            until = workspace.now() + timedelta(minutes=self.minutes)
            doing.wait_until(
                until, _("The next batch is sent in {minutes} minutes.", minutes=self.minutes), prepare=True, batch=doing.prepared["batch"]
            )
        counts = self._counts(doing)
        if not counts:
            return doing.skip(_("Nobody belongs to the segment."))
        return {"counts": counts, "batches": doing.prepared["batch"]}

    def _waiting(self, doing: Doing) -> set[int]:
        with reading(doing.workspace.engine) as connection:
            return set(connection.execute(sa.select(table.c.record).where(*self._mine(doing, "waiting"))).scalars())

    def _counts(self, doing: Doing) -> dict[str, int]:
        counted = sa.select(table.c.state, sa.func.count()).where(*self._mine(doing)).group_by(table.c.state)
        with reading(doing.workspace.engine) as connection:
            return {state: count for state, count in connection.execute(counted)}


def quiet_end(now: datetime, zone: ZoneInfo, begins: str | None, ends: str | None) -> datetime | None:
    """When the quiet hours end that it is in; None outside of them. They may pass midnight; equal ends mean no quiet hours."""
    if begins is None or ends is None or begins == ends:
        return None
    first, last = time.fromisoformat(begins), time.fromisoformat(ends)
    local = now.astimezone(zone)
    here = local.time().replace(tzinfo=None)
    quiet = first <= here < last if first < last else here >= first or here < last
    if not quiet:
        return None
    day = local.date() if here < last else local.date() + timedelta(days=1)
    return datetime.combine(day, last, tzinfo=zone).astimezone(now.tzinfo)
