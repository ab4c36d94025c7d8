"""Tiers before and after a merge of records that is taken back: the states are put back as they were, then rated by the facts of today."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from runtime.records.changes import Changes
from runtime.system.sets import among
from runtime.system.tables import tier_override, tier_state
from runtime.tiers import overrides
from runtime.tiers.compiled import CompiledModel, compile
from runtime.tiers.decision import Decision
from runtime.tiers.rating import touch_tier
from runtime.tiers.states import WRITTEN, Move, Ratings

if TYPE_CHECKING:
    from runtime.system.workspace import Act

FORCE = "version_in_force"
BY_HAND = ("fixed", "fixed_until")


def states_of(act: Act, form: str, records: Iterable[int]) -> list[dict[str, Any]]:
    """The states of records in every model of their form, as plain values, with the version of the model in force."""
    found, wanted = [], list(records)
    for model in act.catalogue.models_of(form):
        number = act.catalogue.ids["tier_model", model.key]
        mine = tier_state.c.model == number, among(tier_state.c.record, wanted)
        version = act.catalogue.versions["tier_model", model.key]
        found += [{**row, FORCE: version} for row in act.connection.execute(sa.select(tier_state).where(*mine)).mappings()]
    return found


def put_back(act: Act, form: str, states: Iterable[dict[str, Any]], back: int, changes: Changes) -> None:
    """Gives records the states that they had, with a line of history and an event where the tier differs; `back` is the one that was in the
    trash. What was rated by another version of the model than that in force is left alone: it is rated anyway."""
    given = list(states)
    for model in act.catalogue.models_of(form):
        compiled = compile(act.catalogue, model.key)
        mine = [each for each in given if (each["model"], each[FORCE]) == (compiled.number, compiled.version) and each["tier"] is not None]
        if mine:
            touch_tier(act, model, changes, _written(act, compiled, mine, back))


def _written(act: Act, model: CompiledModel, states: list[dict[str, Any]], back: int) -> list[int]:
    now = {
        each["record"]: each for each in states_of(act, model.form, [each["record"] for each in states]) if each["model"] == model.number
    }
    found = Ratings(act, model, model.day(act.day))
    for each in states:
        before = now.get(each["record"], {})
        state = {name: each[name] for name in WRITTEN} | {"at": act.micros}
        if each["record"] != back:  # what people have decided about it meanwhile holds
            state |= {name: before.get(name) for name in BY_HAND}
        found.states.append(state)
        if before.get("tier") != each["tier"]:
            found.moves.append(_move(model, each, before))
    if any(each["record"] == back and each["fixed"] is not None for each in states):
        _reopen(act, model, back)
    return found.write(act.source)


def _reopen(act: Act, model: CompiledModel, record: int) -> None:
    """The tier that was set by hand ended only because the record went into the trash."""
    newest = next(iter(overrides.of_record(act, model.number, record, 1)), None)
    if newest is not None and newest.ended == "gone":
        values = {"ended_at": None, "ended_by": None, "ended": None}
        act.connection.execute(tier_override.update().where(tier_override.c.id == newest.id).values(values))


def _move(model: CompiledModel, state: dict[str, Any], before: dict[str, Any]) -> Move:
    """A record that comes back from the trash has its tier again without an event, as it lost it without one."""
    was, tier = before.get("tier"), state["tier"]
    ranks = model.rules.ranks
    cause = "first" if was not in ranks else "up" if ranks[tier] > ranks[was] else "down"
    decision = Decision(tier, cause, None if cause == "first" else cause, "undo")
    return Move(state["record"], was, tier, decision, before.get("score"), state["score"], state["bands"], bool(state["provisional"]))
