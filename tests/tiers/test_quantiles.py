"""Cut points found by the database are those that the rule of decision.py defines."""

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.tiers.decision import quantile_cuts
from runtime.tiers.quantiles import cut_query

FIGURES = sa.Table("figures", sa.MetaData(), sa.Column("value", sa.BigInteger), sa.Column("inside", sa.Integer), prefixes=["TEMPORARY"])


@pytest.fixture
def connection(empty_database_url: str):
    engine = sa.create_engine(empty_database_url)
    with engine.connect() as connection:
        FIGURES.create(connection)
        yield connection
    engine.dispose()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.none() | st.integers(-5, 5) | st.integers(-(2**60), 2**60), max_size=40),
    st.integers(2, 20),
    st.sampled_from(["higher", "lower"]),
)
def test_the_database_cuts_a_population_as_the_rule_says(connection: sa.Connection, values: list[int | None], bands: int, better: str):
    connection.execute(FIGURES.delete())
    outside = [{"value": 3, "inside": 0}]
    connection.execute(FIGURES.insert(), [{"value": value, "inside": 1} for value in values] + outside)
    size, *cuts = connection.execute(cut_query(FIGURES.c.value, [FIGURES.c.inside == 1], better, bands)).one()
    known = [value for value in values if value is not None]
    counts = [(value, known.count(value)) for value in sorted(set(known), reverse=better == "lower")]
    assert (int(size or 0), cuts) == (len(known), quantile_cuts(counts, len(known), bands))
