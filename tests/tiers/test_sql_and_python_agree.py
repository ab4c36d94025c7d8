"""The statement that rates sets and the plain rule of decision.py give the same for every record, whatever the model."""

import json
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from runtime.definitions.loading import load
from runtime.definitions.tier_model import TierModel
from runtime.people.person import SYSTEM
from runtime.records.tables import tables_of
from runtime.system.workspace import Act
from runtime.tiers.compiled import compile
from runtime.tiers.judging import judge
from runtime.tiers.quantiles import Cuts
from runtime.tiers.rating import _rated_rows, evaluated, facts_of
from runtime.tiers.statements import RATED
from tests.tiers.world import TIERS, TODAY, World, model

VALUES = [
    "points",
    "spend",
    "COUNT(orders, on=orders.paid_on, days=90)",
    "DAYS_SINCE(last_order_on)",
    "COUNT(visits, on=visits.on_day, days=30) + COUNT(orders)",
    "AVG(orders.amount)",
    "credit - spend",
    "points * 1.5",
    "IF(stage == 'new', points, 0 - points)",
]
CONDITIONS = [
    "stage != 'lost'",
    "points > 10",
    "COUNT(orders) >= 2",
    "'vip' in tags",
    "ISEMPTY(note)",
    "credit < 500",
    "met_on >= TODAY() - DAYS(30)",
]
BANDS = [
    "DIMENSION_BAND('{}') >= 2",
    "DIMENSION_BAND('{}') == 1 and points > 5",
    "not (DIMENSION_BAND('{}') > 1)",
    "DIMENSION_BAND('{}') + COUNT(orders) > 4",
    "ISEMPTY(DIMENSION_BAND('{}'))",
]

cuts = st.lists(st.sampled_from([-5, 0, 0.5, 1, 2, 3, 10, 12.34, 100, 800, 1500, 20000]), min_size=1, max_size=5, unique=True).map(sorted)
bands = st.fixed_dictionaries(
    {"by": st.just("cuts"), "cuts": cuts, "better": st.sampled_from(["higher", "lower"])}
) | st.fixed_dictionaries({"by": st.just("quantiles"), "count": st.integers(2, 6), "better": st.sampled_from(["higher", "lower"])})
weights = st.integers(1, 10_000_000).map(lambda n: n / 10_000)
tiers = st.sampled_from([tier["key"] for tier in TIERS])


