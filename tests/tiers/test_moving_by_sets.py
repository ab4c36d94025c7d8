"""The full recompute by sets and the rule of decision.py one by one leave the same states, history and events, whatever was before."""

import json
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from runtime.definitions.loading import load
from runtime.people.person import SYSTEM
from runtime.records.tables import tables_of
from runtime.system.tables import event, tier_history, tier_state
from runtime.system.workspace import Act
from runtime.tiers.compiled import compile
from runtime.tiers.outcome import DECIDE
from runtime.tiers.rating import facts_of, ratings
from runtime.tiers.recomputing import Run
from runtime.tiers.trial import scratch
from tests.tiers.test_sql_and_python_agree import models
from tests.tiers.test_sql_and_python_agree import people as people
from tests.tiers.world import TIERS, World, dimension, model

KEYS = [tier["key"] for tier in TIERS]
EVERYBODY = 2**60
SHOWN = ("record", "version", "tier_from", "tier_to", "score_from", "score_to", "bands", "cause", "source", "as_of")

movements = st.fixed_dictionaries(
    {},
    optional={
        "least_stay_days": st.sampled_from([0, 10]),
        "least_stay_months": st.sampled_from([0, 1]),
        "grace_days": st.sampled_from([0, 5]),
        "down": st.sampled_from(["direct", "one_step"]),
        "demotion": st.sampled_from(["auto", "propose"]),
    },
)
other_figures = {
    "score": st.integers(0, 1_000_000),
    "bands": st.sampled_from(["1", "2,3", ""]),
    "lane": st.sampled_from(["", "l0"]),
    "floor": st.sampled_from([None, 0]),
    "provisional": st.sampled_from([0, 1]),
    "risen": st.sampled_from([None, 0, -5, -40]),
    "fell": st.sampled_from([None, 0, -3]),
}
moved = st.fixed_dictionaries({"tier": st.sampled_from([*KEYS, "bronze"])}, optional=other_figures)
ended = st.just({"nothing": True})
held = st.fixed_dictionaries(
    {},
    optional={
        **other_figures,
        "tier": st.sampled_from([*KEYS, "bronze"]),
        "grace": st.sampled_from([-1, 0, 3]),
        "proposed": st.sampled_from(KEYS),
        "fixed": st.sampled_from(KEYS),
        "until": st.sampled_from([None, -1, 0, 3]),
    },
)
earlier = moved | moved | ended | held
"""What is otherwise in the state of a record than a rating would leave there."""
OF_A_VERSION = {"score", "lane", "floor"}
"""What this version would not have left there beside the bands."""


def run_of(people: World, act: Act, placing: bool) -> Run:
    """A recompute that has worked out what is to be done and has written nothing."""
    run = Run(people.workspace, act.connection, "tried", None, "schedule", None, True)
    run.act, run.model, run.day, run.placing = act, compile(act.catalogue, "tried"), act.day, placing
    run.given = {"today": act.day, "now": act.micros}
    run._work_out(act, facts_of(act, run.model))
    return run


def apply(act: Act, run: Run) -> None:
    run.firsts.give(act, 0, EVERYBODY)
    run.outcomes.figures(act, 0, EVERYBODY)
    run.outcomes.moves(act, 0, EVERYBODY)
    ratings(act, run.model, set(run.ids[DECIDE]), run.cuts, run.day, run.placing).write("schedule")
    for table in run.tables:
        table.drop(act.connection)


def disturb(act: Act, number: int, record: int, change: dict[str, Any]) -> None:
    day, ranks = act.day, {key: rank for rank, key in enumerate(reversed(KEYS), 1)}
    values: dict[str, Any] = {
        name: change[name] for name in ("score", "bands", "lane", "floor", "provisional", "proposed") if name in change
    }
    if OF_A_VERSION & change.keys() or change.get("tier") == "bronze":
        values["version"] = -1  # the same bands have made something else of it
    if "tier" in change:
        values |= {"tier": change["tier"], "rank": ranks.get(change["tier"], 2)}
    if "nothing" in change:
        values |= {"tier": None, "rank": None, "score": None, "bands": None, "floor": None, "provisional": 0}
        values.pop("proposed", None)
    values |= {name: day + change[key] for name, key in (("grace_until", "grace"),) if key in change and "nothing" not in change}
    for name, key in (("risen_on", "risen"), ("fell_on", "fell")):
        if key in change:
            values[name] = None if change[key] is None else day + change[key]
    if "fixed" in change:
        until = change.get("until")
        values |= {"fixed": change["fixed"], "fixed_until": None if until is None else day + until}
    if values:
        act.connection.execute(tier_state.update().where(tier_state.c.model == number, tier_state.c.record == record).values(values))


