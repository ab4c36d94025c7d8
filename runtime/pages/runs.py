"""The run log of an app: what automations did, for whom and why, the latest failures on top; running again, cancelling, pausing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, render_template, request

from runtime.automation import log, tending
from runtime.automation.run_rows import UNFINISHED
from runtime.automation.tending import AGAIN
from runtime.effect.experiments import experiments
from runtime.errors import NotFound
from runtime.pages.apps import find_app
from runtime.pages.run_words import STATES, about_of, label_of, state_of, why_of
from runtime.pages.web import done, reader, reading, signed_in, writing
from runtime.people.may import may, require
from runtime.records import query
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("runs", __name__)

ROWS = 50
ON_TOP = 3
RECENT = timedelta(days=7)
MOST_AT_ONCE = 10_000


@dataclass(frozen=True)
class Line:
    """One run as a sentence."""

    id: int
    href: str
    automation: str
    about: str
    about_href: str | None
    why: str
    state: dict[str, str]
    reason: str
    at: datetime | None
    again: bool
    open: bool


# -- the log --------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/runs")
@signed_in
def run_log(app: str) -> str:
    """Runs, newest first: ?automation=&state=&since=&until=&before="""
    with reading() as act:
        found_app = find_app(act, app)
        asked = Asked.of_request(act, app)
        found = asked.runs(act, asked.state, asked.before, ROWS)
        failures = asked.runs(act, "failed", None, ON_TOP, act.now - RECENT).runs if asked.state is None and not asked.before else []
        on_top = {each.id for each in failures}
        return render_template(
            "runs.html",
            app=found_app,
            lines=lines_of(act, app, [each for each in found.runs if each.id not in on_top]),
            failures=lines_of(act, app, failures),
            failed=found.counts.get("failed", 0),
            total=sum(found.counts.values()),
            states=_tabs(app, asked, found.counts),
            automations=_automations(act, app),
            asked=asked,
            automation=asked.automation,
            state=asked.state,
            broken=_broken(act, app),
            standing=_paused(act, app, asked.automation),
            experiment=_experiment(act, app, asked.automation),
            failed_href=asked.href(app, state="failed"),
            next_href=asked.href(app, before=found.next) if found.next is not None else None,
            first_href=asked.href(app) if asked.before else None,
            may_tend=may(g.person, "build"),
        )


@dataclass(frozen=True)
class Asked:
    """What the log is narrowed to. `others` are the automations of other apps, which this log leaves out."""

    automation: str | None
    state: str | None
    since: date | None
    until: date | None
    before: int | None
    others: tuple[str, ...]

    @classmethod
    def of_request(cls, act: Act, app: str) -> Asked:
        given = request.form if request.method == "POST" else request.args
        state, before = given.get("state") or None, given.get("before", "")
        if state is not None and state not in STATES:
            raise NotFound(_("There is no such state of a run."))
        others = tuple(key for key, each in act.catalogue.automations.items() if each.app not in (None, app))
        return cls(
            given.get("automation") or None,
            state,
            _day(given.get("since")),
            _day(given.get("until")),
            int(before) if before.isdecimal() else None,
            others,
        )

    def runs(self, act: Act, state: str | None, before: int | None, limit: int, since: datetime | None = None) -> log.Runs:
        first = since if since is not None else None if self.since is None else _midnight(act, self.since)
        last = None if self.until is None else _midnight(act, self.until + timedelta(days=1))
        return log.runs(
            act,
            self.automation,
            state,
            None,
            before,
            limit,
            since=first,
            until=last,
            without=None if self.automation else list(self.others),
        )

    @property
    def narrowed(self) -> dict[str, str]:
        """But for the state, as an address has it."""
        days = {name: "" if day is None else day.isoformat() for name, day in (("since", self.since), ("until", self.until))}
        return {name: value for name, value in {"automation": self.automation or "", **days}.items() if value}

    def href(self, app: str, **wanted: Any) -> str:
        given = {**self.narrowed, **({"state": self.state} if self.state else {}), **wanted}
        return _href(app, **{name: value for name, value in given.items() if value})


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise NotFound(_("Give a day like 2024-01-31.")) from None


def _midnight(act: Act, day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), act.zone)


def lines_of(act: Act, app: str, found: list[log.Run]) -> list[Line]:
    wanted: dict[str, set[int]] = {}
    for each in found:
        if each.form in act.catalogue.forms and each.record is not None and may(g.person, "view", each.form, each.record):
            wanted.setdefault(each.form, set()).add(each.record)
    titles = query.titles(act, wanted)
    return [_line(act, app, each, titles) for each in found]


def _line(act: Act, app: str, run: log.Run, titles: dict[tuple[str, int], str]) -> Line:
    about, about_href = about_of(act, app, run.form, run.record, titles)
    return Line(
        run.id,
        f"/apps/{app}/-/runs/{run.id}",
        label_of(act, run.automation),
        about,
        about_href,
        why_of(run.trigger, run.source),
        state_of(run.state),
        reader().shown(run.reason) if run.reason else "",
        run.started_at or run.created_at,
        run.state in AGAIN,
        run.state in UNFINISHED,
    )


def _automations(act: Act, app: str) -> list[dict[str, Any]]:
    return [
        {"key": key, "label": reader().shown(each.label), "enabled": each.enabled}
        for key, each in act.catalogue.automations.items()
        if each.app in (None, app)
    ]


def _broken(act: Act, app: str) -> list[dict[str, Any]]:
    """Automations of the app that are off because something they need is gone."""
    return [
        {"key": key, "label": label_of(act, key), "message": reader().say(problems[0].message)}
        for key, problems in log.broken(act).items()
        if act.catalogue.automations[key].app in (None, app)
    ]


def _experiment(act: Act, app: str, automation: str | None) -> str | None:
    """The page of the automation's experiment, or of all of the app where there are any."""
    known = {each.key for each in experiments(act, app)}
    if automation is None:
        return f"/apps/{app}/-/experiments" if known else None
    return f"/apps/{app}/-/experiments/{automation}" if automation in known else None


