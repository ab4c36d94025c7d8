"""Notify: tells people in the app, by e-mail, by text message or through the bot of a group chat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from runtime.automation.channels import CHANNELS
from runtime.automation.once import insert_once
from runtime.automation.mail import NO_SERVER
from runtime.automation.people import MEMBERS_OF_EVERY_RECORD, Recipient, in_words, language_of, recipients, recipients_of, who_problems
from runtime.automation.steps._base import Outside
from runtime.automation.steps._message import message_formulas, message_problems, words_of
from runtime.collaboration import bots, choices
from runtime.definitions.model import FormulaUse, Key, Text, Who
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.errors import Problem, Refused, TierloomError
from runtime.system.tables import notification
from runtime.texts import _

if TYPE_CHECKING:
    from runtime.automation.doing import Doing
    from runtime.definitions.catalogue import Catalogue


@STEPS.register
class Notify(Outside):
    """Places such as {name} or {customer.name} in subject and text are filled from the record. Everybody gets a message of their own. Text
    messages go to phone numbers that fields hold, and have no subject; a bot speaks to its group."""

    type: Literal["notify"] = "notify"
    to: tuple[Who, ...] = Field((), max_length=50, title="To")
    channel: Literal["app", "email", "sms", "bot"] = Field("app", title="How")
    bot: str | None = Field(None, min_length=1, max_length=100, title="Bot")
    wording: Key | None = Field(None, title="Words from the library")
    subject: Text | None = Field(None, title="Subject")
    body: Text | None = Field(None, title="Text")

    @property
    def outside(self) -> bool:  # type: ignore[override]
        return self.channel != "app"

    once_per_group: ClassVar[bool] = True

    def groups(self, form: str | None, catalogue: Catalogue) -> bool:
        """People in the house hear once of many records. Who is only an address, such as a customer, gets a message of their own."""
        return self.channel in ("app", "bot") or (self.channel == "email" and all(_is_person(each, form, catalogue) for each in self.to))

    @property
    def needs(self) -> str:
        return "body" if self.channel == "sms" else "subject"

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from message_problems(self, form, catalogue, self.needs)
        if self.channel == "bot":
            if self.bot is None:
                yield Problem("bot", _("Name the bot that speaks. Bots are set up on the page “Message bots”."))
            return
        if not self.to:
            yield Problem("to", _("Say who is told."))
        for number, who in enumerate(self.to):
            if self.channel == "sms" and not who.startswith("field:"):
                yield Problem(f"to/{number}", _("A text message goes to a phone number: name a field that holds one."))
            else:
                yield from who_problems(f"to/{number}", who, form, catalogue, self._address())

    def _address(self) -> str | None:
        return CHANNELS[self.channel].address if self.channel in CHANNELS else None

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from message_formulas(self, form, names)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        people = [in_words(who, form, catalogue) for who in self.to]
        if self.channel == "bot":
            return _("have the bot {bot} say it", bot=self.bot or "").in_language(language)
        if self.channel == "sms":
            return _("send a text message to {people}", people=people).in_language(language)
        message = _("send an e-mail to {people}", people=people) if self.channel == "email" else _("tell {people}", people=people)
        return message.in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        return self._tell(doing) if self.channel == "app" else self._send(doing)

    # -- in the app -------------------------------------------------------------------------------------------------------------
    def _tell(self, doing: Doing) -> dict[str, Any] | None:
        people = [each for each in recipients(doing.act, self.to, doing.values) if each.person is not None]
        for each in people:
            insert_once(
                doing.act.connection,
                notification,
                {
                    "id": doing.act.take_ids("notification"),
                    "person": each.person,
                    "at": doing.act.micros,
                    "link": doing.link(),
                    "cause": f"{doing.key}:{each.person}",
                    **self._words(doing, each.language),
                },
            )
        if not people:
            return doing.skip(_("Nobody is meant by this step at the moment."))
        return {"people": [each.person for each in people]}

    def _words(self, doing: Doing, language: str | None) -> dict[str, str]:
        subject, body = words_of(self, doing.act.catalogue)
        return {"subject": doing.filled(subject, language), "body": doing.filled(body, language)}

    # -- once for many records ----------------------------------------------------------------------------------------------------
    def concerns(self, doing: Doing) -> list[str]:
        if self.channel == "bot":
            return [""]
        return list(dict.fromkeys(str(each.person) for each in recipients_of(doing, self.to) if each.person is not None))

    def run_group(self, doing_of: Callable[[int], Doing], whom: Mapping[str, Any]) -> dict[str, Any]:
        """An e-mail goes the way of all notices: what waits for one person is one letter, outside of the hours in which they want peace."""
        for number, (count, records) in whom.items():
            doing = doing_of(records[0])
            language = None if self.channel == "bot" else language_of(doing.act, int(number))
            told = {"link": doing.link(), **self._of_many(doing_of, records, count, language)}
            if count > 1 and told["link"] is not None:
                told["link"] = told["link"].rpartition("/")[0]
            if self.channel == "bot":
                base = doing.workspace.settings.base_url
                link = base + told["link"] if base and told["link"] else ""
                bots.say_later(doing.act, self.bot or "", "\n".join(part for part in (told["subject"], told["body"], link) if part))
            else:
                self._leave(doing, int(number), told)
        return {"people": [] if self.channel == "bot" else [int(each) for each in whom]}

    def _leave(self, doing: Doing, number: int, told: dict[str, Any]) -> None:
        act = doing.act
        how: dict[str, Any] = {}
        if self.channel == "email":
            if not doing.workspace.settings.smtp_url:
                raise Refused([], NO_SERVER)
            how = {"mail": choices.NOW, "hidden": 1, "read_at": act.micros}
        row = {"id": act.take_ids("notification"), "person": number, "at": act.micros, "cause": f"{doing.key}:{number}", **told, **how}
        insert_once(act.connection, notification, row)

    def _of_many(self, doing_of: Callable[[int], Doing], records: list[int], count: int, language: str | None) -> dict[str, str]:
        """The message about the first of the records, then what would have been said about the next ones, then how many more there are."""
        said, failed, chosen = [], None, language or doing_of(records[0]).workspace.language
        for each in records:
            try:
                said.append(self._words(doing_of(each), language))
            except TierloomError as error:
                failed = error
        if failed is not None and not said:
            raise failed
        words = said[0]
        if count == 1:
            return words
        lines, more = [each["subject"] or each["body"] for each in said[1:]], count - len(said)
        if more:
            lines.append(_("And {n} more.", n=f"{more:,}").in_language(chosen))
        subject = words["subject"] and _("{subject} – and {n} more", subject=words["subject"], n=f"{count - 1:,}").in_language(chosen)
        return {"subject": subject, "body": "\n".join(part for part in (words["body"], *lines) if part)}

    # -- outside ----------------------------------------------------------------------------------------------------------------
    def prepare(self, doing: Doing) -> dict[str, Any]:
        if self.channel == "bot":
            link = doing.workspace.settings.base_url + (doing.link() or "") if doing.workspace.settings.base_url and doing.link() else ""
            words = self._words(doing, None)
            return {"letters": [{"to": self.bot, **words, "body": "\n".join(part for part in (words["body"], link) if part)}]}
        found = [each for each in recipients(doing.act, self.to, doing.values) if self._reaches(each)]
        return {"letters": [{"to": each.address, **self._words(doing, each.language)} for each in found]}

    def _reaches(self, each: Recipient) -> bool:
        return bool(each.address) and (CHANNELS[self.channel].people or each.person is None)

    def _send(self, doing: Doing) -> dict[str, Any] | None:
        """A letter that was sent is noted at once, so that a later try sends only the others."""
        letters, sent = doing.prepared["letters"], list(doing.prepared.get("sent", ()))
        if not letters:
            return doing.skip(_("Nobody is meant by this step at the moment."))
        for number, letter in enumerate(letters):
            if number not in sent:
                channel = CHANNELS[self.channel]
                channel.send(doing.workspace, letter["to"], letter["subject"], letter["body"], f"{doing.key}:{number}")
                sent.append(number)
                doing.keep({"letters": letters, "sent": sent})
        return {"to": [letter["to"] for letter in letters]}


def _is_person(who: str, form: str | None, catalogue: Catalogue) -> bool:
    sort, _colon, name = who.partition(":")
    if sort != "field" or name in MEMBERS_OF_EVERY_RECORD:
        return True
    field = catalogue.forms[form].field(name) if form in catalogue.forms else None
    return field is not None and field.formula_type().kind == "member"

