"""Reviews of tier models: reading them, answering, voting, and saying that one knows. Leading them is done on their pages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from runtime.api.records import instant
from runtime.api.route import LIMIT, NUMBER_CURSOR, Call, Param, Route, Shape, page
from runtime.api.tiers import model_of
from runtime.definitions.model import Key
from runtime.errors import NotFound, Problem, Refused
from runtime.reviews import deciding, opening, proposals, reading, survey
from runtime.reviews.effects import sees_amounts
from runtime.reviews.reading import Review as Found
from runtime.system import clock
from runtime.texts import _, shown

STATE = Param("state", {"type": "string", "enum": list(reading.STATES)}, "Only reviews that are in this state.")
MODEL = Param("model", {"type": "string", "minLength": 1, "maxLength": 50}, "Only reviews of this tier model.")
State = Literal["collecting", "proposing", "voting", "decided", "announced", "closed"]


class Review(Shape):
    """`from` and `to`: the days it is about. `waits`: what it waits for from whoever asks. `published`: the version that it brought."""

    model_config = {**Shape.model_config, "populate_by_name": True}

    id: str
    model: str
    title: str
    state: State
    from_: Annotated[str, Field(alias="from")]
    to: str
    version: int
    published: int | None
    waits: tuple[Literal["survey", "vote", "notice"], ...]


class Reviews(Shape):
    items: tuple[Review, ...]
    next: int | None


class Question(Shape):
    """`kind`: scale (1 to 5), yes_no (yes or no), words."""

    key: str
    kind: Literal["scale", "yes_no", "words"]
    text: str


class Vote(Shape):
    person: str
    vote: Literal["yes", "no", "abstain"]
    reason: str
    at: str


class Test(Shape):
    name: str
    ok: bool


class Proposal(Shape):
    """`changes`: what would change, in words. `simulation`: counts of all records, for those who may see them; null for others, where nothing
    of the model changes, and until it is worked out."""

    id: str
    person: str
    title: str
    why: str
    with_draft: bool
    changes: tuple[str, ...]
    tests: tuple[Test, ...]
    simulation: dict[str, Any] | None
    votes: tuple[Vote, ...]


class Known(Shape):
    """`at`: when somebody said that they had read it; null: not yet."""

    person: str
    at: str | None


class Whole(Review):
    """`facts`: counts of all records, for those who may see them. `note`: what was announced."""

    facts: dict[str, Any] | None
    questions: tuple[Question, ...]
    survey_until: str
    proposals: tuple[Proposal, ...]
    approved: str | None
    decision: str | None
    decided_by: str | None
    decided_at: str | None
    note: str | None
    announced_at: str | None
    closed_at: str | None
    acknowledged: tuple[Known, ...]


class Opening(Shape):
    model: Key


class Voting(Shape):
    """A no has a reason."""

    vote: Literal["yes", "no", "abstain"]
    reason: Annotated[str, Field(max_length=proposals.LONGEST_REASON)] = ""


class Answers(Shape):
    """By the keys of the questions. What is left out is taken back."""

    answers: dict[str, Annotated[str, Field(max_length=survey.LONGEST_ANSWER)]]


# -- views ------------------------------------------------------------------------------------------------------------------------------
def listed(call: Call) -> dict[str, Any]:
    key, state, limit = call.query.get("model"), call.query.get("state"), call.query["limit"]
    models = [each for each in call.act.catalogue.tier_models.values() if key in (None, each.key)]
    found = reading.listed(call.act, models, (state,) if state else reading.STATES, call.query.get("cursor"), limit + 1)
    return page([_short(call, each) for each in found[:limit]], found[limit - 1].id if len(found) > limit else None)


def one(call: Call, id: int) -> dict[str, Any]:
    return _whole(call, reading.find(call.act, id))


def begin(call: Call) -> dict[str, Any]:
    try:
        model = model_of(call.act, call.body.model)
    except NotFound as error:
        raise Refused([Problem("model", error.message)]) from error
    return one(call, opening.open_now(call.act, model))


def vote(call: Call, id: int, proposal: str) -> dict[str, Any]:
    reading.find(call.act, id)
    number = int(proposal) if proposal.isascii() and proposal.isdecimal() and len(proposal) < 17 else 0
    if proposals.find(call.act, number).review != id:
        raise NotFound(_("There is no such proposal."))
    proposals.vote(call.act, number, call.body.vote, call.body.reason)
    return one(call, id)


def answer(call: Call, id: int) -> dict[str, Any]:
    known = {each["key"] for each in reading.find(call.act, id).questions}
    unknown = [Problem(f"answers/{key}", _("There is no question with this key.")) for key in call.body.answers if key not in known]
    if unknown:
        raise Refused(unknown)
    survey.answer(call.act, id, call.body.answers)
    return one(call, id)


def acknowledge(call: Call, id: int) -> dict[str, Any]:
    deciding.acknowledge(call.act, id)
    return one(call, id)


# -- shapes -----------------------------------------------------------------------------------------------------------------------------
WAITING = {"survey": "collecting", "vote": "voting", "notice": "announced"}


def _short(call: Call, found: Found) -> dict[str, Any]:
    own = reading.parts_of(call.act, found.id, call.act.person.id)
    return {
        "id": str(found.id),
        "model": found.model,
        "title": call.say(found.title),
        "state": found.state,
        "from": found.first_day.isoformat(),
        "to": found.last_day.isoformat(),
        "version": found.version,
        "published": found.published,
        "waits": [part for part, state in WAITING.items() if own.get(part) is False and found.state == state],
    }


def _whole(call: Call, found: Found) -> dict[str, Any]:
    act, model = call.act, reading.model_of(call.act, found)
    sees = reading.sees_facts(act, found)
    facts = None if not sees or found.facts is None else found.facts
    if facts is not None and not sees_amounts(act, model):
        facts = {**facts, "effects": {**facts["effects"], "tiers": [_without_amount(each) for each in facts["effects"]["tiers"]]}}
    cast = proposals.votes(act, found.id)
    return {
        **_short(call, found),
        "facts": facts,
        "questions": [{**each, "text": shown(each["text"], call.language)} for each in found.questions],
        "survey_until": found.survey_until.isoformat(),
        "proposals": [
            _proposal(each, cast.get(each.id, []), sees, call.language) for each in proposals.listed(act, found.id) if not each.withdrawn
        ],
        "approved": None if found.approved is None else str(found.approved),
        "decision": found.decision,
        "decided_by": None if found.decided_by is None else str(found.decided_by),
        "decided_at": _at(found.decided_at),
        "note": found.note,
        "announced_at": _at(found.announced_at),
        "closed_at": _at(found.closed_at),
        "acknowledged": [
            {"person": str(row.person), "at": _at(clock.from_micros(row.done_at))} for row in reading.people_of(act, found.id, "notice")
        ],
    }


def _without_amount(each: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in each.items() if name != "amount"}


def _proposal(each: proposals.Proposal, cast: list[proposals.Vote], sees: bool, language: str) -> dict[str, Any]:
    return {
        "id": str(each.id),
        "person": str(each.person),
        "title": each.title,
        "why": each.why,
        "with_draft": each.body is not None,
        "changes": [shown(one, language) for one in each.changes],
        "tests": [{"name": shown(one["name"], language), "ok": one["ok"]} for one in each.tests],
        "simulation": each.simulation if sees else None,
        "votes": [{"person": str(one.person), "vote": one.vote, "reason": one.reason, "at": _at(one.at)} for one in cast],
    }


def _at(when: datetime | date | None) -> str | None:
    return instant(when) if isinstance(when, datetime) else None


# -- routes -----------------------------------------------------------------------------------------------------------------------------
ONE = "/reviews/{id}"
ROUTES = [
    Route("GET", "/reviews", listed, "Reviews of tier models", "reviews", Reviews, query=(MODEL, STATE, LIMIT, NUMBER_CURSOR)),
    Route("POST", "/reviews", begin, "Open a review now", "reviews", Whole, Opening, status=201, writes=True),
    Route("GET", ONE, one, "One review with its proposals and votes", "reviews", Whole),
    Route("POST", f"{ONE}/proposals/{{proposal}}/vote", vote, "Vote, or change one's vote", "reviews", Whole, Voting, writes=True),
    Route("PUT", f"{ONE}/answers", answer, "Answer the survey of a review", "reviews", Whole, Answers, writes=True),
    Route("POST", f"{ONE}/acknowledge", acknowledge, "Say that one has read what changes", "reviews", Whole, writes=True),
]
