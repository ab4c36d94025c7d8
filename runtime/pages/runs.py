"""The run log of an app: what automations did, for whom and why, the latest failures on top; each run with its steps."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import Blueprint, g, render_template, request

from runtime.automation import log, runs
from runtime.automation.listening import version_of
from runtime.automation.starting import in_whose_name, owner_of
from runtime.automation.words import field_label, sentence
from runtime.definitions.automation import Automation
from runtime.effect.experiments import experiments
from runtime.errors import NotFound
from runtime.pages.apps import find_app
from runtime.pages.web import done, reader, reading, signed_in, writing
from runtime.people.may import may, require
from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.system import clock
from runtime.system.tables import automation_run
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("runs", __name__)

ROWS = 50
ON_TOP = 3
RECENT = timedelta(days=7)
AGAIN = ("failed", "stopped")
STATES: dict[str, tuple[Message, str, str]] = {
    "waiting": (_("waiting"), "quiet", "clock"),
    "running": (_("running"), "accent", "player-play"),
    "done": (_("done"), "good", "check"),
    "skipped": (_("nothing to do"), "quiet", "player-skip-forward"),
    "held_out": (_("held out"), "quiet", "users-group"),
    "failed": (_("failed"), "bad", "alert-circle"),
    "stopped": (_("stopped"), "care", "player-stop"),
}
"""Each state of a run in words, with its tone and icon."""
STEP_STATES: dict[str, tuple[Message, str, str]] = {
    "started": (_("under way"), "accent", "player-play"),
    **{key: STATES[key] for key in ("done", "skipped", "failed")},
}
TRIGGERS: dict[str, Message] = {
    "record_created": _("a new record"),
    "record_updated": _("a changed record"),
    "tier_changed": _("a changed tier"),
    "tier_grace": _("a grace period"),
    "form_submitted": _("a public form"),
    "segment_entered": _("entering a segment"),
    "segment_left": _("leaving a segment"),
    "date_field": _("a date of the record"),
    "schedule": _("the clock"),
}
SOURCES: dict[str, Message] = {
    "form": _("entered by hand"),
    "public_form": _("from a public form"),
    "api": _("through the interface"),
    "import": _("from an import"),
    "automation": _("by an automation"),
    "workflow": _("by a workflow"),
    "schedule": _("in the nightly run"),
    "merge": _("after a merge"),
    "publish": _("after publishing"),
    "undo": _("after an undo"),
}


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


# -- the log --------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/runs")
@signed_in
def run_log(app: str) -> str:
    """Runs, newest first: ?automation=&state=&before="""
    with reading() as act:
        found_app = find_app(act, app)
        require(g.person, "build")
        automation, state, before = (
            request.args.get("automation") or None,
            request.args.get("state") or None,
            request.args.get("before", ""),
        )
        if state is not None and state not in STATES:
            raise NotFound(_("There is no such state of a run."))
        mine = _of_app(act, app) if automation is None else [automation_run.c.automation == automation]
        counts = _counts(act, mine)
        wanted = [
            *mine,
            *([automation_run.c.state == state] if state else []),
            *([automation_run.c.id < int(before)] if before.isdecimal() else []),
        ]
        rows = _rows(act, wanted, ROWS + 1)
        failures = _failures(act, mine) if state is None and not before else []
        on_top = {each.id for each in failures}
        lines = _lines(act, app, [each for each in rows[:ROWS] if each.id not in on_top])
        return render_template(
            "runs.html",
            app=found_app,
            lines=lines,
            failures=_lines(act, app, failures),
            failed=counts.get("failed", 0),
            total=sum(counts.values()),
            states=_tabs(app, automation, state, counts),
            automations=_automations(act, app),
            automation=automation,
            state=state,
            broken=_broken(act, app),
            experiment=_experiment(act, app, automation),
            failed_href=_href(app, automation=automation, state="failed"),
            next_href=_href(app, automation=automation, state=state, before=rows[ROWS - 1].id) if len(rows) > ROWS else None,
            first_href=_href(app, automation=automation, state=state) if before else None,
        )


def _of_app(act: Act, app: str) -> list[Any]:
    """Runs of the automations of an app, also of those that are gone: all but those of other apps."""
    others = [key for key, each in act.catalogue.automations.items() if each.app not in (None, app)]
    return [automation_run.c.automation.not_in(others)] if others else []


def _counts(act: Act, conditions: list[Any]) -> dict[str, int]:
    rows = act.connection.execute(sa.select(automation_run.c.state, sa.func.count()).where(*conditions).group_by(automation_run.c.state))
    return {state: count for state, count in rows}


def _rows(act: Act, conditions: list[Any], limit: int) -> list[Any]:
    return list(
        act.connection.execute(sa.select(automation_run).where(*conditions).order_by(automation_run.c.id.desc()).limit(limit)).all()
    )


def _failures(act: Act, conditions: list[Any]) -> list[Any]:
    """The last failures of this week: older ones stay in their place."""
    since = clock.to_micros(act.now - RECENT)
    return _rows(act, [*conditions, automation_run.c.state == "failed", automation_run.c.created_at > since], ON_TOP)


def _lines(act: Act, app: str, rows: list[Any]) -> list[Line]:
    wanted: dict[str, set[int]] = {}
    for row in rows:
        if row.form in act.catalogue.forms and row.record is not None:
            wanted.setdefault(row.form, set()).add(row.record)
    titles = query.titles(act, wanted)
    return [_line(act, app, row, titles) for row in rows]


def _line(act: Act, app: str, row: Any, titles: dict[tuple[str, int], str]) -> Line:
    about, about_href = _about(act, app, row.form, row.record, titles)
    reason = reader().shown(json.loads(row.reason)) if row.reason else ""
    return Line(
        row.id,
        f"/apps/{app}/-/runs/{row.id}",
        _label(act, row.automation),
        about,
        about_href,
        _why(row.trigger, row.source),
        state_of(row.state),
        reason,
        clock.from_micros(row.started_at or row.created_at),
        row.state in AGAIN,
    )


def _about(act: Act, app: str, form: str | None, record: int | None, titles: dict[tuple[str, int], str]) -> tuple[str, str | None]:
    if form is None or record is None:
        return "", None
    seen = form in act.catalogue.forms and may(g.person, "view", form, record)
    return titles.get((form, record), f"#{record}"), f"/apps/{app}/{form}/{record}" if seen else None


def _why(trigger: str, source: str) -> str:
    """What set a run off, in words."""
    words = reader().say(TRIGGERS[trigger]) if trigger in TRIGGERS else trigger
    if trigger == "schedule" or source not in SOURCES:
        return words
    return reader().say(_("{what}, {source}", what=words, source=SOURCES[source]))


def state_of(state: str, words: dict[str, tuple[Message, str, str]] = STATES) -> dict[str, str]:
    label, tone, icon = words.get(state, (Message("{state}", {"state": state}), "quiet", "point"))
    return {"key": state, "label": reader().say(label), "tone": tone, "icon": icon}


def _label(act: Act, key: str) -> str:
    found = act.catalogue.automations.get(key)
    return reader().shown(found.label) if found is not None else key


def _automations(act: Act, app: str) -> list[dict[str, Any]]:
    return [
        {"key": key, "label": reader().shown(each.label), "enabled": each.enabled}
        for key, each in act.catalogue.automations.items()
        if each.app in (None, app)
    ]


def _broken(act: Act, app: str) -> list[dict[str, Any]]:
    """Automations of the app that are off because something they need is gone."""
    return [
        {"key": key, "label": _label(act, key), "message": reader().say(problems[0].message)}
        for key, problems in log.broken(act).items()
        if act.catalogue.automations[key].app in (None, app)
    ]


def _experiment(act: Act, app: str, automation: str | None) -> str | None:
    """The page of the automation's experiment, or of all of the app where there are any."""
    known = {each.key for each in experiments(act, app)}
    if automation is None:
        return f"/apps/{app}/-/experiments" if known else None
    return f"/apps/{app}/-/experiments/{automation}" if automation in known else None


