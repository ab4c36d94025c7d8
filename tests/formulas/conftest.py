"""A database with the tables of the formulas' small world, once on SQLite and once on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.formulas.world import METADATA


@pytest.fixture(scope="session")
def formula_sqlite() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection:
        METADATA.create_all(connection)
        yield connection
    engine.dispose()


@pytest.fixture(scope="session")
def formula_postgresql(cluster) -> Iterator[sa.Connection]:
    engine = sa.create_engine(cluster.url(cluster.create()))
    with engine.connect() as connection:
        METADATA.create_all(connection)
        connection.commit()
        yield connection
    engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest) -> Iterator[sa.Connection]:
    """What a test writes is gone at its end."""
    connection = request.getfixturevalue(f"formula_{request.param}")
    yield connection
    connection.rollback()
