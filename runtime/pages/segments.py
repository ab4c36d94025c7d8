"""Segments of an app: what each means in words, who belongs to it and since when, what two have in common, and who uses it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request

from runtime.definitions.segment import Segment
from runtime.errors import FormulaProblems, NotFound, Refused
from runtime.pages.apps import find_app
from runtime.pages.rule_words import in_words
from runtime.pages.run_words import SOURCES
from runtime.pages.segment_charts import members_line
from runtime.pages.web import reader, reading, signed_in
from runtime.people.may import may
from runtime.records import query
from runtime.records.guard import require_readable
from runtime.segments import figures
from runtime.segments.combining import WAYS, counted, named
from runtime.segments.figures import Count, Move
from runtime.segments.members import FILLING, LARGE, rule
from runtime.segments.uses import users
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("segments", __name__)

PERIODS = (30, 90, 365)
FOLDERS = {
    "form": "forms",
    "tag_set": "tags",
    "tier_model": "tiers",
    "segment": "segments",
    "automation": "automations",
    "view": "views",
    "dashboard": "dashboards",
    "permission_set": "access",
}
USERS: dict[str, Message] = {
    "view": _("Views"),
    "automation": _("Automations"),
    "permission_set": _("Permissions"),
    "tier_model": _("Tier models"),
    "segment": _("Segments"),
    "tag_set": _("Tag dictionaries"),
    "dashboard": _("Dashboards"),
    "form": _("Forms"),
}


@blueprint.get("/apps/<app>/-/segments")
@signed_in
def listed(app: str) -> str:
    """All segments of the app; ?a= and ?b= choose two to be combined."""
    with reading() as act:
        found, segments = find_app(act, app), segments_of(act, app)
        counts = figures.counts(act, segments)
        return render_template(
            "segments.html",
            app=found,
            builder=_designs(app),
            lines=[_line(act, app, each, counts[each.key]) for each in segments],
            choices=[(each.key, reader().shown(each.label), reader().shown(act.catalogue.forms[each.form].label)) for each in segments],
            pair=_pair(act, app, segments, counts),
            chosen=request.args,
        )


@blueprint.get("/apps/<app>/-/segments/<key>")
@signed_in
def one(app: str, key: str) -> str:
    """One segment: ?days= is how far back its members are shown."""
    with reading() as act:
        found, segments = find_app(act, app), segments_of(act, app)
        segment = next((each for each in segments if each.key == key), None)
        if segment is None:
            raise NotFound(_("There is no segment with the key {key}.", key=key))
        counts = figures.counts(act, [each for each in segments if each.form == segment.form])
        days = next((each for each in PERIODS if request.args.get("days") == str(each)), 90)
        count, base = counts[key], f"/apps/{app}/-/segments/{key}"
        return render_template(
            "segment.html",
            app=found,
            builder=_designs(segment.app or app),
            form=act.catalogue.forms[segment.form],
            segment=segment,
            line=_line(act, app, segment, count),
            chart=members_line(segment, figures.line(act, segment, count, days)) if count.kept else None,
            periods=[
                {"label": reader().say(_("{n} days", n=each)), "href": f"{base}?days={each}", "active": each == days} for each in PERIODS
            ],
            entered=_moves(act, app, segment, figures.entered(act, segment)) if count.kept else [],
            left=_moves(act, app, segment, figures.left(act, segment)) if count.kept else [],
            overlaps=[_overlap(app, segment, each) for each in figures.overlaps(act, segment, counts)],
            others=len(counts) - 1,
            users=_users(act, app, segment),
            export=f"/apps/{app}/{segment.form}/export?{_filter(figures.asked(segment))}"
            if may(g.person, "export", segment.form)
            else None,
        )


def segments_of(act: Act, app: str) -> list[Segment]:
    """The segments of an app whose forms the person may see, by name."""
    found = [each for each in figures.seen_segments(act) if each.app in (None, app)]
    return sorted(found, key=lambda each: (each.form, reader().shown(each.label)))


def _designs(app: str) -> bool:
    return may(g.person, "build", app=app)


def _filter(text: str) -> str:
    return urlencode({"filter": text})


# -- one line -------------------------------------------------------------------------------------------------------------------------
def _line(act: Act, app: str, segment: Segment, count: Count) -> dict[str, Any]:
    words, text = _meaning(act, segment)
    return {
        "key": segment.key,
        "label": segment.label,
        "form": act.catalogue.forms[segment.form].label,
        "href": f"/apps/{app}/-/segments/{segment.key}",
        "list": f"/apps/{app}/{segment.form}?{_filter(figures.asked(segment))}",
        "words": words,
        "formula": text,
        "count": reader().number(query.COUNTED) + "+" if count.bounded else reader().number(count.members),
        "kept": count.kept,
        "state": reader().say(_state(count)) if not count.kept else None,
        "change": count.change,
        "entered": count.entered,
        "left": count.left,
        "began": count.began,
        "compared": count.at,
        "took": count.took,
        "used": len(_seen_users(act, app, segment)),
    }


def _state(count: Count) -> Message:
    if count.state == LARGE:
        return _("Too many members to keep them over time; they are counted by the rule.")
    if count.state == FILLING:
        return _("The first members are being found.")
    return _("From tonight on it is kept who comes and goes.")


def _meaning(act: Act, segment: Segment) -> tuple[str | None, str | None]:
    """The rule in words, and as it stands; neither where it reads what the person may not see."""
    try:
        asked = rule(act.catalogue, segment)
        require_readable(act, segment.form, asked)
        return in_words(act.catalogue, segment.form, asked), segment.where
    except FormulaProblems:
        return None, segment.where
    except Refused:
        return None, None


# -- who came and went ------------------------------------------------------------------------------------------------------------------
def _moves(act: Act, app: str, segment: Segment, moves: list[Move]) -> list[dict[str, Any]]:
    form = act.catalogue.forms[segment.form]
    titles = query.titles(act, {form.key: {each.record for each in moves}})
    return [
        {
            "title": titles.get((form.key, each.record)) or f"#{each.record}",
            "href": f"/apps/{app}/{form.key}/{each.record}",
            "at": each.at,
            "source": reader().say(SOURCES[each.source]) if each.source in SOURCES else "",
        }
        for each in moves
    ]


def _overlap(app: str, segment: Segment, each: figures.Overlap) -> dict[str, Any]:
    both = f"{figures.asked(segment)} and {figures.asked(each.segment)}"
    return {
        "label": each.segment.label,
        "href": f"/apps/{app}/-/segments/{each.segment.key}",
        "both": reader().number(each.both),
        "list": f"/apps/{app}/{segment.form}?{_filter(both)}",
        "share": reader().share(each.share),
        "jaccard": each.jaccard,
        "alike": reader().share(each.jaccard),
        "combine": f"/apps/{app}/-/segments?{urlencode({'a': segment.key, 'b': each.segment.key})}#combine",
    }


# -- who uses it --------------------------------------------------------------------------------------------------------------------------
def _seen_users(act: Act, app: str, segment: Segment) -> list[Any]:
    """Who uses it, without the sets of rights for those who do not make them."""
    every = users(act.catalogue).get(segment.key, [])
    return [each for each in every if _designs(each.app or app) or each.kind != "permission_set"]


def _users(act: Act, app: str, segment: Segment) -> list[tuple[str, list[dict[str, Any]]]]:
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in USERS}
    for each in _seen_users(act, app, segment):
        found.setdefault(each.kind, []).append({"label": each.label, "href": _address(app, each)})
    return [(reader().say(USERS.get(kind, _("definition"))), some) for kind, some in found.items() if some]


def _address(app: str, user: Any) -> str | None:
    """Where somebody who builds changes it; others are led to the view, and to another segment."""
    if _designs(user.app or app) and user.kind in FOLDERS:
        return f"/build/{user.app or app}/{FOLDERS[user.kind]}/{user.key}"
    if user.kind == "view":
        return f"/apps/{app}/{user.form}?view={user.key}"
    return f"/apps/{app}/-/segments/{user.key}" if user.kind == "segment" else None


# -- two of them --------------------------------------------------------------------------------------------------------------------------
def _pair(act: Act, app: str, segments: list[Segment], counts: dict[str, Count]) -> dict[str, Any] | None:
    """What comes of the two that the address names, or the sentence why nothing does."""
    by_key = {each.key: each for each in segments}
    one, other = (by_key.get(request.args.get(name, "")) for name in ("a", "b"))
    if one is None or other is None:
        return {"problem": reader().say(_("Choose two segments."))} if request.args.get("a") or request.args.get("b") else None
    if one.form != other.form:
        return {"problem": reader().say(_("These are segments of two forms, which have no records in common. Choose two of one form."))}
    if one.key == other.key:
        return {"problem": reader().say(_("Choose two different segments."))}
    both = figures.both(act, one, other, counts)
    lines = []
    for way in WAYS:
        text = named(way, one.key, other.key)
        lines.append(
            {
                "way": way,
                "label": reader().say(Message(WAYS[way].words.text, {"a": reader().shown(one.label), "b": reader().shown(other.label)})),
                "sign": WAYS[way].sign,
                "count": _counted(way, counts[one.key], counts[other.key], both),
                "list": f"/apps/{app}/{one.form}?{_filter(text)}",
                "formula": text,
            }
        )
    return {"a": one, "b": other, "lines": lines}


def _counted(way: str, one: Count, other: Count, both: int) -> str:
    exact = not one.bounded and not other.bounded and both <= query.COUNTED or (one.kept and other.kept)
    return reader().number(counted(way, one.members, other.members, both)) if exact else reader().number(query.COUNTED) + "+"