def _tabs(app: str, automation: str | None, state: str | None, counts: dict[str, int]) -> list[dict[str, Any]]:
    found = [
        {
            "label": f"{reader().say(_('All'))} {reader().number(sum(counts.values()))}",
            "href": _href(app, automation=automation),
            "active": state is None,
        }
    ]
    for key, (label, _tone, _icon) in STATES.items():
        if counts.get(key) or key == state:
            text = reader().say(label)
            found.append(
                {
                    "label": f"{text[:1].upper()}{text[1:]} {reader().number(counts.get(key, 0))}",
                    "href": _href(app, automation=automation, state=key),
                    "active": state == key,
                }
            )
    return found


def _href(app: str, **wanted: Any) -> str:
    given = {name: value for name, value in wanted.items() if value}
    return f"/apps/{app}/-/runs" + (f"?{urlencode(given)}" if given else "")


# -- one run --------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/runs/<int:run>")
@signed_in
def show(app: str, run: int) -> str:
    with reading() as act:
        found_app = find_app(act, app)
        found = log.run(act, run)
        automation = version_of(act, found.automation, found.version)
        titles = query.titles(act, {found.form: {found.record}}) if found.form in act.catalogue.forms and found.record is not None else {}
        about, about_href = _about(act, app, found.form, found.record, titles)
        return render_template(
            "run.html",
            app=found_app,
            run=found,
            label=_label(act, found.automation),
            about=about,
            about_href=about_href,
            why=_why(found.trigger, found.source),
            form=act.catalogue.forms.get(found.form or ""),
            state=state_of(found.state),
            reason=reader().shown(found.reason) if found.reason else "",
            said=sentence(automation, reader().language, act.catalogue) if automation is not None else "",
            when=automation.when if automation is not None else None,
            steps=[_step(act, app, automation, found.form, each) for each in found.steps],
            took=_took(found.started_at, found.finished_at),
            chain=[_label(act, each.partition(":")[0]) for each in found.chain],
            again=found.state in AGAIN,
            known=found.automation in act.catalogue.automations,
            owner=_owner(act, automation, found.version) if automation is not None else "",
            steps_open=_not_reached(automation, found),
        )


