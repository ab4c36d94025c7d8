"""What a review asks of people: the survey, the announcement each says they know, and the plan of a model's reviews."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, render_template, request

from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.ownership import whom
from runtime.pages.apps import find_app
from runtime.pages.tiers import models_of
from runtime.pages.web import by_path, done, reader, reading, signed_in, writing
from runtime.people.may import may
from runtime.reviews import deciding, plans, proposals, survey
from runtime.reviews import reading as reviews
from runtime.reviews.reading import Review
from runtime.reviews.rights import require_manage, sees_all
from runtime.system import clock
from runtime.system.workspace import Act
from runtime.texts import _

blueprint = Blueprint("reviews_people", __name__)

ONE = "/apps/<app>/-/reviews/<int:review>"
EMPTY_ROWS = 2
PARTS = ("survey", "vote", "notice")


def place(act: Act, app: str, number: int) -> tuple[Review, Any]:
    """A review by its address. NotFound where it is not of this app, or not for the person."""
    found = reviews.find(act, number)
    model = reviews.model_of(act, found)
    if app not in act.catalogue.apps or model.app not in (None, app):
        raise NotFound(_("There is no such review."))
    return found, model


def counts(act: Act, found: Review) -> dict[str, dict[str, Any]]:
    """For each part how many are asked, and how many have done it."""
    rows = {part: reviews.people_of(act, found.id, part) for part in PARTS}
    return {part: {"all": len(its), "done": sum(1 for row in its if row.done_at is not None)} for part, its in rows.items()}


def listed(act: Act, found: Review, part: str) -> list[dict[str, Any]]:
    rows = reviews.people_of(act, found.id, part)
    reader().know_people(row.person for row in rows)
    return [{"who": reader().person_name(row.person), "at": clock.from_micros(row.done_at)} for row in rows]


# -- the survey -----------------------------------------------------------------------------------------------------------------------
@blueprint.get(f"{ONE}/survey")
@signed_in
def questions(app: str, review: int) -> str:
    return _survey(app, review)


def _survey(app: str, number: int, refusal: Refused | None = None) -> str:
    with reading() as act:
        found, model = place(act, app, number)
        if not reviews.is_asked(act, number, "survey"):
            raise NotAllowed(_("You are not among those who are asked in this review."))
        return render_template(
            "reviews/survey.html",
            app=act.catalogue.apps[app],
            model=model,
            review=found,
            base=f"/apps/{app}/-/reviews/{number}",
            answers=request.form if refusal else survey.answers_of(act, found, act.person.id),
            is_open=found.state == "collecting" and act.today <= found.survey_until,
            longest=survey.LONGEST_ANSWER,
            errors=by_path(refusal),
            trouble=None if refusal is None or refusal.problems else reader().say(refusal.message),
        )


@blueprint.post(f"{ONE}/survey")
@signed_in
def answer(app: str, review: int) -> Any:
    try:
        with writing() as act:
            place(act, app, review)
            survey.answer(act, review, request.form.to_dict())
    except Refused as refusal:
        return _survey(app, review, refusal), refusal.status
    return done(f"/apps/{app}/-/reviews/{review}/survey", _("Thank you. You may change your answers until the survey ends."))


# -- the announcement -----------------------------------------------------------------------------------------------------------------
@blueprint.get(f"{ONE}/notice")
@signed_in
def notice(app: str, review: int) -> str:
    with reading() as act:
        found, model = place(act, app, review)
        if found.note is None:
            raise NotFound(_("Nothing has been announced in this review yet."))
        approved = None if found.approved is None else proposals.find(act, found.approved)
        reader().know_people([found.announced_by or 0])
        return render_template(
            "reviews/notice.html",
            app=act.catalogue.apps[app],
            model=model,
            review=found,
            base=f"/apps/{app}/-/reviews/{review}",
            changes=[] if approved is None else [reader().shown(each) for each in approved.changes],
            mine=reviews.parts_of(act, review, act.person.id).get("notice"),
            sees_form=may(act.person, "view", model.form),
        )


@blueprint.post(f"{ONE}/notice")
@signed_in
def acknowledge(app: str, review: int) -> Any:
    with writing() as act:
        place(act, app, review)
        deciding.acknowledge(act, review)
    return done(f"/apps/{app}/-/reviews/{review}/notice", _("Noted: you know what changes."))


# -- the plan of a model --------------------------------------------------------------------------------------------------------------
@blueprint.get("/apps/<app>/-/reviews/plan/<model>")
@signed_in
def plan(app: str, model: str) -> str:
    return _plan(app, model)


def _model(act: Act, app: str, key: str) -> Any:
    found = next((each for each in models_of(act, app) if each.key == key), None)
    if found is None:
        raise NotFound(_("There is no tier model with the key {key}.", key=key))
    require_manage(act, found)
    return found


def _plan(app: str, key: str, refusal: Refused | None = None) -> str:
    with reading() as act:
        found_app, model = find_app(act, app), _model(act, app, key)
        present = plans.plan_of(act, model)
        given = _given() if refusal else None
        names = {**whom.named(act, [*present.asked, *present.voters])}
        people = [each for each in dict.fromkeys((*present.asked, *present.voters)) if each.startswith("user:")]
        rows = list(given["questions"] if given else present.questions)
        return render_template(
            "reviews/plan.html",
            app=found_app,
            model=model,
            plan=present,
            given=request.form if refusal else None,
            asked=set(request.form.getlist("asked") if refusal else present.asked),
            voters=set(request.form.getlist("voters") if refusal else present.voters),
            offered=[*whom.offered(act), *((each, names[each]) for each in people)],
            questions=[*rows, *({"key": "", "kind": survey.WORDS, "text": {}} for _each in range(EMPTY_ROWS))][: survey.MOST_QUESTIONS],
            kinds=survey.KINDS,
            sees_all=sees_all(act, model),
            today=act.today,
            errors=by_path(refusal),
            problems=refusal.problems if refusal else [],
        )


@blueprint.post("/apps/<app>/-/reviews/plan/<model>")
@signed_in
def save_plan(app: str, model: str) -> Any:
    try:
        with writing() as act:
            find_app(act, app)
            plans.save_plan(act, _model(act, app, model), _with_people(act, _given()))
    except Refused as refusal:
        return _plan(app, model, refusal), refusal.status
    return done(f"/apps/{app}/-/reviews", _("The plan is saved."))


def _given() -> dict[str, Any]:
    form = request.form
    return {
        "months": _number(form.get("months", "")),
        "next_day": _day(form.get("next_day", "")),
        "survey_days": _number(form.get("survey_days", "")) or 0,
        "asked": form.getlist("asked"),
        "voters": form.getlist("voters"),
        "open_figures": form.get("open_figures") == "1",
        "questions": [
            {"key": key or None, "kind": kind, "text": {"zh": zh, "en": en}}
            for key, kind, zh, en in zip(*(form.getlist(f"question_{name}") for name in ("key", "kind", "zh", "en")), strict=False)
        ],
    }


def _with_people(act: Act, given: dict[str, Any]) -> dict[str, Any]:
    """Adds the persons that were searched for by name."""
    problems = []
    for name in ("asked", "voters"):
        text = request.form.get(f"{name}_person", "").strip()
        if text:
            try:
                given[name] = [*given[name], f"user:{whom.somebody(act, text).id}"]
            except Refused as refusal:
                problems.append(Problem(name, refusal.problems[0].message))
    if problems:
        raise Refused(problems)
    return given


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
