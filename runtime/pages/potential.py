"""Models of potential, for those who build: choose what to learn from, let it learn, look at its test, switch it on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, request

from runtime.definitions import versions
from runtime.definitions.potential import Potential
from runtime.errors import DefinitionProblems, NotFound, Problem, Refused
from runtime.formulas.functions.potential import FIGURES
from runtime.pages import jobs as job_pages
from runtime.pages import potential_charts as charts
from runtime.pages import potential_form as settings
from runtime.pages.web import builder_only, done, go_to, reader, reading, writing
from runtime.potential import extra, using
from runtime.potential.checking import MOST_SHARE
from runtime.potential.using import Fit
from runtime.system import clock
from runtime.system.tables import job as job_table
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("potential", __name__)

WORKSPACE = "-"
"""Stands in an address where there is no app."""
WORK: dict[str, Message] = {using.LEARN: _("Learning and testing"), using.REFRESH: _("Working out the values of all records")}
PLACE = "/build/<app>/potential"


# -- looking --------------------------------------------------------------------------------------------------------------------------
@blueprint.get(PLACE)
@builder_only
def listed(app: str) -> str:
    with reading() as act:
        home = _home(act, app)
        models = [_line(act, app, each) for each in act.catalogue.potentials.values() if home is None or each.app in (None, home)]
        tiered = {each.form for each in act.catalogue.tier_models.values()}
        there = [each for each in act.catalogue.forms.values() if home is None or each.app in (None, home)]
        forms = [(each.key, each.label) for each in sorted(there, key=lambda each: each.key not in tiered)]
        return render_template(
            "potential.html",
            app=app,
            place=_place(app),
            models=models,
            forms=forms,
            ways=settings.WAYS,
            missing=_missing(),
            most=MOST_SHARE,
        )


def _line(act: Act, app: str, model: Potential) -> dict[str, Any]:
    newest, use = next(iter(using.fits(act, model.key)), None), using.in_use(act, model.key)
    state, tone = (
        (_("in use"), "good")
        if use is not None
        else (_("not learnt yet"), "quiet")
        if newest is None
        else (_("test passed"), "accent")
        if newest.passed
        else (_("test not passed"), "care")
    )
    return {
        "label": model.label,
        "href": _place(app, model.key),
        "form": act.catalogue.forms[model.form].label if model.form in act.catalogue.forms else model.form,
        "way": settings.WAYS[model.learn.by],
        "horizon": model.horizon_days,
        "state": state,
        "tone": tone,
    }


@blueprint.get(f"{PLACE}/<key>")
@builder_only
def shown(app: str, key: str) -> Any:
    with reading() as act:
        _home(act, app)
        if key not in act.catalogue.potentials:
            return go_to(_place(app, key, "settings"))
        model = using.find(act, key)
        known, use = using.fits(act, key), using.in_use(act, key)
        newest = known[0] if known else None
        why_not = using.why_not(act, key, newest)
        reader().know_people(each.person for each in known if each.person)
        return render_template(
            "potential_model.html",
            app=app,
            place=_place(app),
            here=_place(app, key),
            model=model,
            form=act.catalogue.forms[model.form],
            version=act.catalogue.versions["potential", key],
            way=settings.WAYS[model.learn.by],
            missing=_missing(),
            job=_job(act, key),
            use=use,
            use_day=clock.from_micros(use.refreshed_at) if use is not None else None,
            newest=newest,
            why_not=why_not,
            figures=[f"POTENTIAL('{key}')", *(f"POTENTIAL('{key}', '{each}')" for each in FIGURES[model.learn.by])],
            most=MOST_SHARE,
            history=[_past(each, use) for each in known],
            **(_of_fit(act, key, newest) if newest is not None else {}),
        )


def _of_fit(act: Act, key: str, fit: Fit) -> dict[str, Any]:
    """The newest learning: what it found, and how it stood its test."""
    learnt_by = using.as_learnt(act, key, fit)
    found: dict[str, Any] = {
        "learnt": clock.from_day(fit.day),
        "facts": charts.facts(learnt_by, fit),
        "parameters": charts.parameters(fit),
        "cautions": charts.cautions(fit),
        "effects": charts.effects(act.catalogue, learnt_by, fit),
    }
    if "refused" in fit.test:
        return {**found, "refused": reader().shown(fit.test["refused"])}
    if not extra.is_there():
        return found
    test = fit.tested()
    assert test is not None
    return {
        **found,
        "test": test,
        "period": (clock.from_day(test.after), clock.from_day(test.until)),
        "checks": charts.checks(test, learnt_by.learn.by == "outcome"),
        "calibration": charts.calibration(test),
        "lift": charts.lift(test),
    }


def _past(fit: Fit, use: Any) -> dict[str, Any]:
    return {
        "at": clock.from_micros(fit.at),
        "version": fit.version,
        "who": reader().person_name(fit.person),
        "passed": fit.passed,
        "used": use is not None and use.fit.id == fit.id,
    }


def _job(act: Act, key: str) -> dict[str, Any] | None:
    """The line of the work that is under way, or that ended last without a result."""
    own = job_table.c
    row = act.connection.execute(
        sa.select(job_table).where(own.subject == f"potential:{key}", own.kind.in_(WORK)).order_by(own.id.desc()).limit(1)
    ).first()
    return job_pages.line(row, WORK[row.kind]) if row is not None and row.state != "done" else None


# -- choosing -------------------------------------------------------------------------------------------------------------------------
@blueprint.get(f"{PLACE}/-/new")
@builder_only
def new(app: str) -> str:
    way = request.args.get("by", "purchases")
    with reading() as act:
        body = settings.beginning(_form(act, request.args.get("form", "")), way if way in settings.WAYS else "purchases", _home(act, app))
        return _settings(act, app, None, body)


@blueprint.post(f"{PLACE}/-/new")
@builder_only
def add(app: str) -> Any:
    with reading() as act:
        way = request.form.get("by", "purchases")
        begun = settings.beginning(_form(act, request.form.get("form", "")), way if way in settings.WAYS else "purchases", _home(act, app))
        taken = {key for kind, key in act.catalogue.ids if kind == "potential"}
        body = settings.chosen(request.form, begun, _offered(act, begun))
        body["key"] = settings.free_key(request.form.get("label", ""), taken)
    return _publish(app, None, body)


@blueprint.get(f"{PLACE}/<key>/settings")
@builder_only
def edit(app: str, key: str) -> str:
    with reading() as act:
        _home(act, app)
        return _settings(act, app, key, _body(act, key))


@blueprint.post(f"{PLACE}/<key>/settings")
@builder_only
def save(app: str, key: str) -> Any:
    with reading() as act:
        before = _body(act, key)
        body = settings.chosen(request.form, before, _offered(act, before))
    return _publish(app, key, body)


def _publish(app: str, key: str | None, body: dict[str, Any]) -> Any:
    """Publishes the settings as the next version, or shows them again with what is wrong."""
    try:
        with writing("publish") as act:
            versions.publish(act, [body])
    except DefinitionProblems as error:
        with reading() as act:
            return _settings(act, app, key, body, error.problems), 422
    return done(_place(app, body["key"]), _("Saved. Let the model learn, then look at its test."))


def _settings(act: Act, app: str, key: str | None, body: dict[str, Any], problems: list[Problem] | None = None) -> str:
    form = act.catalogue.forms[body["form"]]
    learn = body["learn"]
    return render_template(
        "potential_settings.html",
        app=app,
        place=_place(app),
        action=_place(app, key or "-", "settings" if key else "new"),
        back=_place(app, key) if key and key in act.catalogue.potentials else _place(app),
        key=key,
        body=body,
        learn=learn,
        label=reader().shown(body["label"]) if body["label"] else "",
        form=form,
        way=settings.WAYS[learn["by"]],
        relations=settings.purchase_fields(act.catalogue, form.key),
        rows=settings.rows_of(body),
        proposals=[{"value": text, "label": label} for text, label in _offered(act, body).items()],
        problems=[{"path": each.path, "message": reader().say(each.message)} for each in problems or ()],
        paths={
            "horizon_days": "#horizon_days",
            "label": "#label",
            "learn/date": "#date",
            "learn/amount": "#amount",
            "learn/where": "#where",
        }
        | {"learn/outcome": "#outcome", "learn/population": "#population", "learn/relation": "#date"},
    )


def _offered(act: Act, body: dict[str, Any]) -> dict[str, str]:
    """The formulas of the figures that can be ticked, with their names."""
    if body["learn"]["by"] != "outcome":
        return {}
    taken = {each.get("value") for each in body["learn"].get("features", ())}
    return {each["value"]: each["label"] for each in settings.proposals(act.catalogue, act.catalogue.forms[body["form"]], taken)}


def _body(act: Act, key: str) -> dict[str, Any]:
    """The settings of a model: its draft where there is one, else its live version; a draft may lack nearly everything."""
    draft = versions.find_draft(act.connection, "potential", key)
    body = draft.body if draft is not None else versions.find_version(act.connection, "potential", key).body
    learnt = body.get("learn")
    learn: dict[str, Any] = learnt if isinstance(learnt, dict) else {}
    way = str(learn.get("by"))
    begun = settings.beginning(_form(act, body.get("form")), way if way in settings.WAYS else "purchases", body.get("app"))
    return {**begun, **body, "form": begun["form"], "learn": {**begun["learn"], **learn, "by": begun["learn"]["by"]}}


# -- doing ----------------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/<key>/learn")
@builder_only
def learn(app: str, key: str) -> Any:
    with writing() as act:
        using.queue_learning(act, key)
    return go_to(_place(app, key))


@blueprint.post(f"{PLACE}/<key>/on")
@builder_only
def switch_on(app: str, key: str) -> Any:
    with writing() as act:
        using.switch_on(act, key)
    return done(_place(app, key), _("The model is switched on; the values of all records are being worked out."))


@blueprint.post(f"{PLACE}/<key>/off")
@builder_only
def switch_off(app: str, key: str) -> Any:
    with writing() as act:
        using.find(act, key)
        using.switch_off(act, key)
    return done(_place(app, key), _("The model is switched off; it says nothing about anybody any more."))


@blueprint.post(f"{PLACE}/<key>/refresh")
@builder_only
def refresh(app: str, key: str) -> Any:
    with writing() as act:
        if using.in_use(act, key) is None:
            raise Refused([Problem("", _("The model is not switched on."))])
        using.queue_refresh(act, key)
    return go_to(_place(app, key))


# -- addresses ------------------------------------------------------------------------------------------------------------------------
def _place(app: str, *more: str) -> str:
    return "/".join(("/build", app, "potential", *more))


def _home(act: Act, app: str) -> str | None:
    """The app of the address; None for the whole workspace. Raises NotFound."""
    if app == WORKSPACE:
        return None
    if app not in act.catalogue.apps:
        raise NotFound(_("There is no app with the key {key}.", key=app))
    return app


def _form(act: Act, key: Any) -> str:
    if key not in act.catalogue.forms:
        raise NotFound(_("There is no form with the key {key}.", key=str(key)))
    return key


def _missing() -> str | None:
    return None if extra.is_there() else reader().say(extra.how_to_add())
