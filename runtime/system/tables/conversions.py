"""How far the values of a field with another type were taken over before its version is published."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from runtime.system.tables.base import metadata

column_conversion = Table(
    "column_conversion",
    metadata,
    Column("source", BigInteger, primary_key=True, autoincrement=False),
    Column("target", BigInteger, primary_key=True, autoincrement=False),
    Column("settings", Text, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    *[Column(name, BigInteger, nullable=False) for name in ("position", "done", "lost")],
    Column("samples", Text, nullable=False),
)
"""`source` and `target`: numbers of `stored_column`. `settings`: both fields as JSON. `position`: the id of the last row that was read, of
which `done` values fitted and `lost` did not; `samples`: some of these, as JSON."""
