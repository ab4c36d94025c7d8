"""A model learns, is tested, is switched on only then, and what it says is read by formulas, fields and tiers."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from runtime.automation import due
from runtime.errors import Refused
from runtime.formulas import evaluate, to_sql
from runtime.formulas.definitions import formula
from runtime.people.person import SYSTEM
from runtime.potential import extra, learning, using
from runtime.potential.buying import Buying, Summary
from runtime.records.sources import Rows
from runtime.records.tables import tables_of
from runtime.records.values import RecordValues
from runtime.system import clock, jobs
from runtime.system.tables import job as job_table
from runtime.system.tables import potential_value
from runtime.system.workspace import Workspace
from tests.makers import formula as formula_field
from tests.potential.world import AGAIN, REPEAT, Shop, insert
from tests.tiers.world import CUSTOMER, TODAY, World, dimension, model

HOPEFUL = {**CUSTOMER, "fields": [*CUSTOMER["fields"], formula_field("hope", "POTENTIAL('repeat', 'active')", result="number", decimals=1)]}
RATED = model(
    dimension("spend", "spend", [100, 1000], weight=70),
    dimension("potential", "POTENTIAL('repeat')", [50, 200], weight=30, missing="worst"),
)


def values(shop: World) -> dict[int, Any]:
    return {row.record: row for row in shop.rows(sa.select(potential_value))}


def waiting(shop: World, kind: str) -> list[Any]:
    return shop.rows(sa.select(job_table).where(job_table.c.kind == kind, job_table.c.state == "waiting"))


def work_off(shop: World) -> None:
    while jobs.run_next(shop.workspace):
        pass


# -- the whole way, on either database ------------------------------------------------------------------------------------------------
def test_a_model_that_passed_its_test_is_read_by_formulas_fields_and_tiers(workspace: Workspace):
    shop = Shop(workspace, HOPEFUL, RATED, REPEAT)
    work_off(shop)
    with workspace.reading(SYSTEM) as act, pytest.raises(Refused, match="has not learnt anything yet"):
        using.switch_on(act, "repeat")
    assert shop.learn().state == "done"
    fit = shop.newest()
    assert fit.passed and fit.learnt["customers"] == 400 and fit.test["records"] < 400
    assert values(shop) == {}, "before it is switched on it says nothing"
    shop.publish({**REPEAT, "horizon_days": 80})
    with workspace.reading(SYSTEM) as act, pytest.raises(Refused, match="was changed after it learnt"):
        using.switch_on(act, "repeat")
    shop.publish(REPEAT)
    shop.learn()
    fit = shop.newest()
    assert json.loads(shop.switch_on().result) == {"records": 400}
    work_off(shop)
    said = values(shop)
    assert len(said) == 400
    _is_the_expectation_of_the_model(fit, said[1004])
    _reads_alike(shop, [1000, 1004, 1399])
    assert _stored(shop, "customer", 1004, "hope") == round(said[1004].active / 1000)
    best = max(said.values(), key=lambda row: row.figure).record
    assert shop.state(best).bands.split(",")[1] == "3"
    with workspace.writing(SYSTEM) as act:
        late = using.queue_refresh(act, "repeat")
        using.switch_off(act, "repeat")
    assert json.loads(shop.job(late).result) == {"records": 0}, "work that comes after it is switched off writes nothing"
    work_off(shop)
    assert values(shop) == {} and shop.state(best).bands.split(",")[1] in ("", "1")


def _is_the_expectation_of_the_model(fit: using.Fit, row: Any) -> None:
    repeats, last, age, valued, mean = json.loads(row.basis)
    one = Summary.of_days([repeats], [last], [age])
    orders = Buying(**fit.learnt["buying"]).expected(one, 90 / 7)[0]
    worth = learning.worth_of_json(fit.learnt["worth"]).expected(valued, mean)
    assert (row.orders, row.figure) == (round(orders * 10_000), round(orders * worth * 10_000))


def _reads_alike(shop: World, records: list[int]) -> None:
    """Each figure from SQL is that of the evaluation record by record."""
    with shop.workspace.reading(SYSTEM) as act:
        for figure in ("", ", 'orders'", ", 'active'", ", 'worth'", ", 'lifetime'"):
            wanted = formula(act.catalogue, "customer", f"POTENTIAL('repeat'{figure})")
            rows = Rows(act, "customer")
            query = rows.select(rows.id, to_sql(wanted, rows.source)).where(rows.id.in_(records))
            found = {record: Decimal(value).scaleb(-4) for record, value in act.connection.execute(query)}
            assert found == {each: evaluate(wanted, RecordValues.of(act, "customer", each)) for each in records}


def _stored(shop: World, form: str, record: int, key: str) -> Any:
    """What the column of a field holds."""
    with shop.workspace.reading(SYSTEM) as act:
        column = tables_of(act.catalogue)[form].column(key)
        own = column.table.c
        return act.connection.execute(sa.select(column).where((own.record if "record" in own else own.id) == record)).scalar()


def _orders_of(shop: World, customer: int) -> list[int]:
    with shop.workspace.reading(SYSTEM) as act:
        built = tables_of(act.catalogue)["order"]
        return list(act.connection.execute(sa.select(built.main.c.id).where(built.column("customer") == customer)).scalars())


def test_the_chance_of_a_yes_is_learnt_from_figures_of_the_past(workspace: Workspace):
    shop = Shop(workspace, AGAIN)
    assert shop.learn("again").state == "done"
    fit = shop.newest("again")
    assert fit.passed and fit.test["area"] > 0.7
    weights = {each["figure"]: each["coefficient"] for each in fit.learnt["chances"]["columns"] if each["what"] == "number"}
    assert weights[0] > 0 > weights[1], "who bought lately buys again, who has been away does not"
    assert json.loads(shop.switch_on("again").result) == {"records": 400}
    row = values(shop)[1000]
    assert 0 < row.chance == row.figure < 1_000_000
    (figure, share, value), *others = json.loads(row.basis)
    assert len(others) == 2 and all(abs(share) >= abs(each[1]) for each in others)


# -- what the figures knew ------------------------------------------------------------------------------------------------------------
def test_figures_are_those_of_the_day_from_which_it_looks_ahead(sqlite_workspace: Workspace):
    from runtime.potential.figures import asked, together

    world = World(sqlite_workspace, AGAIN)
    ann, ben = world.customer("Ann", stage="new"), world.customer("Ben", stage="lost")
    for record, ago in ((ann, 150), (ann, 100), (ann, 10), (ben, 20)):
        world.order(record, 10, TODAY - timedelta(days=ago))
    with sqlite_workspace.reading(SYSTEM) as act:
        wanted = act.catalogue.potentials["again"]
        found = together(asked(act, wanted, TODAY - timedelta(days=90), TODAY))
        now = together(asked(act, wanted, TODAY))
    assert found.records.tolist() == [ann], "Ben had not bought yet"
    assert [raw.tolist() for raw in found.raws] == [[2.0], [10.0], ["new"]] and found.yes.tolist() == [1.0]
    assert now.records.tolist() == [ann, ben] and now.raws[0].tolist() == [1.0, 1.0]


# -- refusals -------------------------------------------------------------------------------------------------------------------------
def test_a_model_that_failed_its_test_cannot_be_switched_on(sqlite_workspace: Workspace):
    shop = Shop(sqlite_workspace, REPEAT, quiet=90)
    assert shop.learn().state == "done" and not shop.newest().passed
    with sqlite_workspace.writing(SYSTEM) as act, pytest.raises(Refused, match="has not passed its test"):
        using.switch_on(act, "repeat")


def _as_shop(world: World) -> Shop:
    shop = Shop.__new__(Shop)
    shop.workspace = world.workspace
    return shop


NOTHING_TO_LEARN: dict[str, tuple[list[tuple[int, int, int]], str]] = {
    "no orders": ([], "There are no purchases yet."),
    "one customer": ([(0, 50, 10), (0, 40, 10), (0, 20, 10)], "buy so alike"),
    "nobody again": ([(0, 300, 10), (1, 200, 20), (2, 100, 30)], "Nobody has bought a second time yet"),
    "only returns": ([(each, 200 - each - again, -5) for each in range(4) for again in (0, 9, 30)], "There are no purchases yet."),
    "worth nothing": (
        [(each, 300 - each - 10 * again, 0) for each in range(9) for again in range(each)],
        "No repeat purchase has a value above zero",
    ),
    "all in the future": ([(each, -10 - each, 10) for each in range(5)], "There are no purchases yet."),
}
"""(customer, days ago, amount) of purchases, and why nothing can be learnt from them."""


def test_records_that_teach_nothing_end_with_a_sentence(sqlite_workspace: Workspace):
    world = World(sqlite_workspace, REPEAT)
    insert(sqlite_workspace, "customer", [{"id": 1000 + each, "name": f"c{each}"} for each in range(10)])
    for name, (orders, sentence) in NOTHING_TO_LEARN.items():
        _only_orders(world, orders)
        ended = _as_shop(world).learn()
        assert ended.state == "failed" and sentence in json.loads(ended.message)["en"], name
        assert all(json.loads(ended.message).values()), "in both languages"


def _only_orders(world: World, orders: list[tuple[int, int, int]]) -> None:
    with world.workspace.writing(SYSTEM) as act:
        act.connection.execute(tables_of(act.catalogue)["order"].main.delete())
    today = clock.to_day(TODAY)
    rows = [
        {"id": 1 + place, "customer": 1000 + one, "paid_on": today - ago, "amount": 100 * amount, "status": "done"}
        for place, (one, ago, amount) in enumerate(orders)
    ]
    if rows:
        insert(world.workspace, "order", rows)


def test_a_history_too_short_to_test_on_is_learnt_but_not_switched_on(sqlite_workspace: Workspace):
    world = World(sqlite_workspace, REPEAT)
    insert(sqlite_workspace, "customer", [{"id": 1000 + each, "name": f"c{each}"} for each in range(50)])
    random, today = np.random.default_rng(2), clock.to_day(TODAY)
    days = [(1000 + each, today - int(ago)) for each in range(50) for ago in random.integers(0, 80, 1 + each % 5)]
    rows = [{"id": 1 + place, "customer": one, "paid_on": day, "amount": 900, "status": "done"} for place, (one, day) in enumerate(days)]
    insert(sqlite_workspace, "order", rows)
    shop = _as_shop(world)
    assert shop.learn().state == "done"
    assert shop.newest().test == {"refused": {"zh": "还没有任何购买。", "en": "There are no purchases yet."}}
    with sqlite_workspace.writing(SYSTEM) as act, pytest.raises(Refused, match="could not be tested on the past"):
        using.switch_on(act, "repeat")


def test_without_the_extra_learning_is_refused_with_how_to_add_it(sqlite_workspace: Workspace, monkeypatch: pytest.MonkeyPatch):
    world = World(sqlite_workspace, REPEAT)
    monkeypatch.setattr(extra, "is_there", lambda: False)
    with world.workspace.writing(SYSTEM) as act, pytest.raises(extra.Missing, match=r'pip install "tierloom\[ml\]"'):
        using.queue_learning(act, "repeat")


# -- as long work ---------------------------------------------------------------------------------------------------------------------
def test_learning_can_be_cancelled_and_leaves_nothing(sqlite_workspace: Workspace):
    shop = Shop(sqlite_workspace, REPEAT, customers=60)
    with sqlite_workspace.writing(SYSTEM) as act:
        number = using.queue_learning(act, "repeat")
        act.connection.execute(job_table.update().where(job_table.c.id == number).values(cancel=1))
    assert shop.job(number).state == "cancelled"
    with sqlite_workspace.reading(SYSTEM) as act:
        assert using.fits(act, "repeat") == []


def test_every_night_the_values_are_those_of_the_new_day(sqlite_workspace: Workspace):
    shop = Shop(sqlite_workspace, REPEAT, RATED)
    shop.learn()
    shop.switch_on()
    work_off(shop)
    before = values(shop)
    (order,) = _orders_of(shop, 1003)
    shop.delete("order", order)
    shop.delete("customer", 1003)
    shop.on(TODAY + timedelta(days=1))
    due.start_nightly(sqlite_workspace)
    due.start_nightly(sqlite_workspace)
    queued = [row.subject for row in shop.rows(sa.select(job_table).where(job_table.c.state == "waiting").order_by(job_table.c.id))]
    assert queued.count("potential:repeat") == 1
    assert queued.index("potential:repeat") < queued.index("tier_model:value"), "first what is expected, then what is made of it"
    work_off(shop)
    after = values(shop)
    assert before.keys() - after.keys() == {1003}
    assert {row.day for row in after.values()} == {clock.to_day(TODAY) + 1}
    assert after[1001].orders != before[1001].orders
    runs = shop.rows(sa.select(job_table.c.id).where(job_table.c.subject == "tier_model:value", job_table.c.created_at >= _midnight()))
    assert len(runs) == 1, "the tiers are worked out once in the night, not twice"


def _midnight() -> int:
    return (clock.to_day(TODAY) + 1) * 86_400_000_000 - 8 * 3_600_000_000
