"""The service plan of a tier: how its customers are looked after, what of it becomes to-dos, and what serving them earns."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from runtime.definitions.effect import Related, Revenue
from runtime.definitions.model import Key, Model, Text, Who
from runtime.definitions.naming import Names
from runtime.errors import Problem
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.definitions.catalogue import Catalogue

MOST_STEPS = 30
Percent = Annotated[Decimal, Field(gt=0, le=100, max_digits=7, decimal_places=4)]
CHANNELS = {
    "phone": _("Phone"),
    "mail": _("Mail"),
    "email": _("Mail"),
    "sms": _("Text message"),
    "wechat": _("WeChat"),
    "wecom": _("WeCom"),
    "visit": _("Visit"),
    "video": _("Video call"),
}
"""Channels with a name in each language; any other is shown as it was written."""
Multiplier = Annotated[Decimal, Field(ge=0, le=100, max_digits=7, decimal_places=4)]


def channel_name(channel: str) -> Message | str:
    return CHANNELS.get(channel.strip().lower(), channel)


class PlanStep(Model):
    """Something to do a number of days after the plan has begun; 0 is the day itself."""

    on_day: int = Field(ge=0, le=730)
    todo: Text
    channel: str | None = None


class Plan(Model):
    """`tasks`: to-dos are made of it. `steps` come first, and end when the customer replies; then the rhythm of `contact_every_days` goes on."""

    contact_every_days: int | None = Field(None, ge=1)
    respond_within_hours: int | None = Field(None, ge=1)
    channel: str | None = None
    owner_pool: Who | None = None
    script: Text | None = None
    tasks: bool = False
    remind_days_before: int = Field(0, ge=0, le=60)
    steps: tuple[PlanStep, ...] = Field((), max_length=MOST_STEPS)
    escalate_after_days: int | None = Field(None, ge=1, le=365)
    escalate_to: Who | None = None
    commission_factor: Multiplier | None = None

    def problems(self) -> Iterator[Problem]:
        if self.escalate_after_days is not None and self.escalate_to is None:
            yield Problem("escalate_to", _("Say who is told when a follow-up is overdue."))
        if self.tasks and not (self.contact_every_days or self.respond_within_hours or self.steps):
            yield Problem("tasks", _("Say when there is something to do: contact every so many days, an answer within hours, or steps."))
        days = [each.on_day for each in self.steps]
        for number in range(1, len(days)):
            if days[number] <= days[number - 1]:
                yield Problem(f"steps/{number}/on_day", _("Each step comes on a later day than the one before."))


class Commission(Revenue):
    """What whoever sold gets of an amount: `percent` of it, times the factor in the plan of the tier that the customer had at the time."""

    percent: Percent
    person: Annotated[Key, Names("form")] | None = None
    """A member field of the form: whose it is. Left out: of whoever looks after the customer."""

    def problems(self, target: str | None, catalogue: Catalogue) -> Iterator[Problem]:
        yield from super().problems(target, catalogue)
        form = catalogue.forms.get(self.form)
        field = form.by_key.get(self.person or "") if form is not None else None
        if form is not None and self.person is not None and (field is None or field.type != "member" or field.stores != "column"):
            yield Problem("person", _("The form {form} has no member field with the key {key}.", form=form.label, key=self.person))


class Contacts(Model):
    """Which records say that somebody of the house was in touch, and which that the customer was."""

    made: tuple[Related, ...] = Field((), max_length=10)
    replies: tuple[Related, ...] = Field((), max_length=10)

    def each(self) -> Iterator[tuple[str, Related]]:
        for name in ("made", "replies"):
            yield from ((f"{name}/{number}", source) for number, source in enumerate(getattr(self, name)))
