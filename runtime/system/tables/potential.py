"""Models of potential: what was learnt and tested, which of it is in use, and what it says of each record."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from runtime.system.tables.base import flag, key, metadata

potential_fit = Table(
    "potential_fit",
    metadata,
    key(),
    Column("model", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("day", Integer, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("learnt", Text, nullable=False),
    Column("test", Text, nullable=False),
    flag("passed"),
)
"""One learning of a model, with its back-test. `model` is the definition's id and `version` the version learnt by; `learnt` and `test` are
JSON (runtime/potential/learning.py, testing.py)."""
Index(None, potential_fit.c.model, potential_fit.c.id)
potential_use = Table(
    "potential_use",
    metadata,
    Column("model", Integer, primary_key=True, autoincrement=False),
    Column("fit", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("person", BigInteger, nullable=False),
    Column("refreshed_at", BigInteger),
    Column("records", BigInteger),
)
"""The models that are switched on, by which learning, and when their values were last worked out for how many records."""
potential_value = Table(
    "potential_value",
    metadata,
    Column("model", Integer, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("fit", BigInteger, nullable=False),
    Column("day", Integer, nullable=False),
    Column("figure", BigInteger),
    Column("orders", BigInteger),
    Column("active", BigInteger),
    Column("worth", BigInteger),
    Column("lifetime", BigInteger),
    Column("chance", BigInteger),
    Column("basis", Text, nullable=False),
)
"""What a model says of each record, as of `day`. All figures × 10,000, shares in percent: `figure` is the main one, `orders` the expected
purchases in the horizon, `active` the chance of being a customer still, `worth` the expected value of one purchase, `lifetime` that of all
of them discounted, `chance` that of a yes. `basis`: JSON of what it rests on, for the reasons."""