def left_by(act: Act, number: int, work: Any) -> tuple[Any, Any, Any]:
    """States, history and what is told, as some work leaves them; it is taken back."""
    told = act.connection.execute(sa.select(sa.func.max(event.c.id))).scalar() or 0
    with act.connection.begin_nested() as savepoint:
        work()
        history = [tier_history.c[name] for name in SHOWN]
        states = act.connection.execute(sa.select(tier_state).where(tier_state.c.model == number).order_by(tier_state.c.record)).all()
        order = (tier_history.c.record, tier_history.c.id)
        moves = act.connection.execute(
            sa.select(*history, tier_history.c.valid_to).where(tier_history.c.model == number).order_by(*order)
        ).all()
        events = act.connection.execute(sa.select(event).where(event.c.id > told)).all()
        savepoint.rollback()
    act.workspace.ids.forget()
    return states, moves, sorted(each for found in events for each in items(found))


def items(found: Any) -> list[tuple[str, int, str]]:
    payload = json.loads(found.payload)
    pairs = payload["items"] if found.record is None else [[found.record, payload]]
    assert found.record is not None or json.loads(found.records) == [record for record, _told in pairs]
    return [(found.kind, record, json.dumps(told, sort_keys=True)) for record, told in pairs]


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    bodies=models(),
    movement=movements,
    placing=st.booleans(),
    rounds=st.lists(st.none() | earlier, min_size=24, max_size=24),
)
def test_sets_leave_what_deciding_one_by_one_leaves(
    people: World, bodies: list[Any], movement: dict[str, Any], placing: bool, rounds: list[dict[str, Any] | None]
):
    bodies[-1]["movement"] |= movement
    by_rule, by_sets = both_ways(people, bodies, placing, rounds)
    assert by_sets == by_rule


def test_whoever_is_frozen_and_would_fall_is_decided_about(people: World):
    """A freeze keeps the tier, but what leads down begins beside it."""
    for movement in ({"grace_days": 5}, {"demotion": "propose"}, {"grace_days": 5, "demotion": "propose"}):
        body = model(dimension("points", "points", [10, 20, 30]), key="tried", freeze=[{"when": "id > 0"}], movement=movement)
        by_rule, by_sets = both_ways(people, [body], False, [{"tier": "diamond"}] * 24)
        assert by_sets == by_rule
        assert any(state.grace_until or state.proposed for state in by_rule[0]) and {state.tier for state in by_rule[0]} == {"diamond"}


def both_ways(people: World, bodies: list[Any], placing: bool, rounds: list[dict[str, Any] | None]) -> tuple[Any, Any]:
    """What is left by deciding one by one, and by sets, after earlier states were disturbed."""
    with scratch(people.workspace, SYSTEM) as act:
        act.catalogue = act.catalogue.with_definitions([load(json.loads(json.dumps(body))) for body in bodies])
        compiled = compile(act.catalogue, "tried")
        apply(act, run_of(people, act, False))
        act.workspace.ids.forget()
        states = act.connection.execute(sa.select(tier_state.c.record).where(tier_state.c.model == compiled.number)).scalars().all()
        for record, change in zip(sorted(states), rounds, strict=False):
            if change is None:
                act.connection.execute(tier_state.delete().where(tier_state.c.model == compiled.number, tier_state.c.record == record))
                act.connection.execute(
                    tier_history.delete().where(tier_history.c.model == compiled.number, tier_history.c.record == record)
                )
            else:
                disturb(act, compiled.number, record, change)
        run = run_of(people, act, placing)
        everybody = set(act.connection.execute(sa.select(tables_of(act.catalogue)["customer"].main.c.id)).scalars())
        by_rule = left_by(act, compiled.number, lambda: ratings(act, compiled, everybody, run.cuts, act.day, placing).write("schedule"))
        return by_rule, left_by(act, compiled.number, lambda: apply(act, run))
