"""Brings the system's tables to today's shape."""
from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from runtime.system.database import writing

MIGRATIONS = Path(__file__).resolve().parent.parent.parent / "migrations"


def alembic_config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest state of the tables that this program knows."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head() or ""


def knows(revision: str) -> bool:
    """Whether tables of this state can be brought up to date by this program."""
    return any(each.revision == revision for each in ScriptDirectory.from_config(alembic_config()).walk_revisions())


def upgrade(engine: sa.Engine) -> None:
    """Runs the migrations that have not been run; all in one transaction."""
    with writing(engine) as connection:
        upgrade_within(connection)


def upgrade_within(connection: sa.Connection) -> None:
    """The same, in the caller's transaction."""
    command.upgrade(alembic_config(connection), "head")