@blueprint.post("/apps/<app>/-/runs/<int:run>/retry")
@signed_in
def retry(app: str, run: int) -> Any:
    with writing() as act:
        find_app(act, app)
        runs.retry(act, run)
    return done(f"/apps/{app}/-/runs/{run}", _("The run goes on from the step at which it stood."))


def _owner(act: Act, automation: Automation, version: int) -> str:
    """With whose rights a run of this version reads and writes, in words."""
    owner, name = owner_of(act, automation, version), in_whose_name(act, automation, version)
    if owner is None:
        return reader().say(_("{name}, who is not active any more", name=name))
    if owner == SYSTEM:
        return reader().say(_("Tierloom, with every right; published by {name}", name=name) if name != SYSTEM.name else _("Tierloom"))
    return owner.name


def _step(act: Act, app: str, automation: Automation | None, form: str | None, line: log.StepLine) -> dict[str, Any]:
    step = _at(automation, line.path)
    words = step.sentence(reader().language, act.catalogue, form) if step is not None else line.type
    return {
        "words": words[:1].upper() + words[1:],
        "state": state_of(line.state, STEP_STATES),
        "message": reader().shown(line.message) if line.message else "",
        "tries": line.tries,
        "at": line.started_at,
        "took": _took(line.started_at, line.finished_at),
        "results": _results(act, app, line),
        "depth": line.path.count("/") // 2,
    }


def _at(automation: Automation | None, path: str) -> Any:
    """The step of an automation at a path of its run log: `1`, or `1/then/0` within a branch."""
    found: Any = automation
    given: Any = automation.steps if automation is not None else ()
    for part in path.split("/"):
        if part.isdecimal():
            if int(part) >= len(given):
                return None
            found = given[int(part)]
        else:
            given = getattr(found, part, ())
    return found


def _results(act: Act, app: str, line: log.StepLine) -> list[dict[str, str | None]]:
    """What a step did, with links to the records it wrote."""
    result, found = line.result, []
    form, record = result.get("form"), result.get("record")
    if form in act.catalogue.forms and isinstance(record, int):
        title = query.titles(act, {form: {record}}).get((form, record), f"#{record}")
        href = f"/apps/{app}/{form}/{record}" if may(g.person, "view", form, record) else None
        found.append({"text": f"{reader().shown(act.catalogue.forms[form].label)} {title}", "href": href})
    if result.get("changed") and isinstance(result["changed"], list):
        names = "、" if reader().language == "zh" else ", "
        found.append(
            {
                "text": reader().say(
                    _(
                        "changed: {fields}",
                        fields=names.join(reader().shown(field_label(form, key, act.catalogue)) for key in result["changed"]),
                    )
                ),
                "href": None,
            }
        )
    people = result.get("people") or ([result["person"]] if isinstance(result.get("person"), int) else [])
    if people:
        reader().know_people(people)
        found.append(
            {"text": reader().say(_("to {people}", people=", ".join(reader().person_name(each) for each in people))), "href": None}
        )
    if result.get("to"):
        found.append({"text": reader().say(_("to {people}", people=", ".join(result["to"]))), "href": None})
    if result.get("arm"):
        found.append(
            {"text": reader().say(_("the condition held") if result["arm"] == "then" else _("the condition did not hold")), "href": None}
        )
    if result.get("status"):
        found.append({"text": reader().say(_("answered with {status}", status=result["status"])), "href": None})
    return found


def _took(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return ""
    span = end - start
    if span < timedelta(seconds=1):
        return reader().say(_("under a second"))
    if span < timedelta(minutes=2):
        return reader().say(_("{n} seconds", n=int(span.total_seconds())))
    return reader().say(_("{n} minutes", n=int(span.total_seconds() // 60)))


def _not_reached(automation: Automation | None, run: log.Run) -> int:
    """How many of the automation's own steps the run has not come to."""
    if automation is None or run.state == "skipped":
        return 0
    return max(0, len(automation.steps) - len([each for each in run.steps if "/" not in each.path]))
