"""What the tier designer's script asks while somebody works: distributions, proposals, simulations, rule tests, warnings. Nothing is written
but the order to count everybody."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from builder.drafts import loaded, problems_of
from builder.pages.editor import sent_object
from builder.pages.frame import plain_json, written
from builder.tiering import correlation, proposals, warnings
from builder.tiering.distribution import answer, distribution, live_cuts
from builder.tiering.measuring import measured, place_of
from builder.tiering.presenting import Presenter
from builder.tiering.recording import record_test
from runtime.definitions.companions import companions
from runtime.definitions.tier_model import TierModel
from runtime.errors import NotFound, Problem, Refused
from runtime.pages.web import designer_only, reader, reading, workspace, writing
from runtime.system.workspace import Act
from runtime.texts import Message, _
from runtime.records import authoring
from runtime.system import jobs
from runtime.tiers import rule_tests, simulation_job
from runtime.tiers.simulation import EXACT, simulate
from runtime.tiers.trial import Trial, keeps_from_trying, load_model, put_in_force, scratch

blueprint = Blueprint("tier_designer", __name__)

PLACE = "/build/<app>/tiers/<key>"
NEEDED = _("This is needed.")


# -- what was sent ----------------------------------------------------------------------------------------------------------------
def draft_in(sent: dict[str, Any], key: str, name: str = "draft") -> dict[str, Any]:
    """The draft that was sent along. Raises Refused."""
    body = sent.get(name)
    if not isinstance(body, dict):
        raise Refused([Problem(name, NEEDED)])
    if body.get("kind") != "tier_model" or body.get("key") != key:
        raise Refused([Problem("key", _("Kind and key cannot change: a key is chosen once."))])
    return body


def faults(act: Act, body: dict[str, Any]) -> Response | None:
    """What keeps a draft from being tried out; failing rule tests do not. Raises NotAllowed for whoever could not publish it either."""
    authoring.require_saving(act, "tier_model", str(body["key"]), body)
    problems = [each for each in problems_of(act, body) if keeps_from_trying(each)]
    if problems:
        return plain_json({"problems": written(problems)})
    authoring.require_publishing(act, [load_model(body), *(each.definition for each in companions(act, body))])
    return None


def day_in(sent: dict[str, Any]) -> date | None:
    """The reference day that was sent; None for today."""
    given = sent.get("as_of")
    if given in (None, ""):
        return None
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise Refused([Problem("as_of", _("Give a day like 2024-01-31."))]) from None


def text_in(sent: dict[str, Any], name: str) -> str:
    found = sent.get(name)
    if not isinstance(found, str) or not found:
        raise Refused([Problem(name, NEEDED)])
    return found


# -- distributions ----------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/distribution")
@designer_only
def distribute(app: str, key: str) -> Response:
    """How the values of a dimension lie over real records, behind the cuts of the draft and of the live version."""
    sent = sent_object()
    body, dimension, day = draft_in(sent, key), text_in(sent, "dimension"), day_in(sent)
    with reading() as act:
        if (problems := faults(act, body)) is not None:
            return problems
        draft = load_model(body)
        with scratch(workspace(), act.person) as apart:
            trial = Trial(apart, draft, day)
            (found,) = measured(trial, draft, dimension)
            was = live_cuts(apart, found.measure, draft.key, trial.model.model.key)
        return plain_json(answer(distribution(found, was), reader().say))


@blueprint.post(f"{PLACE}/proposals")
@designer_only
def offer(app: str, key: str) -> Response:
    """Cuts for a dimension, side by side, each with what becomes of bands and tiers."""
    sent = sent_object()
    body, dimension = draft_in(sent, key), text_in(sent, "dimension")
    with reading() as act:
        if (problems := faults(act, body)) is not None:
            return problems
        draft = load_model(body)
        count = draft.dimensions[place_of(draft, dimension)].bands.count
        shares = proposals.check_shares(sent.get("shares"), count)
        limits = proposals.check_limits(sent.get("capacity"), draft)
        with scratch(workspace(), act.person) as apart:
            found = proposals.propose(Trial(apart, draft, with_owners=True), draft, dimension, shares, limits)
        return plain_json(
            {
                "proposals": proposals.answer(found, draft, reader().say),
                "sentence": None if found.sentence is None else reader().say(found.sentence),
                "population": found.population,
                "sampled": found.sampled,
                "margin": found.margin,
            }
        )


@blueprint.post(f"{PLACE}/correlation")
@designer_only
def correlate(app: str, key: str) -> Response:
    """How alike the dimensions are."""
    body = draft_in(sent_object(), key)
    with reading() as act:
        if (problems := faults(act, body)) is not None:
            return problems
        draft = load_model(body)
        with scratch(workspace(), act.person) as apart:
            matrix = correlation.correlation(draft, correlation.looked_at(Trial(apart, draft), draft))
        return plain_json(
            {
                "dimensions": [{"key": each.key, "label": reader().shown(each.label)} for each in draft.dimensions],
                "matrix": matrix,
                "sentence": reader().say(correlation.in_words(draft, matrix)),
            }
        )


@blueprint.post(f"{PLACE}/lint")
@designer_only
def lint(app: str, key: str) -> Response:
    """What might be wrong with the draft. One with problems is judged by its shape, as far as it can be read."""
    body = draft_in(sent_object(), key)
    with reading() as act:
        draft = loaded(body)
        if not isinstance(draft, TierModel):
            return plain_json({"warnings": []})
        found = list(warnings.shape_warnings(draft))
        if faults(act, body) is None:
            with scratch(workspace(), act.person) as apart:
                trial = Trial(apart, draft)
                found += [*warnings.rule_warnings(draft, trial.act.catalogue), *warnings.record_warnings(trial, draft)]
        return plain_json({"warnings": [_warning(each) for each in found]})


def _warning(found: warnings.Warning) -> dict[str, Any]:
    remedy = None if found.remedy is None else reader().say(found.remedy)
    return {"path": found.path, "code": found.code, "sentence": reader().say(found.sentence), "remedy": remedy}


# -- rule tests -------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/tests")
@designer_only
def test(app: str, key: str) -> Response:
    """Whether the draft gives each example the tier that it should have."""
    body = draft_in(sent_object(), key)
    with reading() as act:
        if (problems := faults(act, body)) is not None:
            return problems
        draft = load_model(body)
        found = rule_tests.run(put_in_force(act, draft).catalogue, draft)
        return plain_json(
            {"tests": [_outcome(draft, each) for each in found], "passed": sum(each.ok for each in found), "of": len(draft.tests)}
        )


def _outcome(draft: TierModel, found: rule_tests.Outcome) -> dict[str, Any]:
    expected = draft.tests[found.index].expect
    return {
        "index": found.index,
        "name": reader().shown(found.name),
        "ok": found.ok,
        "expected": {"tier": expected.tier, "score": None if expected.score is None else float(expected.score)},
        "got": {"tier": found.tier, "score": None if found.score is None else float(found.score)},
        "sentence": reader().say(found.sentence),
    }


@blueprint.post(f"{PLACE}/tests/record")
@designer_only
def record(app: str, key: str) -> Response:
    """A rule test made of a real record, as the draft rates it."""
    sent = sent_object()
    body, number = draft_in(sent, key), sent.get("record")
    if not re.fullmatch(r"[0-9]{1,16}", str(number)):
        raise Refused([Problem("record", NEEDED)])
    with reading() as act:
        if (problems := faults(act, body)) is not None:
            return problems
        draft = load_model(body)
        with scratch(workspace(), act.person) as apart:
            trial = Trial(apart, draft)
            trial.cut(whole=False)
            made, sentence = record_test(trial, draft, int(str(number)))
        return plain_json({"test": made, "sentence": reader().say(sentence)})


# -- simulation -------------------------------------------------------------------------------------------------------------------
@blueprint.post(f"{PLACE}/simulate")
@designer_only
def try_out(app: str, key: str) -> Response:
    """What publishing the draft would do: everybody up to 100,000 records; of more a sample, and the job that counts everybody."""
    sent = sent_object()
    body, day = draft_in(sent, key), day_in(sent)
    other = draft_in(sent, key, "compare") if sent.get("compare") is not None else None
    with reading() as act:
        for each in (body, other):
            if each is not None and (problems := faults(act, each)) is not None:
                return problems
        result = simulated(act, app, load_model(body), day)
        result["compare"] = None if other is None else simulated(act, app, load_model(other), day)
    if result["sampled"] < result["population"] and sent.get("full") is not False:
        with writing() as act:
            result["job"] = str(simulation_job.queue(act, body, day, compare=other))
    return plain_json(result)


def simulated(act: Act, app: str, draft: TierModel, day: date | None) -> dict[str, Any]:
    found = simulate(workspace(), act.person, draft, day, exact=EXACT)
    return Presenter(act, reader(), app, draft, found.to_json()).result()


@blueprint.get(f"{PLACE}/simulations/<int:number>")
@designer_only
def simulation(app: str, key: str, number: int) -> Response:
    """How far the count of everybody is, and what it came to."""
    with reading() as act:
        found = _mine(act, simulation_job.find(act, key, number))
        return plain_json({**_state(found), "result": _result(act, app, found)})


@blueprint.post(f"{PLACE}/simulations/<int:number>/cancel")
@designer_only
def cancel(app: str, key: str, number: int) -> Response:
    with writing() as act:
        _mine(act, simulation_job.find(act, key, number))
        jobs.cancel(act.connection, number)
        return plain_json(_state(simulation_job.find(act, key, number)))


def _mine(act: Act, found: simulation_job.Found) -> simulation_job.Found:
    """A simulation of one's own; builders of the workspace see all."""
    if found.person != act.person.id and not act.person.is_builder:
        raise NotFound(_("There is no such simulation."))
    return found


def _state(found: simulation_job.Found) -> dict[str, Any]:
    running = found.state in jobs.OPEN
    return {
        "state": "running" if running else found.state,
        "done": found.done,
        "of": found.total,
        "sentence": reader().say(_progress(found)) if running or not found.message else reader().shown(found.message),
    }


def _progress(found: simulation_job.Found) -> Message:
    if found.state == "cancelled":
        return _("Stopped. The figures are those of the sample.")
    if found.state == "done":
        return _("All records are counted.")
    if found.total is None:
        return _("Counting all records begins in a moment.")
    return _("{done} of {total} records are counted.", done=f"{found.done:,}", total=f"{found.total:,}")


def _result(act: Act, app: str, found: simulation_job.Found) -> dict[str, Any] | None:
    if found.result is None:
        return None
    result = Presenter(act, reader(), app, found.draft, found.result).result()
    other = found.result["compare"]
    compared = Presenter(act, reader(), app, found.compare, other).result() if found.compare is not None and other is not None else None
    return {**result, "compare": compared}
