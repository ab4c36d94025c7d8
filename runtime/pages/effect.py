"""What each tier brings and what it costs, between two days and against the time before."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from runtime.effect.per_tier import EffectTable, Money, TierEffect, effect_table
from runtime.pages.apps import find_app
from runtime.pages.cadence import cadence_card
from runtime.pages.coverage import find_model
from runtime.pages.tier_past import badge_of
from runtime.pages.web import reader, reading, signed_in
from runtime.people.may import may
from runtime.system.workspace import Act

blueprint = Blueprint("effect", __name__)

PERIOD = timedelta(days=90)
LONGEST = timedelta(days=1100)


@blueprint.get("/apps/<app>/-/tiers/<model>/effect")
@signed_in
def shown(app: str, model: str) -> str:
    """The last 90 days, or those of ?from= and ?to="""
    with reading() as act:
        found_app, found = find_app(act, app), find_model(act, app, model)
        first, last = days_asked(act)
        table = effect_table(act, found, first, last)
        return render_template(
            "effect/tiers.html",
            app=found_app,
            model=found,
            first=first,
            last=last,
            today=act.today,
            table=table,
            rows=[_row(act, found, table, each) for each in table.rows] if table is not None else [],
            whole=_sums(table, *table.whole) if table is not None else None,
            builds=may(act.person, "build", app=found.app or app),
            cadence=cadence_card(act, app, found, first, last),
        )


def days_asked(act: Act) -> tuple[date, date]:
    """In their order; no day lies ahead, and what cannot be read is the last 90 days."""
    last = min(_day("to") or act.today, act.today)
    first = min(_day("from") or last - PERIOD + timedelta(days=1), act.today)
    first, last = min(first, last), max(first, last)
    return max(first, last - LONGEST), last


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def _row(act: Act, model: Any, table: EffectTable, each: TierEffect) -> dict[str, Any]:
    movers = {"from": table.first.isoformat(), "to": table.last.isoformat(), "now": each.tier or "-"}
    return {
        "badge": badge_of(act, model, each.tier),
        "customers": reader().number(each.customers) if each.tier is not None else "",
        "href": f"movers?{urlencode(movers)}" if each.tier is not None else None,
        **_sums(table, each.now, each.before),
    }


def _sums(table: EffectTable, now: Money, before: Money) -> dict[str, Any]:
    """The figures of a line; the trend is that of the contribution, in money, because a share of little or of a loss says nothing."""
    change = now.contribution - before.contribution
    return {
        "revenue": _money(now.revenue, table),
        "cost": _money(now.cost, table),
        "contribution": _money(now.contribution, table),
        "loss": now.contribution < 0,
        "pay_back": f"{now.pay_back:.1f}" if now.pay_back is not None and now.pay_back < 1000 else "–" if now.pay_back is None else "> 999",
        "before": _money(before.contribution, table),
        "change": f"{'+' if change > 0 else '−' if change < 0 else '±'}{_money(abs(change), table)}",
        "tone": "good" if change > 0 else "bad" if change < 0 else "quiet",
        "records": reader().number(now.records),
    }


def _money(value: Decimal, table: EffectTable) -> str:
    sign = "−" if value < 0 else ""
    return f"{sign}{reader().money(abs(value), table.currency, 0)}"
