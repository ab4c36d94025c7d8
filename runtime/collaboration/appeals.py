"""Objections to a tier: somebody says which tier would be right and why, the stewards get a to-do, and one of them answers.

Agreeing sets the tier by hand until a day; turning down needs a reason. Whoever objected is told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.collaboration import telling, todos
from runtime.definitions.tier_model import TierModel
from runtime.errors import NotAllowed, NotFound, Problem, Refused
from runtime.records import query
from runtime.system import clock
from runtime.system.tables import tier_appeal, tier_appeal_todo, tier_state, todo
from runtime.texts import Message, _, in_language
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.overriding import living, note, override, reason_problems, tier_problems
from runtime.tiers.seeing import of_seen_records, sees_tiers
from runtime.tiers.stewards import is_steward, require_decide, stewards

if TYPE_CHECKING:
    from runtime.people.person import Person
    from runtime.system.workspace import Act

STATES = ("open", "accepted", "refused", "withdrawn")
ANSWERED_WITHIN = timedelta(days=3)


@dataclass(frozen=True)
class Appeal:
    """`model` is the definition's number; `tier_then` what the record had, `tier` what is proposed."""

    id: int
    model: int
    record: int
    person: int
    at: int
    tier_then: str | None
    tier: str
    reason: str
    state: str
    decided_by: int | None
    decided_at: int | None
    answer: str | None
    until: int | None


# -- objecting ----------------------------------------------------------------------------------------------------------------------
def object_to(act: Act, model_key: str, record: int, tier: str, reason: str) -> int:
    """Objects to a record's tier; gives the number of the objection. For everybody who sees the tier.

    Raises NotAllowed, NotFound, or Refused: tier, reason, or that somebody has objected already.
    """
    model = compile(act.catalogue, model_key)
    living(act, model, record)
    if not sees_tiers(act, model.model, record):
        raise NotAllowed(_("You may not see the tiers of these records. Ask somebody who builds in this workspace."))
    had = _tier_of(act, model, record)
    problems = [*tier_problems(model, tier), *reason_problems(reason)]
    if tier == had:
        problems.append(Problem("tier", _("The record has this tier already. Choose the one that you hold for right.")))
    if problems:
        raise Refused(problems)
    if open_at(act, model.number, record) is not None:
        raise Refused([], _("Somebody has objected to this tier already. Wait for the answer."))
    number = act.take_ids("tier_appeal")
    values = {"id": number, "model": model.number, "record": record, "person": act.person.id, "at": act.micros, "state": "open"}
    act.connection.execute(tier_appeal.insert().values(**values, tier_then=had, tier=tier, reason=reason.strip()))
    note(act, model, "appeal", record=record, appeal=number, tier=tier, reason=reason.strip())
    _hand_out(act, model, number, record, had, tier, reason.strip())
    return number


def _tier_of(act: Act, model: CompiledModel, record: int) -> str | None:
    own = tier_state.c
    return act.connection.execute(sa.select(own.tier).where(own.model == model.number, own.record == record)).scalar()


def _hand_out(act: Act, model: CompiledModel, number: int, record: int, had: str | None, tier: str, reason: str) -> None:
    """A to-do for each steward who sees the record with its tier."""
    for one in stewards(act, model.model):
        someone = telling.person_in(act, one)
        if someone is None or one == act.person.id or not _sees(act, someone, model.model, record):
            continue
        words = _("Objection: {before} → {after}. {reason}", before=_label(model, had), after=_label(model, tier), reason=reason)
        title = str(in_language(words, someone.language or act.workspace.language))[: todos.LONGEST]
        wanted = todos.Wanted(title, one, act.today + ANSWERED_WITHIN, model.form, record)
        act.connection.execute(tier_appeal_todo.insert().values(appeal=number, todo=todos.add(act, wanted)))


def _sees(act: Act, someone: Person, model: TierModel, record: int) -> bool:
    asked = replace(act, person=someone, after_commit=[], notes=[])
    return telling.sees(act, someone, model.form, record) and sees_tiers(asked, model, record)


def _label(model: CompiledModel, tier: str | None) -> Any:
    return model.model.by_key[tier].label if tier in model.model.by_key else _("no tier")


# -- answering ----------------------------------------------------------------------------------------------------------------------
def accept(act: Act, number: int, until: date | None, answer: str = "") -> None:
    """Agrees: the proposed tier is set by hand up to and including a day, which must be given."""
    found, model = _open(act, number)
    if until is None:
        raise Refused([Problem("until", _("Say until when: what is set by hand ends by itself."))])
    override(act, model.model.key, found.record, found.tier, found.reason, until, asked_by=found.person)
    _close(act, model, found, "accepted", answer, clock.to_day(until))
    subject = _(
        "{who} agrees: {record} is {tier} until {day}", tier=_label(model, found.tier), day=until.isoformat(), **_words(act, model, found)
    )
    _tell(act, model, found, subject, answer)


