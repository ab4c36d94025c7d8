"""The revisions of the system's tables: what they make is what the code expects, and what was there stays."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from runtime.people import accounts, tokens
from runtime.people.random_tokens import hash_of
from runtime.system import clock, database
from runtime.system.tables import metadata
from runtime.system.upgrade import alembic_config, upgrade


def test_the_newest_revision_is_what_the_tables_say(empty_database_url: str):
    engine = database.open_engine(empty_database_url)
    upgrade(engine)

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_people_and_tokens_of_the_first_revision_stay(empty_database_url: str):
    engine = database.open_engine(empty_database_url)
    with database.writing(engine) as connection:
        command.upgrade(alembic_config(connection), "0001")
        connection.execute(sa.text("INSERT INTO person (id, email, name, active, created_at) VALUES (1, 'ada@example.com', 'Ada', 1, 0)"))
        connection.execute(sa.text("INSERT INTO person_role VALUES (1, 'builder')"))
        connection.execute(
            sa.text("INSERT INTO api_token (id, token_hash, person, name, created_at) VALUES (1, :hash, 1, 'sync', 0)"),
            {"hash": hash_of("tl_x")},
        )
    upgrade(engine)

    with engine.connect() as connection:
        assert accounts.by_email(connection, "ada@example.com").is_builder
        held = tokens.held(connection, "tl_x", clock.now())
        assert held is not None and held.scope == "admin" and held.person.is_builder
    engine.dispose()
