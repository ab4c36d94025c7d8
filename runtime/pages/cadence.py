"""Whether the tiers are contacted as often as promised: the card beside what they bring, and the list of who waits."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from runtime.definitions.tier_model import TierModel
from runtime.effect import adherence
from runtime.effect.cadence import Cadence, Kept, overdue
from runtime.effect.contacts import contacts_of
from runtime.errors import NotFound
from runtime.pages.apps import find_app
from runtime.pages.coverage import find_model
from runtime.pages.tier_past import badge_of
from runtime.pages.web import go_to, reader, reading, signed_in, writing
from runtime.people.may import may
from runtime.records import query
from runtime.system import jobs
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("cadence", __name__)

ROWS = 50
OWNERS = 20
LONGEST = timedelta(days=1100)


def cadence_card(act: Act, app: str, model: TierModel, first: date, last: date) -> dict[str, Any]:
    """What the card says, in the words and figures of the reader; of many customers what was worked out for them, with its day."""
    kept = adherence.figures(act, model, first, last)
    found = kept.found or Cadence(True, tuple(each.form for each in contacts_of(act.catalogue, model)), False)
    owners = found.owners or ()
    return {
        "working": kept.job is not None,
        "lacking": kept.found is None,
        "at": reader().datetime(kept.at) if kept.at is not None else None,
        "job": jobs.find(act.connection, kept.job) if kept.job is not None else None,
        "anew_href": f"/apps/{app}/-/tiers/{model.key}/adherence",
        "follow_ups_href": f"/apps/{app}/-/tiers/{model.key}/follow-ups",
        "first": first.isoformat(),
        "last": last.isoformat(),
        "promised": found.promised,
        "forms": forms_named(act, found.forms),
        "hidden": found.hidden,
        "rows": [
            {"badge": badge_of(act, model, key), **figures(each), "href": late_href(app, model, last, key)} for key, each in found.tiers
        ],
        "whole": figures(found.whole),
        "whole_href": late_href(app, model, last),
        "owners": [{"name": _name(owner), **figures(each)} for owner, each in owners[:OWNERS]],
        "more_owners": max(0, len(owners) - OWNERS),
        "builds": f"/build/{app}/tiers/{model.key}" if may(act.person, "build", app=model.app or app) else None,
    }


def forms_named(act: Act, forms: tuple[str, ...] | list[str]) -> str:
    labels = [reader().shown(act.catalogue.forms[each].label) for each in forms if each in act.catalogue.forms]
    return reader().say(_(", ")).join(labels)


def figures(found: Kept) -> dict[str, Any]:
    return {
        "share": reader().share(found.kept, found.due),
        "kept": reader().number(found.kept),
        "due": reader().number(found.due),
        "made": reader().number(found.made),
        "timely": reader().number(found.timely),
        "overdue": found.overdue,
        "overdue_text": reader().number(found.overdue),
        "longest": reader().say(_("{n} days", n=reader().number(found.longest))) if found.longest else "–",
    }


def late_href(app: str, model: TierModel, day: date, tier: str | None = None) -> str:
    wanted = {"day": day.isoformat(), **({"tier": tier} if tier is not None else {})}
    return f"/apps/{app}/-/tiers/{model.key}/overdue?{urlencode(wanted)}"


def _name(owner: int | None) -> str:
    return reader().person_name(owner) if owner is not None else reader().say(_("Nobody looks after them"))


@blueprint.post("/apps/<app>/-/tiers/<model>/adherence")
@signed_in
def work_out(app: str, model: str) -> Any:
    """Has the figures worked out between two days, as the person sees them."""
    first, last = (request.form.get(name, "") for name in ("first", "last"))
    with writing() as act:
        found = find_model(act, app, model)
        try:
            days = date.fromisoformat(first), min(date.fromisoformat(last), act.today)
        except ValueError:
            raise NotFound(_("There is no such day.")) from None
        if days[0] > days[1] or days[1] - days[0] > LONGEST:
            raise NotFound(_("There is no such day."))
        adherence.ask(act, found, *days)
    return go_to(f"/apps/{app}/-/tiers/{model}/effect?{urlencode({'from': days[0].isoformat(), 'to': days[1].isoformat()})}#cadence-title")


# -- who waits ------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/tiers/<model>/overdue")
@signed_in
def late(app: str, model: str) -> str:
    """Whom nobody contacted in time at the end of a day: ?day=&tier=&after= (how many are passed over)"""
    with reading() as act:
        found_app, found = find_app(act, app), find_model(act, app, model)
        day, skip, tier = _day(act), _skip(), request.args.get("tier") or None
        records, total = overdue(act, found, day, tier, skip, ROWS)
        titles = query.titles(act, {found.form: {each.record for each in records}})
        rows = [
            {
                "href": f"/apps/{app}/{found.form}/{each.record}",
                "title": titles.get((found.form, each.record), f"#{each.record}"),
                "badge": badge_of(act, found, each.tier),
                "every": reader().number(each.every),
                "last": reader().date(each.since) if each.contacted else None,
                "since": reader().date(each.since),
                "days": reader().number(each.days),
            }
            for each in records
        ]
        own = {name: value for name, value in (("day", day.isoformat()), ("tier", tier or "")) if value}
        return render_template(
            "effect/overdue.html",
            app=found_app,
            model=found,
            form=act.catalogue.forms[found.form],
            rows=rows,
            total=total,
            day=day,
            badge=badge_of(act, found, tier),
            all_href=late_href(app, found, day) if tier is not None else None,
            next_href=f"{request.path}?{urlencode({**own, 'after': skip + ROWS})}" if skip + ROWS < total else None,
            first_href=f"{request.path}?{urlencode(own)}" if skip else None,
        )


def _day(act: Act) -> date:
    """No day lies ahead; what cannot be read is today."""
    try:
        return min(date.fromisoformat(request.args.get("day", "")), act.today)
    except ValueError:
        return act.today


def _skip() -> int:
    text = request.args.get("after", "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0
