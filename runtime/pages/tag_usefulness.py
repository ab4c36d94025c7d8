"""How useful the tags of a dictionary are: what to merge, split or drop, each with the button that does it, and the figures behind it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from runtime.definitions.tag_set import TagSet
from runtime.errors import FormulaProblems
from runtime.pages import jobs as job_pages
from runtime.pages.tag_frame import Frame, need_frame, pill
from runtime.pages.tier_charts import Drawn
from runtime.pages.web import go_to, reader, reading, signed_in, writing
from runtime.system import clock, jobs
from runtime.system.workspace import Act
from runtime.tags import requests, usefulness
from runtime.tags.usefulness import Figures, Meter
from runtime.tags.verdicts import ORDER, SPLIT_FROM, Verdict, verdicts
from runtime.texts import Message, _

blueprint = Blueprint("tag_usefulness", __name__)

NAMES: dict[str, Message] = {"merge": _("merge"), "split": _("split"), "drop": _("drop"), "idle": _("give it a task"), "keep": _("keep")}
TONES = {"merge": "care", "split": "care", "drop": "bad", "idle": "quiet", "keep": "good"}
USED, CARE = "var(--tl-accent)", "var(--tl-care-chart)"


@blueprint.get("/apps/<app>/-/tags/usefulness")
@signed_in
def shown(app: str) -> str:
    with reading() as act:
        here = need_frame(act, app)
        requests.need_approver(act, here.set)
        return _page(act, here)


def _page(act: Act, here: Frame, outcome: str | None = None, problem: str | None = None) -> str:
    meter = usefulness.newest(act, here.set)
    judged = verdicts(here.set, meter) if meter is not None else []
    job = request.args.get("job", "")
    row = jobs.find(act.connection, int(job)) if job.isdecimal() and len(job) < 17 else None
    return render_template(
        "tag_usefulness.html",
        app=here.app,
        here=here,
        set=here.set,
        form=here.form,
        meter=meter,
        measured=clock.from_micros(meter.at) if meter is not None else None,
        job=job_pages.line(row, _("Measuring the tags")) if row is not None and row.state != "done" else None,
        groups=[(NAMES[what], TONES[what], [_told(here, meter, each) for each in judged if each.what == what]) for what in ORDER]
        if meter
        else [],
        counts={what: sum(each.what == what for each in judged) for what in ORDER},
        coverage=_coverage(here, meter) if meter is not None else None,
        lift=_lift(here, meter) if meter is not None and meter.outcome else None,
        facts=facts(act, here.set),
        outcome=outcome or (meter.outcome if meter is not None else None) or here.set.outcome or "",
        problem=problem,
    )


@blueprint.post("/apps/<app>/-/tags/usefulness")
@signed_in
def measure(app: str) -> Any:
    outcome = (request.form.get("formula", "").strip() or request.form.get("outcome", "")).strip() or None
    try:
        with writing() as act:
            here = need_frame(act, app)
            requests.need_approver(act, here.set)
            if outcome is not None:
                usefulness.check(act, here.set, outcome)
            job = usefulness.queue(act, here.set.key, outcome)
    except FormulaProblems as error:
        with reading() as act:
            return _page(act, need_frame(act, app), outcome, reader().say(error.message)), 422
    return go_to(here.href("/usefulness", job=job))


def facts(act: Act, tags: TagSet) -> list[tuple[str, str]]:
    """The yes and no that can be chosen: that of the dictionary, segments, and fields that are one."""
    found = [(tags.outcome, reader().say(_("what the dictionary hopes for")))] if tags.outcome else []
    for segment in act.catalogue.segments.values():
        if segment.form == tags.form:
            found.append((f"IN_SEGMENT('{segment.key}')", reader().say(_("is in the segment “{name}”", name=segment.label))))
    for each in act.catalogue.forms[tags.form].fields:
        if each.stores in ("column", "computed") and each.formula_type().kind == "boolean":
            found.append((each.key, reader().shown(each.label)))
    return found


# -- in words -----------------------------------------------------------------------------------------------------------------------
def _told(here: Frame, meter: Meter, verdict: Verdict) -> dict[str, Any]:
    tag, figures = here.set.by_key[verdict.tag], meter.tags[verdict.tag]
    href, label = _remedy(here, verdict)
    return {
        **pill(tag),
        "page": here.href(f"/of/{tag.key}"),
        "reason": reader().say(verdict.reason),
        "records": figures.records,
        "coverage": reader().share(figures.coverage),
        "entropy": f"{figures.entropy:.2f}",
        "own": f"{figures.own:.2f}",
        "nearest": _nearest(here, figures),
        "last": clock.from_micros(figures.last),
        "recent": figures.given_30,
        "used": len(figures.consumers),
        "lift": _words(figures) if meter.outcome else None,
        "href": href,
        "action": reader().say(label) if label is not None else None,
        "archive": verdict.what == "drop",
    }


def _remedy(here: Frame, verdict: Verdict) -> tuple[str | None, Message | None]:
    """The address and the words of the button that does what is proposed."""
    if verdict.what == "merge":
        return here.href(f"/of/{verdict.tag}", into=verdict.other), _("Merge …")
    if verdict.what == "split":
        return here.href("/requests/new", family=here.set.by_key[verdict.tag].family), _("Ask for a finer tag")
    if verdict.what == "drop":
        return here.href(f"/of/{verdict.tag}"), _("Archive")
    return (here.href(f"/of/{verdict.tag}"), _("Look")) if verdict.what == "idle" else (None, None)


def _nearest(here: Frame, figures: Figures) -> str:
    known = [(here.set.by_key[other].label, overlap) for other, _both, overlap in figures.nearest if other in here.set.by_key]
    return "" if not known else f"{reader().shown(known[0][0])} {reader().share(known[0][1])}"


def _words(figures: Figures) -> str:
    lift = figures.lift
    if lift is None:
        return reader().say(_("nobody to compare"))
    points = f"{lift.difference * 100:+.0f}".replace("-", "−")
    span = f"{lift.low * 100:+.0f} … {lift.high * 100:+.0f}".replace("-", "−")
    if not lift.is_clear:
        return reader().say(_("too early to tell ({span} points)", span=span))
    return reader().say(_("{points} points ({span})", points=points, span=span))


# -- pictures -------------------------------------------------------------------------------------------------------------------------
def _coverage(here: Frame, meter: Meter) -> Drawn:
    """Sorted bars; those that tell hardly anybody apart stand out."""
    ranked = sorted(meter.tags.values(), key=lambda each: each.coverage)
    names = [reader().shown(here.set.by_key[each.tag].label) for each in ranked]
    data = [
        {
            "value": round(each.coverage, 4),
            "text": f"{name}: {reader().number(each.records)} · {reader().share(each.coverage)}",
            "href": here.href(f"/of/{each.tag}"),
            "label": {"formatter": reader().share(each.coverage)},
            "itemStyle": {"color": CARE if each.coverage > SPLIT_FROM else USED, "borderRadius": [0, 3, 3, 0]},
        }
        for each, name in zip(ranked, names, strict=True)
    ]
    option = {
        **_axes(names),
        "xAxis": {"type": "value", "min": 0, "max": 1, "axisLabel": {"show": False}, "splitLine": {"show": False}},
        "series": [
            {"type": "bar", "data": data, "barMaxWidth": 16, "label": {"show": True, "position": "right", "color": "var(--tl-ink-second)"}}
        ],
    }
    rows = [
        [name, reader().number(each.records), reader().share(each.coverage), f"{each.entropy:.2f}", f"{each.own:.2f}"]
        for each, name in zip(reversed(ranked), reversed(names), strict=True)
    ]
    columns = [reader().say(each) for each in (_("Tag"), _("Records"), _("Share"), _("Information (bits)"), _("Its own (bits)"))]
    return Drawn(
        _("How many records does each tag cover?"), reader().say(_("share of all records")), option if data else None, columns, rows
    )


def _lift(here: Frame, meter: Meter) -> Drawn:
    """A dot with its interval for each tag, around the line of no difference."""
    found = sorted(
        [each for each in meter.tags.values() if each.lift is not None], key=lambda each: each.lift.difference if each.lift else 0
    )
    names = [reader().shown(here.set.by_key[each.tag].label) for each in found]
    dots, series, rows = [], [], []
    for place, (each, name) in enumerate(zip(found, names, strict=True)):
        lift = each.lift
        assert lift is not None
        color = USED if lift.is_clear else "var(--tl-chart-neutral)"
        said = f"{name}: {_words(each)}"
        dots.append(
            {
                "value": [round(lift.difference * 100, 2), place],
                "text": said,
                "itemStyle": {"color": color},
                "href": here.href(f"/of/{each.tag}"),
            }
        )
        whisker = [[round(lift.low * 100, 2), place], [round(lift.high * 100, 2), place]]
        series.append(
            {
                "type": "line",
                "data": whisker,
                "symbol": "none",
                "silent": True,
                "lineStyle": {"color": color, "width": 2},
                "tooltip": {"show": False},
            }
        )
        rows.append([name, f"{lift.yes:,} / {lift.with_tag:,}", f"{lift.other_yes:,} / {lift.without_tag:,}", _words(each)])
    line = {
        "silent": True,
        "symbol": "none",
        "data": [{"xAxis": 0, "label": {"show": False}}],
        "lineStyle": {"color": "var(--tl-ink-meta)", "type": "dashed"},
    }
    option = {
        **_axes(names),
        "xAxis": {"type": "value", "splitNumber": 4, "axisLabel": {"formatter": "{value}"}},
        "series": [*series, {"type": "scatter", "data": dots, "symbolSize": 10, "markLine": line}],
    }
    columns = [reader().say(each) for each in (_("Tag"), _("Holds with the tag"), _("Holds without it"), _("Difference"))]
    note = reader().say(_("percentage points, 95% interval; it says what goes together, not why"))
    return Drawn(_("Where does the fact hold more often?"), note, option if dots else None, columns, list(reversed(rows)))


def _axes(names: list[str]) -> dict[str, Any]:
    return {
        "grid": {"left": 4, "right": 52, "top": 8, "bottom": 4, "containLabel": True},
        "yAxis": {
            "type": "category",
            "data": names,
            "axisLine": {"show": False},
            "axisTick": {"show": False},
            "axisLabel": {"color": "var(--tl-ink)"},
        },
    }
