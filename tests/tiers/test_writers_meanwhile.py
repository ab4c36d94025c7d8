"""People write while a recompute is at work: whoever wrote last is rated by what was written, on either database."""

import random
import threading
from typing import Any

import pytest
import sqlalchemy as sa

from runtime.people.person import SYSTEM
from runtime.records import gateway
from runtime.records.tables import tables_of
from runtime.system.tables import tier_history, tier_state
from runtime.system.workspace import Workspace
from runtime.tiers import recomputing
from runtime.tiers.compiled import compile
from runtime.tiers.quantiles import stored_cuts
from runtime.tiers.rating import ratings
from tests.tiers.world import BY_AMOUNT, World, dimension, model

PEOPLE, ROUNDS, WRITERS, WRITES = 24, 3, 3, 8
POINTS = [5, 15, 25, 35]


@pytest.fixture
def shop(workspace: Any) -> World:
    world = World(workspace, model(dimension("points", "points", [10, 20, 30]), tiers=BY_AMOUNT))
    for number in range(PEOPLE):
        world.customer(points=POINTS[number % 4])
    return world


def in_silence(world: World, points: Any) -> None:
    """Facts that nobody has rated yet, as a day that has passed would leave them."""
    with world.workspace.writing(SYSTEM) as act:
        built = tables_of(act.catalogue)["customer"]
        for record in range(1, PEOPLE + 1):
            changed = built.main.update().where(built.main.c.id == record)
            act.connection.execute(changed.values({built.column("points").name: points(record) * 100}))


def together(*works: Any) -> None:
    """Runs them in threads of their own; what one of them raises is raised here."""
    failed: list[BaseException] = []

    def kept(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=kept, args=(work,)) for work in works]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    if failed:
        raise failed[0]


def wrong(world: World) -> list[Any]:
    """What rating everybody again would change, and histories that do not end with the present tier."""
    with world.workspace.reading(SYSTEM) as act:
        compiled = compile(act.catalogue, "value")
        cuts = stored_cuts(act, compiled)
        assert cuts is not None
        again = ratings(act, compiled, set(range(1, PEOPLE + 1)), cuts, act.day)
        row, state = tier_history.c, tier_state.c
        present = sa.select(state.record, state.tier).where(state.model == compiled.number).order_by(state.record)
        told = sa.select(row.record, row.tier_to).where(row.model == compiled.number, row.valid_to.is_(None)).order_by(row.record)
        before, after = act.connection.execute(present).all(), act.connection.execute(told).all()
    return [*again.states, *[pair for pair in zip(before, after, strict=True) if tuple(pair[0]) != tuple(pair[1])]]


def test_a_write_that_leaves_the_tier_as_it_is_counts_too(shop, monkeypatch):
    """It writes nothing to the state but that it was rated: so much must be enough for what a recompute has read before it."""
    in_silence(shop, lambda record: 35)
    apply = recomputing.Run.apply

    def meanwhile(run: Any) -> None:
        together(lambda: [shop.change("customer", record, points=POINTS[(record - 1) % 4] + 1) for record in range(1, 9)])
        apply(run)

    monkeypatch.setattr(recomputing.Run, "apply", meanwhile)
    assert shop.recompute()["up"] == PEOPLE - 8 - (PEOPLE - 8) // 4
    assert [shop.tier(record) for record in (1, 2, 3, 4, 9)] == ["basic", "silver", "gold", "diamond", "diamond"]
    assert wrong(shop) == []


def test_no_later_write_is_overwritten_with_an_older_tier(shop, monkeypatch):
    chance, apply = random.Random(7), recomputing.Run.apply
    monkeypatch.setattr(recomputing, "CHUNK", 5)
    for _round in range(ROUNDS):
        in_silence(shop, lambda record: chance.choice(POINTS))
        read = threading.Event()

        def applied(run: Any, read: threading.Event = read) -> None:
            read.set()
            apply(run)

        def write(own: random.Random, read: threading.Event = read) -> None:
            assert read.wait(60)
            for _number in range(WRITES):
                shop.change("customer", own.randint(1, PEOPLE), points=own.choice(POINTS))

        monkeypatch.setattr(recomputing.Run, "apply", applied)
        together(shop.recompute, *[lambda own=random.Random(seed): write(own) for seed in range(WRITERS)])
        assert wrong(shop) == []


