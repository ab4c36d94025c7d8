"""What the files of tables share."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, SmallInteger, text

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def key() -> Column:
    """A primary key whose values the application takes from `id_counter`."""
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def flag(name: str, default: int = 0) -> Column:
    return Column(name, SmallInteger, nullable=False, server_default=text(str(default)))
