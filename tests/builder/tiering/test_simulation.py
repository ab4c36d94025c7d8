"""A simulation says what publishing and a full recompute then really do, and writes nothing."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.definitions import versions
from runtime.errors import DefinitionProblems, NotFound, Refused
from runtime.people.person import SYSTEM
from runtime.system import clock, jobs
from runtime.system.tables import event, metadata, tier_state
from runtime.tiers import simulation_job
from runtime.tiers.overriding import override
from runtime.tiers.recomputing import recompute
from runtime.tiers.simulation import ANY, movers, simulate
from runtime.tiers.tally import margin
from runtime.tiers.trial import load_model
from tests.builder.tiering.shop import LIVE, OWNED, POINTS, SPEND, add, mixed, person
from tests.makers import Json
from tests.tiers.world import TIERS, TODAY, World, dimension, model

if TYPE_CHECKING:
    from runtime.system.workspace import Workspace

NEWCOMERS = model(dimension("points", "points", [1, 2]), key="newcomers")
LANE = {"lanes": [{"key": "new", "when": "stage == 'new'", "tier_model": "newcomers"}]}


def tiers_of(workspace: Workspace) -> dict[int, str | None]:
    with workspace.reading(SYSTEM) as act:
        mine = tier_state.c.model == act.catalogue.ids["tier_model", "value"]
        return {record: tier for record, tier in act.connection.execute(sa.select(tier_state.c.record, tier_state.c.tier).where(mine))}


def tried(workspace: Workspace, draft: Json, **more: Any) -> Any:
    return simulate(workspace, SYSTEM, load_model(draft), **more)


def holds(workspace: Workspace, world: World, draft: Json) -> None:
    """What a simulation says is what publishing does: for every tier, every way between two, and every record that moves."""
    found = tried(workspace, draft)
    page = movers(workspace, SYSTEM, load_model(draft), limit=200)
    before = tiers_of(workspace)
    world.publish(draft)
    counts = recompute(workspace, "value", source="publish")
    after = tiers_of(workspace)
    with workspace.reading(SYSTEM) as act:
        everybody = before.keys() | after.keys()
        ways = Counter((before.get(each), after.get(each)) for each in everybody)
        assert act.catalogue.tier_models["value"].key == "value"
    order = [tier for tier, _now, _then in found.counts()]
    matrix = Counter({(a, b): n for a, row in zip(order, found.matrix(), strict=True) for b, n in zip(order, row, strict=True)})
    assert {way: n for way, n in matrix.items() if n and way != (None, None)} == {way: n for way, n in ways.items() if way != (None, None)}
    assert found.directions() == {
        name: counts["first" if name == "entered" else name] for name in ("up", "down", "entered", "left", "moved")
    }
    assert {(each.record, each.before, each.after) for each in page.movers} == {
        (each, before.get(each), after.get(each)) for each in everybody if before.get(each) != after.get(each)
    }


CUTS = st.lists(st.sampled_from([0, 200, 400, 900, 2000, 4000, 9000]), min_size=1, max_size=4, unique=True).map(sorted)
BORDERS = st.lists(st.integers(1, 99), min_size=3, max_size=3, unique=True).map(sorted)


@st.composite
def drafts(draw: Any) -> Json:
    """Models of the same form: cuts or quantiles, weights, policies, borders, floors, ceilings, freezes, lanes, ways of publishing."""
    spend = dimension(
        cuts=draw(st.one_of(CUTS, st.integers(2, 5))),
        weight=draw(st.integers(1, 100)),
        missing=draw(st.sampled_from(["worst", "leave_out"])),
    )
    points = dimension(
        "points",
        "points",
        draw(st.one_of(st.just([10, 30, 50]), st.integers(2, 4))),
        40,
        missing=draw(st.sampled_from(["worst", "neutral"])),
    )
    borders = draw(BORDERS)
    tiers = [{**tier, "from": each, "keep_from": max(0, each - 8)} for tier, each in zip(TIERS, reversed(borders), strict=False)]
    more: Json = {
        "on_publish": draw(st.sampled_from(["place", "respect_movement"])),
        "movement": {"grace_days": draw(st.sampled_from([0, 14]))},
    }
    if draw(st.booleans()):
        more["population"] = "stage != 'lost'"
    if draw(st.booleans()):
        more["floors"] = [{"when": "DIMENSION_BAND('points') >= 2", "tier": "gold"}]
    if draw(st.booleans()):
        more["ceilings"] = [{"when": "stage == 'steady'", "tier": "silver"}]
    if draw(st.booleans()):
        more["freeze"] = [{"when": "points > 40"}]
    return model(
        spend, points, tiers=[*tiers, {"key": "basic", "label": "Basic", "from": 0}], **more, **(LANE if draw(st.booleans()) else {})
    )


@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(drafts(), min_size=1, max_size=1))
def test_publishing_does_what_the_simulation_said(workspace: Workspace, given: list[Json]) -> None:
    """One workspace for all examples: each begins where the one before it ended."""
    if not hasattr(workspace, "shop"):
        workspace.shop = World(workspace, LIVE, NEWCOMERS)  # type: ignore[attr-defined]
        ids = mixed(workspace.shop)  # type: ignore[attr-defined]
        recompute(workspace, "value", source="publish")
        with workspace.writing(SYSTEM) as act:
            override(act, "value", ids[1], "diamond", "a promise", TODAY.replace(year=2027))
    for each in given:
        holds(workspace, workspace.shop, each)  # type: ignore[attr-defined]


def test_a_simulation_writes_nothing(workspace: Workspace) -> None:
    world = World(workspace, LIVE)
    mixed(world, 8)
    recompute(workspace, "value", source="publish")

    def state() -> dict[str, list[Any]]:
        with workspace.reading(SYSTEM) as act:
            return {name: sorted(map(tuple, act.connection.execute(sa.select(table))), key=str) for name, table in metadata.tables.items()}

    before = state()
    tried(workspace, model(dimension(cuts=5, weight=60), POINTS))
    movers(workspace, SYSTEM, load_model(model(dimension(cuts=5))))
    assert state() == before
    with workspace.engine.connect() as connection:
        assert not sa.inspect(connection).has_table("trial_facts")


def test_a_sample_takes_its_cut_points_from_everybody(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    mixed(world, 30)
    draft = model(dimension(cuts=4, weight=60), POINTS)
    found, whole = tried(sqlite_workspace, draft, exact=10, sample=12), tried(sqlite_workspace, draft)
    assert (found.population, found.sampled, found.cuts) == (30, 12, whole.cuts)
    assert found.margin == margin(12, 30) == 22.3 and whole.margin == 0
    assert sum(then for _tier, _now, then in found.counts()) == pytest.approx(30, abs=2)
    assert tried(sqlite_workspace, draft, exact=30, sample=12).sampled == 30


def test_the_margin_of_twenty_thousand_is_less_than_a_point() -> None:
    assert (margin(20_000, 1_000_000), margin(20_000, 20_000), margin(0, 0)) == (0.7, 0.0, 0.0)


# -- other days -------------------------------------------------------------------------------------------------------------------
def test_a_past_day_is_rated_by_its_facts_and_compared_with_its_tiers(workspace: Workspace) -> None:
    world = World(workspace, LIVE, day=date(2026, 9, 30))
    ann, bob = add(world, {"points": 60}, {"points": 5})
    world.order(ann, 25_000, date(2026, 9, 1))
    world.order(bob, 300, date(2026, 9, 2))
    world.on(TODAY)
    world.order(bob, 50_000, date(2026, 11, 1))
    found = tried(workspace, LIVE, as_of=date(2026, 9, 30))
    assert (found.from_history, found.as_of, found.directions()["up"]) == (True, date(2026, 9, 30), 0)
    assert found.to_json()["compared_with"] == "day" and [
        each.in_language("en") if hasattr(each, "in_language") else each for each in found.of_today
    ] == ["Points"]
    assert {tier: (now, then) for tier, now, then in found.counts()} == {
        "diamond": (1, 1), "gold": (0, 0), "silver": (0, 0), "basic": (1, 1), None: (0, 0),
    }  # fmt: skip
    today = tried(workspace, LIVE)
    assert (today.from_history, today.of_today, today.directions()["up"]) == (False, (), 0) and today.counts()[1] == ("gold", 1, 1)


def test_before_the_history_began_a_past_day_is_compared_with_the_present(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    ann, bob = add(world, {"points": 60}, {"points": 5})
    world.order(ann, 25_000, date(2026, 9, 1))
    world.order(bob, 50_000, date(2026, 11, 1))
    world.recompute(source="publish")
    past = tried(sqlite_workspace, LIVE, as_of=date(2026, 9, 30))
    assert (past.from_history, past.directions()["down"] + past.directions()["left"]) == (False, 1)
    world.recompute(as_of=date(2026, 9, 30), source="publish")
    assert {tier: then for tier, _now, then in past.counts() if then} == Counter(tiers_of(sqlite_workspace).values())
    assert tiers_of(sqlite_workspace)[ann] == "diamond" and tiers_of(sqlite_workspace)[bob] == "basic"


def test_a_day_to_come_is_refused(sqlite_workspace: Workspace) -> None:
    World(sqlite_workspace, LIVE)
    with pytest.raises(Refused) as refused:
        tried(sqlite_workspace, LIVE, as_of=date(2026, 12, 31))
    assert [each.path for each in refused.value.problems] == ["as_of"]


# -- work and money ---------------------------------------------------------------------------------------------------------------
def test_follow_ups_are_counted_for_each_owner(workspace: Workspace) -> None:
    world = World(workspace, OWNED, LIVE)
    ning, ge = person(world, "Ning"), person(world, "Ge")
    add(world, *[{"points": 60, "adviser": ning, "orders": [(30_000, 3)]}] * 3, {"points": 20, "adviser": ge, "orders": [(6_000, 3)]})
    add(world, {"points": 60, "orders": [(30_000, 3)]})
    recompute(workspace, "value", source="publish")
    world.publish({**LIVE, "plans": {"diamond": {"contact_every_days": 30}}})
    draft = {
        **LIVE,
        "plans": {"diamond": {"contact_every_days": 7}, "gold": {"contact_every_days": 60}},
        "workload": {"follow_ups_per_month": 10},
    }
    found = tried(workspace, draft)
    assert [(each.owner, each.now, each.then) for each in found.workload] == [(ning, 3, 13), (ge, 0, 1), (None, 1, 4)]
    written = found.to_json()
    assert [each["capacity"] for each in written["workload"]] == [10, 10, None] and written["owner"] == "adviser"
    assert written["revenue"] == {
        "key": "spend",
        "label": "Spend",
        "currency": "CNY",
        "tiers": [
            {"tier": "diamond", "now": "120000.00", "then": "120000.00"},
            {"tier": "gold", "now": "6000.00", "then": "6000.00"},
            *({"tier": tier, "now": "0.00", "then": "0.00"} for tier in ("silver", "basic", None)),
        ],
    }


def test_without_plans_or_money_there_is_nothing_to_count(sqlite_workspace: Workspace) -> None:
    bare = {**OWNED, "fields": [each for each in OWNED["fields"] if each["key"] not in ("spend", "credit")]}
    only_points = model(dimension("points", "points", [10, 50]))
    world = World(sqlite_workspace, bare, only_points)
    add(world, {"points": 60})
    found = tried(sqlite_workspace, only_points)
    assert (found.workload, found.money, found.to_json()["revenue"]) == (None, None, None)


def test_the_owner_is_a_member_field(sqlite_workspace: Workspace) -> None:
    World(sqlite_workspace, OWNED, LIVE)
    with sqlite_workspace.reading(SYSTEM) as act:
        found = versions.dry_run(act, [{**LIVE, "workload": {"owner": "points"}}])
        assert [each.path for each in found] == ["workload/owner"]
        assert versions.dry_run(act, [{**LIVE, "workload": {"owner": "adviser", "follow_ups_per_month": 40}}]) == []


# -- movers -----------------------------------------------------------------------------------------------------------------------
def test_movers_come_page_by_page_and_by_cell(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(workspace, LIVE)
    mixed(world, 24)
    recompute(workspace, "value", source="publish")
    draft = load_model(model(dimension(cuts=[200, 900, 2000], weight=60), POINTS))
    whole = movers(workspace, SYSTEM, draft, limit=100)
    assert whole.next is None and len(whole.movers) > 4
    pages, cursor = [], 0
    monkeypatch.setattr("runtime.tiers.simulation.CHUNK", 5)
    monkeypatch.setattr("runtime.tiers.simulation.EFFORT", 10)
    while cursor is not None:
        page = movers(workspace, SYSTEM, draft, cursor=cursor, limit=3)
        pages += page.movers
        assert len(page.movers) <= 3
        cursor = page.next
    assert tuple(pages) == whole.movers
    monkeypatch.undo()
    first = whole.movers[0]
    cell = movers(workspace, SYSTEM, draft, before=first.before, after=first.after).movers
    assert first in cell and {(each.before, each.after) for each in cell} == {(first.before, first.after)}
    stayed = movers(workspace, SYSTEM, draft, before=None, after=None).movers
    assert stayed and all(each.before is each.after is None for each in stayed)
    assert (
        len(movers(workspace, SYSTEM, draft, before=ANY, after="gold", limit=100).movers)
        == simulate(workspace, SYSTEM, draft).counts()[1][2]
    )


# -- the count of everybody -------------------------------------------------------------------------------------------------------
def queued(workspace: Workspace, draft: Json, **more: Any) -> int:
    with workspace.writing(SYSTEM) as act:
        return simulation_job.queue(act, draft, **more)


def test_everybody_is_counted_as_a_job(workspace: Workspace) -> None:
    world = World(workspace, LIVE)
    mixed(world)
    draft, other = model(dimension(cuts=5, weight=60), POINTS), model(SPEND, POINTS, population="stage != 'lost'")
    number = queued(workspace, draft, compare=other)
    assert queued(workspace, draft, compare=other) == number, "the same is not counted twice"
    row = jobs.run_now(workspace, number)
    result = json.loads(row.result)
    assert (row.state, row.done, row.total) == ("done", 15, 15)
    expected = tried(workspace, draft).to_json()
    assert {**result, "seconds": 0} == {**expected, "seconds": 0, "compare": result["compare"]}
    assert result["compare"]["tiers"] == tried(workspace, other).to_json()["tiers"]
    with workspace.reading(SYSTEM) as act:
        found = simulation_job.find(act, "value", number)
        assert (found.draft.key, found.result, found.cuts) == ("value", result, tried(workspace, draft).cuts)
        assert simulation_job.counted(act, draft) == result and simulation_job.counted(act, other) is None
        with pytest.raises(NotFound):
            simulation_job.find(act, "another", number)


def test_whoever_asks_anew_has_no_use_for_the_earlier_count(sqlite_workspace: Workspace) -> None:
    World(sqlite_workspace, LIVE)
    earlier = queued(sqlite_workspace, LIVE)
    later = queued(sqlite_workspace, model(SPEND, POINTS, population="stage != 'lost'"))
    with sqlite_workspace.reading(SYSTEM) as act:
        assert [jobs.find(act.connection, each).state for each in (earlier, later)] == ["cancelled", "waiting"]


def test_a_count_that_is_cancelled_stops(sqlite_workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(sqlite_workspace, LIVE)
    mixed(world)
    number = queued(sqlite_workspace, LIVE)
    monkeypatch.setattr("runtime.tiers.simulation.CHUNK", 4)
    told: list[int] = []

    def cancel(job: jobs.Job, done: int, total: int | None = None, message: object = None) -> None:
        told.append(done)
        raise jobs.Cancelled

    monkeypatch.setattr(jobs.Job, "progress", cancel)
    assert (jobs.run_now(sqlite_workspace, number).state, told) == ("cancelled", [2])


# -- drafts that cannot be tried out ----------------------------------------------------------------------------------------------
def test_a_faulty_draft_is_not_tried_out_and_a_failing_test_keeps_nobody_from_it(sqlite_workspace: Workspace) -> None:
    world = World(sqlite_workspace, LIVE)
    mixed(world, 3)
    with pytest.raises(DefinitionProblems) as refused:
        tried(sqlite_workspace, model(dimension(value="no_such_field", cuts=[1])))
    assert [each.path for each in refused.value.problems] == ["dimensions/0/value"]
    failing = {**LIVE, "tests": [{"name": "x", "bands": {"spend": 1, "points": 1}, "expect": {"tier": "diamond"}}]}
    assert tried(sqlite_workspace, failing).population == 3
    with pytest.raises(NotFound):
        load_model({"kind": "segment", "key": "x", "label": "x", "form": "customer", "where": "points > 1"})


def test_what_the_database_cannot_work_out_is_simulated_row_by_row(workspace: Workspace) -> None:
    world = World(workspace, LIVE, NEWCOMERS)
    mixed(world)
    recompute(workspace, "value", source="publish")
    huge = dimension("huge", "points * 100000000000 * 100000000000", 3, 40)
    with workspace.reading(SYSTEM) as act:
        assert clock.to_day(act.today) and act.connection.execute(sa.select(sa.func.count()).select_from(event)).scalar()
    holds(workspace, world, model(dimension(cuts=3, weight=60), huge))
