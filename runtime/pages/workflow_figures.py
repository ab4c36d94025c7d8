"""How long approvals of an app take, where they wait and how they end; per person only for those who administer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request

from runtime.errors import NotFound
from runtime.pages.apps import find_app
from runtime.pages.approval_parts import name_of as node_name
from runtime.pages.effect import days_asked
from runtime.pages.record_flows import STATUS
from runtime.pages.tier_charts import Drawn
from runtime.pages.web import designer_only, reader, reading
from runtime.pages.workflow_runs import flows_of_app, midnight, span
from runtime.people.may import may
from runtime.texts import Message, _
from runtime.workflow import statistics
from runtime.workflow.statistics import Figures

blueprint = Blueprint("workflow_figures", __name__)

DAY = 86_400_000_000
COLUMNS: tuple[Message, ...] = (
    _("Times"),
    _("Half took at most"),
    _("Nine in ten took at most"),
    _("Together"),
    _("Returned"),
    _("Rejected"),
    _("Overdue"),
    _("Open now"),
)


@blueprint.get("/apps/<app>/-/workflows/statistics")
@designer_only
def figures(app: str) -> str:
    """?workflow= from= to= (days on which runs began) node= (people at one node)"""
    with reading() as act:
        found_app, flows = find_app(act, app), flows_of_app(act, app)
        key = request.args.get("workflow") or next(iter(flows), None)
        if key is not None and key not in flows:
            raise NotFound(_("There is no workflow with the key {key}.", key=key))
        first, last = days_asked(act)
        since, until = midnight(act, first), midnight(act, last + timedelta(days=1))
        node, administers = request.args.get("node") or None, may(g.person, "administer")
        runs = f"/apps/{app}/-/workflows"
        kept = {"workflow": key or "", "since": first.isoformat(), "until": last.isoformat()}
        nodes = statistics.of_nodes(act, key, since, until) if key else []
        people = statistics.of_people(act, key, since, until, node) if key and administers else []
        whole = statistics.of_runs(act, key, since, until) if key else None
        reader().know_people(each.key for each in people)
        flow = flows.get(key or "")
        return render_template(
            "workflows/statistics.html",
            app=found_app,
            base=runs,
            here=f"{runs}/statistics",
            flows=[(each, reader().shown(one.label)) for each, one in flows.items()],
            workflow=key,
            first=first,
            last=last,
            today=act.today,
            node=node,
            node_label=node_name(flow, node) if flow is not None and node else "",
            whole=None if whole is None or not whole.count else _whole(whole, runs, kept, administers),
            nodes=None
            if flow is None or not nodes
            else _drawn(nodes, lambda one: node_name(flow, one), _("Where does it wait?"), runs, kept, "node", administers),
            people=_drawn(people, reader().person_name, _("For whom does it wait?"), runs, kept, "person", administers) if people else None,
            columns=[reader().say(each) for each in COLUMNS],
            bottleneck=_bottleneck(flow, nodes, whole),
            administers=administers,
        )


def _whole(whole: statistics.Whole, runs: str, kept: dict[str, str], links: bool) -> dict[str, Any]:
    return {
        "count": whole.count,
        "median": None if whole.median is None else span(whole.median),
        "ninth": None if whole.ninth is None else span(whole.ninth),
        "states": [
            {
                "label": reader().say(STATUS[key][0]),
                "tone": STATUS[key][1],
                "count": reader().number(whole.states[key]),
                "share": reader().share(whole.states[key], whole.count),
                "href": f"{runs}?{urlencode({**kept, 'state': key})}" if links else None,
            }
            for key in STATUS
            if whole.states.get(key)
        ],
    }


def _bottleneck(flow: Any, nodes: list[Figures], whole: Any) -> dict[str, str] | None:
    """The node at which more than a third of all waiting was done, where there is more than one."""
    total = sum(each.waited for each in nodes)
    if flow is None or len(nodes) < 2 or not total or nodes[0].waited * 3 < total:
        return None
    return {"node": node_name(flow, nodes[0].key), "share": reader().share(nodes[0].waited, total)}


def _drawn(found: list[Figures], named: Any, title: Message, runs: str, kept: dict[str, str], what: str, links: bool) -> dict[str, Any]:
    """Sorted bars of the time waited together, the longest highlighted, and the same as a table."""
    lines = [
        {
            "key": each.key,
            "label": named(each.key),
            "href": f"{runs}?{urlencode({**kept, what: each.key})}" if links else None,
            "cells": _cells(each),
        }
        for each in found
    ]
    data = [
        {
            "value": each.waited / DAY,
            "text": f"{line['label']}: {span(each.waited)}",
            "label": {"formatter": span(each.waited)},
            "itemStyle": {"color": "var(--tl-accent)" if place == 0 else "var(--tl-chart-neutral)", "borderRadius": [0, 3, 3, 0]},
            **({"href": line["href"]} if line["href"] else {}),
        }
        for place, (each, line) in enumerate(zip(found, lines, strict=True))
    ][:20]
    option = {
        "grid": {"left": 4, "right": 84, "top": 4, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "value", "axisLabel": {"show": False}, "splitLine": {"show": False}, "axisLine": {"show": False}},
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": [line["label"] for line in lines[:20]],
            "axisLine": {"show": False},
            "axisLabel": {"color": "var(--tl-ink)", "width": 140, "overflow": "truncate"},
        },
        "series": [
            {"type": "bar", "data": data, "barMaxWidth": 18, "label": {"show": True, "position": "right", "color": "var(--tl-ink-second)"}}
        ],
    }
    return {"drawn": Drawn(title, "", option), "lines": lines}


def _cells(each: Figures) -> list[str]:
    number, share = reader().number, reader().share
    return [
        number(each.count),
        "–" if each.median is None else span(each.median),
        "–" if each.ninth is None else span(each.ninth),
        span(each.waited),
        *(
            f"{number(getattr(each, name))} ({share(each.share(name))})" if getattr(each, name) else "0"
            for name in ("returned", "rejected", "overdue")
        ),
        number(each.waiting),
    ]
