"""Reasons that were given on publishing."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from runtime.system.tables.base import metadata

version_reason = Table(
    "version_reason",
    metadata,
    Column("definition", ForeignKey("definition.id"), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("about", Text, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Why something of a version is right although it looks like an oversight. `about`: such as `tier:low`, a tier that nothing uses."""
