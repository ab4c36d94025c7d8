"""What a customer's page adds to a record: what they brought month by month, and what to do next, each time with the rule that says so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import g

from runtime.definitions.form import Form
from runtime.cadence.facts import day_of, last_of
from runtime.effect.cadence import seen_contacts
from runtime.pages.web import reader
from runtime.people.may import may
from runtime.records.rows import Record
from runtime.system.workspace import Act
from runtime.definitions.service_plan import channel_name
from runtime.texts import Message, _
from runtime.views.portrait import worth_by_month

NEAR = Decimal(5)
"""Points below the next tier from which it is near."""
COMPLETE = 80
"""Per cent of filled fields from which a record is complete enough."""


@dataclass(frozen=True)
class Step:
    """Something to do: what, by which rule, and where. `urgent`: it is late, or something is lost by waiting."""

    icon: str
    text: Message
    why: Message
    href: str = ""
    label: Message | None = None
    urgent: bool = False


# -- value over time ----------------------------------------------------------------------------------------------------------------
def worth(act: Act, app: str, form: Form, record: Record) -> dict[str, Any] | None:
    """The bars of the last twelve months, each leading to its records."""
    found = worth_by_month(act, form.key, record.id, act.today)
    if found is None:
        return None
    most = max((value for _month, value, _count in found.months), default=Decimal(0))
    write, width = found.money.display, 100 / len(found.months)
    return {
        "label": found.form.label,
        "total": write(found.total, reader()),
        "bars": [
            {
                "x": f"{width * number + width * 0.14:.2f}",
                "width": f"{width * 0.72:.2f}",
                "height": f"{float(86 * max(value, Decimal(0)) / most) if most > 0 else 0:.2f}",
                "month": reader().say(_("{month}/{year}", year=month.year, month=month.month)),
                "short": str(month.month),
                "value": write(value, reader()),
                "count": count,
                "now": month.month == act.today.month and month.year == act.today.year,
            }
            for number, (month, value, count) in enumerate(found.months)
        ],
        "empty": not any(count for _month, _value, count in found.months),
        "href": f"/apps/{app}/{found.form.key}",
    }


# -- next best step -------------------------------------------------------------------------------------------------------------------
def steps(
    act: Act,
    form: Form,
    record: Record,
    here: str,
    card: dict[str, Any] | None,
    plan: Any,
    related: list[dict[str, Any]],
    quality: int | None,
) -> list[Step]:
    """What to do for a record, the most urgent first: from the rules alone, so that each can say why."""
    follow_up = next((each for each in related if each["form"].key == "follow_up"), None)
    found = [
        *_late(act, follow_up),
        *_contact(act, form, record, plan, follow_up),
        *_grace(act, record, card),
        *_lift(here, card),
        *_gaps(form, record, here, quality),
    ]
    return sorted(found, key=lambda each: not each.urgent)


def _late(act: Act, follow_up: dict[str, Any] | None) -> Iterator[Step]:
    """A planned follow-up whose time has passed."""
    for each in follow_up["page"] if follow_up else ():
        due = each.values.get("due_at")
        if isinstance(due, datetime) and due < act.now and not each.values.get("done"):
            yield Step(
                "alarm",
                _("Do the follow-up that is late: {note}", note=each.values.get("note") or f"#{each.id}"),
                _("It was due {when}.", when=reader().ago(due)),
                f"{follow_up['href']}/{each.id}" if follow_up else "",
                _("Open it"),
                True,
            )
            return


def _contact(act: Act, form: Form, record: Record, plan: Any, follow_up: dict[str, Any] | None) -> Iterator[Step]:
    """The service standard of the tier says how often somebody gets in touch."""
    model = act.catalogue.model_of(form.key)
    if plan is None or not plan.contact_every_days:
        return
    at = last_of(act, model, seen_contacts(act, model), [record.id]).get(record.id) if model is not None else None
    days = None if at is None else act.day - day_of(act, at)
    if days is not None and days <= plan.contact_every_days:
        return
    why = (
        _("The service standard asks for contact every {days} days; none is recorded.", days=plan.contact_every_days)
        if days is None
        else _(
            "The service standard asks for contact every {days} days; the last was {ago} days ago.", days=plan.contact_every_days, ago=days
        )
    )
    text = _("Get in touch: {channel}", channel=channel_name(plan.channel)) if plan.channel else _("Get in touch")
    yield Step("phone-plus", text, why, follow_up["new"] if follow_up else "", _("Add a follow-up") if follow_up else None, True)


def _grace(act: Act, record: Record, card: dict[str, Any] | None) -> Iterator[Step]:
    """The tier is kept for some days only."""
    if card is None or record.grace_until is None:
        return
    days = max(0, (record.grace_until - act.today).days)
    yield Step(
        "hourglass",
        _("Keep the tier: {days} days are left", days=days),
        _("The score is below what the tier asks for, and the grace period ends on {day}.", day=reader().date(record.grace_until)),
        "#tier-card-title",
        _("See what lifts it"),
        True,
    )


def _lift(here: str, card: dict[str, Any] | None) -> Iterator[Step]:
    """The next tier is near, and this is the smallest change that reaches it."""
    if card is None or not card.get("lifts") or not card.get("gap_text") or Decimal(card["gap_text"]) > NEAR:
        return
    first = card["lifts"][0]
    yield Step(
        "stairs-up",
        _("Nearly {tier}: {change}", tier=card["next_label"], change=first["title"]),
        _("Only {gap} points are missing; this change alone brings the score to {score}.", gap=card["gap_text"], score=first["score_text"]),
        here,
        None,
    )


def _gaps(form: Form, record: Record, here: str, quality: int | None) -> Iterator[Step]:
    """What is missing in the record."""
    blank = [
        form.by_key[key].label
        for key in form.quality_fields
        if may(g.person, "view", form.key, record.id, key) and record.values.get(key) in (None, ())
    ]
    if quality is None or quality >= COMPLETE or not blank:
        return
    names = reader().say(_(", ")).join(reader().shown(each) for each in blank[:4])
    yield Step(
        "pencil",
        _("Fill in: {fields}", fields=names),
        _("The record is {percent} % complete; from {enough} % on its tier is trusted more.", percent=quality, enough=COMPLETE),
        f"{here}/edit",
        _("Edit") if may(g.person, "edit", form.key, record.id) else None,
    )
