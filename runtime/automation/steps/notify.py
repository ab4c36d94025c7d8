"""Notify: tells people in the app or by e-mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from runtime.automation import mail
from runtime.automation.once import insert_once
from runtime.automation.people import Recipient, in_words, recipients, who_problems
from runtime.automation.places import formulas_in
from runtime.automation.steps._base import Outside
from runtime.definitions.model import FormulaUse, Text, Who
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
    """Places such as {name} or {customer.name} in subject and body are filled from the record. Everybody gets a message of their own."""

    type: Literal["notify"] = "notify"
    to: tuple[Who, ...] = Field(min_length=1, max_length=50, title="To")
    channel: Literal["app", "email"] = Field("app", title="How")
    subject: Text = Field(title="Subject")
    body: Text | None = Field(None, title="Text")

    @property
    def outside(self) -> bool:  # type: ignore[override]
        return self.channel == "email"

    def problems(self, form: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        for number, who in enumerate(self.to):
            yield from who_problems(f"to/{number}", who, form, catalogue, address=self.channel == "email")

    def formulas(self, form: str | None, names: dict[str, Type], catalogue: Catalogue) -> Iterator[FormulaUse]:
        yield from formulas_in("subject", self.subject, form, names)
        yield from formulas_in("body", self.body, form, names)

    def sentence(self, language: str, catalogue: Catalogue, form: str | None = None) -> str:
        people = [in_words(who, form, catalogue) for who in self.to]
        message = _("send an e-mail to {people}", people=people) if self.channel == "email" else _("tell {people}", people=people)
        return message.in_language(language)

    def run(self, doing: Doing) -> dict[str, Any] | None:
        return self._mail(doing) if self.channel == "email" else self._tell(doing)

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
                    **self._words(doing, each),
                },
            )
        if not people:
            return doing.skip(_("Nobody is meant by this step at the moment."))
        return {"people": [each.person for each in people]}

    def _words(self, doing: Doing, to: Recipient) -> dict[str, str]:
        return {"subject": doing.filled(self.subject, to.language), "body": doing.filled(self.body, to.language)}

    # -- by e-mail --------------------------------------------------------------------------------------------------------------
    def prepare(self, doing: Doing) -> dict[str, Any]:
        found = [each for each in recipients(doing.act, self.to, doing.values) if each.address]
        return {"letters": [{"to": each.address, **self._words(doing, each)} for each in found]}

    def _mail(self, doing: Doing) -> dict[str, Any] | None:
        """A letter that was sent is noted at once, so that a later try sends only the others."""
        letters, sent = doing.prepared["letters"], list(doing.prepared.get("sent", ()))
        if not letters:
            return doing.skip(_("Nobody is meant by this step at the moment."))
        for number, letter in enumerate(letters):
            if number not in sent:
                mail.send(doing.workspace.settings, letter["to"], letter["subject"], letter["body"], f"{doing.key}:{number}")
                sent.append(number)
                doing.keep({"letters": letters, "sent": sent})
        return {"to": [letter["to"] for letter in letters]}