def dimensions(prefix: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries(
        {
            "weight": weights,
            "value": st.sampled_from(VALUES),
            "bands": bands,
            "missing": st.sampled_from(["worst", "neutral", "leave_out"]),
        },
        optional={"missing_when": st.sampled_from(CONDITIONS)},
    )
    return st.lists(one, min_size=1, max_size=4).map(
        lambda found: [{**each, "key": f"{prefix}{n}", "label": f"{prefix}{n}"} for n, each in enumerate(found)]
    )


@st.composite
def parts(draw: st.DrawFn, prefix: str) -> dict[str, Any]:
    """Dimensions, floors, ceilings and population of a model or a lane."""
    found: dict[str, Any] = {"dimensions": draw(dimensions(prefix))}
    conditions = st.sampled_from(CONDITIONS) | st.sampled_from([text.format(each["key"]) for text in BANDS for each in found["dimensions"]])
    for name in ("floors", "ceilings"):
        found[name] = draw(st.lists(st.fixed_dictionaries({"when": conditions, "tier": tiers}), max_size=3))
    population = draw(st.none() | st.sampled_from(CONDITIONS))
    return {**found, **({"population": population} if population else {})}


@st.composite
def models(draw: st.DrawFn) -> list[dict[str, Any]]:
    lanes = draw(st.lists(st.sampled_from(CONDITIONS), max_size=2))
    own = draw(parts("d"))
    freeze = draw(st.lists(st.sampled_from([*CONDITIONS, BANDS[0].format("d0")]).map(lambda when: {"when": when}), max_size=2))
    whole = model(
        key="tried",
        **own,
        freeze=freeze,
        movement={"provisional_below_quality": draw(st.sampled_from([0, 40, 75]))},
        lanes=[{"key": f"l{n}", "when": when, "tier_model": f"lane{n}"} for n, when in enumerate(lanes)],
    )
    whole["dimensions"] = own["dimensions"]
    return [{**model(key=f"lane{n}"), **draw(parts(f"l{n}x"))} for n in range(len(lanes))] + [whole]


def cut_points(count: int, better: str) -> st.SearchStrategy[list[int | None]]:
    """Cut points as a recompute stores them: from the worst to the best, those that nobody reaches last."""

    def ordered(found: list[int | None]) -> list[int | None]:
        reached = sorted((cut for cut in found if cut is not None), reverse=better == "lower")
        return [*reached, *[None] * (count - len(reached))]

    return st.lists(st.none() | st.integers(-1000, 2_000_000), min_size=count, max_size=count).map(ordered)


@pytest.fixture
def people(workspace) -> World:
    """Customers with every kind of gap and border in their facts."""
    world = World(workspace)
    stages, notes = ("new", "steady", "lost", None), (None, "tea")
    for n in range(24):
        customer = world.customer(
            f"C{n}",
            stage=stages[n % 4],
            points=(None, 0, 10, "12.34", -5, 1, 2, 100)[n % 8],
            note=notes[n % 2],
            credit=(None, 100, "499.99", 500, 2000)[n % 5],
            met_on=(None, TODAY, TODAY - timedelta(days=30), TODAY - timedelta(days=31))[n % 4],
        )
        for k in range(n % 5):
            world.order(
                customer,
                (800, "0.01", 20000, None, 3)[(n + k) % 5],
                (TODAY, None, TODAY - timedelta(days=89), TODAY - timedelta(days=400))[(n + k) % 4],
                ("done", "returned")[k % 2],
            )
        if n % 3 == 0:
            world.add("visit", customer=customer, on_day=TODAY - timedelta(days=29 + n % 2))
    return world


def rows_by_sql(act: Act, cuts: Cuts) -> dict[int, dict[str, Any]]:
    tried = compile(act.catalogue, "tried")
    main = tables_of(act.catalogue)["customer"].main
    ids = list(act.connection.execute(sa.select(main.c.id)).scalars())
    assert tried.in_sql
    return {row[0]: dict(zip(RATED, row, strict=False)) for row in _rated_rows(act, tried, ids, cuts, act.day)}


def rows_by_rule(act: Act, cuts: Cuts, ids: list[int]) -> dict[int, dict[str, Any]]:
    tried = compile(act.catalogue, "tried")
    facts = facts_of(act, tried)
    found = {}
    for row in evaluated(act, facts, ids, act.day):
        judged = judge(facts, row, cuts)
        rank = tried.rules.ranks.get(judged.rated.tier or "")
        ceiling = min((tried.rules.ranks[tried.parts[judged.part].ceilings[n].tier] for n in judged.ceilings), default=None)
        found[row["record"]] = {
            "record": row["record"],
            "inside": int(judged.inside),
            "part": judged.part,
            "score": judged.weighed.score,
            "rank": rank,
            "ceiling": ceiling,
            "bands": ",".join("" if band is None else str(band) for band in judged.weighed.bands),
            "frozen": int(bool(judged.frozen_by)),
            "provisional": int(judged.provisional),
            "floor": judged.floor,
        }
    return found


@settings(
    max_examples=40,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(bodies=models(), data=st.data())
def test_sql_rates_every_record_as_the_rule_does(people: World, bodies: list[dict[str, Any]], data: st.DataObject):
    with people.workspace.reading(SYSTEM) as act:
        act.catalogue = act.catalogue.with_definitions([load(json.loads(json.dumps(body))) for body in bodies])
        tried: TierModel = act.catalogue.tier_models["tried"]
        assert not list(tried.problems(act.catalogue))
        cuts = Cuts(
            {
                (n, place): data.draw(cut_points(measure.count - 1, measure.better))
                for n, place, _part, measure in compile(act.catalogue, "tried").quantiles()
            }
        )
        by_sql = rows_by_sql(act, cuts)
        by_rule = rows_by_rule(act, cuts, list(by_sql))
        for record, row in by_sql.items():
            if not row["inside"] or row["score"] is None:
                row["floor"] = None  # told only of records that have a tier
            assert row == by_rule[record]
