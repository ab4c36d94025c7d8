"""Handing a set of ids to a statement as ONE parameter, so that its text stays the same whatever the number of ids."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement


class Among(ColumnElement[bool]):
    inherit_cache = True
    type = sa.Boolean()
    _traverse_internals = [
        ("column", sa.sql.visitors.InternalTraversal.dp_clauseelement),
        ("parameter", sa.sql.visitors.InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, column: ColumnElement[Any], parameter: ColumnElement[Any]):
        self.column, self.parameter = column, parameter

    def self_group(self, against: Any = None) -> Among:
        """It is a condition as it stands; otherwise SQLite would be asked whether it equals 1, which no index can answer."""
        return self


@compiles(Among, "sqlite")
def _sqlite(element: Among, compiler: Any, **options: Any) -> str:
    return (
        f"{compiler.process(element.column, **options)} IN (SELECT value FROM json_each({compiler.process(element.parameter, **options)}))"
    )


@compiles(Among, "postgresql")
def _postgresql(element: Among, compiler: Any, **options: Any) -> str:
    return f"{compiler.process(element.column, **options)} = ANY({compiler.process(element.parameter, **options)})"


class _Ids(sa.types.TypeDecorator[Any]):
    """A list of ids as each database takes it."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return dialect.type_descriptor(ARRAY(sa.BigInteger()) if dialect.name == "postgresql" else sa.Text())

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        return list(value) if dialect.name == "postgresql" else json.dumps(list(value))


def among(column: ColumnElement[Any], ids: Iterable[int] | None = None, name: str = "ids") -> ColumnElement[bool]:
    """`column` is one of the ids; they are given here, or when the statement is executed under `name`."""
    parameter = sa.bindparam(name, type_=_Ids()) if ids is None else sa.bindparam(None, list(ids), type_=_Ids())
    return Among(column, parameter)
