"""What serving each tier earns: commission by person and tier between two days."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template

from runtime.effect.incentives import Incentives, Share, factor_of, incentives
from runtime.pages.apps import find_app
from runtime.pages.coverage import find_model
from runtime.pages.effect import days_asked
from runtime.pages.tier_past import badge_of
from runtime.pages.web import reader, reading, signed_in
from runtime.people.may import may
from runtime.system.workspace import Act

blueprint = Blueprint("incentives", __name__)


@blueprint.get("/apps/<app>/-/tiers/<model>/incentives")
@signed_in
def shown(app: str, model: str) -> str:
    """The last 90 days, or those of ?from= and ?to="""
    with reading() as act:
        found_app, found = find_app(act, app), find_model(act, app, model)
        first, last = days_asked(act)
        table = incentives(act, found, first, last)
        return render_template(
            "effect/incentives.html",
            app=found_app,
            model=found,
            first=first,
            last=last,
            today=act.today,
            table=table,
            percent=_plain(table.percent) if table is not None else "",
            people=_people(act, found, table) if table is not None else [],
            factors=[
                {"badge": badge_of(act, found, each.key), "factor": _plain(factor_of(found, each.key))} for each in reversed(found.ranked)
            ],
            whole=_sums(table, list(table.shares)) if table is not None else None,
            builds=may(act.person, "build", app=found.app or app),
        )


def _people(act: Act, model: Any, table: Incentives) -> list[dict[str, Any]]:
    found = []
    for person in table.people:
        own = [each for each in table.shares if each.person == person]
        lines = [{"badge": badge_of(act, model, each.tier) if each.tier is not None else None, **_line(table, each)} for each in own]
        found.append({"name": reader().person_name(person) if person is not None else None, "lines": lines, **_sums(table, own)})
    return found


def _line(table: Incentives, each: Share) -> dict[str, Any]:
    return {**_sums(table, [each]), "factor": _plain(each.factor)}


def _sums(table: Incentives, shares: list[Share]) -> dict[str, Any]:
    names = ("amount", "plain", "commission")
    sums = {name: sum((getattr(each, name) for each in shares), Decimal(0)) for name in names}
    more = sums["commission"] - sums["plain"]
    return {
        **{name: reader().money(value, table.currency, 2 if name != "amount" else 0) for name, value in sums.items()},
        "records": reader().number(sum(each.records for each in shares)),
        "more": f"{'+' if more > 0 else '−' if more < 0 else '±'}{reader().money(abs(more), table.currency, 2)}",
        "tone": "good" if more > 0 else "bad" if more < 0 else "quiet",
    }


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
