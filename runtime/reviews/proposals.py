"""What people propose in a review: a draft of the tier model with its simulation, or something else in words; and how they vote on it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration.telling import clean
from runtime.definitions import versions
from runtime.errors import DefinitionProblems, NotAllowed, NotFound, Problem, Refused, TierloomError
from runtime.reviews.comparing import changes
from runtime.reviews.facts import tests_of
from runtime.reviews.reading import OPEN, Review, locked, model_of, parts_of
from runtime.reviews.rights import manages
from runtime.system import clock, jobs
from runtime.system.database import to_json
from runtime.system.tables import review_person, review_vote
from runtime.system.tables import review_proposal as table
from runtime.texts import _
from runtime.tiers.simulation import simulate
from runtime.tiers.trial import load_model, put_in_force

if TYPE_CHECKING:
    from runtime.definitions.tier_model import TierModel
    from runtime.system.jobs import Job
    from runtime.system.workspace import Act, Workspace

KIND = "review_simulation"
LONGEST_TITLE, LONGEST_WHY, LONGEST_REASON = 200, 2000, 1000
VOTES = ("yes", "no", "abstain")
MOST = 20
COUNTED = ("population", "sampled", "margin", "changed", "up", "down", "entered", "left", "moved", "tiers", "matrix", "revenue", "workload")
"""What is kept of a simulation: counts, and no records."""


@dataclass(frozen=True)
class Proposal:
    """`body` None: something else than a change of the model."""

    id: int
    review: int
    person: int
    at: datetime | None
    title: str
    why: str
    body: dict[str, Any] | None
    based_on: int | None
    changes: tuple[dict[str, str], ...]
    tests: tuple[dict[str, Any], ...]
    simulation: dict[str, Any] | None
    trouble: dict[str, str] | None
    withdrawn: bool


@dataclass(frozen=True)
class Vote:
    person: int
    vote: str
    reason: str
    at: datetime | None


# -- proposing ------------------------------------------------------------------------------------------------------------------------
def may_propose(act: Act, review: Review) -> bool:
    """Whoever takes part: those who lead it, vote in it, or are asked in it."""
    return manages(act, model_of(act, review)) or bool(parts_of(act, review.id, act.person.id).keys() & {"vote", "survey"})


def propose(act: Act, number: int, title: str, why: str, with_draft: bool) -> int:
    """Adds a proposal; gives its number. `with_draft`: the present draft of the model, as it is now, for who may publish it."""
    review = locked(act, number)
    if not may_propose(act, review):
        raise NotAllowed(_("Only those who take part in this review propose something."))
    if review.state not in ("collecting", "proposing"):
        raise Refused([], _("Proposals are closed: the vote has begun. Keep yours for the next review."))
    title, why = " ".join(clean(title).split()), clean(why).strip()
    _check(act, review, title, why)
    draft = _draft(act, review) if with_draft else None
    row = {
        "id": act.take_ids("review_proposal"),
        "review": review.id,
        "person": act.person.id,
        "at": act.micros,
        "title": title,
        "why": why,
        **(_about(act, model_of(act, review), draft) if draft is not None else {"changes": "[]", "tests": "[]"}),
    }
    act.connection.execute(table.insert().values(row))
    if draft is not None:
        jobs.start(act, KIND, {"proposal": row["id"]}, subject=f"review:{review.id}")
    return row["id"]


def _check(act: Act, review: Review, title: str, why: str) -> None:
    problems = []
    if not title:
        problems.append(Problem("title", _("Say in one line what is to change.")))
    for name, text, most in (("title", title, LONGEST_TITLE), ("why", why, LONGEST_WHY)):
        if len(text) > most:
            problems.append(Problem(name, _("At most {most} characters.", most=most)))
    if len(listed(act, review.id)) >= MOST:
        problems.append(Problem("", _("At most {most} proposals: nobody weighs more of them.", most=MOST)))
    if problems:
        raise Refused(problems)


def _draft(act: Act, review: Review) -> versions.Draft:
    draft = versions.find_draft(act.connection, "tier_model", review.model)
    if draft is None:
        raise Refused([Problem("with_draft", _("The model has no draft. Change it in its designer first, then propose it here."))])
    versions.ask_publishing(act, [draft.body])
    return draft


def _about(act: Act, model: TierModel, draft: versions.Draft) -> dict[str, Any]:
    """The draft as it is now, what it changes, and its rule tests. Raises DefinitionProblems where it cannot be tried out."""
    wanted = load_model(draft.body)
    live = versions.find_version(act.connection, "tier_model", model.key)
    said = changes(live.body, draft.body)
    if live.body == draft.body:
        raise Refused([Problem("with_draft", _("The draft does not differ from the model in force."))])
    tried = put_in_force(act, wanted)
    return {
        "body": to_json(draft.body),
        "based_on": live.version,
        "changes": json.dumps(said, ensure_ascii=False),
        "tests": json.dumps(tests_of(tried, wanted), ensure_ascii=False),
    }


def withdraw(act: Act, proposal: int) -> None:
    """Takes a proposal back, before the vote: by whoever made it or leads the review."""
    found = find(act, proposal)
    review = locked(act, found.review)
    if found.person != act.person.id and not manages(act, model_of(act, review)):
        raise NotAllowed(_("Only whoever made a proposal, or leads the review, takes it back."))
    if review.state not in ("collecting", "proposing"):
        raise Refused([], _("The vote has begun: proposals stay as they are."))
    act.connection.execute(table.update().where(table.c.id == proposal).values(withdrawn_at=act.micros))


# -- the simulation -------------------------------------------------------------------------------------------------------------------
def do(workspace: Workspace, job: Job) -> dict[str, Any]:
    """Tries a proposal out on everybody and keeps the counts. What cannot be tried says why."""
    number = job.payload["proposal"]
    with workspace.engine.connect() as connection:
        body = connection.execute(sa.select(table.c.body).where(table.c.id == number)).scalar()
    if body is None:
        return {}
    values: dict[str, Any]
    try:
        found = simulate(workspace, job.person(), load_model(json.loads(body)), job=job).to_json()
        values = {"simulation": to_json({name: found.get(name) for name in COUNTED}), "trouble": None}
    except TierloomError as error:
        values = {"trouble": to_json({language: _sentence(error).in_language(language) for language in ("zh", "en")})}
    with workspace.writing(job.person(), "schedule") as act:
        act.connection.execute(table.update().where(table.c.id == number).values(**values))
    return {}


def _sentence(error: TierloomError) -> Any:
    problems = error.problems if isinstance(error, (DefinitionProblems, Refused)) else []
    return problems[0].message if problems else error.message


# -- voting -----------------------------------------------------------------------------------------------------------------------------
def vote(act: Act, proposal: int, choice: str, reason: str = "") -> None:
    """The vote of the person of the act: one each, and another one replaces it until the review is decided."""
    found = find(act, proposal)
    review = locked(act, found.review)
    if "vote" not in parts_of(act, review.id, act.person.id):
        raise NotAllowed(_("You do not vote in this review. Tell a steward what you think."))
    if review.state != "voting":
        sentence = _("The vote has not begun yet.") if review.state in OPEN else _("The vote is over: it was decided already.")
        raise Refused([], sentence)
    problems = [Problem("vote", _("Choose one of the list."))] if choice not in VOTES else []
    reason = clean(reason).strip()
    if choice == "no" and not reason:
        problems.append(Problem("reason", _("Say why not: the reason is read before it is decided.")))
    if len(reason) > LONGEST_REASON:
        problems.append(Problem("reason", _("At most {most} characters.", most=LONGEST_REASON)))
    if found.withdrawn:
        problems.append(Problem("", _("This proposal was taken back.")))
    if problems:
        raise Refused(problems)
    _keep(act, found, choice, reason)


def _keep(act: Act, proposal: Proposal, choice: str, reason: str) -> None:
    own = review_vote.c
    values = {"vote": choice, "reason": reason, "at": act.micros}
    changed = act.connection.execute(review_vote.update().where(own.proposal == proposal.id, own.person == act.person.id).values(values))
    if not changed.rowcount:
        act.connection.execute(review_vote.insert().values(proposal=proposal.id, person=act.person.id, **values))
    open_ones = {each.id for each in listed(act, proposal.review) if not each.withdrawn}
    given = set(act.connection.execute(sa.select(own.proposal).where(own.person == act.person.id, own.proposal.in_(open_ones))).scalars())
    if given == open_ones:
        mine = review_person.c
        waiting = (mine.review == proposal.review, mine.part == "vote", mine.person == act.person.id)
        act.connection.execute(review_person.update().where(*waiting).values(done_at=act.micros))


def votes(act: Act, number: int) -> dict[int, list[Vote]]:
    """The votes on each proposal of a review, in the order in which they were given."""
    query = sa.select(review_vote).join(table, table.c.id == review_vote.c.proposal).where(table.c.review == number)
    found: dict[int, list[Vote]] = {}
    for row in act.connection.execute(query.order_by(review_vote.c.at, review_vote.c.person)):
        found.setdefault(row.proposal, []).append(Vote(row.person, row.vote, row.reason, clock.from_micros(row.at)))
    return found


# -- reading ----------------------------------------------------------------------------------------------------------------------------
def find(act: Act, proposal: int) -> Proposal:
    """A proposal by its number; whether its review may be seen is asked with the review."""
    row = act.connection.execute(sa.select(table).where(table.c.id == proposal)).first()
    if row is None:
        raise NotFound(_("There is no such proposal."))
    return _made(row)


def listed(act: Act, number: int) -> list[Proposal]:
    query = sa.select(table).where(table.c.review == number).order_by(table.c.id)
    return [_made(row) for row in act.connection.execute(query)]


def _made(row: Any) -> Proposal:
    return Proposal(
        row.id,
        row.review,
        row.person,
        clock.from_micros(row.at),
        row.title,
        row.why,
        None if row.body is None else json.loads(row.body),
        row.based_on,
        tuple(json.loads(row.changes)),
        tuple(json.loads(row.tests)),
        None if row.simulation is None else json.loads(row.simulation),
        None if row.trouble is None else json.loads(row.trouble),
        row.withdrawn_at is not None,
    )
