"""One run with its steps, and what automations have done with one record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, g, render_template, request

from runtime.automation import log
from runtime.automation.dry_run import explained, explained_at
from runtime.automation.listening import version_of
from runtime.automation.run_rows import UNFINISHED
from runtime.automation.saying import with_conditions_said
from runtime.automation.starting import in_whose_name, owner_of
from runtime.automation.tending import AGAIN
from runtime.automation.words import arm_words, field_label, sentence
from runtime.definitions.automation import Automation
from runtime.errors import NotFound, TierloomError
from runtime.pages.apps import find_app
from runtime.pages.run_words import STEP_STATES, about_of, label_of, state_of, why_of
from runtime.pages.web import reader, reading, signed_in
from runtime.people.may import may
from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.records.lookup import NoLookup
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("run_page", __name__)

HISTORY = 30
NO_RECORD = ("", 0, 0)


# -- one run --------------------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/runs/<int:run>")
@signed_in
def show(app: str, run: int) -> str:
    with reading() as act:
        found_app = find_app(act, app)
        found = log.run(act, run)
        automation = version_of(act, found.automation, found.version)
        titles = query.titles(act, {found.form: {found.record}}) if found.form in act.catalogue.forms and found.record is not None else {}
        about, about_href = about_of(act, app, found.form, found.record, titles)
        return render_template(
            "run.html",
            app=found_app,
            run=found,
            label=label_of(act, found.automation),
            about=about,
            about_href=about_href,
            why=why_of(found.trigger, found.source),
            form=act.catalogue.forms.get(found.form or ""),
            state=state_of(found.state),
            reason=reader().shown(found.reason) if found.reason else "",
            said=_said(act, automation, sentence(automation, reader().language, act.catalogue)) if automation is not None else "",
            when=_said(act, automation, automation.when) if automation is not None and automation.when is not None else None,
            steps=_steps(act, app, automation, found),
            took=_took(found.started_at, found.finished_at),
            chain=[label_of(act, each.partition(":")[0]) for each in found.chain],
            again=found.state in AGAIN and may(g.person, "build"),
            open=found.state in UNFINISHED and may(g.person, "build"),
            happened=_happened(act, found),
            explanation=_explanation(act, automation, found),
            history=_history_href(app, found) if about_href else None,
            known=found.automation in act.catalogue.automations,
            owner=_owner(act, automation, found.version) if automation is not None else "",
            steps_open=_not_reached(automation, found),
        )


def _owner(act: Act, automation: Automation, version: int) -> str:
    """With whose rights a run of this version reads and writes, in words."""
    owner, name = owner_of(act, automation, version), in_whose_name(act, automation, version)
    if owner is None:
        return reader().say(_("{name}, who is not active any more", name=name))
    if owner == SYSTEM:
        return reader().say(_("Tierloom, with every right; published by {name}", name=name) if name != SYSTEM.name else _("Tierloom"))
    return owner.name


def _steps(act: Act, app: str, automation: Automation | None, run: log.Run) -> list[dict[str, Any]]:
    changes = log.changes_of(act, run.steps)
    return [
        {**_step(act, app, automation, run.form, each, changes.get(each.written or NO_RECORD, {})), "why": _why_of_arm(act, automation, run, each)}
        for each in run.steps
    ]


def _why_of_arm(act: Act, automation: Automation | None, run: log.Run, line: log.StepLine) -> dict[str, Any] | None:
    """The condition of a branch part by part. Within loops, where there may be thousands, the arm alone is told."""
    step = _at(automation, line.path)
    if automation is None or not isinstance(getattr(step, "when", None), str) or "arm" not in line.result or "/each/" in line.path:
        return None
    try:
        return explained_at(act, automation, run.id, line.path, step.when, reader().language)
    except TierloomError:
        return None


def _step(
    act: Act, app: str, automation: Automation | None, form: str | None, line: log.StepLine, changes: dict[str, list[Any]]
) -> dict[str, Any]:
    step = _at(automation, line.path)
    words = _said(act, automation, step.sentence(reader().language, act.catalogue, form)) if step is not None else line.type
    return {
        "words": words[:1].upper() + words[1:],
        "state": state_of(line.state, STEP_STATES),
        "message": reader().shown(line.message) if line.message else "",
        "tries": line.tries,
        "at": line.started_at,
        "took": _took(line.started_at, line.finished_at),
        "results": _results(act, app, line, bool(changes)),
        "changes": _written(act, line, changes),
        "depth": sum(not piece.isdecimal() for piece in line.path.split("/")),
    }


def _said(act: Act, automation: Automation | None, text: str) -> str:
    return text if automation is None else with_conditions_said(text, automation, reader().language, act.catalogue)


def _at(automation: Automation | None, path: str) -> Any:
    """The step of an automation at a path of its run log: `1`, `1/then/0` within a branch, `1/each/17/0` the eighteenth time of a loop."""
    found: Any = None
    given: Any = automation.steps if automation is not None else ()
    pieces = path.split("/")
    while pieces:
        number = int(pieces[0]) if pieces[0].isdecimal() else -1
        if not 0 <= number < len(given):
            return None
        found = given[number]
        given = found.arms().get(pieces[1], ()) if len(pieces) > 1 else ()
        pieces = pieces[3 if found.repeats else 2 :]
    return found


def _written(act: Act, line: log.StepLine, changes: dict[str, list[Any]]) -> list[dict[str, str]]:
    """The values that a step wrote, before and after: of fields that the person may see."""
    form, record, _version = line.written or NO_RECORD
    seen = form in act.catalogue.forms and may(g.person, "view", form, record)
    return list(_shown_changes(act, form, record, changes)) if seen else []


def _shown_changes(act: Act, form: str, record: int, changes: dict[str, Any]) -> Iterator[dict[str, str]]:
    own, lookup = act.catalogue.forms[form], NoLookup(act.zone)
    known = own.by_key
    for key, (old, new) in own.as_called_now(changes).items():
        if key in known and known[key].writable and may(g.person, "view", form, record, key):
            field = known[key]
            before, after = ("" if each in (None, []) else field.display(field.parse(each, lookup), reader()) for each in (old, new))
            if before or after:
                yield {"label": reader().shown(field.label), "before": before, "after": after}


def _results(act: Act, app: str, line: log.StepLine, told: bool = False) -> list[dict[str, str | None]]:
    """What a step did, with links to the records it wrote. `told`: the values themselves are told elsewhere."""
    result, found = line.result, []
    form, record = result.get("form"), result.get("record")
    if form in act.catalogue.forms and isinstance(record, int):
        title = query.titles(act, {form: {record}}).get((form, record), f"#{record}")
        href = f"/apps/{app}/{form}/{record}" if may(g.person, "view", form, record) else None
        found.append({"text": f"{reader().shown(act.catalogue.forms[form].label)} {title}", "href": href})
    if result.get("changed") and isinstance(result["changed"], list) and not told:
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
        found.append({"text": reader().say(arm_words(result)), "href": None})
    found += [
        {"text": f"{name}: {value}", "href": None} for name, value in (result.get("gives") or {}).items() if value not in (None, "", [])
    ]
    if result.get("status"):
        found.append({"text": reader().say(_("answered with {status}", status=result["status"])), "href": None})
    return found


# -- why ------------------------------------------------------------------------------------------------------------------------------
def _happened(act: Act, run: log.Run) -> list[dict[str, str]]:
    """What the event told, as far as the person may see it: fields before and after, tiers before and after."""
    changes = run.facts.get("changes", {})
    if run.form not in act.catalogue.forms or run.record is None:
        return []
    found = list(_shown_changes(act, run.form, run.record, changes)) if isinstance(changes, dict) else []
    if "tier_after" in run.facts:
        names = [_tier_name(act, run.form, run.facts.get(name)) for name in ("tier_before", "tier_after")]
        found.append({"label": reader().say(_("Tier")), "before": names[0], "after": names[1]})
    return found


def _tier_name(act: Act, form: str, key: Any) -> str:
    labels = (each.by_key[key].label for each in act.catalogue.models_of(form) if key in each.by_key)
    return reader().shown(next(labels, key or ""))


def _explanation(act: Act, automation: Automation | None, run: log.Run) -> dict[str, Any] | None:
    """The condition part by part: with what the event told, and for the rest with the record as it is now."""
    if automation is None or automation.when is None:
        return None
    try:
        return explained(act, automation, run.id, reader().language)
    except TierloomError:
        return None


# -- one record -----------------------------------------------------------------------------------------------------------------------
def _history_href(app: str, run: log.Run) -> str:
    return f"/apps/{app}/-/runs/of/{run.form}/{run.record}"


@blueprint.get("/apps/<app>/-/runs/of/<form>/<int:record>")
@signed_in
def history(app: str, form: str, record: int) -> str:
    """What has happened to one record and why, for whoever may see it; of values only those that they may see. Newest first: ?before="""
    before = request.args.get("before", "")
    with reading() as act:
        found_app = find_app(act, app)
        if form not in act.catalogue.forms:
            raise NotFound(_("There is no form with the key {key}.", key=form))
        query.get(act, form, record)
        found = log.runs(act, record=(form, record), cursor=int(before) if before.isdecimal() else None, limit=HISTORY)
        steps = log.steps_of(act, [each.id for each in found.runs])
        changes = log.changes_of(act, [line for lines in steps.values() for line in lines])
        builder = may(g.person, "build")
        return render_template(
            "run_history.html",
            app=found_app,
            form=act.catalogue.forms[form],
            title=query.titles(act, {form: {record}}).get((form, record), f"#{record}"),
            about_href=f"/apps/{app}/{form}/{record}",
            runs=[_told(act, app, each, steps.get(each.id, ()), changes, builder) for each in found.runs],
            next_href=f"?before={found.next}" if found.next is not None else None,
            first_href=f"/apps/{app}/-/runs/of/{form}/{record}" if before else None,
        )


def _told(
    act: Act,
    app: str,
    run: log.Run,
    steps: tuple[log.StepLine, ...],
    changes: dict[tuple[str, int, int], dict[str, list[Any]]],
    builder: bool,
) -> dict[str, Any]:
    """A run for people who do not build: which automation, why, and what it changed of what they may see. Reasons may quote what they may not."""
    return {
        "href": f"/apps/{app}/-/runs/{run.id}" if builder else None,
        "automation": label_of(act, run.automation),
        "why": why_of(run.trigger, run.source),
        "state": state_of(run.state),
        "at": run.started_at or run.created_at,
        "happened": _happened(act, run),
        "reason": reader().shown(run.reason) if builder and run.reason else "",
        "steps": [
            {"texts": texts, "changes": _written(act, each, changes.get(each.written or NO_RECORD, {}))}
            for each in steps
            if each.state == "done" and (texts := _in_short(act, app, each, bool(each.written in changes)))
        ],
    }


def _in_short(act: Act, app: str, line: log.StepLine, told: bool) -> list[dict[str, str | None]]:
    """What a step did to records that the person may see; nothing of others."""
    form, record = line.result.get("form"), line.result.get("record")
    if form in act.catalogue.forms and isinstance(record, int):
        if not may(g.person, "view", form, record):
            return []
        seen = [key for key in line.result.get("changed") or () if may(g.person, "view", form, record, key)]
        people: dict[str, Any] = {name: line.result[name] for name in ("person", "people") if name in line.result}
        return _results(act, app, replace(line, result={"form": form, "record": record, "changed": seen, **people}), told)
    return _results(act, app, replace(line, result={name: line.result[name] for name in ("person", "people") if name in line.result}))


def _took(start: datetime | None, end: datetime | None) -> str:
    if start is None or end is None:
        return ""
    span = end - start
    if span < timedelta(seconds=1):
        return reader().say(_("under a second"))
    seconds = int(span.total_seconds())
    if seconds < 120:
        return reader().say(_("{n} seconds", n=seconds))
    if seconds < 2 * 3600:
        return reader().say(_("{n} minutes", n=seconds // 60))
    return reader().say(_("{n} hours", n=seconds // 3600) if seconds < 2 * 86400 else _("{n} days", n=seconds // 86400))


def _not_reached(automation: Automation | None, run: log.Run) -> int:
    """How many of the automation's own steps the run has not come to."""
    if automation is None or run.state == "skipped":
        return 0
    return max(0, len(automation.steps) - len([each for each in run.steps if "/" not in each.path]))
