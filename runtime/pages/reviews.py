"""Reviews of tier models: the list of an app, one review with its steps, and what one does in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, render_template, request

from runtime.definitions import versions
from runtime.definitions.tier_model import TierModel
from runtime.errors import DefinitionProblems, NotFound, Refused
from runtime.pages import reviews_facts, reviews_people
from runtime.pages.apps import find_app
from runtime.pages.reviews_people import place
from runtime.pages.shell import has_page
from runtime.pages.tiers import models_of
from runtime.pages.web import done, reader, reading, signed_in, writing
from runtime.reviews import deciding, facts, opening, plans, proposals, reminding, survey
from runtime.reviews import reading as reviews
from runtime.reviews.reading import Review
from runtime.reviews.rights import approves, manages
from runtime.system.workspace import Act
from runtime.texts import Message, _

blueprint = Blueprint("reviews", __name__)

LIST = "/apps/<app>/-/reviews"
ONE = f"{LIST}/<int:review>"
SHOWN = 50
STEPS: dict[str, Message] = {
    "collecting": _("Collect"),
    "proposing": _("Propose"),
    "voting": _("Vote"),
    "decided": _("Announce"),
    "announced": _("Everybody knows"),
}
SAID: dict[str, Message] = {
    "collecting": _("Collecting"),
    "proposing": _("Proposals"),
    "voting": _("Voting"),
    "decided": _("Decided"),
    "announced": _("Being announced"),
    "closed": _("Closed"),
}
TONES = {"collecting": "accent", "proposing": "accent", "voting": "care", "decided": "care", "announced": "care", "closed": "good"}
VOTES: dict[str, Message] = {"yes": _("In favour"), "no": _("Against"), "abstain": _("Abstain")}


# -- the list -------------------------------------------------------------------------------------------------------------------------
@blueprint.get(LIST)
@signed_in
def listed(app: str) -> str:
    return _list(app)


def _list(app: str, refusal: Refused | None = None) -> str:
    with reading() as act:
        found_app, models = find_app(act, app), models_of(act, app)
        rows = reviews.listed(act, models, before=_cursor(), limit=SHOWN + 1)
        return render_template(
            "reviews/list.html",
            app=found_app,
            models=[_plan_line(act, each) for each in models],
            rows=[_line(act, app, each) for each in rows[:SHOWN]],
            next_href=f"/apps/{app}/-/reviews?before={rows[SHOWN - 1].id}" if len(rows) > SHOWN else None,
            first_href=f"/apps/{app}/-/reviews" if "before" in request.args else None,
            trouble=_sentences(refusal),
        )


def _cursor() -> int | None:
    text = request.args.get("before", "")
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _plan_line(act: Act, model: TierModel) -> dict[str, Any]:
    plan = plans.plan_of(act, model)
    return {
        "key": model.key,
        "label": model.label,
        "next": plan.next_day,
        "months": plan.months,
        "manages": manages(act, model),
        "open": reviews.open_one(act, model),
    }


def _line(act: Act, app: str, found: Review) -> dict[str, Any]:
    mine = reviews.parts_of(act, found.id, act.person.id)
    return {
        "href": f"/apps/{app}/-/reviews/{found.id}",
        "title": found.title,
        "model": reviews.model_of(act, found).label,
        "state": SAID[found.state],
        "tone": TONES[found.state],
        "first": found.first_day,
        "last": found.last_day,
        "published": found.published,
        "waits": _waits(found, mine),
    }


def _waits(found: Review, mine: dict[str, bool]) -> Message | None:
    """What it waits for from the person looking."""
    if mine.get("survey") is False and found.state == "collecting":
        return _("waits for your answers")
    if mine.get("vote") is False and found.state == "voting":
        return _("waits for your vote")
    if mine.get("notice") is False and found.state == "announced":
        return _("waits until you have read it")
    return None


@blueprint.post(f"{LIST}/open")
@signed_in
def open_now(app: str) -> Any:
    try:
        with writing() as act:
            find_app(act, app)
            number = opening.open_now(act, model_in(act, app, request.form.get("model", "")))
    except Refused as refusal:
        return _list(app, refusal), refusal.status
    return done(f"/apps/{app}/-/reviews/{number}", _("The review is open. Its figures are being worked out."))


def model_in(act: Act, app: str, key: str) -> TierModel:
    for each in models_of(act, app):
        if each.key == key:
            return each
    raise NotFound(_("There is no tier model with the key {key}.", key=key))


# -- one review -----------------------------------------------------------------------------------------------------------------------
@blueprint.get(ONE)
@signed_in
def one(app: str, review: int) -> str:
    return _page(app, review)


def _page(app: str, number: int, refusal: Any = None) -> str:
    with reading() as act:
        found, model = place(act, app, number)
        own, leads = reviews.parts_of(act, number, act.person.id), manages(act, model)
        sees = reviews.sees_facts(act, found)
        reader().know_people([each for each in (found.opened_by, found.decided_by, found.announced_by, found.closed_by) if each])
        return render_template(
            "reviews/one.html",
            app=act.catalogue.apps[app],
            model=model,
            review=found,
            base=f"/apps/{app}/-/reviews/{number}",
            steps=[reader().say(each) for each in STEPS.values()],
            at=[*STEPS, "closed"].index(found.state) + 1,
            state=SAID[found.state],
            tone=TONES[found.state],
            by_plan=opening.is_system(found.opened_by),
            leads=leads,
            approves=approves(act, model),
            own=own,
            waits=_waits(found, own),
            is_open=found.state in reviews.OPEN,
            shown_facts=reviews_facts.presented(act, model, found) if sees and found.facts is not None else None,
            sees=sees,
            working=facts.job_of(act, number) is not None,
            counted=reviews_people.counts(act, found),
            results=survey.results(act, found) if leads else None,
            proposal_list=_proposals(act, found, model, sees),
            may_propose=proposals.may_propose(act, found) and found.state in ("collecting", "proposing"),
            has_draft=leads and _draft(act, model),
            known=reviews_people.listed(act, found, "notice") if found.note else [],
            note=deciding.plain_note(act, found, reader().language) if leads and found.state == "decided" else "",
            votes=VOTES,
            given=request.form if refusal else {},
            trouble=_sentences(refusal),
            today=act.today,
            beside=[(label, href) for label, href in _beside(app, model) if has_page(href)],
        )


def _beside(app: str, model: TierModel) -> list[tuple[Message, str]]:
    """Pages that say more about the tiers than a review keeps."""
    base = f"/apps/{app}/-/tiers/{model.key}"
    return [(_("What the tiers bring and cost"), f"{base}/effect"), (_("What uses the tiers"), f"{base}/uses")]


def _draft(act: Act, model: TierModel) -> bool:
    return versions.find_draft(act.connection, "tier_model", model.key) is not None


def _sentences(refusal: Any) -> list[str]:
    if refusal is None:
        return []
    return [reader().say(each.message) for each in refusal.problems] or [reader().say(refusal.message)]


def _proposals(act: Act, found: Review, model: TierModel, sees: bool) -> list[dict[str, Any]]:
    cast = proposals.votes(act, found.id)
    listed = [each for each in proposals.listed(act, found.id) if not each.withdrawn]
    reader().know_people({each.person for each in listed} | {vote.person for votes in cast.values() for vote in votes})
    voters = len(reviews.people_of(act, found.id, "vote"))
    return [_proposal(act, model, each, cast.get(each.id, []), sees, voters) for each in listed]


def _proposal(act: Act, model: TierModel, each: proposals.Proposal, cast: list[proposals.Vote], sees: bool, voters: int) -> dict[str, Any]:
    counts = {choice: sum(1 for vote in cast if vote.vote == choice) for choice in VOTES}
    return {
        "id": each.id,
        "title": each.title,
        "why": each.why,
        "who": reader().person_name(each.person),
        "mine": each.person == act.person.id,
        "at": each.at,
        "with_draft": each.body is not None,
        "changes": [reader().shown(one) for one in each.changes],
        "tests": each.tests,
        "passed": sum(1 for one in each.tests if one["ok"]),
        "failing": [one for one in each.tests if not one["ok"]],
        "simulation": reviews_facts.simulated(act, model, each.simulation) if sees and each.simulation is not None else None,
        "known": each.simulation is not None,
        "trouble": None if each.trouble is None else reader().shown(each.trouble),
        "counts": counts,
        "missing": max(0, voters - len(cast)),
        "cast": [{"who": reader().person_name(one.person), "vote": VOTES[one.vote], "key": one.vote, "reason": one.reason} for one in cast],
        "my": next((one for one in cast if one.person == act.person.id), None),
    }


# -- what one does in it --------------------------------------------------------------------------------------------------------------
def _doing(app: str, number: int, what: Callable[[Act], Message]) -> Any:
    """Does something in one transaction and goes back to the page, or shows the page with what is wrong."""
    try:
        with writing() as act:
            place(act, app, number)
            said = what(act)
    except (Refused, DefinitionProblems) as refusal:
        return _page(app, number, refusal), refusal.status
    return done(f"/apps/{app}/-/reviews/{number}", said)


def _of(act: Act, number: int, proposal: int) -> int:
    """A proposal of this review."""
    if proposals.find(act, proposal).review != number:
        raise NotFound(_("There is no such proposal."))
    return proposal


@blueprint.post(f"{ONE}/step")
@signed_in
def step(app: str, review: int) -> Any:
    wanted = request.form.get("to", "")

    def do(act: Act) -> Message:
        deciding.go_on(act, review, wanted)
        return _("The review is at this step now: {step}.", step=SAID.get(wanted, wanted))

    return _doing(app, review, do)


@blueprint.post(f"{ONE}/refresh")
@signed_in
def refresh(app: str, review: int) -> Any:
    def do(act: Act) -> Message:
        facts.refresh(act, review)
        return _("The figures are being worked out anew.")

    return _doing(app, review, do)


@blueprint.post(f"{ONE}/remind")
@signed_in
def remind(app: str, review: int) -> Any:
    def do(act: Act) -> Message:
        count = reminding.remind(act, review)
        return _("1 person is reminded.") if count == 1 else _("{n} people are reminded.", n=count)

    return _doing(app, review, do)


@blueprint.post(f"{ONE}/proposals")
@signed_in
def propose(app: str, review: int) -> Any:
    given = request.form

    def do(act: Act) -> Message:
        proposals.propose(act, review, given.get("title", ""), given.get("why", ""), given.get("with_draft") == "1")
        return _("The proposal is there.")

    return _doing(app, review, do)


@blueprint.post(f"{ONE}/proposals/<int:proposal>/withdraw")
@signed_in
def withdraw(app: str, review: int, proposal: int) -> Any:
    def do(act: Act) -> Message:
        proposals.withdraw(act, _of(act, review, proposal))
        return _("The proposal is taken back.")

    return _doing(app, review, do)


@blueprint.post(f"{ONE}/proposals/<int:proposal>/vote")
@signed_in
def vote(app: str, review: int, proposal: int) -> Any:
    def do(act: Act) -> Message:
        proposals.vote(act, _of(act, review, proposal), request.form.get("vote", ""), request.form.get("reason", ""))
        return _("Your vote counts. You may change it until it is decided.")

    return _doing(app, review, do)


@blueprint.post(f"{ONE}/proposals/<int:proposal>/approve")
@signed_in
def approve(app: str, review: int, proposal: int) -> Any:
    def do(act: Act) -> Message:
        version = deciding.approve(act, _of(act, review, proposal), request.form.get("reason", ""))
        return (
            _("Approved.")
            if version is None
            else _("Approved. Version {version} is in force, and everybody is rated anew.", version=version)
        )

    return _doing(app, review, do)


@blueprint.post(f"{ONE}/end")
@signed_in
def end(app: str, review: int) -> Any:
    def do(act: Act) -> Message:
        deciding.end_without_change(act, review, request.form.get("reason", ""))
        return _("The model stays as it is.")

    return _doing(app, review, do)


@blueprint.post(f"{ONE}/announce")
@signed_in
def announce(app: str, review: int) -> Any:
    def do(act: Act) -> Message:
        return _("{n} people are told.", n=deciding.announce(act, review, request.form.get("note", "")))

    return _doing(app, review, do)


@blueprint.post(f"{ONE}/close")
@signed_in
def close(app: str, review: int) -> Any:
    def do(act: Act) -> Message:
        deciding.close(act, review)
        return _("The review is closed. It stays as it is now.")

    return _doing(app, review, do)