def refuse(act: Act, number: int, answer: str) -> None:
    """Turns an objection down, with a reason."""
    found, model = _open(act, number)
    problems = reason_problems(answer, "answer")
    if problems:
        raise Refused(problems)
    _close(act, model, found, "refused", answer)
    _tell(act, model, found, _("{who} has turned down your objection to the tier of {record}", **_words(act, model, found)), answer)


def withdraw(act: Act, number: int) -> None:
    """Takes one's own objection back."""
    found = find(act, number)
    if found.person != act.person.id:
        raise NotAllowed(_("Only who objected takes the objection back."))
    _still_open(act, found)
    _close(act, compile(act.catalogue, _key_of(act, found)), found, "withdrawn", "")


def _open(act: Act, number: int) -> tuple[Appeal, CompiledModel]:
    """An open objection with its model, for somebody who may decide about it."""
    found = find(act, number)
    model = compile(act.catalogue, _key_of(act, found))
    require_decide(act, model.model, found.record)
    _still_open(act, found)
    return found, model


def _still_open(act: Act, found: Appeal) -> None:
    if found.state != "open":
        who = query.people_names(act, [found.decided_by or 0]).get(found.decided_by or 0, "Tierloom")
        raise Refused([], _("This objection was answered already by {name}.", name=who))


def _close(act: Act, model: CompiledModel, found: Appeal, state: str, answer: str, until: int | None = None) -> None:
    done = {"state": state, "decided_by": act.person.id, "decided_at": act.micros, "answer": answer.strip() or None, "until": until}
    act.connection.execute(tier_appeal.update().where(tier_appeal.c.id == found.id).values(done))
    given = sa.select(tier_appeal_todo.c.todo).where(tier_appeal_todo.c.appeal == found.id)
    finished = {"done_at": act.micros, "done_by": act.person.id}
    act.connection.execute(todo.update().where(todo.c.id.in_(given), todo.c.done_at.is_(None)).values(finished))
    note(act, model, f"appeal_{state}", record=found.record, appeal=found.id, answer=answer.strip() or None)


def _words(act: Act, model: CompiledModel, found: Appeal) -> dict[str, Any]:
    return {"who": act.person.name, "record": telling.title_of(act, model.form, found.record)}


def _tell(act: Act, model: CompiledModel, found: Appeal, subject: Message, answer: str) -> None:
    cause = f"appeal:{found.id}:decided"
    telling.tell(act, "appeal", [found.person], subject, answer.strip(), (model.form, found.record), cause, "#tier-card-title")


# -- reading ------------------------------------------------------------------------------------------------------------------------
def find(act: Act, number: int) -> Appeal:
    """One on a record whose tier the person sees; NotFound otherwise."""
    row = act.connection.execute(sa.select(tier_appeal).where(tier_appeal.c.id == number)).first()
    found = None if row is None else Appeal(**row._mapping)
    model = None if found is None else act.catalogue.tier_models.get(_key_of(act, found))
    if found is None or model is None or not sees_tiers(act, model, found.record):
        raise NotFound(_("There is no such objection."))
    return found


def open_at(act: Act, model: int, record: int) -> Appeal | None:
    own = tier_appeal.c
    query = sa.select(tier_appeal).where(own.model == model, own.record == record, own.state == "open")
    row = act.connection.execute(query).first()
    return None if row is None else Appeal(**row._mapping)


def of_record(act: Act, model: int, record: int, limit: int = 50) -> list[Appeal]:
    """The newest first."""
    own = tier_appeal.c
    query = sa.select(tier_appeal).where(own.model == model, own.record == record).order_by(own.id.desc()).limit(limit)
    return [Appeal(**row._mapping) for row in act.connection.execute(query)]


def listed(act: Act, model_key: str, states: tuple[str, ...] = STATES, before: int | None = None, limit: int = 50) -> list[Appeal]:
    """The newest first, of records whose tier the person sees: all for stewards, their own for others."""
    own, model = tier_appeal.c, compile(act.catalogue, model_key)
    seen = of_seen_records(act, model.model, own.record)
    query = sa.select(tier_appeal).where(own.model == model.number, own.state.in_(states), *seen).order_by(own.id.desc()).limit(limit)
    if not is_steward(act.person, model.model):
        query = query.where(own.person == act.person.id)
    if before is not None:
        query = query.where(own.id < before)
    return [Appeal(**row._mapping) for row in act.connection.execute(query)]


def open_count(act: Act, model_key: str) -> int:
    """How many wait for an answer, on records whose tier the person sees."""
    own, model = tier_appeal.c, compile(act.catalogue, model_key)
    waiting = (own.model == model.number, own.state == "open", *of_seen_records(act, model.model, own.record))
    return act.connection.execute(sa.select(sa.func.count()).select_from(tier_appeal).where(*waiting)).scalar() or 0


def _key_of(act: Act, found: Appeal) -> str:
    """The key of an objection's model; empty where it is gone."""
    return next((key for (kind, key), number in act.catalogue.ids.items() if kind == "tier_model" and number == found.model), "")