def _paused(act: Act, app: str, automation: str | None) -> list[dict[str, Any]]:
    """Automations of the app that somebody, or they themselves, let stand still."""
    found = []
    for key, each in tending.paused(act).items():
        if act.catalogue.automations[key].app in (None, app) and automation in (None, key):
            if each.by is not None:
                reader().know_people([each.by])
            found.append(
                {
                    "key": key,
                    "label": label_of(act, key),
                    "by": reader().person_name(each.by) if each.by is not None else "",
                    "reason": reader().shown(each.reason) if each.reason else "",
                }
            )
    return found


def _tabs(app: str, asked: Asked, counts: dict[str, int]) -> list[dict[str, Any]]:
    every = f"{reader().say(_('All'))} {reader().number(sum(counts.values()))}"
    found = [{"label": every, "href": _href(app, **asked.narrowed), "active": asked.state is None}]
    for key, (label, _tone, _icon) in STATES.items():
        if counts.get(key) or key == asked.state:
            text = reader().say(label)
            found.append(
                {
                    "label": f"{text[:1].upper()}{text[1:]} {reader().number(counts.get(key, 0))}",
                    "href": _href(app, **asked.narrowed, state=key),
                    "active": asked.state == key,
                }
            )
    return found


def _href(app: str, **wanted: Any) -> str:
    given = {name: value for name, value in wanted.items() if value}
    return f"/apps/{app}/-/runs" + (f"?{urlencode(given)}" if given else "")


@blueprint.post("/apps/<app>/-/runs/<int:run>/retry")
@signed_in
def retry(app: str, run: int) -> Any:
    with writing() as act:
        find_app(act, app)
        tending.retry(act, run)
    return done(f"/apps/{app}/-/runs/{run}", _("The run goes on from the step at which it stood."))


@blueprint.post("/apps/<app>/-/runs/<int:run>/cancel")
@signed_in
def cancel(app: str, run: int) -> Any:
    with writing() as act:
        find_app(act, app)
        if not tending.cancel(act, [run]):
            raise NotFound(_("This run has ended already."))
    return done(f"/apps/{app}/-/runs/{run}", _("The run is cancelled. What its steps did stays."))


@blueprint.post("/apps/<app>/-/runs/tend")
@signed_in
def tend(app: str) -> Any:
    """Runs again or cancels many: those that are ticked, or with `all` every one that the log is narrowed to."""
    act_on, wanted = request.form.get("what"), [int(each) for each in request.form.getlist("run") if each.isdecimal()]
    with writing() as act:
        find_app(act, app)
        require(g.person, "build")
        asked = Asked.of_request(act, app)
        if request.form.get("all"):
            wanted = _all_of(act, asked, AGAIN if act_on == "again" else UNFINISHED)
        count = tending.replay(act, wanted) if act_on == "again" else tending.cancel(act, wanted) if act_on == "cancel" else 0
    words = _("{n} runs go on from where they stood.", n=count) if act_on == "again" else _("{n} runs are cancelled.", n=count)
    return done(asked.href(app), words if count else _("No run was ticked that this can be done with."))


def _all_of(act: Act, asked: Asked, states: tuple[str, ...]) -> list[int]:
    """Page by page the runs in these states, as many as can be tended at once."""
    found: list[int] = []
    for state in states if asked.state is None else [each for each in states if each == asked.state]:
        cursor: int | None = None
        while len(found) < MOST_AT_ONCE:
            page = asked.runs(act, state, cursor, log.MOST)
            found += [each.id for each in page.runs]
            cursor = page.next
            if cursor is None:
                break
    return found[:MOST_AT_ONCE]


@blueprint.post("/apps/<app>/-/runs/pause")
@signed_in
def pause(app: str) -> Any:
    """Lets an automation stand still, or go on with what waits: {automation, on}."""
    key = request.form.get("automation", "")
    with writing() as act:
        find_app(act, app)
        if request.form.get("on"):
            tending.resume(act, key)
        else:
            tending.pause(act, key)
    words = (
        _("The automation goes on with what waits.")
        if request.form.get("on")
        else _("The automation stands still until somebody lets it go on.")
    )
    return done(_href(app, automation=key), words)