def test_a_write_that_is_not_yet_committed_is_waited_for(shop, monkeypatch):
    """Only PostgreSQL has several writers at a time: one began before the recompute and ends after it has begun to write."""
    if shop.workspace.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time.")
    in_silence(shop, lambda record: 35)
    written, read, apply = threading.Event(), threading.Event(), recomputing.Run.apply

    def write() -> None:
        with shop.workspace.writing(SYSTEM) as act:
            gateway.update(act, "customer", 1, {"points": 6})
            written.set()
            assert read.wait(60)

    def applied(run: Any) -> None:
        read.set()
        apply(run)

    def recompute() -> None:
        assert written.wait(60)
        shop.recompute()

    monkeypatch.setattr(recomputing.Run, "apply", applied)
    together(write, recompute)
    assert (shop.tier(1), shop.tier(2)) == ("basic", "diamond")
    assert wrong(shop) == []


def test_nobody_stays_on_cut_points_that_were_replaced_while_they_wrote(workspace, monkeypatch):
    """On PostgreSQL a writer may have read the old cut points and end only after the new ones are there."""
    if workspace.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time.")
    world = World(workspace, model(dimension("points", "points", 4), tiers=BY_AMOUNT))
    for number in range(PEOPLE):
        world.customer(points=number)
    world.recompute()
    in_silence(world, lambda record: 100 + record)
    read, alone = threading.Event(), recomputing.alone

    def write(record: int) -> None:
        with workspace.writing(SYSTEM) as act:
            gateway.update(act, "customer", record, {"points": 100 + record + 0.5})
            written.release()
            assert read.wait(60)

    def told(act: Any, of: Any) -> None:
        read.set()
        alone(act, of)

    def recompute() -> None:
        for _writer in range(3):
            assert written.acquire(timeout=60)
        world.recompute()

    written = threading.Semaphore(0)
    monkeypatch.setattr(recomputing, "alone", told)
    together(recompute, *[lambda record=record: write(record) for record in (1, 2, 13)])
    assert [world.tier(record) for record in (1, 13, 24)] == ["basic", "gold", "diamond"]
    assert wrong(world) == []


def test_one_write_is_rated_by_cut_points_that_another_process_has_brought(workspace):
    world = World(workspace, model(dimension("points", "points", 4), tiers=BY_AMOUNT))
    for number in range(PEOPLE):
        world.customer(points=number)
    world.recompute()
    world.change("customer", 2, points=23)
    assert world.tier(2) == "diamond"
    in_silence(world, lambda record: 100 + record)
    world.later(seconds=1)
    elsewhere = Workspace(workspace.settings, now=workspace.now)
    recomputing.recompute(elsewhere, "value")
    elsewhere.engine.dispose()
    world.change("customer", 13, points=100.5)
    assert world.tier(13) == "basic"
    assert wrong(world) == []


def test_who_writes_and_who_brings_cut_points_do_not_stand_in_each_others_way(workspace):
    """Many writers and recomputes at once: all of them end, and everybody is rated by the last cut points."""
    chance = random.Random(3)
    world = World(workspace, model(dimension("points", "points", 4), tiers=BY_AMOUNT))
    for _number in range(PEOPLE):
        world.customer(points=chance.randint(0, 100))
    world.recompute()

    def write(own: random.Random) -> None:
        for _number in range(WRITES):
            world.change("customer", own.randint(1, PEOPLE), points=own.randint(0, 200))

    def recompute() -> None:
        for _round in range(ROUNDS):
            world.recompute()

    together(recompute, *[lambda own=random.Random(seed): write(own) for seed in range(WRITERS)])
    assert wrong(world) == []
