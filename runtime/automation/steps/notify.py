"""Notify: tells people in the app, by e-mail, by text message or through the bot of a group chat."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation.channels import CHANNELS
from runtime.automation.once import insert_once
from runtime.automation.people import Recipient, in_words, recipients, who_problems
from runtime.automation.steps._base import Outside
from runtime.automation.steps._message import message_formulas, message_problems, words_of
from runtime.definitions.model import FormulaUse, Key, Text, Who
from runtime.definitions.shelf import STEPS
from runtime.definitions.types import Type
from runtime.errors import Problem
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
