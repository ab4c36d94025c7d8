"""From the vote to the end: a steward decides, the model is published by the usual door, everybody is told and says that they know."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration.telling import clean
from runtime.definitions import versions
from runtime.errors import NotAllowed, Problem, Refused
from runtime.people.person import SYSTEM
from runtime.records import query
from runtime.reviews import proposals, reminding
from runtime.reviews.reading import OPEN, Review, locked, model_of, parts_of
from runtime.reviews.rights import everybody, require_approve, require_manage
from runtime.system import audit
from runtime.system.prepared import prepared
from runtime.system.tables import review as table
from runtime.system.tables import review_person
from runtime.texts import Message, _

if TYPE_CHECKING:
    from runtime.system.workspace import Act

LONGEST = 4000
NEXT = {"collecting": "proposing", "proposing": "voting"}
BACK = {"proposing": "collecting", "voting": "proposing"}


# -- steps ----------------------------------------------------------------------------------------------------------------------------
def go_on(act: Act, number: int, wanted: str) -> None:
    """To the next step before the decision, or one step back. `wanted`: the state it is to have."""
    found = locked(act, number)
    require_manage(act, model_of(act, found))
    if found.state == wanted:
        return
    if wanted not in (NEXT.get(found.state), BACK.get(found.state)):
        raise Refused([], _state_changed(act, found))
    if wanted == "voting":
        _check_proposals(act, number)
    _set(act, found, state=wanted)
    if wanted == "voting":
        _call_to_vote(act, found)


def _check_proposals(act: Act, number: int) -> None:
    """There is something to vote on, and of each draft one knows what it would do."""
    found = [each for each in proposals.listed(act, number) if not each.withdrawn]
    if not found:
        raise Refused([], _("There is nothing to vote on yet. Add a proposal, or end the review without a change."))
    for each in found:
        if each.body is not None and each.simulation is None:
            raise Refused([], _("It is not known yet what “{title}” would do. Wait for its simulation, or take it back.", title=each.title))


def _call_to_vote(act: Act, found: Review) -> None:
    own = review_person.c
    voters = (own.review == found.id, own.part == "vote")
    act.connection.execute(review_person.update().where(*voters).values(reminded_at=act.micros, done_at=None))
    people = act.connection.execute(sa.select(own.person).where(*voters)).scalars().all()
    model = model_of(act, found)
    reminding.tell(
        act, model, found.id, people, _("Your vote is asked for: review of {model}", model=model.label), "", f"voting:{act.micros}"
    )


def _set(act: Act, found: Review, **values: Any) -> None:
    act.connection.execute(table.update().where(table.c.id == found.id).values(**values))


def _state_changed(act: Act, found: Review) -> Message:
    """What somebody else did in the meantime."""
    if found.decided_by is not None:
        name = query.people_names(act, [found.decided_by]).get(found.decided_by, "Tierloom")
        return _("This review was decided already, by {name}. Nothing was done a second time.", name=name)
    return _("This review is at another step by now. Look at it again.")


# -- deciding -------------------------------------------------------------------------------------------------------------------------
def approve(act: Act, proposal: int, reason: str = "") -> int | None:
    """Approves a proposal and with it publishes its model; gives the new version. All of it happens, or nothing.

    Raises NotAllowed, Refused where it was decided already or the model has changed since, DefinitionProblems where a rule test fails or
    the model does not fit any more what it reads.
    """
    found = locked(act, proposals.find(act, proposal).review)
    wanted = proposals.find(act, proposal)
    require_approve(act, model_of(act, found))
    if found.state != "voting":
        raise Refused([], _state_changed(act, found) if found.state not in OPEN else _("Let people vote first."))
    if wanted.withdrawn:
        raise Refused([], _("This proposal was taken back."))
    version = _publish(act, found, wanted) if wanted.body is not None else None
    _decide(act, found, reason, approved=proposal, published=version)
    return version


def _publish(act: Act, found: Review, wanted: proposals.Proposal) -> int:
    assert wanted.body is not None
    versions.lock(act)
    live = act.catalogue.versions.get(("tier_model", found.model))
    if live != wanted.based_on:
        raise Refused([], _("The model was published anew since this was proposed (version {now}, not {then}). Propose it again on top of it.",
                            now=live, then=wanted.based_on))  # fmt: skip
    draft = versions.find_draft(act.connection, "tier_model", found.model)
    if draft is not None and draft.body != wanted.body:  # somebody is working on something else: it is kept as a version of its own
        versions.set_aside(replace(act, person=SYSTEM, after_commit=[], notes=[]), "tier_model", found.model)
    note = str(_("Approved in the review of {day}: {title}", day=found.last_day.isoformat(), title=wanted.title))
    published = versions.publish(act, [wanted.body], note, decided=True)
    return next(number for kind, key, number in published if (kind, key) == ("tier_model", found.model))


def end_without_change(act: Act, number: int, reason: str) -> None:
    """Decides that the model stays as it is, with a reason."""
    found = locked(act, number)
    require_approve(act, model_of(act, found))
    if found.state not in OPEN:
        raise Refused([], _state_changed(act, found))
    if not reason.strip():
        raise Refused([Problem("reason", _("Say why nothing changes: the next review begins there."))])
    _decide(act, found, reason)


def _decide(act: Act, found: Review, reason: str, approved: int | None = None, published: int | None = None) -> None:
    reason = clean(reason).strip()
    if len(reason) > LONGEST:
        raise Refused([Problem("reason", _("At most {most} characters.", most=LONGEST))])
    values = {"approved": approved, "published": published, "decision": reason or None}
    _set(act, found, state="decided", decided_at=act.micros, decided_by=act.person.id, **values)
    audit.note(act, "review_decided", f"tier_model:{found.model}", review=found.id, proposal=approved, version=published)


# -- telling everybody ----------------------------------------------------------------------------------------------------------------
def announce(act: Act, number: int, note: str) -> int:
    """Tells everybody with access to the model's form what changes; each is to say that they know. Gives how many."""
    found = locked(act, number)
    model = model_of(act, found)
    require_manage(act, model)
    if found.state != "decided":
        raise Refused([], _("Decide first what is to be told.") if found.state in OPEN else _("Everybody was told already."))
    note = clean(note).strip()
    if not note:
        raise Refused([Problem("note", _("Say in plain words what changes for people's work."))])
    if len(note) > LONGEST:
        raise Refused([Problem("note", _("At most {most} characters.", most=LONGEST))])
    people = [each.id for each in everybody(act, model)]
    rows = [
        {
            "review": number,
            "part": "notice",
            "person": each,
            "done_at": act.micros if each == act.person.id else None,
            "reminded_at": act.micros,
        }
        for each in people
    ]
    if rows:
        act.connection.execute(review_person.insert(), rows)
    _set(act, found, state="announced", note=note, announced_at=act.micros, announced_by=act.person.id)
    audit.note(act, "review_announced", f"tier_model:{found.model}", review=number, people=len(people))
    reminding.tell(act, model, number, people, _("What changes in {model}: please read it", model=model.label), "notice", "announced", note)
    _close_when_all_know(act, found)
    return len(people)


