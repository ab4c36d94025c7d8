"""The pictures of the tier overview as options for the chart script, each with the same figures as a table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from runtime.definitions.tier_model import Tier, TierModel
from runtime.pages.web import reader
from runtime.texts import Message, _
from runtime.tiers.figures import Distribution, Histogram, Movement

Href = Callable[..., str]
STAYED, UP, DOWN = "var(--tl-chart-neutral)", "var(--tl-good-chart)", "var(--tl-bad-fill)"


@dataclass(frozen=True)
class Drawn:
    """`option` is None when there is nothing to draw."""

    title: Message
    note: str = ""
    option: dict[str, Any] | None = None
    columns: list[str] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)


def color(tier: Tier) -> str:
    return f"var(--tier-{tier.color}-chart)"


# -- how many, and what they bring ----------------------------------------------------------------------------------------------------
def shares(form: Any, spread: Distribution, amounts: dict[str, Decimal], money: Any, list_of: Callable[[str], str | None]) -> Drawn:
    """Share of the records beside share of an amount; `money` is the dimension that names it, or None."""
    whole = sum(amounts.values(), Decimal(0))
    first = reader().say(_("share of {form}", form=form.label))
    series = [_bars(spread, first, {each.key: each.count for each in spread.tiers}, Decimal(spread.total), 0.4, list_of)]
    columns = [reader().say(_("Tier")), reader().shown(form.label), first]
    rows: list[list[Any]] = [[reader().shown(each.label), reader().number(each.count), reader().share(each.share)] for each in spread.tiers]
    if money is None or not whole:
        return Drawn(_("{form} by tier", form=form.label), "", _shares_option(spread, series), columns, rows)
    second = reader().say(_("share of {money}", money=money.label))
    series.append(_bars(spread, second, amounts, whole, 1, list_of))
    for row, each in zip(rows, spread.tiers, strict=True):
        amount = amounts.get(each.key, Decimal(0))
        row += [reader().money(amount, None, 0), reader().share(amount, whole)]
    return Drawn(
        _("{form} and {money} by tier", form=form.label, money=money.label),
        "",
        _shares_option(spread, series),
        [*columns, reader().shown(money.label), second],
        rows,
    )


def _bars(
    spread: Distribution, name: str, amounts: dict[str, Any], whole: Decimal, opacity: float, list_of: Callable[[str], str | None]
) -> dict[str, Any]:
    data = []
    for tier in spread.tiers:
        part = Decimal(amounts.get(tier.key, 0))
        shown = reader().share(part, whole)
        data.append(
            {
                "value": float(part / whole) if whole else 0,
                "text": f"{name}: {shown}",
                "href": list_of(tier.key) if tier.rank else None,
                "label": {"formatter": shown, "opacity": 1},
                "itemStyle": {"color": f"var(--tier-{tier.color}-chart)", "opacity": opacity, "borderRadius": [0, 3, 3, 0]},
            }
        )
    return {
        "type": "bar",
        "name": name,
        "data": data,
        "barWidth": 18,
        "barGap": "25%",
        "itemStyle": {"color": STAYED, "opacity": opacity},
        "label": {"show": True, "position": "right", "color": "var(--tl-ink-second)"},
    }


def _shares_option(spread: Distribution, series: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "grid": {"left": 4, "right": 52, "top": 34, "bottom": 4, "containLabel": True},
        "legend": {"selectedMode": False},
        "xAxis": {"type": "value", "axisLabel": {"show": False}, "splitLine": {"show": False}, "axisLine": {"show": False}},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [reader().shown(tier.label) for tier in spread.tiers],
            "axisLine": {"show": False},
            "axisLabel": {"color": "var(--tl-ink)"},
        },
        "series": series,
    }


# -- who moved ------------------------------------------------------------------------------------------------------------------------
def moves(model: TierModel, moved: Movement, movers: Href, former: dict[str, Any] | None = None) -> Drawn:
    """A band for each move between two tiers: stayers grey, up green, down red. `rows` are the matrix, with an address in each cell; `former`
    are the labels of tiers that the model has no more."""
    names: dict[str | None, str] = {tier.key: reader().shown(tier.label) for tier in model.tiers} | {None: reader().say(_("No tier"))}
    names |= {key: reader().shown(label) for key, label in (former or {}).items()}
    places: list[str | None] = [*moved.tiers, *moved.former, None]
    links = [
        {
            "source": f"then:{then}",
            "target": f"now:{now}",
            "value": count,
            "href": movers(then=then or "-", now=now or "-"),
            "text": f"{names[then]} → {names[now]}: {reader().number(count)}",
            "lineStyle": {"color": _tone(model, then, now), "opacity": 0.22 if then == now else 0.55},
        }
        for then, now, count in moved.flows
    ]
    rows: list[list[Any]] = []
    for then in places:
        cells = [
            {"count": moved.count(then, now), "href": movers(then=then or "-", now=now or "-"), "tone": _word(model, then, now)}
            for now in places
        ]
        if any(cell["count"] for cell in cells):
            rows.append([names[then], *cells])
    option = {
        "series": [
            {
                "type": "sankey",
                "data": _nodes(model, moved, names, movers),
                "links": links,
                "left": 96,
                "right": 118,
                "top": 10,
                "bottom": 10,
                "nodeWidth": 12,
                "nodeGap": 10,
                "layoutIterations": 0,
                "draggable": False,
                "lineStyle": {"curveness": 0.5},
                "emphasis": {"focus": "none"},
            }
        ]
    }
    days = (moved.to - moved.from_).days
    note = reader().say(_("{n} days; a band opens its list", n=days))
    return Drawn(
        _("Who moved up or down"),
        note,
        option if links else None,
        [reader().say(_("then ↓ · now →")), *(names[now] for now in places)],
        rows,
    )


def _nodes(model: TierModel, moved: Movement, names: dict[str | None, str], movers: Href) -> list[dict[str, Any]]:
    found = []
    for key in (*moved.tiers, *moved.former, None):
        look = color(model.by_key[key]) if key in model.by_key else STAYED
        before, after = at(moved, key, 1), at(moved, key, 2)
        if before:
            found.append(
                {
                    "name": f"then:{key}",
                    "depth": 0,
                    "itemStyle": {"color": look},
                    "href": movers(then=key or "-"),
                    "text": f"{names[key]}: {reader().number(before)}",
                    "label": {"position": "left", "formatter": f"{names[key]}  {reader().number(before)}"},
                }
            )
        if after:
            change = after - before
            changed = "" if key is None or not change else f"  {{{'up' if change > 0 else 'down'}|{signed(change)}}}"
            found.append(
                {
                    "name": f"now:{key}",
                    "depth": 1,
                    "itemStyle": {"color": look},
                    "href": movers(now=key or "-"),
                    "text": f"{names[key]}: {reader().number(after)}",
                    "label": {
                        "position": "right",
                        "formatter": f"{names[key]}  {reader().number(after)}{changed}",
                        "rich": {"up": {"color": "var(--tl-good)"}, "down": {"color": "var(--tl-bad)"}},
                    },
                }
            )
    return found


def at(moved: Movement, tier: str | None, side: int) -> int:
    """How many had a tier at the end of the first (1) or the second day (2)."""
    return sum(count for then, now, count in moved.flows if (then, now)[side - 1] == tier)


def signed(number: int) -> str:
    return f"{'+' if number > 0 else '−' if number < 0 else '±'}{reader().number(abs(number))}"


def _word(model: TierModel, then: str | None, now: str | None) -> str:
    before, after = model.ranks.get(then or "", 0), model.ranks.get(now or "", 0)
    if not before or not after or before == after:
        return "stayed"
    return "up" if after > before else "down"


def _tone(model: TierModel, then: str | None, now: str | None) -> str:
    return {"up": UP, "down": DOWN, "stayed": STAYED}[_word(model, then, now)]


# -- how scores lie -------------------------------------------------------------------------------------------------------------------
def scores(model: TierModel, found: Histogram, list_of: Callable[[str], str | None]) -> Drawn:
    """Scores in bins, stacked by tier, with a line where each tier begins."""
    tiers = [tier for tier in model.ranked if tier.key in found.counts]
    ranges = [
        f"{reader().number(low.normalize())}–{reader().number(high.normalize())}"
        for low, high in zip(found.edges, found.edges[1:], strict=False)
    ]
    middles = [float((low + high) / 2) for low, high in zip(found.edges, found.edges[1:], strict=False)]
    series = []
    for tier in tiers:
        name = reader().shown(tier.label)
        data = [
            {"name": label, "value": [middle, count], "href": list_of(tier.key), "text": f"{name}: {reader().number(count)}"}
            for label, middle, count in zip(ranges, middles, found.counts[tier.key], strict=True)
        ]
        series.append({"type": "bar", "name": name, "stack": "all", "barWidth": "92%", "data": data, "itemStyle": {"color": color(tier)}})
    lines = [
        {"xAxis": float(tier.from_), "label": {"formatter": f"{reader().shown(tier.label)} {reader().number(tier.from_)}"}}
        for tier in tiers
        if tier.from_ > 0
    ]
    series[0]["markLine"] = {
        "silent": True,
        "symbol": "none",
        "data": lines,
        "lineStyle": {"color": "var(--tl-ink-meta)", "type": "dashed", "width": 1},
        "label": {"color": "var(--tl-ink-second)", "fontSize": 12, "position": "end"},
    }
    option = {
        "grid": {"left": 8, "right": 16, "top": 32, "bottom": 4, "containLabel": True},
        "series": series,
        "xAxis": {"type": "value", "min": 0, "max": 100, "interval": 20, "splitLine": {"show": False}},
        "yAxis": {"type": "value", "minInterval": 1, "splitNumber": 3},
    }
    rows: list[list[Any]] = [
        [label, *(reader().number(found.counts[tier.key][place]) for tier in reversed(tiers))] for place, label in enumerate(ranges)
    ]
    columns = [reader().say(_("Score")), *(reader().shown(tier.label) for tier in reversed(tiers))]
    return Drawn(_("Where the scores lie"), reader().say(_("dashed: where a tier begins")), option, columns, rows)