def acknowledge(act: Act, number: int) -> None:
    """Notes that the person of the act knows; a second time changes nothing."""
    found = locked(act, number)
    parts = parts_of(act, number, act.person.id)
    if "notice" not in parts:
        raise NotAllowed(_("This review does not ask you for it."))
    if parts["notice"]:
        return
    if found.state != "announced":
        raise Refused([], _("This review is closed: its list stays as it is."))
    own = review_person.c
    mine = (own.review == number, own.part == "notice", own.person == act.person.id)
    act.connection.execute(review_person.update().where(*mine).values(done_at=act.micros))
    _close_when_all_know(act, found)


def _close_when_all_know(act: Act, found: Review) -> None:
    own = review_person.c
    waiting = sa.select(own.person).where(own.review == found.id, own.part == "notice", own.done_at.is_(None)).limit(1)
    if act.connection.execute(waiting).first() is None:
        _close(act, found, SYSTEM.id)


def close(act: Act, number: int) -> None:
    """Ends a review that is decided, although not everybody has said that they know; who has not stays on its list."""
    found = locked(act, number)
    require_manage(act, model_of(act, found))
    if found.state == "closed":
        raise Refused([], _("This review is closed already."))
    if found.state in OPEN:
        raise Refused([], _("Decide first, or end the review without a change."))
    if found.state == "decided" and found.published is not None:
        raise Refused([], _("The model was published: tell people what changes before you close the review."))
    _close(act, found, act.person.id)


def _close(act: Act, found: Review, by: int) -> None:
    _set(act, found, state="closed", closed_at=act.micros, closed_by=by, open_model=None)
    audit.note(act, "review_closed", f"tier_model:{found.model}", review=found.id)


# -- the banner -----------------------------------------------------------------------------------------------------------------------
def unread(act: Act) -> int | None:
    """The oldest review whose announcement the person of the act has not acknowledged. Asked on every page."""
    statement = prepared(act.catalogue.memo, "review.unread", act.connection.dialect, first_unread)
    rows = statement.all(act.connection, {"the_person": act.person.id})
    return rows[0][0] if rows else None


def first_unread() -> Any:
    own = review_person.c
    mine = (own.person == sa.bindparam("the_person", type_=sa.BigInteger()), own.part == "notice", own.done_at.is_(None))
    query = sa.select(table.c.id).join(review_person, own.review == table.c.id).where(*mine, table.c.state == "announced")
    return query.order_by(table.c.id).limit(1)


def plain_note(act: Act, found: Review, language: str) -> str:
    """A beginning for the announcement, from the words of the approved proposal."""
    model = model_of(act, found)
    approved = None if found.approved is None else proposals.find(act, found.approved)
    if approved is None:
        return str(_("{model} stays as it is.", model=model.label).in_language(language))
    lines = [_("What changes in {model}:", model=model.label).in_language(language), f"– {approved.title}"]
    lines += [f"– {each[language]}" for each in approved.changes]
    found_counts = approved.simulation
    if found_counts is not None:
        words = _("{up} rise, {down} fall.", up=found_counts["up"], down=found_counts["down"])
        lines.append(words.in_language(language))
    return "\n".join(lines)
